"""The SQL of ingestion: files under leases."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from fairlead.accounts.model import WorkspaceId
from fairlead.corpus.ingesting.model import FileId, FileState, Input, PartReport, Work
from fairlead.db import Connection


async def enroll(conn: Connection, input: Input, owner: int, now: datetime, *, again: bool) -> tuple[FileId, FileState]:
    """The file as it stands now. Where it was parked and is wanted `again`, it waits like a new one."""
    cur = await conn.execute(
        """
        insert into ingestion_files as known (owner, input_hash, name, path, bytes, enrolled_at)
        values (%(owner)s, %(hash)s, %(name)s, %(path)s, %(bytes)s, %(now)s)
        on conflict on constraint ingestion_files_once do update
           set path = excluded.path,
               state = case when known.state = 'parked' and %(again)s then 'waiting' else known.state end,
               tries = case when known.state = 'parked' and %(again)s then 0 else known.tries end
        returning id, state
        """,
        {
            "owner": owner, "hash": input.hash, "name": input.name, "path": str(input.path), "bytes": input.bytes,
            "now": now, "again": again,
        },
    )  # fmt: skip
    row = await cur.fetchone()
    assert row is not None
    return FileId(row[0]), FileState(row[1])


async def lease(conn: Connection, ids: list[FileId], holder: str, length: timedelta, dead: list[str]) -> Work | None:
    """One of the files that nobody works on, or whose holder is gone or among `dead`, for `holder`."""
    cur = await conn.execute(
        """
        with free as (
            select id from ingestion_files
             where id = any(%(ids)s) and state in ('waiting', 'extracted')
               and (lease_until is null or lease_until < clock_timestamp() or lease_holder = any(%(dead)s))
             order by state, bytes desc, id
             limit 1
               for update skip locked
        )
        update ingestion_files as file
           set lease_holder = %(holder)s, lease_until = clock_timestamp() + %(length)s
          from free
         where file.id = free.id
        returning file.id, file.path, file.name, file.input_hash, file.owner, file.state, file.tries,
                  file.passed_over, file.ends_before, file.report
        """,
        {"ids": ids, "holder": holder, "length": length, "dead": dead},
    )
    row = await cur.fetchone()
    if row is None:
        return None
    return Work(
        id=FileId(row[0]),
        path=Path(row[1]),
        name=row[2],
        hash=row[3],
        owner=WorkspaceId(row[4]) if row[4] else None,
        state=FileState(row[5]),
        tries=row[6],
        passed_over=tuple(row[7]),
        ends_before=row[8],
        report=_report(row[9]),
    )


def _report(value: Any) -> PartReport | None:
    return None if value is None else msgspec.convert(value, PartReport)


async def holders(conn: Connection, ids: list[FileId]) -> list[str]:
    cur = await conn.execute(
        """
        select distinct lease_holder from ingestion_files
         where id = any(%(ids)s) and state in ('waiting', 'extracted') and lease_holder is not null
        """,
        {"ids": ids},
    )
    return [row[0] for row in await cur.fetchall()]


async def renew(conn: Connection, holder: str, length: timedelta) -> None:
    await conn.execute(
        """
        update ingestion_files set lease_until = clock_timestamp() + %(length)s
         where lease_holder = %(holder)s and state in ('waiting', 'extracted')
        """,
        {"holder": holder, "length": length},
    )


async def settle(
    conn: Connection,
    id: FileId,
    holder: str,
    state: FileState,
    *,
    report: PartReport | None = None,
    now: datetime | None = None,
    keep_lease: bool = False,
) -> bool:
    """Whether the file was still this holder's, and is in the new state now."""
    cur = await conn.execute(
        """
        update ingestion_files
           set state = %(state)s, report = coalesce(%(report)s, report), ended_at = %(now)s,
               lease_holder = case when %(keep)s then lease_holder end,
               lease_until = case when %(keep)s then lease_until end
         where id = %(id)s and lease_holder = %(holder)s
        """,
        {
            "id": id, "holder": holder, "state": state.value, "now": now, "keep": keep_lease,
            "report": None if report is None else Jsonb(msgspec.to_builtins(report)),
        },
    )  # fmt: skip
    return cur.rowcount == 1


async def note_death(
    conn: Connection, id: FileId, holder: str, *, passed_over: int | None, ends_before: int | None
) -> None:
    """One more try went wrong: the record at which it did is passed over from now on, or the last that is read."""
    await conn.execute(
        """
        update ingestion_files
           set tries = tries + 1,
               passed_over = case when %(passed_over)s::int is null then passed_over
                                  else passed_over || %(passed_over)s::int end,
               ends_before = coalesce(%(ends_before)s, ends_before),
               lease_holder = null, lease_until = null
         where id = %(id)s and lease_holder = %(holder)s
        """,
        {"id": id, "holder": holder, "passed_over": passed_over, "ends_before": ends_before},
    )


async def give_back(conn: Connection, id: FileId, holder: str) -> None:
    await conn.execute(
        """
        update ingestion_files set lease_holder = null, lease_until = null
         where id = %(id)s and lease_holder = %(holder)s
        """,
        {"id": id, "holder": holder},
    )


async def open_files(conn: Connection, ids: list[FileId]) -> int:
    cur = await conn.execute(
        "select count(*) from ingestion_files where id = any(%(ids)s) and state in ('waiting', 'extracted')",
        {"ids": ids},
    )
    row = await cur.fetchone()
    return row[0] if row else 0


async def ended(conn: Connection, ids: list[FileId]) -> list[tuple[str, FileState, PartReport | None, tuple[int, ...]]]:
    """(name, state, report, records passed over) of each file, in the order of names."""
    cur = await conn.execute(
        """
        select name, state, report, passed_over from ingestion_files where id = any(%(ids)s) order by name, id
        """,
        {"ids": ids},
    )
    return [(row[0], FileState(row[1]), _report(row[2]), tuple(row[3])) for row in await cur.fetchall()]
