"""A dialer that listens in on SMTP sessions at the client's own end: what was in the air when, as the client saw it."""

import asyncio
import re
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from fairlead.net.dialer import GuardedDialer
from fairlead.net.guard import Address

AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.BaseProtocol)
LAST_LINE: Final = re.compile(rb"[0-9]{3}(?: |$)")


@dataclass
class Session:
    """One connection. A refusal is any reply of 400 and more to MAIL or RCPT, as a server counts errors."""

    address: str
    recipients: int = 0
    refusals: int = 0
    in_the_air: int = 0  # recipients without a reply
    most_in_the_air: int = 0
    # For each recipient when it was sent: those in the air, itself among them, and the refusals so far.
    sent: list[tuple[int, int]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)  # seconds of machine time before each reply
    replies: list[str] = field(default_factory=list)  # to recipients
    commands: int = 0
    _awaited: deque[str] = field(default_factory=lambda: deque(["banner"]))
    _input: bytes = b""
    _quiet_since: float = field(default_factory=time.monotonic)

    def said(self, data: bytes) -> None:
        self._quiet_since = time.monotonic()
        for line in data.splitlines():
            self.commands += 1
            verb = line[:4].decode("ascii", "replace").upper()
            self._awaited.append(verb)
            if verb == "RCPT":
                self.recipients += 1
                self.in_the_air += 1
                self.most_in_the_air = max(self.most_in_the_air, self.in_the_air)
                self.sent.append((self.in_the_air, self.refusals))

    def heard(self, data: bytes) -> None:
        now = time.monotonic()
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            if not LAST_LINE.match(line) or not self._awaited:
                continue
            verb = self._awaited.popleft()
            self.waits.append(now - self._quiet_since)
            self._quiet_since = now
            refused = line[:1] in b"45"
            self.refusals += refused and verb in ("MAIL", "RCPT")
            if verb == "RCPT":
                self.in_the_air -= 1
                self.replies.append(line.decode("utf-8", "replace").strip())


class ListeningDialer(GuardedDialer):
    """`sessions` has one for each connection made as a protocol, in the order they were made."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.sessions: list[Session] = []

    async def open_transport(
        self,
        protocol_factory: Callable[[], AnyProtocol],
        host: str | Address,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        timeout_seconds: float,
        server_hostname: str | None = None,
        local_addr: str | None = None,
    ) -> tuple[asyncio.Transport, AnyProtocol]:
        _, tap = await super().open_transport(
            lambda: _Tap(cast(asyncio.Protocol, protocol_factory()), self.sessions),
            host,
            port,
            tls=tls,
            timeout_seconds=timeout_seconds,
            server_hostname=server_hostname,
            local_addr=local_addr,
        )
        return cast(asyncio.Transport, tap.transport), cast(AnyProtocol, tap.client)


class _Tap(asyncio.Protocol):
    def __init__(self, client: asyncio.Protocol, sessions: list[Session]) -> None:
        self.client = client
        self._sessions = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._session = Session(transport.get_extra_info("peername")[0])
        self._sessions.append(self._session)
        self.transport = _Line(cast(asyncio.Transport, transport), self._session)
        self.client.connection_made(cast(asyncio.BaseTransport, self.transport))

    def data_received(self, data: bytes) -> None:
        self._session.heard(data)
        self.client.data_received(data)

    def eof_received(self) -> bool | None:
        return self.client.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.client.connection_lost(exc)

    def pause_writing(self) -> None:
        self.client.pause_writing()

    def resume_writing(self) -> None:
        self.client.resume_writing()


class _Line:
    """The transport, which notes what is written."""

    def __init__(self, transport: asyncio.Transport, session: Session) -> None:
        self._transport = transport
        self._session = session

    def write(self, data: bytes) -> None:
        self._session.said(data)
        self._transport.write(data)

    def writelines(self, parts: list[bytes]) -> None:
        self.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
