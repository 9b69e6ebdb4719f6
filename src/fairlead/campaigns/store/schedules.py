"""Schedules, days off, and what all campaigns of a workspace have in common."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from fairlead.campaigns.model import Defaults, Schedule, ScheduleDay, ScheduleId
from fairlead.campaigns.windows import Window
from fairlead.db import Connection

_COLUMNS = "workspace_id, id, name, time_zone, in_recipient_zone, days, is_default, changed_at"


async def schedules(conn: Connection, workspace_id: int) -> list[Schedule]:
    """The default one first, the others in the order they were made."""
    cur = await conn.execute(
        f"""
        select {_COLUMNS} from schedules
         where workspace_id = %s and deleted_at is null
         order by is_default desc, id
        """,
        [workspace_id],
    )
    return [_schedule(row) for row in await cur.fetchall()]


async def find(conn: Connection, workspace_id: int, schedule_id: int | None) -> Schedule | None:
    """With None, the default one."""
    cur = await conn.execute(
        f"""
        select {_COLUMNS} from schedules
         where workspace_id = %(workspace_id)s and deleted_at is null
           and case when %(id)s::bigint is null then is_default else id = %(id)s end
        """,
        {"workspace_id": workspace_id, "id": schedule_id},
    )
    row = await cur.fetchone()
    return None if row is None else _schedule(row)


async def insert(
    conn: Connection,
    workspace_id: int,
    *,
    name: str,
    time_zone: str,
    in_recipient_zone: bool,
    days: Sequence[ScheduleDay],
    is_default: bool,
    now: datetime,
) -> ScheduleId | None:
    """None when there is one of this name, or a default one already."""
    cur = await conn.execute(
        """
        insert into schedules (workspace_id, name, time_zone, in_recipient_zone, days, is_default, made_at, changed_at)
        values (%(workspace_id)s, %(name)s, %(time_zone)s, %(in_recipient_zone)s, %(days)s, %(is_default)s, %(now)s,
                %(now)s)
        on conflict do nothing
        returning id
        """,
        {
            "workspace_id": workspace_id,
            "name": name,
            "time_zone": time_zone,
            "in_recipient_zone": in_recipient_zone,
            "days": _days_json(days),
            "is_default": is_default,
            "now": now,
        },
    )
    row = await cur.fetchone()
    return None if row is None else ScheduleId(row[0])


async def update(conn: Connection, schedule: Schedule, *, now: datetime) -> bool:
    cur = await conn.execute(
        """
        update schedules
           set name = %(name)s, time_zone = %(time_zone)s, in_recipient_zone = %(in_recipient_zone)s, days = %(days)s,
               changed_at = %(now)s
         where workspace_id = %(workspace_id)s and id = %(id)s and deleted_at is null
        """,
        {
            "workspace_id": schedule.workspace_id,
            "id": schedule.id,
            "name": schedule.name,
            "time_zone": schedule.time_zone,
            "in_recipient_zone": schedule.in_recipient_zone,
            "days": _days_json(schedule.days),
            "now": now,
        },
    )
    return cur.rowcount == 1


async def make_default(conn: Connection, workspace_id: int, schedule_id: int, *, now: datetime) -> None:
    await conn.execute(
        """
        update schedules set is_default = false, changed_at = %s
         where workspace_id = %s and is_default and id <> %s
        """,
        [now, workspace_id, schedule_id],
    )
    await conn.execute(
        "update schedules set is_default = true, changed_at = %s where workspace_id = %s and id = %s",
        [now, workspace_id, schedule_id],
    )


async def users(conn: Connection, workspace_id: int, schedule_id: int) -> list[str]:
    """Titles of the campaigns that send by it."""
    cur = await conn.execute(
        "select title from campaigns where workspace_id = %s and schedule_id = %s and deleted_at is null order by id",
        [workspace_id, schedule_id],
    )
    return [row[0] for row in await cur.fetchall()]


async def mark_deleted(conn: Connection, workspace_id: int, schedule_id: int, *, now: datetime) -> bool:
    cur = await conn.execute(
        """
        update schedules set deleted_at = %s, changed_at = %s
         where workspace_id = %s and id = %s and deleted_at is null and not is_default
        """,
        [now, now, workspace_id, schedule_id],
    )
    return cur.rowcount == 1


async def days_off(conn: Connection, workspace_id: int) -> list[tuple[date, str]]:
    cur = await conn.execute("select day, name from days_off where workspace_id = %s order by day", [workspace_id])
    return [(row[0], row[1]) for row in await cur.fetchall()]


async def add_days_off(conn: Connection, workspace_id: int, days: Iterable[tuple[date, str]]) -> int:
    """How many were not there before."""
    listed = list(dict(days).items())
    cur = await conn.execute(
        """
        insert into days_off (workspace_id, day, name)
        select %s, w.day, w.name from unnest(%s::date[], %s::text[]) as w (day, name)
        on conflict (workspace_id, day) do nothing
        """,
        [workspace_id, [day for day, _ in listed], [name for _, name in listed]],
    )
    return cur.rowcount


async def remove_days_off(conn: Connection, workspace_id: int, days: Iterable[date]) -> int:
    cur = await conn.execute(
        "delete from days_off where workspace_id = %s and day = any(%s)", [workspace_id, list(days)]
    )
    return cur.rowcount


async def schedules_changed(conn: Connection, workspace_id: int, *, now: datetime) -> None:
    """Recipients put off to a window of any schedule are to be looked at again."""
    await conn.execute(
        "update schedules set changed_at = %s where workspace_id = %s and deleted_at is null", [now, workspace_id]
    )


async def defaults(conn: Connection, workspace_id: int) -> Defaults:
    cur = await conn.execute(
        "select postal_address, unsubscribe_text from campaign_defaults where workspace_id = %s", [workspace_id]
    )
    row = await cur.fetchone()
    return Defaults() if row is None else Defaults(row[0], row[1])


async def set_defaults(conn: Connection, workspace_id: int, wanted: Defaults, *, now: datetime) -> None:
    await conn.execute(
        """
        insert into campaign_defaults (workspace_id, postal_address, unsubscribe_text, changed_at)
        values (%s, %s, %s, %s)
        on conflict (workspace_id) do update set postal_address = excluded.postal_address,
          unsubscribe_text = excluded.unsubscribe_text, changed_at = excluded.changed_at
        """,
        [workspace_id, wanted.postal_address, wanted.unsubscribe_text, now],
    )


def _days_json(days: Sequence[ScheduleDay]) -> Jsonb:
    return Jsonb(
        [{"enabled": day.enabled, "windows": [[window.start, window.end] for window in day.windows]} for day in days]
    )


def _schedule(row: tuple[Any, ...]) -> Schedule:
    days = tuple(
        ScheduleDay(day["enabled"], tuple(Window(start, end) for start, end in day["windows"])) for day in row[5]
    )
    return Schedule(row[0], ScheduleId(row[1]), row[2], row[3], row[4], days, row[6], row[7])
