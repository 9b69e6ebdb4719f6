"""What becomes of a mail of which nobody knows whether it was sent."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from fairlead.db import Connection
from fairlead.net.mail_login import NotConnected
from fairlead.senders import store as mailbox_store
from fairlead.senders.model import (
    Mailbox,
    NeedsDecision,
    Purpose,
    Purposes,
    Resolution,
    Sent,
    SentCopies,
)
from fairlead.senders.sending import doubt_store, settling, store
from fairlead.senders.sending.copies import Copies, Copy, copies_in_sent
from fairlead.senders.sending.doubt_store import Doubtful
from fairlead.senders.sending.store import Again
from fairlead.senders.sending.store import Final as FinalRow
from fairlead.world import World

logger = logging.getLogger(__name__)

# Business time since a mail became uncertain at which Sent is looked into. Copies come late; only the last look counts
# against a mail.
LOOKS: Final = (timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=10, seconds=15))
# Business time after which a Sent folder that cannot be read is no longer waited for.
GIVE_UP_AFTER: Final = timedelta(hours=24)
LOOK_AGAIN_AFTER_FAILURE: Final = timedelta(minutes=5)
PICKED_TOGETHER: Final = 500
# Machine time for which picked mails belong to this worker. Two that look at the same mails come to the same end.
PICKED_FOR_SECONDS: Final = 120.0
# Absence proves something only where presence is the rule: of a mailbox's last accepted mails, at least so many, each
# must have its copy. With fewer, or one missing, what is not found is not sent again.
PROOF_NEEDS: Final = 50
PROOF_READS: Final = 200
PROOF_WITHIN: Final = timedelta(days=30)
COPIES_COME_WITHIN: Final = timedelta(minutes=10)


async def settle_some(world: World, purposes: Mapping[Purpose, Purposes]) -> int:
    """Looks for some uncertain mails whose time has come; how many."""
    async with world.db.transaction() as conn:
        now = world.clock.now()
        picked = await doubt_store.pick_due(conn, now=now, hold_seconds=PICKED_FOR_SECONDS, limit=PICKED_TOGETHER)
        mailboxes = await mailbox_store.mailboxes_by_id(conn, list({one.send.mailbox_id for one in picked}))
    groups: dict[int, list[Doubtful]] = {}
    for one in picked:
        groups.setdefault(one.send.mailbox_id, []).append(one)
    for mailbox_id, doubtful in groups.items():
        await _settle(world, purposes, mailboxes[mailbox_id], doubtful)
    return len(picked)


async def _settle(
    world: World, purposes: Mapping[Purpose, Purposes], mailbox: Mailbox, doubtful: Sequence[Doubtful]
) -> None:
    seen = [one for one in doubtful if one.is_seen]
    restored = [one for one in doubtful if not one.is_seen and one.doubt == "restored"]
    asked = [one for one in doubtful if not one.is_seen and one.doubt != "restored"]
    if seen or restored:
        async with world.db.transaction() as conn:
            now = world.clock.now()
            await _sent(conn, purposes, dict.fromkeys(seen), now, by=Resolution.RECIPIENT)
            await _restored(conn, purposes, mailbox, restored, now)
    if not asked:
        return
    if mailbox.sent_copies is not SentCopies.PROVIDER or mailbox.imap is None:
        async with world.db.transaction() as conn:
            await _cannot_tell(world, conn, purposes, asked, world.clock.now())
        return
    now = world.clock.now()
    since = min(one.marked_at or one.since for one in asked)
    copies = await copies_in_sent(world, mailbox, since=since)
    if isinstance(copies, NotConnected):
        logger.info("mailbox %s: its Sent folder could not be read: %s", mailbox.id, copies.sentence)
        await _unread(world, purposes, asked, now)
        return
    last = [one for one in asked if one.token not in copies.by_token and _is_last_look(one, now)]
    proof = bool(last) and await copies_are_proof(world, mailbox)
    async with world.db.transaction() as conn:
        await _conclude(world, conn, purposes, asked, copies, now, proof=proof)


def _is_last_look(one: Doubtful, now: datetime) -> bool:
    return one.looks + 1 >= len(LOOKS) and now - one.since >= LOOKS[-1]


async def _conclude(
    world: World,
    conn: Connection,
    purposes: Mapping[Purpose, Purposes],
    asked: Sequence[Doubtful],
    copies: Copies,
    now: datetime,
    *,
    proof: bool,
) -> None:
    found: dict[Doubtful, Copy | None] = {
        one: copies.by_token[one.token] for one in asked if one.token in copies.by_token
    }
    await _sent(conn, purposes, found, now, by=Resolution.SENT_FOLDER)
    missing = [one for one in asked if one not in found]
    later = [one for one in missing if not _is_last_look(one, now)]
    await doubt_store.look_again(conn, [(one.send.id, one.looks + 1, _next_look(one, now)) for one in later])
    gone = [one for one in missing if _is_last_look(one, now)]
    again = [one for one in gone if proof and not one.requeued]
    if again:
        await store.plan_again(conn, [Again(one.send.id, None, now, counts=True, requeued=True) for one in again])
    await _cannot_tell(world, conn, purposes, [one for one in gone if one not in again], now)


def _next_look(one: Doubtful, now: datetime) -> datetime:
    number = min(one.looks + 1, len(LOOKS) - 1)
    return max(one.since + LOOKS[number], now + timedelta(seconds=1))


async def copies_are_proof(world: World, mailbox: Mailbox) -> bool:
    """Whether each of the mailbox's last accepted mails lies in Sent, so that one which does not was not sent."""
    now = world.clock.now()
    async with world.db.statement() as conn:
        accepted = await doubt_store.accepted_lately(
            conn,
            mailbox.workspace_id,
            mailbox.id,
            since=now - PROOF_WITHIN,
            until=now - COPIES_COME_WITHIN,
            limit=PROOF_READS,
        )
    if len(accepted) < PROOF_NEEDS:
        return False
    copies = await copies_in_sent(world, mailbox, since=min(accepted.values()))
    return not isinstance(copies, NotConnected) and all(token in copies.by_token for token in accepted)


async def _unread(world: World, purposes: Mapping[Purpose, Purposes], asked: Sequence[Doubtful], now: datetime) -> None:
    over = [one for one in asked if now - one.since >= GIVE_UP_AFTER]
    async with world.db.transaction() as conn:
        await _cannot_tell(world, conn, purposes, over, now)
        await doubt_store.look_again(
            conn, [(one.send.id, one.looks, now + LOOK_AGAIN_AFTER_FAILURE) for one in asked if one not in over]
        )


async def _restored(
    conn: Connection,
    purposes: Mapping[Purpose, Purposes],
    mailbox: Mailbox,
    restored: Sequence[Doubtful],
    now: datetime,
) -> None:
    """What may have been sent before the database was restored: sent where a copy says so, else for a person."""
    if not restored:
        return
    ids = await doubt_store.found_of_marks(conn, mailbox.workspace_id, [one.mark for one in restored])
    found: dict[Doubtful, Copy | None] = {
        one: Copy(one.token, one.mark, ids[one.mark]) for one in restored if one.mark in ids
    }
    await _sent(conn, purposes, found, now, by=Resolution.SENT_FOLDER)
    await _to_a_person(conn, purposes, [one for one in restored if one not in found], now)


async def _cannot_tell(
    world: World, conn: Connection, purposes: Mapping[Purpose, Purposes], doubtful: Sequence[Doubtful], now: datetime
) -> None:
    """A second copy is worse than none: it counts as sent, or waits for a person, as the installation wants it."""
    if world.settings.uncertain_sends == "ask":
        await _to_a_person(conn, purposes, doubtful, now)
        return
    finals = [
        FinalRow(one.send.id, None, "presumed_sent", now, Resolution.POLICY, reason=one.doubt) for one in doubtful
    ]
    await _finish(conn, purposes, doubtful, finals, now)


async def _to_a_person(
    conn: Connection, purposes: Mapping[Purpose, Purposes], doubtful: Sequence[Doubtful], now: datetime
) -> None:
    if not doubtful:
        return
    changed = await doubt_store.need_decision(conn, [one.send.id for one in doubtful])
    told = [settling.settled(one.send, NeedsDecision(), now) for one in doubtful if one.send.id in changed]
    await settling.tell(conn, purposes, told, now=now, of={one.send.id: one.send.purpose for one in doubtful})


async def _sent(
    conn: Connection,
    purposes: Mapping[Purpose, Purposes],
    found: Mapping[Doubtful, Copy | None],
    now: datetime,
    *,
    by: Resolution,
) -> None:
    finals = [
        FinalRow(one.send.id, None, "sent", one.marked_at or now, by, (copy.message_id or None) if copy else None)
        for one, copy in found.items()
    ]
    await _finish(conn, purposes, list(found), finals, now)


async def _finish(
    conn: Connection,
    purposes: Mapping[Purpose, Purposes],
    doubtful: Sequence[Doubtful],
    finals: Sequence[FinalRow],
    now: datetime,
) -> None:
    if not finals:
        return
    ended = await store.finish(conn, finals)
    told = [
        settling.settled(one.send, settling.outcome(final, one.message_id), final.at)
        for one, final in zip(doubtful, finals, strict=True)
        if one.send.id in ended
    ]
    await settling.tell(conn, purposes, told, now=now, of={one.send.id: one.send.purpose for one in doubtful})


# A person decides.


async def decide(
    world: World, purposes: Mapping[Purpose, Purposes], workspace_id: int, ids: Sequence[int], *, sent: bool
) -> int:
    """Takes a person's word for what became of uncertain mails: sent, or to be sent again. How many it was about."""
    async with world.db.transaction() as conn:
        now = world.clock.now()
        doubtful = await doubt_store.doubtful_of(conn, workspace_id, ids)
        presumed = await doubt_store.presumed_of(conn, workspace_id, ids)
        if sent:
            await _sent(conn, purposes, dict.fromkeys(doubtful), now, by=Resolution.PERSON)
            await doubt_store.confirm(
                conn, workspace_id, [one.id for one, _ in presumed], resolved_by=Resolution.PERSON
            )
            told = [settling.settled(one, Sent(message_id), now) for one, message_id in presumed]
            await settling.tell(conn, purposes, told, now=now, of={one.id: one.purpose for one, _ in presumed})
        else:
            agains = [Again(one.send.id, None, now, counts=False, requeued=True) for one in doubtful]
            if agains:
                await store.plan_again(conn, agains)
            await doubt_store.take_up_again(conn, workspace_id, [one.id for one, _ in presumed], now=now)
    return len(doubtful) + len(presumed)
