"""Spintax: `{Hi|Hello|Good morning}` says one of these, another to each recipient. May be nested.

It becomes tags of the template, so that variables and conditions work inside it and a text is compiled once. What is
Liquid, a tag or a comment of HTML, or a style sheet is left alone, and braces without a `|` are braces.
"""

import re
from typing import Final

DEEPEST: Final = 8
_SPIN: Final = "{% spin %}"
_OR: Final = "{% orspin %}"
_END: Final = "{% endspin %}"
_LIQUID: Final = (
    r"\{%-?\s*(?P<whole>raw|comment)\s*-?%\}.*?(?:\{%-?\s*end(?P=whole)\s*-?%\}|\Z)"
    r"|\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\}"
)
_HTML: Final = (
    r"|<!--.*?(?:-->|\Z)|<(?P<raw>style|script)\b.*?(?:</(?P=raw)\s*>|\Z)"
    r"|</?[a-zA-Z](?:[^<>{}]|\{\{[^{}]*\}\}|\{%[^{}%]*%\})*>"
)
_TEXT_TOKEN: Final = re.compile(rf"{_LIQUID}|[{{|}}]", re.DOTALL)
_HTML_TOKEN: Final = re.compile(rf"{_LIQUID}{_HTML}|[{{|}}]", re.DOTALL | re.IGNORECASE)


class TooDeep(ValueError):
    """`line` is where."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} nests {{a|b}} more than {DEEPEST} deep")
        self.line = line


def as_tags(source: str, *, html: bool) -> str:
    """`source` with its spintax as `spin` tags. Raises `TooDeep`."""
    if "|" not in source or "{" not in source:
        return source
    # Of each group that is open: where its text begins in `parts`, and where its choices are parted.
    parts: list[str] = []
    open_groups: list[tuple[int, list[int]]] = []
    at = 0
    for match in (_HTML_TOKEN if html else _TEXT_TOKEN).finditer(source):
        parts.append(source[at : match.start()])
        at = match.end()
        found = match[0]
        parts.append(found)
        if found == "{":
            open_groups.append((len(parts) - 1, []))
            if len(open_groups) > DEEPEST:
                raise TooDeep(source.count("\n", 0, match.start()) + 1)
        elif found == "|" and open_groups:
            open_groups[-1][1].append(len(parts) - 1)
        elif found == "}" and open_groups:
            begin, bars = open_groups.pop()
            if bars:
                parts[begin], parts[-1] = _SPIN, _END
                for bar in bars:
                    parts[bar] = _OR
    parts.append(source[at:])
    return "".join(parts)
