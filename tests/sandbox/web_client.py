"""A plain HTTP client and stopped clocks for tests of the sandbox's web server."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from fairlead.sandbox.web import WebServer

ADDRESS = "127.64.0.80"
DEADLINE_SECONDS = 10.0
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return START


class HandTimer:
    """Machine time that passes only when somebody sleeps, and at once then."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


async def started(find_site, **ports) -> tuple[WebServer, HandTimer, int]:
    timer = HandTimer()
    server = WebServer(find_site, clock=StoppedClock(), timer=timer)
    return server, timer, await server.listen(ADDRESS, 0, **ports)


async def fetch(
    port: int, host: str, path: str, *, method: str = "GET", tls: ssl.SSLContext | None = None
) -> Answer:
    """One request on a connection of its own. The host name goes into `Host` and, with `tls`, into SNI."""
    request = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    raw = await exchange(port, request.encode(), tls=tls, name=host)
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(first.split()[1]), headers, body)


async def exchange(
    port: int, sent: bytes, *, tls: ssl.SSLContext | None = None, name: str | None = None
) -> bytes:
    """Everything the server answers to `sent` until it closes the connection."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        reader, writer = await asyncio.open_connection(
            ADDRESS, port, ssl=tls, server_hostname=name if tls else None
        )
        try:
            writer.write(sent)
            await writer.drain()
            return await reader.read(-1)
        finally:
            writer.close()
