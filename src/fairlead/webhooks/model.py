"""The words of webhooks."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

WebhookId = NewType("WebhookId", int)
DeliveryId = NewType("DeliveryId", int)


class WebhookStatus(StrEnum):
    ACTIVE = "active"
    DEACTIVATED = "deactivated"


class DeliveryState(StrEnum):
    """See the migration for what may follow what."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, order=True)
class Topic:
    """What a webhook is told of: a pair of the contract, 17.2."""

    object: str
    action: str


@dataclass(frozen=True)
class Webhook:
    id: WebhookId
    workspace_id: int
    member_id: int
    url: str
    topic: Topic
    name: str | None
    """The single name it was asked for by, where it was (contract 17.2, last column)."""
    status: WebhookStatus
    stopped_because: str | None
    made_at: datetime


@dataclass(frozen=True)
class Secrets:
    """What a delivery is signed with: the secret, and for a while after a rotation the one before it."""

    current: bytes = field(repr=False)
    before: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one webhook. `tries` are those that ended."""

    id: DeliveryId
    webhook_id: WebhookId
    workspace_id: int
    event: int
    topic: Topic
    at: datetime
    facts: dict[str, Any]
    tries: int
    round: int
    due_at: datetime


@dataclass(frozen=True)
class Attempt:
    """How one try ended. `status` is None where there was no answer; `problem` then says why."""

    at: datetime
    elapsed_ms: int
    status: int | None
    problem: str | None
    response: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class LoggedDelivery:
    """A delivery as a person is shown it."""

    id: DeliveryId
    webhook_id: WebhookId
    topic: Topic
    event_at: datetime
    state: DeliveryState
    tries: int
    due_at: datetime
    last_status: int | None
    changed_at: datetime


@dataclass(frozen=True)
class LoggedAttempt:
    round: int
    number: int
    attempt: Attempt
