"""The table `jobs`. Whoever changes a leased job names the lease; a lease that is over changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fairlead.db.pool import Connection
from fairlead.jobs.model import Job, JobId, JobState, ListedJob, NewJob, Priority

CHANNEL = "jobs"


async def insert(conn: Connection, jobs: Sequence[NewJob], *, hint: bool) -> list[JobId]:
    """The ids of those that are new. No two of `jobs` have the same kind and once-key."""
    # xmax is 0 in a row this statement inserted, and not in one it found and updated.
    cur = await conn.execute(
        f"""
        with put as (
          insert into jobs (kind, payload, due_at, workspace_id, priority, once_key, max_tries)
          select kind, payload::jsonb, due_at, workspace_id, priority, once_key, max_tries
            from unnest(%(kinds)s::text[], %(payloads)s::text[], %(due_ats)s::timestamptz[],
                        %(workspace_ids)s::bigint[], %(priorities)s::smallint[], %(once_keys)s::text[],
                        %(max_tries)s::int[])
                 as job (kind, payload, due_at, workspace_id, priority, once_key, max_tries)
          on conflict (kind, once_key) where once_key is not null
          do update set
             due_at       = case jobs.state when 'waiting' then excluded.due_at else jobs.due_at end,
             run_again_at = case jobs.state when 'running' then least(jobs.run_again_at, excluded.due_at) end
           where jobs.state = 'running'
              or (jobs.state = 'waiting' and jobs.tries = 0 and jobs.due_at > excluded.due_at)
          returning id, xmax = 0 as is_new
        )
        select id, is_new, (select pg_notify('{CHANNEL}', '') where %(hint)s) from put
        """,
        {
            "kinds": [job.kind for job in jobs],
            "payloads": [msgspec.json.encode(job.payload).decode() for job in jobs],
            "due_ats": [job.due_at for job in jobs],
            "workspace_ids": [job.workspace_id for job in jobs],
            "priorities": [int(job.priority) for job in jobs],
            "once_keys": [job.once_key for job in jobs],
            "max_tries": [job.max_tries for job in jobs],
            "hint": hint,
        },
    )
    return [JobId(row[0]) for row in await cur.fetchall() if row[1]]


async def claim(
    conn: Connection,
    *,
    limit: int,
    order: Sequence[Priority],
    at_most: Mapping[Priority, int],
    now: datetime,
    lease: timedelta,
) -> list[Job]:
    """Leases up to `limit` due jobs, the priorities in the order given and `at_most` so many of each."""
    # Not prepared: a plan made while the table was nearly empty would be kept when it holds a million future jobs.
    cur = await conn.execute(
        """
        with due as materialized (
          select found.id
            from unnest(%(priorities)s::smallint[], %(at_most)s::int[]) as turn (priority, at_most)
           cross join lateral (
                   select id
                     from jobs
                    where state = 'waiting' and priority = turn.priority and due_at <= %(now)s
                    order by due_at, id
                    limit turn.at_most
                      for update skip locked
                 ) as found
           limit %(limit)s
        )
        update jobs
           set state = 'running',
               tries = tries + 1,
               lease_number = lease_number + 1,
               lease_until = clock_timestamp() + %(lease)s
         where id = any (array(select id from due))
        returning id, kind, payload, due_at, workspace_id, priority, once_key, tries, max_tries, lease_number
        """,
        {
            "priorities": [int(priority) for priority in order],
            "at_most": [max(0, min(limit, at_most.get(priority, limit))) for priority in order],
            "limit": limit,
            "now": now,
            "lease": lease,
        },
        prepare=False,
    )
    jobs = [_job(row) for row in await cur.fetchall()]
    return sorted(jobs, key=lambda job: (order.index(job.priority), job.due_at, job.id))


async def delete_done(conn: Connection, jobs: Iterable[Job]) -> set[JobId]:
    """Ends the runs of these jobs, and returns those whose lease still held."""
    leases = _leases(jobs)
    # One by one by the primary key: a join of a long list makes PostgreSQL read the whole table.
    cur = await conn.execute(
        """
        with held as materialized (
          select found.id
            from unnest(%(ids)s::bigint[], %(lease_numbers)s::bigint[]) as lease (id, lease_number)
           cross join lateral (
                   select id
                     from jobs
                    where id = lease.id and lease_number = lease.lease_number
                      and state = 'running' and run_again_at is null
                      for update
                 ) as found
        )
        delete from jobs where id = any (array(select id from held)) returning id
        """,
        leases,
    )
    ended = {JobId(row[0]) for row in await cur.fetchall()}
    if len(ended) == len(leases["ids"]):
        return ended
    # In this order and in two statements: a wish to run again that comes in between is then seen by the second.
    cur = await conn.execute(
        """
        update jobs
           set state = 'waiting', due_at = run_again_at, run_again_at = null, lease_until = null, tries = 0,
               last_error = null
          from unnest(%(ids)s::bigint[], %(lease_numbers)s::bigint[]) as lease (id, lease_number)
         where jobs.id = lease.id and jobs.lease_number = lease.lease_number
           and state = 'running' and run_again_at is not null
        returning jobs.id
        """,
        leases,
    )
    return ended | {JobId(row[0]) for row in await cur.fetchall()}


@dataclass(frozen=True)
class Return:
    """A leased job that goes back to waiting. Without an error, this run does not count as a try."""

    job: Job
    due_at: datetime
    error: str | None = None


async def put_back(conn: Connection, returns: Sequence[Return]) -> set[JobId]:
    """Those whose lease still held."""
    # A wish to run again sets an earlier time, but not after a failure: it would undo the backoff.
    cur = await conn.execute(
        """
        update jobs
           set state = 'waiting',
               due_at = case when lease.error is null then least(lease.due_at, run_again_at) else lease.due_at end,
               tries = case when lease.error is null then tries - 1 else tries end,
               last_error = coalesce(lease.error, last_error),
               run_again_at = null,
               lease_until = null
          from unnest(%(ids)s::bigint[], %(lease_numbers)s::bigint[], %(due_ats)s::timestamptz[], %(errors)s::text[])
               as lease (id, lease_number, due_at, error)
         where jobs.id = lease.id and jobs.lease_number = lease.lease_number and state = 'running'
        returning jobs.id
        """,
        {
            **_leases(back.job for back in returns),
            "due_ats": [back.due_at for back in returns],
            "errors": [back.error for back in returns],
        },
    )
    return {JobId(row[0]) for row in await cur.fetchall()}


async def park(conn: Connection, failures: Sequence[tuple[Job, str]], now: datetime) -> set[JobId]:
    """Those whose lease still held."""
    cur = await conn.execute(
        """
        update jobs
           set state = 'parked', parked_at = %(now)s, last_error = lease.error, lease_until = null,
               run_again_at = null
          from unnest(%(ids)s::bigint[], %(lease_numbers)s::bigint[], %(errors)s::text[])
               as lease (id, lease_number, error)
         where jobs.id = lease.id and jobs.lease_number = lease.lease_number and state = 'running'
        returning jobs.id
        """,
        {**_leases(job for job, _ in failures), "errors": [error for _, error in failures], "now": now},
    )
    return {JobId(row[0]) for row in await cur.fetchall()}


async def extend(conn: Connection, jobs: Sequence[Job], lease: timedelta) -> None:
    """Lets the leases of these jobs begin anew where they still hold."""
    # A row that is locked is just being settled, or belongs to a transaction that cannot lose it; waiting for it here
    # could end in a deadlock.
    await conn.execute(
        """
        with held as (
          select jobs.id
            from jobs, unnest(%(ids)s::bigint[], %(lease_numbers)s::bigint[]) as lease (id, lease_number)
           where jobs.id = lease.id and jobs.lease_number = lease.lease_number and state = 'running'
             for update of jobs skip locked
        )
        update jobs set lease_until = clock_timestamp() + %(lease)s where id = any (array(select id from held))
        """,
        {**_leases(jobs), "lease": lease},
    )


async def taken_over(conn: Connection, jobs: Sequence[Job]) -> set[JobId]:
    """Those that are there and no longer run under the lease given."""
    cur = await conn.execute(
        """
        select jobs.id
          from jobs
          join unnest(%(ids)s::bigint[], %(lease_numbers)s::bigint[]) as lease (id, lease_number)
            on jobs.id = lease.id
         where state <> 'running' or jobs.lease_number <> lease.lease_number
        """,
        _leases(jobs),
    )
    return {JobId(row[0]) for row in await cur.fetchall()}


async def expired_for_update(conn: Connection, limit: int) -> list[Job]:
    """Running jobs whose lease is over and which no other worker is looking at."""
    cur = await conn.execute(
        """
        select id, kind, payload, due_at, workspace_id, priority, once_key, tries, max_tries, lease_number
          from jobs
         where state = 'running' and lease_until < clock_timestamp()
         order by id
         limit %(limit)s
           for update skip locked
        """,
        {"limit": limit},
    )
    return [_job(row) for row in await cur.fetchall()]


async def any_due_or_running(conn: Connection, now: datetime) -> bool:
    cur = await conn.execute(
        """
        select exists (select from jobs where state = 'running')
            or exists (select
                         from unnest(%(priorities)s::smallint[]) as turn (priority)
                        cross join lateral (
                                select from jobs
                                 where state = 'waiting' and priority = turn.priority and due_at <= %(now)s
                                 limit 1
                              ) as due)
        """,
        {"now": now, "priorities": [int(priority) for priority in Priority]},
        prepare=False,
    )
    row = await cur.fetchone()
    return bool(row and row[0])


async def select_listed(
    conn: Connection, *, state: JobState | None, kind: str | None, workspace_id: int | None, limit: int
) -> list[ListedJob]:
    cur = await conn.execute(
        """
        select id, state, kind, payload, workspace_id, priority, once_key, due_at, tries, max_tries, last_error,
               parked_at
          from jobs
         where (%(state)s::text is null or state = %(state)s)
           and (%(kind)s::text is null or kind = %(kind)s)
           and (%(workspace_id)s::bigint is null or workspace_id = %(workspace_id)s)
         order by id
         limit %(limit)s
        """,
        {"state": state, "kind": kind, "workspace_id": workspace_id, "limit": limit},
    )
    return [
        ListedJob(JobId(row[0]), JobState(row[1]), row[2], row[3], row[4], Priority(row[5]), *row[6:])
        for row in await cur.fetchall()
    ]


async def retry_parked(conn: Connection, ids: list[JobId] | None, now: datetime) -> list[JobId]:
    """Parked jobs that wait again with all their tries; every parked one when `ids` is None."""
    cur = await conn.execute(
        f"""
        with retried as (
          update jobs
             set state = 'waiting', due_at = %(now)s, tries = 0, parked_at = null
           where state = 'parked' and (%(ids)s::bigint[] is null or id = any (%(ids)s))
          returning id
        )
        select id, (select pg_notify('{CHANNEL}', '')) from retried order by id
        """,
        {"ids": ids, "now": now},
    )
    return [JobId(row[0]) for row in await cur.fetchall()]


async def drop_parked(conn: Connection, ids: list[JobId] | None) -> list[JobId]:
    """Parked jobs that are gone now; every parked one when `ids` is None."""
    cur = await conn.execute(
        """
        delete from jobs
         where state = 'parked' and (%(ids)s::bigint[] is null or id = any (%(ids)s))
        returning id
        """,
        {"ids": ids},
    )
    return sorted(JobId(row[0]) for row in await cur.fetchall())


def _leases(jobs: Iterable[Job]) -> dict[str, list[int]]:
    pairs = [(int(job.id), job.lease_number) for job in jobs]
    return {"ids": [pair[0] for pair in pairs], "lease_numbers": [pair[1] for pair in pairs]}


def _job(row: tuple[Any, ...]) -> Job:
    return Job(JobId(row[0]), row[1], row[2], row[3], row[4], Priority(row[5]), *row[6:])


async def next_due(conn: Connection, after: datetime) -> datetime | None:
    cur = await conn.execute("select min(due_at) from jobs where state = 'waiting' and due_at > %s", [after])
    row = await cur.fetchone()
    found: datetime | None = row[0] if row else None
    return found
