"""The same request in every encoding that published clients use: contract 2.3 and 2.4, by the front door."""

import json
from urllib.parse import urlencode

import aiohttp
import pytest

FIELDS = {"email": "ann@x.example", "fullName": "Ann Lee"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def multipart(fields):
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, str(value))
    return form


WAYS = {
    "query": lambda fields: {"params": fields},
    "form": lambda fields: {"data": fields},
    "multipart": lambda fields: {"data": multipart(fields)},
    "json": lambda fields: {"json": fields},
    "json without a content type": lambda fields: {"data": json.dumps(fields), "headers": {"Content-Type": ""}},
    "form without a content type": lambda fields: {"data": urlencode(fields), "headers": {"Content-Type": ""}},
    "half query, half form": lambda fields: {
        "params": dict(list(fields.items())[:1]),
        "data": dict(list(fields.items())[1:]),
    },
    "half query, half json": lambda fields: {
        "params": dict(list(fields.items())[1:]),
        "json": dict(list(fields.items())[:1]),
    },
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_prospect_is_added_in_every_encoding(house, way):
    tenant = await house.workspace()
    list_id = await tenant.list()
    added = await tenant.call("POST", "/v1/add-prospect-to-list", **WAYS[way](FIELDS | {"listId": str(list_id)}))
    assert (added.status, added.body["added"]) == (200, True)
    found = await tenant.post("/v1/get-prospects-by-email", email="ann@x.example")
    assert found.body["data"][0]["name"] == "Ann Lee"


@pytest.mark.parametrize("way", WAYS)
async def test_a_get_reads_its_body_too(house, way):
    tenant = await house.workspace()
    asked = await house.request("GET", "/v1/get-balance", **WAYS[way]({"access_token": tenant.token, "x": "1"}))
    assert (asked.status, asked.body["success"]) == (200, True)


@pytest.mark.parametrize("path", ["/v1/get-balance", "/v1/get-user-lists", "/v1/prospect-custom-fields"])
async def test_a_reading_method_of_version_1_answers_post_too(house, path):
    tenant = await house.workspace()
    assert (await tenant.call("POST", path, data={})).body == (await tenant.get(path)).body


async def test_a_json_content_type_with_an_empty_body_is_no_parameters(house):
    tenant = await house.workspace()
    assert (await tenant.call("GET", "/v1/get-balance", headers=JSON)).status == 200
    assert (await tenant.call("POST", "/v1/get-user-lists", headers=JSON, data=b"")).status == 200
    named = await tenant.call("POST", "/v1/lists", headers=JSON, params={"name": "People"})
    assert named.body[0]["success"] is True


async def test_an_unknown_parameter_is_ignored(house):
    tenant = await house.workspace()
    made = await tenant.post("/v1/lists", name="People", scope="", page=1, nested={"a": [1]})
    assert made.status == 200


async def test_an_empty_object_means_nothing_given(house):
    tenant = await house.workspace()
    added = await tenant.post(
        "/v1/add-prospect-to-list",
        **FIELDS,
        listId=await tenant.list(),
        socialLinks={},
        social=[],
        customFields={},
        phones=[],
        country="",
        companySite=None,
        updateContact=False,
        createDuplicates=0,
    )
    assert added.status == 200


@pytest.mark.parametrize("slashes", ["/", "//"])
async def test_a_trailing_slash_means_the_same_and_is_answered_directly(house, slashes):
    tenant = await house.workspace()
    made = await tenant.call("POST", "/v1/lists" + slashes, data={"name": "People"}, allow_redirects=False)
    assert made.status == 200
    balance = await tenant.call("GET", "/v1/get-balance" + slashes, allow_redirects=False)
    assert balance.status == 200
    signed_in = await house.request(
        "POST",
        "/v1/oauth/access_token" + slashes,
        data={
            "grant_type": "client_credentials",
            "client_id": tenant.made.client_id,
            "client_secret": tenant.made.client_secret,
        },
        allow_redirects=False,
    )
    assert signed_in.status == 200


async def test_brackets_may_be_encoded_or_not(house):
    tenant = await house.workspace()

    async def stop(body):
        return await tenant.call("POST", "/v1/do-not-email-list", data=body, headers=FORM)

    plain = await stop(b"items[]=a.example&items[]=b.example")
    encoded = await stop(b"items%5B0%5D=a.example&items%5b1%5d=c.example")
    assert plain.body[0]["data"]["duplicates"] == []
    assert encoded.body[0]["data"]["duplicates"] == ["a.example"]


async def test_phones_and_custom_fields_come_as_php_and_as_json_write_them(house):
    tenant = await house.workspace()
    await tenant.custom_field("Plan")
    list_id = await tenant.list()
    php = b"customFields[Plan]=Pro&phones=+15550100&phones=+15550101&email=a@x.example&listId=%d" % list_id
    as_json = {"customFields[Plan]": "Pro", "phones[]": [15550100], "email": "b@x.example", "listId": str(list_id)}
    assert (await tenant.call("POST", "/v1/add-prospect-to-list", data=php, headers=FORM)).status == 200
    assert (await tenant.call("POST", "/v1/add-prospect-to-list", json=as_json)).status == 200
    first, second = [await tenant.prospect(address) for address in ("a@x.example", "b@x.example")]
    assert list(first.custom.values()) == list(second.custom.values()) == ["Pro"]
    assert first.phones == ["15550100", "15550101"]  # a plus sign in a form is a blank
    assert second.phones == ["15550100"]
