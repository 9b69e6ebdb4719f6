"""The word lists of the flags, one file each; lines that start with # are comments."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> frozenset[str]:
    """All words of the list `name`."""
    return frozenset(_words(name))


def _words(name: str) -> Iterator[str]:
    for line in files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            # A leading "german:" says of which group a line is, for its readers.
            yield from (word for word in line.split() if not word.endswith(":"))
