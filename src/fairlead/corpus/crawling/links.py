"""Links of a page: which are followed, and in which order."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from fairlead.corpus.extraction.decoding import decoded
from fairlead.corpus.extraction.domains import registrable
from fairlead.corpus.extraction.taming import tamed
from fairlead.corpus.extraction.words import PAGE_WORDS

HOME_SCORE, VCARD_SCORE, OTHER_SCORE, DOUBTFUL_SCORE = 1_000, 85, 20, 1
# What scores as much tells of people.
TELLING_SCORE = 70
LONGEST_URL = 1_000
MOST_LINKS = 500
_NO_PAGES = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|zip|gz|rar|7z|exe|dmg|apk|png|jpe?g|gif|svg|webp|ico|bmp|tiff?|mp[34]|avi|mov|wmv|"
    r"webm|wav|css|js|json|xml|rss|atom|ics|woff2?|ttf|eot|csv|txt|eps|psd)$",
    re.I,
)
_ENDLESS = re.compile(
    r"/(?:calendar|events?|kalender|agenda|archive?)/.*\d|/(?:19|20)\d\d/\d\d?(?:/|$)|/page/\d{2,}", re.I
)
_NO_VISIT = re.compile(
    r"/(?:login|logout|signin|sign-in|signup|register|cart|basket|warenkorb|checkout|account|wp-admin|wp-login|wp-json|"
    r"cgi-bin|cdn-cgi|search|suche|feed|tag|tags|share|print)(?:/|$|\.)",
    re.I,
)
_TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|ref|sid|phpsessid|jsessionid|sessionid|_ga)$", re.I)
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_DIGITS = re.compile(r"\d+")


def page_links(html: bytes, url: str, charset: str | None = None) -> list[tuple[str, int]]:
    """(absolute URL, score) of each page of the same registrable domain the page links to, in its order."""
    tree = LexborHTMLParser(tamed(decoded(html, charset)))
    base = tree.css_first("base[href]")
    start = urljoin(url, base.attributes.get("href") or "") if base is not None else url
    found: dict[str, int] = {}
    for link in tree.css("a[href], area[href], frame[src], iframe[src]")[: 4 * MOST_LINKS]:
        href = link.attributes.get("href") or link.attributes.get("src") or ""
        target = followed(href, start)
        if target:
            text = (link.text(deep=True) or link.attributes.get("title") or "")[:80]
            found[target] = max(found.get(target, 0), score(target, text))
            if len(found) >= MOST_LINKS:
                break
    return list(found.items())


def followed(href: str, start: str) -> str | None:
    """The page a link leads to in the one form it is known by, None for what is not followed."""
    href = href.strip()
    if not href or href[0] == "#" or len(href) > LONGEST_URL:
        return None
    try:
        parts = urlsplit(urljoin(start, href))
        host, port = parts.hostname or "", parts.port
        here = urlsplit(start).hostname or ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.username is not None or not registrable(host):
        return None
    if registrable(host) != registrable(here) or _NO_PAGES.search(parts.path) or _NO_VISIT.search(parts.path):
        return None
    query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(pair[0])])
    place = host if port is None or port == {"http": 80, "https": 443}[parts.scheme] else f"{host}:{port}"
    return urlunsplit((parts.scheme, place, parts.path or "/", query, ""))


def score(url: str, text: str = "") -> int:
    """How much a page is likely to say of people and addresses."""
    parts = urlsplit(url)
    path = parts.path.lower()
    if path in ("", "/") and not parts.query:
        return HOME_SCORE
    if path.endswith(".vcf"):
        return VCARD_SCORE
    if _ENDLESS.search(path):
        return DOUBTFUL_SCORE
    words = {word for piece in (path.replace("/", " "), text.lower()) for word in _words(piece)}
    best = max((weight for word, weight in PAGE_WORDS if word in words), default=OTHER_SCORE)
    # Deep below a page of the team are its profiles; deep below others are details.
    depth = path.strip("/").count("/")
    return best - (depth if best > OTHER_SCORE else 3 * depth) - (2 if parts.query else 0)


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        yield word
        yield from word.split("-")


def pattern(url: str) -> str:
    """What pages that differ in numbers alone have in common."""
    parts = urlsplit(url)
    return _DIGITS.sub("0", f"{parts.hostname}{parts.path}?{parts.query}")


_LOCATION = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\s\]]{8,1000})", re.I)


def sitemap_links(xml: bytes, url: str) -> list[tuple[str, int]]:
    """(URL, score) of the pages a sitemap lists that are likely to tell of people. Source: sitemaps.org, 0.9."""
    found: dict[str, int] = {}
    for place in _LOCATION.finditer(xml[:2_000_000].decode("utf-8", "replace")):
        target = followed(place[1].replace("&amp;", "&"), url)
        if target and (worth := score(target)) >= TELLING_SCORE and target not in found:
            found[target] = worth
            if len(found) >= MOST_LINKS:
                break
    return list(found.items())
