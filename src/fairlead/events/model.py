"""The words of the event log."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType

EventId = NewType("EventId", int)


@dataclass(frozen=True, order=True)
class Position:
    """A place in the log. What is read after it was written by transactions that ended later."""

    writer: int
    id: int


START = Position(0, 0)


@dataclass(frozen=True)
class NewEvent:
    """A fact to be recorded. `at` is business time; `kind` is declared by the room that writes it."""

    workspace_id: int | None
    kind: str
    at: datetime
    body: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("the time of an event needs a time zone")


@dataclass(frozen=True)
class Event:
    """`id` names the event for good, also outside; its place in the log is `position`."""

    position: Position
    at: datetime
    workspace_id: int | None
    kind: str
    body: dict[str, Any]

    @property
    def id(self) -> EventId:
        return EventId(self.position.id)
