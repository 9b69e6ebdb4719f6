"""SEARCH: the criteria read into one test that every message passes or fails.

Source: RFC 3501, section 6.4.4. Gmail's X-GM-RAW knows the operators that clients use.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import parsedate_to_datetime
from typing import TypeAlias

from fairlead.sandbox.imap.grammar import BadSyntax, Numbers, Reader
from fairlead.sandbox.imap.structure import Part, decoded, taken_apart
from fairlead.sandbox.imap.wording import read_mailbox_name
from fairlead.sandbox.mailboxes import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, Entry, Mailbox, Message

DEPTH_LIMIT = 20
KEYS_LIMIT = 500
CHARSETS = (b"UTF-8", b"US-ASCII")
FLAG_KEYS = {
    b"ANSWERED": ANSWERED,
    b"DELETED": DELETED,
    b"DRAFT": DRAFT,
    b"FLAGGED": FLAGGED,
    b"SEEN": SEEN,
}
ADDRESS_KEYS = (b"BCC", b"CC", b"FROM", b"SUBJECT", b"TO")
RAW_TERM = re.compile(r'(-?)(?:(\w+):)?(?:"([^"]*)"|(\S+))')


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message as a search sees it."""

    number: int
    entry: Entry
    recent: bool

    @property
    def message(self) -> Message:
        return self.entry.message


Test: TypeAlias = Callable[[Candidate], bool]


class UnknownCharset(Exception):
    pass


@dataclass
class _Criteria:
    """Reads criteria for one session's view of one folder."""

    reader: Reader
    mailbox: Mailbox
    entries: Sequence[Entry]
    keys: int = 0

    def all(self, depth: int) -> Test:
        tests = [self.one(depth)]
        while self.reader.follows(b" "):
            tests.append(self.one(depth))
        return tests[0] if len(tests) == 1 else lambda candidate: all(test(candidate) for test in tests)

    def one(self, depth: int) -> Test:
        self.keys += 1
        if depth > DEPTH_LIMIT or self.keys > KEYS_LIMIT:
            raise BadSyntax("the search is too complex")
        reader = self.reader
        if reader.follows(b"("):
            inside = self.all(depth + 1)
            reader.need(b")")
            return inside
        if reader.sees_numbers():
            return self._among(reader.numbers(), by_uid=False)
        key = reader.word()
        if key == b"NOT":
            reader.space()
            negated = self.one(depth + 1)
            return lambda candidate: not negated(candidate)
        if key == b"OR":
            reader.space()
            first = self.one(depth + 1)
            reader.space()
            second = self.one(depth + 1)
            return lambda candidate: first(candidate) or second(candidate)
        return self._plain(key) or self._with_argument(key)

    def _plain(self, key: bytes) -> Test | None:
        if key == b"ALL":
            return lambda candidate: True
        if key in FLAG_KEYS:
            return _flagged(FLAG_KEYS[key])
        if key[:2] == b"UN" and key[2:] in FLAG_KEYS:
            return _unflagged(FLAG_KEYS[key[2:]])
        if key == b"RECENT":
            return lambda candidate: candidate.recent
        if key == b"OLD":
            return lambda candidate: not candidate.recent
        if key == b"NEW":
            return lambda candidate: candidate.recent and SEEN not in candidate.message.flags
        return None

    def _with_argument(self, key: bytes) -> Test:
        reader = self.reader
        reader.space()
        if key in ADDRESS_KEYS:
            return _field_has(key, _folded(reader.astring()))
        match key:
            case b"HEADER":
                name = reader.astring()
                reader.space()
                return _field_has(name, _folded(reader.astring()))
            case b"BODY":
                return _text_has(_folded(reader.astring()), header=False)
            case b"TEXT":
                return _text_has(_folded(reader.astring()), header=True)
            case b"KEYWORD":
                return _flagged(reader.flag())
            case b"UNKEYWORD":
                return _unflagged(reader.flag())
            case b"LARGER":
                smallest = reader.number()
                return lambda candidate: candidate.message.size > smallest
            case b"SMALLER":
                largest = reader.number()
                return lambda candidate: candidate.message.size < largest
            case b"UID":
                return self._among(reader.numbers(), by_uid=True)
            case b"BEFORE" | b"ON" | b"SINCE":
                return _dated(key, reader.date(), lambda message: message.received.astimezone(UTC).date())
            case b"SENTBEFORE" | b"SENTON" | b"SENTSINCE":
                return _dated(key[4:], reader.date(), _sent_on)
            case _ if self.mailbox.gmail and key.startswith(b"X-GM-"):
                return self._gmail(key)
            case _:
                raise BadSyntax("unknown search key")

    def _gmail(self, key: bytes) -> Test:
        reader = self.reader
        match key:
            case b"X-GM-MSGID":
                number = reader.big_number()
                return lambda candidate: candidate.message.number == number
            case b"X-GM-THRID":
                thread = reader.big_number()
                return lambda candidate: candidate.message.thread == thread
            case b"X-GM-LABELS":
                return self._labeled(read_mailbox_name(reader.labels()[0]))
            case b"X-GM-RAW":
                return self._raw(reader.astring().decode("utf-8", "replace"))
            case _:
                raise BadSyntax("unknown search key")

    def _raw(self, query: str) -> Test:
        tests = []
        for minus, operator, quoted, word in RAW_TERM.findall(query)[:KEYS_LIMIT]:
            test = self._raw_term(operator.lower(), quoted or word)
            tests.append((lambda candidate, test=test: not test(candidate)) if minus else test)
        return lambda candidate: all(test(candidate) for test in tests)

    def _raw_term(self, operator: str, value: str) -> Test:
        if operator == "rfc822msgid":
            wanted = value.strip("<>").encode()
            return lambda candidate: (candidate.message.message_id or b"").strip(b"<>") == wanted
        if operator in ("from", "to", "cc", "bcc", "subject"):
            return _field_has(operator.encode(), value.casefold())
        if operator in ("in", "label"):
            return self._labeled(value if operator == "label" else f"\\{value}")
        if operator == "is":
            tests = {"read": _flagged(SEEN), "unread": _unflagged(SEEN), "starred": _flagged(FLAGGED)}
            return tests.get(value.lower(), lambda candidate: False)
        return _text_has((f"{operator}:{value}" if operator else value).casefold(), header=True)

    def _labeled(self, label: str) -> Test:
        wanted = label.casefold()
        return lambda candidate: any(wanted == held.casefold() for held in self.mailbox.labels(candidate.message))

    def _among(self, numbers: Numbers, *, by_uid: bool) -> Test:
        picked = {entry.uid for _, entry in numbers.picked(self.entries, by_uid=by_uid)}
        return lambda candidate: candidate.entry.uid in picked


def read_search(reader: Reader, mailbox: Mailbox, entries: Sequence[Entry]) -> Test:
    """Raises `BadSyntax` and `UnknownCharset`."""
    if reader.follows(b"CHARSET ") or reader.follows(b"charset "):
        if reader.astring().upper() not in CHARSETS:
            raise UnknownCharset
        reader.space()
    test = _Criteria(reader, mailbox, entries).all(0)
    reader.end()
    return test


def _flagged(flag: bytes) -> Test:
    wanted = flag.lower()
    return lambda candidate: any(held.lower() == wanted for held in candidate.message.flags)


def _unflagged(flag: bytes) -> Test:
    flagged = _flagged(flag)
    return lambda candidate: not flagged(candidate)


def _folded(text: bytes) -> str:
    return text.decode("utf-8", "replace").casefold()


def _field_has(name: bytes, wanted: str) -> Test:
    """A field that is there, when nothing is wanted of its value."""
    name = name.lower()
    plain = wanted.encode()

    def test(candidate: Candidate) -> bool:
        values = candidate.message.header(name)
        return any(plain in value.lower() for value in values) or any(
            wanted in decoded_words(value).casefold() for value in values if b"=?" in value or not value.isascii()
        )

    return test


def _text_has(wanted: str, *, header: bool) -> Test:
    def test(candidate: Candidate) -> bool:
        raw = candidate.message.raw
        whole = taken_apart(raw)
        if header and (wanted in _folded(whole.header) or wanted in decoded_words(whole.header).casefold()):
            return True
        return _part_has(whole, wanted)

    return test


def _part_has(part: Part, wanted: str) -> bool:
    if part.children:
        return any(_part_has(child, wanted) for child in part.children)
    if part.message is not None:
        return _part_has(part.message, wanted)
    return part.type == b"text" and wanted in part.text().casefold()


def _dated(key: bytes, wanted: date, day_of: Callable[[Message], date | None]) -> Test:
    def test(candidate: Candidate) -> bool:
        day = day_of(candidate.message)
        if day is None:
            return False
        return day < wanted if key == b"BEFORE" else day >= wanted if key == b"SINCE" else day == wanted

    return test


def _sent_on(message: Message) -> date | None:
    """The day in the Date field's own zone (RFC 3501, 6.4.4: disregarding time and timezone)."""
    for value in message.header(b"date"):
        try:
            return parsedate_to_datetime(value.decode("latin-1")).date()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return None


def decoded_words(value: bytes) -> str:
    """Text of a header, its encoded words read (RFC 2047). Broken ones stay as they are."""
    text = value.decode("utf-8", "replace")
    if "=?" not in text:
        return text
    try:
        return "".join(
            decoded(piece, charset or "latin-1") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(text)
        )
    except (HeaderParseError, LookupError, ValueError):
        return text
