"""Health and metrics: `/healthz`, `/readyz`, `/metrics`."""

import hmac
import ipaddress
from functools import cache

import psycopg
import psycopg_pool
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from fairlead.db import migrate
from fairlead.http.request import Answer, Receive, Scope, Send, client_address, header, send_answer, send_bytes
from fairlead.kit.refusals import CannotStart
from fairlead.world import World

METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """What this process has answered."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fairlead_requests", "Requests answered.", ["door", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "fairlead_request_seconds",
            "Time from the request's head to the answer's end.",
            ["door"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        # Looking labels up costs more than counting.
        self._counters = cache(lambda door, status: self.requests.labels(door, str(status)))
        self._timers = cache(self.seconds.labels)

    def note(self, door: str, status: int, seconds: float) -> None:
        self._counters(door, status).inc()
        self._timers(door).observe(seconds)


class HealthDoor:
    PATHS = frozenset({"/healthz", "/readyz", "/metrics"})

    def __init__(self, world: World, metrics: Metrics) -> None:
        self._world = world
        self._metrics = metrics

    def knows(self, path: str) -> bool:
        return path in self.PATHS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> int:
        if scope["method"] not in ("GET", "HEAD"):
            return await self._send(send, Answer(405, {"status": "method not allowed"}, ((b"allow", b"GET, HEAD"),)))
        match scope["path"]:
            case "/healthz":
                return await self._send(send, Answer(200, {"status": "ok", "mode": self._world.mode}))
            case "/readyz":
                return await self._send(send, await self._ready())
            case _:
                return await self._show_metrics(scope, send)

    @staticmethod
    async def _send(send: Send, answer: Answer) -> int:
        await send_answer(send, answer)
        return answer.status

    async def _ready(self) -> Answer:
        try:
            async with self._world.db.statement() as conn:
                await migrate.require_current(conn)
        except CannotStart:
            return Answer(503, {"status": "the database needs migrating"})
        except (psycopg.Error, psycopg_pool.PoolTimeout):
            return Answer(503, {"status": "the database is away"})
        return Answer(200, {"status": "ready", "mode": self._world.mode})

    async def _show_metrics(self, scope: Scope, send: Send) -> int:
        body = generate_latest(self._metrics.registry) if self._may_see_metrics(scope) else b"fairlead_up 1\n"
        await send_bytes(send, 200, body, METRICS_TYPE)
        return 200

    def _may_see_metrics(self, scope: Scope) -> bool:
        settings = self._world.settings
        wanted = settings.metrics_token
        given = (header(scope, b"authorization") or b"").decode("latin-1").removeprefix("Bearer ").strip()
        if wanted and hmac.compare_digest(given.encode(), wanted.encode()):
            return True
        # Behind a proxy every peer is local; a forwarded request is therefore never local by its peer alone.
        if header(scope, b"x-forwarded-for") and not settings.trusted_proxies:
            return False
        return ipaddress.ip_address(client_address(scope, settings.trusted_proxies)).is_loopback
