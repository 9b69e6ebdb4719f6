"""What plans allow: months and their ends, recipients, hourly limits, rates."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from books import NOW, balance, new_workspace, require_books_in_order

from fairlead.accounts import actions as accounts
from fairlead.accounts import workspaces
from fairlead.accounts.model import Role
from fairlead.accounts.plans import FREE, PLANS, UNLIMITED
from fairlead.db import Database
from fairlead.engine.handlers import HANDLERS, PERIODIC
from fairlead.engine.worker import run_due_jobs
from fairlead.kit.refusals import Conflict, Invalid, LimitReached

MONTH = timedelta(days=32)


@pytest.fixture
async def conn(house):
    """Inside a transaction in which no other workspace has a month to end."""
    async with house.world.db.statement() as conn, conn.transaction(force_rollback=True):
        await conn.execute("update workspaces set period_ends_at = 'infinity'")
        yield conn


async def ends(conn, workspace_id):
    account = await accounts.account(conn, workspace_id)
    return f"{account.period_ends_at:%Y-%m-%d}", f"{account.plan_ends_at:%Y-%m-%d}"


async def test_free_credits_end_with_their_month(house, conn):
    workspace = await new_workspace(house.world, conn, plan_name="free")
    assert await balance(conn, workspace) == 50
    for number in range(20):
        await accounts.charge(conn, workspace, str(number), NOW)
    assert await accounts.renew_periods(conn, NOW + timedelta(days=30)) == 0
    assert await accounts.renew_periods(conn, NOW + MONTH) == 1
    assert await balance(conn, workspace) == 50
    kinds = [(entry.kind, entry.credits) for entry in await accounts.ledger(conn, workspace, last=2)]
    assert kinds == [("grant", 50), ("expire", -30)]
    await require_books_in_order(conn, workspace)


async def test_credits_of_a_paid_plan_carry_over(house, conn):
    workspace = await new_workspace(house.world, conn, plan_name="starter")
    await accounts.renew_periods(conn, NOW + MONTH)
    assert await balance(conn, workspace) == 2000


async def test_months_missed_are_made_up_for_at_once(house, conn):
    paid = await new_workspace(house.world, conn, plan_name="pro-5k")
    free = await new_workspace(house.world, conn, plan_name="free")
    later = datetime(2026, 7, 20, tzinfo=UTC)
    assert await accounts.renew_periods(conn, later) == 2
    assert (await balance(conn, paid), await balance(conn, free)) == (5000 * 7, 50)
    assert await ends(conn, paid) == ("2026-08-05", "2027-01-05")
    assert await accounts.renew_periods(conn, later) == 0


async def test_unlimited_workspaces_are_given_nothing(house, conn):
    workspace = await new_workspace(house.world, conn)
    limited = await new_workspace(house.world, conn, credits_given=Decimal(5))
    await accounts.renew_periods(conn, NOW + MONTH)
    assert (await balance(conn, workspace), await balance(conn, limited)) == (0, 5)


async def test_a_workspace_of_the_31st_has_its_month_end_on_the_31st_again(house, conn):
    made = datetime(2026, 1, 31, 10, tzinfo=UTC)
    workspace = await new_workspace(house.world, conn, now=made)
    seen = []
    for _ in range(5):
        end = (await accounts.account(conn, workspace)).period_ends_at
        seen.append(f"{end:%m-%d}")
        await accounts.renew_periods(conn, end)
    assert seen == ["02-28", "03-31", "04-30", "05-31", "06-30"]


async def test_a_plan_of_a_leap_day_ends_on_a_leap_day_again(house, conn):
    workspace = await new_workspace(house.world, conn, now=datetime(2028, 2, 29, tzinfo=UTC))
    assert await ends(conn, workspace) == ("2028-03-29", "2029-02-28")
    await accounts.renew_periods(conn, datetime(2031, 12, 1, tzinfo=UTC))
    assert await ends(conn, workspace) == ("2031-12-29", "2032-02-29")


@pytest.mark.parametrize(
    ("moment", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-05-05", 0, "2026-05-05"),
        ("2026-11-30", 14, "2028-01-30"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_of_a_shorter_month(moment, months, later):
    first, wanted = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (moment, later))
    assert workspaces.months_later(first, months) == wanted
    assert workspaces.months_between(first, wanted) == months


async def test_the_worker_renews_months(conninfo, house):
    """Business time passes, and the balance that the API shows is that of the new month."""
    ann = await house.workspace(plan_name="free")
    async with house.world.db.transaction() as conn:
        await accounts.charge(conn, ann.workspace_id, "a", house.world.clock.now())
    before = (await ann.get("/v1/get-balance")).body["data"]
    assert before["balance"] == "49.00"
    await house.pass_time(days=32)
    await run_due_jobs(house.world, HANDLERS, PERIODIC)
    after = (await ann.get("/v1/get-balance")).body["data"]
    assert after["balance"] == "50.00"


def test_the_worker_looks_after_accounts():
    assert {"workspace periods", "forgotten reservations", "ended access"} <= {item.name for item in PERIODIC}


async def test_old_access_is_forgotten_and_what_is_in_use_stays(house):
    ann = await house.workspace(no_rate_limit=False, plan_name="starter")
    await ann.get("/v1/get-balance")
    async with house.world.db.statement() as conn, conn.transaction(force_rollback=True):
        await conn.execute(
            "insert into access_tokens select sha256(token_hash), api_client_id, workspace_id, now() - interval '1 s' "
            "from access_tokens where workspace_id = %s",
            [ann.workspace_id],
        )
        await conn.execute("insert into rate_windows values ('address 192.0.2.200', now() - interval '3 hours', 9)")
        await accounts.forget_old_access(conn)
        count = "select count(*) from access_tokens where workspace_id = %s"
        assert (await (await conn.execute(count, [ann.workspace_id])).fetchone())[0] == 1
        cur = await conn.execute("select used from rate_windows where subject = any (%s)", [
            ["address 192.0.2.200", f"workspace {ann.workspace_id}"]])  # fmt: skip
        assert await cur.fetchall() == [(2,)]  # the sign-in and the question


# Recipients


async def used(conn, workspace_id):
    return (await accounts.account(conn, workspace_id)).recipients_used


async def test_a_person_written_to_twice_counts_once_however_the_address_is_written(house, conn):
    workspace = await new_workspace(house.world, conn, plan_name="free")
    for address in ("ann@x.io", "ANN@X.io", " ann@x.io", "bob@x.io"):
        await accounts.use_recipient(conn, workspace, address, plan=FREE)
    assert await used(conn, workspace) == 2


async def test_the_hundred_and_first_person_of_a_free_month_is_refused_and_those_before_are_not(house, conn):
    workspace = await new_workspace(house.world, conn, plan_name="free")
    for number in range(100):
        await accounts.use_recipient(conn, workspace, f"p{number}@x.io", plan=FREE)
    with pytest.raises(LimitReached, match="100 recipients"):
        await accounts.use_recipient(conn, workspace, "one-more@x.io", plan=FREE)
    await accounts.use_recipient(conn, workspace, "p0@x.io", plan=FREE)
    assert await used(conn, workspace) == 100
    await accounts.renew_periods(conn, NOW + MONTH)
    assert await used(conn, workspace) == 0
    await accounts.use_recipient(conn, workspace, "one-more@x.io", plan=FREE)
    assert await used(conn, workspace) == 1


async def test_without_a_limit_recipients_are_counted(house, conn):
    workspace = await new_workspace(house.world, conn)
    for number in range(3):
        await accounts.use_recipient(conn, workspace, f"p{number}@x.io", plan=UNLIMITED)
    assert await used(conn, workspace) == 3


async def test_fifty_mails_to_one_person_at_once_count_one_recipient(house):
    world = house.world
    async with world.db.transaction() as conn:
        workspace = await new_workspace(world, conn, now=world.clock.now())

    async with Database.opened(world.db.conninfo, connections=25) as db:

        async def write(number):
            async with db.transaction() as conn:
                await accounts.use_recipient(conn, workspace, f"p{number % 2}@x.io", plan=FREE)
                await accounts.use_recipient(conn, workspace, f"p{1 - number % 2}@x.io", plan=FREE)

        await asyncio.gather(*map(write, range(50)))
    async with world.db.statement() as conn:
        assert await used(conn, workspace) == 2


# Hours and minutes


async def test_hourly_limits_count_nothing_that_does_not_fit(house, conn):
    workspace = await new_workspace(house.world, conn, plan_name="free")
    await accounts.use_hourly(conn, workspace, plan=FREE, what="finder", by=199)
    with pytest.raises(LimitReached) as refusal:
        await accounts.use_hourly(conn, workspace, plan=FREE, what="finder", by=2)
    assert 0 < refusal.value.retry_after_seconds <= 3601
    await accounts.use_hourly(conn, workspace, plan=FREE, what="finder", by=1)
    with pytest.raises(LimitReached):
        await accounts.use_hourly(conn, workspace, plan=FREE, what="finder", by=1)
    await accounts.use_hourly(conn, workspace, plan=FREE, what="verifier", by=500)
    await conn.execute(
        "update rate_windows set opened_at = opened_at - interval '1 hour' where subject = %s", [f"finder {workspace}"]
    )
    await accounts.use_hourly(conn, workspace, plan=FREE, what="finder", by=200)


async def test_hourly_limits_do_not_hold_for_the_unlimited_plan(house, conn):
    workspace = await new_workspace(house.world, conn)
    await accounts.use_hourly(conn, workspace, plan=UNLIMITED, what="finder", by=10**9)


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ({}, None),
        ({"plan_name": "starter"}, 60),
        ({"plan_name": "starter", "rate_limit": 5}, 5),
        ({"plan_name": "starter", "no_rate_limit": True}, None),
        ({"rate_limit": 10**9}, 10**9),
    ],
)
async def test_the_rate_limit_is_that_of_the_plan_unless_one_is_given(house, conn, options, limit):
    workspace = await new_workspace(house.world, conn, **options)
    cur = await conn.execute("select rate_limit from workspaces where id = %s", [workspace])
    assert (await cur.fetchone())[0] == limit


async def test_the_plans_are_those_of_the_page():
    assert list(PLANS) == ["unlimited", "free", "starter", "pro-5k", "pro-20k", "pro-50k", "pro-100k"]
    assert (UNLIMITED.webhooks, FREE.credits_per_month, FREE.recipients_per_month, FREE.database_search_pages) == (
        50, 50, 100, 1
    )  # fmt: skip
    assert all(plan.credits_carry_over and plan.webhooks == 50 for plan in PLANS.values() if plan is not FREE)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"name": " \n"}, "name"),
        ({"owner": "nobody"}, "email"),
        ({"plan_name": "gold"}, "plan"),
        ({"rate_limit": 0}, "rate_limit"),
        ({"rate_limit": 2**31}, "rate_limit"),
        ({"credits_given": Decimal(-1)}, "credits"),
        ({"credits_given": Decimal(10**13)}, "credits"),
    ],
)
async def test_a_workspace_that_cannot_be_is_refused_and_named(house, conn, options, field):
    with pytest.raises(Invalid) as refusal:
        await new_workspace(house.world, conn, **options)
    assert refusal.value.field == field


async def test_a_person_is_in_a_workspace_once_and_managers_see_all(house, conn):
    workspace = await new_workspace(house.world, conn)
    options = {"name": "Ann", "sees_all": False, "now": NOW}
    await accounts.add_member(conn, workspace, email="ann@x.io", role=Role.MANAGER, **options)
    await accounts.add_member(conn, workspace, email="bob@x.io", role=Role.MEMBER, **options)
    with pytest.raises(Conflict):
        await accounts.add_member(conn, workspace, email="ANN@x.io", role=Role.MEMBER, **options)
    seen = {member.email: member.sees_all for member in (await accounts.members(conn, workspace))[1:]}
    assert seen == {"ann@x.io": True, "bob@x.io": False}
    assert (await accounts.account(conn, workspace)).is_team
