"""Whether the tags of an HTML text close in the order they open, as a mail program has to rely on. Pure.

The standard library's parser takes the square of the time for a text that is made to; this one goes through it once.
"""

import re
from collections import Counter
from typing import Final

DEEPEST: Final = 100
_LIQUID: Final = re.compile(r"\{%.{0,2000}?%\}|\{\{.{0,2000}?\}\}", re.DOTALL)
# HTML standard, 13.1.2: elements without an end, and those whose end tag may be left out.
_VOID: Final = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
})  # fmt: skip
_MAY_END_UNSAID: Final = frozenset({
    "body", "colgroup", "dd", "dt", "head", "html", "li", "option", "p", "tbody", "td", "tfoot", "th", "thead", "tr",
})  # fmt: skip
_RAW: Final = frozenset({"script", "style", "textarea", "title"})
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)")
_REST: Final = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*')*>""")


class BadNesting(ValueError):
    """The message is half a sentence that names the line."""


def has_tags(text: str) -> bool:
    return _TAG.search(text) is not None


def check_nesting(html: str) -> None:
    """Raises `BadNesting`. What Liquid writes is not looked at."""
    # Blanked and not removed, so that lines keep their numbers; its signs of comparison are no tags.
    text = _LIQUID.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), html)
    elements = _Elements(text)
    at = 0
    while (at := text.find("<", at)) >= 0:
        at = elements.read(at)
    elements.end()


class _Elements:
    """The elements that are open while a text is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[tuple[str, int]] = []
        self._named: Counter[str] = Counter()
        self._depth = 0  # of those that have to be closed

    def read(self, at: int) -> int:
        """Takes in what begins with the `<` at `at`, and says where it ends."""
        if self._text.startswith("<!--", at):
            return self._after("-->", at, "a comment")
        match = _TAG.match(self._text, at)
        if match is None:
            return at + 1
        rest = _REST.match(self._text, match.end())
        end = rest.end() if rest else self._after(">", at, f"the tag <{match[2][:40]}")
        name = match[2].lower()
        if name in _VOID:
            return end
        if match[1]:
            self._close(name, at)
        elif self._text[end - 2] != "/":
            self._begin(name, at)
            if name in _RAW:
                return self._end_of_raw(name, end, at)
        return end

    def end(self) -> None:
        for name, at in reversed(self._open):
            if name not in _MAY_END_UNSAID:
                raise BadNesting(f"line {self._line(at)}: <{name}> is never closed")

    def _begin(self, name: str, at: int) -> None:
        self._open.append((name, at))
        self._named[name] += 1
        self._depth += name not in _MAY_END_UNSAID
        if self._depth > DEEPEST:
            raise BadNesting(f"line {self._line(at)}: more than {DEEPEST} elements are within one another")

    def _close(self, name: str, at: int) -> None:
        if not self._named[name]:
            if name in _MAY_END_UNSAID:
                return  # An end without a beginning, of an element nobody misses.
            raise BadNesting(f"line {self._line(at)}: </{name[:40]}> closes what was never opened")
        while True:
            inner, begun = self._open.pop()
            self._named[inner] -= 1
            self._depth -= inner not in _MAY_END_UNSAID
            if inner == name:
                return
            if inner not in _MAY_END_UNSAID:
                raise BadNesting(
                    f"line {self._line(at)}: </{name[:40]}> closes before <{inner[:40]}> of line {self._line(begun)}"
                    " is closed"
                )

    def _end_of_raw(self, name: str, after: int, at: int) -> int:
        """Its end tag: what is between is no HTML."""
        match = re.compile(f"</{name}", re.IGNORECASE).search(self._text, after)
        if match is None:
            raise BadNesting(f"line {self._line(at)}: <{name}> is never closed")
        return match.start()

    def _after(self, close: str, at: int, what: str) -> int:
        found = self._text.find(close, at)
        if found < 0:
            raise BadNesting(f"line {self._line(at)}: {what} is never closed")
        return found + len(close)

    def _line(self, at: int) -> int:
        return self._text.count("\n", 0, at) + 1
