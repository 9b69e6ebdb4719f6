"""How the lead database compares and weighs. Pure."""

import hashlib
import math
import re
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Final

import cleanco
from anyascii import anyascii
from publicsuffixlist import PublicSuffixList

from fairlead.corpus.findings import Method
from fairlead.corpus.model import SELF, SIZES, AddressFacts

METHODS: Final = tuple(Method)
"""The order of the bits of `lead_addresses.methods`, and the numbers in `lead_evidence.method`: only added to."""
METHOD_NUMBERS: Final = {method: number for number, method in enumerate(METHODS)}

_LOWER_ENDS: Final = (1, 11, 51, 201, 501, 1001, 5001, 10001)
_WORD: Final = re.compile(r"[^\W_]+")
_NUMBER: Final = re.compile(r"\d[\d.,' ]*")

# Weights of the logistic sum for an address, before anybody asked its server. Chosen so that an address seen once in
# the text of a foreign page stands at 50, and one from its company's own contact page near 90.
_BASE: Final = -0.9
_SEEN: Final = {
    Method.MAILTO: 1.3, Method.JSON_LD: 1.3, Method.MICRODATA: 1.2, Method.HCARD: 1.2, Method.VCARD: 1.4,
    Method.CARD: 1.2, Method.CFEMAIL: 1.3, Method.ENTITY: 1.2, Method.TEXT: 0.9, Method.OBFUSCATED: 0.8,
    Method.SCRIPT: 0.8, Method.IMAGE_NAME: 0.2, Method.META: 0.7, Method.IMPORT: 0.9, Method.SIGNATURE: 2.0,
    Method.PROSPECT: 0.6, Method.REPLY: 3.0, Method.VERIFIED: 2.5, Method.BOUNCE: 0.0,
}  # fmt: skip
_OWN_DOMAIN: Final = 1.0
_SOURCE: Final = 0.6  # for each doubling of the number of sources
_YEAR: Final = -0.35  # for each year since it was seen last
_BOUNCED: Final = -6.0
_REPLIED: Final = 3.0
_VERIFIED: Final = 2.0


def confidence(facts: AddressFacts, now: datetime) -> int:
    """How likely mail to an address arrives, 0 to 100, by the evidence for it.

    A logistic sum: the best method it was seen by, its own domain, how many sources, how long ago, and what the
    asker's own mail said, of which the last word counts.
    """
    total = _BASE + max((_SEEN[method] for method in facts.methods), default=0.0)
    total += _OWN_DOMAIN * facts.own_domain
    total += _SOURCE * math.log2(max(1, facts.sources))
    years = max(timedelta(0), now - facts.last_seen) / timedelta(days=365)
    total += _YEAR * min(years, 10.0)
    arrived = max((at for at in (facts.replied_at, facts.verified_at) if at is not None), default=None)
    if facts.bounced_at is not None and (arrived is None or facts.bounced_at >= arrived):
        total += _BOUNCED
    elif facts.replied_at is not None:
        total += _REPLIED
    elif facts.verified_at is not None:
        total += _VERIFIED
    return round(100 / (1 + math.exp(-total)))


def methods_of(bits: int) -> frozenset[Method]:
    return frozenset(method for number, method in enumerate(METHODS) if bits >> number & 1)


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Lower-case ASCII words by one blank: the form in which names, titles and places are compared."""
    plain = text if text.isascii() else anyascii(text)
    return " ".join(_WORD.findall(plain.lower()))


def name_key(first_name: str, last_name: str) -> str:
    return folded(f"{first_name} {last_name}")


@lru_cache(maxsize=16_384)
def company_key(name: str) -> str:
    """A company's name, folded and without its legal form."""
    return folded(cleanco.basename(name)) or folded(name)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=65_536)
def registrable(domain: str) -> str:
    """The domain somebody registered; the domain itself where there is none, as for a public suffix."""
    return _suffixes().privatesuffix(domain) or domain


@lru_cache(maxsize=65_536)
def label(domain: str) -> str:
    """The name below the public suffix: `example` of example.co.uk."""
    return registrable(domain).partition(".")[0]


def size_range(size: str | None) -> str | None:
    """One of SIZES for whatever a source says: "51-200", "about 120 employees", "10001+". None: no number in it."""
    if not size:
        return None
    text = size.replace("–", "-").replace("—", "-")
    numbers = [
        int(digits) for found in _NUMBER.findall(text) if (digits := re.sub(r"\D", "", found)) and len(digits) < 9
    ]
    if not numbers:
        return SELF if "self" in text.casefold() else None
    least = numbers[0]
    if least < 1:
        return None
    return SIZES[sum(least >= end for end in _LOWER_ENDS) - 1]


def person_hashes(*, domain: str, key: str, profile: str | None) -> list[bytes]:
    """The forms under which a person can be hidden for good."""
    forms = [f"{key}@{domain}"] if domain and key else []
    if profile:
        forms.append(profile)
    return [hashlib.sha256(form.encode()).digest() for form in forms]


def source_key(uri: str, digest: str) -> bytes:
    return hashlib.sha256(f"{uri}\0{digest}".encode("utf-8", "surrogatepass")).digest()
