"""Sixty requests a minute, counted in the database: contract 2.7."""

import asyncio

from front_door import FrontDoor

LIMITED = "The API rate is limited to 60 requests per minute"


async def limited(house):
    """A workspace with sixty requests left, of which signing in took none."""
    tenant = await house.workspace(no_rate_limit=False, plan_name="starter")
    await move_window(house, tenant, 61)
    return tenant


async def move_window(house, tenant, seconds):
    async with house.world.db.statement() as conn:
        await conn.execute(
            "update rate_windows set opened_at = opened_at - make_interval(secs => %s) where subject = %s",
            [seconds, f"workspace {tenant.workspace_id}"],
        )


async def statuses(tenant, times, path="/v1/get-balance"):
    return [(await tenant.get(path)).status for _ in range(times)]


async def test_the_sixty_first_request_of_a_minute_is_refused(house):
    tenant = await limited(house)
    assert await statuses(tenant, 60) == [200] * 60
    async with house.http.get(
        house.base_url + "/v1/get-balance", headers={"Authorization": f"Bearer {tenant.token}"}
    ) as refused:
        assert refused.status == 429
        assert refused.content_type == "application/json"
        assert await refused.text() == f'"{LIMITED}"'
        assert 1 <= int(refused.headers["Retry-After"]) <= 61


async def test_all_methods_count_together_and_so_do_refused_ones(house):
    tenant = await limited(house)
    assert await statuses(tenant, 20) == [200] * 20
    assert [(await tenant.post("/v1/lists", name=f"list {n}")).status for n in range(10)] == [200] * 10
    assert [(await tenant.post("/v1/lists")).status for _ in range(10)] == [422] * 10
    broken = {"data": b"{", "headers": {"Content-Type": "application/json"}}
    assert [(await tenant.call("POST", "/v1/lists", **broken)).status for _ in range(10)] == [422] * 10
    assert await statuses(tenant, 10, "/v2/blacklists") == [200] * 10
    assert (await tenant.get("/v1/get-balance")).status == 429
    before = await tenant.rows()
    assert (await tenant.post("/v1/lists", name="one too many")).status == 429
    assert await tenant.rows() == before


async def test_the_token_endpoint_counts_too(house):
    tenant = await limited(house)
    fields = {
        "grant_type": "client_credentials",
        "client_id": tenant.made.client_id,
        "client_secret": tenant.made.client_secret,
    }
    for _ in range(30):
        assert (await house.request("POST", "/v1/oauth/access_token", data=fields)).status == 200
    assert await statuses(tenant, 31) == [200] * 30 + [429]
    refused = await house.request("POST", "/v1/oauth/access_token", data=fields)
    assert (refused.status, refused.body) == (429, LIMITED)


async def test_a_window_ends_after_sixty_seconds_of_machine_time(house):
    tenant = await limited(house)
    assert await statuses(tenant, 61) == [200] * 60 + [429]
    await house.pass_time(hours=1)  # business time is not what it lives by
    assert await statuses(tenant, 1) == [429]
    await move_window(house, tenant, 60)
    assert await statuses(tenant, 61) == [200] * 60 + [429]


async def test_two_servers_on_one_database_count_together(house):
    tenant = await limited(house)
    async with FrontDoor.opened(house.house) as other:
        headers = {"Authorization": f"Bearer {tenant.token}"}
        doors = [house, other] * 50
        answers = await asyncio.gather(*(door.request("GET", "/v1/get-balance", headers=headers) for door in doors))
    assert sorted(answer.status for answer in answers) == [200] * 60 + [429] * 40


async def test_one_workspace_does_not_use_up_the_minute_of_another(house):
    busy, calm = await limited(house), await limited(house)
    assert await statuses(busy, 61) == [200] * 60 + [429]
    assert await statuses(calm, 60) == [200] * 60


async def test_a_strangers_requests_count_for_nobody(house):
    tenant = await limited(house)
    for _ in range(10):
        assert (await house.request("GET", "/v1/get-balance", headers={"Authorization": "wrong"})).status == 401
    assert await statuses(tenant, 60) == [200] * 60


async def test_without_a_limit_nothing_is_refused(house):
    tenant = await house.workspace()
    assert await statuses(tenant, 70) == [200] * 70
