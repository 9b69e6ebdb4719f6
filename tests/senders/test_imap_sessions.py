"""Reading a mailbox and putting copies into it, at servers of every flavor."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yard import SANDBOX_NETWORKS, Yard

from fairlead.net.imap import Folder, ImapGone, ImapRefused, ImapSession, Limits, find_sent, open_session
from fairlead.net.imap.grammar import argument, decoded_name, encoded_name, uid_set, values
from fairlead.net.imap.session import _fetched, header_fields
from fairlead.net.imap.wire import Response, Wire
from fairlead.net.mail_login import NotConnected, Password, Security, Token, Trouble
from fairlead.sandbox.filing import token_of
from fairlead.sandbox.imap.session import Session

SECURITY = {"ssl": Security.TLS, "starttls": Security.STARTTLS, "none": Security.NONE}
# One of each: Gmail's flavor over TLS, Exchange's over STARTTLS, a plain one over TLS.
FLAVORS = (0, 4, 6)
LETTER = b"From: a@x.example\r\nSubject: one\r\nX-Reference-ID: tok.1\r\nMessage-ID: <m1@x.example>\r\n\r\nhello\r\n"


async def opened(yard: Yard, number: int, **how):
    own = yard.own(number)
    given = {
        "host": own.imap_host, "port": own.imap_port, "security": SECURITY[own.imap_encryption],
        "credentials": Password(own.email, own.password), "allowed_networks": SANDBOX_NETWORKS,
    } | how  # fmt: skip
    return await open_session(
        yard.dialer, given.pop("host"), given.pop("port"), given.pop("security"), given.pop("credentials"), **given
    )


@asynccontextmanager
async def reading(yard: Yard, number: int, **how):
    session = await opened(yard, number, **how)
    assert isinstance(session, ImapSession), session
    try:
        yield session
    finally:
        await session.close()


@pytest.mark.parametrize("number", FLAVORS)
async def test_a_copy_put_into_sent_is_found_by_its_header(yard: Yard, number: int):
    async with reading(yard, number) as session:
        sent = await session.sent_folder()
        assert sent is not None
        uid = await session.append(sent, LETTER, flags=["\\Seen"], at=datetime(2026, 1, 5, 8, tzinfo=UTC))
        selected = await session.select(sent, read_only=True)
        assert (selected.exists, selected.read_only) == (1, True)
        assert selected.uid_validity > 0
        (found,) = await session.search(header=("X-Reference-ID", "tok.1"))
        assert found == uid or uid is None
        assert await session.search(header=("X-Reference-ID", "tok.2")) == []
        assert await session.search(since=date(2026, 1, 5)) == [found]
        assert await session.search(uids_from=found + 1) == []
        headers = {u: h async for u, h in session.fetch_headers([found, 999_999], ["X-Reference-ID", "Message-ID"])}
        assert headers == {found: {"x-reference-id": "tok.1", "message-id": "<m1@x.example>"}}
        (whole,) = [f async for f in session.fetch([found], "(FLAGS BODY.PEEK[])")]
        assert whole.octets("BODY[]") == LETTER
        assert "\\Seen" in whole.flags
        assert session.is_gmail is (number == 0)


async def test_gmail_finds_by_message_id_in_its_own_way(yard: Yard):
    async with reading(yard, 0) as session:
        await session.append(await session.sent_folder(), LETTER)
        await session.select(await session.sent_folder())
        assert len(await session.search(raw="rfc822msgid:m1@x.example")) == 1


async def test_a_token_lets_us_in(yard: Yard):
    token = Token(yard.own().email, token_of(yard.net.world, yard.own()))
    async with reading(yard, 0, credentials=token) as session:
        await session.noop()
    refused = await opened(yard, 0, credentials=Token(yard.own().email, "stale"))
    assert isinstance(refused, NotConnected)
    assert refused.trouble is Trouble.TOKEN


@pytest.mark.parametrize(
    ("how", "trouble"),
    [({"credentials": Password("ann.miller@brightdesk.example", "wrong")}, Trouble.WRONG_PASSWORD),
     ({"credentials": Password("nobody@brightdesk.example", "pass wörd")}, Trouble.WRONG_PASSWORD),
     ({"host": "127.0.0.1"}, Trouble.FORBIDDEN), ({"host": "imap.nowhere.example"}, Trouble.NO_ADDRESS),
     ({"port": 9999}, Trouble.REFUSED), ({"port": 143}, Trouble.TLS)],
)  # fmt: skip
async def test_what_is_wrong_is_said_in_words(yard: Yard, how, trouble):
    refused = await opened(yard, 0, **how)
    assert isinstance(refused, NotConnected)
    assert refused.trouble is trouble, refused


@pytest.mark.parametrize("allowed", [(), SANDBOX_NETWORKS])
async def test_a_port_without_encryption_is_encrypted_where_the_server_offers_it(yard: Yard, allowed):
    async with reading(yard, 0, port=143, security=Security.NONE, allowed_networks=allowed) as session:
        assert session._wire.transport.get_extra_info("ssl_object") is not None


async def test_a_password_is_not_sent_in_the_clear(yard: Yard, monkeypatch):
    monkeypatch.setattr(Session, "capabilities", lambda self: b"IMAP4rev1 AUTH=PLAIN")
    refused = await opened(yard, 0, port=143, security=Security.NONE, allowed_networks=())
    assert isinstance(refused, NotConnected)
    assert refused.trouble is Trouble.UNPROTECTED
    monkeypatch.setattr(Session, "takes_passwords", True)
    async with reading(yard, 0, port=143, security=Security.NONE) as session:
        assert session._wire.transport.get_extra_info("ssl_object") is None


@pytest.mark.parametrize(
    ("text", "trouble"),
    [(b"[ALERT] Application-specific password required (Failure)", Trouble.APP_PASSWORD),
     (b"[UNAVAILABLE] Temporary system problem", Trouble.LATER),
     (b"[ALERT] Your account is not enabled for IMAP use.", Trouble.SWITCHED_OFF)],
)  # fmt: skip
async def test_a_login_that_fails_is_explained(yard: Yard, text, trouble, monkeypatch):
    monkeypatch.setattr(Session, "logged_in", lambda self, opened: b"NO " + text)
    refused = await opened(yard, 6)
    assert isinstance(refused, NotConnected)
    assert refused.trouble is trouble, refused


async def test_a_server_that_says_no_goes_on(yard: Yard):
    async with reading(yard, 6) as session:
        with pytest.raises(ImapRefused):
            await session.select("no such folder")
        assert (await session.select("INBOX")).exists == 0


async def test_a_session_hears_of_new_mail_while_it_waits(yard: Yard):
    own = yard.own(6)
    async with reading(yard, 6) as session:
        await session.select("INBOX")
        waiting = asyncio.create_task(session.idle(20))
        while not yard.net.imap.mailboxes.find(own.email):
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        yard.net.mailboxes.mailbox(own.email).append(LETTER, datetime(2026, 1, 5, tzinfo=UTC))
        assert await waiting is True
        assert session.exists == 1
        assert await session.idle(0.01) is False
        assert len(await session.search()) == 1


async def test_a_dropped_connection_is_told(yard: Yard):
    async with reading(yard, 6) as session:
        await session.select("INBOX")
        yard.net.imap.drop_all(yard.own(6).email)
        with pytest.raises(ImapGone):
            await session.noop()
        assert session.closed


async def test_many_messages_come_in_order_and_large_ones_whole(yard: Yard):
    big = LETTER.replace(b"hello", b"x" * 3_000_000)
    async with reading(yard, 6) as session:
        sent = await session.sent_folder()
        for _ in range(4):
            await session.append(sent, big)
        await session.select(sent)
        uids = await session.search()
        sizes = [len(f.section()) async for f in session.fetch(uids, "(BODY.PEEK[])")]
        assert sizes == [len(big)] * 4
    async with reading(yard, 6, limits=Limits(literal_octets=1000)) as session:
        await session.select(sent)
        with pytest.raises(ImapGone, match="garbled"):
            [f async for f in session.fetch(uids, "(BODY.PEEK[])")]




# Words of the protocol.


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        ((b"1 NIL (a b) \"q \\\"x\\\"\"",), [b"1", None, [b"a", b"b"], b'q "x"']),
        ((b"(BODY[HEADER.FIELDS (TO CC)]<0> ", b"lit )(", b" UID 3)"),
         [[b"BODY[HEADER.FIELDS (TO CC)]<0>", b"lit )(", b"UID", b"3"]]),
        ((b'(\\HasNoChildren \\Sent) "/" "Sent Mail"',), [[b"\\HasNoChildren", b"\\Sent"], b"/", b"Sent Mail"]),
        ((b"",), []),
    ],
)  # fmt: skip
def test_responses_become_values(pieces, wanted):
    assert values(Response(pieces)) == wanted


@pytest.mark.parametrize("line", [b"(", b")", b"(()", b'"open', b"(" * 5000, b"[open", b'"\\'])
def test_what_is_no_response_is_refused(line):
    with pytest.raises(ImapGone, match="garbled"):
        values(Response((line,)))


@given(st.binary(max_size=200))
def test_no_line_does_any_harm(line):
    with suppress(ImapGone):
        values(Response((line,)))


WORDS = [b"* OK [CAPABILITY IMAP4rev1] hi\r\n", b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n", b"* BYE\r\n", b"A1 OK\r\n", b"+ \r\n",
         b"* 9 EXISTS\r\n", b"* LIST () NIL x\r\n", b"* SEARCH 1 2\r\n"]  # fmt: skip


@given(st.lists(st.binary(max_size=40) | st.sampled_from(WORDS), max_size=12))
async def test_no_bytes_of_a_server_do_any_harm(pieces):
    wire = Wire(Limits(literal_octets=1_000))
    session = ImapSession(wire, host="x", reply_seconds=0.0)
    for piece in pieces:
        wire.data_received(piece)
    with suppress(ImapGone):
        while True:
            response = await wire.response(0.0)
            session.hear(response)
            _fetched(response)
            values(response)


async def test_responses_are_the_same_however_they_are_cut():
    stream = b"* 1 FETCH (BODY[] {5}\r\na\r\nb) UID 2)\r\n* OK ~{3}\r\nxyz\r\n* 3 EXISTS\r\nA1 OK done\r\n"
    wanted = [(b"* 1 FETCH (BODY[] ", b"a\r\nb)", b" UID 2)"), (b"* OK ", b"xyz", b""), (b"* 3 EXISTS",), (b"A1 OK done",)]
    for cut in range(1, len(stream)):
        wire = Wire()
        wire.data_received(stream[:cut])
        wire.data_received(stream[cut:])
        assert [(await wire.response(1)).pieces for _ in wanted] == wanted


@pytest.mark.parametrize("stream", [b"x" * 10_000, b"* {99999}\r\n", b"* {1}\r\nx" * 100], ids=["line", "literal", "many"])
async def test_more_than_anybody_wants_to_hear_ends_the_session(stream):
    wire = Wire(Limits(line_octets=5_000, literal_octets=1_000, literals=20))
    wire.data_received(stream)
    assert wire.gone == "garbled"


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_names_of_folders_survive_the_wire(name):
    raw = encoded_name(name)
    assert raw.isascii()
    assert decoded_name(raw) == name


@pytest.mark.parametrize(("raw", "name"), [(b"Entw&APw-rfe", "Entwürfe"), (b"a &- b", "a & b"), (b"&broken", "&broken"), ("é".encode(), "é"), (b"&AAAA*-", "&AAAA*-")])
def test_folder_names_of_servers_are_read(raw, name):
    assert decoded_name(raw) == name


@given(st.sets(st.integers(1, 10**9), min_size=1, max_size=50) | st.sets(st.integers(1, 60), min_size=1))
def test_a_set_of_uids_is_written_briefly_and_whole(uids):
    read = set()
    for run in uid_set(list(uids)).decode().split(","):
        first, _, last = run.partition(":")
        read |= set(range(int(first), int(last or first) + 1))
    assert read == uids


@given(st.binary(max_size=30))
def test_an_argument_cannot_end_its_line(value):
    quoted = argument(value)
    if quoted is not None:
        assert values(Response((quoted,))) == [value]
        assert b"\r" not in quoted
        assert b"\n" not in quoted


def test_header_fields_are_unfolded():
    raw = b"Subject: a\r\n b\r\nX-One: 1\r\nx-one: 2\r\nno colon\r\n\r\n"
    assert header_fields(raw) == {"subject": "a b", "x-one": "1"}


@pytest.mark.parametrize(
    ("names", "found"),
    [([("INBOX", ""), ("[Gmail]/Gesendet", "sent"), ("Sent", "")], "[Gmail]/Gesendet"),
     ([("INBOX", ""), ("INBOX/Sent Items", ""), ("Sent", "")], "Sent"),
     ([("INBOX", ""), ("Sent", "noselect"), ("Gesendete Elemente", "")], "Gesendete Elemente"),
     ([("INBOX", ""), ("Drafts", "")], None)],
)  # fmt: skip
def test_the_folder_for_sent_mail_is_found(names, found):
    folders = [Folder(name, name.encode(), "/", frozenset(mark.split())) for name, mark in names]
    sent = find_sent(folders)
    assert (sent.name if sent else None) == found
