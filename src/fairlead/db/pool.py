"""Connections, transactions and single statements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import msgspec
import psycopg
import psycopg_pool
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_dumps, set_json_loads

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

# A web request that runs longer than this has lost its caller; imports and reports lift it for themselves.
STATEMENT_TIMEOUT_MS = 30_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
CONNECT_TIMEOUT_S = 10
SESSION = (
    "-c TimeZone=UTC"
    f" -c statement_timeout={STATEMENT_TIMEOUT_MS}"
    f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}"
)

set_json_dumps(msgspec.json.encode)
set_json_loads(msgspec.json.decode)


class Database:
    """A pool of connections. Open it with `async with Database.opened(...)`."""

    def __init__(self, conninfo: str, pool: psycopg_pool.AsyncConnectionPool[Connection]) -> None:
        self.conninfo = conninfo
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def opened(cls, conninfo: str, *, connections: int) -> AsyncIterator["Database"]:
        pool = psycopg_pool.AsyncConnectionPool[Connection](
            conninfo,
            min_size=2,
            max_size=connections,
            kwargs={"autocommit": True, "options": SESSION, "connect_timeout": CONNECT_TIMEOUT_S},
            open=False,
            timeout=CONNECT_TIMEOUT_S,
        )
        await pool.open()
        try:
            yield cls(conninfo, pool)
        finally:
            await pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction that commits at the end and rolls back on any exception."""
        async with self._pool.connection() as conn, conn.transaction():
            yield conn

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[Connection]:
        """A connection on which every statement is a transaction of its own."""
        async with self._pool.connection() as conn:
            yield conn

    async def dedicated(self, **options: Any) -> Connection:
        """A connection outside the pool, without time limits, for LISTEN and for long copies.

        The caller closes it.
        """
        return await psycopg.AsyncConnection.connect(
            self.conninfo,
            autocommit=True,
            options="-c TimeZone=UTC",
            connect_timeout=CONNECT_TIMEOUT_S,
            **options,
        )
