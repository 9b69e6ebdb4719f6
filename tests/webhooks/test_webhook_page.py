"""Endpoints 72 to 75 by the front door."""

import pytest

from fairlead.webhooks.catalog import NAMES, PAIRS

URL = "https://hooks.example.com/a"


async def created(tenant, **fields):
    reply = await tenant.post(
        "/v2/webhooks", **({"event_object": "campaign_email", "event_action": "sent", "endpoint_url": URL} | fields)
    )
    assert reply.status == 200, reply.body
    return reply.body["data"]


async def test_a_webhook_is_made_listed_stopped_and_deleted(tenant):
    hook = await created(tenant)
    assert hook == {
        "id": hook["id"], "end_point": URL, "event_object": "campaign_email", "event_action": "sent",
        "created_at": hook["created_at"], "status": "active",
    }  # fmt: skip
    assert isinstance(hook["created_at"], int)
    listed = (await tenant.get("/v2/webhooks")).body
    assert listed == {"data": [{"data": hook}], "meta": {"webhooks_count": 1, "user_id": tenant.made.user_id}}
    changed = await tenant.call("PUT", f"/v2/webhooks/{hook['id']}", json={"status": "deactivated"})
    assert changed.body == {"data": hook | {"status": "deactivated"}, "meta": {"user_id": tenant.made.user_id}}
    deleted = await tenant.call("DELETE", f"/v2/webhooks/{hook['id']}", json={})
    assert (deleted.status, deleted.body) == (200, {"data": {"success": True}})
    assert (await tenant.get("/v2/webhooks")).body["meta"]["webhooks_count"] == 0
    assert (await tenant.call("DELETE", f"/v2/webhooks/{hook['id']}")).status == 404


@pytest.mark.parametrize("pair", [(kind, action) for kind, actions in PAIRS.items() for action in actions])
async def test_every_pair_of_the_contract_is_taken(tenant, pair):
    hook = await created(tenant, event_object=pair[0], event_action=pair[1])
    assert (hook["event_object"], hook["event_action"]) == pair


@pytest.mark.parametrize("name", NAMES)
async def test_every_single_name_is_taken_in_place_of_a_pair(tenant, name):
    reply = await tenant.post("/v2/webhooks", event=name, endpoint_url=URL)
    first = NAMES[name][0]
    assert reply.status == 200
    assert (reply.body["data"]["event_object"], reply.body["data"]["event_action"]) == (first.object, first.action)


async def test_forms_are_taken_as_well(tenant):
    fields = {"event_object": "prospect", "event_action": "unsubscribed", "endpoint_url": "http://hooks.example.com"}
    reply = await tenant.call("POST", "/v2/webhooks", data=fields)
    assert reply.status == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"event_object": "moon"}, "event_object"),
        ({"event_object": None}, "event_object"),
        ({"event_action": "landed"}, "event_action"),
        ({"event_action": ""}, "event_action"),
        ({"endpoint_url": ""}, "endpoint_url"),
        ({"endpoint_url": "hooks.example.com/a"}, "endpoint_url"),
        ({"endpoint_url": "ftp://hooks.example.com/a"}, "endpoint_url"),
        ({"endpoint_url": "https://"}, "endpoint_url"),
        ({"endpoint_url": "https://user:secret@hooks.example.com/"}, "endpoint_url"),
        ({"endpoint_url": "https://hooks.example.com/" + "a" * 3000}, "endpoint_url"),
        ({"endpoint_url": "https://hooks.example.com/a\nb"}, "endpoint_url"),
    ],
)
async def test_bad_input_names_its_field_and_changes_nothing(tenant, fields, field):
    good = {"event_object": "campaign_email", "event_action": "sent", "endpoint_url": URL}
    reply = await tenant.post("/v2/webhooks", **(good | fields))
    assert reply.status == 422
    assert list(reply.body["errors"]) == [field]
    assert reply.body["success"] is False
    assert (await tenant.get("/v2/webhooks")).body["data"] == []


async def test_an_unknown_single_name_is_refused(tenant):
    reply = await tenant.post("/v2/webhooks", event="moon_landed", endpoint_url=URL)
    assert (reply.status, list(reply.body["errors"])) == (422, ["event"])


@pytest.mark.parametrize("number", ["0", "999999999", "abc", "9" * 40, "-1"])
async def test_an_unknown_webhook_is_not_found(tenant, number):
    for method in ("PUT", "DELETE"):
        reply = await tenant.call(method, f"/v2/webhooks/{number}", json={"status": "active"})
        assert reply.status == 404
        assert reply.body["errors"]["title"] == "Sorry, but url or entity not found"


async def test_only_two_statuses_can_be_set(tenant):
    hook = await created(tenant)
    reply = await tenant.call("PUT", f"/v2/webhooks/{hook['id']}", json={"status": "paused"})
    assert (reply.status, list(reply.body["errors"])) == (422, ["status"])


async def test_the_fifty_first_is_refused(tenant):
    for number in range(50):
        await created(tenant, endpoint_url=f"{URL}/{number}")
    reply = await tenant.post("/v2/webhooks", event_object="prospect", event_action="unsubscribed", endpoint_url=URL)
    assert reply.status == 422
    assert "50" in reply.body["message"]


async def test_a_free_plan_has_none(hook_house):
    tenant = await hook_house.workspace(plan_name="free")
    reply = await tenant.post(
        "/v2/webhooks", event_object="prospect", event_action="unsubscribed", endpoint_url=URL
    )
    assert (reply.status, reply.body["errors"]["code"]) == (403, 403)


async def test_a_second_tenant_sees_and_changes_nothing(hook_house, tenant):
    hook = await created(tenant)
    other = await hook_house.workspace()
    assert (await other.get("/v2/webhooks")).body["data"] == []
    assert (await other.call("PUT", f"/v2/webhooks/{hook['id']}", json={"status": "deactivated"})).status == 404
    assert (await other.call("DELETE", f"/v2/webhooks/{hook['id']}")).status == 404
    assert (await tenant.get("/v2/webhooks")).body["data"] == [{"data": hook}]
