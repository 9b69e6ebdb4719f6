"""A workspace of its own, and its books, for tests of money and limits."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from uuid import uuid4

from fairlead.accounts import actions as accounts
from fairlead.world import World

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
BALANCE = "select credits from workspaces where id = %s"
LEDGER = """
    select coalesce(sum(credits) filter (where kind <> 'charge'), 0) from credit_entries where workspace_id = %s
"""
HELD = "select coalesce(sum(credits), 0) from credit_reservations where workspace_id = %s and settled_at is null"
SPENT = "select coalesce(sum(credits), 0) from credit_entries where workspace_id = %s and kind = 'charge'"


async def new_workspace(world: World, conn, *, now: datetime = NOW, **options) -> int:
    """A workspace that was made at `now`."""
    at = SimpleNamespace(clock=SimpleNamespace(now=lambda: now), random=world.random)
    options = {"name": "Books", "owner": f"{uuid4().hex}@owner.example"} | options
    return (await accounts.create_workspace(at, conn, **options)).workspace_id


async def one(conn, question: str, workspace_id: int):
    return (await (await conn.execute(question, [workspace_id])).fetchone())[0]


async def balance(conn, workspace_id: int) -> Decimal:
    return await one(conn, BALANCE, workspace_id)


async def require_books_in_order(conn, workspace_id: int) -> None:
    """The ledger adds up to the balance, and nothing is below zero."""
    assert await one(conn, LEDGER, workspace_id) == await balance(conn, workspace_id)
    assert await one(conn, HELD, workspace_id) >= 0
