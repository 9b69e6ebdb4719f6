"""A world with a database and clocks, and no network; a worker in it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from fairlead.db.listen import Listener
from fairlead.db.pool import Database
from fairlead.engine.handlers import Handler
from fairlead.engine.periodic import Periodic
from fairlead.engine.worker import Worker
from fairlead.jobs import actions as jobs
from fairlead.kit.clock import Clock
from fairlead.settings import Settings
from fairlead.world import World

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
# Machine time of the leases in tests: short, and long enough for a busy machine to send a heartbeat.
SHORT_LEASE = timedelta(seconds=1)
PATIENCE_SECONDS = 30.0


class SetClock:
    """Business time that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self.changed = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by
        self.changed.set()
        self.changed = asyncio.Event()


class MachineTimer:
    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def make_world(db: Database, *, slots: int = 8, clock: Clock | None = None) -> World:
    absent: dict[str, Any] = dict.fromkeys(field.name for field in fields(World))
    return World(
        **{
            **absent,
            "settings": Settings(worker_slots=slots),
            "clock": clock or SetClock(),
            "timer": MachineTimer(),
            "random": Random(1),
            "db": db,
            "listener": Listener(db),
        }
    )


@asynccontextmanager
async def working(
    world: World,
    handlers: Mapping[str, Handler],
    periodic: Sequence[Periodic] = (),
    *,
    lease: timedelta = timedelta(seconds=60),
    grace_seconds: float = PATIENCE_SECONDS,
) -> AsyncIterator[Worker]:
    """A worker that is stopped at the end."""
    worker = Worker(world, handlers, periodic, lease=lease, grace_seconds=grace_seconds)
    listening = asyncio.create_task(world.listener.run())
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(running, 2 * PATIENCE_SECONDS)
        listening.cancel()
        await asyncio.wait([listening])


async def put(world: World, kind: str, payload: dict[str, Any] | None = None, **rest: Any) -> int | None:
    rest.setdefault("due_at", world.clock.now())
    async with world.db.transaction() as conn:
        return await jobs.enqueue(conn, kind, payload or {}, **rest)


async def all_jobs(db: Database) -> list[Any]:
    async with db.statement() as conn:
        return await jobs.listed(conn, limit=10_000)


async def rows(db: Database, question: str) -> list[Any]:
    async with db.statement() as conn:
        cur = await conn.execute(question.encode())
        return await cur.fetchall()


async def until(condition: Callable[[], Awaitable[object] | object], patience: float = PATIENCE_SECONDS) -> None:
    """Returns when the condition holds; fails when it does not come to hold."""
    async with asyncio.timeout(patience):
        while True:
            held = condition()
            if isinstance(held, Awaitable):
                held = await held
            if held:
                return
            await asyncio.sleep(0.01)
