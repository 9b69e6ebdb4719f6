"""From prospect lists into campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.db import Connection

# A row gets its position a moment before its transaction gets its number: so many rows are always read again.
READ_AGAIN = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """Where those enrolled in a campaign begin."""

    workspace_id: int
    campaign_id: int
    version_id: int
    node_key: str
    lane: int
    due_at: datetime
    black_list_id: int | None
    first_address_only: bool


@dataclass(frozen=True, slots=True)
class Enrolled:
    """How many rows of a list were read, up to which position, and how many recipients they made."""

    read: int
    read_to: int
    made: int


# One statement for a chunk of a list, or for one prospect of it. What is known not to be written to is enrolled too, as
# excluded and with its reason, so that nobody wonders where it is. Ordered by address: its index is then filled from
# left to right.
_ENROLL = """
with members as materialized (
  {members}
), addresses as materialized (
  select prospect_id, country, locality, coalesce(email_key, '#' || prospect_id) as address_key, email as address
    from members
   union all
  select m.prospect_id, m.country, m.locality, other, other
    from members m, unnest(m.other_emails) as other
   where not %(first_address_only)s and other <> coalesce(m.email_key, '')
), keys as materialized (
  select array_agg(address_key) filter (where address is not null) as all_keys from addresses
), barred as materialized (
  select k as address_key, 'claimed' as reason from keys, claimed_among(all_keys) as k
   union all
  select k, 'do_not_email' from keys, blocked_among(%(workspace_id)s, all_keys, %(black_list_id)s::bigint) as k
), made as (
  insert into enrollments (workspace_id, campaign_id, prospect_id, version_id, node_key, lane, address, address_key,
                           domain, zone, state, reason, due_at, look_at, enrolled_at, ended_at)
  select %(workspace_id)s, %(campaign_id)s, a.prospect_id, %(version_id)s, %(node_key)s, %(lane)s, a.address,
         a.address_key,
         case when a.address is null then '' else split_part(a.address_key, '@', -1) end,
         nullif(z.zone, ''),
         case when a.address is null or b.reason is not null then 'excluded' else 'to_check' end,
         case when a.address is null then 'no_address' else b.reason end,
         %(due_at)s, case when a.address is not null and b.reason is null then %(due_at)s::timestamptz end, %(now)s,
         case when a.address is null or b.reason is not null then %(now)s::timestamptz end
    from addresses a
    left join place_zones z on z.country = coalesce(a.country, '') and z.locality = coalesce(a.locality, '')
    left join (select address_key, min(reason) as reason from barred group by 1) b on b.address_key = a.address_key
   order by split_part(a.address_key, '@', -1), a.address_key
  on conflict do nothing
  returning 1
)
select (select count(*) from members), (select coalesce(max("position"), 0) from members), (select count(*) from made)
"""
_LIST = "select * from recipients_of_list(%(workspace_id)s, %(list_id)s, %(after)s, %(most)s)"
_PROSPECT = "select * from recipient(%(workspace_id)s, %(prospect_id)s)"
_FROM_LIST = _ENROLL.replace("{members}", _LIST)
_FROM_PROSPECT = _ENROLL.replace("{members}", _PROSPECT)


def _values(entry: Entry, now: datetime) -> dict[str, object]:
    return {
        "workspace_id": entry.workspace_id,
        "campaign_id": entry.campaign_id,
        "version_id": entry.version_id,
        "node_key": entry.node_key,
        "lane": entry.lane,
        "due_at": entry.due_at,
        "black_list_id": entry.black_list_id,
        "first_address_only": entry.first_address_only,
        "now": now,
    }


async def enroll_from_list(
    conn: Connection, entry: Entry, list_id: int, *, after: int, most: int, now: datetime
) -> Enrolled:
    cur = await conn.execute(_FROM_LIST, _values(entry, now) | {"list_id": list_id, "after": after, "most": most})
    row = await cur.fetchone()
    assert row is not None
    return Enrolled(row[0], row[1], row[2])


async def enroll_prospect(conn: Connection, entry: Entry, prospect_id: int, *, now: datetime) -> int:
    cur = await conn.execute(_FROM_PROSPECT, _values(entry, now) | {"prospect_id": prospect_id})
    row = await cur.fetchone()
    assert row is not None
    return int(row[2])


async def unknown_places(
    conn: Connection, workspace_id: int, list_id: int, *, after: int, most: int
) -> list[tuple[str, str]]:
    """(country, locality) of members of a list whose zone was never worked out."""
    cur = await conn.execute(_UNKNOWN.replace("{members}", _LIST), _members(workspace_id, list_id, after, most))
    return [(row[0], row[1]) for row in await cur.fetchall()]


async def unknown_place_of(conn: Connection, workspace_id: int, prospect_id: int) -> list[tuple[str, str]]:
    cur = await conn.execute(
        _UNKNOWN.replace("{members}", _PROSPECT), {"workspace_id": workspace_id, "prospect_id": prospect_id}
    )
    return [(row[0], row[1]) for row in await cur.fetchall()]


_UNKNOWN = """
select distinct coalesce(p.country, ''), coalesce(p.locality, '') from ({members}) p
 where not exists (select from place_zones z
                    where z.country = coalesce(p.country, '') and z.locality = coalesce(p.locality, ''))
"""


def _members(workspace_id: int, list_id: int, after: int, most: int) -> dict[str, object]:
    return {"workspace_id": workspace_id, "list_id": list_id, "after": after, "most": most}


async def put_places(conn: Connection, places: Sequence[tuple[str, str, str]]) -> None:
    await conn.execute(
        """
        insert into place_zones (country, locality, zone)
        select * from unnest(%s::text[], %s::text[], %s::text[]) order by 1, 2
        on conflict do nothing
        """,
        [list(column) for column in zip(*places, strict=True)],
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """A list as it is read into a campaign: from behind `read_to`, to the end."""

    read_to: int
    safe_to: int
    """Up to here nothing can appear behind this reading any more."""
    last: int
    """The last position there is now."""
    xmax: str
    is_quiet: bool
    """Nobody else is writing."""


async def begin_reading(conn: Connection, workspace_id: int, campaign_id: int, list_id: int) -> Reading:
    """Asked before a list is read."""
    cur = await conn.execute(
        """
        select coalesce(r.read_to, 0),
               case when pg_snapshot_xmin(s.now) >= coalesce(r.seen_before, '0') then coalesce(r.seen_to, 0) else 0 end,
               last_of_list(%(workspace_id)s, %(list_id)s), pg_snapshot_xmax(s.now)::text,
               pg_snapshot_xmin(s.now) = pg_snapshot_xmax(s.now)
          from (select pg_current_snapshot() as now) s
          left join campaign_list_reads r on r.campaign_id = %(campaign_id)s and r.list_id = %(list_id)s
        """,
        {"workspace_id": workspace_id, "campaign_id": campaign_id, "list_id": list_id},
    )
    row = await cur.fetchone()
    assert row is not None
    return Reading(*row)


async def end_reading(
    conn: Connection, workspace_id: int, campaign_id: int, list_id: int, reading: Reading, *, last: int
) -> None:
    """What was seen becomes read when every transaction of that time has ended."""
    settled = reading.last if reading.is_quiet else reading.safe_to
    await conn.execute(
        """
        insert into campaign_list_reads as r
               (workspace_id, campaign_id, list_id, read_to, last_position, seen_to, seen_before)
        values (%(workspace_id)s, %(campaign_id)s, %(list_id)s, greatest(0, %(settled)s - %(again)s), %(last)s,
                case when %(pending)s then %(reading_last)s else 0 end,
                case when %(pending)s then %(xmax)s else '0' end::xid8)
        on conflict (campaign_id, list_id) do update
          set read_to = greatest(r.read_to, excluded.read_to),
              last_position = greatest(r.last_position, excluded.last_position),
              seen_to = excluded.seen_to, seen_before = excluded.seen_before
        """,
        {
            "workspace_id": workspace_id,
            "campaign_id": campaign_id,
            "list_id": list_id,
            "settled": settled,
            "again": READ_AGAIN,
            "last": last,
            "pending": not reading.is_quiet and reading.last > reading.safe_to,
            "reading_last": reading.last,
            "xmax": reading.xmax,
        },
    )
