"""Addresses verified per second: flags computed, servers asked, verdicts stored.

    python benchmarks/verifier.py [--scale 0.1]

One process verifies, the sandbox's name and mail servers are another, PostgreSQL with durable commits a third. 40 % of
the addresses are unknown to their servers; nothing is reused, politeness limits are lifted. Every domain has an MX host
of its own, the hosts share 512 addresses.

  list  20 addresses a domain; also with 20 ms before every reply of a server, and 256 connections
  wide  1 address a domain, with nothing known, and again with what was learned of the domains
  bare  the session client alone on the works of `list`: no lookups, no flags, no database
  two   `list` again, by two processes with a half each, beside one: told where they share their cores with the server
  many  1,000,000 addresses in a process of their own, for its memory; at a smaller scale only when named
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from random import Random
from typing import Any

import uvloop

from fairlead.db.migrate import migrate
from fairlead.db.pool import Database
from fairlead.net.dialer import GuardedDialer
from fairlead.net.dns import AioDns
from fairlead.settings import Settings, read_networks
from fairlead.verifier.asking import Limits
from fairlead.verifier.checking import checker, verdicts
from fairlead.verifier.families import REJECTS_PER_SESSION
from fairlead.verifier.identity import identity
from fairlead.verifier.model import Reason
from fairlead.verifier.session import Session
from fairlead.verifier.work import Domain, Work, works_of
from fairlead.world import World
from jobs import temporary_server

LIST_DOMAINS, SLOW_DOMAINS, WIDE_DOMAINS = 10_000, 5_000, 40_000
MANY_DOMAINS, MOST_MEGABYTES = 50_000, 500
OF_ONE_PROCESS, CORES_FOR_ALL = 1.6, 4
EACH, UNKNOWN = 20, 8
HOSTS = 512
REPLY_SECONDS = 0.020
SEED = 1
SESSIONS = 256
# `wide, known` knows what `wide, cold` has found out, the answers of the DNS included.
DNS_ANSWERS_KEPT = 100_000
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
LIMITS = {"list": 12_000, "list, 20 ms": 8_000, "wide, cold": 2_000, "wide, known": 3_000}
OF_BARE = 0.4
MOST_COMMANDS, MOST_CONNECTIONS = 1.6, 0.15
NO_LIMITS = {
    "verifier_sessions_per_server": 0, "verifier_sessions_per_minute": 0, "verifier_sessions_per_day": 0,
    "verifier_stop_after_blocks": 0, "verifier_result_days": 0,
}  # fmt: skip


def host_address(number: int, part: int) -> str:
    number %= HOSTS
    return f"127.{100 + part}.{number // 250}.{number % 250 + 1}"


# The other side.


def serve(pipe: Any) -> None:
    from fairlead.sandbox.clock import MovableClock
    from fairlead.sandbox.dns import DnsServer
    from fairlead.sandbox.dns_wire import MX, A, address, mx, soa
    from fairlead.sandbox.dns_zones import Answer, Found, NoData, Script
    from fairlead.sandbox.smtp.behavior import Tarpit, behavior_named
    from fairlead.sandbox.smtp.model import Known
    from fairlead.sandbox.smtp.receiving import Receiving
    from fairlead.sandbox.smtp.server import SmtpServer
    from fairlead.sandbox.smtp.steps import MailHost

    class Zones:
        """`d7.p0.bench.example` is domain 7, whose host `mx.d7...` has the address of host 7 of part 0."""

        start = soa("example", "ns.sandbox.example")

        def lookup(self, name: str, type: int) -> Answer:
            label, part = name.removeprefix("mx.").split(".")[:2]
            if type == MX and not name.startswith("mx."):
                return Found((mx(name, 10, f"mx.{name}"),))
            if type == A and name.startswith("mx."):
                return Found((address(name, host_address(int(label[1:]), int(part[1:]))),))
            return NoData(self.start)

        def script(self, name: str) -> Script | None:
            return None

    class Book:
        def knows(self, address: str) -> Known:
            return Known.MAILBOX if address.startswith("user.") else Known.UNKNOWN

    class Machine:
        monotonic = staticmethod(time.monotonic)
        sleep = staticmethod(asyncio.sleep)

    async def within() -> None:
        timer = Machine()
        clock = MovableClock(timer, speed=0)
        dns = DnsServer(Zones(), clock, timer)
        dns_port = await dns.start("127.64.0.53")
        server = SmtpServer(clock, timer, Random(SEED))
        port = 0
        quick = behavior_named("reject_unknown")
        # A tarpit without free errors holds every single reply back.
        slow = replace(quick, tarpit=Tarpit(free_errors=0, seconds=REPLY_SECONDS, most_errors=10**9))
        for part, behavior in enumerate((quick, slow)):
            host = MailHost("mx.bench.example", behavior, Receiving(behavior, Book()), lambda envelope: None)
            for number in range(HOSTS):
                port = await server.listen(host_address(number, part), port, host)
        pipe.send((dns_port, port))
        while await asyncio.to_thread(pipe.recv):
            used = resource.getrusage(resource.RUSAGE_SELF)
            pipe.send((used.ru_utime + used.ru_stime, server.counts["connections"], sum(dns.counts.values())))

    uvloop.run(within())


class Sandbox:
    """The other process."""

    def __init__(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # so that its end is noticed here
        self.dns_port, self.port = self._pipe.recv()

    def counts(self) -> tuple[float, int, int]:
        """CPU seconds, connections, DNS queries so far."""
        self._pipe.send(True)
        return self._pipe.recv()

    def close(self) -> None:
        self._pipe.send(False)
        self._process.join(5)


# This side.


class MachineTimer:
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(asyncio.sleep)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


def make_world(smtp_port: int, db: Database, dns: AioDns) -> World:
    settings = Settings(
        allowed_networks=read_networks("127.64.0.0/10"),
        port_map={25: smtp_port},
        verifier_helo="verifier.bench.example",
        verifier_sessions=SESSIONS,
        **NO_LIMITS,
    )
    absent: dict[str, Any] = dict.fromkeys(field.name for field in fields(World))
    return World(
        **{
            **absent,
            "settings": settings,
            "public_url": "http://127.0.0.1:8000",
            "clock": StoppedClock(),
            "timer": MachineTimer(),
            "random": Random(SEED),
            "db": db,
            "dialer": GuardedDialer(settings.allowed_networks, settings.port_map, dns),
            "dns": dns,
        }
    )


def addresses(domains: int, part: int, run: int, each: int) -> list[str]:
    """40 % of them unknown, in no order a grouping could profit from."""
    dice = Random(f"{run} {part}")
    made = []
    for number in range(domains):
        if each == 1:
            unknown = {0} if dice.random() < UNKNOWN / EACH else set()
        else:
            unknown = set(dice.sample(range(each), UNKNOWN))
        domain = f"d{number}.p{part}.r{run}.bench.example"
        made += [f"{'gone' if n in unknown else 'user'}.name{n}@{domain}" for n in range(each)]
    dice.shuffle(made)
    return made


def spread_addresses(first: int, domains: int, run: int) -> Iterator[str]:
    """20 a domain as far apart as they can be, 40 % of them unknown, made as they are wanted."""
    for n in range(EACH):
        for number in range(first, first + domains):
            name = "gone" if (7 * n + number) % EACH < UNKNOWN else "user"
            yield f"{name}.name{n}@d{number}.p0.r{run}.bench.example"


def apart(pipe: Any, conninfo: str, dns_port: int, smtp_port: int, first: int, domains: int, run: int) -> None:
    """A process of its own: waits for a word, verifies, and tells its seconds, CPU seconds, megabytes and verdicts."""

    async def within() -> None:
        dns = AioDns(f"127.64.0.53:{dns_port}", MachineTimer(), cache_entries=Settings().dns_answers)
        async with Database.opened(conninfo, connections=4) as db:
            world = make_world(smtp_port, db, dns)
            pipe.send(None)
            await asyncio.to_thread(pipe.recv)
            began, cpu, told = time.perf_counter(), time.process_time(), 0
            async with checker(world) as own:
                async for _ in verdicts(world, own, spread_addresses(first, domains, run)):
                    told += 1
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            pipe.send((time.perf_counter() - began, time.process_time() - cpu, most, told))
        await dns.close()

    uvloop.run(within())


async def in_processes(sandbox: Sandbox, conninfo: str, *, parts: int, domains: int, run: int) -> tuple[float, float]:
    """Addresses a second of `parts` processes together, and the megabytes of the largest."""
    pipes = []
    spawn = multiprocessing.get_context("spawn")
    for part in range(parts):
        own, theirs = multiprocessing.Pipe()
        share = domains // parts
        given = (theirs, conninfo, sandbox.dns_port, sandbox.port, part * share, share, run)
        spawn.Process(target=apart, args=given, daemon=True).start()
        pipes.append(own)
    for pipe in pipes:
        await asyncio.to_thread(pipe.recv)
    began = time.perf_counter()
    for pipe in pipes:
        pipe.send(True)
    ended = [await asyncio.to_thread(pipe.recv) for pipe in pipes]
    seconds = time.perf_counter() - began
    told = sum(one[3] for one in ended)
    most = max(one[2] for one in ended)
    cpu = sum(one[1] for one in ended)
    print(
        f"  {parts} process{'es' if parts > 1 else ''} apart, {told:,} addresses: {told / seconds:,.0f} a second, "
        f"CPU {cpu / told * 1e6:.1f} us an address, at most {most:,.0f} MB"
    )
    return told / seconds, most


@dataclass(frozen=True)
class Measured:
    name: str
    addresses: int
    seconds: float
    cpu_seconds: float
    their_cpu_seconds: float
    connections: int
    commands: int
    queries: int
    valid: int
    not_valid: int

    @property
    def per_second(self) -> float:
        return self.addresses / self.seconds

    def show(self) -> None:
        n = self.addresses
        print(
            f"  {self.name:<13}{self.per_second:>9,.0f} addresses/s   {self.connections / n:.3f} connections, "
            f"{self.commands / n:.2f} commands, {self.queries / n:.2f} queries an address   "
            f"CPU {self.cpu_seconds / self.seconds:.2f} here, {self.their_cpu_seconds / self.seconds:.2f} there   "
            f"({1e6 * self.cpu_seconds / n:.0f} us an address)   {self.valid:,} valid, {self.not_valid:,} not valid"
        )


async def verified(world: World, sandbox: Sandbox, name: str, wanted: list[str]) -> Measured:
    """The whole way, as the product does it."""
    count = len(wanted)
    counts = Counter()
    before, cpu, began = sandbox.counts(), time.process_time(), time.perf_counter()
    async with checker(world) as run:
        async for verdict in verdicts(world, run, wanted):
            counts[verdict.reason] += 1
        commands = run.prober.commands
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    after = sandbox.counts()
    return Measured(
        name, count, seconds, cpu, after[0] - before[0], after[1] - before[1], commands, after[2] - before[2],
        counts[Reason.ACCEPTED], counts[Reason.NO_SUCH_MAILBOX],
    )  # fmt: skip


async def bare(world: World, sandbox: Sandbox, domains: int) -> Measured:
    """Sessions alone: the works of a list with their servers already known."""
    ours = identity(world)
    works = []
    for number in range(domains):
        name = f"d{number}.p0.bare.bench.example"
        own = [f"{'gone' if n < UNKNOWN else 'user'}.name{n}@{name}" for n in range(EACH)]
        Random(number).shuffle(own)
        (work,) = works_of(Domain.known_as(name, None, world.random), own)
        works.append((work, ip_address(host_address(number, 0))))
    waiting, commands, over = works[::-1], 0, []

    class Feed:
        def __init__(self, work: Work) -> None:
            self.left = [work]

        def next_work(self) -> Work | None:
            return self.left.pop() if self.left else None

        def work_done(self, work: Work) -> None:
            over.append(work)

        def work_back(self, work: Work) -> None:
            self.left.append(work)

    async def seat() -> None:
        nonlocal commands
        while waiting:
            work, address = waiting.pop()
            feed = Feed(work)
            while feed.left:
                ended = asyncio.get_running_loop().create_future()
                session = Session(feed, ours, Limits(REJECTS_PER_SESSION), time.monotonic, ended)
                await world.dialer.open_transport(lambda s=session: s, address, 25, tls=None, timeout_seconds=10)
                await ended
                commands += session.commands

    before, cpu, began = sandbox.counts(), time.process_time(), time.perf_counter()
    await asyncio.gather(*(seat() for _ in range(SESSIONS)))
    findings = Counter(finding.reason for work in over for _, finding in work.findings())
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    after = sandbox.counts()
    return Measured(
        "bare", domains * EACH, seconds, cpu, after[0] - before[0], after[1] - before[1], commands,
        after[2] - before[2], findings[Reason.ACCEPTED], findings[Reason.NO_SUCH_MAILBOX],
    )  # fmt: skip


async def main(conninfo: str, scale: float, only: set[str]) -> bool:
    sandbox = Sandbox()
    dns = AioDns(f"127.64.0.53:{sandbox.dns_port}", MachineTimer(), cache_entries=DNS_ANSWERS_KEPT)
    measured: list[Measured] = []

    def note(one: Measured) -> None:
        one.show()
        measured.append(one)

    async with Database.opened(conninfo, connections=4) as db:
        async with db.statement() as conn:
            await migrate(conn)
        world = make_world(sandbox.port, db, dns)
        print(f"verifier: {100 * UNKNOWN // EACH} % unknown users, {SESSIONS} sessions at most; limits lifted by")
        print("  " + ", ".join(f"{name}={value}" for name, value in NO_LIMITS.items()))
        print(f"  {DNS_ANSWERS_KEPT:,} answers of the DNS kept")
        sizes = {  # domains, part of the servers, run, addresses a domain
            "list": (LIST_DOMAINS, 0, 1, EACH),
            "list, 20 ms": (SLOW_DOMAINS, 1, 1, EACH),
            "wide, cold": (WIDE_DOMAINS, 0, 2, 1),
            "wide, known": (WIDE_DOMAINS, 0, 2, 1),
        }
        for name, (domains, *rest) in sizes.items():
            if not only or name in only:
                note(await verified(world, sandbox, name, addresses(int(domains * scale), *rest)))
        note(await bare(world, sandbox, int(LIST_DOMAINS * scale)))
        kept = True
        if not only or "two" in only:
            domains = int(LIST_DOMAINS * scale)
            one, _ = await in_processes(sandbox, conninfo, parts=1, domains=domains, run=3)
            two, _ = await in_processes(sandbox, conninfo, parts=2, domains=domains, run=4)
            room = (os.cpu_count() or 1) >= CORES_FOR_ALL
            promised = f"{OF_ONE_PROCESS} promised" if room else "told only: they share the server's cores"
            print(f"  two processes: {two / one:.2f} x one, {promised}")
            kept = not room or two / one >= OF_ONE_PROCESS
        if "many" in only or (not only and scale >= 1):
            _, most = await in_processes(sandbox, conninfo, parts=1, domains=MANY_DOMAINS, run=5)
            print(f"  memory with {MANY_DOMAINS * EACH:,} addresses: {most:,.0f} MB, {MOST_MEGABYTES} promised")
            kept = kept and most < MOST_MEGABYTES
    await dns.close()
    sandbox.close()
    return judged({one.name: one for one in measured}) and kept


def judged(measured: dict[str, Measured]) -> bool:
    """Says what was promised and how far it holds."""
    kept = True
    for name, limit in LIMITS.items():
        if name in measured:
            reached = measured[name].per_second / limit
            kept = kept and reached >= 1
            print(f"  {name}: {reached:.2f} x the {limit:,} promised")
    if "list, 20 ms" in measured:
        one = measured["list, 20 ms"]
        # Every connection always waiting for a reply: one for each command, and the greeting.
        most = SESSIONS / REPLY_SECONDS / ((one.commands + one.connections) / one.addresses)
        print(f"  list, 20 ms: {one.per_second / most:.2f} of the {most:,.0f} that {SESSIONS} connections allow")
    if "list" in measured:
        one = measured["list"]
        share = one.per_second / measured["bare"].per_second
        # A domain of 20 with 8 unknown takes one session: EHLO, MAIL, 20 recipients, a made-up one, QUIT.
        least = (EACH + 4) / EACH
        commands, connections = one.commands / one.addresses, one.connections / one.addresses
        print(f"  list: {share:.2f} of the bare session client, {OF_BARE} promised")
        print(f"  list: {commands:.2f} commands an address, at least {least:.2f}; at most {MOST_COMMANDS} promised")
        print(f"  list: {connections:.3f} connections an address; at most {MOST_CONNECTIONS} promised")
        kept = kept and share >= OF_BARE and commands <= MOST_COMMANDS and connections <= MOST_CONNECTIONS
    print(f"  memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB at most")
    return kept


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the stated sizes to run")
    parser.add_argument("--only", action="append", default=[], help="one of the runs, by its name")
    arguments = parser.parse_args()
    with temporary_server() as url:
        kept = uvloop.run(main(url, arguments.scale, set(arguments.only)))
    sys.exit(0 if kept else 1)
