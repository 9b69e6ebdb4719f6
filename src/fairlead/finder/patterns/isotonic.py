"""Isotonic regression: the never falling steps nearest to what was seen (pool adjacent violators)."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(slots=True)
class _Block:
    x: float  # sums
    y: float
    weight: float

    @property
    def mean(self) -> float:
        return self.y / self.weight


def fitted(pairs: Iterable[tuple[float, float]], *, fewest: int = 1) -> list[Point]:
    """Points (x, y) of never falling y that fit `pairs` best by least squares, x ascending.

    Neighbors are pooled until a point stands for at least `fewest` pairs.
    """
    blocks: list[_Block] = []
    for x, y in sorted(pairs):
        blocks.append(_Block(x, y, 1.0))
        while len(blocks) > 1 and (blocks[-2].mean >= blocks[-1].mean or blocks[-2].weight < fewest):
            last = blocks.pop()
            blocks[-1] = _Block(blocks[-1].x + last.x, blocks[-1].y + last.y, blocks[-1].weight + last.weight)
    if len(blocks) > 1 and blocks[-1].weight < fewest:
        last = blocks.pop()
        blocks[-1] = _Block(blocks[-1].x + last.x, blocks[-1].y + last.y, blocks[-1].weight + last.weight)
    return [(block.x / block.weight, block.mean) for block in blocks]


def at(points: Sequence[Point], x: float) -> float:
    """The value at `x`, in a straight line between points and level beyond the ends."""
    after = bisect_right(points, (x, float("inf")))
    if after == 0:
        return points[0][1]
    if after == len(points):
        return points[-1][1]
    (x0, y0), (x1, y1) = points[after - 1], points[after]
    return y0 if x1 == x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)
