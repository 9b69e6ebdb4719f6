"""What became of one message."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Phase(StrEnum):
    """How far a message had come. Only after its final dot can a server have taken it."""

    BEFORE_DATA = "before_data"
    BEFORE_FINAL_DOT = "before_final_dot"
    AFTER_FINAL_DOT = "after_final_dot"


@dataclass(frozen=True)
class Accepted:
    """The server took it. `text` is the reply without its code; it tends to hold the server's own id."""

    code: int
    text: str
    enhanced: str = ""


@dataclass(frozen=True)
class Deferred:
    """The server did not take it this time (4yz)."""

    code: int
    text: str
    phase: Phase
    enhanced: str = ""


@dataclass(frozen=True)
class Rejected:
    """The server does not take it (5yz). Code 0: it was not asked, and `text` says why it cannot take it."""

    code: int
    text: str
    phase: Phase
    enhanced: str = ""


@dataclass(frozen=True)
class Lost:
    """The connection is gone. After the final dot nobody knows whether the message was taken."""

    phase: Phase


@dataclass(frozen=True)
class Withheld:
    """The caller's own `before_data` or `before_final_dot` said no. The server did not take it."""

    phase: Phase


Outcome: TypeAlias = Accepted | Deferred | Rejected | Lost | Withheld
