"""The embedded server when its folder, its disk or its log is not as it should be: one clear sentence."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from embedded_world import AS_ROOT, ask, gone, one_sentence, postmaster_pid, started_and_stopped, until

from fairlead.db import server_log
from fairlead.db.embedded import EmbeddedServer
from fairlead.db.place import Place
from fairlead.db.postmaster import processes_in
from fairlead.kit.refusals import CannotStart


def test_a_database_of_another_version_is_refused_with_the_way_to_move(place: Place) -> None:
    started_and_stopped(place)
    (place.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotStart) as refused:
        EmbeddedServer.start(place)
    text = one_sentence(refused)
    assert "PostgreSQL 17" in text
    assert "fairlead backup" in text
    assert "fairlead restore" in text


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(place: Place) -> None:
    (place.root / "data").mkdir(parents=True)
    (place.root / "data" / "letters.txt").write_text("dear")
    with pytest.raises(CannotStart, match="not a database"):
        EmbeddedServer.start(place)
    assert (place.root / "data" / "letters.txt").read_text() == "dear"


@pytest.mark.parametrize("text", [None, "", "\n"])
def test_a_lost_password_is_set_anew(place: Place, text: str | None) -> None:
    started_and_stopped(place)
    if text is None:
        place.secret.unlink()
    else:
        place.secret.write_text(text)
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select number from t") == 7
    with EmbeddedServer.start(place) as server:
        assert ask(server.conninfo, "select number from t") == 7


def test_a_wrong_password_is_one_sentence(place: Place) -> None:
    started_and_stopped(place)
    place.secret.write_text("wrong\n")
    with pytest.raises(CannotStart) as refused:
        EmbeddedServer.start(place)
    assert f"{place.secret} does not hold the password" in one_sentence(refused)
    assert processes_in(place.data) == []


def test_a_folder_removed_while_in_use_is_told_and_not_made_anew(place: Place) -> None:
    said: list[str] = []
    with EmbeddedServer.start(place, say=said.append) as server:
        pid = postmaster_pid(place)
        shutil.rmtree(place.root)
        os.kill(pid, signal.SIGKILL)
        until(lambda: server.fault)
        assert server.fault == f"The data folder {place.root} was removed while its database was in use."
        assert not place.root.exists()
    assert gone(pid)


def test_a_folder_removed_and_made_anew_is_another_database(place: Place) -> None:
    with EmbeddedServer.start(place):
        old = postmaster_pid(place)
        place.root.rename(place.root.with_name("away"))
        shutil.rmtree(place.root.with_name("away"))
        with EmbeddedServer.start(place) as server:
            assert server.owner
            assert postmaster_pid(place) != old
            ask(server.conninfo, "create table t as select 7 as number")
    assert gone(old)


def test_broken_options_give_the_words_of_the_server(place: Place) -> None:
    started_and_stopped(place)
    with (place.data / "postgresql.conf").open("a") as conf:
        conf.write("work_mem = much\n")
    with pytest.raises(CannotStart) as refused:
        EmbeddedServer.start(place)
    assert re.search(r"The database did not start: .*configuration file.*; the log is .*/log\.", one_sentence(refused))


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 70 MB."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=70m,mode=755", "fairlead-test", str(disk)]
    if not AS_ROOT or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a small disk can only be made by root, where mounts are allowed")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("left_mb", [0, 1, 20])
def test_a_full_disk_is_one_sentence_when_the_database_is_made(place: Place, small_disk: Path, left_mb: int) -> None:
    here = Place(small_disk / "root", place.user, place.binaries)
    fill(small_disk, left_mb)
    with pytest.raises(CannotStart) as refused:
        EmbeddedServer.start(here)
    assert f"The disk that holds {here.root} is full" in one_sentence(refused)
    (small_disk / "filling").unlink()
    started_and_stopped(here)


def test_a_full_disk_is_one_sentence_when_the_server_starts(place: Place, small_disk: Path) -> None:
    here = Place(small_disk / "root", place.user, place.binaries)
    started_and_stopped(here)
    fill(small_disk, 0)
    with pytest.raises(CannotStart) as refused:
        EmbeddedServer.start(here)
    assert f"The disk that holds {here.root} is full" in one_sentence(refused)
    (small_disk / "filling").unlink()
    with EmbeddedServer.start(here) as server:
        assert ask(server.conninfo, "select number from t") == 7


def fill(disk: Path, left_mb: int) -> None:
    free = shutil.disk_usage(disk).free - left_mb * 1024 * 1024
    with suppress(OSError):  # full
        (disk / "filling").write_bytes(bytes(free))


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_folder_one_may_not_write_to_is_one_sentence(place: Place) -> None:
    place.root.mkdir(mode=0o500)
    with pytest.raises(CannotStart, match="cannot be used: Permission denied"):
        EmbeddedServer.start(place)


# The log.


def test_a_large_log_is_moved_away_while_the_server_writes_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedServer.start(place) as server:
        monkeypatch.setattr(server_log, "LARGEST_LOG_BYTES", 100)
        before = place.log.read_text()
        server_log.trim_log(place)
        assert (place.root / "log.1").read_text() == before
        with pytest.raises(psycopg.errors.DivisionByZero):
            ask(server.conninfo, "select 1 / 0")
        until(lambda: "division by zero" in place.log.read_text())
        assert not place.log.read_text().startswith(("\0", before))


def test_a_link_in_place_of_a_file_is_not_followed(place: Place) -> None:
    started_and_stopped(place)
    victim = place.root.parent / "victim"
    victim.write_text("dear")
    place.log.unlink()
    place.log.symlink_to(victim)
    with pytest.raises(CannotStart) as refused:
        EmbeddedServer.start(place)
    one_sentence(refused)
    assert victim.read_text() == "dear"
