"""Webhooks in tests: a house that may reach receivers of this machine, and receivers that answer as they are told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from fairlead.events import actions as events
from fairlead.world import World


@dataclass
class Came:
    at: datetime
    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answer` gives the status of the answer to what came; None leaves it hanging."""

    clock: Callable[[], datetime]
    answer: Callable[[Came], int | None] = field(default=lambda _: 200)
    text: bytes = b"thanks"
    came: list[Came] = field(default_factory=list)
    base_url: str = ""

    def url(self, path: str = "/hook") -> str:
        return self.base_url + path

    async def take(self, request: web.Request) -> web.StreamResponse:
        one = Came(self.clock(), dict(request.headers), await request.read(), request.path)
        self.came.append(one)
        status = self.answer(one)
        if status is None:
            await asyncio.sleep(30)
            status = 500
        headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
        return web.Response(status=status, body=self.text, headers=headers)

    @classmethod
    @asynccontextmanager
    async def opened(cls, world: World, **options: Any) -> AsyncIterator["Receiver"]:
        receiver = cls(world.clock.now, **options)
        app = web.Application()
        app.router.add_post("/{path:.*}", receiver.take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield receiver
        finally:
            await runner.cleanup()


async def happened(world: World, workspace_id: int, kind: str, **facts: Any) -> int:
    """Writes a fact into the log, as the rooms do."""
    async with world.db.transaction() as conn:
        return await events.record(conn, workspace_id, kind, world.clock.now(), **facts)
