"""The parts of a message: text, HTML, inline images, files. Each is given as its headers and body, ended with CRLF."""

import binascii
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from anyascii import anyascii

from fairlead.kit.refusals import Invalid
from fairlead.kit.text import has_control
from fairlead.senders.model import Attachment

BASE64_LINE: Final = 76
LONGEST_FILE_NAME: Final = 255
# Encoded files of this size are kept, for the same file goes to many people.
MOST_KEPT_OCTETS: Final = 1_000_000
FILES_KEPT: Final = 16
ASCII_NAME: Final = 60
SEGMENT: Final = 54

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_CONTENT_ID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,200}")
_OTHER_NAME: Final = re.compile(r'[^A-Za-z0-9 !#$&()+,.=@\[\]^_`{}~-]')
_NEWLINES: Final = re.compile(r"\r\n?|\n")


def text_part(subtype: str, text: str) -> bytes:
    """Text in quoted-printable, or in base64 where most of it is not ASCII."""
    if "\r" in text:
        text = _NEWLINES.sub("\n", text)
    # Half of a character, which a template can leave, is nothing UTF-8 has.
    raw = text.replace("\n", "\r\n").encode("utf-8", "replace")
    if not raw.isascii() and 3 * len(raw.translate(None, _ASCII)) > len(raw):
        encoded, how = _base64_lines(raw), b"base64"
    else:
        # With a CRLF at the end, its own line breaks are CRLF too (and blanks before it are encoded).
        encoded, how = binascii.b2a_qp(raw + b"\r\n"), b"quoted-printable"
    return b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n%b" % (
        subtype.encode(),
        how,
        encoded,
    )


def file_part(attachment: Attachment) -> bytes:
    """A file to be saved, or, with a `content_id`, one that is shown in the text."""
    media_type = attachment.media_type.strip().lower()
    # Messages and multiparts may not be encoded (RFC 2045, section 6.4): such a file is bytes like any other.
    if not _MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"
    disposition, identity = "attachment", ""
    if attachment.content_id is not None:
        if not _CONTENT_ID.fullmatch(attachment.content_id):
            raise Invalid("bad_content_id", "The content id of an attachment cannot be used.", field="attachments")
        disposition, identity = "inline", f"Content-ID: <{attachment.content_id}>\r\n"
    head = (
        f"Content-Type: {media_type}\r\n"
        f"Content-Disposition: {disposition}{file_name(attachment.name)}\r\n"
        f"{identity}Content-Transfer-Encoding: base64\r\n\r\n"
    )
    content = attachment.content
    return head.encode() + (_kept_base64(content) if len(content) <= MOST_KEPT_OCTETS else _base64_lines(content))


def multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """`parts` within one. The boundary must not occur in them: `=_` stands in neither encoding."""
    edge = boundary.encode()
    opening = b"--%b\r\n" % edge
    return (
        b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n\r\n' % (subtype.encode(), edge)
        + b"".join(opening + part for part in parts)
        + b"--%b--\r\n" % edge
    )


def file_name(name: str) -> str:
    """The name as parameters of Content-Disposition: in full, and for old readers in ASCII where that differs.

    The full one comes first, because some readers believe the first of two. Source: RFC 2231, sections 3 and 4.
    """
    name = name.strip()
    if not name or has_control(name) or "/" in name or "\\" in name or len(name.encode()) > LONGEST_FILE_NAME:
        raise Invalid("bad_file_name", "The name of an attachment cannot be used.", field="attachments")
    plain = _in_ascii(name)
    in_ascii = f';\r\n filename="{plain}"'
    return in_ascii if plain == name else _extended(name) + in_ascii


def _in_ascii(name: str) -> str:
    plain = _OTHER_NAME.sub("_", anyascii(name))
    if len(plain) > ASCII_NAME:
        stem, dot, ending = plain.rpartition(".")
        if not dot or len(ending) > 10:
            stem, ending = plain, ""
        plain = stem[: ASCII_NAME - len(ending) - 1] + (dot and "." if ending else "") + ending
    return plain.strip() or "file"


def _extended(name: str) -> str:
    encoded = "UTF-8''" + quote(name, safe="")
    if len(encoded) <= SEGMENT:
        return f";\r\n filename*={encoded}"
    segments: list[str] = []
    while encoded:
        end = min(SEGMENT, len(encoded))
        # Not within an octet.
        while end < len(encoded) and "%" in encoded[end - 2 : end]:
            end -= 1
        segments.append(encoded[:end])
        encoded = encoded[end:]
    return "".join(f";\r\n filename*{number}*={segment}" for number, segment in enumerate(segments))


@lru_cache(maxsize=FILES_KEPT)
def _kept_base64(content: bytes) -> bytes:
    return _base64_lines(content)


def _base64_lines(raw: bytes) -> bytes:
    encoded = binascii.b2a_base64(raw, newline=False)
    return b"".join(b"%b\r\n" % encoded[at : at + BASE64_LINE] for at in range(0, len(encoded), BASE64_LINE)) or b"\r\n"


_ASCII: Final = bytes(range(128))
