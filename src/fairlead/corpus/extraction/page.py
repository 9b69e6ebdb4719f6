"""From the bytes of a page to what it says."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum
from functools import lru_cache, partial
from html import unescape
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from fairlead.corpus.extraction import company, names, obfuscation, people, schema_org, scripts
from fairlead.corpus.extraction.addresses import found_in, of_mailto, whole, without_invisible
from fairlead.corpus.extraction.decoding import decoded
from fairlead.corpus.extraction.document import BREAK, Line, hide_hidden, lines_of, parsed, text_of
from fairlead.corpus.extraction.domains import is_webmail, label, registrable
from fairlead.corpus.extraction.phones import e164
from fairlead.corpus.extraction.plain import plain_addresses
from fairlead.corpus.extraction.prefilter import ADDRESS_SIGNS, Sign, signs
from fairlead.corpus.extraction.taming import MOST_BYTES, tamed
from fairlead.corpus.extraction.vcards import cards_in
from fairlead.corpus.extraction.words import PAGE_WORDS
from fairlead.corpus.findings import AddressFinding, CompanyFinding, Method, PageFindings

MOST_ADDRESSES = 2_000


class Depth(Enum):
    ADDRESSES = "addresses"
    # And the people and the company.
    EVERYTHING = "everything"


# Which of two sightings on one page is told: the first here.
_STRENGTH = {
    method: number
    for number, method in enumerate(
        (
            Method.MAILTO, Method.JSON_LD, Method.MICRODATA, Method.HCARD, Method.VCARD, Method.TEXT, Method.CFEMAIL,
            Method.ENTITY, Method.OBFUSCATED, Method.SCRIPT, Method.IMAGE_NAME,
        )
    )
}  # fmt: skip
# A page says of an address of another domain that it is its own: by markup, by an account with a provider for
# everybody, or by a label in front of it.
_SAID = frozenset({Method.JSON_LD, Method.MICRODATA, Method.HCARD, Method.VCARD})
_LABEL = re.compile(
    r"(?:e-?mail\w*|e-?post\w*|mail|correo\w*|courriel|contact\w*|kontakt\w*|contatt\w*|contato|sähköposti|eposta|"
    r"posta|reach|write)[\w\s]{0,20}[:\s(<\[|]{1,4}$",
    re.I,
)


def extract(
    html: bytes,
    uri: str,
    captured_at: datetime,
    *,
    charset: str | None = None,
    content_type: str = "text/html",
    depth: Depth = Depth.EVERYTHING,
) -> PageFindings:
    """What the page at `uri` says. Never raises for what a page holds; what cannot be read says nothing.

    `charset` is what its HTTP header declared. `content_type` tells HTML, plain text and vCards apart.
    """
    html = html[:MOST_BYTES]
    domain = _domain("/".join(uri.split("/", 3)[:3]))
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("text/vcard", "text/x-vcard", "text/directory") or html[:12].upper() == b"BEGIN:VCARD\r"[:12].upper():
        return _of_vcards(decoded(html, charset), html, uri, captured_at, domain)
    if html[:2] in (b"\xff\xfe", b"\xfe\xff") or (charset and charset.lower().startswith("utf-16")):
        html, charset = decoded(html, charset).encode("utf-8", "replace"), "utf-8"
    if kind == "text/xml":
        html, charset = _FEED_TAG.sub(" ", unescape(decoded(html, charset))).encode("utf-8", "replace"), "utf-8"
    if kind in ("text/plain", "text/xml"):
        return _of_text(html, uri, captured_at, domain, charset)
    low = html.lower()
    found = signs(html, low)
    deep = depth is Depth.EVERYTHING and worth_reading(html, uri, found)
    if not deep and not found & ADDRESS_SIGNS:
        return PageFindings(uri, captured_at, domain)
    if not deep and (seen := plain_addresses(html, low, found, partial(_is_own, domain=domain))) is not None:
        return _of_plain(seen, html, uri, captured_at, domain)
    text = tamed(decoded(html, charset))
    tree = parsed(text)
    page = _Page(tree, text, found, uri, domain)
    hide_hidden(tree, page.low)
    if deep:
        page.read_everything()
    else:
        page.read_addresses()
    return page.findings(captured_at, html)


def _of_plain(
    seen: list[tuple[str, Method, str]], html: bytes, uri: str, captured_at: datetime, domain: str
) -> PageFindings:
    found: dict[str, tuple[Method, str]] = {}
    said = set()
    for address, method, before in seen:
        known = found.get(address)
        if known is None or _STRENGTH[method] < _STRENGTH[known[0]]:
            found[address] = (method, "")
        if method is Method.TEXT and _LABEL.search(before):
            said.add(address)
    kept = {each: how for each, how in found.items() if each in said or _is_own(each, domain)}
    if not kept:
        return PageFindings(uri, captured_at, domain)
    return PageFindings(
        uri, captured_at, domain, tuple(_address_findings(kept, domain)), digest=hashlib.sha256(html).hexdigest()
    )


_PROFILES = (b"linkedin.com/in/", b"xing.com/profile/")
_FEED_TAG = re.compile(r"<[^<>]{0,1000}>")
_TITLE = re.compile(rb"<(?:title|h1)[^>]{0,200}>([^<]{1,200})", re.I)
_READ_WORDS = re.compile(
    b"|".join(re.escape(word.encode()) for word, weight in PAGE_WORDS if weight >= 70 and len(word) > 3)
)


def worth_reading(html: bytes, uri: str, found: int) -> bool:
    """Whether people or the company are likely to be told of: by what is marked up, by the path or the title."""
    if found & (Sign.JSON_LD | Sign.MICRODATA | Sign.HCARD | Sign.AUTHOR) or any(site in html for site in _PROFILES):
        return True
    path = uri.partition("//")[2].partition("/")[2]
    if not path.strip("/"):
        return True
    path = path.lower()
    if _READ_WORDS.search(path.encode()):
        return True
    return any(_READ_WORDS.search(title[1].lower()) for title in _TITLE.finditer(html, 0, 40_000))


class _Page:
    def __init__(self, tree: LexborHTMLParser, text: str, found: int, uri: str, domain: str) -> None:
        self.tree = tree
        self.text = text
        self.found = found
        self.uri = uri
        self.domain = domain
        self.people = people.People()
        self.company: company.Card | None = None
        self.related: set[str] = set()
        self._low: str | None = None
        # Address -> (method, what stands around it).
        self.addresses: dict[str, tuple[Method, str]] = {}
        # Those the page calls its own, whatever their domain.
        self.said: set[str] = set()

    # What is read.

    def read_addresses(self) -> None:
        self._read_elements()
        found = self.found
        if not found & (Sign.PLAIN | Sign.OBFUSCATED | Sign.BACKWARDS):
            return
        # Breaks become wider than what may stand between the words of one address.
        text = without_invisible(text_of(self.tree)).replace(BREAK, "\n\n\n")
        for address, method in self._in_text(text):
            self.see(address, method, "")

    def read_everything(self) -> None:
        things = self._read_elements()
        marked = list(schema_org.of_elements(self.tree.root)) if self.found & Sign.MICRODATA and self.tree.root else []
        people.of_things(things, Method.JSON_LD, self.people)
        people.of_things([thing for _, thing in marked], Method.MICRODATA, self.people)
        for _, thing in marked:
            for address in thing.emails:
                self.see(address, Method.MICRODATA, "")
        self.company = company.of_things(things, Method.JSON_LD, self.domain) or company.of_things(
            [thing for _, thing in marked], Method.MICRODATA, self.domain
        )
        if self.found & Sign.HCARD:
            people.of_hcards(self.tree, self.people, self._of_node)
        if self.found & Sign.AUTHOR:
            people.of_authors(self.tree, self.people)
        lines = lines_of(self.tree)
        people.of_lines(lines, [self._of_line(line) for line in lines], self.people)
        if self.domain and (self.company or _tells_company(self.uri)):
            self.company = company.merged(self.company, company.of_page(self.tree, lines, self.domain))
        if self.company:
            self.related = self.company.related
        self.people.claim_by_name(list(self.addresses))

    def _read_elements(self) -> list[schema_org.Thing]:
        """Addresses in links, attributes and scripts, and what JSON-LD says."""
        found, tree = self.found, self.tree
        if found & (Sign.PLAIN | Sign.CFEMAIL | Sign.SCRIPT):
            for link in tree.css('a[href^="mailto:" i], area[href^="mailto:" i]'):
                href = link.attributes.get("href") or ""
                for address in of_mailto(href):
                    self.see(address, Method.MAILTO, href)
        if found & Sign.PERCENT:
            for node in tree.css('a[href*="%40"]')[:500]:
                href = node.attributes.get("href") or ""
                for part in re.split("[?&=/;#]", href) if href[:7].lower() != "mailto:" else ():
                    self._see_whole(unquote(part), Method.ENTITY)
        if found & Sign.CFEMAIL:
            for node in tree.css('[data-cfemail], a[href*="email-protection#"]'):
                for address in people.cloudflare_of(node):
                    self.see(address, Method.CFEMAIL, "")
        if found & Sign.MICRODATA:
            for node in tree.css('[itemprop="email"], [property="email"], [property="schema:email"]'):
                said = node.attributes.get("content") or node.attributes.get("href") or node.text(deep=True) or ""
                self._see_whole(said, Method.MICRODATA)
        if found & Sign.SPLIT_DATA:
            for node in tree.css("[data-user], [data-name], [data-local]"):
                self._see_whole(_of_parts(node), Method.OBFUSCATED)
        if found & Sign.IMAGE_NAME or "email-" in self.low:
            for node in tree.css("img[src]"):
                if pictured := obfuscation.of_image(node.attributes.get("src") or ""):
                    self.see(pictured, Method.IMAGE_NAME, "")
        if found & Sign.BACKWARDS:
            self._read_backwards()
        if found & (Sign.PLAIN | Sign.SPLIT_DATA):
            for node in tree.css("[data-email], [data-mail], [data-mailto]"):
                for name in ("data-email", "data-mail", "data-mailto"):
                    self._see_whole(node.attributes.get(name) or "", Method.OBFUSCATED)
        return self._read_scripts()

    def _see_whole(self, text: str, method: Method) -> None:
        if address := whole(text):
            self.see(address, method, "")

    def _read_scripts(self) -> list[schema_org.Thing]:
        things: list[schema_org.Thing] = []
        found = self.found
        if not found & (Sign.SCRIPT | Sign.JSON_LD | Sign.PLAIN):
            return things
        for script in self.tree.css("script"):
            if "ld+json" in (script.attributes.get("type") or ""):
                block = schema_org.of_json((script.text(deep=True) or "").replace(BREAK, ""))
                for thing in block:
                    for address in thing.emails:
                        self.see(address, Method.JSON_LD, "")
                things += block
            elif found & (Sign.SCRIPT | Sign.PLAIN):
                code = (script.text(deep=True) or "").replace(BREAK, "")
                if "@" in code or found & Sign.SCRIPT:
                    for address in scripts.put_together(code):
                        self.see(address, Method.SCRIPT, "")
        if found & Sign.SCRIPT:
            for node in self.tree.css('[onclick], a[href^="javascript:" i]')[:500]:
                for name in ("onclick", "href"):
                    code = node.attributes.get(name) or ""
                    if code:
                        for address in scripts.put_together(code):
                            self.see(address, Method.SCRIPT, "")
        return things

    def _read_backwards(self) -> None:
        nodes = list(self.tree.css('[style*="bidi-override" i], [style*="rtl" i], bdo[dir="rtl" i]'))
        for sheet in self.tree.css("style")[:20]:
            for name in re.findall(r"\.([A-Za-z_][\w-]*)\s*\{[^}]*bidi-override", sheet.text() or "")[:20]:
                nodes += self.tree.css(f".{name}")
        for node in nodes[:500]:
            text = without_invisible(node.text(deep=True, separator="") or "")
            for _, _, address in found_in(text[::-1]):
                self.see(address, Method.OBFUSCATED, "")
            # Read the right way round, it is somebody else's or nobody's.
            node.inner_html = ""

    def _of_line(self, line: Line) -> list[str]:
        """The addresses in a line; also noted for the page."""
        found: list[str] = []
        for link in line.links:
            if link[:7].lower() == "mailto:":
                found += of_mailto(link)
            elif "%40" in link:
                found += [address for part in re.split("[?&=/;#]", link) if (address := whole(unquote(part)))]
            elif "email-protection#" in link and (address := obfuscation.of_cloudflare(link.partition("#")[2])):
                found.append(address)
        found += [address for code in line.encoded if (address := obfuscation.of_cloudflare(code))]
        for address, method in self._in_text(without_invisible(line.text)):
            self.see(address, method, line.text)
            found.append(address)
        # What only a script or a picture shows stands in the line without being text of it.
        return [address for address in dict.fromkeys(found) if address in self.addresses]

    def _in_text(self, text: str) -> Iterator[tuple[str, Method]]:
        if "@" in text:
            for start, _, address in found_in(text):
                if not self._own(address) and _LABEL.search(text, max(0, start - 40), start):
                    self.said.add(address)
                if address in self.low or not address.isascii():
                    yield address, Method.TEXT
                else:
                    yield address, Method.ENTITY if "&#" in self.text else Method.OBFUSCATED
        if self.found & Sign.OBFUSCATED:
            for _, _, address, sure in obfuscation.written_out(text):
                if sure or self._own(address):
                    if sure:
                        self.said.add(address)
                    yield address, Method.OBFUSCATED

    def _of_node(self, node: LexborNode) -> list[str]:
        href = node.attributes.get("href") or ""
        if href[:7].lower() == "mailto:":
            return of_mailto(href)
        if (coded := people.cloudflare_of(node)) or node.tag == "a":
            return coded
        text = without_invisible(node.text(deep=True, separator="") or "")
        return [address for _, _, address in found_in(text)]

    # What is kept.

    @property
    def low(self) -> str:
        if self._low is None:
            self._low = self.text.lower()
        return self._low

    def see(self, address: str, method: Method, around: str) -> None:
        if method in _SAID:
            self.said.add(address)
        if method is Method.MAILTO and address not in self.low:
            method = Method.ENTITY
        known = self.addresses.get(address)
        if known is None:
            if len(self.addresses) < MOST_ADDRESSES:
                self.addresses[address] = (method, around)
        elif _STRENGTH.get(method, 99) < _STRENGTH.get(known[0], 99):
            self.addresses[address] = (method, around or known[1])

    def _kept(self, address: str) -> bool:
        """Whether it is of the page's own domain, or the page says it is its own: partners and makers are named too."""
        return not self.domain or self._own(address) or address in self.said or is_webmail(address.rpartition("@")[2])

    def _own(self, address: str) -> bool:
        where = registrable(address.rpartition("@")[2])
        return bool(where) and (where == self.domain or where in self.related or label(where) == label(self.domain))

    def findings(self, captured_at: datetime, html: bytes) -> PageFindings:
        seen = list(self.people.seen.values())
        self.said.update(address for person in seen for address in person.addresses if names.fits(address, person.name))
        for person in seen:
            person.addresses = [address for address in person.addresses if self._kept(address)]
        owner = {address: number for number, person in enumerate(seen) for address in person.addresses}
        for person in seen:
            for address in person.addresses:
                self.addresses.setdefault(address, (person.method, ""))
        card: CompanyFinding | None = None
        if self.company and not self.company.empty and self.domain:
            parts = urlsplit(self.uri)
            self.company.site = self.company.site or f"{parts.scheme}://{parts.netloc}/"
            card = self.company.finding(self.domain)
        return PageFindings(
            uri=self.uri,
            captured_at=captured_at,
            domain=self.domain,
            addresses=tuple(
                AddressFinding(address, method, owner.get(address), self._own(address), _snippet(address, around))
                for address, (method, around) in self.addresses.items()
                if self._kept(address)
            ),
            people=tuple(person.finding() for person in seen),
            company=card,
            digest=hashlib.sha256(html).hexdigest(),
        )


_COMPANY_WORDS = tuple(word for word, weight in PAGE_WORDS if weight in (100, 95, 70))


def _tells_company(uri: str) -> bool:
    path = uri.partition("//")[2].partition("/")[2].lower()
    return not path.strip("/") or any(word in path for word in _COMPANY_WORDS)


def _of_parts(node: LexborNode) -> str:
    attributes = node.attributes
    local = attributes.get("data-user") or attributes.get("data-name") or attributes.get("data-local") or ""
    domain = attributes.get("data-domain") or attributes.get("data-host") or ""
    if tld := attributes.get("data-tld"):
        domain = f"{domain}.{tld.lstrip('.')}"
    return f"{local}@{domain}"


@lru_cache(maxsize=1_000)
def _domain(place: str) -> str:
    """The registrable domain of `scheme://host`."""
    host = _host(place)
    return registrable(host) if host else ""


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def _snippet(address: str, around: str) -> str:
    return hashlib.sha256(f"{address}\n{around[:500]}".encode("utf-8", "replace")).hexdigest()[:16]


def _of_text(page: bytes, uri: str, captured_at: datetime, domain: str, charset: str | None) -> PageFindings:
    """What is left of a page in a WET archive, or a text file."""
    seen = signs(page)
    if not seen & ADDRESS_SIGNS:
        return PageFindings(uri, captured_at, domain)
    found: dict[str, tuple[Method, str]] = {}
    for line in without_invisible(decoded(page, charset)).splitlines():
        if "@" in line:
            for start, _, address in found_in(line):
                if _is_own(address, domain) or _LABEL.search(line, max(0, start - 40), start):
                    found.setdefault(address, (Method.TEXT, line))
        obfuscated = seen & Sign.OBFUSCATED and len(line) < 20_000
        for _, _, address, sure in obfuscation.written_out(line) if obfuscated else ():
            if sure or _is_own(address, domain):
                found.setdefault(address, (Method.OBFUSCATED, line))
    return PageFindings(
        uri, captured_at, domain, tuple(_address_findings(found, domain)), digest=hashlib.sha256(page).hexdigest()
    )


def _is_own(address: str, domain: str) -> bool:
    where = registrable(address.rpartition("@")[2])
    return not domain or where == domain or label(where) == label(domain) or is_webmail(where)


def _address_findings(found: dict[str, tuple[Method, str]], domain: str) -> Iterable[AddressFinding]:
    for address, (method, around) in list(found.items())[:MOST_ADDRESSES]:
        own = registrable(address.rpartition("@")[2]) == domain
        yield AddressFinding(address, method, None, own, _snippet(address, around))


def _of_vcards(text: str, raw: bytes, uri: str, captured_at: datetime, domain: str) -> PageFindings:
    everybody = people.People()
    loose: dict[str, tuple[Method, str]] = {}
    for card in cards_in(text):
        for address in card.emails:
            loose.setdefault(address, (Method.VCARD, ""))
        name = card.name or f"{card.first_name} {card.last_name}".strip()
        if len(name.split()) >= 2:
            phone = next((number for text in card.phones if (number := e164(text))), None)
            everybody.add(
                people.Seen(
                    name, Method.VCARD, card.position, list(card.emails), [url for url in card.urls if "//" in url],
                    phone, card.first_name, card.last_name, card.company,
                )
            )  # fmt: skip
    seen = list(everybody.seen.values())
    owner = {address: number for number, person in enumerate(seen) for address in person.addresses}
    addresses = tuple(
        AddressFinding(each.address, each.method, owner.get(each.address), each.on_own_domain, each.snippet_hash)
        for each in _address_findings(loose, domain)
    )
    return PageFindings(
        uri, captured_at, domain, addresses, tuple(p.finding() for p in seen), digest=hashlib.sha256(raw).hexdigest()
    )
