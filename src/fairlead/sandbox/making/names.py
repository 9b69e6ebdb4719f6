"""A person's name from a culture, and names in plain letters as addresses have them."""

import random
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from fairlead.sandbox.making.chance import happens, one
from fairlead.sandbox.making.cultures import CULTURES, Culture

# Particles that may lead a family name, in small letters.
PARTICLES = frozenset(
    ("van", "von", "der", "den", "de", "la", "le", "di", "da", "do", "dos", "del", "della", "lo", "zu", "af",
     "ter",
     "ten", "in", "op", "e", "'t", "al", "el", "bin", "abu")
)  # fmt: skip


@dataclass(frozen=True)
class Name:
    first: str
    middle: str | None
    last: str
    nickname: str | None


def name(dice: random.Random, culture: str) -> Name:
    them = CULTURES[culture]
    female = happens(dice, 0.5)
    given = them.female if female else them.male
    first = one(dice, given)
    middle = one(dice, given) if happens(dice, them.two_given) else None
    last = _family(dice, them, female=female)
    if happens(dice, them.double_family):
        second = _family(dice, them, female=female)
        # Compounds of compounds do not happen: who has a particle or a hyphen keeps one name.
        if second != last and not set(" -'") & set(last + second):
            last = f"{last}{them.joint}{second}"
    return Name(first, None if middle == first else middle, last, them.short.get(first))


def _family(dice: random.Random, culture: Culture, *, female: bool) -> str:
    family: str = one(dice, culture.family)
    if female:
        for male_ending, female_ending in culture.female_endings:
            if family.endswith(male_ending):
                return family[: len(family) - len(male_ending)] + female_ending
    return family


@lru_cache(maxsize=20_000)
def plain(text: str, culture: str) -> str:
    """`text` in small letters a to z, spaces and hyphens kept, the way this culture usually writes it in
    ASCII.
    """
    usual = CULTURES[culture].plain
    return stripped("".join(usual.get(letter, letter) for letter in text))


@lru_cache(maxsize=20_000)
def stripped(text: str) -> str:
    """`text` in small letters a to z, spaces and hyphens kept, marks simply left out."""
    text = text.translate(NOT_DECOMPOSED)
    decomposed = unicodedata.normalize("NFKD", text).lower()
    return "".join(letter for letter in decomposed if letter in PLAIN_LETTERS)


PLAIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz -")
# Letters that Unicode does not take apart into a letter and a mark.
NOT_DECOMPOSED = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ı": "i",
        "æ": "ae",
        "Æ": "Ae",
        "œ": "oe",
        "Œ": "Oe",
    }
)


def without_particles(last: str) -> str:
    """The family name from its first word that is no particle on: "van den Berg" becomes "Berg"."""
    words = last.split(" ")
    while len(words) > 1 and words[0].lower() in PARTICLES:
        words = words[1:]
    return " ".join(words)


def main_family(last: str, culture: str) -> str:
    """Of two family names side by side the one people go by: the father's, which is first in Spanish ("García
    Peña") and last in Portuguese."""
    words = last.split(" ")
    if CULTURES[culture].joint != " " or len(words) != 2 or words[0].lower() in PARTICLES:
        return last
    return words[-1] if culture == "portuguese" else words[0]
