"""From a domain to the servers that take its mail, without connecting to any (RFC 5321, section 5.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby

from fairlead.net.answers import Found, Mx, NoData, NoSuchName, ServerFailed, TimedOut
from fairlead.net.dns import Dns
from fairlead.net.guard import Address, is_allowed
from fairlead.net.kinds import Kind, special_kind
from fairlead.settings import Network
from fairlead.verifier.model import NoRoute, Route, Server

# A domain may name a thousand hosts; what the best few do not tell, the others will not either.
MOST_HOSTS = 5
MOST_ADDRESSES = 32
LOCAL_NAMES = ("localhost", "localhost.localdomain")
_NOWHERE = frozenset({Kind.LOOPBACK, Kind.UNSPECIFIED})


async def mail_route(dns: Dns, domain: str, allowed: Sequence[Network] = ()) -> Route | NoRoute:
    """Where mail for `domain` (an A-label) goes, or why there is nobody to ask.

    `allowed` are the private networks that may be connected to. Only the best preference with an address to connect
    to is resolved; `further_route` resolves the next. Raises nothing the network causes.
    """
    match await dns.mx(domain):
        case Found(records=records):
            named = [record for record in records if record.host]
            if not named:
                return NoRoute.NULL_MX
            return await _first_usable(dns, _by_preference(named), allowed)
        case NoData():
            # Without an MX record the domain itself is the host: the implicit MX.
            return await _first_usable(dns, [(domain,)], allowed)
        case NoSuchName():
            return NoRoute.NO_SUCH_DOMAIN
    return NoRoute.DNS_FAILED


async def further_route(dns: Dns, route: Route, allowed: Sequence[Network] = ()) -> Route | NoRoute:
    """The route for when no server of `route.best` lets us connect."""
    if not route.later:
        return NoRoute.NO_MAIL_SERVER
    return await _first_usable(dns, [(host,) for host in route.later], allowed)


def _by_preference(records: Sequence[Mx]) -> list[tuple[str, ...]]:
    ordered = sorted(records)[:MOST_HOSTS]
    return [tuple(record.host for record in group) for _, group in groupby(ordered, lambda record: record.preference)]


async def _first_usable(
    dns: Dns, preferences: Sequence[tuple[str, ...]], allowed: Sequence[Network]
) -> Route | NoRoute:
    forbidden: frozenset[Kind] = frozenset()
    failed = False
    for number, hosts in enumerate(preferences):
        found: list[_Usable] = []
        for host in hosts:
            if host in LOCAL_NAMES:
                forbidden |= {Kind.LOOPBACK}
                continue
            # IPv4 first and alone where there is any: mail over IPv6 is refused where the sender's name does not
            # resolve back to its address, and every question not asked is one answered sooner.
            answer = await dns.ipv4(host)
            if not isinstance(answer, Found):
                answer = await dns.addresses(host)
            if isinstance(answer, Found):
                usable = _usable(host, answer.records, tuple(allowed))
                forbidden |= usable.forbidden
                if usable.servers:
                    found.append(usable)
            failed = failed or isinstance(answer, ServerFailed | TimedOut)
        if found:
            servers = found[0].servers if len(found) == 1 else tuple(chain.from_iterable(one.servers for one in found))
            later = tuple(host for hosts in preferences[number + 1 :] for host in hosts)
            return Route(servers[:MOST_ADDRESSES], ",".join(sorted(one.key for one in found)), later)
    if failed:
        return NoRoute.DNS_FAILED
    if not forbidden:
        return NoRoute.NO_MAIL_SERVER
    return NoRoute.LOOPBACK if forbidden <= _NOWHERE else NoRoute.PRIVATE


@dataclass(frozen=True, slots=True)
class _Usable:
    servers: tuple[Server, ...]
    key: str
    forbidden: frozenset[Kind]


# Millions of domains share the hosts of a few providers.
@lru_cache(maxsize=16_384)
def _usable(host: str, addresses: tuple[Address, ...], allowed: tuple[Network, ...]) -> _Usable:
    """The addresses of a host that may be connected to, and what the others are."""
    kinds = {address: None if is_allowed(address, allowed) else special_kind(address) for address in addresses}
    permitted = sorted((address for address, kind in kinds.items() if kind is None), key=int)
    return _Usable(
        tuple(Server(host, address) for address in permitted),
        " ".join(map(str, permitted)),
        frozenset(kind for kind in kinds.values() if kind is not None),
    )
