"""What the finder makes of answers. Pure."""

from typing import Final

from fairlead.finder.names import Name, Written, write_first, write_last
from fairlead.finder.patterns import Size
from fairlead.finder.patterns.model import BY_NAME, Part
from fairlead.verifier.model import Reason

# What an address stands at that evidence gives and a server accepts.
SURE: Final = 0.99
# Below this a candidate is not worth a question, nor an answer.
LEAST_ANSWERED: Final = 0.03

_ABOUT_DOMAIN: Final = frozenset(
    {Reason.NO_SUCH_DOMAIN, Reason.NULL_MX, Reason.NO_MAIL_SERVER, Reason.LOOPBACK_MX, Reason.BAD_FORMAT}
)
# Nobody answers for the domain: it may be gone. An address that evidence knows is still shown, a guess is not.
_NO_SERVER: Final = frozenset({Reason.DNS_FAILED, Reason.PRIVATE_MX, Reason.RELAY_DENIED})
# The chance that such a mailbox exists though this person has another, by the employees of the company: colleagues
# share given names often, family names seldom, both hardly ever. Estimates.
_SOMEBODY_ELSE: Final = {
    "given": {Size.UP_TO_50: 0.03, Size.UP_TO_200: 0.12, Size.UP_TO_500: 0.25, Size.MORE: 0.5, Size.UNKNOWN: 0.12},
    "family": {Size.UP_TO_50: 0.01, Size.UP_TO_200: 0.02, Size.UP_TO_500: 0.05, Size.MORE: 0.15, Size.UNKNOWN: 0.03},
    "initials": {Size.UP_TO_50: 0.1, Size.UP_TO_200: 0.3, Size.UP_TO_500: 0.5, Size.MORE: 0.8, Size.UNKNOWN: 0.3},
    "mixed": {Size.UP_TO_50: 0.002, Size.UP_TO_200: 0.006, Size.UP_TO_500: 0.015, Size.MORE: 0.05, Size.UNKNOWN: 0.01},
    "both": {Size.UP_TO_50: 0.0005, Size.UP_TO_200: 0.001, Size.UP_TO_500: 0.002, Size.MORE: 0.01, Size.UNKNOWN: 0.002},
}  # fmt: skip


def is_about_domain(reason: Reason, *, guessed: bool = False) -> bool:
    """Whether no address of the domain can be right, or none that was `guessed` is worth an answer."""
    return reason in _ABOUT_DOMAIN or (guessed and reason in _NO_SERVER)


def mailbox_is_there(reason: Reason) -> bool:
    """Whether the server knows the mailbox, though it does not take mail for it now."""
    return reason is Reason.MAILBOX_FULL


def after_rejections(probability: float, rejected: float) -> float:
    """The probability of a candidate when others, of together `rejected`, are known to be wrong."""
    return min(1.0, probability / max(1.0 - rejected, probability, 0.05))


def of_accepted(probability: float, pattern: str, size: Size) -> float:
    """The probability that a candidate is this person's when its server accepts it and refuses made-up names."""
    other = _SOMEBODY_ELSE[_sort(pattern)][size]
    return min(SURE, probability / (probability + (1 - probability) * other))


def _sort(pattern: str) -> str:
    parts = set(BY_NAME[pattern].parts)
    given, family = Part.FIRST in parts, Part.LAST in parts
    if given and family:
        return "both"
    if not given and not family:
        return "initials"
    if len(parts) > 1:
        return "mixed"
    return "given" if given else "family"


def same_person(one: Name, other: Name) -> bool:
    """Whether two names may be of one person: a family name in common, and a given one in some form."""
    if not one.last or not other.last:
        return _share(write_first(one), write_first(other))
    return _share(write_last(one), write_last(other)) and _share(write_first(one), write_first(other))


def _share(ones: tuple[Written, ...], others: tuple[Written, ...]) -> bool:
    return not {way.text for way in ones}.isdisjoint(way.text for way in others)
