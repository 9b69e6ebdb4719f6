"""Campaigns and schedules from the command line."""

import json

import pytest
from test_prospects_commands import Desk

CAMPAIGN = {
    "title": "Spring",
    "priority": "high",
    "archive_in_months": 3,
    "stop_scope": "company",
    "follow_up_share": 0.4,
    "sequence": {
        "entry": "hello",
        "nodes": [
            {"key": "hello", "type": "email", "ports": {"next": "opened"}},
            {"key": "opened", "type": "wait_for", "ports": {"yes": "thanks", "no": "again"},
             "config": {"happening": "opened", "within": {"amount": 3, "unit": "days"}}},
            {"key": "thanks", "type": "email", "ports": {"next": None}},
            {"key": "again", "type": "email", "ports": {"next": None}},
        ],
    },
    "contents": {
        "hello": [
            {"subject": "Hi {{first_name}}", "body": "<p>Hi {{first_name}}</p>", "weight": 3},
            {"subject": "{{first_name}}?", "body": "<p>{Hello|Hey}</p>", "usage": "pause"},
        ],
        "thanks": [{"body": "<p>Thanks</p>"}],
        "again": [{"subject": "Again", "body": "Again", "plain_text": True}],
    },
}  # fmt: skip


@pytest.fixture
def desk(running):
    return Desk(running)


@pytest.fixture
def made(desk, tmp_path):
    list_id = desk.json("list", "create", "People")["id"]
    desk.add("bo@corp.example", list_id, firstName="Bo")
    return desk.json("campaign", "create", "-", given=json.dumps(CAMPAIGN | {"recipients": {"list_id": list_id}}))


def test_a_campaign_is_made_from_a_file_and_shown(desk, made):
    assert made["status"] == "new"
    (line,) = desk.json("campaign", "list")["campaigns"]
    assert (line["id"], line["title"], line["status"]) == (made["id"], "Spring", "new")
    shown = desk.json("campaign", "show", made["id"])
    assert [node["type"] for node in shown["sequence"]["nodes"]] == ["email", "wait_for", "email", "email"]
    assert [len(step.get("content", [])) for step in shown["steps"]] == [2, 0, 1, 1]
    text = desk.done("campaign", "show", made["id"]).out
    assert "(answers in the thread)" in text
    assert "Hi {{first_name}}" in text


def test_a_start_says_what_is_missing(desk, made):
    refused = desk.run("campaign", "start", made["id"])
    assert refused.code == 1
    assert "no e-mail account" in refused.err
    assert desk.json("campaign", "archive", made["id"])["status"] == "archived"
    assert desk.run("campaign", "pause", made["id"]).code == 1


def test_a_preview_a_file_and_a_copy(desk, made, tmp_path):
    step = desk.json("campaign", "show", made["id"])["sequence"]["entry"]
    offer = tmp_path / "offer.pdf"
    offer.write_bytes(b"%PDF")
    attached = desk.json("campaign", "attach", made["id"], offer, "--step", step)
    assert (attached["name"], attached["type"], attached["size"]) == ("offer.pdf", "application/pdf", 4)
    sample = desk.json("campaign", "preview", made["id"], "--prospect", "bo@corp.example")
    assert (sample["subject"], sample["html"], sample["attachments"]) == ("Hi Bo", "<p>Hi Bo</p>", ["offer.pdf"])
    copy = desk.json("campaign", "duplicate", made["id"])
    assert copy["title"] == "Spring (copy)"
    desk.done("campaign", "detach", made["id"], attached["id"])
    big = tmp_path / "big.bin"
    big.write_bytes(bytes(20_000_001))
    refused = desk.run("campaign", "attach", made["id"], big, "--step", step)
    assert (refused.code, "at most 20 MB" in refused.err) == (1, True)


def test_a_test_mail_needs_a_mailbox(desk, made):
    refused = desk.run("campaign", "test", made["id"], "--to", "ann@acme.example", "--prospect", "bo@corp.example")
    assert (refused.code, "no e-mail account" in refused.err) == (1, True)
    refused = desk.run("campaign", "preview", made["id"], "--prospect", "nobody@corp.example")
    assert (refused.code, "no prospect" in refused.err) == (1, True)


def test_a_new_chart_says_whom_it_moves(desk, made):
    sequence = desk.json("campaign", "show", made["id"])["sequence"]
    first = sequence["nodes"][0]["key"]
    nodes = [{"key": first, "type": "email", "ports": {"next": None}}]
    changed = desk.json("campaign", "sequence", made["id"], "-", given=json.dumps({"entry": first, "nodes": nodes}))
    assert changed == {"version": 1, "recipients_that_stay": 0, "recipients_whose_step_is_gone": {}}
    assert len(desk.json("campaign", "show", made["id"])["sequence"]["nodes"]) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"contents": {"opened": [{"body": "x"}]}}, "'opened', which is no e-mail step"),
        ({"contents": {"hello": [{"subject": "x"}]}}, "body"),
        ({"contents": {"hello": [{"subject": "x", "body": "<b>"}]}}, "<b> is never closed"),
        ({"contents": {"hello": [{"subject": "x", "body": "x", "color": 1}]}}, "color"),
        ({"unsubscribe_text": "{{ nobody }}"}, "{{nobody}}"),
        ({"stop_scope": "world"}, "stop_scope"),
        ({"follow_up_share": 2}, "follow_up_share"),
        ({"priority": "urgent"}, "priority"),
    ],
)
def test_a_file_that_cannot_be_is_refused_and_nothing_is_made(desk, change, says):
    list_id = desk.json("list", "create", "People")["id"]
    body = CAMPAIGN | {"recipients": {"list_id": list_id}} | change
    refused = desk.run("campaign", "create", "-", "--json", given=json.dumps(body))
    assert (refused.code, says in refused.err) == (1, True), refused
    assert desk.json("campaign", "list")["campaigns"] == []


def test_settings_of_a_campaign_change_by_a_file(desk, made):
    body = {"title": "Summer", "stop_scope": "person", "unsubscribe_text": "No more?", "tracking": {"open": True}}
    assert desk.json("campaign", "change", made["id"], "-", given=json.dumps(body))["title"] == "Summer"
    refused = desk.run("campaign", "change", made["id"], "-", given=json.dumps({"title": "x", "unsubscribe_text": "{{"}))
    assert (refused.code, "unsubscribe_text" in refused.err) == (1, True)
    refused = desk.run("campaign", "change", made["id"], "-", given=json.dumps({"sequence": {}}))
    assert (refused.code, "campaign sequence" in refused.err) == (1, True)
    assert desk.json("campaign", "show", made["id"])["title"] == "Summer"


def test_settings_and_calendly(desk):
    assert desk.run("campaign", "settings", "--unsubscribe-text", "<b>{{ unsubscribe_link }}").code == 1
    assert desk.json("campaign", "settings") == {"postal_address": None, "unsubscribe_text": None}
    changed = desk.json("campaign", "settings", "--postal-address", "Street 1", "--unsubscribe-text", "No more?")
    assert changed == {"postal_address": "Street 1", "unsubscribe_text": "No more?"}
    assert desk.json("campaign", "settings", "--postal-address", "")["postal_address"] is None
    address = desk.json("campaign", "calendly", "--signing-key", "signing-key")["url"]
    assert "/calendly/" in address
    assert desk.json("campaign", "calendly", given="another-key")["url"] == address


def test_schedules_and_days_off(desk, tmp_path):
    made = desk.json("schedule", "create", "Nights", "--zone", "Europe/Kyiv", "--day", "mon-thu 22:00-2:00")
    listed = desk.json("schedule", "list")["schedules"]
    assert [(one["name"], one["default"]) for one in listed] == [("Default", True), ("Nights", False)]
    assert listed[1]["days"] == "mon 22:00-02:00, tue 22:00-02:00, wed 22:00-02:00, thu 22:00-02:00"
    changed = desk.json("schedule", "change", made["id"], "--day", "mon-sun off", "--day", "sat 9:00-12:00", "--default")
    assert changed["days"] == "sat 09:00-12:00"
    desk.done("schedule", "delete", listed[0]["id"])
    assert desk.run("schedule", "delete", made["id"]).code == 1
    assert desk.run("schedule", "create", "x", "--zone", "Nowhere").code == 1
    assert desk.run("schedule", "create", "x", "--zone", "UTC", "--day", "mon 9-17").code == 1
    assert desk.json("schedule", "days-off", "add", "2027-01-01", "--name", "New Year") == {
        "added": 1,
        "there_already": 0,
    }
    holidays = tmp_path / "holidays.ics"
    holidays.write_bytes(
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20270501\r\n"
        b"SUMMARY:May Day\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert desk.json("schedule", "days-off", "import", holidays) == {"added": 1, "there_already": 0}
    assert desk.json("schedule", "days-off", "list")["days_off"] == [
        {"day": "2027-01-01", "name": "New Year"},
        {"day": "2027-05-01", "name": "May Day"},
    ]
    desk.done("schedule", "days-off", "remove", "2027-01-01")
    assert desk.run("schedule", "days-off", "add", "tomorrow").code == 1
    assert desk.run("schedule", "days-off", "import", tmp_path / "none.ics").code == 1
