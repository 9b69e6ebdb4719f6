"""From a reply to its meaning, by the table of `rules`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from fairlead.verifier.replies.model import ABOUT_THE_MAILBOX, FOR_GOOD, ReplyMeaning, Rule, Stage
from fairlead.verifier.replies.rules import TABLE

# A reply may be 100 lines of 2 kB; what it means is said at its start, and one regular expression may be slow.
LONGEST_TEXT: Final = 1000

# Addresses, host names with numbers, ids and IP addresses tell no meaning but may hold words that do ("spam@"), and
# without them the replies of one server become the same text. Of a URL the host is kept.
_PARTICULARS = re.compile(r"(?<![^\s<\[(])(?:https?://([^/\s:>]++)\S*+|[^\s@\d<\[(]*+[@\d][^\s>\])]*+)")
# qmail and its kin put the status behind the text, in parentheses.
_STATUS = re.compile(r"(?:^#?|\(#?|\s#)(?:[245]\d\d[- ])?([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
# A reply that hands on another one's says what that one was about: policy, wherever it stands, is not the mailbox.
_POLICY_STATUS = re.compile(r"(?<![\d.])([245]\.7\.\d{1,3})(?![\d.])")


def classify(stage: Stage, code: int, enhanced: str | None, text: str) -> ReplyMeaning:
    """What the reply to a command means.

    `code` is the three-digit code, `enhanced` the status of RFC 3463 where the reply has one ("5.1.1"; looked for in
    the text otherwise), `text` the words of all lines. Whatever the text: `NO_SUCH_MAILBOX` and `MAILBOX_DISABLED` are
    answered for 5xx in reply to RCPT TO or the message alone. Never raises.
    """
    if 200 <= code < 400:
        return ReplyMeaning.ACCEPTED
    text = text[:LONGEST_TEXT]
    found = _POLICY_STATUS.search(text) or (None if enhanced else _STATUS.search(text))
    if found and not (enhanced and enhanced[2:].startswith("7.")):
        enhanced = found.group(1)
    enhanced = enhanced or ""
    return _meaning(stage, code, enhanced[2:], plain(text))


def plain(text: str) -> str:
    """`text` in lower case, without addresses, numbers and ids, white space folded."""
    return " ".join(_PARTICULARS.sub(r"\1 ", text.lower()).split())


@dataclass(frozen=True)
class _Compiled:
    meaning: ReplyMeaning
    codes: re.Pattern[str] | None
    statuses: re.Pattern[str] | None
    text: re.Pattern[str] | None

    def matches(self, code: str, status: str, text: str) -> bool:
        return (
            (self.codes is None or self.codes.fullmatch(code) is not None)
            and (self.statuses is None or self.statuses.fullmatch(status) is not None)
            and (self.text is None or self.text.search(text) is not None)
        )


def _compiled(rules: tuple[Rule, ...]) -> Iterator[_Compiled]:
    def pattern(source: str) -> re.Pattern[str] | None:
        return re.compile(source) if source else None

    for rule in rules:
        yield _Compiled(rule.meaning, pattern(rule.codes), pattern(rule.statuses), pattern(rule.text))


_TABLE: Final = tuple(_compiled(TABLE))


# Hosts say the same few things over and over; a miss costs some 100 microseconds, a hit one.
@lru_cache(maxsize=8192)
def _meaning(stage: Stage, code: int, status: str, text: str) -> ReplyMeaning:
    digits = str(code)
    for rule in _TABLE:
        if _possible(rule.meaning, stage, code) and rule.matches(digits, status, text):
            return rule.meaning
    if code < 500:
        return ReplyMeaning.TRY_LATER if code >= 400 else ReplyMeaning.UNKNOWN
    return _REFUSED_AT.get(stage, ReplyMeaning.UNKNOWN)


# A refusal without a word is of whatever has been said so far: our address first, then our name, then the sender.
_REFUSED_AT: Final[dict[Stage, ReplyMeaning]] = {
    "banner": ReplyMeaning.BLOCKED,
    "ehlo": ReplyMeaning.BLOCKED,
    "mail": ReplyMeaning.POLICY,
    "data": ReplyMeaning.POLICY,
}


def _possible(meaning: ReplyMeaning, stage: Stage, code: int) -> bool:
    if meaning in ABOUT_THE_MAILBOX and stage not in ("rcpt", "data"):
        return False
    return meaning not in FOR_GOOD or code >= 500
