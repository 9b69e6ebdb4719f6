"""Receiving servers: deliveries, listeners, transcripts, and what keeps them bounded."""

import asyncio
from typing import Any

import pytest
import uvloop
from mail_world import ADDRESS, HOST, Book, MailWorld, codes, mail_world

from fairlead.kit.refusals import CannotStart
from fairlead.sandbox.smtp.behavior import (
    behavior_named,
)
from fairlead.sandbox.smtp.model import Envelope
from fairlead.sandbox.smtp.receiving import Receiving
from fairlead.sandbox.smtp.server import _Connection
from fairlead.sandbox.smtp.steps import MailHost

UNKNOWN = "nobody@blue.example"


async def test_a_message_is_accepted_when_its_delivery_is_done():
    done = asyncio.Event()

    async def deliver(envelope: Envelope) -> None:
        await done.wait()

    async with mail_world(deliver=deliver) as world:
        client = await world.greeted()
        await client.rcpt("ann@blue.example")
        client.send("DATA", "x\r\n.", "NOOP")
        assert (await client.reply()).startswith("354")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.readline(), 0.05)
        done.set()
        assert codes([await client.reply(), await client.reply()]) == ["250", "250"]


@pytest.mark.parametrize("waits", [False, True])
async def test_a_message_that_cannot_be_delivered_stays_with_the_sender(waits: bool):
    def fails(envelope: Envelope) -> None:
        raise OSError("no room")

    async def fails_later(envelope: Envelope) -> None:
        raise OSError("no room")

    faults: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context["exception"]))
    try:
        async with mail_world(deliver=fails_later if waits else fails) as world:
            client = await world.greeted()
            assert (await client.message()).startswith("451 4.3.0")
            assert codes(await client.say("NOOP")) == ["250"]
    finally:
        loop.set_exception_handler(None)
    assert [type(fault) for fault in faults] == [OSError]


async def test_each_address_has_its_own_behavior_and_can_be_given_another():
    async with mail_world("blocked_banner") as world:
        ports = {}
        for number, name in enumerate(("reject_unknown", "busy_banner"), 2):
            host = host_of(world, name)
            ports[f"127.64.9.{number}"] = await world.server.listen(f"127.64.9.{number}", 0, host)

        async def banner(address: str) -> str:
            reader, writer = await asyncio.open_connection(address, ports[address])
            line = (await reader.readline()).decode()
            writer.close()
            await writer.wait_closed()
            return line

        assert (await banner("127.64.9.2")).startswith("220")
        assert (await banner("127.64.9.3")).startswith("421")
        world.server.put("127.64.9.3", ports["127.64.9.3"], host_of(world, "reject_unknown"))
        assert (await banner("127.64.9.3")).startswith("220")


def host_of(world: MailWorld, name: str) -> MailHost:
    behavior = behavior_named(name)
    return MailHost(HOST, behavior, Receiving(behavior, Book()), world.deliver)


async def test_mail_servers_start_in_the_network_of_the_sandbox_only():
    async with mail_world() as world:
        for address, port in (("127.0.0.1", 0), ("0.0.0.0", 0), (ADDRESS, world.port)):
            with pytest.raises(CannotStart):
                await world.server.listen(address, port, host_of(world, "catch_all"))


async def test_sessions_can_be_looked_at_afterwards():
    async with mail_world() as world:
        client = await world.greeted()
        await client.message(to="ann@blue.example")
        await client.say("QUIT")
        (transcript,) = world.server.sessions
        assert (transcript.client_ip, transcript.helo, transcript.host, transcript.messages) == (
            "127.0.0.1",
            "client.example",
            HOST,
            1,
        )
        lines = transcript.lines()
        assert lines[:2] == [f"S 220 {HOST} ESMTP Postfix", "C EHLO client.example"]
        assert "* 22 octets" in lines
        assert lines[-2:] == ["S 221 2.0.0 Bye", "* the server closes"]
        assert world.taken[0].transcript is transcript


async def test_a_long_transcript_keeps_its_beginning_and_its_end():
    async with mail_world() as world:
        client = await world.greeted()
        await client.say(*[f"NOOP {number}" for number in range(1000)])
        lines = world.server.sessions[0].lines()
        assert len(lines) < 300
        assert lines[0].startswith("S 220")
        assert lines[-2] == "C NOOP 999"
        assert any(line.endswith("lines left out") for line in lines)


async def test_a_silent_client_is_sent_away():
    async with mail_world(idle_seconds=0.05) as world:
        client = await world.client()
        assert (await client.reply()).startswith("220")
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.ended()


async def test_a_client_that_reads_nothing_does_not_fill_the_memory():
    async with mail_world() as world:
        client = await world.greeted()
        client.writer.transport.pause_reading()
        chunk = b"VRFY " + b"x" * 100 + b"\r\n"

        async def talk_on() -> None:
            while True:
                client.writer.write(chunk * 500)
                await client.writer.drain()

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(talk_on(), 1.0)
        (connection,) = world.server.connections
        assert isinstance(connection, _Connection)
        assert len(connection._incoming) < 4 << 20
        assert connection._transport.get_write_buffer_size() < 4 << 20
        client.writer.transport.abort()
        assert (await (await world.greeted()).message()).startswith("250")


def test_it_runs_on_uvloop_too():
    async def talk() -> list[str]:
        async with mail_world("tarpit") as world:
            client = await world.greeted()
            await client.start_tls()
            await client.say("EHLO client.example")
            replies = await client.rcpt(*[UNKNOWN] * 12, "ann@blue.example")
            await client.say("RSET")
            replies.append(await client.message())
            replies += await client.say("QUIT")
            assert await client.ended()
            return codes(replies)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(talk()) == ["550"] * 12 + ["250", "250", "221"]
