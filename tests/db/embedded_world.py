"""What the tests of the embedded server share: other processes, and looks at what is there."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest

from fairlead.db.embedded import EmbeddedServer
from fairlead.db.place import Place
from fairlead.db.postmaster import read_pid_file
from fairlead.kit.refusals import CannotStart

PROCESS = Path(__file__).with_name("embedded_process.py")
AS_ROOT = os.geteuid() == 0
DEADLINE_SECONDS = 30.0


class Other:
    """Another process that uses the server."""

    def __init__(self, what: str, **told: str | None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROCESS), what, json.dumps(told)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @classmethod
    def at(cls, place: Place) -> Self:
        return cls(
            "serve",
            root=str(place.root),
            binaries=str(place.binaries),
            user=place.user.name if place.user else None,
        )

    def said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(DEADLINE_SECONDS) == 0

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.wait(DEADLINE_SECONDS)


@contextmanager
def another(place: Place) -> Iterator[Other]:
    other = Other.at(place)
    try:
        yield other
    finally:
        if other.process.poll() is None:
            other.process.kill()
        other.close()


def until(holds: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


def postmaster_pid(place: Place) -> int:
    found = read_pid_file(place.data)
    assert found is not None
    return found.pid


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def ask(conninfo: str, question: str) -> Any:
    with psycopg.connect(conninfo, autocommit=True, connect_timeout=5) as conn:
        cursor = conn.execute(question.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def ask_again(conninfo: str, question: str) -> Any:
    """As `ask`, for a server that is on its way back."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            return ask(conninfo, question)
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def started_and_stopped(place: Place) -> None:
    with EmbeddedServer.start(place) as server:
        ask(server.conninfo, "create table t as select 7 as number")


def one_sentence(refused: pytest.ExceptionInfo[CannotStart]) -> str:
    text = str(refused.value)
    assert "\n" not in text
    assert text.endswith((".", "fairlead migrate"))
    return text
