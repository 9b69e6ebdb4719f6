"""Carries deliveries to their receivers: leases webhooks, posts, and writes down how each try ended.

A webhook is served by one worker at a time, and each delivery holds its seat until its outcome is committed. So a
killed worker repeats at most what was in the air, and a receiver that hangs costs its own seats and nobody else's.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import psycopg
import psycopg_pool

from fairlead import __version__
from fairlead.db import Connection
from fairlead.kit import tasks
from fairlead.kit.ascii_json import json_bytes
from fairlead.kit.faults import fault_line, fault_trace
from fairlead.kit.public_ids import PublicIds
from fairlead.kit.refusals import NotFound
from fairlead.net.errors import NetworkFailure
from fairlead.net.fetch import Fetch, Limits
from fairlead.webhooks import bodies, signing, store
from fairlead.webhooks.fan_out import EVENTS_AT_ONCE, fan_out
from fairlead.webhooks.model import (
    Attempt,
    Delivery,
    DeliveryId,
    DeliveryState,
    Secrets,
    Webhook,
    WebhookId,
    WebhookStatus,
)
from fairlead.webhooks.rules import TRIES, Breaker, next_try
from fairlead.webhooks.telling import tell_owner
from fairlead.world import World

log = logging.getLogger("fairlead.webhooks")

# Machine time. Success is a 2xx within three seconds (contract 17.3).
LIMITS = Limits(total_seconds=3.0, connect_seconds=3.0, redirects=0, body_bytes=20_000, cut_body=True)
LEASE = timedelta(seconds=10)
POLL_SECONDS = 0.1
RETRY_SECONDS = 1.0
GRACE_SECONDS = 8.0
LOADED_AT_ONCE = 100
SERVED_AT_ONCE = 400
# Beyond what so many webhooks need until each has answered.
CONNECTIONS = 1_000
SETTLED_AT_ONCE = 1_000
DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg_pool.PoolTimeout)
STOPPED = f"The last of {TRIES} tries of a delivery failed"

# The answer of the GET that matches a finished task, by the topic; wired by whoever runs the deliverer.
Results: TypeAlias = Callable[[World, Delivery], Awaitable[dict[str, Any]]]


class Deliverer:
    """`run` beside the worker; `stop` lets what is in the air land."""

    def __init__(
        self, world: World, *, results: Results | None = None, fetch: Fetch | None = None, lease: timedelta = LEASE
    ) -> None:
        self._world = world
        self._results = results
        self._fetch = fetch or world.fetch.apart(CONNECTIONS)
        self._breakers: dict[WebhookId, Breaker] = {}
        self._lease = lease
        self._owner = world.random.getrandbits(62)
        self._prospect_ids = PublicIds(world.installation, "prospect")
        self._serving: dict[WebhookId, asyncio.Task[None]] = {}
        self._ended: list[tuple[store.Ended, asyncio.Future[None]]] = []
        self._something_ended = asyncio.Event()
        self._due = asyncio.Event()
        self._halt = asyncio.Event()

    def stop(self) -> None:
        self._halt.set()
        self._due.set()

    @property
    def stopping(self) -> bool:
        return self._halt.is_set()

    async def run(self) -> None:
        """Until `stop`; what is in the air then is given `GRACE_SECONDS`."""
        async with asyncio.TaskGroup() as group:
            settling = group.create_task(self._settle_again_and_again())
            loops = [
                group.create_task(self._repeated(self._fan_out, self._halt)),
                group.create_task(self._repeated(self._take, self._due)),
                group.create_task(self._repeated(self._beat, self._halt)),
            ]
            try:
                await asyncio.gather(*loops)
            finally:
                if self._serving:
                    await asyncio.wait(self._serving.values(), timeout=GRACE_SECONDS if self.stopping else 0.0)
                await tasks.end(list(self._serving.values()))
                await tasks.end([*loops, settling])
                await self._leave()
                await self._fetch.close()

    async def deliver_due(self) -> int:
        """Tells and tries all that is due now, in this process and without loops; how many tries. For tests."""
        while await fan_out(self._world):
            pass
        settling = asyncio.create_task(self._settle_again_and_again())
        tried = 0
        try:
            while taken := await self._taken():
                tried += sum(await asyncio.gather(*(self._serve(webhook_id) for webhook_id in taken)))
        finally:
            await tasks.end([settling])
            await self._fetch.close()
        return tried

    async def _repeated(self, step: Callable[[], Awaitable[float]], wake: asyncio.Event) -> None:
        """`step` says after how many seconds it wants to be called again, unless woken before."""
        away = False
        while not self.stopping:
            try:
                pause = await step()
                away = False
            except DATABASE_AWAY as error:
                if not away:
                    log.warning("webhooks wait for the database: %s", fault_line(error))
                away, pause = True, RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await wake.wait()
            if not self.stopping:
                wake.clear()

    async def _fan_out(self) -> float:
        seen = await fan_out(self._world)
        if seen:
            self._due.set()
        return 0.0 if seen == EVENTS_AT_ONCE else POLL_SECONDS

    async def _take(self) -> float:
        for webhook_id in await self._taken():
            # Ours came back although we are at it: this process stood still for longer than its lease.
            if webhook_id in self._serving:
                continue
            task = asyncio.create_task(self._served(webhook_id), name=f"webhook {webhook_id}")
            self._serving[webhook_id] = task
        return POLL_SECONDS

    async def _taken(self) -> list[WebhookId]:
        free = SERVED_AT_ONCE - len(self._serving)
        if free <= 0:
            return []
        async with self._world.db.transaction() as conn:
            return await store.take_webhooks(
                conn, owner=self._owner, limit=free, now=self._world.clock.now(), lease=self._lease
            )

    async def _beat(self) -> float:
        serving = list(self._serving)
        async with self._world.db.transaction() as conn:
            held = await store.extend_leases(conn, owner=self._owner, webhook_ids=serving, lease=self._lease)
        for webhook_id in serving:
            if webhook_id not in held and (task := self._serving.get(webhook_id)):
                task.cancel()
        return self._lease.total_seconds() / 3

    async def _leave(self) -> None:
        try:
            async with self._world.db.transaction() as conn:
                await store.give_back(conn, owner=self._owner, webhook_ids=list(self._serving))
        except DATABASE_AWAY as error:
            log.warning("webhooks could not be given back: %s", fault_line(error))

    async def _served(self, webhook_id: WebhookId) -> None:
        try:
            await self._serve(webhook_id)
        except DATABASE_AWAY:
            pass  # the lease ends, and it is taken again
        except Exception as error:
            log.error("webhook %s could not be served: %s", webhook_id, fault_trace(error))
        finally:
            self._serving.pop(webhook_id, None)

    async def _serve(self, webhook_id: WebhookId) -> int:
        """Tries what is due to one webhook, and lets it go; how many tries."""
        async with self._world.db.statement() as conn:
            found = await store.webhook_to_serve(conn, self._world.keys, webhook_id, self._world.clock.now())
        if found is None:
            async with self._world.db.transaction() as conn:
                await store.drop_waiting(conn, webhook_id, self._world.clock.now())
                await store.give_back(conn, owner=self._owner, webhook_ids=[webhook_id])
            return 0
        visit = _Visit(self, *found, self._breakers.setdefault(webhook_id, Breaker()))
        await visit.run()
        async with self._world.db.transaction() as conn:
            await store.give_back(conn, owner=self._owner, webhook_ids=[webhook_id])
        return visit.tried

    async def settle(self, ended: store.Ended) -> None:
        """Returns when it is committed, together with what else ended at the time."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended.append((ended, done))
        self._something_ended.set()
        await done

    async def _settle_again_and_again(self) -> None:
        while True:
            await self._something_ended.wait()
            self._something_ended.clear()
            while self._ended:
                batch, self._ended = self._ended[:SETTLED_AT_ONCE], self._ended[SETTLED_AT_ONCE:]
                await self._settle_batch(batch)

    async def _settle_batch(self, batch: list[tuple[store.Ended, asyncio.Future[None]]]) -> None:
        while True:
            try:
                async with self._world.db.transaction() as conn:
                    now = self._world.clock.now()
                    ended = [one for one, _ in batch]
                    await store.settle(conn, ended, now)
                    given_up = [one for one in ended if one.state is DeliveryState.FAILED]
                    for last in {one.delivery.webhook_id: one for one in given_up}.values():
                        await self._deactivate(conn, last, now)
                break
            except DATABASE_AWAY:
                # What was delivered is known here only: it is kept until it can be written down.
                await self._world.timer.sleep(RETRY_SECONDS)
            except Exception as error:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
                return
        for _, done in batch:
            if not done.done():
                done.set_result(None)

    async def _deactivate(self, conn: Connection, last: store.Ended, now: datetime) -> None:
        webhook_id, workspace_id = last.delivery.webhook_id, last.delivery.workspace_id
        said = f"HTTP {last.attempt.status}" if last.attempt.status is not None else last.attempt.problem
        because = f"{STOPPED}: {said}"
        stopped = await store.set_status(
            conn,
            workspace_id=workspace_id,
            webhook_id=webhook_id,
            status=WebhookStatus.DEACTIVATED,
            because=because,
        )
        if stopped is None:
            return
        await store.drop_waiting(conn, webhook_id, now)
        await tell_owner(conn, stopped, because, now=now, random=self._world.random)

    async def attempt(self, delivery: Delivery, webhook: Webhook, secrets: Secrets) -> Attempt:
        """One POST, and what came of it."""
        began, started = self._world.clock.now(), self._world.timer.monotonic()
        status: int | None = None
        problem: str | None = None
        response, headers = b"", tuple[tuple[str, str], ...]()
        try:
            body = await self._body(delivery, webhook)
            answer = await self._fetch.request(
                "POST",
                webhook.url,
                user_agent=f"Fairlead/{__version__}",
                headers=self._headers(delivery, body, secrets),
                body=body,
                limits=LIMITS,
            )
            status, response, headers = answer.status, answer.body, answer.headers
        except NetworkFailure as error:
            problem = str(error)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # a fault of ours is a failed try, or it would be tried for ever
            log.error("delivery %s could not be made: %s", delivery.id, fault_trace(error))
            problem = "The body could not be made; see the log of the server."
        elapsed = self._world.timer.monotonic() - started
        return Attempt(began, round(elapsed * 1000), status, problem, response, headers)

    def _headers(self, delivery: Delivery, body: bytes, secrets: Secrets) -> Mapping[str, str]:
        both = [secrets.current] + ([secrets.before] if secrets.before else [])
        # Real time: receivers compare it with their own clocks.
        signed = signing.headers(self._message_id(delivery), datetime.now(UTC), body, both)
        return {"Content-Type": "application/json"} | signed

    def _message_id(self, delivery: Delivery) -> str:
        return bodies.message_id(self._world.installation, delivery)

    async def _body(self, delivery: Delivery, webhook: Webhook) -> bytes:
        result = None
        if not bodies.is_of_campaign(delivery.topic) and self._results is not None:
            try:
                result = await self._results(self._world, delivery)
            except NotFound:
                result = {"status": "expired"}  # forgotten meanwhile
        body = bodies.body_of(
            delivery,
            webhook,
            message_id=self._message_id(delivery),
            prospect_ids=self._prospect_ids,
            result=result,
        )
        return json_bytes(body)

    @property
    def world(self) -> World:
        return self._world


class _Visit:
    """What is due to one webhook, tried by a few at a time."""

    def __init__(self, deliverer: Deliverer, webhook: Webhook, secrets: Secrets, breaker: Breaker) -> None:
        self._deliverer = deliverer
        self._webhook = webhook
        self._secrets = secrets
        self._loaded: deque[Delivery] = deque()
        self._in_hand: set[DeliveryId] = set()
        self._loading = asyncio.Lock()
        self._breaker = breaker
        self._seats = 0
        self._over = False
        self.tried = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._fill_seats()

    def _fill_seats(self) -> None:
        while self._seats < self._breaker.at_once:
            self._seats += 1
            self._group.create_task(self._sit())

    async def _sit(self) -> None:
        try:
            while self._seats <= self._breaker.at_once and not self._deliverer.stopping:
                delivery = await self._next()
                if delivery is None:
                    return
                try:
                    await self._try(delivery)
                finally:
                    self._in_hand.discard(delivery.id)
                if not self._over or self._loaded:
                    self._fill_seats()
        finally:
            self._seats -= 1

    async def _next(self) -> Delivery | None:
        async with self._loading:
            if not self._loaded and not self._over:
                world = self._deliverer.world
                async with world.db.statement() as conn:
                    self._loaded.extend(
                        await store.due(
                            conn,
                            self._webhook.id,
                            in_hand=list(self._in_hand),
                            now=world.clock.now(),
                            limit=LOADED_AT_ONCE,
                        )
                    )
                self._over = len(self._loaded) < LOADED_AT_ONCE
            if not self._loaded:
                return None
            delivery = self._loaded.popleft()
            self._in_hand.add(delivery.id)
            return delivery

    async def _try(self, delivery: Delivery) -> None:
        attempt = await self._deliverer.attempt(delivery, self._webhook, self._secrets)
        self.tried += 1
        self._breaker.note(succeeded=attempt.succeeded)
        await self._deliverer.settle(self._ended(delivery, attempt))

    def _ended(self, delivery: Delivery, attempt: Attempt) -> store.Ended:
        if attempt.succeeded:
            return store.Ended(delivery, attempt, DeliveryState.DELIVERED, delivery.due_at)
        again = next_try(tries=delivery.tries + 1, began=attempt.at, random=self._deliverer.world.random)
        if again is None:
            return store.Ended(delivery, attempt, DeliveryState.FAILED, delivery.due_at)
        return store.Ended(delivery, attempt, DeliveryState.WAITING, again)
