"""Many callers at once: endpoint 62, as an integration that does not wait uses it."""

import asyncio

import pytest

PATH = "/v1/add-prospect-to-list"
IN_LIST = {"errors": "Prospect with same email already exists in your list"}
PROFILE = {"linkedIn": "https://www.linkedin.com/in/ann-example"}


@pytest.fixture
async def tenant(house):
    return await house.workspace()


@pytest.fixture
async def list_id(tenant):
    return await tenant.list()


async def at_once(tenant, times, **fields):
    return await asyncio.gather(*(tenant.post(PATH, **fields) for _ in range(times)))


async def test_fifty_at_once_make_one_prospect(tenant, list_id):
    answers = await at_once(tenant, 50, listId=list_id, email="ann@x.example")
    assert sorted(answer.status for answer in answers) == [200] + [422] * 49
    assert all(answer.body == IN_LIST for answer in answers if answer.status == 422)
    rows = await tenant.rows()
    assert (rows["prospects"], rows["list_members"]) == (1, 1)


async def test_fifty_updates_at_once_make_one_prospect(tenant, list_id):
    answers = await at_once(tenant, 50, listId=list_id, email="ann@x.example", position="CEO", updateContact=True)
    assert [answer.status for answer in answers] == [200] * 50
    assert sum(answer.body["added"] for answer in answers) == 1
    assert len({answer.body["id"] for answer in answers}) == 1
    rows = await tenant.rows()
    assert (rows["prospects"], rows["list_members"]) == (1, 1)


async def test_fifty_duplicates_at_once_make_fifty_prospects(tenant, list_id):
    answers = await at_once(tenant, 50, listId=list_id, email="ann@x.example", createDuplicates=True)
    assert [answer.status for answer in answers] == [200] * 50
    assert len({answer.body["id"] for answer in answers}) == 50
    assert (await tenant.rows())["list_members"] == 50


async def test_fifty_of_one_profile_at_once_make_one_prospect(tenant, list_id):
    answers = await at_once(tenant, 50, listId=list_id, socialLinks=PROFILE)
    assert sorted(answer.status for answer in answers) == [200] + [422] * 49
    assert (await tenant.rows())["prospects"] == 1


async def test_fifty_people_at_once_are_all_on_the_list(tenant, list_id):
    answers = await asyncio.gather(*(tenant.post(PATH, listId=list_id, email=f"p{n}@x.example") for n in range(50)))
    assert [answer.status for answer in answers] == [200] * 50
    page = await tenant.post("/v1/prospect-list", listId=list_id, perPage=100)
    assert page.body["list"]["contacts"] == 50
    assert {row["emails"][0]["email"] for row in page.body["prospects"]} == {f"p{n}@x.example" for n in range(50)}


async def test_one_address_on_many_lists_at_once_is_one_prospect(tenant):
    list_ids = [await tenant.list(f"list {n}") for n in range(10)]
    answers = await asyncio.gather(*(tenant.post(PATH, listId=n, email="ann@x.example") for n in list_ids * 5))
    assert sorted(answer.status for answer in answers) == [200] * 10 + [422] * 40
    ann = await tenant.prospect("ann@x.example")
    assert sorted(item.id for item in ann.lists) == sorted(list_ids)
