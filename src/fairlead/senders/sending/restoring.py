"""After a restore nothing is sent before the Sent folders have told what this database has forgotten.

Noticed by three signs: the database lies in another server, in another history of it (a restore to a point in time, or
a replica that took over), or its tables were made anew; or nobody has watched for more than an hour. All mailboxes are
then held. Each one's Sent folder is read: what lies there and is planned was sent; what lies there and is not known at
all is noted by its mark, so that planning the same effect again finds it done. When all mailboxes of a workspace are
compared, they go on. What can neither be found nor be proven not to have been sent is shown to a person. After a good
end in this very database nothing can have been sent meanwhile, and what is not found goes on.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from fairlead.db import Connection
from fairlead.net.mail_login import NotConnected
from fairlead.senders import store as mailbox_store
from fairlead.senders.model import Mailbox, MailboxState, Purpose, Purposes, Resolution, SentCopies
from fairlead.senders.sending import doubt_store, settling, store
from fairlead.senders.sending.copies import Copies, copies_in_sent
from fairlead.senders.sending.doubt_store import Held
from fairlead.senders.sending.proving import copies_are_proof
from fairlead.world import World

logger = logging.getLogger(__name__)

GAP: Final = timedelta(hours=1)
# Clocks of mail servers differ from ours, and mails were on their way when the backup was made.
MARGIN: Final = timedelta(hours=2)
COMPARED_TOGETHER: Final = 10
# Machine time before a comparison that failed is tried again; one that takes longer is begun by somebody else too.
TRY_AGAIN_SECONDS: Final = 60.0
COMPARING_SECONDS: Final = 600.0


async def safe_to_send(conn: Connection, now: datetime) -> bool:
    """Whether this is the database that was watched until now; if not, all mailboxes are held from here on.

    Asked in each transaction that takes mailboxes. The lost time began, at the earliest, when somebody last watched.
    """
    if await doubt_store.note_watch(conn, gap_seconds=GAP.total_seconds()):
        return True
    begun = await doubt_store.begin_watch(conn)
    if begun is None:
        return True
    seen, trusted = begun
    count = await doubt_store.hold_all(conn, now=now, since=min(now, seen), trusted=trusted)
    if count:
        logger.warning(
            "the database was restored, or nothing ran since %s: %s mailboxes are held until they are compared",
            seen, count,
        )  # fmt: skip
    return False


async def compare_some(world: World, purposes: Mapping[Purpose, Purposes]) -> int:
    """Compares some held mailboxes with their Sent folders; how many were looked at."""
    async with world.db.transaction() as conn:
        picked = await doubt_store.pick_held(conn, limit=COMPARED_TOGETHER, hold_seconds=COMPARING_SECONDS)
        mailboxes = await mailbox_store.mailboxes_by_id(conn, [one.mailbox_id for one in picked])
    for held in picked:
        await _compare(world, purposes, held, mailboxes.get(held.mailbox_id))
    return len(picked)


async def _compare(world: World, purposes: Mapping[Purpose, Purposes], held: Held, mailbox: Mailbox | None) -> None:
    if mailbox is None or mailbox.state is MailboxState.DELETED:
        await _conclude(world, purposes, held, Copies({}), proven=True)
        return
    if mailbox.imap is None or mailbox.sent_copies is SentCopies.NONE:
        await _conclude(world, purposes, held, Copies({}), proven=held.trusted)
        return
    copies = await copies_in_sent(world, mailbox, since=held.held_from - MARGIN)
    if isinstance(copies, NotConnected):
        async with world.db.transaction() as conn:
            await doubt_store.put_off_comparing(conn, held.mailbox_id, note=copies.sentence, seconds=TRY_AGAIN_SECONDS)
        return
    proven = held.trusted or (
        mailbox.sent_copies is SentCopies.PROVIDER and await copies_are_proof(world, mailbox)
    )
    await _conclude(world, purposes, held, copies, proven=proven)


async def _conclude(
    world: World, purposes: Mapping[Purpose, Purposes], held: Held, copies: Copies, *, proven: bool
) -> None:
    async with world.db.transaction() as conn:
        now = world.clock.now()
        await take_in(conn, purposes, held.workspace_id, held.mailbox_id, copies, now=now)
        if not proven:
            await doubt_store.doubt_unproven(conn, held, now=now)
        if await doubt_store.end_comparing(conn, held, proven=proven):
            await doubt_store.doubt_found(conn, held.workspace_id, now=now)


async def take_in(
    conn: Connection,
    purposes: Mapping[Purpose, Purposes],
    workspace_id: int,
    mailbox_id: int,
    copies: Copies,
    *,
    now: datetime,
) -> None:
    """Writes down what the copies in a Sent folder prove."""
    found = copies.by_token
    known = await doubt_store.known_tokens(conn, workspace_id, list(found))
    await doubt_store.note_stored_ids(
        conn, workspace_id, {token: found[token].message_id for token in known if found[token].message_id}
    )
    unknown = {copy.mark: copy.message_id for token, copy in found.items() if token not in known}
    if unknown:
        await doubt_store.note_found(conn, workspace_id, mailbox_id, unknown, now=now)
    under_way = {send_id: token for token, (send_id, is_under_way) in known.items() if is_under_way}
    sends = await doubt_store.sends_of(conn, list(under_way))
    finals = [
        store.Final(send.id, None, "sent", now, Resolution.SENT_FOLDER, found[under_way[send.id]].message_id or None)
        for send in sends
    ]
    ended = await store.finish(conn, finals) if finals else set()
    told = [
        settling.settled(send, settling.outcome(final, ""), now)
        for send, final in zip(sends, finals, strict=True)
        if send.id in ended
    ]
    await settling.tell(conn, purposes, told, now=now, of={send.id: send.purpose for send in sends})


async def give_up_comparing(world: World, purposes: Mapping[Purpose, Purposes], mailbox_id: int) -> bool:
    """Lets a held mailbox go whose Sent folder cannot be read; what it may have sent is then shown to a person."""
    async with world.db.transaction() as conn:
        held = await doubt_store.held(conn, mailbox_id)
    if held is None:
        return False
    await _conclude(world, purposes, held, Copies({}), proven=False)
    return True
