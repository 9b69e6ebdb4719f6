"""The user as whom PostgreSQL runs when Fairlead runs as root: PostgreSQL itself refuses to be root."""

import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.kit.refusals import CannotStart

# Two processes started together both find no user; the second is told so by the lock of the password file.
CREATION_SECONDS = 10


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
    deadline = time.monotonic() + CREATION_SECONDS
    while (user := find_system_user(name)) is None:
        said = _make_user(name, home)
        if (user := find_system_user(name)) is not None:
            break
        if time.monotonic() > deadline:
            raise CannotStart(
                f"The system user {name}, as whom the database runs, could not be made ({said}); make it by hand and "
                "start again."
            )
        time.sleep(0.2)
    if user.uid == 0:
        raise CannotStart(f"The system user {name} is root under another name, and PostgreSQL refuses to run as root.")
    return user


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
