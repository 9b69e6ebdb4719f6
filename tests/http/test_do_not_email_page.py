"""Endpoints 52, 53 and 71: whom not to write to, and the balance. Contract sections 12 and 16."""

import asyncio

import pytest

from fairlead.prospects import actions as prospects

PATH = "/v1/do-not-email-list"


async def default_list(tenant):
    return (await tenant.get("/v2/blacklists")).body["data"][0]


async def blocked(tenant, *addresses):
    async with tenant.door.world.db.statement() as conn:
        return await prospects.blocked(conn, tenant.workspace_id, addresses)


async def test_addresses_and_domains_are_put_on_the_default_list(house):
    tenant = await house.workspace()
    added = await tenant.post(PATH, items=["Ann@x.example", "Example.COM", "bücher.example"])
    assert (added.status, added.body) == (200, [{"success": True, "data": {"duplicates": []}}])
    assert (await default_list(tenant))["total"] == 3
    people = ["ann@x.example", "bo@x.example", "bo@example.com", "bo@xn--bcher-kva.example", "bo@sub.example.com"]
    assert await blocked(tenant, *people) == {"ann@x.example", "bo@example.com", "bo@xn--bcher-kva.example"}


async def test_what_was_there_already_is_told_as_it_was_given(house):
    tenant = await house.workspace()
    await tenant.post(PATH, items=["ann@x.example", "example.com"])
    again = await tenant.post(PATH, items=["ANN@x.example", "new.example", "http://www.example.com/page", "not one"])
    assert again.body[0]["data"]["duplicates"] == ["ANN@x.example", "http://www.example.com/page"]
    assert (await default_list(tenant))["total"] == 3


async def test_one_item_written_twice_in_one_request_is_a_duplicate(house):
    tenant = await house.workspace()
    added = await tenant.post(PATH, items=["ann@x.example", "ANN@x.example"])
    assert added.body[0]["data"]["duplicates"] == ["ANN@x.example"]
    assert (await default_list(tenant))["total"] == 1


async def test_a_list_may_be_named(house):
    tenant = await house.workspace()
    async with house.world.db.transaction() as conn:
        named = await prospects.create_do_not_email_list(
            conn, tenant.workspace_id, "Partners", tenant.made.user_id, stops_all=True, now=house.world.clock.now()
        )
    assert (await tenant.post(PATH, items="x.example", listId=str(named))).status == 200
    shown = (await tenant.get("/v2/blacklists")).body
    assert set(shown) == {"data"}
    assert all(set(item) == {"id", "name", "owner", "total"} for item in shown["data"])
    assert [(item["name"], item["total"]) for item in shown["data"]] == [("Do-not-email List", 0), ("Partners", 1)]


@pytest.mark.parametrize("unknown", [0, 10**9, 2**63 - 1])
async def test_an_unknown_list_is_told(house, unknown):
    tenant = await house.workspace()
    answered = await tenant.post(PATH, items=["x.example"], listId=unknown)
    assert (answered.status, answered.body) == (400, {"success": False, "message": "List not found"})
    assert (await tenant.rows())["do_not_email_items"] == 0


async def test_fifty_at_once_put_an_item_on_the_list_once(house):
    tenant = await house.workspace()
    answers = await asyncio.gather(*(tenant.post(PATH, items=["x.example", "y.example"]) for _ in range(50)))
    assert {answer.status for answer in answers} == {200}
    fresh = [answer for answer in answers if answer.body[0]["data"]["duplicates"] == []]
    assert len(fresh) == 1
    assert (await default_list(tenant))["total"] == 2


async def test_the_balance_is_a_text_with_two_decimals(house):
    tenant = await house.workspace()
    shown = (await tenant.get("/v1/get-balance")).body
    assert set(shown) == {"success", "data"}
    data = shown["data"]
    assert set(data) == {"balance", "teamwork", "unique_recipients_used", "limit_resets_in", "expires_in"}
    assert (shown["success"], data["balance"], data["teamwork"]) == (True, "1000000.00", False)
    assert data["unique_recipients_used"] == 0
    assert isinstance(data["limit_resets_in"], int)
    assert isinstance(data["expires_in"], int)


async def test_the_balance_of_a_plan_with_credits_is_what_is_left(house):
    tenant = await house.workspace(plan_name="free")
    assert (await tenant.get("/v1/get-balance")).body["data"]["balance"] == "50.00"
