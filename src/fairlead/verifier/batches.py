"""Batches: who asked for which addresses, and what they are told. What is done about them is in `working`."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from fairlead.db import Connection
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import NewJob, Priority
from fairlead.kit.refusals import Invalid, LimitReached, NotFound
from fairlead.kit.text import encodable, one_line, split_address
from fairlead.kit.tokens import HEX, new_token
from fairlead.verifier import paying
from fairlead.verifier.model import AddressStatus, Batch, BatchId, BatchKind, BatchState, Progress, TaskResult, Verdict
from fairlead.verifier.store import batches as store
from fairlead.verifier.store import windows
from fairlead.verifier.working import WORK, answer_overdue
from fairlead.world import World

MOST_IN_A_REQUEST: Final = 10
# Machine time within which a task is answered. The contract gives it a minute, and whoever polls needs some of that.
ANSWER_SECONDS: Final = 45.0
TOKEN_LENGTH: Final = 32
PUT_IN_TOGETHER: Final = 5_000
READ_TOGETHER: Final = 1_000
ADDRESSES_PER_JOB: Final = 2_000
MOST_JOBS: Final = 8
# What is no address is compared by its text, and an index holds texts up to here.
LONGEST_KEY: Final = 320
LONGEST_ADDRESS: Final = 2_000
BATCHES_KEPT_FOR: Final = timedelta(days=30)
VERDICTS_KEPT_FOR: Final = timedelta(days=365)


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

    `when_done` is put in by the transaction that completes the batch, due at once and with the batch's token as `task`
    in its payload. Without enough credits a task is `not_enough_credits` from the start, `LEGACY` raises
    `LimitReached`, and a list ends where the credits end. Raises `Invalid` for a batch without an address, and for more
    than ten in a request.
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
            when_done=when_done,
            now=now,
        )
        total = await _put_in(conn, batch_id, addresses, at_most=None if kind is BatchKind.LIST else MOST_IN_A_REQUEST)
        if not total:
            raise Invalid("no_emails", "There is no address to verify.", field="emails")
        await store.count_items(conn, batch_id, total=total)
        try:
            await paying.reserve(conn, workspace_id, batch_id, kind, now)
        except LimitReached:
            if kind is not BatchKind.TASK:
                raise
            await store.end(conn, batch_id, state=BatchState.NOT_ENOUGH_CREDITS, now=now)
        else:
            await jobs.enqueue_many(conn, _jobs(batch_id, workspace_id, kind, total, now))
        return await store.batch(conn, batch_id)


async def resume_or_start_list(world: World, workspace_id: int, name: str, addresses: Iterable[str]) -> Batch:
    """The list of this name that is still running, with those of `addresses` it has not added to it; else a new one.

    What was paid for once stays paid: a list started anew charges for addresses never asked for before only.
    """
    async with world.db.statement() as conn:
        last = await store.find_latest_named(conn, workspace_id=workspace_id, name=name)
    if last is not None and last.kind is BatchKind.LIST:
        async with world.db.transaction() as conn:
            held = await store.held(conn, last.id, lock=True)
            if held is not None and held.state is BatchState.RUNNING:
                more = await _put_in(conn, held.id, addresses, at_most=None)
                if more:
                    await store.count_more_items(conn, held.id, more=more)
                    total = last.total + more
                    await jobs.enqueue_many(
                        conn, _jobs(held.id, workspace_id, held.kind, more, world.clock.now(), suffix=f"/{total}")
                    )
                return await store.batch(conn, held.id)
    return await start_verification(world, workspace_id, addresses, kind=BatchKind.LIST, name=name)


async def _put_in(conn: Connection, batch_id: BatchId, addresses: Iterable[str], *, at_most: int | None) -> int:
    total = 0
    remaining = iter(addresses)
    while lot := list(islice(remaining, PUT_IN_TOGETHER)):
        if at_most is not None and len(lot) > at_most:
            raise Invalid("too_many_emails", f"At most {at_most} addresses fit in a request.", field="emails")
        items: dict[str, tuple[str, str, str]] = {}
        for address in lot:
            item = _item(address)
            items.setdefault(item[0], item)
        total += await store.insert_items(conn, batch_id, list(items.values()))
    return total


def item_key(address: str) -> str:
    """The form under which what was asked for is compared within a batch: `kit.text.address_key` where it has one."""
    return _item(address)[0]


def _item(address: str) -> tuple[str, str, str]:
    """(key, text, domain) of what was asked for; the domain is empty where it is no address."""
    text = (address if encodable(address) else one_line(address))[:LONGEST_ADDRESS]
    try:
        local, domain = split_address(address)
    except (ValueError, UnicodeError):
        # No address begins with a blank, so these never meet one.
        short = len(text.encode()) <= LONGEST_KEY
        return " " + (text if short else hashlib.sha256(text.encode()).hexdigest()), text, ""
    return f"{local.lower()}@{domain}", text, domain


def _jobs(
    batch_id: BatchId, workspace_id: int, kind: BatchKind, total: int, now: datetime, *, suffix: str = ""
) -> list[NewJob]:
    """As many jobs as make sense side by side; each takes what no other has taken."""
    parts = min(MOST_JOBS, 1 + (total - 1) // ADDRESSES_PER_JOB)
    return [
        NewJob(
            WORK,
            {"batch_id": batch_id, "part": part},
            now,
            workspace_id=workspace_id,
            priority=Priority.BULK if kind is BatchKind.LIST else Priority.URGENT,
            once_key=f"{batch_id}/{part}{suffix}",
        )
        for part in range(parts)
    ]


# Reading.


async def find_batch(conn: Connection, workspace_id: int, token: str) -> Batch | None:
    return await store.find_batch(conn, workspace_id=workspace_id, token=token)


async def task_result(world: World, workspace_id: int, token: str) -> TaskResult:
    """A batch and the verdicts on it that stand, the same at every reading once it is completed.

    A task whose time is up is answered here, if no worker got to it: whoever was not asked in time is unknown. Raises
    `NotFound` for a token this workspace has not.
    """
    async with world.db.transaction() as conn:
        batch = await store.find_batch(conn, workspace_id=workspace_id, token=token)
        if batch is None:
            raise NotFound("unknown_task", "There is no such task.", field="task_hash")
        if batch.state is BatchState.RUNNING and batch.kind is BatchKind.TASK:
            await answer_overdue(conn, batch.id, world.clock.now())
            batch = await store.batch(conn, batch.id)
        found = await store.answered(conn, batch.id, after="", limit=READ_TOGETHER)
    return TaskResult(batch, tuple(verdict for _, verdict in found))


async def batch_verdicts(world: World, batch: Batch, *, open_too: bool = False) -> AsyncIterator[Verdict]:
    """Every verdict of a batch that stands so far, in the order of the addresses, however many there are.

    `open_too`: also what is known of addresses whose server has put us off, with `retry_at` set.
    """
    after = ""
    while True:
        async with world.db.statement() as conn:
            found = await store.answered(conn, batch.id, after=after, limit=READ_TOGETHER, open_too=open_too)
        for _, verdict in found:
            yield verdict
        if len(found) < READ_TOGETHER:
            return
        after = found[-1][0]


async def address_statuses(
    conn: Connection, workspace_id: int, addresses: Sequence[str]
) -> dict[str, AddressStatus]:
    """Where each of `addresses` stands for this workspace, by the address as given (endpoint 81).

    Complete with a verdict that is not settled means: put off, and asked again by itself.
    """
    keys = {address: item_key(address) for address in addresses}
    found = await store.statuses(conn, workspace_id=workspace_id, keys=sorted(set(keys.values())))
    nothing = AddressStatus(Progress.NOT_VERIFIED, None)
    return {address: found.get(key, nothing) for address, key in keys.items()}


async def shown_verdicts(conn: Connection, workspace_id: int, addresses: Sequence[str]) -> dict[str, Verdict]:
    """What a workspace may see of `addresses` beside its prospects, by the address as given (endpoint 67).

    Verdicts it has asked for itself through any door, and those the operator of this installation has asked for;
    never what other workspaces asked about.
    """
    statuses = await address_statuses(conn, workspace_id, addresses)
    shown = {address: status.verdict for address, status in statuses.items() if status.verdict is not None}
    others = {address: item_key(address) for address in addresses if address not in shown}
    if others:
        found = await store.operators_verdicts(conn, keys={key: address for address, key in others.items()})
        shown |= {address: found[key] for address, key in others.items() if key in found}
    return shown


async def forget_old(conn: Connection, now: datetime) -> None:
    """Drops batches a month after their end, and after a year what nobody has asked about again."""
    await store.forget_old(conn, finished_before=now - BATCHES_KEPT_FOR, checked_before=now - VERDICTS_KEPT_FOR)
    await windows.forget_old(conn)
