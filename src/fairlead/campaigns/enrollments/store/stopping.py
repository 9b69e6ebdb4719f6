"""The end of enrollments, and their pauses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fairlead.campaigns.enrollments.model import EnrollmentId, EnrollmentState
from fairlead.db import Connection


@dataclass(frozen=True, slots=True)
class Ended:
    campaign_id: int
    id: EnrollmentId
    prospect_id: int
    address: str | None
    version_id: int


async def lock_of_addresses(
    conn: Connection, workspace_id: int, addresses: Collection[str], *, campaign_id: int | None = None
) -> list[tuple[int, EnrollmentId]]:
    """(campaign, id) of what is not over, locked in the order of their ids."""
    cur = await conn.execute(
        """
        select campaign_id, id from enrollments
         where workspace_id = %(workspace_id)s
           and (domain, address_key) in (select split_part(a, '@', -1), a from unnest(%(addresses)s::text[]) as a)
           and (%(campaign_id)s::bigint is null or campaign_id = %(campaign_id)s)
           and state in ('to_check', 'active', 'parked', 'paused', 'over_limit')
         order by id
           for update
        """,
        {"workspace_id": workspace_id, "addresses": list(addresses), "campaign_id": campaign_id},
    )
    return [(row[0], EnrollmentId(row[1])) for row in await cur.fetchall()]


async def lock_of_company(
    conn: Connection, workspace_id: int, domain: str, *, campaign_ids: Sequence[int]
) -> list[tuple[int, EnrollmentId]]:
    """(campaign, id) of what is not over of a company, in these campaigns, locked in the order of their ids."""
    cur = await conn.execute(
        """
        select campaign_id, id from enrollments
         where workspace_id = %s and domain = %s and campaign_id = any(%s)
           and state in ('to_check', 'active', 'parked', 'paused', 'over_limit')
         order by id
           for update
        """,
        [workspace_id, domain, list(campaign_ids)],
    )
    return [(row[0], EnrollmentId(row[1])) for row in await cur.fetchall()]


async def lock_one(
    conn: Connection, workspace_id: int, campaign_id: int, enrollment_id: int
) -> tuple[EnrollmentState, str, str | None] | None:
    """(state, address as compared, address) of one enrollment, locked."""
    cur = await conn.execute(
        """
        select state, address_key, address from enrollments
         where workspace_id = %s and campaign_id = %s and id = %s for update
        """,
        [workspace_id, campaign_id, enrollment_id],
    )
    row = await cur.fetchone()
    return None if row is None else (EnrollmentState(row[0]), row[1], row[2])


async def address_of(conn: Connection, workspace_id: int, campaign_id: int, enrollment_id: int) -> str | None:
    """As compared; None where there is no such enrollment."""
    cur = await conn.execute(
        "select address_key from enrollments where workspace_id = %s and campaign_id = %s and id = %s",
        [workspace_id, campaign_id, enrollment_id],
    )
    row = await cur.fetchone()
    return None if row is None else str(row[0])


async def end(
    conn: Connection,
    workspace_id: int,
    which: Collection[tuple[int, EnrollmentId]],
    *,
    state: EnrollmentState,
    reason: str,
    now: datetime,
) -> list[Ended]:
    """Ends those of `which` (campaign, id) that are not over yet."""
    cur = await conn.execute(
        """
        update enrollments e
           set state = %(state)s, reason = %(reason)s, look_at = null, ended_at = %(now)s,
               row_version = e.row_version + 1
          from unnest(%(campaigns)s::bigint[], %(ids)s::bigint[]) as w (campaign_id, id)
         where e.workspace_id = %(workspace_id)s and e.campaign_id = w.campaign_id and e.id = w.id
           and e.state in ('to_check', 'active', 'parked', 'paused', 'over_limit')
        returning e.campaign_id, e.id, e.prospect_id, e.address, e.version_id
        """,
        {
            "workspace_id": workspace_id,
            "campaigns": [campaign for campaign, _ in which],
            "ids": [id_ for _, id_ in which],
            "state": state.value,
            "reason": reason,
            "now": now,
        },
    )
    return [Ended(row[0], EnrollmentId(row[1]), row[2], row[3], row[4]) for row in await cur.fetchall()]


async def unplan(conn: Connection, workspace_id: int, send_ids: Collection[int]) -> list[tuple[int, bool, date | None]]:
    """Forgets mails that were taken back; (campaign, whether it was a first mail, day it was counted on) of each.

    Their enrollments are locked by the caller, and are left as if nothing had been planned.
    """
    cur = await conn.execute(
        """
        with gone as (
          delete from step_runs
           where workspace_id = %(workspace_id)s and send_id = any(%(sends)s) and state in ('planned', 'needs_decision')
          returning campaign_id, enrollment_id, id, is_first, counted_on
        ), back as (
          update enrollments e
             set run_id = (select max(o.id) from step_runs o
                            where o.workspace_id = %(workspace_id)s and o.enrollment_id = e.id and o.id <> gone.id),
                 look_at = case when e.state in ('to_check', 'active') then e.due_at end,
                 row_version = e.row_version + 1
            from gone
           where e.workspace_id = %(workspace_id)s and e.campaign_id = gone.campaign_id and e.id = gone.enrollment_id
        )
        select campaign_id, is_first, counted_on from gone
        """,
        {"workspace_id": workspace_id, "sends": list(send_ids)},
    )
    return [(row[0], row[1], row[2]) for row in await cur.fetchall()]


async def hold(
    conn: Connection,
    workspace_id: int,
    which: Collection[tuple[int, EnrollmentId]],
    *,
    state: EnrollmentState,
    reason: str,
) -> list[tuple[int, EnrollmentId]]:
    """Holds those of `which` that are under way, until a person lets them go on; (campaign, id) of each."""
    cur = await conn.execute(
        """
        update enrollments e
           set state = %(state)s, reason = %(reason)s, look_at = null, row_version = e.row_version + 1
          from unnest(%(campaigns)s::bigint[], %(ids)s::bigint[]) as w (campaign_id, id)
         where e.workspace_id = %(workspace_id)s and e.campaign_id = w.campaign_id and e.id = w.id
           and e.state in ('to_check', 'active', 'parked', 'over_limit')
        returning e.campaign_id, e.id
        """,
        {
            "workspace_id": workspace_id,
            "campaigns": [campaign for campaign, _ in which],
            "ids": [id_ for _, id_ in which],
            "state": state.value,
            "reason": reason,
        },
    )
    return [(row[0], EnrollmentId(row[1])) for row in await cur.fetchall()]


async def release(
    conn: Connection, workspace_id: int, which: Collection[tuple[int, EnrollmentId]], *, now: datetime
) -> list[tuple[int, EnrollmentId]]:
    """Lets those of `which` go on that were held; one whose mail is on its way waits for what becomes of it."""
    cur = await conn.execute(
        """
        update enrollments e
           set state = 'active', reason = null, row_version = e.row_version + 1,
               look_at = case when exists (select from step_runs r
                                            where r.workspace_id = e.workspace_id and r.id = e.run_id
                                              and r.state in ('planned', 'needs_decision'))
                              then null else greatest(e.due_at, %(now)s) end
          from unnest(%(campaigns)s::bigint[], %(ids)s::bigint[]) as w (campaign_id, id)
         where e.workspace_id = %(workspace_id)s and e.campaign_id = w.campaign_id and e.id = w.id
           and e.state in ('parked', 'paused', 'over_limit')
        returning e.campaign_id, e.id
        """,
        {
            "workspace_id": workspace_id,
            "campaigns": [campaign for campaign, _ in which],
            "ids": [id_ for _, id_ in which],
            "now": now,
        },
    )
    return [(row[0], EnrollmentId(row[1])) for row in await cur.fetchall()]
