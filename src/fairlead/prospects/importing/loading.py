"""Importing a file: rows are read and checked here while the database takes in those before them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg

from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.importing.columns import guess_mapping, require_way_to_reach
from fairlead.importing.delimited import Delimited
from fairlead.importing.files import open_source
from fairlead.importing.model import Broken, Source
from fairlead.kit.refusals import Conflict
from fairlead.prospects import lists
from fairlead.prospects.importing.checking import PROFILE, Checker
from fairlead.prospects.importing.failures import Failures
from fairlead.prospects.importing.model import Existing, Imported, Plan, Progress, RowError
from fairlead.prospects.model import ChangeId, CustomField, ListId
from fairlead.prospects.store import changes as change_store
from fairlead.prospects.store import fields as field_store
from fairlead.prospects.store import importing as store
from fairlead.world import World

# A transaction each: short enough that readers of the event log and other writers wait a third of a second at most.
CHUNK_ROWS = 20_000
FIRST_CHUNK_ROWS = 2_500
# And no more than this, whatever the rows hold.
CHUNK_CHARACTERS = 16_000_000
# So many rows are checked before the connection is looked at again: some milliseconds, in which the database still has
# work to do. A thread would fight this loop for the interpreter's lock and wait longer.
ROWS_AT_A_TIME = 100
SAMPLE_ROWS = 200
SHOWN_ROWS = 3
CLAIMED = "The owner of this address asked not to be contacted."
# Each try sees what the one before ran into.
TRIES = 5


@dataclass
class Chunk:
    """Checked rows, each about somebody else, with their cells as they were for the file of errors."""

    lines: dict[str, str] = field(default_factory=dict)
    """By what each prospect is known."""
    copied: bytes = b""
    """The lines, once there will be no more."""
    rows: dict[int, tuple[str, ...]] = field(default_factory=dict)
    read: int = 0
    duplicates: int = 0
    with_profiles: bool = False
    lacking: dict[int, str] = field(default_factory=dict)
    """Row number -> label of a required custom field that only a prospect known before may lack."""
    done: float = 0.0

@dataclass
class Totals:
    rows: int = 0
    made: int = 0
    known: int = 0
    updated: int = 0
    listed: int = 0
    duplicates: int = 0


async def plan_import(world: World, workspace_id: int, path: Path, *, mapping: Mapping[str, str] | None = None) -> Plan:
    """What an import of this file would read, to be shown before work starts.

    `mapping`: {column: field}, see `columns.guess_mapping`. Raises `NotFound` (the file) and `Invalid`: nothing in the
    file, a mapping that does not fit it, or no column that tells how to reach anybody.
    """
    return _plan(await asyncio.to_thread(open_source, path), await _fields(world, workspace_id), mapping)


async def import_file(
    world: World,
    workspace_id: int,
    path: Path,
    *,
    list_name: str,
    existing: Existing = Existing.SKIP,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
    plan: Plan | None = None,
) -> Imported:
    """Puts the prospects of a file on the list of this name, which is made if need be.

    `plan` is one of `plan_import` for this file, so that it is not looked through twice. `dry_run` counts what would
    happen and changes nothing. Rows that cannot be used are left out and written to FILE.errors.csv. What ends it in
    the middle (an exception, a lost machine) leaves whole chunks under one change, which `changes.undo` takes back; the
    same file can also be imported again. Raises as `plan_import`, and `Invalid` for the name of the list.
    """
    started = world.timer.monotonic()
    lists.checked_name(list_name)
    fields = await _fields(world, workspace_id)
    if plan is None:
        plan = _plan(await asyncio.to_thread(open_source, path), fields, mapping)
    failures = Failures(path, plan.source.columns)
    conn = await world.db.dedicated()
    try:
        await store.prepare(conn, for_update=existing is Existing.UPDATE)
        loading = Loading(world, conn, workspace_id, path.name, list_name, existing, failures)
        checker = Checker(plan.columns, fields, guarded=isinstance(plan.source, Delimited))
        totals = loading.totals
        made = _chunks(plan, checker, failures, loading.sending)
        async with aclosing(made), aclosing(_ahead(made)) as chunks:
            async for chunk in chunks:
                totals.rows += chunk.read
                totals.duplicates += chunk.duplicates
                if chunk.lines:
                    await (loading.count(chunk) if dry_run else loading.load(chunk))
                seconds = world.timer.monotonic() - started
                progress(Progress(totals.rows, failures.count, chunk.done, seconds))
        if loading.change_id is not None:
            await loading.finish()
    finally:
        failures.close()
        await conn.close()
    return Imported(
        rows=totals.rows,
        made=totals.made,
        known=totals.known,
        updated=totals.updated,
        listed=totals.listed,
        duplicates=totals.duplicates,
        failed=failures.count,
        errors_path=failures.path,
        errors_problem=failures.problem,
        change_id=loading.change_id,
        list_id=loading.list_id,
        seconds=world.timer.monotonic() - started,
    )


class Loading:
    """Takes in chunk after chunk under one change."""

    def __init__(
        self,
        world: World,
        conn: Connection,
        workspace_id: int,
        file_name: str,
        list_name: str,
        existing: Existing,
        failures: Failures,
    ) -> None:
        self.totals = Totals()
        self.change_id: ChangeId | None = None
        self.list_id: ListId | None = None
        # Held while rows are sent: checking rows in between would make the database wait for the next piece.
        self.sending = asyncio.Lock()
        self._conn = conn
        self._workspace_id = workspace_id
        self._subject = f"{file_name} to {list_name.strip()!r}"
        self._list_name = list_name
        self._update = existing is Existing.UPDATE
        self._failures = failures
        # One moment for all rows: whatever is changed later is told from them by its time.
        self._now: datetime = world.clock.now()

    async def load(self, chunk: Chunk) -> None:
        """One transaction. Raises `Conflict` when the import was taken back meanwhile."""
        for turn in range(TRIES):
            try:
                async with self._conn.transaction():
                    list_id, change_id = await self._begin()
                    left_out, counts = await self._take_in(chunk, list_id, change_id)
                break
            except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
                if turn == TRIES - 1:
                    raise
        self.list_id, self.change_id = list_id, change_id
        self._add(chunk, left_out, counts)

    async def count(self, chunk: Chunk) -> None:
        """Counts what `load` would do. Only temporary tables are written to."""
        async with self._conn.transaction():
            async with self.sending:
                await store.copy_rows(self._conn, chunk.copied)
            left_out = await self._compare(chunk, None)
            list_id = await lists.find_list_named(self._conn, self._workspace_id, self._list_name)
            counts = await store.count_without_changing(
                self._conn, workspace_id=self._workspace_id, list_id=list_id, update=self._update
            )
        self._add(chunk, left_out, counts)

    async def finish(self) -> None:
        """Says that the import is complete, and what it did."""
        assert self.change_id is not None
        totals = self.totals
        async with self._conn.transaction():
            await change_store.summarize(
                self._conn,
                workspace_id=self._workspace_id,
                change_id=self.change_id,
                summary=f"{totals.made + totals.known:,} prospects of {self._subject}",
            )
            await events.record(
                self._conn,
                self._workspace_id,
                "prospects_imported",
                self._now,
                change_id=self.change_id,
                list_id=self.list_id,
                made=totals.made,
                updated=totals.updated,
                listed=totals.listed,
            )

    async def _begin(self) -> tuple[ListId, ChangeId]:
        """The list and the change, made with the first chunk: a file without a good row leaves nothing behind."""
        await store.lock_imports(self._conn, self._workspace_id)
        if self.list_id is None or self.change_id is None:
            return (
                await lists.list_named(self._conn, self._workspace_id, self._list_name, now=self._now),
                await change_store.insert_change(
                    self._conn,
                    workspace_id=self._workspace_id,
                    kind="import",
                    summary=f"{self._subject}, not finished",
                    now=self._now,
                ),
            )
        change = await change_store.change_for_update(self._conn, self._workspace_id, self.change_id)
        if change is None or change.undone_at is not None:
            raise Conflict("undone_meanwhile", f"Import {self.change_id} was taken back while it was running.")
        return self.list_id, self.change_id

    async def _take_in(
        self, chunk: Chunk, list_id: ListId, change_id: ChangeId
    ) -> tuple[dict[int, str], store.Counts]:
        conn, workspace_id = self._conn, self._workspace_id
        async with self.sending:
            await store.copy_rows(conn, chunk.copied)
        left_out = await self._compare(chunk, change_id)
        known, repeated = await store.remember_known(conn)
        updated = 0
        if self._update and known:
            updated = await store.overwrite_known(conn, workspace_id=workspace_id, change_id=change_id, now=self._now)
        made = await store.insert_new(conn, workspace_id=workspace_id, change_id=change_id, now=self._now)
        listed = await store.put_on_list(
            conn,
            workspace_id=workspace_id,
            list_id=list_id,
            change_id=change_id,
            now=self._now,
            some_known=known > 0,
        )
        return left_out, store.Counts(made, known, updated, listed, repeated)

    async def _compare(self, chunk: Chunk, change_id: ChangeId | None) -> dict[int, str]:
        """Finds the rows about known prospects; what is left out, and why, by row number."""
        left_out = dict.fromkeys(await store.take_out_claimed(self._conn), CLAIMED)
        await store.find_known(
            self._conn,
            workspace_id=self._workspace_id,
            change_id=change_id,
            with_profiles=chunk.with_profiles,
            for_update=self._update and change_id is not None,
        )
        if chunk.lacking:
            for number in await store.take_out_unknown(self._conn, list(chunk.lacking)):
                left_out[number] = f"Custom field '{chunk.lacking[number]}' is required."
        return left_out

    def _add(self, chunk: Chunk, left_out: dict[int, str], counts: store.Counts) -> None:
        for number, reason in sorted(left_out.items()):
            self._failures.add(RowError(number, "", reason, list(chunk.rows[number])))
        self.totals.made += counts.made
        self.totals.known += counts.known
        self.totals.updated += counts.updated
        self.totals.listed += counts.listed
        self.totals.duplicates += counts.repeated


async def _chunks(
    plan: Plan, checker: Checker, failures: Failures, sending: asyncio.Lock
) -> AsyncGenerator[Chunk, None]:
    """Whole chunks, made in small steps while the loop has nothing to send."""
    rows = plan.source.rows()
    chunk, characters = Chunk(), checker.characters
    # Small ones first: until there is one the database has nothing to do.
    size = min(FIRST_CHUNK_ROWS, CHUNK_ROWS)
    more = True
    while more:
        async with sending:
            more = _fill(chunk, rows, checker, failures)
        if chunk.read >= size or checker.characters - characters >= CHUNK_CHARACTERS or not more:
            chunk.done = 1.0 if not more else plan.source.done()
            chunk.copied = _copied(chunk)
            yield chunk
            chunk, characters = Chunk(), checker.characters
            size = min(2 * size, CHUNK_ROWS)
        else:
            await asyncio.sleep(0)


def _fill(
    chunk: Chunk,
    rows: Iterator[tuple[int, list[str] | Broken]],
    checker: Checker,
    failures: Failures,
) -> bool:
    """Reads and checks a few rows; False when there are no more."""
    check, lines, kept = checker.check, chunk.lines, chunk.rows
    for _ in range(ROWS_AT_A_TIME):
        row = next(rows, None)
        if row is None:
            return False
        number, cells = row
        chunk.read += 1
        if isinstance(cells, Broken):
            failures.add(RowError(number, "", cells.reason, cells.cells))
            continue
        checked = check(number, cells)
        if isinstance(checked, RowError):
            failures.add(checked)
            continue
        key, line, lacking = checked
        if key in lines:
            chunk.duplicates += 1
            continue
        lines[key] = line
        kept[number] = tuple(cells)
        if lacking:
            chunk.lacking[number] = lacking
        if key[0] == PROFILE:
            chunk.with_profiles = True
    return True


async def _ahead(chunks: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
    """The same chunks, the next one being made while the caller works on one."""

    async def following() -> Chunk | None:
        return await anext(chunks, None)

    coming = asyncio.create_task(following())
    try:
        while (chunk := await coming) is not None:
            coming = asyncio.create_task(following())
            yield chunk
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


def _copied(chunk: Chunk) -> bytes:
    # In the order of their keys: the index on addresses is then walked through from one end to the other, and not
    # visited at random. That is worth most when it no longer fits into memory. The list keeps the order of the file.
    return "".join(f"{chunk.lines[key]}\n" for key in sorted(chunk.lines)).encode()


async def _fields(world: World, workspace_id: int) -> list[CustomField]:
    async with world.db.statement() as conn:
        return await field_store.custom_fields(conn, workspace_id)


def _plan(source: Source, fields: list[CustomField], mapping: Mapping[str, str] | None) -> Plan:
    sample = []
    for _, cells in source.rows():
        if not isinstance(cells, Broken):
            sample.append(cells)
        if len(sample) == SAMPLE_ROWS:
            break
    columns = guess_mapping(
        source.columns, sample, [item.label for item in fields], mapping, headed=source.headed
    )
    require_way_to_reach(columns)
    return Plan(source, columns, sample[:SHOWN_ROWS])
