"""The words between a session and its connection: what stands behind an address, and what a line leads to."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from fairlead.sandbox.smtp.behavior import Behavior
from fairlead.sandbox.smtp.model import Deliver, Envelope, Policy


@dataclass(frozen=True)
class MailHost:
    """What listens on one address and port."""

    name: str
    behavior: Behavior
    policy: Policy
    deliver: Deliver


class Then(Enum):
    GO_ON = "go_on"
    CLOSE = "close"
    DROP = "drop"
    START_TLS = "start_tls"


@dataclass(frozen=True, slots=True)
class Turn:
    """A step with more to it than a reply: first the envelope is delivered, then the wait, the reply, and the rest."""

    reply: bytes = b""
    then: Then = Then.GO_ON
    wait_seconds: float = 0.0
    envelope: Envelope | None = None


Step: TypeAlias = bytes | Turn


class Mode(Enum):
    """What the next bytes of the client are."""

    LINE = "line"
    BODY = "body"  # up to the final dot
    CHUNK = "chunk"  # `chunk_left` octets
