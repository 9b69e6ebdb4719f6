"""Whose turn it is, and where each one goes next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairlead.campaigns.enrollments.model import Enrollment, EnrollmentId, EnrollmentState, Lane, LastMail
from fairlead.db import Connection

_COLUMNS = """
e.workspace_id, e.id, e.campaign_id, e.prospect_id, e.version_id, e.node_key, e.address, e.address_key, e.domain,
e.zone, e.state, e.lane, e.visit, e.mailbox_id, e.due_at, e.run_id, e.sent, e.row_version
"""


def _enrollment(row: tuple[Any, ...]) -> Enrollment:
    columns = (*row[:10], EnrollmentState(row[10]), Lane(row[11]), *row[12:])
    return Enrollment(*columns)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many of a campaign's recipients to look at. Follow-ups only those of mailboxes that have room."""

    workspace_id: int
    campaign_id: int
    lane: Lane
    most: int
    mailbox_ids: tuple[int, ...] = ()


async def due(conn: Connection, wanted: Sequence[Wanted], *, now: datetime) -> list[Enrollment]:
    """Recipients whose time has come, campaign by campaign, the earliest first. Nothing is locked."""
    if not wanted:
        return []
    cur = await conn.execute(
        f"""
        select {_COLUMNS}
          from unnest(%(workspaces)s::bigint[], %(campaigns)s::bigint[], %(lanes)s::int[], %(most)s::int[],
                      %(mailboxes)s::text[])
               with ordinality as w (workspace_id, campaign_id, lane, most, mailboxes, place)
         cross join lateral (
           select * from enrollments e
            where e.workspace_id = w.workspace_id and e.campaign_id = w.campaign_id and e.lane = w.lane
              and e.look_at <= %(now)s and e.look_at is not null and e.state in ('to_check', 'active')
              and (w.lane <> 1 or e.mailbox_id is null or e.mailbox_id = any (w.mailboxes::bigint[]))
            order by e.look_at limit w.most) e
         order by w.place, e.look_at
        """,
        {
            "workspaces": [one.workspace_id for one in wanted],
            "campaigns": [one.campaign_id for one in wanted],
            "lanes": [int(one.lane) for one in wanted],
            "most": [one.most for one in wanted],
            "mailboxes": ["{" + ",".join(map(str, one.mailbox_ids)) + "}" for one in wanted],
            "now": now,
        },
    )
    return [_enrollment(row) for row in await cur.fetchall()]


async def still_as_seen(conn: Connection, seen: Collection[Enrollment]) -> set[EnrollmentId]:
    """Locks those that nobody has changed since they were read; the others were stopped, or moved on."""
    cur = await conn.execute(
        """
        select e.id
          from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[]) as s (workspace_id, campaign_id, id, version)
          join enrollments e on e.workspace_id = s.workspace_id and e.campaign_id = s.campaign_id and e.id = s.id
         where e.row_version = s.version and e.state in ('to_check', 'active')
         order by e.id
           for no key update of e
        """,
        [
            [one.workspace_id for one in seen],
            [one.campaign_id for one in seen],
            [one.id for one in seen],
            [one.row_version for one in seen],
        ],
    )
    return {EnrollmentId(row[0]) for row in await cur.fetchall()}


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an enrollment: its place, its state and when it is looked at next."""

    seen: Enrollment
    state: EnrollmentState
    reason: str | None
    node_key: str
    lane: Lane
    visit: int
    due_at: datetime
    look_at: datetime | None
    version_id: int


async def change(conn: Connection, changes: Sequence[Change], *, now: datetime) -> set[EnrollmentId]:
    """Writes down those whose enrollment is still as it was seen; which ones that were."""
    if not changes:
        return set()
    cur = await conn.execute(
        """
        update enrollments e
           set state = c.state, reason = c.reason, node_key = c.node_key, lane = c.lane, visit = c.visit,
               due_at = c.due_at, look_at = c.look_at, version_id = c.version_id, row_version = e.row_version + 1,
               ended_at = case when c.is_over then %(now)s::timestamptz end
          from unnest(%(workspaces)s::bigint[], %(campaigns)s::bigint[], %(ids)s::bigint[], %(versions)s::int[],
                      %(states)s::text[], %(reasons)s::text[], %(nodes)s::text[], %(lanes)s::smallint[],
                      %(visits)s::int[], %(dues)s::timestamptz[], %(looks)s::timestamptz[], %(sequences)s::bigint[],
                      %(overs)s::boolean[])
               as c (workspace_id, campaign_id, id, row_version, state, reason, node_key, lane, visit, due_at, look_at,
                     version_id, is_over)
         where e.workspace_id = c.workspace_id and e.campaign_id = c.campaign_id and e.id = c.id
           and e.row_version = c.row_version and e.state in ('to_check', 'active')
        returning e.id
        """,
        {
            "now": now,
            "workspaces": [one.seen.workspace_id for one in changes],
            "campaigns": [one.seen.campaign_id for one in changes],
            "ids": [one.seen.id for one in changes],
            "versions": [one.seen.row_version for one in changes],
            "states": [one.state.value for one in changes],
            "reasons": [one.reason for one in changes],
            "nodes": [one.node_key for one in changes],
            "lanes": [int(one.lane) for one in changes],
            "visits": [one.visit for one in changes],
            "dues": [one.due_at for one in changes],
            "looks": [one.look_at for one in changes],
            "sequences": [one.version_id for one in changes],
            "overs": [one.state.is_over for one in changes],
        },
    )
    return {EnrollmentId(row[0]) for row in await cur.fetchall()}


async def last_mails(conn: Connection, seen: Collection[Enrollment]) -> dict[EnrollmentId, LastMail]:
    """What the readers did with the last mail each was sent."""
    runs = [one for one in seen if one.run_id is not None]
    if not runs:
        return {}
    cur = await conn.execute(
        """
        select r.enrollment_id, r.opened_at is not null or r.clicked_at is not null, r.clicked_at is not null,
               r.replied_at is not null, r.booked_at is not null
          from unnest(%s::bigint[], %s::bigint[]) as s (workspace_id, id)
          join step_runs r on r.workspace_id = s.workspace_id and r.id = s.id
        """,
        [[one.workspace_id for one in runs], [one.run_id for one in runs]],
    )
    return {EnrollmentId(row[0]): LastMail(*row[1:]) for row in await cur.fetchall()}


@dataclass(frozen=True, slots=True)
class Planned:
    """A mail that was planned for an enrollment."""

    seen: Enrollment
    send_id: int
    mailbox_id: int
    variant_id: int | None
    counted_on: Any  # date | None


async def plan(conn: Connection, planned: Sequence[Planned], *, now: datetime) -> None:
    """Writes down the mails, and that their enrollments wait for them. The caller holds their locks."""
    if not planned:
        return
    await conn.execute(
        """
        with p as (
          select * from unnest(%(workspaces)s::bigint[], %(campaigns)s::bigint[], %(ids)s::bigint[], %(nodes)s::text[],
                               %(visits)s::int[], %(variants)s::bigint[], %(mailboxes)s::bigint[], %(sends)s::bigint[],
                               %(firsts)s::boolean[], %(days)s::date[], %(sequences)s::bigint[])
                 as p (workspace_id, campaign_id, enrollment_id, node_key, visit, variant_id, mailbox_id, send_id,
                       is_first, counted_on, version_id)
        ), runs as (
          insert into step_runs (workspace_id, enrollment_id, campaign_id, node_key, visit, variant_id, mailbox_id,
                                 send_id, is_first, state, counted_on, planned_at)
          select workspace_id, enrollment_id, campaign_id, node_key, visit, variant_id, mailbox_id, send_id, is_first,
                 'planned', counted_on, %(now)s
            from p
          returning workspace_id, campaign_id, enrollment_id, id, mailbox_id
        )
        update enrollments e
           set state = 'active', reason = null, look_at = null, mailbox_id = r.mailbox_id, run_id = r.id,
               version_id = p.version_id, node_key = p.node_key, row_version = e.row_version + 1
          from runs r join p on p.workspace_id = r.workspace_id and p.enrollment_id = r.enrollment_id
         where e.workspace_id = r.workspace_id and e.campaign_id = r.campaign_id and e.id = r.enrollment_id
        """,
        {
            "now": now,
            "workspaces": [one.seen.workspace_id for one in planned],
            "campaigns": [one.seen.campaign_id for one in planned],
            "ids": [one.seen.id for one in planned],
            "nodes": [one.seen.node_key for one in planned],
            "visits": [one.seen.visit for one in planned],
            "variants": [one.variant_id for one in planned],
            "mailboxes": [one.mailbox_id for one in planned],
            "sends": [one.send_id for one in planned],
            "firsts": [one.seen.lane is Lane.FIRST_MAIL for one in planned],
            "days": [one.counted_on for one in planned],
            "sequences": [one.seen.version_id for one in planned],
        },
    )
