"""The domain of a company by its name: from evidence only, never made up."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import cleanco
from anyascii import anyascii
from rapidfuzz import fuzz

from fairlead.corpus import actions as corpus
from fairlead.corpus.model import KnownCompany
from fairlead.db import Connection
from fairlead.finder.model import CompanyMatch

MOST_LOOKED_AT: Final = 30
LONGEST_NAME: Final = 200
# A name that differs in a letter of ten is the same one misspelt; below that it is another company.
LEAST_LIKENESS: Final = 0.88
_WORD: Final = re.compile(r"[a-z0-9]+")
# Words that come and go in the name of one company. Legal forms are cleanco's business.
_WEAK: Final = frozenset(
    {
        "the", "and", "und", "et", "y", "e", "of", "der", "die", "das", "la", "le", "group", "gruppe", "groupe",
        "grupo", "gruppo", "holding", "holdings", "international", "intl", "global", "worldwide", "company",
        "companies", "co", "solutions", "services",
    }
)  # fmt: skip


async def company_named(conn: Connection, workspace_id: int, name: str) -> CompanyMatch | None:
    """The known company whose name is most like `name`; of equals the one most is known of. None: no name is near."""
    name = name.strip()[:LONGEST_NAME]
    if not name:
        return None
    if (by_domain := await _of_domain(conn, workspace_id, name)) is not None:
        return by_domain
    matches = ranked(name, await corpus.companies_named(conn, workspace_id, name, limit=MOST_LOOKED_AT))
    if not matches:
        return None
    equals = [match for match in matches if match.likeness == matches[0].likeness]
    if len(equals) == 1:
        return equals[0]
    known = {}
    for match in equals:
        counts = await corpus.counts(conn, workspace_id, match.domain)
        known[match.domain] = (counts.people + counts.addresses, -len(match.domain), match.domain)
    return max(equals, key=lambda match: known[match.domain])


def ranked(name: str, companies: Sequence[KnownCompany]) -> list[CompanyMatch]:
    """Those of `companies` whose names are near enough, the nearest first."""
    matches = [
        CompanyMatch(company.domain, company.name, likeness(name, company.name))
        for company in companies
        if company.name
    ]
    near = [match for match in matches if match.likeness >= LEAST_LIKENESS]
    return sorted(near, key=lambda match: (-match.likeness, match.domain))


def likeness(one: str, other: str) -> float:
    """How alike two names of companies are, of 1: without legal forms, and words that say little count less."""
    first, second = _words(one), _words(other)
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    strong_first, strong_second = _strong(first), _strong(second)
    if strong_first == strong_second:
        return 0.97
    spelled = fuzz.ratio("".join(strong_first), "".join(strong_second)) / 100
    ordered = fuzz.token_sort_ratio(" ".join(strong_first), " ".join(strong_second)) / 100
    # A short name with a letter more is another name.
    shortest = min(len("".join(strong_first)), len("".join(strong_second)))
    return max(spelled, ordered) * (0.95 if shortest >= 6 else 0.85)


@lru_cache(maxsize=4_096)
def _words(name: str) -> tuple[str, ...]:
    bare = cleanco.basename(name) or name
    return tuple(_WORD.findall(anyascii(bare).lower().replace("'", "")))


def _strong(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in _WEAK) or words


async def _of_domain(conn: Connection, workspace_id: int, name: str) -> CompanyMatch | None:
    """Where the name is a domain of a known company."""
    if "." not in name or " " in name:
        return None
    try:
        domain = corpus.normalized_domain(name)
    except ValueError:
        return None
    company = await corpus.company(conn, workspace_id, domain)
    return None if company is None else CompanyMatch(domain, company.name or domain, 1.0)
