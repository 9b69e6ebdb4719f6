"""Where the servers stand that companies do not bring along, and what every server calls itself."""

import ipaddress
import re
from typing import Final

from fairlead.sandbox.loopback import SERVERS
from fairlead.sandbox.making import servers
from fairlead.sandbox.making.world import World

NAME_SERVER: Final = "ns.sandbox.example"
NAME_SERVER_ADDRESS: Final = "127.64.0.53"
WEB_SERVER: Final = "web.sandbox.example"
# Third part of the addresses of the user's own submission and IMAP servers; 0 is that of their MX hosts.
SUBMISSION, IMAP = 1, 2
HOSTING: Final = "mailhosting.example"

_SERVER_NAME = re.compile(r"in-(\d{1,3})-(\d{1,3})-(\d{1,3})\.")


def own_address(number: int, part: int) -> str:
    return f"127.{servers.OWN_NETWORK}.{part}.{number + 1}"


def own_hosts(world: World) -> dict[str, str]:
    """Addresses of the servers the user sends from and reads at, by host name."""
    return {
        f"{label}.{domain.domain}": own_address(number, part)
        for number, domain in enumerate(world.own_domains)
        for label, part in (("smtp", SUBMISSION), ("imap", IMAP))
    }


def server_name(world: World, address: str) -> str | None:
    """What the mail server at `address` says in its banner, and what the PTR record says; None where none is."""
    found = servers.server_at(address)
    if found is None:
        return None
    parts = address.split(".")
    if parts[1:3] == [str(servers.OWN_NETWORK), "0"]:
        number = int(parts[3]) - 1
        return f"mx.{world.own_domains[number].domain}" if number < len(world.own_domains) else None
    return f"in-{'-'.join(parts[1:])}.{servers.SUFFIXES.get(found[0], HOSTING)}"


def address_of_server(world: World, name: str) -> str | None:
    """The other way round, for names that are made from addresses."""
    match = _SERVER_NAME.match(name)
    if match is None:
        return None
    address = f"127.{match[1]}.{match[2]}.{match[3]}"
    return address if server_name(world, address) == name else None


def infrastructure_zones() -> frozenset[str]:
    """Domains of providers, which belong to no company."""
    second_level = {".".join(suffix.split(".")[-2:]) for suffix in servers.SUFFIXES.values()}
    return frozenset([*second_level, HOSTING, "sandbox.example"])


def within_sandbox(address: str) -> bool:
    """Whether a server of the sandbox can stand there at all; nothing else is ever connected to by mail."""
    try:
        return ipaddress.ip_address(address) in SERVERS
    except ValueError:
        return False
