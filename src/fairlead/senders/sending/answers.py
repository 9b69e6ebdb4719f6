"""What a server's answer means for the mail, and for the mailbox that sends it.

A first reading, by codes and few words; what is said about an address is judged again by who reads bounces.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from fairlead.net.smtp import Accepted, Deferred, Lost, Outcome, Phase, Rejected, Withheld

LONGEST_REPLY: Final = 500


@dataclass(frozen=True, slots=True)
class Taken:
    pass


@dataclass(frozen=True, slots=True)
class PutOff:
    """The server does not take this mail now."""

    reply: str


@dataclass(frozen=True, slots=True)
class SlowDown:
    """The server takes nothing from this mailbox for a while. `until_tomorrow`: its limit of the day is reached."""

    reply: str
    until_tomorrow: bool = False


@dataclass(frozen=True, slots=True)
class SenderRefused:
    """The server refuses the mailbox, whoever the mail is for: a person has to do something."""

    reply: str


@dataclass(frozen=True, slots=True)
class Refused:
    """This mail will not be taken. `hard`: the address is dead."""

    reason: str
    reply: str
    code: int
    hard: bool


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not sent, by no fault of anybody that could be named: the connection broke, or we held it back."""

    withheld: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """Sent or not, nobody knows."""


Meaning: TypeAlias = Taken | PutOff | SlowDown | SenderRefused | Refused | NotSent | Unknown

# RFC 3463, section 3.2, and RFC 7505 for null MX: what is said of an address that is none.
_DEAD: Final = frozenset(["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"])
_DEAD_WORDS: Final = (
    "user unknown",
    "unknown user",
    "no such user",
    "does not exist",
    "no mailbox",
    "unknown recipient",
)
# RFC 4954, section 6, and what the large providers say when it is not about the recipient.
_SENDER_CODES: Final = frozenset([530, 534, 535, 538])
_SENDER_STATUS: Final = frozenset(["5.7.8", "5.7.9", "5.7.57", "5.7.60", "5.7.139", "5.7.515", "5.7.0"])
_SENDER_WORDS: Final = ("not owned by", "sendasdenied", "send as", "authentication required", "account is disabled")
_LIMIT_WORDS: Final = ("sending limit", "quota exceeded", "submissionquotaexceeded", "too many messages", "daily limit")
_SLOW_WORDS: Final = ("too fast", "rate exceeded", "rate limit", "too many", "slow down", "closing connection")


def meaning(outcome: Outcome) -> Meaning:
    match outcome:
        case Accepted():
            return Taken()
        case Lost(Phase.AFTER_FINAL_DOT):
            return Unknown()
        case Lost():
            return NotSent(withheld=False)
        case Withheld():
            return NotSent(withheld=True)
        case Deferred(code, text, _, enhanced):
            return _deferred(code, text, enhanced)
        case Rejected(code, text, _, enhanced):
            return _rejected(code, text, enhanced)


def _deferred(code: int, text: str, enhanced: str) -> Meaning:
    words, said = text.lower(), _said(code, text)
    if any(word in words for word in _LIMIT_WORDS):
        return SlowDown(said, until_tomorrow="day" in words or "daily" in words)
    if code == 421 or any(word in words for word in _SLOW_WORDS) or (enhanced.startswith("4.7.") and code == 454):
        return SlowDown(said)
    return PutOff(said)


def _rejected(code: int, text: str, enhanced: str) -> Meaning:
    words, said = text.lower(), _said(code, text)
    if code == 0:
        return Refused("cannot_be_sent", text[:LONGEST_REPLY], 0, hard=False)
    if enhanced == "5.4.5" or any(word in words for word in _LIMIT_WORDS):
        return SlowDown(said, until_tomorrow=True)
    if code in _SENDER_CODES or enhanced in _SENDER_STATUS or any(word in words for word in _SENDER_WORDS):
        return SenderRefused(said)
    hard = enhanced in _DEAD or any(word in words for word in _DEAD_WORDS)
    return Refused("no_such_address" if hard else "refused", said, code, hard)


def _said(code: int, text: str) -> str:
    return f"{code} {' '.join(text.split())}"[:LONGEST_REPLY]
