"""The IMAP servers, asked by Python's imaplib and by bare sockets."""

import asyncio
import base64
import imaplib
import random
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fairlead.kit.refusals import CannotStart
from fairlead.sandbox.imap.faults import Cut, Hang, Refuse
from fairlead.sandbox.imap.server import Encryption, ImapServer
from fairlead.sandbox.imap.session import Policy
from fairlead.sandbox.mailboxes import SEEN, Account, Flavor, Mailboxes, Role

ADDRESS = "127.64.7.1"
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
ANN, BEA = "ann@north.example", "bea@gmail.example"
LETTER = (
    b"Return-Path: <sam@shop.example>\r\n"
    b"Date: Mon, 5 Jan 2026 10:15:00 +0100\r\n"
    b'From: "Lee, Sam" <sam@shop.example>\r\n'
    b"To: Ann <ann@north.example>, bob@north.example\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= aus\r\n Berlin\r\n"
    b"Message-ID: <one@shop.example>\r\n"
    b"X-Odd: yes\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b 1"\r\n'
    b"\r\n"
    b"preamble\r\n"
    b"--b 1\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n"
    b"Sch=C3=B6ne Gr=C3=BC=C3=9Fe\r\n"
    b"--b 1\r\n"
    b"Content-Type: message/rfc822\r\n"
    b"\r\n"
    b"Subject: inner\r\n"
    b"From: in@side.example\r\n"
    b"\r\n"
    b"inner body\r\n"
    b"--b 1\r\n"
    b"Content-Type: application/pdf; name=a.pdf\r\n"
    b"Content-Disposition: attachment; filename=a.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n"
    b"\r\n"
    b"AAAA\r\n"
    b"--b 1--\r\n"
)


class Stopped:
    def now(self) -> datetime:
        return NOW


def simple(number: int, *, extra: bytes = b"", body: bytes = b"hello") -> bytes:
    return b"From: s@shop.example\r\nSubject: letter %d\r\nMessage-ID: <m%d@shop.example>\r\n%b\r\n%b\r\n" % (
        number,
        number,
        extra,
        body,
    )


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts for a server and for a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "imap.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("imap.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.create_default_context(cafile=str(file))
    client.check_hostname = False
    return server, client


class House:
    def __init__(self, server: ImapServer, ports: dict[Encryption, int], client_tls: ssl.SSLContext) -> None:
        self.server = server
        self.boxes = server.mailboxes
        self.ports = ports
        self.client_tls = client_tls

    async def ask(self, talk: Callable[..., Any], *args: Any) -> Any:
        """Runs what blocks in a thread, while the server goes on in this one."""
        return await asyncio.wait_for(asyncio.to_thread(talk, *args), 20)

    @contextmanager
    def logged_in(self, address: str = ANN) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4(ADDRESS, self.ports[Encryption.NONE], timeout=10)
        client.login(address, "secret")
        try:
            yield client
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                client.logout()
            with suppress(OSError):
                client.shutdown()

    @contextmanager
    def raw(self) -> Iterator[Callable[[bytes], list[bytes]]]:
        """Says bytes and gives the lines up to and with the one that is tagged or asks for more."""
        with closing(socket.create_connection((ADDRESS, self.ports[Encryption.NONE]), 10)) as sock:
            stream = sock.makefile("rb")
            stream.readline()

            def say(line: bytes) -> list[bytes]:
                if line:
                    sock.sendall(line)
                lines: list[bytes] = []
                while True:
                    got = stream.readline()
                    lines.append(got)
                    if not got or got[:1] not in (b"*", b" ") or b"BYE" in got or (not line and got[:1] == b"*"):
                        return lines

            yield say
            stream.close()


@pytest.fixture
async def house(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[House]:
    boxes = Mailboxes()
    boxes.create(Account(ANN, password="secret", token="bearer-of-ann"))
    boxes.create(Account(BEA, password="secret", flavor=Flavor.GMAIL))
    server = ImapServer(boxes, Stopped(), tls[0])
    ports = {
        Encryption.NONE: await server.listen(
            ADDRESS, encryption=Encryption.NONE, policy=Policy(plain_login=True, connections_per_account=3)
        ),
        Encryption.STARTTLS: await server.listen(ADDRESS, encryption=Encryption.STARTTLS),
        Encryption.SSL: await server.listen(ADDRESS, encryption=Encryption.SSL),
    }
    yield House(server, ports, tls[1])
    await server.close()


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


async def test_flags_are_set_added_and_taken_away(house: House):
    box = house.boxes.mailbox(ANN)
    for number in (1, 2, 3):
        box.append(simple(number), NOW)

    def talk() -> None:
        with house.logged_in() as client:
            client.select()
            assert client.store("1:2", "+FLAGS", "(\\seen hot)")[1] == [
                b"1 (FLAGS (\\Seen hot \\Recent))",
                b"2 (FLAGS (\\Seen hot \\Recent))",
            ]
            assert client.store("1", "-FLAGS.SILENT", "hot")[1] == [None]
            assert client.uid("STORE", "3", "FLAGS", "(\\Deleted)")[1] == [b"3 (UID 3 FLAGS (\\Deleted \\Recent))"]
            for wrong in ("\\Recent", "\\Invented"):
                with pytest.raises(imaplib.IMAP4.error):
                    client.store("1", "+FLAGS", wrong)
            assert client.expunge()[1] == [b"3"]
            assert client.search(None, "ALL")[1] == [b"1 2"]

    await house.ask(talk)
    assert [sorted(entry.message.flags) for entry in box.entries()] == [[b"\\Seen"], [b"\\Seen", b"hot"]]


async def test_copy_and_move_tell_the_new_uids(house: House):
    box = house.boxes.mailbox(ANN)
    for number in range(1, 6):
        box.append(simple(number), NOW)
    archive, trash = box.folder("Archive"), box.folder("Trash")

    def talk() -> None:
        with house.raw() as say:
            say(b"a LOGIN ann@north.example secret\r\n")
            say(b"b SELECT INBOX\r\n")
            assert say(b"c COPY 1:2 Archive\r\n") == [b"c OK [COPYUID %d 1,2 1,2] copied\r\n" % archive.uid_validity]
            assert say(b"d UID MOVE 2,4 Trash\r\n") == [
                b"* OK [COPYUID %d 2,4 1,2] moved\r\n" % trash.uid_validity,
                b"* 4 EXPUNGE\r\n",
                b"* 2 EXPUNGE\r\n",
                b"d OK done\r\n",
            ]
            assert b"e NO [TRYCREATE]" in say(b"e COPY 1 Nowhere\r\n")[-1]
            say(b"f STORE 1:3 +FLAGS.SILENT \\Deleted\r\n")
            assert say(b"g UID EXPUNGE 5\r\n") == [b"* 3 EXPUNGE\r\n", b"g OK expunged\r\n"]
            assert say(b"h UNSELECT\r\n") == [b"h OK unselected\r\n"]
            say(b"i SELECT INBOX\r\n")
            assert say(b"j CLOSE\r\n") == [b"j OK closed\r\n"]

    await house.ask(talk)
    assert (len(box.entries()), len(box.entries(Role.ARCHIVE)), len(box.entries(Role.TRASH))) == (0, 2, 2)


async def test_one_session_sees_what_another_did_but_never_loses_count_during_fetch(house: House):
    box = house.boxes.mailbox(ANN)
    for number in (1, 2, 3):
        box.append(simple(number), NOW)

    def talk() -> None:
        with house.raw() as one, house.raw() as two:
            for say in (one, two):
                say(b"a LOGIN ann@north.example secret\r\n")
                say(b"b SELECT INBOX\r\n")
            two(b"c STORE 1 +FLAGS (\\Deleted)\r\n")
            two(b"d EXPUNGE\r\n")
            two(b"e STORE 1 +FLAGS (\\Flagged)\r\n")
            # Message 1 is gone, and this session may not be told yet.
            assert one(b"f FETCH 2 (UID FLAGS)\r\n") == [
                b"* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent))\r\n",
                b"* 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent))\r\n",
                b"* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent))\r\n",
                b"f OK done\r\n",
            ]
            assert one(b"g NOOP\r\n") == [b"* 1 EXPUNGE\r\n", b"g OK done\r\n"]

    await house.ask(talk)


async def test_idle_tells_at_once_what_arrives_goes_and_changes(house: House):
    box = house.boxes.mailbox(ANN)
    box.append(simple(1), NOW)
    loop = asyncio.get_running_loop()

    def on_server(act: Callable[[], object]) -> None:
        loop.call_soon_threadsafe(act)

    def talk() -> None:
        with house.raw() as say:
            say(b"a LOGIN ann@north.example secret\r\n")
            say(b"b SELECT INBOX\r\n")
            assert say(b"c IDLE\r\n") == [b"+ idling\r\n"]
            on_server(lambda: box.append(simple(2), NOW))
            assert say(b"") == [b"* 2 EXISTS\r\n"]
            assert say(b"") == [b"* 2 RECENT\r\n"]
            on_server(lambda: box.add_flag(box.entries()[0], SEEN))
            assert say(b"") == [b"* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent))\r\n"]
            on_server(lambda: box.expunge(box.folder("INBOX"), [box.entries()[0]]))
            assert say(b"") == [b"* 1 EXPUNGE\r\n"]
            assert say(b"DONE\r\n") == [b"c OK idle no more\r\n"]
            assert b"d OK" in say(b"d NOOP\r\n")[-1]

    await house.ask(talk)


async def test_a_changed_uidvalidity_ends_sessions_and_numbers_anew(house: House):
    box = house.boxes.mailbox(ANN)
    for number in (1, 2, 3):
        box.append(simple(number), NOW)
    box.expunge(box.folder("INBOX"), [box.entries()[0]])
    before = box.folder("INBOX").uid_validity
    loop = asyncio.get_running_loop()

    def talk() -> None:
        with house.raw() as say, house.raw() as idler:
            for one in (say, idler):
                one(b"a LOGIN ann@north.example secret\r\n")
                one(b"b SELECT INBOX\r\n")
            idler(b"c IDLE\r\n")
            loop.call_soon_threadsafe(box.change_uid_validity)
            assert b"* BYE" in idler(b"")[-1]
            assert b"* BYE" in say(b"c NOOP\r\n")[-1] or b"* BYE" in say(b"")[-1]
        with house.logged_in() as client:
            client.select()
            assert client.response("UIDVALIDITY")[1] == [b"%d" % (before + 6)]
            assert client.uid("SEARCH", "ALL")[1] == [b"1 2"]

    await house.ask(talk)


async def test_gmail_shows_one_message_under_many_labels(house: House):
    box = house.boxes.mailbox(BEA)
    first = box.append(simple(1), NOW)
    reply = box.append(simple(2, extra=b"In-Reply-To: <m1@shop.example>\r\n"), NOW, to=Role.SENT)
    assert reply.message.thread == first.message.number

    def talk() -> None:
        with house.logged_in(BEA) as client:
            assert "X-GM-EXT-1" in client.capability()[1][0].decode()
            assert b'(\\HasNoChildren \\All) "/" "[Gmail]/All Mail"' in client.list()[1]
            client.select('"[Gmail]/All Mail"')
            assert client.fetch("1:2", "(X-GM-MSGID X-GM-THRID X-GM-LABELS)")[1] == [
                b"1 (X-GM-MSGID %d X-GM-THRID %d X-GM-LABELS (\\Inbox))" % ((first.message.number,) * 2),
                b"2 (X-GM-MSGID %d X-GM-THRID %d X-GM-LABELS (\\Sent))" % (reply.message.number, first.message.number),
            ]
            assert client.search(None, f"X-GM-THRID {first.message.number}")[1] == [b"1 2"]
            assert client.search(None, f"X-GM-MSGID {reply.message.number}")[1] == [b"2"]
            assert client.search(None, 'X-GM-RAW "rfc822msgid:m2@shop.example"')[1] == [b"2"]
            assert client.search(None, "X-GM-RAW rfc822msgid:<m1@shop.example>")[1] == [b"1"]
            assert client.search(None, 'X-GM-RAW "subject:letter -in:sent"')[1] == [b"1"]
            assert client.search(None, 'X-GM-LABELS "\\\\Inbox"')[1] == [b"1"]
            answer = client.store("1", "+X-GM-LABELS", '(Hot "Two Words" \\Important)')[1][0]
            assert answer == b'1 (X-GM-LABELS ("Hot" "Two Words" \\Important \\Inbox))'
            client.store("1", "-X-GM-LABELS", "(Hot \\Inbox)")
            client.select('"Two Words"', readonly=True)
            assert b"X-GM-LABELS (\\Important)" in client.fetch("1", "X-GM-LABELS")[1][0]
            client.select("INBOX")
            assert client.search(None, "ALL")[1] == [b""]

    await house.ask(talk)
    assert [len(box.folder(name).entries) for name in ("Hot", "Two Words", "[Gmail]/All Mail")] == [0, 1, 2]


async def test_gmail_archives_what_is_expunged_from_inbox_and_moves_to_trash_from_everywhere(house: House):
    box = house.boxes.mailbox(BEA)
    for number in (1, 2):
        box.append(simple(number), NOW)

    def talk() -> None:
        with house.logged_in(BEA) as client:
            client.select()
            client.store("1", "+FLAGS", "\\Deleted")
            client.expunge()
            assert client.xatom("MOVE", "1", '"[Gmail]/Trash"')[0] == "OK"

    await house.ask(talk)
    assert [len(box.entries(role)) for role in (Role.INBOX, Role.ALL, Role.TRASH)] == [0, 1, 1]


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
