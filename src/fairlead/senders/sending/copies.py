"""What lies in a mailbox's Sent folder, by the reference each of our mails carries."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fairlead.net.imap import ImapFailure, ImapSession
from fairlead.net.mail_login import NotConnected, Trouble
from fairlead.senders.composing import REFERENCE_HEADER
from fairlead.senders.connecting import reading
from fairlead.senders.ledger import names
from fairlead.senders.model import Mailbox
from fairlead.world import World

# SINCE compares days of the server's zone (RFC 3501, section 6.4.4).
ZONES_APART: Final = timedelta(days=1)
# So many of the newest are read. More than a provider lets anybody send in the days that matter.
MOST_COPIES: Final = 50_000


@dataclass(frozen=True, slots=True)
class Copy:
    token: str
    mark: str
    message_id: str  # as the provider stored it, without brackets


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of our mails that lie in Sent, by token."""

    by_token: Mapping[str, Copy]


async def copies_in_sent(world: World, mailbox: Mailbox, *, since: datetime) -> Copies | NotConnected:
    """Our mails in the Sent folder that came there at or after `since`, and perhaps some from the days before.

    A folder that cannot be read, or is not there, is a `NotConnected`: only a folder that was read can prove anything.
    """
    session = await reading(world, mailbox)
    if isinstance(session, NotConnected):
        return session
    try:
        return await _read(session, since)
    except ImapFailure as failure:
        return NotConnected(Trouble.LOST, f"The Sent folder of {mailbox.address} could not be read: {failure}", True)
    finally:
        with suppress(ImapFailure, OSError):
            await session.close()


async def _read(session: ImapSession, since: datetime) -> Copies | NotConnected:
    folder = await session.sent_folder()
    if folder is None:
        return NotConnected(Trouble.LOST, "The mailbox has no Sent folder.", True)
    await session.select(folder, read_only=True)
    uids = await session.search(since=(since - ZONES_APART).date(), header=(REFERENCE_HEADER, ""))
    found: dict[str, Copy] = {}
    async for _, fields in session.fetch_headers(uids[-MOST_COPIES:], (REFERENCE_HEADER, "Message-ID")):
        message_id = fields.get("message-id", "").strip().strip("<>")
        for token, mark in names.references_in(fields.get(REFERENCE_HEADER.lower(), "")):
            found[token] = Copy(token, mark, message_id)
    return Copies(found)
