"""What becomes of a mailbox that is there: paused, set going again, refused by its provider, removed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.kit.refusals import NotFound
from fairlead.senders import store
from fairlead.senders.model import Mailbox, MailboxState

LONGEST_REASON: Final = 500

_ALIVE: Final = (MailboxState.ACTIVE, MailboxState.PAUSED, MailboxState.ERROR)


async def mailbox(conn: Connection, workspace_id: int, mailbox_id: int, *, deleted: bool = False) -> Mailbox:
    """One mailbox; a removed one only with `deleted`. Raises `NotFound`."""
    found = await store.mailboxes(conn, workspace_id, [mailbox_id], deleted=deleted)
    if not found:
        raise unknown(mailbox_id)
    return found[0]


async def mailboxes(
    conn: Connection, workspace_id: int, ids: Sequence[int] | None = None, *, deleted: bool = False
) -> list[Mailbox]:
    """By id: those of `ids` that are there, or all of the workspace; removed ones only with `deleted`."""
    return await store.mailboxes(conn, workspace_id, ids, deleted=deleted)


async def pause(
    conn: Connection, workspace_id: int, mailbox_id: int, *, reason: str, now: datetime, by_fault: bool = False
) -> bool:
    """Stops a mailbox from sending; whether that changed anything.

    `by_fault` says that the provider refuses it and a person has to do something (`MailboxState.ERROR`), rather than
    that a person wanted it. `reason` is a sentence for a person.
    """
    state = MailboxState.ERROR if by_fault else MailboxState.PAUSED
    # A fault does not undo a person's pause; a person may pause what is faulty.
    among = (MailboxState.ACTIVE,) if by_fault else (MailboxState.ACTIVE, MailboxState.ERROR)
    reason = reason[:LONGEST_REASON]
    changed = await store.set_state(
        conn, workspace_id, mailbox_id, state=state, reason=reason, among=among, now=now
    )
    if changed:
        await events.record(conn, workspace_id, "mailbox_paused", now, mailbox_id=mailbox_id, reason=reason)
    return changed


async def resume(conn: Connection, workspace_id: int, mailbox_id: int, *, now: datetime) -> bool:
    """Lets a mailbox send again; whether it did not. Raises `NotFound`."""
    changed = await store.set_state(
        conn,
        workspace_id,
        mailbox_id,
        state=MailboxState.ACTIVE,
        reason=None,
        among=(MailboxState.PAUSED, MailboxState.ERROR),
        now=now,
    )
    if not changed:
        await mailbox(conn, workspace_id, mailbox_id)
        return False
    await events.record(conn, workspace_id, "mailbox_resumed", now, mailbox_id=mailbox_id)
    return True


async def remove(conn: Connection, workspace_id: int, mailbox_id: int, *, now: datetime) -> None:
    """Takes a mailbox out of use for good. What it sent stays. Raises `NotFound`."""
    removed = await store.set_state(
        conn, workspace_id, mailbox_id, state=MailboxState.DELETED, reason=None, among=_ALIVE, now=now
    )
    if not removed:
        raise unknown(mailbox_id)
    await events.record(conn, workspace_id, "mailbox_removed", now, mailbox_id=mailbox_id)


def unknown(mailbox_id: int) -> NotFound:
    return NotFound("unknown_mailbox", f"There is no mailbox {mailbox_id}.", field="mailbox_id")
