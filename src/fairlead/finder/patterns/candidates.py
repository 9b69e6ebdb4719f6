"""Addresses a person may have at a domain, the most likely first."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from fairlead.finder.names import Name
from fairlead.finder.patterns.calibration import calibrated
from fairlead.finder.patterns.habits import Habit, writings
from fairlead.kit.text import LOCAL_PART_OCTETS

MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    local: str
    pattern: str  # the one most likely behind it
    raw: float  # the model's probability
    probability: float  # how often such a candidate is right


def candidates(habit: Habit, name: Name, *, taken: Collection[str] = (), most: int = MOST) -> list[Candidate]:
    """At most `most` candidates. `taken`: local parts that are known to be somebody else's."""
    likely: dict[str, float] = {}
    best: dict[str, tuple[float, str]] = {}
    lost = 0.0
    for pattern, text, _, weight in writings(habit, name):
        if len(text) > LOCAL_PART_OCTETS or not _is_usable(text):
            continue
        if text in taken:
            lost += weight
            continue
        likely[text] = likely.get(text, 0.0) + weight
        if weight > best.get(text, (0.0, ""))[0]:
            best[text] = (weight, pattern.name)
    left = max(1.0 - lost, 0.05)
    ordered = sorted(likely.items(), key=lambda item: (-item[1], item[0]))[:most]
    return [
        Candidate(text, best[text][1], min(1.0, raw / left), calibrated(min(1.0, raw / left), people=habit.people))
        for text, raw in ordered
    ]


def _is_usable(text: str) -> bool:
    """One letter is nobody's address that one could guess."""
    return len(text) > 1
