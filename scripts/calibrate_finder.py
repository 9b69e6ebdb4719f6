"""Makes `src/fairlead/finder/patterns/calibration.json`: how often candidates of each raw probability are right.

    python scripts/calibrate_finder.py [--seed 1] [--judge 2] [--domains 4000] [--write]

Companies are drawn, not collected: a size, a house pattern by one of the two published tables of `priors`, a share of
colleagues who break it (0.20 on average, as measured), addresses that follow no pattern. The curve is fitted on
companies of one seed and shown for those of another.
"""

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairlead.finder.names import Choice, Name, Question, Written, from_parts, write_first, write_last, write_middle
from fairlead.finder.names.nicknames import GIVEN_NAMES
from fairlead.finder.patterns import Known, Size, candidates, learned
from fairlead.finder.patterns.calibration import GROUPS, TABLE, group_of
from fairlead.finder.patterns.isotonic import Point, at, fitted
from fairlead.finder.patterns.model import BY_NAME, Part, Pattern
from fairlead.finder.patterns.priors import MEASURED, MEASURED_LARGE, MEASURED_SMALL, PUBLISHED, UNNAMED
from fairlead.finder.patterns.ways import shares

PLACE = Path(__file__).parent.parent / "src/fairlead/finder/patterns" / TABLE
SIZES = {Size.UP_TO_50: 0.45, Size.UP_TO_200: 0.27, Size.UP_TO_500: 0.13, Size.MORE: 0.15}
SIZE_IS_KNOWN = 0.5
# Measured at 0.80; that domains differ by a tenth or so is assumed.
PURITY = (16.0, 4.0)
# Of 28 % that fit no plain pattern, those that no way of writing the name explains either.
UNGUESSABLE = 0.12
NICKNAMED = 0.05
KEEPS_TO_ITS_WAY = 0.9
COUNTRIES = {"com": 0.6, "de": 0.15, "fr": 0.06, "nl": 0.05, "es": 0.05, "se": 0.04, "pl": 0.05}
SHOWN_OF_EACH = 10
FEWEST_IN_A_POINT = 250
# fmt: off
HEADS = (
    "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "kr", "l", "m", "n",
    "p", "r", "s", "sch", "st", "t", "tr", "v", "w", "z",
)
HEARTS = ("a", "e", "i", "o", "u", "ei", "au", "ö", "ü", "ä", "ie")
HEART_WEIGHTS = (20, 22, 16, 14, 10, 4, 4, 2, 3, 2, 3)
TAILS = ("n", "r", "s", "t", "l", "m", "nd", "ng", "rt", "ck", "tt", "ll", "ns")
ENDINGS = ("", "er", "mann", "son", "ski", "ez", "a", "i", "ov", "sen")
PARTICLES = ("van", "van der", "de", "de la", "von", "da", "al-")
# fmt: on


@dataclass(frozen=True)
class Company:
    domain: str
    size: Size
    house: Pattern
    purity: float
    ways: dict[Question, str]


def companies(chance: random.Random, how_many: int) -> Iterator[Company]:
    for number in range(how_many):
        (size,) = chance.choices(list(SIZES), list(SIZES.values()))
        (country,) = chance.choices(list(COUNTRIES), list(COUNTRIES.values()))
        yield Company(f"company{number}.{country}", size, _pattern(chance, size), chance.betavariate(*PURITY), {})


def _pattern(chance: random.Random, size: Size | None) -> Pattern:
    if chance.random() < 0.03:
        table = dict(UNNAMED)
    elif size is None:
        table = dict(MEASURED)
    elif chance.random() < 0.5:
        column = list(SIZES).index(size)
        table = {name: row[column] for name, row in PUBLISHED.items()}
    else:
        large = list(SIZES).index(size) / 3
        table = {
            name: MEASURED_SMALL.get(name, share) * (1 - large) + MEASURED_LARGE.get(name, share) * large
            for name, share in MEASURED.items()
        }
    return BY_NAME[chance.choices(list(table), list(table.values()))[0]]


def person(chance: random.Random) -> Name:
    first = chance.choice(GIVEN_NAMES) if chance.random() < 0.6 else _word(chance)
    if chance.random() < 0.03:
        first += "-" + _word(chance)
    last = _word(chance) + chance.choice(ENDINGS)
    roll = chance.random()
    if roll < 0.04:
        particle = chance.choice(PARTICLES)
        last = particle + last if particle.endswith("-") else f"{particle} {last}"
    elif roll < 0.07:
        last += ("-" if chance.random() < 0.6 else " ") + _word(chance)
    made = from_parts(first.title(), last.title())
    middle = (_word(chance).title(),) if chance.random() < 0.12 else ()
    return Name(made.first, made.last, middle)


def _word(chance: random.Random) -> str:
    hearts = chance.choices(HEARTS, HEART_WEIGHTS, k=2)
    return f"{chance.choice(HEADS)}{hearts[0]}{chance.choice(TAILS)}{hearts[1]}"


def address(chance: random.Random, company: Company, name: Name) -> str:
    """The local part this person has; empty where nothing can be made of the name."""
    if chance.random() < UNGUESSABLE:
        return _word(chance) + str(chance.randrange(1, 99))
    pattern = company.house
    if chance.random() > company.purity:
        while pattern is company.house:
            pattern = _pattern(chance, None)
    nicknamed = chance.random() < NICKNAMED
    first = _choose(chance, company, name, write_first(name), nicknamed=nicknamed)
    last = _choose(chance, company, name, write_last(name))
    middle = _choose(chance, company, name, write_middle(name)) if name.middle else None
    texts = {
        Part.FIRST: first.text, Part.F: first.initial, Part.LAST: last.text, Part.L: last.initial,
        Part.MIDDLE: middle.text if middle else "", Part.M: middle.initial if middle else "",
    }  # fmt: skip
    return pattern.separator.join(text for part in pattern.parts if (text := texts[part]))


def _choose(
    chance: random.Random, company: Company, name: Name, ways: tuple[Written, ...], *, nicknamed: bool = False
) -> Written:
    """The way a company keeps to, mostly."""

    def fits(way: Written) -> bool:
        given = dict(way.choices).get(Question.GIVEN)
        return (given == "nickname") if nicknamed else given is None

    fitting = [way for way in ways if fits(way)] or list(ways)
    weights = [_weight(chance, company, name, way.choices) for way in fitting]
    return chance.choices(fitting, weights)[0]


def _weight(chance: random.Random, company: Company, name: Name, choices: tuple[Choice, ...]) -> float:
    weight = 1.0
    for question, answer in choices:
        if question is Question.GIVEN:
            continue
        expected = shares(question, name, company.domain.rpartition(".")[2])
        kept = company.ways.setdefault(question, chance.choices(list(expected), list(expected.values()))[0])
        weight *= KEEPS_TO_ITS_WAY if answer == kept else 1 - KEEPS_TO_ITS_WAY
    return weight


def trials(chance: random.Random, domains: int, people: int) -> Iterator[list[tuple[float, bool]]]:
    """Of each domain with so many known people the next person's candidates: (raw probability, right)."""
    for company in companies(chance, domains):
        known = []
        while len(known) < people:
            name = person(chance)
            if local := address(chance, company, name):
                known.append(Known(local, name))
        size = company.size if chance.random() < SIZE_IS_KNOWN else Size.UNKNOWN
        habit = learned(known, size=size, domain=company.domain)
        name = person(chance)
        theirs = address(chance, company, name)
        yield [(one.raw, one.local == theirs) for one in candidates(habit, name, most=SHOWN_OF_EACH)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judge", type=int, default=2)
    parser.add_argument("--domains", type=int, default=4_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    curves: dict[int, list[Point]] = {}
    for people in GROUPS:
        chance = random.Random(f"{options.seed} {people}")  # noqa: S311 - nothing here is secret
        seen = [pair for trial in trials(chance, options.domains, people) for pair in trial]
        curves[people] = fitted(((raw, float(right)) for raw, right in seen), fewest=FEWEST_IN_A_POINT)
        print(f"{people} known: {len(curves[people])} points of {len(seen)} candidates", flush=True)
    print(f"\nfitted on seed {options.seed}, judged on seed {options.judge}")
    for people in GROUPS:
        chance = random.Random(f"{options.judge} {people}")  # noqa: S311
        judge(people, curves[group_of(people)], chance, options.domains // 2)
    if options.write:
        table = {
            "made_by": f"scripts/calibrate_finder.py --seed {options.seed} --domains {options.domains}",
            "curves": {people: [[round(x, 4), round(y, 4)] for x, y in points] for people, points in curves.items()},
        }
        PLACE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return 0


def judge(people: int, curve: list[Point], chance: random.Random, domains: int) -> None:
    shown: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    first = third = asked = 0
    for trial in trials(chance, domains, people):
        asked += 1
        first += any(right for _, right in trial[:1])
        third += any(right for _, right in trial[:3])
        for raw, right in trial:
            promised = at(curve, raw)
            shown[min(9, int(promised * 10))].append((promised, right))
    print(f"{people:2} known: top-1 {first / asked:.1%}, top-3 {third / asked:.1%}; promised -> true:")
    cells = []
    for step in sorted(shown):
        pairs = shown[step]
        promised, true = sum(p for p, _ in pairs) / len(pairs), sum(right for _, right in pairs) / len(pairs)
        cells.append(f"{promised:.2f} -> {true:.2f} ({len(pairs)})")
    print("          " + ", ".join(cells))


if __name__ == "__main__":
    sys.exit(main())
