"""The small Internet around the mail servers: their addresses on loopback, the domains they keep, the zones."""

import errno
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fairlead.main import MachineTimer
from fairlead.sandbox import dns_wire as wire
from fairlead.sandbox.clock import MovableClock
from fairlead.sandbox.dns import DnsServer
from fairlead.sandbox.dns_zones import ZoneTable

# The resolver of the C library, which the servers use, knows no other port.
DNS_PORT: Final = 53
DNS_HOST: Final = 53
TRIES: Final = 50
BLOCKLIST: Final = "bl.example"
CLIENT_IP: Final = "127.0.0.1"
# The people behind every domain that has mailboxes at all.
USERS: Final = ("postmaster", "ann", "bob", *(f"user{number}" for number in range(200)))


class Server(StrEnum):
    """A mail server as configured; each has at least one address of its own."""

    POSTFIX = "postfix"
    POSTGREY = "postgrey"  # Postfix, with postgrey asked about every recipient
    EXIM = "exim"
    OPENSMTPD = "opensmtpd"


class Class(StrEnum):
    """How a domain's server behaves toward us."""

    USERS = "users"  # mailboxes are accounts of the server's system
    VIRTUAL = "virtual"  # mailboxes are lines of a table
    ANYTHING = "anything"  # a catch-all: every name is accepted
    BLOCKED = "blocked"  # has mailboxes, and refuses our address at RCPT
    REFUSED = "refused"  # the same, by a rule that does not say why
    CLOSED = "closed"  # has mailboxes, and refuses our address in its greeting
    ELSEWHERE = "elsewhere"  # the MX record points here, and the server knows nothing of the domain


def domain(server: Server, kind: Class) -> str:
    return f"{kind}.{server}.example"


def mx_host(server: Server, kind: Class) -> str:
    """Where a server cannot tell the domains apart, a class has a host of its own."""
    own = f"{kind}.{server}.mx.example"
    return own if own in HOST_NUMBERS else f"any.{server}.mx.example"


HOST_NUMBERS: Final = {
    "any.postfix.mx.example": 10,
    "closed.postfix.mx.example": 11,
    "any.postgrey.mx.example": 20,
    "any.exim.mx.example": 30,
    "blocked.exim.mx.example": 31,
    "closed.exim.mx.example": 32,
    "any.opensmtpd.mx.example": 40,
    "blocked.opensmtpd.mx.example": 41,
    "closed.opensmtpd.mx.example": 42,
}


@dataclass(frozen=True)
class Place:
    """A piece of 127.64.0.0/10 for this run alone, so that runs side by side do not meet."""

    network: str  # the first three numbers of its addresses
    port: int  # all mail servers listen on it
    policy_port: int  # postgrey

    def address(self, host: str) -> str:
        return f"{self.network}.{HOST_NUMBERS[host]}"

    @property
    def name_server(self) -> str:
        return f"{self.network}.{DNS_HOST}"

    @property
    def resolv_conf(self) -> str:
        return f"nameserver {self.name_server}\noptions timeout:2 attempts:2\n"


def zones(place: Place, domains: dict[str, str]) -> ZoneTable:
    """The zones of `domains` (domain -> MX host), of the hosts, and of a block list that holds our address."""
    table = ZoneTable()
    table.add_zone("example", "ns.example")
    table.add_zone("in-addr.arpa", "ns.example")
    for host in HOST_NUMBERS:
        table.add(wire.address(host, place.address(host)), wire.ptr(place.address(host), host))
    for name, host in domains.items():
        table.add(wire.mx(name, 10, host))
    listed = ".".join(reversed(CLIENT_IP.split(".")))
    table.add(
        wire.address(f"{listed}.{BLOCKLIST}", "127.0.0.2"),
        wire.txt(f"{listed}.{BLOCKLIST}", f"https://{BLOCKLIST}/query/ip/{CLIENT_IP}"),
        # Who asks: the sender's domain and HELO name must resolve.
        wire.mx("checker.example", 10, "mail.checker.example"),
        wire.address("mail.checker.example", CLIENT_IP),
        wire.ptr(CLIENT_IP, "mail.checker.example"),
    )
    return table


@asynccontextmanager
async def name_server(domains: dict[str, str]) -> AsyncIterator[tuple[Place, DnsServer]]:
    """A place that is free, and a name server that answers for it there."""
    for _ in range(TRIES):
        place = _free_place()
        if place is None:
            continue
        timer = MachineTimer()
        server = DnsServer(zones(place, domains), MovableClock(timer), timer)
        await server.start(place.name_server, DNS_PORT)
        try:
            yield place, server
        finally:
            await server.close()
        return
    raise RuntimeError("no free addresses were found in 127.64.0.0/10")


def _free_place() -> Place | None:
    network = f"127.{random.randrange(64, 128)}.{random.randrange(1, 255)}"
    with socket.socket() as mail, socket.socket() as policy, socket.socket() as dns:
        try:
            mail.bind((f"{network}.1", 0))
            policy.bind((f"{network}.1", 0))
            dns.bind((f"{network}.{DNS_HOST}", DNS_PORT))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return None
        return Place(network, mail.getsockname()[1], policy.getsockname()[1])
