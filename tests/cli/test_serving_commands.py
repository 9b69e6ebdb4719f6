"""`serve`, `web` and `worker` as processes: how they start, what they refuse, how they end."""

import json
import os
import signal
import socket
import subprocess
import time

import psycopg
import pytest
import requests

from fairlead.db.postmaster import processes_in
from fairlead_process import PROGRAM, question

SECRET = "ab" * 32


def until(holds, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
    return found


def no_database_is_left(installation):
    return not (installation.data / "data").exists() or not processes_in(installation.data / "data")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def ready(url):
    try:
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def question_answered(installation):
    """Whether the database answers, which it does not while it recovers."""
    try:
        return question(installation, "select 1") == 1
    except psycopg.OperationalError:
        return False


def test_serve_prints_one_line_when_it_is_ready(running):
    assert requests.get(f"{running.base_url}/readyz", timeout=5).json() == {"status": "ready", "mode": "live"}
    assert requests.get(f"{running.base_url}/healthz", timeout=5).status_code == 200


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_sign_to_stop_ends_the_server_and_its_database(own, sign):
    with own.serving() as serving:
        made = own.workspace()
        assert serving.stop(sign) == 0
    assert no_database_is_left(own)
    assert "Traceback" not in serving.said()
    # And what was there is there again.
    (row,) = own.done("workspace", "list", "--json").json["workspaces"]
    assert row["id"] == made["workspace_id"]
    assert no_database_is_left(own)


def test_the_line_of_json_is_exactly_two_addresses(own):
    process = subprocess.Popen(
        [PROGRAM, "serve", "--json", "--port", "0"],
        cwd=own.folder, env=own.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with process:
        line = process.stdout.readline()
        process.terminate()
        rest = process.stdout.read()
    shown = json.loads(line)
    assert (list(shown), shown["control_url"], rest) == (["base_url", "control_url"], None, "")


def test_a_second_server_on_a_used_port_is_one_sentence(running):
    port = running.base_url.rpartition(":")[2]
    result = running.run("serve", "--port", port)
    assert (result.code, result.out) == (1, "")
    assert f"Nothing can listen on 127.0.0.1 port {port}: Address already in use; choose another" in result.err
    assert running.run("serve", "--host", "no.such.host.invalid").code == 1
    assert running.run("serve", "--port", "99999").code == 2


def test_a_command_attaches_while_the_server_runs_and_leaves_it_alone(own):
    with own.serving() as serving:
        own.workspace()
        own.done("doctor")
        assert ready(serving.base_url)
    assert no_database_is_left(own)


def test_commands_at_the_same_instant_on_a_new_folder_all_work(own):
    commands = [
        subprocess.Popen([PROGRAM, "workspace", "create", "--name", str(n), "--owner", "me@x.io", "--json"],
                         cwd=own.folder, env=own.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for n in range(4)
    ]  # fmt: skip
    ended = [(*command.communicate(timeout=60), command.returncode) for command in commands]
    assert [code for _, _, code in ended] == [0] * 4, ended
    assert len({json.loads(out)["workspace_id"] for out, _, _ in ended}) == 4
    assert no_database_is_left(own)


@pytest.mark.parametrize("seconds", [0.4, 0.8])
def test_a_start_given_up_leaves_no_database_behind(own, seconds):
    serving = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0"],
        cwd=own.folder, env=own.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(seconds)  # machine time: somewhere in the start
    serving.terminate()
    _, said = serving.communicate(timeout=30)
    assert "Traceback" not in said
    assert until(lambda: no_database_is_left(own))
    own.done("doctor")


def test_a_command_that_is_ended_takes_its_database_with_it(own):
    own.done("migrate")
    waiting = subprocess.Popen(
        [PROGRAM, "donotemail", "add", "--file", "-"],
        cwd=own.folder, env=own.environment,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: not no_database_is_left(own))
    waiting.terminate()
    waiting.communicate(timeout=30)
    assert until(lambda: no_database_is_left(own))


def test_web_and_worker_run_apart_on_a_database_elsewhere(own, conninfo):
    """Neither has an embedded database; the key comes by a setting, as it must with several machines."""
    settings = {"FAIRLEAD_DATABASE_URL": conninfo, "FAIRLEAD_SECRET_KEY": SECRET}
    own.settings.update(settings)
    port = free_port()
    with own.serving("--port", port, command="web") as web, own.serving(command="worker") as worker:
        until(lambda: ready(f"http://127.0.0.1:{port}"))
        own.workspace()
        until(lambda: "The worker is running" in worker.said())
        assert web.stop() == 0
        assert worker.stop() == 0
    assert not (own.data / "data").exists()
    assert not (own.data / "encryption.key").exists()
    refused = own.run("doctor", FAIRLEAD_SECRET_KEY="cd" * 32)
    assert (refused.code, "does not open the secrets stored in this database" in refused.err) == (1, True)


def test_a_worker_on_a_database_that_is_not_there_is_one_sentence_without_the_password(own):
    result = own.run("worker", FAIRLEAD_DATABASE_URL="postgresql://ann:hunter2@127.0.0.1:1/x")
    assert result.code == 1
    assert result.err.startswith("Error: The database does not let us in: ")
    assert "hunter2" not in result.err


# Live and sandbox


def test_a_live_folder_is_not_served_as_a_sandbox_nor_the_other_way_round(own):
    own.done("migrate")
    result = own.run("serve", "--sandbox", "--port", "0")
    assert result.code == 1
    assert "belongs to a live installation and cannot be served as a sandbox one; leave out --sandbox" in result.err
    with own.serving() as serving:
        question(own, "update instance set mode = 'sandbox'")
        serving.stop()
    result = own.run("serve", "--port", "0")
    assert result.code == 1
    assert "belongs to a sandbox installation and cannot be served as a live one; add --sandbox" in result.err
    assert own.done("doctor", "--json").json["ok"] in (True, False)


def test_a_live_server_runs_at_no_other_speed(own):
    result = own.run("serve", "--speed", "2", "--port", "0")
    assert (result.code, "Only a sandbox can run at another speed; add --sandbox." in result.err) == (1, True)
    assert no_database_is_left(own)


# Settings


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("FAIRLEAD_WORKER_SLOT", "3", "FAIRLEAD_WORKER_SLOT is not a setting of Fairlead"),
        ("FAIRLEAD_WORKER_SLOTS", "many", "FAIRLEAD_WORKER_SLOTS cannot be read: it takes a whole number from 1"),
        ("FAIRLEAD_LOG_FORMAT", "xml", "FAIRLEAD_LOG_FORMAT cannot be read: it takes text or json"),
    ],
)
@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["keys", "rotate"]])
def test_a_setting_that_is_wrong_stops_every_command_with_a_sentence(own, command, name, value, words):
    result = own.run(*command, **{name: value})
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"Error: {words}")
    assert not own.data.exists()


def test_a_wrong_key_in_the_file_of_settings_stops_the_start(own):
    (own.folder / "fairlead.toml").write_text("worker_slot = 3\n")
    result = own.run("serve", "--port", "0")
    assert (result.code, result.err.startswith("Error: worker_slot in ")) == (1, True)


def test_log_lines_are_json_where_that_is_wanted_and_hold_no_token(own):
    with own.serving(FAIRLEAD_LOG_FORMAT="json") as serving:
        requests.get(f"{serving.base_url}/v1/get-balance?access_token=hush-hush-hush", timeout=5)
        until(lambda: "get-balance" in serving.said())
        serving.stop()
    lines = [json.loads(line) for line in serving.said().splitlines()]
    assert {"at", "level", "log", "message"} == set(lines[0])
    assert "hush" not in serving.said()


def test_the_server_lives_through_the_death_of_its_database(own):
    with own.serving() as serving:
        own.workspace()
        pid = int((own.data / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        until(lambda: question_answered(own))
        until(lambda: ready(serving.base_url))
        assert own.done("workspace", "list", "--json").json["workspaces"]
        assert serving.process.poll() is None


def test_a_public_address_without_tls_is_warned_of(own):
    with own.serving("--host", "0.0.0.0") as serving:
        until(lambda: "Listening on a public address without TLS" in serving.said())
