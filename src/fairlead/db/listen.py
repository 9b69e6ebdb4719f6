"""LISTEN as a hint: one dedicated connection, any number of channels; a lost hint costs a poll, never work."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

import psycopg
from psycopg import sql

from fairlead.db.pool import Database

RECONNECT_SECONDS = 1.0


class Listener:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._callbacks: dict[str, list[Callable[[], None]]] = defaultdict(list)

    def on(self, channel: str, callback: Callable[[], None]) -> None:
        """Calls `callback` after each notice on `channel`, and once after each reconnect. Before `run` only."""
        self._callbacks[channel].append(callback)

    async def run(self) -> None:
        """Runs until canceled."""
        while True:
            try:
                await self._listen()
            except psycopg.Error:
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        conn = await self._db.dedicated()
        try:
            for channel in self._callbacks:
                await conn.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
            for channel in self._callbacks:
                self._call(channel)
            async for notice in conn.notifies():
                self._call(notice.channel)
        finally:
            await conn.close()

    def _call(self, channel: str) -> None:
        for callback in self._callbacks[channel]:
            callback()
