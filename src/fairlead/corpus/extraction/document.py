"""A parsed page without what a person does not see, as lines of text with what stands in them."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

# Put in front of the tags of blocks before parsing, so that the text of a page falls into lines without a walk over
# its elements. A form feed is white space to a parser of HTML, and stands in no page.
BREAK = "\f"
_BLOCK = re.compile(
    r"<(?=/?(?:p|div|td|th|tr|li|ul|ol|dl|dt|dd|h[1-6]|br|hr|table|section|article|header|footer|nav|main|aside|form|"
    r"address|blockquote|pre|figure|figcaption|option|button|label|tbody|script|body|fieldset|details|summary)[\s>/])",
    re.I,
)
_HIDING = (
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:left|top|right|text-indent)\s*:\s*-\d{3,}|font-size\s*:\s*0(?![.\d])"
    r"|opacity\s*:\s*0(?![.\d])|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%|"
    r"(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*;[^}]*overflow\s*:\s*hidden"
)
HIDDEN_STYLE = re.compile(_HIDING, re.I)
_CLASS_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{1,2000})\}")
_CLASS = re.compile(r"[.#][A-Za-z_][\w-]*$")
_MEDIA = re.compile(r"@(?:media|supports|keyframes|-webkit-keyframes|font-face)[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
MOST_HIDDEN = 200


@dataclass
class Line:
    # As read, parts joined.
    text: str = ""
    # Text between tags, stripped, without the empty ones.
    parts: list[str] = field(default_factory=list)
    heading: bool = False
    links: list[str] = field(default_factory=list)
    # Texts instead of pictures.
    pictured: list[str] = field(default_factory=list)
    encoded: list[str] = field(default_factory=list)  # of Cloudflare
    footer: bool = False

    @property
    def candidates(self) -> list[str]:
        """What may be a name or a position: the first parts, and the whole where its parts are words of one text."""
        if len(self.parts) < 2:
            return [self.text]
        whole = [self.text] if " ".join(self.parts[:6]) == self.text else []
        return [*self.parts[:3], *whole]


# A page repeats its styles.
@lru_cache(maxsize=5_000)
def hides(style: str) -> bool:
    """Whether an element of this style, or what these rules of a sheet name, is not shown."""
    return HIDDEN_STYLE.search(style) is not None


def parsed(page: str) -> LexborHTMLParser:
    return LexborHTMLParser(_BLOCK.sub(BREAK + "<", page))


def hide_hidden(tree: LexborHTMLParser, low: str) -> None:
    """Takes out what is not shown: traps stand there. What a style sheet of its own file hides stays.

    `low` is the page in lower case.
    """
    root = tree.root
    if root is None:
        return
    hidden: list[LexborNode] = []
    if " hidden" in low or "<template" in low:
        hidden += root.css("[hidden], template")[:MOST_HIDDEN]
    if "style=" in low or "style =" in low:
        for node in root.css("[style]")[:5_000]:
            style = node.attributes.get("style")
            if style and hides(style):
                hidden.append(node)
    if "<style" in low:
        for selector in _hiding_selectors(tree):
            hidden += root.css(selector)[:MOST_HIDDEN]
    for node in hidden:
        if node.tag not in ("body", "html", "head"):
            # Emptied rather than taken out: a node may stand within another one of the list.
            _blank(node)


def _blank(node: LexborNode) -> None:
    node.inner_html = ""
    for name in ("href", "data-cfemail", "content", "data-user", "src", "onclick"):
        if name in node.attributes:
            del node.attrs[name]


def _hiding_selectors(tree: LexborHTMLParser) -> set[str]:
    found: set[str] = set()
    for sheet in tree.css("style")[:20]:
        css = (sheet.text() or "")[:100_000]
        if not hides(css):
            continue
        for names, rules in _CLASS_RULE.findall(_MEDIA.sub("", css)):
            if hides(rules) and "opacity" not in rules:
                for name in names.split(","):
                    name = name.strip()
                    if _CLASS.fullmatch(name):
                        found.add(name)
    return set(sorted(found)[:50])


_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "dt", "th"})
_SKIPPED = ["script", "style", "noscript", "template", "select", "textarea", "iframe", "svg"]


def lines_of(tree: LexborHTMLParser) -> list[Line]:
    """The lines of the body. Scripts, styles and the like are taken out of the tree."""
    tree.strip_tags(_SKIPPED)
    body = tree.body
    if body is None:
        return []
    lines: list[Line] = []
    line = Line()
    raw: list[str] = []
    footer = False

    def end() -> None:
        nonlocal line, raw
        text = " ".join("".join(raw).split()) if raw else ""
        if text or line.links or line.pictured or line.encoded:
            line.text = text
            lines.append(line)
            line = Line(footer=footer)
        raw = []

    for node in body.traverse(include_text=True):
        if node.is_text_node:
            pieces = (node.text_content or "").split(BREAK)
            for number, piece in enumerate(pieces):
                if number:
                    end()
                if words := piece.split():
                    raw.append(piece)
                    line.parts.append(" ".join(words))
                elif piece and raw:
                    raw.append(" ")
            continue
        tag = node.tag
        if tag == "a":
            attributes = node.attributes
            href = attributes.get("href")
            if href:
                line.links.append(href)
            if code := attributes.get("data-cfemail"):
                line.encoded.append(code)
        elif tag in _HEADINGS:
            line.heading = True
        elif tag == "img":
            if alt := node.attributes.get("alt"):
                line.pictured.append(alt)
        elif tag == "footer":
            end()
            footer = True
            line.footer = True
        elif tag == "span" and (code := node.attributes.get("data-cfemail")):
            line.encoded.append(code)
    end()
    return lines


def text_of(tree: LexborHTMLParser) -> str:
    """The text of the body, blocks divided by `BREAK`. Scripts, styles and the like are taken out of the tree."""
    tree.strip_tags(_SKIPPED)
    body = tree.body
    return body.text(deep=True, separator="") or "" if body is not None else ""
