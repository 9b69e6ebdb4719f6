"""Receiving servers: SMTP as such, seen by a client on a socket."""

import asyncio
import smtplib
from typing import Any

import pytest
from mail_world import ADDRESS, HOST, authority, codes, mail_world

from fairlead.sandbox.smtp.behavior import (
    software,
)
from fairlead.sandbox.smtp.model import received_header
from fairlead.sandbox.smtp.wordings import POSTFIX

UNKNOWN = "nobody@blue.example"


async def test_a_message_travels_with_its_envelope():
    async with mail_world() as world:
        client = await world.greeted()
        replies = await client.say(
            "MAIL FROM:<Me@client.example> SIZE=20", "RCPT TO:<ann@blue.example>", "RCPT TO:<Bob@Blue.Example>"
        )
        assert codes(replies) == ["250"] * 3
        assert codes(await client.say("DATA", b"Subject: hi\r\n\r\n..a dot\r\n...\r\n.")) == ["354", "250"]
        (taken,) = world.taken
        assert (taken.mail_from, taken.rcpt_to) == ("Me@client.example", ("ann@blue.example", "Bob@Blue.Example"))
        assert taken.data == b"Subject: hi\r\n\r\n.a dot\r\n..\r\n"
        assert (taken.helo, taken.client_ip, taken.tls, taken.user) == ("client.example", "127.0.0.1", False, None)
        assert taken.received_at == world.clock.now()
        assert b"with ESMTP id " + taken.queue_id.encode() in received_header(taken)


async def test_smtplib_sends_over_starttls_with_the_root_of_the_sandbox():
    async with mail_world() as world:

        def send() -> dict[str, Any]:
            with smtplib.SMTP(ADDRESS, world.port, timeout=10) as client:
                client._host = HOST  # type: ignore[attr-defined]
                client.starttls(context=authority().client_context())
                return client.sendmail("me@client.example", ["ann@blue.example", UNKNOWN], "Subject: hi\n\n.\nhello")

        refused = await asyncio.to_thread(send)
        assert {address: code for address, (code, _) in refused.items()} == {UNKNOWN: 550}
        assert world.taken[0].tls
        assert world.taken[0].data == b"Subject: hi\r\n\r\n.\r\nhello\r\n"
        assert b"with ESMTPS id" in received_header(world.taken[0])


async def test_ehlo_announces_what_is_there_and_helo_nothing():
    async with mail_world() as world:
        client = await world.client()
        greeting = await client.greet()
        keywords = [line[4:] for line in greeting.split("\n")[1:]]
        assert keywords == ["PIPELINING", "SIZE 10485760", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "STARTTLS"]
        assert await client.say("HELO client.example") == [f"250 {HOST}"]
        assert codes(await client.say("MAIL FROM:<a@b.example> SIZE=1")) == ["555"]


async def test_commands_out_of_order_and_malformed_ones_are_refused():
    async with mail_world() as world:
        client = await world.client()
        await client.reply()
        before = ["MAIL FROM:<a@b.example>", "RCPT TO:<ann@blue.example>", "DATA", "EHLO", "EHLO a b", "WHAT"]
        assert codes(await client.say(*before)) == ["503", "503", "503", "501", "501", "500"]
        await client.say("EHLO client.example")
        wrong = [
            "RCPT TO:<ann@blue.example>",
            "DATA",
            "MAIL FROM:a@b.example",
            "MAIL FROM:<a@b.example> X=1",
            "MAIL",
            "AUTH PLAIN",
        ]
        assert codes(await client.say(*wrong)) == ["503", "503", "501", "555", "501", "503"]
        await client.say("MAIL FROM:<>")
        wrong = [
            "MAIL FROM:<>",
            "RCPT TO:<>",
            "RCPT TO:<ann>",
            "RCPT TO:<ann@>",
            "RCPT TO:<a b@blue.example>",
            "DATA",
            "DATA x",
        ]
        assert codes(await client.say(*wrong)) == ["503", "501", "501", "501", "501", "554", "501"]
        fine = [
            "RCPT TO:<postmaster>",
            "RCPT TO:<@relay.example:ann@blue.example>",
            "NOOP x",
            "VRFY ann",
            "RSET",
            "EXPN x",
            "QUIT",
        ]
        assert codes(await client.say(*fine)) == ["250", "250", "250", "252", "250", "502", "221"]
        assert await client.ended()


async def test_a_whole_session_may_come_in_one_piece():
    async with mail_world() as world:
        client = await world.client()
        body = "Subject: 1\r\n\r\nx\r\n."
        one = ["MAIL FROM:<a@b.example>", "RCPT TO:<ann@blue.example>", f"RCPT TO:<{UNKNOWN}>", "DATA", body]
        client.send("EHLO c.example", *one, *one, "QUIT")
        replies = [await client.reply() for _ in range(13)]
        assert codes(replies) == ["220", "250", *["250", "250", "550", "354", "250"] * 2, "221"]
        assert [taken.data for taken in world.taken] == [b"Subject: 1\r\n\r\nx\r\n"] * 2
        assert len({taken.queue_id for taken in world.taken}) == 2


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 7, 1000])
async def test_a_message_may_come_in_pieces_of_any_size(cut: int):
    body = b".\r\n..\r\nline\r\n.\r\r\nend\r\n" + b"x" * 2000 + b"\r\n"
    stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in body.split(b"\r\n"))
    async with mail_world() as world:
        client = await world.greeted()
        await client.rcpt("ann@blue.example")
        await client.say("DATA")
        sent = stuffed + b".\r\n"
        for start in range(0, len(sent), cut):
            client.writer.write(sent[start : start + cut])
            await client.writer.drain()
            if cut < 10 and start < 60:
                await asyncio.sleep(0)
        assert (await client.reply()).startswith("250")
        assert world.taken[0].data == body


async def test_an_empty_message_is_a_message():
    async with mail_world() as world:
        client = await world.greeted()
        assert (await client.message(b"")).startswith("250")
        assert world.taken[0].data == b""


async def test_only_a_dot_between_full_line_ends_finishes_a_message():
    async with mail_world() as world:
        client = await world.greeted()
        smuggled = b"hello\n.\nMAIL FROM:<x@y.example>\n.\r\nRCPT TO:<ann@blue.example>\r\n"
        assert (await client.message(smuggled)).startswith("250")
        assert len(world.taken) == 1
        assert world.taken[0].data == b"hello\r\n.\r\nMAIL FROM:<x@y.example>\r\n.\r\nRCPT TO:<ann@blue.example>\r\n"


async def test_bare_line_feeds_and_long_lines_are_refused_where_the_software_does_so():
    async with mail_world(wording="exchange") as world:
        client = await world.greeted()
        assert "5.6.11" in await client.message(b"hello\nworld\r\n")
        assert (await client.message(b"hello\r\n")).startswith("250")
    async with mail_world(wording="exim") as world:
        client = await world.greeted()
        assert (await client.message(b"x" * 999 + b"\r\n")).startswith("550 maximum allowed line length")
        assert (await client.message(b"x" * 998 + b"\r\n")).startswith("250")


async def test_a_message_over_the_size_limit_is_refused_at_mail_or_after_the_final_dot():
    async with mail_world() as world:
        client = await world.greeted()
        assert codes(await client.say("MAIL FROM:<a@b.example> SIZE=99999999")) == ["552"]
        line = b"x" * 998 + b"\r\n"
        assert (await client.message(line * 11_000)).startswith("552")
        assert (await client.message()).startswith("250")
        assert [len(taken.data) for taken in world.taken] == [22]


async def test_command_lines_have_a_limit():
    async with mail_world() as world:
        client = await world.greeted()
        assert codes(await client.say("NOOP " + "x" * 3000, "NOOP", "NOOP " + "x" * 300_000, "NOOP")) == [
            "500",
            "250",
            "500",
            "250",
        ]


async def test_addresses_of_all_the_world_need_smtputf8():
    async with mail_world() as world:
        client = await world.greeted()
        assert (await client.rcpt("anné@blue.example")) == [POSTFIX.needs_smtputf8]
        await client.say("RSET")
        assert codes(await client.say("MAIL FROM:<a@b.example> SMTPUTF8", "RCPT TO:<anné@münchen.example>")) == [
            "250",
            "250",
        ]
        assert codes(await client.say(b"RCPT TO:<\xff\xfe@blue.example>")) == ["501"]
        assert codes(await client.say("DATA", b"Subject: h\xc3\xa9\r\n\r\n.")) == ["354", "250"]
        assert world.taken[0].smtputf8
        assert b"with UTF8SMTP id" in received_header(world.taken[0])
    async with mail_world("no_smtputf8") as world:
        client = await world.client()
        assert "SMTPUTF8" not in await client.greet()
        assert codes(await client.say("MAIL FROM:<a@b.example> SMTPUTF8")) == ["555"]


async def test_starttls_forgets_what_came_before_and_what_was_put_behind_it():
    async with mail_world() as world:
        client = await world.greeted()
        await client.say("MAIL FROM:<a@b.example>")
        client.send("STARTTLS", "MAIL FROM:<evil@b.example>")
        assert (await client.reply()).startswith("220")
        await client.writer.start_tls(authority().client_context(), server_hostname=HOST)
        assert codes(await client.say("RCPT TO:<ann@blue.example>", "STARTTLS")) == ["503", "502"]
        assert "STARTTLS" not in (await client.say("EHLO client.example"))[0]
        assert (await client.message()).startswith("250")
        assert world.taken[0].tls


async def test_a_server_without_certificates_offers_no_tls():
    async with mail_world(tls=False) as world:
        client = await world.client()
        assert "STARTTLS" not in await client.greet()
        assert codes(await client.say("STARTTLS")) == ["502"]


async def test_a_failed_handshake_costs_its_connection_only():
    async with mail_world() as world:
        client = await world.greeted()
        await client.say("STARTTLS")
        client.writer.write(b"this is not TLS\r\n" * 10)
        assert await client.ended()
        assert (await (await world.greeted()).message()).startswith("250")


async def test_messages_may_come_in_chunks_where_that_is_offered():
    behavior = software(POSTFIX)
    async with mail_world(type(behavior)(added=("CHUNKING",))) as world:
        client = await world.client()
        assert "CHUNKING" in await client.greet()
        await client.rcpt("ann@blue.example")
        client.writer.write(b"BDAT 6\r\n.\r\nabcBDAT 2 LAST\r\n\r\n")
        assert codes([await client.reply(), await client.reply()]) == ["250", "250"]
        assert world.taken[0].data == b".\r\nabc\r\n"
        await client.rcpt("ann@blue.example")
        client.writer.write(b"BDAT 12000000 LAST\r\n" + b"x" * 12_000_000)
        assert (await client.reply()).startswith("552")
        assert codes(await client.say("BDAT 0 LAST", "BDAT much")) == ["503", "501"]
        assert await client.ended()
    async with mail_world() as world:
        client = await world.greeted()
        assert codes(await client.say("BDAT 5")) == ["500"]


