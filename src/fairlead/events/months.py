"""The partitions of the event log: one for each month (UTC), made ahead of time."""

import logging
from datetime import UTC, datetime

from psycopg import sql
from psycopg.errors import LockNotAvailable

from fairlead.db.pool import Connection

logger = logging.getLogger(__name__)

MONTHS_AHEAD = 3
# See `docs/architecture.md`, locks.
MONTHS_LOCK = 0x666C_0003
# Making a month shuts readers and writers out for a moment, and they queue while it waits for its lock.
LOCK_TIMEOUT = "2s"


async def make_months(conn: Connection, now: datetime) -> list[str]:
    """Makes the partitions of this month, the next `MONTHS_AHEAD`, and any that has rows in the default one.

    Returns the names of those made. Rows of the default partition move to their month and keep their positions.
    Asks for a short exclusive lock when there is something to make, and gives up when it does not get it (a backup
    is running): nothing is lost then, rows go to the default partition, and the next call makes up for it.
    """
    # Two that have looked at the default partition, and then both want it alone, would wait for each other.
    await conn.execute("select pg_advisory_xact_lock(%(lock)s)", {"lock": MONTHS_LOCK})
    made = []
    wanted = {*months_from(now, 1 + MONTHS_AHEAD), *await _months_in_default(conn)}
    present = await _partitions(conn)
    for month in sorted(wanted):
        if _name(month) not in present:
            try:
                async with conn.transaction():
                    await _make(conn, month)
            except LockNotAvailable:
                logger.warning("the event log is in use; the partition %s is made later", _name(month))
                break
            made.append(_name(month))
    return made


def months_from(moment: datetime, months: int) -> list[datetime]:
    """The beginnings of so many months, the one of `moment` first, in UTC."""
    first = moment.astimezone(UTC)
    counted = range(first.month - 1, first.month - 1 + months)
    return [datetime(first.year + n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in counted]


async def _make(conn: Connection, month: datetime) -> None:
    name, end = sql.Identifier(_name(month)), months_from(month, 2)[1]
    await conn.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
    # The whole table, not the default partition alone: a reader that was planned before the new partition was there
    # would find the moved rows in neither, and step over them.
    await conn.execute("lock table events in access exclusive mode")
    await conn.execute(
        sql.SQL("create table {} (like events including defaults including constraints)").format(name)
    )
    await conn.execute(
        sql.SQL(
            """
            with moved as (
              delete from events_default where at >= %(start)s and at < %(end)s
              returning writer, id, at, workspace_id, kind, body
            )
            insert into {} (writer, id, at, workspace_id, kind, body)
            select writer, id, at, workspace_id, kind, body from moved
            """
        ).format(name),
        {"start": month, "end": end},
    )
    await conn.execute(
        sql.SQL("alter table events attach partition {} for values from ({}) to ({})").format(
            name, sql.Literal(month.isoformat()), sql.Literal(end.isoformat())
        )
    )


async def _months_in_default(conn: Connection) -> list[datetime]:
    cur = await conn.execute("select distinct date_trunc('month', at, 'UTC') from events_default")
    return [row[0].astimezone(UTC) for row in await cur.fetchall()]


async def _partitions(conn: Connection) -> set[str]:
    cur = await conn.execute(
        """
        select child.relname
          from pg_inherits
          join pg_class as child on child.oid = pg_inherits.inhrelid
         where pg_inherits.inhparent = 'events'::regclass
        """
    )
    return {row[0] for row in await cur.fetchall()}


def _name(month: datetime) -> str:
    return f"events_{month:%Y_%m}"
