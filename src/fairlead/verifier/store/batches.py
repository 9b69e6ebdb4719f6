"""Batches and their addresses. Leases are machine time, everything else is business time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from fairlead.db import Connection
from fairlead.jobs.model import NewJob
from fairlead.verifier.model import (
    REASON_OF_WORD,
    AddressStatus,
    Batch,
    BatchId,
    BatchKind,
    BatchState,
    Progress,
    Verdict,
)
from fairlead.verifier.store.arrays import array
from fairlead.verifier.store.verdicts import bits_of, flags_of

BATCH_COLUMNS = "id, workspace_id, token, kind, state, name, total, remaining, made_at"


@dataclass(frozen=True, slots=True)
class Held:
    """A batch as its work sees it. `seconds_left` is machine time until a task answers what it has."""

    id: BatchId
    workspace_id: int
    token: str
    kind: BatchKind
    state: BatchState
    remaining: int
    reservation: int | None
    reserved: Decimal
    when_done: tuple[str, dict[str, Any]] | None  # kind and payload of a job
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Item:
    key: str
    address: str


async def insert_batch(
    conn: Connection,
    *,
    workspace_id: int,
    token: str,
    kind: BatchKind,
    name: str,
    answer_seconds: float | None,
    when_done: NewJob | None,
    now: datetime,
) -> BatchId:
    """An empty batch; see `count_items`."""
    cur = await conn.execute(
        """
        insert into verification_batches (
          workspace_id, token, kind, name, total, remaining, answer_by, when_done, made_at)
        values (%(workspace_id)s, %(token)s, %(kind)s, %(name)s, 0, 0,
                clock_timestamp() + make_interval(secs => %(answer_seconds)s), %(when_done)s, %(now)s)
        returning id
        """,
        {
            "workspace_id": workspace_id,
            "token": token,
            "kind": kind,
            "name": name,
            "answer_seconds": answer_seconds,
            "when_done": None if when_done is None else Jsonb([when_done.kind, when_done.payload]),
            "now": now,
        },
    )
    row = await cur.fetchone()
    assert row is not None
    return BatchId(row[0])


async def insert_items(conn: Connection, batch_id: int, items: Sequence[tuple[str, str, str]]) -> int:
    """How many of `items` (key, address, domain) were not there yet."""
    cur = await conn.execute(
        """
        insert into verification_items (batch_id, address_key, address, domain)
        select %(batch_id)s, key, address, domain
          from unnest(%(keys)s::text[], %(addresses)s::text[], %(domains)s::text[]) as item (key, address, domain)
        on conflict (batch_id, address_key) do nothing
        """,
        {
            "batch_id": batch_id,
            "keys": array(key for key, _, _ in items),
            "addresses": array(address for _, address, _ in items),
            "domains": array(domain for _, _, domain in items),
        },
    )
    return cur.rowcount


async def count_items(conn: Connection, batch_id: int, *, total: int) -> None:
    await conn.execute(
        "update verification_batches set total = %(total)s, remaining = %(total)s where id = %(id)s",
        {"id": batch_id, "total": total},
    )


async def count_more_items(conn: Connection, batch_id: int, *, more: int) -> None:
    await conn.execute(
        "update verification_batches set total = total + %(more)s, remaining = remaining + %(more)s where id = %(id)s",
        {"id": batch_id, "more": more},
    )


async def note_reservation(conn: Connection, batch_id: int, *, reservation: int | None, reserved: Decimal) -> None:
    await conn.execute(
        "update verification_batches set reservation = %(reservation)s, reserved = %(reserved)s where id = %(id)s",
        {"id": batch_id, "reservation": reservation, "reserved": reserved},
    )


async def batch(conn: Connection, batch_id: int) -> Batch:
    found = await _batch(conn, f"select {BATCH_COLUMNS} from verification_batches where id = %(id)s", {"id": batch_id})
    assert found is not None
    return found


async def find_batch(conn: Connection, *, workspace_id: int, token: str) -> Batch | None:
    return await _batch(
        conn,
        f"select {BATCH_COLUMNS} from verification_batches where workspace_id = %(workspace_id)s and token = %(token)s",
        {"workspace_id": workspace_id, "token": token},
    )


async def find_latest_named(conn: Connection, *, workspace_id: int, name: str) -> Batch | None:
    return await _batch(
        conn,
        f"""
        select {BATCH_COLUMNS} from verification_batches
         where workspace_id = %(workspace_id)s and name = %(name)s
         order by id desc limit 1
        """,
        {"workspace_id": workspace_id, "name": name},
    )


async def _batch(conn: Connection, question: str, values: Mapping[str, Any]) -> Batch | None:
    cur = await conn.execute(question, values)
    row = await cur.fetchone()
    if row is None:
        return None
    id_, workspace_id, token, kind, state, name, total, left, made_at = row
    return Batch(BatchId(id_), workspace_id, token, BatchKind(kind), BatchState(state), name, total, left, made_at)


async def held(conn: Connection, batch_id: int, *, lock: bool = False) -> Held | None:
    cur = await conn.execute(
        f"""
        select id, workspace_id, token, kind, state, remaining, reservation, reserved, when_done,
               extract(epoch from answer_by - clock_timestamp())
          from verification_batches
         where id = %s
        {"for no key update" if lock else ""}
        """,
        [batch_id],
    )
    row = await cur.fetchone()
    if row is None:
        return None
    id_, workspace_id, token, kind, state, remaining, reservation, reserved, when_done, seconds = row
    return Held(
        id=BatchId(id_),
        workspace_id=workspace_id,
        token=token,
        kind=BatchKind(kind),
        state=BatchState(state),
        remaining=remaining,
        reservation=reservation,
        reserved=reserved,
        when_done=None if when_done is None else (when_done[0], when_done[1]),
        seconds_left=None if seconds is None else float(seconds),
    )


# Asking.


async def let_go(conn: Connection, batch_id: int, *, lessee: int) -> None:
    """What an earlier run of this job was asking about is free again."""
    await conn.execute(
        """
        update verification_items set leased_by = null, lease_until = null
         where batch_id = %(batch_id)s and state = 'due' and leased_by = %(lessee)s
        """,
        {"batch_id": batch_id, "lessee": lessee},
    )


async def claim(conn: Connection, batch_id: int, *, lessee: int, limit: int, lease_seconds: float) -> list[Item]:
    """Addresses nobody is asking about, now leased, those of a domain together."""
    cur = await conn.execute(
        """
        with due as materialized (
          select address_key
            from verification_items
           where batch_id = %(batch_id)s and state = 'due'
             and (leased_by is null or lease_until < clock_timestamp())
           order by domain, address_key
           limit %(limit)s
             for update skip locked
        )
        update verification_items i
           set leased_by = %(lessee)s, lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
          from due
         where i.batch_id = %(batch_id)s and i.address_key = due.address_key
        returning i.address_key, i.address
        """,
        {"batch_id": batch_id, "lessee": lessee, "limit": limit, "lease": lease_seconds},
    )
    return [Item(row[0], row[1]) for row in await cur.fetchall()]


async def due(conn: Connection, batch_id: int) -> list[Item]:
    """All addresses of a batch that were not answered yet, leased or not, locked."""
    cur = await conn.execute(
        """
        select address_key, address
          from verification_items
         where batch_id = %s and state = 'due'
         order by address_key
           for update
        """,
        [batch_id],
    )
    return [Item(row[0], row[1]) for row in await cur.fetchall()]


async def anything_due(conn: Connection, batch_id: int) -> bool:
    """Whether an address of the batch still has to be asked for, leased or not."""
    cur = await conn.execute(
        "select exists (select from verification_items where batch_id = %s and state = 'due')", [batch_id]
    )
    row = await cur.fetchone()
    return bool(row and row[0])


async def domains_overdue(conn: Connection, batch_id: int, *, due_before: datetime) -> list[str]:
    """Domains with open addresses of the batch whose next question was due by then, and nobody has asked it."""
    cur = await conn.execute(
        """
        select distinct i.domain
          from verification_items i
          join verdicts v on v.address_key = i.address_key
         where i.batch_id = %(batch_id)s and i.state = 'open' and v.retry_at <= %(due_before)s
         order by i.domain
        """,
        {"batch_id": batch_id, "due_before": due_before},
    )
    return [row[0] for row in await cur.fetchall()]


async def try_attend(conn: Connection, batch_id: int) -> bool:
    """Whether `conn`, which has to be its own, is now the one attending this batch; until it is closed."""
    cur = await conn.execute("select pg_try_advisory_lock(hashtextextended('verify ' || %s, 0))", [str(batch_id)])
    row = await cur.fetchone()
    return bool(row and row[0])


# Answering.


async def answer(
    conn: Connection, batch_id: int, verdicts: Mapping[str, Verdict], *, state: str, was: Sequence[str] = ("due",)
) -> list[str]:
    """The keys that changed to `state` with these verdicts: those that were in none of the states `was` stay."""
    if not verdicts:
        return []
    keys = sorted(verdicts)
    values = [verdicts[key] for key in keys]
    cur = await conn.execute(
        """
        update verification_items i
           set state = %(state)s, reason = new.reason, flags = new.flags, mx = new.mx, checked_at = new.checked_at,
               leased_by = null, lease_until = null
          from unnest(%(keys)s::text[], %(reasons)s::text[], %(flags)s::smallint[], %(mxs)s::text[],
                      %(checked)s::timestamptz[]) as new (key, reason, flags, mx, checked_at)
         where i.batch_id = %(batch_id)s and i.address_key = new.key and i.state = any(%(was)s)
        returning i.address_key
        """,
        {
            "batch_id": batch_id,
            "state": state,
            "was": list(was),
            "keys": array(keys),
            "reasons": array(verdict.reason.word for verdict in values),
            "flags": array(str(bits_of(verdict.flags)) for verdict in values),
            "mxs": array(verdict.mx for verdict in values),
            "checked": array(verdict.checked_at.isoformat() for verdict in values),
        },
    )
    return [row[0] for row in await cur.fetchall()]


async def batches_waiting_for(conn: Connection, keys: Sequence[str]) -> dict[BatchId, list[str]]:
    """Which of `keys` are open in which running batches, in the order of the batches."""
    cur = await conn.execute(
        """
        select i.batch_id, array_agg(i.address_key)
          from verification_items i
          join verification_batches b on b.id = i.batch_id and b.state = 'running'
         where i.state = 'open' and i.address_key = any(%s::text[])
         group by i.batch_id
         order by i.batch_id
        """,
        [array(keys)],
    )
    return {BatchId(row[0]): row[1] for row in await cur.fetchall()}


async def settled_meanwhile(conn: Connection, keys: Sequence[str]) -> list[str]:
    """Those of `keys` whose verdict is settled. Whoever is about to settle one of the others has to wait for us."""
    cur = await conn.execute(
        """
        select address_key, retry_at is null
          from verdicts
         where address_key = any(%s::text[])
         order by address_key
           for share
        """,
        [array(keys)],
    )
    return [row[0] for row in await cur.fetchall() if row[1]]


async def take_back(conn: Connection, batch_id: int, keys: Sequence[str]) -> None:
    """Answers that cannot be paid for."""
    await conn.execute(
        """
        update verification_items set state = 'unpaid', reason = null, flags = null, mx = null, checked_at = null
         where batch_id = %(batch_id)s and address_key = any(%(keys)s::text[])
        """,
        {"batch_id": batch_id, "keys": array(keys)},
    )


async def count_down(conn: Connection, batch_id: int, *, by: int) -> int:
    """How many addresses of the batch are left now."""
    cur = await conn.execute(
        "update verification_batches set remaining = remaining - %(by)s where id = %(id)s returning remaining",
        {"id": batch_id, "by": by},
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0])


async def end(conn: Connection, batch_id: int, *, state: BatchState, now: datetime) -> None:
    await conn.execute(
        "update verification_batches set state = %(state)s, finished_at = %(now)s where id = %(id)s",
        {"id": batch_id, "state": state, "now": now},
    )


async def keys_to_pay_for(conn: Connection, batch_id: int, *, definite_only: bool) -> list[str]:
    cur = await conn.execute(
        """
        select i.address_key
          from verification_items i
         where i.batch_id = %(batch_id)s and i.state = 'done'
           and (not %(definite_only)s or i.reason = any(%(definite)s))
        """,
        {
            "batch_id": batch_id,
            "definite_only": definite_only,
            "definite": [word for word, reason in REASON_OF_WORD.items() if reason.status != "unknown"],
        },
    )
    return [row[0] for row in await cur.fetchall()]


# Reading.

_ITEM_COLUMNS = "i.address, i.reason, i.flags, i.mx, i.checked_at"


def _verdict(row: Sequence[Any], retry_at: datetime | None = None) -> Verdict:
    address, reason, flags, mx, checked_at = row
    return Verdict(address, REASON_OF_WORD[reason], flags_of(flags), mx, checked_at, retry_at)


async def answered(
    conn: Connection, batch_id: int, *, after: str, limit: int, open_too: bool = False
) -> list[tuple[str, Verdict]]:
    """(key, verdict) of finished addresses in the order of their keys, beginning behind `after`.

    `open_too`: also those that were put off, with the moment of the next question.
    """
    cur = await conn.execute(
        f"""
        select i.address_key, case when i.state = 'open' then v.retry_at end, {_ITEM_COLUMNS}
          from verification_items i
          left join verdicts v on i.state = 'open' and v.address_key = i.address_key
         where i.batch_id = %(batch_id)s and i.state = any(%(states)s) and i.address_key > %(after)s
         order by i.address_key
         limit %(limit)s
        """,
        {"batch_id": batch_id, "after": after, "limit": limit, "states": ["done", "open"] if open_too else ["done"]},
    )
    return [(row[0], _verdict(row[2:], row[1])) for row in await cur.fetchall()]


async def statuses(conn: Connection, *, workspace_id: int, keys: Sequence[str]) -> dict[str, AddressStatus]:
    """Where each of `keys` stands that this workspace has asked for; the last time counts, and the younger verdict."""
    cur = await conn.execute(
        f"""
        select distinct on (i.address_key)
               i.address_key, i.state, v.retry_at,
               {_ITEM_COLUMNS}, v.reason, v.flags, v.mx, v.checked_at
          from verification_items i
          join verification_batches b on b.id = i.batch_id and b.workspace_id = %(workspace_id)s
          left join verdicts v on v.address_key = i.address_key
         where i.address_key = any(%(keys)s::text[])
         order by i.address_key, i.batch_id desc
        """,
        {"workspace_id": workspace_id, "keys": array(keys)},
    )
    return {row[0]: _status(row[1], row[2], row[3:8], row[8:]) for row in await cur.fetchall()}


async def operators_verdicts(conn: Connection, *, keys: Mapping[str, str]) -> dict[str, Verdict]:
    """By key, the verdicts whoever runs this installation has asked for. `keys`: the address of each key."""
    cur = await conn.execute(
        """
        select address_key, retry_at, reason, flags, mx, checked_at
          from verdicts
         where address_key = any(%s::text[]) and by_operator
        """,
        [array(keys)],
    )
    return {row[0]: _verdict((keys[row[0]], *row[2:]), row[1]) for row in await cur.fetchall()}


def _status(state: str, retry_at: datetime | None, own: Sequence[Any], shared: Sequence[Any]) -> AddressStatus:
    if state == "due":
        return AddressStatus(Progress.IN_PROGRESS, None)
    if state == "unpaid":
        return AddressStatus(Progress.NOT_VERIFIED, None)
    if shared[0] is not None and (own[4] is None or shared[3] >= own[4]):
        return AddressStatus(Progress.COMPLETE, _verdict((own[0], *shared), retry_at))
    return AddressStatus(Progress.COMPLETE, _verdict(own))


async def forget_old(conn: Connection, *, finished_before: datetime, checked_before: datetime) -> None:
    await conn.execute(
        """
        delete from verification_batches
         where id in (select id from verification_batches where finished_at < %s order by finished_at limit 100)
        """,
        [finished_before],
    )
    await conn.execute("delete from verdicts where checked_at < %s and retry_at is null", [checked_before])
    await conn.execute("delete from mail_domains where learned_at < %s", [checked_before])
    await conn.execute("delete from mail_servers where learned_at < %s", [checked_before])
