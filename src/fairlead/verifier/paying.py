"""What verifying costs: a credit for each address, once for a workspace and endpoint, whatever happens to workers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from fairlead.accounts import actions as accounts
from fairlead.accounts.model import Reservation, ReservationId, WorkspaceId
from fairlead.db import Connection
from fairlead.kit.refusals import LimitReached
from fairlead.verifier.model import BatchId, BatchKind
from fairlead.verifier.store import batches as store
from fairlead.verifier.store.batches import Held

# Names in request keys: what was paid for with one endpoint is not paid for with the other (contract 2.10).
ENDPOINTS: Final = {
    BatchKind.TASK: "email-verification",
    BatchKind.LIST: "email-verification",
    BatchKind.LEGACY: "add-emails-to-verification",
}


async def reserve(conn: Connection, workspace_id: int, batch_id: BatchId, kind: BatchKind, now: datetime) -> None:
    """Holds a credit for each address of a new batch. Raises `LimitReached`. Lists are paid for as they go."""
    if kind is BatchKind.LIST:
        return
    keys = [item.key for item in await store.due(conn, batch_id)]
    reservation = await accounts.reserve(conn, workspace_id, _requests(kind, keys), now)
    await store.note_reservation(conn, batch_id, reservation=reservation.id, reserved=reservation.credits)


async def pay_for(conn: Connection, batch: Held, keys: Sequence[str], now: datetime) -> int:
    """Takes the credits for addresses of a list that are answered now, as far as they go: for how many of `keys`."""
    paid, size = 0, len(keys)
    while size:
        try:
            await _pay(conn, batch, keys[paid : paid + size], now)
        except LimitReached:
            size //= 2
        else:
            paid += size
            size = min(size, len(keys) - paid)
    return paid


async def _pay(conn: Connection, batch: Held, keys: Sequence[str], now: datetime) -> None:
    requests = _requests(batch.kind, keys)
    reservation = await accounts.reserve(conn, batch.workspace_id, requests, now)
    await accounts.settle(conn, reservation, requests, now, note=f"verification {batch.id}")


async def settle(conn: Connection, batch: Held, now: datetime) -> None:
    """Charges what a completed batch has to pay for and gives the rest of its reservation back."""
    if batch.reservation is None:
        return
    keys = await store.keys_to_pay_for(conn, batch.id, definite_only=batch.kind is BatchKind.LEGACY)
    reservation = Reservation(ReservationId(batch.reservation), WorkspaceId(batch.workspace_id), batch.reserved)
    await accounts.settle(conn, reservation, _requests(batch.kind, keys), now, note=f"verification {batch.id}")


def _requests(kind: BatchKind, keys: Iterable[str]) -> list[str]:
    return [accounts.request_key(ENDPOINTS[kind], key) for key in keys]
