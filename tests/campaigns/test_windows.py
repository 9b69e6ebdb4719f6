"""Sending windows in every zone: what an independent look at the wall clock says of each answer."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.campaigns.windows import ALWAYS, Window, Windows, day_in, start_of_day

ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("posix", "right")))
MINUTE = timedelta(minutes=1)
WORKDAYS = Windows(((Window(9 * 60, 18 * 60),),) * 5 + ((), ()))
NIGHTS = Windows(((Window(22 * 60, 6 * 60),),) * 7)

NEW_YORK, BERLIN, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")


def on_the_wall(windows: Windows, moment: datetime, zone: ZoneInfo, days_off: frozenset[date] = frozenset()) -> bool:
    """Whether somebody who looks at the wall there would say it is time; written without the code examined."""
    wall = moment.astimezone(zone)
    if wall.date() in days_off:
        return False
    minute = wall.hour * 60 + wall.minute
    for window in windows.days[wall.weekday()]:
        if window.end > window.start:
            if window.start <= minute < window.end:
                return True
        elif minute >= window.start:
            return True
    return any(w.end <= w.start and minute < w.end for w in windows.days[wall.weekday() - 1])


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_there_are_four_hundred_zones_to_ask_about():
    assert len(ZONES) >= 400


day_windows = st.lists(
    st.builds(
        Window,
        st.integers(0, 95).map(lambda quarter: quarter * 15),
        st.integers(0, 95).map(lambda quarter: quarter * 15),
    ),
    max_size=2,
)
weeks = st.lists(day_windows.map(tuple), min_size=7, max_size=7).map(lambda days: Windows(tuple(days)))
moments = st.integers(0, 366 * 24 * 60).map(lambda minutes: utc(2026, 1, 1) + minutes * MINUTE)


def transitions(zone: ZoneInfo) -> list[datetime]:
    """The hours of 2026 in which the clocks there change."""
    hours = [utc(2026, 1, 1) + timedelta(hours=hour) for hour in range(365 * 24)]
    days = [hour for hour in hours[::24] if hour.astimezone(zone).utcoffset() != (hour + timedelta(days=1)).astimezone(zone).utcoffset()]
    return [
        day + timedelta(hours=hour)
        for day in days
        for hour in range(24)
        if (day + timedelta(hours=hour)).astimezone(zone).utcoffset() != (day + timedelta(hours=hour + 1)).astimezone(zone).utcoffset()
    ]


CHANGES = {name: changed for name in ZONES if (changed := transitions(ZoneInfo(name)))}


@given(weeks, st.sampled_from(ZONES), moments, st.data())
def test_the_next_allowed_moment_is_inside_a_window_and_none_before_it_is(windows, name, moment, data):
    zone = ZoneInfo(name)
    local = moment.astimezone(zone).date()
    days_off = frozenset(data.draw(st.lists(st.integers(0, 9).map(lambda ahead: local + timedelta(days=ahead)), max_size=4)))
    check(windows, moment, zone, days_off)


@given(weeks, st.sampled_from(sorted(CHANGES)), st.data())
def test_also_in_the_hours_around_a_change_of_the_clocks(windows, name, data):
    change = data.draw(st.sampled_from(CHANGES[name]))
    moment = change + data.draw(st.integers(-36 * 60, 4 * 60)) * MINUTE
    check(windows, moment, ZoneInfo(name), frozenset())


def check(windows: Windows, moment: datetime, zone: ZoneInfo, days_off: frozenset[date]) -> None:
    first = windows.next_allowed(moment, zone, days_off)
    if windows.never:
        assert first is None
        return
    assert first is not None
    assert first >= moment
    assert on_the_wall(windows, first, zone, days_off)
    assert windows.allows(first, zone, days_off)
    assert windows.next_allowed(first, zone, days_off) == first
    # Minutes before it that look right may only be the second coming of a time of which the first has been.
    for ahead in range(0, min(int((first - moment) / MINUTE), 3 * 24 * 60), 5):
        between = moment + ahead * MINUTE
        if on_the_wall(windows, between, zone, days_off):
            assert between.astimezone(zone).fold == 1
        assert not windows.allows(between, zone, days_off)


@pytest.mark.parametrize("name", ZONES)
def test_a_year_of_workdays_opens_at_nine_in_every_zone(name):
    zone, moment, opened = ZoneInfo(name), utc(2026, 1, 1), 0
    while moment < utc(2026, 12, 31):
        first = WORKDAYS.next_allowed(moment, zone)
        wall = first.astimezone(zone)
        assert (wall.hour, wall.minute, wall.second) == (9, 0, 0) or first == moment
        assert wall.weekday() < 5
        opened += 1
        moment = start_of_day(wall.date() + timedelta(days=1), zone)
    assert 258 <= opened <= 262


@pytest.mark.parametrize(
    ("windows", "zone", "moment", "opens"),
    [
        # The clocks jump from 2 to 3: a window from 2:30 opens at the first minute there is.
        (Windows(((Window(150, 300),),) * 7), NEW_YORK, utc(2026, 3, 8, 5), utc(2026, 3, 8, 7)),
        # One that lies in the hour left out does not open on that day.
        (Windows(((Window(130, 170),),) * 7), NEW_YORK, utc(2026, 3, 8, 7), utc(2026, 3, 9, 6, 10)),
        # 1:30 comes twice: the first counts, and its second coming after the end does not open it again.
        (Windows(((Window(90, 100),),) * 7), NEW_YORK, utc(2026, 11, 1, 4), utc(2026, 11, 1, 5, 30)),
        (Windows(((Window(90, 100),),) * 7), NEW_YORK, utc(2026, 11, 1, 5, 41), utc(2026, 11, 2, 6, 30)),
        # The wall goes back to before the start: the window pauses until it is reached again.
        (Windows(((Window(90, 300),),) * 7), NEW_YORK, utc(2026, 11, 1, 6, 5), utc(2026, 11, 1, 6, 30)),
        # Half an hour of change.
        (Windows(((Window(120, 240),),) * 7), LORD_HOWE, utc(2026, 10, 3, 14), utc(2026, 10, 3, 15, 30)),
        # Across midnight: Sunday's evening window ends on Monday morning.
        (NIGHTS, BERLIN, utc(2026, 6, 1, 3, 59), utc(2026, 6, 1, 3, 59)),
        (NIGHTS, BERLIN, utc(2026, 6, 1, 4), utc(2026, 6, 1, 20)),
    ],
)
def test_changes_of_the_clocks_and_midnight(windows, zone, moment, opens):
    assert windows.next_allowed(moment, zone) == opens


def test_a_day_off_closes_its_whole_date_and_the_morning_of_a_night_before_it():
    off = frozenset({date(2026, 6, 2)})
    assert NIGHTS.next_allowed(utc(2026, 6, 1, 21), BERLIN, off) == utc(2026, 6, 1, 21)
    assert NIGHTS.next_allowed(utc(2026, 6, 1, 22), BERLIN, off) == utc(2026, 6, 2, 22)


def test_a_year_off_leaves_no_moment():
    off = frozenset(date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(500))
    assert WORKDAYS.next_allowed(utc(2026, 1, 1), BERLIN, off) is None


def test_always_is_always():
    for hour in range(0, 366 * 24, 7):
        moment = utc(2026, 1, 1) + timedelta(hours=hour)
        assert ALWAYS.next_allowed(moment, LORD_HOWE) == moment


def test_days_start_at_the_first_moment_that_bears_their_date():
    # In Beirut the clocks jump at midnight: the day begins at one.
    beirut = ZoneInfo("Asia/Beirut")
    begins = start_of_day(date(2026, 3, 29), beirut)
    assert begins == utc(2026, 3, 28, 22)
    assert day_in(beirut, begins) == date(2026, 3, 29)
    assert day_in(beirut, begins - timedelta(seconds=1)) == date(2026, 3, 28)
