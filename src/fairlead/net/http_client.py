"""The HTTP client behind `GuardedFetch`: aiohttp with both of its ways to an address guarded.

aiohttp asks its resolver for names only, and connects to literal addresses without asking; its socket factory
sees every connection. So the resolver gives permitted addresses only, and the sockets judge once more for
themselves.
"""

import socket
import ssl

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import LineTooLong
from multidict import CIMultiDict
from yarl import URL

from fairlead.net.attempts import permitted_addresses
from fairlead.net.body import ACCEPT_ENCODING, Body
from fairlead.net.dns import Dns
from fairlead.net.errors import (
    AnswerBroken,
    ConnectFailed,
    Missing,
    NetworkFailure,
    NoAddress,
    Reason,
    TooLarge,
    TooManyRedirects,
    reason_of,
)
from fairlead.net.fetch import Limits, Response
from fairlead.net.guard import Reach
from fairlead.net.sockets import ForbiddenConnect, GuardedSocket, family_of
from fairlead.net.urls import REDIRECTS, redirect_target, redirected_request, web_url

MOST_CONNECTIONS = 256
# Content security policies of 10 kB and more are about; a header section of megabytes is an attack.
LONGEST_HEADER_BYTES = 16_384
MOST_HEADERS = 150
NO_BODY = {204, 304}


class HttpClient:
    """Belongs to the running event loop; `close` it at the end."""

    def __init__(self, reach: Reach, dns: Dns, tls: ssl.SSLContext, *, connections: int = MOST_CONNECTIONS) -> None:
        self._reach = reach
        tls.set_alpn_protocols(["http/1.1"])
        connector = aiohttp.TCPConnector(
            resolver=_GuardedResolver(reach, dns),
            socket_factory=self._socket,
            ssl=tls,
            # Its cache knows no times to live, and would outlast a change that the guard has to see.
            use_dns_cache=False,
            limit=connections,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Content-Type"),
            max_line_size=LONGEST_HEADER_BYTES,
            max_field_size=LONGEST_HEADER_BYTES,
            max_headers=MOST_HEADERS,
        )

    async def close(self) -> None:
        await self._session.close()

    async def exchange(
        self, method: str, url: str, *, headers: list[tuple[str, str]], body: bytes | None, limits: Limits
    ) -> Response:
        """The answer at the end of the redirects. Its `elapsed_seconds` are for the caller to measure."""
        method, here, hops = method.upper(), web_url(url), list[str]()
        while True:
            response = await self._hop(method, here, headers, body, limits)
            location = _redirects_to(response.status, response.header("Location"), limits)
            if location is None:
                return Response(
                    status=response.status,
                    headers=response.headers,
                    body=response.body,
                    url=str(here),
                    truncated=response.truncated,
                    elapsed_seconds=0.0,
                    redirected_from=tuple(hops),
                )
            if len(hops) == limits.redirects:
                raise TooManyRedirects(f"{url} redirects more than {limits.redirects} times.")
            hops.append(str(here))
            there = redirect_target(here, location)
            method, headers, with_body = redirected_request(
                response.status, method, headers, same_origin=there.origin() == here.origin()
            )
            here, body = there, body if with_body else None

    async def _hop(
        self, method: str, url: URL, headers: list[tuple[str, str]], body: bytes | None, limits: Limits
    ) -> Response:
        sent = CIMultiDict(headers)
        sent.setdefault("Accept-Encoding", ACCEPT_ENCODING)
        try:
            async with self._session.request(
                method,
                url,
                headers=sent,
                data=body,
                allow_redirects=False,
                # The whole is timed by the caller, redirects included.
                timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect_seconds),
            ) as answer:
                return await _read(answer, limits)
        except aiohttp.ClientError as error:
            raise _failure(url, error) from error

    def _socket(self, addr_info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, proto, _, _ = addr_info
        return GuardedSocket(family, kind, proto, reach=self._reach)


class _GuardedResolver(AbstractResolver):
    def __init__(self, reach: Reach, dns: Dns) -> None:
        self._reach = reach
        self._dns = dns

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=family_of(address),
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await permitted_addresses(host, self._dns, self._reach)
        ]

    async def close(self) -> None:
        pass


async def _read(answer: aiohttp.ClientResponse, limits: Limits) -> Response:
    body, truncated = b"", False
    has_body = answer.method != "HEAD" and answer.status not in NO_BODY
    if has_body and _redirects_to(answer.status, answer.headers.get("Location"), limits) is None:
        body, truncated = await _read_body(answer, limits)
    headers = tuple((_text(name), _text(value)) for name, value in answer.headers.items())
    return Response(answer.status, headers, body, str(answer.url), truncated, elapsed_seconds=0.0)


async def _read_body(answer: aiohttp.ClientResponse, limits: Limits) -> tuple[bytes, bool]:
    too_large = TooLarge(f"The answer of {answer.url} is larger than {limits.body_bytes} bytes.")
    if not limits.cut_body and (answer.content_length or 0) > limits.body_bytes:
        raise too_large
    body = Body(answer.headers.getall("Content-Encoding", ()), limits.body_bytes)
    async for chunk in answer.content.iter_any():
        body.feed(chunk)
        if body.full:
            # What is left on the wire would have to be read before the connection could serve again.
            answer.close()
            break
    if body.full and not limits.cut_body:
        raise too_large
    return body.content(), body.full


def _redirects_to(status: int, location: str | None, limits: Limits) -> str | None:
    return location if limits.redirects and status in REDIRECTS else None


def _text(header: str) -> str:
    """aiohttp hides octets that are not UTF-8 as lone surrogates, which no database takes."""
    return header.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _failure(url: URL, error: aiohttp.ClientError) -> NetworkFailure:
    host = url.host or ""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return ConnectFailed(host, Reason.TIMEOUT)
        case aiohttp.ClientConnectorCertificateError():
            return ConnectFailed(host, Reason.TLS, getattr(error.certificate_error, "verify_message", ""))
        case aiohttp.ClientSSLError():
            return ConnectFailed(host, Reason.TLS)
        case aiohttp.ClientConnectorError(os_error=ForbiddenConnect(forbidden=forbidden)) if forbidden:
            return forbidden
        case aiohttp.ClientConnectorError():
            return ConnectFailed(host, reason_of(error.os_error))
        case aiohttp.InvalidURL():
            # An odd spelling of an IPv4 address: a name, and one that does not resolve.
            return NoAddress(host, Missing.NO_SUCH_NAME)
        case aiohttp.ClientResponseError() if _too_many_headers(error):
            return TooLarge(f"The headers of {url} are larger than this side accepts.")
        case aiohttp.ClientResponseError():
            return AnswerBroken(f"{url} answered with what is not HTTP.")
    return AnswerBroken(f"{url} broke off the answer.")


def _too_many_headers(error: aiohttp.ClientResponseError) -> bool:
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, LineTooLong):
            return True
        cause = cause.__cause__
    # For their number aiohttp has no exception of its own.
    return error.message.startswith("Too many headers")
