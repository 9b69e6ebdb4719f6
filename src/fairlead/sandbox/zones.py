"""The names of a world: what its name server says about every company, provider and own domain.

The sandbox is the whole tree under `.example` and `.test`, so a name nobody has does not exist there.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from fairlead.sandbox import dns_wire as wire
from fairlead.sandbox.dns_wire import Record
from fairlead.sandbox.dns_zones import Answer, Found, NoData, NoName, Outside, Script
from fairlead.sandbox.loopback import SERVERS
from fairlead.sandbox.making import mail, servers
from fairlead.sandbox.making.world import World
from fairlead.sandbox.model import Company, MailFacts, OwnDomain
from fairlead.sandbox.places import (
    NAME_SERVER,
    NAME_SERVER_ADDRESS,
    WEB_SERVER,
    address_of_server,
    infrastructure_zones,
    own_hosts,
    server_name,
)

TOP_LEVELS: Final = ("example", "test")
REVERSE: Final = "127.in-addr.arpa"
# Every so many companies, www. is an alias of the domain rather than a name of its own.
ALIAS_EVERY: Final = 3
SILENT: Final = Script(silent=True)
FAILS: Final = Script(rcode=wire.SERVFAIL)


@dataclass(frozen=True)
class _Zone:
    """A domain and what stands in it. A name between two others is there, with nothing at it (RFC 8020)."""

    start: Record
    names: dict[str, tuple[Record, ...]]


@dataclass
class WorldZones:
    """`scripts` holds what was asked for beside the world's own mishaps, by name."""

    world: World
    scripts: dict[str, Script] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._infrastructure = infrastructure_zones()
        self._own_hosts = own_hosts(self.world)
        self._own_names = {address: host for host, address in self._own_hosts.items()}
        self._tops = {top: wire.soa(top, NAME_SERVER) for top in (*TOP_LEVELS, REVERSE)}

    # What the name server asks.

    def lookup(self, name: str, type: int) -> Answer:
        top = REVERSE if name == REVERSE or name.endswith(f".{REVERSE}") else name.rpartition(".")[2]
        start = self._tops.get(top)
        if start is None:
            return Outside()
        if name == top:
            return _chosen((start, wire.ns(name, NAME_SERVER)), type, start)
        if top == REVERSE:
            return self._reverse(name, type, start)
        if ".".join(name.split(".")[-2:]) in self._infrastructure:
            records = self._infrastructure_records(name)
            return NoName(start) if records is None else _chosen(records, type, start)
        zone = self._zone(name)
        if zone is None:
            return NoName(start)
        records = zone.names.get(name)
        if records is None:
            between = any(other.endswith(f".{name}") for other in zone.names)
            return NoData(zone.start) if between else NoName(zone.start)
        return _chosen(records, type, zone.start)

    def script(self, name: str) -> Script | None:
        script = self.scripts.get(name)
        if script is not None:
            return script
        company = self.world.find_company(name)
        match company.mx_behavior if company else "":
            case "dns_servfail":
                return FAILS
            case "dns_timeout":
                return SILENT
        return None

    # What the sandbox itself asks, as a resolver would.

    def addresses(self, name: str) -> list[str] | None:
        """The addresses of a host, aliases followed; None where the name servers of the name do not work."""
        for _ in range(8):
            if (script := self.script(name)) is not None and (script.silent or script.rcode):
                return None
            found = self.records(name, wire.A)
            alias = next((r.data.host for r in found if isinstance(r.data, wire.Target)), None)
            if alias is None:
                both = (*found, *self.records(name, wire.AAAA))
                return [record.data.address for record in both if isinstance(record.data, wire.Address)]
            name = alias
        return []

    def records(self, name: str, type: int) -> tuple[Record, ...]:
        match self.lookup(name.lower().rstrip("."), type):
            case Found(records):
                return records
        return ()

    def exists(self, name: str) -> bool:
        """Whether certificates are made for the name."""
        return bool(self.addresses(name))

    # Zones, each made from its owner.

    def _zone(self, name: str) -> _Zone | None:
        own = self.world.find_own_domain(name)
        if own is not None:
            return self._own_zone(own)
        company = self.world.find_company(name)
        if company is None or company.mx_behavior == "nxdomain":
            return None
        second_level = ".".join(name.split(".")[-2:])
        related = second_level != company.domain
        return _related_zone(company, second_level) if related else _company_zone(company)

    def _own_zone(self, own: OwnDomain) -> _Zone:
        domain = own.domain
        hosts = [wire.address(host, at) for host, at in self._own_hosts.items() if host.endswith(f".{domain}")]
        # RFC 6186: how a mail program finds the servers.
        services = [
            wire.srv(f"_submissions._tcp.{domain}", 0, 1, 465, f"smtp.{domain}"),
            wire.srv(f"_submission._tcp.{domain}", 0, 1, 587, f"smtp.{domain}"),
            wire.srv(f"_imaps._tcp.{domain}", 0, 1, 993, f"imap.{domain}"),
        ]
        return _assembled(domain, [*_mail_records(domain, own.mail), *hosts, *services])

    def _infrastructure_records(self, name: str) -> tuple[Record, ...] | None:
        shared = mail.SHARED_RECORDS.get(name)
        if shared is not None:
            return (wire.txt(name, shared),)
        if name in (NAME_SERVER, WEB_SERVER):
            at = NAME_SERVER_ADDRESS if name == NAME_SERVER else servers.WEB_ADDRESS
            return (wire.address(name, at),)
        host = servers.find_provider_host(name)
        if host is not None:
            return tuple(wire.address(name, address) for address in host.addresses)
        at_name = address_of_server(self.world, name)
        if at_name is not None:
            return (wire.address(name, at_name),)
        suffixes = (*servers.SUFFIXES.values(), *mail.SHARED_RECORDS)
        return () if any(f".{suffix}".endswith(f".{name}") for suffix in suffixes) else None

    def _reverse(self, name: str, type: int, start: Record) -> Answer:
        labels = name.removesuffix(f".{REVERSE}").split(".")
        if len(labels) != 3:
            return NoData(start) if len(labels) < 3 else NoName(start)
        address = f"127.{'.'.join(reversed(labels))}"
        host = self._host_at(address)
        return NoName(start) if host is None else _chosen((wire.ptr(address, host),), type, start)

    def _host_at(self, address: str) -> str | None:
        try:
            if ipaddress.ip_address(address) not in SERVERS:
                return None
        except ValueError:
            return None
        fixed = {NAME_SERVER_ADDRESS: NAME_SERVER, servers.WEB_ADDRESS: WEB_SERVER}
        return fixed.get(address) or self._own_names.get(address) or server_name(self.world, address)


def _company_zone(company: Company) -> _Zone:
    domain, facts = company.domain, company.mail
    records = _mail_records(domain, facts)
    if company.site is not None:
        records.append(wire.address(domain, company.site.address))
        www = f"www.{domain}"
        alias = company.index % ALIAS_EVERY == 0
        records.append(wire.cname(www, domain) if alias else wire.address(www, company.site.address))
    return _assembled(domain, records)


def _related_zone(company: Company, domain: str) -> _Zone:
    """A related domain has the web site and takes no mail, and says so."""
    records = [wire.null_mx(domain), wire.txt(domain, "v=spf1 -all")]
    if company.site is not None:
        records += [wire.address(name, company.site.address) for name in (domain, f"www.{domain}")]
    return _assembled(domain, records)


def _mail_records(domain: str, facts: MailFacts) -> list[Record]:
    records: list[Record] = []
    for host in facts.hosts:
        if host.name != domain:
            records.append(wire.mx(domain, host.preference, host.name) if host.name else wire.null_mx(domain))
        if host.name == domain or host.name.endswith(f".{domain}"):
            records += [wire.address(host.name, address) for address in host.addresses]
    if facts.spf:
        records.append(wire.txt(domain, facts.spf))
    if facts.dmarc:
        records.append(wire.txt(f"_dmarc.{domain}", facts.dmarc))
    records += [wire.txt(f"{selector}._domainkey.{domain}", text) for selector, text in facts.dkim]
    return records


def _assembled(domain: str, records: Iterable[Record]) -> _Zone:
    start = wire.soa(domain, NAME_SERVER)
    names: dict[str, tuple[Record, ...]] = {domain: (start, wire.ns(domain, NAME_SERVER))}
    # An address may be that of the site and of the mail host at the same name.
    for record in dict.fromkeys(records):
        names[record.name] = (*names.get(record.name, ()), record)
    return _Zone(start, names)


def _chosen(records: Iterable[Record], type: int, start: Record) -> Answer:
    found = tuple(record for record in records if type in (record.type, wire.ANY) or record.type == wire.CNAME)
    return Found(found) if found else NoData(start)
