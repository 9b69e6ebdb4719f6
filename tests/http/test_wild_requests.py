"""Requests made by chance, from pieces that have hurt parsers before: none is a fault of ours."""

import json
from io import BytesIO
from random import Random
from urllib.parse import quote, urlencode

from fairlead.http.snov.endpoints import ENDPOINTS

REQUESTS = 1000
NAMES = [
    "listId", "email", "fullName", "firstName", "lastName", "phones", "phones[]", "country", "locality", "position",
    "companyName", "companySite", "updateContact", "createDuplicates", "customFields", "customFields[Plan]",
    "customFields[]", "socialLinks", "socialLinks[linkedIn]", "social[x]", "social", "id", "page", "perPage", "name",
    "items", "items[]", "items[0]", "access_token[]", "grant_type", "client_id", "client_secret", "[", "", "a[b][c][]",
]  # fmt: skip
VALUES = [
    "", " ", "0", "1", "-1", "true", "x", "ann@x.example", "zoë@bücher.example", "x.example", "İ@x.example", "a@b.c\n",
    "https://www.linkedin.com/in/ann", "https://www.linkedin.com/in/%00", "http://[", "http://x.example:99999/",
    "http://x.example:port", "//", "@", "Germany", "DE", "9" * 25, "1e5", "2026-03-02", "\ud7ff", "\ufffe",
    "\U0010ffff", "\u200b", "\u2028", "\x85", "%", "%s", "%(now)s", "{}", "'", '"', "\\", "\\u0000", "a" * 400,
    "ß" * 300, "_" * 70, None, True, False, 0, 1, -1, 2**63, 1.5, 1e300, [], {}, [[]], [{}], ["x", "y@x.example"],
    {"linkedIn": "x"}, {"Plan": "3"}, {"": ""}, {"a": None}, [None, None],
]  # fmt: skip


def fields(chance, list_id, id_):
    usual = {"listId": list_id, "email": "ann@x.example", "id": id_, "name": str(chance.random()), "items": "x.a"}
    return usual | {chance.choice(NAMES): chance.choice(VALUES) for _ in range(chance.randint(0, 5))}


def written(chance, sent):
    """The fields as a body of some kind, now and then cut or damaged."""
    texts = {name: value if isinstance(value, str) else str(value) for name, value in sent.items()}
    kind = chance.choice(["json", "form", "multipart"])
    if kind == "json":
        body, content_type = json.dumps(sent).encode(), "application/json"
    elif kind == "form":
        body, content_type = urlencode(texts, quote_via=quote).encode(), "application/x-www-form-urlencoded"
    else:
        parts = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in texts.items()
        )
        body, content_type = (parts + "--b--\r\n").encode("utf-8", "replace"), "multipart/form-data; boundary=b"
    if chance.random() < 0.2:
        place = chance.randrange(len(body) + 1)
        body = body[:place] + chance.choice([b"", b"\x00", b"\xff", b"[", b"]", b'"', b"&", b"="]) + body[place + 1 :]
    if chance.random() < 0.1:
        content_type = chance.choice(["", "text/plain", "application/json", "multipart/form-data"])
    return {"data": BytesIO(body), "headers": {"Content-Type": content_type}}


async def test_no_request_is_a_fault_of_ours(house):
    chance = Random(20261122)
    tenant = await house.workspace()
    await tenant.custom_field("Plan", "number")
    list_id = await tenant.list()
    added = await tenant.post("/v1/add-prospect-to-list", listId=list_id, email="first@x.example")
    live = [endpoint for endpoint in ENDPOINTS if endpoint.handler is not None]
    for number in range(REQUESTS):
        endpoint = chance.choice(live)
        sent = fields(chance, list_id, added.body["id"])
        options = written(chance, sent)
        answered = await tenant.call(chance.choice(sorted(endpoint.methods)), endpoint.path, **options)
        assert answered.status in (200, 400, 401, 404, 422, 429), (number, endpoint.path, sent, answered)
        if isinstance(answered.body, dict) and answered.status != 200:
            assert set(answered.body) <= {"success", "message", "errors", "error"}
    async with house.world.db.statement() as conn:
        await conn.execute("delete from rate_windows where subject like 'address %'")
