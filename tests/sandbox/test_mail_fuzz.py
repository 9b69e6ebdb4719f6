"""Hostile clients of the mail servers. Bounded: seeded dice, a fixed number of sessions."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from mail_world import HOST, Book, Users, mail_world, submission_world

from fairlead.sandbox.smtp.behavior import BEHAVIOR_NAMES, behavior_named
from fairlead.sandbox.smtp.receiving import Receiving
from fairlead.sandbox.smtp.session import MailHost, Mode, Session, Then, Turn
from fairlead.sandbox.smtp.submission import PLAIN_PROVIDER, Submission
from fairlead.sandbox.smtp.transcript import Transcript

NOW = datetime(2026, 1, 5, tzinfo=UTC)
LINES = [
    b"EHLO c.example", b"HELO c", b"MAIL FROM:<a@b.example>", b"MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8",
    b"RCPT TO:<ann@blue.example>", b"RCPT TO:<nobody@blue.example>", b'RCPT TO:<"a b"@blue.example>',
    b"RCPT TO:<\xc3\xa9@m\xc3\xbcnchen.example>", b"DATA", b"Subject: x", b"", b".", b"..", b"BDAT 5", b"BDAT 3 LAST", b"RSET",
    b"NOOP", b"VRFY ann", b"HELP", b"EXPN x", b"AUTH PLAIN AGFubkBibHVlLmV4YW1wbGUAcmlnaHQ=", b"AUTH LOGIN", b"AUTH XOAUTH2 eA==",
    b"*", b"dXNlcg==", b"QUIT", b"{host}", b"MAIL FROM:<{host}@b.example>", b"RCPT TO:<{address}@blue.example>",
]  # fmt: skip


def mutated(dice: random.Random, line: bytes) -> bytes:
    raw = bytearray(line)
    for _ in range(dice.choice([0, 0, 0, 1, 2, 5])):
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
    for turn in range(3000):
        behavior = behavior_named(dice.choice(BEHAVIOR_NAMES), dice.choice(["postfix", "exim", "gmail", "exchange", "opensmtpd"]))
        if turn % 3 == 0:
            behavior = type(behavior)(added=("CHUNKING",))
        policy = Submission(PLAIN_PROVIDER, Users(), auth_without_tls=True) if turn % 2 else Receiving(behavior, Book())
        host = MailHost(HOST, behavior, policy, lambda envelope: None)
        transcript = Transcript(turn, HOST, "127.64.0.1", 25, "127.0.0.1", NOW)
        session = Session(host, transcript, now=lambda: NOW, dice=dice, next_queue_id=lambda: "1", can_start_tls=True)
        session.begin(crowded=False)
        for _ in range(25):
            was = session.mode
            if was is Mode.LINE:
                step = session.line(mutated(dice, dice.choice(LINES)).replace(b"\n", b""))
            elif was is Mode.BODY:
                step = session.body(dice.randbytes(dice.randrange(200)), too_big=dice.random() < 0.1)
            else:
                step = session.chunk(dice.randbytes(session.chunk_left), too_big=dice.random() < 0.1)
            turn_ = step if isinstance(step, Turn) else Turn(step)
            assert turn_.reply or session.mode is Mode.CHUNK or turn_.then is Then.DROP
            assert turn_.reply == b"" or turn_.reply.endswith(b"\r\n")
            for line in turn_.reply.split(b"\r\n")[:-1]:
                assert line[:3].isdigit()
                assert line[3:4] in (b"-", b" ")
            if turn_.then in (Then.CLOSE, Then.DROP):
                break
        assert transcript.lines() or not transcript.said


async def talk(port: int, dice: random.Random, address: str) -> None:
    _, writer = await asyncio.open_connection(address, port)
    for _ in range(dice.randrange(12)):
        kind = dice.randrange(10)
        if kind == 0:
            data = dice.randbytes(dice.randrange(5000))
        elif kind == 1:
            data = b"x" * dice.randrange(20_000)
        elif kind == 2:
            data = b"STARTTLS\r\n" + dice.randbytes(dice.randrange(300))
        else:
            data = mutated(dice, dice.choice(LINES)) + dice.choice([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n.\r\n"])
        writer.write(data)
        if dice.random() < 0.3:
            await asyncio.sleep(0)
    if dice.random() < 0.5:
        writer.transport.abort()
    writer.close()
    try:
        await writer.wait_closed()
    except ConnectionError:
        pass


async def test_a_receiving_server_survives_hostile_clients():
    dice = random.Random("fuzz receiving")
    with no_faults():
        for name in ("reject_unknown", "tarpit", "greylist", "multiline", "drop_body", "no_pipelining_closes"):
            async with mail_world(name) as world:
                async with asyncio.timeout(20):
                    for _ in range(40):
                        await asyncio.gather(*[talk(world.port, dice, "127.64.9.1") for _ in range(10)])
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
                        await asyncio.gather(*[talk(world.port, dice, "127.64.9.1") for _ in range(10)])
                if not implicit_tls:
                    client = await world.client()
                    assert "AUTH" in await client.greet()

