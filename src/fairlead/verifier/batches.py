"""Batches: who asked for which addresses, what they were told, and what they paid.

A batch of any size is worked on by several jobs at once, in any number of processes; each leases some addresses at a
time. An address is answered, counted and paid for in one transaction, and only by whoever changes its state.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from fairlead.accounts import actions as accounts
from fairlead.accounts.model import Reservation, ReservationId, WorkspaceId
from fairlead.db import Connection
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Job, NewJob, Priority
from fairlead.kit.refusals import Invalid, LimitReached, NotFound
from fairlead.kit.text import encodable, one_line, split_address
from fairlead.kit.tokens import HEX, new_token
from fairlead.verifier.checking import Checker, Result, checker
from fairlead.verifier.flags import flags
from fairlead.verifier.model import (
    AddressStatus,
    Batch,
    BatchId,
    BatchKind,
    BatchState,
    Progress,
    Reason,
    TaskResult,
    Verdict,
)
from fairlead.verifier.store import batches as store
from fairlead.verifier.store import verdicts as verdict_store
from fairlead.verifier.store.batches import Held, Item
from fairlead.verifier.store.verdicts import VerdictRow
from fairlead.verifier.work import Work
from fairlead.world import World

WORK: Final = "verifier.batch"
MOST_IN_A_REQUEST: Final = 10
# Machine time within which a task is answered; the contract gives a minute, and whoever reads it needs some of that.
ANSWER_SECONDS: Final = 45.0
# What is left of it for writing down the answers.
WRITING_SECONDS: Final = 2.0
TOKEN_LENGTH: Final = 32
PUT_IN_TOGETHER: Final = 5_000
CLAIMED_TOGETHER: Final = 2_000
# Machine time. Longer than anybody asks about one claim; a job that is run again takes back what it had at once.
LEASE_SECONDS: Final = 1_800.0
ADDRESSES_PER_JOB: Final = 2_000
MOST_JOBS: Final = 8
# What is no address is compared by its text, which an index can hold up to here.
LONGEST_KEY: Final = 320
LONGEST_ADDRESS: Final = 2_000
READ_TOGETHER: Final = 1_000
KEPT_FOR: Final = timedelta(days=30)
ENDPOINTS: Final = {
    BatchKind.TASK: "email-verification",
    BatchKind.LIST: "email-verification",
    BatchKind.LEGACY: "add-emails-to-verification",
}


# Starting.


async def start_verification(
    world: World,
    workspace_id: int,
    addresses: Iterable[str],
    *,
    kind: BatchKind = BatchKind.TASK,
    name: str = "",
    when_done: NewJob | None = None,
) -> Batch:
    """A new batch, on its way. The same address twice is one; what is no address is answered so, and paid for.

    `when_done` is put in as a job, due at once, by the transaction that completes the batch. Without enough credits a
    task is `not_enough_credits` from the start; endpoint 82 raises `LimitReached`; a list ends where the credits end.
    Raises `Invalid` for an empty batch, and for more than ten addresses in a request.
    """
    now = world.clock.now()
    async with world.db.transaction() as conn:
        batch_id = await store.insert_batch(
            conn,
            workspace_id=workspace_id,
            token=new_token(world.random, TOKEN_LENGTH, HEX),
            kind=kind,
            name=name,
            answer_seconds=ANSWER_SECONDS if kind is BatchKind.TASK else None,
            when_done=None if when_done is None else _job_as_json(when_done),
            now=now,
        )
        total, keys = await _put_in(conn, batch_id, addresses, keep_keys=kind is not BatchKind.LIST)
        _check_size(total, kind)
        enough = await _reserve(conn, workspace_id, batch_id, kind, total, keys, now)
        if enough:
            await jobs.enqueue_many(conn, _jobs_for(batch_id, kind, total, workspace_id, now))
        batch = await _batch_of(conn, batch_id)
    return batch


async def _put_in(
    conn: Connection, batch_id: BatchId, addresses: Iterable[str], *, keep_keys: bool
) -> tuple[int, list[str]]:
    total, keys = 0, []
    remaining = iter(addresses)
    while lot := list(islice(remaining, PUT_IN_TOGETHER)):
        items = {key: (key, text, domain) for key, text, domain in map(_item, reversed(lot))}
        total += await store.insert_items(conn, batch_id, list(items.values())[::-1])
        if keep_keys:
            keys += [key for key in items if key not in keys]
    return total, keys


def _item(address: str) -> tuple[str, str, str]:
    """(key, text, domain) of what was asked for; the domain is empty where it is no address."""
    text = address if encodable(address) else one_line(address)
    text = text[:LONGEST_ADDRESS]
    try:
        local, domain = split_address(text)
    except (ValueError, UnicodeError):
        # No address contains a blank at its front, so these never meet one.
        short = len(text) <= LONGEST_KEY
        return " " + (text if short else hashlib.sha256(text.encode()).hexdigest()), text, ""
    return f"{local.lower()}@{domain}", text, domain


def _check_size(total: int, kind: BatchKind) -> None:
    if not total:
        raise Invalid("no_emails", "There is no address to verify.", field="emails")
    if kind is not BatchKind.LIST and total > MOST_IN_A_REQUEST:
        raise Invalid(
            "too_many_emails", f"At most {MOST_IN_A_REQUEST} addresses can be verified in a request.", field="emails"
        )


async def _reserve(
    conn: Connection, workspace_id: int, batch_id: BatchId, kind: BatchKind, total: int, keys: Sequence[str], now: datetime
) -> bool:
    """Whether there are enough credits to begin; holds them where they are paid at the end."""
    if kind is BatchKind.LIST:
        await store.count_items(conn, batch_id, total=total, reservation=None, reserved=Reservation_NONE.credits)
        return True
    try:
        reservation = await accounts.reserve(conn, workspace_id, _requests(kind, keys), now)
    except LimitReached:
        if kind is BatchKind.LEGACY:
            raise
        await store.count_items(conn, batch_id, total=total, reservation=None, reserved=Reservation_NONE.credits)
        await store.end(conn, batch_id, state=BatchState.NOT_ENOUGH_CREDITS, now=now)
        return False
    await store.count_items(
        conn, batch_id, total=total, reservation=reservation.id, reserved=reservation.credits
    )
    return True


def _requests(kind: BatchKind, keys: Iterable[str]) -> list[str]:
    return [accounts.request_key(ENDPOINTS[kind], key) for key in keys]
