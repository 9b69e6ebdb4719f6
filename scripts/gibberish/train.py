"""Makes src/fairlead/flags/letters.bin from names.txt and prints how well it tells names from random letters.

    python scripts/gibberish/train.py [--check]

With --check nothing is written: it fails when the file in the repository is not what the names make.
"""

import hashlib
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from fairlead.flags.gibberish import surprise

HERE = Path(__file__).parent
MODEL = HERE.parents[1] / "src/fairlead/flags/letters.bin"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SYMBOLS = 27
LENGTHS = 32
UNITS = 16  # of a nat
PARTS = 4  # of the names; the last is held out from training and from thresholds
FALSE_ALARMS = 0.006  # of initial-and-family-name forms that may lie above the threshold of their length
# Weights of trigram, bigram, letter and chance. Chance keeps a letter never seen after two others possible.
MIX = (0.55, 0.30, 0.12, 0.03)

Names = dict[str, dict[str, list[str]]]


def names() -> Names:
    """Culture -> "given" and "family" -> names in the letters a to z."""
    found: Names = defaultdict(lambda: {"given": [], "family": []})
    for line in (HERE / "names.txt").read_text(encoding="utf-8").splitlines():
        head, _, rest = line.partition(":")
        if line.startswith("#") or not rest:
            continue
        culture, _, kind = head.rpartition(" ")
        plain = ("".join(filter(LETTERS.__contains__, name.replace("ö", "oe"))) for name in rest.split())
        found[culture][kind] += [name for name in plain if name]
    return found


def part_of(name: str) -> int:
    """The part, 0 to PARTS - 1, of a name: the same whatever else is on the list."""
    return hashlib.sha256(name.encode()).digest()[0] % PARTS


def of_parts(all_names: Names, parts: Iterable[int]) -> Names:
    wanted = set(parts)
    return {
        culture: {kind: [name for name in of_kind if part_of(name) in wanted] for kind, of_kind in kinds.items()}
        for culture, kinds in all_names.items()
    }


def forms(some: Names, dice: random.Random) -> Iterator[str]:
    """What stands in local parts as one word: names alone and given and family name joined."""
    for kinds in some.values():
        given, family = kinds["given"], kinds["family"]
        for name in (*given, *family):
            yield from (name, name, name)
        for name in family:
            if given:
                yield dice.choice(given) + name


def table(some: Names) -> bytes:
    """The surprise of each letter after two others."""
    counts = [Counter[tuple[int, ...]]() for _ in range(4)]
    for word in forms(some, random.Random(1)):  # noqa: S311
        first = second = 0
        for letter in word:
            third = ord(letter) - 96
            for order, gram in enumerate(((), (third,), (second, third), (first, second, third))):
                counts[order][gram] += 1
            first, second = second, third
    before = [Counter[tuple[int, ...]]() for _ in range(4)]
    for order in (1, 2, 3):
        for gram, count in counts[order].items():
            before[order][gram[:-1]] += count

    def share(gram: tuple[int, ...]) -> float:
        total = before[len(gram)][gram[:-1]]
        return counts[len(gram)][gram] / total if total else 0.0

    made = bytearray(SYMBOLS**3)
    for first in range(SYMBOLS):
        for second in range(SYMBOLS):
            # With few names behind a pair of letters its trigrams mean little: the mix leans on the bigram.
            seen = before[3][(first, second)]
            trust = MIX[0] * seen / (seen + 20)
            for third in range(1, SYMBOLS):
                likely = (
                    trust * share((first, second, third))
                    + (MIX[0] - trust + MIX[1]) * share((second, third))
                    + MIX[2] * share((third,))
                    + MIX[3] / 26
                )
                made[(first * SYMBOLS + second) * SYMBOLS + third] = min(255, round(-math.log(likely) * UNITS))
    return bytes(made)


def calibration(some: Names) -> Iterator[str]:
    """Initial and family name: the form of honest addresses that looks most like chance."""
    dice = random.Random(2)  # noqa: S311
    for kinds in some.values():
        initials = [name[0] for name in kinds["given"]]
        for name in kinds["family"]:
            for _ in range(4):
                yield dice.choice(initials) + name


def thresholds(all_names: Names) -> bytes:
    """By number of letters, the surprise a letter that FALSE_ALARMS of names exceed, names not learned from."""
    by_length: dict[int, list[float]] = defaultdict(list)
    training = range(PARTS - 1)
    for left_out in training:
        model = table(of_parts(all_names, set(training) - {left_out}))
        for form in calibration(of_parts(all_names, [left_out])):
            by_length[len(form)].append(surprise(form, model) / len(form))
    made = []
    for length in range(LENGTHS):
        # Neighbors lend their names where a length has few of its own.
        near = sorted(value for other in (length - 1, length, length + 1) for value in by_length[other])
        made.append(near[int(len(near) * (1 - FALSE_ALARMS))] if len(near) > 300 else math.nan)
    known = [length for length, value in enumerate(made) if not math.isnan(value)]
    return bytes(math.ceil(made[min(max(length, known[0]), known[-1])]) for length in range(LENGTHS))


def main() -> int:
    all_names = names()
    model = table(of_parts(all_names, range(PARTS - 1)))
    made = thresholds(all_names) + model
    print(f"{sum(len(n) for kinds in all_names.values() for n in kinds.values())} names, {len(made)} octets")
    print("thresholds in nats a letter:", [round(value / UNITS, 2) for value in made[:20]])
    if "--check" in sys.argv:
        return int(made != MODEL.read_bytes())
    MODEL.write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
