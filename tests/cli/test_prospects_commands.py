"""Lists, fields, do-not-email lists, prospects and claims from the command line."""

import pytest
import requests


class Desk:
    """A workspace, its commands and its API."""

    def __init__(self, running):
        self.running = running
        self.made = running.workspace()
        given = running.done("token", "--client-id", self.made["client_id"], given=self.made["client_secret"])
        self.headers = {"Authorization": f"Bearer {given.json['access_token']}"}

    def run(self, *arguments, given=""):
        return self.running.run(*arguments, "--workspace", self.made["workspace_id"], given=given)

    def done(self, *arguments, given=""):
        result = self.run(*arguments, given=given)
        assert result.code == 0, (arguments, result)
        return result

    def json(self, *arguments, given=""):
        return self.done(*arguments, "--json", given=given).json

    def post(self, path, **fields):
        return requests.post(self.running.base_url + path, data=fields, headers=self.headers, timeout=10).json()

    def add(self, email, list_id, **fields):
        assert self.post("/v1/add-prospect-to-list", email=email, listId=list_id, **fields)["success"]

    def on(self, list_id):
        people = self.post("/v1/prospect-list", listId=list_id)["prospects"]
        return sorted(email["email"] for person in people for email in person["emails"])


@pytest.fixture
def desk(running):
    return Desk(running)


def test_lists_are_made_renamed_deleted_and_brought_back(desk):
    made = desk.json("list", "create", " Leads ")
    assert made == {"id": made["id"], "name": "Leads"}
    assert "There is a list named 'Leads' already" in desk.run("list", "create", "Leads").err
    desk.done("list", "rename", made["id"], "People")
    desk.done("list", "delete", made["id"])
    (shown,) = desk.json("list", "show")["lists"]
    assert (shown["name"], shown["deleted_at"] is None) == ("People", False)
    assert desk.run("list", "delete", made["id"]).err == "Error: List not found\n"
    desk.done("list", "restore", made["id"])
    assert desk.json("list", "show")["lists"][0]["deleted_at"] is None


def test_a_name_that_is_no_line_of_text_is_refused(desk):
    for name in ("", "a\nb", "x" * 256, b"\xff".decode("utf-8", "surrogateescape")):
        result = desk.run("list", "create", name)
        assert (result.code, "Traceback" in result.err) == (1, False)


def test_fields_are_declared_shown_and_deleted(desk):
    made = desk.json("field", "create", "Budget", "--type", "number", "--required")
    assert made == {"id": made["id"], "label": "Budget", "type": "number", "required": True}
    assert desk.run("field", "create", "budget").code == 1
    assert desk.run("field", "create", "Color", "--type", "rainbow").code == 2
    assert [row["label"] for row in desk.json("field", "show")["fields"]] == ["Budget"]
    assert desk.run("field", "delete", "Budget", given="n\n").code == 1
    assert "with the values of 0 prospects" in desk.done("field", "delete", "Budget", "--yes").out
    assert desk.run("field", "delete", "Budget", "--yes").code == 1


def test_addresses_and_domains_are_put_on_and_taken_off_do_not_email_lists(desk, tmp_path):
    made = desk.json("donotemail", "create", "Competitors", "--campaigns-that-name-it")
    file = tmp_path / "stop.txt"
    file.write_text("\ufeffbob@y.io\n\nY.IO\n")
    added = desk.json("donotemail", "add", "Ann@X.io", "--file", file, "--list", made["id"])
    assert added == {"added": 3, "duplicates": 0, "invalid": []}
    added = desk.json("donotemail", "add", "--file", "-", "--list", made["id"], given="z.io\nann@x.io\n")
    assert added["duplicates"] == 1
    shown = desk.json("donotemail", "show", made["id"])
    assert shown == {"items": ["ann@x.io", "bob@y.io", "y.io", "z.io"]}
    assert desk.done("donotemail", "show", made["id"]).out.split() == shown["items"]
    assert desk.done("donotemail", "remove", "z.io", "nobody@x.io", "--list", made["id"]).out == "Removed 1.\n"
    desk.done("donotemail", "delete", made["id"])
    assert made["id"] not in [row["id"] for row in desk.json("donotemail", "show")["lists"]]


def test_some_that_are_neither_address_nor_domain_end_with_3_and_the_others_are_added(desk):
    result = desk.run("donotemail", "add", "ann@x.io", "not an address", "--json")
    assert (result.code, result.json) == (3, {"added": 1, "duplicates": 0, "invalid": ["not an address"]})


def test_a_file_that_is_too_large_missing_or_no_text_is_one_sentence(desk, tmp_path):
    large, binary = tmp_path / "large", tmp_path / "binary"
    large.write_bytes(b"x" * 10_000_001)
    binary.write_bytes(b"\xff\xfe\x00")
    missing = tmp_path / "missing"
    for file, words in ((large, "larger than 10 MB"), (binary, "cannot be read"), (missing, "cannot be read")):
        result = desk.run("donotemail", "add", "--file", file)
        assert (result.code, words in result.err, "Traceback" in result.err) == (1, True, False)


def test_prospects_are_moved_deleted_merged_and_each_is_taken_back(desk):
    a, b = desk.json("list", "create", "A")["id"], desk.json("list", "create", "B")["id"]
    desk.add("ann@x.io", a, firstName="Ann")
    desk.add("bob@x.io", a)
    moved = desk.json("prospect", "move", "ann@x.io", "--to", b)
    assert (moved["prospects"], desk.on(a), desk.on(b)) == (1, ["bob@x.io"], ["ann@x.io"])
    assert desk.json("prospect", "move", "--from", a, "--to", b)["prospects"] == 1
    assert desk.on(b) == ["ann@x.io", "bob@x.io"]
    deleted = desk.json("prospect", "delete", "--from", b)
    assert (deleted["prospects"], desk.on(b)) == (2, [])
    assert desk.json("prospect", "undo", deleted["change"]) == {"removed": 0, "restored": 2, "left_alone": 0}
    again = desk.run("prospect", "undo", deleted["change"])
    assert (again.code, "was taken back at" in again.err) == (1, True)
    merged = desk.json("prospect", "merge", "ann@x.io", "bob@x.io")
    assert (merged["merged"], desk.on(b)) == (1, ["ann@x.io", "bob@x.io"])  # one person with two addresses
    desk.done("prospect", "undo", merged["changes"][0])
    kinds = [change["kind"] for change in desk.json("prospect", "changes")["changes"]]
    assert kinds == ["merge", "delete", "move", "move"]


def test_an_address_taken_meanwhile_is_one_sentence(desk):
    a = desk.json("list", "create", "A")["id"]
    desk.add("ann@x.io", a)
    deleted = desk.json("prospect", "delete", "ann@x.io")
    desk.add("ann@x.io", a)
    result = desk.run("prospect", "undo", deleted["change"])
    assert (result.code, result.err.startswith("Error: Another prospect has ann@x.io by now;")) == (1, True)


def test_all_duplicates_are_merged_until_there_are_none(desk):
    a = desk.json("list", "create", "A")["id"]
    for _ in range(3):
        desk.add("ann@x.io", a, createDuplicates="true")
    (group,) = desk.json("prospect", "duplicates")["duplicates"]
    ids = group["prospects"].split()
    assert (group["shared"], len(ids)) == ("ann@x.io", 3)
    assert desk.json("prospect", "merge", "--all")["merged"] == 2
    assert desk.json("prospect", "duplicates") == {"duplicates": []}
    assert desk.json("prospect", "merge", "--all") == {"merged": 0, "changes": []}
    assert desk.json("prospect", "delete", ids[0])["prospects"] == 1


def test_who_is_not_there_is_named_and_nothing_is_changed(desk):
    a, b = desk.json("list", "create", "A")["id"], desk.json("list", "create", "B")["id"]
    desk.add("ann@x.io", a)
    for who, words in (
        (["ann@x.io", "nobody@x.io"], "There is no prospect with the address nobody@x.io"),
        (["ann@x.io", "not@an@address"], "not an e-mail address"),
        (["something"], "something is neither an address nor the id of a prospect"),
        ([], "Name prospects by address or id"),
    ):
        result = desk.run("prospect", "move", *who, "--to", b)
        assert (result.code, words in result.err) == (1, True)
    assert desk.on(a) == ["ann@x.io"]
    assert desk.run("prospect", "merge").code == 2
    assert desk.run("prospect", "merge", "ann@x.io", "--all").code == 2
    assert desk.run("prospect", "merge", "ann@x.io").code == 1


def test_another_workspace_can_neither_name_nor_take_back(desk, running):
    a = desk.json("list", "create", "A")["id"]
    desk.add("ann@x.io", a)
    deleted = desk.json("prospect", "delete", "ann@x.io")
    other = Desk(running)
    for command in (
        ["prospect", "undo", deleted["change"]],
        ["prospect", "move", "--from", a, "--to", a],
        ["list", "rename", a, "Mine"],
        ["list", "delete", a],
    ):
        assert other.run(*command).code == 1
    assert other.json("prospect", "changes") == {"changes": []}
    assert [row["name"] for row in desk.json("list", "show")["lists"]] == ["A"]


def test_a_claimed_address_is_hidden_until_it_is_released(desk, running):
    a = desk.json("list", "create", "A")["id"]
    assert running.done("claim", "Claimed@X.io").out == "Hidden 1.\n"
    answer = desk.post("/v1/add-prospect-to-list", email="claimed@x.io", listId=a)
    assert (answer.get("success", False), desk.on(a)) == (False, [])
    assert running.done("claim", "claimed@x.io", "--release").out == "Released 1.\n"
    desk.add("claimed@x.io", a)
    assert running.run("claim", "nobody").code == 1
    assert running.run("claim").code == 2
