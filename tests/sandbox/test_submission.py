"""Submission servers: who may send what through them, and the rules of their providers."""

import asyncio
import base64
import json
import smtplib
import socket
from dataclasses import replace

import pytest
from mail_world import ADDRESS, HOST, Client, MailWorld, Users, authority, codes, empty_world, submission_world

from fairlead.kit.refusals import CannotStart, Invalid
from fairlead.sandbox.smtp.model import Login, Point, received_header
from fairlead.sandbox.smtp.steps import MailHost
from fairlead.sandbox.smtp.submission import (
    GOOGLE,
    MICROSOFT,
    PLAIN_PROVIDER,
    PROVIDERS,
    RELAY,
    Submission,
    Usage,
    provider_named,
)

ME = "ann@blue.example"
MESSAGE = b"From: Ann <ann@blue.example>\r\nMessage-ID: <mine@blue.example>\r\nSubject: hi\r\n\r\nhello\r\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def plain(user: str = ME, password: str = "right") -> str:
    return encoded(f"\0{user}\0{password}")


def bearer(token: str, user: str = ME) -> str:
    return encoded(f"user={user}\x01auth=Bearer {token}\x01\x01")


async def logged_in(world: MailWorld, login: str | None = None) -> Client:
    client = await world.greeted()
    reply = (await client.say(login or f"AUTH PLAIN {plain()}"))[0]
    assert reply.startswith("235"), reply
    return client


async def sent(client: Client, data: bytes = MESSAGE, sender: str = ME) -> str:
    """The reply that settled the matter."""
    for line in (f"MAIL FROM:<{sender}>", "RCPT TO:<x@far.example>", "DATA"):
        reply = (await client.say(line))[0]
        if reply[0] not in "23":
            return reply
    return (await client.say(data + b"."))[0]


async def test_smtplib_logs_in_over_implicit_tls_and_sends():
    async with submission_world(PLAIN_PROVIDER, auth_without_tls=False, implicit_tls=True) as world:

        class Ssl(smtplib.SMTP_SSL):
            def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
                raw = socket.create_connection((ADDRESS, port), timeout)
                return self.context.wrap_socket(raw, server_hostname=host)

        def send() -> None:
            with Ssl(HOST, world.port, timeout=10, context=authority().client_context()) as client:
                client.login(ME, "right")
                client.sendmail(ME, ["x@far.example"], MESSAGE)

        await asyncio.to_thread(send)
        (taken,) = world.taken
        assert (taken.user, taken.tls, taken.rcpt_to, taken.data) == (ME, True, ("x@far.example",), MESSAGE)
        assert b"with ESMTPSA id" in received_header(taken)


async def test_nobody_logs_in_before_tls_unless_the_port_is_plain_by_choice():
    async with submission_world(PLAIN_PROVIDER, auth_without_tls=False) as world:
        client = await world.client()
        assert "AUTH" not in await client.greet()
        assert codes(await client.say(f"AUTH PLAIN {plain()}", f"MAIL FROM:<{ME}>")) == ["538", "530"]
        await client.start_tls()
        assert "AUTH PLAIN LOGIN XOAUTH2" in (await client.say("EHLO client.example"))[0]
        assert codes(await client.say(f"AUTH PLAIN {plain()}")) == ["235"]
        assert (await sent(client)).startswith("250")
    async with submission_world(PLAIN_PROVIDER) as world:
        assert (await sent(await logged_in(world))).startswith("250")


async def test_plain_takes_its_response_at_once_or_when_asked():
    async with submission_world(PLAIN_PROVIDER) as world:
        await logged_in(world)
        client = await world.greeted()
        assert await client.say("AUTH PLAIN") == ["334 "]
        assert codes(await client.say(plain())) == ["235"]


async def test_login_asks_for_name_and_password():
    async with submission_world(PLAIN_PROVIDER) as world:
        client = await world.greeted()
        assert await client.say("AUTH LOGIN") == [f"334 {encoded('Username:')}"]
        assert await client.say(encoded(ME)) == [f"334 {encoded('Password:')}"]
        assert codes(await client.say(encoded("right"))) == ["235"]
        client = await world.greeted()
        assert await client.say(f"AUTH LOGIN {encoded(ME)}") == [f"334 {encoded('Password:')}"]
        assert codes(await client.say(encoded("wrong"))) == ["535"]


async def test_a_poor_token_is_challenged_before_it_is_refused():
    async with submission_world(GOOGLE) as world:
        client = await world.greeted()
        (challenge,) = await client.say(f"AUTH XOAUTH2 {bearer('stale')}")
        assert json.loads(base64.b64decode(challenge.removeprefix("334 ")))["status"] == "400"
        assert (await client.say(""))[0].startswith("535-5.7.8")
        assert codes(await client.say(f"AUTH XOAUTH2 {bearer('fresh')}")) == ["235"]
        assert (await sent(client)).startswith("250")


@pytest.mark.parametrize(
    ("line", "answer", "code"),
    [
        ("AUTH PLAIN %%%", None, "501"), (f"AUTH PLAIN {encoded('no zeros')}", None, "501"),
        ("AUTH PLAIN =", None, "501"),
        ("AUTH CRAM-MD5", None, "504"), ("AUTH", None, "504"), ("AUTH PLAIN", "*", "501"), ("AUTH LOGIN", "???", "501"),
        (f"AUTH XOAUTH2 {encoded('user=x')}", None, "501"), ("AUTH LOGIN", base64.b64encode(b"\xff").decode(), "501"),
    ],
)  # fmt: skip
async def test_a_login_that_makes_no_sense_is_refused_and_the_session_goes_on(line: str, answer: str | None, code: str):
    async with submission_world(PLAIN_PROVIDER) as world:
        client = await world.greeted()
        replies = await client.say(line)
        if answer is not None:
            assert codes(replies) == ["334"]
            replies = await client.say(answer)
        assert codes(replies) == [code]
        assert codes(await client.say(f"AUTH PLAIN {plain()}")) == ["235"]


@pytest.mark.parametrize(
    ("login", "code"),
    [
        (Login.WRONG, "535-5.7.8"), (Login.NEEDS_APP_PASSWORD, "534-5.7.9"), (Login.DISABLED, "535 5.7.8"),
        (Login.LATER, "454 4.7.0"),
    ],
)  # fmt: skip
async def test_each_reason_against_a_login_has_its_reply(login: Login, code: str):
    async with submission_world(GOOGLE, Users({ME: login})) as world:
        client = await world.greeted()
        assert (await client.say(f"AUTH PLAIN {plain()}"))[0].startswith(code)


async def test_three_failed_logins_end_the_session():
    async with submission_world(PLAIN_PROVIDER) as world:
        client = await world.greeted()
        assert codes(await client.say(*[f"AUTH PLAIN {plain(password='wrong')}"] * 3)) == ["535"] * 3
        assert await client.ended()


async def test_nothing_is_relayed_for_strangers():
    async with submission_world(PLAIN_PROVIDER) as world:
        client = await world.greeted()
        assert (await client.say(f"MAIL FROM:<{ME}>"))[0] == "530 5.7.0 Authentication required"
        assert codes(await client.say("RCPT TO:<x@far.example>", "DATA")) == ["503", "503"]


async def test_a_session_logs_in_once_and_not_within_a_transaction():
    async with submission_world(PLAIN_PROVIDER) as world:
        client = await logged_in(world)
        assert codes(await client.say(f"AUTH PLAIN {plain()}")) == ["503"]


async def test_the_transcript_has_no_secret():
    async with submission_world(PLAIN_PROVIDER) as world:
        client = await world.greeted()
        await client.say(f"AUTH PLAIN {plain(password='wrong')}", "AUTH LOGIN", encoded(ME), encoded("wrong"))
        await client.say(f"AUTH PLAIN {plain()}")
        said = "\n".join(world.server.sessions[0].lines())
        for secret in (plain(), plain(password="wrong"), encoded("wrong"), encoded(ME)):
            assert secret not in said
        assert world.server.sessions[0].user == ME


async def test_sender_and_from_must_be_the_users_own():
    async with submission_world(PLAIN_PROVIDER) as world:
        client = await logged_in(world)
        assert (await sent(client, sender="bob@blue.example")).startswith("553 5.7.1 <bob@blue.example>")
        assert (await sent(client, MESSAGE, sender="sales@blue.example")).startswith("250")
        for poor in (
            b"From: Bob <bob@blue.example>\r\n\r\nx\r\n",
            b"From: ann@blue.example, bob@blue.example\r\n\r\nx\r\n",
            b"From: ann@blue.example\r\nFrom: bob@blue.example\r\n\r\nx\r\n",
            b"From: Ann\r\n <bob@blue.example>\r\n\r\nx\r\n",
            b"Subject: no sender\r\n\r\nFrom: ann@blue.example\r\n",
            b"\r\nFrom: ann@blue.example\r\n",
        ):
            assert (await sent(client, poor)).startswith("553 5.7.1"), poor
    async with submission_world(MICROSOFT) as world:
        client = await logged_in(world, f"AUTH XOAUTH2 {bearer('fresh')}")
        reply = await sent(client, b"From: bob@blue.example\r\n\r\nx\r\n", sender="bob@blue.example")
        assert reply.startswith("550 5.7.60 SendAsDenied")
        assert len(world.taken) == 0


async def test_a_daily_limit_holds_for_24_hours_of_business_time():
    async with submission_world(replace(PLAIN_PROVIDER, daily_limit=2)) as world:
        client = await logged_in(world)
        assert (await sent(client)).startswith("250")
        world.clock.pass_time(hours=20)
        assert (await sent(client)).startswith("250")
        assert await sent(client) == "550 5.4.5 Daily user sending limit exceeded"
        world.clock.pass_time(hours=4)
        assert (await sent(client)).startswith("250")
        assert (await sent(client)).startswith("550 5.4.5")
        other = await logged_in(world, f"AUTH PLAIN {plain('sales@blue.example')}")
        data = MESSAGE.replace(b"ann@", b"sales@", 1)
        assert (await sent(other, data, sender="sales@blue.example")).startswith("250")


async def test_a_limit_may_be_told_after_the_message():
    provider = replace(PLAIN_PROVIDER, daily_limit=0, limits_at=Point.FINAL_DOT)
    async with submission_world(provider) as world:
        client = await logged_in(world)
        assert codes(await client.say(f"MAIL FROM:<{ME}>", "RCPT TO:<x@far.example>", "DATA")) == ["250", "250", "354"]
        assert (await client.say(MESSAGE + b"."))[0].startswith("550 5.4.5")
        assert world.taken == []


async def test_messages_under_way_in_many_sessions_do_not_pass_the_limit():
    async with submission_world(replace(PLAIN_PROVIDER, daily_limit=1)) as world:
        clients = [await logged_in(world) for _ in range(3)]
        for client in clients:
            await client.say(f"MAIL FROM:<{ME}>", "RCPT TO:<x@far.example>", "DATA")
        replies = [(await client.say(MESSAGE + b"."))[0] for client in clients]
        assert codes(replies) == ["250", "550", "550"]


@pytest.mark.parametrize(("text", "ends"), [("450 4.2.1 Slow down", False), ("421 4.7.0 Try again later", True)])
async def test_a_rate_per_minute_slows_a_user_down(text: str, ends: bool):
    async with submission_world(replace(PLAIN_PROVIDER, per_minute=2, too_fast=text)) as world:
        client = await logged_in(world)
        assert codes([await sent(client) for _ in range(3)]) == ["250", "250", text[:3]]
        if ends:
            assert await client.ended()
            client = await logged_in(world)
        world.clock.pass_time(seconds=60)
        assert (await sent(client)).startswith("250")


async def test_the_ports_of_a_provider_share_its_limits():
    provider = replace(PLAIN_PROVIDER, daily_limit=1)
    async with empty_world() as world:
        usage = Usage()
        ports = []
        for _ in range(2):
            policy = Submission(provider, Users(), usage, auth_without_tls=True)
            ports.append(
                await world.server.listen(ADDRESS, 0, MailHost(HOST, provider.behavior, policy, world.deliver))
            )
        replies = []
        for port in ports:
            client = await world.client(port)
            await client.greet()
            await client.say(f"AUTH PLAIN {plain()}")
            replies.append(await sent(client))
        assert codes(replies) == ["250", "550"]


async def test_a_provider_may_give_every_message_an_id_of_its_own():
    async with submission_world(RELAY) as world:
        client = await logged_in(world)
        for data in (
            MESSAGE,
            MESSAGE.replace(b"Message-ID: <", b"message-id:\r\n <"),
            b"Subject: none\r\n\r\nMessage-ID: <body@x>\r\n",
        ):
            assert (await sent(client, data)).startswith("250")
        ids = [
            [line for line in taken.data.split(b"\r\n") if line.lower().startswith(b"message-id:")]
            for taken in world.taken
        ]
        assert [len(lines) for lines in ids] == [1, 1, 2]
        assert len({lines[0] for lines in ids}) == 3
        assert all(b"mine@blue.example" not in taken.data for taken in world.taken)
        assert world.taken[0].data.endswith(b"Subject: hi\r\n\r\nhello\r\n")


@pytest.mark.parametrize("name", PROVIDERS)
async def test_whether_a_copy_goes_to_sent_is_the_providers_choice(name: str):
    provider = provider_named(name)
    async with submission_world(provider) as world:
        client = await logged_in(world, f"AUTH XOAUTH2 {bearer('fresh')}")
        assert (await sent(client)).startswith("250")
        (taken,) = world.taken
        assert taken.copies_to_sent is (name in ("google", "microsoft"))
        assert (b"mine@blue.example" in taken.data) is (name in ("google", "plain"))


def test_a_name_that_is_no_provider_is_refused():
    with pytest.raises(Invalid):
        provider_named("nobody")


async def test_implicit_tls_needs_certificates():
    async with empty_world(tls=False) as world:
        host = MailHost(HOST, GOOGLE.behavior, Submission(GOOGLE, Users()), world.deliver)
        with pytest.raises(CannotStart):
            await world.server.listen(ADDRESS, 0, host, implicit_tls=True)
