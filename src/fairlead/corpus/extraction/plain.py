"""The addresses of a simple page without parsing it: those in links and in text, where nothing is hidden or written
oddly. It answers only where a parse would say the same, and leaves the others to it."""

import re
from collections.abc import Callable
from html import unescape

from fairlead.corpus.extraction.addresses import found_in, of_mailto, without_invisible
from fairlead.corpus.extraction.document import hides
from fairlead.corpus.extraction.prefilter import AT, Sign
from fairlead.corpus.findings import Method

# Signs that say nothing of how addresses are written.
_HARMLESS = Sign.AUTHOR | Sign.HCARD
MOST_BYTES = 60_000
# Beyond the text of the page.
_CUT = re.compile(
    rb"<!--.*?-->|<(script|style|noscript|template|select|textarea|iframe|svg)\b[^>]*>.*?</\1\s*>", re.S | re.I
)
_ODD = re.compile(rb"<(?:!--|script|style|noscript|template|select|textarea|iframe|svg|plaintext|xmp)", re.I)
_STYLED = re.compile(rb"""\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.I)
_SHEET = re.compile(rb"<style[^>]*>(.*?)</style", re.S | re.I)
_NAME = re.compile(rb"[.#]([A-Za-z_][\w-]*)")
_MAILTO = re.compile(
    rb"""<(?:a|area)\s(?:[^>]*?\s)?href\s*=\s*(?:"(mailto:[^">]*)"|'(mailto:[^'>]*)'|(mailto:[^\s>"']+))""", re.I
)
_TAG = re.compile(rb"</?([a-z][a-z0-9]*)[^<>]*>", re.I)
_TAG_BEFORE = re.compile(rb"</?([a-z][a-z0-9]*)[^<>]*>$", re.I)
_BLOCKS = frozenset(
    b"p div td th tr li ul ol dl dt dd h1 h2 h3 h4 h5 h6 br hr table section article header footer nav main aside form "
    b"address blockquote pre figure figcaption option button label tbody body fieldset details summary".split()
)
FARTHEST = 400


def plain_addresses(
    html: bytes, low: bytes, found: int, is_own: Callable[[str], bool]
) -> list[tuple[str, Method, str]] | None:
    """(address, method, text before it) in the order of the page, or None where only a parse can tell.

    `low` is `html` in lower case, `found` its signs. The text is told of addresses that are not `is_own`.
    """
    if (found & ~_HARMLESS) != Sign.PLAIN or len(html) > MOST_BYTES or _hides(html, low):
        return None
    start = low.find(b"<body")
    if start < 0 or b"\x00" in html:
        return None
    for script in _CUT.finditer(html):
        if AT.search(low, script.start(), script.end()) and low.startswith(b"<script", script.start()):
            return None
    body = _CUT.sub(b"", html[start:])
    if _ODD.search(body):
        return None
    seen = _in_body(body, is_own)
    if seen is None:
        return None
    odd = Method.ENTITY if b"&#" in low else Method.OBFUSCATED
    return [(address, _told(address, method, low, odd), before) for address, method, before in seen]


def _told(address: str, method: Method, low: bytes, odd: Method) -> Method:
    """What is not on the page as it stands was written oddly."""
    if address.encode() in low:
        return method
    return Method.ENTITY if method is Method.MAILTO else odd


def _hides(html: bytes, low: bytes) -> bool:
    """Whether something of the page may be hidden."""
    if b" hidden" in low or b"data-e" in low or b"data-m" in low:
        return True
    if b"style=" in low and any(hides(each[1].decode("latin-1")) for each in _STYLED.finditer(html)):
        return True
    if b"<style" in low:
        for sheet in _SHEET.finditer(html):
            css = sheet[1]
            if hides(css.decode("latin-1")):
                for name in set(_NAME.findall(css)):
                    if html.count(name) > css.count(name):
                        return True
    return False


def _in_body(body: bytes, is_own: Callable[[str], bool]) -> list[tuple[str, Method, str]] | None:
    seen: list[tuple[str, Method, str]] = []
    at, done = body.find(b"@"), 0
    while at >= 0:
        if at >= done:
            opened, closed = body.rfind(b"<", 0, at), body.rfind(b">", 0, at)
            if opened > closed:
                done = body.find(b">", at) + 1
                if not done:
                    return None
                link = _MAILTO.match(body, opened, done)
                if link:
                    target = unescape((link[1] or link[2] or link[3]).decode("utf-8", "replace"))
                    seen += [(address, Method.MAILTO, "") for address in of_mailto(target)]
            else:
                done = body.find(b"<", at)
                done = len(body) if done < 0 else done
                more = _in_text(body, closed + 1, done, is_own)
                if more is None:
                    return None
                seen += more
        at = body.find(b"@", at + 1)
    return seen


def _in_text(body: bytes, start: int, end: int, is_own: Callable[[str], bool]) -> list[tuple[str, Method, str]] | None:
    """The addresses in one run of text between two tags; None where one may go on beyond them."""
    try:
        text = body[start:end].decode()
    except UnicodeDecodeError:
        return None
    if "&" in text:
        text = unescape(text)
    if not text.isascii():
        text = without_invisible(text)
    if (text.startswith("@") and _goes_on_before(body, start)) or (text.endswith("@") and _goes_on_after(body, end)):
        return None
    seen = []
    for begins, ends, address in found_in(text):
        if (begins == 0 and _goes_on_before(body, start)) or (ends >= len(text) and _goes_on_after(body, end)):
            return None
        before = "" if is_own(address) else (text[max(0, begins - 40) : begins] or _text_before(body, start))
        seen.append((address, Method.TEXT, before))
    return seen


def _goes_on_before(body: bytes, at: int) -> bool:
    """Whether text stands directly before, with nothing but inline elements in between."""
    while at > 0:
        tag = _TAG_BEFORE.search(body, max(0, body.rfind(b"<", 0, at)), at)
        if tag is None:
            return not body[at - 1 : at].isspace()
        if tag[1].lower() in _BLOCKS:
            return False
        at = tag.start()
    return False


def _goes_on_after(body: bytes, at: int) -> bool:
    while at < len(body):
        tag = _TAG.match(body, at)
        if tag is None:
            return not body[at : at + 1].isspace()
        if tag[1].lower() in _BLOCKS:
            return False
        at = tag.end()
    return False


def _text_before(body: bytes, at: int) -> str:
    before = body[max(0, at - FARTHEST) : at]
    before = before[before.find(b">") + 1 :] if b"<" in before else before
    text = _TAG.sub(lambda tag: b" " if tag[1].lower() in _BLOCKS else b"", before)
    return unescape(text.decode("utf-8", "replace"))[-40:]
