"""The words of the lead database: sources, and what is known of addresses, people and companies."""

from dataclasses import dataclass, field
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


SIZES: Final = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10000", "10001+")
"""Numbers of employees; with SELF the words of contract 12."""
SELF: Final = "Self"


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
class AddressStanding:
    """What the evidence for an address says in short."""

    confidence: int
    """0 to 100."""
    employed: bool | None
    """Whether its owner works at its domain still; None where nothing tells."""
    on_linkedin: bool


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


# Searches over everything.


class Level(StrEnum):
    C_LEVEL = "c_level"
    VP_LEVEL = "vp_level"
    DIRECTOR_LEVEL = "director_level"
    MANAGER_LEVEL = "manager_level"
    STAFF = "staff"


class Department(StrEnum):
    ENGINEERING = "engineering"
    HUMAN_RESOURCES = "human_resources"
    IT_IS = "it_is"
    FINANCE_ADMINISTRATION = "finance_administration"
    MARKETING = "marketing"
    OPERATIONS = "operations"
    SALES = "sales"
    SUPPORT = "support"
    OTHER = "other"


class LocationType(StrEnum):
    CITY = "city"
    STATE = "state"
    COUNTRY = "country"
    REGION = "region"
    SUBREGION = "subregion"


@dataclass(frozen=True)
class Location:
    locality: str
    type: LocationType | None = None
    """None: whatever fits."""


@dataclass(frozen=True)
class Choice:
    """What has to be among `include`, where there is any, and must not be among `exclude`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)


@dataclass(frozen=True)
class LocationChoice:
    include: tuple[Location, ...] = ()
    exclude: tuple[Location, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)


@dataclass(frozen=True)
class CompanyFilter:
    names: Choice = field(default_factory=Choice)
    locations: LocationChoice = field(default_factory=LocationChoice)
    industries: Choice = field(default_factory=Choice)
    sizes: tuple[str, ...] = ()
    revenue_min: int | None = None
    revenue_max: int | None = None
    specialities: tuple[str, ...] = ()
    founded_from: int | None = None
    founded_till: int | None = None

    def __bool__(self) -> bool:
        chosen = (self.names, self.locations, self.industries, self.sizes, self.specialities)
        numbers = (self.revenue_min, self.revenue_max, self.founded_from, self.founded_till)
        return any(map(bool, chosen)) or any(number is not None for number in numbers)


@dataclass(frozen=True)
class PeopleFilter:
    titles: Choice = field(default_factory=Choice)
    levels: Choice = field(default_factory=Choice)
    departments: Choice = field(default_factory=Choice)
    locations: LocationChoice = field(default_factory=LocationChoice)
    skills: Choice = field(default_factory=Choice)
    first_name: str = ""
    last_name: str = ""
    company: CompanyFilter = field(default_factory=CompanyFilter)

    def __bool__(self) -> bool:
        chosen = (self.titles, self.levels, self.departments, self.locations, self.skills, self.company)
        return any(map(bool, chosen)) or bool(self.first_name or self.last_name)
