"""The words of the lead database: sources, and what is known of addresses, people and companies."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from fairlead.accounts.model import WorkspaceId
from fairlead.corpus.findings import Method

SourceId = NewType("SourceId", int)
PersonId = NewType("PersonId", int)
AddressId = NewType("AddressId", int)

INSTALLATION: Final = 0
"""The owner of evidence that every workspace may see."""


class SourceKind(StrEnum):
    PAGE = "page"
    ARCHIVE = "archive"
    IMPORT = "import"
    SIGNATURE = "signature"
    REPLY = "reply"
    BOUNCE = "bounce"
    PROSPECT = "prospect"
    VERIFICATION = "verification"


@dataclass(frozen=True)
class Source:
    """Where findings come from. The same uri with the same digest and owner is the same source."""

    kind: SourceKind
    uri: str
    captured_at: datetime
    digest: str = ""
    # None: the installation's, seen by every workspace.
    owner: WorkspaceId | None = None
    note: str = ""


@dataclass(frozen=True)
class Recorded:
    """What a recording changed."""

    source_id: SourceId
    known_before: bool
    """The source had been recorded before: nothing was changed."""
    addresses: int = 0
    people: int = 0
    evidence: int = 0
    hidden: int = 0
    """Findings left out because their owners asked for it."""


class Outcome(StrEnum):
    """What a workspace's own mail said of an address."""

    BOUNCED = "bounced"
    REPLIED = "replied"
    VALID = "valid"  # a mail server confirmed it


@dataclass(frozen=True)
class AddressFacts:
    """All evidence for one address that an asker may see, summed up."""

    methods: frozenset[Method]
    sources: int
    own_domain: bool
    first_seen: datetime
    last_seen: datetime
    replied_at: datetime | None = None
    bounced_at: datetime | None = None
    verified_at: datetime | None = None


@dataclass(frozen=True)
class KnownAddress:
    id: AddressId
    address: str
    generic: bool
    facts: AddressFacts
    confidence: int
    """0 to 100, of `corpus.rules.confidence`."""
    person_id: PersonId | None = None
    first_name: str | None = None
    last_name: str | None = None
    position: str | None = None
    profile: str | None = None
    source_page: str | None = None


@dataclass(frozen=True)
class KnownPerson:
    id: PersonId
    first_name: str
    last_name: str
    domain: str
    """Empty where no company is known."""
    position: str | None = None
    place: "Place | None" = None
    profile: str | None = None
    """LinkedIn, as compared: in/ann-example."""
    addresses: tuple[str, ...] = ()
    source_page: str | None = None


@dataclass(frozen=True)
class Place:
    city: str | None
    state: str | None
    country: str | None
    """ISO 3166-1 alpha-2."""


@dataclass(frozen=True)
class Job:
    """An employment, present or past, as evidence has it."""

    company: str | None
    domain: str | None
    position: str | None
    former: bool
    seen_at: datetime


@dataclass(frozen=True)
class WholePerson:
    """A person with all that is known of them."""

    person: KnownPerson
    jobs: tuple[Job, ...]
    profiles: tuple[str, ...]
    phones: tuple[str, ...]
    skills: tuple[str, ...]
    industry: str | None
    seen_at: datetime


@dataclass(frozen=True)
class KnownCompany:
    domain: str
    name: str | None = None
    place: Place | None = None
    founded: int | None = None
    phone: str | None = None
    industry: str | None = None
    size: str | None = None
    site: str | None = None
    logo: str | None = None
    social: tuple[str, ...] = ()
    related_domains: tuple[str, ...] = ()
    specialities: tuple[str, ...] = ()
    revenue_min: int | None = None
    revenue_max: int | None = None


@dataclass(frozen=True)
class Counts:
    """How much there is at a domain for one asker."""

    people: int = 0
    emails: int = 0
    """Addresses of persons."""
    generic: int = 0
    """Addresses of a task."""

    @property
    def addresses(self) -> int:
        return self.emails + self.generic
