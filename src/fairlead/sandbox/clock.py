"""Business time of a sandbox: its own where it stands alone, and that of a server it is attached to."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from fairlead.kit.clock import Timer
from fairlead.kit.refusals import Invalid

# A Monday morning, so that a first try meets people at their desks.
ORIGIN: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
FASTEST: Final = 1_000_000.0


class MovableClock:
    """Runs from `origin` at `speed` seconds of business time to a second of machine time; never goes back.

    Raises `Invalid` for a speed below 0 or beyond reason.
    """

    def __init__(self, timer: Timer, *, origin: datetime = ORIGIN, speed: float = 1.0) -> None:
        self._timer = timer
        self._anchor = timer.monotonic()
        self._origin = origin
        self._latest = origin
        self.speed = _checked(speed)
        self.changed = asyncio.Event()

    def now(self) -> datetime:
        passed = (self._timer.monotonic() - self._anchor) * self.speed
        moment = self._origin + timedelta(seconds=passed)
        if moment > self._latest:
            self._latest = moment
        return self._latest

    def machine_seconds_until(self, moment: datetime) -> float | None:
        """How long to wait for `moment`; None when the clock stands still."""
        left = (moment - self.now()).total_seconds()
        return max(0.0, left / self.speed) if self.speed else None if left > 0 else 0.0

    def advance(self, *, by: timedelta | None = None, to: datetime | None = None) -> datetime:
        now = self.now()
        self.set(max(now, to or now) + (by or timedelta()), self.speed)
        return self.now()

    def set(self, now: datetime, speed: float) -> None:
        """`now` is the business time of this moment; an earlier one than was told before only stops the clock."""
        speed = _checked(speed)
        # Waiting is worked out anew by those who wait, so a word that changes nothing must not wake them.
        moved = speed != self.speed or now - self.now() > timedelta(seconds=0.5 * max(1.0, speed))
        self._origin, self._anchor, self.speed = now, self._timer.monotonic(), speed
        if moved:
            self.changed.set()
            self.changed = asyncio.Event()


def _checked(speed: float) -> float:
    if not 0 <= speed <= FASTEST:
        raise Invalid("bad_speed", f"The clock runs at 0 to {FASTEST:,.0f} times machine time.", field="speed")
    return speed
