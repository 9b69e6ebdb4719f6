"""The guard: which addresses may be connected to, and at which port in fact.

Names are judged by nobody: whoever connects judges the address it is about to connect to.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from fairlead.net.errors import Forbidden
from fairlead.net.kinds import special_kind
from fairlead.settings import Network

Address: TypeAlias = IPv4Address | IPv6Address


def refusal(address: Address, allowed: Sequence[Network]) -> Forbidden | None:
    """None when `address` may be connected to: it is public, or in one of the `allowed` networks."""
    if is_allowed(address, allowed):
        return None
    kind = special_kind(address)
    return None if kind is None else Forbidden(address, kind)


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether one of the `allowed` networks holds it; a network of IPv4 also holds its IPv4-mapped forms."""
    if any(address in network for network in allowed):
        return True
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped is not None and any(mapped in network for network in allowed)


def literal(host: str) -> Address | None:
    """The address that `host` spells out, or None where it is a name.

    Only the canonical spellings count. `127.1`, `0x7f.0.0.1`, `2130706433` and addresses with a zone are
    names here, and as names they do not resolve.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return None if "%" in host else address


@dataclass(frozen=True)
class Reach:
    """The settings FAIRLEAD_ALLOWED_NETWORKS and FAIRLEAD_PORT_MAP, applied."""

    allowed: tuple[Network, ...] = ()
    port_map: Mapping[int, int] = field(default_factory=dict)

    def refusal(self, address: Address) -> Forbidden | None:
        return refusal(address, self.allowed)

    def port(self, address: Address, port: int) -> int:
        """The port to use in place of `port`; another one in allowed networks only."""
        return self.port_map.get(port, port) if is_allowed(address, self.allowed) else port
