"""When campaigns may send: schedules, and the workspace's days off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

import icalendar

from fairlead.campaigns.contents.fields import Names
from fairlead.campaigns.contents.rendering import check_footer
from fairlead.campaigns.model import Defaults, Schedule, ScheduleDay
from fairlead.campaigns.store import schedules as store
from fairlead.campaigns.windows import Window
from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.kit.text import has_control, one_line
from fairlead.prospects import actions as prospects

DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
OFFICE_HOURS: Final = Window(9 * 60, 18 * 60)
DEFAULT_NAME: Final = "Default"
LONGEST_NAME: Final = 255
MOST_SCHEDULES: Final = 500
MOST_WINDOWS: Final = 24
MOST_DAYS_OFF: Final = 5_000
LONGEST_ICS: Final = 2_000_000
MOST_ICS_EVENTS: Final = 5_000
LONGEST_EVENT_DAYS: Final = 366
YEARS_AHEAD: Final = 10
_BY_THE_YEAR: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
LONGEST_ADDRESS: Final = 1_000


@dataclass(frozen=True)
class NewSchedule:
    name: str
    time_zone: str
    days: tuple[ScheduleDay, ...]
    """Seven, Sunday first."""
    in_recipient_zone: bool = False


def office_week() -> tuple[ScheduleDay, ...]:
    """Monday to Friday, 9:00 to 18:00."""
    return tuple(ScheduleDay(0 < number < 6, (OFFICE_HOURS,)) for number in range(7))


async def schedules(conn: Connection, workspace_id: int, *, now: datetime) -> list[Schedule]:
    """The default one first; there always is one."""
    await _default(conn, workspace_id, now=now)
    return await store.schedules(conn, workspace_id)


async def known(conn: Connection, workspace_id: int) -> list[Schedule]:
    """Those there are by now."""
    return await store.schedules(conn, workspace_id)


async def schedule_of(conn: Connection, workspace_id: int, schedule_id: int | None, *, now: datetime) -> Schedule:
    """The one with this id, or with None the workspace's default one. Raises `NotFound`."""
    if schedule_id is None:
        return await _default(conn, workspace_id, now=now)
    found = await store.find(conn, workspace_id, schedule_id)
    if found is None:
        raise not_found()
    return found


async def _default(conn: Connection, workspace_id: int, *, now: datetime) -> Schedule:
    # Made when it is first asked for, so that no other way of making a workspace can forget it.
    found = await store.find(conn, workspace_id, None)
    if found is None:
        names = {schedule.name.lower() for schedule in await store.schedules(conn, workspace_id)}
        name = DEFAULT_NAME
        while name.lower() in names:
            name += " +"
        await store.insert(
            conn,
            workspace_id,
            name=name,
            time_zone="UTC",
            in_recipient_zone=False,
            days=office_week(),
            is_default=True,
            now=now,
        )
        found = await store.find(conn, workspace_id, None)
        assert found is not None
    return found


async def create_schedule(conn: Connection, workspace_id: int, new: NewSchedule, *, now: datetime) -> Schedule:
    """Raises `Invalid`, or `Conflict` when there is one of this name."""
    _check(new)
    if len(await schedules(conn, workspace_id, now=now)) >= MOST_SCHEDULES:
        raise Conflict("too_many", f"A workspace has at most {MOST_SCHEDULES} schedules.", field="name")
    made = await store.insert(
        conn,
        workspace_id,
        name=new.name.strip(),
        time_zone=new.time_zone,
        in_recipient_zone=new.in_recipient_zone,
        days=new.days,
        is_default=False,
        now=now,
    )
    if made is None:
        raise _name_taken(new.name)
    return await schedule_of(conn, workspace_id, made, now=now)


async def change_schedule(
    conn: Connection, workspace_id: int, schedule_id: int, changes: Mapping[str, Any], *, now: datetime
) -> Schedule:
    """`changes` are fields of `NewSchedule`. Mail that is not yet planned goes by the new windows at once."""
    found = await schedule_of(conn, workspace_id, schedule_id, now=now)
    wanted = replace(NewSchedule(found.name, found.time_zone, found.days, found.in_recipient_zone), **changes)
    _check(wanted)
    if any(
        other.name.lower() == wanted.name.strip().lower() and other.id != found.id
        for other in await store.schedules(conn, workspace_id)
    ):
        raise _name_taken(wanted.name)
    changed = replace(
        found,
        name=wanted.name.strip(),
        time_zone=wanted.time_zone,
        days=wanted.days,
        in_recipient_zone=wanted.in_recipient_zone,
    )
    await store.update(conn, changed, now=now)
    return await schedule_of(conn, workspace_id, schedule_id, now=now)


async def make_default(conn: Connection, workspace_id: int, schedule_id: int, *, now: datetime) -> None:
    await schedule_of(conn, workspace_id, schedule_id, now=now)
    await store.make_default(conn, workspace_id, schedule_id, now=now)


async def delete_schedule(conn: Connection, workspace_id: int, schedule_id: int, *, now: datetime) -> None:
    found = await schedule_of(conn, workspace_id, schedule_id, now=now)
    if found.is_default:
        raise Conflict("is_default", "The default schedule stays; make another one the default first.", field="id")
    if users := await store.users(conn, workspace_id, schedule_id):
        raise Conflict(
            "in_use", f"Campaign {users[0]!r} sends by this schedule; give it another one first.", field="id"
        )
    await store.mark_deleted(conn, workspace_id, schedule_id, now=now)


def _check(new: NewSchedule) -> None:
    if not new.name.strip() or len(new.name) > LONGEST_NAME or has_control(new.name):
        raise Invalid(
            "bad_name", f"A schedule has a name of up to {LONGEST_NAME} characters on one line.", field="name"
        )
    check_zone(new.time_zone)
    if len(new.days) != 7:
        raise Invalid("bad_days", "A schedule has seven days, Sunday first.", field="days")
    for name, day in zip(DAYS, new.days, strict=True):
        if len(day.windows) > MOST_WINDOWS:
            raise Invalid("bad_days", f"The {name} has more than {MOST_WINDOWS} windows.", field="days")
        if day.enabled and not day.windows:
            raise Invalid("bad_days", f"The {name} is enabled and has no window.", field="days")


def check_zone(name: str) -> ZoneInfo:
    # Asked of the list first: a name with dots in it is a path to the library.
    if name not in available_timezones():
        raise Invalid("bad_time_zone", f"{name[:64]!r} is no time zone of the IANA.", field="time_zone")
    return ZoneInfo(name)


def window(text: str) -> Window:
    """From `9:00-17:30`; one that ends at or before its start ends on the next day. Raises `Invalid`."""
    start, dash, end = text.strip().partition("-")
    if not dash:
        raise Invalid("bad_window", f"{text[:40]!r} is no window such as 9:00-17:30.", field="days")
    return Window(minutes(start), minutes(end) % (24 * 60))


def minutes(text: str) -> int:
    """After midnight, from `9:00` or `09:00`; 24:00 is the end of the day. Raises `Invalid`."""
    hours, colon, rest = text.strip().partition(":")
    if colon and hours.isdecimal() and rest.isdecimal() and len(hours) <= 2 and len(rest) == 2:
        total = int(hours) * 60 + int(rest)
        if int(rest) < 60 and total <= 24 * 60:
            return total
    raise Invalid("bad_time", f"{text[:40]!r} is no time of a day such as 09:00.", field="days")


def _name_taken(name: str) -> Conflict:
    return Conflict("schedule_exists", f"There is a schedule named {name.strip()!r} already.", field="name")


def not_found() -> NotFound:
    return NotFound("schedule_not_found", "There is no such schedule.", field="schedule_id")


# Days off


async def days_off(conn: Connection, workspace_id: int) -> dict[date, str]:
    """Day -> name, in order."""
    return dict(await store.days_off(conn, workspace_id))


async def add_days_off(conn: Connection, workspace_id: int, days: Iterable[tuple[date, str]], *, now: datetime) -> int:
    """How many were not there before. Days are calendar days of whatever zone a window is read in."""
    wanted = [(day, one_line(name)[:LONGEST_NAME]) for day, name in days]
    if len(wanted) + len(await store.days_off(conn, workspace_id)) > MOST_DAYS_OFF:
        raise Invalid("too_many", f"A workspace has at most {MOST_DAYS_OFF} days off.", field="days")
    added = await store.add_days_off(conn, workspace_id, wanted)
    await store.schedules_changed(conn, workspace_id, now=now)
    return added


async def remove_days_off(conn: Connection, workspace_id: int, days: Iterable[date], *, now: datetime) -> int:
    removed = await store.remove_days_off(conn, workspace_id, days)
    await store.schedules_changed(conn, workspace_id, now=now)
    return removed


def days_of_calendar(content: bytes, today: date) -> list[tuple[date, str]]:
    """The days an .ics file (RFC 5545) names, each of an event that lasts several. Raises `Invalid`.

    An event that repeats every year on its date does so for ten years from `today`; of others the first counts.
    """
    if len(content) > LONGEST_ICS:
        raise Invalid("too_large", f"A calendar has at most {LONGEST_ICS // 10**6} MB.", field="file")
    try:
        calendar = icalendar.Calendar.from_ical(content)
        found = [day for event in calendar.walk("VEVENT")[:MOST_ICS_EVENTS] for day in _days_of_event(event, today)]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise Invalid("bad_calendar", f"This is no calendar that can be read: {error}.", field="file") from None
    if not found:
        raise Invalid("empty_calendar", "There is no day in this calendar.", field="file")
    return sorted(set(found))


def _days_of_event(event: Any, today: date) -> list[tuple[date, str]]:
    name = one_line(str(event.get("SUMMARY", "")))[:LONGEST_NAME]
    first = _day(event.decoded("DTSTART"))
    if "DTEND" in event:
        end = event.decoded("DTEND")
        # Exclusive (RFC 5545, 3.6.1); at midnight it takes nothing of its day.
        last = _day(end - timedelta(microseconds=1) if isinstance(end, datetime) else end - timedelta(days=1))
    elif "DURATION" in event:
        last = first + max(event.decoded("DURATION") - timedelta(days=1), timedelta())
    else:
        last = first
    days = min(max((last - first).days, 0), LONGEST_EVENT_DAYS - 1)
    starts = _years_of(event, first, today)
    return [(start + timedelta(days=number), name) for start in starts for number in range(days + 1)]


def _years_of(event: Any, first: date, today: date) -> list[date]:
    """The days an event begins on: its own, and the same of later years where it repeats by the year alone."""
    rule = event.get("RRULE") or {}
    if isinstance(rule, list) or rule.get("FREQ") != ["YEARLY"] or rule.keys() - _BY_THE_YEAR:
        return [first]
    every = max(int((rule.get("INTERVAL") or [1])[0]), 1)
    most = int((rule.get("COUNT") or [date.max.year])[0])
    until = _day((rule.get("UNTIL") or [date.max])[0])
    if (first.month, first.day) == (2, 29):
        return [first]
    years = range(first.year, min(today.year + YEARS_AHEAD, first.year + most * every, date.max.year), every)
    return [day for year in years if year >= today.year and (day := first.replace(year=year)) <= until] or [first]


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


# What all campaigns of a workspace have in common


async def defaults(conn: Connection, workspace_id: int) -> Defaults:
    return await store.defaults(conn, workspace_id)


async def set_defaults(conn: Connection, workspace_id: int, wanted: Defaults, *, now: datetime) -> None:
    """Raises `Invalid`."""
    for text, field in ((wanted.postal_address, "postal_address"), (wanted.unsubscribe_text, "unsubscribe_text")):
        if text is not None and len(text) > LONGEST_ADDRESS:
            raise Invalid("too_long", f"The {field} has more than {LONGEST_ADDRESS} characters.", field=field)
    if wanted.unsubscribe_text is not None:
        check_footer(wanted.unsubscribe_text, Names.of(await prospects.custom_fields(conn, workspace_id)))
    await store.set_defaults(conn, workspace_id, wanted, now=now)
