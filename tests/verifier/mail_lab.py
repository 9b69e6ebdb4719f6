"""A sandbox internet whose business time stands still, and a verifier that looks at it."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from fairlead.db.listen import Listener
from fairlead.db.pool import Database
from fairlead.net.dialer import GuardedDialer
from fairlead.net.dns import AioDns
from fairlead.sandbox.clock import MovableClock
from fairlead.sandbox.internet import Internet
from fairlead.sandbox.making.world import World as Sandbox
from fairlead.sandbox.model import Company
from fairlead.settings import Settings, read_networks
from fairlead.verifier.asking import Identity
from fairlead.verifier.model import DomainFacts, Finding
from fairlead.verifier.probe import Prober
from fairlead.verifier.work import Domain, Work, works_of
from fairlead.world import World

IDENTITY = Identity("verifier.lab.example", "postmaster@verifier.lab.example")
PATIENCE_SECONDS = 60.0
# Limits are the subject of tests of their own.
NO_LIMITS = {
    "verifier_sessions_per_minute": 0, "verifier_sessions_per_day": 0, "verifier_stop_after_blocks": 0,
}  # fmt: skip


class HastyTimer:
    """Machine time as it is, except that servers which take their time on purpose take a hundredth of it."""

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


class MachineTimer:
    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class CountingPolicy:
    """A server's policy, and a note of every recipient it is asked for."""

    def __init__(self, policy: Any, asked: Counter[str]) -> None:
        self._policy, self._asked = policy, asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._policy, name)

    def rcpt(self, talk: Any, address: str) -> bytes | None:
        self._asked[address] += 1
        return self._policy.rcpt(talk, address)


@dataclass
class MailLab:
    net: Internet
    world: World
    clock: MovableClock

    def company(self, behavior: str) -> Company:
        return next(company for company in self.net.world if company.mx_behavior == behavior)

    def pass_time(self, **units: float) -> None:
        self.clock.advance(by=timedelta(**units))

    def count_questions(self) -> Counter[str]:
        """How often each address is asked for, from now on."""
        asked: Counter[str] = Counter()
        hosts = self.net.smtp.hosts
        for place, host in hosts.items():
            hosts[place] = replace(host, policy=CountingPolicy(host.policy, asked))
        return asked

    async def probe(
        self, works: Iterable[Work], *, prober: Prober | None = None, patience: float = PATIENCE_SECONDS
    ) -> list[Work]:
        """The works when they are over."""
        async with prober or Prober(self.world, IDENTITY) as opened:
            given, over = 0, []
            for work in works:
                await opened.put(work)
                given += 1
            async with asyncio.timeout(patience):
                while len(over) < given:
                    over += await opened.done()
        return over

    async def ask(
        self, *addresses: str, facts: DomainFacts | None = None, prober: Prober | None = None
    ) -> dict[str, Finding]:
        """What follows for each address from one visit."""
        by_domain: dict[str, list[str]] = {}
        for address in addresses:
            by_domain.setdefault(address.rpartition("@")[2], []).append(address)
        works = [
            work
            for name, own in by_domain.items()
            for work in works_of(Domain.known_as(name, facts, self.world.random), own)
        ]
        over = await self.probe(works, prober=prober)
        return {address: finding for work in over for address, finding in work.findings()}


def addresses_of(company: Company, *, unknown: int, known: int | None = None) -> list[tuple[str, bool]]:
    """Addresses of a company, mixed, with whether a server that checks recipients knows them."""
    there = sorted(company.known_addresses)[:known]
    gone = [f"nobody.{number}.here@{company.domain}" for number in range(unknown)]
    mixed = [(address, True) for address in there] + [(address, False) for address in gone]
    random.Random(company.domain).shuffle(mixed)
    return mixed


@contextlib.asynccontextmanager
async def mail_lab(
    behaviors: Sequence[str],
    *,
    seed: int = 7,
    companies: int | None = None,
    db: Database | None = None,
    server_timer: Any = None,
    **settings: Any,
) -> AsyncIterator[MailLab]:
    clock = MovableClock(MachineTimer(), speed=0)
    sandbox = Sandbox(seed=seed, companies=companies or len(behaviors), behaviors=behaviors)
    net = Internet(sandbox, clock, server_timer or HastyTimer())
    await net.start()
    async with lab_world(net.name_server, net.port_map, clock, db, seed, **settings) as world:
        try:
            yield MailLab(net, world, clock)
        finally:
            await net.close()


@contextlib.asynccontextmanager
async def lab_world(
    name_server: str, port_map: dict[int, int], clock: Any, db: Database | None, seed: int, **settings: Any
) -> AsyncIterator[World]:
    """The product's world inside the sandbox internet, in this process or another."""
    timer = MachineTimer()
    chosen = Settings(
        **{
            "allowed_networks": read_networks("127.64.0.0/10"),
            "port_map": port_map,
            "nameserver": name_server,
            "verifier_helo": IDENTITY.helo,
            **NO_LIMITS,
            **settings,
        }
    )
    dns = AioDns(name_server, timer, try_seconds=1.0, tries=2, deadline_seconds=3.0)
    absent: dict[str, Any] = dict.fromkeys(field.name for field in fields(World))
    try:
        yield World(
            **{
                **absent,
                "settings": chosen,
                "mode": "sandbox",
                "public_url": "http://127.0.0.1:8000",
                "clock": clock,
                "timer": timer,
                "random": random.Random(seed),
                "db": db,
                "listener": Listener(db) if db else None,
                "dialer": GuardedDialer(chosen.allowed_networks, chosen.port_map, dns),
                "dns": dns,
            }
        )
    finally:
        await dns.close()


def with_settings(lab: MailLab, **settings: Any) -> World:
    return replace(lab.world, settings=replace(lab.world.settings, **settings))
