"""Brings the schema up to date: the files of `migrations/`, in the order of their numbers, each once."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fairlead.db.pool import Connection
from fairlead.kit.refusals import CannotStart

FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
# One number for this advisory lock in the whole product; see `docs/architecture.md`, locks.
MIGRATION_LOCK = 0x666C_0001
LOCK_TIMEOUT = "4s"


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    sql: str


@cache
def migrations() -> list[Migration]:
    found = []
    for path in files("fairlead.db").joinpath("migrations").iterdir():
        if match := FILE_NAME.fullmatch(path.name):
            found.append(Migration(int(match[1]), match[2], path.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.number)


async def migrate(conn: Connection) -> list[Migration]:
    """Applies what is missing, one transaction a file, and returns what was applied.

    `conn` is outside a transaction. Two processes at once: the second waits and finds nothing to do.
    """
    await conn.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        await conn.execute(
            """
            create table if not exists schema_migrations (
              number     int primary key,
              name       text not null,
              applied_at timestamptz not null default clock_timestamp()
            )
            """
        )
        applied = await _applied(conn)
        _refuse_newer(applied)
        missing = [migration for migration in migrations() if migration.number not in applied]
        for migration in missing:
            async with conn.transaction():
                await conn.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
                await conn.execute("set local statement_timeout = 0")
                await conn.execute(migration.sql.encode())
                await conn.execute(
                    "insert into schema_migrations (number, name) values (%s, %s)",
                    [migration.number, migration.name],
                )
        return missing
    finally:
        await conn.execute("select pg_advisory_unlock(%s)", [MIGRATION_LOCK])


async def is_new(conn: Connection) -> bool:
    """Whether nothing was ever applied; waits for a process that is just doing so."""
    await conn.execute("select pg_advisory_lock_shared(%s)", [MIGRATION_LOCK])
    try:
        return not await _applied_if_any(conn)
    finally:
        await conn.execute("select pg_advisory_unlock_shared(%s)", [MIGRATION_LOCK])


async def require_current(conn: Connection) -> None:
    """Raises `CannotStart` when the schema is older or newer than this program."""
    applied = await _applied_if_any(conn)
    _refuse_newer(applied)
    if any(migration.number not in applied for migration in migrations()):
        raise CannotStart("The database is older than this Fairlead; run: fairlead migrate")


async def _applied_if_any(conn: Connection) -> set[int]:
    cur = await conn.execute("select to_regclass('schema_migrations') is not null")
    row = await cur.fetchone()
    return await _applied(conn) if row and row[0] else set()


async def _applied(conn: Connection) -> set[int]:
    cur = await conn.execute("select number from schema_migrations")
    return {row[0] for row in await cur.fetchall()}


def _refuse_newer(applied: set[int]) -> None:
    if unknown := applied - {migration.number for migration in migrations()}:
        raise CannotStart(
            f"The database was brought up to date by a newer Fairlead (migration {max(unknown)}); "
            "install that version or restore an older backup."
        )
