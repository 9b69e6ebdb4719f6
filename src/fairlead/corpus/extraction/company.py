"""The card of the company a page belongs to."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from fairlead.corpus.extraction import schema_org
from fairlead.corpus.extraction.document import Line
from fairlead.corpus.extraction.domains import label, registrable
from fairlead.corpus.extraction.phones import e164
from fairlead.corpus.extraction.profiles import profile
from fairlead.corpus.extraction.schema_org import Thing
from fairlead.corpus.extraction.words import FOUNDED, LEGAL_FORM
from fairlead.corpus.findings import CompanyFinding, Method
from fairlead.kit import countries
from fairlead.kit.text import one_line

LONGEST = 160
_POSTAL = re.compile(
    r"(?:^|,\s*|\b)(?:[A-Z]{1,2}-)?(\d{3}\s?\d{2}|\d{4,6}(?:\s?[A-Z]{2})?|\d{2}-\d{3})\s+([^\W\d_][^\d,|()<>]{1,40})"
)
_YEAR = re.compile(r"(?:1[6-9]|20)\d\d")
_TEL = re.compile(r"\+\d[\d\s()./-]{6,20}\d")


@dataclass
class Card:
    method: Method
    name: str | None = None
    city: str | None = None
    country: str | None = None
    founded: int | None = None
    phone: str | None = None
    industry: str | None = None
    size: str | None = None
    site: str | None = None
    social: list[str] = field(default_factory=list)
    related: set[str] = field(default_factory=set)

    @property
    def empty(self) -> bool:
        return not (self.name or self.city or self.founded or self.phone or self.social)

    def finding(self, domain: str) -> CompanyFinding:
        return CompanyFinding(
            domain=domain,
            method=self.method,
            name=self.name,
            city=self.city,
            country=self.country,
            founded=self.founded,
            phone=self.phone,
            industry=self.industry,
            size=self.size,
            site=self.site,
            social=tuple(dict.fromkeys(self.social)),
            related_domains=tuple(sorted(self.related)),
        )


def of_things(things: list[Thing], method: Method, domain: str) -> Card | None:
    """The organization of the page among things of schema.org: the one whose URL is of the page's domain, else the
    first that names no other."""
    chosen: Thing | None = None
    for thing in things:
        if thing.kind != "organization" or not schema_org.text(thing.fields.get("name")):
            continue
        url = schema_org.text(thing.fields.get("url")) or schema_org.text(thing.fields.get("@id"))
        where = registrable_of(url) if url else ""
        if where == domain:
            chosen = thing
            break
        if chosen is None and not where and thing.within is None:
            chosen = thing
    if chosen is None:
        return None
    fields = chosen.fields
    card = Card(method, name=_short(schema_org.text(fields.get("name"))))
    legal = schema_org.text(fields.get("legalName"))
    card.name = card.name or _short(legal)
    address = next((item for item in _dicts(fields.get("address"))), None)
    if address is not None:
        card.city = _short(schema_org.text(address.get("addressLocality")))
        card.country = country_code(schema_org.text(address.get("addressCountry")))
    card.founded = _year(schema_org.text(fields.get("foundingDate")))
    phones = [*schema_org.texts(fields.get("telephone"))]
    phones += [t for point in _dicts(fields.get("contactPoint")) for t in schema_org.texts(point.get("telephone"))]
    card.phone = next((number for text in phones if (number := e164(text, card.country))), None)
    card.industry = _short(schema_org.text(fields.get("industry")) or schema_org.text(fields.get("knowsAbout")))
    card.size = _size(fields.get("numberOfEmployees"))
    for url in schema_org.texts(fields.get("sameAs")):
        if found := profile(url):
            card.social.append(found[0])
        elif (other := registrable_of(url)) and other != domain and label(other) == label(domain):
            card.related.add(other)
    return card


def of_page(tree: LexborHTMLParser, lines: list[Line], domain: str) -> Card:
    """What the text and the links of a page say of its company."""
    card = Card(Method.META)
    node = tree.css_first('meta[property="og:site_name"]')
    site_name = _short(node.attributes.get("content")) if node is not None else None
    for line in lines:
        if card.name is None and len(line.text) < 200 and _has_legal_form(line.text):
            card.name = _legal_name(line)
    card.name = card.name or site_name
    for line in lines:
        if card.founded is None and len(line.text) < 600:
            card.founded = _founded(line.text)
        if card.city is None and len(line.text) < 200 and (place := _POSTAL.search(line.text)):
            card.city = _city(place[2])
            card.country = card.country or _country_in(line.text)
        if card.country is None and 3 < len(line.text) < 60:
            card.country = country_code(line.text)
        for link in line.links:
            if card.phone is None and link.lower().startswith("tel:"):
                card.phone = e164(link[4:])
            found = profile(link)
            if found and found[1] != "person":
                card.social.append(found[0])
            elif found is None and label(domain) in link:
                other = registrable_of(link)
                if other and other != domain and label(other) == label(domain):
                    card.related.add(other)
    if card.phone is None:
        numbers = (number[0] for line in lines if "+" in line.text and (number := _TEL.search(line.text)))
        card.phone = next((known for number in numbers if (known := e164(number))), None)
    return card


# Headers and footers come back on every page of a site.
@lru_cache(maxsize=20_000)
def _has_legal_form(text: str) -> bool:
    return LEGAL_FORM.search(text) is not None


@lru_cache(maxsize=20_000)
def _founded(text: str) -> int | None:
    found = FOUNDED.search(text) if _YEAR.search(text) else None
    return int(found[1] or found[2]) if found else None


def merged(first: Card | None, second: Card | None) -> Card | None:
    """The first card with what only the second knows."""
    if first is None or second is None:
        return first or second
    for name in ("name", "city", "country", "founded", "phone", "industry", "size", "site"):
        if getattr(first, name) is None:
            setattr(first, name, getattr(second, name))
    first.social.extend(second.social)
    first.related |= second.related
    return first


def registrable_of(url: str) -> str:
    try:
        host = urlsplit(url if "//" in url[:8] else f"http://{url}").hostname
    except ValueError:
        return ""
    return registrable(host) if host else ""


def _legal_name(line: Line) -> str | None:
    for part in (*line.parts, line.text):
        form = LEGAL_FORM.search(part)
        if form:
            name = re.split(r"[,|©]|\s[–—-]\s|\.\s", part[: form.end()])[-1].strip(" ©:")
            name = re.sub(r"^(?:copyright|©|\(c\))?\s*(?:\d{4}(?:\s?[-–]\s?\d{4})?)?\s*", "", name, flags=re.I)
            if form.end() - form.start() < len(name) <= 80 and name[:1].isupper() and len(name.split()) <= 7:
                return _short(name)
    return None


def _city(text: str) -> str | None:
    city = re.split(r"\s{2,}|\s[–—-]\s|\.\s|;|:", text.strip())[0].strip(" .,-")
    return _short(city) if city[:1].isupper() and len(city.split()) <= 4 else None


def _country_in(text: str) -> str | None:
    return country_code(text.rpartition(",")[2])


def country_code(text: str | None) -> str | None:
    if not text:
        return None
    return countries.country_code(text.strip(" .,")) if len(text) < 60 else None


def _year(text: str | None) -> int | None:
    found = _YEAR.search(text) if text else None
    return int(found[0]) if found else None


def _size(value: Any) -> str | None:
    if isinstance(value, dict):
        least, most = schema_org.text(value.get("minValue")), schema_org.text(value.get("maxValue"))
        if least and most:
            return f"{least}-{most}"
        value = value.get("value")
    text = schema_org.text(value)
    return text if text and re.fullmatch(r"\d{1,7}(?:\s?[-–+]\s?\d{0,7})?", text) else None


def _dicts(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _short(text: str | None) -> str | None:
    return one_line(text)[:LONGEST] or None if text else None
