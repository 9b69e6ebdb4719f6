"""Where Calendly tells of bookings, and which it has told of."""

from dataclasses import dataclass, field
from datetime import datetime

from fairlead.db import Connection


@dataclass(frozen=True)
class Hook:
    workspace_id: int
    signing_key: bytes = field(repr=False)
    """Sealed."""
    seconds: float
    """Machine time, since 1970."""


async def put_hook(conn: Connection, workspace_id: int, *, token: str, signing_key: bytes, now: datetime) -> str:
    """The token it has from now on: that of the first time."""
    cur = await conn.execute(
        """
        insert into calendly_hooks (workspace_id, token, signing_key, made_at) values (%s, %s, %s, %s)
        on conflict (workspace_id) do update set signing_key = excluded.signing_key
        returning token
        """,
        [workspace_id, token, signing_key, now],
    )
    row = await cur.fetchone()
    assert row is not None
    return str(row[0])


async def find_hook(conn: Connection, token: str) -> Hook | None:
    """No workspace is asked for: the token is the secret."""
    cur = await conn.execute(
        """
        select workspace_id, signing_key, extract(epoch from clock_timestamp())::double precision
          from calendly_hooks where token = %s
        """,
        [token],
    )
    row = await cur.fetchone()
    return None if row is None else Hook(row[0], bytes(row[1]), row[2])


async def note_booking(conn: Connection, workspace_id: int, booking: bytes, *, now: datetime) -> bool:
    """False when it was told of before: Calendly tells again when it heard no answer."""
    cur = await conn.execute(
        "insert into calendly_bookings (workspace_id, booking, told_at) values (%s, %s, %s) on conflict do nothing",
        [workspace_id, booking, now],
    )
    return cur.rowcount == 1


async def enrollments_of(conn: Connection, workspace_id: int, address: str) -> list[tuple[int, int]]:
    """(campaign, enrollment) of an address, as compared, that are not over; in the order of their ids."""
    cur = await conn.execute(
        """
        select campaign_id, id from enrollments
         where workspace_id = %s and domain = split_part(%s, '@', -1) and address_key = %s
           and state in ('active', 'parked', 'paused', 'to_check', 'over_limit')
         order by id
        """,
        [workspace_id, address, address],
    )
    return [(row[0], row[1]) for row in await cur.fetchall()]
