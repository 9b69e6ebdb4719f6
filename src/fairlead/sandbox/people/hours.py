"""When a person is at their mail: working hours in their own zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SATURDAY = 5
DAYS_LIMIT = 400


@dataclass(frozen=True)
class Hours:
    """From `start` to `end` on each day; `weekends` says whether Saturdays and Sundays count."""

    start: time = time(8, 30)
    end: time = time(18, 0)
    weekends: bool = False


DESK = Hours()
POCKET = Hours(time(7, 0), time(22, 30), weekends=True)


def zone_named(name: str) -> ZoneInfo:
    """UTC for a name this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def after_work_time(moment: datetime, work: timedelta, zone: ZoneInfo, hours: Hours = DESK) -> datetime:
    """The moment at which `work` of the person's hours has passed since `moment`. UTC."""
    day = moment.astimezone(zone).date()
    left = work
    for ahead in range(DAYS_LIMIT):
        today = day + timedelta(days=ahead)
        if today.weekday() >= SATURDAY and not hours.weekends:
            continue
        # Differences are taken in UTC, so that a day with a change of clocks has its true length.
        opens = datetime.combine(today, hours.start, zone).astimezone(UTC)
        closes = datetime.combine(today, hours.end, zone).astimezone(UTC)
        begins = max(opens, moment)
        if begins >= closes:
            continue
        if begins + left < closes:
            return begins + left
        left -= closes - begins
    return moment + timedelta(days=DAYS_LIMIT)


def first_workday(moment: datetime, zone: ZoneInfo) -> datetime:
    """Half past eight on the first working day that begins at `moment` or later. UTC."""
    return after_work_time(moment, timedelta(0), zone, DESK)
