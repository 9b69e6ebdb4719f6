"""Signatures: what the end of a letter says of who wrote it."""

import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import Final

import phonenumbers

from fairlead.corpus import positions, rules
from fairlead.corpus.contacts import Contact, is_generic, is_private_mail
from fairlead.corpus.findings import Method
from fairlead.corpus.model import Department, Level
from fairlead.kit.profiles import linkedin_profile
from fairlead.kit.text import split_address, split_name

LONGEST_LETTER: Final = 4 << 20
"""Bytes; a longer one is read to here."""
SIGNATURE_LINES: Final = 12
_LONGEST_LINE: Final = 200
_QUOTED: Final = re.compile(r"^\s*(?:>|-{3,}\s*(?:Original|Forwarded|Urspr|Message d|Mensaje)|On .{5,80} wrote:$)")
_LINK: Final = re.compile(r"(?:https?://)?(?:[\w-]+\.)*linkedin\.com/[^\s>)\"']+", re.IGNORECASE)
_ROBOTS: Final = re.compile(r"(?:no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?)", re.IGNORECASE)
_DATE_UNKNOWN: Final = datetime(2000, 1, 1, tzinfo=UTC)


def signatures_in(path: Path) -> Iterator[Contact | None]:
    """A contact for each letter of an mbox file; None for letters by robots and by nobody.

    Source: RFC 4155 for the form of the file; RFC 3676, 4.3 for the line "-- ".
    """
    for number, raw in enumerate(_letters(path), start=1):
        yield contact_of(raw, where=f"letter {number}")


def contact_of(raw: bytes, *, where: str) -> Contact | None:
    """Who wrote a letter, by its From and its signature."""
    try:
        letter = message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        sender = str(letter.get("From", ""))
        automatic = str(letter.get("Auto-Submitted", "no")).lower() != "no" or letter.get("List-Id") is not None
        lines = _last_lines(letter)
        seen_at = _date_of(letter)
    # The parser of the standard library lets through what a damaged header makes Python say.
    except Exception:
        return None
    name, address = parseaddr(sender)
    try:
        local, domain = split_address(address)
    except (ValueError, UnicodeError):
        return None
    local = local.lower()
    if automatic or _ROBOTS.search(local):
        return None
    generic = is_generic(local, domain)
    home = "" if is_private_mail(domain) else rules.registrable(domain)
    first, last = split_name(_plain_name(name))
    key = rules.name_key(first, last)
    if generic or not key or "@" in name:
        return Contact(
            method=Method.SIGNATURE, seen_at=seen_at, where=where, local=local, address_domain=domain, generic=generic
        )
    position, phone, profile = _read(lines, name_key=key)
    return Contact(
        method=Method.SIGNATURE,
        seen_at=seen_at,
        where=where,
        local=local,
        address_domain=domain,
        home=home,
        key=key if home else f"{local}@{domain}",
        first_name=first,
        last_name=last,
        position=position,
        employer=home or None,
        profile=profile,
        phones=(phone,) if phone else (),
    )


def _letters(path: Path) -> Iterator[bytes]:
    """The letters of an mbox file, each up to `LONGEST_LETTER`, one in memory at a time."""
    lines: list[bytes] = []
    size = 0
    blank = True
    with path.open("rb") as file:
        while line := file.readline(1 << 16):
            if blank and line.startswith(b"From "):
                if lines:
                    yield b"".join(lines)
                lines, size = [], 0
            elif size < LONGEST_LETTER:
                lines.append(line)
                size += len(line)
            blank = line in (b"\n", b"\r\n")
    if lines:
        yield b"".join(lines)


def _last_lines(letter: EmailMessage) -> list[str]:
    """The lines of the signature: after "-- ", else the last ones the writer wrote."""
    part = letter.get_body(preferencelist=("plain",))
    if part is None:
        return []
    text = part.get_content()
    own: list[str] = []
    for line in str(text).splitlines():
        if line.rstrip() == "--" or line == "-- ":
            own.append("-- ")
            continue
        if _QUOTED.match(line):
            break
        own.append(line.strip()[:_LONGEST_LINE])
    if "-- " in own:
        own = own[len(own) - own[::-1].index("-- ") :]
    return [line for line in own if line][-SIGNATURE_LINES:]


def _read(lines: list[str], *, name_key: str) -> tuple[str | None, str | None, str | None]:
    """(position, phone, LinkedIn profile). The position stands below the name, or beside it."""
    position = phone = profile = None
    below = False
    for line in lines:
        if profile is None and (found := _LINK.search(line)):
            profile = linkedin_profile(found[0])
        if phone is None:
            phone = _phone(line)
        key = rules.folded(line)
        if name_key in key:
            below = True
            rest = re.split(r"\s*[|,–—-]\s+", line, maxsplit=1)
            if len(rest) == 2 and _is_position(rest[1]):
                position = position or rest[1].strip()
        elif below and position is None and _is_position(line):
            position = re.split(r"\s+[|•–—]\s+|\s+@\s+|\s+at\s+", line)[0].strip()
    return position, phone, profile


def _is_position(line: str) -> bool:
    words = line.split()
    if not 1 <= len(words) <= 8 or any(char.isdigit() for char in line) or "@" in line or "://" in line:
        return False
    return positions.level(line) is not Level.STAFF or positions.department(line) is not Department.OTHER


def _phone(line: str) -> str | None:
    for match in phonenumbers.PhoneNumberMatcher(line, None):
        return str(phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164))
    return None


def _plain_name(name: str) -> str:
    text = " ".join(name.replace('"', " ").split())
    last, comma, first = text.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() else text


def _date_of(letter: EmailMessage) -> datetime:
    try:
        moment = parsedate_to_datetime(str(letter.get("Date", "")))
    except (ValueError, TypeError):
        return _DATE_UNKNOWN
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
