"""All doors behind one address, and what every request has in common: its log line and its count."""

import logging
import time
from collections.abc import Mapping
from typing import Protocol

from fairlead.http.faults import shown_path
from fairlead.http.health import HealthDoor, Metrics
from fairlead.http.public.door import PublicDoor
from fairlead.http.request import ClientGone, Receive, Scope, Send, send_answer
from fairlead.http.snov.dialect import routing
from fairlead.http.snov.door import SnovDoor
from fairlead.http.snov.refusals import NOT_FOUND
from fairlead.world import World

log = logging.getLogger("fairlead.access")

UNKNOWN = routing(404, NOT_FOUND)


class Door(Protocol):
    def knows(self, path: str) -> bool: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answers, and gives the status answered."""
        ...


class App:
    """An ASGI application for `world`. `doors` are further ones, by the name under which they are counted.

    `public.run()` belongs beside it: it carries what strangers did to the database.
    """

    def __init__(self, world: World, *, doors: Mapping[str, Door] | None = None) -> None:
        self.metrics = Metrics()
        self.public = PublicDoor(world)
        self._doors: list[tuple[str, Door]] = [
            ("public", self.public),
            ("health", HealthDoor(world, self.metrics)),
            ("snov", SnovDoor(world)),
            *(doors or {}).items(),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started, path, status = time.perf_counter(), scope["path"], 404
        door, answer = next(((name, door) for name, door in self._doors if door.knows(path)), ("none", None))
        try:
            if answer is not None:
                status = await answer(scope, receive, send)
            else:
                await send_answer(send, UNKNOWN)
        except ClientGone:
            status = 499
        finally:
            seconds = time.perf_counter() - started
            self.metrics.note(door, status, seconds)
            # Not of strangers: their addresses name who was written to, and there are many.
            if answer is not self.public and log.isEnabledFor(logging.INFO):
                log.info("%s %s %d %.1f ms", scope["method"], shown_path(path), status, seconds * 1000)


class PublicApp:
    """The public pages alone, for ports that strangers reach directly."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._app.public.knows(scope["path"]):
            await send_answer(send, UNKNOWN)
        else:
            await self._app(scope, receive, send)
