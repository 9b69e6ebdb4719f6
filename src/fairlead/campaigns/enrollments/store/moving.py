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
    free: tuple[int, ...] = ()
    known: tuple[int, ...] = ()
    """All mailboxes of the campaign: whoever is written to by another one has lost theirs, and is looked at too."""


async def due(conn: Connection, wanted: Sequence[Wanted], *, now: datetime) -> list[Enrollment]:
    """Recipients whose time has come, campaign by campaign, the earliest first. Nothing is locked."""
    if not wanted:
        return []
    cur = await conn.execute(
        f"""
        select {_COLUMNS}
          from unnest(%(workspaces)s::bigint[], %(campaigns)s::bigint[], %(lanes)s::int[], %(most)s::int[],
                      %(free)s::text[], %(known)s::text[])
               with ordinality as w (workspace_id, campaign_id, lane, most, free, known, place)
         cross join lateral (
           select * from enrollments e
            where e.workspace_id = w.workspace_id and e.campaign_id = w.campaign_id and e.lane = w.lane
              and e.look_at <= %(now)s and e.look_at is not null and e.state in ('to_check', 'active')
              and (w.lane <> 1 or e.mailbox_id is null or e.mailbox_id = any (w.free::bigint[])
                   or e.mailbox_id <> all (w.known::bigint[]))
            order by e.look_at limit w.most) e
         order by w.place, e.look_at
        """,
        {
            "workspaces": [one.workspace_id for one in wanted],
            "campaigns": [one.campaign_id for one in wanted],
            "lanes": [int(one.lane) for one in wanted],
            "most": [one.most for one in wanted],
            "free": ["{" + ",".join(map(str, one.free)) + "}" for one in wanted],
            "known": ["{" + ",".join(map(str, one.known)) + "}" for one in wanted],
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


async def mails(conn: Connection, seen: Collection[Enrollment]) -> dict[EnrollmentId, dict[str, LastMail]]:
    """What the readers did with the mails each was sent, by node, the last mail last. A click shows an open as well."""
    cur = await conn.execute(
        """
        select r.enrollment_id, r.node_key, r.opened_at is not null or r.clicked_at is not null,
               r.clicked_at is not null, r.replied_at is not null, r.booked_at is not null
          from unnest(%s::bigint[], %s::bigint[]) as s (workspace_id, id)
          join step_runs r on r.workspace_id = s.workspace_id and r.enrollment_id = s.id
         order by r.id
        """,
        [[one.workspace_id for one in seen], [one.id for one in seen]],
    )
    found: dict[EnrollmentId, dict[str, LastMail]] = {}
    for row in await cur.fetchall():
        of_one = found.setdefault(EnrollmentId(row[0]), {})
        of_one.pop(row[1], None)
        of_one[row[1]] = LastMail(*row[2:])
    return found


async def threads(conn: Connection, seen: Collection[Enrollment]) -> dict[EnrollmentId, tuple[int, int]]:
    """(send, mailbox) of the last mail that each was sent, or is presumed to have been."""
    cur = await conn.execute(
        """
        select distinct on (r.enrollment_id) r.enrollment_id, r.send_id, r.mailbox_id
          from unnest(%s::bigint[], %s::bigint[]) as s (workspace_id, id)
          join step_runs r on r.workspace_id = s.workspace_id and r.enrollment_id = s.id
         where r.state in ('sent', 'presumed_sent')
         order by r.enrollment_id, r.id desc
        """,
        [[one.workspace_id for one in seen], [one.id for one in seen]],
    )
    return {EnrollmentId(row[0]): (row[1], row[2]) for row in await cur.fetchall()}


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


async def stands(conn: Connection, campaign_ids: Collection[int]) -> dict[int, tuple[float, str | None]]:
    """(passed, the schedule recipients were put off under) of campaigns that had a turn before."""
    cur = await conn.execute(
        "select campaign_id, passed, looked_under from campaign_runs where campaign_id = any(%s)", [list(campaign_ids)]
    )
    return {row[0]: (row[1], row[2]) for row in await cur.fetchall()}


async def set_stands(conn: Connection, stands: Sequence[tuple[int, int, float, str]]) -> None:
    """(workspace, campaign, passed, schedule) of campaigns after a round."""
    if not stands:
        return
    await conn.execute(
        """
        insert into campaign_runs as r (workspace_id, campaign_id, passed, looked_under)
        select * from unnest(%s::bigint[], %s::bigint[], %s::double precision[], %s::text[]) order by 2
        on conflict (campaign_id) do update set passed = excluded.passed, looked_under = excluded.looked_under
         where (r.passed, r.looked_under) is distinct from (excluded.passed, excluded.looked_under)
        """,
        [list(column) for column in zip(*stands, strict=True)],
    )


async def look_again(conn: Connection, workspace_id: int, campaign_id: int, *, now: datetime) -> int:
    """Whoever was put off to a window of another schedule is looked at under the one in force; how many."""
    cur = await conn.execute(
        """
        update enrollments set look_at = due_at
         where workspace_id = %s and campaign_id = %s and lane in (0, 1) and look_at > %s and look_at > due_at
           and state in ('to_check', 'active')
        """,
        [workspace_id, campaign_id, now],
    )
    return cur.rowcount


async def put_off(conn: Connection, until: Sequence[tuple[Enrollment, datetime]]) -> None:
    """Looks at these later. Not a change of place: `row_version` stays."""
    if not until:
        return
    await conn.execute(
        """
        update enrollments e set look_at = p.look_at
          from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::timestamptz[])
               as p (workspace_id, campaign_id, id, row_version, look_at)
         where e.workspace_id = p.workspace_id and e.campaign_id = p.campaign_id and e.id = p.id
           and e.row_version = p.row_version and e.state in ('to_check', 'active') and e.look_at is not null
        """,
        [
            [one.workspace_id for one, _ in until],
            [one.campaign_id for one, _ in until],
            [one.id for one, _ in until],
            [one.row_version for one, _ in until],
            [at for _, at in until],
        ],
    )


async def in_other_campaigns(conn: Connection, seen: Collection[Enrollment]) -> set[EnrollmentId]:
    """Those whose address became a recipient of another campaign of the workspace before."""
    cur = await conn.execute(
        """
        select s.id
          from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[])
               as s (workspace_id, campaign_id, domain, address_key, id)
         where exists (select from enrollments o
                        where o.workspace_id = s.workspace_id and o.domain = s.domain and o.address_key = s.address_key
                          and o.campaign_id <> s.campaign_id and o.id < s.id and o.state <> 'excluded')
        """,
        [
            [one.workspace_id for one in seen],
            [one.campaign_id for one in seen],
            [one.domain for one in seen],
            [one.address_key for one in seen],
            [one.id for one in seen],
        ],
    )
    return {EnrollmentId(row[0]) for row in await cur.fetchall()}


async def providers(conn: Connection, domains: Collection[str], *, not_before: datetime) -> dict[str, str]:
    """Whose servers take the mail of domains, as asked since then."""
    cur = await conn.execute(
        "select domain, provider from domain_providers where domain = any(%s) and asked_at >= %s",
        [list(domains), not_before],
    )
    return {row[0]: row[1] for row in await cur.fetchall()}


async def put_providers(conn: Connection, found: dict[str, str], *, now: datetime) -> None:
    await conn.execute(
        """
        insert into domain_providers as p (domain, provider, asked_at)
        select d, n, %s from unnest(%s::text[], %s::text[]) as f (d, n) order by d
        on conflict (domain) do update set provider = excluded.provider, asked_at = excluded.asked_at
        """,
        [now, list(found), list(found.values())],
    )
