"""Endpoint 62: adding a prospect to a list. Contract section 14."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kit.countries import NAMES
from fairlead.kit.text import address_key
from fairlead.prospects import actions as prospects
from fairlead.prospects import rules

PATH = "/v1/add-prospect-to-list"
IN_LIST = {"errors": "Prospect with same email already exists in your list"}
LINKEDIN = "https://www.linkedin.com/in/ann-example"


@pytest.fixture
async def tenant(house):
    return await house.workspace()


@pytest.fixture
async def list_id(tenant):
    return await tenant.list()


async def add(tenant, list_id, email="ann@x.example", **fields):
    return await tenant.post(PATH, listId=list_id, email=email, **fields)


async def found(tenant, email="ann@x.example"):
    return (await tenant.post("/v1/get-prospects-by-email", email=email)).body["data"]


async def test_a_new_prospect_is_added(tenant, list_id):
    added = await add(tenant, list_id, fullName="Ann Lee")
    assert added.status == 200
    assert added.body == {"success": True, "id": added.body["id"], "added": True, "updated": False}
    (ann,) = await found(tenant)
    assert (ann["id"], ann["name"], ann["firstName"], ann["lastName"]) == (added.body["id"], "Ann Lee", "Ann", "Lee")
    assert [item["id"] for item in ann["lists"]] == [list_id]


async def test_one_who_is_on_the_list_is_not_added_again(tenant, list_id):
    await add(tenant, list_id, fullName="Ann Lee")
    before = await tenant.rows()
    for email in ("ann@x.example", "ANN@X.Example", " ann@x.example "):
        refused = await add(tenant, list_id, email, fullName="Other")
        assert (refused.status, refused.body) == (422, IN_LIST)
    assert await tenant.rows() == before
    assert (await found(tenant))[0]["name"] == "Ann Lee"


async def test_one_who_is_known_joins_another_list_unchanged(tenant, list_id):
    first = await add(tenant, list_id, fullName="Ann Lee")
    other = await tenant.list("Others")
    second = await add(tenant, other, fullName="Somebody Else", position="CEO")
    assert second.body == first.body
    (ann,) = await found(tenant)
    assert ann["name"] == "Ann Lee"
    assert ann["currentJob"] == []
    assert [item["id"] for item in ann["lists"]] == [list_id, other]


async def test_an_update_overwrites_what_is_given_and_keeps_the_rest(tenant, list_id):
    await tenant.custom_field("Plan")
    await tenant.custom_field("Seats", "number")
    first = await add(
        tenant,
        list_id,
        fullName="Ann Lee",
        country="Germany",
        locality="Berlin",
        phones=["+4930"],
        socialLinks={"twitter": "https://twitter.com/ann", "facebook": "https://facebook.com/ann"},
        customFields={"Plan": "Pro", "Seats": "3"},
    )
    second = await add(
        tenant,
        list_id,
        lastName="Miller",
        country="",
        locality="Hamburg",
        companyName="Example",
        socialLinks={"twitter": "https://twitter.com/ann-miller"},
        customFields={"Seats": "4", "Plan": ""},
        updateContact=True,
    )
    assert second.body == {"success": True, "id": first.body["id"], "added": False, "updated": True}
    (ann,) = await found(tenant)
    assert (ann["name"], ann["firstName"], ann["lastName"]) == ("Ann Miller", "Ann", "Miller")
    assert (ann["country"], ann["locality"]) == ("Germany", "Hamburg")
    assert {item["type"]: item["link"] for item in ann["social"]} == {
        "twitter": "https://twitter.com/ann-miller",
        "facebook": "https://facebook.com/ann",
    }
    known = await tenant.prospect("ann@x.example")
    assert known.phones == ["+4930"]
    assert sorted(known.custom.values()) == ["4", "Pro"]


async def test_an_update_adds_to_the_list_where_it_was_not_yet(tenant, list_id):
    await add(tenant, list_id)
    other = await tenant.list("Others")
    updated = await add(tenant, other, position="CEO", updateContact="true")
    assert (updated.body["added"], updated.body["updated"]) == (True, True)
    (ann,) = await found(tenant)
    assert [item["id"] for item in ann["lists"]] == [list_id, other]


async def test_an_update_of_somebody_new_adds_them(tenant, list_id):
    added = await add(tenant, list_id, updateContact=1)
    assert (added.body["added"], added.body["updated"]) == (True, False)


async def test_an_update_shows_in_the_date(house, tenant, list_id):
    await add(tenant, list_id)
    before = (await found(tenant))[0]["lastUpdateDate"]
    await house.pass_time(hours=1)
    await add(tenant, await tenant.list("Others"))
    assert (await found(tenant))[0]["lastUpdateDate"] == before
    await add(tenant, list_id, position="CEO", updateContact=True)
    assert (await found(tenant))[0]["lastUpdateDate"]["date"] > before["date"]


async def test_duplicates_are_made_when_asked_for(tenant, list_id):
    first = await add(tenant, list_id, fullName="Ann Lee")
    second = await add(tenant, list_id, fullName="Ann Copy", createDuplicates=True)
    assert (second.status, second.body["added"], second.body["updated"]) == (200, True, False)
    assert second.body["id"] != first.body["id"]
    assert [ann["name"] for ann in await found(tenant)] == ["Ann Lee", "Ann Copy"]
    page = await tenant.post("/v1/prospect-list", listId=list_id)
    assert [row["name"] for row in page.body["prospects"]] == ["Ann Copy", "Ann Lee"]


async def test_the_first_of_several_with_one_address_is_the_one_updated(tenant, list_id):
    await add(tenant, list_id, createDuplicates=True, fullName="Ann Lee")
    await add(tenant, list_id, createDuplicates=True, fullName="Ann Copy")
    await add(tenant, list_id, updateContact=True, fullName="Ann New")
    assert [ann["name"] for ann in await found(tenant)] == ["Ann New", "Ann Copy"]


async def test_both_flags_together_are_refused(tenant, list_id):
    before = await tenant.rows()
    refused = await add(tenant, list_id, updateContact=True, createDuplicates="1")
    assert refused.status == 422
    assert set(refused.body["errors"]) == {"createDuplicates"}
    assert await tenant.rows() == before


@pytest.mark.parametrize("unknown", [1, 0, 2**63 - 1])
async def test_an_unknown_list_is_told_so(tenant, unknown):
    before = await tenant.rows()
    refused = await add(tenant, unknown)
    assert (refused.status, refused.body) == (400, {"success": False, "errors": "List not found"})
    assert await tenant.rows() == before


async def test_nothing_is_added_to_a_deleted_list(house, tenant, list_id):
    async with house.world.db.statement() as conn:
        await prospects.delete_list(conn, tenant.workspace_id, list_id, now=house.world.clock.now())
    assert (await add(tenant, list_id)).status == 400


async def test_an_address_whose_owner_claimed_it_is_refused(house, tenant, list_id):
    async with house.world.db.statement() as conn:
        await conn.execute(
            "insert into claimed_addresses values (sha256('claimed@x.example'), %s)", [house.world.clock.now()]
        )
    before = await tenant.rows()
    for flags in ({}, {"updateContact": True}, {"createDuplicates": True}):
        refused = await add(tenant, list_id, "Claimed@X.example", **flags)
        assert refused.status == 400
        assert "can not process this email" in refused.body["message"]
    assert await tenant.rows() == before


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"fullName": "Ann Lee"}, ("Ann Lee", "Ann", "Lee")),
        ({"fullName": "Ann"}, ("Ann", "Ann", "")),
        ({"fullName": "  Ann   Lee "}, ("Ann   Lee", "Ann", "Lee")),
        ({"fullName": "Ludwig van Beethoven"}, ("Ludwig van Beethoven", "Ludwig", "van Beethoven")),
        ({"fullName": "Ann Mary Lee"}, ("Ann Mary Lee", "Ann Mary", "Lee")),
        ({"firstName": "Ann", "lastName": "Lee"}, ("Ann Lee", "Ann", "Lee")),
        ({"firstName": "Ann"}, ("Ann", "Ann", "")),
        ({"lastName": "Lee"}, ("Lee", "", "Lee")),
        ({"fullName": "Dr. Ann Lee", "firstName": "Ann", "lastName": "Lee"}, ("Dr. Ann Lee", "Ann", "Lee")),
        ({}, ("", "", "")),
    ],
)
async def test_a_full_name_alone_is_split(tenant, list_id, given, names):
    await add(tenant, list_id, **given)
    (ann,) = await found(tenant)
    assert (ann["name"], ann["firstName"], ann["lastName"]) == names


@pytest.mark.parametrize(
    ("given", "shown"),
    [("United States", "United States"), ("united states", "United States"), (" Germany ", "Germany"), ("", None)],
)
async def test_a_country_is_one_of_the_list(tenant, list_id, given, shown):
    await add(tenant, list_id, country=given)
    assert (await found(tenant))[0]["country"] == shown


@pytest.mark.parametrize("given", ["Atlantis", "Deutschland?", "x" * 10_000])
async def test_a_country_that_is_none_is_refused(tenant, list_id, given):
    before = await tenant.rows()
    refused = await add(tenant, list_id, country=given)
    assert (refused.status, set(refused.body["errors"])) == (422, {"country"})
    assert await tenant.rows() == before


def test_every_country_is_known_by_its_own_name():
    assert len(NAMES) == 249
    assert all(rules._country(name) == name for name in NAMES.values())


async def test_social_links_come_under_two_names_and_in_any_case(tenant, list_id):
    await add(
        tenant,
        list_id,
        **{
            "socialLinks[LINKEDIN]": LINKEDIN + "&social",
            "socialLinks[Facebook]": "https://facebook.com/ann",
            "social[twiiter]": "https://twitter.com/ann&social",
            "social[x]": "https://x.com/ann",
            "social[facebook]": "",
        },
    )
    (ann,) = await found(tenant)
    assert {item["type"]: item["link"] for item in ann["social"]} == {
        "linkedIn": LINKEDIN,
        "facebook": "https://facebook.com/ann",
        "twiiter": "https://twitter.com/ann",
        "X": "https://x.com/ann",
    }


async def test_a_blank_link_hides_no_other(tenant, list_id):
    await add(tenant, list_id, social={"twitter": "https://twitter.com/ann"}, socialLinks={"twitter": ""})
    assert [item["link"] for item in (await found(tenant))[0]["social"]] == ["https://twitter.com/ann"]


async def test_a_linkedin_link_of_an_unusual_form_is_kept_beside_an_address(tenant, list_id):
    link = "https://www.linkedin.com/profile/view?id=1"
    assert (await add(tenant, list_id, socialLinks={"linkedIn": link})).status == 200
    assert (await found(tenant))[0]["social"] == [{"link": link, "type": "linkedIn"}]


async def test_a_linkedin_profile_alone_makes_a_prospect(tenant, list_id):
    ann = {"listId": list_id, "socialLinks": {"linkedIn": LINKEDIN + "&social"}}
    added = await tenant.post(PATH, **ann, fullName="Ann Lee")
    assert (added.status, added.body["added"]) == (200, True)
    again = await tenant.post(PATH, listId=list_id, social={"LinkedIn": "http://de.linkedin.com/in/Ann-Example/?trk=x"})
    assert (again.status, again.body) == (422, IN_LIST)
    updated = await tenant.post(PATH, **ann, position="CEO", updateContact=1)
    assert (updated.body["id"], updated.body["updated"]) == (added.body["id"], True)
    page = await tenant.post("/v1/prospect-list", listId=list_id)
    assert [(row["name"], row["emails"]) for row in page.body["prospects"]] == [("Ann Lee", [])]
    shown = (await tenant.post("/v1/get-prospect-by-id", id=added.body["id"])).body["data"]
    assert shown["social"] == [{"link": LINKEDIN, "type": "linkedIn"}]


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://example.com/in/ann",
        "https://www.linkedin.com/",
        "https://www.linkedin.com/in/",
        "https://evil-linkedin.com/in/ann",
        "https://www.linkedin.com/in/a%00b",
        "https://www.linkedin.com/in/a%0d%0ab",
        "https://www.linkedin.com/in/" + "李" * 1_500,
        "https://[www.linkedin.com/in/ann",
        "linkedin",
    ],
)
async def test_without_an_address_a_profile_is_needed(tenant, list_id, link):
    before = await tenant.rows()
    refused = await tenant.post(PATH, listId=list_id, fullName="Ann Lee", socialLinks={"linkedIn": link})
    assert (refused.status, set(refused.body["errors"])) == (422, {"email"})
    assert await tenant.rows() == before


async def test_custom_fields_are_declared_ones_only(tenant, list_id):
    await tenant.custom_field("Project name")
    before = await tenant.rows()
    refused = await add(tenant, list_id, **{"customFields[Project]": "x"})
    assert refused.status == 422
    assert "Custom fields" in refused.body["errors"]
    assert "not found" in refused.body["errors"]
    assert await tenant.rows() == before
    assert (await add(tenant, list_id, **{"customFields[project NAME]": "x"})).status == 200
    assert list((await tenant.prospect("ann@x.example")).custom.values()) == ["x"]


@pytest.mark.parametrize(
    ("type_", "given", "kept"),
    [
        ("string", " any text ", "any text"),
        ("number", "3.50", "3.50"),
        ("number", -7, "-7"),
        ("number", "x", None),
        ("number", "1_000", None),
        ("number", "NaN", None),
        ("number", "sNaN", None),
        ("number", "Infinity", None),
        ("date", "2026-03-02", "2026-03-02"),
        ("date", "02/03/2026", None),
        ("date", "2026-02-30", None),
    ],
)
async def test_custom_fields_are_typed(tenant, list_id, type_, given, kept):
    await tenant.custom_field("Thing", type_)
    added = await add(tenant, list_id, customFields={"Thing": given})
    if kept is None:
        assert added.status == 422
        assert isinstance(added.body["errors"], str)
        assert (await tenant.rows())["prospects"] == 0
    else:
        assert added.status == 200
        assert list((await tenant.prospect("ann@x.example")).custom.values()) == [kept]


async def test_a_new_prospect_needs_the_required_custom_fields(tenant, list_id):
    await tenant.custom_field("Plan", required=True)
    for flags in ({}, {"updateContact": True}, {"createDuplicates": True}):
        for fields in ({}, {"customFields": {"Plan": ""}}):
            refused = await add(tenant, list_id, **fields, **flags)
            assert (refused.status, refused.body["success"]) == (422, False)
            assert "Plan" in refused.body["errors"]
    assert (await tenant.rows())["prospects"] == 0
    assert (await add(tenant, list_id, customFields={"Plan": "Pro"})).status == 200


async def test_one_who_has_the_required_custom_fields_need_not_bring_them_again(tenant, list_id):
    await tenant.custom_field("Plan", required=True)
    await add(tenant, list_id, customFields={"Plan": "Pro"})
    updated = await add(tenant, list_id, position="CEO", updateContact=True)
    assert (updated.status, updated.body["updated"]) == (200, True)
    assert (await add(tenant, await tenant.list("Others"))).body["added"] is True
    assert list((await tenant.prospect("ann@x.example")).custom.values()) == ["Pro"]


async def test_a_job_and_phones_are_kept(tenant, list_id):
    await add(
        tenant,
        list_id,
        position="VP, Sales",
        companyName="Example",
        companySite="http://example.com",
        phones=[" +15550100 ", "+15550101", "+15550100", ""],
    )
    (job,) = (await found(tenant))[0]["currentJob"]
    assert (job["position"], job["companyName"], job["site"]) == ("VP, Sales", "Example", "http://example.com")
    assert (await tenant.prospect("ann@x.example")).phones == ["+15550100", "+15550101"]


@pytest.mark.parametrize(
    ("written", "also"),
    [
        ("ann@bücher.example", "ANN@XN--BCHER-KVA.example"),
        ("用户@例子.example", "用户@xn--fsqu00a.example"),
        ("zoë@x.example", "ZOE\u0308@x.example"),
        ('"ann lee"@x.example', '"Ann Lee"@X.example'),
        ("o'hara+tag@x.example", "O'HARA+TAG@x.example"),
    ],
)
async def test_international_and_odd_addresses_are_addresses(tenant, list_id, written, also):
    assert (await add(tenant, list_id, written)).status == 200
    page = await tenant.post("/v1/prospect-list", listId=list_id)
    assert page.body["prospects"][0]["emails"][0]["email"] == written
    assert (await add(tenant, list_id, also)).body == IN_LIST
    assert len(await found(tenant, also)) == 1


@given(st.from_regex(r"[a-zA-Z0-9äßéİŒΣς.+_-]{1,12}@[a-zßäé]{1,6}\.example", fullmatch=True))
def test_the_key_of_an_address_is_its_own_key(address):
    try:
        key = address_key(address)
    except ValueError:
        return
    assert address_key(key) == key
    assert address_key(address.upper()) == address_key(address.upper().lower())


async def test_a_copy_that_is_on_the_list_already_is_not_added_beside_its_original(house):
    tenant = await house.workspace()
    first, second = await tenant.list("First"), await tenant.list("Second")
    await tenant.post("/v1/add-prospect-to-list", listId=first, email="ann@x.example")
    await tenant.post("/v1/add-prospect-to-list", listId=second, email="ann@x.example", createDuplicates=True)
    again = await tenant.post("/v1/add-prospect-to-list", listId=second, email="ann@x.example")
    assert again.status == 422
    assert again.body == {"errors": "Prospect with same email already exists in your list"}


async def test_another_address_of_a_merged_person_leads_to_that_person(house):
    tenant = await house.workspace()
    list_id = await tenant.list()
    ids = []
    for address in ("ann@x.example", "ann@y.example"):
        added = await tenant.post(
            "/v1/add-prospect-to-list",
            listId=list_id,
            email=address,
            socialLinks={"linkedIn": "https://www.linkedin.com/in/ann"},
        )
        ids.append(added.body["id"])
    async with house.world.db.transaction() as conn:
        ((_, numbers),) = await prospects.duplicates(conn, tenant.workspace_id)
        await prospects.merge(conn, tenant.workspace_id, numbers[0], numbers[1:], now=house.world.clock.now())
    other = await tenant.list("Other")
    found = await tenant.post(
        "/v1/add-prospect-to-list", listId=other, email="ann@y.example", firstName="Ann", updateContact=True
    )
    assert found.body == {"success": True, "id": ids[0], "added": True, "updated": True}
    kept = (await tenant.post("/v1/get-prospects-by-email", email="ann@x.example")).body["data"]
    assert [prospect["firstName"] for prospect in kept] == ["Ann"]
