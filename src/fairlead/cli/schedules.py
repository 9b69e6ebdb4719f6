"""Schedules and days off."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import click

from fairlead.campaigns import actions as campaigns
from fairlead.campaigns.model import Schedule, ScheduleDay
from fairlead.campaigns.schedules import DAYS, LONGEST_ICS, NewSchedule, office_week, window
from fairlead.cli.running import in_workspace, json_option, show, show_rows, stopped
from fairlead.kit.refusals import Invalid
from fairlead.world import World

SHORT: Final = tuple(day[:3] for day in DAYS)
DAY_HELP: Final = "Such as 'mon-fri 9:00-17:30' or 'sat 10:00-12:00,14:00-16:00' or 'sun off'; may be given again."


@click.group()
def schedule() -> None:
    """When campaigns may send, and days off."""


@schedule.command("create")
@click.argument("name")
@click.option("--zone", required=True, help="IANA time zone, such as Europe/Kyiv.")
@click.option("--day", "days", multiple=True, help=f"{DAY_HELP} Default: mon-fri 9:00-18:00.")
@click.option("--recipient-zone", is_flag=True, help="In each recipient's own zone where it is known.")
@json_option
@in_workspace
async def create_schedule(
    world: World, workspace_id: int, name: str, zone: str, days: tuple[str, ...], recipient_zone: bool, as_json: bool
) -> None:
    """Make a schedule."""
    week = read_days(days, _closed_week()) if days else office_week()
    async with world.db.transaction() as conn:
        made = await campaigns.create_schedule(
            conn, workspace_id, NewSchedule(name, zone, week, recipient_zone), now=world.clock.now()
        )
    show({"id": made.id, "name": made.name}, as_json=as_json)


@schedule.command("list")
@json_option
@in_workspace
async def list_schedules(world: World, workspace_id: int, as_json: bool) -> None:
    """Show all schedules."""
    async with world.db.transaction() as conn:
        found = await campaigns.schedules(conn, workspace_id, now=world.clock.now())
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "zone": f"{one.time_zone}{' (recipient’s where known)' if one.in_recipient_zone else ''}",
            "default": one.is_default,
            "days": _shown(one),
        }
        for one in found
    ]
    show_rows(rows, as_json=as_json, name="schedules", empty="")


@schedule.command("change")
@click.argument("schedule_id", type=int)
@click.option("--name")
@click.option("--zone", help="IANA time zone.")
@click.option("--day", "days", multiple=True, help=DAY_HELP)
@click.option("--recipient-zone/--own-zone", default=None, help="Whose zone the windows are in.")
@click.option("--default", "is_default", is_flag=True, help="Campaigns without a schedule go by it.")
@json_option
@in_workspace
async def change_schedule(
    world: World,
    workspace_id: int,
    schedule_id: int,
    name: str | None,
    zone: str | None,
    days: tuple[str, ...],
    recipient_zone: bool | None,
    is_default: bool,
    as_json: bool,
) -> None:
    """Change a schedule; campaigns go by it at once."""
    changes: dict[str, Any] = {"name": name, "time_zone": zone, "in_recipient_zone": recipient_zone}
    changes = {key: value for key, value in changes.items() if value is not None}
    now = world.clock.now()
    async with world.db.transaction() as conn:
        found = await campaigns.schedule_of(conn, workspace_id, schedule_id, now=now)
        if days:
            changes["days"] = read_days(days, found.days)
        changed = await campaigns.change_schedule(conn, workspace_id, schedule_id, changes, now=now)
        if is_default:
            await campaigns.make_default(conn, workspace_id, schedule_id, now=now)
    show({"id": changed.id, "name": changed.name, "days": _shown(changed)}, as_json=as_json)


@schedule.command("delete")
@click.argument("schedule_id", type=int)
@in_workspace
async def delete_schedule(world: World, workspace_id: int, schedule_id: int) -> None:
    """Delete a schedule that no campaign goes by."""
    async with world.db.transaction() as conn:
        await campaigns.delete_schedule(conn, workspace_id, schedule_id, now=world.clock.now())
    click.echo("Deleted.")


@schedule.group("days-off")
def days_off() -> None:
    """Days on which no campaign sends."""


@days_off.command("list")
@json_option
@in_workspace
async def list_days_off(world: World, workspace_id: int, as_json: bool) -> None:
    """Show the days off."""
    async with world.db.statement() as conn:
        found = await campaigns.days_off(conn, workspace_id)
    rows = [{"day": day.isoformat(), "name": name} for day, name in found.items()]
    show_rows(rows, as_json=as_json, name="days_off", empty="There is no day off.")


@days_off.command("add")
@click.argument("days", nargs=-1, required=True, metavar="DATE...")
@click.option("--name", default="", help="What the day is.")
@json_option
@in_workspace
async def add_days_off(world: World, workspace_id: int, days: tuple[str, ...], name: str, as_json: bool) -> None:
    """Add days such as 2027-01-01."""
    await _add(world, workspace_id, [(_date(day), name) for day in days], as_json)


@days_off.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@in_workspace
async def import_days_off(world: World, workspace_id: int, file: Path, as_json: bool) -> None:
    """Add the days of a calendar file (.ics)."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LONGEST_ICS + 1)
    except OSError as error:
        raise stopped(f"{file} cannot be read: {error.strerror}.") from None
    await _add(world, workspace_id, campaigns.days_of_calendar(content, world.clock.now().date()), as_json)


@days_off.command("remove")
@click.argument("days", nargs=-1, required=True, metavar="DATE...")
@in_workspace
async def remove_days_off(world: World, workspace_id: int, days: tuple[str, ...]) -> None:
    """Take days away again."""
    async with world.db.transaction() as conn:
        removed = await campaigns.remove_days_off(
            conn, workspace_id, [_date(day) for day in days], now=world.clock.now()
        )
    click.echo(f"Removed: {removed}")


async def _add(world: World, workspace_id: int, days: list[tuple[date, str]], as_json: bool) -> None:
    async with world.db.transaction() as conn:
        added = await campaigns.add_days_off(conn, workspace_id, days, now=world.clock.now())
    show({"added": added, "there_already": len(dict(days)) - added}, as_json=as_json)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise stopped(f"{text!r} is no date such as 2027-01-01.") from None


def read_days(texts: tuple[str, ...], week: tuple[ScheduleDay, ...]) -> tuple[ScheduleDay, ...]:
    """`week` with what texts such as `mon-fri 9:00-17:00,18:00-20:00` and `sun off` say. Raises `Invalid`."""
    changed = list(week)
    for text in texts:
        days, _, times = text.strip().lower().partition(" ")
        for number in _numbers(days):
            if times.strip() == "off":
                changed[number] = replace(changed[number], enabled=False)
            else:
                changed[number] = ScheduleDay(True, tuple(window(part) for part in times.split(",")))
    return tuple(changed)


def _numbers(days: str) -> list[int]:
    """From `mon`, `mon-fri`, `fri-mon`, `mon,wed`."""
    numbers: list[int] = []
    for part in days.split(","):
        first, dash, last = part.partition("-")
        names = [first, last] if dash else [first, first]
        if any(name[:3] not in SHORT or not DAYS[SHORT.index(name[:3])].startswith(name) for name in names):
            raise Invalid("bad_day", f"{part[:40]!r} is no day such as mon or mon-fri.", field="days")
        start, end = (SHORT.index(name[:3]) for name in names)
        numbers += [(start + offset) % 7 for offset in range((end - start) % 7 + 1)]
    return numbers


def _closed_week() -> tuple[ScheduleDay, ...]:
    return tuple(replace(day, enabled=False) for day in office_week())


def _shown(one: Schedule) -> str:
    return ", ".join(
        f"{name} {'+'.join(f'{_clock(w.start)}-{_clock(w.end)}' for w in day.windows)}"
        for name, day in zip(SHORT, one.days, strict=True)
        if day.enabled
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
