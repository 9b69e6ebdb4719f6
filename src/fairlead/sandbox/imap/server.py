"""The listeners and the connections of the IMAP servers.

A connection works off one command at a time and stops reading while its answer is not taken, so that no client
can make it hold more than one command and one piece of an answer.
"""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import cast

from fairlead.kit.clock import Clock
from fairlead.kit.refusals import CannotStart
from fairlead.sandbox.imap.commands import COMMANDS
from fairlead.sandbox.imap.faults import Cut, Faults, Hang
from fairlead.sandbox.imap.framing import Command, Flooded, Framer, GoAhead, Refused
from fairlead.sandbox.imap.session import Counters, Policy, Session
from fairlead.sandbox.loopback import server_address
from fairlead.sandbox.mailboxes import Mailboxes

CONNECTIONS_LIMIT = 2_000
# Machine time without a command until the connection is ended (RFC 3501, section 5.4: at least 30 minutes).
IDLE_SECONDS = 1_860
LOGIN_SECONDS = 120
PIECE = 65_536


class Encryption(Enum):
    NONE = "none"
    STARTTLS = "starttls"
    SSL = "ssl"


@dataclass
class ImapServer:
    """Servers for all mailboxes; `faults` and `counters` are shared by its listeners."""

    mailboxes: Mailboxes
    clock: Clock
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self.faults = Faults()
        self.counters = Counters()
        self.connections: set[Connection] = set()
        self._listeners: list[asyncio.Server] = []

    async def listen(
        self, address: str, port: int = 0, *, encryption: Encryption = Encryption.SSL, policy: Policy | None = None
    ) -> int:
        """The port. Raises `CannotStart` for an address outside the sandbox's network and for one in use."""
        server_address(address)
        if encryption is not Encryption.NONE and self.tls is None:
            raise CannotStart("An IMAP listener with TLS needs a certificate.")
        rules = policy or Policy()
        try:
            listener = await asyncio.get_running_loop().create_server(
                lambda: Connection(self, rules, encryption),
                address,
                port,
                ssl=self.tls if encryption is Encryption.SSL else None,
                backlog=512,
            )
        except OSError as wrong:
            raise CannotStart(f"IMAP cannot listen on {address}:{port}: {wrong.strerror or wrong}.") from wrong
        self._listeners.append(listener)
        bound: int = listener.sockets[0].getsockname()[1]
        return bound

    def drop_all(self, address: str | None = None) -> int:
        """Resets every connection, or those of one account. How many there were."""
        dropped = [
            connection
            for connection in self.connections
            if address is None or (connection.account or "").casefold() == address.casefold()
        ]
        for connection in dropped:
            connection.abort()
        return len(dropped)

    async def close(self) -> None:
        for listener in self._listeners:
            listener.close()
        self.drop_all()
        for listener in self._listeners:
            await listener.wait_closed()
        self._listeners.clear()


class Connection(asyncio.Protocol):
    def __init__(self, server: ImapServer, policy: Policy, encryption: Encryption) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._session = Session(
            server.mailboxes,
            server.clock,
            policy,
            faults=server.faults,
            counters=server.counters,
            can_start_tls=encryption is Encryption.STARTTLS,
            secure=encryption is Encryption.SSL,
            on_change=self._something_changed,
            commands=COMMANDS,
        )
        self._framer = Framer(self._session.literal_limit)
        self._transport: asyncio.Transport | None = None
        self._answer: Iterator[bytes] | None = None
        self._client_slow = False
        self._hanging = False
        self._update_due = False
        self._upgrade: asyncio.Task[None] | None = None
        self._last_command = self._loop.time()
        self._watch: asyncio.TimerHandle | None = None

    @property
    def account(self) -> str | None:
        return self._session.mailbox.address if self._session.mailbox else None

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not of asyncio's class, only of its kind.
        self._transport = transport = cast(asyncio.Transport, transport)
        self._server.connections.add(self)
        self._server.counters.connections += 1
        if len(self._server.connections) > CONNECTIONS_LIMIT:
            transport.write(b"* BYE too many connections\r\n")
            transport.close()
            return
        transport.write(self._session.greeting())
        self._look_at_watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._session.close()
        self._answer = None
        self._transport = None
        if self._watch is not None:
            self._watch.cancel()

    def data_received(self, data: bytes) -> None:
        self._framer.feed(data)
        self._work()

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self._client_slow = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._client_slow = False
        if self._transport is not None:
            self._transport.resume_reading()
        self._work()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # Steps

    def _work(self) -> None:
        """Goes on with the answer at hand, then with the next command, as far as the client keeps up."""
        while self._transport is not None and not self._client_slow and not self._hanging:
            if self._answer is not None:
                if self._answered():
                    self._after_answer()
                continue
            if self._session.tls_wanted or self._transport.is_closing():
                return
            self._framer.literal_limit = self._session.literal_limit
            match self._framer.next():
                case None:
                    return
                case Command(text):
                    self._last_command = self._loop.time()
                    self._answer = self._session.answer(text)
                case GoAhead():
                    self._transport.write(b"+ go ahead\r\n")
                case Refused(tag):
                    self._transport.write(tag + b" NO [TOOBIG] the literal is too large\r\n")
                case Flooded(why):
                    self._answer = self._session.bye(why.encode())

    def _answered(self) -> bool:
        """Writes the next piece; True when it was the last."""
        assert self._answer is not None
        assert self._transport is not None
        pieces: list[bytes] = []
        size = 0
        done = True
        for piece in self._answer:
            pieces.append(piece)
            size += len(piece)
            if size >= PIECE:
                done = False
                break
        match self._session.fault:
            case Hang():
                self._hanging = True
            case Cut(after_bytes=after_bytes):
                # Bytes written before a reset may be lost with it; closing lets them through.
                self._transport.write(b"".join(pieces)[:after_bytes])
                self._transport.close() if after_bytes else self._transport.abort()
                self._answer = None
                return False
            case None if pieces:
                self._transport.write(b"".join(pieces))
        return done

    def _after_answer(self) -> None:
        self._answer = None
        if self._session.closing and self._transport is not None:
            self._transport.close()
        elif self._session.tls_wanted and self._transport is not None:
            self._framer.forget()
            # At once, or a quick client's handshake would be read as a command.
            self._transport.pause_reading()
            self._upgrade = self._loop.create_task(self._start_tls())

    async def _start_tls(self) -> None:
        assert self._transport is not None
        assert self._server.tls is not None
        raw = self._transport
        try:
            upgraded = await self._loop.start_tls(raw, self, self._server.tls, server_side=True)
        except (OSError, ssl.SSLError, asyncio.CancelledError):
            raw.abort()
            return
        if upgraded is None:  # the client left during the handshake
            return
        self._transport = upgraded
        self._session.tls_wanted = False
        self._session.secure = True
        self._work()

    def _something_changed(self) -> None:
        """Told later, so that one change of many messages is told at once."""
        if self._session.idling and not self._update_due:
            self._update_due = True
            self._loop.call_soon(self._tell_idler)

    def _tell_idler(self) -> None:
        self._update_due = False
        if self._transport is None or not self._session.idling or self._client_slow or self._answer is not None:
            return
        self._transport.write(b"".join(self._session.idle_updates()))
        if self._session.closing:
            self._transport.close()

    def _look_at_watch(self) -> None:
        allowed = IDLE_SECONDS if self._session.mailbox else LOGIN_SECONDS
        left = self._last_command + allowed - self._loop.time()
        if left <= 0:
            if self._transport is not None:
                self._transport.write(b"* BYE idle for too long\r\n")
                self._transport.close()
            return
        self._watch = self._loop.call_later(min(left, LOGIN_SECONDS), self._look_at_watch)
