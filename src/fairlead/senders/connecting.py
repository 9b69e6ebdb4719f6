"""Sessions with the servers of a mailbox: its settings, its secret, and the way out, put together."""

from typing import Final
from urllib.parse import urlsplit

from fairlead.kit.text import domain_key
from fairlead.net import imap
from fairlead.net.mail_login import Credentials, NotConnected, Password, Security, Token, Trouble
from fairlead.net.smtp import Habits, Place, SmtpSession, Times, open_session
from fairlead.net.smtp.opening import DEFAULT_TIMES
from fairlead.senders import store
from fairlead.senders.model import Auth, Encryption, Mailbox
from fairlead.world import World

SECURITY: Final = {
    Encryption.SSL: Security.TLS,
    Encryption.STARTTLS: Security.STARTTLS,
    Encryption.NONE: Security.NONE,
}
IMAPS: Final = 993
SECRET: Final = "mailboxes.secret"  # noqa: S105 - what it is sealed for

# What this process has learned of the servers it hands mail to.
_HABITS: Final = Habits()


async def submission(world: World, mailbox: Mailbox, *, times: Times = DEFAULT_TIMES) -> SmtpSession | NotConnected:
    """A session that is logged in and ready to send as `mailbox`; the caller closes it."""
    credentials = await credentials_of(world, mailbox)
    if isinstance(credentials, NotConnected):
        return credentials
    return await open_submission(world, mailbox, credentials, times=times)


async def open_submission(
    world: World, mailbox: Mailbox, credentials: Credentials, *, times: Times = DEFAULT_TIMES
) -> SmtpSession | NotConnected:
    server = mailbox.smtp
    return await open_session(
        world.dialer,
        Place(server.host, server.port, SECURITY[server.encryption]),
        credentials,
        helo=helo(world),
        habits=_HABITS,
        allowed_networks=world.settings.allowed_networks,
        times=times,
    )


async def reading(world: World, mailbox: Mailbox) -> imap.ImapSession | NotConnected:
    """A session that is logged in to read `mailbox` and to put copies into it; the caller closes it."""
    if mailbox.imap is None:
        return NotConnected(Trouble.SWITCHED_OFF, f"No IMAP server was given for {mailbox.address}.")
    credentials = await credentials_of(world, mailbox)
    if isinstance(credentials, NotConnected):
        return credentials
    return await open_reading(world, mailbox, credentials)


async def open_reading(world: World, mailbox: Mailbox, credentials: Credentials) -> imap.ImapSession | NotConnected:
    server = mailbox.imap
    assert server is not None
    return await imap.open_session(
        world.dialer,
        server.host,
        server.port,
        # Port 993 is TLS from the first byte, whatever it is called (RFC 8314, section 3.2).
        Security.TLS if server.port == IMAPS else SECURITY[server.encryption],
        credentials,
        allowed_networks=world.settings.allowed_networks,
    )


async def credentials_of(world: World, mailbox: Mailbox) -> Credentials | NotConnected:
    """The password, or an access token that lasts for a while yet."""
    async with world.db.statement() as conn:
        kept = await store.secrets(conn, mailbox.workspace_id, mailbox.id)
    if kept is None:
        return NotConnected(Trouble.SWITCHED_OFF, f"The mailbox {mailbox.address} was removed.")
    secret = world.keys.open(kept.secret, SECRET).decode()
    match mailbox.auth:
        case Auth.PASSWORD:
            return Password(mailbox.login, secret)
        case Auth.OAUTH:
            return Token(mailbox.login, secret)


def helo(world: World) -> str:
    """How we greet servers that know us by our login: by the name others reach us under, where there is one."""
    try:
        return domain_key(urlsplit(world.public_url).hostname or "")
    except ValueError:
        return "[127.0.0.1]"
