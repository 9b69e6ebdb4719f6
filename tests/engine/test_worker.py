import asyncio
from datetime import timedelta

import pytest
from engine_house import SHORT_LEASE, SetClock, all_jobs, make_world, put, rows, until, working

from fairlead.engine import worker as worker_module
from fairlead.engine.worker import Worker, run_due_jobs, seats_left
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import JobState, NewJob, Postpone, Priority

HOUR = timedelta(hours=1)


class Seen:
    """Handlers that note down what they were given."""

    def __init__(self):
        self.jobs = []

    async def note(self, world, job):
        self.jobs.append(job)

    @property
    def tries(self):
        return [job.tries for job in self.jobs]


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def world(db, clock):
    return make_world(db, clock=clock)


@pytest.fixture
def no_polling(monkeypatch):
    """What happens within the patience of a test then happens without a poll."""
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 300.0)


async def nothing_left(db):
    return await all_jobs(db) == []


async def test_jobs_run_at_the_same_time_up_to_the_slots(db):
    world, running, most = make_world(db, slots=3), 0, 0

    async def busy(world, job):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1

    async with db.transaction() as conn:
        await jobs.enqueue_many(conn, [NewJob("busy", {}, world.clock.now()) for _ in range(20)])
    async with working(world, {"busy": busy}):
        await until(lambda: nothing_left(db))
    assert most == 3


@pytest.mark.usefixtures("no_polling")
async def test_a_notice_wakes_an_idle_worker(db, world):
    seen = Seen()
    async with working(world, {"note": seen.note}):
        await until(lambda: rows(db, "select from pg_stat_activity where query ilike 'listen%'"))
        for n in (1, 2, 3):
            await put(world, "note")
            await until(lambda n=n: len(seen.jobs) == n)


@pytest.mark.usefixtures("no_polling")
async def test_moving_the_clock_wakes_an_idle_worker(db, world, clock):
    seen = Seen()
    await put(world, "note", due_at=clock.now() + HOUR)
    async with working(world, {"note": seen.note}):
        await until(lambda: rows(db, "select from pg_stat_activity where query ilike 'listen%'"))
        assert seen.jobs == []
        clock.move(HOUR)
        await until(lambda: seen.jobs)


async def test_work_without_a_notice_is_found_by_polling(db, world):
    seen = Seen()
    async with working(world, {"note": seen.note}):
        await put(world, "note", hint=False)
        await until(lambda: seen.jobs)


async def test_a_failed_job_is_tried_again_after_a_while(db, world, clock):
    seen = Seen()

    async def fail_once(world, job):
        await seen.note(world, job)
        if job.tries == 1:
            raise OSError("password=hunter2 is wrong")

    await put(world, "fail once")
    async with working(world, {"fail once": fail_once}):
        await until(lambda: seen.jobs)
        await until(lambda: waiting(db))
        (shown,) = await all_jobs(db)
        assert shown.last_error == "OSError: password=*** is wrong"
        clock.move(HOUR)
        await until(lambda: nothing_left(db))
    assert seen.tries == [1, 2]


async def waiting(db):
    return [job.state for job in await all_jobs(db)] == [JobState.WAITING]


async def test_a_job_nobody_knows_is_parked_at_once(db, world):
    await put(world, "unheard of")
    async with working(world, {}):
        await until(lambda: parked(db))
    (shown,) = await all_jobs(db)
    assert shown.last_error == "NoHandler: this version knows no jobs of kind 'unheard of'"


async def parked(db):
    return [job.state for job in await all_jobs(db)] == [JobState.PARKED]


async def test_a_handler_may_postpone_its_job(db, world, clock):
    seen = Seen()

    async def later(world, job):
        await seen.note(world, job)
        return Postpone(job.due_at + HOUR) if len(seen.jobs) < 3 else None

    await put(world, "later", max_tries=1)
    async with working(world, {"later": later}):
        for n in (1, 2, 3):
            await until(lambda n=n: len(seen.jobs) == n)
            clock.move(HOUR)
        await until(lambda: nothing_left(db))
    assert seen.tries == [1, 1, 1]


async def test_a_job_longer_than_its_lease_is_kept_by_the_heartbeat(db, world):
    seen = Seen()

    async def long(world, job):
        await seen.note(world, job)
        await asyncio.sleep(2 * SHORT_LEASE.total_seconds())

    await put(world, "long")
    async with (
        working(world, {"long": long}, lease=SHORT_LEASE),
        working(make_world(db), {"long": long}, lease=SHORT_LEASE),
    ):
        await until(lambda: nothing_left(db))
    assert seen.tries == [1]


async def test_the_run_of_a_job_that_was_taken_over_is_canceled(db, world):
    canceled, began = asyncio.Event(), asyncio.Event()

    async def stuck(world, job):
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            canceled.set()
            raise

    await put(world, "stuck")
    async with working(world, {"stuck": stuck}, lease=SHORT_LEASE):
        await began.wait()
        async with db.statement() as conn:
            await conn.execute("update jobs set lease_number = lease_number + 1")
        await asyncio.wait_for(canceled.wait(), 30)
        (shown,) = await all_jobs(db)
        assert shown.state is JobState.RUNNING
        async with db.statement() as conn:
            await conn.execute("delete from jobs")


async def test_a_stopped_worker_finishes_what_it_began_and_begins_nothing_more(db):
    world, seen = make_world(db, slots=1), Seen()

    async def slow(world, job):
        await seen.note(world, job)
        await asyncio.sleep(0.1)

    await put(world, "slow")
    await put(world, "slow")
    async with working(world, {"slow": slow}) as worker:
        await until(lambda: seen.jobs)
        worker.stop()
    (left,) = await all_jobs(db)
    assert (len(seen.jobs), left.state, left.tries) == (1, JobState.WAITING, 0)


async def test_what_is_not_done_when_the_grace_is_over_is_given_back(db, world):
    began = asyncio.Event()

    async def endless(world, job):
        began.set()
        await asyncio.sleep(600)

    await put(world, "endless")
    async with working(world, {"endless": endless}, grace_seconds=0.05):
        await began.wait()
    (left,) = await all_jobs(db)
    assert (left.state, left.tries) == (JobState.WAITING, 0)


async def test_a_canceled_worker_gives_its_jobs_back(db, world):
    began = asyncio.Event()

    async def endless(world, job):
        began.set()
        await asyncio.sleep(600)

    await put(world, "endless")
    running = asyncio.create_task(Worker(world, {"endless": endless}, ()).run())
    await began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (left,) = await all_jobs(db)
    assert (left.state, left.tries) == (JobState.WAITING, 0)


async def test_a_worker_goes_on_when_its_connections_are_cut(db, world, clock):
    seen = Seen()

    async def slow(world, job):
        await asyncio.sleep(0.01)
        await seen.note(world, job)

    async with db.transaction() as conn:
        await jobs.enqueue_many(conn, [NewJob("slow", {}, clock.now()) for _ in range(100)])
    async with working(world, {"slow": slow}):
        for n in (10, 40, 70):
            await until(lambda n=n: len(seen.jobs) >= n)
            async with await db.dedicated() as conn:
                await conn.execute(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                     where datname = current_database() and pid <> pg_backend_pid()
                    """
                )
        await until(lambda: settled(db))
    assert len({job.id for job in seen.jobs}) == 100


async def settled(db):
    try:
        return await nothing_left(db)
    except Exception:
        return False  # this test cut its own connections too


def test_bulk_work_leaves_a_quarter_of_the_seats_to_others():
    assert seats_left(32, {Priority.BULK: 20}) == {Priority.BULK: 4}
    assert seats_left(32, {Priority.BULK: 24, Priority.URGENT: 3}) == {Priority.BULK: 0}
    assert seats_left(1, {}) == {Priority.BULK: 1}


async def test_running_what_is_due_also_runs_what_that_puts_in(db, world, clock):
    seen = Seen()

    async def chain(world, job):
        await seen.note(world, job)
        if (left := job.payload["left"]) > 0:
            await put(world, "chain", {"left": left - 1})
        else:
            await put(world, "chain", {"left": 0}, due_at=clock.now() + HOUR)

    await put(world, "chain", {"left": 3})
    assert await run_due_jobs(world, {"chain": chain}, ()) == 4
    assert await run_due_jobs(world, {"chain": chain}, ()) == 0
    clock.move(HOUR)
    assert await run_due_jobs(world, {"chain": chain}, (), until=clock.now() - timedelta(minutes=1)) == 0
    assert await run_due_jobs(world, {"chain": chain}, ()) == 1


async def test_running_what_is_due_leaves_a_failed_job_to_its_time(db, world, clock):
    async def fail(world, job):
        raise ZeroDivisionError

    await put(world, "fail", max_tries=2)
    assert await run_due_jobs(world, {"fail": fail}, ()) == 1
    clock.move(HOUR)
    assert await run_due_jobs(world, {"fail": fail}, ()) == 1
    assert [job.state for job in await all_jobs(db)] == [JobState.PARKED]
