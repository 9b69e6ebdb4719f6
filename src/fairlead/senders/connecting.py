"""Sessions with the servers of a mailbox: its settings, its secret, and the way out, put together."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

from fairlead.kit.text import domain_key
from fairlead.net import imap
from fairlead.net.mail_login import Credentials, NotConnected, Password, Security, Trouble
from fairlead.net.smtp import Habits, Place, SmtpSession, Times, open_session
from fairlead.net.smtp.opening import DEFAULT_TIMES
from fairlead.senders import store
from fairlead.senders.consenting import token_of
from fairlead.senders.model import Auth, Encryption, Mailbox
from fairlead.senders.secrets import SECRET
from fairlead.world import World

T = TypeVar("T")

SECURITY: Final = {
    Encryption.SSL: Security.TLS,
    Encryption.STARTTLS: Security.STARTTLS,
    Encryption.NONE: Security.NONE,
}
IMAPS: Final = 993

# What this process has learned of the servers it hands mail to.
_HABITS: Final = Habits()


async def submission(world: World, mailbox: Mailbox, *, times: Times = DEFAULT_TIMES) -> SmtpSession | NotConnected:
    """A session that is logged in and ready to send as `mailbox`; the caller closes it."""
    return await _with_credentials(
        world, mailbox, lambda credentials: open_submission(world, mailbox, credentials, times=times)
    )


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
    return await _with_credentials(world, mailbox, lambda credentials: open_reading(world, mailbox, credentials))


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


async def _with_credentials(
    world: World, mailbox: Mailbox, opened: Callable[[Credentials], Awaitable[T | NotConnected]]
) -> T | NotConnected:
    """A session; with another token where one that should last is refused, for providers take tokens back early."""
    credentials = await credentials_of(world, mailbox)
    if isinstance(credentials, NotConnected):
        return credentials
    session = await opened(credentials)
    if not isinstance(session, NotConnected) or session.trouble is not Trouble.TOKEN:
        return session
    credentials = await token_of(world, mailbox, fresh=True)
    return credentials if isinstance(credentials, NotConnected) else await opened(credentials)


async def credentials_of(world: World, mailbox: Mailbox) -> Credentials | NotConnected:
    """The password, or an access token that lasts for a while yet."""
    if mailbox.auth is Auth.OAUTH:
        return await token_of(world, mailbox)
    async with world.db.statement() as conn:
        kept = await store.secrets(conn, mailbox.workspace_id, mailbox.id)
    if kept is None:
        return NotConnected(Trouble.SWITCHED_OFF, f"The mailbox {mailbox.address} was removed.")
    return Password(mailbox.login, world.keys.open(kept.secret, SECRET).decode())


def helo(world: World) -> str:
    """How we greet servers that know us by our login: by the name others reach us under, where there is one."""
    try:
        return domain_key(urlsplit(world.public_url).hostname or "")
    except ValueError:
        return "[127.0.0.1]"
