"""What the engine waits for, as a person asks."""

from dataclasses import dataclass
from datetime import datetime

from fairlead.campaigns.enrollments.model import EnrollmentState, Lane
from fairlead.db import Connection


@dataclass(frozen=True, slots=True)
class Crowd:
    """The recipients of a campaign that are under way, and when the first of them is looked at next."""

    enrolled: bool
    next_look: datetime | None
    next_mail: datetime | None
    """Of those whose next node is a mail."""
    held: int
    """Paused, parked or over the month's limit."""


async def crowd(conn: Connection, workspace_id: int, campaign_id: int) -> Crowd:
    cur = await conn.execute(
        """
        select exists (select from enrollments where workspace_id = %(workspace_id)s and campaign_id = %(campaign_id)s),
               (select min(look_at) from enrollments
                 where campaign_id = %(campaign_id)s and look_at is not null and state in ('to_check', 'active')),
               (select min(look_at) from enrollments
                 where campaign_id = %(campaign_id)s and lane in (0, 1) and look_at is not null
                   and state in ('to_check', 'active')),
               (select count(*) from (select from enrollments
                                       where workspace_id = %(workspace_id)s and campaign_id = %(campaign_id)s
                                         and state in ('parked', 'paused', 'over_limit') limit 1000) held)
        """,
        {"workspace_id": workspace_id, "campaign_id": campaign_id},
    )
    row = await cur.fetchone()
    assert row is not None
    return Crowd(row[0], row[1], row[2], row[3])


@dataclass(frozen=True, slots=True)
class Standing:
    """One recipient in one campaign."""

    campaign_id: int
    enrollment_id: int
    state: EnrollmentState
    reason: str | None
    lane: Lane
    node_key: str
    due_at: datetime
    look_at: datetime | None
    zone: str | None
    mailbox_id: int | None
    run_state: str | None
    ended_at: datetime | None


async def standings(conn: Connection, workspace_id: int, address_key: str) -> list[Standing]:
    """The newest campaign first."""
    cur = await conn.execute(
        """
        select e.campaign_id, e.id, e.state, e.reason, e.lane, e.node_key, e.due_at, e.look_at, e.zone, e.mailbox_id,
               r.state, e.ended_at
          from enrollments e left join step_runs r on r.workspace_id = e.workspace_id and r.id = e.run_id
         where e.workspace_id = %(workspace_id)s and e.domain = split_part(%(key)s, '@', -1)
           and e.address_key = %(key)s
         order by e.campaign_id desc
        """,
        {"workspace_id": workspace_id, "key": address_key},
    )
    return [
        Standing(row[0], row[1], EnrollmentState(row[2]), row[3], Lane(row[4]), *row[5:])
        for row in await cur.fetchall()
    ]


async def status_of(
    conn: Connection, workspace_id: int, campaign_id: int
) -> tuple[str, str, str | None, datetime | None] | None:
    """(title, status, why the system changed it, wanted start) of a campaign."""
    cur = await conn.execute(
        """
        select title, status, status_reason, starts_at from campaigns
         where workspace_id = %s and id = %s and deleted_at is null
        """,
        [workspace_id, campaign_id],
    )
    row = await cur.fetchone()
    return None if row is None else (row[0], row[1], row[2], row[3])


async def campaigns_of_mailbox(conn: Connection, workspace_id: int, mailbox_id: int) -> list[int]:
    """The active campaigns that send from it."""
    cur = await conn.execute(
        """
        select c.id from campaign_mailboxes m
          join campaigns c on c.workspace_id = m.workspace_id and c.id = m.campaign_id
         where m.workspace_id = %s and m.mailbox_id = %s and c.status = 'active' and c.deleted_at is null
         order by c.id
        """,
        [workspace_id, mailbox_id],
    )
    return [row[0] for row in await cur.fetchall()]
