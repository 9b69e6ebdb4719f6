"""Counts and seats that keep all processes polite together. Machine time."""

from collections.abc import Sequence

from fairlead.db import Connection


async def count(conn: Connection, subject: str, *, seconds: int) -> None:
    await conn.execute(
        """
        insert into verifier_windows as w (subject, opened_at, used) values (%(subject)s, clock_timestamp(), 1)
        on conflict (subject) do update
           set opened_at = case when w.opened_at <= clock_timestamp() - make_interval(secs => %(seconds)s)
                                then excluded.opened_at else w.opened_at end,
               used = case when w.opened_at <= clock_timestamp() - make_interval(secs => %(seconds)s)
                           then 1 else w.used + 1 end
        """,
        {"subject": subject, "seconds": seconds},
    )


async def count_up_to(conn: Connection, subject: str, *, limit: int, seconds: int) -> bool:
    """Whether there was room for one more in the window of `subject`; counts it."""
    cur = await conn.execute(
        """
        insert into verifier_windows as w (subject, opened_at, used) values (%(subject)s, clock_timestamp(), 1)
        on conflict (subject) do update
           set opened_at = case when w.opened_at <= clock_timestamp() - make_interval(secs => %(seconds)s)
                                then excluded.opened_at else w.opened_at end,
               used = case when w.opened_at <= clock_timestamp() - make_interval(secs => %(seconds)s)
                           then 1 else w.used + 1 end
         where w.used < %(limit)s or w.opened_at <= clock_timestamp() - make_interval(secs => %(seconds)s)
        """,
        {"subject": subject, "limit": limit, "seconds": seconds},
    )
    return cur.rowcount == 1


async def blocked_too_often(conn: Connection, *, blocks: int, share: int, seconds: int) -> bool:
    """Whether this window has seen `blocks` blocked sessions, and they are at least one in `share` of all."""
    cur = await conn.execute(
        """
        select coalesce(sum(used) filter (where subject = 'blocks'), 0) >= %(blocks)s
           and coalesce(sum(used) filter (where subject = 'blocks'), 0) * %(share)s
               >= coalesce(sum(used) filter (where subject = 'sessions'), 0)
          from verifier_windows
         where subject in ('blocks', 'sessions') and opened_at > clock_timestamp() - make_interval(secs => %(seconds)s)
        """,
        {"blocks": blocks, "share": share, "seconds": seconds},
    )
    row = await cur.fetchone()
    return bool(row and row[0])


async def take_seat(conn: Connection, *, server: str, seats: int, seconds: int) -> int | None:
    """The number of a free seat at `server`, now taken; None when all `seats` are."""
    cur = await conn.execute(
        """
        insert into verifier_seats as s (server, seat, lease_until)
        select %(server)s, n, clock_timestamp() + make_interval(secs => %(seconds)s)
          from generate_series(1, %(seats)s) as n
         where not exists (select from verifier_seats taken
                            where taken.server = %(server)s and taken.seat = n
                              and taken.lease_until > clock_timestamp())
         order by n
         limit 1
        on conflict (server, seat) do update set lease_until = excluded.lease_until
         where s.lease_until <= clock_timestamp()
        returning seat
        """,
        {"server": server, "seats": seats, "seconds": seconds},
    )
    row = await cur.fetchone()
    return None if row is None else int(row[0])


async def renew_seats(conn: Connection, seats: Sequence[tuple[str, int]], *, seconds: int) -> None:
    await conn.execute(
        """
        update verifier_seats s set lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
          from unnest(%(servers)s::text[], %(seats)s::int[]) as held (server, seat)
         where s.server = held.server and s.seat = held.seat
        """,
        {"seconds": seconds, "servers": [server for server, _ in seats], "seats": [seat for _, seat in seats]},
    )


async def leave_seat(conn: Connection, *, server: str, seat: int) -> None:
    await conn.execute(
        "delete from verifier_seats where server = %(server)s and seat = %(seat)s", {"server": server, "seat": seat}
    )


async def forget_old(conn: Connection) -> None:
    await conn.execute("delete from verifier_windows where opened_at < clock_timestamp() - interval '2 days'")
    await conn.execute("delete from verifier_seats where lease_until < clock_timestamp()")
