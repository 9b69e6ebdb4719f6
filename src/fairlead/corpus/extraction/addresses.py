"""Addresses in text: where one begins and ends, and which are junk."""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

from fairlead.corpus.extraction.domains import is_public
from fairlead.kit.text import address_key

# Zero-width and other invisible characters that split an address for machines alone.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u200e\u200f\u202a\u202b\u202c"))
_FULL_WIDTH = str.maketrans({"＠": "@", "．": ".", "。": ".", "﹫": "@"})
INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u200e\u200f\u202a\u202b\u202c＠．﹫]")

# Anchored at @: looked for first, because it is rare.
_AT = re.compile(r"@(?=\w)")
_DOMAIN = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?){1,8}")
_LOCAL_END = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}$")

# What escapes of scripts, URLs and quoted-printable leave in front.
_ESCAPES = re.compile(
    r"^(?:(?:\\?u00(?:3[ce]|2[0267]|0[ad])|\\?x3[ce]|%(?:20|22|27|3[ce]|0[ad])|3d(?=[a-z])|mailto:|/+)+)", re.I
)
_PLACEHOLDER_DOMAINS_TEXT = (
    "example.com example.org example.net example.edu domain.com domain.tld yourdomain.com yourdomain.de mydomain.com "
    "yourcompany.com company.com email.com mysite.com yoursite.com website.com site.com test.com mail.com sentry.io "
    "sentry-next.wixpress.com sentry.wixpress.com"
)
_PLACEHOLDER_DOMAINS = frozenset(_PLACEHOLDER_DOMAINS_TEXT.split())
_PLACEHOLDER_LOCALS_TEXT = (
    "name yourname your.name you user username your your-email youremail email someone somebody firstname.lastname "
    "first.last john.doe johndoe jane.doe me myemail example xxx abc test vorname.nachname max.mustermann nom.prenom "
    "prenom.nom nombre ihre.email ihre-email ihremail votre-email tu-email tuemail correo utente"
)
_PLACEHOLDER_LOCALS = frozenset(_PLACEHOLDER_LOCALS_TEXT.split())
# Domains whose placeholder needs a placeholder before it to be one: people have accounts there.
_REAL_TOO = frozenset({"mail.com", "email.com", "site.com", "company.com", "test.com", "website.com"})
_FILES_TEXT = (
    "png jpg jpeg gif svg webp bmp ico css js mjs json html htm php asp aspx jsp xml pdf woff woff2 ttf eot mp4 webm "
    "map ts tsx jsx vue scss less"
)
_FILES = frozenset(_FILES_TEXT.split())
_SENTRY = re.compile(r"(?:^|\.)(?:ingest(?:\.[a-z]+)?\.)?sentry\.|^o\d+\.")
_HEX = re.compile(r"[0-9a-f]{24,}")
_SIZE = re.compile(r"\d(?:\.\d)?x")


def without_invisible(text: str) -> str:
    if text.isascii() or not INVISIBLE.search(text):
        return text
    return text.translate(_INVISIBLE).translate(_FULL_WIDTH)


def found_in(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, address) of each address in a text a person reads."""
    for at in _AT.finditer(text):
        domain = _DOMAIN.match(text, at.end())
        if domain is None:
            continue
        start = max(0, at.start() - 64)
        local = _LOCAL_END.search(text, start, at.start())
        if local is None:
            continue
        begins = local.start()
        if text[max(0, begins - 2) : begins] == "//" or local[0].startswith("//"):
            continue  # a user name in a URL
        address = plausible(local[0].lstrip(".'`*/{|=#&?!~^$").rstrip("."), _cut(domain[0]))
        if address:
            yield begins, at.end() + len(_cut(domain[0])), address


def _cut(domain: str) -> str:
    """Without what was glued on behind: "acme.com.Phone" and the like."""
    labels = domain.split(".")
    while len(labels) > 2 and (not is_public(domain) or (labels[-1][:1].isupper() and labels[-2].islower())):
        labels.pop()
        domain = ".".join(labels)
    return domain


# The same addresses come back on many pages of a site.
@lru_cache(maxsize=20_000)
def plausible(local: str, domain: str) -> str | None:
    """The address in the form of `kit.text.address_key`, None for what is none or nobody's."""
    local = _ESCAPES.sub("", local)
    if "%" in local:
        local = unquote(local)
    if not local or ".." in local or local[-1] == "." or len(domain) > 253:
        return None
    low = domain.lower()
    first, _, last = low.partition(".")[0], "", low.rpartition(".")[2]
    if last in _FILES or _SIZE.fullmatch(first) or not is_public(low) or last.isdigit():
        return None
    if _SENTRY.search(low) or _HEX.fullmatch(local.lower()) or (local.isdigit() and len(local) > 15):
        return None
    name = local.lower()
    if low in _PLACEHOLDER_DOMAINS and (low not in _REAL_TOO or name in _PLACEHOLDER_LOCALS):
        return None
    if name in _PLACEHOLDER_LOCALS and first in ("example", "domain", "yourdomain", "company", "firma", "ejemplo"):
        return None
    if not any(mark.isalnum() for mark in local):
        return None
    try:
        return address_key(f"{local}@{domain}")
    except (ValueError, UnicodeError):
        return None


@lru_cache(maxsize=20_000)
def whole(text: str) -> str | None:
    """The address that `text` is, for attributes and fields that hold one and nothing else."""
    text = without_invisible(text).strip().strip("<>\"'").removeprefix("mailto:").removeprefix("MAILTO:")
    local, at, domain = text.rpartition("@")
    if not at or len(text) > 320 or len(text.split()) != 1:
        return None
    domain = domain.rstrip(".").partition("?")[0]
    return plausible(local, domain) if _DOMAIN.fullmatch(domain) else None


_LIST = re.compile(r"[,;]|%2c", re.I)
_AND = re.compile(r"&(?:amp;)?")


def of_mailto(target: str) -> list[str]:
    """Every address a mailto: URL names, in its path and in to, cc and bcc (RFC 6068)."""
    rest = target.strip()[len("mailto:") :]
    path, _, query = rest.partition("?")
    fields = [path]
    for pair in _AND.split(query) if query else ():
        name, _, value = pair.partition("=")
        if name.lower() in ("to", "cc", "bcc"):
            fields.append(value)
    found: list[str] = []
    for field in fields:
        for part in _LIST.split(field):
            decoded = without_invisible(unquote(part)).strip()
            address = whole(decoded) or next((address for _, _, address in found_in(decoded)), None)
            if address and address not in found:
                found.append(address)
    return found
