"""What is cut from a page before it is parsed, because parsing it would take without bounds.

The rules of HTML make a parser walk up all open elements for many a tag, and open formatting elements again in each
new paragraph: time and memory grow with depth times tags. Pages for people are far below these limits.
"""

import re
from collections.abc import Iterator
from itertools import accumulate
from operator import sub

MOST_BYTES = 4_000_000
# Below both, nothing bad can be nested.
HARMLESS_TAGS, HARMLESS_BYTES = 1_500, 60_000
MOST_TAGS = 120_000
DEEPEST = 500
MOST_OPEN_FORMATTING = 40
# Formatting elements opened again by paragraphs, cells and the like.
MOST_REOPENED = 1_000_000
MOST_ATTRIBUTES = 400

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>?")
_VOID_TEXT = (
    "area base br col embed hr img input link meta param source track wbr"
)
_VOID = frozenset(_VOID_TEXT.split())
# Closed by the next one of their kind.
_LOOSE_TEXT = (
    "p li td th tr tbody thead tfoot dt dd option optgroup html head body"
)
_LOOSE = frozenset(_LOOSE_TEXT.split())
_FORMATTING_TEXT = (
    "a b big code em font i nobr s small strike strong tt u"
)
_FORMATTING = frozenset(_FORMATTING_TEXT.split())


def tamed(page: str) -> str:
    """`page` up to the place where it becomes unreasonable."""
    if len(page) > MOST_BYTES:
        page = page[:MOST_BYTES]
    if len(page) < HARMLESS_BYTES and page.count("<") < HARMLESS_TAGS:
        return page
    if not _may_be_unreasonable(page):
        return page
    depth = formatting = paragraphs = 0
    for number, tag in enumerate(_TAG.finditer(page)):
        closes, name, rest = tag[1], tag[2].lower(), tag[3]
        if number > MOST_TAGS or (len(rest) > 2 * MOST_ATTRIBUTES and len(rest.split()) > MOST_ATTRIBUTES):
            return page[: tag.start()]
        if name in _VOID:
            continue
        if name in _FORMATTING:
            formatting = max(0, formatting - 1) if closes else formatting + 1
        if name in _LOOSE:
            # An endless row of them without an end is as deep as the elements they stand in.
            paragraphs += formatting
        elif closes:
            depth = max(0, depth - 1)
        elif not rest.endswith("/"):
            depth += 1
        if depth > DEEPEST or formatting > MOST_OPEN_FORMATTING or paragraphs > MOST_REOPENED:
            return page[: tag.start()]
    return page


class _Steps(dict[str, int]):
    """By the name of a tag, how much deeper one is after it. Filled as names come."""

    def __init__(self, only: frozenset[str] | None, without: frozenset[str]) -> None:
        super().__init__()
        self._only, self._without = only, without

    def __missing__(self, tag: str) -> int:
        name = tag.lstrip("/").lower()
        counts = (self._only is None or name in self._only) and name not in self._without
        step = 0 if not counts else -1 if tag[0] == "/" else 1
        if len(self) < 1_000:
            self[tag] = step
        return step


_NAMES = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*)")
_LONG_TAG = re.compile(r"<[a-zA-Z][^>]{4000}")
_DEEPER = _Steps(None, _VOID | _LOOSE)
_FORMATS = _Steps(_FORMATTING, frozenset())


def _may_be_unreasonable(page: str) -> bool:
    """A quick look that errs towards yes."""
    names = _NAMES.findall(page)
    formatting = _rise(_FORMATS, names)
    return (
        len(names) > MOST_TAGS
        or _rise(_DEEPER, names) > DEEPEST
        or formatting > MOST_OPEN_FORMATTING
        or formatting * len(names) > MOST_REOPENED
        or _LONG_TAG.search(page) is not None
    )


def _rise(steps: _Steps, names: list[str]) -> int:
    """The most by which the depth rises from any place to a later one."""
    depths = list(accumulate(map(steps.__getitem__, names), initial=0))
    rises: Iterator[int] = map(sub, depths, accumulate(depths, min))
    return max(rises)
