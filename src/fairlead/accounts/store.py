"""The SQL of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg.rows import class_row

from fairlead.accounts.model import (
    Account,
    ApiKey,
    Caller,
    Dialect,
    LedgerEntry,
    Member,
    MemberId,
    Role,
    WorkspaceId,
    plan_named,
    shown_balance,
)
from fairlead.db import Connection

ACCOUNT_COLUMNS = """
       w.id, w.plan, w.credits, w.credits_unlimited, w.recipients_used, w.period_ends_at, w.plan_ends_at,
       (select count(*) > 1 from members t where t.workspace_id = w.id)
"""


@dataclass(frozen=True)
class Ticked:
    """A caller, and how far its workspace has come in the minute that is running."""

    caller: Caller
    limit: int | None
    used: int
    seconds_left: float


def _account(row: Sequence[Any]) -> Account:
    workspace_id, plan, credits, unlimited, recipients_used, period_ends_at, plan_ends_at, is_team = row
    return Account(
        workspace_id=WorkspaceId(workspace_id),
        plan=plan_named(plan),
        credits=shown_balance(credits=credits, unlimited=unlimited),
        recipients_used=recipients_used,
        is_team=is_team,
        period_ends_at=period_ends_at,
        plan_ends_at=plan_ends_at,
    )


# One statement asks who is calling and counts the request, because it runs before every other.
_TICK = """
, tick as (
  insert into rate_windows as r (subject, opened_at, used)
  select 'workspace ' || workspace_id, clock_timestamp(), 1 from caller where rate_limit is not null
  on conflict (subject) do update
     set opened_at = case when r.opened_at <= clock_timestamp() - interval '60 s'
                          then excluded.opened_at else r.opened_at end,
         used = case when r.opened_at <= clock_timestamp() - interval '60 s' then 1 else r.used + 1 end
  returning used, extract(epoch from r.opened_at + interval '60 s' - clock_timestamp()) as seconds_left
)
"""

_CALLER_BY_TOKEN = """
with caller as (
  select c.member_id, c.dialect, c.workspace_id, w.rate_limit
    from access_tokens t
    join api_clients c on c.id = t.api_client_id and c.revoked_at is null
    join workspaces w on w.id = c.workspace_id
   where t.token_hash = %(hash)s and t.expires_at > clock_timestamp()
)
"""

_CALLER_BY_KEY = """
with caller as (
  select k.member_id, 'reference' as dialect, k.workspace_id, w.rate_limit
    from api_keys k
    join workspaces w on w.id = k.workspace_id
   where k.key_hash = %(hash)s and k.revoked_at is null
)
"""


def _caller_query(who: str, *, counted: bool) -> str:
    tick = _TICK if counted else ", tick as (select 0 as used, 0 as seconds_left where false)"
    return f"""
    {who}{tick}
    select m.id, m.role, m.sees_all, caller.dialect, caller.rate_limit,
           coalesce(tick.used, 0), coalesce(tick.seconds_left, 0),
           {ACCOUNT_COLUMNS}
      from caller
      join workspaces w on w.id = caller.workspace_id
      join members m on m.id = caller.member_id
      left join tick on true
    """


_QUERIES = {
    (way, counted): _caller_query(query, counted=counted)
    for way, query in (("token", _CALLER_BY_TOKEN), ("key", _CALLER_BY_KEY))
    for counted in (True, False)
}


async def find_caller(conn: Connection, *, way: str, secret_hash: bytes, counted: bool) -> Ticked | None:
    cur = await conn.execute(_QUERIES[way, counted], {"hash": secret_hash})
    row = await cur.fetchone()
    if row is None:
        return None
    member_id, role, sees_all, dialect, limit, used, seconds_left, *account = row
    caller = Caller(
        account=_account(account),
        member_id=MemberId(member_id),
        role=Role(role),
        sees_all=sees_all,
        dialect=Dialect(dialect),
    )
    return Ticked(caller, limit, used, float(seconds_left))


async def find_account(conn: Connection, workspace_id: int) -> Account | None:
    cur = await conn.execute(f"select {ACCOUNT_COLUMNS} from workspaces w where w.id = %s", [workspace_id])
    row = await cur.fetchone()
    return None if row is None else _account(row)


async def tick(conn: Connection, subject: str, *, by: int, seconds: int) -> tuple[int, float]:
    """How much of the window of `subject` is used after adding `by`, and the seconds until it ends."""
    cur = await conn.execute(
        """
        insert into rate_windows as r (subject, opened_at, used)
        values (%(subject)s, clock_timestamp(), %(by)s)
        on conflict (subject) do update
           set opened_at = case when r.opened_at <= clock_timestamp() - make_interval(secs => %(seconds)s)
                                then excluded.opened_at else r.opened_at end,
               used = case when r.opened_at <= clock_timestamp() - make_interval(secs => %(seconds)s)
                           then greatest(%(by)s, 0) else r.used + %(by)s end
        returning used, extract(epoch from r.opened_at - clock_timestamp()) + %(seconds)s
        """,
        {"subject": subject, "by": by, "seconds": seconds},
    )
    row = await cur.fetchone()
    assert row is not None
    return row[0], float(row[1])


async def window(conn: Connection, subject: str, *, seconds: int) -> tuple[int, float]:
    """What `tick` would say, without adding anything."""
    cur = await conn.execute(
        """
        select used, extract(epoch from opened_at - clock_timestamp()) + %(seconds)s
          from rate_windows
         where subject = %(subject)s and opened_at > clock_timestamp() - make_interval(secs => %(seconds)s)
        """,
        {"subject": subject, "seconds": seconds},
    )
    row = await cur.fetchone()
    return (0, 0.0) if row is None else (row[0], float(row[1]))


async def drop_old_windows(conn: Connection) -> None:
    await conn.execute("delete from rate_windows where opened_at < clock_timestamp() - interval '2 hours'")


# Workspaces and members


async def insert_workspace(
    conn: Connection,
    *,
    name: str,
    plan: str,
    rate_limit: int | None,
    unlimited: bool,
    now: datetime,
    period_ends_at: datetime,
    plan_ends_at: datetime,
) -> WorkspaceId:
    cur = await conn.execute(
        """
        insert into workspaces (name, plan, rate_limit, credits_unlimited, period_ends_at, plan_ends_at, made_at)
        values (%(name)s, %(plan)s, %(rate_limit)s, %(unlimited)s, %(period_ends_at)s, %(plan_ends_at)s, %(now)s)
        returning id
        """,
        {
            "name": name,
            "plan": plan,
            "rate_limit": rate_limit,
            "unlimited": unlimited,
            "now": now,
            "period_ends_at": period_ends_at,
            "plan_ends_at": plan_ends_at,
        },
    )
    row = await cur.fetchone()
    assert row is not None
    return WorkspaceId(row[0])


async def workspaces(conn: Connection) -> list[tuple[int, str, str]]:
    cur = await conn.execute("select id, name, plan from workspaces order by id")
    return [(row[0], row[1], row[2]) for row in await cur.fetchall()]


async def insert_member(
    conn: Connection, *, workspace_id: int, email: str, name: str, role: str, sees_all: bool, now: datetime
) -> MemberId | None:
    cur = await conn.execute(
        """
        insert into members (workspace_id, email, name, role, sees_all, made_at)
        values (%(workspace_id)s, %(email)s, %(name)s, %(role)s, %(sees_all)s, %(now)s)
        on conflict on constraint one_member_per_address do nothing
        returning id
        """,
        {
            "workspace_id": workspace_id,
            "email": email,
            "name": name,
            "role": role,
            "sees_all": sees_all,
            "now": now,
        },
    )
    row = await cur.fetchone()
    return None if row is None else MemberId(row[0])


async def members(conn: Connection, workspace_id: int) -> list[Member]:
    async with conn.cursor(row_factory=class_row(Member)) as cur:
        await cur.execute(
            "select id, email, name, role, sees_all from members where workspace_id = %s order by id", [workspace_id]
        )
        return await cur.fetchall()


# API clients, tokens, keys


async def insert_client(
    conn: Connection,
    *,
    workspace_id: int,
    member_id: int,
    client_id: str,
    secret_hash: bytes,
    dialect: str,
    now: datetime,
) -> None:
    await conn.execute(
        """
        insert into api_clients (workspace_id, member_id, client_id, secret_hash, dialect, made_at)
        values (%(workspace_id)s, %(member_id)s, %(client_id)s, %(secret_hash)s, %(dialect)s, %(now)s)
        """,
        {
            "workspace_id": workspace_id,
            "member_id": member_id,
            "client_id": client_id,
            "secret_hash": secret_hash,
            "dialect": dialect,
            "now": now,
        },
    )


async def revoke_client(conn: Connection, *, workspace_id: int, client_id: str, now: datetime) -> bool:
    cur = await conn.execute(
        """
        update api_clients set revoked_at = %(now)s
         where workspace_id = %(workspace_id)s and client_id = %(client_id)s and revoked_at is null
        """,
        {"workspace_id": workspace_id, "client_id": client_id, "now": now},
    )
    return cur.rowcount == 1


async def find_client(conn: Connection, client_id: str) -> tuple[int, int, bytes, int | None] | None:
    """(api_client_id, workspace_id, secret_hash, rate_limit) of a client that is not revoked."""
    cur = await conn.execute(
        """
        select c.id, c.workspace_id, c.secret_hash, w.rate_limit
          from api_clients c join workspaces w on w.id = c.workspace_id
         where c.client_id = %s and c.revoked_at is null
        """,
        [client_id],
    )
    row = await cur.fetchone()
    return None if row is None else (row[0], row[1], bytes(row[2]), row[3])


async def insert_token(
    conn: Connection, *, token_hash: bytes, api_client_id: int, workspace_id: int, life_seconds: int
) -> None:
    await conn.execute(
        """
        insert into access_tokens (token_hash, api_client_id, workspace_id, expires_at)
        values (%(token_hash)s, %(client)s, %(workspace_id)s, clock_timestamp() + make_interval(secs => %(life)s))
        """,
        {"token_hash": token_hash, "client": api_client_id, "workspace_id": workspace_id, "life": life_seconds},
    )


async def drop_old_tokens(conn: Connection) -> int:
    cur = await conn.execute("delete from access_tokens where expires_at < clock_timestamp()")
    return cur.rowcount


async def insert_key(
    conn: Connection, *, workspace_id: int, member_id: int, key_hash: bytes, hint: str, now: datetime
) -> None:
    await conn.execute(
        """
        insert into api_keys (workspace_id, member_id, key_hash, hint, made_at)
        values (%(workspace_id)s, %(member_id)s, %(key_hash)s, %(hint)s, %(now)s)
        """,
        {"workspace_id": workspace_id, "member_id": member_id, "key_hash": key_hash, "hint": hint, "now": now},
    )


async def revoke_keys(conn: Connection, *, workspace_id: int, hint: str, now: datetime) -> int:
    cur = await conn.execute(
        """
        update api_keys set revoked_at = %(now)s
         where workspace_id = %(workspace_id)s and hint = %(hint)s and revoked_at is null
        """,
        {"workspace_id": workspace_id, "hint": hint, "now": now},
    )
    return cur.rowcount


async def keys(conn: Connection, workspace_id: int) -> list[ApiKey]:
    async with conn.cursor(row_factory=class_row(ApiKey)) as cur:
        await cur.execute(
            """
            select hint as starts_with, made_at, revoked_at from api_keys where workspace_id = %s order by id
            """,
            [workspace_id],
        )
        return await cur.fetchall()


# Credits


async def last_entries(conn: Connection, workspace_id: int, *, last: int) -> list[LedgerEntry]:
    async with conn.cursor(row_factory=class_row(LedgerEntry)) as cur:
        await cur.execute(
            """
            select id, at, kind, credits, note from credit_entries where workspace_id = %s order by id desc limit %s
            """,
            [workspace_id, last],
        )
        return await cur.fetchall()


async def lock_workspace(conn: Connection, workspace_id: int) -> None:
    """Holds the workspace for this transaction. What it has paid for and whom it has written to is looked up after
    this, so that of two tasks with the same request the second sees what the first has done."""
    await conn.execute("select from workspaces where id = %s for no key update", [workspace_id])


async def add_credits(conn: Connection, *, workspace_id: int, credits: Decimal) -> bool:
    cur = await conn.execute(
        "update workspaces set credits = credits + %(credits)s where id = %(workspace_id)s",
        {"workspace_id": workspace_id, "credits": credits},
    )
    return cur.rowcount == 1


async def take_credits(conn: Connection, *, workspace_id: int, credits: Decimal) -> bool:
    cur = await conn.execute(
        """
        update workspaces set credits = credits - %(credits)s
         where id = %(workspace_id)s and (credits >= %(credits)s or credits_unlimited)
        """,
        {"workspace_id": workspace_id, "credits": credits},
    )
    return cur.rowcount == 1


async def insert_entry(
    conn: Connection,
    *,
    workspace_id: int,
    at: datetime,
    kind: str,
    credits: Decimal,
    reservation: int | None = None,
    note: str = "",
) -> None:
    await conn.execute(
        """
        insert into credit_entries (workspace_id, at, kind, credits, reservation, note)
        values (%(workspace_id)s, %(at)s, %(kind)s, %(credits)s, %(reservation)s, %(note)s)
        """,
        {
            "workspace_id": workspace_id,
            "at": at,
            "kind": kind,
            "credits": credits,
            "reservation": reservation,
            "note": note,
        },
    )


async def insert_reservation(conn: Connection, *, workspace_id: int, credits: Decimal, now: datetime) -> int:
    cur = await conn.execute(
        """
        insert into credit_reservations (workspace_id, credits, made_at)
        values (%(workspace_id)s, %(credits)s, %(now)s)
        returning id
        """,
        {"workspace_id": workspace_id, "credits": credits, "now": now},
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0])


async def close_reservation(conn: Connection, *, reservation: int, now: datetime) -> tuple[int, Decimal] | None:
    """(workspace, credits held) of a reservation that was open until now."""
    cur = await conn.execute(
        """
        update credit_reservations set settled_at = %(now)s
         where id = %(id)s and settled_at is null
        returning workspace_id, credits
        """,
        {"id": reservation, "now": now},
    )
    row = await cur.fetchone()
    return None if row is None else (row[0], row[1])


async def forgotten_reservations_for_update(conn: Connection, *, made_before: datetime) -> list[int]:
    cur = await conn.execute(
        """
        select id from credit_reservations
         where settled_at is null and made_at < %s
         order by made_at limit 1000
           for update skip locked
        """,
        [made_before],
    )
    return [row[0] for row in await cur.fetchall()]


async def charged_before(conn: Connection, *, workspace_id: int, keys: list[bytes]) -> set[bytes]:
    cur = await conn.execute(
        """
        select request_key from charged_requests
         where workspace_id = %(workspace_id)s and request_key = any(%(keys)s)
        """,
        {"workspace_id": workspace_id, "keys": keys},
    )
    return {bytes(row[0]) for row in await cur.fetchall()}


async def insert_charged(conn: Connection, *, workspace_id: int, keys: list[bytes], now: datetime) -> int:
    """How many of the keys were not charged before, and now are."""
    cur = await conn.execute(
        """
        insert into charged_requests (workspace_id, request_key, charged_at)
        select %(workspace_id)s, key, %(now)s from unnest(%(keys)s::bytea[]) as key order by key
        on conflict do nothing
        """,
        {"workspace_id": workspace_id, "keys": keys, "now": now},
    )
    return cur.rowcount


# Periods


@dataclass(frozen=True)
class DueRow:
    id: int
    plan: str
    credits: Decimal
    credits_unlimited: bool
    made_at: datetime
    period_ends_at: datetime


async def workspaces_due_for_update(conn: Connection, *, now: datetime) -> list[DueRow]:
    async with conn.cursor(row_factory=class_row(DueRow)) as cur:
        await cur.execute(
            """
            select id, plan, credits, credits_unlimited, made_at, period_ends_at
              from workspaces
             where period_ends_at <= %s
             order by id limit 200
               for update skip locked
            """,
            [now],
        )
        return await cur.fetchall()


async def start_period(
    conn: Connection, *, workspace_id: int, ended_at: datetime, period_ends_at: datetime, plan_ends_at: datetime
) -> None:
    await conn.execute(
        """
        update workspaces
           set period_ends_at = %(period_ends_at)s, plan_ends_at = %(plan_ends_at)s, recipients_used = 0
         where id = %(id)s
        """,
        {"id": workspace_id, "period_ends_at": period_ends_at, "plan_ends_at": plan_ends_at},
    )
    await conn.execute(
        "delete from period_recipients where workspace_id = %s and period_ends <= %s", [workspace_id, ended_at]
    )


async def count_recipient(conn: Connection, *, workspace_id: int, address_hash: bytes, limit: int | None) -> bool:
    """Whether this person may be written to in the running period; counts a new one."""
    cur = await conn.execute(
        """
        with known as (
          select 1 from period_recipients p join workspaces w on w.id = p.workspace_id
           where p.workspace_id = %(workspace_id)s and p.address_hash = %(hash)s and p.period_ends = w.period_ends_at
        ), counted as (
          update workspaces set recipients_used = recipients_used + 1
           where id = %(workspace_id)s and not exists (select from known)
             and (%(limit)s::int is null or recipients_used < %(limit)s)
          returning id, period_ends_at
        ), noted as (
          insert into period_recipients (workspace_id, period_ends, address_hash)
          select id, period_ends_at, %(hash)s from counted
        )
        select exists (select from known) or exists (select from counted)
        """,
        {"workspace_id": workspace_id, "hash": address_hash, "limit": limit},
    )
    row = await cur.fetchone()
    assert row is not None
    return bool(row[0])


async def count_recipients(conn: Connection, *, workspace_id: int, address_hashes: list[bytes]) -> None:
    await conn.execute(
        """
        with noted as (
          insert into period_recipients (workspace_id, period_ends, address_hash)
          select w.id, w.period_ends_at, h from workspaces w, unnest(%(hashes)s::bytea[]) as h
           where w.id = %(workspace_id)s
          on conflict do nothing
          returning 1
        )
        update workspaces set recipients_used = recipients_used + (select count(*) from noted)
         where id = %(workspace_id)s and exists (select from noted)
        """,
        {"workspace_id": workspace_id, "hashes": address_hashes},
    )
