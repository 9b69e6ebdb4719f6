"""Connections, logins and folders of the IMAP servers, as imaplib and bare sockets see them."""

import base64
import imaplib
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from imap_house import ADDRESS, ANN, LETTER, NOW, House, opened_house, simple, tls_contexts

from fairlead.kit.refusals import CannotStart
from fairlead.sandbox.imap.server import Encryption
from fairlead.sandbox.mailboxes import SEEN, Role


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened_house(tls_contexts(tmp_path)) as opened:
        yield opened


async def test_a_listener_outside_the_sandbox_network_is_refused(house: House):
    for address in ("0.0.0.0", "127.0.0.1", "10.0.0.1", "::1"):
        with pytest.raises(CannotStart):
            await house.server.listen(address, encryption=Encryption.NONE)


async def test_imaplib_reads_a_mailbox_over_implicit_tls(house: House):
    house.boxes.mailbox(ANN).append(LETTER, NOW)

    def talk() -> None:
        client = imaplib.IMAP4_SSL(ADDRESS, house.ports[Encryption.SSL], ssl_context=house.client_tls, timeout=10)
        assert client.login(ANN, "secret")[0] == "OK"
        assert client.select("INBOX") == ("OK", [b"1"])
        assert client.search(None, "UNSEEN") == ("OK", [b"1"])
        status, data = client.fetch("1", "(RFC822)")
        assert status == "OK"
        assert data[0][1] == LETTER
        assert client.search(None, "SEEN")[1] == [b"1"]
        client.logout()

    await house.ask(talk)
    assert SEEN in house.boxes.mailbox(ANN).entries()[0].message.flags


async def test_starttls_comes_before_a_password_and_drops_what_was_sent_too_early(house: House):
    def talk() -> None:
        client = imaplib.IMAP4(ADDRESS, house.ports[Encryption.STARTTLS], timeout=10)
        assert "LOGINDISABLED" in client.capabilities
        with pytest.raises(imaplib.IMAP4.error, match="TLS comes first"):
            client.login(ANN, "secret")
        client.starttls(house.client_tls)
        assert "STARTTLS" not in client.capabilities
        client.login(ANN, "secret")
        client.logout()

    def inject() -> None:
        with closing(socket.create_connection((ADDRESS, house.ports[Encryption.STARTTLS]), 10)) as sock:
            sock.recv(1000)
            sock.sendall(b"a STARTTLS\r\nb NOOP\r\n")
            assert sock.recv(1000) == b"a OK begin now\r\n"
            with house.client_tls.wrap_socket(sock, server_hostname="imap.example") as safe:
                safe.sendall(b"c NOOP\r\n")
                assert safe.recv(1000) == b"c OK done\r\n"

    await house.ask(talk)
    await house.ask(inject)


async def test_wrong_passwords_are_refused_and_many_of_them_end_the_session(house: House):
    def talk() -> None:
        with house.raw() as say:
            for _ in range(4):
                assert b"NO [AUTHENTICATIONFAILED]" in say(b"a LOGIN ann@north.example wrong\r\n")[-1]
            lines = say(b"a LOGIN nobody@north.example wrong\r\n")
            assert b"NO" in lines[-1]
            assert b"BYE too many mistakes" in say(b"")[-1]

    await house.ask(talk)
    assert house.server.counters.failed_logins == 5


async def test_plain_and_xoauth2_work_with_and_without_an_initial_response(house: House):
    plain = base64.b64encode(f"\0{ANN}\0secret".encode())
    good = f"user={ANN}\x01auth=Bearer bearer-of-ann\x01\x01".encode()
    bad = base64.b64encode(f"user={ANN}\x01auth=Bearer stolen\x01\x01".encode())

    def talk() -> None:
        client = imaplib.IMAP4(ADDRESS, house.ports[Encryption.NONE], timeout=10)
        client.authenticate("XOAUTH2", lambda _: good)
        client.logout()
        with house.raw() as say:
            assert say(b"a AUTHENTICATE PLAIN\r\n") == [b"+ \r\n"]
            assert b"a OK" in say(plain + b"\r\n")[-1]
        with house.raw() as say:
            assert b"a OK" in say(b"a AUTHENTICATE PLAIN " + plain + b"\r\n")[-1]
        with house.raw() as say:
            challenge = say(b"a AUTHENTICATE XOAUTH2 " + bad + b"\r\n")[-1]
            assert b'"status":"400"' in base64.b64decode(challenge[2:])
            assert b"a NO [AUTHENTICATIONFAILED]" in say(b"\r\n")[-1]
            assert say(b"b AUTHENTICATE PLAIN\r\n") == [b"+ \r\n"]
            assert b"b BAD" in say(b"*\r\n")[-1]
            assert b"c NO" in say(b"c AUTHENTICATE GSSAPI\r\n")[-1]

    await house.ask(talk)


async def test_an_account_has_a_limited_number_of_sessions_and_gets_them_back(house: House):
    def talk() -> None:
        with house.logged_in(), house.logged_in(), house.logged_in():
            client = imaplib.IMAP4(ADDRESS, house.ports[Encryption.NONE], timeout=10)
            with pytest.raises(imaplib.IMAP4.error, match="too many simultaneous"):
                client.login(ANN, "secret")
            client.logout()
        with house.logged_in() as client:
            assert client.noop()[0] == "OK"

    await house.ask(talk)


async def test_select_tells_what_a_client_needs_to_keep_its_cache(house: House):
    box = house.boxes.mailbox(ANN)
    box.append(simple(1), NOW, flags=[SEEN])
    box.append(simple(2), NOW)
    folder = box.folder("INBOX")

    def talk() -> None:
        with house.raw() as say:
            say(b"a LOGIN ann@north.example secret\r\n")
            said = b"".join(say(b"b SELECT inbox\r\n"))
            assert b"* 2 EXISTS\r\n* 2 RECENT\r\n" in said
            assert b"[UIDVALIDITY %d]" % folder.uid_validity in said
            assert b"[UIDNEXT 3]" in said
            assert b"[UNSEEN 2]" in said
            assert b"* FLAGS (\\Answered \\Deleted \\Draft \\Flagged \\Seen)" in said
            assert b"[PERMANENTFLAGS (\\Answered \\Deleted \\Draft \\Flagged \\Seen \\*)]" in said
            assert b"b OK [READ-WRITE]" in said
            said = b"".join(say(b"c EXAMINE INBOX\r\n"))
            assert b"* 0 RECENT" in said
            assert b"[READ-ONLY]" in said
            assert b"d NO [READ-ONLY]" in say(b"d STORE 1 FLAGS (\\Seen)\r\n")[-1]
            assert b"e NO [NONEXISTENT]" in say(b"e SELECT Nowhere\r\n")[-1]
            assert b"f BAD" in say(b"f FETCH 1 FLAGS\r\n")[-1]

    await house.ask(talk)


async def test_folders_are_listed_with_their_use_and_can_be_made_renamed_and_deleted(house: House):
    def talk() -> None:
        with house.logged_in() as client:
            listed = b"\n".join(client.list()[1])
            for line in (
                b'(\\HasNoChildren) "/" "INBOX"',
                b'(\\HasNoChildren \\Sent) "/" "Sent"',
                b'(\\HasNoChildren \\Junk) "/" "Spam"',
                b'(\\HasNoChildren \\Trash) "/" "Trash"',
                b'(\\HasNoChildren \\Drafts) "/" "Drafts"',
                b'(\\HasNoChildren \\Archive) "/" "Archive"',
            ):
                assert line in listed
            assert client.list('""', '""')[1] == [b'(\\Noselect) "/" ""']
            assert client.create("Clients/2026/Q1")[0] == "OK"
            assert client.create("Clients")[0] == "NO"
            assert client.list('""', "Clients/%")[1] == [b'(\\HasChildren) "/" "Clients/2026"']
            assert len(client.list("Clients/", "*")[1]) == 2
            assert client.rename("Clients/2026", "Old")[0] == "OK"
            assert client.list('""', "Old*")[1] == [
                b'(\\HasChildren) "/" "Old"',
                b'(\\HasNoChildren) "/" "Old/Q1"',
            ]
            assert client.delete("Old")[0] == "NO"
            assert client.delete("Old/Q1")[0] == "OK"
            assert client.delete("Old")[0] == "OK"
            assert client.delete("INBOX")[0] == "NO"
            assert client.create('"Entw&APw-rfe"')[0] == "OK"
            assert b'"Entw&APw-rfe"' in b"\n".join(client.list()[1])
            assert client.unsubscribe("Trash")[0] == "OK"
            assert b"Trash" not in b"\n".join(client.lsub()[1])
            assert client.subscribe("Trash")[0] == "OK"
            assert client.namespace()[1] == [b'(("" "/")) NIL NIL']
            assert client.status("INBOX", "(MESSAGES UIDNEXT UNSEEN RECENT SIZE)")[1] == [
                b'"INBOX" (MESSAGES 0 UIDNEXT 1 UNSEEN 0 RECENT 0 SIZE 0)'
            ]
            assert client.enable("CONDSTORE")[0] == "OK"
            assert client.xatom("ID", '("name" "x" "version" NIL)')[0] == "OK"

    await house.ask(talk)
    assert house.boxes.mailbox(ANN).find_folder("Entwürfe") is not None

    def extended() -> None:
        with house.raw() as say:
            say(b"a LOGIN ann@north.example secret\r\n")
            used = say(b'b LIST (SPECIAL-USE) "" "*"\r\n')
            assert len(used) == 6
            lines = say(b'c LIST "" ("INB*" Sent) RETURN (SUBSCRIBED STATUS (MESSAGES))\r\n')
            assert lines[0] == b'* LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"\r\n'
            assert lines[1] == b'* STATUS "INBOX" (MESSAGES 0)\r\n'

    await house.ask(extended)


async def test_append_answers_with_the_uid_and_keeps_flags_date_and_bytes(house: House):
    def talk() -> None:
        with house.logged_in() as client:
            answer = client.append("Sent", "\\Seen", '" 4-Jan-2026 12:00:00 +0200"', LETTER)
            assert b"[APPENDUID " in answer[1][0]
            assert client.append("Nowhere", None, None, LETTER)[1][0].startswith(b"[TRYCREATE]")
            client.select("Sent", readonly=True)
            data = client.uid("FETCH", "1", "(INTERNALDATE FLAGS RFC822.SIZE)")[1]
            assert b'INTERNALDATE " 4-Jan-2026 10:00:00 +0000"' in data[0]
            assert b"FLAGS (\\Recent \\Seen)" not in data[0]
            assert b"RFC822.SIZE %d" % len(LETTER) in data[0]

    def non_synchronizing() -> None:
        with house.raw() as say:
            say(b"a LOGIN {17+}\r\nann@north.example {6+}\r\nsecret\r\n")
            assert (
                b"b OK [APPENDUID" in say(b"b APPEND Drafts (\\Draft work) {%d+}\r\n%b\r\n" % (9, b"A: b\r\n\r\nc"))[-1]
            )

    await house.ask(talk)
    await house.ask(non_synchronizing)
    assert house.boxes.mailbox(ANN).entries(Role.DRAFTS)[0].message.flags == {b"\\Draft", b"work"}


async def test_fetch_gives_envelope_structure_parts_and_pieces(house: House):
    house.boxes.mailbox(ANN).append(LETTER, NOW)

    def talk() -> None:
        with house.logged_in() as client:
            client.select()
            envelope = client.fetch("1", "ENVELOPE")[1][0]
            assert b'("Mon, 5 Jan 2026 10:15:00 +0100" "=?utf-8?q?Gr=C3=BC=C3=9Fe?= aus Berlin"' in envelope
            assert b'(("Lee, Sam" NIL "sam" "shop.example"))' in envelope
            assert b'(("Ann" NIL "ann" "north.example")(NIL NIL "bob" "north.example")) NIL NIL NIL' in envelope
            assert envelope.endswith(b'"<one@shop.example>"))')
            structure = b"".join(
                part if isinstance(part, bytes) else b"".join(part) for part in client.fetch("1", "BODYSTRUCTURE")[1]
            )
            assert b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "QUOTED-PRINTABLE" 27 0 NIL NIL NIL NIL)' in structure
            assert b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT"' in structure
            assert b'"BASE64" 4 NIL ("ATTACHMENT" ("FILENAME" "a.pdf")) NIL NIL)' in structure
            assert b'"MIXED" ("BOUNDARY" "b 1") NIL NIL NIL)' in structure
            assert client.fetch("1", "BODY.PEEK[1]")[1][0][1] == b"Sch=C3=B6ne Gr=C3=BC=C3=9Fe"
            assert client.fetch("1", "BODY.PEEK[2]")[1][0][1].startswith(b"Subject: inner")
            assert (
                client.fetch("1", "BODY.PEEK[2.HEADER]")[1][0][1] == b"Subject: inner\r\nFrom: in@side.example\r\n\r\n"
            )
            assert client.fetch("1", "BODY.PEEK[2.TEXT]")[1][0][1] == b"inner body"
            assert client.fetch("1", "BODY.PEEK[2.1]")[1][0][1] == b"inner body"
            assert client.fetch("1", "BODY.PEEK[3.MIME]")[1][0][1].startswith(b"Content-Type: application/pdf")
            assert client.fetch("1", "BODY.PEEK[9]")[1][0] == b"1 (BODY[9] NIL)"
            assert client.fetch("1", "BODY.PEEK[TEXT]")[1][0][1].startswith(b"preamble")
            fields = client.fetch("1", "(BODY.PEEK[HEADER.FIELDS (Subject X-ODD)])")[1][0]
            assert fields[0].startswith(b"1 (BODY[HEADER.FIELDS (Subject X-ODD)] {")
            assert fields[1] == b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= aus\r\n Berlin\r\nX-Odd: yes\r\n\r\n"
            assert b"Subject" not in client.fetch("1", "BODY.PEEK[HEADER.FIELDS.NOT (Subject)]")[1][0][1]
            piece = client.fetch("1", "BODY.PEEK[]<5.10>")[1][0]
            assert piece == (b"1 (BODY[]<5> {10}", LETTER[5:15])
            assert client.fetch("1", "BODY.PEEK[]<99999.10>")[1][0][1] == b""
            assert client.fetch("1", "FLAGS")[1][0] == b"1 (FLAGS (\\Recent))"
            assert b"FLAGS (\\Seen \\Recent)" in client.fetch("1", "BODY[1]")[1][1]
            assert b"ENVELOPE" in client.fetch("1", "ALL")[1][0]
            assert client.fetch("1", "RFC822.HEADER")[1][0][1].endswith(b"\r\n\r\n")

    await house.ask(talk)


async def test_search_finds_by_flags_dates_sizes_headers_and_text(house: House):
    box = house.boxes.mailbox(ANN)
    box.append(LETTER, NOW - timedelta(days=10), flags=[SEEN, b"$Work"])
    box.append(simple(2, extra=b"Date: Tue, 6 Jan 2026 23:30:00 -0500\r\nX-Ref: abc\r\n"), NOW)
    box.append(simple(3, body=b"long " * 500), NOW + timedelta(days=3), flags=[b"\\Flagged"])
    cases = {
        "ALL": b"1 2 3",
        "2:*": b"2 3",
        "UID 1,3": b"1 3",
        "SEEN": b"1",
        "UNSEEN": b"2 3",
        "FLAGGED": b"3",
        "NOT FLAGGED": b"1 2",
        "KEYWORD $work": b"1",
        "UNKEYWORD $Work": b"2 3",
        "RECENT": b"1 2 3",
        "NEW": b"2 3",
        "OLD": b"",
        "SINCE 5-Jan-2026": b"2 3",
        "BEFORE 5-Jan-2026": b"1",
        "ON 5-Jan-2026": b"2",
        "SENTON 6-Jan-2026": b"2",
        "SENTBEFORE 6-Jan-2026": b"1",
        "SENTSINCE 6-Jan-2026": b"2",
        "LARGER 1500": b"3",
        "SMALLER 300": b"2",
        'FROM "sam@"': b"1",
        'SUBJECT "letter"': b"2 3",
        "TO bob@north": b"1",
        'HEADER Message-ID "<M2@shop.example>"': b"2",
        'HEADER X-Ref ""': b"2",
        "BODY inner": b"1",
        "TEXT shop.example": b"1 2 3",
        "OR FLAGGED SEEN": b"1 3",
        "(OR FLAGGED (SEEN KEYWORD $Work)) NOT UID 3": b"1",
        "UNDELETED UNANSWERED UNDRAFT": b"1 2 3",
    }

    def talk() -> None:
        with house.logged_in() as client:
            client.select()
            for criteria, found in cases.items():
                assert client.search(None, criteria) == ("OK", [found]), criteria
            client.literal = "Grüße".encode()
            assert client.search("UTF-8", "SUBJECT")[1] == [b"1"]
            client.literal = "schöne".encode()
            assert client.uid("SEARCH", "CHARSET", "UTF-8", "BODY")[1] == [b"1"]
            with pytest.raises(imaplib.IMAP4.error, match="BAD"):
                client.search(None, "NONSENSE")
            assert client.search("KOI8-R", "ALL")[1][0].startswith(b"[BADCHARSET")

    await house.ask(talk)
