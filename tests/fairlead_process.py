"""`fairlead` as a person runs it: a process of its own on a data folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from fairlead.db.postmaster import processes_in

PROGRAM = Path(sys.executable).with_name("fairlead")
DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        (line,) = self.out.splitlines()
        return json.loads(line)


@dataclass
class Installation:
    """`folder` is where commands run, `data` the data folder: in it, unless `settings` name another."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    base_url: str = ""

    @property
    def data(self) -> Path:
        return Path(self.settings.get("FAIRLEAD_DATA", self.folder / "data"))

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")}
        return kept | {"FAIRLEAD_DATA": str(self.data), **self.settings}

    def run(self, *arguments: object, given: str | bytes = "", **settings: str) -> Result:
        """A command and how it ended; `given` is its standard input."""
        run = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment | settings,
            input=given.encode() if isinstance(given, str) else given,
            capture_output=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        return Result(run.returncode, run.stdout.decode(), run.stderr.decode())

    def done(self, *arguments: object, given: str = "", **settings: str) -> Result:
        """A command that must succeed."""
        result = self.run(*arguments, given=given, **settings)
        assert result.code == 0, (arguments, result)
        return result

    def workspace(self, **options: object) -> dict[str, Any]:
        """A new workspace: its ids and secrets."""
        flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        made: dict[str, Any] = self.done(
            "workspace", "create", "--name", "Test", "--owner", "me@x.io", "--json", *flags
        ).json
        return made

    @contextmanager
    def serving(self, *arguments: object, command: str = "serve", **settings: str) -> Iterator["Serving"]:
        """A running server, ended by SIGTERM unless it has ended before."""
        serving = Serving.started(self, command, *arguments, **settings)
        try:
            yield serving
        finally:
            serving.stop()


class Serving:
    """`base_url` is that of the line it printed when it was ready, `ready_seconds` how long that took."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self.process = process
        self.errors = errors
        self.base_url = ""
        self.ready_seconds = 0.0

    @classmethod
    def started(cls, installation: Installation, command: str, *arguments: object, **settings: str) -> "Serving":
        since = time.monotonic()
        errors = installation.folder / f"log-{time.monotonic_ns()}"
        with errors.open("w") as said:
            process = subprocess.Popen(
                [PROGRAM, command, *(["--json", "--port", "0"] if command == "serve" else []), *map(str, arguments)],
                cwd=installation.folder,
                env=installation.environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
        serving = cls(process, errors)
        if command == "serve":
            assert process.stdout is not None
            line = process.stdout.readline()
            serving.ready_seconds = time.monotonic() - since
            assert line, serving.said()
            serving.base_url = json.loads(line)["base_url"]
        return serving

    def said(self) -> str:
        """What it wrote to standard error."""
        return self.errors.read_text()

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        code = self.process.wait(DEADLINE_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()
        return code


@contextmanager
def new_installation() -> Iterator[Installation]:
    """In a folder every user can enter, because the database may run as one of its own."""
    folder = Path(tempfile.mkdtemp(prefix="fairlead-cli-", dir="/tmp"))
    folder.chmod(0o755)
    installation = Installation(folder)
    try:
        yield installation
    finally:
        if (installation.data / "data").exists():
            for pid in processes_in(installation.data / "data"):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def question(installation: Installation, statement: str) -> Any:
    """What the embedded database of a running installation answers."""
    with psycopg.connect(conninfo_of(installation), autocommit=True) as conn:
        cur = conn.execute(statement.encode())
        row = cur.fetchone() if cur.description else None
        return row[0] if row else None


def conninfo_of(installation: Installation) -> str:
    password = (installation.data / "secret").read_text().strip()
    return f"host={installation.data / 'run'} user=fairlead dbname=fairlead password={password}"
