"""Business time: shared by all processes through the database, and never going back."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.db import Database, clock
from fairlead.db.clock import TOLERATED_STEP_BACK, UNNOTED, SharedClock, start_business_clock
from fairlead.db.listen import Listener
from fairlead.kit.clock import ClockSetting
from fairlead.kit.refusals import CannotStart
from fairlead.main import Start, open_house
from fairlead.settings import Settings

ORIGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
AT_ONCE = timedelta(seconds=5)


async def started(db, *, sandbox=True, speed=1.0, origin=ORIGIN):
    """A process that starts and reads the clock."""
    async with db.statement() as conn:
        await start_business_clock(conn, sandbox=sandbox, origin=origin, speed=speed)
    return await SharedClock.read(db)


async def machine_is_behind(db, by):
    """As if the machine's clock had been set back: all that was noted lies so much later."""
    async with db.statement() as conn:
        await conn.execute(
            "update business_clock set machine_origin = machine_origin + %(by)s, "
            "business_origin = business_origin + %(by)s, latest = clock_timestamp() + %(by)s",
            {"by": by},
        )


async def test_a_new_sandbox_begins_at_its_origin(db):
    seen = await started(db)
    assert ORIGIN <= seen.now() < ORIGIN + AT_ONCE


async def test_a_live_clock_is_the_machines(db):
    seen = await started(db, sandbox=False, origin=None)
    assert abs(seen.now() - datetime.now(UTC)) < AT_ONCE


async def test_a_restart_does_not_go_back(db):
    first = await started(db, speed=1000)
    await clock_advance(db, by=timedelta(days=3))
    await first.refresh()
    shown = first.now()
    again = await started(db)
    assert shown <= again.now() < shown + UNNOTED * 1000 + AT_ONCE


async def test_a_killed_process_did_not_show_a_time_later_than_the_next_start(db):
    """Nothing was noted: the clock ran ahead of machine time until the process died."""
    first = await started(db, speed=100_000)
    shown = first.now()
    for _ in range(50):
        await asyncio.sleep(0)
        shown = first.now()
    assert (await started(db, speed=1)).now() >= shown


async def test_a_sandbox_stands_still_while_nothing_runs(db):
    first = await started(db)
    await first.note()
    async with db.statement() as conn:
        await conn.execute("update business_clock set machine_origin = machine_origin - interval '30 days'")
    assert (await started(db)).now() < ORIGIN + UNNOTED + AT_ONCE


async def test_a_second_process_starts_where_the_first_one_is(db):
    first = await started(db, speed=1000)
    await asyncio.sleep(0.05)
    second = await started(db, speed=1000)
    await first.refresh()
    assert abs(second.now() - first.now()) < timedelta(seconds=1000)
    assert second.now() >= ORIGIN + timedelta(seconds=50)


async def test_a_machine_clock_behind_by_minutes_holds_business_time(db):
    await started(db, sandbox=False, origin=None)
    await machine_is_behind(db, timedelta(minutes=30))
    seen = await started(db, sandbox=False, origin=None)
    first, second = seen.now(), seen.now()
    assert first == second == seen.setting.latest
    assert first - datetime.now(UTC) > timedelta(minutes=29)


async def test_a_machine_clock_behind_by_hours_refuses_the_start_with_both_times(db):
    await started(db, sandbox=False, origin=None)
    await machine_is_behind(db, TOLERATED_STEP_BACK + timedelta(minutes=5))
    with pytest.raises(CannotStart, match=r"The clock of this machine says .* UTC, but .* set the machine's clock"):
        await started(db, sandbox=False, origin=None)


async def test_a_machine_clock_that_steps_back_while_running_holds_business_time(db):
    seen = await started(db, sandbox=False, origin=None)
    shown = seen.now()
    seen.take_over(seen.setting, datetime.now(UTC) - timedelta(minutes=10))
    assert seen.now() >= shown


async def clock_advance(db, **how):
    async with db.transaction() as conn:
        return await clock.advance(conn, **how)


async def test_an_advance_is_seen_by_every_process_on_the_hint(conninfo):
    """Two processes, each with its own connections, listener and clock."""
    async with contextlib.AsyncExitStack() as stack:
        clocks, running = [], []
        for _ in range(2):
            db = await stack.enter_async_context(Database.opened(conninfo, connections=2))
            seen = await started(db)
            listener = Listener(db)
            listener.on(clock.CHANNEL, seen.refresh_soon)
            clocks.append(seen)
            running += [asyncio.create_task(seen.keep_fresh()), asyncio.create_task(listener.run())]
        target = await clock_advance(db, by=timedelta(days=7))
        async with asyncio.timeout(10):
            while any(seen.now() < target for seen in clocks):
                await asyncio.sleep(0.01)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_moving_to_an_earlier_time_moves_nothing(db):
    seen = await started(db)
    await clock_advance(db, by=timedelta(days=1))
    await clock_advance(db, to=ORIGIN)
    await seen.refresh()
    assert seen.now() >= ORIGIN + timedelta(days=1)


async def test_whoever_waits_for_the_clock_is_told_of_moves_and_not_of_notes(db):
    seen = await started(db)
    waiting = seen.changed
    await seen.note()
    await seen.refresh()
    assert not waiting.is_set()
    await clock_advance(db, by=timedelta(hours=1))
    await seen.refresh()
    assert waiting.is_set()
    assert not seen.changed.is_set()


async def test_a_stopped_clock_answers_the_same_for_ever(db):
    seen = await started(db, speed=0)
    assert seen.now() == seen.now()
    assert seen.setting.machine_wait(timedelta(seconds=1)) is None


async def test_a_live_installation_runs_at_no_other_speed(conninfo, tmp_path):
    stand = Settings(database_url=conninfo, data=tmp_path)
    with pytest.raises(CannotStart, match="Only a sandbox can run at another speed"):
        async with open_house(stand, Start(serves=True, speed=2.0)):
            pass
    async with open_house(stand, Start(serves=True)) as house:
        assert house.clock.setting.speed == 1


async def test_the_database_refuses_a_speed_below_zero_and_a_second_clock(db):
    await started(db)
    async with db.statement() as conn:
        with pytest.raises(psycopg.errors.CheckViolation):
            await conn.execute("update business_clock set speed = -1")
        with pytest.raises(psycopg.errors.UniqueViolation):
            await conn.execute("insert into business_clock select true, now(), now(), 1, now()")


MOMENTS = st.integers(-1_000_000, 1_000_000).map(lambda seconds: ORIGIN + timedelta(seconds=seconds))


@given(MOMENTS, MOMENTS, st.floats(0, 1e4), MOMENTS, st.lists(MOMENTS, min_size=2, max_size=2).map(sorted))
def test_business_time_follows_machine_time_and_is_never_below_the_note(origin, business, speed, latest, machine):
    setting = ClockSetting(origin, business, speed, latest)
    earlier, later = map(setting.business, machine)
    assert latest <= earlier <= later


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(-5_000, 100_000)),
        st.tuples(st.just("restart"), st.sampled_from([0, 0.5, 1, 60, 10_000])),
        st.tuples(st.just("kill"), st.sampled_from([0, 1, 10_000])),
        st.tuples(st.just("attach"), st.just(0)),
        st.tuples(st.just("note"), st.just(0)),
        st.tuples(st.just("machine back"), st.integers(0, 3_000)),
    ),
    max_size=12,
)


async def test_in_any_order_of_moves_restarts_and_speeds_nobody_ever_sees_an_earlier_time(db):
    """Processes come and go; the one looked at is always the last to have refreshed."""
    loop = asyncio.get_running_loop()

    async def example(steps):
        async with db.statement() as conn:
            await conn.execute("delete from business_clock")
        processes = [await started(db)]
        shown = processes[0].now()
        stepped_back = False
        for what, number in steps:
            match what:
                case "advance":
                    await clock_advance(db, by=max(timedelta(), timedelta(seconds=number)), to=shown)
                case "restart":
                    for process in processes:
                        await process.note()
                    processes = [await started(db, speed=number)]
                case "kill":
                    # What a machine's clock that was set back in the same seconds hides, nobody can know.
                    if stepped_back:
                        await max(processes, key=SharedClock.now).note()
                    processes = [await started(db, speed=number)]
                case "attach":
                    processes.append(await SharedClock.read(db))
                case "note":
                    await processes[0].note()
                case "machine back":
                    async with db.statement() as conn:
                        await conn.execute(
                            "update business_clock set machine_origin = machine_origin + make_interval(secs => %s)",
                            [number],
                        )
                    # A running process has its own monotonic clock; it notes how far it has come.
                    await processes[0].note()
                    stepped_back = True
            for process in processes:
                before = process.now()
                await process.refresh()
                assert process.now() >= before
            stepped_back = stepped_back and what != "restart"
            seen = max(process.now() for process in processes)
            assert seen >= shown, what
            shown = seen

    @settings(max_examples=40)
    @given(STEPS)
    def all_examples(steps):
        asyncio.run_coroutine_threadsafe(example(steps), loop).result(60)

    await asyncio.to_thread(all_examples)
