"""The finder against the sandbox's people: who is found by the pattern of two known colleagues."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from fairlead.finder.names import from_parts
from fairlead.finder.patterns import Candidate, Known, candidates, learned, size_of
from fairlead.finder.patterns.isotonic import Point, at
from fairlead.sandbox.making.addresses import PATTERNS
from fairlead.sandbox.making.world import World as Sandbox
from fairlead.sandbox.model import Company, Person

SHOWN = 10
OF_EACH = 3


@dataclass(frozen=True)
class Trial:
    guesses: list[Candidate]
    right: str
    follows_pattern: bool
    of_house: bool  # follows the house's

    @property
    def rank(self) -> int:
        """From 1; a large number where it is not among the guesses."""
        locals_ = [guess.local for guess in self.guesses]
        return locals_.index(self.right) + 1 if self.right in locals_ else 10**6


@dataclass
class Score:
    trials: list[Trial] = field(default_factory=list)

    def top(self, most: int, *, pattern_shaped: bool = True) -> float:
        """The share of people among whose `most` likeliest candidates is the right one."""
        asked = [trial for trial in self.trials if trial.follows_pattern or not pattern_shaped]
        return sum(trial.rank <= most for trial in asked) / len(asked)

    @property
    def purity(self) -> float:
        """The share of the house pattern among addresses that follow a pattern."""
        shaped = [trial for trial in self.trials if trial.follows_pattern]
        return sum(trial.of_house for trial in shaped) / len(shaped)

    def pairs(self) -> Iterator[tuple[float, bool]]:
        """(raw probability, right) of every candidate."""
        for trial in self.trials:
            for guess in trial.guesses:
                yield guess.raw, guess.local == trial.right

    def curve(self, calibration: list[Point] | None = None) -> list[tuple[float, float, int]]:
        """(promised, true, how many) in tenths; promised by `calibration`, or as shipped."""
        steps: dict[int, list[tuple[float, bool]]] = defaultdict(list)
        for trial in self.trials:
            for guess in trial.guesses:
                promised = guess.probability if calibration is None else at(calibration, guess.raw)
                steps[min(9, int(promised * 10))].append((promised, guess.local == trial.right))
        return [
            (sum(p for p, _ in pairs) / len(pairs), sum(right for _, right in pairs) / len(pairs), len(pairs))
            for _, pairs in sorted(steps.items())
        ]


def shown(curve: list[tuple[float, float, int]]) -> str:
    return ", ".join(f"{promised:.2f} -> {true:.2f} ({count})" for promised, true, count in curve)


def score(seed: int, companies: int, *, known: int = 2, of_pattern: bool = True) -> Score:
    """Some people of each of the sandbox's companies, each with so many other colleagues known.

    `of_pattern`: colleagues whose addresses follow a pattern; else any.
    """
    chance = random.Random(seed)
    made = Score()
    for company in Sandbox(seed=seed, companies=companies):
        # A few of each, so that a large company counts no more than a small one.
        for one in chance.sample(company.people, min(OF_EACH, len(company.people))):
            others = [
                other for other in company.people if other is not one and (other.shape in PATTERNS or not of_pattern)
            ]
            if len(others) >= known:
                made.trials.append(_trial(company, one, chance.sample(others, known)))
    return made


def _trial(company: Company, one: Person, colleagues: list[Person]) -> Trial:
    known = [Known(_local(other), from_parts(other.first_name, other.last_name)) for other in colleagues]
    habit = learned(known, size=size_of(company.size), domain=company.domain)
    guesses = candidates(
        habit, from_parts(one.first_name, one.last_name), taken={_local(other) for other in colleagues}, most=SHOWN
    )
    return Trial(guesses, _local(one), one.shape in PATTERNS, one.shape == company.pattern)


def _local(one: Person) -> str:
    return one.email.partition("@")[0]
