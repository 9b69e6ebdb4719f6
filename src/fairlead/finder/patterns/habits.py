"""What the known addresses of a domain tell about the next one.

Two answers are mixed. One counts: each pattern's share has a Dirichlet prior that depends on the size of the company,
and known addresses add to it. The other supposes a house pattern which some colleagues break, and asks which it is: of
two patterns seen once it prefers the one that is rarer among exceptions. Ways of writing (umlauts, particles, two
names) are counted like patterns, each question with a prior of its own.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log
from typing import Final

from fairlead.finder.names import Choice, Name, Question, Written, write_first, write_last, write_middle
from fairlead.finder.patterns.model import PATTERNS, Part, Pattern
from fairlead.finder.patterns.priors import OTHER_PERCENT, Size, prior
from fairlead.finder.patterns.ways import NEXT_NICKNAME, custom, shares

# How many known addresses the prior is worth. Measured on the same commit logs as the prior.
STRENGTH: Final = 1.5
# Of all addresses of a domain, those with the house pattern and those with another: a purity of 0.80 was measured among
# addresses that fit a pattern. The rest fits none.
HOUSE: Final = 0.72
BREAKERS: Final = 0.17
HOUSE_WEIGHT: Final = 0.75
WAY_STRENGTH: Final = 1.5
# Of a known address so much also speaks for patterns of the same parts with another separator.
KIN_SHARE: Final = 0.06
# An address without a name tells its shape and no more; a page full of them must not outweigh one known person.
NAMELESS_WEIGHT: Final = 0.3
MOST_NAMELESS: Final = 5
MOST_KNOWN: Final = 200
FEWEST_SIZED: Final = 20
_DIGITS: Final = re.compile(r"(?<=[a-z])\d{1,4}$")
_FIRST_WORD: Final = re.compile("[a-z]+")
_INITIAL_BETWEEN: Final = re.compile(r"([a-z]+)([._-])[a-z]\2([a-z._-]+)")
SHORTEST_FORM: Final = 3
# Of what a usual address tells.
EXCEPTION: Final = 0.3
_SHAPE: Final = re.compile(r"([a-z]+)(?:([._-])([a-z]+)(?:\2([a-z]+))?)?")


@dataclass(frozen=True, slots=True)
class Known:
    """An address of a domain and whose it is. `weight`: how sure that is, of 1."""

    local: str
    name: Name | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Habit:
    """What is learned of a domain."""

    size: Size
    country: str  # the last label of the domain
    shares: Mapping[str, float]  # by pattern: how likely the next address has it
    ways: Mapping[tuple[Question, str, str], float]  # by question, custom and answer
    people: int  # known addresses with a name
    purity: float | None = None  # of the people whose addresses fit a pattern, the share that has the most frequent

    def share_of_ways(self, choices: Iterable[Choice], name: Name) -> float:
        """The probability that a name is written with just these answers to the questions it poses."""
        probability = 1.0
        for question, answer in choices:
            own = custom(question, name)
            counts = {other: self.ways.get((question, own, other), 0.0) for other in question.value}
            expected = shares(question, name, self.country)[answer]
            probability *= (counts[answer] + WAY_STRENGTH * expected) / (sum(counts.values()) + WAY_STRENGTH)
        return probability


def learned(known: Iterable[Known], *, size: Size = Size.UNKNOWN, domain: str = "") -> Habit:
    """What `known` addresses of a domain tell. `size`: of the company, where it is known."""
    country = domain.rpartition(".")[2]
    everybody = list(known)
    named = [one for one in everybody if one.name is not None]
    nameless = [one for one in everybody if one.name is None]
    if size is Size.UNKNOWN and len(named) >= FEWEST_SIZED:
        size = Size.UP_TO_500  # whoever has so many people on pages is no small company
    patterns: dict[str, float] = defaultdict(float)
    ways: dict[tuple[Question, str, str], float] = defaultdict(float)
    total = 0.0
    for one in named[:MOST_KNOWN]:
        assert one.name is not None
        total += one.weight
        explained, usual = _explained(size, country, one.name, one.local)
        speaks = one.weight if usual else one.weight * EXCEPTION
        whole = sum(explained.values())
        for (pattern, choices), weight in explained.items():
            part = speaks * _speaks_for(choices) * weight / whole
            patterns[pattern.name] += part
            for question, answer in choices:
                ways[question, custom(question, one.name), answer] += part
    fitted = sum(patterns.values())
    purity = max(patterns.values()) / fitted if fitted else None
    for one in nameless[:MOST_NAMELESS]:
        fitting = _of_shape(_shape(one.local), size)
        total += NAMELESS_WEIGHT * one.weight if fitting else 0.0
        for name, share in fitting.items():
            patterns[name] += NAMELESS_WEIGHT * one.weight * share
    return Habit(size, country, _shares(patterns, total, size), ways, len(named), purity)


def _shares(counts: Mapping[str, float], total: float, size: Size) -> dict[str, float]:
    expected = prior(size)
    counted = _with_kin(counts)
    houses = _houses(counts, expected)
    return {
        name: HOUSE_WEIGHT * (HOUSE * houses[name] + BREAKERS * _among_breakers(name))
        + (1 - HOUSE_WEIGHT) * (counted.get(name, 0.0) + STRENGTH * share) / (total + STRENGTH)
        for name, share in expected.items()
    }


def _houses(counts: Mapping[str, float], expected: Mapping[str, float]) -> dict[str, float]:
    """How likely each pattern is the house's; together 1."""
    logs = {
        house: log(share)
        + sum(
            count * log((HOUSE if name == house else 0.0) + BREAKERS * _among_breakers(name))
            for name, count in counts.items()
        )
        for house, share in expected.items()
    }
    highest = max(logs.values())
    weights = {house: exp(value - highest) for house, value in logs.items()}
    whole = sum(weights.values())
    return {house: weight / whole for house, weight in weights.items()}


def _among_breakers(name: str) -> float:
    """The share of a pattern among those who keep to none of their house: that of all addresses."""
    return prior(Size.UNKNOWN)[name] / (1 - OTHER_PERCENT / 100)


@lru_cache(maxsize=8_192)
def _explained(
    size: Size, country: str, name: Name, local: str
) -> tuple[dict[tuple[Pattern, tuple[Choice, ...]], float], bool]:
    """(explanations of a known address, whether by a usual way to write the name)."""
    start = Habit(size, country, prior(size), {}, 0)
    usual = explanations(start, name, local)
    return (usual, True) if usual else (_exceptions(start, name, local), False)


def explanations(habit: Habit, name: Name, local: str) -> dict[tuple[Pattern, tuple[Choice, ...]], float]:
    """The patterns and ways that make `local` of a name, with their weights; empty where none does."""
    found: dict[tuple[Pattern, tuple[Choice, ...]], float] = {}
    for wanted in dict.fromkeys((local, _DIGITS.sub("", local))):
        for pattern, text, choices, weight in writings(habit, name):
            if text == wanted:
                found[pattern, choices] = found.get((pattern, choices), 0.0) + weight
        if found:
            break
    return found


def _exceptions(habit: Habit, name: Name, local: str) -> dict[tuple[Pattern, tuple[Choice, ...]], float]:
    """Like `explanations`, by what nobody would guess: a short form of the given name, an initial nobody told of."""
    word = _FIRST_WORD.match(local)
    first = next((way.text for way in write_first(name)), "")
    if word and SHORTEST_FORM <= len(word[0]) < len(first) and first.startswith(word[0]):
        return explanations(habit, replace(name, first=word[0]), local)
    match = _INITIAL_BETWEEN.fullmatch(local)
    return explanations(habit, name, f"{match[1]}{match[2]}{match[3]}") if match else {}


def _speaks_for(choices: Iterable[Choice]) -> float:
    """How much an address tells about those of others: one with a nickname was somebody's own wish."""
    return EXCEPTION if (Question.GIVEN, "nickname") in choices else 1.0


def writings(habit: Habit, name: Name) -> Iterator[tuple[Pattern, str, tuple[Choice, ...], float]]:
    """Every pattern in every way: (pattern, local part, choices taken, probability)."""
    weighed = {
        Part.FIRST: _weighed(habit, name, write_first(name)),
        Part.LAST: _weighed(habit, name, write_last(name)),
        Part.MIDDLE: _weighed(habit, name, write_middle(name)),
    }
    options = {part: [(way.text, way.choices, weight) for way, weight in ways] for part, ways in weighed.items()}
    for initial, part in ((Part.F, Part.FIRST), (Part.L, Part.LAST), (Part.M, Part.MIDDLE)):
        options[initial] = _initials(weighed[part])
    for pattern in PATTERNS:
        share = habit.shares[pattern.name]
        made: list[tuple[tuple[str, ...], tuple[Choice, ...], float]] = [((), (), share)]
        for part in pattern.parts:
            made = [
                ((*texts, text), (*taken, *choices), weight * own)
                for texts, taken, weight in made
                for text, choices, own in options[part]
                if _agree(taken, choices)
            ]
        for texts, taken, weight in made:
            yield pattern, pattern.separator.join(texts), tuple(dict.fromkeys(taken)), weight


def _weighed(habit: Habit, name: Name, ways: tuple[Written, ...]) -> list[tuple[Written, float]]:
    """Each way with its probability; together 1."""
    nicknamed: Counter[str] = Counter()
    posed = any(question is Question.GIVEN for way in ways for question, _ in way.choices)
    weights = []
    for way in ways:
        weight = habit.share_of_ways(way.choices, name)
        given = dict(way.choices).get(Question.GIVEN)
        if given is not None:
            weight *= NEXT_NICKNAME ** nicknamed[given]
            nicknamed[given] += 1
        elif posed:
            weight *= habit.share_of_ways([(Question.GIVEN, "formal")], name)
        weights.append(weight)
    whole = sum(weights) or 1.0
    return [(way, weight / whole) for way, weight in zip(ways, weights, strict=True)]


def _initials(ways: list[tuple[Written, float]]) -> list[tuple[str, tuple[Choice, ...], float]]:
    """By initial: which way it comes from shows no more, except where both of Jean-Pierre stand."""
    together: dict[str, float] = {}
    for way, weight in ways:
        together[way.initial] = together.get(way.initial, 0.0) + weight
    return [(initial, (), weight) for initial, weight in together.items()]


def _agree(taken: tuple[Choice, ...], more: tuple[Choice, ...]) -> bool:
    """Whoever writes ü as ue in one name does so in the other."""
    if not taken or not more:
        return True
    answers = dict(taken)
    return all(answers.get(question, answer) == answer for question, answer in more)


def _with_kin(counts: Mapping[str, float]) -> dict[str, float]:
    shared: dict[str, float] = defaultdict(float)
    for name, count in counts.items():
        kin = _kin(name)
        shared[name] += count * (1 - KIN_SHARE if kin else 1)
        for other in kin:
            shared[other] += count * KIN_SHARE / len(kin)
    return dict(shared)


@lru_cache(maxsize=256)
def _kin(name: str) -> tuple[str, ...]:
    (parts,) = (pattern.parts for pattern in PATTERNS if pattern.name == name)
    return tuple(pattern.name for pattern in PATTERNS if pattern.parts == parts and pattern.name != name)


@lru_cache(maxsize=64)
def _of_shape(shape: str, size: Size) -> dict[str, float]:
    """The patterns that make a local part of this shape, with their shares of it."""
    fitting = {
        pattern.name: prior(size)[pattern.name]
        for pattern in PATTERNS
        if shape
        and pattern.separator.join("i" if part.value in "flm" else "w" for part in pattern.parts)
        in (shape, shape.replace("w", "ww"), shape.replace("w", "iw"), shape.replace("w", "wi"))
    }
    whole = sum(fitting.values()) or 1.0
    return {name: share / whole for name, share in fitting.items()}


def _shape(local: str) -> str:
    """Words as w and initials as i, with what is between: "w.w" of ann.lee. Empty where it is none of a person."""
    match = _SHAPE.fullmatch(_DIGITS.sub("", local))
    if match is None:
        return ""
    first, separator, *others = match.groups()
    words = [first, *(other for other in others if other)]
    return (separator or "").join("i" if len(word) == 1 else "w" for word in words)
