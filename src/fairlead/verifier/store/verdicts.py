"""The last verdict on each address. Times are business time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from fairlead.db import Connection
from fairlead.flags import Flags
from fairlead.verifier.model import REASON_OF_WORD, Reason, Verdict
from fairlead.verifier.store.arrays import array

VALID_FORMAT, DISPOSABLE, WEBMAIL, ROLE, GIBBERISH = 1, 2, 4, 8, 16

_FLAGS: Final = tuple(
    Flags(bool(b & VALID_FORMAT), bool(b & DISPOSABLE), bool(b & WEBMAIL), bool(b & ROLE), bool(b & GIBBERISH))
    for b in range(32)
)


def bits_of(flags: Flags) -> int:
    return (
        flags.is_valid_format * VALID_FORMAT
        | flags.is_disposable * DISPOSABLE
        | flags.is_webmail * WEBMAIL
        | flags.is_role * ROLE
        | flags.is_gibberish * GIBBERISH
    )


def flags_of(bits: int) -> Flags:
    return _FLAGS[bits]


@dataclass(frozen=True, slots=True)
class VerdictRow:
    address_key: str
    reason: Reason
    bits: int
    mx: str | None
    checked_at: datetime
    first_asked_at: datetime
    retry_at: datetime | None

    def verdict(self, address: str) -> Verdict:
        return Verdict(address, self.reason, flags_of(self.bits), self.mx, self.checked_at, self.retry_at)


async def find(conn: Connection, keys: Sequence[str]) -> dict[str, VerdictRow]:
    cur = await conn.execute(
        """
        select v.address_key, v.reason, v.flags, v.mx, v.checked_at, v.first_asked_at, v.retry_at
          from verdicts v
         where v.address_key = any(%s::text[])
        """,
        [array(keys)],
    )
    return {
        row[0]: VerdictRow(row[0], REASON_OF_WORD[row[1]], row[2], row[3], row[4], row[5], row[6])
        for row in await cur.fetchall()
    }


async def write(conn: Connection, rows: Sequence[VerdictRow], *, by_operator: bool = False) -> None:
    """Puts these in the place of what was there, unless that is younger. No two are of the same address."""
    # In the order of the keys: two workers with the same addresses wait for each other instead of deadlocking.
    rows = sorted(rows, key=lambda row: row.address_key)
    await conn.execute(
        """
        insert into verdicts as v (
          address_key, status, reason, flags, mx, checked_at, first_asked_at, retry_at, by_operator)
        select address_key, status, reason, flags, mx, checked_at, first_asked_at, retry_at, %(by_operator)s
          from unnest(%(keys)s::text[], %(statuses)s::text[], %(reasons)s::text[], %(flags)s::smallint[],
                      %(mxs)s::text[], %(checked)s::timestamptz[], %(first)s::timestamptz[],
                      %(retries)s::timestamptz[])
               as new (address_key, status, reason, flags, mx, checked_at, first_asked_at, retry_at)
        on conflict (address_key) do update
           set status = excluded.status, reason = excluded.reason, flags = excluded.flags, mx = excluded.mx,
               checked_at = excluded.checked_at, first_asked_at = excluded.first_asked_at, retry_at = excluded.retry_at,
               by_operator = v.by_operator or excluded.by_operator
         where v.checked_at <= excluded.checked_at
        """,
        {
            "by_operator": by_operator,
            "keys": array(row.address_key for row in rows),
            "statuses": array(row.reason.status for row in rows),
            "reasons": array(row.reason.word for row in rows),
            "flags": array(str(row.bits) for row in rows),
            "mxs": array(row.mx for row in rows),
            "checked": array(_moment(row.checked_at) for row in rows),
            "first": array(_moment(row.first_asked_at) for row in rows),
            "retries": array(None if row.retry_at is None else _moment(row.retry_at) for row in rows),
        },
    )


@lru_cache(maxsize=1024)
def _moment(moment: datetime) -> str:
    return moment.isoformat()


async def due_for_retry(conn: Connection, domain: str, *, now: datetime, limit: int) -> list[str]:
    """Keys of open verdicts whose next question is due."""
    cur = await conn.execute(
        """
        select address_key
          from verdicts
         where split_part(address_key, '@', -1) = %(domain)s and retry_at <= %(now)s
         order by retry_at, address_key
         limit %(limit)s
        """,
        {"domain": domain, "now": now, "limit": limit},
    )
    return [row[0] for row in await cur.fetchall()]


async def show_to_all(conn: Connection, keys: Sequence[str]) -> None:
    """The operator has asked about these too."""
    await conn.execute(
        "update verdicts set by_operator = true where address_key = any(%s::text[]) and not by_operator",
        [array(keys)],
    )


async def forget(conn: Connection, keys: Sequence[str]) -> None:
    await conn.execute("delete from verdicts where address_key = any(%s::text[])", [array(keys)])
