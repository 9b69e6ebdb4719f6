"""What campaigns do by themselves: start and end at their time, stop when too much bounces, follow their lists.

Run by the planner before each round, so that one process does it at a time.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from fairlead.accounts import actions as accounts
from fairlead.campaigns.enrollments import enrolling, running, stopping
from fairlead.campaigns.enrollments.model import EnrollmentState, Reason
from fairlead.campaigns.enrollments.store import keeping as store
from fairlead.campaigns.enrollments.store.keeping import Due
from fairlead.campaigns.model import CampaignStatus
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.events.model import Event
from fairlead.prospects import actions as prospects
from fairlead.world import World

logger = logging.getLogger(__name__)

# Contract 11.2: paused by the system when the bounce rate passes 15 %. Of fewer mails a share says nothing yet.
MOST_BOUNCED: Final = 0.15
LEAST_SENT: Final = 10
READER: Final = "campaigns: recipients"
EVENTS_AT_ONCE: Final = 1_000
# In how many days what is overdue when a campaign is resumed goes out.
SPREAD: Final = timedelta(days=3)
# Less than this behind its time, nothing has piled up.
PILED_UP: Final = timedelta(hours=1)


async def keep(world: World) -> int:
    """How many things were done; 0 when nothing was due."""
    now = world.clock.now()
    done = 0
    async with world.db.statement() as conn:
        starting = await store.to_start(conn, now=now)
        completing = await store.to_complete(conn, now=now)
        ended = await store.at_their_end(conn)
        archiving = await store.to_archive(conn, now=now)
        bouncing = await store.bouncing(conn, least_sent=LEAST_SENT, share=MOST_BOUNCED)
    for due in starting:
        async with world.db.transaction() as conn:
            if await _change(conn, due, CampaignStatus.ACTIVE, [CampaignStatus.SCHEDULED], None, now):
                await started(conn, due.workspace_id, due.campaign_id, now=now)
                done += 1
    running_ = [CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.SCHEDULED]
    for due in completing:
        async with world.db.transaction() as conn:
            reason = "The day on which it was to end has come."
            done += await _change(conn, due, CampaignStatus.COMPLETED, running_, reason, now)
    for due in ended:
        async with world.db.transaction() as conn:
            reason = "All recipients have reached the end."
            done += await _change(conn, due, CampaignStatus.COMPLETED, [CampaignStatus.ACTIVE], reason, now)
    for due in archiving:
        async with world.db.transaction() as conn:
            done += await _change(conn, due, CampaignStatus.ARCHIVED, [CampaignStatus.COMPLETED], None, now)
    for one in bouncing:
        async with world.db.transaction() as conn:
            reason = f"Automatically paused: {one.bounced} of {one.sent} mails bounced."
            due = Due(one.workspace_id, one.campaign_id)
            if await _change(conn, due, CampaignStatus.PAUSED, [CampaignStatus.ACTIVE], reason, now):
                await store.forgive_bounces(conn, one.workspace_id, one.campaign_id)
                done += 1
    return done + await _follow_lists(world, now) + await _read_events(world, now)


async def _change(
    conn: Connection,
    due: Due,
    to: CampaignStatus,
    among: Sequence[CampaignStatus],
    reason: str | None,
    now: datetime,
) -> bool:
    before = await store.set_status(conn, due, to=to, among=among, reason=reason, now=now)
    if before is None:
        return False
    await events.record(
        conn,
        due.workspace_id,
        "campaign_status_changed",
        now,
        **{"campaign_id": due.campaign_id, "from": before, "to": to.value, "reason": reason, "by": "system"},
    )
    return True


async def started(conn: Connection, workspace_id: int, campaign_id: int, *, now: datetime) -> None:
    """A campaign has become active: its lists are read. `conn` is in the transaction that makes it so."""
    campaign = (await running.campaigns(conn, [campaign_id])).get(campaign_id)
    for list_id in () if campaign is None else campaign.list_ids:
        await enrolling.enroll_soon(conn, workspace_id, campaign_id, list_id, now=now)


async def resumed(conn: Connection, workspace_id: int, campaign_id: int, *, now: datetime) -> int:
    """A campaign goes on after a pause: follow-ups that are overdue are spread over the coming days; how many.

    What is not overdue keeps its time, and first mails are given out by the day anyway.
    """
    await started(conn, workspace_id, campaign_id, now=now)
    overdue = await store.overdue_follow_ups(conn, workspace_id, campaign_id, before=now - PILED_UP)
    if not overdue:
        return 0
    # Evenly, in their order: the first at once, the last when the spread is over.
    step = SPREAD / len(overdue)
    looks = [(id_, now + number * step) for number, (id_, _, _) in enumerate(overdue)]
    await store.set_looks(conn, workspace_id, campaign_id, looks)
    return len(looks)


async def _follow_lists(world: World, now: datetime) -> int:
    async with world.db.transaction() as conn:
        active = await running.active(conn)
        grown = await store.lists_that_grew(conn, [one.id for one in active])
        return sum([await enrolling.enroll_soon(conn, *one, now=now) for one in grown])


async def _read_events(world: World, now: datetime) -> int:
    """Ends enrollments of prospects that were moved or deleted, and counts the people written to in the month."""
    async with world.db.transaction() as conn:
        facts = await events.read_next(
            conn, READER, EVENTS_AT_ONCE, kinds=("prospects_moved", "prospects_deleted", "email_sent")
        )
        for fact in facts or ():
            if fact.kind != "email_sent":
                await _leave(conn, fact, now)
        first_mails = [fact for fact in facts or () if fact.kind == "email_sent" and fact.body.get("first")]
        for workspace_id in {fact.workspace_id for fact in first_mails if fact.workspace_id is not None}:
            addresses = [f.body["email"] for f in first_mails if f.workspace_id == workspace_id and f.body.get("email")]
            await accounts.count_recipients(conn, workspace_id, addresses)
    return len(facts or ())


async def _leave(conn: Connection, fact: Event, now: datetime) -> None:
    assert fact.workspace_id is not None
    moved = fact.kind == "prospects_moved"
    addresses = [
        key
        for prospect_id, keys in await prospects.keys_of_change(conn, fact.workspace_id, fact.body["change_id"])
        for key in keys or [f"#{prospect_id}"]
    ]
    which = await store.open_of_addresses(
        conn, fact.workspace_id, addresses, list_id=fact.body.get("from_list_id") if moved else None
    )
    if moved:
        # The list it came to may feed a campaign as well: there it is a recipient like any other.
        target = {one.id for one in await running.of_list(conn, fact.workspace_id, fact.body["list_id"])}
        which = [(campaign, id_) for campaign, id_ in which if campaign not in target]
    state, reason = (EnrollmentState.MOVED, Reason.MOVED) if moved else (EnrollmentState.EXCLUDED, Reason.DELETED)
    await stopping.end(conn, fact.workspace_id, which, state=state, reason=reason, now=now)
