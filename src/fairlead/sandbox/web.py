"""The web server of the sandbox: HTTP/1.1 and HTTPS, many hosts on one address, told apart by `Host`.

It serves handlers and knows nothing of companies. Per host it counts what a crawler did, against the rules of
the host's robots.txt too. Sources: RFC 9110 and 9112; 9309 for robots.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from http import HTTPStatus
from typing import TypeAlias, cast

import httptools

from fairlead.kit.clock import Clock, Timer
from fairlead.kit.refusals import CannotStart
from fairlead.sandbox import loopback

MOST_HEAD_BYTES = 32_768
MOST_BODY_BYTES = 4_000_000
MOST_WAITING = 64  # requests of one connection that are read and not yet answered
IDLE_SECONDS = 60.0
# A crawler that keeps nine tenths of the delay asked for is not counted as hasty: clocks are not exact.
HASTE = 0.9


@dataclass(frozen=True)
class Request:
    method: str
    scheme: str  # http or https
    host: str  # lower case, without port
    path: str  # as sent, percent-encoding kept, without the query
    query: str
    headers: tuple[tuple[str, str], ...]  # names in lower case
    body: bytes
    client_ip: str

    def header(self, name: str) -> str | None:
        """`name` in lower case; the first of several."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True)
class Response:
    status: int = 200
    content_type: str | None = "text/html; charset=utf-8"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay_seconds: float = 0.0  # of machine time, before the first byte
    # Sent that many times after the body, so that a page of any size costs no memory.
    tail: bytes = b""
    tail_times: int = 0
    forbidden: bool = False  # robots.txt forbids to fetch this


Handler: TypeAlias = Callable[[Request], "Response | Awaitable[Response]"]
NOT_FOUND = Response(404, body=b"<!DOCTYPE html><title>Not found</title><h1>Not found</h1>")
UNKNOWN_HOST = Response(421, "text/plain; charset=utf-8", b"No such site.\n")
FAULT = Response(500, "text/plain; charset=utf-8", b"Something broke.\n")


@dataclass
class HostCount:
    requests: int = 0
    robots_fetched: int = 0
    forbidden: int = 0  # requests for what robots.txt forbids
    hasty: int = 0  # requests sooner after the one before than Crawl-delay asks for
    at_once: int = 0  # answers on their way now
    most_at_once: int = 0
    last_at: float | None = None  # machine time


@dataclass(frozen=True)
class Site:
    """A handler with what the counting has to know."""

    handler: Handler
    crawl_delay_seconds: float | None = None


class WebServer:
    """`find_site` gives the site of a host name, None when the world has none there. Sites put into `extra`
    under their host name come first.
    """

    def __init__(self, find_site: Callable[[str], Site | None], *, clock: Clock, timer: Timer) -> None:
        self.extra: dict[str, Site] = {}
        self.counts: dict[str, HostCount] = {}
        self.pages = 0
        self.timer = timer
        self._find_site = find_site
        self._clock = clock
        self._servers: list[asyncio.Server] = []
        self._connections: set[_Connection] = set()
        self._date = (-1.0, b"")

    async def listen(
        self,
        address: str,
        port: int,
        tls: ssl.SSLContext | None = None,
        *,
        place: Callable[[str], str] = loopback.server_address,
    ) -> int:
        """The port in use. `tls` picks the certificate by the name asked for. Raises `CannotStart`.

        `place` says where a server of this kind may stand.
        """
        loop = asyncio.get_running_loop()
        scheme = "https" if tls else "http"
        address = place(address)
        try:
            server = await loop.create_server(
                lambda: _Connection(self, scheme), address, port, ssl=tls, backlog=1024
            )
        except OSError as error:
            raise CannotStart(f"The sandbox cannot serve web pages on {address}:{port}: {error}.") from error
        self._servers.append(server)
        return cast(int, server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.drop()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    def find_site(self, host: str) -> Site | None:
        return self.extra.get(host) or self._find_site(host)

    def start_count(self, host: str, site: Site, path: str) -> HostCount:
        count = self.counts.get(host)
        if count is None:
            count = self.counts[host] = HostCount()
        count.requests += 1
        count.at_once += 1
        count.most_at_once = max(count.most_at_once, count.at_once)
        if path == "/robots.txt":
            count.robots_fetched += 1
        now = self.timer.monotonic()
        if (
            site.crawl_delay_seconds is not None
            and count.last_at is not None
            and path != "/robots.txt"
            and now - count.last_at < site.crawl_delay_seconds * HASTE
        ):
            count.hasty += 1
        count.last_at = now
        return count

    def date(self) -> bytes:
        """The `Date` of now by business time, put into text once a second of machine time."""
        second = self.timer.monotonic() // 1
        if second != self._date[0]:
            self._date = (second, format_datetime(self._clock.now(), usegmt=True).encode())
        return self._date[1]

    def opened(self, connection: "_Connection") -> None:
        self._connections.add(connection)

    def closed(self, connection: "_Connection") -> None:
        self._connections.discard(connection)


@dataclass
class _Draft:
    """A request as far as it is read."""

    url: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    head_bytes: int = 0
    keep_alive: bool = True


class _Refused(Exception):
    """The request breaks a limit. `status` says which."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Connection(asyncio.Protocol):
    """One client. Requests are answered in the order they came in."""

    def __init__(self, server: WebServer, scheme: str) -> None:
        self._server = server
        self._scheme = scheme
        self._parser = httptools.HttpRequestParser(self)
        self._draft = _Draft()
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._at_work: asyncio.Task[None] | None = None
        self._closing = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport | None = None
        self._client_ip = ""
        self._idle: asyncio.TimerHandle | None = None
        self._active_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._client_ip = peer[0] if peer else ""
        self._server.opened(self)
        self._watch_idle()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._writable.set()
        self._waiting.clear()
        self._server.closed(self)
        if self._idle:
            self._idle.cancel()
        if self._at_work:
            self._at_work.cancel()

    def drop(self) -> None:
        if self._transport:
            self._transport.abort()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing to upgrade to: what follows the request is not HTTP/1.1 any more.
            self._closing = True
        except httptools.HttpParserError as error:
            refused = error.__context__
            self._refuse(refused.status if isinstance(refused, _Refused) else 400)
            return
        if len(self._waiting) > MOST_WAITING and self._transport:
            self._transport.pause_reading()
        self._answer_waiting()

    def _refuse(self, status: int) -> None:
        """Answers what was read before it, then this unless an answer is still on its way, then closes."""
        self._closing = True
        self._answer_waiting()
        if self._at_work is None and self._transport:
            self._write(Response(status, "text/plain", b"Bad request.\n"), keep_alive=False, with_body=True)
            self._transport.close()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._draft = _Draft()

    def on_url(self, url: bytes) -> None:
        self._draft.url += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._draft.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))
        self._count_head(len(name) + len(value))

    def _count_head(self, size: int) -> None:
        self._draft.head_bytes += size
        if self._draft.head_bytes > MOST_HEAD_BYTES:
            raise _Refused(431)

    def on_body(self, body: bytes) -> None:
        if len(self._draft.body) + len(body) > MOST_BODY_BYTES:
            raise _Refused(413)
        self._draft.body += body

    def on_message_complete(self) -> None:
        draft = self._draft
        keep_alive = self._parser.should_keep_alive()
        self._waiting.append((self._request(draft), keep_alive))

    def _request(self, draft: _Draft) -> Request:
        host = next((value for name, value in draft.headers if name == "host"), "")
        target = draft.url.decode("latin-1")
        if not target.startswith("/"):
            # The absolute form (RFC 9112, 3.2.2): its host is the one that counts.
            _, separator, rest = target.partition("://")
            authority, slash, tail = rest.partition("/")
            host, target = (authority, slash + tail or "/") if separator else (host, "/")
        path, _, query = target.partition("#")[0].partition("?")
        name = host.rpartition("@")[2].lower()
        name = name.partition(":")[0].rstrip(".")
        method = self._parser.get_method().decode("latin-1")
        return Request(
            method, self._scheme, name, path, query, tuple(draft.headers), bytes(draft.body), self._client_ip
        )

    # Answers.

    def _answer_waiting(self) -> None:
        """Answers at once what can be, and leaves what takes time to a task."""
        while self._waiting and self._at_work is None and self._transport:
            request, keep_alive = self._waiting.popleft()
            site = self._server.find_site(request.host)
            if site is None:
                self._finish(request, UNKNOWN_HOST, keep_alive)
                continue
            count = self._server.start_count(request.host, site, request.path)
            try:
                answer = site.handler(request)
            except Exception as fault:
                self._report(fault, request)
                answer = FAULT
            if isinstance(answer, Response) and not answer.delay_seconds and not answer.tail_times:
                self._settle(count, answer)
                self._finish(request, answer, keep_alive)
            else:
                self._at_work = asyncio.ensure_future(self._answer_later(request, answer, count, keep_alive))
        if self._transport and len(self._waiting) <= MOST_WAITING:
            self._transport.resume_reading()

    async def _answer_later(
        self, request: Request, answer: Response | Awaitable[Response], count: HostCount, keep_alive: bool
    ) -> None:
        response = FAULT
        try:
            response = answer if isinstance(answer, Response) else await answer
            if response.delay_seconds:
                await self._server.timer.sleep(response.delay_seconds)
        except Exception as fault:
            self._report(fault, request)
        finally:
            self._settle(count, response)
        with_body = request.method != "HEAD"
        self._write(response, keep_alive=keep_alive, with_body=with_body)
        for _ in range(response.tail_times if with_body else 0):
            await self._writable.wait()
            if self._transport is None:
                return
            self._transport.write(response.tail)
        self._at_work = None
        self._after(keep_alive)
        self._answer_waiting()

    def _settle(self, count: HostCount, response: Response) -> None:
        count.at_once -= 1
        count.forbidden += response.forbidden

    def _finish(self, request: Request, response: Response, keep_alive: bool) -> None:
        self._write(response, keep_alive=keep_alive, with_body=request.method != "HEAD")
        self._after(keep_alive)

    def _after(self, keep_alive: bool) -> None:
        if self._transport and (not keep_alive or (self._closing and not self._waiting)):
            self._waiting.clear()
            self._closing = True
            self._transport.close()
        else:
            self._watch_idle()

    def _write(self, response: Response, *, keep_alive: bool, with_body: bool) -> None:
        if self._transport is None:
            return
        self._server.pages += 1
        length = len(response.body) + len(response.tail) * response.tail_times
        type_line = f"Content-Type: {response.content_type}\r\n" if response.content_type else ""
        extra = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
        head = (
            f"HTTP/1.1 {response.status} {REASONS.get(response.status, '')}\r\nServer: "
            f"nginx\r\n{type_line}{extra}"
            f"Content-Length: {length}\r\nConnection: {'keep-alive' if keep_alive else 'close'}\r\nDate: "
        )
        self._transport.write(
            head.encode("latin-1") + self._server.date() + b"\r\n\r\n" + (response.body if with_body else b"")
        )

    def _watch_idle(self) -> None:
        """One timer that looks back, rather than one for each request."""
        loop = asyncio.get_running_loop()
        self._active_at = loop.time()
        if self._idle is None:
            self._idle = loop.call_later(IDLE_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        self._idle = None
        if self._transport is None:
            return
        loop = asyncio.get_running_loop()
        left = self._active_at + IDLE_SECONDS - loop.time()
        if left <= 0 and self._at_work is None:
            self._transport.close()
        else:
            self._idle = loop.call_later(max(left, 1.0), self._close_idle)

    def _report(self, fault: Exception, request: Request) -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": f"answering {request.method} {request.host}{request.path}", "exception": fault}
        )


REASONS = {status.value: status.phrase for status in HTTPStatus}
