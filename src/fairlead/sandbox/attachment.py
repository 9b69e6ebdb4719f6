"""The wire between a server and the sandbox beside it: JSON lines on the sandbox's standard input and output.

The server has the clock. It says `{"clock": MOMENT, "speed": X}` whenever it likes; the sandbox asks
`{"ask": N, "do": "advance", ...}`, `"settle"` or `"next"`, and is answered `{"answer": N, ...}`. When its
input ends, however that came about, the sandbox ends too.
"""

import asyncio
import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from fairlead.sandbox.clock import MovableClock


class ServerGone(Exception):
    """The server ended while it was asked."""


class Attachment:
    """The sandbox's end: keeps its clock at the server's, and moves both."""

    def __init__(self, clock: MovableClock, say: Callable[[dict[str, Any]], None]) -> None:
        self._clock = clock
        self._say = say
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def advance(self, *, by: timedelta | None, to: datetime | None) -> datetime:
        words = {"by_seconds": by.total_seconds() if by else None, "to": to.isoformat() if to else None}
        answer = await self._ask({"do": "advance", **words})
        self._follow(answer)
        return datetime.fromisoformat(answer["clock"])

    async def settled(self, now: datetime) -> bool:
        return bool((await self._ask({"do": "settle", "now": now.isoformat()}))["idle"])

    async def next_due(self, after: datetime) -> datetime | None:
        found = (await self._ask({"do": "next", "after": after.isoformat()}))["due"]
        return datetime.fromisoformat(found) if found else None

    async def listen(self, lines: asyncio.StreamReader) -> None:
        """Returns when the server has gone."""
        while line := await lines.readline():
            words = json.loads(line)
            if "answer" in words:
                waiting = self._asked.pop(words["answer"], None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(words)
            else:
                self._follow(words)
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(ServerGone())

    def _follow(self, words: dict[str, Any]) -> None:
        self._clock.set(datetime.fromisoformat(words["clock"]), float(words["speed"]))

    async def _ask(self, words: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = waiting
        try:
            self._say({"ask": number, **words})
            return await waiting
        finally:
            self._asked.pop(number, None)
