"""Workers in processes of their own that are killed and stopped in the middle of their jobs."""

import asyncio
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from engine_house import START, all_jobs, make_world, put, rows, until

from fairlead.db.clock import SharedClock, start_business_clock
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import JobState, NewJob

PROGRAM = Path(__file__).with_name("worker_process.py")
# Backoff is business time: at this speed it passes while a test can wait for it.
SPEED = 200.0


@pytest.fixture
async def world(db):
    async with db.transaction() as conn:
        await start_business_clock(conn, sandbox=True, origin=START, speed=SPEED)
        await conn.execute("create table effects (job_id bigint, worker text)")
        await conn.execute("create table attempts (job_id bigint, worker text)")
        await conn.execute("create table gate (is_open boolean)")
    return make_world(db, clock=await SharedClock.read(db))


@asynccontextmanager
async def process(db, name):
    child = await asyncio.create_subprocess_exec(sys.executable, str(PROGRAM), db.conninfo, name)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGCONT)
            child.terminate()
            await asyncio.wait_for(child.wait(), 30)


async def test_every_job_of_a_killed_worker_runs_and_takes_effect_once(db, world):
    async with db.transaction() as conn:
        await jobs.enqueue_many(conn, [NewJob("take effect", {}, world.clock.now()) for _ in range(400)])
    for name in ("first", "second"):
        async with process(db, name) as child:
            await until(lambda name=name: rows(db, f"select from effects where worker = '{name}' offset 50"))
            child.kill()
            await child.wait()
    assert await all_jobs(db) != []
    async with process(db, "third"):
        await until(lambda: _none_left(db))
    effects = await rows(db, "select job_id, count(*) from effects group by job_id")
    assert len(effects) == 400
    assert {count for _, count in effects} == {1}


async def test_a_job_that_kills_its_process_ends_parked_and_the_others_run(db, world):
    poison = await put(world, "kill", max_tries=3)
    deaths = 0
    while (await _state(db, poison)) is not JobState.PARKED:
        async with process(db, f"worker {deaths}") as child:
            dying = asyncio.create_task(child.wait())
            parked = asyncio.create_task(until(lambda: _is_parked(db, poison)))
            await asyncio.wait([dying, parked], return_when=asyncio.FIRST_COMPLETED)
            deaths += child.returncode == -signal.SIGKILL
            for task in (parked, dying):
                task.cancel()
            await asyncio.wait([parked, dying])
    assert deaths == 3
    (shown,) = await all_jobs(db)
    assert (shown.tries, shown.last_error.split(":")[0]) == (3, "WorkerDied")
    await put(world, "take effect")
    async with process(db, "last"):
        await until(lambda: rows(db, "select from effects"))


async def test_a_worker_that_stood_still_cannot_end_a_job_another_has_taken_over(db, world):
    job_id = await put(world, "wait at the gate")
    async with process(db, "sleeper") as sleeper:
        await until(lambda: rows(db, "select from attempts where worker = 'sleeper began'"))
        sleeper.send_signal(signal.SIGSTOP)
        async with process(db, "heir"):
            await until(lambda: rows(db, "select from attempts where worker = 'heir began'"))
            sleeper.send_signal(signal.SIGCONT)
            await rows(db, "insert into gate values (true) returning is_open")
            await until(lambda: _none_left(db))
    assert await rows(db, "select job_id, worker from effects") == [(job_id, "heir")]


async def test_a_late_finish_of_a_worker_that_stood_still_changes_nothing(db, world):
    job_id = await put(world, "wait at the gate")
    async with process(db, "sleeper") as sleeper:
        await until(lambda: rows(db, "select from attempts where worker = 'sleeper began'"))
        sleeper.send_signal(signal.SIGSTOP)
        async with process(db, "heir"):
            await until(lambda: rows(db, "select from attempts where worker = 'heir began'"))
            await rows(db, "insert into gate values (true) returning is_open")
            await until(lambda: _none_left(db))
        # The job is gone now, so nothing tells the sleeper to stop: it goes on and tries to finish it.
        sleeper.send_signal(signal.SIGCONT)
        await until(lambda: rows(db, "select from attempts where worker = 'sleeper went on'"))
    assert await rows(db, "select job_id, worker from effects") == [(job_id, "heir")]


async def test_a_worker_told_to_stop_ends_cleanly(db, world):
    await put(world, "take effect")
    async with process(db, "only") as child:
        await until(lambda: rows(db, "select from effects"))
        child.terminate()
        assert await asyncio.wait_for(child.wait(), 30) == 0


async def _none_left(db):
    return await all_jobs(db) == []


async def _state(db, job_id):
    return next(job.state for job in await all_jobs(db) if job.id == job_id)


async def _is_parked(db, job_id):
    return await _state(db, job_id) is JobState.PARKED

