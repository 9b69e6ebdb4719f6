"""From what was found to rows of evidence: whose address it is, and at which company somebody works. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fairlead.corpus import rules
from fairlead.corpus.findings import AddressFinding, Method, PageFindings, PersonFinding
from fairlead.corpus.model import Place
from fairlead.flags.domains import WEBMAIL, is_disposable
from fairlead.flags.roles import is_role
from fairlead.kit.profiles import linkedin_profile
from fairlead.kit.text import split_address

LONGEST_POSITION: Final = 200
LONGEST_NAME: Final = 100
# A person of these has one profile each; the rest is cut.
MOST_PROFILES: Final = 20


@dataclass(frozen=True, slots=True)
class Contact:
    """One sighting, as it is written down. At least one of `local` and `key` is given."""

    method: Method
    seen_at: datetime
    # Where in the source; empty for the source itself.
    where: str = ""
    own_domain: bool = False
    snippet: int | None = None
    local: str | None = None
    address_domain: str | None = None
    generic: bool = False
    # The person: the domain of the company under which it stands ("" for none) and its key there.
    home: str = ""
    key: str | None = None
    first_name: str = ""
    last_name: str = ""
    position: str | None = None
    former: bool = False
    employer: str | None = None
    company: str | None = None
    # LinkedIn, as compared.
    profile: str | None = None
    place: Place | None = None
    profiles: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    industry: str | None = None

    @property
    def has_details(self) -> bool:
        return bool(self.profile or self.profiles or self.phones or self.skills or self.industry)

    @property
    def address(self) -> str | None:
        return None if self.local is None else f"{self.local}@{self.address_domain}"


def contacts_on(page: PageFindings, *, where: str = "") -> Iterator[Contact]:
    """The sightings of a page, row, card or letter: one for each address, and one for each person without any."""
    with_address: set[int] = set()
    for found in page.addresses:
        person = page.people[found.person] if found.person is not None else None
        if found.person is not None:
            with_address.add(found.person)
        if (contact := _of_address(page, found, person, where)) is not None:
            yield contact
    for number, person in enumerate(page.people):
        if number not in with_address and (contact := _of_person(page, person, where)) is not None:
            yield contact


def is_private_mail(domain: str) -> bool:
    """Whether mailboxes there belong to anybody: no company, and nothing to search in."""
    return domain in WEBMAIL or is_disposable(domain)


def is_generic(local: str, domain: str) -> bool:
    """Whether `local`, as compared, is the mailbox of a task rather than a person."""
    return is_role(local.partition("+")[0] or local, domain)


def _of_address(page: PageFindings, found: AddressFinding, person: PersonFinding | None, where: str) -> Contact | None:
    try:
        local, domain = split_address(found.address)
    except (ValueError, UnicodeError):
        return None
    local = local.lower()
    contact = Contact(
        method=found.method,
        seen_at=page.captured_at,
        where=where,
        own_domain=found.on_own_domain,
        snippet=_snippet(found.snippet_hash),
        local=local,
        address_domain=domain,
        generic=is_generic(local, domain),
    )
    return contact if person is None else _with_person(contact, page, person)


def _of_person(page: PageFindings, person: PersonFinding, where: str) -> Contact | None:
    if person.address is not None:
        found = AddressFinding(person.address, person.method)
        if (contact := _of_address(page, found, person, where)) is not None:
            return contact
    contact = _with_person(Contact(method=person.method, seen_at=page.captured_at, where=where), page, person)
    return contact if contact.key is not None else None


def _with_person(contact: Contact, page: PageFindings, person: PersonFinding) -> Contact:
    first, last = person.first_name.strip()[:LONGEST_NAME], person.last_name.strip()[:LONGEST_NAME]
    if not (first or last):
        first = person.name.strip()[:LONGEST_NAME]
    profile = next(filter(None, map(linkedin_profile, person.social)), None)
    name = rules.name_key(first, last)
    home, employer = _home(contact, page, person)
    key = name if home else (contact.address or profile)
    if not name or not key:
        return contact
    return Contact(
        method=contact.method,
        seen_at=contact.seen_at,
        where=contact.where,
        own_domain=contact.own_domain,
        snippet=contact.snippet,
        local=contact.local,
        address_domain=contact.address_domain,
        generic=contact.generic,
        home=home,
        key=key,
        first_name=first,
        last_name=last,
        position=_position(person.position),
        former=person.former,
        employer=employer,
        company=None if employer else person.company,
        profile=profile,
        profiles=tuple(link for link in person.social[:MOST_PROFILES] if link),
        phones=(person.phone,) if person.phone else (),
    )


def _home(contact: Contact, page: PageFindings, person: PersonFinding) -> tuple[str, str | None]:
    """(The domain under which the person stands, the domain of the employment that was seen)."""
    domain = contact.address_domain
    of_mail = rules.registrable(domain) if domain is not None and not is_private_mail(domain) else ""
    if person.company_domain:
        named = rules.registrable(person.company_domain)
        return (of_mail if person.former and of_mail != named else "" if person.former else named), named
    if person.former:
        # Left the page's own company, or one of which only the name is known.
        gone = None if person.company else page.domain or None
        return ("" if of_mail == gone else of_mail), gone
    if of_mail:
        return of_mail, of_mail
    if person.company or not page.domain or is_private_mail(page.domain):
        return "", None
    return page.domain, page.domain


def _position(position: str | None) -> str | None:
    text = " ".join((position or "").split())[:LONGEST_POSITION]
    return text or None


def _snippet(snippet_hash: str) -> int | None:
    try:
        return int.from_bytes(bytes.fromhex(snippet_hash[:16]), "big", signed=True) if snippet_hash else None
    except ValueError:
        return None
