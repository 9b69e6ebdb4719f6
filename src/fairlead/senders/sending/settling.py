"""What a server's answer changes in the ledger, the quota and the mailbox, and who hears of it: one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from fairlead.db import Connection
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import NewJob
from fairlead.senders import states
from fairlead.senders.model import (
    DueSend,
    Failed,
    Mailbox,
    PresumedSent,
    Purpose,
    Purposes,
    Resolution,
    SendId,
    Sent,
    SentCopies,
    Settled,
)
from fairlead.senders.model import Outcome as SettledOutcome
from fairlead.senders.sending import store
from fairlead.senders.sending.answers import (
    Meaning,
    NotSent,
    PutOff,
    Refused,
    SenderRefused,
    SlowDown,
    Taken,
    Unknown,
)
from fairlead.senders.sending.store import Again, Claimed
from fairlead.senders.sending.store import Final as FinalRow

COPY: Final = "senders.copy"
# Business time. A server that puts us off is asked again after growing pauses, for about two days.
FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=4)
MOST_TRIES: Final = 16
# When the Sent folder is first asked about a mail of which nobody knows.
FIRST_LOOK: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Handed over, and no answer."""


Change: TypeAlias = FinalRow | Again | Doubt


@dataclass(frozen=True, slots=True)
class Settle:
    """What is to be written down about one mail a worker had."""

    mailbox: Mailbox
    lease_number: int
    mail: Claimed
    change: Change
    free_at: datetime | None = None
    """When the mailbox may send next."""
    fault: str | None = None
    """Why the mailbox must be paused, in a sentence."""


def pause_after(tries: int) -> timedelta:
    return min(FIRST_PAUSE * float(2**tries), LONGEST_PAUSE)


def change(mail: Claimed, meaning: Meaning, now: datetime) -> Change:
    """What an answer means for the mail. Pure."""
    lease = mail.lease_number
    match meaning:
        case Taken():
            return FinalRow(mail.send.id, lease, "sent", now, Resolution.REPLY)
        case Refused(reason, reply, _, hard):
            return FinalRow(mail.send.id, lease, "failed", now, Resolution.REPLY, None, reason, reply, hard)
        case PutOff(reply):
            if mail.tries + 1 >= MOST_TRIES:
                return FinalRow(mail.send.id, lease, "failed", now, Resolution.REPLY, None, "put_off", reply, False)
            return Again(mail.send.id, lease, now + pause_after(mail.tries), counts=True)
        case NotSent(withheld=False):
            if mail.tries + 1 >= MOST_TRIES:
                return FinalRow(mail.send.id, lease, "failed", now, Resolution.REPLY, None, "lost", None, False)
            return Again(mail.send.id, lease, now + pause_after(mail.tries), counts=True)
        case NotSent() | SlowDown() | SenderRefused():
            return Again(mail.send.id, lease, min(now, mail.send.due_at), counts=False)
        case Unknown():
            return Doubt()


async def write(
    conn: Connection, purposes: Mapping[Purpose, Purposes], settles: Sequence[Settle], *, now: datetime
) -> None:
    """Writes it all down, and tells the purposes. What is no longer the worker's is left as it is."""
    finals = [one.change for one in settles if isinstance(one.change, FinalRow)]
    agains = [one.change for one in settles if isinstance(one.change, Again)]
    doubts = [(one.mail.send.id, one.lease_number) for one in settles if isinstance(one.change, Doubt)]
    ended = await store.finish(conn, finals) if finals else set()
    if agains:
        await store.plan_again(conn, agains)
    if doubts:
        await store.doubt(conn, doubts, now=now, look_at=now + FIRST_LOOK)
    free = {one.mailbox.id: (one.mailbox.id, one.lease_number, one.free_at) for one in settles if one.free_at}
    if free:
        await store.keep_gaps(conn, [(a, b, c) for a, b, c in free.values() if c is not None])
    over = [one for one in settles if one.mail.send.id in ended]
    told = [_settled(one, one.change) for one in over if isinstance(one.change, FinalRow)]
    await tell(conn, purposes, told, now=now, of={one.mail.send.id: one.mail.send.purpose for one in over})
    await _copy(conn, over, now)
    for mailbox, fault in {one.mailbox.id: (one.mailbox, one.fault) for one in settles if one.fault}.values():
        await pause_mailbox(conn, mailbox, fault or "", now)


async def pause_mailbox(conn: Connection, mailbox: Mailbox, fault: str, now: datetime) -> None:
    await states.pause(conn, mailbox.workspace_id, mailbox.id, reason=fault, now=now, by_fault=True)


def _settled(one: Settle, final: FinalRow) -> Settled:
    return settled(one.mail.send, outcome(final, one.mail.message_id), final.at)


def settled(send: DueSend, what: SettledOutcome, at: datetime) -> Settled:
    return Settled(
        send.id,
        send.workspace_id,
        send.mailbox_id,
        send.subject_id,
        send.campaign_id,
        send.once_key,
        send.to_address,
        what,
        at,
    )


def outcome(final: FinalRow, message_id: str) -> SettledOutcome:
    match final.outcome:
        case "sent":
            return Sent(final.stored_id or message_id)
        case "presumed_sent":
            return PresumedSent()
        case _:
            code = int(final.reply[:3]) if final.reply and final.reply[:3].isdigit() else None
            return Failed(final.reason or "failed", bool(final.hard), code, final.reply)


async def tell(
    conn: Connection,
    purposes: Mapping[Purpose, Purposes],
    told: Sequence[Settled],
    *,
    now: datetime,
    of: Mapping[SendId, Purpose],
) -> None:
    """Each purpose, in one fixed order, of its own mails."""
    groups: dict[Purpose, list[Settled]] = {}
    for one in told:
        groups.setdefault(of[one.send_id], []).append(one)
    for purpose in sorted(groups):
        await purposes[purpose].settled(conn, groups[purpose], now)


async def _copy(conn: Connection, sent: Sequence[Settle], now: datetime) -> None:
    """Where the provider keeps no copy, we put one into Sent."""
    copies = [
        NewJob(
            COPY,
            {"workspace_id": one.mail.send.workspace_id, "send_id": one.mail.send.id},
            due_at=now,
            once_key=str(one.mail.send.id),
            workspace_id=one.mail.send.workspace_id,
        )
        for one in sent
        if one.mailbox.sent_copies is SentCopies.APPEND
        and isinstance(one.change, FinalRow)
        and one.change.outcome == "sent"
    ]
    if copies:
        await jobs.enqueue_many(conn, copies)
