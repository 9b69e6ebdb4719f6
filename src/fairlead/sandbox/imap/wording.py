"""Writing the protocol's forms: strings, mailbox names, dates.

Source: RFC 3501, section 9; its section 5.1.3 for mailbox names.
"""

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from fairlead.sandbox.imap.grammar import BadSyntax

PLAIN = re.compile(rb"[\x20-\x21\x23-\x5b\x5d-\x7e]*\Z")
QUOTABLE = re.compile(rb"[\x20-\x7e]*\Z")
QUOTED_LIMIT = 1000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SHIFTED = re.compile(r"[^\x20-\x7e]+|&")


def string(value: bytes) -> bytes:
    if len(value) <= QUOTED_LIMIT:
        if PLAIN.match(value):
            return b'"' + value + b'"'
        if QUOTABLE.match(value):
            return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(value)


def nstring(value: bytes | None) -> bytes:
    return b"NIL" if value is None else string(value)


def literal(value: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(value), value)


def listed(values: Iterable[bytes]) -> bytes:
    return b"(" + b" ".join(values) + b")"


def date_time(moment: datetime) -> bytes:
    """INTERNALDATE, in UTC."""
    moment = moment.astimezone(UTC)
    day = f"{moment.day:2d}-{MONTHS[moment.month - 1]}-{moment.year:04d}"
    return f'"{day} {moment:%H:%M:%S} +0000"'.encode()


def mailbox_name(name: str) -> bytes:
    """Modified UTF-7, quoted."""

    def shift(found: re.Match[str]) -> str:
        if found[0] == "&":
            return "&-"
        packed = base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
        return f"&{packed}-"

    return string(SHIFTED.sub(shift, name).encode())


def read_mailbox_name(text: bytes) -> str:
    """Raises `BadSyntax`. Names sent as bare UTF-8, as some clients do, are taken as they are."""

    def unshift(found: re.Match[str]) -> str:
        packed = found[1].replace(",", "/")
        if not packed:
            return "&"
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode("utf-16-be")

    try:
        return re.sub(r"&([^-]*)-", unshift, text.decode())
    except ValueError as wrong:
        raise BadSyntax("the mailbox name is not modified UTF-7") from wrong
