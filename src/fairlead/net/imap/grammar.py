"""Responses as values, and values as arguments of commands. Source: RFC 3501, section 9."""

import base64
import re
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from fairlead.net.imap.errors import ImapGone
from fairlead.net.imap.wire import Response

Value: TypeAlias = Any
"""bytes for atoms and strings, None for NIL, lists of these."""

DEEPEST: Final = 60

# An atom goes on through brackets, which may hold blanks and parentheses: BODY[HEADER.FIELDS (TO)]<0>.
_ATOM: Final = re.compile(rb'(?:[^\s()\[\]"]+|\[[^\]]*\])+')
_QUOTED: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)
_PLAIN: Final = re.compile(rb"[\x20\x21\x23-\x5b\x5d-\x7e]*")


def values(response: Response, start: int = 0) -> list[Value]:
    """What stands in a response, from the octet `start` of its line. Raises `ImapGone` (garbled)."""
    open_lists: list[list[Value]] = [[]]
    pieces = response.pieces
    for number, piece in enumerate(pieces):
        if number % 2:
            open_lists[-1].append(piece)
        else:
            _read(piece, start if number == 0 else 0, open_lists)
    if len(open_lists) != 1:
        raise ImapGone("garbled")
    return open_lists[0]


def _read(text: bytes, at: int, open_lists: list[list[Value]]) -> None:
    end = len(text)
    while at < end:
        mark = text[at : at + 1]
        if mark in b" \t":
            at += 1
        elif mark == b"(":
            if len(open_lists) > DEEPEST:
                raise ImapGone("garbled")
            inner: list[Value] = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
            at += 1
        elif mark == b")":
            if len(open_lists) == 1:
                raise ImapGone("garbled")
            open_lists.pop()
            at += 1
        elif mark == b'"':
            match = _QUOTED.match(text, at)
            if match is None:
                raise ImapGone("garbled")
            open_lists[-1].append(_ESCAPED.sub(rb"\1", match[1]))
            at = match.end()
        else:
            match = _ATOM.match(text, at)
            if match is None:
                raise ImapGone("garbled")
            open_lists[-1].append(None if match[0].upper() == b"NIL" else match[0])
            at = match.end()


def text_of(value: Value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def number_of(value: Value) -> int | None:
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) < 20 else None


def argument(value: bytes) -> bytes | None:
    """`value` as a quoted string; None where only a literal can carry it."""
    if len(value) > 1000 or not _PLAIN.fullmatch(value.replace(b"\\", b"").replace(b'"', b"")):
        return None
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def uid_set(uids: Sequence[int]) -> bytes:
    """As `1:4,7,9:12`; `uids` need not be in order."""
    runs: list[list[int]] = []
    for uid in sorted(set(uids)):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return b",".join(b"%d" % first if first == last else b"%d:%d" % (first, last) for first, last in runs)


def decoded_name(raw: bytes) -> str:
    """A folder's name from modified UTF-7 (RFC 3501, section 5.1.3), or from UTF-8, which some servers send."""
    if not raw.isascii():
        return raw.decode("utf-8", "replace")
    parts = raw.decode("ascii").split("&")
    name = parts[0]
    for part in parts[1:]:
        coded, dash, rest = part.partition("-")
        if not dash:
            return raw.decode("ascii")
        name += (_from_base64(coded) if coded else "&") + rest
    return name


def encoded_name(name: str) -> bytes:
    encoded, wide = bytearray(), ""
    for character in name + "\0":
        if "\x20" <= character <= "\x7e" or character == "\0":
            if wide:
                coded = base64.b64encode(wide.encode("utf-16-be")).rstrip(b"=").replace(b"/", b",")
                encoded += b"&" + coded + b"-"
                wide = ""
            if character != "\0":
                encoded += b"&-" if character == "&" else character.encode()
        else:
            wide += character
    return bytes(encoded)


def _from_base64(coded: str) -> str:
    padded = coded.replace(",", "/") + "=" * (-len(coded) % 4)
    try:
        return base64.b64decode(padded, validate=True).decode("utf-16-be")
    except ValueError:
        return f"&{coded}-"
