"""What real mail servers answer to one who asks for recipients. The verifier is built on these facts."""

import asyncio
import tempfile
import time
from pathlib import Path

import pytest

from peers import postfix
from peers.conversation import Reply, conversation
from peers.internet import Class, Server, domain, name_server
from peers.running import Peers, what_is_missing

pytestmark = pytest.mark.system

NOBODY = "nobody17"
POSTFIX_LISTED = (
    "554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using bl.example; "
    "https://bl.example/query/ip/127.0.0.1"
)
EXIM_LISTED = (
    "550 sender IP address 127.0.0.1 is locally blacklisted here. "
    "If you think this is wrong, get in touch with postmaster"
)
POSTGREY = (
    "450 4.2.0 <{address}>: Recipient address rejected: Greylisted, "
    "see http://postgrey.schweikert.ch/help/{domain}.html"
)
OPENSMTPD_TAKES = "250 2.1.5 Destination address valid: Recipient ok"
OPENSMTPD_REFUSES = "550 Invalid recipient: <{address}>"
# Class of domain -> what is said of ann, who has a mailbox there (or would), and of a name nobody has.
ANSWERS = {
    (Server.POSTFIX, Class.USERS): (
        "250 2.1.5 Ok",
        "550 5.1.1 <{address}>: Recipient address rejected: User unknown in local recipient table",
    ),
    (Server.POSTFIX, Class.VIRTUAL): (
        "250 2.1.5 Ok",
        "550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table",
    ),
    (Server.POSTFIX, Class.ANYTHING): ("250 2.1.5 Ok", "250 2.1.5 Ok"),
    (Server.POSTFIX, Class.BLOCKED): (POSTFIX_LISTED, POSTFIX_LISTED),
    (Server.POSTFIX, Class.ELSEWHERE): (
        "454 4.7.1 <{address}>: Relay access denied",
        "454 4.7.1 <{address}>: Relay access denied",
    ),
    (Server.POSTGREY, Class.USERS): (POSTGREY, POSTGREY),
    (Server.POSTGREY, Class.VIRTUAL): (POSTGREY, POSTGREY),
    (Server.POSTGREY, Class.ANYTHING): (POSTGREY, POSTGREY),
    (Server.EXIM, Class.USERS): ("250 Accepted", "550 Unrouteable address"),
    (Server.EXIM, Class.VIRTUAL): ("250 Accepted", "550 Unrouteable address"),
    (Server.EXIM, Class.ANYTHING): ("250 Accepted", "250 Accepted"),
    # It looks for the mailbox first, and for our address on its list afterwards.
    (Server.EXIM, Class.BLOCKED): (EXIM_LISTED, "550 Unrouteable address"),
    (Server.EXIM, Class.ELSEWHERE): ("550 relay not permitted", "550 relay not permitted"),
    (Server.OPENSMTPD, Class.USERS): (OPENSMTPD_TAKES, OPENSMTPD_REFUSES),
    (Server.OPENSMTPD, Class.VIRTUAL): (OPENSMTPD_TAKES, "524 5.2.4 Mailing list expansion problem: <{address}>"),
    (Server.OPENSMTPD, Class.ANYTHING): (OPENSMTPD_TAKES, OPENSMTPD_TAKES),
    (Server.OPENSMTPD, Class.BLOCKED): ("550 no residential connections", "550 no residential connections"),
    (Server.OPENSMTPD, Class.REFUSED): (OPENSMTPD_REFUSES, OPENSMTPD_REFUSES),
    (Server.OPENSMTPD, Class.ELSEWHERE): (OPENSMTPD_REFUSES, OPENSMTPD_REFUSES),
}
GREETINGS_OF_THE_CLOSED = {
    Server.POSTFIX: "554 5.7.1 <localhost[127.0.0.1]>: Client host rejected: Access denied",
    Server.EXIM: "554 SMTP service not available",
    Server.OPENSMTPD: "550 no residential connections",
}
BIG_THREE = (Server.POSTFIX, Server.EXIM, Server.OPENSMTPD)


def addresses(server: Server, kind: Class, *names: str) -> list[str]:
    return [f"{name}@{domain(server, kind)}" for name in names]


def texts(replies: list[Reply]) -> list[str]:
    return [reply.text for reply in replies]


def codes(replies: list[Reply]) -> list[int]:
    return [reply.code for reply in replies]


@pytest.mark.parametrize(("server", "kind"), ANSWERS)
async def test_each_server_answers_in_its_own_words(peers: Peers, server: Server, kind: Class) -> None:
    # Names of their own, so that postgrey has not met them in another test.
    asked = addresses(server, kind, "ann", NOBODY)
    async with conversation(peers.where(server, kind)) as talk:
        assert talk.greeting.code == 220
        await talk.begin()
        replies = await talk.recipients(asked)
    expected = [
        text.format(address=address, domain=domain(server, kind))
        for text, address in zip(ANSWERS[server, kind], asked, strict=True)
    ]
    assert texts(replies) == expected


@pytest.mark.parametrize("server", BIG_THREE)
async def test_a_closed_server_says_so_in_its_greeting(peers: Peers, server: Server) -> None:
    async with conversation(peers.where(server, Class.CLOSED)) as talk:
        assert talk.greeting.text == GREETINGS_OF_THE_CLOSED[server]
        after = (await talk.one("EHLO mail.checker.example")).text
    # RFC 5321, section 3.1: after 554 the server waits for QUIT. Of the three only Postfix does.
    waits = server is Server.POSTFIX
    assert after == ("503 5.7.0 Error: access denied for localhost[127.0.0.1]" if waits else "")


@pytest.mark.parametrize("server", [Server.POSTFIX, Server.EXIM])
async def test_what_is_pipelined_where_announced_is_answered_in_order(peers: Peers, server: Server) -> None:
    asked = addresses(server, Class.VIRTUAL, "ann", NOBODY, "bob", "nobody18", "user7")
    async with conversation(peers.where(server, Class.VIRTUAL)) as talk:
        assert "PIPELINING" in await talk.begin()
        assert codes(await talk.recipients(asked, at_once=True)) == [250, 550, 250, 550, 250]


async def test_opensmtpd_hangs_up_on_who_pipelines(peers: Peers) -> None:
    async with conversation(peers.where(Server.OPENSMTPD, Class.VIRTUAL)) as talk:
        assert "PIPELINING" not in await talk.begin()
        replies = await talk.recipients(addresses(Server.OPENSMTPD, Class.VIRTUAL, "ann", "bob"), at_once=True)
    assert texts(replies) == ["500 5.5.1 Invalid command: Pipelining not supported", ""]


async def test_postfix_holds_back_every_reply_for_a_second_after_ten_refusals(peers: Peers) -> None:
    refused = addresses(Server.POSTFIX, Class.VIRTUAL, *(f"nobody{number}" for number in range(11)))
    known = addresses(Server.POSTFIX, Class.VIRTUAL, "ann")
    async with conversation(peers.where(Server.POSTFIX, Class.VIRTUAL)) as talk:
        await talk.begin()
        replies = await talk.recipients([*refused, *known])
    assert codes(replies) == [*[550] * 11, 250]
    assert all(reply.seconds < 0.9 for reply in replies[:10])
    assert all(reply.seconds > 0.9 for reply in replies[10:])


async def test_postfix_holds_back_what_was_pipelined_before_the_tenth_refusal_too(peers: Peers) -> None:
    refused = addresses(Server.POSTFIX, Class.VIRTUAL, *(f"nobody{number}" for number in range(11)))
    async with conversation(peers.where(Server.POSTFIX, Class.VIRTUAL)) as talk:
        await talk.begin()
        replies = await talk.recipients(refused, at_once=True)
    # It writes all replies together, so the first one is as late as the last.
    assert replies[0].seconds > 0.9


async def test_a_new_transaction_does_not_appease_postfix(peers: Peers) -> None:
    refused = addresses(Server.POSTFIX, Class.VIRTUAL, *(f"nobody{number}" for number in range(10)))
    async with conversation(peers.where(Server.POSTFIX, Class.VIRTUAL)) as talk:
        await talk.begin()
        await talk.recipients(refused)
        late = await talk.say("RSET")
        await talk.say("MAIL FROM:<probe@checker.example>")
        late += await talk.recipients(addresses(Server.POSTFIX, Class.VIRTUAL, "nobody10"))
    assert late[-1].seconds > 0.9


async def test_exim_refuses_real_mailboxes_too_once_half_of_more_than_ten_recipients_are_bad(peers: Peers) -> None:
    names = [*(f"user{number}" for number in range(4)), *(f"nobody{number}" for number in range(6)), "ann", "bob"]
    async with conversation(peers.where(Server.EXIM, Class.VIRTUAL)) as talk:
        await talk.begin()
        replies = await talk.recipients(addresses(Server.EXIM, Class.VIRTUAL, *names))
        assert texts(replies[-2:]) == ["550 Rejected for too many bad recipients"] * 2
        # It counts within one transaction.
        await talk.say("RSET")
        await talk.say("MAIL FROM:<probe@checker.example>")
        again = await talk.recipients(addresses(Server.EXIM, Class.VIRTUAL, "ann"))
    assert texts(again) == ["250 Accepted"]


async def test_exim_keeps_a_client_waiting_that_says_quit_and_does_not_hang_up(peers: Peers) -> None:
    async with conversation(peers.where(Server.EXIM, Class.VIRTUAL)) as talk:
        await talk.begin()
        goodbye = await talk.one("QUIT")
    assert goodbye.code == 221
    assert goodbye.seconds > 0.15


async def test_opensmtpd_does_not_mind_many_refusals(peers: Peers) -> None:
    names = [*(f"nobody{number}" for number in range(40)), "ann"]
    async with conversation(peers.where(Server.OPENSMTPD, Class.VIRTUAL)) as talk:
        await talk.begin()
        replies = await talk.recipients(addresses(Server.OPENSMTPD, Class.VIRTUAL, *names))
    assert codes(replies) == [*[524] * 40, 250]
    assert all(reply.seconds < 0.9 for reply in replies)


async def test_postgrey_lets_through_who_comes_back_after_its_delay(peers: Peers) -> None:
    asked = addresses(Server.POSTGREY, Class.VIRTUAL, "user100", "nobody100")
    started = time.monotonic()
    seen: list[list[int]] = []
    while time.monotonic() < started + postfix.GREYLISTED_SECONDS + 20:
        async with conversation(peers.where(Server.POSTGREY, Class.VIRTUAL)) as talk:
            await talk.begin()
            seen.append(codes(await talk.recipients(asked)))
        if 450 not in seen[-1]:
            break
        await asyncio.sleep(0.2)
    assert seen[0] == [450, 450]
    assert seen[-1] == [250, 550]
    assert time.monotonic() - started >= postfix.GREYLISTED_SECONDS - 1  # it counts in whole seconds


async def test_nothing_is_left_of_a_server_that_was_stopped() -> None:
    if missing := what_is_missing():
        pytest.skip(missing)
    async with name_server({}) as (place, _):
        with tempfile.TemporaryDirectory(prefix="fairlead-peers-") as folder:
            with postfix.postfix(Path(folder), place) as tree:
                deadline = time.monotonic() + 20
                # The script that starts it, its master, and what that starts of itself.
                while len(running := tree.processes()) < 3 and time.monotonic() < deadline:
                    await asyncio.sleep(0.05)
                assert len(running) >= 3
            assert tree.processes() == []
            assert list(Path(folder).iterdir()) == []
