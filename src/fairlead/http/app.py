"""All doors behind one address, and what every request has in common: its log line and its count."""

import logging
import time

from fairlead.http.faults import shown_path
from fairlead.http.health import HealthDoor, Metrics
from fairlead.http.request import ClientGone, Receive, Scope, Send, send_answer
from fairlead.http.snov.dialect import routing
from fairlead.http.snov.door import SnovDoor
from fairlead.http.snov.refusals import NOT_FOUND
from fairlead.world import World

log = logging.getLogger("fairlead.access")

UNKNOWN = routing(404, NOT_FOUND)


class App:
    """An ASGI application for `world`."""

    def __init__(self, world: World) -> None:
        self.metrics = Metrics()
        self._doors = (("health", HealthDoor(world, self.metrics)), ("snov", SnovDoor(world)))

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
            if log.isEnabledFor(logging.INFO):
                log.info("%s %s %d %.1f ms", scope["method"], shown_path(path), status, seconds * 1000)
