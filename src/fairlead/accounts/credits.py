"""The credit ledger: reserve before, settle after, never below zero, and once per unique request."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from fairlead.accounts import store
from fairlead.accounts.model import LedgerEntry, Reservation, ReservationId, WorkspaceId
from fairlead.db import Connection
from fairlead.kit.refusals import Invalid, LimitReached, NotFound
from fairlead.kit.tokens import fingerprint

NO_CREDITS = "Sorry, you ran out of credits, please order more credits"
# A task that has not settled after a day is not running any more.
RESERVATION_LASTS = timedelta(days=1)
MOST_CREDITS = Decimal(10**12)


def request_key(endpoint: str, *inputs: object) -> str:
    """The name of a unique request: an endpoint and its normalized inputs (contract 2.10)."""
    return "\x1f".join((endpoint, *map(str, inputs)))


async def grant(conn: Connection, workspace_id: int, credits: Decimal, now: datetime, *, note: str = "") -> None:
    if not 0 < credits <= MOST_CREDITS:
        raise Invalid("bad_credits", "Credits to add are a number above 0.", field="credits")
    if not await store.add_credits(conn, workspace_id=workspace_id, credits=credits):
        raise NotFound("unknown_workspace", f"There is no workspace {workspace_id}.", field="workspace")
    await store.insert_entry(conn, workspace_id=workspace_id, at=now, kind="grant", credits=credits, note=note)


async def ledger(conn: Connection, workspace_id: int, *, last: int) -> list[LedgerEntry]:
    """The last entries, the newest first."""
    return await store.last_entries(conn, workspace_id, last=last)


async def expire(conn: Connection, workspace_id: int, credits: Decimal, now: datetime) -> None:
    if credits > 0 and await store.take_credits(conn, workspace_id=workspace_id, credits=credits):
        await store.insert_entry(conn, workspace_id=workspace_id, at=now, kind="expire", credits=-credits)


async def reserve(
    conn: Connection, workspace_id: int, requests: Sequence[str], now: datetime, *, credits_each: Decimal = Decimal(1)
) -> Reservation:
    """Holds what `requests` (keys of `request_key`) may cost at most; those paid for before cost nothing.

    Raises `LimitReached` (code `no_credits`) and holds nothing when the balance does not reach.
    """
    keys = sorted({fingerprint(request) for request in requests})
    await store.lock_workspace(conn, workspace_id)
    paid = await store.charged_before(conn, workspace_id=workspace_id, keys=keys)
    cost = credits_each * (len(keys) - len(paid))
    if cost == 0:
        return Reservation(None, WorkspaceId(workspace_id), cost)
    if not await store.take_credits(conn, workspace_id=workspace_id, credits=cost):
        raise LimitReached("no_credits", NO_CREDITS)
    reservation = await store.insert_reservation(conn, workspace_id=workspace_id, credits=cost, now=now)
    await store.insert_entry(
        conn, workspace_id=workspace_id, at=now, kind="reserve", credits=-cost, reservation=reservation
    )
    return Reservation(ReservationId(reservation), WorkspaceId(workspace_id), cost)


async def settle(
    conn: Connection,
    reservation: Reservation,
    charged: Iterable[str],
    now: datetime,
    *,
    credits_each: Decimal = Decimal(1),
    note: str = "",
) -> Decimal:
    """Charges the requests that brought a result and gives the rest back. A second settling changes nothing.

    Returns the credits spent. A request that another task has charged meanwhile is not charged again.
    """
    if reservation.id is None:
        return Decimal(0)
    held = await store.close_reservation(conn, reservation=reservation.id, now=now)
    if held is None:
        return Decimal(0)
    workspace_id, credits = held
    await store.lock_workspace(conn, workspace_id)
    keys = sorted({fingerprint(request) for request in charged})
    newly_charged = await store.insert_charged(conn, workspace_id=workspace_id, keys=keys, now=now)
    spent = min(credits_each * newly_charged, credits)
    if spent:
        await store.insert_entry(
            conn,
            workspace_id=workspace_id,
            at=now,
            kind="charge",
            credits=spent,
            reservation=reservation.id,
            note=note,
        )
    if left := credits - spent:
        await store.add_credits(conn, workspace_id=workspace_id, credits=left)
        await store.insert_entry(
            conn, workspace_id=workspace_id, at=now, kind="release", credits=left, reservation=reservation.id
        )
    return spent


async def charge(conn: Connection, workspace_id: int, request: str, now: datetime, *, note: str = "") -> Decimal:
    """Reserves and settles in one go. Raises `LimitReached`; a request paid for before is free."""
    reservation = await reserve(conn, workspace_id, [request], now)
    return await settle(conn, reservation, [request], now, note=note)


async def release_forgotten(conn: Connection, now: datetime) -> int:
    """Gives back what tasks hold that ended without settling; how many reservations."""
    forgotten = await store.forgotten_reservations_for_update(conn, made_before=now - RESERVATION_LASTS)
    for id_ in forgotten:
        await settle(conn, Reservation(ReservationId(id_), WorkspaceId(0), Decimal(0)), [], now)
    return len(forgotten)
