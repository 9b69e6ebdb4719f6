"""The SQL of turns, claims, marks and settling.

Whoever locks several mailboxes locks them in the order of their ids. Every change a worker makes to a mail names the
lease it holds on the mailbox: a worker whose lease was given to another changes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fairlead.db import Connection
from fairlead.senders.model import DueSend, MailboxId, Purpose, SendId

CANDIDATES_PER_LANE = 100


@dataclass(frozen=True, slots=True)
class TakenTurn:
    mailbox_id: MailboxId
    workspace_id: int
    lease_number: int
    next_free_at: datetime | None
    fails: int


@dataclass(frozen=True, slots=True)
class Candidate:
    id: SendId
    lane: int
    priority: int
    due_at: datetime
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Wanted:
    """A mail a worker wants to claim, and under which lease."""

    id: SendId
    mailbox_id: MailboxId
    lease_number: int
    day: date
    limit: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail a worker has, with all it takes to send it."""

    send: DueSend
    lease_number: int
    day: date
    tries: int
    token: str
    mark: str
    message_id: str
    to_name: str
    letter: str


# Who is there, and who has which mailbox.


async def note_worker(conn: Connection, owner: str, lease_seconds: float) -> tuple[int, int]:
    """Says that this worker lives; how many live, and how many mailboxes wait for a worker or have one."""
    cur = await conn.execute(
        """
        insert into sending_workers (name, alive_until)
        values (%(owner)s, clock_timestamp() + make_interval(secs => %(lease)s))
        on conflict (name) do update set alive_until = excluded.alive_until
        returning (select count(*) + 1 from sending_workers
                    where alive_until > clock_timestamp() and name <> %(owner)s),
                  (select count(*) from mailbox_turns where lease_owner is not null or wake_at is not null)
        """,
        {"owner": owner, "lease": lease_seconds},
    )
    row = await cur.fetchone()
    assert row is not None
    return row[0], row[1]


async def forget_workers(conn: Connection, owner: str | None = None) -> None:
    """Those that have died, and `owner`, which ends."""
    await conn.execute(
        "delete from sending_workers where alive_until < clock_timestamp() - interval '1 hour' or name = %s", [owner]
    )


async def collect_wakes(conn: Connection) -> None:
    """Moves what planning has said about due times to where workers look."""
    await conn.execute(
        """
        with heard as (
          delete from mailbox_wakes
           where ctid = any (array(select ctid from mailbox_wakes limit 10000 for update skip locked))
          returning mailbox_id, due_at
        ), first as (
          select mailbox_id, min(due_at) as due_at from heard group by mailbox_id
        ), locked as (
          select t.mailbox_id, f.due_at from mailbox_turns t join first f using (mailbox_id)
           order by t.mailbox_id for update of t
        )
        update mailbox_turns t set wake_at = greatest(t.next_free_at, least(t.wake_at, l.due_at))
          from locked l where t.mailbox_id = l.mailbox_id
        """
    )


async def take(conn: Connection, owner: str, *, at_most: int, lease_seconds: float, now: datetime) -> list[TakenTurn]:
    """Mailboxes that have something to do and belong to nobody, the longest waiting first."""
    cur = await conn.execute(
        """
        with ready as (
          select t.mailbox_id
            from mailbox_turns t join mailboxes m on m.id = t.mailbox_id
           where t.wake_at <= %(now)s and t.held_at is null and t.lease_owner is null
             and (t.retry_at is null or t.retry_at <= clock_timestamp()) and m.state = 'active'
           order by t.wake_at
           limit %(at_most)s
             for update of t skip locked
        )
        update mailbox_turns t
           set lease_owner = %(owner)s, lease_number = lease_number + 1,
               lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
          from ready where t.mailbox_id = ready.mailbox_id
        returning t.mailbox_id, t.workspace_id, t.lease_number, nullif(t.next_free_at, '-infinity'), t.fails
        """,
        {"owner": owner, "at_most": at_most, "lease": lease_seconds, "now": now},
    )
    return [TakenTurn(MailboxId(row[0]), *row[1:]) for row in await cur.fetchall()]


async def extend(conn: Connection, owner: str, leases: Sequence[tuple[int, int]], *, lease_seconds: float) -> set[int]:
    """Which of these mailboxes still belong to `owner`, for another lease from now on."""
    cur = await conn.execute(
        """
        with mine as (
          select t.mailbox_id
            from unnest(%(ids)s::bigint[], %(numbers)s::bigint[]) as w (mailbox_id, lease_number)
            join mailbox_turns t using (mailbox_id, lease_number)
           where t.lease_owner = %(owner)s and t.held_at is null
           order by t.mailbox_id for update of t
        )
        update mailbox_turns t set lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
          from mine where t.mailbox_id = mine.mailbox_id
        returning t.mailbox_id
        """,
        {
            "owner": owner,
            "ids": [lease[0] for lease in leases],
            "numbers": [lease[1] for lease in leases],
            "lease": lease_seconds,
        },
    )
    return {row[0] for row in await cur.fetchall()}


async def overdue_leases(conn: Connection) -> list[tuple[MailboxId, int]]:
    """Leases that are over, locked: whoever had them has died, or stands still and will find them gone."""
    cur = await conn.execute(
        """
        select mailbox_id, lease_number from mailbox_turns
         where lease_owner is not null and lease_until < clock_timestamp()
         order by mailbox_id for update skip locked
        """
    )
    return [(MailboxId(row[0]), row[1]) for row in await cur.fetchall()]


async def own_leases(conn: Connection, owner: str, leases: Sequence[tuple[int, int]]) -> list[tuple[MailboxId, int]]:
    """Those of `leases` that are still `owner`'s, locked."""
    cur = await conn.execute(
        """
        select t.mailbox_id, t.lease_number
          from unnest(%(ids)s::bigint[], %(numbers)s::bigint[]) as w (mailbox_id, lease_number)
          join mailbox_turns t using (mailbox_id, lease_number)
         where t.lease_owner = %(owner)s
         order by t.mailbox_id for update of t
        """,
        {"owner": owner, "ids": [lease[0] for lease in leases], "numbers": [lease[1] for lease in leases]},
    )
    return [(MailboxId(row[0]), row[1]) for row in await cur.fetchall()]


async def let_go_of_mails(
    conn: Connection, leases: Sequence[tuple[int, int]], *, now: datetime, look_at: datetime
) -> set[int]:
    """What a lease held is planned again, where not a byte was sent; what had its mark is uncertain.

    Answers with the mailboxes of the uncertain ones. The leases are locked.
    """
    given = {
        "ids": [lease[0] for lease in leases],
        "numbers": [lease[1] for lease in leases],
        "now": now,
        "look_at": look_at,
    }
    await conn.execute(
        """
        with held as (
          select s.id, s.mailbox_id, s.day
            from unnest(%(ids)s::bigint[], %(numbers)s::bigint[]) as w (mailbox_id, lease_number)
            join sends s on s.mailbox_id = w.mailbox_id and s.lease_number <= w.lease_number and s.state = 'claimed'
             for update of s
        ), given_back as (
          update mailbox_days d set reserved = d.reserved - h.count
            from (select mailbox_id, day, count(*) from held where day is not null group by 1, 2) h
           where d.mailbox_id = h.mailbox_id and d.day = h.day
        )
        update sends s set state = 'planned', lease_number = null, day = null
          from held where s.id = held.id
        """,
        given,
    )
    cur = await conn.execute(
        """
        update sends s
           set state = 'uncertain', doubt = 'lease_over', uncertain_at = %(now)s, look_at = %(look_at)s, looks = 0
          from unnest(%(ids)s::bigint[], %(numbers)s::bigint[]) as w (mailbox_id, lease_number)
         where s.mailbox_id = w.mailbox_id and s.lease_number <= w.lease_number and s.state = 'sending'
        returning s.mailbox_id
        """,
        given,
    )
    return {row[0] for row in await cur.fetchall()}


async def release(
    conn: Connection,
    leases: Sequence[tuple[int, int]],
    *,
    free_at: Sequence[datetime | None],
    retry_seconds: Sequence[float | None],
    fails: Sequence[int],
    until: Sequence[datetime | None],
) -> None:
    """Gives mailboxes back, to be taken again when something is due. They are locked, in a statement before this one.

    Only so the due times read here include what was planned by a transaction that ended while we waited for the lock.
    """
    await conn.execute(
        """
        update mailbox_turns t
           set lease_owner = null, lease_until = null, fails = w.fails,
               next_free_at = greatest(t.next_free_at, w.free_at),
               retry_at = clock_timestamp() + make_interval(secs => w.retry_seconds),
               wake_at = greatest(t.next_free_at, w.free_at, w.until, (
                 select min(s.due_at) from sends s where s.mailbox_id = t.mailbox_id and s.state = 'planned'))
          from unnest(%(ids)s::bigint[], %(numbers)s::bigint[], %(free_at)s::timestamptz[],
                      %(retry_seconds)s::float8[], %(fails)s::smallint[], %(until)s::timestamptz[])
               as w (mailbox_id, lease_number, free_at, retry_seconds, fails, until)
         where t.mailbox_id = w.mailbox_id and t.lease_number = w.lease_number
        """,
        {
            "ids": [lease[0] for lease in leases],
            "numbers": [lease[1] for lease in leases],
            "free_at": list(free_at),
            "retry_seconds": list(retry_seconds),
            "fails": list(fails),
            "until": list(until),
        },
    )
    # With nothing planned there is nothing to wake for; greatest() leaves nulls out.
    await conn.execute(
        """
        update mailbox_turns t set wake_at = null
         where t.mailbox_id = any(%s) and t.lease_owner is null
           and not exists (select from sends s where s.mailbox_id = t.mailbox_id and s.state = 'planned')
        """,
        [[lease[0] for lease in leases]],
    )


# What there is to do.


async def candidates(
    conn: Connection, mailboxes: Collection[int], *, per_lane: int
) -> dict[MailboxId, list[Candidate]]:
    """The first planned mails of each campaign of each mailbox, due or not."""
    cur = await conn.execute(
        """
        select w.mailbox_id, s.id, l.lane, s.priority, s.due_at, s.purpose
          from unnest(%(ids)s::bigint[]) as w (mailbox_id)
         cross join lateral (
               with recursive lanes as (
                 (select coalesce(campaign_id, 0) as lane from sends
                   where mailbox_id = w.mailbox_id and state = 'planned' order by 1 limit 1)
                 union all
                 select (select coalesce(campaign_id, 0) from sends
                          where mailbox_id = w.mailbox_id and state = 'planned'
                            and coalesce(campaign_id, 0) > lanes.lane order by 1 limit 1)
                   from lanes where lanes.lane is not null)
               select lane from lanes where lane is not null limit 200) l
         cross join lateral (
               select id, priority, due_at, purpose from sends
                where mailbox_id = w.mailbox_id and state = 'planned' and coalesce(campaign_id, 0) = l.lane
                order by due_at, id limit %(per_lane)s) s
        """,
        {"ids": list(mailboxes), "per_lane": per_lane},
    )
    found: dict[MailboxId, list[Candidate]] = {MailboxId(one): [] for one in mailboxes}
    for row in await cur.fetchall():
        found[row[0]].append(Candidate(SendId(row[1]), row[2], row[3], row[4], Purpose(row[5])))
    return found


async def candidates_after(
    conn: Connection, last: Sequence[tuple[MailboxId, Candidate]], *, per_lane: int
) -> dict[MailboxId, list[Candidate]]:
    """The planned mails behind the last one known of each lane.

    It begins where the last look ended, so that what was sent since, and cannot be cleaned up while a report keeps its
    snapshot, is not walked over again. What was planned for an earlier time meanwhile is found by `candidates`.
    """
    cur = await conn.execute(
        """
        select w.mailbox_id, s.id, w.lane, s.priority, s.due_at, s.purpose
          from unnest(%(mailboxes)s::bigint[], %(lanes)s::bigint[], %(due)s::timestamptz[], %(ids)s::bigint[])
               as w (mailbox_id, lane, due_at, id)
         cross join lateral (
               select id, priority, due_at, purpose from sends s
                where s.mailbox_id = w.mailbox_id and s.state = 'planned' and coalesce(s.campaign_id, 0) = w.lane
                  and (s.due_at, s.id) > (w.due_at, w.id)
                order by s.due_at, s.id limit %(per_lane)s) s
        """,
        {
            "mailboxes": [one for one, _ in last],
            "lanes": [candidate.lane for _, candidate in last],
            "due": [candidate.due_at for _, candidate in last],
            "ids": [candidate.id for _, candidate in last],
            "per_lane": per_lane,
        },
    )
    found: dict[MailboxId, list[Candidate]] = {one: [] for one, _ in last}
    for row in await cur.fetchall():
        found[row[0]].append(Candidate(SendId(row[1]), row[2], row[3], row[4], Purpose(row[5])))
    return found


async def reserved_on(conn: Connection, days: Sequence[tuple[int, date]]) -> dict[int, int]:
    """How much of each mailbox's quota of a day is used."""
    cur = await conn.execute(
        """
        select mailbox_id, reserved from mailbox_days join unnest(%s::bigint[], %s::date[]) as w (mailbox_id, day)
         using (mailbox_id, day)
        """,
        [[one[0] for one in days], [one[1] for one in days]],
    )
    return {row[0]: row[1] for row in await cur.fetchall()}


async def delay_all(conn: Connection, mailbox_id: int, lease_number: int, owner: str, *, by_seconds: float) -> int:
    """Moves the planned campaign and warm-up mails of a mailbox back by so much, all alike."""
    cur = await conn.execute(
        """
        update sends s set due_at = due_at + make_interval(secs => %(by)s)
         where s.mailbox_id = %(mailbox_id)s and s.state = 'planned' and s.purpose in ('campaign', 'warmup')
           and exists (select from mailbox_turns t
                        where t.mailbox_id = s.mailbox_id and t.lease_number = %(number)s and t.lease_owner = %(owner)s)
        """,
        {"mailbox_id": mailbox_id, "number": lease_number, "owner": owner, "by": by_seconds},
    )
    return cur.rowcount


# Claims.


async def claim(conn: Connection, owner: str, wanted: Sequence[Wanted]) -> list[Claimed]:
    """Those of `wanted` that are still planned and whose mailbox is still ours, claimed, with quota reserved.

    Asked again for the same, after a commit whose answer was lost, it answers the same and reserves nothing more.
    """
    cur = await conn.execute(
        """
        with w as materialized (
          select w.*
            from unnest(%(ids)s::bigint[], %(mailboxes)s::bigint[], %(numbers)s::bigint[], %(days)s::date[])
                 as w (id, mailbox_id, lease_number, day)
            join mailbox_turns t on t.mailbox_id = w.mailbox_id and t.lease_number = w.lease_number
           where t.lease_owner = %(owner)s and t.held_at is null and t.lease_until > clock_timestamp()
        ), held as (
          select s.id, w.lease_number, w.day, s.state = 'planned' as is_new
            from w join sends s on s.id = w.id and s.mailbox_id = w.mailbox_id
           where s.state = 'planned' or (s.state = 'claimed' and s.lease_number = w.lease_number)
             for update of s
        ), claimed as (
          update sends s set state = 'claimed', lease_number = held.lease_number, day = held.day
            from held where s.id = held.id
          returning s.id, s.due_at, s.tries, s.day, s.lease_number, held.is_new
        )
        select c.id, m.workspace_id, m.mailbox_id, m.purpose, m.subject_id, m.campaign_id, m.once_key, c.due_at,
               m.to_address, c.lease_number, c.day, c.tries, m.token, m.mark, m.message_id, m.to_name, m.letter,
               c.is_new
          from claimed c join mails m on m.id = c.id
        """,
        {
            "owner": owner,
            "ids": [one.id for one in wanted],
            "mailboxes": [one.mailbox_id for one in wanted],
            "numbers": [one.lease_number for one in wanted],
            "days": [one.day for one in wanted],
        },
    )
    rows = await cur.fetchall()
    limits = {one.mailbox_id: one.limit for one in wanted}
    new: dict[tuple[int, date], list[int]] = {}
    workspaces = {}
    for row in rows:
        workspaces[row[2]] = row[1]
        if row[17]:
            new.setdefault((row[2], row[10]), []).append(row[0])
    refused = await _reserve(conn, new, workspaces, limits)
    return [
        Claimed(
            DueSend(SendId(row[0]), row[1], MailboxId(row[2]), Purpose(row[3]), row[4], row[5], row[6], row[7], row[8]),
            *row[9:17],
        )
        for row in rows
        if row[0] not in refused
    ]


async def _reserve(
    conn: Connection,
    new: dict[tuple[int, date], list[int]],
    workspaces: dict[int, int],
    limits: dict[MailboxId, int],
) -> set[int]:
    """Reserves quota for new claims; takes back, and answers, those for which there is none left."""
    if not new:
        return set()
    keys = sorted(new)
    cur = await conn.execute(
        """
        with w as (
          select * from unnest(%(ids)s::bigint[], %(days)s::date[], %(workspaces)s::bigint[], %(counts)s::int[],
                               %(limits)s::int[]) as w (mailbox_id, day, workspace_id, count, most)
        )
        insert into mailbox_days as d (mailbox_id, day, workspace_id, reserved)
        select mailbox_id, day, workspace_id, count from w where count <= most
        on conflict (mailbox_id, day) do update set reserved = d.reserved + excluded.reserved
         where d.reserved + excluded.reserved <= (select most from w where w.mailbox_id = d.mailbox_id)
        returning d.mailbox_id, d.day
        """,
        {
            "ids": [key[0] for key in keys],
            "days": [key[1] for key in keys],
            "workspaces": [workspaces[key[0]] for key in keys],
            "counts": [len(new[key]) for key in keys],
            "limits": [limits[MailboxId(key[0])] for key in keys],
        },
    )
    reserved = {(row[0], row[1]) for row in await cur.fetchall()}
    refused = {one for key in keys if key not in reserved for one in new[key]}
    if refused:
        await conn.execute(
            "update sends set state = 'planned', lease_number = null, day = null where id = any(%s)", [list(refused)]
        )
    return refused


# The sending mark.


async def mark(conn: Connection, owner: str, sends: Sequence[tuple[SendId, int, int]], *, now: datetime) -> set[SendId]:
    """Which of these mails, by id, mailbox and lease, now have the mark: from here on one may have been sent."""
    cur = await conn.execute(
        """
        with w as materialized (
          select w.*
            from unnest(%(ids)s::bigint[], %(mailboxes)s::bigint[], %(numbers)s::bigint[])
                 as w (id, mailbox_id, lease_number)
            join mailbox_turns t on t.mailbox_id = w.mailbox_id and t.lease_number = w.lease_number
            join mailboxes m on m.id = w.mailbox_id
           where t.lease_owner = %(owner)s and t.lease_until > clock_timestamp() and t.held_at is null
             and m.state = 'active'
        )
        update sends s set state = 'sending', marked_at = %(now)s
          from w
         where s.id = w.id and s.mailbox_id = w.mailbox_id and s.lease_number = w.lease_number
           and s.state in ('claimed', 'sending')
        returning s.id
        """,
        {
            "owner": owner,
            "ids": [one[0] for one in sends],
            "mailboxes": [one[1] for one in sends],
            "numbers": [one[2] for one in sends],
            "now": now,
        },
    )
    return {SendId(row[0]) for row in await cur.fetchall()}


async def keep_gaps(conn: Connection, free_at: Sequence[tuple[int, int, datetime]]) -> None:
    """When mailboxes (by id and lease) may send next; never earlier than was said before."""
    await conn.execute(
        """
        with w as (
          select w.*
            from unnest(%(ids)s::bigint[], %(numbers)s::bigint[], %(free_at)s::timestamptz[])
                 as w (mailbox_id, lease_number, free_at)
            join mailbox_turns t using (mailbox_id, lease_number)
           order by t.mailbox_id for update of t
        )
        update mailbox_turns t set next_free_at = greatest(t.next_free_at, w.free_at)
          from w where t.mailbox_id = w.mailbox_id
        """,
        {
            "ids": [one[0] for one in free_at],
            "numbers": [one[1] for one in free_at],
            "free_at": [one[2] for one in free_at],
        },
    )


# What became of it.


@dataclass(frozen=True, slots=True)
class Final:
    """How a mail ended. `lease_number` is None where nobody has it: one that is uncertain, or needs a decision."""

    id: SendId
    lease_number: int | None
    outcome: str  # sent, presumed_sent, failed
    at: datetime
    resolved_by: str
    stored_id: str | None = None
    reason: str | None = None
    reply: str | None = None
    hard: bool | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """A mail that is planned again, having certainly not been sent."""

    id: SendId
    lease_number: int | None
    due_at: datetime
    counts: bool  # as a try
    requeued: bool = False  # after having been uncertain


@dataclass(frozen=True, slots=True)
class Gone:
    id: SendId
    mailbox_id: int
    day: date | None


async def finish(conn: Connection, finals: Sequence[Final]) -> set[SendId]:
    """Moves mails to what is final; those that are no longer where they were are not among the answer.

    One with a lease has its mark, or became uncertain since; one that cannot be sent at all needs no mark. One without
    is uncertain, or was found to be sent.
    """
    cur = await conn.execute(
        """
        with r as (
          select * from unnest(%(id)s::bigint[], %(lease_number)s::bigint[], %(outcome)s::text[], %(at)s::timestamptz[],
                               %(resolved_by)s::text[], %(stored_id)s::text[], %(reason)s::text[], %(reply)s::text[],
                               %(hard)s::boolean[])
                 as r (id, lease_number, outcome, at, resolved_by, stored_id, reason, reply, hard)
        ), gone as (
          delete from sends s using r
           where s.id = r.id
             and (case when r.lease_number is null
                       then s.state in ('uncertain', 'needs_decision')
                            or (r.outcome = 'sent' and s.state in ('planned', 'claimed'))
                       else s.lease_number = r.lease_number
                            and (s.state in ('sending', 'uncertain')
                                 or (s.state = 'claimed' and r.outcome = 'failed'))
                  end)
          returning s.*
        ), written as (
          insert into sent_mails (workspace_id, id, mailbox_id, campaign_id, purpose, subject_id, outcome, at,
                                  resolved_by, stored_id, reason, reply, hard, tries)
          select g.workspace_id, g.id, g.mailbox_id, g.campaign_id, g.purpose, g.subject_id, r.outcome, r.at,
                 r.resolved_by, nullif(r.stored_id, (select message_id from mails where mails.id = g.id)),
                 r.reason, r.reply, r.hard, g.tries + 1
            from gone g join r on r.id = g.id
        )
        select id, mailbox_id, day from gone
        """,
        {name: [getattr(one, name) for one in finals] for name in Final.__slots__},
    )
    gone = [Gone(SendId(row[0]), row[1], row[2]) for row in await cur.fetchall()]
    failed = {one.id for one in finals if one.outcome == "failed"}
    await _give_back(conn, [one for one in gone if one.id in failed])
    return {one.id for one in gone}


async def plan_again(conn: Connection, agains: Sequence[Again]) -> set[SendId]:
    """Which of these mails are planned again, their quota given back."""
    cur = await conn.execute(
        """
        with held as (
          select s.id, s.mailbox_id, s.day, w.due_at, w.counts, w.requeued
            from unnest(%(id)s::bigint[], %(lease_number)s::bigint[], %(due_at)s::timestamptz[], %(counts)s::boolean[],
                        %(requeued)s::boolean[]) as w (id, lease_number, due_at, counts, requeued)
            join sends s on s.id = w.id
           where case when w.lease_number is null then s.state in ('uncertain', 'needs_decision')
                      else s.lease_number = w.lease_number and s.state in ('claimed', 'sending', 'uncertain') end
             for update of s
        ), changed as (
          update sends s
             set state = 'planned', due_at = h.due_at, tries = s.tries + h.counts::int, lease_number = null, day = null,
                 doubt = null, uncertain_at = null, look_at = null, looks = 0, looking_until = null,
                 requeued = s.requeued or h.requeued
            from held h where s.id = h.id
        ), woken as (
          insert into mailbox_wakes (mailbox_id, due_at) select mailbox_id, min(due_at) from held group by mailbox_id
        )
        select id, mailbox_id, day from held
        """,
        {name: [getattr(one, name) for one in agains] for name in Again.__slots__},
    )
    held = [Gone(SendId(row[0]), row[1], row[2]) for row in await cur.fetchall()]
    await _give_back(conn, held)
    return {one.id for one in held}


async def drop(conn: Connection, sends: Sequence[tuple[SendId, int]]) -> set[SendId]:
    """Takes mails out as if they had never been planned; which of these it was."""
    cur = await conn.execute(
        """
        with gone as (
          delete from sends s using unnest(%s::bigint[], %s::bigint[]) as w (id, lease_number)
           where s.id = w.id and s.lease_number = w.lease_number and s.state in ('claimed', 'sending')
          returning s.id, s.mailbox_id, s.day
        ), forgotten as (
          delete from mails using gone where mails.id = gone.id
        )
        select id, mailbox_id, day from gone
        """,
        [[one[0] for one in sends], [one[1] for one in sends]],
    )
    gone = [Gone(SendId(row[0]), row[1], row[2]) for row in await cur.fetchall()]
    await _give_back(conn, gone)
    return {one.id for one in gone}


async def doubt(
    conn: Connection, sends: Sequence[tuple[SendId, int]], *, now: datetime, look_at: datetime
) -> set[SendId]:
    """Which of these mails, handed over without an answer, are uncertain now."""
    cur = await conn.execute(
        """
        update sends s
           set state = 'uncertain', doubt = 'lost', uncertain_at = %(now)s, look_at = %(look_at)s, looks = 0
          from unnest(%(ids)s::bigint[], %(numbers)s::bigint[]) as w (id, lease_number)
         where s.id = w.id and s.lease_number = w.lease_number and s.state = 'sending'
        returning s.id
        """,
        {
            "ids": [one[0] for one in sends],
            "numbers": [one[1] for one in sends],
            "now": now,
            "look_at": look_at,
        },
    )
    return {SendId(row[0]) for row in await cur.fetchall()}


async def _give_back(conn: Connection, gone: Sequence[Gone]) -> None:
    """Gives back the quota of mails that surely were not sent.

    What is sent changes nothing here: a row that is written with every mail would leave, while a report keeps its
    snapshot, a dead version for each mail of the day, and every claim would walk over all of them.
    """
    counts: dict[tuple[int, date], int] = {}
    for one in gone:
        if one.day is not None:
            counts[one.mailbox_id, one.day] = counts.get((one.mailbox_id, one.day), 0) + 1
    if not counts:
        return
    keys = sorted(counts)
    await conn.execute(
        """
        with w as (
          select w.*
            from unnest(%(ids)s::bigint[], %(days)s::date[], %(counts)s::int[]) as w (mailbox_id, day, count)
            join mailbox_days d using (mailbox_id, day)
           order by d.mailbox_id, d.day for update of d
        )
        update mailbox_days d set reserved = d.reserved - w.count
          from w where d.mailbox_id = w.mailbox_id and d.day = w.day
        """,
        {"ids": [key[0] for key in keys], "days": [key[1] for key in keys], "counts": [counts[key] for key in keys]},
    )
