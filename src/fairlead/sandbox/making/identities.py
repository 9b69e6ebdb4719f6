"""Which company stands at a place of the world: its name, domain and country, cheap enough for 100,000 at
once.

The place goes through a permutation of all names there are, so that no two companies share one; the
permutation depends on the seed alone, so that a company does not change with the size of its world.
"""

import hashlib
from bisect import bisect
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import gcd

from fairlead.sandbox.making.countries import COUNTRIES, Country
from fairlead.sandbox.making.cultures import CULTURES
from fairlead.sandbox.making.names import plain

HEADS = (
    "Al", "Ar", "Ber", "Bor", "Bri", "Cal", "Cam", "Car", "Cel", "Cor", "Dal", "Del", "Dor", "Dra", "El",
    "Em", "Er", "Fal", "Fen", "Fer", "Flor", "Gal", "Gar", "Gel", "Gor", "Hal", "Har", "Hel", "Hor", "Il",
    "In", "Jar", "Jel", "Jor", "Kal", "Kel", "Kin", "Kor", "Lan", "Lar", "Lim", "Lor", "Lu", "Mal", "Mar",
    "Mel", "Mir", "Mon", "Nar", "Nel", "Nor", "Ol", "Or", "Pal", "Par", "Pel", "Por", "Quin", "Ral", "Ren",
    "Ros", "Sal", "Sar", "Sel", "Sil", "Sol", "Tal", "Tar", "Tel", "Tor", "Ul", "Val", "Ver", "Vin", "Vor",
)  # fmt: skip
TAILS = [
    consonant + ending
    for ending in ("ano", "era", "ix", "ion", "ora", "ia")
    for consonant in "bcdfgklmnprstvwz"
]
SECOND_WORDS = (
    "", "Group", "Hub", "Point", "One", "Pro", "Direct", "Plus", "Global", "Union", "House", "Link", "Bridge",
    "Nova",
    "Line", "Gate",
)  # fmt: skip
NAMES = len(HEADS) * len(TAILS) * len(SECOND_WORDS)

TLDS = ("example", "test")
TEST_SHARE = 0.2
FAMILY_SHARE = 0.12  # companies with a family name before the coined one
HYPHEN_SHARE = 0.4

_COUNTRY_STEPS = list(accumulate(country.weight for country in COUNTRIES))
# Family names of one word, which alone make good company names.
_FAMILIES = {
    name: tuple(family for family in culture.family if not set(" '-") & set(family))
    for name, culture in CULTURES.items()
}


@dataclass(frozen=True)
class Identity:
    index: int
    label: str
    tld: str
    short_name: str  # without line of business and legal form
    country: Country

    @property
    def domain(self) -> str:
        return f"{self.label}.{self.tld}"

    @property
    def other_tld(self) -> str:
        return TLDS[1 - TLDS.index(self.tld)]


def identity(seed: int, index: int) -> Identity:
    factor, offset = _permutation(seed)
    number = (index * factor + offset) % NAMES
    number, head = divmod(number, len(HEADS))
    second, tail = divmod(number, len(TAILS))
    shares = _shares(seed, index)
    country = COUNTRIES[bisect(_COUNTRY_STEPS, shares[0] * _COUNTRY_STEPS[-1])]
    words = [HEADS[head] + TAILS[tail]]
    if SECOND_WORDS[second]:
        words.append(SECOND_WORDS[second])
    label = ("-" if shares[2] < HYPHEN_SHARE else "").join(words).lower()
    if shares[3] < FAMILY_SHARE:
        culture = country.cultures[0]
        families = _FAMILIES[culture]
        family = families[int(shares[4] * len(families))]
        words.insert(0, family)
        label = f"{plain(family, culture)}-{label}"
    return Identity(index, label, TLDS[shares[1] < TEST_SHARE], " ".join(words), country)


@lru_cache(maxsize=16)
def _permutation(seed: int) -> tuple[int, int]:
    """Factor and offset of `x * factor + offset` modulo NAMES. The factor shares no divisor with NAMES."""
    digest = hashlib.sha256(f"{seed}|names".encode()).digest()
    factor = int.from_bytes(digest[:8]) % NAMES
    while gcd(factor, NAMES) != 1:
        factor += 1
    return factor, int.from_bytes(digest[8:16]) % NAMES


def _shares(seed: int, index: int) -> tuple[float, ...]:
    """Five numbers from 0 up to 1; hashing is ten times as fast as a seeded `random.Random`."""
    digest = hashlib.blake2b(f"{seed}|identity|{index}".encode(), digest_size=20).digest()
    return tuple(int.from_bytes(digest[at : at + 4]) / 2**32 for at in range(0, 20, 4))
