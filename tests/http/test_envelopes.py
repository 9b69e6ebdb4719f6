"""Errors in the envelopes of contract 3.1, and the manners of every answer."""

import asyncio
import json
import re
from urllib.parse import urlsplit

import pytest

from fairlead.http.snov.endpoints import ENDPOINTS

NOT_FOUND = {"errors": {"code": 404, "title": "Sorry, but url or entity not found", "source": ""}}
WRONG_METHOD = {"errors": {"code": 405, "title": "Method not allowed", "source": ""}}
LIVE = [endpoint for endpoint in ENDPOINTS if endpoint.handler is not None]
ANN = {"listId": 1, "email": "ann@x.example"}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


async def raw(house, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of the answer to bytes sent as they are."""
    at = urlsplit(house.base_url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        writer.write(request)
        async with asyncio.timeout(10):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            body = await reader.readexactly(int(length[1])) if length and not request.startswith(b"HEAD") else b""
    finally:
        writer.close()
        await writer.wait_closed()
    return head, body


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/", "/v2/", "/v3/lists", "/v1/unknown", "/v1/lists/1", "/v2/lists", "/v1/add-list",
     "/%00", "/v1/%0a"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_address_is_not_found(house, path, method):
    answered = await house.request(method, path)
    assert (answered.status, answered.body) == (404, NOT_FOUND)


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.handler is None], ids=lambda e: e.number)
async def test_an_endpoint_that_is_not_live_answers_as_an_unknown_address_does(house, endpoint):
    tenant = await house.workspace()
    path = re.sub(r"\{\w+\}", "1", endpoint.path)
    answered = await tenant.call(endpoint.method, path)
    known = any(other.path == endpoint.path for other in LIVE)
    assert (answered.status, answered.body) == ((405, WRONG_METHOD) if known else (404, NOT_FOUND))


CONTENT = "/v2/campaigns/{id}/steps/{step_id}/content"
SHADOWED = {f"{CONTENT}/{{content_id}}": (f"{CONTENT}/create",)}


@pytest.mark.parametrize("path", sorted({endpoint.path for endpoint in LIVE}))
async def test_a_wrong_method_on_a_known_path_is_told_so(house, path):
    tenant = await house.workspace()
    allowed = {method for endpoint in LIVE if endpoint.path == path for method in endpoint.methods}
    # What is also a form of another path, with a word where that has an id, is that path's for its methods.
    others = {method for endpoint in LIVE if path in SHADOWED.get(endpoint.path, ()) for method in endpoint.methods}
    for method in METHODS - allowed - others:
        answered = await tenant.call(method, path)
        assert (answered.status, answered.body) == (405, WRONG_METHOD)
        assert set(answered.headers["Allow"].split(", ")) == allowed | others
    head, _ = await raw(house, f"HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert head.startswith(b"HTTP/1.1 405")


async def test_every_live_endpoint_wants_a_token(house):
    for endpoint in LIVE:
        if not endpoint.path.endswith("access_token"):
            for method in endpoint.methods:
                answered = await house.request(method, endpoint.path)
                assert answered.status == 401
                assert answered.body["errors"]["code"] == 401


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        ("/v1/lists", {}, "name"),
        ("/v1/lists", {"name": " "}, "name"),
        ("/v1/lists", {"name": "x" * 256}, "name"),
        ("/v1/lists", {"name": "two\nlines"}, "name"),
        ("/v1/lists", {"name": {"a": "b"}}, "name"),
        ("/v1/prospect-list", {}, "listId"),
        ("/v1/prospect-list", {"listId": "x"}, "listId"),
        ("/v1/prospect-list", {"listId": 1, "page": -1}, "page"),
        ("/v1/prospect-list", {"listId": 1, "perPage": 5_001}, "perPage"),
        ("/v1/get-prospect-by-id", {}, "id"),
        ("/v1/get-prospects-by-email", {}, "email"),
        ("/v1/get-prospects-by-email", {"email": "no address"}, "email"),
        ("/v1/do-not-email-list", {}, "items"),
        ("/v1/do-not-email-list", {"items": ["?", "localhost"]}, "items"),
        ("/v1/do-not-email-list", {"items": ["x.example"], "listId": "x"}, "listId"),
        ("/v1/add-prospect-to-list", {}, "listId"),
        ("/v1/add-prospect-to-list", {"listId": 1}, "email"),
        ("/v1/add-prospect-to-list", ANN | {"fullName": "a\nb"}, "fullName"),
        ("/v1/add-prospect-to-list", ANN | {"firstName": "x" * 300}, "firstName"),
        ("/v1/add-prospect-to-list", ANN | {"companySite": "no site"}, "companySite"),
        ("/v1/add-prospect-to-list", ANN | {"phones": ["x" * 100]}, "phones"),
        ("/v1/add-prospect-to-list", ANN | {"updateContact": "perhaps"}, "updateContact"),
    ],
)
async def test_bad_input_is_told_by_the_name_the_caller_gave_it(house, path, fields, field):
    tenant = await house.workspace()
    refused = await tenant.post(path, **fields)
    assert refused.status == 422
    assert set(refused.body) == {"success", "message", "errors"}
    assert refused.body["success"] is False
    assert refused.body["errors"] == {field: [refused.body["message"]]}
    assert "_" not in refused.body["message"]


async def test_a_second_list_of_the_same_name_is_refused_in_plain_words(house):
    tenant = await house.workspace()
    assert (await tenant.post("/v1/lists", name="name")).status == 200
    refused = await tenant.post("/v1/lists", name="NAME")
    assert refused.status == 422
    assert refused.body["errors"] == {"name": ["There is a list named 'NAME' already."]}


async def test_answers_are_ascii_and_say_they_are_json(house):
    tenant = await house.workspace()
    list_id = await tenant.list("Übersicht 日本 \U0001f600")
    await tenant.post("/v1/add-prospect-to-list", listId=list_id, email="zoë@bücher.example", fullName="Zoë Łuczak 李")
    for path, fields in {
        "/v1/prospect-list": {"listId": list_id},
        "/v1/get-user-lists": {},
        "/v1/get-prospects-by-email": {"email": "zoë@bücher.example"},
        "/v1/get-prospect-by-id": {"id": "ü"},
    }.items():
        async with house.http.post(
            house.base_url + path, json=fields, headers={"Authorization": tenant.token}
        ) as response:
            body = await response.read()
            assert response.headers["Content-Type"] == "application/json"
            assert body.isascii()
            assert b"\\u" in body
            assert json.loads(body)
    found = await tenant.post("/v1/get-prospects-by-email", email="ZOË@xn--bcher-kva.example")
    assert found.body["data"][0]["name"] == "Zoë Łuczak 李"
    assert found.body["data"][0]["lists"] == [{"id": list_id, "name": "Übersicht 日本 \U0001f600"}]


async def test_no_success_has_a_key_named_error(house):
    tenant = await house.workspace()
    list_id = await tenant.list()
    await tenant.post("/v1/add-prospect-to-list", listId=list_id, email="ann@x.example")
    for path, fields in {
        "/v1/prospect-list": {"listId": list_id},
        "/v1/get-prospects-by-email": {"email": "ann@x.example"},
        "/v1/get-balance": {},
    }.items():
        answered = await tenant.post(path, **fields)
        assert answered.status == 200
        assert answered.body["success"] is True
        assert "error" not in answered.body


async def test_a_fault_of_ours_is_answered_without_details(own_house):
    tenant = await own_house.workspace()
    async with own_house.world.db.statement() as conn:
        await conn.execute("alter table custom_fields rename to hidden")
    answered = await tenant.get("/v1/prospect-custom-fields")
    assert (answered.status, answered.body["errors"]["code"]) == (500, 500)
    assert set(answered.body) == {"errors"}
    assert "custom" not in json.dumps(answered.body)


async def test_a_client_that_hangs_up_is_no_fault_of_ours(house, caplog):
    tenant = await house.workspace()
    at = urlsplit(house.base_url)
    caplog.clear()
    caplog.set_level("INFO", "fairlead")
    _, writer = await asyncio.open_connection(at.hostname, at.port)
    head = f"POST /v1/lists HTTP/1.1\r\nHost: x\r\nAuthorization: {tenant.token}\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b"name=")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(10):
        while "/v1/lists 499" not in caplog.text:
            await asyncio.sleep(0.01)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_body_that_trickles_in_is_given_up(house, monkeypatch):
    monkeypatch.setattr("fairlead.http.request.BODY_SECONDS", 0.05)
    head, body = await raw(house, b"POST /v1/lists HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nname=")
    assert head.startswith(b"HTTP/1.1 408")
    assert json.loads(body)["errors"]["code"] == 408
