"""The local part of a person's address: the house pattern, other patterns, and what fits none.

Shares of patterns by company size and the share of exceptions come from the figures this sandbox has to
resemble: 72 % of addresses follow some pattern, and among those four of five follow their house's own.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from fairlead.sandbox.making.chance import happens, one, weighted, within
from fairlead.sandbox.making.names import Name, main_family, plain, stripped, without_particles

PATTERNS: dict[str, Callable[[str, str], str]] = {
    "first": lambda first, last: first,
    "flast": lambda first, last: first[0] + last,
    "first.last": lambda first, last: f"{first}.{last}",
    "firstl": lambda first, last: first + last[0],
    "firstlast": lambda first, last: first + last,
    "last.first": lambda first, last: f"{last}.{first}",
    "first_last": lambda first, last: f"{first}_{last}",
    "f.last": lambda first, last: f"{first[0]}.{last}",
    "lastf": lambda first, last: last + first[0],
    "last": lambda first, last: last,
}

# Per cent of companies with a pattern, by headcount up to 50, 200, 500 and above.
PATTERN_SHARES = {
    "first": (41.9, 17.0, 7.4, 6.6),
    "flast": (26.6, 41.8, 44.8, 21.8),
    "first.last": (22.7, 30.5, 35.2, 56.3),
    "firstl": (2.7, 3.6, 3.4, 1.5),
    "firstlast": (1.2, 1.8, 2.3, 3.4),
    "last.first": (1.9, 1.7, 1.9, 2.2),
    "first_last": (1.5, 1.2, 1.3, 3.6),
    "f.last": (1.3, 1.5, 1.7, 1.9),
    "lastf": (1.7, 1.3, 1.5, 1.7),
    "last": (2.1, 1.0, 1.0, 1.3),
}
SIZE_STEPS = (50, 200, 500)

# What the addresses look like that fit no pattern, by weight.
EXCEPTIONS = {
    "nickname": 28,
    "nickname_last": 16,
    "middle": 12,
    "number": 14,
    "transliteration": 10,
    "short_last": 8,
    "initials": 6,
    "handle": 6,
}
HANDLES = (
    "wolf",
    "sunny",
    "captain",
    "rocket",
    "kiwi",
    "panda",
    "bluejay",
    "maverick",
    "pixel",
    "otter",
    "comet",
)


@dataclass(frozen=True)
class House:
    """How one company makes addresses."""

    pattern: str
    purity: float  # share of pattern-shaped addresses that have the house's pattern
    exceptions: float  # share of all addresses that fit no pattern
    particles: str  # joined, dropped
    hyphens: str  # kept, joined, first
    one_of_two: bool  # of two family names side by side, only the one people go by

    def plain_first(self, name: Name, culture: str) -> str:
        return self._joined(plain(name.first, culture))

    def plain_last(self, name: Name, culture: str) -> str:
        last = main_family(name.last, culture) if self.one_of_two else name.last
        last = without_particles(last) if self.particles == "dropped" else last
        return self._joined(plain(last, culture))

    def _joined(self, text: str) -> str:
        if self.hyphens == "first" and "-" in text:
            head = text.split("-")[0]
            # "al-farsi" and the like: the head is a particle.
            text = head if len(head) > 2 else text
        text = text.replace(" ", "")
        return text.strip("-") if self.hyphens == "kept" else text.replace("-", "")


def house(dice: random.Random, headcount: int) -> House:
    column = sum(headcount > step for step in SIZE_STEPS)
    pattern = weighted(dice, {name: shares[column] for name, shares in PATTERN_SHARES.items()})
    # Houses differ: some let everybody choose, many know no exception. Colleagues of the same name add
    # to both, which brings the means to 0.80 and 0.28.
    return House(
        pattern=pattern,
        purity=dice.betavariate(3.45, 0.75),
        exceptions=dice.betavariate(0.8, 2.2),
        particles="joined" if happens(dice, 0.75) else "dropped",
        hyphens=weighted(dice, {"kept": 60, "joined": 25, "first": 15}),
        one_of_two=happens(dice, 0.75),
    )


def local_part(
    dice: random.Random, house: House, name: Name, culture: str, taken: set[str]
) -> tuple[str, str]:
    """The local part and its shape: a name of PATTERNS or of EXCEPTIONS. Adds it to `taken`."""
    first, last = house.plain_first(name, culture), house.plain_last(name, culture)
    if happens(dice, house.exceptions):
        shape = weighted(dice, EXCEPTIONS)
        local, shape = _exception(dice, shape, house, name, culture, first, last)
    else:
        shape = house.pattern if happens(dice, house.purity) else _other_pattern(dice, house.pattern)
        local = PATTERNS[shape](first, last)
    if local in taken:
        # The second of a name takes the longer form, the third a number.
        shape, local = "first.last", PATTERNS["first.last"](first, last)
        number = 2
        while local in taken:
            shape, local, number = "number", f"{first}.{last}{number}", number + 1
    taken.add(local)
    return local, shape


def _other_pattern(dice: random.Random, pattern: str) -> str:
    # The usual second forms of a house; the size of the company matters no more here.
    weights = {"first.last": 34.0, "flast": 24, "first": 18, "firstl": 7, "f.last": 5, "last": 4,
               "firstlast": 4,
               "lastf": 2, "last.first": 1, "first_last": 1}  # fmt: skip
    weights.pop(pattern)
    return weighted(dice, weights)


def _exception(
    dice: random.Random, shape: str, house: House, name: Name, culture: str, first: str, last: str
) -> tuple[str, str]:
    brief = stripped(name.nickname or "").replace(" ", "") or first[:3]
    match shape:
        case "nickname" if brief != first:
            return brief, shape
        case "nickname_last" if brief != first:
            return f"{brief}.{last}", shape
        case "middle":
            letter = stripped(name.middle)[0] if name.middle else one(dice, "abcdefgjklmprst")
            return f"{first}.{letter}.{last}" if "." in house.pattern else f"{first[0]}{letter}{last}", shape
        case "transliteration":
            other_first, other_last = (
                stripped(part).replace(" ", "").replace("-", "") for part in (name.first, name.last)
            )
            if (other_first, other_last) != (first, last):
                return PATTERNS[house.pattern](other_first, other_last), shape
        case "short_last" if len(last) > 6:
            return f"{last[:6]}{first[:2]}", shape
        case "initials":
            letter = stripped(name.middle)[0] if name.middle else one(dice, "abcdefgjklmprst")
            return f"{first[0]}{letter}{last[0]}", shape
        case "handle":
            return f"{one(dice, HANDLES)}{within(dice, 1, 99)}", shape
    return f"{PATTERNS[house.pattern](first, last)}{within(dice, 1, 89)}", "number"
