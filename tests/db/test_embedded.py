"""The embedded server when all goes well: private, durable, shared, and gone when nobody uses it."""

import os
import shutil
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from embedded_world import AS_ROOT, Other, another, ask, gone, postmaster_pid, until
from psycopg.conninfo import make_conninfo

from fairlead.db.embedded import EmbeddedServer
from fairlead.db.place import Place
from fairlead.db.postmaster import processes_in
from fairlead.kit.refusals import CannotStart


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_written_is_there_after_a_restart(place: Place) -> None:
    with EmbeddedServer.start(place) as server:
        ask(server.conninfo, "create table t as select 7 as number")
        assert server.owner
    assert processes_in(place.data) == []
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select number from t") == 7


def test_folder_password_and_socket_are_private(place: Place) -> None:
    old = os.umask(0)
    try:
        with EmbeddedServer.start(place):
            socket = place.sockets / ".s.PGSQL.5432"
            assert [mode(path) for path in (place.root, place.data, place.sockets)] == [0o700] * 3
            assert [mode(path) for path in (place.secret, place.log, place.lock, place.users)] == [0o600] * 4
            assert mode(socket) == 0o700
    finally:
        os.umask(old)


def test_nothing_listens_on_a_network(place: Place) -> None:
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "show listen_addresses") == ""
        own = {os.readlink(link) for link in Path(f"/proc/{postmaster_pid(place)}/fd").iterdir()}
        lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()]
        assert not own & {f"socket:[{words[9]}]" for words in lines}


@pytest.mark.parametrize("password", ["wrong", ""])
@pytest.mark.parametrize("database", ["fairlead", "postgres"])
def test_without_the_password_nobody_is_let_in(place: Place, password: str, database: str) -> None:
    with EmbeddedServer.start(place) as server:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(make_conninfo(server.conninfo, password=password, dbname=database))
        methods = "select string_agg(distinct auth_method, ',') from pg_hba_file_rules"
        assert ask(server.conninfo, methods) == "scram-sha-256"


def test_nothing_that_keeps_commits_safe_is_switched_off(place: Place) -> None:
    with EmbeddedServer.start(place) as server:
        for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
            assert ask(server.conninfo, f"show {name}") == "on"
        provider = "select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()"
        assert ask(server.conninfo, provider) == "b C.UTF-8"
        assert ask(server.conninfo, "show shared_preload_libraries") == "pg_stat_statements"


def test_the_server_does_not_see_our_environment(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_SECRET_KEY", "0" * 64)
    with EmbeddedServer.start(place):
        assert b"FAIRLEAD" not in Path(f"/proc/{postmaster_pid(place)}/environ").read_bytes()


@pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")
def test_started_by_root_the_server_keeps_no_right_of_root(place: Place) -> None:
    assert place.user is not None
    with EmbeddedServer.start(place):
        status = Path(f"/proc/{postmaster_pid(place)}/status").read_text()
        rights = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith(("Uid", "Gid", "Groups")))
        assert rights["Uid"].split() == [str(place.user.uid)] * 4
        assert rights["Gid"].split() == [str(place.user.gid)] * 4
        assert rights["Groups"].split() == []


@pytest.mark.skipif(not AS_ROOT, reason="every other test is that of an ordinary user here")
def test_an_ordinary_user_has_a_server_of_his_own(place: Place) -> None:
    home = place.root.parent / "home"
    home.mkdir()
    shutil.chown(home, "nobody")
    own = replace(place, root=home / "data", user=None)
    told = {"root": str(own.root), "binaries": str(place.binaries), "drop": "nobody"}
    first = Other("serve", **told)
    answer = first.said()
    assert answer["owner"]
    ask(answer["conninfo"], "create table t as select 7 as number")
    second = Other("serve", **told)
    assert not second.said()["owner"]
    first.kill()
    assert ask(answer["conninfo"], "select number from t") == 7
    pid = postmaster_pid(own)
    second.leave()
    second.close()
    assert gone(pid)
    assert own.root.owner() == "nobody"
    assert mode(own.root) == 0o700


@pytest.mark.skipif(not AS_ROOT, reason="needs a folder of another user")
def test_a_folder_that_was_there_keeps_its_owner_and_mode(place: Place) -> None:
    place.root.mkdir(mode=0o755)
    place.root.chmod(0o755)
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select 1") == 1
    assert (place.root.owner(), mode(place.root)) == ("root", 0o755)
    assert mode(place.data) == 0o700
    assert mode(place.secret) == 0o600


def test_a_second_process_attaches(place: Place) -> None:
    with EmbeddedServer.start(place) as server, another(place) as other:
        answer = other.said()
        assert not answer["owner"]
        assert answer["conninfo"] == server.conninfo
        assert ask(answer["conninfo"], "select 1") == 1
        other.leave()
        assert ask(server.conninfo, "select 1") == 1


def test_of_many_starts_at_the_same_instant_one_becomes_the_owner(place: Place) -> None:
    together = threading.Barrier(4)

    def start() -> EmbeddedServer:
        together.wait(10)
        return EmbeddedServer.start(place)

    with ThreadPoolExecutor(4) as pool:
        servers = [start.result() for start in [pool.submit(start) for _ in range(4)]]
    assert [server.owner for server in servers].count(True) == 1
    assert {ask(server.conninfo, "select pg_postmaster_start_time()") for server in servers} == {
        ask(servers[0].conninfo, "select pg_postmaster_start_time()")
    }
    for server in servers:
        server.stop()
    assert processes_in(place.data) == []


def test_an_owner_that_leaves_takes_no_connection_with_it(place: Place) -> None:
    with another(place) as first:
        conninfo = first.said()["conninfo"]
        with EmbeddedServer.start(place) as second, psycopg.connect(conninfo, autocommit=True) as conn:
            assert not second.owner
            first.leave()
            until(lambda: second.owner)
            assert conn.execute("select 7").fetchone() == (7,)
            pid = postmaster_pid(place)
        assert gone(pid)


@pytest.mark.parametrize("number", [2, 5])
def test_when_all_leave_at_once_no_server_stays(place: Place, number: int) -> None:
    for _ in range(10):
        servers = [EmbeddedServer.start(place) for _ in range(number)]
        with ThreadPoolExecutor(number) as pool:
            for done in [pool.submit(server.stop) for server in servers]:
                done.result()
        assert processes_in(place.data) == []


def test_stopping_twice_is_harmless(place: Place) -> None:
    server = EmbeddedServer.start(place)
    server.stop()
    server.stop()
    assert not server.owner


@pytest.mark.parametrize("name", ["long" * 30, "with space", 'comma, and "quotes"', "größe"])
def test_any_name_of_a_folder_will_do(place: Place, name: str) -> None:
    odd = replace(place, root=place.root.parent / name)
    with EmbeddedServer.start(odd) as server, another(odd) as other:
        assert not other.said()["owner"]
        assert ask(server.conninfo, "select 1") == 1
        assert mode(odd.sockets) == 0o700
        other.leave()
    if odd.sockets.parent == Path("/tmp"):
        odd.sockets.rmdir()


def test_a_socket_folder_that_somebody_else_could_enter_is_refused(place: Place) -> None:
    deep = replace(place, root=place.root.parent / ("long" * 30))
    assert deep.sockets.parent == Path("/tmp")
    deep.sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(CannotStart, match=r"mode 0700 .* remove it"):
            EmbeddedServer.start(deep)
    finally:
        deep.sockets.rmdir()
