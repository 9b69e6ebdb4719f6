"""Running an installation: doctor, migrate, keys, backup and restore."""

import json
import stat

import requests

from fairlead_process import question

KEY = "encryption.key"


def tokens(installation, made):
    given = installation.done("token", "--client-id", made["client_id"], given=made["client_secret"])
    return {"Authorization": f"Bearer {given.json['access_token']}"}


def test_migrate_says_that_all_is_up_to_date(running):
    assert running.done("migrate").out.startswith("The schema is up to date (")


def test_an_older_program_refuses_a_newer_database(own):
    own.done("migrate")
    with own.serving() as serving:
        question(own, "insert into schema_migrations (number, name) values (9999, 'later')")
        assert requests.get(f"{serving.base_url}/readyz", timeout=5).status_code == 503
    for command in (["serve", "--port", "0"], ["doctor"], ["migrate"]):
        result = own.run(*command)
        assert (result.code, "brought up to date by a newer Fairlead (migration 9999)" in result.err) == (1, True)


def test_the_doctor_finds_what_is_wrong_and_says_what_to_do(own):
    with own.serving():
        question(own, "insert into jobs (state, kind, payload, due_at, parked_at, priority, max_tries) "
                 "select 'parked', 'x', '{}', now(), now(), 0, 1")  # fmt: skip
        (own.data / KEY).chmod(0o644)
        found = own.done("doctor", "--json").json
        assert found["ok"] is False
        text = " ".join(found["findings"])
        assert "fairlead jobs list --parked" in text
        assert f"run: chmod 600 {own.data / KEY}" in text
        (own.data / KEY).chmod(0o600)
        question(own, "delete from jobs where state = 'parked'")
        assert own.done("doctor", "--json", FAIRLEAD_PUBLIC_URL="https://x.io").json == {"findings": [], "ok": True}


# Keys


def test_the_key_is_made_at_the_first_start_and_is_its_owners_alone(own):
    own.done("migrate")
    assert stat.S_IMODE((own.data / KEY).stat().st_mode) == 0o600
    before = (own.data / KEY).read_text()
    own.done("migrate")
    assert (own.data / KEY).read_text() == before
    assert len(before.strip()) == 64


def test_a_key_that_is_wrong_missing_or_broken_stops_every_start_and_the_right_one_helps(own):
    own.done("migrate")
    right = (own.data / KEY).read_text()
    for content, words in (
        ("ab" * 32, "does not open the secrets stored in this database; put back the file encryption.key"),
        ("nonsense", "holds something that is not an encryption key"),
        (None, "is missing; put it back as"),
    ):
        (own.data / KEY).unlink()
        if content is not None:
            (own.data / KEY).write_text(content)
        for command in (["serve", "--port", "0"], ["doctor"]):
            result = own.run(*command)
            assert (result.code, words in result.err) == (1, True), result.err
        (own.data / KEY).write_text(right)
    own.done("doctor")
    (own.data / KEY).unlink()
    own.done("doctor", FAIRLEAD_SECRET_KEY=right.strip())
    assert not (own.data / KEY).exists()


def test_keys_are_rotated_while_the_server_runs_and_dropped_after_it_was_started_again(own):
    with own.serving() as serving:
        made = own.workspace()
        said = own.done("keys", "rotate").out
        assert "Start running servers again, then run: fairlead keys rotate --drop-old" in said
        assert len((own.data / KEY).read_text().split()) == 2
        answer = requests.get(f"{serving.base_url}/v1/get-balance", headers=tokens(own, made), timeout=5)
        assert answer.status_code == 200
    with own.serving():
        newest = (own.data / KEY).read_text().split()[0]
        own.done("keys", "rotate", "--drop-old")
        assert (own.data / KEY).read_text().split() == [newest]
        assert newest not in said
    own.done("doctor")


def test_with_keys_by_setting_rotating_moves_to_the_first_of_them(own):
    old, new = "ab" * 32, "cd" * 32
    own.done("migrate", FAIRLEAD_SECRET_KEY=old)
    assert "Sealed 1 secrets" in own.done("keys", "rotate", FAIRLEAD_SECRET_KEY=f"{new},{old}").out
    own.done("doctor", FAIRLEAD_SECRET_KEY=new)
    assert own.run("doctor", FAIRLEAD_SECRET_KEY=old).code == 1


# Backup


class Life:
    """An installation in use: a workspace, a list, people on it, and what its API shows of them."""

    def __init__(self, installation, serving):
        self.installation, self.url = installation, serving.base_url
        self.made = installation.workspace(credits=7)
        self.headers = tokens(installation, self.made)
        self.list_id = self.post("/v1/lists", name="People")[0]["data"]["id"]
        for number in range(25):
            self.post("/v1/add-prospect-to-list", email=f"p{number}@x.io", listId=self.list_id, firstName=f"P{number}")

    def post(self, path, **fields):
        return requests.post(self.url + path, data=fields, headers=self.headers, timeout=10).json()

    def seen(self):
        balance = requests.get(f"{self.url}/v1/get-balance", headers=self.headers, timeout=10).json()["data"]
        page = self.post("/v1/prospect-list", listId=self.list_id, perPage=100)
        person = self.post("/v1/get-prospects-by-email", email="p3@x.io")
        return json.dumps([balance["balance"], page, person])


def test_a_backup_of_a_running_server_brings_everything_back_in_a_new_folder(own):
    file = own.folder / "house.backup"
    with own.serving() as serving:
        life = Life(own, serving)
        before = life.seen()
        said = own.done("backup", file).out
        life.post("/v1/add-prospect-to-list", email="later@x.io", listId=life.list_id)
        key = (own.data / KEY).read_text().strip()
        last = question(own, "select max((writer, id)) from events")
    assert f"The encryption key is not in it; it is in {own.data / KEY}" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_bytes()
    secrets = (key.encode(), bytes.fromhex(key), life.made["client_secret"].encode())
    assert not any(secret in content for secret in secrets)

    other = own.folder / "other"
    own.settings["FAIRLEAD_DATA"] = str(other)
    without_key = own.run("restore", file)
    assert without_key.code == 1
    assert "The backup is restored, but cannot be used yet. The encryption key" in without_key.err
    assert not (other / KEY).exists()
    (other / KEY).write_text(key)
    own.done("doctor")
    again = own.run("restore", file)
    assert (again.code, "use --force" in again.err) == (1, True)
    assert "1 workspaces" in own.done("restore", file, "--force").out
    with own.serving() as serving:
        life.url = serving.base_url
        assert life.seen() == before  # by the token of before, with ids of before
        life.post("/v1/add-prospect-to-list", email="new@x.io", listId=life.list_id)
        assert life.post("/v1/get-prospects-by-email", email="later@x.io")["success"] is False
        assert last < question(own, "select max((writer, id)) from events")


def test_a_backup_that_cannot_be_written_or_read_is_one_sentence(running, tmp_path):
    assert "cannot be written" in running.run("backup", tmp_path / "nowhere" / "x").err
    assert running.run("restore", tmp_path / "nowhere").code == 2
