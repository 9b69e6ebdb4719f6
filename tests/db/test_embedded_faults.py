"""The embedded server when processes die or lie: a working server comes of it, or one clear sentence."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from embedded_world import (
    another,
    ask,
    ask_again,
    gone,
    one_sentence,
    postmaster_pid,
    started_and_stopped,
    until,
)

from fairlead.db import embedded, postmaster
from fairlead.db.embedded import EmbeddedServer
from fairlead.db.place import Place
from fairlead.db.postmaster import processes_in, read_pid_file
from fairlead.db.system_user import run_as
from fairlead.kit.refusals import CannotStart

QUIET_SECONDS = 0.3  # for what takes long only because the test wants it


# The owner or its server is killed.


def test_the_server_of_a_killed_owner_goes_on_with_the_next_start(place: Place) -> None:
    with another(place) as owner:
        conninfo = owner.said()["conninfo"]
        ask(conninfo, "create table t as select 7 as number")
        pid = postmaster_pid(place)
        owner.kill()
    with EmbeddedServer.start(place) as server:
        assert server.owner
        assert postmaster_pid(place) == pid
        assert ask(server.conninfo, "select number from t") == 7
    assert gone(pid)


def test_who_is_attached_takes_over_from_a_killed_owner_without_losing_a_connection(place: Place) -> None:
    with another(place) as owner:
        conninfo = owner.said()["conninfo"]
        with EmbeddedServer.start(place) as server, psycopg.connect(conninfo, autocommit=True) as conn:
            owner.kill()
            until(lambda: server.owner)
            assert conn.execute("select 7").fetchone() == (7,)
            os.kill(postmaster_pid(place), signal.SIGKILL)
            assert ask_again(conninfo, "select 7") == 7


def test_a_killed_server_is_started_again_by_its_owner(place: Place) -> None:
    said: list[str] = []
    with EmbeddedServer.start(place, say=said.append) as server:
        ask(server.conninfo, "create table t as select 7 as number")
        for _ in range(3):
            pid = postmaster_pid(place)
            os.kill(pid, signal.SIGKILL)
            assert ask_again(server.conninfo, "select number from t") == 7
            assert postmaster_pid(place) != pid
    assert said == ["The database has ended unexpectedly; starting it again."] * 3


def test_an_orphan_with_other_options_is_replaced(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with another(place) as owner:
        owner.said()
        pid = postmaster_pid(place)
        owner.kill()
    monkeypatch.setitem(postmaster.OPTIONS, "max_connections", "30")
    with EmbeddedServer.start(place) as server:
        assert postmaster_pid(place) != pid
        assert ask(server.conninfo, "show max_connections") == "30"


def test_a_backend_that_outlives_its_postmaster_is_ended_before_a_new_server_begins(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postmaster, "REMAINS_SECONDS", QUIET_SECONDS)
    with EmbeddedServer.start(place) as server, psycopg.connect(server.conninfo) as conn:
        backend = conn.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # it does not see that its postmaster is gone
        os.kill(postmaster_pid(place), signal.SIGKILL)
        assert ask_again(server.conninfo, "select 7") == 7
        assert gone(backend)


# The pid file lies.


@pytest.fixture
def stranger(place: Place) -> Iterator[int]:
    """A process of the database's user that is not the database."""
    process = subprocess.Popen(["sleep", "300"], **run_as(place.user))
    yield process.pid
    process.kill()
    process.wait()


@pytest.fixture
def zombie() -> Iterator[int]:
    process = subprocess.Popen(["true"])
    until(lambda: gone(process.pid))
    yield process.pid
    process.wait()


def leave_pid_file(place: Place, text: str) -> None:
    """As a crash of the machine leaves it."""
    path = place.data / "postmaster.pid"
    path.write_text(text)
    path.chmod(0o600)
    if place.user is not None:
        os.chown(path, place.user.uid, place.user.gid)


def pid_file_of(place: Place, pid: int) -> str:
    return f"{pid}\n{place.data}\n1795000000\n5432\n{place.sockets}\n\n  1234567  65536\nready   \n"


def test_a_pid_file_of_a_process_that_has_ended_does_no_harm(place: Place) -> None:
    started_and_stopped(place)
    with subprocess.Popen(["true"]) as ended:
        pass
    leave_pid_file(place, pid_file_of(place, ended.pid))
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select number from t") == 7


def test_a_pid_that_belongs_to_somebody_else_by_now_is_not_taken_for_the_server(place: Place, stranger: int) -> None:
    started_and_stopped(place)
    leave_pid_file(place, pid_file_of(place, stranger))
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select number from t") == 7
    assert not gone(stranger)


def test_a_zombie_is_not_taken_for_the_server(place: Place, zombie: int) -> None:
    started_and_stopped(place)
    leave_pid_file(place, pid_file_of(place, zombie))
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select number from t") == 7


@pytest.mark.parametrize("text", ["", "123", "123\n/some", "\0\0\0\0", "hello\n"])
def test_a_pid_file_that_was_cut_off_does_no_harm(place: Place, text: str) -> None:
    started_and_stopped(place)
    leave_pid_file(place, text)
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select number from t") == 7


def test_a_server_that_lost_its_pid_file_is_not_joined_by_a_second_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postmaster, "REMAINS_SECONDS", QUIET_SECONDS)
    with another(place) as owner:
        owner.said()
        pid = postmaster_pid(place)
        owner.kill()
    (place.data / "postmaster.pid").unlink()
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select 7") == 7
        assert gone(pid)
        assert postmaster_pid(place) != pid


# Killed on the way.


@pytest.mark.parametrize("sign", ["data.new", "data.new/base", "data.new/PG_VERSION", "data.new/base/5"])
def test_killed_while_the_database_is_made_the_next_start_makes_it_anew(place: Place, sign: str) -> None:
    with another(place) as first:
        until((place.root / sign).exists)
        first.kill()
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select 7") == 7
    assert not (place.root / "data.new").exists()


def test_half_a_database_left_by_a_power_cut_is_made_anew(place: Place) -> None:
    (place.root / "data.new" / "base").mkdir(parents=True)
    (place.root / "data.new" / "PG_VERSION").write_text("18\n")
    place.root.chmod(0o711)
    started_and_stopped(place)
    assert not (place.root / "data.new").exists()


def test_a_start_given_up_leaves_no_server(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = slow_recovery(place)
    monkeypatch.setattr(postmaster, "SAY_AFTER_SECONDS", QUIET_SECONDS)

    def ctrl_c(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EmbeddedServer.start(place, say=ctrl_c)
    assert processes_in(place.data) == []
    gate.touch()
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select number from t") == 7


def test_a_server_asked_to_stop_while_it_recovers_stops(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedServer.start(place) as server:
        ask(server.conninfo, "create table t as select 7 as number")
        gate = make_recovery_slow(place)
        os.kill(postmaster_pid(place), signal.SIGKILL)
        until(lambda: (found := read_pid_file(place.data)) is not None and found.status == "starting")
    assert processes_in(place.data) == []
    gate.touch()
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select number from t") == 7


# Recovery that takes long.


def slow_recovery(place: Place) -> Path:
    started_and_stopped(place)
    return make_recovery_slow(place)


def make_recovery_slow(place: Place) -> Path:
    """The next server stays in recovery until the file given back is there: it waits for an archive."""
    gate = place.root.parent / "gate"
    with (place.data / "postgresql.auto.conf").open("a") as conf:
        conf.write(f"restore_command = 'until test -e {gate}; do sleep 0.05; done; false'\n")
    (place.data / "recovery.signal").touch()
    if place.user is not None:
        os.chown(place.data / "recovery.signal", place.user.uid, place.user.gid)
    return gate


def test_a_long_recovery_is_waited_for_and_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = slow_recovery(place)
    monkeypatch.setattr(postmaster, "SAY_AFTER_SECONDS", QUIET_SECONDS)
    monkeypatch.setattr(embedded, "ATTACH_SECONDS", 3 * QUIET_SECONDS)
    owner_said, attached_said = [], []
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(EmbeddedServer.start, place, say=owner_said.append)
        until(lambda: owner_said)
        second = pool.submit(EmbeddedServer.start, place, say=attached_said.append)
        until(lambda: attached_said)
        since = time.monotonic()
        until(lambda: time.monotonic() - since > 5 * QUIET_SECONDS)  # longer than an attached one waits for nothing
        assert not first.done()
        assert not second.done()
        gate.touch()
        servers = [first.result(30), second.result(30)]
    assert [server.owner for server in servers] == [True, False]
    assert ask(servers[1].conninfo, "select number from t") == 7
    assert owner_said == [
        f"The database is still starting; after a crash it first repeats what was written ({place.log})."
    ]
    assert attached_said[0].startswith("Waiting for the database in ")
    for server in servers:
        server.stop()


def test_an_owner_without_a_server_is_not_waited_for_for_ever(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    started_and_stopped(place)
    monkeypatch.setattr(embedded, "ATTACH_SECONDS", QUIET_SECONDS)
    hold = (
        "import fcntl, sys; lock = open(sys.argv[1], 'r+'); fcntl.flock(lock, fcntl.LOCK_EX);"
        "import os; lock.write(str(os.getpid())); lock.truncate(); lock.flush(); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(place.lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(CannotStart) as refused:
            EmbeddedServer.start(place)
        holder.kill()
    assert f"belongs to process {holder.pid}" in one_sentence(refused)
    started_again = EmbeddedServer.start(place)
    started_again.stop()


def test_start_works_in_any_thread(place: Place) -> None:
    found: list[object] = []

    def work() -> None:
        with EmbeddedServer.start(place) as server:
            found.append(ask(server.conninfo, "select 7"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert found == [7]
