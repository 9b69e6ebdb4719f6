"""The database in its folder, before a server runs on it: made by initdb, of the right version, with its password."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from fairlead.db.binaries import ENVIRONMENT, major_version
from fairlead.db.own_files import flush_folder, make_folder, open_own_file
from fairlead.db.place import PORT, Place
from fairlead.db.server_log import gravest_line, sentence, words_of
from fairlead.db.system_user import run_as
from fairlead.kit.refusals import CannotStart

USER = "fairlead"
DATABASE = "fairlead"
CONNECT_TIMEOUT_SECONDS = 10


def conninfo(place: Place, database: str = DATABASE) -> str:
    """How to connect. Raises `FileNotFoundError` before the password is made."""
    return make_conninfo(
        host=str(place.sockets), port=PORT, user=USER, password=place.secret.read_text().strip(), dbname=database
    )


def prepare_cluster(place: Place, lock: int) -> None:
    """Makes the database and its password where they are missing. For the process that holds `lock`.

    Killed half-way it leaves nothing that looks like a database. Raises `CannotStart`, `OSError`.
    """
    if not _is_there(place.data):
        if not _read_secret(place):
            _make_secret(place)
        _initdb(place, lock)
    refuse_other_version(place)
    if not _read_secret(place):
        _make_secret(place)
        _set_password(place, lock)


def refuse_other_version(place: Place) -> None:
    """Raises `CannotStart` when the folder holds no database, or that of another major version."""
    try:
        found = (place.data / "PG_VERSION").read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        raise CannotStart(
            f"There is no database in {place.root} any more; put the folder back, or start again to have a new one "
            "made."
        ) from None
    if found != major_version():
        raise CannotStart(
            f"The database in {place.root} was made by PostgreSQL {found}, and this Fairlead brings {major_version()}: "
            f"run `fairlead backup FILE` with the Fairlead that made it, move {place.data} away, and run `fairlead "
            "restore FILE` with this one."
        )


def make_database(place: Place) -> None:
    """Makes the database `fairlead` on a running server where it is missing. Raises `CannotStart`."""
    try:
        with psycopg.connect(
            conninfo(place, "postgres"), autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS
        ) as conn:
            there = conn.execute("select 1 from pg_database where datname = %(name)s", {"name": DATABASE}).fetchone()
            if there is None:
                conn.execute(f"create database {DATABASE}")
    except psycopg.Error as error:
        if "password authentication failed" in str(error):
            raise CannotStart(
                f"{place.secret} does not hold the password of the database; put the right file back, or remove it to "
                "have a new password set."
            ) from error
        words = words_of(error)
        raise CannotStart(sentence(place, "The database started but cannot be used", words)) from error


def _is_there(data: Path) -> bool:
    if (data / "PG_VERSION").exists():
        return True
    if data.is_dir() and any(data.iterdir()):
        raise CannotStart(f"{data} holds something that is not a database; name another folder with --data.")
    return False


def _initdb(place: Place, lock: int) -> None:
    unfinished = place.data.with_name("data.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_folder(unfinished, place.user)
    run = _run(
        place,
        lock,
        [
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={USER}",
            f"--pwfile={place.secret}",
            "--auth=scram-sha-256",  # nobody is let in without the password, not even on the socket
            "--encoding=UTF8",
            "--data-checksums",
            # The wheel is built without ICU; this order of texts is the same on every machine.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        ],
    )
    if run.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise CannotStart(sentence(place, "The database could not be made", gravest_line(run.stderr)))
    if place.data.exists():
        place.data.rmdir()  # empty, see _is_there
    unfinished.rename(place.data)
    flush_folder(place.root)


def _read_secret(place: Place) -> str:
    try:
        return place.secret.read_text().strip()
    except FileNotFoundError:
        return ""


def _make_secret(place: Place) -> None:
    unfinished = place.secret.with_name("secret.new")
    unfinished.unlink(missing_ok=True)
    with open(open_own_file(unfinished, os.O_WRONLY | os.O_EXCL, place.user), "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(place.secret)
    flush_folder(place.root)


def _set_password(place: Place, lock: int) -> None:
    """Sets the password without knowing the old one: as the user who owns the files, with no server."""
    statement = f"alter role {USER} password '{_read_secret(place)}'"
    run = _run(place, lock, ["postgres", "--single", "-D", str(place.data), "postgres"], said=statement + "\n")
    if run.returncode != 0 or "ERROR:" in run.stderr:
        place.secret.unlink()
        raise CannotStart(sentence(place, "A new password could not be set", gravest_line(run.stderr)))


def _run(place: Place, lock: int, command: list[str], *, said: str = "") -> subprocess.CompletedProcess[str]:
    # The lock is inherited: should this process be killed, nobody else begins before the program has ended.
    return subprocess.run(  # noqa: S603
        [place.binaries / command[0], *command[1:]],
        **run_as(place.user),
        env=ENVIRONMENT,
        cwd="/",
        umask=0o077,
        pass_fds=(lock,),
        start_new_session=True,
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )
