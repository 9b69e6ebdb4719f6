"""The Message-IDs that providers give to mails in place of ours: follow-ups must refer to those."""

from datetime import timedelta
from typing import Final

from fairlead.net.mail_login import NotConnected
from fairlead.senders import store as mailbox_store
from fairlead.senders.sending import doubt_store
from fairlead.senders.sending.copies import copies_in_sent
from fairlead.world import World

# Business time from a mail to the look at its copy: sooner than a follow-up is due, later than copies come.
READ_AFTER: Final = timedelta(minutes=10)
# Most providers keep our ids; of these it is asked once a day whether that is still so.
ASK_AGAIN_AFTER: Final = timedelta(days=1)
READ_TOGETHER: Final = 10


async def learn_some(world: World) -> int:
    """Reads the Sent folders of some mailboxes that have sent since they were last read; how many."""
    async with world.db.transaction() as conn:
        now = world.clock.now()
        picked = await doubt_store.pick_to_learn(
            conn, now=now, read_after=READ_AFTER, ask_again_after=ASK_AGAIN_AFTER, limit=READ_TOGETHER
        )
        mailboxes = await mailbox_store.mailboxes_by_id(conn, [one.mailbox_id for one in picked])
    for one in picked:
        copies = await copies_in_sent(world, mailboxes[one.mailbox_id], since=one.since)
        if isinstance(copies, NotConnected):
            continue
        found = {token: copy.message_id for token, copy in copies.by_token.items() if copy.message_id}
        async with world.db.transaction() as conn:
            renamed = await doubt_store.note_stored_ids(conn, one.workspace_id, found)
            await doubt_store.note_learned(conn, one.mailbox_id, renames=renamed > 0 if found else None)
    return len(picked)
