"""The user as whom PostgreSQL runs when Fairlead runs as root: PostgreSQL itself refuses to be root."""

import fcntl
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.kit.refusals import CannotStart

# Another program may hold the lock of the password file for a moment.
CREATION_SECONDS = 10
PASSWORD_FOLDER = Path("/etc")


@dataclass(frozen=True)
class SystemUser:
    name: str
    uid: int
    gid: int


def run_as(user: SystemUser | None) -> dict[str, Any]:
    """Arguments for `subprocess` that drop every right of the calling process; none for None."""
    return {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}


def find_system_user(name: str) -> SystemUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def owner_of(path: Path) -> SystemUser:
    """The user who owns `path`, under its number where the password file has no name for it."""
    found = path.stat()
    try:
        entry = pwd.getpwuid(found.st_uid)
    except KeyError:
        # Never the group of root, which some volumes give to every file.
        return SystemUser(str(found.st_uid), found.st_uid, found.st_gid or found.st_uid)
    return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def system_user(name: str, home: Path) -> SystemUser:
    """The user of this name, made where it is missing. Only root may call it.

    `home` is written into the password file and not made. Raises `CannotStart`.
    """
    user = find_system_user(name) or _made_user(name, home)
    if user.uid == 0:
        raise CannotStart(f"The system user {name} is root under another name, and PostgreSQL refuses to run as root.")
    return user


def _made_user(name: str, home: Path) -> SystemUser:
    deadline = time.monotonic() + CREATION_SECONDS
    # One process at a time: of two useradd that both saw no user, the later changes the number the earlier gave.
    with _alone_in(PASSWORD_FOLDER):
        while (user := find_system_user(name)) is None:
            said = _make_user(name, home)
            if (user := find_system_user(name)) is not None:
                break
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"The system user {name}, as whom the database runs, could not be made ({said}); make it by hand "
                    "and start again."
                )
            time.sleep(0.2)
    return user


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _make_user(name: str, home: Path) -> str:
    """Tries to make the user, and gives what the programs said."""
    if shutil.which("useradd"):
        commands = [
            ["useradd", "--system", "--user-group", "-M", "-d", str(home), "-s", "/usr/sbin/nologin", name],
        ]
    elif shutil.which("adduser") and shutil.which("addgroup"):  # those of BusyBox
        commands = [
            ["addgroup", "-S", name],
            ["adduser", "-S", "-D", "-H", "-h", str(home), "-s", "/sbin/nologin", "-G", name, name],
        ]
    else:
        raise CannotStart(
            f"Fairlead runs as root and needs a system user {name} for the database, but neither useradd nor adduser "
            f"is installed; make the user {name} by hand, or start Fairlead as an ordinary user."
        )
    said = ""
    for command in commands:
        run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)  # noqa: S603
        said = (run.stderr or run.stdout).strip().rpartition("\n")[2] or said
    return said
