"""Our sessions and servers nobody wrote for them: Dovecot, Postfix, Exim, OpenSMTPD."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from dovecot import PASSWORD, USER, Dovecot, running_dovecot
from yard import SANDBOX_NETWORKS

from fairlead.net import imap
from fairlead.net.attempts import connect_first
from fairlead.net.guard import Reach
from fairlead.net.mail_login import NotConnected, Password, Security, Trouble
from fairlead.net.smtp import (
    Accepted,
    Deferred,
    Envelope,
    Habits,
    Pipelining,
    Place,
    Rejected,
    SmtpSession,
    open_session,
)
from peers.internet import Class, Server, domain
from peers.running import Peers, peers  # noqa: F401 - a fixture

pytestmark = pytest.mark.system

HOST = "imap.dovecot.example"
LETTER = b"From: a@x.example\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\nX-Reference-ID: tok.1\r\nMessage-ID: <m1@x.example>\r\n\r\nhello\r\n"


class StraightDialer:
    """To one address, whatever the name; certificates are checked against the name all the same."""

    def __init__(self, address: str, tls: ssl.SSLContext | None = None) -> None:
        self._address = ip_address(address)
        self.default_tls = tls

    async def open_transport(self, factory, host, port, *, tls, timeout_seconds, **_):
        sock = await connect_first([self._address], port, host=host, reach=Reach(SANDBOX_NETWORKS))
        name = host if tls else None
        return await asyncio.get_running_loop().create_connection(factory, sock=sock, ssl=tls, server_hostname=name)


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


async def opened(server: Dovecot, security: Security, password: str = PASSWORD):
    port = server.tls_port if security is Security.TLS else server.plain_port
    return await imap.open_session(
        StraightDialer(server.address, server.client_tls), HOST, port, security, Password(USER, password)
    )


@asynccontextmanager
async def reading(server: Dovecot, security: Security = Security.TLS) -> AsyncIterator[imap.ImapSession]:
    session = await opened(server, security)
    assert isinstance(session, imap.ImapSession), session
    try:
        yield session
    finally:
        await session.close()


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_dovecot_keeps_a_copy_and_finds_it(dovecot: Dovecot, security):
    async with reading(dovecot, security) as session:
        sent = await session.sent_folder()
        assert sent is not None
        assert sent.name == "Gesendete Objekte"
        letter = LETTER.replace(b"tok.1", security.value.encode())
        uid = await session.append(sent, letter, flags=["\\Seen"], at=datetime(2026, 1, 5, 8, tzinfo=UTC))
        selected = await session.select(sent, read_only=True)
        assert (selected.uid_next, selected.read_only) == (uid + 1, True)
        assert await session.search(header=("X-Reference-ID", security.value)) == [uid]
        assert uid in await session.search(since=datetime(2026, 1, 5, tzinfo=UTC).date())
        assert await session.search(since=datetime(2026, 1, 7, tzinfo=UTC).date()) == []
        headers = [found async for found in session.fetch_headers([uid], ["X-Reference-ID", "Message-ID"])]
        assert headers == [(uid, {"x-reference-id": security.value, "message-id": "<m1@x.example>"})]
        (whole,) = [fetched async for fetched in session.fetch([uid], "(FLAGS BODY.PEEK[])")]
        assert whole.octets("BODY[]") == letter
        assert "\\Seen" in whole.flags


async def test_dovecot_tells_of_new_mail_and_takes_a_large_one(dovecot: Dovecot):
    async with reading(dovecot) as watching, reading(dovecot, Security.STARTTLS) as other:
        folder = await other.sent_folder()
        before = (await watching.select(folder)).exists
        waiting = asyncio.create_task(watching.idle(30))
        await asyncio.sleep(0.2)
        big = LETTER + b"x" * 70 + b"\r\n" + (b"y" * 76 + b"\r\n") * 100_000
        uid = await other.append(folder, big)
        assert await waiting is True
        assert watching.exists == before + 1
        (whole,) = [fetched async for fetched in watching.fetch([uid], "(BODY.PEEK[])")]
        assert whole.section() == big
        assert await watching.idle(0.05) is False


async def test_dovecot_refuses_and_that_is_explained(dovecot: Dovecot):
    refused = await opened(dovecot, Security.TLS, "wrong")
    assert isinstance(refused, NotConnected)
    assert refused.trouble is Trouble.WRONG_PASSWORD
    in_the_clear = await opened(dovecot, Security.NONE)
    assert isinstance(in_the_clear, imap.ImapSession)  # it offers STARTTLS, which is used
    await in_the_clear.close()
    stranger = StraightDialer(dovecot.address, ssl.create_default_context())
    for security, port in ((Security.TLS, dovecot.tls_port), (Security.STARTTLS, dovecot.plain_port)):
        try:
            refused = await imap.open_session(stranger, HOST, port, security, Password(USER, PASSWORD))
        except ssl.SSLCertVerificationError:
            assert security is Security.TLS  # this dialer explains nothing
            continue
        assert isinstance(refused, NotConnected)
        assert refused.trouble is Trouble.CERTIFICATE


# Servers that mail is handed in to.


def message(number: int) -> bytes:
    return b"From: <me@here.example>\r\nMessage-ID: <m%d@here.example>\r\nSubject: %d\r\n\r\n.dots\r\n..\r\n" % (number, number)


async def handing_in(peers: Peers, server: Server) -> SmtpSession:  # noqa: F811
    address, port = peers.where(server, Class.USERS)
    opened = await open_session(
        StraightDialer(address), Place(address, port, Security.NONE), None, helo="[127.0.0.1]", habits=Habits()
    )
    assert isinstance(opened, SmtpSession), opened
    return opened


@pytest.mark.parametrize("server", [Server.POSTFIX, Server.EXIM, Server.OPENSMTPD])
async def test_a_train_with_a_stranger_on_board_arrives(peers: Peers, server: Server):  # noqa: F811
    session = await handing_in(peers, server)
    people = [f"{name}@{domain(server, Class.USERS)}" for name in ("ann", "bob", "nobody.here", "user1", "user2")]
    outcomes = []
    for number, to in enumerate(people):
        following = None
        if number + 1 < len(people):
            following = Envelope.of("me@here.example", people[number + 1], message(number + 1))
        outcomes.append(await session.send("me@here.example", to, message(number), following=following))
    await session.close()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted, Rejected, Accepted, Accepted], outcomes
    assert session.pipelining is (Pipelining.NONE if server is Server.OPENSMTPD else Pipelining.FULL)


async def test_a_greylist_defers_before_the_message(peers: Peers):  # noqa: F811
    session = await handing_in(peers, Server.POSTGREY)
    outcome = await session.send("me@here.example", f"ann@{domain(Server.POSTGREY, Class.USERS)}", message(1))
    assert isinstance(outcome, Deferred)
    assert (outcome.code, outcome.phase) == (450, "before_data")
    await session.close()
