"""The listeners of the mail servers, and the connections that carry bytes to a session and steps back."""

import asyncio
import ssl
import sys
from collections import Counter, deque
from collections.abc import Awaitable
from random import Random
from typing import Final, cast

from fairlead.kit.clock import Clock, Timer
from fairlead.kit.refusals import CannotStart
from fairlead.sandbox.loopback import server_address
from fairlead.sandbox.smtp.framing import Incoming
from fairlead.sandbox.smtp.session import Session
from fairlead.sandbox.smtp.steps import MailHost, Step, Then, Turn
from fairlead.sandbox.smtp.transcript import NOTE, SERVER, Transcript

MOST_BUFFERED_BYTES: Final = 1 << 20
MOST_CONNECTIONS: Final = 10_000
SESSIONS_KEPT: Final = 2_000
IDLE_SECONDS: Final = 300.0  # RFC 5321, section 4.5.3.2.7
SWEEP_SECONDS: Final = 15.0
# Between our last word and the end of the connection, so that a client which is still sending gets to read it.
LINGER_SECONDS: Final = 2.0
HANDSHAKE_SECONDS: Final = 20.0
BACKLOG: Final = 2048


class SmtpServer:
    """Any number of addresses and ports, each with its own host; the last sessions can be looked at."""

    def __init__(
        self,
        clock: Clock,
        timer: Timer,
        dice: Random,
        tls: ssl.SSLContext | None = None,
        *,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """`dice` decides what happens in a share of the cases; `tls` is for STARTTLS and for implicit TLS."""
        self.clock = clock
        self.timer = timer
        self.dice = dice
        self.tls = tls
        self.hosts: dict[tuple[str, int], MailHost] = {}
        self.sessions: deque[Transcript] = deque(maxlen=SESSIONS_KEPT)
        self.counts: Counter[str] = Counter()  # connections, messages
        self.connections: set[_Connection] = set()
        self.crowd: Counter[object] = Counter()  # open connections by host, and by host and client
        self._idle_seconds = idle_seconds
        self._servers: list[asyncio.Server] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._messages = dice.getrandbits(40)

    async def listen(self, address: str, port: int, host: MailHost, *, implicit_tls: bool = False) -> int:
        """Listens on `port`, or on a free one for 0, and gives the port.

        Raises `CannotStart` for an address outside the sandbox's network or a port that is taken.
        """
        server_address(address)
        if implicit_tls and self.tls is None:
            raise CannotStart("A port with implicit TLS needs certificates.")
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: _Connection(self, implicit_tls=implicit_tls),
                address,
                port,
                backlog=BACKLOG,
                ssl=self.tls if implicit_tls else None,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if implicit_tls else None,
            )
        except OSError as error:
            raise CannotStart(f"The sandbox mail server cannot listen on {address}:{port}: {error}.") from error
        self._servers.append(server)
        port = server.sockets[0].getsockname()[1]
        self.hosts[address, port] = host
        if self._sweep is None:
            self._close_idle()
        return port

    def put(self, address: str, port: int, host: MailHost) -> None:
        """Another host on an address that is listened on: connections made from now on meet it."""
        self.hosts[address, port] = host

    async def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
        for server in self._servers:
            server.close()
        for connection in list(self.connections):
            connection.abort()
        tasks = [connection.task for connection in self.connections if connection.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def next_queue_id(self) -> str:
        # Steps of an odd number through all numbers of 40 bits: it looks random and does not repeat.
        self._messages = (self._messages + 0x9E3779B1) & 0xFF_FFFF_FFFF
        return f"{self._messages:010X}"

    def _close_idle(self) -> None:
        loop = asyncio.get_running_loop()
        for connection in list(self.connections):
            connection.close_if_idle_since(loop.time() - self._idle_seconds)
        self._sweep = loop.call_later(min(SWEEP_SECONDS, self._idle_seconds), self._close_idle)


class _Connection(asyncio.Protocol):
    def __init__(self, server: SmtpServer, *, implicit_tls: bool) -> None:
        self._server = server
        self._implicit_tls = implicit_tls
        self._session: Session | None = None
        self._incoming = Incoming()
        self._busy = False  # a step takes time, and the next one waits
        self._writable = True
        self._reading = True
        self._over = False
        self._delivering = False
        self._places: tuple[object, ...] = ()
        self.task: asyncio.Task[None] | None = None

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()
        self._last_heard = self._loop.time()
        if self._session is None:  # it is there already when STARTTLS brings a new transport
            self._begin()

    def connection_lost(self, _: Exception | None) -> None:
        self._over = True
        self._stop_waiting()
        self._server.connections.discard(self)
        self._leave_crowd()
        if self._session is not None:
            self._session.transcript.ended_at = self._server.clock.now()

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        self._last_heard = self._loop.time()
        self._incoming.add(data)
        if not self._busy and self._writable:
            self._work()
        elif len(self._incoming) > MOST_BUFFERED_BYTES and self._reading:
            self._reading = False
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        # A client that does not read its replies gets no more of them made.
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._resume()

    # Called by the server.

    def abort(self) -> None:
        self._over = True
        self._stop_waiting()
        self._transport.abort()

    def close_if_idle_since(self, moment: float) -> None:
        if self._last_heard < moment and not self._busy and self._session is not None:
            self._write(self._session.timed_out())
            self._close()

    def _stop_waiting(self) -> None:
        # A delivery goes on: the message was accepted, whether or not somebody is left to hear it.
        if self.task is not None and not self._delivering:
            self.task.cancel()

    # From bytes to steps.

    def _begin(self) -> None:
        server = self._server
        where = self._transport.get_extra_info("sockname")[:2]
        client_ip = self._transport.get_extra_info("peername")[0]
        host = server.hosts[where]
        behavior = host.behavior
        self._places = (where, (where, client_ip))
        for key in self._places:
            server.crowd[key] += 1
        server.connections.add(self)
        server.counts["connections"] += 1
        number = server.counts["connections"]
        address, port = where
        started_at = server.clock.now()
        transcript = Transcript(number, host.name, address, port, client_ip, started_at, tls=self._implicit_tls)
        server.sessions.append(transcript)
        self._session = Session(
            host,
            transcript,
            now=server.clock.now,
            dice=server.dice,
            next_queue_id=server.next_queue_id,
            tls=self._implicit_tls,
            can_start_tls=server.tls is not None and not self._implicit_tls,
        )
        crowded = (
            len(server.connections) > MOST_CONNECTIONS
            or server.crowd[where] > (behavior.connections_at_most or MOST_CONNECTIONS)
            or server.crowd[where, client_ip] > (behavior.connections_per_client or MOST_CONNECTIONS)
        )
        out: list[bytes] = []
        self._act(out, self._session.begin(crowded=crowded))
        self._flush(out)

    def _work(self) -> None:
        """Steps through what has arrived, as far as it goes, and writes the replies in one piece."""
        assert self._session is not None
        session, next_step = self._session, self._incoming.next_step
        note = session.transcript.note
        out: list[bytes] = []
        while not self._busy and not self._over:
            step = next_step(session)
            if step is None:
                break
            if isinstance(step, bytes):
                note(SERVER, step)
                out.append(step)
            else:
                self._act(out, step)
        self._flush(out)

    # From steps to what happens.

    def _act(self, out: list[bytes], step: Step) -> None:
        """Does `step` after the replies of `out`, at once where it takes no time."""
        assert self._session is not None
        turn = step if isinstance(step, Turn) else Turn(step)
        delivery: Awaitable[None] | None = None
        if turn.envelope is not None:
            try:
                delivery = self._session.host.deliver(turn.envelope)
            except Exception:
                turn = self._undelivered(turn)
            else:
                self._server.counts["messages"] += delivery is None
        slow = delivery is not None or turn.wait_seconds > 0 or turn.then is Then.START_TLS
        if not slow and turn.then is Then.GO_ON:
            self._session.transcript.note(SERVER, turn.reply)
            out.append(turn.reply)
            return
        self._flush(out)
        if slow:
            self._busy = True
            self.task = self._loop.create_task(self._act_slowly(turn, delivery))
        else:
            self._finish(turn)

    async def _act_slowly(self, turn: Turn, delivery: Awaitable[None] | None) -> None:
        if delivery is not None:
            self._delivering = True
            try:
                await delivery
                self._server.counts["messages"] += 1
            except Exception:
                turn = self._undelivered(turn)
            self._delivering = False
        if turn.wait_seconds > 0:
            await self._server.timer.sleep(turn.wait_seconds)
        if self._over:
            return
        if turn.then is Then.START_TLS:
            self._write(turn.reply)
            await self._start_tls()
        self._busy = False
        self.task = None
        self._last_heard = self._loop.time()
        if turn.then is not Then.START_TLS:
            self._finish(turn)
        self._resume()

    def _finish(self, turn: Turn) -> None:
        if turn.then is Then.DROP:
            self._note(b"the connection is lost")
            self.abort()
            return
        self._write(turn.reply)
        if turn.then is Then.CLOSE:
            self._note(b"the server closes")
            self._close()

    def _flush(self, out: list[bytes]) -> None:
        if out:
            self._transport.write(b"".join(out))
            out.clear()

    def _write(self, reply: bytes) -> None:
        if reply:
            assert self._session is not None
            self._session.transcript.note(SERVER, reply)
            self._transport.write(reply)

    def _note(self, text: bytes) -> None:
        assert self._session is not None
        self._session.transcript.note(NOTE, text)

    def _undelivered(self, turn: Turn) -> Turn:
        """Whoever takes the messages failed: the sender is put off, and the fault is shown where faults are."""
        assert self._session is not None
        self._loop.call_exception_handler(
            {"message": "a message could not be delivered in the sandbox", "exception": sys.exception()}
        )
        return Turn(self._session.undelivered(), turn.then, turn.wait_seconds)

    async def _start_tls(self) -> None:
        assert self._server.tls is not None
        assert self._session is not None
        # What came in the clear behind STARTTLS was put there by somebody else (RFC 3207, section 5).
        self._incoming.clear()
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                self._server.tls,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        except (OSError, ssl.SSLError):
            self._over = True
            self._transport.abort()
            return
        if transport is not None:  # None: the client left during the handshake
            self._transport = transport
            self._session.secured()

    def _resume(self) -> None:
        if self._busy or self._over or not self._writable:
            return
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()
        self._work()

    def _close(self) -> None:
        """Ends our side, and reads on for a moment: closing on unread input would destroy our last reply."""
        if self._over:
            return
        self._over = True
        self._leave_crowd()
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self._loop.call_later(LINGER_SECONDS, self._transport.abort)
        else:
            self._transport.close()

    def _leave_crowd(self) -> None:
        crowd = self._server.crowd
        for key in self._places:
            crowd[key] -= 1
            if not crowd[key]:
                del crowd[key]
        self._places = ()
