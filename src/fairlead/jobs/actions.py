"""What may be asked of the queue.

Times called `now`, `due_at` and `until` are business time; leases are machine time of the database.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from fairlead.db.pool import Connection
from fairlead.jobs import store
from fairlead.jobs.model import (
    DEFAULT_MAX_TRIES,
    Done,
    Failed,
    GivenBack,
    Hopeless,
    Job,
    JobId,
    JobState,
    LeaseLost,
    ListedJob,
    NewJob,
    Outcome,
    Postpone,
    Priority,
)
from fairlead.jobs.rules import next_try, serving_order

# Notices on this channel say that work may have become due. They are hints: losing one costs a poll.
CHANNEL = store.CHANNEL

WORKER_DIED = Failed("WorkerDied: the process that ran it ended or stood still")
EXPIRED_AT_ONCE = 1000


async def enqueue(
    conn: Connection,
    kind: str,
    payload: dict[str, Any],
    *,
    due_at: datetime,
    workspace_id: int | None = None,
    priority: Priority = Priority.NORMAL,
    once_key: str | None = None,
    max_tries: int = DEFAULT_MAX_TRIES,
    hint: bool = True,
) -> JobId | None:
    """The id of the job put in by the caller's transaction, or None when a live one of this kind has the once-key.

    A run begins after the caller's commit, and not later than `due_at`, also when the job was there already: one that
    waits is called earlier, one that is running will run again. Exceptions are a job that waits after a failure,
    which keeps its time, and a parked one, which is left to a person. The payload of the first stays.

    `hint=False` does not wake the workers: for work due later, and for much of it, because PostgreSQL lets
    transactions with a notice commit one at a time.
    """
    job = NewJob(kind, payload, due_at, workspace_id, priority, once_key, max_tries)
    ids = await store.insert(conn, [job], hint=hint)
    return ids[0] if ids else None


async def enqueue_many(conn: Connection, jobs: Sequence[NewJob], *, hint: bool = True) -> int:
    """How many of these were new; see `enqueue`."""
    free = [job for job in jobs if job.once_key is None]
    keyed: dict[tuple[str, str], NewJob] = {}
    for job in jobs:
        if job.once_key is not None:
            same = keyed.setdefault((job.kind, job.once_key), job)
            if job.due_at < same.due_at:
                keyed[job.kind, job.once_key] = job
    # In the order of the keys: two callers with the same keys then wait for each other instead of deadlocking.
    ordered = [keyed[key] for key in sorted(keyed)] + free
    return len(await store.insert(conn, ordered, hint=hint)) if ordered else 0


async def claim(
    conn: Connection,
    limit: int,
    *,
    now: datetime,
    lease: timedelta,
    lot: float = 1.0,
    at_most: Mapping[Priority, int] | None = None,
) -> list[Job]:
    """Up to `limit` due jobs, leased to the caller, in the order in which to begin them.

    `lot` is chance between 0 and 1 that lets less urgent work come first now and then; 1 is strict.
    """
    return await store.claim(
        conn, limit=limit, order=serving_order(lot), at_most=at_most or {}, now=now, lease=lease
    )


async def finish(conn: Connection, job: Job) -> None:
    """Ends a job within the transaction that did its work, so that both are true or neither.

    Raises `LeaseLost` when another run has taken over; the caller's transaction must then not commit.
    """
    if not await store.delete_done(conn, [job]):
        raise LeaseLost(f"job {job.id}")


async def postpone(conn: Connection, job: Job, until: datetime) -> None:
    """Lets a job wait until then, within the caller's transaction. Raises `LeaseLost`, see `finish`."""
    if not await store.put_back(conn, [store.Return(job, Postpone(until).until)]):
        raise LeaseLost(f"job {job.id}")


async def settle(
    conn: Connection, outcomes: Sequence[tuple[Job, Outcome]], *, now: datetime, random: Random
) -> set[JobId]:
    """Writes down how runs ended, and returns the jobs whose lease still held; the others are left as they are.

    May be repeated after a commit whose answer was lost.
    """
    done: list[Job] = []
    returns: list[store.Return] = []
    parked: list[tuple[Job, str]] = []
    for job, outcome in outcomes:
        match outcome:
            case Done():
                done.append(job)
            case Postpone(until):
                returns.append(store.Return(job, until))
            case GivenBack():
                returns.append(store.Return(job, job.due_at))
            case Hopeless(reason):
                parked.append((job, reason))
            case Failed(error):
                again = next_try(tries=job.tries, max_tries=job.max_tries, now=now, random=random)
                if again is None:
                    parked.append((job, error))
                else:
                    returns.append(store.Return(job, again, error))
    held: set[JobId] = set()
    if done:
        held |= await store.delete_done(conn, done)
    if returns:
        held |= await store.put_back(conn, returns)
    if parked:
        held |= await store.park(conn, parked, now)
    return held


async def extend(conn: Connection, jobs: Sequence[Job], lease: timedelta) -> set[JobId]:
    """Lets the leases of these jobs begin anew, and returns the jobs that another run has taken over.

    A job that its own handler has finished is neither.
    """
    await store.extend(conn, jobs, lease)
    return await store.taken_over(conn, jobs)


async def recover(conn: Connection, *, now: datetime, random: Random) -> int:
    """How many jobs were taken from workers whose lease is over; that run counts as a failed try."""
    expired = await store.expired_for_update(conn, EXPIRED_AT_ONCE)
    await settle(conn, [(job, WORKER_DIED) for job in expired], now=now, random=random)
    return len(expired)


async def all_done(conn: Connection, now: datetime) -> bool:
    """Whether nothing runs and nothing due by `now` is left."""
    return not await store.any_due_or_running(conn, now)


async def next_due(conn: Connection, after: datetime) -> datetime | None:
    """When the next job that waits is due after `after`."""
    return await store.next_due(conn, after)


async def listed(
    conn: Connection,
    *,
    state: JobState | None = None,
    kind: str | None = None,
    workspace_id: int | None = None,
    limit: int = 100,
) -> list[ListedJob]:
    """Jobs in the order in which they were put in, for a person to look at."""
    return await store.select_listed(conn, state=state, kind=kind, workspace_id=workspace_id, limit=limit)


async def retry_parked(conn: Connection, ids: Sequence[JobId] | None, now: datetime) -> list[JobId]:
    """The parked jobs that wait again, with all their tries. None stands for every parked one."""
    return await store.retry_parked(conn, None if ids is None else list(ids), now)


async def drop_parked(conn: Connection, ids: Sequence[JobId] | None) -> list[JobId]:
    """The parked jobs that were deleted. None stands for every parked one."""
    return await store.drop_parked(conn, None if ids is None else list(ids))
