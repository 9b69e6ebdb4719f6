"""HTTP as a client: one request, its redirects, and an answer that is bounded in size and in time."""

import asyncio
import time
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fairlead.net.dns import Dns
from fairlead.net.errors import TimedOut
from fairlead.net.guard import Reach
from fairlead.net.tls import client_context
from fairlead.settings import Network

if TYPE_CHECKING:
    from fairlead.net.http_client import HttpClient


@dataclass(frozen=True)
class Limits:
    # Machine time for everything: lookups, connections, redirects, the body.
    total_seconds: float = 30.0
    # Machine time for one lookup, connection and TLS handshake.
    connect_seconds: float = 10.0
    # How many redirects are followed. At 0 a redirect is an answer like any other.
    redirects: int = 5
    # Of the body, on the wire and after decompression.
    body_bytes: int = 2_000_000
    # Whether a longer body is cut, or refused with `TooLarge`.
    cut_body: bool = False


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Response:
    status: int
    # As they came, one pair for each line.
    headers: tuple[tuple[str, str], ...]
    # Decompressed.
    body: bytes
    # Where it came from, after all redirects.
    url: str
    # Whether the body was longer.
    truncated: bool
    # Machine time from the call to the end of the body.
    elapsed_seconds: float
    # Where we were sent on from, in order.
    redirected_from: tuple[str, ...] = ()

    def header(self, name: str) -> str | None:
        """The first of that name, in any case."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    @property
    def downgraded(self) -> bool:
        """Whether a redirect led from https to http: what came is not vouched for by the first address."""
        hops = (*self.redirected_from, self.url)
        return any(
            before.startswith("https:") and after.startswith("http:") for before, after in pairwise(hops)
        )


class Fetch(Protocol):
    async def request(
        self,
        method: str,
        url: str,
        *,
        user_agent: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Response:
        """The answer, whatever its status. Keeps no cookies and uses no proxy.

        Raises the failures of `fairlead.net.errors`: `BadUrl`, `Forbidden`, `NoAddress`, `ConnectFailed`,
        `TimedOut`, `TooLarge`, `TooManyRedirects`, `AnswerBroken`. After the last four the request may have
        had its effect.
        """
        ...

    def apart(self, connections: int) -> "Fetch": ...

    async def close(self) -> None: ...


class GuardedFetch:
    """`Fetch` to the public Internet and to `allowed_networks`; `port_map` holds within the latter only.

    Belongs to one event loop; `close` it at the end. The HTTP library is loaded by the first request, because
    a process that makes none should not carry its 12 MB.
    """

    def __init__(
        self,
        allowed_networks: tuple[Network, ...],
        port_map: Mapping[int, int],
        dns: Dns,
        *,
        extra_ca: Path | None = None,
    ) -> None:
        self._reach = Reach(allowed_networks, port_map)
        self._dns = dns
        self._extra_ca = extra_ca
        self._connections: int | None = None

    def apart(self, connections: int) -> "GuardedFetch":
        """The same, with so many connections of its own: servers that hang then keep nobody else waiting.

        The caller closes it.
        """
        other = copy(self)
        other.__dict__.pop("_client", None)
        other._connections = connections
        return other

    async def request(
        self,
        method: str,
        url: str,
        *,
        user_agent: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Response:
        started = time.monotonic()
        sent = [("User-Agent", user_agent), *(headers or {}).items()]
        try:
            async with asyncio.timeout(limits.total_seconds):
                response = await self._client.exchange(method, url, headers=sent, body=body, limits=limits)
        except TimeoutError as error:
            raise TimedOut(
                f"{url} did not answer completely within {limits.total_seconds:g} seconds."
            ) from error
        return replace(response, elapsed_seconds=time.monotonic() - started)

    async def close(self) -> None:
        """Ends the connections that are kept; a later request makes new ones."""
        client: HttpClient | None = self.__dict__.pop("_client", None)
        if client is not None:
            await client.close()

    @cached_property
    def _client(self) -> "HttpClient":
        from fairlead.net.http_client import HttpClient

        limit = {} if self._connections is None else {"connections": self._connections}
        return HttpClient(self._reach, self._dns, client_context(self._extra_ca), **limit)
