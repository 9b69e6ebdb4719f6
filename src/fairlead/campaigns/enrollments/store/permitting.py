"""What is asked and written around the sending of a mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fairlead.campaigns.enrollments.model import Enrollment, EnrollmentId, EnrollmentState
from fairlead.campaigns.enrollments.store.moving import _COLUMNS, _enrollment
from fairlead.db import Connection


@dataclass(frozen=True, slots=True)
class Run:
    """A mail of an enrollment, with the enrollment as it is now. Both are locked."""

    enrollment: Enrollment
    reason: str | None
    id: int
    send_id: int
    node_key: str
    variant_id: int | None
    mailbox_id: int
    is_first: bool
    state: str
    counted_on: date | None


async def runs_for_update(conn: Connection, sends: Sequence[tuple[int, int, int, int]]) -> dict[int, Run]:
    """By send id, for (workspace, campaign, enrollment, send) of each; locked in the order of the enrollments' ids."""
    cur = await conn.execute(
        f"""
        select {_COLUMNS}, e.reason, r.id, r.send_id, r.node_key, r.variant_id, r.mailbox_id, r.is_first, r.state,
               r.counted_on
          from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) as s (workspace_id, campaign_id, id, send)
          join enrollments e on e.workspace_id = s.workspace_id and e.campaign_id = s.campaign_id and e.id = s.id
          join step_runs r on r.workspace_id = s.workspace_id and r.send_id = s.send and r.enrollment_id = s.id
         order by e.id
           for no key update of e, r
        """,
        [list(column) for column in zip(*sends, strict=True)],
    )
    runs = {}
    for row in await cur.fetchall():
        run = Run(_enrollment(row[:18]), *row[18:])
        runs[run.send_id] = run
    return runs


async def take_place(
    conn: Connection, workspace_id: int, campaign_id: int, day: date, *, mails: int | None, first_mails: int | None,
    is_first: bool,
) -> bool:
    """Counts one mail on a day of the campaign where its limits (None: no limit) allow it."""
    cur = await conn.execute(
        """
        insert into campaign_days as d (workspace_id, campaign_id, day, mails, first_mails)
        select %(workspace_id)s, %(campaign_id)s, %(day)s, 1, %(first)s
         where coalesce(%(mails)s::int, 1) > 0 and (%(first)s = 0 or coalesce(%(first_mails)s::int, 1) > 0)
        on conflict (workspace_id, campaign_id, day) do update
          set mails = d.mails + 1, first_mails = d.first_mails + excluded.first_mails
        where (%(mails)s::int is null or d.mails < %(mails)s)
          and (%(first_mails)s::int is null or d.first_mails + excluded.first_mails <= %(first_mails)s
               or excluded.first_mails = 0)
        """,
        {
            "workspace_id": workspace_id,
            "campaign_id": campaign_id,
            "day": day,
            "first": int(is_first),
            "mails": mails,
            "first_mails": first_mails,
        },
    )
    return cur.rowcount == 1


async def give_back(conn: Connection, places: Sequence[tuple[int, int, date, bool]]) -> None:
    """Takes off mails that were counted and did not go out: (workspace, campaign, day, whether a first mail)."""
    if not places:
        return
    await conn.execute(
        """
        select from campaign_days
         where (workspace_id, campaign_id, day)
               in (select * from unnest(%s::bigint[], %s::bigint[], %s::date[]))
         order by workspace_id, campaign_id, day
           for update
        """,
        [list(column) for column in zip(*[place[:3] for place in places], strict=True)],
    )
    await conn.execute(
        """
        update campaign_days d
           set mails = greatest(0, d.mails - p.mails), first_mails = greatest(0, d.first_mails - p.firsts)
          from (select workspace_id, campaign_id, day, count(*) as mails, count(*) filter (where is_first) as firsts
                  from unnest(%s::bigint[], %s::bigint[], %s::date[], %s::boolean[])
                       as p (workspace_id, campaign_id, day, is_first)
                 group by 1, 2, 3) p
         where d.workspace_id = p.workspace_id and d.campaign_id = p.campaign_id and d.day = p.day
        """,
        [list(column) for column in zip(*places, strict=True)],
    )


async def counted(conn: Connection, workspace_id: int, campaign_id: int, day: date) -> tuple[int, int]:
    """(mails, first mails) of a day of a campaign."""
    cur = await conn.execute(
        "select mails, first_mails from campaign_days where workspace_id = %s and campaign_id = %s and day = %s",
        [workspace_id, campaign_id, day],
    )
    row = await cur.fetchone()
    return (0, 0) if row is None else (row[0], row[1])


async def set_day(conn: Connection, workspace_id: int, run_id: int, day: date | None) -> None:
    await conn.execute(
        "update step_runs set counted_on = %s where workspace_id = %s and id = %s", [day, workspace_id, run_id]
    )


async def finish_runs(conn: Connection, runs: Sequence[tuple[int, int, str, datetime]]) -> None:
    """(workspace, run, state, when) of mails of which it is known what became of them."""
    await conn.execute(
        """
        update step_runs r set state = f.state, finished_at = f.at
          from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[]) as f (workspace_id, id, state, at)
         where r.workspace_id = f.workspace_id and r.id = f.id
        """,
        [list(column) for column in zip(*runs, strict=True)],
    )


async def tally(conn: Connection, counts: Sequence[tuple[int, int, int, int, int]]) -> None:
    """Adds (workspace, campaign, mailbox, sent, bounced) to what campaigns sent through mailboxes."""
    await conn.execute(
        """
        insert into campaign_tallies as t (workspace_id, campaign_id, mailbox_id, sent, bounced)
        select workspace_id, campaign_id, mailbox_id, sum(sent), sum(bounced)
          from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::int[])
               as c (workspace_id, campaign_id, mailbox_id, sent, bounced)
         group by 1, 2, 3 order by 1, 2, 3
        on conflict (workspace_id, campaign_id, mailbox_id) do update
          set sent = t.sent + excluded.sent, bounced = t.bounced + excluded.bounced
        """,
        [list(column) for column in zip(*counts, strict=True)],
    )


async def tally_bounce(conn: Connection, workspace_id: int, campaign_id: int, enrollment_id: int) -> None:
    """Counts a bounce that came later for the mailbox that wrote to this enrollment; once for each."""
    await conn.execute(
        """
        update campaign_tallies t set bounced = t.bounced + 1
          from enrollments e
         where e.workspace_id = %(workspace_id)s and e.campaign_id = %(campaign_id)s and e.id = %(enrollment_id)s
           and e.state <> 'bounced'
           and t.workspace_id = e.workspace_id and t.campaign_id = e.campaign_id and t.mailbox_id = e.mailbox_id
        """,
        {"workspace_id": workspace_id, "campaign_id": campaign_id, "enrollment_id": enrollment_id},
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an enrollment becomes after its mail."""

    enrollment: Enrollment
    state: EnrollmentState
    reason: str | None
    node_key: str
    lane: int
    visit: int
    due_at: datetime
    look_at: datetime | None
    sent: int


async def write_outcomes(conn: Connection, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """The caller holds the locks. Who was stopped meanwhile keeps that state, and only counts the mail."""
    if not outcomes:
        return
    await conn.execute(
        """
        update enrollments e
           set sent = e.sent + o.sent,
               state = case when e.state in ('to_check', 'active') then o.state else e.state end,
               reason = case when e.state in ('to_check', 'active') then o.reason else e.reason end,
               node_key = o.node_key, lane = o.lane, visit = o.visit, due_at = o.due_at,
               look_at = case when e.state in ('to_check', 'active') then o.look_at end,
               ended_at = case when e.state in ('to_check', 'active') and o.is_over then %(now)s::timestamptz
                               else e.ended_at end,
               row_version = e.row_version + 1
          from unnest(%(workspaces)s::bigint[], %(campaigns)s::bigint[], %(ids)s::bigint[], %(states)s::text[],
                      %(reasons)s::text[], %(nodes)s::text[], %(lanes)s::smallint[], %(visits)s::int[],
                      %(dues)s::timestamptz[], %(looks)s::timestamptz[], %(sents)s::int[], %(overs)s::boolean[])
               as o (workspace_id, campaign_id, id, state, reason, node_key, lane, visit, due_at, look_at, sent,
                     is_over)
         where e.workspace_id = o.workspace_id and e.campaign_id = o.campaign_id and e.id = o.id
        """,
        {
            "now": now,
            "workspaces": [one.enrollment.workspace_id for one in outcomes],
            "campaigns": [one.enrollment.campaign_id for one in outcomes],
            "ids": [one.enrollment.id for one in outcomes],
            "states": [one.state.value for one in outcomes],
            "reasons": [one.reason for one in outcomes],
            "nodes": [one.node_key for one in outcomes],
            "lanes": [one.lane for one in outcomes],
            "visits": [one.visit for one in outcomes],
            "dues": [one.due_at for one in outcomes],
            "looks": [one.look_at for one in outcomes],
            "sents": [one.sent for one in outcomes],
            "overs": [one.state.is_over for one in outcomes],
        },
    )


async def note_signal(
    conn: Connection,
    workspace_id: int,
    campaign_id: int,
    enrollment_id: EnrollmentId,
    *,
    column: str,
    send_id: int | None,
    at: datetime,
    now: datetime,
) -> None:
    """First time counts. Who waits at a node is looked at now: the node says whether that was what it waited for."""
    assert column in ("opened", "clicked", "replied", "booked")
    await conn.execute(
        f"""
        with noted as (
          update step_runs r set {column}_at = %(at)s
           where r.workspace_id = %(workspace_id)s and r.enrollment_id = %(enrollment_id)s and r.{column}_at is null
             and r.id = coalesce((select o.id from step_runs o
                                   where o.workspace_id = %(workspace_id)s and o.send_id = %(send_id)s
                                     and o.enrollment_id = %(enrollment_id)s),
                                 (select e.run_id from enrollments e
                                   where e.workspace_id = %(workspace_id)s and e.campaign_id = %(campaign_id)s
                                     and e.id = %(enrollment_id)s))
          returning r.id
        )
        update enrollments e
           set {_counter(column)}
               look_at = case when e.lane = 2 and e.look_at is not null and e.state = 'active'
                              then least(e.look_at, %(now)s) else e.look_at end
         where e.workspace_id = %(workspace_id)s and e.campaign_id = %(campaign_id)s and e.id = %(enrollment_id)s
           and exists (select from noted)
        """,
        {
            "workspace_id": workspace_id,
            "campaign_id": campaign_id,
            "enrollment_id": enrollment_id,
            "send_id": send_id,
            "at": at,
            "now": now,
        },
    )


def _counter(column: str) -> str:
    """A booking is not counted on the enrollment."""
    return "" if column == "booked" else f"{column} = e.{column} + 1,"
