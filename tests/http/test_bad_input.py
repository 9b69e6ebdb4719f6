"""Bad input gets a clear answer in the contract's envelope, writes nothing, and the process goes on."""

import json
import time
from io import BytesIO

import pytest

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
MB = 1_000_000


def part(name, value):
    return b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name, value)


BODIES = {
    "malformed JSON": (JSON, b'{"name": "People"'),
    "JSON with a tail": (JSON, b'{"name": "People"} {}'),
    "JSON that is a list": (JSON, b'["name", "People"]'),
    "JSON that is a number": (JSON, b"7"),
    "JSON in Latin-1": (JSON, '{"name": "Zoë"}'.encode("latin-1")),
    "JSON in UTF-16": (JSON, '{"name": "People"}'.encode("utf-16")),
    "a form in Latin-1": (FORM, "name=Zoë".encode("latin-1")),
    "a form in Windows-1251, encoded": (FORM, b"name=%cf%f0%e8%e2%e5%f2"),
    "a multipart body in Latin-1": (MULTIPART, part(b"name", b"Zo\xeb") + b"--x--\r\n"),
    "a multipart body without an end": (MULTIPART, part(b"name", b"People")),
    "a multipart body without a boundary": ({"Content-Type": "multipart/form-data"}, part(b"name", b"x") + b"--x--"),
    "JSON nested 10,000 deep": (JSON, b'{"name":"People","x":' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    "a form nested 10,000 deep": (FORM, b"name=People&x" + b"[a]" * 10_000 + b"=1"),
    "100,000 parameters in a form": (FORM, b"name=People&" + b"&".join(b"k%d=1" % n for n in range(100_000))),
    "100,000 parameters in JSON": (JSON, json.dumps({"name": "x"} | {f"k{n}": 1 for n in range(100_000)}).encode()),
    "100,000 elements of one list": (FORM, b"name=People&" + b"&".join([b"k[]=1"] * 100_000)),
    "100,000 repeats of one name": (FORM, b"&".join([b"name=a"] * 100_000)),
    "30,000 parts": (MULTIPART, part(b"k", b"1") * 30_000 + b"--x--\r\n"),
    "NUL in JSON": (JSON, b'{"name": "a\\u0000b"}'),
    "NUL in a form": (FORM, b"name=a%00b"),
    "NUL as a byte": (FORM, b"name=a\x00b"),
    "NUL in a name": (FORM, b"name=a&b%00=c"),
    "a lone surrogate in JSON": (JSON, b'{"name": "\\ud83d"}'),
    "a lone surrogate in a form": (FORM, b"name=%ed%a0%bd"),
    "a line break in a name": (JSON, b'{"name": "a\\r\\nBcc: x@x.example"}'),
    "a line separator in a name": (JSON, '{"name": "a\u2028b"}'.encode()),
    "a number too long to print": (JSON, b'{"name": ' + b"9" * 10_000 + b"}"),
    "an infinite number": (JSON, b'{"name": 1e999}'),
    "an object in place of a name": (JSON, b'{"name": {"a": 1}}'),
    "a name of 1 MB": (JSON, json.dumps({"name": "x" * MB}).encode()),
    "a name of 300,000 marks": (JSON, ('{"name": "a' + "\u0300\u0327" * 150_000 + '"}').encode()),
    "nothing at all": (JSON, b""),
}


@pytest.mark.parametrize("body", BODIES)
async def test_bad_bodies_are_refused_and_write_nothing(house, body):
    tenant = await house.workspace()
    before = await tenant.rows()
    headers, sent = BODIES[body]
    started = time.process_time()
    refused = await tenant.call("POST", "/v1/lists", data=BytesIO(sent), headers=headers)
    assert time.process_time() - started < 2
    assert refused.status == 422
    assert set(refused.body) == {"success", "message", "errors"}
    assert refused.body["errors"] == {field: [refused.body["message"]] for field in refused.body["errors"]}
    assert len(refused.body["message"]) < 300
    assert await tenant.rows() == before
    assert (await tenant.get("/v1/get-balance")).status == 200


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_of_10_mb_is_refused(house, chunked):
    tenant = await house.workspace()
    before = await tenant.rows()

    async def pieces():
        for _ in range(10):
            yield b"name=" + b"x" * MB

    body = pieces() if chunked else BytesIO(b"x" * 10 * MB)
    refused = await tenant.call("POST", "/v1/lists", data=body, headers=FORM)
    assert refused.status == 413
    assert refused.body == {"errors": {"code": 413, "title": "The request body is too large", "source": ""}}
    assert await tenant.rows() == before
    assert (await tenant.get("/v1/get-balance")).status == 200


EVERYWHERE = {
    "/v1/add-prospect-to-list": ("email", "fullName", "firstName", "phones", "country", "locality", "position",
                                 "companyName", "companySite", "customFields[Plan]", "socialLinks[linkedIn]"),
    "/v1/get-prospect-by-id": ("id",),
    "/v1/get-prospects-by-email": ("email",),
    "/v1/prospect-list": ("listId", "page", "perPage"),
    "/v1/lists": ("name",),
    "/v1/do-not-email-list": ("items", "items[]", "listId"),
}  # fmt: skip
VALUES = {
    "NUL": "a\x00b",
    "beyond 64 bits": 2**64,
    "below 64 bits": -(2**64),
    "a float beyond all": 1e308,
    "1 MB": "x" * MB,
    "an address of 1 MB": "a" * MB + "@x.example",
    "a domain of 1 MB": "a@" + "b." * 500_000 + "example",
    "an international domain of 200 kB": "a@" + "ä" * 100_000 + ".example",
    "200 kB of marks": "a" + "\u0300\u0327" * 50_000 + "@x.example",
    "a nest": [[[["x"]]]],
    "an object": {"a": {"b": "c"}},
    "a line break": "a\r\nb@x.example",
    "a direction override": "a\u202eb",
    "SQL": "'; drop table prospects; --",
    "a template": "{{7*7}} %s %(now)s {0}",
    "true": True,
    "many": ["x"] * 1_000,
}


@pytest.mark.parametrize("value", VALUES)
async def test_no_value_in_any_place_is_a_fault_of_ours(house, value):
    tenant = await house.workspace()
    await tenant.custom_field("Plan")
    usual = {"email": "ann@x.example", "listId": await tenant.list(), "items": "x.example", "id": "x", "name": "N"}
    for path, fields in EVERYWHERE.items():
        for field in fields:
            for way in ("json", "params") if len(str(VALUES[value])) < 4_000 else ("json",):
                sent = usual | {field: VALUES[value] if way == "json" else str(VALUES[value])}
                started = time.process_time()
                answered = await tenant.call("POST", path, **{way: sent})
                assert time.process_time() - started < 2, (path, field)
                assert answered.status in (200, 400, 422), (path, field, answered)
    assert (await tenant.get("/v1/get-balance")).status == 200


@pytest.mark.parametrize(
    "email",
    ["", " ", "ann", "ann@", "ann@ x.example", "ann @x.example", "ann@x.example.",
     "ann@localhost", "ann@127.0.0.1", "ann@[127.0.0.1]", "a b@x.example",
     "ann@x..example", ".ann@x.example", "ann.@x.example", "ann@-x.example", "a" * 65 + "@x.example",
     "a@" + ".".join(["b" * 60] * 5), "ann@x.example\r\nBcc: bo@x.example", "ann@x.example, bo@x.example",
     "Ann <ann@x.example>", "ann@x_y@x.example", "mailto:ann@x.example?x", "ann@\u2028x.example",
     "ann@ex\u0000.example"],
)  # fmt: skip
async def test_what_is_no_address_is_refused(house, email):
    tenant = await house.workspace()
    list_id = await tenant.list()
    before = await tenant.rows()
    refused = await tenant.post("/v1/add-prospect-to-list", listId=list_id, email=email)
    assert refused.status == 422
    assert set(refused.body["errors"]) <= {"email", "body"}
    assert (await tenant.post("/v1/do-not-email-list", items=[email])).status == 422
    assert (await tenant.post("/v1/get-prospects-by-email", email=email)).status == 422
    assert await tenant.rows() == before
