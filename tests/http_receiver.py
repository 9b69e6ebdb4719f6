"""A web server that takes what is posted to it, and answers as it is told."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web


class Receiver:
    def __init__(self, statuses: Sequence[int]) -> None:
        self._statuses = list(statuses)
        self.bodies: list[bytes] = []
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def opened(cls, address: str, *, statuses: Sequence[int] = ()) -> AsyncIterator["Receiver"]:
        """Answers with `statuses` in turn, then with 200."""
        receiver = cls(statuses)
        app = web.Application()
        app.router.add_post("/hook", receiver.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, address, 0)
        await site.start()
        port = runner.addresses[0][1]
        receiver.url = f"http://{address}:{port}/hook"
        try:
            yield receiver
        finally:
            await runner.cleanup()

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return web.Response(status=self._statuses.pop(0) if self._statuses else 200)
