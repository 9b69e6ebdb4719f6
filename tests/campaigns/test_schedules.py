"""Schedules and days off."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from fairlead.campaigns import actions as campaigns
from fairlead.campaigns import schedules
from fairlead.campaigns.schedules import NewSchedule, minutes, office_week, window
from fairlead.campaigns.windows import Window
from fairlead.cli.schedules import read_days
from fairlead.kit.refusals import Conflict, Invalid, NotFound

ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
{events}
END:VCALENDAR
"""


def days_of_calendar(content):
    return schedules.days_of_calendar(content, date(2026, 6, 1))


def calendar(*events):
    lines = "\n".join(f"BEGIN:VEVENT\nUID:{n}\n{event}\nEND:VEVENT" for n, event in enumerate(events))
    return ICS.format(events=lines).replace("\n", "\r\n").encode()


@pytest.fixture
async def desk(house):
    return await house.workspace()


async def ask(desk, question, *arguments, **named):
    world = desk.door.world
    async with world.db.transaction() as conn:
        return await question(conn, desk.workspace_id, *arguments, **named)


async def test_a_workspace_has_a_default_schedule_and_others_of_its_own(house, desk):
    now = house.world.clock.now()
    (default,) = await ask(desk, campaigns.schedules, now=now)
    assert default.is_default
    week = read_days(("mon-wed 22:00-02:00", "sun 10:00-12:00,13:00-24:00", "fri off"), office_week())
    made = await ask(desk, campaigns.create_schedule, NewSchedule("Night", "Europe/Kyiv", week, True), now=now)
    assert made.windows.days[0] == (Window(1320, 120),)
    assert made.windows.days[4] == ()
    assert made.windows.days[6] == (Window(600, 720), Window(780, 0))
    tuesday_one_am = datetime(2026, 3, 2, 23, tzinfo=UTC)  # 1:00 on Tuesday in Kyiv: of Monday's window
    assert made.windows.allows(tuesday_one_am, ZoneInfo("Europe/Kyiv"))
    await ask(desk, campaigns.make_default, made.id, now=now)
    assert [one.name for one in await ask(desk, campaigns.schedules, now=now)] == ["Night", "Default"]
    with pytest.raises(Conflict):
        await ask(desk, campaigns.delete_schedule, made.id, now=now)
    await ask(desk, campaigns.delete_schedule, default.id, now=now)
    with pytest.raises(NotFound):
        await ask(desk, campaigns.schedule_of, default.id, now=now)


async def test_a_schedule_of_another_workspace_is_not_there(house, desk):
    now = house.world.clock.now()
    (theirs,) = await ask(await house.workspace(), campaigns.schedules, now=now)
    for question in (campaigns.schedule_of, campaigns.delete_schedule, campaigns.make_default):
        with pytest.raises(NotFound):
            await ask(desk, question, theirs.id, now=now)


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (NewSchedule("", "UTC", office_week()), "name"),
        (NewSchedule("a\nb", "UTC", office_week()), "line"),
        (NewSchedule("x", "Mars/Olympus", office_week()), "time zone"),
        (NewSchedule("x", "../../etc/passwd", office_week()), "time zone"),
        (NewSchedule("x", "UTC", office_week()[:6]), "seven"),
        (NewSchedule("default", "UTC", office_week()), "already"),
    ],
)
async def test_a_schedule_that_cannot_be_is_refused(house, desk, new, says):
    now = house.world.clock.now()
    await ask(desk, campaigns.schedules, now=now)
    with pytest.raises((Invalid, Conflict), match=says):
        await ask(desk, campaigns.create_schedule, new, now=now)
    assert len(await ask(desk, campaigns.schedules, now=now)) == 1


async def test_days_off_come_and_go_and_tell_the_schedules(house, desk):
    now = house.world.clock.now()
    (before,) = await ask(desk, campaigns.schedules, now=now)
    days = [(date(2027, 1, 1), "New\r\nYear"), (date(2027, 1, 1), "again"), (date(2027, 5, 1), "")]
    await house.pass_time(minutes=1)
    assert await ask(desk, campaigns.add_days_off, days, now=house.world.clock.now()) == 2
    assert await ask(desk, campaigns.days_off) == {date(2027, 1, 1): "again", date(2027, 5, 1): ""}
    (after,) = await ask(desk, campaigns.schedules, now=now)
    assert after.changed_at > before.changed_at
    assert await ask(desk, campaigns.remove_days_off, [date(2027, 5, 1)], now=now) == 1


def test_days_of_a_calendar():
    found = days_of_calendar(
        calendar(
            "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227\nSUMMARY:Christmas",
            "DTSTART;VALUE=DATE:20270101\nSUMMARY:New Year",
            "DTSTART:20270310T090000Z\nDTEND:20270311T000000Z\nSUMMARY:Outing",
            "DTSTART;VALUE=DATE:20270401\nDURATION:P2D\nSUMMARY:Fair",
        )
    )
    assert found == [
        (date(2026, 12, 25), "Christmas"),
        (date(2026, 12, 26), "Christmas"),
        (date(2027, 1, 1), "New Year"),
        (date(2027, 3, 10), "Outing"),
        (date(2027, 4, 1), "Fair"),
        (date(2027, 4, 2), "Fair"),
    ]


def test_what_repeats_every_year_is_off_in_ten_years():
    yearly = calendar("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY\nSUMMARY:Christmas")
    assert [day for day, _ in days_of_calendar(yearly)] == [date(year, 12, 25) for year in range(2026, 2036)]
    twice = calendar("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;INTERVAL=2;COUNT=2")
    assert [day for day, _ in days_of_calendar(twice)] == [date(2026, 12, 25), date(2028, 12, 25)]
    old = calendar("DTSTART;VALUE=DATE:20110501\nRRULE:FREQ=YEARLY;UNTIL=20280501")
    assert [day for day, _ in days_of_calendar(old)] == [date(2026, 5, 1), date(2027, 5, 1), date(2028, 5, 1)]
    weekly = calendar("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=WEEKLY")
    assert [day for day, _ in days_of_calendar(weekly)] == [date(2026, 12, 25)]
    leap = calendar("DTSTART;VALUE=DATE:20280229\nRRULE:FREQ=YEARLY")
    assert [day for day, _ in days_of_calendar(leap)] == [date(2028, 2, 29)]


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"hello", calendar(), b"x" * 2_000_001, calendar("DTSTART:tomorrow"), calendar("SUMMARY:x")]
)
def test_a_file_that_is_no_calendar_is_refused(content):
    with pytest.raises(Invalid):
        days_of_calendar(content)


def test_an_event_of_a_thousand_years_is_one_year():
    assert len(days_of_calendar(calendar("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:30260101"))) == 366


@pytest.mark.parametrize("text", ["9-17", "9:00", "25:00-26:00", "9:60-10:00", "a:00-b:00", "9:00-24:01", "-1:00-2:00"])
def test_what_is_no_window_is_refused(text):
    with pytest.raises(Invalid):
        window(text)


def test_words_for_days():
    week = read_days(("fri-mon 9:00-10:00", "wednesday 0:00-24:00"), tuple(office_week()))
    assert [day.enabled for day in week] == [True, True, True, True, True, True, True]
    assert week[3].windows == (Window(0, 0),)
    assert week[6].windows == week[0].windows == week[1].windows == week[5].windows == (Window(540, 600),)
    assert minutes("24:00") == 1440
    for text in ("xyz 9:00-10:00", "mon- 9:00-10:00", "mo 9:00-10:00", "mon"):
        with pytest.raises(Invalid):
            read_days((text,), office_week())
