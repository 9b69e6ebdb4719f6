"""How fast a mailbox goes: its day, its gap, what is left of its limit, and what becomes of what is overdue. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from fairlead.senders.model import Delay

# Behind its time by more than this, a mail was held up by an outage rather than by its turn.
GRACE: Final = timedelta(hours=1)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_day(zone: str, now: datetime) -> date:
    """The day whose quota a mail of now counts against."""
    return now.astimezone(_zone(zone)).date()


def next_day_begins(zone: str, now: datetime) -> datetime:
    """The first moment of the zone's next day, in UTC; after a gap at midnight the first that there is."""
    place = _zone(zone)
    day = now.astimezone(place).date() + timedelta(days=1)
    begins = datetime.combine(day, time(), place).astimezone(UTC)
    while begins.astimezone(place).date() < day:  # midnight does not exist on this day
        begins += timedelta(minutes=1)
    return max(begins, now)


def gap(delay: Delay, random: Random) -> timedelta:
    """The time from one mail of a mailbox to its next, drawn anew each time."""
    if delay.max_seconds == 0:
        return timedelta()
    return timedelta(seconds=random.uniform(delay.min_seconds, delay.max_seconds))


def spread_again(due: Sequence[datetime], now: datetime) -> list[datetime]:
    """New times for mails of one mailbox when the most overdue of them is behind by more than `GRACE`.

    All move by as much as the first is late: they keep their order and their distances, so an outage is followed by the
    pace that was planned and not by a burst.
    """
    if not due:
        return []
    behind = now - min(due)
    return [one + behind for one in due] if behind > GRACE else list(due)
