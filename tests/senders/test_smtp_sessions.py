"""Handing mail in to a submission server: what becomes of a message, and how far it had come."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yard import SANDBOX_NETWORKS, Yard

from fairlead.net.mail_login import NotConnected, Password, Token, Trouble
from fairlead.net.smtp import (
    Accepted,
    Deferred,
    Envelope,
    Habits,
    Lost,
    Phase,
    Pipelining,
    Rejected,
    Times,
    Withheld,
)
from fairlead.net.smtp.wire import ConnectionGone, Wire
from fairlead.sandbox.filing import token_of
from fairlead.sandbox.smtp.behavior import (
    Drops,
    Says,
    behavior_named,
    deferring,
    losing,
    software,
    with_event,
)
from fairlead.sandbox.smtp.behavior import Pipelining as Manners
from fairlead.sandbox.smtp.model import Login, Point
from fairlead.sandbox.smtp.submission import Submission, provider_named
from fairlead.sandbox.smtp.wordings import EXIM, OPENSMTPD, POSTFIX

TO = "someone@far.example"


def message(sender: str, number: int = 1, body: bytes = b"Hello\r\n.dots\r\n..\r\n.\r\n") -> bytes:
    return b"From: <%b>\r\nTo: <someone@far.example>\r\nMessage-ID: <m%d@here.example>\r\nSubject: hi\r\n\r\n%b" % (
        sender.encode(), number, body,
    )  # fmt: skip


async def sent(session, number: int = 1, *, to: str = TO, **how):
    own = session.own
    return await session.send(own, to, message(own, number), **how)


def as_sender(session, yard: Yard, number: int = 0):
    session.own = yard.own(number).email
    return session


@pytest.mark.parametrize("number", [0, 1], ids=["implicit tls", "starttls"])
async def test_a_message_arrives_as_it_was_written(yard: Yard, number: int):
    taken = yard.catch(number)
    async with yard.session(number) as session:
        outcome = await sent(as_sender(session, yard, number))
    assert isinstance(outcome, Accepted)
    (envelope,) = taken
    own = yard.own(number).email
    assert (envelope.mail_from, envelope.rcpt_to, envelope.user, envelope.tls) == (own, (TO,), own, True)
    assert envelope.data == message(own)


async def test_a_train_of_messages_takes_one_trip_each(yard: Yard):
    taken = yard.catch()
    own = yard.own().email
    async with yard.session() as session:
        wire, writes = session._wire, []
        write = wire.write
        wire.write = lambda data: (writes.append(data), write(data))
        for number in range(20):
            following = Envelope.of(own, TO, message(own, number + 1)) if number < 19 else None
            assert isinstance(await session.send(own, TO, message(own, number), following=following), Accepted)
    assert [envelope.data for envelope in taken] == [message(own, number) for number in range(20)]
    # The first envelope, twenty messages with the next envelope behind them, and the farewell.
    assert len(writes) == 22


@pytest.mark.parametrize("wording", [POSTFIX, EXIM, OPENSMTPD], ids=lambda wording: wording.name)
async def test_servers_of_all_makes_take_a_train(yard: Yard, wording):
    yard.behave(software(wording))
    taken = yard.catch()
    own = yard.own().email
    async with yard.session() as session:
        for number in range(3):
            following = Envelope.of(own, TO, message(own, number + 1))
            outcome = await session.send(own, TO, message(own, number), following=following if number < 2 else None)
            assert isinstance(outcome, Accepted), outcome
    assert len(taken) == 3
    assert session.pipelining is (Pipelining.NONE if wording is OPENSMTPD else Pipelining.FULL)


@pytest.mark.parametrize(
    ("point", "phase"),
    [(Point.MAIL, Phase.BEFORE_DATA), (Point.RCPT, Phase.BEFORE_DATA), (Point.DATA, Phase.BEFORE_DATA),
     (Point.FINAL_DOT, Phase.AFTER_FINAL_DOT)],
)  # fmt: skip
@pytest.mark.parametrize("manners", [Manners.OFFERED, Manners.UNANNOUNCED])
async def test_a_refusal_tells_its_phase_and_the_session_goes_on(yard: Yard, point, phase, manners):
    base = replace(software(POSTFIX), pipelining=manners)
    first_only = Says(point, "451 4.3.0 Try again later")
    refusing = Says(point, "550 5.7.1 Not this one")
    taken = yard.catch()
    for event, kind, code, enhanced in ((first_only, Deferred, 451, "4.3.0"), (refusing, Rejected, 550, "5.7.1")):
        yard.behave(with_event(base, event))
        async with yard.session() as session:
            as_sender(session, yard)
            for _ in range(3):
                outcome = await sent(session)
                assert isinstance(outcome, kind), outcome
                assert (outcome.code, outcome.phase, outcome.enhanced) == (code, phase, enhanced)
                assert not session.closed
    assert taken == []


async def test_after_a_refused_recipient_the_next_one_is_taken(yard: Yard):
    yard.change(0, lambda host: replace(host, policy=_Choosy(host.policy)))
    taken = yard.catch()
    async with yard.session() as session:
        as_sender(session, yard)
        assert isinstance(await sent(session, 1, to="no@far.example"), Rejected)
        assert isinstance(await sent(session, 2), Accepted)
        own = session.own
        following = Envelope.of(own, "no@far.example", message(own, 4))
        assert isinstance(await session.send(own, TO, message(own, 3), following=following), Accepted)
        outcome = await sent(session, 4, to="no@far.example")
        assert isinstance(outcome, Rejected)
        assert outcome.phase is Phase.BEFORE_DATA
        assert isinstance(await sent(session, 5), Accepted)
    assert [envelope.data for envelope in taken] == [message(own, number) for number in (2, 3, 5)]


class _Choosy:
    def __init__(self, policy, refused: str = "no@far.example") -> None:
        self._policy, self._refused = policy, refused

    def __getattr__(self, name):
        return getattr(self._policy, name)

    def rcpt(self, talk, address):
        return b"550 5.1.1 No such user\r\n" if address == self._refused else self._policy.rcpt(talk, address)


@pytest.mark.parametrize("point", [Point.MAIL, Point.RCPT, Point.DATA])
async def test_a_connection_lost_before_the_message_is_no_riddle(yard: Yard, point):
    taken = yard.catch()
    yard.behave(with_event(software(POSTFIX), Drops(point)))
    async with yard.session() as session:
        assert await sent(as_sender(session, yard)) == Lost(Phase.BEFORE_DATA)
        assert session.closed
        assert await sent(session) == Lost(Phase.BEFORE_DATA)
    assert taken == []


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_connection_lost_after_the_final_dot_is_a_riddle(yard: Yard, accepted):
    taken = yard.catch()
    yard.behave(losing(software(POSTFIX), 1.0, accepted=accepted))
    async with yard.session() as session:
        assert await sent(as_sender(session, yard)) == Lost(Phase.AFTER_FINAL_DOT)
    assert len(taken) == accepted


async def test_a_farewell_in_place_of_a_reply_ends_the_session(yard: Yard):
    yard.behave(with_event(software(POSTFIX), Says(Point.RCPT, "421 4.3.2 Shutting down", closes=True, after=1)))
    taken = yard.catch()
    async with yard.session() as session:
        as_sender(session, yard)
        assert isinstance(await sent(session), Accepted)
        outcome = await sent(session)
        assert isinstance(outcome, Deferred)
        assert (outcome.code, outcome.phase, session.closed) == (421, Phase.BEFORE_DATA, True)
    assert len(taken) == 1


@pytest.mark.parametrize("size", [10, 1_000_000])
async def test_a_caller_whose_lease_ran_out_sends_nothing(yard: Yard, size: int):
    taken = yard.catch()
    own = yard.own().email
    text = message(own, body=b"x" * 60 + b"\r\n" + b"y" * 60 + b"\r\n") * (size // 100 or 1)
    async with yard.session() as session:
        asked = []
        assert await session.send(own, TO, text, before_data=lambda: asked.append("data")) == Withheld(
            Phase.BEFORE_DATA
        )
        assert not session.closed
        withheld = await session.send(own, TO, text, before_final_dot=lambda: bool(asked.append("dot")))
        assert withheld == Withheld(Phase.BEFORE_FINAL_DOT)
        assert session.closed
    assert asked == ["data", "dot"]
    await asyncio.sleep(0)
    assert taken == []


async def test_what_was_sent_ahead_for_one_is_not_used_for_another(yard: Yard):
    taken = yard.catch()
    own = yard.own().email
    async with yard.session() as session:
        following = Envelope.of(own, "other@far.example", message(own, 2))
        assert isinstance(await session.send(own, TO, message(own, 1), following=following), Accepted)
        assert await session.send(own, TO, message(own, 3)) == Lost(Phase.BEFORE_DATA)
        assert session.closed
    assert [envelope.data for envelope in taken] == [message(own, 1)]


async def test_copies_go_in_the_same_transaction_and_a_refused_copy_holds_nobody_up(yard: Yard):
    yard.change(0, lambda host: replace(host, policy=_Choosy(host.policy)))
    taken = yard.catch()
    async with yard.session() as session:
        as_sender(session, yard)
        assert isinstance(await sent(session, bcc=["boss@far.example", "no@far.example"]), Accepted)
        refused = await sent(session, to="no@far.example", bcc=["boss@far.example"])
        assert isinstance(refused, Rejected)
        assert isinstance(await sent(session, 2), Accepted)
    assert [envelope.rcpt_to for envelope in taken] == [(TO, "boss@far.example"), (TO,)]


async def test_a_message_larger_than_the_server_takes_is_not_offered(yard: Yard):
    taken = yard.catch()
    yard.behave(replace(software(POSTFIX), wording=replace(POSTFIX, size_limit_bytes=1000)))
    own = yard.own().email
    async with yard.session() as session:
        outcome = await session.send(own, TO, message(own, body=b"x" * 900 + b"\r\n"))
        assert isinstance(outcome, Rejected)
        assert (outcome.code, outcome.phase) == (0, Phase.BEFORE_DATA)
        assert "takes" in outcome.text
        assert isinstance(await session.send(own, TO, message(own)), Accepted)
    assert len(taken) == 1


async def test_twenty_megabytes_go_through(yard: Yard):
    taken = yard.catch()
    yard.change(0, lambda host: replace(host, behavior=replace(
        host.behavior, wording=replace(host.behavior.wording, size_limit_bytes=50_000_000))))  # fmt: skip
    own = yard.own().email
    big = message(own, body=(b"." * 74 + b"\r\n") * 270_000)
    async with yard.session() as session:
        assert isinstance(await session.send(own, TO, big), Accepted)
    assert taken[0].data == big


async def test_letters_outside_ascii_before_the_at_need_a_server_that_takes_them(yard: Yard):
    taken = yard.catch()
    own = yard.own().email
    async with yard.session() as session:
        assert isinstance(await session.send(own, "anné@münchen.example", message(own)), Accepted)
    assert taken[0].rcpt_to == ("anné@xn--mnchen-3ya.example",)
    assert taken[0].smtputf8
    yard.behave(behavior_named("no_smtputf8"))
    async with yard.session() as session:
        refused = await session.send(own, "anné@münchen.example", message(own))
        assert isinstance(refused, Rejected)
        assert (refused.code, refused.phase) == (0, Phase.BEFORE_DATA)
        assert "SMTPUTF8" in refused.text
        assert isinstance(await session.send(own, "anne@münchen.example", message(own)), Accepted)


async def test_a_line_that_ends_wrongly_is_never_sent(yard: Yard):
    async with yard.session() as session:
        for text in (b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n"):
            with pytest.raises(ValueError, match="CRLF"):
                await session.send(yard.own().email, TO, text)


async def test_a_host_that_cannot_bear_pipelining_gets_less_of_it(yard: Yard):
    """It announces PIPELINING and hangs up on whoever uses it."""
    yard.behave(replace(software(POSTFIX), pipelining=Manners.FORBIDDEN, added=("pipelining",)))
    taken = yard.catch()
    habits, outcomes = Habits(), []
    for _ in range(6):
        async with yard.session(habits=habits) as session:
            outcomes.append(await sent(as_sender(session, yard)))
        if isinstance(outcomes[-1], Accepted):
            break
    assert isinstance(outcomes[-1], Accepted), outcomes
    assert all(getattr(outcome, "phase", None) is Phase.BEFORE_DATA for outcome in outcomes[:-1])
    assert len(taken) == 1
    assert habits.of(yard.own().smtp_host) < Pipelining.FULL


async def test_sessions_that_ended_while_they_rested_cost_a_host_nothing(yard: Yard):
    habits = Habits()
    async with yard.session(habits=habits) as one, yard.session(habits=habits) as other:
        for session in (one, other):
            assert isinstance(await sent(as_sender(session, yard)), Accepted)
        for connection in list(yard.net.smtp.connections):
            connection.abort()
        for session in (one, other):
            while not session.closed:
                await asyncio.sleep(0)
            session._wire.gone = None  # as if the news had not come yet
            assert await sent(session) == Lost(Phase.BEFORE_DATA)
            assert not await session.is_alive()
    assert habits.of(yard.own().smtp_host) is Pipelining.FULL


# Logging in.


@pytest.mark.parametrize("provider", ["plain", "google", "microsoft"])
async def test_password_and_token_let_us_in(yard: Yard, provider: str):
    rules = provider_named(provider)
    yard.change(0, lambda host: replace(
        host, policy=Submission(rules, host.policy._accounts), behavior=rules.behavior))  # fmt: skip
    taken = yard.catch()
    own = yard.own()
    for credentials in (Password(own.email, own.password), Token(own.email, token_of(yard.net.world, own))):
        async with yard.session(credentials=credentials) as session:
            assert isinstance(await sent(as_sender(session, yard)), Accepted)
    assert len(taken) == 2


@pytest.mark.parametrize(
    ("login", "trouble", "words"),
    [(Login.WRONG, Trouble.WRONG_PASSWORD, "Wrong user name or password"),
     (Login.NEEDS_APP_PASSWORD, Trouble.APP_PASSWORD, "app password is needed"),
     (Login.DISABLED, Trouble.SWITCHED_OFF, "switched off"),
     (Login.LATER, Trouble.LATER, "for now")],
)  # fmt: skip
async def test_a_login_that_fails_is_explained(yard: Yard, login, trouble, words):
    class Users:
        def password_login(self, user, password):
            return login

    yard.change(0, lambda host: replace(host, policy=Submission(provider_named("google"), Users())))
    refused = await yard.open()
    assert isinstance(refused, NotConnected)
    assert refused.trouble is trouble
    assert words in refused.sentence
    assert yard.own().password not in refused.sentence


async def test_a_token_that_was_revoked_is_told_from_a_wrong_password(yard: Yard):
    refused = await yard.open(credentials=Token(yard.own().email, "stale"))
    assert isinstance(refused, NotConnected)
    assert refused.trouble is Trouble.TOKEN


async def test_the_certificate_must_be_that_of_the_host(yard: Yard, tmp_path):
    stranger = yard.dialer.__class__(
        yard.dialer._reach.allowed, yard.dialer._reach.port_map, yard.dialer._dns
    )
    for number in (0, 1):
        believer, yard.dialer = yard.dialer, stranger
        refused = await yard.open(number)
        yard.dialer = believer
        assert isinstance(refused, NotConnected)
        assert refused.trouble is Trouble.CERTIFICATE, refused


@pytest.mark.parametrize("allowed", [(), SANDBOX_NETWORKS])
async def test_a_port_without_encryption_is_encrypted_where_the_server_offers_it(yard: Yard, allowed):
    taken = yard.catch()
    async with yard.session(port=25, security="none", allowed=allowed) as session:
        assert isinstance(await sent(as_sender(session, yard)), Accepted)
    assert taken[0].tls


async def test_a_password_is_not_sent_in_the_clear(yard: Yard):
    yard.behave(replace(software(POSTFIX), withheld=frozenset(["STARTTLS"])))
    refused = await yard.open(port=25, security="none", allowed=())
    assert isinstance(refused, NotConnected)
    assert refused.trouble is Trouble.UNPROTECTED
    assert all("AUTH" not in line for line in lines_of(yard))
    # In a network its owner vouched for, the server itself may still want TLS.
    refused = await yard.open(port=25, security="none")
    assert isinstance(refused, NotConnected)
    assert refused.trouble is Trouble.NO_LOGIN
    yard.change(0, lambda host: replace(
        host, policy=Submission(provider_named("plain"), host.policy._accounts, auth_without_tls=True)))  # fmt: skip
    taken = yard.catch()
    async with yard.session(port=25, security="none") as session:
        assert isinstance(await sent(as_sender(session, yard)), Accepted)
    assert not taken[0].tls


def lines_of(yard: Yard) -> list[str]:
    return [str(line) for transcript in yard.net.smtp.sessions for line in transcript.lines()]


async def test_no_starttls_means_no_session(yard: Yard):
    yard.behave(replace(software(POSTFIX), withheld=frozenset(["STARTTLS"])))
    refused = await yard.open(1)
    assert isinstance(refused, NotConnected)
    assert refused.trouble is Trouble.NO_STARTTLS


@pytest.mark.parametrize(
    ("place", "trouble"),
    [({"host": "smtp.nowhere.example"}, Trouble.NO_ADDRESS), ({"host": "127.0.0.1"}, Trouble.FORBIDDEN),
     ({"host": "10.1.2.3"}, Trouble.FORBIDDEN), ({"host": "169.254.169.254"}, Trouble.FORBIDDEN),
     ({"host": "localhost"}, Trouble.NO_ADDRESS), ({"port": 9999}, Trouble.REFUSED),
     ({"port": 587, "security": "ssl"}, Trouble.TLS)],
)  # fmt: skip
async def test_a_wrong_address_is_explained(yard: Yard, place, trouble):
    refused = await yard.open(**place)
    assert isinstance(refused, NotConnected)
    assert refused.trouble is trouble, refused


async def test_tls_where_plain_text_was_expected_falls_silent_and_is_explained(yard: Yard):
    refused = await yard.open(port=465, security="starttls", times=Times(opening_seconds=0.3))
    assert isinstance(refused, NotConnected)
    assert refused.trouble in (Trouble.SILENT, Trouble.LOST)


# A server that does not behave.


@pytest.mark.parametrize(
    "banner",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"220 " + b"x" * 10_000, b"220-x\r\n" * 5000, b"\x16\x03\x01\x02\x00\r\n", b"22\r\n"],
    ids=["http", "long line", "many lines", "tls", "short code"],
)
async def test_what_is_no_reply_ends_the_session(banner: bytes):
    wire = Wire()
    wire.connection_made(_Nowhere())
    wire.data_received(banner)
    assert wire.gone == "garbled"


class _Nowhere(asyncio.Transport):
    def abort(self) -> None:
        pass


async def test_replies_come_out_the_same_however_they_are_cut(yard: Yard):
    stream = b"250-one\r\n250 two\r\n354 go\r\n250\r\n421 4.3.2 bye\r\n"
    for cut in range(1, len(stream)):
        wire = Wire()
        wire.connection_made(_Nowhere())
        wire.data_received(stream[:cut])
        wire.data_received(stream[cut:])
        replies = [await wire.reply(1) for _ in range(4)]
        assert [(reply.code, len(reply.lines)) for reply in replies] == [(250, 2), (354, 1), (250, 1), (421, 1)]
        assert replies[3].enhanced == "4.3.2"


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"250 ok\r\n", b"250-", b"354 go\r\n", b"\r\n"]), max_size=12))
async def test_no_bytes_of_a_server_do_any_harm(pieces):
    wire = Wire()
    wire.connection_made(_Nowhere())
    for piece in pieces:
        wire.data_received(piece)
    try:
        while True:
            assert 200 <= (await wire.reply(0.0)).code < 600
    except ConnectionGone:
        pass


async def test_a_reply_smuggled_behind_starttls_is_not_believed(yard: Yard, monkeypatch):
    """CVE-2011-0411: what an attacker puts behind the reply to STARTTLS was never encrypted."""
    real = Wire.data_received

    def with_smuggled(self, data):
        real(self, data + b"250 forged\r\n" if b"TLS" in data and data.startswith(b"220 2") else data)

    monkeypatch.setattr(Wire, "data_received", with_smuggled)
    refused = await yard.open(1)
    assert isinstance(refused, NotConnected)
    assert refused.trouble is Trouble.NOT_MAIL


async def test_a_deferred_share_never_loses_or_doubles_a_message(yard: Yard):
    yard.behave(deferring(software(POSTFIX), 0.3))
    taken = yard.catch()
    own = yard.own().email
    accepted = []
    async with yard.session() as session:
        for number in range(60):
            outcome = await sent(as_sender(session, yard), number)
            assert isinstance(outcome, (Accepted, Deferred))
            if isinstance(outcome, Accepted):
                accepted.append(number)
    assert 0 < len(accepted) < 60
    assert [envelope.data for envelope in taken] == [message(own, number) for number in accepted]


