"""What is done every so often in business time, by one worker each time."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from fairlead.db.pool import Connection
from fairlead.kit.faults import fault_trace
from fairlead.world import World

logger = logging.getLogger(__name__)

# The first key of these advisory locks; the second is made from the name. See `docs/architecture.md`, locks.
PERIODIC_LOCKS = 0x666C_0002
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Machine time before a tick that failed is tried again by the same process.
PAUSE_AFTER_FAILURE_SECONDS = 30.0

PeriodicAction: TypeAlias = Callable[[Connection, datetime], Awaitable[None]]


@dataclass(frozen=True)
class Periodic:
    """`action` joins the transaction that notes down the tick, so that each tick takes effect once or not at all.

    It gets the business time and is short: what takes long or talks to the network it puts in as a job. Of the ticks
    missed while no worker ran, only the last is made up for.
    """

    name: str
    every: timedelta
    action: PeriodicAction


def latest_tick(every: timedelta, now: datetime) -> datetime:
    """The last whole multiple of `every`, counted from 1970, at or before `now`."""
    return EPOCH + (now - EPOCH) // every * every


class Ticker:
    """Runs what is due of a list. It remembers what it saw, and asks the database only when a tick may be due."""

    def __init__(self, world: World, periodic: Sequence[Periodic]) -> None:
        self._world = world
        self._periodic = periodic
        self._seen: dict[str, datetime] = {}
        self._not_before: dict[str, float] = {}

    async def run_due(self, until: datetime | None = None) -> int:
        """How many ticks this call ran. A tick that fails is written to the log, stays due and is tried again later."""
        ran = 0
        for item in self._periodic:
            now = self._world.clock.now()
            now = now if until is None else min(now, until)
            if self._may_be_due(item, now):
                ran += await self._try(item, now)
        return ran

    def _may_be_due(self, item: Periodic, now: datetime) -> bool:
        if self._not_before.get(item.name, 0.0) > self._world.timer.monotonic():
            return False
        seen = self._seen.get(item.name)
        return seen is None or seen < latest_tick(item.every, now)

    async def _try(self, item: Periodic, now: datetime) -> bool:
        try:
            done = await run_tick(self._world, item, now)
        except Exception as error:
            logger.error("periodic %s failed: %s", item.name, fault_trace(error))
            self._not_before[item.name] = self._world.timer.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            return False
        if done is not None:
            self._seen[item.name] = latest_tick(item.every, now)
        return done is True


async def run_tick(world: World, item: Periodic, now: datetime) -> bool | None:
    """Whether this call ran the tick; False when it had been run, None when another worker is at it."""
    async with world.db.transaction() as conn:
        cur = await conn.execute(
            "select pg_try_advisory_xact_lock(%(class)s, hashtext(%(name)s))",
            {"class": PERIODIC_LOCKS, "name": item.name},
        )
        row = await cur.fetchone()
        if not (row and row[0]):
            return None
        if not await _note_tick(conn, item.name, latest_tick(item.every, now)):
            return False
        await item.action(conn, now)
        return True


async def _note_tick(conn: Connection, name: str, tick: datetime) -> bool:
    cur = await conn.execute(
        """
        insert into periodic (name, last_tick) values (%(name)s, %(tick)s)
        on conflict (name) do update set last_tick = excluded.last_tick
         where periodic.last_tick is null or periodic.last_tick < excluded.last_tick
        """,
        {"name": name, "tick": tick},
    )
    return cur.rowcount == 1
