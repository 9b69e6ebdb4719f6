"""The verifier's way out to the mail servers: their name server, their port, and a dialer that listens in."""

import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any, Final

from fairlead.db.listen import Listener
from fairlead.db.pool import Database
from fairlead.main import MachineTimer
from fairlead.net.dns import AioDns
from fairlead.sandbox.clock import MovableClock
from fairlead.settings import Settings, read_networks
from fairlead.world import World
from peers.conversation import HELO, SENDER
from peers.internet import DNS_PORT, Class, Server, domain
from peers.running import SERVED, Peers
from peers.wiretap import ListeningDialer, Session

KNOWN: Final = ("ann", "user3", "user4")
UNKNOWN: Final = ("nobody17", "nobody18")


@dataclass(frozen=True)
class Asker:
    world: World
    clock: MovableClock
    dialer: ListeningDialer

    @property
    def sessions(self) -> list[Session]:
        return self.dialer.sessions


@asynccontextmanager
async def asker(peers: Peers, db: Database, *, seed: int = 1) -> AsyncIterator[Asker]:
    """A world with the limits of politeness as they come, whose business time stands still until it is moved."""
    timer = MachineTimer()
    clock = MovableClock(timer, speed=0)
    name_server = f"{peers.place.name_server}:{DNS_PORT}"
    settings = Settings(
        allowed_networks=read_networks("127.64.0.0/10"),
        port_map={25: peers.place.port},
        nameserver=name_server,
        verifier_helo=HELO,
        verifier_mail_from=SENDER,
    )
    dns = AioDns(name_server, timer)
    dialer = ListeningDialer(settings.allowed_networks, settings.port_map, dns)
    absent: dict[str, Any] = dict.fromkeys(field.name for field in fields(World))
    own = {
        "settings": settings,
        "mode": "sandbox",
        "clock": clock,
        "timer": timer,
        "random": random.Random(seed),
        "db": db,
        "listener": Listener(db),
        "dialer": dialer,
        "dns": dns,
    }
    try:
        yield Asker(World(**{**absent, **own}), clock, dialer)
    finally:
        await dns.close()


def every_kind(servers: Iterable[Server]) -> dict[str, tuple[Server, Class, bool]]:
    """Addresses of all classes -> the server, the class, and whether somebody has the name."""
    return {
        f"{name}@{domain(server, kind)}": (server, kind, name in KNOWN)
        for server in servers
        for kind in SERVED[server]
        for name in (*KNOWN, *UNKNOWN)
    }


def mixed(server: Server, *, known: int, unknown: int, seed: int) -> dict[str, bool]:
    """Addresses of one domain in any order -> whether somebody has the name. At most 200 are known."""
    names = [(f"user{number}", True) for number in range(known)]
    names += [(f"nobody{number}", False) for number in range(unknown)]
    random.Random(seed).shuffle(names)
    return {f"{name}@{domain(server, Class.VIRTUAL)}": there for name, there in names}
