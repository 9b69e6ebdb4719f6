"""Scripted failures, hostile clients and the ceiling of the IMAP servers."""

import asyncio
import imaplib
import random
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop
from imap_house import ADDRESS, ANN, BEA, LETTER, NOW, House, opened_house, simple, tls_contexts

from fairlead.sandbox.imap.faults import Cut, Hang, Refuse
from fairlead.sandbox.imap.server import Encryption
from fairlead.sandbox.mailboxes import Role


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened_house(tls_contexts(tmp_path)) as opened:
        yield opened


async def test_scripted_failures_happen_where_they_are_asked_for(house: House):
    box = house.boxes.mailbox(ANN)
    box.append(simple(1, body=b"x" * 5000), NOW)
    faults = house.server.faults

    def refused() -> None:
        client = imaplib.IMAP4(ADDRESS, house.ports[Encryption.NONE], timeout=10)
        with pytest.raises(imaplib.IMAP4.error, match="UNAVAILABLE"):
            client.login(ANN, "secret")
        client.login(ANN, "secret")
        client.logout()

    faults.add(Refuse("[UNAVAILABLE] try later"), command="LOGIN")
    await house.ask(refused)

    def cut_before() -> None:
        with house.logged_in() as client:
            client.select()
            client.fetch("1", "FLAGS")
            with pytest.raises((imaplib.IMAP4.abort, OSError)):
                client.fetch("1", "FLAGS")

    faults.add(Cut(), address=ANN, command="FETCH", skip=1)
    await house.ask(cut_before)

    def cut_inside() -> None:
        with house.raw() as say:
            say(b"a LOGIN ann@north.example secret\r\n")
            say(b"b SELECT INBOX\r\n")
            got = b"".join(say(b"c FETCH 1 BODY.PEEK[]\r\n"))
            assert len(got) < 100

    faults.add(Cut(carried_out=True, after_bytes=80), address=ANN, command="FETCH")
    await house.ask(cut_inside)

    def unanswered() -> None:
        with house.logged_in() as client, pytest.raises((imaplib.IMAP4.abort, OSError)):
            client.append("Sent", None, None, simple(7))

    faults.add(Cut(carried_out=True), address=ANN, command="APPEND")
    await house.ask(unanswered)
    assert len(box.entries(Role.SENT)) == 1

    def hangs() -> None:
        with closing(socket.create_connection((ADDRESS, house.ports[Encryption.NONE]), 0.3)) as sock:
            sock.recv(1000)
            sock.sendall(b"a NOOP\r\n")
            with pytest.raises(TimeoutError):
                sock.recv(1000)

    faults.add(Hang(), command="NOOP")
    await house.ask(hangs)

    def dropped() -> None:
        with house.logged_in() as client:
            asyncio.run_coroutine_threadsafe(drop(), loop).result(5)
            with pytest.raises((imaplib.IMAP4.abort, OSError)):
                client.noop()

    async def drop() -> None:
        assert house.server.drop_all(ANN) == 1

    loop = asyncio.get_running_loop()
    await house.ask(dropped)


async def test_literals_beyond_the_limit_are_refused_or_end_the_connection(house: House):
    def talk() -> None:
        with house.raw() as say:
            assert say(b"a LOGIN {9000}\r\n") == [b"a NO [TOOBIG] the literal is too large\r\n"]
            assert b"b OK" in say(b"b NOOP\r\n")[-1]
            assert b"* BYE literal too large" in say(b"c LOGIN {9000+}\r\n")[-1]
        with house.raw() as say:
            assert b"* BYE line too long" in say(b"x" * 70_000)[-1]

    await house.ask(talk)


async def test_garbage_of_every_kind_kills_neither_the_server_nor_other_sessions(house: House):
    """Mutated sessions and plain noise for a bounded time, from a seed that is printed."""
    box = house.boxes.mailbox(BEA)
    for raw in (
        LETTER,
        simple(1),
        b"\r\n",
        b"no header at all",
        b"Content-Type: multipart/x; boundary=b\r\n\r\n--b\r\n--b",
    ):
        box.append(raw, NOW)
    seed = random.SystemRandom().randrange(10**9)
    print(f"IMAP fuzz seed {seed}")
    dice = random.Random(seed)
    faults: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    session = [
        b"a LOGIN bea@gmail.example secret\r\n",
        b"b SELECT INBOX\r\n",
        b"c FETCH 1:* (FLAGS UID ENVELOPE BODYSTRUCTURE BODY.PEEK[1.2.HEADER.FIELDS (To From)]<0.5> RFC822)\r\n",
        b'd UID SEARCH OR (NOT SEEN TEXT "a") HEADER X {1+}\r\nb SINCE 1-Jan-2020 X-GM-RAW "a:b -c" 1:*\r\n',
        b"e STORE 1:2,3:* +FLAGS.SILENT (\\Seen $x)\r\n",
        b"f STORE 1 X-GM-LABELS (a \\Inbox)\r\n",
        b'g APPEND INBOX (\\Seen) " 1-Jan-2026 00:00:00 +0000" {5+}\r\nA: b\n\r\n',
        b'h LIST (SPECIAL-USE) "" ("*" "%/%") RETURN (STATUS (MESSAGES SIZE))\r\n',
        b"i CREATE a/&APw-/c\r\n",
        b"j RENAME a d\r\n",
        b"k UID MOVE 1:2 d\r\n",
        b"l UID COPY * INBOX\r\n",
        b"m IDLE\r\nDONE\r\n",
        b"n STATUS INBOX (MESSAGES)\r\n",
        b"o UID EXPUNGE 1:4294967295\r\n",
        b'p ID ("a" NIL)\r\n',
        b"q AUTHENTICATE XOAUTH2 =\r\n*\r\n",
        b"r CLOSE\r\n",
        b"s NOOP\r\n",
    ]

    def mutated(line: bytes) -> bytes:
        line = bytearray(line)
        for _ in range(dice.choice((0, 0, 1, 1, 2, 5))):
            at = dice.randrange(len(line) + 1)
            match dice.randrange(5):
                case 0:
                    line[at:at] = dice.choice(
                        (b"(", b")", b"{3}\r\n", b"{3+}\r\n", b'"', b"\\", b"*", b" ", b"\x00", b"\xff")
                    )
                case 1:
                    del line[at : at + dice.randrange(1, 6)]
                case 2:
                    line[at:at] = dice.randbytes(3)
                case 3:
                    line[at:at] = b"(" * dice.choice((1, 30, 3000))
                case _:
                    line[at:at] = b"%d" % dice.choice((0, 1, 2**32 - 1, 2**32, 10**12))
        return bytes(line)

    async def one() -> None:
        reader, writer = await asyncio.open_connection(ADDRESS, house.ports[Encryption.NONE])
        with suppress(OSError):
            if dice.random() < 0.2:
                writer.write(dice.randbytes(dice.randrange(1, 3000)) + b"\r\n")
            else:
                intact = dice.random() < 0.8
                lines = [*session[:2], *dice.sample(session[2:], 8)]
                writer.write(b"".join(line if at < 2 and intact else mutated(line) for at, line in enumerate(lines)))
            writer.write(b"z LOGOUT\r\n")
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 10)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    until = time.monotonic() + 4
    rounds = 0
    while time.monotonic() < until:
        await one()
        rounds += 1
    loop.set_exception_handler(None)
    assert not faults, f"seed {seed}, round {rounds}: {faults[0]}"
    assert rounds > 50

    def still_there() -> None:
        with house.logged_in() as client:
            assert client.select("INBOX")[0] == "OK"

    await house.ask(still_there)
    assert not house.server.counters.sessions_of


async def test_a_client_that_does_not_read_holds_up_only_itself(house: House):
    box = house.boxes.mailbox(ANN)
    for number in range(200):
        box.append(simple(number, body=b"y" * 100_000), NOW)

    def talk() -> None:
        with closing(socket.create_connection((ADDRESS, house.ports[Encryption.NONE]), 10)) as greedy:
            greedy.sendall(b"a LOGIN ann@north.example secret\r\nb SELECT INBOX\r\nc FETCH 1:* BODY.PEEK[]\r\n")
            with house.logged_in() as client:
                assert client.select()[0] == "OK"
            # The answer waited, and is whole when it is read after all.
            total, tail = 0, b""
            while not tail.endswith(b"c OK done\r\n"):
                got = greedy.recv(1_000_000)
                assert got
                total += len(got)
                tail = (tail + got)[-20:]
            assert total > 20_000_000

    await house.ask(talk)


async def test_the_ceiling_of_fetching_is_printed(house: House):
    box = house.boxes.mailbox(ANN)
    for number in range(3_000):
        box.append(simple(number, body=b"word " * 400), NOW)

    def talk() -> float:
        with house.logged_in() as client:
            client.select()
            started = time.monotonic()
            assert len(client.fetch("1:*", "(UID FLAGS BODY.PEEK[])")[1]) == 6_000
            return 3_000 / (time.monotonic() - started)

    print(f"IMAP: {await house.ask(talk):,.0f} messages of 2 kB fetched per second, imaplib in the same process")


async def test_the_server_runs_on_uvloop_too(tmp_path: Path):
    def talk(port: int, client_tls: ssl.SSLContext) -> int:
        client = imaplib.IMAP4(ADDRESS, port, timeout=10)
        client.starttls(client_tls)
        client.login(ANN, "secret")
        client.select()
        got = len(client.fetch("1:*", "BODY.PEEK[]")[1])
        client.logout()
        return got

    async def on_uvloop() -> int:
        async with opened_house(tls_contexts(tmp_path)) as house:
            for number in range(50):
                house.boxes.mailbox(ANN).append(simple(number, body=b"z" * 50_000), NOW)
            return await house.ask(talk, house.ports[Encryption.STARTTLS], house.client_tls)

    assert await asyncio.to_thread(uvloop.run, on_uvloop()) == 100
