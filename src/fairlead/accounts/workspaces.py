"""Workspaces, their members, and the month that renews their limits."""

import calendar
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from fairlead.accounts import access, credits, store
from fairlead.accounts.model import (
    Account,
    Dialect,
    Member,
    MemberId,
    NewWorkspace,
    Role,
    Workspace,
    WorkspaceId,
    plan_named,
)
from fairlead.accounts.plans import PLANS, Plan
from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, LimitReached, NotFound
from fairlead.kit.text import address_key, is_address, one_line
from fairlead.kit.tokens import fingerprint
from fairlead.world import World

PLAN_LASTS_MONTHS = 12
MOST_REQUESTS = 2**31 - 1


def plan(name: str) -> Plan:
    try:
        return PLANS[name]
    except KeyError:
        names = ", ".join(PLANS)
        raise Invalid("unknown_plan", f"There is no plan {name!r}; there are {names}.", field="plan") from None


def months_later(moment: datetime, months: int) -> datetime:
    """The same day `months` later, or the last day of a month that is too short."""
    year, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + year, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def months_between(first: datetime, later: datetime) -> int:
    """By how many months `months_later` leads from `first` into the month of `later`."""
    return 12 * (later.year - first.year) + later.month - first.month


async def create_workspace(
    world: World,
    conn: Connection,
    *,
    name: str,
    owner: str,
    plan_name: str = "unlimited",
    credits_given: Decimal | None = None,
    rate_limit: int | None = None,
    no_rate_limit: bool = False,
) -> NewWorkspace:
    """A workspace with its owner, a first API client and a first key. The secrets are shown here only."""
    chosen, now = plan(plan_name), world.clock.now()
    workspace_name = one_line(name).strip()
    if not workspace_name:
        raise Invalid("no_name", "A workspace needs a name.", field="name")
    if rate_limit is not None and not 1 <= rate_limit <= MOST_REQUESTS:
        raise Invalid(
            "bad_rate_limit", f"A rate limit is a whole number from 1 to {MOST_REQUESTS}, or none.", field="rate_limit"
        )
    if credits_given is not None and credits_given < 0:
        raise Invalid("bad_credits", "Credits cannot be negative.", field="credits")
    workspace_id = await store.insert_workspace(
        conn,
        name=workspace_name,
        plan=chosen.name,
        rate_limit=None if no_rate_limit else rate_limit or chosen.requests_per_minute,
        unlimited=chosen.credits_per_month is None and credits_given is None,
        now=now,
        period_ends_at=months_later(now, 1),
        plan_ends_at=months_later(now, PLAN_LASTS_MONTHS),
    )
    if starting := credits_given if credits_given is not None else Decimal(chosen.credits_per_month or 0):
        await credits.grant(conn, workspace_id, starting, now, note="at creation")
    member_id = await add_member(
        conn, workspace_id, email=owner, name=owner.partition("@")[0], role=Role.OWNER, sees_all=True, now=now
    )
    client = await access.create_client(world, conn, workspace_id, member_id, Dialect.REFERENCE)
    key = await access.create_key(world, conn, workspace_id, member_id)
    return NewWorkspace(workspace_id, member_id, client.client_id, client.client_secret, key)


async def add_member(
    conn: Connection, workspace_id: int, *, email: str, name: str, role: Role, sees_all: bool, now: datetime
) -> MemberId:
    if not is_address(email):
        raise Invalid("bad_address", f"{email!r} is not an e-mail address.", field="email")
    member_id = await store.insert_member(
        conn,
        workspace_id=workspace_id,
        email=address_key(email),
        name=one_line(name),
        role=role,
        sees_all=sees_all or role is not Role.MEMBER,
        now=now,
    )
    if member_id is None:
        raise Conflict("member_exists", f"{email} is a member of this workspace already.", field="email")
    return member_id


async def account(conn: Connection, workspace_id: int) -> Account:
    found = await store.find_account(conn, workspace_id)
    if found is None:
        raise NotFound("unknown_workspace", f"There is no workspace {workspace_id}.", field="workspace")
    return found


async def workspaces(conn: Connection) -> list[Workspace]:
    return [Workspace(WorkspaceId(id_), name, plan_named(p)) for id_, name, p in await store.workspaces(conn)]


async def members(conn: Connection, workspace_id: int) -> list[Member]:
    return await store.members(conn, workspace_id)


async def owner_of(conn: Connection, workspace_id: int) -> MemberId:
    for member in await store.members(conn, workspace_id):
        if member.role == Role.OWNER:
            return MemberId(member.id)
    raise NotFound("unknown_workspace", f"There is no workspace {workspace_id}.", field="workspace")


async def renew_periods(conn: Connection, now: datetime) -> int:
    """Starts the next month of every workspace whose month is over: limits anew, credits of the plan added.

    Credits of plans that carry over add up, also for months missed; those of the others end with their month.
    Returns how many workspaces.
    """
    renewed = 0
    while due := await store.workspaces_due_for_update(conn, now=now):
        for workspace in due:
            await _renew(conn, workspace, now)
        renewed += len(due)
    return renewed


async def _renew(conn: Connection, due: store.DueRow, now: datetime) -> None:
    chosen = plan_named(due.plan)
    # Counted from the first day, so that a workspace made on a 31st does not stay with the 28th after a February.
    ended = months_between(due.made_at, due.period_ends_at)
    next_ = ended + 1
    while months_later(due.made_at, next_) <= now:
        next_ += 1
    months = next_ - ended
    await store.start_period(
        conn,
        workspace_id=due.id,
        ended_at=due.period_ends_at,
        period_ends_at=months_later(due.made_at, next_),
        plan_ends_at=months_later(due.made_at, -(-next_ // PLAN_LASTS_MONTHS) * PLAN_LASTS_MONTHS),
    )
    if chosen.credits_per_month is None or due.credits_unlimited:
        return
    if chosen.credits_carry_over:
        await credits.grant(conn, due.id, Decimal(chosen.credits_per_month * months), now, note="monthly credits")
    else:
        await credits.expire(conn, due.id, due.credits, now)
        await credits.grant(conn, due.id, Decimal(chosen.credits_per_month), now, note="monthly credits")


async def use_recipient(conn: Connection, workspace_id: int, address: str, *, plan: Plan) -> None:
    """Counts a person written to in this month, once. Raises `LimitReached` when the plan allows no more."""
    await store.lock_workspace(conn, workspace_id)
    allowed = await store.count_recipient(
        conn,
        workspace_id=workspace_id,
        address_hash=fingerprint(address_key(address)),
        limit=plan.recipients_per_month,
    )
    if not allowed:
        raise LimitReached(
            "recipients_used_up", f"The {plan.recipients_per_month} recipients of this month are used up."
        )


async def count_recipients(conn: Connection, workspace_id: int, addresses: Sequence[str]) -> None:
    """Counts people written to in this month, each once, whatever the plan allows."""
    hashes = {fingerprint(address_key(address)) for address in addresses}
    if hashes:
        await store.count_recipients(conn, workspace_id=workspace_id, address_hashes=sorted(hashes))


def days_until(moment: datetime, now: datetime) -> int:
    """Whole days begun until `moment`."""
    return max(0, -((now - moment) // timedelta(days=1)))
