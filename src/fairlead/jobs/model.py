"""The words of the queue."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, NewType, TypeAlias

from fairlead.kit.faults import fault_line

JobId = NewType("JobId", int)

DEFAULT_MAX_TRIES = 10


class Priority(IntEnum):
    URGENT = 0  # a person is waiting
    NORMAL = 1
    BULK = 2  # may take hours


class JobState(StrEnum):
    """See `db/migrations/0002_jobs.sql` for what may follow what."""

    WAITING = "waiting"
    RUNNING = "running"
    PARKED = "parked"


@dataclass(frozen=True)
class NewJob:
    """Work to be put in. `due_at` is business time, `payload` is what its handler needs, as JSON."""

    kind: str
    payload: dict[str, Any]
    due_at: datetime
    workspace_id: int | None = None
    priority: Priority = Priority.NORMAL
    once_key: str | None = None
    max_tries: int = DEFAULT_MAX_TRIES

    def __post_init__(self) -> None:
        require_aware(self.due_at)


@dataclass(frozen=True)
class Job:
    """A job under lease. `tries` counts the run that has just begun."""

    id: JobId
    kind: str
    payload: dict[str, Any]
    due_at: datetime
    workspace_id: int | None
    priority: Priority
    once_key: str | None
    tries: int
    max_tries: int
    lease_number: int


@dataclass(frozen=True)
class ListedJob:
    """A job as a person is shown it."""

    id: JobId
    state: JobState
    kind: str
    payload: dict[str, Any]
    workspace_id: int | None
    priority: Priority
    once_key: str | None
    due_at: datetime
    tries: int
    max_tries: int
    last_error: str | None
    parked_at: datetime | None


@dataclass(frozen=True)
class Done:
    pass


@dataclass(frozen=True)
class Postpone:
    """Not now: run again at `until` (business time), and do not count this run as a try."""

    until: datetime

    def __post_init__(self) -> None:
        require_aware(self.until)


@dataclass(frozen=True)
class Failed:
    error: str  # free of secrets, one line

    @classmethod
    def by(cls, error: BaseException) -> "Failed":
        return cls(fault_line(error))


@dataclass(frozen=True)
class Hopeless:
    """Another try would change nothing: park it at once."""

    reason: str


@dataclass(frozen=True)
class GivenBack:
    """The worker stops before the work is done; the run does not count."""


Outcome: TypeAlias = Done | Postpone | Failed | Hopeless | GivenBack


class LeaseLost(Exception):
    """This run no longer owns its job: the lease ended and another run took over. Nothing was changed."""


def require_aware(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError("a due time needs a time zone")
