"""Hostile clients of the mail servers. Bounded: seeded dice, a fixed number of sessions."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mail_world import ADDRESS, HOST, Book, Users, mail_world, submission_world

from fairlead.sandbox.smtp.behavior import BEHAVIOR_NAMES, behavior_named
from fairlead.sandbox.smtp.receiving import Receiving
from fairlead.sandbox.smtp.session import Session
from fairlead.sandbox.smtp.steps import MailHost, Mode, Step, Then, Turn
from fairlead.sandbox.smtp.submission import PLAIN_PROVIDER, Submission
from fairlead.sandbox.smtp.transcript import Transcript
from fairlead.sandbox.smtp.wordings import WORDINGS

NOW = datetime(2026, 1, 5, tzinfo=UTC)
GOOD = [
    b"EHLO c.example", b"AUTH PLAIN AGFubkBibHVlLmV4YW1wbGUAcmlnaHQ=", b"MAIL FROM:<ann@blue.example>",
    b"RCPT TO:<bob@blue.example>", b"DATA", b"From: ann@blue.example", b"", b".",
    b"MAIL FROM:<ann@blue.example> SIZE=5", b"RCPT TO:<ann@blue.example>", b"BDAT 2", b"BDAT 0 LAST", b"DATA", b".",
    b"QUIT",
]  # fmt: skip
ODD = [
    b"HELO c", b"MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8", b"RCPT TO:<nobody@blue.example>",
    b'RCPT TO:<"a b"@blue.example>', b"RCPT TO:<\xc3\xa9@m\xc3\xbcnchen.example>", b"..", b"BDAT 5", b"BDAT 3 LAST",
    b"RSET", b"NOOP", b"VRFY ann", b"HELP", b"EXPN x", b"AUTH LOGIN", b"AUTH XOAUTH2 eA==", b"*", b"dXNlcg==",
    b"STARTTLS now", b"{host}", b"MAIL FROM:<{host}@b.example>", b"RCPT TO:<{address}@blue.example>", b"x" * 3000,
]  # fmt: skip


def lines(dice: random.Random) -> Iterator[bytes]:
    """A good session, odd lines in between, some good ones damaged: it reaches what random bytes never do."""
    for line in GOOD:
        while dice.random() < 0.3:
            yield mutated(dice, dice.choice(ODD))
        if dice.random() < 0.95:
            yield line if dice.random() < 0.9 else mutated(dice, line)


def mutated(dice: random.Random, line: bytes) -> bytes:
    raw = bytearray(line)
    for _ in range(dice.choice([0, 0, 1, 2, 5])):
        place = dice.randrange(len(raw) + 1)
        raw[place : place + dice.randrange(3)] = dice.randbytes(dice.randrange(4))
    return bytes(raw)


@contextmanager
def no_faults() -> Iterator[None]:
    """Whatever the event loop would have reported is an error of the test."""
    faults: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    try:
        yield
    finally:
        loop.set_exception_handler(None)
    assert faults == []


def test_a_session_has_a_well_formed_reply_to_every_line():
    dice = random.Random("fuzz sessions")
    taken = 0
    for number in range(3000):
        behavior = behavior_named(dice.choice(BEHAVIOR_NAMES), dice.choice(list(WORDINGS)))
        if number % 3 == 0:
            behavior = replace(behavior, added=("CHUNKING",), script=())
        policy = (
            Submission(PLAIN_PROVIDER, Users(), auth_without_tls=True) if number % 2 else Receiving(behavior, Book())
        )
        host = MailHost(HOST, behavior, policy, lambda envelope: None)
        transcript = Transcript(number, HOST, "127.64.0.1", 25, "127.0.0.1", NOW)
        session = Session(host, transcript, now=lambda: NOW, dice=dice, next_queue_id=lambda: "1", can_start_tls=True)
        session.begin(crowded=False)
        for line in lines(dice):
            step: Step
            if session.mode is Mode.LINE:
                step = session.line(line.replace(b"\n", b""))
            elif session.mode is Mode.BODY:
                step = session.body(b"From: ann@blue.example\r\n\r\n" + line, too_big=dice.random() < 0.1)
            else:
                step = session.chunk(dice.randbytes(session.chunk_left), too_big=dice.random() < 0.1)
            turn = step if isinstance(step, Turn) else Turn(step)
            taken += turn.envelope is not None
            assert turn.reply or session.mode is Mode.CHUNK or turn.then is Then.DROP
            assert turn.reply == b"" or turn.reply.endswith(b"\r\n")
            for part in turn.reply.split(b"\r\n")[:-1]:
                assert part[:3].isdigit()
                assert part[3:4] in (b"-", b" ")
            if turn.then in (Then.CLOSE, Then.DROP):
                break
        assert transcript.lines() or not transcript.said
    assert taken > 500  # the dice reach the end of a transaction


async def talk(port: int, dice: random.Random) -> None:
    _, writer = await asyncio.open_connection(ADDRESS, port)
    for line in lines(dice):
        match dice.randrange(40):
            case 0:
                data = dice.randbytes(dice.randrange(5000))
            case 1:
                data = b"x" * dice.randrange(20_000)
            case 2:
                data = b"STARTTLS\r\n" + dice.randbytes(dice.randrange(300))
            case _:
                data = line + dice.choice([b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"])
        writer.write(data)
        if dice.random() < 0.3:
            await asyncio.sleep(0)
    if dice.random() < 0.2:
        writer.transport.abort()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_a_receiving_server_survives_hostile_clients():
    dice = random.Random("fuzz receiving")
    with no_faults():
        for name in ("reject_unknown", "tarpit", "greylist", "multiline", "drop_body", "no_pipelining_closes"):
            async with mail_world(name) as world:
                async with asyncio.timeout(20):
                    for _ in range(40):
                        await asyncio.gather(*[talk(world.port, dice) for _ in range(10)])
                    assert bool(world.taken) is (name in ("reject_unknown", "tarpit", "multiline"))
                    client = await world.client()
                    assert "250" in await client.greet()
                    assert (await client.say("NOOP"))[0].split("\n")[-1].startswith("250")


async def test_a_submission_server_survives_hostile_clients():
    dice = random.Random("fuzz submission")
    with no_faults():
        for implicit_tls in (False, True):
            async with submission_world(PLAIN_PROVIDER, implicit_tls=implicit_tls) as world:
                async with asyncio.timeout(20):
                    for _ in range(40):
                        await asyncio.gather(*[talk(world.port, dice) for _ in range(10)])
                if not implicit_tls:
                    client = await world.client()
                    assert "AUTH" in await client.greet()
