"""Chance that repeats itself: the same seed gives the same choices, in every process and on every machine."""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


def source(seed: int, purpose: str, key: object = "") -> random.Random:
    """A source of its own for each purpose and key, so that a choice added here changes none made elsewhere.

    Seeded by the text (`random` hashes it with SHA-512), never by `hash()`, which differs between processes.
    """
    return random.Random(f"{seed}|{purpose}|{key}")  # noqa: S311


def weighted(dice: random.Random, weights: Mapping[Thing, float]) -> Thing:
    return dice.choices(list(weights), weights=list(weights.values()))[0]


def some(dice: random.Random, things: Sequence[Thing], count: int) -> list[Thing]:
    """`count` different things at most, in random order."""
    return dice.sample(things, min(count, len(things)))


def happens(dice: random.Random, share: float) -> bool:
    return dice.random() < share


def within(dice: random.Random, low: int, high: int) -> int:
    """Both ends included. Faster than `randint`, which the making of large worlds feels."""
    return low + int(dice.random() * (high - low + 1))


def one(dice: random.Random, things: Sequence[Thing]) -> Thing:
    return things[int(dice.random() * len(things))]
