"""The embedded PostgreSQL: one server for all processes that use a data folder, watched by one of them.

Whoever holds ROOT/.lock owns the server: starts it, starts it again when it dies, and ends it. The others are
attached: they use it, and the first to notice that the owner has gone becomes the owner. An owner that leaves while
others are attached leaves them the server as it is; the last to leave ends it.
"""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

import psycopg

from fairlead.db.cluster import conninfo, make_database, prepare_cluster, refuse_other_version
from fairlead.db.file_lock import FileLock
from fairlead.db.own_files import make_folder
from fairlead.db.place import Place
from fairlead.db.postmaster import (
    FAST_SHUTDOWN_SECONDS,
    Postmaster,
    Progress,
    clear_remains,
    find_running,
    launch,
    read_pid_file,
    runs_as_we_would_start_it,
    wait_until_ready,
    works_in,
)
from fairlead.db.server_log import sentence_for, trim_log, words_of
from fairlead.kit.refusals import CannotStart

POLL_SECONDS = 0.05
# How long a death goes unnoticed: of the server by its owner, of the owner by those attached.
WATCH_SECONDS = 0.1
# Without any sign of life from the owner's server; longer than initdb takes on a slow disk, and than a shutdown.
ATTACH_SECONDS = FAST_SHUTDOWN_SECONDS + 15.0
CONNECT_TIMEOUT_SECONDS = 5
TRY_AGAIN_SECONDS = 2.0
TRIM_EVERY_SECONDS = 60.0


def say_on_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class EmbeddedServer:
    """A running server. `start` it (it blocks, in any thread), connect with `conninfo`, and `stop` it at the end."""

    def __init__(self, place: Place, say: Callable[[str], None]) -> None:
        self.place = place
        self.conninfo = ""
        # Why there is no server at the moment, in one sentence; None when all is well.
        self.fault: str | None = None
        self._refusal = "no server was seen"
        self._say = say
        self._ownership = FileLock(place.lock, place.user)
        self._use = FileLock(place.users, place.user)
        self._postmaster: Postmaster | None = None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="embedded PostgreSQL", daemon=True)

    @classmethod
    def start(cls, place: Place, *, say: Callable[[str], None] = say_on_stderr) -> Self:
        """A server that accepts connections, started here or by another process.

        `say` is told what takes long and what goes wrong later. Raises `CannotStart`, and leaves nothing behind.
        """
        server = cls(place, say)
        try:
            server._arrive()
            server.conninfo = conninfo(place)
        except OSError as error:
            server._leave()
            raise CannotStart(sentence_for(place, error)) from error
        except BaseException:
            server._leave()
            raise
        server._watcher.start()
        return server

    @property
    def owner(self) -> bool:
        return self._ownership.number is not None

    def stop(self) -> None:
        """Ends the server, or leaves it to the others that are attached. May be called twice."""
        self._stopping.set()
        self._watcher.join()
        self._leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _arrive(self) -> None:
        make_folder(self.place.root, self.place.user)
        progress = Progress(self._say)
        deadline = time.monotonic() + ATTACH_SECONDS
        while True:
            # Held alone for a moment by the last one to leave, while it ends the server.
            if self._use.take(shared=True):
                if self._ownership.take():
                    self._run_server(new=True)
                    make_database(self.place)
                    return
                if self._answers():
                    return
            if self._is_starting():
                deadline = time.monotonic() + ATTACH_SECONDS
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"The database in {self.place.root} belongs to {self._ownership.holder()}, but has not let anybody "
                    f"in for {ATTACH_SECONDS:.0f} seconds ({self._refusal}); end that process and start again, or look "
                    f"into {self.place.log}."
                )
            progress.say(f"Waiting for the database in {self.place.root}, which {self._ownership.holder()} starts.")
            time.sleep(POLL_SECONDS)

    def _answers(self) -> bool:
        """Whether the owner's server lets us in."""
        found = read_pid_file(self.place.data)
        if found is None or found.status != "ready":
            return False
        try:
            self.place.refuse_foreign_sockets()
            psycopg.connect(conninfo(self.place), connect_timeout=CONNECT_TIMEOUT_SECONDS).close()
        except (psycopg.Error, FileNotFoundError) as error:
            # Not yet: the file is old, or the owner has not made the database.
            self._refusal = words_of(error) if isinstance(error, psycopg.Error) else str(error)
            return False
        return True

    def _is_starting(self) -> bool:
        found = read_pid_file(self.place.data)
        return found is not None and found.status == "starting" and works_in(found.pid, self.place.data)

    def _run_server(self, *, new: bool) -> None:
        """Sees to it that a server runs; for the owner. `new` allows to make a database where there is none."""
        lock = self._ownership.number
        assert lock is not None
        self.place.make_sockets()
        if not self._adopt():
            clear_remains(self.place)
            if new:
                prepare_cluster(self.place, lock)
            else:
                refuse_other_version(self.place)
            trim_log(self.place)
            self._postmaster = launch(self.place)
            wait_until_ready(self.place, self._postmaster, self._say, self._stopping)

    def _adopt(self) -> bool:
        """Goes on with the server an earlier owner left, if it is just like ours: nobody loses a connection."""
        self._postmaster = find_running(self.place)
        if self._postmaster is None:
            return False
        if runs_as_we_would_start_it(self.place, self._postmaster):
            with suppress(CannotStart):  # it was about to end
                wait_until_ready(self.place, self._postmaster, self._say, self._stopping)
                return True
        self._postmaster.stop()
        self._postmaster = None
        return False

    def _watch(self) -> None:
        wait = WATCH_SECONDS
        trim_at = time.monotonic() + TRIM_EVERY_SECONDS
        while not self._stopping.wait(wait):
            wait = WATCH_SECONDS
            try:
                self._look_after()
                if self.owner and time.monotonic() > trim_at:
                    trim_at = time.monotonic() + TRIM_EVERY_SECONDS
                    trim_log(self.place)
            except (CannotStart, OSError) as error:
                self._note_fault(sentence_for(self.place, error) if isinstance(error, OSError) else str(error))
                wait = TRY_AGAIN_SECONDS
            else:
                self.fault = None

    def _look_after(self) -> None:
        """One look: the owner's at its server, the others' at the owner."""
        if not self.owner and self._use.still_there() and self._ownership.take():
            self._run_server(new=False)
        elif self.owner and (self._postmaster is None or not self._postmaster.alive()):
            if not self._ownership.still_there():
                raise CannotStart(f"The data folder {self.place.root} was removed while its database was in use.")
            if self.fault is None:
                self._say("The database has ended unexpectedly; starting it again.")
            self._run_server(new=False)

    def _note_fault(self, words: str) -> None:
        if words != self.fault:
            self._say(words)
        self.fault = words

    def _leave(self) -> None:
        """Ends the server when nobody else uses it.

        All may leave at the same moment. Who finds the ownership taken goes, and so relies on the one who has it: that
        one looks once more after giving it up. Whoever is still there then will want the ownership later than that.
        """
        if self._use.number is None:
            return
        if not self._use.still_there():  # the folder was removed, and another of its name is not ours
            self._end_server()
            self._ownership.release()
            self._use.release()
            return
        self._use.release()
        while self._ownership.take():
            alone = self._use.take()
            if alone:
                self._end_server()
            elif self._postmaster is not None:
                self._postmaster.hand_over()
            self._postmaster = None
            self._use.release()
            self._ownership.release()
            if alone or not self._nobody_is_left():
                return

    def _nobody_is_left(self) -> bool:
        nobody = self._use.take()
        self._use.release()
        return nobody

    def _end_server(self) -> None:
        running = self._postmaster or (find_running(self.place) if self.owner else None)
        if running is not None:
            running.stop()
