"""The worker: leases due jobs, runs their handlers at the same time, and writes down how each run ended."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import psycopg

from fairlead.engine.handlers import HANDLERS, PERIODIC, Handler
from fairlead.engine.periodic import Periodic, Ticker
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Done, Failed, GivenBack, Hopeless, Job, JobId, LeaseLost, Outcome, Priority
from fairlead.kit import tasks
from fairlead.kit.faults import fault_line, fault_trace
from fairlead.world import World

logger = logging.getLogger(__name__)

# Machine time. A worker that gives no sign for this long has died; its jobs then count a failed try and go to others.
LEASE = timedelta(seconds=60)
BEATS_PER_LEASE = 4
# Hints may be lost and due times pass without one.
POLL_SECONDS = 1.0
FIRST_RETRY_SECONDS = 0.02
# Any other error of the database is a fault of ours, and trying again would hide it.
DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError)
# What a stop leaves to the jobs that are running before they are given back.
GRACE_SECONDS = 20.0
# Seats that bulk work never takes, so that a person's job does not wait behind jobs of an hour.
KEPT_FROM_BULK = 1 / 4


def seats_left(slots: int, running: Mapping[Priority, int]) -> dict[Priority, int]:
    """How many more jobs of a priority may begin, where it is fewer than there are free seats."""
    for_bulk = max(1, slots - round(slots * KEPT_FROM_BULK))
    return {Priority.BULK: max(0, for_bulk - running.get(Priority.BULK, 0))}


async def perform(world: World, handlers: Mapping[str, Handler], job: Job) -> Outcome:
    """Runs a job and says how that ended. Raises only `CancelledError`."""
    handler = handlers.get(job.kind)
    if handler is None:
        return Hopeless(f"NoHandler: this version knows no jobs of kind {job.kind!r}")
    try:
        return await handler(world, job) or Done()
    except LeaseLost:
        logger.warning("job %s (%s) was taken over by another run", job.id, job.kind)
        return GivenBack()
    except Exception as error:
        logger.error(
            "job %s (%s, workspace %s) failed, try %s of %s: %s",
            job.id, job.kind, job.workspace_id, job.tries, job.max_tries, fault_trace(error),
        )  # fmt: skip
        return Failed.by(error)


class Worker:
    """Make it before the listener runs, then `run` it; `stop` lets it end."""

    def __init__(
        self,
        world: World,
        handlers: Mapping[str, Handler] = HANDLERS,
        periodic: Sequence[Periodic] = PERIODIC,
        *,
        lease: timedelta = LEASE,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._world = world
        self._handlers = handlers
        self._ticker = Ticker(world, periodic)
        self._slots = world.settings.worker_slots
        self._lease = lease
        self._grace_seconds = grace_seconds
        self._running: dict[asyncio.Task[Outcome], Job] = {}
        self._ended: list[tuple[Job, Outcome]] = []
        self._lost: set[JobId] = set()
        self._stopping = False
        self._wake = asyncio.Event()
        world.listener.on(jobs.CHANNEL, self._wake.set)

    def stop(self) -> None:
        """No further job begins. `run` returns when those running are done, or given back after the grace."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Runs until `stop`. When canceled instead, the running jobs are given back at once."""
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(loop()) for loop in (self._beat, self._tick, self._follow_clock)]
            try:
                await self._work()
            finally:
                await self._end()
                await tasks.end(loops)

    async def _work(self) -> None:
        failures = 0
        while not self._stopping:
            self._wake.clear()
            try:
                claimed = await self._settle_and_claim(self._slots - len(self._running))
            except DATABASE_AWAY as error:
                if failures == 0:
                    logger.warning("the database did not answer, the worker tries again: %s", fault_line(error))
                # Quickly at first: after a restart each connection of the pool fails once before it is replaced.
                await self._world.timer.sleep(min(FIRST_RETRY_SECONDS * 2**failures, POLL_SECONDS))
                failures = min(failures + 1, 10)
                continue
            failures = 0
            for job in claimed:
                self._begin(job)
            await self._pause()

    async def _settle_and_claim(self, free: int) -> list[Job]:
        """One transaction writes down what has ended since the last one and takes what fits into the free seats."""
        world, ended = self._world, list(self._ended)
        if not ended and free == 0:
            return []
        async with world.db.transaction() as conn:
            now = world.clock.now()
            await jobs.settle(conn, ended, now=now, random=world.random)
            claimed = []
            if free > 0:
                running = Counter(job.priority for job in self._running.values())
                claimed = await jobs.claim(
                    conn,
                    free,
                    now=now,
                    lease=self._lease,
                    lot=world.random.random(),
                    at_most=seats_left(self._slots, running),
                )
        del self._ended[: len(ended)]
        return claimed

    def _begin(self, job: Job) -> None:
        task = asyncio.create_task(perform(self._world, self._handlers, job), name=f"job {job.id} {job.kind}")
        self._running[task] = job
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[Outcome]) -> None:
        job = self._running.pop(task)
        if not task.cancelled():
            self._ended.append((job, task.result()))
        elif job.id in self._lost:
            self._lost.discard(job.id)
        elif self._stopping:
            self._ended.append((job, GivenBack()))
        else:
            self._ended.append((job, Failed.by(asyncio.CancelledError("the handler canceled itself"))))
        self._wake.set()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _end(self) -> None:
        """Lets the running jobs end, gives back those that do not, and writes down both."""
        grace = self._grace_seconds if self._stopping else 0.0
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=self._grace_seconds)
        try:
            await self._settle_and_claim(0)
        except DATABASE_AWAY as error:
            # Their leases will end, and other workers take them over.
            logger.warning("%s jobs could not be settled: %s", len(self._ended), fault_line(error))

    async def _beat(self) -> None:
        """Keeps the leases of this worker alive, and takes jobs from workers that let theirs end."""
        while True:
            await self._world.timer.sleep(self._lease.total_seconds() / BEATS_PER_LEASE)
            try:
                await self._extend()
                await self._recover()
            except DATABASE_AWAY as error:
                logger.warning("leases could not be extended: %s", fault_line(error))

    async def _extend(self) -> None:
        # What has ended and is not yet written down is still ours.
        held = [*self._running.values(), *(job for job, _ in self._ended)]
        if not held:
            return
        async with self._world.db.transaction() as conn:
            lost = await jobs.extend(conn, held, self._lease)
        for task, job in self._running.items():
            if job.id in lost:
                logger.warning("job %s (%s) was taken over by another run", job.id, job.kind)
                self._lost.add(job.id)
                task.cancel()

    async def _recover(self) -> None:
        async with self._world.db.transaction() as conn:
            recovered = await jobs.recover(conn, now=self._world.clock.now(), random=self._world.random)
        if recovered:
            logger.warning("%s jobs were recovered from a worker that gave no sign", recovered)
            self._wake.set()

    async def _tick(self) -> None:
        while True:
            await self._ticker.run_due()
            await self._world.timer.sleep(POLL_SECONDS)

    async def _follow_clock(self) -> None:
        while True:
            await self._world.clock.changed.wait()
            self._wake.set()


# The runs of `run_due_jobs` have no heartbeat; nothing it is used for takes this long.
UNATTENDED_LEASE = timedelta(minutes=15)


async def run_due_jobs(
    world: World,
    handlers: Mapping[str, Handler] = HANDLERS,
    periodic: Sequence[Periodic] = PERIODIC,
    *,
    until: datetime | None = None,
) -> int:
    """How many runs it took until nothing due by now (or by `until`, if that is earlier) was left.

    What the jobs put in is run too when it is due. For tests and for the sandbox, in one process and without a worker.
    """
    ticker = Ticker(world, periodic)
    ended: list[tuple[Job, Outcome]] = []
    runs = 0
    while True:
        ticks = await ticker.run_due(until)
        async with world.db.transaction() as conn:
            now = world.clock.now()
            await jobs.settle(conn, ended, now=now, random=world.random)
            due = now if until is None else min(now, until)
            claimed = await jobs.claim(conn, world.settings.worker_slots, now=due, lease=UNATTENDED_LEASE)
        if not claimed and not ticks:
            return runs
        outcomes = await asyncio.gather(*(perform(world, handlers, job) for job in claimed))
        ended = list(zip(claimed, outcomes, strict=True))
        runs += len(claimed)
