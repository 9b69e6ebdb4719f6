"""Two clocks: business time, which the sandbox may scale and move, and machine time, which nobody may."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Business time: due times, windows, day boundaries, every timestamp shown."""

    def now(self) -> datetime:
        """Aware, UTC. Never earlier than an answer given before, restarts included."""
        ...

    @property
    def changed(self) -> asyncio.Event:
        """Set when the clock is next moved or given another speed; another event then takes its place."""
        ...


class Timer(Protocol):
    """Machine time inside one process: network timeouts, reconnects, heartbeats."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        ...

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class ClockSetting:
    """How business time follows from machine time: one row in the database, read by all processes."""

    machine_origin: datetime
    business_origin: datetime
    speed: float
    # The highest business time any process has noted down; a restart never answers less.
    latest: datetime = field(compare=False)

    def business(self, machine: datetime) -> datetime:
        passed = (machine - self.machine_origin) * self.speed
        return max(self.business_origin + passed, self.latest)

    def machine_wait(self, business: timedelta) -> timedelta | None:
        """Machine time until `business` has passed; None when the clock stands still."""
        return None if self.speed == 0 else business / self.speed
