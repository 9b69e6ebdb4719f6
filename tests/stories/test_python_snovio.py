"""A published client, python-snovio, pointed at a live server: what it asks, and what goes over the wire."""

import asyncio

import pytest
import requests
import snovio

from fairlead.http.snov.endpoints import ENDPOINTS

# Every method its README shows, by the address it stands for.
METHODS = {
    "add-emails-to-verification", "add-names-to-find-emails", "add-prospect-to-list", "add-url-for-search",
    "change-recipient-status", "do-not-email-list", "domain-emails-with-info", "emails-sent", "get-balance",
    "get-domain-emails-count", "get-emails-clicked", "get-emails-from-names", "get-emails-from-url",
    "get-emails-replies", "get-emails-verification-status", "get-profile-by-email", "get-prospect-by-id",
    "get-prospects-by-email", "get-user-campaigns", "get-user-lists", "lists", "prospect-custom-fields",
    "prospect-finished", "prospect-list",
}  # fmt: skip
# Of these a running campaign is asked; tests/campaigns and tests/http/test_campaigns_page.py do.
OF_CAMPAIGNS = {"change-recipient-status", "emails-sent"}


class Wire:
    """Stands in for the client's `requests` and writes down what was answered."""

    def __init__(self) -> None:
        self.answers = []

    def get(self, url, **options):
        return self._note(requests.get(url, timeout=10, **options))

    def post(self, url, **options):
        return self._note(requests.post(url, timeout=10, **options))

    def _note(self, response):
        self.answers.append(response)
        return response


@pytest.fixture
def wire(house, monkeypatch):
    wire = Wire()
    monkeypatch.setattr(snovio, "SNOVIO_API_URL", house.base_url + "/")
    monkeypatch.setattr(snovio, "requests", wire)
    return wire


async def test_every_method_that_exists_yet_answers_200_with_the_documented_shape(house, wire):
    tenant = await house.workspace()
    await tenant.custom_field("phone number")
    walked = set()

    def run():
        client = snovio.SnovioAPI(tenant.made.client_id, tenant.made.client_secret)

        def call(name, fields=None):
            """The body as sent; the client's own code fails on a bare array, after the answer came."""
            walked.add(name)
            try:
                given = getattr(client, name.replace("-", "_"))(fields or {})
            except TypeError:
                given = None
            answer = wire.answers[-1]
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json"), name
            body = answer.json()
            assert isinstance(body, list) or given == body
            return body

        (made,) = call("lists", {"name": "Test Lists"})
        list_id = made["data"]["id"]
        added = call(
            "add-prospect-to-list",
            {
                "email": "john.doe@example.com",
                "fullName": "John Doe",
                "firstName": "John",
                "lastName": "Doe",
                "country": "United States",
                "locality": "Woodbridge, New Jersey",
                "socialLinks[linkedIn]": "https://www.linkedin.com/in/johndoe/&social",
                "social[twitter]": "https://twitter.com/johndoe&social",
                "customFields[phone number]": "+ 1 888 2073333",
                "position": "Vice President of Sales",
                "companyName": "GoldenRule",
                "companySite": "https://goldenrule.com",
                "updateContact": 1,
                "listId": str(list_id),
            },
        )
        assert added == {"success": True, "id": added["id"], "added": True, "updated": False}
        page = call("prospect-list", {"listId": str(list_id), "page": 1, "perPage": 10})
        assert (page["success"], page["list"]["contacts"]) == (True, 1)
        by_id = call("get-prospect-by-id", {"id": page["prospects"][0]["id"]})
        by_email = call("get-prospects-by-email", {"email": "john.doe@example.com"})
        assert by_email["data"] == [by_id["data"]]
        assert by_id["data"]["id"] == added["id"]
        assert call("prospect-custom-fields")[0]["label"] == "phone number"
        assert [item["id"] for item in call("get-user-lists")] == [list_id]
        items = ["gavin.vanrooyen@octagon.example", "octagon.example"]
        assert call("do-not-email-list", {"items[]": items}) == [{"success": True, "data": {"duplicates": []}}]
        emails = {"emails": ["john.doe@example.com"]}
        assert call("add-emails-to-verification", emails)["john.doe@example.com"] == {"sent": True}
        status = call("get-emails-verification-status", emails)["john.doe@example.com"]["status"]
        assert status["identifier"] == "in_progress"
        assert call("get-user-campaigns") == []
        assert call("get-domain-emails-count", {"domain": "octagon.example"})["result"] == 0
        assert call("domain-emails-with-info", {"domain": "octagon.example", "type": "all", "limit": 10})["result"] == 0
        person = {"firstName": "gavin", "lastName": "vanrooyen", "domain": "octagon.example"}
        assert call("add-names-to-find-emails", person)["success"] is True
        assert call("get-emails-from-names", person)["success"] is True
        profile = {"url": "https://www.linkedin.com/in/johndoe/"}
        assert call("add-url-for-search", profile)["success"] is True
        assert "success" in call("get-emails-from-url", profile)
        assert call("get-profile-by-email", {"email": "nobody@octagon.example"})["success"] is False
        assert set(call("get-balance")["data"]) >= {"balance", "teamwork", "limit_resets_in", "expires_in"}

    await asyncio.to_thread(run)
    live = {endpoint.path.rpartition("/")[2] for endpoint in ENDPOINTS if endpoint.handler is not None}
    assert walked == METHODS & live - OF_CAMPAIGNS


async def test_after_its_token_ended_it_fetches_another_and_repeats(house, wire):
    tenant = await house.workspace()

    def run():
        client = snovio.SnovioAPI(tenant.made.client_id, tenant.made.client_secret)
        client.access_token = "ended"
        return client.get_balance()

    balance = await asyncio.to_thread(run)
    assert balance["data"]["balance"] == "1000000.00"
    assert [answer.status_code for answer in wire.answers] == [200, 401, 200, 200]
    assert "access_token=" in wire.answers[-1].request.url  # it moves the token from the body to the query


async def test_an_unknown_person_is_no_error_to_it(house, wire):
    tenant = await house.workspace()

    def run():
        client = snovio.SnovioAPI(access_token=tenant.token)
        return client.get_prospects_by_email({"email": "p@example.com"})

    found = await asyncio.to_thread(run)
    assert found == {"success": False, "errors": "Prospect with email 'p@example.com' not found"}
