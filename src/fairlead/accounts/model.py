"""The words of accounts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from fairlead.accounts.plans import PLANS, SHOWN_WHEN_UNLIMITED, Plan

WorkspaceId = NewType("WorkspaceId", int)
MemberId = NewType("MemberId", int)
ReservationId = NewType("ReservationId", int)


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    MEMBER = "member"


class Dialect(StrEnum):
    """Which of the two published shapes of the Snov.io API a client gets where they differ."""

    REFERENCE = "reference"
    OPENAPI = "openapi"


@dataclass(frozen=True)
class Account:
    """A workspace as its callers see it."""

    workspace_id: WorkspaceId
    plan: Plan
    credits: Decimal
    recipients_used: int
    is_team: bool
    period_ends_at: datetime
    plan_ends_at: datetime


@dataclass(frozen=True)
class Caller:
    """Who is asking: the member for whom an API client or key was made."""

    account: Account
    member_id: MemberId
    role: Role
    sees_all: bool
    dialect: Dialect

    @property
    def workspace_id(self) -> WorkspaceId:
        return self.account.workspace_id


@dataclass(frozen=True)
class Workspace:
    id: WorkspaceId
    name: str
    plan: Plan


@dataclass(frozen=True)
class Member:
    id: int
    email: str
    name: str
    role: str
    sees_all: bool


@dataclass(frozen=True)
class ApiKey:
    starts_with: str
    made_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class LedgerEntry:
    id: int
    at: datetime
    kind: str
    credits: Decimal
    note: str


@dataclass(frozen=True)
class ClientCredentials:
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class NewWorkspace:
    workspace_id: WorkspaceId
    user_id: MemberId
    client_id: str
    client_secret: str
    api_key: str


@dataclass(frozen=True)
class Reservation:
    """Credits held for a task: enough for every request of it that was not paid for before."""

    id: ReservationId | None
    workspace_id: WorkspaceId
    credits: Decimal


def plan_named(name: str) -> Plan:
    return PLANS[name]


def shown_balance(*, credits: Decimal, unlimited: bool) -> Decimal:
    return SHOWN_WHEN_UNLIMITED if unlimited else credits
