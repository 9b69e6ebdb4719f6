"""The words of the finder."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, TypeAlias

from fairlead.finder.names import Name
from fairlead.verifier.model import SmtpStatus, UnknownReason, Verdict
from fairlead.world import World

TaskId = NewType("TaskId", int)


class TaskState(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    NOT_ENOUGH_CREDITS = "not_enough_credits"


@dataclass(frozen=True, slots=True)
class Task:
    """A search somebody started and comes back for."""

    id: TaskId
    workspace_id: int
    token: str  # 32 lower-case hex digits
    kind: str
    state: TaskState
    request: dict[str, Any]
    result: Any  # what the kind found, as JSON; None while running and without credits
    made_at: datetime
    seconds_left: float  # machine time until whoever asked gives up

    @property
    def running(self) -> bool:
        return self.state is TaskState.RUNNING


@dataclass(frozen=True, slots=True)
class Done:
    """What a task found. `charged`: those of its request keys that brought something."""

    result: Any
    charged: Sequence[str] = ()


Work: TypeAlias = Callable[[World, Task], Awaitable[Done]]
"""What a kind of task does. It may run twice, after a crash: what it changes it changes once."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A person whose address is looked for."""

    name: Name
    domain: str


@dataclass(frozen=True, slots=True)
class Found:
    """An address for a person. `probability` of 1, calibrated; `probes`: candidates a server was asked about now."""

    address: str
    verdict: Verdict
    probability: float
    probes: int = 0
    known: bool = False  # from evidence, not by a pattern

    @property
    def smtp_status(self) -> SmtpStatus:
        return self.verdict.smtp_status

    @property
    def unknown_reason(self) -> UnknownReason | None:
        return self.verdict.unknown_reason


@dataclass(frozen=True, slots=True)
class CompanyMatch:
    """A company whose name is like the one asked for. `likeness` is of 1."""

    domain: str
    name: str
    likeness: float


@dataclass(frozen=True, slots=True)
class ProfileJob:
    """An employment on a profile."""

    company: str | None
    title: str | None
    domain: str | None = None
    former: bool = False
    industry: str | None = None
    country: str | None = None  # English name
    city: str | None = None
    state: str | None = None
    founded: int | None = None
    size: str | None = None
    social: str | None = None
    specialities: tuple[str, ...] = ()
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as evidence, or a provider, shows them."""

    id: int
    first_name: str
    last_name: str
    source: str  # where it was seen: linkedIn, or the kind of source
    jobs: tuple[ProfileJob, ...] = ()
    links: tuple[str, ...] = ()  # profiles on social networks, absolute
    industry: str | None = None
    country: str | None = None  # English name
    locality: str | None = None
    skills: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    logo: str | None = None
    seen_at: datetime | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Standing:
    """What evidence says of an address beside its verdict."""

    confidence: float  # of 1: how likely mail arrives
    employed: bool | None = None  # whether its owner still works at its domain; None: nobody knows
    on_linkedin: bool = False  # its owner has a known profile there
