import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Done, Failed, GivenBack, Hopeless, JobState, LeaseLost, NewJob, Postpone, Priority

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def put(db, kind="work", payload=None, *, due_at=NOW, **rest):
    async with db.transaction() as conn:
        return await jobs.enqueue(conn, kind, payload or {}, due_at=due_at, **rest)


async def claim(db, limit=10, *, now=NOW, lease=MINUTE, **rest):
    async with db.transaction() as conn:
        return await jobs.claim(conn, limit, now=now, lease=lease, **rest)


async def settle(db, *outcomes, now=NOW, seed=1):
    async with db.transaction() as conn:
        return await jobs.settle(conn, outcomes, now=now, random=Random(seed))


async def recover(db, now=NOW):
    async with db.transaction() as conn:
        return await jobs.recover(conn, now=now, random=Random(1))


async def listed(db, **rest):
    async with db.statement() as conn:
        return await jobs.listed(conn, **rest)


async def end_leases(db):
    async with db.statement() as conn:
        await conn.execute("update jobs set lease_until = clock_timestamp() - interval '1 s' where state = 'running'")


async def test_a_job_exists_exactly_when_the_transaction_that_puts_it_in_commits(db):
    async with db.transaction() as conn, conn.transaction(force_rollback=True):
        await jobs.enqueue(conn, "work", {}, due_at=NOW)
    assert await claim(db) == []
    job_id = await put(db, payload={"n": [1, "é"]}, workspace_id=7)
    (job,) = await claim(db)
    assert (job.id, job.kind, job.payload, job.workspace_id, job.tries) == (job_id, "work", {"n": [1, "é"]}, 7, 1)


async def test_a_job_is_claimed_once_and_not_before_it_is_due(db):
    await put(db, due_at=NOW + MINUTE)
    assert await claim(db) == []
    assert len(await claim(db, now=NOW + MINUTE)) == 1
    assert await claim(db, now=NOW + MINUTE) == []


async def test_many_claims_at_once_share_the_jobs_without_overlap(db):
    async with db.transaction() as conn:
        assert await jobs.enqueue_many(conn, [NewJob("work", {"n": n}, NOW) for n in range(500)]) == 500

    async def work():
        mine = []
        while batch := await claim(db, 7):
            mine += [job.payload["n"] for job in batch]
        return mine

    shares = await asyncio.gather(*(work() for _ in range(6)))
    assert sorted(n for share in shares for n in share) == list(range(500))


async def test_urgent_work_comes_first_and_earlier_work_before_later(db):
    await put(db, "bulk", priority=Priority.BULK, due_at=NOW - 3 * MINUTE)
    await put(db, "normal, late", due_at=NOW)
    await put(db, "normal, early", due_at=NOW - MINUTE)
    await put(db, "urgent", priority=Priority.URGENT)
    assert [job.kind for job in await claim(db)] == ["urgent", "normal, early", "normal, late", "bulk"]


async def test_a_claim_serves_bulk_first_when_the_lot_falls_so(db):
    for priority in Priority:
        await put(db, priority.name, priority=priority)
    assert [job.kind for job in await claim(db, 1, lot=0.1)] == ["BULK"]
    assert [job.kind for job in await claim(db, 1, lot=0.3)] == ["NORMAL"]
    assert [job.kind for job in await claim(db, 1, lot=0.9)] == ["URGENT"]


async def test_bulk_work_goes_on_while_urgent_work_never_ends(db):
    async with db.transaction() as conn:
        await jobs.enqueue_many(conn, [NewJob("b", {}, NOW, priority=Priority.BULK) for _ in range(10)])
        await jobs.enqueue_many(conn, [NewJob("u", {}, NOW, priority=Priority.URGENT) for _ in range(400)])
    lots = Random(5)
    kinds = [job.kind for _ in range(200) for job in await claim(db, 1, lot=lots.random())]
    assert kinds.count("b") == 10
    assert kinds.count("u") == 190


async def test_a_claim_takes_no_more_of_a_priority_than_there_are_seats_for_it(db):
    for _ in range(5):
        await put(db, priority=Priority.BULK)
    await put(db)
    claimed = await claim(db, 6, at_most={Priority.BULK: 2})
    assert [job.priority for job in claimed] == [Priority.NORMAL, Priority.BULK, Priority.BULK]
    assert await claim(db, 6, at_most={Priority.BULK: 0}) == []


@pytest.mark.parametrize("analyzed", [False, True])
async def test_200_000_future_urgent_jobs_are_not_looked_at_by_the_claim(db, analyzed):
    async with db.statement() as conn:
        await conn.execute(
            """
            insert into jobs (kind, payload, due_at, priority, max_tries)
            select 'future', '{}', %s + n * interval '1 s', 0, 10 from generate_series(1, 200000) as n
            """,
            [NOW],
        )
        if analyzed:
            await conn.execute("vacuum analyze jobs")
    for n in range(3):
        await put(db, f"due {n}", priority=Priority.BULK)
    async with db.transaction() as conn:
        before = await _rows_read(conn)
        claimed = await jobs.claim(conn, 100, now=NOW, lease=MINUTE)
        after = await _rows_read(conn)
    assert [job.kind for job in claimed] == ["due 0", "due 1", "due 2"]
    assert after - before < 20


async def _rows_read(conn):
    """Rows and index entries read so far by this transaction."""
    cur = await conn.execute(
        """
        select coalesce(pg_stat_get_xact_tuples_returned('jobs'::regclass), 0)
             + coalesce(sum(pg_stat_get_xact_tuples_returned(indexrelid)), 0)
          from pg_index where indrelid = 'jobs'::regclass
        """
    )
    return (await cur.fetchone())[0]


async def test_a_once_key_makes_one_job_of_two_until_it_is_done(db):
    first = await put(db, once_key="enrollment 1 step 2")
    assert await put(db, once_key="enrollment 1 step 2") is None
    assert await put(db, "other work", once_key="enrollment 1 step 2") is not None
    claimed = await claim(db)
    assert [job.id for job in claimed if job.kind == "work"] == [first]
    await settle(db, *((job, Done()) for job in claimed))
    assert await put(db, once_key="enrollment 1 step 2") is not None


async def test_two_transactions_with_the_same_once_key_leave_one_job(db):
    first_has_put, second_is_waiting = asyncio.Event(), asyncio.Event()

    async def first():
        async with db.transaction() as conn:
            job_id = await jobs.enqueue(conn, "work", {}, due_at=NOW, once_key="k")
            first_has_put.set()
            await second_is_waiting.wait()
            return job_id

    async def second():
        await first_has_put.wait()
        async with db.transaction() as conn:
            pid = conn.info.backend_pid
            asking = asyncio.ensure_future(jobs.enqueue(conn, "work", {}, due_at=NOW, once_key="k"))
            await _waits_for_a_lock(db, pid)
            second_is_waiting.set()
            return await asking

    assert [job_id is None for job_id in await asyncio.gather(first(), second())] == [False, True]
    assert len(await listed(db)) == 1


async def test_a_once_key_is_free_when_the_transaction_that_took_it_rolls_back(db):
    async with db.transaction() as conn, conn.transaction(force_rollback=True):
        await jobs.enqueue(conn, "work", {}, due_at=NOW, once_key="k")
    assert await put(db, once_key="k") is not None


async def test_many_racing_callers_with_the_same_keys_leave_one_job_each(db):
    keys = [f"key {n}" for n in range(30)]

    async def caller(seed):
        mine = keys + keys
        Random(seed).shuffle(mine)
        async with db.transaction() as conn:
            return await jobs.enqueue_many(conn, [NewJob("work", {}, NOW, once_key=key) for key in mine])

    assert sum(await asyncio.gather(*(caller(seed) for seed in range(8)))) == 30
    assert len(await listed(db)) == 30


async def test_asking_again_calls_a_waiting_job_earlier_and_never_later(db):
    await put(db, due_at=NOW + 9 * MINUTE, once_key="k")
    await put(db, due_at=NOW + 2 * MINUTE, once_key="k")
    await put(db, due_at=NOW + 5 * MINUTE, once_key="k")
    assert [job.due_at for job in await listed(db)] == [NOW + 2 * MINUTE]


async def test_work_asked_for_while_it_runs_runs_again(db):
    await put(db, once_key="k")
    (running,) = await claim(db)
    assert await put(db, due_at=NOW + MINUTE, once_key="k") is None
    await settle(db, (running, Done()))
    assert await claim(db) == []
    (again,) = await claim(db, now=NOW + MINUTE)
    assert (again.id, again.tries) == (running.id, 1)
    await settle(db, (again, Done()))
    assert await listed(db) == []


async def test_a_failed_job_waits_longer_each_time_and_is_parked_when_its_tries_are_used_up(db):
    await put(db, max_tries=4)
    now, waits = NOW, []
    for _ in range(4):
        (job,) = await claim(db, now=now)
        await settle(db, (job, Failed("OSError: away")), now=now)
        (shown,) = await listed(db)
        waits.append((shown.due_at - now).total_seconds())
        now = shown.due_at
    assert [2.5 <= waits[0] <= 5, 5 <= waits[1] <= 10, 10 <= waits[2] <= 20] == [True, True, True]
    assert (shown.state, shown.tries, shown.last_error) == (JobState.PARKED, 4, "OSError: away")
    assert await claim(db, now=NOW + timedelta(days=99)) == []


async def test_a_parked_job_can_be_retried_or_dropped(db):
    first, second = await put(db, "a"), await put(db, "b")
    await settle(db, *((job, Hopeless("NoHandler: none")) for job in await claim(db)))
    assert await put(db, "c", once_key="k") is not None
    async with db.transaction() as conn:
        assert await jobs.retry_parked(conn, [first, 12345], NOW) == [first]
        assert await jobs.drop_parked(conn, None) == [second]
    again = {job.kind: job for job in await claim(db)}
    assert again.keys() == {"a", "c"}
    assert again["a"].tries == 1


async def test_a_parked_job_keeps_its_once_key(db):
    await put(db, once_key="k")
    await settle(db, *((job, Hopeless("no")) for job in await claim(db)))
    assert await put(db, once_key="k") is None
    assert [job.state for job in await listed(db)] == [JobState.PARKED]


async def test_postponing_and_giving_back_count_no_try(db):
    await put(db, max_tries=1)
    (job,) = await claim(db)
    await settle(db, (job, Postpone(NOW + MINUTE)))
    assert await claim(db) == []
    (job,) = await claim(db, now=NOW + MINUTE)
    await settle(db, (job, GivenBack()))
    (job,) = await claim(db, now=NOW + MINUTE)
    assert job.tries == 1


async def test_a_late_end_of_a_run_that_was_taken_over_changes_nothing(db):
    await put(db)
    (late,) = await claim(db)
    await end_leases(db)
    assert await recover(db) == 1
    (current,) = await claim(db, now=NOW + MINUTE)
    for outcome in (Done(), Postpone(NOW), Failed("no"), Hopeless("no"), GivenBack()):
        assert await settle(db, (late, outcome)) == set()
    with pytest.raises(LeaseLost):
        async with db.transaction() as conn:
            await jobs.finish(conn, late)
    with pytest.raises(LeaseLost):
        async with db.transaction() as conn:
            await jobs.postpone(conn, late, NOW)
    (shown,) = await listed(db)
    assert (shown.state, shown.tries) == (JobState.RUNNING, 2)
    assert await settle(db, (current, Done())) == {current.id}


async def test_a_run_that_never_reports_back_counts_a_try_and_the_last_one_parks_the_job(db):
    await put(db, max_tries=2)
    for _ in range(2):
        assert len(await claim(db, now=NOW + MINUTE)) == 1
        assert await recover(db) == 0
        await end_leases(db)
        assert await recover(db) == 1
    (shown,) = await listed(db)
    assert shown.state is JobState.PARKED
    assert shown.last_error.startswith("WorkerDied")


async def test_a_heartbeat_keeps_a_lease_and_names_the_jobs_that_were_taken_over(db):
    for kind in ("kept", "lost", "finished"):
        await put(db, kind)
    kept, lost, finished = held = await claim(db, lease=timedelta(milliseconds=1))
    async with db.transaction() as conn:
        await jobs.finish(conn, finished)
        await jobs.extend(conn, [kept], MINUTE)
    assert await recover(db) == 1
    async with db.transaction() as conn:
        assert await jobs.extend(conn, held, MINUTE) == {lost.id}


async def test_finishing_joins_the_transaction_of_the_work(db):
    await put(db)
    (job,) = await claim(db)
    async with db.transaction() as conn, conn.transaction(force_rollback=True):
        await jobs.finish(conn, job)
    assert len(await listed(db)) == 1
    async with db.transaction() as conn:
        await jobs.finish(conn, job)
    assert await listed(db) == []


async def test_all_is_done_when_nothing_runs_and_nothing_is_due(db):
    async def all_done(now=NOW):
        async with db.statement() as conn:
            return await jobs.all_done(conn, now)

    assert await all_done()
    await put(db, due_at=NOW + MINUTE, priority=Priority.BULK)
    assert await all_done()
    assert not await all_done(NOW + MINUTE)
    (job,) = await claim(db, now=NOW + MINUTE)
    assert not await all_done()
    await settle(db, (job, Done()))
    assert await all_done(NOW + MINUTE)


async def test_the_list_can_be_narrowed(db):
    await put(db, "a", workspace_id=1)
    await put(db, "b", workspace_id=1)
    await put(db, "b", workspace_id=2)
    assert len(await listed(db, kind="b")) == 2
    assert len(await listed(db, kind="b", workspace_id=2)) == 1
    assert len(await listed(db, state=JobState.WAITING)) == 3
    assert len(await listed(db, limit=2)) == 2


async def _waits_for_a_lock(db, pid):
    async with db.statement() as conn, asyncio.timeout(10):
        while True:
            cur = await conn.execute("select wait_event_type from pg_stat_activity where pid = %s", [pid])
            if (await cur.fetchone())[0] == "Lock":
                return
            await asyncio.sleep(0.01)
