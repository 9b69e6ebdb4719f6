"""Addresses a script of the page puts together: joined literals, character codes, base64. Nothing is executed."""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from fairlead.corpus.extraction.addresses import found_in, without_invisible

MOST_SCRIPT = 300_000
MOST_LITERAL = 400
_CODES = re.compile(
    r"fromCharCode(?:\.apply)?\s*\(\s*(?:(?:null|String|this)\s*,\s*)?\[?\s*"
    r"((?:(?:0x[0-9a-f]{1,4}|\d{1,5})\s*,?\s*){5,320})",
    re.I,
)
_BASE64 = re.compile(r"atob\s*\(\s*[\"'`]([A-Za-z0-9+/=]{8,400})[\"'`]")
_UNESCAPE = re.compile(r"(?:unescape|decodeURIComponent|decodeURI)\s*\(\s*[\"'`]([^\"'`]{6,1200})[\"'`]", re.I)
_REVERSED = re.compile(r"[\"'`]([^\"'`\s]{6,200})[\"'`]\s*\.\s*split\s*\([^)]{0,4}\)\s*\.\s*reverse\s*\(")
_ESCAPE = re.compile(r"\\(?:u\{?00([0-9a-fA-F]{2})\}?|x([0-9a-fA-F]{2}))")
_SLASH = re.compile(r"\\(.)")
_LITERAL = r"(?:\"(?:[^\"\\\n]|\\.){0,400}\"|'(?:[^'\\\n]|\\.){0,400}'|`(?:[^`\\$]|\\.){0,400}`)"
_NAME = r"[A-Za-z_$][\w$]{0,40}(?:\.[\w$]{1,40})?"
_ASSIGNED = re.compile(rf"(?:\b|\.)({_NAME})\s*[=:]\s*({_LITERAL})\s*(?=[;,\n}})]|$)")
_SUM = re.compile(rf"(?:{_LITERAL}|{_NAME})(?:\s*\+\s*(?:{_LITERAL}|{_NAME})){{1,20}}")
_TERM = re.compile(rf"{_LITERAL}|{_NAME}")
_JOINED = re.compile(rf"\[\s*({_LITERAL}(?:\s*,\s*{_LITERAL}){{1,20}})\s*\]\s*\.\s*join\s*\(\s*({_LITERAL})\s*\)")


def put_together(script: str) -> Iterator[str]:
    """Addresses that appear when the parts of a script are joined."""
    script = script[:MOST_SCRIPT]
    for text in _texts(script):
        for _, _, address in found_in(without_invisible(text)):
            yield address


def _texts(script: str) -> Iterator[str]:
    for codes in _CODES.finditer(script):
        numbers = re.findall(r"0x[0-9a-f]+|\d+", codes[1], re.I)
        yield "".join(chr(int(n, 0) if n[:2].lower() == "0x" else int(n)) for n in numbers if len(n) < 7)
    for encoded in _BASE64.finditer(script):
        try:
            yield base64.b64decode(encoded[1], validate=False).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue
    for escaped in _UNESCAPE.finditer(script):
        yield _of_html(unquote(_unescaped(escaped[1])))
    for backwards in _REVERSED.finditer(script):
        yield backwards[1][::-1]
    if "+" in script or ".join" in script:
        yield from _sums(script)
    if "\\" in script or "@" in script:
        # Literals that hold a whole address, as in the state a page hands to its scripts.
        for literal in re.finditer(_LITERAL, script):
            text = literal[0]
            if "@" in text or "0040" in text or "x40" in text:
                yield _of_html(_value(text))


def _sums(script: str) -> Iterator[str]:
    values = {name: _value(literal) for name, literal in _ASSIGNED.findall(script)}
    for total in _SUM.finditer(script):
        text = "".join(
            _value(term) if term[0] in "\"'`" else values.get(term, "\n") for term in _TERM.findall(total[0])
        )
        if "@" in text or "%40" in text or "&#" in text:
            yield _of_html(unquote(text) if "%40" in text else text)
    for parts, glue in _JOINED.findall(script):
        yield _of_html(_value(glue).join(map(_value, re.findall(_LITERAL, parts))))


def _value(literal: str) -> str:
    return _unescaped(literal[1:-1])


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    text = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    return _SLASH.sub(r"\1", text)


def _of_html(text: str) -> str:
    """Literals are often pieces of HTML: an address may stand within a tag, its entities are read."""
    if "&" in text:
        text = html.unescape(text)
    return text.replace("<", " ").replace(">", " ")
