"""The words of the sandbox: companies, the people in them, their mail hosts and web sites.

Plain values without behavior of their own; `sandbox.making` makes them from a seed. Every host name lies
under the reserved names `.example` and `.test` (RFC 2606), every address of a server inside 127.64.0.0/10.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Temper(StrEnum):
    """How a person takes mail from strangers."""

    INTERESTED = "interested"
    CURIOUS = "curious"
    BUSY = "busy"  # answers "later"
    POLITE = "polite"  # answers "not interested"
    ANNOYED = "annoyed"  # asks to be left alone, or marks as spam
    SILENT = "silent"  # reads, never answers
    ABSENT = "absent"  # an out-of-office notice answers
    MOVED_ON = "moved_on"  # another person has the job now


class Provider(StrEnum):
    MICROSOFT = "microsoft"
    GOOGLE = "google"
    OTHER = "other"  # a host of the company's own or of a small provider
    BARRACUDA = "barracuda"
    PROOFPOINT = "proofpoint"
    MIMECAST = "mimecast"
    TREND_MICRO = "trend_micro"


class Robots(StrEnum):
    """What /robots.txt answers."""

    OPEN = "open"
    MISSING = "missing"  # 404: everything is allowed (RFC 9309, 2.3.1.3)
    CRAWL_DELAY = "crawl_delay"
    CLOSED = "closed"  # Disallow: /
    BROKEN = "broken"  # 503: nothing is allowed (RFC 9309, 2.3.1.4)


class Quirk(StrEnum):
    """What a crawler has to survive on a site. The pages with contacts stay within reach."""

    NONE = "none"
    SLOW_PAGES = "slow_pages"
    HUGE_HOME = "huge_home"
    ENDLESS_HUGE = "endless_huge"  # the news page is far larger than any reader should take
    WRONG_CHARSET = "wrong_charset"
    REDIRECT_LOOP = "redirect_loop"
    ENDLESS_CALENDAR = "endless_calendar"
    FLAKY = "flaky"  # the first request for a page is answered 503, the next one well


@dataclass(frozen=True)
class Social:
    network: str  # linkedin, x, github, xing, facebook
    url: str


@dataclass(frozen=True)
class Job:
    company: str
    domain: str | None
    position: str
    from_year: int
    to_year: int | None  # None: the job at hand


@dataclass(frozen=True)
class Person:
    first_name: str
    middle_name: str | None
    last_name: str
    nickname: str | None
    position: str
    department: str
    email: str
    # The address stands on a page of the company's site that a polite crawler may read.
    email_published: bool
    # Named on the site at all, with or without an address.
    listed: bool
    # A message to the address reaches this person's mailbox; False for someone who left, and where no mail
    # arrives.
    exists: bool
    # How the address follows from the name: one of `addresses.PATTERNS`, or the kind of exception.
    shape: str
    social: tuple[Social, ...]
    jobs: tuple[Job, ...]  # the one at hand first
    culture: str
    language: str  # ISO 639-1, the one they answer in
    zone: str  # IANA
    temper: Temper
    phone: str | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class MailHost:
    """One MX record and what stands behind it."""

    name: str  # empty for null MX (RFC 7505)
    preference: int
    addresses: tuple[str, ...]  # A and AAAA records; baits point to places nobody may connect to
    behavior: str  # a name of `making.servers.SMTP_BEHAVIORS`
    wording: str  # postfix, exim, exchange, gmail or opensmtpd


@dataclass(frozen=True)
class MailFacts:
    """What the name servers and mail servers of a domain need to know."""

    behavior: str  # a name of `making.mail.BEHAVIORS`; those about DNS have no host that listens
    hosts: tuple[MailHost, ...]
    spf: str | None  # the TXT record of the domain
    dmarc: str | None  # the TXT record of _dmarc.DOMAIN
    dkim: tuple[tuple[str, str], ...]  # (selector, TXT record of SELECTOR._domainkey.DOMAIN)


@dataclass(frozen=True)
class Website:
    host: str  # the canonical one: the domain, or www. and the domain
    address: str
    scheme: str  # http or https; the other one redirects where it is https
    language: str
    design: int
    robots: Robots
    crawl_delay_seconds: int | None
    quirk: Quirk


@dataclass(frozen=True)
class Company:
    index: int
    name: str
    domain: str
    size: str  # such as "51-200"
    headcount: int
    industry: str
    city: str
    street: str
    postal_code: str
    country: str
    country_code: str  # ISO 3166-1 alpha-2
    language: str
    zone: str
    phone: str
    founded: int
    related_domains: tuple[str, ...]
    pattern: str  # the house pattern of addresses
    provider: Provider
    mail: MailFacts
    site: Website | None
    people: tuple[Person, ...]
    generic: tuple[str, ...]  # shared addresses such as info@, in the local language too
    # Traps: they stand where a person does not see them, or where robots.txt forbids to look.
    honeypots: tuple[str, ...]
    social: tuple[Social, ...]

    @property
    def mx_behavior(self) -> str:
        return self.mail.behavior

    @property
    def catch_all(self) -> bool:
        return self.mail.behavior == "catch_all"

    @cached_property
    def people_by_email(self) -> dict[str, Person]:
        return {person.email: person for person in self.people}

    @cached_property
    def known_addresses(self) -> frozenset[str]:
        """Addresses a server that checks recipients knows: people who are there, shared ones and traps."""
        return frozenset([p.email for p in self.people if p.exists]).union(self.generic, self.honeypots)

    @cached_property
    def host_names(self) -> tuple[str, ...]:
        """Every host name of the company's site: the domain, www., and its related domains."""
        names = (self.domain, *self.related_domains)
        return tuple(name for base in names for name in (base, f"www.{base}"))


@dataclass(frozen=True)
class OwnMailbox:
    """A mailbox the user of the sandbox sends from."""

    email: str
    name: str
    password: str
    provider: Provider
    smtp_host: str
    smtp_port: int
    smtp_encryption: str  # ssl, starttls or none
    imap_host: str
    imap_port: int
    imap_encryption: str

    @property
    def domain(self) -> str:
        return self.email.partition("@")[2]


@dataclass(frozen=True)
class OwnDomain:
    """A domain of the user's own, with everything a sender needs set up."""

    domain: str
    mail: MailFacts
    # Seed of the Ed25519 key whose public half stands in `mail.dkim`.
    dkim_seed: bytes
