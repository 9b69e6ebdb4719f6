"""The credit ledger: reserve, settle, charge once, never below zero."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from books import HELD, NOW, SPENT, balance, new_workspace, one, require_books_in_order

from fairlead.accounts import actions as accounts
from fairlead.accounts.model import Reservation
from fairlead.db import Database
from fairlead.kit.refusals import Invalid, LimitReached, NotFound

MANY = 50


@pytest.fixture
async def world(house):
    return house.world


@pytest.fixture
async def workspace(house):
    """Its number; it has 10 credits."""
    async with house.world.db.transaction() as conn:
        return await new_workspace(house.world, conn, credits_given=Decimal(10))


async def many_at_once(world, action):
    """What `MANY` transactions on as many connections gave: results and exceptions."""
    async with Database.opened(world.db.conninfo, connections=MANY) as db:

        async def one_of_them(number):
            async with db.transaction() as conn:
                return await action(conn, number)

        return await asyncio.gather(*map(one_of_them, range(MANY)), return_exceptions=True)


async def test_what_is_reserved_is_off_the_balance_and_what_is_left_over_comes_back(world, workspace):
    async with world.db.transaction() as conn:
        held = await accounts.reserve(conn, workspace, ["a", "b", "c"], NOW)
        assert (held.credits, await balance(conn, workspace)) == (3, 7)
        assert await accounts.settle(conn, held, ["a"], NOW) == 1
        assert await balance(conn, workspace) == 9
        assert [(entry.kind, entry.credits) for entry in await accounts.ledger(conn, workspace, last=3)] == [
            ("release", 2), ("charge", 1), ("reserve", -3)
        ]  # fmt: skip
        await require_books_in_order(conn, workspace)


async def test_a_search_without_a_result_is_free(world, workspace):
    async with world.db.transaction() as conn:
        held = await accounts.reserve(conn, workspace, ["nobody"], NOW)
        assert await accounts.settle(conn, held, [], NOW) == 0
        assert await balance(conn, workspace) == 10
        # And it is charged when it brings one later.
        assert await accounts.charge(conn, workspace, "nobody", NOW) == 1


async def test_a_unique_request_is_charged_once(world, workspace):
    async with world.db.transaction() as conn:
        request = accounts.request_key("finder", "ann", "x.io")
        assert [await accounts.charge(conn, workspace, request, NOW) for _ in range(3)] == [1, 0, 0]
        assert await accounts.charge(conn, workspace, accounts.request_key("finder", "an", "nx.io"), NOW) == 1
        assert await balance(conn, workspace) == 8


async def test_the_same_request_of_another_workspace_is_its_own(world, workspace):
    async with world.db.transaction() as conn:
        other = await new_workspace(world, conn, credits_given=Decimal(1))
        assert await accounts.charge(conn, workspace, "same", NOW) == 1
        assert await accounts.charge(conn, other, "same", NOW) == 1


async def test_a_request_named_twice_in_one_task_costs_once(world, workspace):
    async with world.db.transaction() as conn:
        held = await accounts.reserve(conn, workspace, ["a", "a", "b"], NOW)
        assert held.credits == 2
        assert await accounts.settle(conn, held, ["a", "a", "b", "b"], NOW) == 2


async def test_a_task_that_does_not_fit_holds_nothing(world, workspace):
    async with world.db.transaction() as conn:
        with pytest.raises(LimitReached) as refusal:
            await accounts.reserve(conn, workspace, [str(n) for n in range(11)], NOW)
        assert refusal.value.code == "no_credits"
        assert (await balance(conn, workspace), await one(conn, HELD, workspace)) == (10, 0)


async def test_what_was_paid_for_is_free_on_an_empty_balance(world, workspace):
    async with world.db.transaction() as conn:
        for number in range(10):
            await accounts.charge(conn, workspace, str(number), NOW)
        assert await balance(conn, workspace) == 0
        assert await accounts.charge(conn, workspace, "3", NOW) == 0
        with pytest.raises(LimitReached):
            await accounts.charge(conn, workspace, "new", NOW)


async def test_settling_twice_changes_nothing(world, workspace):
    async with world.db.transaction() as conn:
        held = await accounts.reserve(conn, workspace, ["a", "b"], NOW)
        assert [await accounts.settle(conn, held, ["a"], NOW) for _ in range(3)] == [1, 0, 0]
        assert await balance(conn, workspace) == 9
        await require_books_in_order(conn, workspace)


async def test_fifty_settlings_at_once_charge_once(world, workspace):
    async with world.db.transaction() as conn:
        held = await accounts.reserve(conn, workspace, ["a", "b"], NOW)
    spent = await many_at_once(world, lambda conn, _: accounts.settle(conn, held, ["a"], NOW))
    assert sorted(spent) == [0] * (MANY - 1) + [1]
    async with world.db.statement() as conn:
        assert await balance(conn, workspace) == 9


async def test_fifty_charges_of_the_last_credit_succeed_once(world):
    async with world.db.transaction() as conn:
        workspace = await new_workspace(world, conn, credits_given=Decimal(1))
    ended = await many_at_once(world, lambda conn, n: accounts.charge(conn, workspace, f"request {n}", NOW))
    assert [result for result in ended if not isinstance(result, LimitReached)] == [1]
    async with world.db.statement() as conn:
        assert (await balance(conn, workspace), await one(conn, SPENT, workspace)) == (0, 1)
        await require_books_in_order(conn, workspace)


async def test_fifty_charges_of_one_request_with_the_last_credit_all_succeed_and_one_pays(world):
    async with world.db.transaction() as conn:
        workspace = await new_workspace(world, conn, credits_given=Decimal(1))
    ended = await many_at_once(world, lambda conn, _: accounts.charge(conn, workspace, "the same", NOW))
    assert sorted(ended) == [0] * (MANY - 1) + [1]


async def test_tasks_that_cross_each_other_do_not_block_each_other(world, workspace):
    """Half of them reserved the request before, the other half charge it now."""
    async with world.db.transaction() as conn:
        await accounts.grant(conn, workspace, Decimal(1000), NOW)
        held = [await accounts.reserve(conn, workspace, ["shared", str(n)], NOW) for n in range(MANY // 2)]

    async def settle_or_charge(conn, number):
        if number % 2:
            return await accounts.settle(conn, held[number // 2], ["shared"], NOW)
        return await accounts.charge(conn, workspace, "shared", NOW)

    assert sorted(await many_at_once(world, settle_or_charge)) == [0] * (MANY - 1) + [1]
    async with world.db.statement() as conn:
        assert await balance(conn, workspace) == 1009
        await require_books_in_order(conn, workspace)


async def test_a_forgotten_reservation_comes_back_after_a_day(world, workspace):
    async with world.db.transaction() as conn:
        await accounts.reserve(conn, workspace, ["forgotten"], NOW)
        await accounts.release_forgotten(conn, NOW + timedelta(hours=23))
        assert await balance(conn, workspace) == 9
        assert await accounts.release_forgotten(conn, NOW + timedelta(hours=25)) >= 1
        assert await balance(conn, workspace) == 10
        await require_books_in_order(conn, workspace)


async def test_a_task_that_comes_back_after_its_reservation_was_released_changes_nothing(world, workspace):
    async with world.db.transaction() as conn:
        held = await accounts.reserve(conn, workspace, ["slow"], NOW)
        await accounts.release_forgotten(conn, NOW + timedelta(hours=25))
        assert await accounts.settle(conn, held, ["slow"], NOW) == 0
        assert await balance(conn, workspace) == 10


@pytest.mark.parametrize(
    "statement",
    [
        "update credit_entries set credits = 1 where workspace_id = %s",
        "delete from credit_entries where workspace_id = %s",
        "truncate credit_entries",
    ],
)
async def test_the_database_refuses_to_change_the_ledger(world, workspace, statement):
    async with world.db.statement() as conn:
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            await conn.execute(statement, [workspace] if "%s" in statement else None)


async def test_the_database_refuses_a_balance_below_zero(world, workspace):
    async with world.db.statement() as conn:
        with pytest.raises(psycopg.errors.CheckViolation):
            await conn.execute("update workspaces set credits = -1 where id = %s", [workspace])


@pytest.mark.parametrize("credits", ["0", "-1", "1000000000001"])
async def test_a_grant_is_a_number_above_zero(world, workspace, credits):
    async with world.db.transaction() as conn:
        with pytest.raises(Invalid):
            await accounts.grant(conn, workspace, Decimal(credits), NOW)


async def test_a_workspace_that_is_not_there_gets_nothing(world):
    async with world.db.transaction() as conn:
        with pytest.raises(NotFound):
            await accounts.grant(conn, 1, Decimal(1), NOW)
        with pytest.raises(LimitReached):
            await accounts.charge(conn, 1, "a", NOW)


async def test_without_a_limit_credits_are_counted_and_a_million_is_shown(house):
    ann = await house.workspace()
    async with house.world.db.transaction() as conn:
        for number in range(3):
            assert await accounts.charge(conn, ann.workspace_id, str(number), NOW) == 1
        assert await balance(conn, ann.workspace_id) == -3
        assert await one(conn, SPENT, ann.workspace_id) == 3
    assert await ann.balance() == Decimal("1000000.00")
    assert (await ann.get("/v1/get-balance")).body["data"]["balance"] == "1000000.00"


async def test_with_credits_given_the_unlimited_plan_runs_out(house):
    ann = await house.workspace(credits_given=Decimal(2))
    async with house.world.db.transaction() as conn:
        await accounts.charge(conn, ann.workspace_id, "a", NOW)
    assert await ann.balance() == Decimal("1.00")


async def test_a_settling_that_names_more_than_was_reserved_spends_no_more_than_that(world, workspace):
    async with world.db.transaction() as conn:
        held = await accounts.reserve(conn, workspace, ["a"], NOW)
        assert await accounts.settle(conn, held, ["a", "b", "c"], NOW) == 1
        assert await accounts.settle(conn, Reservation(None, held.workspace_id, Decimal(0)), ["x"], NOW) == 0
        await require_books_in_order(conn, workspace)
