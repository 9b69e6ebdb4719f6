"""One server process: how it is started or found, how one knows that it is ready, how it ends."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fairlead.db.binaries import ENVIRONMENT
from fairlead.db.place import PORT, Place
from fairlead.db.server_log import last_words, log_size, open_log, sentence
from fairlead.db.system_user import run_as
from fairlead.kit.refusals import CannotStart

POLL_SECONDS = 0.02
SAY_AFTER_SECONDS = 5.0
SAY_EVERY_SECONDS = 30.0
FAST_SHUTDOWN_SECONDS = 60.0
IMMEDIATE_SHUTDOWN_SECONDS = 10.0
REMAINS_SECONDS = 5.0

OPTIONS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_compression": "pglz",
    "jit": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # A table of jobs turns over all its rows in minutes: dead ones are swept often and without long pauses.
    "autovacuum_naptime": "10s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "1000",
}


@dataclass(frozen=True)
class PidFile:
    """What postmaster.pid says. `status` is starting, ready, stopping, standby, or empty before it is written."""

    pid: int
    status: str


def read_pid_file(data: Path) -> PidFile | None:
    """None when it is missing or cut off.

    Source: PostgreSQL 18, src/include/utils/pidfile.h, for the order of the lines.
    """
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
        pid = abs(int(lines[0]))  # negative for a server in single-user mode
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None
    return PidFile(pid, lines[7].strip() if len(lines) > 7 else "")


class Postmaster:
    """A server of ours: a child of this process, or one that is left of an owner who has gone."""

    def __init__(self, place: Place, pid: int, child: subprocess.Popen[bytes] | None, log_start: int) -> None:
        self.pid = pid
        self._place = place
        self._child = child
        self._log_start = log_start

    def alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return works_in(self.pid, self._place.data)

    def last_words(self) -> str:
        return last_words(self._place, self._log_start)

    def stop(self) -> None:
        """Ends it: open transactions are rolled back, everything else is written down (fast shutdown).

        Source: PostgreSQL manual, 18.5, for the signals.
        """
        for number, seconds in (
            (signal.SIGINT, FAST_SHUTDOWN_SECONDS),
            (signal.SIGQUIT, IMMEDIATE_SHUTDOWN_SECONDS),
            (signal.SIGKILL, IMMEDIATE_SHUTDOWN_SECONDS),
        ):
            if self.alive():
                with suppress(ProcessLookupError):
                    os.kill(self.pid, number)
            if _wait_until(lambda: not self.alive(), seconds):
                return

    def hand_over(self) -> None:
        """Leaves it running for another process."""
        if self._child is not None:
            self._child.returncode = 0  # or Popen would complain that nobody waits for it


def launch(place: Place) -> Postmaster:
    """A new server, not ready yet. Nothing of an earlier one may be alive."""
    log_start = log_size(place)
    log = open_log(place)
    try:
        child = subprocess.Popen(  # noqa: S603
            command(place),
            **run_as(place.user),
            env=ENVIRONMENT,
            cwd="/",
            umask=0o077,
            start_new_session=True,  # Ctrl-C is for us; we then end the server in good order
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    finally:
        os.close(log)
    return Postmaster(place, child.pid, child, log_start)


def command(place: Place) -> list[str]:
    options = {**OPTIONS, "unix_socket_directories": f'"{place.sockets}"'}
    return [
        str(place.binaries / "postgres"),
        "-D",
        str(place.data),
        *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
    ]


def find_running(place: Place) -> Postmaster | None:
    """The server that runs on this folder without an owner.

    Waits for what is between two states: a server just started has not written its number yet, and backends outlive
    a postmaster that was killed, for a moment or until the end of a computation.
    """

    def found() -> Postmaster | None:
        file = read_pid_file(place.data)
        if file is None or not works_in(file.pid, place.data):
            return None
        return Postmaster(place, file.pid, None, log_size(place))

    _wait_until(lambda: found() is not None or not processes_in(place.data), REMAINS_SECONDS)
    return found()


def runs_as_we_would_start_it(place: Place, postmaster: Postmaster) -> bool:
    """False after an upgrade, and for a server that somebody started by hand."""
    try:
        words = Path(f"/proc/{postmaster.pid}/cmdline").read_bytes().split(b"\0")[:-1]
        program = Path(f"/proc/{postmaster.pid}/exe").readlink()
    except OSError:
        return False
    # Where the programs were replaced, the link ends in "(deleted)".
    wanted = [os.fsencode(word) for word in command(place)]
    return words == wanted and program == (place.binaries / "postgres").resolve()


def wait_until_ready(
    place: Place, postmaster: Postmaster, say: Callable[[str], None], stopping: threading.Event
) -> bool:
    """True when it accepts connections, False when `stopping` was set before.

    However long it recovers from a crash: the time is not wasted, and a second try would begin anew. Raises
    `CannotStart` when it ends.
    """
    progress = Progress(say)
    while not stopping.is_set():
        found = read_pid_file(place.data)
        if found is not None and found.pid == postmaster.pid and found.status == "ready":
            return True
        if not postmaster.alive():
            raise CannotStart(sentence(place, "The database did not start", postmaster.last_words()))
        progress.say(f"The database is still starting; after a crash it first repeats what was written ({place.log}).")
        time.sleep(POLL_SECONDS)
    return False


class Progress:
    """Says that something takes long: after a while, and then from time to time."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._next = time.monotonic() + SAY_AFTER_SECONDS

    def say(self, line: str) -> None:
        if time.monotonic() >= self._next:
            self._next += SAY_EVERY_SECONDS
            self._say(line)


def clear_remains(place: Place) -> None:
    """Removes what a server that was killed left behind. For the owner, when no postmaster runs.

    The number in its pid file may belong to somebody else by now, which PostgreSQL takes for a running server.
    """
    if not Path("/proc/self").exists():
        return  # here nobody can say what still runs, so PostgreSQL's own caution stands
    # A backend that outlived its postmaster still writes: only after the last one may a server begin.
    for pid in processes_in(place.data):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if not _wait_until(lambda: not processes_in(place.data), REMAINS_SECONDS):
        left = ", ".join(map(str, processes_in(place.data)))
        raise CannotStart(
            f"Processes of an earlier server still work in {place.data}; end them ({left}) and start again."
        )
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (place.sockets / name).unlink(missing_ok=True)


def processes_in(data: Path) -> list[int]:
    """The processes of PostgreSQL at work in this folder: postmasters and backends."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and works_in(entry.name, data)]


def works_in(pid: int | str, data: Path) -> bool:
    """Whether this process is PostgreSQL's and works in this folder.

    A number alone proves nothing, since it is given out again. Every server has its data folder as its current
    one, whatever its path was called when it started. A zombie has none, so it counts as gone.
    """
    try:
        return Path(f"/proc/{pid}/exe").readlink().name.startswith("postgres") and os.path.samefile(
            f"/proc/{pid}/cwd", data
        )
    except OSError:
        return False


def _wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
