"""The business clock all processes share: one row in the database, read at start, on a hint and once a second."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta

import psycopg
import psycopg_pool

from fairlead.db.pool import Connection, Database
from fairlead.kit.clock import ClockSetting
from fairlead.kit.refusals import CannotStart

CHANNEL = "business_clock"
REFRESH_SECONDS = 1.0
NOTE_EVERY_REFRESHES = 5
# Machine time by which the clock of a killed process may have been ahead of its last note: twice what lies between two.
UNNOTED = timedelta(seconds=2 * NOTE_EVERY_REFRESHES * REFRESH_SECONDS)
# The system's clock may be stepped back a little by time synchronization; more is a mistake a person must look at.
TOLERATED_STEP_BACK = timedelta(hours=1)


class SharedClock:
    """Business time of this process, at most one refresh behind a change made by another."""

    def __init__(self, db: Database, setting: ClockSetting, machine_now: datetime, read_at: float) -> None:
        self._db = db
        self._setting = setting
        self._machine_anchor = machine_now
        self._monotonic_anchor = read_at
        self._last = setting.latest
        self.changed = asyncio.Event()
        self._hint = asyncio.Event()

    @classmethod
    async def read(cls, db: Database) -> "SharedClock":
        async with db.statement() as conn:
            setting, machine_now = await _setting(conn)
        return cls(db, setting, machine_now, time.monotonic())

    @property
    def setting(self) -> ClockSetting:
        return self._setting

    def now(self) -> datetime:
        machine = self._machine_anchor + timedelta(seconds=time.monotonic() - self._monotonic_anchor)
        self._last = max(self._last, self._setting.business(machine))
        return self._last

    def take_over(self, setting: ClockSetting, machine_now: datetime) -> None:
        moved = setting != self._setting
        self._setting = setting
        self._machine_anchor = machine_now
        self._monotonic_anchor = time.monotonic()
        if moved:
            self.changed.set()
            self.changed = asyncio.Event()

    def refresh_soon(self) -> None:
        """Re-reads the row within a moment: for hints, which come where nothing can be awaited."""
        self._hint.set()

    async def refresh(self) -> None:
        async with self._db.statement() as conn:
            self.take_over(*await _setting(conn))

    async def keep_fresh(self) -> None:
        """Runs until canceled: re-reads the row, and notes down how far business time has come."""
        turn = 0
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._hint.wait()
            self._hint.clear()
            # While the database is away, time goes on by the last setting.
            with contextlib.suppress(psycopg.Error, psycopg_pool.PoolTimeout):
                if turn % NOTE_EVERY_REFRESHES == 0:
                    await self.note()
                await self.refresh()
            turn += 1

    async def note(self) -> None:
        """Writes down the business time reached, below which no later start will begin."""
        async with self._db.statement() as conn:
            await conn.execute(
                "update business_clock set latest = %(now)s where latest < %(now)s", {"now": self.now()}
            )


async def start_business_clock(conn: Connection, *, sandbox: bool, origin: datetime | None, speed: float) -> None:
    """Makes the row of a new installation, and lets a sandbox go on where it stopped.

    A live clock follows machine time. Raises `CannotStart` when machine time lies far behind what was noted.
    """
    machine = await _machine_now(conn)
    await conn.execute(
        """
        insert into business_clock (machine_origin, business_origin, speed, latest)
        values (%(machine)s, %(business)s, 1, %(business)s)
        on conflict do nothing
        """,
        {"machine": machine, "business": origin or machine},
    )
    setting, machine = await _setting(conn)
    if sandbox:
        resumed = _resumed(setting, machine)
        await conn.execute(
            """
            update business_clock
               set machine_origin = %(machine)s, business_origin = %(resumed)s, speed = %(speed)s,
                   latest = %(resumed)s
            """,
            {"machine": machine, "resumed": resumed, "speed": speed},
        )
        await conn.execute("select pg_notify(%s, '')", [CHANNEL])
    elif setting.latest - machine > TOLERATED_STEP_BACK:
        raise CannotStart(
            f"The clock of this machine says {machine:%Y-%m-%d %H:%M} UTC, but this installation has already been at "
            f"{setting.latest:%Y-%m-%d %H:%M} UTC; set the machine's clock right and start again."
        )


def _resumed(setting: ClockSetting, machine: datetime) -> datetime:
    """Where a sandbox goes on: not below any time a process may have shown, whether it was killed or still runs.

    It stands still while nothing runs, and so is never far above the last note.
    """
    noted_at_most = setting.latest + UNNOTED * setting.speed
    return max(setting.latest, min(setting.business(machine), noted_at_most))


async def advance(conn: Connection, *, by: timedelta | None = None, to: datetime | None = None) -> datetime:
    """Moves business time forward for every process, and returns it. It never goes back."""
    machine = await _machine_now(conn)
    cur = await conn.execute(
        """
        select machine_origin, business_origin, speed, latest from business_clock for update
        """
    )
    row = await cur.fetchone()
    assert row is not None
    now = ClockSetting(*row).business(machine)
    target = max(now, to or now) + (by or timedelta())
    await conn.execute(
        """
        update business_clock
           set machine_origin = %(machine)s, business_origin = %(target)s, latest = %(target)s
        """,
        {"machine": machine, "target": target},
    )
    await conn.execute("select pg_notify(%s, '')", [CHANNEL])
    return target.astimezone(UTC)


async def _setting(conn: Connection) -> tuple[ClockSetting, datetime]:
    cur = await conn.execute(
        "select machine_origin, business_origin, speed, latest, clock_timestamp() from business_clock"
    )
    row = await cur.fetchone()
    if row is None:
        raise CannotStart("The database has no clock yet; run: fairlead migrate")
    return ClockSetting(*row[:4]), row[4]


async def _machine_now(conn: Connection) -> datetime:
    cur = await conn.execute("select clock_timestamp()")
    row = await cur.fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment
