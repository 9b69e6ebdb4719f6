"""What lies in a mailbox's Sent folder, by the reference each of our mails carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fairlead.net.mail_login import NotConnected
from fairlead.senders.composing import REFERENCE_HEADER
from fairlead.senders.connecting import reading
from fairlead.senders.ledger import names
from fairlead.senders.model import Mailbox
from fairlead.world import World

# SINCE compares days of the server's zone (RFC 3501, section 6.4.4).
ZONES_APART: Final = timedelta(days=1)
# So many of the newest are read. More than a provider lets anybody send in the days that matter.
MOST_COPIES: Final = 50_000
READ_TOGETHER: Final = 1_000


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
    """Our mails in the Sent folder that came there at or after `since`, and perhaps some from the days before."""
    session = await reading(world, mailbox)
    if isinstance(session, NotConnected):
        return session
    async with session:
        folder = await session.sent_folder()
        if folder is None:
            return Copies({})
        await session.examine(folder)
        uids = await session.search(since=(since - ZONES_APART).date(), header=(REFERENCE_HEADER, ""))
        found: dict[str, Copy] = {}
        wanted = sorted(uids)[-MOST_COPIES:]
        for start in range(0, len(wanted), READ_TOGETHER):
            headers = await session.fetch_headers(
                wanted[start : start + READ_TOGETHER], (REFERENCE_HEADER, "Message-ID")
            )
            for fields in headers.values():
                for token, mark in names.references_in(fields.get(REFERENCE_HEADER.lower(), "")):
                    found[token] = Copy(token, mark, fields.get("message-id", "").strip().strip("<>"))
        return Copies(found)
