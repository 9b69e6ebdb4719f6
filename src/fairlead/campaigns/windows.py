"""Weekly sending windows: when mail may go out, in the wall-clock time of a zone.

A moment is inside a window when the clock on the wall, in that zone, shows a time of it, and the day is no day off. A
window that ends at or before its start goes on across midnight. Where the clocks jump forward over a window's start,
it opens at the first minute that exists; where they fall back and a time comes twice, start and end are its first
coming.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

MINUTES_A_DAY: Final = 24 * 60
# Days off may close a whole year; whoever has no day left within this is never written to.
LOOK_AHEAD_DAYS: Final = 400
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes after midnight: from `start` up to and without `end`; on the next day where that is not after `start`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.start < MINUTES_A_DAY and 0 <= self.end <= MINUTES_A_DAY):
            raise ValueError(f"no window of a day: {self.start} to {self.end} minutes")

    @property
    def minutes(self) -> int:
        length = self.end - self.start
        return length if length > 0 else length + MINUTES_A_DAY


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a window covers of one calendar day."""

    start: int
    end: int


@dataclass(frozen=True)
class Windows:
    """The windows that start on each weekday, Monday first."""

    days: tuple[tuple[Window, ...], ...]

    def __post_init__(self) -> None:
        if len(self.days) != 7:
            raise ValueError("a week has seven days")

    @property
    def never(self) -> bool:
        return not any(self.days)

    def next_allowed(self, moment: datetime, zone: ZoneInfo, days_off: Set[date] = frozenset()) -> datetime | None:
        """The first moment from `moment` on that is inside a window, in UTC; None when no such day is in sight.

        `days_off` are dates of the zone's calendar.
        """
        at = moment.astimezone(UTC)
        day = at.astimezone(zone).date()
        # From the day before: where a time comes twice around midnight, the calendar goes back as well.
        for ahead in range(-1, LOOK_AHEAD_DAYS):
            date_ = day + ahead * _DAY
            if date_ in days_off:
                continue
            found = [first for piece in self._pieces(date_.weekday()) if (first := _first(piece, date_, at, zone))]
            if found:
                return min(found)
        return None

    def allows(self, moment: datetime, zone: ZoneInfo, days_off: Set[date] = frozenset()) -> bool:
        at = moment.astimezone(UTC)
        day = at.astimezone(zone).date()
        return any(
            _first(piece, date_, at, zone) == at
            for date_ in (day - _DAY, day)
            if date_ not in days_off
            for piece in self._pieces(date_.weekday())
        )

    def _pieces(self, weekday: int) -> tuple[_Piece, ...]:
        return _pieces(self.days, weekday)


ALWAYS: Final = Windows(((Window(0, 0),),) * 7)


def day_in(zone: ZoneInfo, moment: datetime) -> date:
    """The calendar day of `moment` in `zone`: the day that daily limits count in."""
    return moment.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a calendar day, in UTC, also where the clocks jump over midnight."""
    return _first_moment(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - a time on the wall


@lru_cache(maxsize=4_096)
def _pieces(days: tuple[tuple[Window, ...], ...], weekday: int) -> tuple[_Piece, ...]:
    """Joined where they touch or overlap: a window that follows on another does not close between them."""
    parts = []
    for window in days[weekday]:
        ends = window.start + window.minutes
        parts.append((window.start, min(ends, MINUTES_A_DAY)))
    for window in days[weekday - 1]:
        if (rest := window.start + window.minutes - MINUTES_A_DAY) > 0:
            parts.append((0, rest))
    joined: list[_Piece] = []
    for start, end in sorted(parts):
        if joined and start <= joined[-1].end:
            joined[-1] = _Piece(joined[-1].start, max(joined[-1].end, end))
        else:
            joined.append(_Piece(start, end))
    return tuple(joined)


def _first(piece: _Piece, day: date, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment from `at` on at which the wall shows a time of `piece` on `day`."""
    opens, closes, wall_opens = _bounds(piece.start, piece.end, day, zone)
    if at >= closes:
        return None
    if at <= opens:
        return opens if opens < closes else None
    # Between the two the wall may have been set back to before the start: the window pauses until it is reached again.
    if at.astimezone(zone).replace(tzinfo=None) < wall_opens:
        again = wall_opens.replace(tzinfo=zone, fold=1).astimezone(UTC)
        return again if at < again < closes else None
    return at


@lru_cache(maxsize=65_536)
def _bounds(start: int, end: int, day: date, zone: ZoneInfo) -> tuple[datetime, datetime, datetime]:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a time on the wall
    wall_opens = midnight + timedelta(minutes=start)
    return _first_moment(wall_opens, zone), _first_moment(midnight + timedelta(minutes=end), zone), wall_opens


def _first_moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, at which the clock on the wall has reached `wall`."""
    late = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if late.astimezone(zone).replace(tzinfo=None) == wall:
        return late
    # A time that the clocks jump over (PEP 495): read as before the jump it lies after it, read as after it, before.
    # The jump itself is between them.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    low, high = min(early, late), max(early, late)
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        middle = max(middle, low + _SECOND)
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high
