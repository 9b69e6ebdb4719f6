"""What rooms above plan to be sent, and take back before it is."""

from collections.abc import Collection, Sequence
from datetime import datetime

from fairlead.db import Connection
from fairlead.kit.refusals import Invalid
from fairlead.senders.ledger import letters, names, store
from fairlead.senders.ledger.store import MailRow
from fairlead.senders.model import NewSend, Purpose, SendId

# A worker waits for this hint; it looks every second or two without it.
CHANNEL = "sends"


async def plan(conn: Connection, sends: Sequence[NewSend], *, now: datetime) -> list[SendId | None]:
    """Puts mails into the ledger, to be sent at their time. None where the once-key is known already.

    What is known to have been sent before the database was restored is planned too, and settles at once as sent.
    Raises `Invalid` for a token that is none, or a mailbox that is not there.
    """
    if not sends:
        return []
    addresses = await store.addresses_of_mailboxes(conn, {(one.workspace_id, one.mailbox_id) for one in sends})
    installation = await store.installation(conn)
    rows = [_row(one, addresses, installation, now) for one in sends]
    await store.put_files(conn, _files(sends))
    ids = await store.insert_mails(conn, rows)
    planned = [(row, ids[row.token]) for row in rows if row.token in ids]
    await store.insert_sends(conn, planned)
    await store.meet_the_past(conn, [mail_id for _, mail_id in planned], now=now)
    await store.wake(conn, planned)
    return [ids.get(row.token) for row in rows]


def _row(send: NewSend, addresses: dict[tuple[int, int], str], installation: str, now: datetime) -> MailRow:
    if not names.TOKEN.fullmatch(send.token):
        raise Invalid("bad_token", "A token has 16 to 64 letters, digits, '-' or '_'.", field="token")
    address = addresses.get((send.workspace_id, send.mailbox_id))
    if address is None:
        raise Invalid("unknown_mailbox", f"There is no mailbox {send.mailbox_id}.", field="mailbox_id")
    return MailRow(
        workspace_id=send.workspace_id,
        mailbox_id=send.mailbox_id,
        purpose=send.purpose,
        subject_id=send.subject_id,
        campaign_id=send.campaign_id,
        once_key=_storable(send.once_key),
        token=send.token,
        mark=names.mark(installation, send.workspace_id, send.purpose, send.once_key),
        message_id=names.message_id(send.token, address),
        to_address=_storable(send.to_address),
        to_name=_storable(send.to_name),
        subject=_storable(send.letter.subject),
        letter=letters.stored(send.letter),
        planned_at=now,
        due_at=send.due_at,
        wanted_at=min(send.due_at, send.wanted_at or send.due_at),
        priority=send.priority,
    )


def _storable(text: str) -> str:
    """Without NUL and half characters, which the database cannot hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _files(sends: Sequence[NewSend]) -> dict[tuple[int, bytes], bytes]:
    return {
        (send.workspace_id, letters.digest(file.content)): file.content
        for send in sends
        for file in send.letter.attachments
    }


async def withdraw(conn: Connection, workspace_id: int, *, purpose: Purpose, subject_ids: Collection[int]) -> int:
    """Takes back what is planned for these subjects and has no sending mark yet; how many mails that were.

    It is as if they had never been planned: their once-keys are free again, and `settled` does not hear of them.
    Whoever stops an enrollment holds its lock, so that no mark can be made meanwhile.
    """
    return len(await take_back(conn, workspace_id, purpose=purpose, subject_ids=subject_ids))


async def take_back(
    conn: Connection, workspace_id: int, *, purpose: Purpose, subject_ids: Collection[int]
) -> set[SendId]:
    """As `withdraw`; which mails that were."""
    if not subject_ids:
        return set()
    return {SendId(one) for one in await store.withdraw(conn, workspace_id, purpose, list(subject_ids))}
