"""A session against servers that misbehave on the wire: what it says, what it bears, and when it gives up."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from random import Random

import pytest
from mail_lab import IDENTITY

from fairlead.verifier.asking import Limits
from fairlead.verifier.connection import BANNER_SECONDS, MOST_LINES, REPLY_SECONDS, Ending
from fairlead.verifier.model import Reason
from fairlead.verifier.session import Session
from fairlead.verifier.work import Domain, works_of

ADDRESS = "127.64.9.77"
ADDRESSES = [f"user{number}@blue.example" for number in range(12)]
HELLO = b"250-mx.blue.example\r\n250 PIPELINING\r\n"


class ByHand:
    """Machine time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class Feed:
    def __init__(self, works) -> None:
        self.works, self.over, self.back = list(works), [], []

    def next_work(self):
        return self.works.pop(0) if self.works else None

    def work_done(self, work) -> None:
        self.over.append(work)

    def work_back(self, work) -> None:
        self.back.append(work)


Script = Callable[[bytes], bytes | None]


class Server(asyncio.Protocol):
    """Answers each line with what the script says; None hangs up."""

    def __init__(self, banner: bytes, script: Script, log: list[bytes], open_: set) -> None:
        self.banner, self.script, self.log, self.rest, self.open = banner, script, log, b"", open_

    def connection_lost(self, error) -> None:
        self.open.discard(self.transport)

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.open.add(transport)
        transport.write(self.banner)

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\r\n")
        for line in lines:
            self.log.append(line)
            reply = self.script(line)
            if reply is None:
                self.transport.abort()
                return
            self.transport.write(reply)
            if line == b"QUIT":
                self.transport.close()


@asynccontextmanager
async def served(script: Script, banner: bytes = b"220 mx.blue.example\r\n"):
    log: list[bytes] = []
    left: set[asyncio.Transport] = set()
    server = await asyncio.get_running_loop().create_server(lambda: Server(banner, script, log, left), ADDRESS, 0)
    try:
        yield server.sockets[0].getsockname()[1], log
    finally:
        server.close()
        for transport in list(left):
            transport.abort()
        while left:
            await asyncio.sleep(0)


def answering(**replies: bytes) -> Script:
    usual = {"EHLO": HELLO, "MAIL": b"250 ok\r\n", "RCPT": b"250 ok\r\n", "RSET": b"250 ok\r\n", "QUIT": b"221 bye\r\n"}
    said = usual | replies
    return lambda line: said.get(line[:4].decode("ascii", "replace"), b"500 what\r\n")


async def conversed(port: int, *addresses: str, limits: Limits | None = None, clock: ByHand | None = None, feed=None):
    """The session once it is over, and its feed."""
    feed = feed or Feed(works_of(Domain.known_as("blue.example", None, Random(1)), addresses or ADDRESSES))
    loop = asyncio.get_running_loop()
    clock = clock or ByHand()
    session = Session(feed, IDENTITY, limits or Limits(9), clock.monotonic, loop.create_future())
    await loop.create_connection(lambda: session, ADDRESS, port)
    async with asyncio.timeout(10):
        await session.ended
    return session, feed


async def test_a_domain_that_takes_everything_is_asked_about_in_one_go_and_found_out():
    async with served(answering()) as (port, log):
        session, feed = await conversed(port)
    (work,) = feed.over
    assert session.ending is Ending.LEFT
    assert {finding.reason for _, finding in work.findings()} == {Reason.CATCH_ALL}
    assert log[-2].startswith(b"RCPT TO:<q")
    assert log[-1] == b"QUIT"


@pytest.mark.parametrize(
    ("banner", "reply"),
    [
        (b"220 " + b"x" * 5_000 + b"\r\n", None),
        (b"220-x\r\n" * (MOST_LINES + 1), None),
        (b"220 " + b"x" * 5_000, None),
        (b"SSH-2.0-OpenSSH_9.2\r\n", None),
        (b"\x00\xff\xfe\r\n", None),
        (b"220 hi\r\n", b"999 what\r\n"),
        (b"220 hi\r\n", b"25 short\r\n"),
        (b"220 hi\r\n", b"\r\n"),
    ],
    ids=["long line", "many lines", "endless line", "ssh", "bytes", "no such code", "short", "empty"],
)
async def test_what_is_no_smtp_ends_the_session(banner, reply):
    script = answering() if reply is None else answering(EHLO=reply)
    async with served(script, banner) as (port, _):
        session, feed = await conversed(port)
    assert session.ending is Ending.GARBLED
    assert feed.over == []
    assert session.work is None


async def test_garbage_in_the_middle_leaves_everything_to_be_asked_again():
    async with served(answering(RCPT=b"\xff\xff\xff\xff\r\n")) as (port, _):
        session, _ = await conversed(port)
    assert session.ending is Ending.GARBLED
    assert sorted(session.work.waiting) == sorted(ADDRESSES)


async def test_more_replies_than_questions_end_the_session():
    async with served(answering(EHLO=HELLO + b"250 and more\r\n250 and more\r\n")) as (port, _):
        session, _ = await conversed(port)
    assert session.ending in (Ending.GARBLED, Ending.LEFT)


async def test_a_421_leaves_what_was_not_answered_in_its_order():
    seen = []

    def script(line: bytes) -> bytes | None:
        if line.startswith(b"RCPT"):
            seen.append(line)
            return b"250 ok\r\n" if len(seen) <= 3 else b"421 4.7.0 busy\r\n"
        return answering()(line)

    async with served(script) as (port, _):
        session, _ = await conversed(port)
    assert session.ending is Ending.BUSY
    assert session.answered == 3
    assert session.work.waiting[::-1] == ADDRESSES[3:]
    assert list(session.work.heard) == ADDRESSES[:3]


async def test_a_lost_connection_leaves_what_was_not_answered():
    seen = []

    def script(line: bytes) -> bytes | None:
        if line.startswith(b"RCPT"):
            seen.append(line)
            return b"550 5.1.1 unknown\r\n" if len(seen) <= 2 else None
        return answering()(line)

    async with served(script) as (port, _):
        session, _ = await conversed(port)
    assert session.ending is Ending.LOST
    assert len(session.work.waiting) + len(session.work.heard) == len(ADDRESSES)


async def test_a_mail_that_is_refused_is_the_answer_for_everybody():
    script = answering(MAIL=b"550 5.7.1 Client host blocked using Spamhaus\r\n", RCPT=b"503 5.5.1 need MAIL\r\n")
    async with served(script) as (port, _):
        session, feed = await conversed(port)
    (work,) = feed.over
    assert {finding.reason for _, finding in work.findings()} == {Reason.BLOCKED}
    assert session.ending is Ending.LEFT
    assert session.blocked


async def test_a_block_at_the_first_recipient_spares_the_others():
    script = answering(EHLO=b"250 mx\r\n", RCPT=b"550 5.7.1 Client host [192.0.2.1] blocked using Spamhaus\r\n")
    async with served(script) as (port, log):
        _, feed = await conversed(port)
    assert sum(line.startswith(b"RCPT") for line in log) == 1
    assert {finding.reason for _, finding in feed.over[0].findings()} == {Reason.BLOCKED}


async def test_a_block_of_one_mailbox_among_others_is_its_own():
    def script(line: bytes) -> bytes | None:
        if b"user3@" in line:
            return b"550 5.7.1 Client host [192.0.2.1] blocked using Spamhaus\r\n"
        return (b"550 5.1.1 unknown\r\n" if b":<q" in line else answering()(line))

    async with served(script) as (port, _):
        _, feed = await conversed(port)
    reasons = dict(feed.over[0].findings())
    assert reasons.pop("user3@blue.example").reason is Reason.BLOCKED
    assert {finding.reason for finding in reasons.values()} == {Reason.ACCEPTED}


async def test_a_server_of_the_old_days_is_greeted_with_helo():
    async with served(answering(EHLO=b"500 what\r\n", HELO=b"250 mx\r\n")) as (port, log):
        session, feed = await conversed(port, ADDRESSES[0])
    assert log[:2] == [b"EHLO verifier.lab.example", b"HELO verifier.lab.example"]
    assert session.ending is Ending.LEFT
    assert len(feed.over) == 1


async def test_a_reply_that_takes_a_second_longer_than_usual_is_taken_for_a_tarpit():
    clock = ByHand()
    seen = []

    def script(line: bytes) -> bytes | None:
        if line.startswith(b"RCPT"):
            seen.append(line)
            clock.now += 1.0 if len(seen) > 4 else 0.001
            return b"550 5.1.1 unknown\r\n"
        return answering(EHLO=b"250 mx\r\n")(line)

    async with served(script) as (port, _):
        session, _ = await conversed(port, clock=clock)
    assert session.ending is Ending.SLOWED
    assert session.rejects == len(session.work.heard) == 5


async def test_a_server_that_is_always_slow_is_no_tarpit():
    clock = ByHand()

    def script(line: bytes) -> bytes | None:
        clock.now += 2.0
        return answering(EHLO=b"250 mx\r\n", RCPT=b"550 5.1.1 unknown\r\n")(line)

    async with served(script) as (port, _):
        session, _ = await conversed(port, *ADDRESSES[:5], clock=clock)
    assert session.ending is Ending.LEFT


@pytest.mark.parametrize(
    ("banner", "replies", "patience"),
    [(b"", {}, BANNER_SECONDS), (b"220 hi\r\n", {"RCPT": b""}, REPLY_SECONDS)],
    ids=["banner", "recipient"],
)
async def test_silence_ends_a_session_when_its_time_is_up_and_not_before(banner, replies, patience):
    clock = ByHand()
    feed = Feed(works_of(Domain.known_as("blue.example", None, Random(1)), ADDRESSES))
    loop = asyncio.get_running_loop()
    session = Session(feed, IDENTITY, Limits(9), clock.monotonic, loop.create_future())
    async with served(answering(**replies), banner) as (port, log):
        await loop.create_connection(lambda: session, ADDRESS, port)
        async with asyncio.timeout(10):
            while banner and not any(line.startswith(b"RCPT") for line in log):
                await asyncio.sleep(0.001)
        clock.now = patience - 1
        session.check(clock.now)
        assert session.ending is None
        clock.now = patience + 1
        session.check(clock.now)
        async with asyncio.timeout(10):
            await session.ended
    assert session.ending is Ending.SILENT


async def test_the_last_refusal_of_the_budget_is_kept_for_the_made_up_address():
    def script(line: bytes) -> bytes | None:
        if line.startswith(b"RCPT TO:<user0@"):
            return b"250 ok\r\n"
        return answering(RCPT=b"550 5.1.1 unknown\r\n")(line)

    async with served(script) as (port, log):
        session, feed = await conversed(port, limits=Limits(rejects=5))
    assert session.rejects == 5
    assert log[-2].startswith(b"RCPT TO:<q")
    (work,) = feed.back
    assert work.domain.accepts_anything is False
    assert len(work.waiting) == len(ADDRESSES) - 5


async def test_commands_cannot_be_smuggled_in_with_an_address():
    async with served(answering()) as (port, log):
        await conversed(port, '"a b>c"@blue.example')
    assert b'RCPT TO:<"a b>c"@blue.example>' in log
    assert [line[:4] for line in log] == [b"EHLO", b"MAIL", b"RCPT", b"RCPT", b"QUIT"]
