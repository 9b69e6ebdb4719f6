"""What people and their programs do in the world around them: they ask for pages and send mail.

Pages are asked for on this machine only: at addresses of loopback, or at host names of the world. Everything else is
refused, noted, and looks to the person like a site that does not answer.
"""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import httptools

from fairlead.sandbox import reach
from fairlead.sandbox.people.people import Page
from fairlead.sandbox.zones import WorldZones

PAGE_SECONDS: Final = 15.0
MOST_BYTES: Final = 1_000_000
MOST_REDIRECTS: Final = 5
REFUSALS_KEPT: Final = 1_000
REQUESTS_KEPT: Final = 2_000
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Visit:
    """One request of somebody in the sandbox. Status 0: nothing came back."""

    method: str
    url: str
    status: int
    user_agent: str


class Refused(Exception):
    """The address is no place anybody of the sandbox may go to."""


@dataclass
class Browser:
    """`port_map` is that of the sandbox; `closed_ports` are those of its control page, which mail must not reach."""

    zones: WorldZones
    port_map: Mapping[int, int]
    tls: Callable[[], ssl.SSLContext]
    closed_ports: set[int] = field(default_factory=set)
    refused: deque[str] = field(default_factory=lambda: deque(maxlen=REFUSALS_KEPT))
    visits: deque[Visit] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))

    async def fetch(self, method: str, url: str, user_agent: str, body: bytes | None) -> Page:
        """Raises nothing: what cannot be had has status 0."""
        page = Page(0, url)
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._one(method, url, user_agent, body)
            self.visits.append(Visit(method, url, answer.status, user_agent))
            page = Page(answer.status, url, answer.body.decode("utf-8", "replace"))
            if method == "POST" or answer.status not in (301, 302, 303, 307, 308) or not answer.location:
                break
            try:
                url = urljoin(url, answer.location)
            except ValueError:
                break
        return page

    async def _one(self, method: str, url: str, user_agent: str, body: bytes | None) -> "_Answer":
        try:
            parts = urlsplit(url)
            address, port = self._place(parts)
        except (Refused, ValueError):
            self.refused.append(url)
            return _Answer()
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                return await self._asked(method, parts, address, port, user_agent, body)
        except (OSError, TimeoutError, reach.OutsideLoopback, httptools.HttpParserError):
            return _Answer()

    def _place(self, parts: SplitResult) -> tuple[str, int]:
        """Raises `Refused`, and `ValueError` for what is no web address."""
        host = (parts.hostname or "").lower()
        port = parts.port or {"http": 80, "https": 443}[parts.scheme] if parts.scheme in ("http", "https") else 0
        if not host or not port:
            raise Refused
        if reach.on_loopback(host) or host == "localhost":
            address = "127.0.0.1" if host == "localhost" else host
            if port in self.closed_ports:
                raise Refused
            # Servers of the sandbox keep to their ports; any other server of this machine is taken at its word.
            return address, port
        # A world's name that leads to a bait is no place to go to either.
        found = [at for at in self.zones.addresses(host) or () if reach.on_loopback(at) and at != "127.0.0.1"]
        if not found:
            raise Refused
        return found[0], self.port_map.get(port, port)

    async def _asked(
        self, method: str, parts: SplitResult, address: str, port: int, user_agent: str, body: bytes | None
    ) -> "_Answer":
        tls = self.tls() if parts.scheme == "https" else None
        reader, writer = await reach.connect(address, port, tls=tls, server_hostname=parts.hostname if tls else None)
        try:
            writer.write(_request(method, parts, user_agent, body))
            answer = _Answer()
            parser = httptools.HttpResponseParser(answer)
            while not answer.complete and len(answer.body) < MOST_BYTES:
                piece = await reader.read(65_536)
                if not piece:
                    break
                parser.feed_data(piece)
                answer.status = parser.get_status_code()
                if method == "HEAD" and answer.head_complete:
                    break
            return answer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class _Answer:
    """Filled in by the parser."""

    def __init__(self) -> None:
        self.status = 0
        self.location = ""
        self.body = b""
        self.head_complete = False
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"location":
            self.location = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.head_complete = True

    def on_body(self, body: bytes) -> None:
        self.body += body[: MOST_BYTES - len(self.body)]

    def on_message_complete(self) -> None:
        self.complete = True


def _request(method: str, parts: SplitResult, user_agent: str, body: bytes | None) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"{method} {_safe(target).replace(' ', '%20')} HTTP/1.1",
        f"Host: {_safe(parts.netloc.rpartition('@')[2])}",
        f"User-Agent: {_safe(user_agent)}",
        "Accept: text/html,image/*,*/*;q=0.8",
        "Connection: close",
    ]
    if body is not None:
        lines += [f"Content-Type: {FORM}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + (body or b"")


def _safe(text: str) -> str:
    """Nothing a mail puts into a link may end the line."""
    return "".join(f"%{ord(sign):02X}" if sign < " " or sign == "\x7f" else sign for sign in text)
