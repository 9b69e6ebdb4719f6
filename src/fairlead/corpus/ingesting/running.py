"""A run of ingestion: files enrolled, extracted under leases, merged."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fairlead.accounts.model import WorkspaceId
from fairlead.corpus.holders import is_gone, new_holder
from fairlead.corpus.ingesting import inputs, store
from fairlead.corpus.ingesting.engines import Died, Engine
from fairlead.corpus.ingesting.extracting import Job, position_of
from fairlead.corpus.ingesting.merging import merge
from fairlead.corpus.ingesting.model import FileId, FileState, Outcome, PartReport, Work
from fairlead.corpus.ingesting.parts import hash_of, part_path, trailer_of
from fairlead.corpus.model import INSTALLATION
from fairlead.world import World

# Machine time. Longer than any pause of a busy process.
LEASE = timedelta(seconds=60)
BEATS_PER_LEASE = 4
MOST_TRIES = 5
WAIT_SECONDS = 0.5


@dataclass
class Progress:
    """What a bar shows. Bytes are of the inputs, as they lie on the disk."""

    bytes: int = 0
    bytes_done: int = 0
    files: int = 0
    files_done: int = 0
    pages: int = 0
    # File -> bytes behind the process that reads it.
    reading: dict[FileId, int] = field(default_factory=dict)

    @property
    def done(self) -> float:
        return (self.bytes_done + sum(self.reading.values())) / self.bytes if self.bytes else 0.0


async def ingest(
    world: World,
    paths: Sequence[Path],
    *,
    engine: Engine,
    owner: WorkspaceId | None = None,
    at_once: int | None = None,
    again: bool = False,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Outcome:
    """Takes every archive and folder of pages under `paths` in, and says how it went.

    May be repeated, by the same or another process, also while another one is at it: what is merged is passed over.
    `at_once`: files extracted at the same time; by default one for each core.
    """
    run = _Run(world, engine, owner, report)
    await run.enroll(paths, again=again)
    async with _beating(world, run.holder), asyncio.TaskGroup() as group:
        for _ in range(at_once or len(os.sched_getaffinity(0))):
            group.create_task(run.work())
        watching = asyncio.create_task(run.watch())
        group.create_task(run.until_done(watching))
    return await run.outcome()


class _Run:
    def __init__(
        self, world: World, engine: Engine, owner: WorkspaceId | None, report: Callable[[Progress], None]
    ) -> None:
        self._world = world
        self._engine = engine
        self._owner = owner if owner is not None else INSTALLATION
        self._report = report
        self._folder = world.folder / "ingestion"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sizes: dict[FileId, int] = {}
        self._done: set[FileId] = set()
        self._working: dict[FileId, Path] = {}
        self._known_before = 0
        self._new = [0, 0]
        self._unreadable: list[tuple[str, str]] = []
        self.progress = Progress()
        self.holder = new_holder(world.random)

    async def enroll(self, paths: Sequence[Path], *, again: bool) -> None:
        for path in paths:
            if not path.exists():
                self._unreadable.append((path.name, "is not there"))
        for path in await asyncio.to_thread(lambda: list(inputs.archives_under(paths))):
            try:
                found = await asyncio.to_thread(inputs.read_input, path.absolute())
            except OSError as error:
                self._unreadable.append((path.name, error.strerror or "cannot be read"))
                continue
            async with self._world.db.transaction() as conn:
                id, state = await store.enroll(conn, found, self._owner, self._world.clock.now(), again=again)
            if state in (FileState.MERGED, FileState.PARKED):
                self._done.add(id)
                self._known_before += state is FileState.MERGED
            if id not in self._sizes:
                self._sizes[id] = found.bytes
        self.progress.files = len(self._sizes)
        self.progress.bytes = sum(self._sizes.values())
        self.progress.files_done = len(self._done)
        self.progress.bytes_done = sum(self._sizes[id] for id in self._done)

    async def work(self) -> None:
        """Until every file of the run has ended, whoever does it."""
        ids = list(self._sizes)
        while True:
            async with self._world.db.transaction() as conn:
                if not await store.open_files(conn, ids):
                    return
                dead = [holder for holder in await store.holders(conn, ids) if is_gone(holder)]
                found = await store.lease(conn, ids, self.holder, LEASE, dead)
            if found is None:
                await self._world.timer.sleep(WAIT_SECONDS)
                continue
            try:
                await self._advance(found)
            except BaseException:
                async with self._world.db.transaction() as conn:
                    await store.give_back(conn, found.id, self.holder)
                raise

    async def _advance(self, work: Work) -> None:
        """Extracts and merges a file, or notes down why that went wrong."""
        part = part_path(self._folder, work.hash)
        position = self._folder / f"{work.hash}.at"
        report = work.report if work.state is FileState.EXTRACTED and part.exists() else None
        if report is None:
            self._working[work.id] = position
            try:
                report = await self._extract(work, part, position)
            finally:
                self._working.pop(work.id, None)
            if report is None:
                return
        addresses, people = await merge(self._world, work, part)
        async with self._world.db.transaction() as conn:
            now = self._world.clock.now()
            if not await store.settle(conn, work.id, self.holder, FileState.MERGED, report=report, now=now):
                return
        self._new[0] += addresses
        self._new[1] += people
        part.unlink(missing_ok=True)
        self._ended(work.id, report.pages)

    async def _extract(self, work: Work, part: Path, position: Path) -> PartReport | None:
        job = Job(
            path=str(work.path), part=str(part), position=str(position), passed_over=list(work.passed_over),
            ends_before=work.ends_before,
        )  # fmt: skip
        try:
            if not part.exists():
                await self._engine.run(job)
        except Died as death:
            await self._note(death, work)
            return None
        finally:
            position.unlink(missing_ok=True)
        trailer = await asyncio.to_thread(trailer_of, part)
        report = PartReport(
            captures=trailer.captures,
            pages=trailer.pages,
            addresses=trailer.addresses,
            people=trailer.people,
            flaws=trailer.flaws,
            complete=trailer.complete,
            part_hash=await asyncio.to_thread(hash_of, part),
        )
        async with self._world.db.transaction() as conn:
            kept = await store.settle(conn, work.id, self.holder, FileState.EXTRACTED, report=report, keep_lease=True)
        return report if kept else None

    async def _note(self, death: Died, work: Work) -> None:
        """The first death at a record has it passed over, a second one there ends the reading before it."""
        record = death.record
        before = record is not None and record in work.passed_over
        async with self._world.db.transaction() as conn:
            if work.tries + 1 >= MOST_TRIES:
                await store.settle(conn, work.id, self.holder, FileState.PARKED, now=self._world.clock.now())
                self._ended(work.id, 0)
            else:
                await store.note_death(
                    conn,
                    work.id,
                    self.holder,
                    passed_over=None if before else record,
                    ends_before=record if before else None,
                )

    def _ended(self, id: FileId, pages: int) -> None:
        self._done.add(id)
        self.progress.files_done = len(self._done)
        self.progress.bytes_done = sum(self._sizes[done] for done in self._done)
        self.progress.pages += pages
        self.progress.reading.pop(id, None)
        self._report(self.progress)

    async def watch(self) -> None:
        while True:
            reading = {}
            for id, position in list(self._working.items()):
                at = position_of(position)
                reading[id] = min(at[1], self._sizes[id]) if at else 0
            self.progress.reading = reading
            self._report(self.progress)
            await self._world.timer.sleep(WAIT_SECONDS)

    async def until_done(self, watching: asyncio.Task[None]) -> None:
        ids = list(self._sizes)
        try:
            while True:
                async with self._world.db.statement() as conn:
                    if not await store.open_files(conn, ids):
                        return
                await self._world.timer.sleep(WAIT_SECONDS)
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def outcome(self) -> Outcome:
        found = Outcome(known_before=self._known_before, parked=list(self._unreadable))
        async with self._world.db.statement() as conn:
            ended = await store.ended(conn, list(self._sizes))
        found.files = len(ended) + len(self._unreadable)
        for name, state, report, _ in ended:
            if state is FileState.PARKED:
                found.parked.append((name, "given up after several tries"))
            elif report is not None:
                found.merged += 1
                found.pages += report.pages
                found.flaws.update(report.flaws)
                if not report.complete:
                    found.incomplete.append((name, ", ".join(report.flaws).replace("_", " ")))
        found.addresses, found.people = self._new
        return found


@contextlib.asynccontextmanager
async def _beating(world: World, holder: str) -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            await world.timer.sleep(LEASE.total_seconds() / BEATS_PER_LEASE)
            async with world.db.transaction() as conn:
                await store.renew(conn, holder, LEASE)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating
