"""What the name server is told about names: zones, and scripts for what goes wrong."""

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from fairlead.sandbox import dns_wire as wire
from fairlead.sandbox.dns_wire import Record


@dataclass(frozen=True)
class Found:
    """All records of the type, or the CNAME record that stands at the name in their place."""

    records: tuple[Record, ...]


@dataclass(frozen=True)
class NoData:
    """The name is there, a record of the type is not."""

    start: Record


@dataclass(frozen=True)
class NoName:
    """There is no such name in the zone."""

    start: Record


@dataclass(frozen=True)
class Outside:
    """The name lies in no zone of the world."""


Answer: TypeAlias = Found | NoData | NoName | Outside


@dataclass(frozen=True)
class Script:
    """What goes wrong when a name is asked for, whatever the type."""

    silent: bool = False  # no answer at all
    rcode: int | None = None  # this in place of an answer, such as SERVFAIL
    delay_seconds: float = 0.0
    truncates: bool = False  # over UDP an empty answer with TC, over TCP the full one


class Zones(Protocol):
    """Names are lower case without the final dot; `type` is a number of RFC 1035."""

    def lookup(self, name: str, type: int) -> Answer: ...

    def script(self, name: str) -> Script | None:
        """Asked once for each query whose answer is not kept; answers under a script are never kept."""
        ...


@dataclass
class ZoneTable:
    """Zones kept in memory, and room for scripts: small worlds, overlays, tests."""

    starts: dict[str, Record] = field(default_factory=dict)  # zone -> its SOA record
    records: dict[str, dict[int, tuple[Record, ...]]] = field(default_factory=dict)
    scripts: dict[str, Script] = field(default_factory=dict)

    def add_zone(self, zone: str, primary: str) -> None:
        self.starts[zone] = wire.soa(zone, primary)
        self.add(self.starts[zone], wire.ns(zone, primary))

    def add(self, *records: Record) -> None:
        for record in records:
            types = self.records.setdefault(record.name, {})
            types[record.type] = (*types.get(record.type, ()), record)
            # RFC 8020: what lies between a name and its zone is there too, though it holds nothing.
            zone, above = self._zone_of(record.name), record.name
            while zone is not None and above != zone:
                self.records.setdefault(above, {})
                above = above.partition(".")[2]

    def lookup(self, name: str, type: int) -> Answer:
        types = self.records.get(name)
        if types and (records := types.get(type)):
            return Found(records)
        zone = self._zone_of(name)
        if zone is None:
            return Outside()
        if types is None:
            return NoName(self.starts[zone])
        if type == wire.ANY and types:
            return Found(tuple(record for records in types.values() for record in records))
        aliases = types.get(wire.CNAME)
        return Found(aliases) if aliases else NoData(self.starts[zone])

    def script(self, name: str) -> Script | None:
        return self.scripts.get(name)

    def _zone_of(self, name: str) -> str | None:
        while name not in self.starts:
            if not name:
                return None
            name = name.partition(".")[2]
        return name
