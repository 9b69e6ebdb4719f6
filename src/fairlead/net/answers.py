"""What can come back when the DNS is asked."""

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

Record = TypeVar("Record")


@dataclass(frozen=True)
class Found(Generic[Record]):
    """At least one record. `ttl_seconds` is what is left of the time to live, in machine time."""

    records: tuple[Record, ...]
    ttl_seconds: int


@dataclass(frozen=True)
class NoSuchName:
    """NXDOMAIN: neither this name nor any below it exists (RFC 8020)."""


@dataclass(frozen=True)
class NoData:
    """The name exists and has no record of this type (RFC 2308, section 2.2)."""


@dataclass(frozen=True)
class ServerFailed:
    """Nobody could say.

    `reason`: servfail, refused, format, not_implemented, bad_answer, unreachable, alias_loop.
    """

    reason: str


@dataclass(frozen=True)
class TimedOut:
    """No answer in time, after all tries."""


Absent: TypeAlias = NoSuchName | NoData | ServerFailed | TimedOut
Answer: TypeAlias = Found[Record] | NoSuchName | NoData | ServerFailed | TimedOut


@dataclass(frozen=True, order=True)
class Mx:
    preference: int
    # Lower case without a trailing dot; empty in a null MX: the domain takes no mail (RFC 7505).
    host: str
