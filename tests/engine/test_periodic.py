import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from engine_house import SetClock, make_world, rows, until, working

from fairlead.engine.handlers import HANDLERS, PERIODIC
from fairlead.engine.periodic import Periodic, Ticker, latest_tick, run_tick
from fairlead.engine.worker import run_due_jobs

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Ticks:
    def __init__(self):
        self.times = []

    async def note(self, conn, now):
        self.times.append(now)


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def world(db, clock):
    return make_world(db, clock=clock)


@pytest.mark.parametrize(
    ("every", "now", "tick"),
    [(HOUR, "08:59:59", "08:00:00"), (HOUR, "09:00:00", "09:00:00"), (timedelta(minutes=15), "08:44:00", "08:30:00")],
)
def test_ticks_are_whole_multiples_of_the_interval(every, now, tick):
    day = "2026-01-05T{}+00:00"
    assert latest_tick(every, datetime.fromisoformat(day.format(now))) == datetime.fromisoformat(day.format(tick))


async def test_each_tick_runs_once_and_missed_ones_do_not_come_in_a_burst(world, clock):
    ticks = Ticks()
    ticker = Ticker(world, [Periodic("note", HOUR, ticks.note)])
    assert [await ticker.run_due(), await ticker.run_due()] == [1, 0]
    clock.move(59 * MINUTE)
    assert await ticker.run_due() == 0
    clock.move(MINUTE)
    assert await ticker.run_due() == 1
    clock.move(timedelta(days=30))
    assert [await ticker.run_due(), await ticker.run_due()] == [1, 0]
    assert len(ticks.times) == 3


async def test_two_workers_never_run_the_same_tick(db, clock):
    ticks = Ticks()
    tickers = [Ticker(make_world(db, clock=clock), [Periodic("note", MINUTE, ticks.note)]) for _ in range(4)]
    for _ in range(10):
        await asyncio.gather(*(ticker.run_due() for ticker in tickers))
        clock.move(MINUTE)
    assert len(ticks.times) == 10


async def test_a_worker_does_not_wait_for_one_that_is_at_it(world, clock):
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow(conn, now):
        began.set()
        await go_on.wait()

    item = Periodic("slow", HOUR, slow)
    first = asyncio.create_task(run_tick(world, item, clock.now()))
    await began.wait()
    assert await run_tick(world, item, clock.now()) is None
    go_on.set()
    assert await first is True
    assert await run_tick(world, item, clock.now()) is False


async def test_a_tick_that_fails_leaves_nothing_behind_and_stays_due(world, clock, caplog):
    async def fail(conn, now):
        await conn.execute("create table left_behind ()")
        raise ZeroDivisionError("token=abc")

    ticker = Ticker(world, [Periodic("fail", HOUR, fail)])
    assert await ticker.run_due() == 0
    assert "ZeroDivisionError: token=***" in caplog.text
    assert await rows(world.db, "select to_regclass('left_behind')") == [(None,)]
    ticks = Ticks()
    assert await Ticker(world, [Periodic("fail", HOUR, ticks.note)]).run_due() == 1


async def test_a_worker_ticks(world, clock):
    ticks = Ticks()
    async with working(world, {}, [Periodic("note", HOUR, ticks.note)]):
        await until(lambda: len(ticks.times) == 1)
        clock.move(HOUR)
        await until(lambda: len(ticks.times) == 2)


async def test_running_what_is_due_ticks_too(world, clock):
    ticks = Ticks()
    await run_due_jobs(world, {}, [Periodic("note", HOUR, ticks.note)])
    clock.move(3 * HOUR)
    await run_due_jobs(world, {}, [Periodic("note", HOUR, ticks.note)], until=clock.now() - HOUR)
    assert ticks.times == [datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 1, 5, 10, tzinfo=UTC)]


async def test_what_runs_in_the_background_has_distinct_names_and_makes_the_months(world):
    assert len({item.name for item in PERIODIC}) == len(PERIODIC)
    await run_due_jobs(world, HANDLERS, PERIODIC)
    assert await rows(world.db, "select to_regclass('events_2026_01') is not null") == [(True,)]
