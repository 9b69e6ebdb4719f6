"""HTML as a person would read it in plain text: the text part of a mail that was written as HTML."""

import re
from dataclasses import dataclass, field
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

MOST_CHARACTERS: Final = 2_000_000

_BLOCKS: Final = frozenset({
    "address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "header", "html", "legend", "li", "main", "nav", "section", "summary", "tr",
})  # fmt: skip
# With a line left free before and after.
_PARAGRAPHS: Final = frozenset(
    {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"}
)
_UNSEEN: Final = frozenset({
    "audio", "canvas", "head", "iframe", "map", "math", "noscript", "object", "script", "style", "svg", "template",
    "title", "video",
})  # fmt: skip
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_HIDDEN: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# Shown by nobody, used to hold a preview text apart: soft hyphen, zero-width characters, combining grapheme joiner.
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u200c\u2060\ufeff"))


def plain_text(html: str) -> str:
    """The text of `html`: paragraphs apart, lists with marks, links with their address, quotations with `>`.

    Broken HTML is read as a browser does. Never ends with white space. At most `MOST_CHARACTERS` of it are read.
    """
    tree = LexborHTMLParser(html[:MOST_CHARACTERS])
    root = tree.body or tree.root
    if root is None:
        return ""
    writer = _Writer()
    # On a stack of its own: nesting may be as deep as somebody likes.
    stack: list[tuple[LexborNode, bool]] = [(root, False)]
    while stack:
        node, entered = stack.pop()
        if entered:
            writer.leave(node)
        elif writer.enter(node):
            stack.append((node, True))
            children: list[tuple[LexborNode, bool]] = []
            child = node.child
            while child is not None:
                children.append((child, False))
                child = child.next
            stack.extend(reversed(children))
    return writer.text()


@dataclass
class _List:
    number: int | None  # of the next item; None for bullets


@dataclass
class _Writer:
    """Gathers lines. Line breaks are owed until text comes, so that they neither add up nor begin or end it."""

    lines: list[str] = field(default_factory=list)
    line: str = ""
    owed: int = 0  # line ends before the next text: 1 a new line, 2 with a free one between
    space: bool = False  # a blank is owed
    pre: int = 0
    quotes: int = 0
    quotes_before: int = 0  # of the last line with text
    lists: list[_List] = field(default_factory=list)
    links: list[tuple[str, int, int]] = field(default_factory=list)  # address, and where its text begins
    cells: int = 0

    def enter(self, node: LexborNode) -> bool:
        """Whether what is within counts."""
        tag = node.tag
        if tag == "-text":
            self.say(node.text_content or "")
            return False
        if tag is None or tag.startswith(("-", "!")) or tag in _UNSEEN or _is_hidden(node):
            return False
        self._begin(tag, node)
        return True

    def _begin(self, tag: str, node: LexborNode) -> None:
        if tag == "br":
            self._end_line()
            return
        if tag in _PARAGRAPHS:
            # A list within a list continues it.
            self._owe(1 if tag in ("ul", "ol") and self.lists else 2)
        elif tag in _BLOCKS:
            self._owe(1)
        match tag:
            case "ul":
                self.lists.append(_List(None))
            case "ol":
                start = node.attributes.get("start") or "1"
                self.lists.append(_List(int(start) if start.isdecimal() and len(start) < 9 else 1))
            case "li":
                self._mark_item()
            case "blockquote":
                self.quotes += 1
            case "pre":
                self.pre += 1
            case "hr":
                self._put("-" * 20)
                self._owe(2)
            case "tr":
                self.cells = 0
            case "td" | "th":
                if self.cells:
                    self.space = True
                self.cells += 1
            case "img":
                self.say(node.attributes.get("alt") or "")
            case "a":
                self.links.append((_address(node), len(self.lines), len(self.line)))

    def leave(self, node: LexborNode) -> None:
        tag = node.tag
        match tag:
            case "ul" | "ol":
                if self.lists:
                    self.lists.pop()
            case "blockquote":
                self._owe(2)
                self._flush()
                self.quotes -= 1
            case "pre":
                self.pre -= 1
            case "a":
                self._end_link()
        if tag in _PARAGRAPHS:
            self._owe(1 if tag in ("ul", "ol") and self.lists else 2)
        elif tag in _BLOCKS:
            self._owe(1)

    def say(self, text: str) -> None:
        text = text.translate(_INVISIBLE)
        if self.pre:
            for number, line in enumerate(text.replace("\r\n", "\n").split("\n")):
                if number:
                    self._end_line()
                if line:
                    self._put(line)
            return
        text = _SPACES.sub(" ", text).replace("\u00a0", " ")
        if not text:
            return
        self.space = self.space or text[0] == " "
        words = text.strip(" ")
        if words:
            self._put(words)
            self.space = text[-1] == " "

    def text(self) -> str:
        self._flush()
        # More than one free line in a row comes of line breaks one after the other, and says nothing more.
        text = "\n".join(line.rstrip() for line in self.lines)
        return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n").rstrip()

    def _put(self, words: str) -> None:
        if self.owed:
            self._flush()
            if self.owed > 1 and self.lines:
                self.lines.append("> " * min(self.quotes, self.quotes_before))
            self.owed = 0
        if not self.line:
            self.line = "> " * self.quotes
        elif self.space and not self.line.endswith(" "):
            self.line += " "
        self.space = False
        self.line += words
        self.quotes_before = self.quotes

    def _mark_item(self) -> None:
        indent = "  " * max(0, len(self.lists) - 1)
        mark = "-"
        if self.lists and self.lists[-1].number is not None:
            mark = f"{self.lists[-1].number}."
            self.lists[-1].number += 1
        self._put(f"{indent}{mark} ")

    def _end_link(self) -> None:
        address, at_line, at = self.links.pop()
        if not address or (len(self.lines), len(self.line)) == (at_line, at):
            return
        shown = self.line[at:].strip() if len(self.lines) == at_line else ""
        if address.removeprefix("mailto:") != shown and _bare(address) != _bare(shown):
            self.space = True
            self._put(f"({address.removeprefix('mailto:')})")

    def _owe(self, ends: int) -> None:
        # Nothing is owed before the first text.
        if self.line or self.lines:
            self.owed = max(self.owed, ends)
        self.space = False

    def _end_line(self) -> None:
        if self.owed:
            self._flush()
            self.lines.extend([""] * (self.owed - 1))
            self.owed = 0
        self.lines.append(self.line)
        self.line = ""
        self.space = False

    def _flush(self) -> None:
        if self.line:
            self.lines.append(self.line)
        self.line = ""


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


def _address(node: LexborNode) -> str:
    address = _SPACES.sub("", node.attributes.get("href") or "")
    return address if address.lower().startswith(("http://", "https://", "mailto:", "tel:")) else ""


def _bare(address: str) -> str:
    return address.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
