"""Receiving servers: every behavior, seen by a client on a socket."""

import asyncio
import smtplib
from typing import Any

import pytest
import uvloop
from mail_world import ADDRESS, HOST, Book, MailWorld, authority, codes, mail_world

from fairlead.kit.refusals import CannotStart, Invalid
from fairlead.sandbox.smtp.behavior import (
    BEHAVIOR_NAMES,
    Says,
    behavior_named,
    deferring,
    losing,
    software,
    with_event,
)
from fairlead.sandbox.smtp.model import Envelope, Known, Point, received_header
from fairlead.sandbox.smtp.receiving import Receiving
from fairlead.sandbox.smtp.server import _Connection
from fairlead.sandbox.smtp.session import MailHost
from fairlead.sandbox.smtp.wordings import POSTFIX, WORDINGS

UNKNOWN = "nobody@blue.example"


# Protocol.


async def test_a_message_travels_with_its_envelope():
    async with mail_world() as world:
        client = await world.greeted()
        replies = await client.say("MAIL FROM:<Me@client.example> SIZE=20", "RCPT TO:<ann@blue.example>", "RCPT TO:<Bob@Blue.Example>")
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
        wrong = ["RCPT TO:<ann@blue.example>", "DATA", "MAIL FROM:a@b.example", "MAIL FROM:<a@b.example> X=1", "MAIL", "AUTH PLAIN"]
        assert codes(await client.say(*wrong)) == ["503", "503", "501", "555", "501", "503"]
        await client.say("MAIL FROM:<>")
        wrong = ["MAIL FROM:<>", "RCPT TO:<>", "RCPT TO:<ann>", "RCPT TO:<ann@>", "RCPT TO:<a b@blue.example>", "DATA", "DATA x"]
        assert codes(await client.say(*wrong)) == ["503", "501", "501", "501", "501", "554", "501"]
        fine = ["RCPT TO:<postmaster>", "RCPT TO:<@relay.example:ann@blue.example>", "NOOP x", "VRFY ann", "RSET", "EXPN x", "QUIT"]
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
        assert codes(await client.say("NOOP " + "x" * 3000, "NOOP", "NOOP " + "x" * 300_000, "NOOP")) == ["500", "250", "500", "250"]


async def test_addresses_of_all_the_world_need_smtputf8():
    async with mail_world() as world:
        client = await world.greeted()
        assert (await client.rcpt("anné@blue.example")) == [POSTFIX.needs_smtputf8]
        await client.say("RSET")
        assert codes(await client.say("MAIL FROM:<a@b.example> SMTPUTF8", "RCPT TO:<anné@münchen.example>")) == ["250", "250"]
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


# Wordings.


@pytest.mark.parametrize(
    ("wording", "start"),
    [
        ("postfix", "550 5.1.1 <nobody@blue.example>: Recipient address rejected: User unknown in virtual mailbox table"),
        ("exim", "550 Unrouteable address"),
        ("exchange", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [mx.blue.example "),
        ("exchange_resolver", "550 5.1.10 RESOLVER.ADR.RecipientNotFound;"),
        ("gmail", "550-5.1.1 The email account that you tried to reach does not exist."),
        ("opensmtpd", "524 5.2.4 Mailing list expansion problem"),
    ],
)
async def test_known_recipients_are_accepted_and_unknown_refused_in_the_words_of_each_software(wording: str, start: str):
    async with mail_world("reject_unknown", wording) as world:
        client = await world.greeted()
        known, unknown = await client.rcpt("ann@blue.example", UNKNOWN)
        assert known.startswith("250")
        assert unknown.startswith(start)
        assert (await client.say("RSET"))[0].startswith("250")
        assert (await client.message()).startswith("250")


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("name", BEHAVIOR_NAMES)
async def test_every_behavior_speaks_valid_smtp_in_every_wording(name: str, wording: str):
    async with mail_world(name, wording) as world:
        client = await world.client()
        said = [await client.reply()]
        for line in ("EHLO c.example", "MAIL FROM:<a@b.example>", "RCPT TO:<ann@blue.example>", f"RCPT TO:<{UNKNOWN}>", "DATA"):
            if said[-1]:
                said += await client.say(line)
        if said[-1].startswith("354"):
            said += await client.say(b"hello\r\n.")
        if said[-1]:
            said += await client.say("QUIT")
        for reply in filter(None, said):
            lines = reply.split("\n")
            assert reply[:3].isdigit()
            assert {line[:3] for line in lines} == {reply[:3]}
            assert {line[3:4] for line in lines[:-1]} <= {"-"}
            assert "{" not in reply
            assert all(len(line) <= 510 for line in lines)


def test_a_name_that_is_no_behavior_or_wording_is_refused():
    with pytest.raises(Invalid):
        behavior_named("perfect")
    with pytest.raises(Invalid):
        behavior_named("catch_all", "sendmail")


@pytest.mark.parametrize(
    ("known", "code"),
    [(Known.OVER_QUOTA, "452 4.2.2"), (Known.DISABLED, "550 5.2.1"), (Known.ELSEWHERE, "554 5.7.1"), (Known.MAILBOX, "250 2.1.5")],
)
async def test_what_the_directory_knows_decides_the_reply(known: Known, code: str):
    async with mail_world(special={"odd@blue.example": known}) as world:
        (reply,) = await (await world.greeted()).rcpt("odd@blue.example")
        assert reply.startswith(code)


# Behaviors.


async def test_a_catch_all_accepts_every_name_of_its_domains_and_no_other():
    async with mail_world("catch_all") as world:
        replies = await (await world.greeted()).rcpt(UNKNOWN, "x9z@blue.example", "ann@other.example")
        assert codes(replies) == ["250", "250", "554"]


async def test_greylisting_lets_a_sender_through_after_five_minutes_of_business_time():
    async with mail_world("greylist") as world:

        async def attempt(sender: str, recipient: str) -> str:
            client = await world.greeted()
            return (await client.say(f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"))[1]

        stock = (
            "450 4.2.0 <ann@blue.example>: Recipient address rejected: Greylisted, "
            "see http://postgrey.schweikert.ch/help/blue.example.html"
        )
        assert await attempt("me@client.example", "ann@blue.example") == stock
        assert (await attempt("me@client.example", UNKNOWN)).startswith("450 4.2.0")
        world.clock.pass_time(seconds=299)
        assert await attempt("me@client.example", "ann@blue.example") == stock
        world.clock.pass_time(seconds=1)
        assert (await attempt("me@client.example", "ann@blue.example")).startswith("250")
        assert (await attempt("ME@client.example", UNKNOWN)).startswith("550 5.1.1")
        assert await attempt("other@client.example", "ann@blue.example") == stock
        world.clock.pass_time(days=30)
        assert (await attempt("me@client.example", "ann@blue.example")).startswith("250")
        world.clock.pass_time(days=36)
        assert await attempt("me@client.example", "ann@blue.example") == stock


async def test_a_client_may_be_blocked_at_the_banner():
    async with mail_world("blocked_banner") as world:
        client = await world.client()
        assert (await client.reply()).startswith("554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using")
        assert await client.ended()


async def test_a_client_may_be_blocked_at_mail_at_rcpt_or_after_data():
    async with mail_world("blocked_mail") as world:
        client = await world.greeted()
        assert (await client.say("MAIL FROM:<a@b.example>"))[0].startswith("550 5.7.1 <a@b.example>")
    async with mail_world("blocked_rcpt") as world:
        replies = await (await world.greeted()).rcpt("ann@blue.example", UNKNOWN)
        assert all(reply.startswith("550 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using") for reply in replies)
    async with mail_world("blocked_data") as world:
        client = await world.greeted()
        assert (await client.message()).startswith("554 5.7.1")
        assert world.taken == []
        assert codes(await client.say("RCPT TO:<ann@blue.example>")) == ["503"]


async def test_a_busy_server_says_421_after_some_recipients_and_closes():
    async with mail_world("busy_421") as world:
        client = await world.greeted()
        replies = await client.rcpt(*["ann@blue.example"] * 4)
        assert codes(replies) == ["250", "250", "250", "421"]
        assert await client.ended()


async def test_a_server_without_storage_says_so():
    async with mail_world("no_storage") as world:
        assert await (await world.greeted()).rcpt("ann@blue.example") == ["452 4.3.1 Insufficient system storage"]


async def test_a_tarpit_slows_down_after_ten_errors_and_closes_at_twenty():
    async with mail_world("tarpit") as world:
        client = await world.greeted()
        assert codes(await client.rcpt(*[UNKNOWN] * 10)) == ["550"] * 10
        assert world.timer.slept == []
        # Neither RSET nor a reply of success gives the time back.
        assert codes(await client.say("RSET", "MAIL FROM:<a@b.example>", "RCPT TO:<ann@blue.example>")) == ["250"] * 3
        assert world.timer.slept == [1.0] * 3
        client.send(*[f"RCPT TO:<{UNKNOWN}>"] * 10)
        replies = [await client.reply() for _ in range(11)]
        assert codes(replies) == ["550"] * 10 + ["421"]
        assert world.timer.slept == [1.0] * 13
        assert await client.ended()


async def test_a_delivered_message_frees_from_the_tarpit():
    async with mail_world("tarpit") as world:
        client = await world.greeted()
        await client.rcpt(*[UNKNOWN] * 12)
        await client.say("RSET")
        assert (await client.message()).startswith("250")
        world.timer.slept.clear()
        await client.rcpt("ann@blue.example", UNKNOWN)
        assert world.timer.slept == []


async def test_a_slow_banner_takes_its_time():
    async with mail_world("slow_banner") as world:
        await world.greeted()
        assert world.timer.slept == [25.0]


@pytest.mark.parametrize(
    ("point", "replies"),
    [
        (Point.CONNECT, 0), (Point.BANNER, 0), (Point.HELO, 1), (Point.MAIL, 2), (Point.RCPT, 3), (Point.DATA, 4),
        (Point.BODY, 5), (Point.FINAL_DOT, 5), (Point.QUIT, 6),
    ],
)  # fmt: skip
async def test_the_connection_can_be_lost_at_any_point(point: Point, replies: int):
    async with mail_world(f"drop_{point}") as world:
        client = await world.client()
        said = [await client.reply()]
        for line in ("EHLO c", "MAIL FROM:<a@b.example>", "RCPT TO:<ann@blue.example>", "DATA", "x\r\n.", "QUIT"):
            if said[-1]:
                said += await client.say(line)
        assert len([reply for reply in said if reply]) == replies
        assert len(world.taken) == (point is Point.QUIT)


async def test_the_connection_can_be_lost_at_starttls():
    async with mail_world("drop_starttls") as world:
        assert await (await world.greeted()).say("STARTTLS") == [""]


async def test_the_connection_can_be_lost_after_the_final_dot_with_the_message_taken():
    async with mail_world("drop_final_dot_accepted") as world:
        assert await (await world.greeted()).message() == ""
        assert len(world.taken) == 1


async def test_a_server_without_pipelining_works_in_lockstep_and_takes_a_bunch_too():
    async with mail_world("no_pipelining") as world:
        client = await world.client()
        assert "PIPELINING" not in await client.greet()
        assert (await client.message()).startswith("250")
        assert codes(await client.say("MAIL FROM:<a@b.example>", "RCPT TO:<ann@blue.example>")) == ["250", "250"]


@pytest.mark.parametrize(("name", "wording"), [("no_pipelining_closes", "postfix"), ("reject_unknown", "opensmtpd")])
async def test_a_server_may_end_a_session_with_unannounced_pipelining(name: str, wording: str):
    async with mail_world(name, wording) as world:
        client = await world.client()
        assert "PIPELINING" not in await client.greet()
        assert (await client.message()).startswith("250")
        client.send("MAIL FROM:<a@b.example>", "RCPT TO:<ann@blue.example>", f"RCPT TO:<{UNKNOWN}>")
        assert await client.reply() == "500 5.5.1 Invalid command: Pipelining not supported"
        assert await client.ended()


async def test_a_second_recipient_may_be_one_too_many():
    async with mail_world("second_rcpt_452") as world:
        client = await world.greeted()
        assert codes(await client.rcpt("ann@blue.example", "bob@blue.example")) == ["250", "452"]
        await client.say("RSET")
        assert codes(await client.rcpt(UNKNOWN, "bob@blue.example")) == ["550", "250"]


async def test_a_transaction_has_a_largest_number_of_recipients():
    async with mail_world(wording="gmail") as world:
        client = await world.greeted()
        replies = await client.say("MAIL FROM:<a@b.example>", *["RCPT TO:<ann@blue.example>"] * 101)
        assert codes(replies) == ["250"] * 101 + ["452"]


async def test_a_transaction_may_be_for_one_domain_only():
    async with mail_world("one_domain", "gmail") as world:
        client = await world.greeted()
        same, other = await client.rcpt("ann@blue.example", "ann@green.example")
        assert same.startswith("250")
        assert other.startswith("451-4.3.0 Multiple destination domains per transaction is unsupported.  Please\n451 4.3.0 try again.")
        await client.say("RSET")
        assert codes(await client.rcpt("ann@green.example", "bob@GREEN.example")) == ["250", "250"]


@pytest.mark.parametrize(("wording", "code"), [("postfix", "452 4.2.2"), ("gmail", "452-4.2.2"), ("exchange", "552 5.2.2")])
async def test_full_mailboxes_exist_and_take_nothing(wording: str, code: str):
    async with mail_world("over_quota", wording) as world:
        full, unknown = await (await world.greeted()).rcpt("ann@blue.example", UNKNOWN)
        assert full.startswith(code)
        assert unknown.startswith("55")


async def test_replies_may_have_many_lines():
    async with mail_world("multiline") as world:
        client = await world.client()
        assert len((await client.reply()).split("\n")) == 3
        (greeting,) = await client.say("EHLO c.example")
        assert "PIPELINING" in greeting
        known, unknown = await client.rcpt("ann@blue.example", UNKNOWN)
        assert [len(reply.split("\n")) for reply in (known, unknown)] == [3, 3]
        assert unknown.split("\n")[2].startswith("550 5.1.1")


async def test_replies_may_have_bytes_that_are_no_text():
    async with mail_world("eight_bit") as world:
        client = await world.greeted()
        client.send("NOOP")
        assert b"\xff\xfe" in await client.reader.readline()
        assert (await client.message()).startswith("250")


async def test_more_connections_than_the_cap_are_sent_away():
    async with mail_world("connection_cap") as world:
        first, second = await world.greeted(), await world.greeted()
        third = await world.client()
        assert (await third.reply()).startswith("421 4.7.0")
        assert await third.ended()
        await first.say("QUIT")
        await world.greeted()
        assert (await second.message()).startswith("250")


async def test_a_share_of_recipients_is_put_off_and_the_same_seed_puts_off_the_same():
    async def replies() -> list[str]:
        async with mail_world(deferring(software(POSTFIX), 0.3)) as world:
            return codes(await (await world.greeted()).rcpt(*["ann@blue.example"] * 200))

    first = await replies()
    assert 40 <= first.count("451") <= 80
    assert first.count("250") == 200 - first.count("451")
    assert await replies() == first


async def test_a_share_of_messages_is_lost_after_the_final_dot():
    async with mail_world(losing(software(POSTFIX), 0.5, accepted=True)) as world:
        lost = [await (await world.greeted()).message() == "" for _ in range(30)]
        assert 5 <= sum(lost) <= 25
        assert len(world.taken) == 30


async def test_any_reply_can_be_scripted_at_any_point():
    behavior = with_event(
        software(POSTFIX),
        Says(Point.STARTTLS, "454 4.7.0 TLS not available"),
        Says(Point.DATA, "451 4.3.2 {host} is busy with {ip}"),
    )
    async with mail_world(behavior) as world:
        client = await world.greeted()
        await client.rcpt("ann@blue.example")
        assert await client.say("STARTTLS", "DATA") == ["454 4.7.0 TLS not available", f"451 4.3.2 {HOST} is busy with 127.0.0.1"]


# Deliveries, listeners, transcripts.


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
        assert (transcript.client_ip, transcript.helo, transcript.host, transcript.messages) == ("127.0.0.1", "client.example", HOST, 1)
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
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                while True:
                    client.writer.write(chunk * 500)
                    await client.writer.drain()
        (connection,) = world.server.connections
        assert isinstance(connection, _Connection)
        assert len(connection._buffer) < 4 << 20
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
