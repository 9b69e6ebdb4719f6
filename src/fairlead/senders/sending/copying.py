"""Our own copy of a sent mail in the mailbox's Sent folder, where the provider puts none there."""

from datetime import datetime
from typing import Final

from fairlead.jobs.model import Job, Postpone
from fairlead.net.imap import ImapFailure
from fairlead.net.mail_login import NotConnected
from fairlead.senders import store as mailbox_store
from fairlead.senders.composing import REFERENCE_HEADER, compose
from fairlead.senders.connecting import reading
from fairlead.senders.ledger import letters, names
from fairlead.senders.ledger import store as ledger_store
from fairlead.senders.model import MailboxState, SentCopies
from fairlead.world import World

# What is left of a letter whose recipient was erased.
ERASED: Final = "{}"


async def keep_copy(world: World, job: Job) -> Postpone | None:
    """Puts a copy of a sent mail into Sent, unless one is there. A job of kind `settling.COPY`."""
    workspace_id, send_id = job.payload["workspace_id"], job.payload["send_id"]
    async with world.db.statement() as conn:
        sent = await ledger_store.sent(conn, workspace_id, send_id)
        if sent is None:
            return None
        if sent.letter == ERASED:
            return None
        files = await ledger_store.files(conn, workspace_id, letters.files_of(sent.letter))
        mailbox = (await mailbox_store.mailboxes_by_id(conn, [sent.mailbox_id])).get(sent.mailbox_id)
    if mailbox is None or mailbox.state is MailboxState.DELETED or mailbox.sent_copies is not SentCopies.APPEND:
        return None
    reference = names.reference(sent.token, sent.mark)
    at: datetime = sent.at
    raw = compose(
        letters.letter(sent.letter, files),
        mailbox,
        to_address=sent.to_address,
        to_name=sent.to_name,
        message_id=sent.message_id,
        reference=reference,
        date=at,
    )
    session = await reading(world, mailbox)
    if isinstance(session, NotConnected):
        raise CopyFailed(session.sentence)
    try:
        folder = await session.sent_folder()
        if folder is not None:
            await session.select(folder, read_only=True)
            if not await session.search(header=(REFERENCE_HEADER, reference)):
                await session.append(folder, raw, flags=("\\Seen",), at=at)
    except ImapFailure as failure:
        raise CopyFailed(str(failure)) from failure
    finally:
        await session.close()
    return None


class CopyFailed(Exception):
    """The Sent folder could not be reached; the job is tried again."""
