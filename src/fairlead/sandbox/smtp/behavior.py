"""What a mail server does, as data: a behavior is put together from small facts, and common ones have names."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import Final, TypeAlias

from fairlead.kit.refusals import Invalid
from fairlead.sandbox.smtp.model import Point
from fairlead.sandbox.smtp.wordings import OPENSMTPD, PIPELINING, POSTFIX, Wording, wording_named


@dataclass(frozen=True)
class Says:
    """A reply in place of the usual one. One that begins with 421 also closes."""

    point: Point
    text: str  # a template as in `wordings`
    closes: bool = False
    share: float = 1.0  # of the times the point is reached
    after: int = 0  # it comes to that only after so many times in the session


@dataclass(frozen=True)
class Drops:
    """The connection is gone in place of a reply."""

    point: Point
    share: float = 1.0
    after: int = 0
    accepted: bool = False  # at the final dot: the message has been taken all the same


Event: TypeAlias = Says | Drops


@dataclass(frozen=True)
class Tarpit:
    """Errors of a session slow it down, then end it. A delivered message is forgiven all of them, RSET none."""

    free_errors: int = 10
    seconds: float = 1.0  # machine time before each reply
    most_errors: int = 20


class Pipelining(Enum):
    """What becomes of commands sent in a bunch (RFC 2920)."""

    OFFERED = "offered"
    UNANNOUNCED = "unannounced"  # it works, but EHLO does not say so
    FORBIDDEN = "forbidden"  # the session is ended


@dataclass(frozen=True)
class Behavior:
    wording: Wording = POSTFIX
    accepts_anything: bool = False
    mailboxes_full: bool = False
    greylist_wait: timedelta | None = None  # business time
    script: tuple[Event, ...] = ()
    tarpit: Tarpit | None = None
    banner_delay_seconds: float = 0.0  # machine time
    taken_delay_seconds: float = 0.0  # machine time from taking a message to the reply that says so
    pipelining: Pipelining = Pipelining.OFFERED
    recipients_at_most: int | None = None  # per transaction; None: as the wording's software has it
    one_domain: bool = False
    multiline: bool = False
    eight_bit: bool = False
    connections_at_most: int | None = None
    connections_per_client: int | None = None
    withheld: frozenset[str] = frozenset()  # EHLO keywords the software has and this server does not offer
    added: tuple[str, ...] = ()  # and the other way round, such as CHUNKING

    @property
    def offers(self) -> tuple[str, ...]:
        """EHLO keywords, STARTTLS among them even where it has become idle."""
        hidden = self.withheld | ({PIPELINING} if self.pipelining is not Pipelining.OFFERED else set())
        return tuple(keyword for keyword in (*self.wording.offers, *self.added) if keyword not in hidden)


GREYLIST_WAIT: Final = timedelta(seconds=300)  # postgrey's default
SLOW_BANNER_SECONDS: Final = 25.0
BUSY_AFTER: Final = 3
CONNECTION_CAP: Final = 2


def software(wording: Wording) -> Behavior:
    """A server of this make as it comes: it accepts known recipients and refuses unknown ones."""
    pipelining = Pipelining.FORBIDDEN if wording is OPENSMTPD else Pipelining.OFFERED
    return Behavior(wording, pipelining=pipelining)


def _saying(point: Point, text: str, *, closes: bool = False, after: int = 0) -> Callable[[Behavior], Behavior]:
    """`text` names a field of the wording."""
    return lambda base: with_event(base, Says(point, getattr(base.wording, text), closes, after=after))


def _dropping(point: Point) -> Callable[[Behavior], Behavior]:
    return lambda base: with_event(base, Drops(point))


def with_event(base: Behavior, *events: Event) -> Behavior:
    """`base`, with something more that may happen; what was scripted first comes first."""
    return replace(base, script=(*base.script, *events))


def losing(base: Behavior, share: float, *, accepted: bool) -> Behavior:
    """Connections lost after the final dot, with the message taken or not, in `share` of the cases."""
    return with_event(base, Drops(Point.FINAL_DOT, share, accepted=accepted))


def deferring(base: Behavior, share: float, point: Point = Point.RCPT) -> Behavior:
    """Temporary refusals in `share` of the cases."""
    return with_event(base, Says(point, base.wording.temporary, share=share))


_NAMED: Final[dict[str, Callable[[Behavior], Behavior]]] = {
    "reject_unknown": lambda base: base,
    "catch_all": lambda base: replace(base, accepts_anything=True),
    "greylist": lambda base: replace(base, greylist_wait=GREYLIST_WAIT),
    "blocked_banner": _saying(Point.BANNER, "blocked_banner", closes=True),
    "blocked_mail": _saying(Point.MAIL, "blocked_mail"),
    "blocked_rcpt": _saying(Point.RCPT, "blocked_rcpt"),
    "blocked_data": _saying(Point.FINAL_DOT, "blocked_data"),
    "busy_421": _saying(Point.RCPT, "busy", closes=True, after=BUSY_AFTER),
    "busy_banner": _saying(Point.BANNER, "busy", closes=True),
    "no_storage": _saying(Point.RCPT, "no_storage"),
    "tarpit": lambda base: replace(base, tarpit=Tarpit()),
    "slow_banner": lambda base: replace(base, banner_delay_seconds=SLOW_BANNER_SECONDS),
    "drop": _dropping(Point.RCPT),
    "no_pipelining": lambda base: replace(base, pipelining=Pipelining.UNANNOUNCED),
    "no_pipelining_closes": lambda base: replace(base, pipelining=Pipelining.FORBIDDEN),
    "second_rcpt_452": lambda base: replace(base, recipients_at_most=1),
    "one_domain": lambda base: replace(base, one_domain=True),
    "over_quota": lambda base: replace(base, mailboxes_full=True),
    "multiline": lambda base: replace(base, multiline=True),
    "eight_bit": lambda base: replace(base, eight_bit=True),
    "connection_cap": lambda base: replace(base, connections_at_most=CONNECTION_CAP),
    "no_smtputf8": lambda base: replace(base, withheld=frozenset(["SMTPUTF8"])),
    **{f"drop_{point}": _dropping(point) for point in Point},
    "drop_final_dot_accepted": lambda base: losing(base, 1.0, accepted=True),
}

BEHAVIOR_NAMES: Final = tuple(_NAMED)


def behavior_named(name: str, wording: str = "postfix") -> Behavior:
    """Raises `Invalid` for a name that is not among `BEHAVIOR_NAMES`, or no wording."""
    if name not in _NAMED:
        known = ", ".join(BEHAVIOR_NAMES)
        raise Invalid("unknown_behavior", f"There is no behavior {name!r}; there are {known}.", field="behavior")
    return _NAMED[name](software(wording_named(wording)))
