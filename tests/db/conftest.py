import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from embedded_world import AS_ROOT

from fairlead.db.binaries import binaries_for
from fairlead.db.place import Place
from fairlead.db.postmaster import processes_in
from fairlead.db.system_user import find_system_user


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder every user can enter; those that pytest makes are closed, and their paths long."""
    path = Path(tempfile.mkdtemp(prefix="fairlead-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def place(folder: Path) -> Iterator[Place]:
    """As root the database runs as `nobody`, otherwise as whoever runs the tests."""
    user = find_system_user("nobody") if AS_ROOT else None
    found = Place(folder / "root", user, binaries_for(user, folder / "copies"))
    yield found
    if found.data.exists():
        for pid in processes_in(found.data):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
