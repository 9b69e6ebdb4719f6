import asyncio
import random
import shutil
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiodns
import pytest
import uvloop
from mail_world import CountingTimer, StoppedClock

from fairlead.kit.refusals import CannotStart
from fairlead.sandbox import dns_wire as wire
from fairlead.sandbox.dns import Answerer, DnsServer
from fairlead.sandbox.dns_zones import Script, ZoneTable

ADDRESS = "127.64.8.1"
PATIENCE_SECONDS = 10.0


def world_zones() -> ZoneTable:
    zones = ZoneTable()
    zones.add_zone("blue.example", "ns.blue.example")
    zones.add_zone("64.127.in-addr.arpa", "ns.blue.example")
    zones.add_zone("empty.example", "ns.blue.example")
    zones.add(
        wire.address("ns.blue.example", "127.64.8.1"),
        wire.mx("blue.example", 20, "mx2.blue.example"),
        wire.mx("blue.example", 10, "mx1.blue.example"),
        wire.address("mx1.blue.example", "127.64.1.1"),
        wire.address("mx1.blue.example", "127.64.1.2"),
        wire.address("mx1.blue.example", "::1"),
        wire.address("mx2.blue.example", "127.64.1.3"),
        wire.address("blue.example", "127.64.1.4"),
        wire.null_mx("quiet.blue.example"),
        wire.txt("blue.example", "v=spf1 mx -all"),
        wire.txt("blue.example", "key=" + "k" * 400),
        wire.txt("s1._domainkey.blue.example", "v=DKIM1; p=" + "A" * 390),
        wire.txt("_dmarc.blue.example", "v=DMARC1; p=none; rua=mailto:d@blue.example"),
        wire.ptr("127.64.1.1", "mx1.blue.example"),
        wire.cname("www.blue.example", "web.blue.example"),
        wire.cname("web.blue.example", "mx2.blue.example"),
        wire.cname("loop1.blue.example", "loop2.blue.example"),
        wire.cname("loop2.blue.example", "loop1.blue.example"),
        wire.cname("dangling.blue.example", "nobody.blue.example"),
        wire.cname("away.blue.example", "elsewhere.test"),
        wire.srv("_submission._tcp.blue.example", 0, 1, 587, "mx1.blue.example"),
        wire.address("deep.under.blue.example", "127.64.1.5"),
    )
    for number in range(60):
        zones.add(wire.txt("large.blue.example", f"{number:02}" * 20))
    return zones


@dataclass
class Message:
    """What a client makes of an answer, read independently of the code under test."""

    id: int
    flags: int
    question: bytes
    records: list[list[tuple[str, int, int, bytes]]] = field(default_factory=list)
    raw: bytes = b""

    @property
    def rcode(self) -> int:
        return self.flags & 0xF

    @property
    def truncated(self) -> bool:
        return bool(self.flags & 0x0200)

    @property
    def authoritative(self) -> bool:
        return bool(self.flags & 0x0400)

    def types(self, section: int) -> list[int]:
        return [type for _, type, _, _ in self.records[section]]


def name_at(data: bytes, at: int) -> tuple[str, int]:
    labels, after = [], 0
    while data[at]:
        if data[at] >= 0xC0:
            after = after or at + 2
            at = struct.unpack_from("!H", data, at)[0] & 0x3FFF
            continue
        labels.append(data[at + 1 : at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    return ".".join(labels), after or at + 1


def read(data: bytes) -> Message:
    id, flags, questions, *counts = struct.unpack_from("!6H", data)
    at = 12
    if questions:
        _, at = name_at(data, at)
        at += 4
    message = Message(id, flags, data[12:at], raw=data)
    for count in counts:
        section = []
        for _ in range(count):
            name, at = name_at(data, at)
            type, _, ttl, length = struct.unpack_from("!HHIH", data, at)
            section.append((name, type, ttl, data[at + 10 : at + 10 + length]))
            at += 10 + length
        message.records.append(section)
    assert at == len(data)
    return message


def query(name: str, type: int, *, id: int = 7, edns: int | None = None, klass: int = 1, flags: int = 0x0100) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    opt = b"\0" + struct.pack("!HHIH", 41, edns, 0, 0) if edns is not None else b""
    return (
        struct.pack("!6H", id, flags, 1, 0, 0, int(edns is not None))
        + labels
        + b"\0"
        + struct.pack("!HH", type, klass)
        + opt
    )


@dataclass
class NameWorld:
    server: DnsServer
    zones: ZoneTable
    timer: CountingTimer
    port: int

    async def udp(self, data: bytes) -> bytes:
        return await asyncio.to_thread(self._udp, data)

    def _udp(self, data: bytes) -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE_SECONDS)
            client.connect((ADDRESS, self.port))
            client.send(data)
            return client.recv(65535)

    async def tcp(self, *queries: bytes) -> list[bytes]:
        reader, writer = await asyncio.open_connection(ADDRESS, self.port)
        writer.write(b"".join(struct.pack("!H", len(data)) + data for data in queries))
        answers = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in queries:
                length = struct.unpack("!H", await reader.readexactly(2))[0]
                answers.append(await reader.readexactly(length))
        writer.close()
        await writer.wait_closed()
        return answers

    async def ask(self, name: str, type: int, **options: Any) -> Message:
        return read(await self.udp(query(name, type, **options)))


@asynccontextmanager
async def name_world() -> AsyncIterator[NameWorld]:
    zones, timer = world_zones(), CountingTimer()
    server = DnsServer(zones, StoppedClock(), timer)
    port = await server.start(ADDRESS)
    try:
        yield NameWorld(server, zones, timer, port)
    finally:
        await server.close()


@asynccontextmanager
async def resolver(port: int, **options: Any) -> AsyncIterator[aiodns.DNSResolver]:
    client = aiodns.DNSResolver(nameservers=[ADDRESS], udp_port=port, tcp_port=port, **options)
    try:
        yield client
    finally:
        await client.close()


async def test_a_common_resolver_reads_every_kind_of_record():
    async with name_world() as world, resolver(world.port) as client:

        async def data(name: str, type: str) -> list[Any]:
            return [record.data for record in (await client.query_dns(name, type)).answer]

        assert [record.addr for record in await data("mx1.blue.example", "A")] == ["127.64.1.1", "127.64.1.2"]
        assert [record.addr for record in await data("mx1.blue.example", "AAAA")] == ["::1"]
        exchanges = {(record.priority, record.exchange) for record in await data("blue.example", "MX")}
        assert exchanges == {(10, "mx1.blue.example"), (20, "mx2.blue.example")}
        texts = [record.data for record in await data("blue.example", "TXT")]
        assert texts == [b"v=spf1 mx -all", b"key=" + b"k" * 400]
        assert [record.data for record in await data("s1._domainkey.blue.example", "TXT")] == [
            b"v=DKIM1; p=" + b"A" * 390
        ]
        assert [record.dname for record in await data("1.1.64.127.in-addr.arpa", "PTR")] == ["mx1.blue.example"]
        assert [record.nsdname for record in await data("blue.example", "NS")] == ["ns.blue.example"]
        assert [record.mname for record in await data("blue.example", "SOA")] == ["ns.blue.example"]
        (service,) = await data("_submission._tcp.blue.example", "SRV")
        assert (service.port, service.target) == (587, "mx1.blue.example")


async def test_a_null_mx_is_an_exchange_without_a_name():
    async with name_world() as world:
        answer = await world.ask("quiet.blue.example", wire.MX)
        assert [data for _, _, _, data in answer.records[0]] == [b"\0\0\0"]


async def test_an_mx_answer_brings_the_addresses_of_its_hosts_and_says_it_is_authoritative():
    async with name_world() as world:
        answer = await world.ask("blue.example", wire.MX)
        assert answer.authoritative
        assert answer.rcode == wire.NOERROR
        assert {(name, data) for name, type, _, data in answer.records[2] if type == wire.A} == {
            ("mx1.blue.example", bytes([127, 64, 1, 1])),
            ("mx1.blue.example", bytes([127, 64, 1, 2])),
            ("mx2.blue.example", bytes([127, 64, 1, 3])),
        }


async def test_names_are_compressed_and_the_question_comes_back_letter_by_letter():
    async with name_world() as world:
        question = query("bLuE.ExAmPle", wire.MX)
        answer = read(await world.udp(question))
        assert answer.question == question[12:]
        assert answer.raw.lower().count(b"\x07example") == 1
        assert answer.id == 7


async def test_a_name_that_is_not_there_differs_from_one_without_such_a_record():
    async with name_world() as world:
        missing = await world.ask("nobody.blue.example", wire.A)
        assert (missing.rcode, missing.types(0), missing.types(1)) == (wire.NXDOMAIN, [], [wire.SOA])
        for name, type in (("mx1.blue.example", wire.MX), ("under.blue.example", wire.A), ("empty.example", wire.MX)):
            empty = await world.ask(name, type)
            assert (empty.rcode, empty.types(0), empty.types(1)) == (wire.NOERROR, [], [wire.SOA])


async def test_chains_of_aliases_are_followed_and_loops_end():
    async with name_world() as world:
        chain = await world.ask("www.blue.example", wire.A)
        assert chain.types(0) == [wire.CNAME, wire.CNAME, wire.A]
        loop = await world.ask("loop1.blue.example", wire.A)
        assert (loop.rcode, loop.types(0)) == (wire.NOERROR, [wire.CNAME, wire.CNAME])
        dangling = await world.ask("dangling.blue.example", wire.A)
        assert (dangling.rcode, dangling.types(0), dangling.types(1)) == (wire.NXDOMAIN, [wire.CNAME], [wire.SOA])
        away = await world.ask("away.blue.example", wire.A)
        assert (away.rcode, away.types(0)) == (wire.NOERROR, [wire.CNAME])
        alias = await world.ask("www.blue.example", wire.CNAME)
        assert alias.types(0) == [wire.CNAME]


@pytest.mark.parametrize("name", ["example.com", "example", "", "blue.example.com", "xblue.example"])
async def test_names_outside_the_world_are_refused(name: str):
    async with name_world() as world:
        answer = await world.ask(name, wire.A)
        assert (answer.rcode, answer.authoritative) == (wire.REFUSED, False)


async def test_a_script_can_fail_delay_or_silence_a_name():
    async with name_world() as world, resolver(world.port, timeout=0.2, tries=1) as client:
        world.zones.scripts["blue.example"] = Script(rcode=wire.SERVFAIL)
        world.zones.scripts["mx1.blue.example"] = Script(silent=True)
        world.zones.scripts["mx2.blue.example"] = Script(delay_seconds=3.0)
        assert (await world.ask("blue.example", wire.MX)).rcode == wire.SERVFAIL
        with pytest.raises(aiodns.error.DNSError) as silence:
            await client.query_dns("mx1.blue.example", "A")
        assert silence.value.args[0] == aiodns.error.ARES_ETIMEOUT
        assert (await world.ask("mx2.blue.example", wire.A)).types(0) == [wire.A]
        assert [read(answer).rcode for answer in await world.tcp(query("mx2.blue.example", wire.A))] == [wire.NOERROR]
        assert world.timer.slept == [3.0, 3.0]
        world.zones.scripts.clear()
        assert (await world.ask("blue.example", wire.MX)).rcode == wire.NOERROR


async def test_addresses_of_a_host_with_a_script_do_not_come_along_with_its_mx():
    async with name_world() as world:
        world.zones.scripts["mx1.blue.example"] = Script(silent=True)
        answer = await world.ask("blue.example", wire.MX)
        assert {name for name, _, _, _ in answer.records[2]} == {"mx2.blue.example"}


async def test_a_script_can_truncate_over_udp_and_the_resolver_gets_the_rest_over_tcp():
    async with name_world() as world, resolver(world.port) as client:
        world.zones.scripts["blue.example"] = Script(truncates=True)
        answer = await world.ask("blue.example", wire.MX)
        assert (answer.truncated, answer.records[0]) == (True, [])
        assert len((await client.query_dns("blue.example", "MX")).answer) == 2
        assert {asked.transport for asked in world.server.log()} == {"udp", "tcp"}


async def test_what_does_not_fit_is_truncated_by_the_size_the_client_takes():
    async with name_world() as world:
        sizes = [(None, 512), (100, 512), (900, 900), (65535, 1232)]
        for edns, most in sizes:
            answer = await world.ask("large.blue.example", wire.TXT, edns=edns)
            assert answer.truncated
            assert len(answer.raw) <= most
        (whole,) = [read(data) for data in await world.tcp(query("large.blue.example", wire.TXT))]
        assert (whole.truncated, len(whole.records[0])) == (False, 60)
        fits = await world.ask("blue.example", wire.TXT, edns=1232)
        assert (fits.truncated, len(fits.records[0]), fits.types(2)) == (False, 2, [wire.OPT])


async def test_an_additional_section_that_does_not_fit_is_left_out_without_a_word():
    async with name_world() as world:
        for number in range(30):
            world.zones.add(wire.address("mx1.blue.example", f"127.64.2.{number}"))
        answer = await world.ask("blue.example", wire.MX)
        assert (answer.truncated, len(answer.records[0]), answer.records[2]) == (False, 2, [])


@pytest.mark.parametrize(
    ("data", "rcode"),
    [
        (query("blue.example", wire.MX)[:-1], wire.FORMERR),
        (query("blue.example", wire.MX) + b"x", wire.FORMERR),
        (struct.pack("!6H", 7, 0, 0, 0, 0, 0), wire.FORMERR),
        (struct.pack("!6H", 7, 0, 2, 0, 0, 0) + query("blue.example", wire.MX)[12:] * 2, wire.FORMERR),
        (struct.pack("!6H", 7, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1", wire.FORMERR),
        (
            struct.pack("!6H", 7, 0, 1, 0, 0, 0) + b"\x3f" + b"a" * 63 + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1",
            wire.FORMERR,
        ),
        (query("blue.example", wire.MX, flags=0x2000), wire.NOTIMP),
        (query("blue.example", wire.MX, klass=3), wire.REFUSED),
    ],
)
async def test_a_query_that_is_not_right_is_told_so(data: bytes, rcode: int):
    async with name_world() as world:
        answer = read(await world.udp(data))
        assert (answer.rcode, answer.id, answer.flags & 0x8000) == (rcode, 7, 0x8000)


async def test_an_unknown_version_of_edns_is_told_so():
    async with name_world() as world:
        data = bytearray(query("blue.example", wire.MX, edns=1232))
        data[-5] = 1
        answer = read(await world.udp(bytes(data)))
        ((_, type, extended, _),) = answer.records[2]
        assert (answer.rcode, type, extended >> 24) == (0, wire.OPT, 1)


def test_an_answer_is_never_answered():
    answerer = Answerer(world_zones())
    assert answerer.reply(query("blue.example", wire.A, flags=0x8100), udp=True) is None
    assert answerer.reply(b"", udp=True) is None
    assert answerer.reply(b"\0" * 11, udp=False) is None


async def test_many_queries_travel_on_one_connection():
    async with name_world() as world:
        answers = await world.tcp(*[query("blue.example", wire.MX, id=number) for number in range(300)])
        assert [read(answer).id for answer in answers] == list(range(300))


async def test_answers_are_kept_until_the_zones_change():
    async with name_world() as world:
        assert len((await world.ask("blue.example", wire.MX)).records[0]) == 2
        world.zones.add(wire.mx("blue.example", 30, "mx2.blue.example"))
        world.server.forget()
        assert len((await world.ask("blue.example", wire.MX)).records[0]) == 3


async def test_queries_can_be_looked_at_afterwards():
    async with name_world() as world:
        await world.ask("blue.example", wire.MX)
        await world.ask("blue.example", wire.MX)
        await world.ask("x.test", 65)
        seen = [(asked.client_ip, asked.name, asked.type, asked.outcome) for asked in world.server.log()]
        assert seen == [("127.0.0.1", "blue.example", "MX", "NOERROR")] * 2 + [
            ("127.0.0.1", "x.test", "TYPE65", "REFUSED")
        ]
        assert world.server.counts == {"NOERROR": 2, "REFUSED": 1}


async def test_the_name_server_starts_in_the_network_of_the_sandbox_only():
    server = DnsServer(world_zones(), StoppedClock(), CountingTimer())
    with pytest.raises(CannotStart):
        await server.start("127.0.0.1")
    async with name_world() as world:
        with pytest.raises(CannotStart):
            await server.start(ADDRESS, world.port)


@pytest.mark.system
@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed")
@pytest.mark.parametrize("options", [[], ["+tcp"], ["+noedns"]])
async def test_dig_reads_the_answers(options: list[str]):
    async with name_world() as world:
        arguments = [f"@{ADDRESS}", "-p", str(world.port), "blue.example", "MX", "+short", *options]
        dig = await asyncio.create_subprocess_exec("dig", *arguments, stdout=asyncio.subprocess.PIPE)
        out, _ = await dig.communicate()
        assert sorted(out.decode().split("\n")) == ["", "10 mx1.blue.example.", "20 mx2.blue.example."]


def test_it_runs_on_uvloop_too():
    async def ask() -> int:
        async with name_world() as world:
            await world.tcp(query("blue.example", wire.MX))
            return len((await world.ask("blue.example", wire.MX)).records[0])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(ask()) == 2


def mutated(dice: random.Random, data: bytes) -> bytes:
    raw = bytearray(data)
    for _ in range(dice.randint(0, 6)):
        place = dice.randrange(len(raw)) if raw else 0
        match dice.randrange(4):
            case 0 if raw:
                raw[place] = dice.randrange(256)
            case 1:
                raw.insert(place, dice.randrange(256))
            case 2 if raw:
                del raw[place]
            case _:
                raw = raw[:place] + raw[place:] * 2
    return bytes(raw[:2000])


def test_whatever_bytes_come_the_answer_is_a_message_or_nothing():
    dice = random.Random("fuzz dns")
    answerer = Answerer(world_zones())
    names = [*answerer._zones.records, "nobody.blue.example", "a.test"]  # type: ignore[attr-defined]
    for turn in range(20_000):
        if turn % 4:
            edns = dice.choice([None, 0, 512, 1232, 65535])
            data = mutated(
                dice, query(dice.choice(names), dice.choice([1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 252, 255]), edns=edns)
            )
        else:
            data = dice.randbytes(dice.randrange(80))
        for udp in (True, False):
            reply = answerer.reply(data, udp=udp)
            if reply is not None and reply.tail is not None:
                read(data[:2] + reply.tail)


async def test_the_name_server_survives_hostile_datagrams_and_streams():
    faults: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    dice = random.Random("fuzz dns sockets")
    try:
        async with name_world() as world:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.connect((ADDRESS, world.port))
                for _ in range(2000):
                    client.send(mutated(dice, query("blue.example", wire.MX, edns=1232)))
            for _ in range(200):
                _, writer = await asyncio.open_connection(ADDRESS, world.port)
                data = mutated(dice, query("blue.example", wire.MX))
                writer.write(struct.pack("!H", dice.choice([len(data), dice.randrange(65536)])) + data)
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()
            assert len((await world.ask("blue.example", wire.MX)).records[0]) == 2
    finally:
        loop.set_exception_handler(None)
    assert faults == []
