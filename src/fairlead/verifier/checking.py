"""From addresses to verdicts: what is known already, what has to be asked, and what follows is written down.

A `Checker` is one run over any number of addresses. What it writes down is true for the whole installation; who asked
and who pays is the business of `batches`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from fairlead.corpus import actions as corpus
from fairlead.db import Connection
from fairlead.flags import flags, flags_of
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import NewJob, Priority
from fairlead.kit import tasks
from fairlead.kit.text import split_address
from fairlead.verifier.identity import identity
from fairlead.verifier.model import DomainFacts, Reason, Verdict
from fairlead.verifier.probe import Prober
from fairlead.verifier.rules import believed_for, next_retry
from fairlead.verifier.store import facts as facts_store
from fairlead.verifier.store import verdicts as store
from fairlead.verifier.store.verdicts import VerdictRow, bits_of
from fairlead.verifier.work import Domain, Work, works_of
from fairlead.world import World

RETRY: Final = "verifier.retry"
# Asked about together, so that those of one domain share its sessions.
WINDOW: Final = 1_000_000
PREPARED_TOGETHER: Final = 2_000
# While one lot waits for the database, others are prepared, so that sessions never wait for works.
LOTS_AT_ONCE: Final = 3
# Between looks at the other addresses, so that a session never waits long for its turn.
AT_A_TIME: Final = 200
GATHER_SECONDS: Final = 0.02
# An open verdict whose retry is overdue by so much was forgotten, and is asked about anew.
FORGOTTEN_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict and the form under which its address is compared; None for what is no address."""

    key: str | None
    verdict: Verdict


class Checker:
    def __init__(
        self,
        world: World,
        prober: Prober,
        *,
        reuse: bool = True,
        retry: bool = True,
        again: bool = False,
        by_operator: bool = False,
    ) -> None:
        """`reuse`: answers that are young enough are given again. `retry`: who put us off is asked again by a job.

        `again`: this is such a later question, and belongs to the round of the first. `by_operator`: whoever runs
        this installation is asking, so that its workspaces may see the verdicts.
        """
        self.prober = prober
        self._world = world
        self._retry = retry
        self._again = again
        self._by_operator = by_operator
        days = world.settings.verifier_result_days if reuse and not again else 0
        self._results_last = timedelta(days=days)
        self._facts_last = timedelta(days=world.settings.verifier_facts_days)
        # By the address that is sent: its key, how it was typed, and when it was first asked for.
        self._asked: dict[str, tuple[str, tuple[str, ...], datetime | None]] = {}

    async def prepare(self, addresses: Sequence[str]) -> tuple[list[Result], list[Work]]:
        """What can be said at once, and the works for the rest. `addresses` of one domain come in one call."""
        now = self._world.clock.now()
        ready: list[Result] = []
        typed = await self._by_key(addresses, now, ready)
        if not typed:
            return ready, []
        async with self._world.db.statement() as conn:
            hidden = await corpus.claimed_among(conn, typed)
            known = await store.find(conn, list(typed)) if self._results_last or self._again else {}
            names = {key.rpartition("@")[2] for key in typed}
            facts = await facts_store.domains(conn, list(names), since=now - self._facts_last)
            if self._by_operator and known:
                await store.show_to_all(conn, list(known))
        to_ask: dict[str, list[str]] = {}
        for key, (sent, forms) in typed.items():
            row = known.get(key)
            if key in hidden:
                verdict = Verdict(forms[0], Reason.HIDDEN_BY_OWNER, flags(key), None, now)
                ready += (Result(key, _as_typed(verdict, form)) for form in forms)
            elif row is not None and self._stands(row, now):
                ready += (Result(key, row.verdict(form)) for form in forms)
            elif (under_way := self._asked.get(sent)) is not None:
                # An earlier call asks for it: one answer is enough for both.
                _, asked_as, open_since = under_way
                self._asked[sent] = (key, tuple(dict.fromkeys((*asked_as, *forms))), open_since)
            else:
                open_since = row.first_asked_at if row is not None and row.retry_at is not None else None
                self._asked[sent] = (key, forms, open_since)
                to_ask.setdefault(key.rpartition("@")[2], []).append(sent)
        works = [
            work
            for name, own in to_ask.items()
            for work in works_of(Domain.known_as(name, facts.get(name), self._world.random), own)
        ]
        return ready, works

    async def _by_key(
        self, addresses: Sequence[str], now: datetime, ready: list[Result]
    ) -> dict[str, tuple[str, tuple[str, ...]]]:
        """By its key, how each address is sent and how it was typed. What is no address is `ready` at once."""
        typed: dict[str, tuple[str, tuple[str, ...]]] = {}
        for number, address in enumerate(addresses):
            if number % AT_A_TIME == AT_A_TIME - 1:
                await asyncio.sleep(0)
            try:
                local, domain = split_address(address)
            except (ValueError, UnicodeError):
                ready.append(Result(None, Verdict(address, Reason.BAD_FORMAT, flags(address), None, now)))
                continue
            key = f"{local.lower()}@{domain}"
            held = typed.get(key)
            if held is None:
                typed[key] = (f"{local}@{domain}", (address,))
            elif address not in held[1]:
                typed[key] = (held[0], (*held[1], address))
        return typed

    def _stands(self, row: VerdictRow, now: datetime) -> bool:
        return _stands(row, self._results_last, now)

    def results(self, works: Iterable[Work], now: datetime) -> Iterator[tuple[Result, VerdictRow]]:
        """What follows from works that are over, to be written down."""
        for work in works:
            hosts = work.hosts
            for sent, finding in work.findings():
                key, forms, open_since = self._asked.pop(sent)
                first_asked_at = open_since or now
                retry_at = next_retry(first_asked_at, now) if finding.temporary and self._retry else None
                local, _, domain = sent.rpartition("@")
                known = flags_of(local, domain, hosts)
                verdict = Verdict(forms[0], finding.reason, known, hosts[0] if hosts else None, now, retry_at)
                row = VerdictRow(
                    key, finding.reason, bits_of(known), verdict.mx, now, first_asked_at, retry_at
                )
                yield Result(key, verdict), row
                for form in forms[1:]:
                    yield Result(key, _as_typed(verdict, form)), row

    async def write(self, conn: Connection, works: Sequence[Work], rows: Sequence[VerdictRow]) -> None:
        """Notes down verdicts, what was learned on the way, and the retries, within the caller's transaction."""
        now = self._world.clock.now()
        if rows:
            await store.write(
                conn, list({row.address_key: row for row in rows}.values()), by_operator=self._by_operator
            )
        learned: dict[str, DomainFacts] = {}
        for work in works:
            domain = work.domain
            if domain.learned or domain.greylists:
                made_up = domain.made_up.partition("@")[0] if domain.greylists else None
                learned[domain.name] = DomainFacts(domain.accepts_anything, made_up, next(iter(work.hosts), None))
        await facts_store.note_domains(conn, learned, now=now)
        servers, self.prober.learned = self.prober.learned, {}
        await facts_store.note_servers(conn, servers, now=now)
        await self._arrange_retries(conn, rows)

    async def _arrange_retries(self, conn: Connection, rows: Sequence[VerdictRow]) -> None:
        due: dict[str, datetime] = {}
        for row in rows:
            if row.retry_at is not None:
                domain = row.address_key.rpartition("@")[2]
                due[domain] = min(due.get(domain, row.retry_at), row.retry_at)
        await jobs.enqueue_many(
            conn,
            [
                NewJob(RETRY, {"domain": domain}, moment, once_key=domain, priority=Priority.BULK)
                for domain, moment in due.items()
            ],
            hint=False,
        )


def _stands(row: VerdictRow, results_last: timedelta, now: datetime) -> bool:
    """Whether a verdict is given again. One that is open waits for its retry, and so do we."""
    if not results_last:
        return False
    if row.retry_at is not None:
        return row.retry_at > now - FORGOTTEN_AFTER
    return row.checked_at > now - believed_for(row.reason, results_last)


async def fresh_verdicts(world: World, conn: Connection, keys: Sequence[str]) -> dict[str, Verdict]:
    """The verdicts on those of `keys` (forms of `kit.text.address_key`) that would be given again without asking."""
    now, results_last = world.clock.now(), timedelta(days=world.settings.verifier_result_days)
    found = await store.find(conn, keys)
    return {key: row.verdict(key) for key, row in found.items() if _stands(row, results_last, now)}


@asynccontextmanager
async def checker(
    world: World, *, reuse: bool = True, retry: bool = True, again: bool = False, by_operator: bool = False
) -> AsyncIterator[Checker]:
    """A run of checks with what is known of servers at hand; see `Checker`."""
    since = world.clock.now() - timedelta(days=world.settings.verifier_facts_days)
    async with world.db.statement() as conn:
        servers = await facts_store.servers(conn, since=since)
    async with Prober(world, identity(world), servers) as prober:
        yield Checker(world, prober, reuse=reuse, retry=retry, again=again, by_operator=by_operator)


async def verify_now(
    world: World, addresses: Iterable[str], *, reuse: bool = True, retry: bool = True
) -> AsyncIterator[Verdict]:
    """The verdict on each different address, as they come in, for whoever runs this installation.

    Reads `addresses` in windows of a million and asks for those of a domain together. Verdicts are stored before they
    are given out, so a run that was interrupted goes on where it was: what it knows already costs nothing. Who was put
    off comes out as unknown, with `retry_at` set.
    """
    async with checker(world, reuse=reuse, retry=retry, by_operator=True) as run:
        async for verdict in verdicts(world, run, addresses):
            yield verdict


async def verdicts(world: World, run: Checker, addresses: Iterable[str]) -> AsyncIterator[Verdict]:
    """See `verify_now`."""
    out: asyncio.Queue[list[Result] | BaseException | None] = asyncio.Queue(maxsize=64)
    running = asyncio.create_task(_run(world, run, addresses, out))
    try:
        while (results := await out.get()) is not None:
            if isinstance(results, BaseException):
                raise results
            for result in results:
                yield result.verdict
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _run(
    world: World, run: Checker, addresses: Iterable[str], out: asyncio.Queue[list[Result] | BaseException | None]
) -> None:
    under_way = _Count()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_collect(world, run, out, under_way))
            lots = _lots(addresses)
            async with asyncio.TaskGroup() as preparing:
                for _ in range(LOTS_AT_ONCE):
                    preparing.create_task(_ask_for(run, lots, out, under_way))
            under_way.close()
        await out.put(None)
    except BaseExceptionGroup as faults:
        await out.put(tasks.first_fault(faults))


async def _ask_for(
    run: Checker,
    lots: Iterator[list[str]],
    out: asyncio.Queue[list[Result] | BaseException | None],
    under_way: "_Count",
) -> None:
    for lot in lots:
        ready, works = await run.prepare(lot)
        if ready:
            await out.put(ready)
        for work in works:
            under_way.add()
            await run.prober.put(work)


class _Count:
    """How many works are under way, and whether more may come."""

    def __init__(self) -> None:
        self.open = 0
        self.closed = False
        self.changed = asyncio.Event()

    def add(self) -> None:
        self.open += 1
        self.changed.set()

    def close(self) -> None:
        self.closed = True
        self.changed.set()


async def _collect(
    world: World, run: Checker, out: asyncio.Queue[list[Result] | BaseException | None], under_way: _Count
) -> None:
    """Writes down what is over, many at a time, and gives it out."""
    while True:
        if not under_way.open:
            if under_way.closed:
                return
            under_way.changed.clear()
            await under_way.changed.wait()
            continue
        works = await run.prober.done()
        if under_way.open > len(works):
            # A moment later there are more of them, and one transaction serves all.
            await world.timer.sleep(GATHER_SECONDS)
            works += run.prober.done_so_far()
        under_way.open -= len(works)
        results = list(run.results(works, world.clock.now()))
        async with world.db.transaction() as conn:
            await run.write(conn, works, [row for _, row in results])
        await out.put([result for result, _ in results])


def _lots(addresses: Iterable[str]) -> Iterator[list[str]]:
    """Addresses in lots of some thousand, those of a domain together."""
    remaining = iter(addresses)
    while window := _by_domain(islice(remaining, WINDOW)):
        lot: list[str] = []
        while window:
            group = list(dict.fromkeys(window.popitem()[1]))
            for start in range(0, len(group), PREPARED_TOGETHER):
                lot += group[start : start + PREPARED_TOGETHER]
                if len(lot) >= PREPARED_TOGETHER:
                    yield lot
                    lot = []
        if lot:
            yield lot


def _by_domain(addresses: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for address in addresses:
        domain = address[address.rfind("@") + 1 :].strip().lower()
        group = groups.get(domain)
        if group is None:
            groups[domain] = [address]
        else:
            group.append(address)
    return groups


def _as_typed(verdict: Verdict, address: str) -> Verdict:
    return Verdict(address, verdict.reason, verdict.flags, verdict.mx, verdict.checked_at, verdict.retry_at)
