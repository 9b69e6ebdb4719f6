"""What an IP address is for, as far as that forbids connecting to it.

Source: the IANA registries of special-purpose addresses (RFC 6890, updated by RFC 8190) and, for IPv6, the
rule that only 2000::/3 is global unicast (RFC 4291, section 2.4).
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network


class Kind(StrEnum):
    UNSPECIFIED = "unspecified"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    LINK_LOCAL = "link-local"
    # Between a provider and its customers (RFC 6598): private in effect.
    SHARED = "shared"
    MULTICAST = "multicast"
    BROADCAST = "broadcast"
    DOCUMENTATION = "documentation"
    BENCHMARKING = "benchmarking"
    RESERVED = "reserved"


SPECIAL_IPV4 = tuple(
    (IPv4Network(text), kind)
    for text, kind in (
        ("0.0.0.0/8", Kind.UNSPECIFIED),
        ("10.0.0.0/8", Kind.PRIVATE),
        ("100.64.0.0/10", Kind.SHARED),
        ("127.0.0.0/8", Kind.LOOPBACK),
        ("169.254.0.0/16", Kind.LINK_LOCAL),
        ("172.16.0.0/12", Kind.PRIVATE),
        ("192.0.0.0/24", Kind.RESERVED),
        ("192.0.2.0/24", Kind.DOCUMENTATION),
        ("192.88.99.0/24", Kind.RESERVED),
        ("192.168.0.0/16", Kind.PRIVATE),
        ("198.18.0.0/15", Kind.BENCHMARKING),
        ("198.51.100.0/24", Kind.DOCUMENTATION),
        ("203.0.113.0/24", Kind.DOCUMENTATION),
        ("224.0.0.0/4", Kind.MULTICAST),
        ("255.255.255.255/32", Kind.BROADCAST),
        ("240.0.0.0/4", Kind.RESERVED),
    )
)
# The first that holds the address counts.
SPECIAL_IPV6 = tuple(
    (IPv6Network(text), kind)
    for text, kind in (
        ("::/128", Kind.UNSPECIFIED),
        ("::1/128", Kind.LOOPBACK),
        ("fc00::/7", Kind.PRIVATE),
        ("fec0::/10", Kind.PRIVATE),
        ("fe80::/10", Kind.LINK_LOCAL),
        ("ff00::/8", Kind.MULTICAST),
        ("2001:2::/48", Kind.BENCHMARKING),
        ("2001:db8::/32", Kind.DOCUMENTATION),
        ("3fff::/20", Kind.DOCUMENTATION),
        ("2001::/23", Kind.RESERVED),
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
COMPATIBLE = IPv6Network("::/96")
NAT64 = IPv6Network("64:ff9b::/96")


def special_kind(address: IPv4Address | IPv6Address) -> Kind | None:
    """What makes `address` unfit to connect to, or None for an address of the public Internet.

    An IPv6 address that stands for an IPv4 address is what that IPv4 address is: mapped (RFC 4291, 2.5.5.2),
    NAT64 (RFC 6052), 6to4 (RFC 3056) and Teredo (RFC 4380; server and client both count). IPv4-compatible
    addresses (RFC 4291, 2.5.5.1) and the NAT64 prefix for local use (RFC 8215) are never public, whatever
    they hold.
    """
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in SPECIAL_IPV4 if address in network), None)
    embedded = _embedded(address)
    if embedded:
        within = next((kind for held in embedded if (kind := special_kind(held)) is not None), None)
        return within or (Kind.RESERVED if address in COMPATIBLE else None)
    special = next((kind for network, kind in SPECIAL_IPV6 if address in network), None)
    return special or (None if address in GLOBAL_UNICAST else Kind.RESERVED)


def _embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses a translator or tunnel would send this one's packets to."""
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    # `::` and `::1` lie in the block of the compatible addresses and are none of them.
    if address in NAT64 or (address in COMPATIBLE and int(address) > 1):
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    return address.teredo or ()
