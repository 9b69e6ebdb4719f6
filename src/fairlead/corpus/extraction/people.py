"""People on a page: from structured data, from class names, and from cards and lists of a name and a position."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from fairlead.corpus.extraction import names, schema_org
from fairlead.corpus.extraction.document import Line
from fairlead.corpus.extraction.obfuscation import of_cloudflare
from fairlead.corpus.extraction.phones import e164
from fairlead.corpus.extraction.profiles import profile
from fairlead.corpus.extraction.schema_org import Thing
from fairlead.corpus.findings import Method, PersonFinding

MOST_PEOPLE = 1_000
# How far below a name its position, address and profiles stand.
CARD_LINES = 9


@dataclass
class Seen:
    """A person as far as the page told."""

    name: str
    method: Method
    position: str | None = None
    addresses: list[str] = field(default_factory=list)
    social: list[str] = field(default_factory=list)
    phone: str | None = None
    first_name: str = ""
    last_name: str = ""
    company: str | None = None

    def finding(self) -> PersonFinding:
        first, last = (self.first_name, self.last_name) if self.last_name else names.parts(self.name)
        return PersonFinding(
            name=self.name,
            first_name=first,
            last_name=last,
            method=self.method,
            position=self.position[: names.LONGEST_POSITION] if self.position else None,
            address=self.addresses[0] if self.addresses else None,
            social=tuple(dict.fromkeys(self.social)),
            phone=self.phone,
            company=self.company,
        )


class People:
    """Everybody of a page, one entry for each name."""

    def __init__(self) -> None:
        self.seen: dict[str, Seen] = {}

    def add(self, person: Seen) -> Seen | None:
        person.name = names.clean_name(person.name)[:120]
        key = names.plain(person.name)
        if not key or len(self.seen) >= MOST_PEOPLE:
            return None
        known = self.seen.setdefault(key, person)
        if known is not person:
            known.position = known.position or person.position
            known.phone = known.phone or person.phone
            known.company = known.company or person.company
            known.first_name = known.first_name or person.first_name
            known.last_name = known.last_name or person.last_name
            known.addresses.extend(a for a in person.addresses if a not in known.addresses)
            known.social.extend(s for s in person.social if s not in known.social)
        return known

    def claim_by_name(self, addresses: list[str]) -> None:
        """Gives addresses nobody has to the one person whose name they are made of."""
        taken = {address for person in self.seen.values() for address in person.addresses}
        for address in addresses:
            if address in taken or names.role_like(address):
                continue
            free = [person for person in self.seen.values() if not person.addresses]
            fitting = [person for person in free if names.fits(address, person.name)]
            if len(fitting) == 1:
                fitting[0].addresses.append(address)


def of_things(things: list[Thing], method: Method, people: People) -> None:
    for thing in things:
        if thing.kind != "person":
            continue
        fields = thing.fields
        given, family = schema_org.text(fields.get("givenName")), schema_org.text(fields.get("familyName"))
        name = schema_org.text(fields.get("name")) or " ".join(part for part in (given, family) if part)
        if not name or len(name.split()) < 2 or (not names.is_name(name) and not (given and family)):
            continue
        links = [found[0] for url in schema_org.texts(fields.get("sameAs")) if (found := profile(url))]
        employer = fields.get("worksFor")
        people.add(
            Seen(
                name,
                method,
                position=schema_org.text(fields.get("jobTitle")),
                addresses=list(thing.emails),
                social=links,
                phone=_phone(schema_org.text(fields.get("telephone"))),
                first_name=given or "",
                last_name=family or "",
                company=schema_org.text(employer) if employer else None,
            )
        )


_HCARDS = ".vcard, .h-card"


def of_hcards(tree: LexborHTMLParser, people: People, address_of: Callable[[LexborNode], list[str]]) -> None:
    """Source: microformats hCard 1.0 and h-card."""
    for card in tree.css(_HCARDS)[:MOST_PEOPLE]:
        name = _class_text(card, ".p-name, .fn")
        if not name or not names.is_name(name):
            continue
        nodes = card.css("a, .u-email, .email, [data-cfemail]")
        addresses = [address for node in nodes for address in address_of(node)]
        links = [found[0] for node in card.css("a") if (found := profile(node.attributes.get("href") or ""))]
        people.add(
            Seen(
                name,
                Method.HCARD,
                position=_class_text(card, ".p-job-title, .title, .p-role, .role"),
                addresses=list(dict.fromkeys(addresses)),
                social=links,
                phone=_phone(_class_text(card, ".p-tel, .tel")),
                company=_class_text(card, ".p-org, .org"),
            )
        )


def of_authors(tree: LexborHTMLParser, people: People) -> None:
    for link in tree.css('[rel~="author"]')[:20]:
        name = " ".join((link.text(deep=True) or "").split())
        if names.is_name(name):
            people.add(Seen(name, Method.META))


def _class_text(card: LexborNode, selector: str) -> str | None:
    node = card.css_first(selector)
    if node is None:
        return None
    text = node.attributes.get("content") or node.text(deep=True, separator="") or ""
    return " ".join(text.split()) or None


def _phone(text: str | None) -> str | None:
    return e164(text) if text else None


@dataclass
class _Card:
    person: Seen
    line: int
    # Something besides the look of the name says that it is one.
    proven: bool


def of_lines(lines: list[Line], addresses_of: list[list[str]], people: People) -> None:
    """Cards, rows of tables and items of lists: a name, a position near it, and what follows up to the next name.

    `addresses_of` holds the addresses that stand in each line.
    """
    cards = _cards(lines)
    for number, card in enumerate(cards):
        until = cards[number + 1].line if number + 1 < len(cards) else len(lines)
        _fill(card, lines, addresses_of, min(until, card.line + CARD_LINES))
        if card.proven:
            people.add(card.person)


def _cards(lines: list[Line]) -> list[_Card]:
    cards: list[_Card] = []
    used: set[int] = set()
    for at, line in enumerate(lines):
        if line.footer or not 4 <= len(line.text) <= 180 or at in used:
            continue
        both = next(filter(None, map(names.divided, line.parts[:3])), None) or names.divided(line.text)
        if both:
            cards.append(_Card(Seen(both[0], Method.CARD, both[1]), at, proven=True))
            continue
        name = next((part for part in line.candidates if names.is_name(part)), None)
        if name is None:
            continue
        position = _position(lines, at, name, used)
        pictured = any(
            names.plain(alt) == names.plain(name) for near in lines[max(0, at - 1) : at + 2] for alt in near.pictured
        )
        cards.append(_Card(Seen(name, Method.CARD, position), at, proven=bool(position) or pictured))
    return cards


def _position(lines: list[Line], at: int, name: str, used: set[int]) -> str | None:
    own = [part for part in lines[at].parts if part != name]
    for part in own:
        if names.is_position(part.strip(" ,–-|()")):
            return part.strip(" ,–-|()")
    for below in range(at + 1, min(at + 3, len(lines))):
        line = lines[below]
        if names.is_name(line.text):
            break
        for part in line.candidates:
            if names.is_position(part):
                used.add(below)
                return part
    if at and at - 1 not in used and _is_heading_position(lines[at - 1]):
        used.add(at - 1)
        return lines[at - 1].text
    return None


def _is_heading_position(line: Line) -> bool:
    return (
        not line.footer
        and len(line.text.split()) <= 6
        and names.is_position(line.text)
        and not names.is_name(line.text)
    )


_TEL = re.compile(r"\+\d[\d\s()./-]{6,20}\d")


def _fill(card: _Card, lines: list[Line], addresses_of: list[list[str]], until: int) -> None:
    person = card.person
    for at in range(card.line, until):
        line = lines[at]
        if line.footer or (line.heading and at > card.line + 1 and not addresses_of[at] and len(line.text) > 60):
            break
        for link in line.links:
            found = profile(link)
            if found and found[1] != "company":
                person.social.append(found[0])
                if found[1] == "person":
                    card.proven = card.proven or _slug_fits(found[0], person.name)
            elif link.lower().startswith("tel:"):
                person.phone = person.phone or e164(link[4:])
        if person.phone is None and "+" in line.text and (number := _TEL.search(line.text)):
            person.phone = e164(number[0])
        for address in addresses_of[at]:
            if names.fits(address, person.name):
                card.proven = True
                person.addresses.append(address)
            elif card.proven and not names.role_like(address) and not person.addresses and at <= card.line + 5:
                person.addresses.append(address)
    person.addresses.sort(key=lambda address: not names.fits(address, person.name))
    del person.addresses[1:]


def _slug_fits(url: str, name: str) -> bool:
    slug = names.plain(url.rpartition("/")[2])
    return any(len(word) > 2 and names.plain(word) in slug for word in name.split())


def cloudflare_of(node: LexborNode) -> list[str]:
    """Addresses an element carries in Cloudflare's encoding."""
    attributes = node.attributes
    found = []
    if code := attributes.get("data-cfemail"):
        found.append(of_cloudflare(code))
    href = attributes.get("href") or ""
    if "email-protection#" in href:
        found.append(of_cloudflare(href.partition("#")[2]))
    return [address for address in found if address]
