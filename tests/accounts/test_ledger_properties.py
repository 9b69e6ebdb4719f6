"""Whatever happens in whatever order, the ledger adds up to the balance and no unique request is paid for twice."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from books import HELD, NOW, SPENT, balance, new_workspace, one, require_books_in_order
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.accounts import actions as accounts
from fairlead.db import Database
from fairlead.kit.refusals import LimitReached

REQUESTS = st.sampled_from("abcdefgh")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.decimals("0.01", 5, places=2)),
        st.tuples(st.just("charge"), REQUESTS),
        st.tuples(st.just("reserve"), st.lists(REQUESTS, max_size=4)),
        st.tuples(st.just("settle"), st.integers(0, 9), st.lists(REQUESTS, max_size=3)),
        st.tuples(st.just("wait"), st.integers(1, 30)),
        st.tuples(st.just("month"), st.none()),
    ),
    max_size=25,
)


class Books:
    """What should be, beside what is."""

    def __init__(self, conn, workspace):
        self.conn, self.workspace = conn, workspace
        self.now = NOW
        self.open = []
        self.paid = Counter()

    async def take(self, step):
        with suppress(LimitReached):
            await getattr(self, step[0])(*step[1:])

    async def grant(self, credits):
        await accounts.grant(self.conn, self.workspace, credits, self.now)

    async def charge(self, request):
        self.paid[request] += int(await accounts.charge(self.conn, self.workspace, request, self.now))

    async def reserve(self, requests):
        self.open.append((await accounts.reserve(self.conn, self.workspace, requests, self.now), requests))

    async def settle(self, number, found):
        if self.open:
            held, requests = self.open[number % len(self.open)]
            await accounts.settle(self.conn, held, set(found) & set(requests), self.now)

    async def wait(self, hours):
        self.now += timedelta(hours=hours)
        await accounts.release_forgotten(self.conn, self.now)

    async def month(self, _):
        self.now += timedelta(days=31)
        await accounts.renew_periods(self.conn, self.now)


@pytest.mark.parametrize("plan", ["unlimited", "free", "starter"])
async def test_the_books_are_always_in_order(server, template, house, plan):
    """Each example runs in a transaction that is rolled back."""
    loop = asyncio.get_running_loop()
    async with Database.opened(house.world.db.conninfo, connections=2) as db:

        async def example(steps):
            async with db.statement() as conn, conn.transaction(force_rollback=True):
                # Months of other workspaces are none of this test's business.
                await conn.execute("update workspaces set period_ends_at = 'infinity'")
                given = Decimal(3) if plan == "unlimited" else None
                workspace = await new_workspace(house.world, conn, plan_name=plan, credits_given=given)
                books = Books(conn, workspace)
                for step in steps:
                    await books.take(step)
                    assert await balance(conn, workspace) >= 0
                    await require_books_in_order(conn, workspace)
                assert all(times <= 1 for times in books.paid.values())
                assert await one(conn, SPENT, workspace) <= len(set("abcdefgh"))
                await accounts.release_forgotten(conn, books.now + timedelta(days=2))
                assert await one(conn, HELD, workspace) == 0
                await require_books_in_order(conn, workspace)

        @settings(max_examples=25)
        @given(STEPS)
        def all_examples(steps):
            asyncio.run_coroutine_threadsafe(example(steps), loop).result(60)

        await asyncio.to_thread(all_examples)
