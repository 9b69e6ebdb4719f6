"""The work on batches, by any number of jobs in any number of processes, and the later questions to who put us off.

An address is answered, counted and paid for in one transaction, by whoever changes its state: a job that was killed, or
stood still while another took over, changes nothing twice and loses nothing.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.flags import flags
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Job
from fairlead.kit import tasks
from fairlead.verifier import paying
from fairlead.verifier.checking import GATHER_SECONDS, Checker, Result, checker
from fairlead.verifier.model import BatchId, BatchKind, BatchState, Reason, Verdict
from fairlead.verifier.store import batches as store
from fairlead.verifier.store import verdicts as verdict_store
from fairlead.verifier.store.batches import Held, Item
from fairlead.verifier.store.verdicts import VerdictRow
from fairlead.verifier.work import Work
from fairlead.world import World

WORK: Final = "verifier.batch"
CLAIMED_TOGETHER: Final = 2_000
# So many are asked about at the same time by one job, and a claim more.
UNDER_WAY: Final = 6_000
# Machine time. Longer than anybody asks about one claim; a job that is run again takes back at once what it had.
LEASE_SECONDS: Final = 1_800.0
# What a task needs of its time for writing down its answers.
WRITING_SECONDS: Final = 2.0
RETRIED_TOGETHER: Final = 2_000


# Batches.


async def work_on_batch(world: World, job: Job) -> None:
    """Asks about the addresses of a batch until no free one is left, or until the time of a task is up."""
    await work_as(world, BatchId(job.payload["batch_id"]), lessee=job.id)


async def work_as(world: World, batch_id: BatchId, *, lessee: int) -> None:
    """See `work_on_batch`. There is one run at a time of each lessee: what an earlier one had in hand is taken up."""
    async with world.db.statement() as conn:
        batch = await store.held(conn, batch_id)
        if batch is None or batch.state is not BatchState.RUNNING:
            return
        await store.let_go(conn, batch_id, lessee=lessee)
    async with checker(world) as run:
        working = _Working(world, run, batch, lessee=lessee)
        if batch.seconds_left is None:
            await working.run()
        else:
            await working.run_for(max(0.0, batch.seconds_left - WRITING_SECONDS))


class _Working:
    """One job's work on one batch."""

    def __init__(self, world: World, run: Checker, batch: Held, *, lessee: int) -> None:
        self._world = world
        self._run = run
        self._batch = batch
        self._lessee = lessee
        self._works = 0
        self._addresses = 0
        self._all_taken = False
        self._changed = asyncio.Event()

    async def run_for(self, seconds: float) -> None:
        """Like `run`, but who has not answered after `seconds` is given up."""
        alarm = asyncio.get_running_loop().call_later(seconds, self._run.prober.stop_waiting)
        try:
            await self.run()
        finally:
            alarm.cancel()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._take_all())
                group.create_task(self._finish_all())
        except BaseExceptionGroup as faults:
            raise tasks.first_fault(faults) from None

    async def _take_all(self) -> None:
        """While some are asked for, the next are made ready, so that sessions never wait for works."""
        while await self._take_some():
            while self._addresses >= UNDER_WAY:
                await self._change()
        self._all_taken = True
        self._changed.set()

    async def _finish_all(self) -> None:
        while self._works or not self._all_taken:
            if self._works:
                await self._finish_some()
                self._changed.set()
            else:
                await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _take_some(self) -> bool:
        """Begins with some addresses nobody else is asking about. Whether there were any."""
        async with self._world.db.transaction() as conn:
            items = await store.claim(
                conn, self._batch.id, lessee=self._lessee, limit=CLAIMED_TOGETHER, lease_seconds=LEASE_SECONDS
            )
        if not items:
            return False
        now = self._world.clock.now()
        ready = [Result(item.key, bad_format(item, now)) for item in items if _is_no_address(item)]
        found, works = await self._run.prepare([item.address for item in items if not _is_no_address(item)])
        ready += found
        if ready:
            await self._write([], ready, [])
        for work in works:
            self._works += 1
            self._addresses += len(work.waiting) + len(work.heard)
            self._changed.set()
            await self._run.prober.put(work)
        return True

    async def _finish_some(self) -> None:
        prober = self._run.prober
        works = await prober.done()
        if self._works > len(works):
            await self._world.timer.sleep(GATHER_SECONDS)
            works += prober.done_so_far()
        results = list(self._run.results(works, self._world.clock.now()))
        self._works -= len(works)
        self._addresses -= len(results)
        await self._write(works, [result for result, _ in results], [row for _, row in results])

    async def _write(self, works: Sequence[Work], results: Iterable[Result], rows: Sequence[VerdictRow]) -> None:
        now = self._world.clock.now()
        verdicts = {result.key: result.verdict for result in results if result.key is not None}
        async with self._world.db.transaction() as conn:
            await self._run.write(conn, works, rows)
            if self._batch.kind is BatchKind.TASK:
                await _answered(conn, self._batch.id, verdicts, now)
            else:
                await _answered_or_open(conn, self._batch.id, verdicts, now)


async def _answered_or_open(
    conn: Connection, batch_id: BatchId, verdicts: Mapping[str, Verdict], now: datetime
) -> None:
    """Settled verdicts are answers; the others leave their addresses open, for the later questions to answer."""
    put_off = {key: verdict for key, verdict in verdicts.items() if not verdict.settled}
    if put_off:
        await store.held(conn, batch_id, lock=True)
        opened = await store.answer(conn, batch_id, put_off, state="open")
        # Between our look at a verdict and now it may have been settled by others, who did not see us wait for it.
        settled = await store.settled_meanwhile(conn, opened)
        known = await verdict_store.find(conn, settled)
        late = {key: row.verdict(verdicts[key].address) for key, row in known.items()}
        await _answered(conn, batch_id, late, now)
    await _answered(conn, batch_id, {key: verdict for key, verdict in verdicts.items() if key not in put_off}, now)


async def _answered(conn: Connection, batch_id: BatchId, verdicts: Mapping[str, Verdict], now: datetime) -> None:
    """Writes down answers, counts them, takes what a list pays for them, and completes the batch with the last."""
    # The batch before its addresses: whoever answers for the same batch waits here and not half-way.
    batch = await store.held(conn, batch_id, lock=True)
    if batch is None or batch.state is not BatchState.RUNNING:
        return
    keys = await store.answer(conn, batch_id, verdicts, state="done", was=("due", "open"))
    if not keys:
        return
    if batch.kind is BatchKind.LIST and (paid := await paying.pay_for(conn, batch, keys, now)) < len(keys):
        await store.take_back(conn, batch_id, keys[paid:])
        await store.count_down(conn, batch_id, by=paid)
        await store.end(conn, batch_id, state=BatchState.NOT_ENOUGH_CREDITS, now=now)
        return
    if not await store.count_down(conn, batch_id, by=len(keys)):
        await _complete(conn, batch, now)


async def _complete(conn: Connection, batch: Held, now: datetime) -> None:
    await paying.settle(conn, batch, now)
    await store.end(conn, batch.id, state=BatchState.COMPLETED, now=now)
    if batch.kind is BatchKind.TASK:
        await events.record(
            conn,
            batch.workspace_id,
            "task_finished",
            now,
            event_object="email_verification",
            event_action="verified",
            task=batch.token,
        )
    if batch.when_done is not None:
        kind, payload = batch.when_done
        await jobs.enqueue(conn, kind, {**payload, "task": batch.token}, due_at=now, workspace_id=batch.workspace_id)


async def answer_overdue(conn: Connection, batch_id: BatchId, now: datetime) -> None:
    """Answers a task whose time is up with what is known; nothing where it is not up yet."""
    batch = await store.held(conn, batch_id, lock=True)
    if batch is None or batch.seconds_left is None or batch.seconds_left > 0:
        return
    items = await store.due(conn, batch_id)
    known = await verdict_store.find(conn, [item.key for item in items])
    verdicts = {}
    for item in items:
        if _is_no_address(item):
            verdicts[item.key] = bad_format(item, now)
        elif item.key in known:
            verdicts[item.key] = known[item.key].verdict(item.address)
        else:
            verdicts[item.key] = Verdict(item.address, Reason.OUT_OF_TIME, flags(item.address), None, now)
    await _answered(conn, batch_id, verdicts, now)


def bad_format(item: Item, now: datetime) -> Verdict:
    return Verdict(item.address, Reason.BAD_FORMAT, flags(item.address), None, now)


def _is_no_address(item: Item) -> bool:
    return item.key.startswith(" ")


# Who put us off.


async def ask_again(world: World, job: Job) -> None:
    """Asks again for the addresses of a domain whose time has come, and answers whoever waits for them."""
    await ask_domain_again(world, job.payload["domain"])


async def ask_domain_again(world: World, domain: str) -> None:
    """See `ask_again`."""
    async with checker(world, again=True) as run:
        while True:
            now = world.clock.now()
            async with world.db.statement() as conn:
                keys = await verdict_store.due_for_retry(conn, domain, now=now, limit=RETRIED_TOGETHER)
            if not keys:
                return
            ready, works = await run.prepare(keys)
            await _settle_hidden(world, [result for result in ready if result.key is not None])
            for work in works:
                await run.prober.put(work)
            over: list[Work] = []
            while len(over) < len(works):
                over += await run.prober.done()
            await _settle(world, run, over)


async def _settle(world: World, run: Checker, works: Sequence[Work]) -> None:
    now = world.clock.now()
    results = list(run.results(works, now))
    verdicts = {result.key: result.verdict for result, _ in results if result.key and result.verdict.settled}
    async with world.db.transaction() as conn:
        await run.write(conn, works, [row for _, row in results])
        await _tell(conn, verdicts, now)


async def _settle_hidden(world: World, results: Sequence[Result]) -> None:
    """Addresses that were claimed by their owners since we asked."""
    if not results:
        return
    verdicts = {result.key: result.verdict for result in results if result.key is not None}
    async with world.db.transaction() as conn:
        await verdict_store.forget(conn, list(verdicts))
        await _tell(conn, verdicts, world.clock.now())


async def _tell(conn: Connection, verdicts: Mapping[str, Verdict], now: datetime) -> None:
    """Answers the addresses that are open in batches."""
    for batch_id, keys in (await store.batches_waiting_for(conn, list(verdicts))).items():
        await _answered(conn, batch_id, {key: verdicts[key] for key in keys}, now)
