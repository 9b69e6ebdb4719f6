"""Workspaces, members, clients, keys, credits and tokens from the command line."""

import json
import time

import pytest
import requests

PRINTED = ["workspace_id", "user_id", "client_id", "client_secret", "api_key"]


def get_token(running, made):
    given = running.done("token", "--client-id", made["client_id"], given=made["client_secret"] + "\n")
    return given.json["access_token"]


def balance(running, token):
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{running.base_url}/v1/get-balance", headers=headers, timeout=10)
    return answer.status_code, answer.json()


def test_a_new_workspace_is_one_object_on_one_line_with_everything_to_begin(running):
    made = running.workspace()
    assert list(made) == PRINTED
    assert made["api_key"].startswith("flk_")
    assert balance(running, get_token(running, made))[1]["data"]["balance"] == "1000000.00"


def test_without_json_there_is_a_line_a_key_and_a_word_of_caution(running):
    result = running.done("workspace", "create", "--name", "Mine", "--owner", "me@x.io")
    assert [line.split()[0] for line in result.out.splitlines()] == PRINTED
    assert "shown here only" in result.err


def test_a_workspace_takes_all_its_options(running):
    made = running.workspace(plan="starter", credits="12.50", rate_limit="2")
    token = get_token(running, made)  # counted as the first request
    assert balance(running, token)[1]["data"]["balance"] == "12.50"
    status, body = balance(running, token)
    assert (status, type(body)) == (429, str)
    assert any(row["id"] == made["workspace_id"] and row["plan"] == "starter"
               for row in running.done("workspace", "list", "--json").json["workspaces"])  # fmt: skip


def test_no_rate_limit_is_none(running):
    token = get_token(running, running.workspace(plan="starter", rate_limit="none"))
    assert all(balance(running, token)[0] == 200 for _ in range(65))


@pytest.mark.parametrize(
    "flags",
    [
        ["--credits", "-1"], ["--credits", "many"], ["--credits", "1e400"], ["--credits", "1.005"],
        ["--credits", "nan"], ["--rate-limit", "0"],
        ["--rate-limit", "1.5"], ["--rate-limit", "unlimited"], ["--password", "x"],
    ],
)  # fmt: skip
def test_bad_usage_ends_with_2(running, flags):
    result = running.run("workspace", "create", "--name", "N", "--owner", "me@x.io", *flags)
    assert (result.code, result.out) == (2, "")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--plan", "gold"], "There is no plan 'gold'; there are unlimited, free, starter"),
        (["--owner", "nobody"], "'nobody' is not an e-mail address"),
        (["--name", "  "], "A workspace needs a name"),
        (["--rate-limit", "9999999999"], "A rate limit is a whole number from 1 to 2147483647"),
        (["--credits", "9999999999999"], "Credits to add are a number above 0"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_ends_with_1(running, flags, words):
    result = running.run("workspace", "create", "--name", "N", "--owner", "me@x.io", *flags)
    assert (result.code, result.out) == (1, "")
    assert words in result.err
    assert "Traceback" not in result.err


def test_an_argument_that_is_no_text_is_one_sentence(running):
    made = running.workspace()
    start = b"\xff".decode("utf-8", "surrogateescape")
    result = running.run("key", "revoke", start, "--workspace", made["workspace_id"])
    assert (result.code, result.err) == (1, "Error: What was given is not text in UTF-8.\n")


def test_with_several_workspaces_one_must_be_named(running):
    made = [running.workspace()["workspace_id"] for _ in range(2)]
    result = running.run("list", "show")
    assert result.code == 1
    assert "choose one with --workspace: " in result.err
    assert all(f"{number} (Test)" in result.err for number in made)
    assert running.done("list", "show", "--json", "--workspace", made[0]).json == {"lists": []}
    assert "There is no workspace 99999" in running.run("list", "show", "--workspace", 99999).err
    assert running.run("list", "show", "--workspace", 10**30).code == 1


def test_people_are_added_and_listed(running):
    made = running.workspace()
    where = ["--workspace", made["workspace_id"]]
    running.done("member", "add", "Ann@X.io", "--name", "Ann", "--role", "manager", *where)
    running.done("member", "add", "bob@x.io", "--own-records", *where)
    assert "is a member of this workspace already" in running.run("member", "add", "ann@x.io", *where).err
    members = running.done("member", "list", "--json", *where).json["members"]
    assert [(row["email"], row["role"], row["sees_all"]) for row in members] == [
        ("me@x.io", "owner", True), ("ann@x.io", "manager", True), ("bob@x.io", "member", False)
    ]  # fmt: skip


def test_revoking_a_client_ends_its_tokens_at_once_and_no_others(running):
    made = running.workspace()
    where = ["--workspace", made["workspace_id"]]
    second = running.done("client", "create", "--dialect", "openapi", "--json", *where).json
    assert list(second) == ["client_id", "client_secret"]
    first_token, second_token = get_token(running, made), get_token(running, second)
    running.done("client", "revoke", made["client_id"], *where)
    assert (balance(running, first_token)[0], balance(running, second_token)[0]) == (401, 200)
    assert running.run("client", "revoke", made["client_id"], *where).code == 1
    refused = running.run("token", "--client-id", made["client_id"], given=made["client_secret"])
    assert (refused.code, refused.out) == (1, "")


def test_a_client_of_another_workspace_cannot_be_revoked(running):
    made, other = running.workspace(), running.workspace()
    result = running.run("client", "revoke", made["client_id"], "--workspace", other["workspace_id"])
    assert result.code == 1
    assert balance(running, get_token(running, made))[0] == 200


def test_keys_are_listed_by_their_start_and_revoked(running):
    made = running.workspace()
    where = ["--workspace", made["workspace_id"]]
    key = running.done("key", "create", "--json", *where).json["api_key"]
    rows = running.done("key", "list", "--json", *where).json["keys"]
    assert [row["starts_with"] for row in rows] == [made["api_key"][:12], key[:12]]
    assert key not in json.dumps(rows)
    running.done("key", "revoke", key[:12], *where)
    rows = running.done("key", "list", "--json", *where).json["keys"]
    assert [row["revoked_at"] is None for row in rows] == [True, False]
    assert running.run("key", "revoke", key[:12], *where).code == 1


def test_credits_are_added_and_shown(running):
    made = running.workspace(credits=1)
    where = ["--workspace", made["workspace_id"]]
    assert running.done("credits", "add", "99.50", "--note", "bought", "--json", *where).json == {"balance": "100.50"}
    shown = running.done("credits", "show", *where)
    assert shown.out.startswith("Balance 100.50\n")
    entries = running.done("credits", "show", "--json", *where).json["entries"]
    assert [(entry["kind"], entry["credits"], entry["note"]) for entry in entries] == [
        ("grant", "99.50", "bought"), ("grant", "1.00", "at creation")
    ]  # fmt: skip
    assert running.run("credits", "add", "0", *where).code == 1


def test_the_token_is_what_the_api_would_answer(running):
    made = running.workspace()
    body = running.done("token", "--client-id", made["client_id"], given=made["client_secret"]).json
    assert (list(body), body["token_type"], body["expires_in"]) == (
        ["access_token", "token_type", "expires_in"], "Bearer", 3600
    )  # fmt: skip
    assert balance(running, body["access_token"])[0] == 200


def test_a_wrong_secret_is_one_sentence_and_ten_of_them_are_enough(running):
    made = running.workspace()
    for _ in range(10):
        result = running.run("token", "--client-id", made["client_id"], given="wrong")
        assert (result.code, result.err) == (1, "Error: Client authentication failed\n")
    refused = running.run("token", "--client-id", made["client_id"], given=made["client_secret"])
    assert refused.err == "Error: Too many failed sign-ins; try again in a minute.\n"


def test_no_secret_is_ever_an_argument(running):
    """Of a running command, every user of the machine sees the arguments."""
    for command in ("token", "client create", "key create", "keys rotate", "serve", "workspace create"):
        text = running.done(*command.split(), "--help").out.lower()
        assert not any(word in text for word in ("--secret", "--password", "--token", "--api-key", "--key "))


def test_a_command_is_quick_to_say_what_it_does(running):
    since = time.monotonic()
    assert "Self-hosted sales outreach" in running.done("--help").out
    assert time.monotonic() - since < 5
    assert running.run("nonsense").code == 2
    assert running.done("--version").out.startswith("fairlead, version ")
