"""What is expected of a domain before anything of it is known.

Two sources are averaged, as they disagree. PUBLISHED: shares in percent by number of employees, from a table that
circulates as "frequency data" without its origin. MEASURED: 5,008 pairs of name and company address in 1,478 domains,
from public commit logs of six large projects, webmail and no-reply addresses left out, kept as totals only; there 28 in
a hundred addresses fit no pattern. Both are of people who program or sell in English; neither is a fact about a domain.
"""

import re
from enum import Enum
from functools import lru_cache
from typing import Final

from fairlead.finder.patterns.model import PATTERNS


class Size(Enum):
    """Employees of a company."""

    UP_TO_50 = "1-50"
    UP_TO_200 = "51-200"
    UP_TO_500 = "201-500"
    MORE = "500+"
    UNKNOWN = ""


# fmt: off
PUBLISHED: Final = {
    "first":      (41.9, 17.0, 7.4, 6.6, 18.2),
    "flast":      (26.6, 41.8, 44.8, 21.8, 33.7),
    "first.last": (22.7, 30.5, 35.2, 56.3, 36.1),
    "firstl":     (2.7, 3.6, 3.4, 1.5, 2.8),
    "firstlast":  (1.2, 1.8, 2.3, 3.4, 2.2),
    "last.first": (1.9, 1.7, 1.9, 2.2, 1.9),
    "first_last": (1.5, 1.2, 1.3, 3.6, 1.9),
    "f.last":     (1.3, 1.5, 1.7, 1.9, 1.6),
}
# Of all pairs, in percent.
MEASURED: Final = {
    "first.last": 33.2, "flast": 14.6, "first": 10.3, "firstl": 3.5, "last": 2.4, "firstlast": 2.0, "lastfirst": 1.4,
    "last.first": 1.3, "f.last": 0.9, "first_last": 0.7,
}
# The same at domains with one person seen, and with twenty or more; those between lie between.
MEASURED_SMALL: Final = {"first": 28.0, "first.last": 21.0, "flast": 9.0}
MEASURED_LARGE: Final = {"first": 2.0, "first.last": 41.0, "flast": 17.0}
# Patterns neither source names share what the measured ones leave of 72 %, by how far they are from a usual one.
UNNAMED_PERCENT: Final = 2.5
UNNAMED: Final = {
    "lastf": 6.0, "fl": 4.0, "first-last": 4.0, "last_first": 2.0, "last-first": 1.0, "f_last": 1.5, "f-last": 1.0,
    "first.l": 3.0, "first_l": 0.5, "first-l": 0.5, "last.f": 1.5, "last_f": 0.5, "last-f": 0.3, "lfirst": 0.7,
    "l.first": 0.4, "l_first": 0.1, "l-first": 0.1, "firstmlast": 0.8, "first.m.last": 2.5, "first_m_last": 0.2,
    "firstmiddlelast": 0.2, "first.middle.last": 1.0, "first_middle_last": 0.1, "fmlast": 1.5, "f.m.last": 0.3,
    "fml": 1.5, "firstm": 0.4,
}
# fmt: on
# Of 28 % that fit none of the plain patterns a part are nicknames, particles and umlauts, which are written out here.
OTHER_PERCENT: Final = 18.0
_WEIGHT_OF_SIZE: Final = {Size.UP_TO_50: 0.0, Size.UP_TO_200: 0.35, Size.UP_TO_500: 0.7, Size.MORE: 1.0}
_COLUMN: Final = {Size.UP_TO_50: 0, Size.UP_TO_200: 1, Size.UP_TO_500: 2, Size.MORE: 3, Size.UNKNOWN: 4}
_NUMBERS: Final = re.compile(r"\d+(?:[.,  ]\d{3})*")


@lru_cache
def prior(size: Size) -> dict[str, float]:
    """The share of each pattern of `PATTERNS`. What is left of 1 fits none."""
    named = {name: _published(name, size) + _measured(name, size) for name in dict.fromkeys((*PUBLISHED, *MEASURED))}
    shares = {name: share / sum(named.values()) * (100 - UNNAMED_PERCENT) for name, share in named.items()}
    shares |= {name: share / sum(UNNAMED.values()) * UNNAMED_PERCENT for name, share in UNNAMED.items()}
    return {pattern.name: shares[pattern.name] / 100 * (1 - OTHER_PERCENT / 100) for pattern in PATTERNS}


def _published(name: str, size: Size) -> float:
    """Of 1."""
    column = _COLUMN[size]
    total = sum(shares[column] for shares in PUBLISHED.values())
    return PUBLISHED[name][column] / total if name in PUBLISHED else 0.0


def _measured(name: str, size: Size) -> float:
    """Of 1."""
    if size is Size.UNKNOWN:
        return MEASURED.get(name, 0.0) / sum(MEASURED.values())
    large = _WEIGHT_OF_SIZE[size]
    shares = {
        other: MEASURED_SMALL.get(other, share) * (1 - large) + MEASURED_LARGE.get(other, share) * large
        for other, share in MEASURED.items()
    }
    return shares.get(name, 0.0) / sum(shares.values())


def size_of(employees: str | int | None) -> Size:
    """The size a source tells: "51-200", "10001+", "1,000 employees" or a number."""
    numbers = [int(re.sub(r"\D", "", number)) for number in _NUMBERS.findall(str(employees or ""))]
    if not numbers:
        return Size.UNKNOWN
    # Of a range its upper end; what is open above is at least its lower end.
    most = numbers[min(1, len(numbers) - 1)]
    if most <= 50:
        return Size.UP_TO_50
    if most <= 200:
        return Size.UP_TO_200
    return Size.UP_TO_500 if most <= 500 else Size.MORE
