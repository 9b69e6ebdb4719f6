"""Politeness over all processes: how many sessions at once, a minute and a day, and none at all when we are blocked.

Counted in the database, in machine time. A limit that is lifted by its setting costs nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fairlead.db import Connection
from fairlead.verifier.families import OTHER, Family
from fairlead.verifier.store import windows as store
from fairlead.world import World

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# A process that died keeps its seats so long; one that lives renews them several times within it.
SEAT_SECONDS = 30
RENEW_SECONDS = 8.0
# How long to wait before asking for a seat again.
SHORT_WAIT_SECONDS = 0.25
LONG_WAIT_SECONDS = 2.0
BLOCKED_SHARE = 4


@dataclass(frozen=True, slots=True)
class Paused:
    """We are blocked too often to go on; this ends with the hour that is running."""


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Seat:
    """`number` is None where seats are not counted."""

    number: int | None


class _NoRoom(Exception):
    """Takes back what the transaction has counted so far."""

    def __init__(self, wait: Wait) -> None:
        super().__init__()
        self.wait = wait


class Pace:
    def __init__(self, world: World) -> None:
        settings = world.settings
        self._world = world
        self._per_server = settings.verifier_sessions_per_server
        self._per_minute = settings.verifier_sessions_per_minute
        self._per_day = settings.verifier_sessions_per_day
        self._blocks = settings.verifier_stop_after_blocks
        self._unlimited = not (self._per_server or self._per_minute or self._per_day or self._blocks)
        self._held: set[tuple[str, int]] = set()

    @property
    def per_server(self) -> int:
        """Sessions with one server at the same time; those of this process take turns themselves."""
        return self._per_server or self._world.settings.verifier_sessions

    @asynccontextmanager
    async def session(self, server: str, family: Family) -> AsyncIterator[Seat | Paused]:
        """Waits until a session with `server` may begin, and keeps its seat until the block ends."""
        seat = await self._enter(server, family)
        number = seat.number if isinstance(seat, Seat) else None
        if number is not None:
            self._held.add((server, number))
        try:
            yield seat
        finally:
            if number is not None:
                self._held.discard((server, number))
                async with self._world.db.statement() as conn:
                    await store.leave_seat(conn, server=server, seat=number)

    async def keep_seats(self) -> None:
        """Renews the seats of this process, until it is canceled."""
        while self._per_server:
            await self._world.timer.sleep(RENEW_SECONDS)
            if self._held:
                async with self._world.db.statement() as conn:
                    await store.renew_seats(conn, sorted(self._held), seconds=SEAT_SECONDS)

    async def note_block(self) -> None:
        """A session was refused because of who we are."""
        if self._blocks:
            async with self._world.db.statement() as conn:
                await store.count(conn, "blocks", seconds=HOUR)

    async def _enter(self, server: str, family: Family) -> Seat | Paused:
        if self._unlimited:
            return Seat(None)
        while True:
            found = await self._try_to_enter(server, family)
            if not isinstance(found, Wait):
                return found
            await self._world.timer.sleep(found.seconds)

    async def _try_to_enter(self, server: str, family: Family) -> Seat | Paused | Wait:
        try:
            async with self._world.db.transaction() as conn:
                if self._blocks and await store.blocked_too_often(
                    conn, blocks=self._blocks, share=BLOCKED_SHARE, seconds=HOUR
                ):
                    return Paused()
                return await self._taken(conn, server, family)
        except _NoRoom as refused:
            return refused.wait

    async def _taken(self, conn: Connection, server: str, family: Family) -> Seat:
        seat = None
        if self._per_server:
            seat = await store.take_seat(conn, server=server, seats=self._per_server, seconds=SEAT_SECONDS)
            if seat is None:
                raise _NoRoom(Wait(SHORT_WAIT_SECONDS))
        # Servers of nobody in particular have nothing in common but their address.
        whose = server if family is OTHER else family.name
        for name, limit, seconds in (("minute", self._per_minute, MINUTE), ("day", self._per_day, DAY)):
            if limit and not await store.count_up_to(conn, f"{name} {whose}", limit=limit, seconds=seconds):
                raise _NoRoom(Wait(LONG_WAIT_SECONDS))
        if self._blocks:
            await store.count(conn, "sessions", seconds=HOUR)
        return Seat(seat)
