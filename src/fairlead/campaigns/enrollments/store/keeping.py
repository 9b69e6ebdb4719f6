"""Campaigns whose time has come, and what follows for them from facts of elsewhere."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.campaigns.enrollments.model import EnrollmentId
from fairlead.db import Connection


@dataclass(frozen=True, slots=True)
class Due:
    workspace_id: int
    campaign_id: int


async def to_start(conn: Connection, *, now: datetime) -> list[Due]:
    """Scheduled campaigns whose start has come."""
    cur = await conn.execute(
        """
        select workspace_id, id from campaigns
         where status = 'scheduled' and deleted_at is null and starts_at <= %s order by id
        """,
        [now],
    )
    return [Due(*row) for row in await cur.fetchall()]


async def next_due(conn: Connection, after: datetime) -> datetime | None:
    """When an enrollment of an active campaign is looked at next, or a campaign starts or ends."""
    cur = await conn.execute(
        """
        select least(
                 (select min(next.look_at)
                    from campaigns c
                    cross join generate_series(0, 2) as lane
                    cross join lateral (
                      select e.look_at from enrollments e
                       where e.campaign_id = c.id and e.lane = lane and e.look_at > %(after)s
                         and e.state in ('to_check', 'active')
                       order by e.look_at limit 1) as next
                   where c.status = 'active' and c.deleted_at is null),
                 (select min(starts_at) from campaigns
                   where status = 'scheduled' and deleted_at is null and starts_at > %(after)s),
                 (select min(completes_at) from campaigns
                   where status in ('active', 'paused', 'scheduled') and deleted_at is null
                     and completes_at > %(after)s))
        """,
        {"after": after},
    )
    row = await cur.fetchone()
    found: datetime | None = row[0] if row else None
    return found


async def to_complete(conn: Connection, *, now: datetime) -> list[Due]:
    """Campaigns whose wanted end has come."""
    cur = await conn.execute(
        """
        select workspace_id, id from campaigns
         where status in ('active', 'paused', 'scheduled') and deleted_at is null and completes_at <= %s order by id
        """,
        [now],
    )
    return [Due(*row) for row in await cur.fetchall()]


async def at_their_end(conn: Connection) -> list[Due]:
    """Active campaigns that end after the last step, and all of whose recipients are over.

    Those that still have somebody to look at are told by an index, before anything is counted.
    """
    cur = await conn.execute(
        """
        select c.workspace_id, c.id from campaigns c
         where c.status = 'active' and c.deleted_at is null and c.completes_after_last_step
           and not exists (select from enrollments e
                            where e.campaign_id = c.id and e.look_at is not null and e.state in ('to_check', 'active'))
           and exists (select from enrollments e where e.workspace_id = c.workspace_id and e.campaign_id = c.id)
           and not exists (select from enrollments e
                            where e.workspace_id = c.workspace_id and e.campaign_id = c.id
                              and e.state in ('to_check', 'active', 'parked', 'paused', 'over_limit'))
           and not exists (select from campaign_lists l
                            where l.workspace_id = c.workspace_id and l.campaign_id = c.id
                              and not exists (select from campaign_list_reads r
                                               where r.campaign_id = l.campaign_id and r.list_id = l.list_id))
         order by c.id
        """
    )
    return [Due(*row) for row in await cur.fetchall()]


async def to_archive(conn: Connection, *, now: datetime) -> list[Due]:
    cur = await conn.execute(
        """
        select workspace_id, id from campaigns
         where status = 'completed' and deleted_at is null
           and completed_at + make_interval(months => archive_in_months) <= %s
         order by id
        """,
        [now],
    )
    return [Due(*row) for row in await cur.fetchall()]


@dataclass(frozen=True, slots=True)
class Bouncing:
    workspace_id: int
    campaign_id: int
    sent: int
    bounced: int


async def bouncing(conn: Connection, *, least_sent: int, share: float) -> list[Bouncing]:
    """Active campaigns of whose mails more than a share bounced, since they were last paused for that."""
    cur = await conn.execute(
        """
        select workspace_id, campaign_id, sent, bounced
          from (select c.workspace_id, c.id as campaign_id,
                       coalesce(sum(t.sent), 0) - coalesce(max(r.past_sent), 0) as sent,
                       coalesce(sum(t.bounced), 0) - coalesce(max(r.past_bounced), 0) as bounced
                  from campaigns c
                  join campaign_tallies t on t.workspace_id = c.workspace_id and t.campaign_id = c.id
                  left join campaign_runs r on r.campaign_id = c.id
                 where c.status = 'active' and c.deleted_at is null
                 group by 1, 2) counted
         where bounced > 0 and sent >= %s and bounced > %s * sent
         order by campaign_id
        """,
        [least_sent, share],
    )
    return [Bouncing(row[0], row[1], int(row[2]), int(row[3])) for row in await cur.fetchall()]


async def forgive_bounces(conn: Connection, workspace_id: int, campaign_id: int) -> None:
    """A campaign paused for its bounces begins anew when a person resumes it."""
    await conn.execute(
        """
        insert into campaign_runs as r (workspace_id, campaign_id, past_sent, past_bounced)
        select %(workspace_id)s, %(campaign_id)s, coalesce(sum(sent), 0), coalesce(sum(bounced), 0)
          from campaign_tallies where workspace_id = %(workspace_id)s and campaign_id = %(campaign_id)s
        on conflict (campaign_id) do update
          set past_sent = excluded.past_sent, past_bounced = excluded.past_bounced
        """,
        {"workspace_id": workspace_id, "campaign_id": campaign_id},
    )


async def lists_that_grew(conn: Connection, campaign_ids: Collection[int]) -> list[tuple[int, int, int]]:
    """(workspace, campaign, list) where there may be members that were not read yet."""
    cur = await conn.execute(
        """
        select l.workspace_id, l.campaign_id, l.list_id
          from campaign_lists l
          left join campaign_list_reads r on r.campaign_id = l.campaign_id and r.list_id = l.list_id
         where l.campaign_id = any(%s)
           and (r.campaign_id is null or last_of_list(l.workspace_id, l.list_id) > r.last_position
                or (r.seen_to > 0 and pg_snapshot_xmin(pg_current_snapshot()) >= r.seen_before))
        """,
        [list(campaign_ids)],
    )
    return [(row[0], row[1], row[2]) for row in await cur.fetchall()]


async def overdue_follow_ups(
    conn: Connection, workspace_id: int, campaign_id: int, *, before: datetime
) -> list[tuple[EnrollmentId, datetime, str | None]]:
    """(id, due, zone) of follow-ups that should have gone out before, the longest overdue first."""
    cur = await conn.execute(
        """
        select id, due_at, zone from enrollments
         where workspace_id = %s and campaign_id = %s and lane in (1, 2) and look_at < %s and state = 'active'
         order by look_at
        """,
        [workspace_id, campaign_id, before],
    )
    return [(EnrollmentId(row[0]), row[1], row[2]) for row in await cur.fetchall()]


async def set_looks(
    conn: Connection, workspace_id: int, campaign_id: int, looks: Sequence[tuple[EnrollmentId, datetime]]
) -> None:
    await conn.execute(
        """
        update enrollments e set look_at = s.look_at
          from unnest(%s::bigint[], %s::timestamptz[]) as s (id, look_at)
         where e.workspace_id = %s and e.campaign_id = %s and e.id = s.id and e.look_at is not null
           and e.state = 'active'
        """,
        [[id_ for id_, _ in looks], [at for _, at in looks], workspace_id, campaign_id],
    )


async def open_of_addresses(
    conn: Connection, workspace_id: int, addresses: Collection[str], *, list_id: int | None
) -> list[tuple[int, EnrollmentId]]:
    """(campaign, id) of what is not over, in the campaigns that a list feeds, or in all; locked by id."""
    cur = await conn.execute(
        """
        select e.campaign_id, e.id from enrollments e
         where e.workspace_id = %(workspace_id)s
           and (e.domain, e.address_key) in (select case when a like '#%%' then '' else split_part(a, '@', -1) end, a
                                               from unnest(%(addresses)s::text[]) as a)
           and (%(list_id)s::bigint is null
                or e.campaign_id in (select l.campaign_id from campaign_lists l
                                      where l.workspace_id = %(workspace_id)s and l.list_id = %(list_id)s))
           and e.state in ('to_check', 'active', 'parked', 'paused', 'over_limit')
         order by e.id
           for update of e
        """,
        {"workspace_id": workspace_id, "addresses": list(addresses), "list_id": list_id},
    )
    return [(row[0], EnrollmentId(row[1])) for row in await cur.fetchall()]


async def set_status(
    conn: Connection,
    due: Due,
    *,
    to: str,
    among: Sequence[str],
    reason: str | None,
    now: datetime,
) -> str | None:
    """The status before; None when it was none of `among`, and nothing was changed."""
    cur = await conn.execute(
        """
        update campaigns c
           set status = %(to)s, status_reason = %(reason)s, status_at = %(now)s,
               started_at = case when %(to)s = 'active' then coalesce(c.started_at, %(now)s) else c.started_at end,
               completed_at = case when %(to)s = 'completed' then %(now)s else c.completed_at end,
               archived_at = case when %(to)s = 'archived' then %(now)s else c.archived_at end
          from (select status from campaigns
                 where workspace_id = %(workspace_id)s and id = %(campaign_id)s and deleted_at is null
                   for update) before
         where c.workspace_id = %(workspace_id)s and c.id = %(campaign_id)s and before.status = any(%(among)s)
        returning before.status
        """,
        {
            "to": to,
            "reason": reason,
            "now": now,
            "among": list(among),
            "workspace_id": due.workspace_id,
            "campaign_id": due.campaign_id,
        },
    )
    row = await cur.fetchone()
    return None if row is None else str(row[0])
