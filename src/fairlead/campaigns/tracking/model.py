"""The words of tracking."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HitKind(StrEnum):
    OPEN = "open"
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"


class HitClass(StrEnum):
    """Who or what was at the other end. Figures and conditions count `COUNTED` unless a user asks for all."""

    HUMAN = "human"
    PROXY = "proxy"  # a person's open, fetched by the provider for them: real, but no device and no place
    PREFETCH = "prefetch"  # fetched by the mail program before anybody looked
    SCANNER = "scanner"  # a security product that follows links
    SELF = "self"  # the sender's own


COUNTED = frozenset({HitClass.HUMAN, HitClass.PROXY})


@dataclass(frozen=True)
class Hit:
    """One request for an address of a sent mail, as it was answered."""

    token: str
    kind: HitKind
    at: datetime
    """Business time."""
    method: str
    agent: str
    address: str
    link: int = 0
    """Number of the link in the letter, from 1; 0 for what is no click."""
    url: str = ""


class DomainState(StrEnum):
    """See the migration for what may follow what."""

    PENDING = "pending"
    VERIFIED = "verified"
    REMOVED = "removed"


@dataclass(frozen=True)
class TrackingDomain:
    """A host name of a user's own under which pixel and links of new letters are served."""

    workspace_id: int
    domain: str
    state: DomainState
    proof: str
    problem: str | None
    checked_at: datetime | None
