"""Reading the arguments of a command: strict, bounded, and without looking back.

Source: RFC 3501, section 9; RFC 7888 for non-synchronizing literals.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from fairlead.sandbox.mailboxes import Entry

ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
ASTRING = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')
PATTERN = re.compile(rb'[^\x00-\x20\x7f-\xff(){"\\]+')
TAG = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]+]{1,64}')
QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00]|\\["\\])*)"')
LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\r?\n")
NUMBER = re.compile(rb"\d{1,10}")
BIG_NUMBER = re.compile(rb"\d{1,20}")
FLAG = re.compile(rb'\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
SEQUENCE = re.compile(rb"(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*")
DATE = re.compile(rb"(\d{1,2})-([A-Za-z]{3})-(\d{4})")
DATE_TIME = re.compile(rb'"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
LARGEST = 0xFFFFFFFF
LIST_LIMIT = 5000


class BadSyntax(Exception):
    """The command does not follow the grammar. The sentence goes back after BAD."""


@dataclass(frozen=True)
class Numbers:
    """A sequence-set. None stands for `*`, the largest number in use."""

    ranges: tuple[tuple[int | None, int | None], ...]

    def merged(self, largest: int) -> list[tuple[int, int]]:
        """Ordered, without overlap: a set that names a message twice means it once."""
        spans = sorted(
            (min(first, last), max(first, last))
            for first, last in ((one or largest, other or largest) for one, other in self.ranges)
        )
        merged: list[tuple[int, int]] = []
        for first, last in spans:
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return merged

    def picked(self, entries: Sequence[Entry], *, by_uid: bool) -> list[tuple[int, Entry]]:
        """Message numbers with their entries. UIDs that are not there are passed over; raises for numbers."""
        if not entries:
            if by_uid:
                return []
            raise BadSyntax("the mailbox is empty")
        if not by_uid:
            spans = self.merged(len(entries))
            if spans[0][0] < 1 or spans[-1][1] > len(entries):
                raise BadSyntax("there is no message with that number")
            return [(at, entries[at - 1]) for first, last in spans for at in range(first, last + 1)]
        picked = []
        for first, last in self.merged(entries[-1].uid):
            start = bisect_left(entries, first, key=_uid)
            end = bisect_right(entries, last, key=_uid)
            picked += [(at + 1, entries[at]) for at in range(start, end)]
        return picked


def _uid(entry: Entry) -> int:
    return entry.uid


class Reader:
    """Takes a command's arguments one by one. Every method raises `BadSyntax` when it finds something else."""

    def __init__(self, command: bytes) -> None:
        self._command = command
        self._at = 0

    def _take(self, pattern: re.Pattern[bytes], what: str) -> re.Match[bytes]:
        found = pattern.match(self._command, self._at)
        if found is None:
            raise BadSyntax(f"expected {what}")
        self._at = found.end()
        return found

    def match(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        return self._take(pattern, what)[0]

    def match_or_none(self, pattern: re.Pattern[bytes]) -> bytes | None:
        return self._take(pattern, "")[0] if pattern.match(self._command, self._at) else None

    def follows(self, mark: bytes) -> bool:
        """Takes `mark` if it comes next."""
        if self._command.startswith(mark, self._at):
            self._at += len(mark)
            return True
        return False

    def sees(self, mark: bytes) -> bool:
        return self._command.startswith(mark, self._at)

    def need(self, mark: bytes) -> None:
        if not self.follows(mark):
            raise BadSyntax(f"expected {mark.decode()!r}")

    def space(self) -> None:
        if not self.follows(b" "):
            raise BadSyntax("expected a space")

    def end(self) -> None:
        if self._at != len(self._command):
            raise BadSyntax("too many arguments")

    @property
    def at_end(self) -> bool:
        return self._at == len(self._command)

    def tag(self) -> bytes:
        return self._take(TAG, "a tag")[0]

    def atom(self) -> bytes:
        return self._take(ATOM, "an atom")[0]

    def word(self) -> bytes:
        """An atom that is a keyword of the protocol, in capitals."""
        return self.atom().upper()

    def number(self) -> int:
        value = int(self._take(NUMBER, "a number")[0])
        if value > LARGEST:
            raise BadSyntax("the number is too large")
        return value

    def big_number(self) -> int:
        return int(self._take(BIG_NUMBER, "a number")[0])

    def string(self) -> bytes:
        if self.sees(b"{"):
            return self.literal()
        return re.sub(rb'\\(["\\])', rb"\1", self._take(QUOTED, "a string")[1])

    def literal(self) -> bytes:
        size = int(self._take(LITERAL, "a literal")[1])
        value = self._command[self._at : self._at + size]
        if len(value) < size:
            raise BadSyntax("the literal is too short")
        self._at += size
        return value

    def astring(self) -> bytes:
        if self.sees(b'"') or self.sees(b"{"):
            return self.string()
        return self._take(ASTRING, "a word or a string")[0]

    def pattern(self) -> bytes:
        """A mailbox name with wildcards."""
        if self.sees(b'"') or self.sees(b"{"):
            return self.string()
        return self._take(PATTERN, "a mailbox pattern")[0]

    def flag(self) -> bytes:
        return self._take(FLAG, "a flag")[0]

    def numbers(self) -> Numbers:
        text = self._take(SEQUENCE, "a set of numbers")[0]
        ranges = []
        for part in text.split(b","):
            first, _, last = part.partition(b":")
            ranges.append((_bound(first), _bound(last or first)))
        return Numbers(tuple(ranges))

    def sees_numbers(self) -> bool:
        return SEQUENCE.match(self._command, self._at) is not None

    def flags(self) -> list[bytes]:
        """In parentheses, or bare as STORE allows."""
        found: list[bytes] = []
        if self.follows(b"("):
            while not self.follows(b")"):
                if found:
                    self.space()
                found.append(self.flag())
                self._bounded(found)
            return found
        found.append(self.flag())
        while self.follows(b" "):
            found.append(self.flag())
            self._bounded(found)
        return found

    def labels(self) -> list[bytes]:
        """What follows X-GM-LABELS: flags of Gmail's own or astrings, in parentheses or one alone."""
        if not self.follows(b"("):
            return [self._label()]
        found: list[bytes] = []
        while not self.follows(b")"):
            if found:
                self.space()
            found.append(self._label())
            self._bounded(found)
        return found

    def astrings(self) -> list[bytes]:
        """In parentheses, at least one."""
        self.need(b"(")
        found = [self.astring()]
        while not self.follows(b")"):
            self.space()
            found.append(self.astring())
            self._bounded(found)
        return found

    def words(self) -> list[bytes]:
        """Keywords in parentheses, perhaps none."""
        self.need(b"(")
        found: list[bytes] = []
        while not self.follows(b")"):
            if found:
                self.space()
            found.append(self.word())
            self._bounded(found)
        return found

    def date(self) -> date:
        quoted = self.follows(b'"')
        day, month, year = self._take(DATE, "a date").groups()
        if quoted:
            self.need(b'"')
        try:
            return date(int(year), _month(month), int(day))
        except ValueError as wrong:
            raise BadSyntax("there is no such day") from wrong

    def date_time(self) -> datetime:
        day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = self._take(
            DATE_TIME, "a date and time"
        ).groups()
        away = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        try:
            zone = timezone(-away if sign == b"-" else away)
            return datetime(
                int(year), _month(month), int(day), int(hour), int(minute), int(second), tzinfo=zone
            ).astimezone(UTC)
        except (ValueError, OverflowError) as wrong:
            raise BadSyntax("there is no such time") from wrong

    def _label(self) -> bytes:
        return self.flag() if self.sees(b"\\") else self.astring()

    def _bounded(self, found: list[bytes]) -> None:
        if len(found) > LIST_LIMIT:
            raise BadSyntax("the list is too long")


def _bound(text: bytes) -> int | None:
    if text == b"*":
        return None
    value = int(text)
    if not 0 < value <= LARGEST:
        raise BadSyntax("a message number is between 1 and 4294967295")
    return value


def _month(name: bytes) -> int:
    if name.lower() not in MONTHS:
        raise BadSyntax("there is no such month")
    return MONTHS.index(name.lower()) + 1
