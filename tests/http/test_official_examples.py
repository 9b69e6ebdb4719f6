"""The published examples for the endpoints that are live, sent as their languages send them.

PHP makes a multipart body of an array given to CURLOPT_POSTFIELDS and a query of http_build_query; Python's requests
makes a form of `data` and a query of `params`, for GET too.
"""

import asyncio
import http.client
import json
import re
import shutil
import subprocess
from urllib.parse import urlencode, urlsplit

import pytest
import requests

JOHN = {
    "email": "john.doe@example.com",
    "fullName": "John Doe",
    "firstName": "John",
    "lastName": "Doe",
    "country": "United States",
    "locality": "Woodbridge, New Jersey",
    "socialLinks[linkedIn]": "https://www.linkedin.com/in/johndoe/&social",
    "social[twiiter]": "https://twitter.com/johndoe&social",
    "customFields[specialization]": "Software Engineering",
    "position": "Vice President of Sales",
    "companyName": "GoldenRule",
    "companySite": "https://goldenrule.com",
}
PHONES = ["+18882073333", "+18882074444"]


def php_multipart(fields):
    """The body PHP's curl sends for an array: true is 1, false is empty, an array inside is the word Array."""
    boundary = "-" * 24 + "d74496d66958873e"

    def text(value):
        return "Array" if isinstance(value, list) else "1" if value is True else "" if value is False else str(value)

    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text(value)}\r\n'
        for name, value in fields.items()
    )
    return f"{parts}--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


class ByHand:
    """Requests byte for byte as given, through http.client."""

    def __init__(self, base_url):
        self.at = urlsplit(base_url)

    def __call__(self, method, path, *, multipart=None, headers=None):
        body, types = (None, {}) if multipart is None else php_multipart(multipart)
        connection = http.client.HTTPConnection(self.at.hostname, self.at.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=types | (headers or {}))
            answered = connection.getresponse()
            return answered.status, json.loads(answered.read())
        finally:
            connection.close()


@pytest.fixture
async def tenant(house):
    tenant = await house.workspace()
    await tenant.custom_field("specialization")
    return tenant


@pytest.fixture
async def list_id(tenant):
    return await tenant.list("Leads")


def credentials(tenant):
    return {
        "grant_type": "client_credentials",
        "client_id": tenant.made.client_id,
        "client_secret": tenant.made.client_secret,
    }


async def john_is_complete(tenant, phones):
    found = await tenant.post("/v1/get-prospects-by-email", email="john.doe@example.com")
    (john,) = found.body["data"]
    assert (john["name"], john["country"], john["locality"]) == ("John Doe", "United States", "Woodbridge, New Jersey")
    assert {item["type"]: item["link"] for item in john["social"]} == {
        "linkedIn": "https://www.linkedin.com/in/johndoe/",
        "twiiter": "https://twitter.com/johndoe",
    }
    assert john["currentJob"][0]["site"] == "https://goldenrule.com"
    known = await tenant.prospect("john.doe@example.com")
    assert list(known.custom.values()) == ["Software Engineering"]
    assert known.phones == phones


async def test_the_php_examples_work(house, tenant, list_id):
    send = ByHand(house.base_url)

    def run():
        def token():  # the examples ask for a new one before every call
            status, given = send("POST", "/v1/oauth/access_token", multipart=credentials(tenant))
            assert status == 200
            return {"access_token": given["access_token"]}

        added = send(
            "POST",
            "/v1/add-prospect-to-list",
            multipart=token() | JOHN | {"phones": PHONES, "updateContact": True, "listId": str(list_id)},
        )
        by_id = send("POST", "/v1/get-prospect-by-id", multipart=token() | {"id": added[1]["id"]})
        by_email = send("POST", "/v1/get-prospects-by-email", multipart=token() | {"email": JOHN["email"]})
        fields = send("GET", "/v1/prospect-custom-fields?" + urlencode(token()))
        lists = send("GET", "/v1/get-user-lists?" + urlencode(token()))
        asked = {"listId": str(list_id), "page": "1", "perPage": "2"}
        page = send("POST", "/v1/prospect-list", multipart=token() | asked)
        new = send("POST", "/v1/lists", multipart=token() | {"name": "New list"})
        items = urlencode({"items[0]": "gavin.vanrooyen@octagon.example", "items[1]": "octagon.example"})
        stopped = send("POST", "/v1/do-not-email-list?" + items, multipart=token())
        balance = send("GET", "/v1/get-balance?" + urlencode(token()))
        return added, by_id, by_email, fields, lists, page, new, stopped, balance

    answers = await asyncio.to_thread(run)
    assert {status for status, _ in answers} == {200}
    added, by_id, by_email, fields, lists, page, new, stopped, balance = [body for _, body in answers]
    assert (added["success"], added["added"], added["updated"]) == (True, True, False)
    assert by_email["data"] == [by_id["data"]]
    assert fields[0]["key"] == "customFields['specialization']"
    assert [item["name"] for item in lists] == ["Leads"]
    assert (page["list"]["contacts"], len(page["prospects"])) == (1, 1)
    assert new[0]["success"] is True
    assert stopped == [{"success": True, "data": {"duplicates": []}}]
    assert re.fullmatch(r"\d+\.\d\d", balance["data"]["balance"])
    await john_is_complete(tenant, ["Array"])


async def test_the_python_examples_work(house, tenant, list_id):
    base = house.base_url

    def run():
        def token():
            given = requests.post(base + "/v1/oauth/access_token", data=credentials(tenant), timeout=10)
            return {"access_token": json.loads(given.text.encode("ascii", "ignore"))["access_token"]}

        def post(path, **options):
            return requests.post(base + path, timeout=10, **options)

        def get(path, **options):
            return requests.get(base + path, timeout=10, **options)

        john = JOHN | {"phones": PHONES, "updateContact": 1, "listId": str(list_id)}
        added = post("/v1/add-prospect-to-list", data=token() | john)
        page = {"listId": str(list_id), "page": "1", "perPage": "2"}
        items = ["gavin.vanrooyen@octagon.example", "octagon.example"]
        return [
            added,
            post("/v1/get-prospect-by-id", data=token() | {"id": added.json()["id"]}),
            post("/v1/get-prospects-by-email", data=token() | {"email": JOHN["email"]}),
            post("/v1/prospect-list", params=token() | page),
            post("/v1/lists", data=token() | {"name": "New list"}),
            post("/v1/do-not-email-list", data=token() | {"items[]": items}),
            get("/v1/prospect-custom-fields", data=token()),
            get("/v1/get-user-lists", data=token()),
            get("/v1/get-balance", headers={"authorization": token()["access_token"]}),
        ]

    answers = await asyncio.to_thread(run)
    assert [answer.status_code for answer in answers] == [200] * 9
    assert answers[3].json()["list"]["contacts"] == 1
    assert [item["name"] for item in answers[7].json()] == ["New list", "Leads"]
    await john_is_complete(tenant, PHONES)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl_gets_through_in_its_ways(house, tenant, list_id):
    async def curl(path, *options):
        command = ["curl", "--silent", "--show-error", "--max-time", "20", *options, house.base_url + path]
        ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True, timeout=30)
        return json.loads(ran.stdout)

    def fields(flag, pairs):
        return [word for name, value in pairs.items() for word in (flag, f"{name}={value}")]

    given = await curl("/v1/oauth/access_token", *fields("--form-string", credentials(tenant)))
    token = given["access_token"]
    john = JOHN | {"access_token": token, "listId": list_id}
    added = await curl("/v1/add-prospect-to-list", *fields("--form-string", john))
    assert added["added"] is True
    await john_is_complete(tenant, [])
    updated = await curl("/v1/add-prospect-to-list", *fields("--data-urlencode", john | {"updateContact": "true"}))
    assert (updated["id"], updated["updated"]) == (added["id"], True)
    shown = await curl("/v1/get-balance", "--get", "--data", f"access_token={token}")
    assert shown["success"] is True
    made = await curl(
        "/v1/lists", "--header", f"Authorization: Bearer {token}", "--json", json.dumps({"name": "From curl"})
    )
    assert made[0]["success"] is True
    waits = await curl("/v1/lists", "--header", "Expect: 100-continue", "--data", f"access_token={token}&name=Waited")
    assert waits[0]["success"] is True
    big = ["--header", "Expect:", "--header", f"Authorization: {token}", "--data-binary", "@-"]
    command = ["curl", "--silent", "--max-time", "20", *big, house.base_url + "/v1/lists"]
    ran = await asyncio.to_thread(subprocess.run, command, input=b"x" * 10_000_000, capture_output=True, timeout=30)
    assert json.loads(ran.stdout)["errors"]["code"] == 413
