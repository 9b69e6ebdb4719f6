import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.events import actions as events
from fairlead.events.model import START, NewEvent, Position

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


async def record(db, kind="happened", *, workspace_id=1, at=NOW, **body):
    async with db.transaction() as conn:
        return await events.record(conn, workspace_id, kind, at, **body)


async def read(db, position=START, limit=1000, **rest):
    async with db.statement() as conn:
        return await events.read_since(conn, position, limit, **rest)


async def test_what_is_recorded_is_read_in_order_with_all_it_says(db):
    first = await record(db, "email_sent", workspace_id=3, prospect="é", n=[1, None])
    async with db.transaction() as conn:
        more = await events.record_many(
            conn, [NewEvent(None, "started", NOW - timedelta(days=9)), NewEvent(1, "b", NOW), NewEvent(1, "a", NOW)]
        )
    found = await read(db)
    assert [event.id for event in found] == [first, *more]
    assert [event.kind for event in found] == ["email_sent", "started", "b", "a"]
    assert (found[0].workspace_id, found[0].at, found[0].body) == (3, NOW, {"prospect": "é", "n": [1, None]})
    assert found[1].workspace_id is None
    assert [event.kind for event in await read(db, found[1].position, 1)] == ["b"]
    assert await read(db, found[-1].position) == []


async def test_a_fact_is_recorded_only_with_what_makes_it_true(db):
    async with db.transaction() as conn, conn.transaction(force_rollback=True):
        await events.record(conn, 1, "happened", NOW)
    assert await read(db) == []


async def test_reading_can_be_narrowed_to_kinds_and_a_workspace(db):
    await record(db, "a", workspace_id=1)
    await record(db, "b", workspace_id=1)
    await record(db, "c", workspace_id=2)
    assert [event.kind for event in await read(db, kinds=["a", "c"])] == ["a", "c"]
    assert [event.kind for event in await read(db, workspace_id=1)] == ["a", "b"]
    assert await read(db, kinds=["a"], workspace_id=2) == []


async def test_no_row_appears_behind_a_reader_when_the_later_writer_commits_first(db):
    async with db.transaction() as early:
        await events.record(early, 1, "early", NOW)
        await record(db, "late")
        assert await read(db) == []
        async with db.statement() as conn:
            position = await events.horizon(conn)
    assert [event.kind for event in await read(db, position)] == ["early", "late"]


async def test_a_writer_that_has_not_yet_recorded_anything_holds_the_readers_up_too(db):
    async with db.transaction() as early:
        await early.execute("insert into event_readers (name, writer, id) values ('x', 0, 0)")
        await record(db, "late")
        assert await read(db) == []
        await events.record(early, 1, "early", NOW)
    assert [event.kind for event in await read(db)] == ["early", "late"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_a_reader_sees_every_committed_row_once_however_the_writers_interleave(db, data):
    """Four writers open, record, commit and roll back in any order while a reader follows."""
    open_writers: dict[int, object] = {}
    position, seen, committed, pending, count = await _end(db), [], set(), {}, 0
    steps = data.draw(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("wwwcrR")), max_size=40))
    try:
        for writer, step in steps:
            if step == "w":
                if writer not in open_writers:
                    open_writers[writer] = conn = await db.dedicated()
                    await conn.execute("begin")
                    pending[writer] = []
                count += 1
                pending[writer].append(await events.record(open_writers[writer], 1, "e", NOW, n=count))
            elif step in "cr" and writer in open_writers:
                conn = open_writers.pop(writer)
                await conn.execute("commit" if step == "c" else "rollback")
                await conn.close()
                ids = pending.pop(writer)
                committed |= set(ids) if step == "c" else set()
            elif step == "R":
                batch = await read(db, position, data.draw(st.integers(1, 3)))
                seen += [event.id for event in batch]
                position = batch[-1].position if batch else position
    finally:
        for conn in open_writers.values():
            await conn.execute("rollback")
            await conn.close()
    seen += [event.id for event in await read(db, position)]
    assert len(seen) == len(set(seen))
    assert set(seen) == committed


async def test_readers_lose_nothing_while_writers_run_at_full_speed(db):
    done = asyncio.Event()

    async def writer(number):
        for n in range(40):
            async with db.transaction() as conn:
                await events.record(conn, number, "e", NOW, n=n)
                await asyncio.sleep(0 if n % 3 else 0.002)
                await events.record(conn, number, "f", NOW, n=n)

    async def reader():
        position, seen, last = START, [], False
        while True:
            batch = await read(db, position, 17)
            seen += [(event.workspace_id, event.kind, event.body["n"]) for event in batch]
            position = batch[-1].position if batch else position
            if last and not batch:
                return seen
            last = done.is_set()

    reading = [asyncio.create_task(reader()) for _ in range(2)]
    await asyncio.gather(*(writer(number) for number in range(6)))
    done.set()
    for seen in await asyncio.gather(*reading):
        assert sorted(seen) == sorted((w, k, n) for w in range(6) for n in range(40) for k in "ef")


async def test_a_named_reader_goes_on_where_it_stopped(db):
    for n in range(5):
        await record(db, n=n)
    turns = []
    for _ in range(4):
        async with db.transaction() as conn:
            turns.append([event.body["n"] for event in await events.read_next(conn, "webhooks", 2)])
    assert turns == [[0, 1], [2, 3], [4], []]


async def test_a_reader_whose_transaction_fails_reads_the_same_again(db):
    await record(db)
    async with db.transaction() as conn, conn.transaction(force_rollback=True):
        assert len(await events.read_next(conn, "webhooks", 10)) == 1
    async with db.transaction() as conn:
        assert len(await events.read_next(conn, "webhooks", 10)) == 1


async def test_a_reader_is_read_by_one_transaction_at_a_time(db):
    async with db.transaction() as conn:
        await events.start_reader(conn, "webhooks", START)
    async with db.transaction() as one, db.transaction() as other:
        assert await events.read_next(one, "webhooks", 10) == []
        assert await events.read_next(other, "webhooks", 10) is None
        assert await events.read_next(other, "analytics", 10) == []


async def test_a_reader_of_rare_kinds_does_not_read_the_rest_again(db):
    await record(db, "common")
    async with db.transaction() as conn:
        assert await events.read_next(conn, "rare", 10, kinds=["rare"]) == []
    async with db.statement() as conn:
        assert await events.read_since(conn, await events.reader_position(conn, "rare"), 10) == []
    await record(db, "rare")
    async with db.transaction() as conn:
        assert [event.kind for event in await events.read_next(conn, "rare", 10, kinds=["rare"])] == ["rare"]


async def test_a_reader_never_goes_back(db):
    async with db.transaction() as conn:
        await events.start_reader(conn, "r", Position(5, 5))
        assert not await events.advance_reader(conn, "r", Position(5, 4))
        assert await events.advance_reader(conn, "r", Position(6, 1))
        await events.start_reader(conn, "r", START)
        assert await events.reader_position(conn, "r") == Position(6, 1)


async def test_after_a_restore_into_a_new_cluster_positions_go_on_growing(db):
    """The rows and readers of a database that had seen a million million transactions."""
    async with db.statement() as conn:
        await conn.execute(
            """
            insert into events (writer, at, workspace_id, kind, body)
            values (999999999990, %(now)s, 1, 'old', '{}'), (999999999999, %(now)s, 1, 'old', '{}')
            """,
            {"now": NOW},
        )
    await record(db, "lost without repair")
    assert [event.kind for event in await read(db)] == ["lost without repair"]
    async with db.transaction() as conn:
        assert await events.repair_after_restore(conn)
    async with db.transaction() as conn:
        assert not await events.repair_after_restore(conn)
    await record(db, "new")
    assert [event.kind for event in await read(db)] == ["lost without repair", "old", "old", "new"]
    assert [event.kind for event in await read(db, Position(999999999999, 10**15))] == ["new"]


async def test_the_position_of_a_reader_counts_when_positions_are_repaired(db):
    async with db.transaction() as conn:
        await events.start_reader(conn, "ahead", Position(10**12, 7))
    async with db.transaction() as conn:
        assert await events.repair_after_restore(conn)
    await record(db, "new")
    async with db.transaction() as conn:
        assert [event.kind for event in await events.read_next(conn, "ahead", 10)] == ["new"]


async def test_nothing_is_repaired_where_nothing_is_wrong(db):
    async with db.transaction() as conn:
        assert not await events.repair_after_restore(conn)
    await record(db)
    async with db.transaction() as older:
        await events.record(older, 1, "older", NOW)
        await record(db)
        async with db.transaction() as conn:
            assert not await events.repair_after_restore(conn)


async def test_two_processes_that_start_after_a_restore_repair_it_once(db):
    async with db.transaction() as conn:
        await events.start_reader(conn, "ahead", Position(10**12, 7))

    async def start():
        async with db.transaction() as conn:
            return await events.repair_after_restore(conn)

    assert sorted(await asyncio.gather(start(), start())) == [False, True]


async def _end(db):
    async with db.statement() as conn:
        return await events.horizon(conn)
