"""Header fields: text in any language within ASCII, folded, and nothing in it that ends a line.

Everything here gives the lines of a field, ended with CRLF. Text that holds a line break or another control character
raises `Invalid`, which names the place: it was not written by a person, or it was meant to add a header of its own.
"""

import binascii
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from fairlead.kit.refusals import Invalid
from fairlead.kit.text import has_control, split_address

WIDTH: Final = 76
LONGEST_LINE: Final = 998  # RFC 5322, section 2.1.1, without CRLF
LONGEST_TEXT: Final = 2_000
LONGEST_PLAIN_NAME: Final = 60
LONGEST_MESSAGE_ID: Final = 250

# RFC 2047, section 2: 75 octets for a word; "=?utf-8?b?" and "?=" take twelve of them.
_BASE64_OCTETS: Final = 45
_QUOTED_LENGTH: Final = 63
# RFC 2047, section 5, rule 3: what may stand for itself in a word of a phrase; rule 1 allows more, and needs no more.
_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_QUOTED_CHARACTERS: Final = {
    chr(octet): "_" if octet == 0x20 else chr(octet) if octet in _SAFE else f"={octet:02X}" for octet in range(128)
}
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_MESSAGE_ID: Final = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
_FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")


def unstructured(name: str, text: str, place: str) -> str:
    """A field whose value is text, such as Subject."""
    text = checked(text, place)
    if text.isascii() and "=?" not in text:
        line = f"{name}: {text}"
        if len(line) <= WIDTH:
            return line + "\r\n"
        folded = _folded(line)
        if folded is not None:
            return folded + "\r\n"
    words = encoded_words(text, WIDTH - len(name) - 2)
    return f"{name}: {words}\r\n"


@lru_cache(maxsize=2048)
def mailbox_field(name: str, display_name: str, address: str, place: str) -> str:
    """A field with one mailbox, such as From. Source: RFC 5322, section 3.4."""
    bare = bare_address(address, place)
    if not display_name.strip():
        return f"{name}: {bare}\r\n"
    phrase = _phrase(checked(display_name, place).strip(), WIDTH - len(name) - 2)
    last = phrase.rpartition("\r\n")[2]
    taken = len(last) + (0 if last is not phrase else len(name) + 2)
    gap = " " if taken + len(bare) + 3 <= WIDTH else "\r\n "
    return f"{name}: {phrase}{gap}<{bare}>\r\n"


def bare_address(address: str, place: str) -> str:
    """The address with its domain as an A-label. Letters outside ASCII before the @ stay (RFC 6532)."""
    try:
        local, domain = split_address(address)
    except (ValueError, UnicodeError):
        local = domain = ""
    if not domain or has_control(local):
        raise Invalid("bad_address", f"The {place} is not an e-mail address.", field=place)
    return f"{local}@{domain}"


def message_ids(name: str, ids: Sequence[str], place: str) -> str:
    """A field with message ids, each on a line of its own."""
    return f"{name}: " + "\r\n ".join(f"<{_message_id(one, place)}>" for one in ids) + "\r\n"


def url(text: str, place: str) -> str:
    """An address of the web as it may stand between angle brackets."""
    if not text.startswith(("https://", "http://")) or not text.isascii() or not text.isprintable():
        raise Invalid("bad_url", f"The {place} is not an address of the web.", field=place)
    if any(mark in text for mark in ' <>"') or len(text) > LONGEST_LINE - 2:
        raise Invalid("bad_url", f"The {place} cannot stand in a header.", field=place)
    return text


def field_name(name: str) -> str:
    if not _FIELD_NAME.fullmatch(name):
        raise Invalid("bad_header", "The name of a header is made of letters, digits and hyphens.", field="headers")
    return name


def checked(text: str, place: str) -> str:
    """`text` with tabs as blanks, if it may stand in a header."""
    if len(text) > LONGEST_TEXT:
        raise Invalid("too_long", f"The {place} is longer than {LONGEST_TEXT:,} characters.", field=place)
    text = text.replace("\t", " ")
    if has_control(text):
        raise Invalid("header_injection", f"The {place} holds a line break or a control character.", field=place)
    return text


def encoded_words(text: str, first_width: int) -> str:
    """`text` as encoded words of RFC 2047, one on a line; `first_width` is what the first line has room for."""
    as_base64 = 3 * sum(map(str.isascii, text)) < 2 * len(text)
    words: list[str] = []
    chunk = ""
    size = 0
    room = min(first_width - 12, _QUOTED_LENGTH)
    for character in text:
        length = len(character.encode()) if as_base64 else len(_quoted(character))
        limit = min(_BASE64_OCTETS, room // 4 * 3) if as_base64 else room
        if chunk and size + length > limit:
            words.append(_encoded(chunk, as_base64=as_base64))
            chunk, size, room = "", 0, _QUOTED_LENGTH
        chunk += character
        size += length
    words.append(_encoded(chunk, as_base64=as_base64))
    return "\r\n ".join(words)


def _encoded(chunk: str, *, as_base64: bool) -> str:
    if as_base64:
        return f"=?utf-8?b?{binascii.b2a_base64(chunk.encode(), newline=False).decode('ascii')}?="
    return f"=?utf-8?q?{''.join(map(_quoted, chunk))}?="


def _quoted(character: str) -> str:
    known = _QUOTED_CHARACTERS.get(character)
    return known if known is not None else "".join(f"={octet:02X}" for octet in character.encode())


def _phrase(name: str, first_width: int) -> str:
    """A display name: atoms, a quoted string, or encoded words, which never stand in quotes."""
    if name.isascii() and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        if len(quoted) <= LONGEST_PLAIN_NAME:
            return name if _ATOMS.fullmatch(name) else f'"{quoted}"'
    return encoded_words(name, first_width)


def _folded(line: str) -> str | None:
    """`line` broken before blanks (RFC 5322, section 2.2.3); None where a piece would still be too long."""
    pieces: list[str] = []
    while len(line) > WIDTH:
        # A line of blanks alone would be none, so a break comes before a blank that a word follows.
        at = _break_before(line, WIDTH)
        if at is None:
            return None
        pieces.append(line[:at])
        line = line[at:]
    pieces.append(line)
    return "\r\n".join(pieces)


def _break_before(line: str, width: int) -> int | None:
    # Behind the name of the field and its colon, some text has to stay.
    least = line.find(": ") + 3 if ": " in line[:WIDTH] and not line.startswith(" ") else 1
    for at in range(min(width, len(line) - 2), least, -1):
        if line[at] == " " and line[at + 1] != " " and line[at - 1] != " ":
            return at
    return None


def _message_id(text: str, place: str) -> str:
    bare = text.strip().removeprefix("<").removesuffix(">")
    if len(bare) > LONGEST_MESSAGE_ID or not _MESSAGE_ID.fullmatch(bare):
        raise Invalid("bad_message_id", f"The {place} is not a message id.", field=place)
    return bare
