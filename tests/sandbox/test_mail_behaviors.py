"""Receiving servers: every behavior in every wording, seen by a client on a socket."""


import pytest
from mail_world import HOST, codes, mail_world

from fairlead.kit.refusals import Invalid
from fairlead.sandbox.smtp.behavior import (
    BEHAVIOR_NAMES,
    Says,
    behavior_named,
    deferring,
    losing,
    software,
    with_event,
)
from fairlead.sandbox.smtp.model import Known, Point
from fairlead.sandbox.smtp.wordings import POSTFIX, WORDINGS

UNKNOWN = "nobody@blue.example"


@pytest.mark.parametrize(
    ("wording", "start"),
    [
        (
            "postfix",
            "550 5.1.1 <nobody@blue.example>: Recipient address rejected: User unknown in virtual mailbox table",
        ),
        ("exim", "550 Unrouteable address"),
        ("exchange", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [mx.blue.example "),
        ("exchange_resolver", "550 5.1.10 RESOLVER.ADR.RecipientNotFound;"),
        ("gmail", "550-5.1.1 The email account that you tried to reach does not exist."),
        ("opensmtpd", "524 5.2.4 Mailing list expansion problem"),
    ],
)
async def test_known_recipients_are_accepted_and_unknown_refused_in_the_words_of_each_software(
    wording: str, start: str
):
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
        for line in (
            "EHLO c.example",
            "MAIL FROM:<a@b.example>",
            "RCPT TO:<ann@blue.example>",
            f"RCPT TO:<{UNKNOWN}>",
            "DATA",
        ):
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
    [
        (Known.OVER_QUOTA, "452 4.2.2"),
        (Known.DISABLED, "550 5.2.1"),
        (Known.ELSEWHERE, "554 5.7.1"),
        (Known.MAILBOX, "250 2.1.5"),
    ],
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
        assert all(
            reply.startswith("550 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using")
            for reply in replies
        )
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
        assert other.startswith(
            "451-4.3.0 Multiple destination domains per transaction is unsupported.  Please\n451 4.3.0 try again."
        )
        await client.say("RSET")
        assert codes(await client.rcpt("ann@green.example", "bob@GREEN.example")) == ["250", "250"]


@pytest.mark.parametrize(
    ("wording", "code"), [("postfix", "452 4.2.2"), ("gmail", "452-4.2.2"), ("exchange", "552 5.2.2")]
)
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
        assert await client.say("STARTTLS", "DATA") == [
            "454 4.7.0 TLS not available",
            f"451 4.3.2 {HOST} is busy with 127.0.0.1",
        ]
