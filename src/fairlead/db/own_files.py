"""Folders and files of the embedded database: private from the moment they exist."""

import os
from pathlib import Path

from fairlead.db.system_user import SystemUser


def make_folder(folder: Path, user: SystemUser | None) -> None:
    """Makes a folder of mode 0700 for `user`, and the missing ones above it with 0755; leaves others as they are."""
    for parent in reversed(folder.parents):
        if not os.path.lexists(parent):
            _make(parent, 0o755, None)
    if not os.path.lexists(folder):
        _make(folder, 0o700, user)


def open_own_file(path: Path, flags: int, user: SystemUser | None) -> int:
    """A file descriptor of a file of mode 0600 that belongs to `user`, made where it is missing.

    A link in its place is refused: as root we would otherwise write wherever the database's user points.
    """
    number = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if user is not None and os.fstat(number).st_uid != user.uid:
        os.fchown(number, user.uid, user.gid)
    return number


def flush_folder(folder: Path) -> None:
    """Makes a rename in `folder` outlast a power cut."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _make(folder: Path, mode: int, user: SystemUser | None) -> None:
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        return  # another process was faster
    if user is not None:
        os.chown(folder, user.uid, user.gid)
    folder.chmod(mode)  # after mkdir, from whose mode the umask may take away
