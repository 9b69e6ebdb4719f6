"""IMAP servers with two mailboxes, and the ways to ask them: imaplib, and lines said to a bare socket."""

import asyncio
import imaplib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fairlead.sandbox.imap.server import Encryption, ImapServer
from fairlead.sandbox.imap.session import Policy
from fairlead.sandbox.mailboxes import Account, Flavor, Mailboxes

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


def tls_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server, and for a client that trusts it. The certificate is put into the folder."""
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
    file: Path = folder / "both.pem"
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


@asynccontextmanager
async def opened_house(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[House]:
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
