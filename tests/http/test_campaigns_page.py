"""Endpoints 38 to 48: campaigns, their steps, their contents, their state."""

import pytest

from fairlead.senders import actions as senders
from fairlead.senders.model import Encryption, ServerAddress, Settings

STEPS = [
    {"_ref": "1780000000001", "type": "email", "content_slots": 2, "next": "1780000000002"},
    {"_ref": "1780000000002", "type": "goal", "goal_name": "end"},
]
TEXT = {"subject": "Hello {{first_name}}", "body": "<p>Hi {{first_name}}</p>", "plain_text": False, "usage": "active"}


@pytest.fixture
async def tenant(house):
    return await house.workspace()


async def mailbox_of(tenant, address="ann@acme.example"):
    world = tenant.door.world
    async with world.db.transaction() as conn:
        settings = Settings(address, "Ann Lee", ServerAddress("smtp.acme.example", 465, Encryption.SSL))
        made = await senders.create(
            world, conn, tenant.workspace_id, settings, secret="s3cret", now=world.clock.now()
        )
    return made.id


async def body_of(tenant, *, steps=STEPS, entry=None, **changes):
    if "list_id" not in changes:
        changes["list_id"] = await tenant.list(f"People {len((await tenant.get('/v1/get-user-lists')).body)}")
    return {
        "title": "Spring",
        "email_accounts": [await mailbox_of(tenant, f"ann{changes['list_id']}@acme.example")],
        "linkedin_accounts": [],
        "priority": "high",
        "tracking": {"open": True, "link_click": True},
        "sending_settings": {
            "sending_priority": "first_email",
            "daily_sending_all": 10,
            "daily_sending_new_recipients": 5,
        },
        "recipients": {"list_id": changes.pop("list_id")},
        "complete_campaign_after_last_step": False,
        "archive_in_months": 3,
        "provider_matching": False,
        "sequence": {"entry": entry or steps[0]["_ref"], "steps": steps},
    } | changes


async def created(tenant, **changes):
    reply = await tenant.post("/v2/campaigns/create", **await body_of(tenant, **changes))
    assert reply.status == 200, reply.body
    return reply.body["data"]


async def ready(tenant, **changes):
    """A campaign that lacks nothing."""
    list_id = await tenant.list("Recipients")
    await tenant.post("/v1/add-prospect-to-list", listId=list_id, email="bo@corp.example", firstName="Bo")
    # Counting needs an https address, which the house of tests has not.
    changes = {"tracking": {"open": False, "link_click": False}} | changes
    made = await created(tenant, list_id=list_id, **changes)
    for step in made["sequence"]["steps"]:
        for content in step.get("content", []):
            path = f"/v2/campaigns/{made['id']}/steps/{step['_ref']}/content/create"
            assert (await tenant.post(path, content_id=content["id"], **TEXT)).status == 200
    return made


async def act(tenant, campaign, action, path="action", field="action"):
    reply = await tenant.post(f"/v2/campaigns/{campaign['id']}/{path}", **{field: action})
    assert reply.status == 200
    return reply.body


async def status_of(tenant, campaign):
    return (await tenant.get(f"/v2/campaigns/{campaign['id']}")).body["data"]["status"]


async def test_the_example_of_the_reference_is_echoed_with_contents(tenant):
    asked = await body_of(tenant)
    schedule = (await tenant.get("/v2/campaigns/schedules")).body["data"][0]["id"]
    black_list = (await tenant.get("/v2/blacklists")).body["data"][0]["id"]
    asked |= {
        "schedule_id": schedule,
        "start_campaign_at": "2027-03-25 09:00:00",
        "complete_campaign_at": None,
        "timezone": "America/New York",
        "recipients": asked["recipients"] | {"black_list_id": black_list},
    }
    reply = await tenant.post("/v2/campaigns/create", **asked)
    assert reply.status == 200
    assert reply.body["success"] is True
    data = reply.body["data"]
    assert data["status"] == "new"
    assert data["timezone"] == "America/New_York"
    for name in set(asked) - {"sequence", "timezone", "sending_settings"}:
        assert data[name] == asked[name], name
    assert data["sending_settings"].items() >= asked["sending_settings"].items()
    assert data["sending_settings"]["skip_who_replied"] is False
    assert "delay_type" not in data["sending_settings"]
    assert "deals" not in data
    first, last = data["sequence"]["steps"]
    assert first == STEPS[0] | {
        "content": [
            {"id": 17800000000010, "plain_text": False, "usage": "active"},
            {"id": 17800000000011, "plain_text": False, "usage": "active"},
        ]
    }
    assert last == STEPS[1]
    assert (await tenant.get(f"/v2/campaigns/{data['id']}")).body == reply.body


async def test_a_ref_that_is_no_number_gets_one_everywhere(tenant):
    steps = [
        {"_ref": "first", "type": "email", "content_slots": 1, "next": "wait"},
        {"_ref": "wait", "type": "trigger", "action": "open", "waiting_type": "days", "waiting_val": 2,
         "yes": "77", "no": "won"},
        {"_ref": "77", "type": "email", "content_slots": 1, "next": None},
        {"_ref": "won", "type": "goal", "goal_name": "won"},
    ]  # fmt: skip
    sequence = (await created(tenant, steps=steps))["sequence"]
    first, wait, second, won = sequence["steps"]
    assert all(step["_ref"].isdigit() for step in sequence["steps"])
    assert sequence["entry"] == first["_ref"]
    assert first["next"] == wait["_ref"]
    assert (wait["yes"], wait["no"]) == ("77", won["_ref"])
    assert second["_ref"] == "77"
    assert first["content"][0]["id"] == int(first["_ref"] + "0")


def email(ref, next_=None, **more):
    return {"_ref": ref, "type": "email", "content_slots": 1, "next": next_} | more


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([email("a", "b")], "'b'"),
        ([email("a", "b"), email("b", "a")], "circle"),
        ([email("a"), email("b")], "'b' cannot be reached"),
        ([email("a"), email("a")], "twice"),
        ([{"_ref": "a", "type": "goal", "goal_name": "x"}], "'a' is a goal"),
        ([email("a", "v"), {"_ref": "v", "type": "linkedin", "action": "visit", "next": None}], "'v' (visit)"),
        ([email("a", "v"), {"_ref": "v", "type": "trigger", "action": "connected_on_linkedin"}], "LinkedIn"),
        ([email("a", "w"), {"_ref": "w", "type": "delay", "waiting_type": "days", "waiting_val": 31}], "30 days"),
        ([email("a", "w"), {"_ref": "w", "type": "delay", "waiting_type": "days"}], "waiting_val"),
        ([email("a", "w"), {"_ref": "w", "type": "delay", "waiting_type": "weeks", "waiting_val": 1}], "waiting_type"),
        ([email("a", content_slots=16)], "content_slots"),
        ([email("1" * 17)], "16 digits"),
        ([email("a", "t"), {"_ref": "t", "type": "trigger", "action": "open", "waiting_type": "days",
                            "waiting_val": 1, "yes": "g"}, {"_ref": "g", "type": "goal", "goal_name": "x"}], "no"),
        ([email("a", "w"), {"_ref": "w", "type": "delay", "waiting_type": "days", "waiting_val": 1, "next": "c"},
          {"_ref": "c", "type": "trigger", "action": "calendly", "waiting_type": "days", "waiting_val": 1,
           "yes": "g", "no": "g"}, {"_ref": "g", "type": "goal", "goal_name": "x"}], "right after an e-mail step"),
        ([{"_ref": "w", "type": "delay", "waiting_type": "days", "waiting_val": 1, "next": None}], "writes"),
        ([email("a", subject="Hi\r\nBcc: x@y.example")], "control character"),
        ([email(f"s{n}", f"s{n + 1}" if n < 500 else None) for n in range(501)], "at most 500"),
    ],
)  # fmt: skip
async def test_a_broken_sequence_is_refused_naming_the_place(tenant, steps, says):
    asked = await body_of(tenant, steps=steps)
    rows = await tenant.rows()
    reply = await tenant.post("/v2/campaigns/create", **asked)
    assert reply.status == 422
    assert reply.body["success"] is False
    assert says in reply.body["message"]
    assert (await tenant.get("/v2/campaigns")).body == {"data": []}
    assert await tenant.rows() == rows


async def test_a_chain_of_500_steps_is_taken(tenant):
    steps = [email(f"s{n}", f"s{n + 1}" if n < 499 else None) for n in range(500)]
    assert len((await created(tenant, steps=steps))["sequence"]["steps"]) == 500


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "a\r\nBcc: b"}, "title"),
        ({"priority": "urgent"}, "priority"),
        ({"priority": None}, "priority"),
        ({"archive_in_months": 4}, "archive_in_months"),
        ({"archive_in_months": None}, "archive_in_months"),
        ({"recipients": {}}, "recipients"),
        ({"recipients": {"list_id": 1}}, "recipients.list_id"),
        ({"recipients": {"black_list_id": 5}}, "recipients.list_id"),
        ({"email_accounts": [1]}, "email_accounts"),
        ({"email_accounts": ["x"]}, "email_accounts"),
        ({"linkedin_accounts": [5]}, "linkedin_accounts"),
        ({"schedule_id": 1}, "schedule_id"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"start_campaign_at": "tomorrow"}, "start_campaign_at"),
        ({"start_campaign_at": "2027-03-25 09:00:00", "complete_campaign_at": "2027-03-25 09:00:00"},
         "complete_campaign_at"),
        ({"provider_matching": True}, "provider_matching"),
        ({"sending_settings": {"daily_sending_all": -1}}, "sending_settings.daily_sending_all"),
        ({"sending_settings": {"sending_priority": "last"}}, "sending_settings.sending_priority"),
        ({"sending_settings": {"skip_who_replied": "maybe"}}, "sending_settings.skip_who_replied"),
        ({"deals": {"event": ["open"], "pipeline_id": 1}}, "deals.stage_id"),
        ({"deals": {"event": ["eaten"], "pipeline_id": 1, "stage_id": 1}}, "deals.event"),
        ({"deals": {"event": ["open"], "pipeline_id": 1, "stage_id": 1, "currency": "XXX"}}, "deals.currency"),
        ({"sequence": {}}, "sequence"),
        ({"sequence": {"entry": "a"}}, "sequence.steps"),
        ({"sequence": {"steps": STEPS}}, "sequence.entry"),
        ({"sequence": {"entry": "a", "steps": "x"}}, "sequence.steps"),
    ],
)  # fmt: skip
async def test_a_bad_field_is_named_and_nothing_is_made(tenant, change, field):
    asked = await body_of(tenant) | change
    reply = await tenant.post("/v2/campaigns/create", **asked)
    assert reply.status == 422
    assert list(reply.body["errors"]) == [field]
    assert (await tenant.get("/v1/get-user-campaigns")).body == []


async def test_a_body_in_brackets_makes_the_same_campaign(tenant):
    asked = await body_of(tenant)
    form = {
        "title": "Spring",
        "priority": "high",
        "email_accounts[]": str(asked["email_accounts"][0]),
        "tracking[open]": "1",
        "tracking[link_click]": "",
        "sending_settings[daily_sending_all]": "10",
        "recipients[list_id]": str(asked["recipients"]["list_id"]),
        "archive_in_months": "3",
        "sequence[entry]": "1",
        "sequence[steps][0][_ref]": "1",
        "sequence[steps][0][type]": "email",
        "sequence[steps][0][content_slots]": "1",
        "sequence[steps][0][next]": "",
        "deals[event][]": "reply",
        "deals[pipeline_id]": "4",
        "deals[stage_id]": "5",
    }
    data = (await tenant.call("POST", "/v2/campaigns", data=form)).body["data"]
    assert data["tracking"] == {"open": True, "link_click": False}
    assert data["sending_settings"]["daily_sending_all"] == 10
    assert data["sequence"]["steps"][0]["content"] == [{"id": 10, "plain_text": False, "usage": "active"}]
    assert data["deals"] == {"event": ["reply"], "pipeline_id": 4, "stage_id": 5}


async def test_lists_of_campaigns_use_the_words_of_version_1(tenant):
    older, newer = await created(tenant), await ready(tenant)
    await act(tenant, newer, "start")
    await act(tenant, newer, "pause")
    listed = (await tenant.get("/v1/get-user-campaigns")).body
    assert [item["id"] for item in listed] == [newer["id"], older["id"]]
    assert [item["status"] for item in listed] == ["Paused", "Draft"]
    assert list(listed[0]) == ["id", "campaign", "list_id", "status", "created_at", "updated_at", "started_at", "hash"]
    assert listed[1]["started_at"] is None
    assert isinstance(listed[0]["started_at"], int)
    assert len(listed[0]["hash"]) == 32
    assert (await tenant.get("/v2/campaigns")).body == {"data": listed}


# 41


async def patch(tenant, campaign, **fields):
    return await tenant.call("PATCH", f"/v2/campaigns/{campaign['id']}", json=fields)


async def test_a_change_merges_key_by_key(tenant):
    made = await created(tenant, deals={"event": ["open"], "pipeline_id": 1, "stage_id": 2})
    changed = await patch(
        tenant,
        made,
        title="Summer",
        tracking={"link_click": False},
        sending_settings={"daily_sending_all": None, "skip_who_replied": True},
        deals={"stage_id": 3},
    )
    assert changed.status == 200
    data = changed.body["data"]
    assert data["title"] == "Summer"
    assert data["tracking"] == {"open": True, "link_click": False}
    assert data["sending_settings"]["daily_sending_all"] is None
    assert data["sending_settings"]["daily_sending_new_recipients"] == 5
    assert data["sending_settings"]["skip_who_replied"] is True
    assert data["deals"] == {"event": ["open"], "pipeline_id": 1, "stage_id": 3}
    assert data["priority"] == "high"
    assert "deals" not in (await patch(tenant, made, deals=None)).body["data"]


async def test_a_schedule_is_attached_and_detached(tenant):
    made = await created(tenant)
    schedule = (await tenant.get("/v2/campaigns/schedules")).body["data"][0]["id"]
    assert (await patch(tenant, made, schedule_id=schedule)).body["data"]["schedule_id"] == schedule
    assert (await patch(tenant, made, schedule_id=None)).body["data"]["schedule_id"] is None
    assert (await patch(tenant, made, schedule_id=5)).status == 422


async def test_dates_can_be_moved_but_a_start_cannot_be_added(tenant):
    made = await created(tenant)
    assert (await patch(tenant, made, start_campaign_at="2030-01-01 00:00:00")).status == 422
    assert (await patch(tenant, made, complete_campaign_at="2030-01-01 00:00:00")).status == 200
    dated = await created(tenant, start_campaign_at="2030-01-01 00:00:00", timezone="Europe/Kyiv")
    moved = await patch(tenant, dated, start_campaign_at="2031-01-01 00:00:00")
    assert moved.body["data"]["start_campaign_at"] == "2031-01-01 00:00:00"
    kept = await patch(tenant, dated, start_campaign_at=None, complete_campaign_at=None)
    assert kept.body["data"]["start_campaign_at"] == "2031-01-01 00:00:00"
    early = await patch(tenant, dated, complete_campaign_at="2030-06-01 00:00:00")
    assert (early.status, list(early.body["errors"])) == (422, ["complete_campaign_at"])


async def test_core_settings_stay_as_they_are_after_the_start(tenant):
    made = await ready(tenant)
    assert (await patch(tenant, made, sending_settings={"skip_unverified": True})).status == 200
    await act(tenant, made, "start")
    refused = await patch(tenant, made, title="Other", sending_settings={"skip_unverified": False})
    assert refused.status == 422
    assert (await tenant.get(f"/v2/campaigns/{made['id']}")).body["data"]["title"] == "Spring"
    other = await tenant.list("Other")
    assert (await patch(tenant, made, recipients={"list_id": other})).status == 422
    assert (await patch(tenant, made, sending_settings={"skip_unverified": True, "skip_who_replied": True})).status == 200
    again = await patch(tenant, made, recipients={"list_id": made["recipients"]["list_id"]})
    assert again.status == 200


async def test_a_chart_that_comes_back_changed_keeps_updates_makes_and_deletes_steps(tenant):
    made = await ready(tenant)
    first, goal = made["sequence"]["steps"]
    first = first | {"next": "wait", "content": [first["content"][1] | {"usage": "pause"}, {"plain_text": False}]}
    steps = [
        first,
        {"_ref": "wait", "type": "delay", "waiting_type": "hours", "waiting_val": 5, "next": "second"},
        {"_ref": "second", "type": "email", "content_slots": 3, "next": None},
    ]
    changed = (await patch(tenant, made, sequence={"entry": first["_ref"], "steps": steps})).body["data"]["sequence"]
    assert [step["type"] for step in changed["steps"]] == ["email", "delay", "email"]
    assert changed["steps"][0]["next"] == changed["steps"][1]["_ref"]
    assert goal["_ref"] not in str(changed)
    kept, new = changed["steps"][0]["content"]
    assert kept == {"id": 17800000000011, "plain_text": False, "usage": "pause"}
    assert new["id"] == 17800000000012
    assert changed["steps"][2]["content_slots"] == 3
    path = f"/v2/campaigns/{made['id']}/steps/{first['_ref']}/content"
    assert (await tenant.get(f"{path}/17800000000011")).body["data"]["subject"] == TEXT["subject"]
    assert (await tenant.get(f"{path}/17800000000010")).status == 404


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda first, goal: [{k: v for k, v in first.items() if k != "content"}, goal], "content"),
        (lambda first, goal: [first, {"_ref": goal["_ref"], "type": "email", "content_slots": 1, "next": None}], "type"),
        (lambda first, goal: [first, goal | {"_ref": "5"}], "There is no step 5"),
        (lambda first, goal: [first | {"content": [{"id": 12}]}, goal], "no content 12"),
    ],
)
async def test_a_chart_that_comes_back_wrong_changes_nothing(tenant, spoil, says):
    made = await ready(tenant)
    steps = spoil(*made["sequence"]["steps"])
    refused = await patch(tenant, made, sequence={"entry": steps[0]["_ref"], "steps": steps})
    assert refused.status == 422
    assert says in refused.body["message"]
    assert (await tenant.get(f"/v2/campaigns/{made['id']}")).body["data"] == made


async def test_a_running_campaign_keeps_an_account_to_send_through(tenant):
    made = await ready(tenant)
    assert (await patch(tenant, made, email_accounts=[])).body["data"]["email_accounts"] == []
    assert (await patch(tenant, made, email_accounts=made["email_accounts"])).status == 200
    await act(tenant, made, "start")
    refused = await patch(tenant, made, email_accounts=[])
    assert (refused.status, list(refused.body["errors"])) == (422, ["email_accounts"])


async def test_steps_of_an_active_campaign_cannot_be_changed(tenant):
    made = await ready(tenant)
    await act(tenant, made, "start")
    refused = await patch(tenant, made, sequence=made["sequence"])
    assert refused.status == 422
    assert "pause it first" in refused.body["message"]
    await act(tenant, made, "pause")
    assert (await patch(tenant, made, sequence=made["sequence"])).status == 200


# 42, 43


@pytest.mark.parametrize(
    ("way", "refused", "ends"),
    [
        (["start"], ["start", "resume", "archived"], "active"),
        (["launch", "pause"], ["start", "pause"], "paused"),
        (["start", "pause", "resume"], ["resume"], "active"),
        (["start", "complete"], ["start", "pause", "resume", "complete"], "completed"),
        (["start", "pause", "completed", "archive"], ["start", "archived", "complete", "resume", "pause"], "archived"),
        (["archived"], ["start", "pause", "resume", "complete"], "archived"),
        ([], ["pause", "resume", "complete"], "new"),
    ],
)
async def test_a_campaign_goes_from_state_to_state(tenant, way, refused, ends):
    made = await ready(tenant)
    for action in way:
        assert await act(tenant, made, action) == {"success": True}
    for action in refused:
        answer = await act(tenant, made, action, "state", "status")
        assert answer["success"] is False
        assert ends in answer["errors"][0]
    assert await status_of(tenant, made) == ends


async def test_a_start_date_to_come_schedules_it(tenant):
    made = await ready(tenant, start_campaign_at="2090-01-01 09:00:00", timezone="Asia/Tokyo")
    await act(tenant, made, "start")
    assert await status_of(tenant, made) == "scheduled"
    await act(tenant, made, "pause")
    await act(tenant, made, "resume")
    assert await status_of(tenant, made) == "scheduled"


async def test_a_start_is_refused_with_all_that_is_missing(tenant):
    made = await created(tenant, email_accounts=[], tracking={"open": True, "link_click": False})
    answer = await act(tenant, made, "start")
    assert answer["success"] is False
    texts = "\n".join(answer["errors"])
    for part in ("no e-mail account", "list of recipients is empty", "content 1 is empty", "content 2 is empty",
                 "FAIRLEAD_PUBLIC_URL"):  # fmt: skip
        assert part in texts
    assert await status_of(tenant, made) == "new"


async def test_an_unknown_variable_is_named_at_the_start(tenant):
    made = await ready(tenant)
    step = made["sequence"]["steps"][0]["_ref"]
    path = f"/v2/campaigns/{made['id']}/steps/{step}/content"
    await tenant.call("PATCH", f"{path}/17800000000011", json={"body": "<p>{{frist_name}}</p>"})
    (error,) = (await act(tenant, made, "start"))["errors"]
    assert "content 2" in error
    assert "{{frist_name}}" in error


async def test_an_unknown_action_and_an_unknown_campaign(tenant):
    made = await created(tenant)
    assert (await tenant.post(f"/v2/campaigns/{made['id']}/action", action="explode")).status == 422
    assert (await tenant.post(f"/v2/campaigns/{made['id']}/action")).status == 422
    for path in ("/v2/campaigns/999999999", "/v2/campaigns/x", f"/v2/campaigns/{'9' * 30}"):
        assert (await tenant.get(path)).status == 404
        assert (await tenant.post(f"{path}/action", action="start")).status == 404
        assert (await tenant.call("PATCH", path, json={"title": "x"})).status == 404
        assert (await tenant.call("DELETE", path)).status == 404


async def test_only_a_campaign_that_writes_to_nobody_is_deleted(tenant):
    made = await ready(tenant)
    await act(tenant, made, "start")
    refused = await tenant.call("DELETE", f"/v2/campaigns/{made['id']}")
    assert refused.status == 422
    assert refused.body["success"] is False
    assert isinstance(refused.body["errors"], list)
    await act(tenant, made, "complete")
    assert (await tenant.call("DELETE", f"/v2/campaigns/{made['id']}")).body == {"success": True}
    assert (await tenant.get(f"/v2/campaigns/{made['id']}")).status == 404
    assert (await tenant.get("/v1/get-user-campaigns")).body == []


# 44


async def test_every_workspace_has_a_schedule(tenant):
    (schedule,) = (await tenant.get("/v2/campaigns/schedules")).body["data"]
    assert list(schedule) == ["id", "name", "timezone", "days"]
    assert [day["day"] for day in schedule["days"]][:2] == ["sunday", "monday"]
    assert schedule["days"][0] == {"day": "sunday", "enabled": False, "start_time": "09:00", "end_time": "18:00"}
    assert schedule["days"][1] == {"day": "monday", "enabled": True, "start_time": "09:00", "end_time": "18:00"}


# 45 to 48


@pytest.fixture
async def contents(tenant):
    made = await created(tenant)
    return made, f"/v2/campaigns/{made['id']}/steps/1780000000001/content"


async def test_a_content_is_written_read_changed_and_deleted(tenant, contents):
    _, path = contents
    blank = await tenant.get(f"{path}/17800000000011")
    assert blank.body == {
        "data": {"id": 17800000000011, "subject": "", "body": "", "plain_text": False, "usage": "active"}
    }
    written = await tenant.post(f"{path}/create", content_id="17800000000011", **TEXT)
    assert written.body == {"success": True, "data": {"id": 17800000000011, **TEXT}}
    assert (await tenant.get(f"{path}/17800000000011")).body == {"data": written.body["data"]}
    changed = await tenant.call("PATCH", f"{path}/17800000000011", json={"usage": "pause", "plain_text": True})
    assert changed.body["data"] == {"id": 17800000000011, **TEXT, "usage": "pause", "plain_text": True}
    assert (await tenant.call("DELETE", f"{path}/17800000000011")).body == {"data": {"success": True}}
    assert (await tenant.get(f"{path}/17800000000011")).status == 404
    last = await tenant.call("DELETE", f"{path}/17800000000010")
    assert last.status == 422


async def test_a_content_id_may_be_a_place_and_an_unknown_one_makes_a_further_content(tenant, contents):
    _, path = contents
    assert (await tenant.post(f"{path}/create", content_id=1, **TEXT)).body["data"]["id"] == 17800000000010
    assert (await tenant.post(f"{path}/create", content_id=2, **TEXT)).body["data"]["id"] == 17800000000011
    ids = [(await tenant.post(f"{path}/create", content_id=10**6, **TEXT)).body["data"]["id"] for _ in range(13)]
    assert ids[-1] == 178000000000114
    full = await tenant.post(f"{path}/create", content_id=10**6, **TEXT)
    assert full.status == 422
    assert "15" in full.body["message"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"subject": None}, "subject"),
        ({"body": None}, "body"),
        ({"usage": None}, "usage"),
        ({"usage": "sometimes"}, "usage"),
        ({"content_id": None}, "content_id"),
        ({"subject": "Hi\r\nBcc: x@y.example"}, "control character"),
        ({"subject": "{{ first_name"}, "never closed"),
        ({"subject": "x" * 1000}, "998"),
        ({"body": "<div><b>Hi</div>"}, "line 1: </div> closes before <b>"),
        ({"body": "<p>Hi\n\n<div>there"}, "line 3: <div> is never closed"),
        ({"body": "{% for i in (1..3) %}x"}, "endfor"),
        ({"body": "{% include 'x' %}"}, "include"),
        ({"body": "x" * 500_001}, "500000"),
        ({"body": "{{ x }}" * 2_001}, "2000"),
    ],
)
async def test_a_content_that_cannot_be_sent_is_refused_naming_the_place(tenant, contents, fields, says):
    _, path = contents
    asked = {"content_id": 17800000000010} | TEXT | fields
    reply = await tenant.post(f"{path}/create", **asked)
    assert reply.status == 422
    assert says in reply.body["message"]
    assert (await tenant.get(f"{path}/17800000000010")).body["data"]["subject"] == ""


async def test_a_follow_up_may_answer_without_a_subject(tenant):
    made = await created(tenant, steps=[email("1", "2"), email("2")])
    path = f"/v2/campaigns/{made['id']}/steps"
    assert (await tenant.post(f"{path}/2/content/create", content_id=20, **TEXT | {"subject": ""})).status == 200
    assert (await tenant.post(f"{path}/1/content/create", content_id=10, **TEXT | {"subject": ""})).status == 422


async def test_contents_of_what_is_not_there(tenant, contents):
    made, path = contents
    assert (await tenant.get(path.replace("1780000000001", "1780000000002") + "/1")).status == 404
    assert (await tenant.get(path.replace(str(made["id"]), "1") + "/1")).status == 404
    assert (await tenant.get(f"{path}/999")).status == 404
    assert (await tenant.call("PATCH", f"{path}/999", json=TEXT)).status == 404
    assert (await tenant.call("DELETE", f"{path}/999")).status == 404
    assert (await tenant.call("PATCH", f"{path}/17800000000010", json={})).status == 422


async def test_contents_of_an_active_campaign_cannot_be_changed(tenant):
    made = await ready(tenant)
    path = f"/v2/campaigns/{made['id']}/steps/1780000000001/content"
    await act(tenant, made, "start")
    assert (await tenant.post(f"{path}/create", content_id=1, **TEXT)).status == 422
    assert (await tenant.call("PATCH", f"{path}/17800000000010", json={"subject": "x"})).status == 422
    assert (await tenant.call("DELETE", f"{path}/17800000000010")).status == 422
    await act(tenant, made, "pause")
    assert (await tenant.call("PATCH", f"{path}/17800000000010", json={"subject": "x"})).status == 200
