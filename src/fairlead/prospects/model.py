"""The words of prospects."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

ListId = NewType("ListId", int)
ProspectId = NewType("ProspectId", int)
ChangeId = NewType("ChangeId", int)

class FieldType(StrEnum):
    STRING = "string"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True)
class CustomField:
    id: int
    label: str
    type: FieldType
    required: bool


@dataclass(frozen=True)
class NewProspect:
    """What is known of a person to be added. None stands for not given: it overwrites nothing."""

    email: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phones: tuple[str, ...] | None = None
    country: str | None = None
    locality: str | None = None
    industry: str | None = None
    position: str | None = None
    company_name: str | None = None
    company_site: str | None = None
    social: dict[str, str] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)
    """Label of a declared custom field -> value."""


@dataclass(frozen=True)
class Added:
    """What adding a prospect to a list did."""

    prospect_id: ProspectId
    added: bool
    updated: bool


@dataclass(frozen=True)
class ListRef:
    id: ListId
    name: str


@dataclass(frozen=True)
class Prospect:
    id: ProspectId
    email: str | None
    other_emails: list[str]
    name: str
    first_name: str
    last_name: str
    phones: list[str]
    country: str | None
    locality: str | None
    industry: str | None
    position: str | None
    company_name: str | None
    company_site: str | None
    social: dict[str, str]
    custom: dict[str, str]
    source: str
    changed_at: datetime
    lists: list[ListRef]


@dataclass(frozen=True)
class ProspectList:
    id: ListId
    name: str
    contacts: int
    made_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True)
class ListedProspect:
    """A row of a list."""

    id: ProspectId
    email: str | None
    other_emails: list[str]
    name: str
    first_name: str
    last_name: str
    source: str


@dataclass(frozen=True)
class ListPage:
    about: ProspectList
    prospects: list[ListedProspect]


@dataclass(frozen=True)
class DoNotEmailList:
    id: int
    name: str
    owner: str
    total: int
    stops_all: bool
    is_default: bool


@dataclass(frozen=True)
class Change:
    """A bulk change that can be taken back."""

    id: ChangeId
    kind: str
    summary: str
    made_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True)
class Undone:
    """What taking a change back did; `left_alone` were changed again since."""

    removed: int
    restored: int
    left_alone: int
