"""Endpoints 63 to 68: what is shown of prospects and lists. Contract section 14 and Appendix C."""

import asyncio
import re

import pytest

from fairlead.prospects import actions as prospects

PROSPECT = {
    "id", "name", "firstName", "lastName", "industry", "country", "locality", "social", "currentJob", "previousJob",
    "lists", "campaigns", "lastUpdateDate",
}  # fmt: skip
LIST = {"id", "name", "contacts", "isDeleted", "creationDate", "deletionDate"}
LISTED = {"id", "name", "firstName", "lastName", "source", "emails"}
EMAIL = {
    "email", "probability", "isVerified", "jobStatus", "domainType", "isValidFormat", "isDisposable", "isWebmail",
    "isGibberish", "smtpStatus",
}  # fmt: skip
DATE = {"date", "timezone_type", "timezone"}


def is_date(value):
    shape = re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", value["date"])
    return bool(shape) and set(value) == DATE and (value["timezone_type"], value["timezone"]) == (3, "UTC")


async def add(tenant, list_id, email="ann@x.example", **fields):
    added = await tenant.post("/v1/add-prospect-to-list", listId=list_id, email=email, **fields)
    assert added.status == 200
    return added.body["id"]


async def test_a_prospect_is_shown_with_a_closed_set_of_keys(house):
    tenant = await house.workspace()
    list_id = await tenant.list()
    short = await add(
        tenant,
        list_id,
        fullName="Ann Lee",
        country="United States",
        locality="Springfield",
        position="CEO",
        companyName="Example Inc",
        companySite="http://example.com",
        phones=["+15550100"],
        socialLinks={"linkedIn": "https://www.linkedin.com/in/ann-example"},
    )
    by_id = (await tenant.post("/v1/get-prospect-by-id", id=short)).body
    by_email = (await tenant.post("/v1/get-prospects-by-email", email="ann@x.example")).body
    assert set(by_id) == set(by_email) == {"success", "data"}
    assert by_email["data"] == [by_id["data"]]
    ann = by_id["data"]
    assert set(ann) == PROSPECT
    assert is_date(ann["lastUpdateDate"])
    assert ann["social"] == [{"link": "https://www.linkedin.com/in/ann-example", "type": "linkedIn"}]
    assert ann["lists"] == [{"id": list_id, "name": "People"}]
    assert (ann["campaigns"], ann["previousJob"], ann["industry"]) == ([], [], None)
    (job,) = ann["currentJob"]
    known = {key: value for key, value in job.items() if value is not None}
    assert known == {"position": "CEO", "companyName": "Example Inc", "site": "http://example.com"}


async def test_a_prospect_of_whom_little_is_known_has_all_keys_too(house):
    tenant = await house.workspace()
    short = await add(tenant, await tenant.list())
    ann = (await tenant.post("/v1/get-prospect-by-id", id=short)).body["data"]
    assert set(ann) == PROSPECT
    assert (ann["name"], ann["social"], ann["currentJob"], ann["country"]) == ("", [], [], None)
    assert is_date(ann["lastUpdateDate"])


async def test_both_forms_of_an_id_lead_to_the_prospect(house):
    tenant = await house.workspace()
    list_id = await tenant.list()
    short = await add(tenant, list_id)
    page = await tenant.post("/v1/prospect-list", listId=list_id)
    long = page.body["prospects"][0]["id"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}==", short)
    assert re.fullmatch(r"[0-9a-f]{74,77}", long)
    for written in (short, short.rstrip("="), short + "=", f" {short} ", long):
        shown = await tenant.post("/v1/get-prospect-by-id", id=written)
        assert shown.body["data"]["id"] == short


@pytest.mark.parametrize(
    "unknown", ["x", "AAECAwQFBgcICQoLDA0ODw==", "0" * 74, "ü", "1", "-1", "9" * 40, "x" * 5_000, "a'; --", "=", "=="]
)
async def test_an_unknown_id_is_told_with_status_200(house, unknown):
    tenant = await house.workspace()
    await add(tenant, await tenant.list())
    answered = await tenant.post("/v1/get-prospect-by-id", id=unknown)
    assert answered.status == 200
    assert answered.body == {"success": False, "errors": f"Prospect with id '{unknown}' not found"}


async def test_an_unknown_address_is_told_with_status_200(house):
    tenant = await house.workspace()
    answered = await tenant.post("/v1/get-prospects-by-email", email="p@example.com")
    assert answered.status == 200
    assert answered.body == {"success": False, "errors": "Prospect with email 'p@example.com' not found"}


async def test_custom_fields_are_shown_as_they_are_written(house):
    tenant = await house.workspace()
    assert (await tenant.get("/v1/prospect-custom-fields")).body == []
    await tenant.custom_field("Project name")
    await tenant.custom_field("Seats", "number", required=True)
    await tenant.custom_field("Since", "date")
    assert (await tenant.get("/v1/prospect-custom-fields")).body == [
        {"key": "customFields['Project name']", "label": "Project name", "required": False, "type": "string"},
        {"key": "customFields['Seats']", "label": "Seats", "required": True, "type": "number"},
        {"key": "customFields['Since']", "label": "Since", "required": False, "type": "date"},
    ]


async def test_lists_are_shown_with_a_closed_set_of_keys_and_deleted_ones_with_their_date(house):
    tenant = await house.workspace()
    kept, gone = await tenant.list("Kept"), await tenant.list("Gone")
    await add(tenant, kept)
    await add(tenant, gone)
    deleted_at = house.world.clock.now()
    async with house.world.db.statement() as conn:
        await prospects.delete_list(conn, tenant.workspace_id, gone, now=deleted_at)
    shown = {item["id"]: item for item in (await tenant.get("/v1/get-user-lists")).body}
    assert set(shown) == {kept, gone}
    assert all(set(item) == LIST and is_date(item["creationDate"]) for item in shown.values())
    assert (shown[kept]["isDeleted"], shown[kept]["deletionDate"], shown[kept]["contacts"]) == (False, None, 1)
    assert shown[gone]["isDeleted"] is True
    assert shown[gone]["deletionDate"]["date"] == deleted_at.strftime("%Y-%m-%d %H:%M:%S.%f")
    ann = (await tenant.post("/v1/get-prospects-by-email", email="ann@x.example")).body["data"][0]
    assert [item["id"] for item in ann["lists"]] == [kept]
    assert (await tenant.post("/v1/lists", name="Gone")).status == 200  # its name is free again


async def test_a_list_is_made_with_an_answer_of_one_element(house):
    tenant = await house.workspace()
    made = await tenant.post("/v1/lists", name=" New list ")
    (only,) = made.body
    assert only == {"success": True, "data": {"id": only["data"]["id"]}}
    (shown,) = (await tenant.get("/v1/get-user-lists")).body
    assert (shown["id"], shown["name"]) == (only["data"]["id"], "New list")


async def test_fifty_lists_of_one_name_at_once_are_one(house):
    tenant = await house.workspace()
    made = await asyncio.gather(*(tenant.post("/v1/lists", name="People") for _ in range(50)))
    assert sorted(answer.status for answer in made) == [200] + [422] * 49
    assert (await tenant.rows())["prospect_lists"] == 1


async def test_a_list_is_read_from_the_last_added_back(house):
    tenant = await house.workspace()
    list_id = await tenant.list("Leads")
    for n in range(5):
        await add(tenant, list_id, f"p{n}@x.example", fullName=f"P {n}")
    first = (await tenant.post("/v1/prospect-list", listId=list_id, page=1, perPage=2)).body
    assert set(first) == {"success", "list", "prospects"}
    assert set(first["list"]) == {"name", "contacts", "creationDate", "emailsCount"}
    assert (first["list"]["name"], first["list"]["contacts"], first["list"]["emailsCount"]) == ("Leads", 5, [])
    assert is_date(first["list"]["creationDate"])
    asked = [await tenant.post("/v1/prospect-list", listId=str(list_id), page=n, perPage="2") for n in range(1, 5)]
    names = [[row["name"] for row in page.body["prospects"]] for page in asked]
    assert names == [["P 4", "P 3"], ["P 2", "P 1"], ["P 0"], []]


async def test_a_listed_prospect_and_its_email_have_closed_sets_of_keys(house):
    tenant = await house.workspace()
    list_id = await tenant.list()
    await add(tenant, list_id, fullName="Ann Lee")
    (ann,) = (await tenant.post("/v1/prospect-list", listId=list_id)).body["prospects"]
    assert set(ann) == LISTED
    assert (ann["name"], ann["firstName"], ann["lastName"], ann["source"]) == ("Ann Lee", "Ann", "Lee", "api")
    (email,) = ann["emails"]
    assert set(email) == EMAIL
    assert {key for key, value in email.items() if value is not None} == {"email", "jobStatus"}


async def test_a_page_holds_twenty_unless_told_and_at_most_5000(house):
    tenant = await house.workspace()
    list_id = await tenant.list()
    async with house.world.db.transaction() as conn:
        await conn.execute(
            """
            with made as (
              insert into prospects (workspace_id, email, email_key, source, made_at, changed_at)
              select %(workspace_id)s, e, e, 'api', now(), now()
                from (select 'p' || n || '@x.example' as e from generate_series(1, 5001) n) as addresses
              returning id)
            insert into list_members (workspace_id, list_id, prospect_id, added_at)
            select %(workspace_id)s, %(list_id)s, id, now() from made order by id
            """,
            {"workspace_id": tenant.workspace_id, "list_id": list_id},
        )

    async def page(**fields):
        return await tenant.post("/v1/prospect-list", listId=list_id, **fields)

    assert len((await page()).body["prospects"]) == 20
    full = (await page(perPage=5_000)).body
    assert (full["list"]["contacts"], len(full["prospects"])) == (5_001, 5_000)
    assert full["prospects"][0]["emails"][0]["email"] == "p5001@x.example"
    rest = (await page(perPage=5_000, page=2)).body
    assert [row["emails"][0]["email"] for row in rest["prospects"]] == ["p1@x.example"]
    assert (await page(perPage=5_000, page=10**9)).body["prospects"] == []
    assert (await page(perPage=5_001)).status == 422
    assert (await page(page=10**9 + 1)).status == 422


@pytest.mark.parametrize("unknown", [0, 1, 2**63 - 1])
async def test_an_unknown_list_is_told(house, unknown):
    tenant = await house.workspace()
    answered = await tenant.post("/v1/prospect-list", listId=unknown)
    assert (answered.status, answered.body) == (400, {"success": False, "message": "List not found"})
