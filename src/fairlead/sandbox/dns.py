"""The name server of the sandbox: authoritative for its world over UDP and TCP, and as broken as a script says.

Names outside the world are refused, so that nothing is ever looked up elsewhere.
"""

import asyncio
import socket
import struct
from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple, cast

from fairlead.kit.clock import Clock, Timer
from fairlead.kit.refusals import CannotStart
from fairlead.sandbox import dns_wire as wire
from fairlead.sandbox.dns_wire import Query, Record, Response
from fairlead.sandbox.dns_zones import Found, NoData, NoName, Outside, Script, Zones
from fairlead.sandbox.loopback import server_address

LONGEST_CHAIN: Final = 16
MOST_GLUE: Final = 20
ANSWERS_KEPT: Final = 50_000
QUERIES_KEPT: Final = 5_000
MOST_DELAYED: Final = 10_000
MOST_TCP_CONNECTIONS: Final = 500
TCP_IDLE_SECONDS: Final = 30.0
PORTS_TRIED: Final = 20
# A burst of datagrams waits here while the process does something else.
UDP_BUFFER_BYTES: Final = 4 << 20

_LENGTH = struct.Struct("!H")


class Asked(NamedTuple):
    """One line of the log."""

    at: datetime
    client_ip: str
    transport: str  # udp or tcp
    name: str
    type: str
    outcome: str  # NOERROR, NXDOMAIN, ..., truncated, silent


class Reply(NamedTuple):
    """What goes back for a query, with the id left out: the first two bytes belong to the client."""

    tail: bytes | None  # None: silence
    delay_seconds: float
    name: str
    type: str
    outcome: str


class Answerer:
    """From the bytes of a query to the bytes of its answer, without a socket."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones
        self._kept: dict[bytes, Reply] = {}

    def forget(self) -> None:
        """To be called when the zones or their scripts have changed."""
        self._kept.clear()

    def kept(self, tail: bytes) -> Reply | None:
        """The answer over UDP to a query seen before, by all its bytes but the id."""
        return self._kept.get(tail)

    def reply(self, data: bytes, *, udp: bool) -> Reply | None:
        """None where nothing is to be answered, not even by a script."""
        try:
            query = wire.read_query(data)
        except wire.Unanswerable:
            return None
        except wire.Malformed:
            return Reply(wire.write_bare_response(data, wire.FORMERR)[2:], 0.0, "", "", "FORMERR")
        script = self._zones.script(query.name)
        reply = self._by_script(query, script, udp=udp) if script else self._plain(query, udp=udp)
        if udp and script is None:
            if len(self._kept) >= ANSWERS_KEPT:
                self._kept.clear()
            self._kept[data[2:]] = reply
        return reply

    def _by_script(self, query: Query, script: Script, *, udp: bool) -> Reply:
        if script.silent:
            return Reply(None, 0.0, query.name, _type_name(query.type), "silent")
        reply = self._plain(query, udp=udp, rcode=script.rcode, truncate=udp and script.truncates)
        return reply._replace(delay_seconds=script.delay_seconds)

    def _plain(self, query: Query, *, udp: bool, rcode: int | None = None, truncate: bool = False) -> Reply:
        most_bytes = _udp_bytes(query) if udp else wire.LONGEST_MESSAGE
        response = Response(rcode) if rcode is not None else self._response(query)
        message = wire.write_response(query, response, most_bytes=most_bytes, truncate=truncate)
        cut = message[2] & wire.TRUNCATED >> 8
        outcome = "truncated" if cut else wire.RCODE_NAMES.get(response.rcode, str(response.rcode))
        return Reply(message[2:], 0.0, query.name, _type_name(query.type), outcome)

    def _response(self, query: Query) -> Response:
        if query.edns is not None and query.edns.version != 0:
            return Response(wire.BADVERS)
        if query.opcode != 0:
            return Response(wire.NOTIMP)
        if query.klass != wire.IN:
            return Response(wire.REFUSED)
        return self._follow(query.name, query.type)

    def _follow(self, name: str, type: int) -> Response:
        """The answer at the end of a chain of CNAME records; of a loop, each record once."""
        chain: list[Record] = []
        seen = {name}
        while True:
            match self._zones.lookup(name, type):
                case Outside():
                    return Response(wire.NOERROR, True, chain) if chain else Response(wire.REFUSED)
                case NoName(start):
                    # RFC 6604, section 3: the code tells about the last name of the chain.
                    return Response(wire.NXDOMAIN, True, chain, [_negative(start)])
                case NoData(start):
                    return Response(wire.NOERROR, True, chain, [_negative(start)])
                case Found(records):
                    chain.extend(records)
                    if type in (wire.CNAME, wire.ANY) or records[0].type != wire.CNAME:
                        return Response(wire.NOERROR, True, chain, (), self._glue(records))
                    name = cast(wire.Target, records[0].data).host
                    if name in seen or len(chain) >= LONGEST_CHAIN:
                        return Response(wire.NOERROR, True, chain)
                    seen.add(name)

    def _glue(self, records: Iterable[Record]) -> list[Record]:
        glue: list[Record] = []
        for host in dict.fromkeys(_host_of(record) for record in records):
            # A name whose own answer is scripted must be asked for, or the script would not be seen.
            if not host or self._zones.script(host) is not None:
                continue
            for type in (wire.A, wire.AAAA):
                match self._zones.lookup(host, type):
                    case Found(found) if found[0].type == type:
                        glue.extend(found)
            if len(glue) >= MOST_GLUE:
                break
        return glue


def _host_of(record: Record) -> str:
    match record.data:
        case wire.Exchange(_, host) | wire.Service(host=host):
            return host
        case wire.Target(host) if record.type == wire.NS:
            return host
    return ""


def _negative(start: Record) -> Record:
    """The SOA record as a negative answer has it (RFC 2308, section 3)."""
    ttl_seconds = min(start.ttl_seconds, cast(wire.Start, start.data).minimum_seconds)
    return Record(start.name, start.type, start.data, ttl_seconds)


def _udp_bytes(query: Query) -> int:
    if query.edns is None:
        return wire.PLAIN_UDP_BYTES
    return max(wire.PLAIN_UDP_BYTES, min(query.edns.udp_bytes, wire.OUR_UDP_BYTES))


def _type_name(type: int) -> str:
    return wire.TYPE_NAMES.get(type) or f"TYPE{type}"


class DnsServer:
    """Answers on one address, keeps the last queries and counts outcomes."""

    def __init__(self, zones: Zones, clock: Clock, timer: Timer) -> None:
        self.answerer = Answerer(zones)
        self.clock = clock
        self.timer = timer
        self.counts: Counter[str] = Counter()
        self.connections: set[_Tcp] = set()
        self._log: deque[tuple[datetime, str, str, Reply]] = deque(maxlen=QUERIES_KEPT)
        self._delayed: set[asyncio.Task[None]] = set()
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None

    async def start(self, address: str, port: int = 0) -> int:
        """Listens on `port`, or on a free one for 0, over both transports; gives the port.

        Raises `CannotStart` for an address outside the sandbox's network or a port that is taken.
        """
        server_address(address)
        loop = asyncio.get_running_loop()
        for _ in range(1 if port else PORTS_TRIED):
            try:
                self._tcp = await loop.create_server(lambda: _Tcp(self), address, port)
                found: int = self._tcp.sockets[0].getsockname()[1]
                where = (address, found)
                self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=where)
                return found
            except OSError:
                # The port is free for TCP and taken for UDP: with another one it may work.
                if self._tcp is not None:
                    self._tcp.close()
        raise CannotStart(f"The sandbox name server cannot listen on {address}:{port}; the port is taken.")

    async def close(self) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
        for connection in list(self.connections):
            connection.abort()
        for task in list(self._delayed):
            task.cancel()
        await asyncio.gather(*self._delayed, return_exceptions=True)

    def forget(self) -> None:
        """To be called when the zones or their scripts have changed."""
        self.answerer.forget()

    def log(self) -> list[Asked]:
        """The last queries, the newest last."""
        return [
            Asked(at, client_ip, transport, reply.name, reply.type, reply.outcome)
            for at, client_ip, transport, reply in self._log
        ]

    def note(self, client_ip: str, transport: str, reply: Reply) -> None:
        self.counts[reply.outcome] += 1
        self._log.append((self.clock.now(), client_ip, transport, reply))

    def later(self, seconds: float, transport: "_Udp | _Tcp", *where: object) -> None:
        if len(self._delayed) >= MOST_DELAYED:
            return  # a flood: the answer is lost, as it would be on the way

        async def wait() -> None:
            await self.timer.sleep(seconds)
            transport.send(*where)

        task = asyncio.create_task(wait())
        self._delayed.add(task)
        task.add_done_callback(self._delayed.discard)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._kept = server.answerer.kept
        self._reply = server.answerer.reply
        self._note = server.note

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        # The kernel may grant less than is asked for.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_BUFFER_BYTES)

    def datagram_received(self, data: bytes, client: tuple[str, int]) -> None:
        reply = self._kept(data[2:]) or self._reply(data, udp=True)
        if reply is None:
            return
        self._note(client[0], "udp", reply)
        if reply.tail is None:
            return
        if reply.delay_seconds:
            self._server.later(reply.delay_seconds, self, data[:2] + reply.tail, client)
        else:
            self._transport.sendto(data[:2] + reply.tail, client)

    def send(self, *where: object) -> None:
        if not self._transport.is_closing():
            message, client = cast(tuple[bytes, tuple[str, int]], where)
            self._transport.sendto(message, client)

    def error_received(self, _: Exception) -> None:
        """A client that went away before its answer came is its own business."""


class _Tcp(asyncio.Protocol):
    """Any number of queries after one another (RFC 7766), each behind its length in two bytes."""

    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._buffer = b""
        self._writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._client_ip = transport.get_extra_info("peername")[0]
        self._server.connections.add(self)
        self._idle = asyncio.get_running_loop().call_later(TCP_IDLE_SECONDS, self._transport.abort)
        if len(self._server.connections) > MOST_TCP_CONNECTIONS:
            self._transport.abort()

    def connection_lost(self, _: Exception | None) -> None:
        self._idle.cancel()
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(TCP_IDLE_SECONDS, self._transport.abort)
        self._buffer += data
        self._work()

    def pause_writing(self) -> None:
        # A client that asks and does not read must not fill our memory.
        self._writable = False
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._writable = True
        self._transport.resume_reading()
        self._work()

    def abort(self) -> None:
        self._transport.abort()

    def send(self, *where: object) -> None:
        if not self._transport.is_closing():
            (message,) = cast(tuple[bytes], where)
            self._transport.write(_LENGTH.pack(len(message)) + message)

    def _work(self) -> None:
        at = 0
        while self._writable and len(self._buffer) >= at + 2:
            end = at + 2 + _LENGTH.unpack_from(self._buffer, at)[0]
            if len(self._buffer) < end:
                break
            self._one(self._buffer[at + 2 : end])
            at = end
        self._buffer = self._buffer[at:]

    def _one(self, data: bytes) -> None:
        reply = self._server.answerer.reply(data, udp=False)
        if reply is None:
            self._transport.close()  # what follows cannot be trusted to begin at a message
            return
        self._server.note(self._client_ip, "tcp", reply)
        if reply.tail is None:
            return
        message = data[:2] + reply.tail
        if reply.delay_seconds:
            self._server.later(reply.delay_seconds, self, message)
        else:
            self.send(message)
