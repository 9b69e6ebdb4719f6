"""From the model's own probability to one that comes true that often.

The table is made by `scripts/calibrate_finder.py` and depends on how many people of the domain are known: the model is
too sure of itself in the middle, and most where it knows little.
"""

import json
from functools import lru_cache
from importlib.resources import files
from typing import Final

from fairlead.finder.patterns.isotonic import Point, at

TABLE: Final = "calibration.json"
# People known, from which on a curve holds until the next.
GROUPS: Final = (0, 1, 2, 3, 5, 10)


def calibrated(probability: float, *, people: int) -> float:
    """The share of candidates with this raw probability that are right."""
    return at(_curves()[group_of(people)], probability)


def group_of(people: int) -> int:
    return max(group for group in GROUPS if group <= people)


@lru_cache(maxsize=1)
def _curves() -> dict[int, tuple[Point, ...]]:
    table = json.loads(files("fairlead.finder.patterns").joinpath(TABLE).read_text("utf-8"))
    return {int(people): tuple((x, y) for x, y in points) for people, points in table["curves"].items()}
