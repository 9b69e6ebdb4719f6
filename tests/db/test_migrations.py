"""The schema: what migrations lead to, each once, and never by an older program."""

import asyncio
from uuid import uuid4

import psycopg
import pytest

from fairlead.db import migrate as module
from fairlead.db.binaries import major_version
from fairlead.db.migrate import Migration, is_new, migrate, migrations, require_current
from fairlead.db.schema import SCHEMA_FILE, migrated_schema
from fairlead.kit.refusals import CannotStart


@pytest.fixture
async def empty(server):
    """The address of a database with nothing in it."""
    name = f"empty_{uuid4().hex}"
    async with await psycopg.AsyncConnection.connect(server.conninfo("postgres"), autocommit=True) as conn:
        await conn.execute(f"create database {name}")
        yield server.conninfo(name)
        await conn.execute(f"drop database {name} with (force)")


@pytest.fixture
async def conn(empty):
    async with await psycopg.AsyncConnection.connect(empty, autocommit=True) as conn:
        yield conn


async def test_the_migrations_lead_to_the_schema_file(empty, conn):
    if conn.info.server_version // 10_000 != int(major_version()):
        pytest.skip(f"the server is {conn.info.server_version // 10_000}, the pg_dump of the wheel {major_version()}")
    assert await migrated_schema(empty) == SCHEMA_FILE.read_text("utf-8"), "run: make docs"


def test_numbers_are_without_gaps_and_names_differ():
    assert [item.number for item in migrations()] == list(range(1, len(migrations()) + 1))
    assert len({item.name for item in migrations()}) == len(migrations())


async def test_migrating_twice_does_nothing_the_second_time(conn):
    assert await is_new(conn)
    assert await migrate(conn) == migrations()
    assert await migrate(conn) == []
    assert not await is_new(conn)
    await require_current(conn)


async def test_of_two_at_once_one_migrates_and_the_other_finds_it_done(empty):
    async def one():
        async with await psycopg.AsyncConnection.connect(empty, autocommit=True) as conn:
            return await migrate(conn)

    applied = sorted(await asyncio.gather(*(one() for _ in range(4))), key=len)
    assert applied == [[], [], [], migrations()]


async def test_an_older_program_refuses_a_newer_database(conn):
    await migrate(conn)
    await conn.execute("insert into schema_migrations (number, name) values (9999, 'later')")
    for look in (migrate, require_current):
        with pytest.raises(CannotStart, match=r"newer Fairlead \(migration 9999\)"):
            await look(conn)


async def test_a_newer_program_asks_for_fairlead_migrate(conn):
    with pytest.raises(CannotStart, match="run: fairlead migrate"):
        await require_current(conn)
    await migrate(conn)
    await conn.execute("delete from schema_migrations where number = %s", [migrations()[-1].number])
    with pytest.raises(CannotStart, match="run: fairlead migrate"):
        await require_current(conn)


async def test_a_migration_that_fails_leaves_those_before_it_and_nothing_of_itself(conn, monkeypatch):
    broken = [*migrations(), Migration(len(migrations()) + 1, "broken", "create table half (); select 1/0")]
    monkeypatch.setattr(module, "migrations", lambda: broken)
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(conn)
    cur = await conn.execute("select to_regclass('half'), (select count(*) from schema_migrations)")
    assert await cur.fetchone() == (None, len(broken) - 1)
    # And the lock is free again.
    cur = await conn.execute("select count(*) from pg_locks where locktype = 'advisory'")
    assert (await cur.fetchone())[0] == 0


async def test_a_migration_gives_up_quickly_rather_than_make_everybody_wait(empty, conn, monkeypatch):
    await migrate(conn)
    waits = [*migrations(), Migration(len(migrations()) + 1, "waits", "alter table workspaces add column x int")]
    monkeypatch.setattr(module, "migrations", lambda: waits)
    monkeypatch.setattr(module, "LOCK_TIMEOUT", "50ms")
    async with await psycopg.AsyncConnection.connect(empty) as reader:
        await reader.execute("select count(*) from workspaces")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await migrate(conn)
