"""A lock on a file between processes. The kernel lets it go when its holder ends, however that happens."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from fairlead.db.own_files import open_own_file
from fairlead.db.system_user import SystemUser


class FileLock:
    """flock(2), which unlike lockf is also respected between two holders in one process."""

    def __init__(self, path: Path, user: SystemUser | None) -> None:
        self._path = path
        self._user = user
        self._number: int | None = None

    @property
    def number(self) -> int | None:
        """The open file, None when nothing is held. A child that inherits it keeps the lock until it ends too."""
        return self._number

    def take(self, *, shared: bool = False) -> bool:
        """Whether the lock is now held; does not wait. Writes the number of this process into the file."""
        if self._number is not None:
            return True
        number = open_own_file(self._path, os.O_RDWR, self._user)
        try:
            fcntl.flock(number, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(number)
            return False
        if not shared:
            with suppress(OSError):  # a full disk; the number is only for messages
                os.ftruncate(number, 0)
                os.pwrite(number, f"{os.getpid()}\n".encode(), 0)
        self._number = number
        return True

    def release(self) -> None:
        if self._number is not None:
            # Unlocked and not only closed: a child in the middle of being started may have the file open as well.
            fcntl.flock(self._number, fcntl.LOCK_UN)
            os.close(self._number)
            self._number = None

    def still_there(self) -> bool:
        """False when the file was removed, and with it what it guards."""
        return self._number is not None and os.fstat(self._number).st_nlink > 0

    def holder(self) -> str:
        """Who holds it, in words."""
        try:
            return f"process {int(self._path.read_text())}"
        except (OSError, ValueError):
            return "another process"
