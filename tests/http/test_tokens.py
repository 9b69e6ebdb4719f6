"""Signing in, and where a token may stand: contract 2.2 and 4."""

import asyncio
import logging
from uuid import uuid4

import pytest

from fairlead.accounts import actions as accounts

JSON = {"Content-Type": "application/json"}
WRONG = {"error": "invalid_client", "message": "Client authentication failed"}
UNAUTHORIZED = {"errors": {"code": 401, "title": "Unauthorized", "source": ""}}


def credentials(tenant, **changes):
    return {
        "grant_type": "client_credentials",
        "client_id": tenant.made.client_id,
        "client_secret": tenant.made.client_secret,
    } | changes


async def ask_for_token(house, way="data", method="POST", **fields):
    return await house.request(method, "/v1/oauth/access_token", **{way: fields})


@pytest.mark.parametrize(("method", "way"), [("POST", "data"), ("POST", "json"), ("POST", "params"), ("GET", "params")])
async def test_a_client_gets_a_token_of_an_hour(house, method, way):
    tenant = await house.workspace()
    given = await ask_for_token(house, way, method, **credentials(tenant))
    assert given.status == 200
    assert set(given.body) == {"access_token", "token_type", "expires_in"}
    assert (given.body["token_type"], given.body["expires_in"]) == ("Bearer", 3600)
    assert len(given.body["access_token"]) == 40
    assert given.body["access_token"].isalnum()
    tenant.token = given.body["access_token"]
    assert (await tenant.get("/v1/get-balance")).status == 200


async def test_an_empty_scope_does_no_harm(house):
    tenant = await house.workspace()
    assert (await ask_for_token(house, **credentials(tenant), scope="")).status == 200


def places(token):
    return {
        "header with scheme": ("GET", {"headers": {"Authorization": f"Bearer {token}"}}),
        "scheme in lower case": ("GET", {"headers": {"authorization": f"bearer {token}"}}),
        "scheme in capitals": ("GET", {"headers": {"AUTHORIZATION": f"BEARER  {token} "}}),
        "header without scheme": ("GET", {"headers": {"Authorization": token}}),
        "query": ("GET", {"params": {"access_token": token}}),
        "form of a GET": ("GET", {"data": {"access_token": token}}),
        "json of a GET": ("GET", {"json": {"access_token": token}}),
        "form of a POST": ("POST", {"data": {"access_token": token}}),
        "json of a POST": ("POST", {"json": {"access_token": token}}),
        "empty header": ("GET", {"headers": {"Authorization": ""}, "params": {"access_token": token}}),
        "scheme and nothing else": ("GET", {"headers": {"Authorization": "Bearer"}, "params": {"access_token": token}}),
    }


@pytest.mark.parametrize("place", places(""))
async def test_a_token_is_taken_from_every_place(house, place):
    tenant = await house.workspace()
    method, options = places(tenant.token)[place]
    assert (await house.request(method, "/v1/get-balance", **options)).status == 200


async def test_the_header_goes_before_the_query_and_the_query_before_the_body(house):
    tenant = await house.workspace()
    right, wrong = tenant.token, "x" * 40

    async def status(header, query, body):
        options = {"headers": {"Authorization": header} if header else {}}
        options |= {"params": {"access_token": query}} if query else {}
        options |= {"data": {"access_token": body}} if body else {}
        return (await house.request("GET", "/v1/get-balance", **options)).status

    assert await status(right, wrong, wrong) == 200
    assert await status(wrong, right, right) == 401
    assert await status(None, right, wrong) == 200
    assert await status(None, wrong, right) == 401


@pytest.mark.parametrize(
    "token",
    ["", "x", "x" * 40, "Bearer", "Basic abc", "Bearer Bearer x", "x" * 5_000, "ä", "'; drop table access_tokens; --"],
)
async def test_without_a_known_token_nothing_is_answered(house, token):
    sent = token.encode().decode("latin-1")
    for options in ({"headers": {"Authorization": sent}}, {"params": {"access_token": token}}):
        refused = await house.request("GET", "/v1/get-balance", **options)
        assert (refused.status, refused.body) == (401, UNAUTHORIZED)


@pytest.mark.parametrize("field", ["access_token[]", "access_token[a]", "access_token[0][b]"])
async def test_a_token_that_is_no_single_value_is_no_token(house, field):
    tenant = await house.workspace()
    refused = await house.request("GET", "/v1/get-balance", params={field: tenant.token})
    assert (refused.status, refused.body) == (401, UNAUTHORIZED)


async def test_the_token_is_no_business_parameter_and_is_never_shown_again(house):
    tenant = await house.workspace()
    list_id = await tenant.list()
    sent = {"access_token": tenant.token}
    for path, fields in {
        "/v1/get-prospect-by-id": {"id": "unknown"},
        "/v1/get-prospects-by-email": {"email": "nobody@x.example"},
        "/v1/add-prospect-to-list": {"listId": list_id, "email": "no address"},
        "/v1/prospect-list": {"listId": list_id},
        "/v1/lists": {},
        "/v1/do-not-email-list": {"items": "?"},
        "/v2/blacklists": {},
        "/v1/unknown": {},
    }.items():
        for options in ({"data": sent | fields}, {"params": sent, "data": fields}, {"json": sent | fields}):
            async with house.http.post(house.base_url + path, **options) as response:
                assert tenant.token not in await response.text()
                assert tenant.token not in str(response.headers)


async def test_many_tokens_of_one_client_are_valid_at_once(house):
    tenant = await house.workspace()
    given = await asyncio.gather(*(ask_for_token(house, **credentials(tenant)) for _ in range(20)))
    tokens = {answer.body["access_token"] for answer in given}
    assert len(tokens) == 20
    for token in [*tokens, tenant.token]:
        asked = await house.request("GET", "/v1/get-balance", headers={"Authorization": f"Bearer {token}"})
        assert asked.status == 200


async def test_a_token_ends_after_an_hour_of_machine_time(house):
    tenant = await house.workspace()
    move = "update access_tokens set expires_at = expires_at - interval '{} s' where workspace_id = %s"
    await house.pass_time(hours=2)  # business time is not what it lives by
    async with house.world.db.statement() as conn:
        await conn.execute(move.format(3_540), [tenant.workspace_id])
    assert (await tenant.get("/v1/get-balance")).status == 200
    async with house.world.db.statement() as conn:
        await conn.execute(move.format(60), [tenant.workspace_id])
    assert (await tenant.get("/v1/get-balance")).status == 401


async def test_a_revoked_client_ends_with_its_tokens_at_once(house):
    tenant = await house.workspace()
    async with house.world.db.transaction() as conn:
        await accounts.revoke_client(house.world, conn, tenant.workspace_id, tenant.made.client_id)
    assert (await tenant.get("/v1/get-balance")).status == 401
    refused = await ask_for_token(house, **credentials(tenant))
    assert (refused.status, refused.body) == (401, WRONG)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_id": "unknown"},
        {"client_id": ""},
        {"client_id": "x" * 100_000},
        {"client_secret": "ä" * 1_000},
    ],
)
async def test_wrong_credentials_are_refused(house, changes):
    tenant = await house.workspace()
    refused = await ask_for_token(house, **credentials(tenant, **changes))
    assert (refused.status, refused.body) == (401, WRONG)
    await forget_failures(house)


@pytest.mark.parametrize("grant", ["", "password", "CLIENT_CREDENTIALS", "refresh_token"])
async def test_a_wrong_grant_type_is_refused(house, grant):
    tenant = await house.workspace()
    refused = await ask_for_token(house, **credentials(tenant, grant_type=grant))
    assert refused.status == 400
    assert refused.body["error"] == "unsupported_grant_type"
    assert set(refused.body) == {"error", "message"}


async def forget_failures(house):
    """All tests come from one address."""
    async with house.world.db.statement() as conn:
        await conn.execute("delete from rate_windows where subject like 'address %'")


async def let_a_minute_pass(house):
    async with house.world.db.statement() as conn:
        await conn.execute("update rate_windows set opened_at = opened_at - interval '61 s'")


async def test_after_ten_failures_of_a_client_its_sign_in_rests_for_a_minute(own_house):
    tenant = await own_house.workspace(plan_name="starter", no_rate_limit=False)
    wrong, right = credentials(tenant, client_secret="wrong"), credentials(tenant)
    statuses = [(await ask_for_token(own_house, **wrong)).status for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    refused = await ask_for_token(own_house, **right)
    assert (refused.status, refused.body) == (429, "Too many failed sign-ins; try again in a minute.")
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    # Other clients go in and out, and the account's own limit was not touched.
    other = await own_house.workspace()
    assert (await ask_for_token(own_house, **credentials(other))).status == 200
    assert [(await tenant.get("/v1/get-balance")).status for _ in range(59)] == [200] * 59
    await let_a_minute_pass(own_house)
    assert (await ask_for_token(own_house, **right)).status == 200


async def test_a_hundred_guesses_at_once_are_ten_guesses(own_house):
    tenant = await own_house.workspace()
    wrong = credentials(tenant, client_secret="wrong")
    answers = await asyncio.gather(*(ask_for_token(own_house, **wrong) for _ in range(100)))
    assert sorted(answer.status for answer in answers) == [401] * 10 + [429] * 90


async def test_after_thirty_failures_of_an_address_its_sign_ins_rest_for_a_minute(own_house):
    tenant = await own_house.workspace()
    guesses = [credentials(tenant, client_id=f"guess {uuid4()}") for _ in range(32)]
    statuses = [(await ask_for_token(own_house, **guess)).status for guess in guesses]
    assert statuses == [401] * 30 + [429] * 2
    assert (await ask_for_token(own_house, **credentials(tenant))).status == 429
    assert (await tenant.get("/v1/get-balance")).status == 200
    await let_a_minute_pass(own_house)
    assert (await ask_for_token(own_house, **credentials(tenant))).status == 200


async def test_no_secret_is_ever_logged(own_house, caplog):
    caplog.set_level(logging.DEBUG)
    tenant = await own_house.workspace()
    secret = tenant.made.client_secret
    sent = {"access_token": tenant.token}
    given = await ask_for_token(own_house, "params", "GET", **credentials(tenant))
    await ask_for_token(own_house, "params", "GET", **credentials(tenant, client_secret=secret + "x"))
    for asked in ("GET /v1/get-user-lists", "GET /v1/unknown", "DELETE /v1/lists", "POST /v1/lists"):
        await own_house.request(*asked.split(), params=sent | {"name": "\x00"})
    async with own_house.world.db.statement() as conn:
        await conn.execute("alter table prospect_lists rename to hidden")
    assert (await own_house.request("GET", "/v1/get-user-lists", params=sent)).status == 500
    async with own_house.world.db.statement() as conn:
        await conn.execute("alter table hidden rename to prospect_lists")
    # uvicorn's own access log is off, but pytest listens to it all the same.
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "uvicorn.access")
    assert "GET /v1/get-user-lists failed: UndefinedTable" in logged
    for hidden in (tenant.token, given.body["access_token"], secret, tenant.made.api_key):
        assert hidden not in logged
