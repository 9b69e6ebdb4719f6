"""Puts the pixel and the counting links into the HTML of a letter, and leaves every other character as it was."""

import html
import re
from collections.abc import Callable

from fairlead.campaigns.tracking.links import Links, is_web_address

# What a link may not be looked for in: a comment, or text that browsers do not parse.
_SKIPPED = re.compile(
    r"<!--.*?(?:-->|\Z)|<(style|script|title|textarea)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"""<(?:a|area)\b(?:[^>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s"'<>/=]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'=<>`]+)))?"""
)
_BODY_END = re.compile(r"</body\s*>(?!.*</body\s*>)", re.IGNORECASE | re.DOTALL)
_BLANKS = re.compile(r"[\t\r\n]")
PIXEL = '<img src="{}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'


def instrument(letter: str, *, token: str, links: Links, opens: bool, clicks: bool) -> str:
    """The HTML with counted links (`clicks`) and a pixel (`opens`).

    Only an `href` of http or https is rewritten, and never the way to unsubscribe; a link marked with
    `data-track="off"` stays too. Links of a signature are not seen here: it is put under the letter when it is sent.
    """
    if clicks:
        letter = _counted(letter, token, links)
    if opens:
        letter = _with_pixel(letter, PIXEL.format(links.pixel(token)))
    return letter


def targets(letter: str) -> list[str]:
    """The web addresses that clicks would be counted on, in order."""
    found: list[str] = []

    def note(target: str) -> None:
        found.append(target)

    _each_link(letter, note)
    return found


def _counted(letter: str, token: str, links: Links) -> str:
    number = 0
    own = f"{links.base_url}/u/"

    def counted(target: str) -> str | None:
        nonlocal number
        if target.startswith(own):
            return None
        number += 1
        try:
            return links.click(token, number, target)
        except ValueError:
            return None

    return _each_link(letter, counted)


def _each_link(letter: str, change: Callable[[str], str | None]) -> str:
    parts, done = [], 0
    for skipped in (*_SKIPPED.finditer(letter), None):
        end = skipped.start() if skipped else len(letter)
        if end >= done:
            parts.append(_TAG.sub(lambda tag: _changed(tag.group(), change), letter[done:end]))
        if skipped:
            parts.append(letter[max(done, skipped.start()) : skipped.end()])
            done = skipped.end()
    return "".join(parts)


def _changed(tag: str, change: Callable[[str], str | None]) -> str:
    href = None
    name_end = re.match(r"<\w+", tag)
    start = name_end.end() if name_end else 1
    for attribute in _ATTRIBUTE.finditer(tag, start):
        name, value = attribute["name"].lower(), _value(attribute)
        if name == "data-track" and value is not None and value.strip().lower() == "off":
            return tag
        # Of a repeated attribute the first counts (HTML, section 13.2.5.33).
        if name == "href" and href is None:
            href = attribute
    if href is None or (raw := _value(href)) is None:
        return tag
    # As a browser reads it: entities resolved, blanks at the ends and line breaks within dropped (URL standard, 4.4).
    target = _BLANKS.sub("", html.unescape(raw)).strip()
    if not is_web_address(target):
        return tag
    address = change(target)
    if address is None:
        return tag
    return f'{tag[: href.start()]}href="{html.escape(address)}"{tag[href.end() :]}'


def _value(attribute: re.Match[str]) -> str | None:
    for form in ("double", "single", "bare"):
        if (found := attribute[form]) is not None:
            return found
    return None


def _with_pixel(letter: str, pixel: str) -> str:
    end = _BODY_END.search(letter)
    return letter + pixel if end is None else letter[: end.start()] + pixel + letter[end.start() :]
