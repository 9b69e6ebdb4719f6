"""Patterns: which parts of a name stand in an address, in which order, with what between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Part(Enum):
    FIRST = "first"
    LAST = "last"
    MIDDLE = "middle"
    F = "f"  # initials
    L = "l"
    M = "m"


@dataclass(frozen=True, slots=True)
class Pattern:
    parts: tuple[Part, ...]
    separator: str

    @property
    def name(self) -> str:
        """Such as "first.last" or "flast"."""
        return self.separator.join(part.value for part in self.parts)


SEPARATORS: Final = ("", ".", "_", "-")


def _patterns() -> Iterator[Pattern]:
    yield from (Pattern((part,), "") for part in (Part.FIRST, Part.LAST))
    for pair in (
        (Part.FIRST, Part.LAST), (Part.LAST, Part.FIRST), (Part.F, Part.LAST), (Part.FIRST, Part.L),
        (Part.LAST, Part.F), (Part.L, Part.FIRST),
    ):  # fmt: skip
        yield from (Pattern(pair, separator) for separator in SEPARATORS)
    yield Pattern((Part.F, Part.L), "")
    for triple in ((Part.FIRST, Part.M, Part.LAST), (Part.FIRST, Part.MIDDLE, Part.LAST)):
        yield from (Pattern(triple, separator) for separator in ("", ".", "_"))
    yield Pattern((Part.F, Part.M, Part.LAST), "")
    yield Pattern((Part.F, Part.M, Part.LAST), ".")
    yield Pattern((Part.F, Part.M, Part.L), "")
    yield Pattern((Part.FIRST, Part.M), "")


PATTERNS: Final = tuple(_patterns())
BY_NAME: Final = {pattern.name: pattern for pattern in PATTERNS}
