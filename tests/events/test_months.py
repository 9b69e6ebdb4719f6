import asyncio
from datetime import UTC, datetime, timedelta

from fairlead.events import actions as events
from fairlead.events.model import START, NewEvent
from fairlead.events.months import months_from

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


async def make(db, now=NOW):
    async with db.transaction() as conn:
        return await events.make_months(conn, now)


async def record(db, *moments):
    async with db.transaction() as conn:
        return await events.record_many(conn, [NewEvent(1, "e", moment) for moment in moments])


async def read(db):
    async with db.statement() as conn:
        return [(event.id, event.at) for event in await events.read_since(conn, START, 1000)]


async def places(db):
    async with db.statement() as conn:
        cur = await conn.execute("select tableoid::regclass::text from events order by id")
        return [row[0] for row in await cur.fetchall()]


def test_months_begin_on_their_first_day_in_utc():
    tokyo = datetime.fromisoformat("2026-12-01T08:00:00+09:00")
    assert [f"{month:%Y-%m-%d}" for month in months_from(tokyo, 3)] == ["2026-11-01", "2026-12-01", "2027-01-01"]


async def test_this_month_and_the_next_three_are_made_once(db):
    assert await make(db) == ["events_2026_11", "events_2026_12", "events_2027_01", "events_2027_02"]
    assert await make(db) == []
    assert await make(db, NOW + timedelta(days=31)) == ["events_2027_03"]


async def test_rows_go_to_their_month_to_the_microsecond(db):
    await make(db)
    december = datetime(2026, 12, 1, tzinfo=UTC)
    await record(db, december - timedelta(microseconds=1), december)
    assert await places(db) == ["events_2026_11", "events_2026_12"]


async def test_rows_of_the_default_partition_move_to_their_month_and_keep_their_positions(db):
    moments = [NOW, NOW + timedelta(days=30), NOW - timedelta(days=400), NOW + timedelta(days=900)]
    await record(db, *moments)
    assert set(await places(db)) == {"events_default"}
    before = await read(db)
    made = await make(db)
    assert await read(db) == before
    assert await places(db) == ["events_2026_11", "events_2026_12", "events_2025_10", "events_2029_05"]
    assert set(await places(db)) <= set(made)
    await record(db, *moments)
    assert "events_default" not in await places(db)


async def test_two_processes_make_the_months_without_getting_in_each_others_way(db):
    made = await asyncio.gather(make(db), make(db))
    assert sorted(map(len, made)) == [0, 4]


async def test_making_months_gives_up_when_a_backup_holds_the_table_and_nothing_is_lost(db):
    await record(db, NOW)
    async with db.transaction() as backup:
        await backup.execute("lock table events in access share mode")
        assert await make(db) == []
    assert len(await read(db)) == 1
    assert len(await make(db)) == 4


async def test_a_reader_that_waits_while_rows_move_still_finds_them(db):
    await record(db, NOW)
    async with db.transaction() as mover:
        await events.make_months(mover, NOW)
        reading = asyncio.create_task(read(db))
        async with db.statement() as conn, asyncio.timeout(10):
            while True:
                cur = await conn.execute("select count(*) from pg_locks where not granted")
                if (await cur.fetchone())[0]:
                    break
                await asyncio.sleep(0.01)
    assert len(await reading) == 1
