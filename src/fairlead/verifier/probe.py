"""From works to answers: finds the servers of each, and hands it to the lane of these."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any, Final

from fairlead.net.guard import Address
from fairlead.verifier.asking import Identity
from fairlead.verifier.lane import Lane
from fairlead.verifier.lookup import mail_route
from fairlead.verifier.model import NoRoute, ServerFacts, Silence
from fairlead.verifier.pacing import Pace
from fairlead.verifier.session import Session
from fairlead.verifier.work import Work
from fairlead.world import World

LOOKUPS_AT_ONCE: Final = 128
OPEN_AT_ONCE: Final = 4_000
SWEEP_SECONDS: Final = 1.0


class Prober:
    """Takes works in, and gives them out again when they are over. Use it as a context; it belongs to one event loop.

    `servers` is what is known of servers; what is learned is added to it and, until somebody takes it, to `learned`.
    """

    def __init__(self, world: World, identity: Identity, servers: dict[Address, ServerFacts] | None = None) -> None:
        self.world = world
        self.identity = identity
        self.servers = {} if servers is None else servers
        self.learned: dict[Address, ServerFacts] = {}
        self.pace = Pace(world)
        self.seats = asyncio.Semaphore(world.settings.verifier_sessions)
        self.sessions: set[Session] = set()
        self.lanes: dict[str, Lane] = {}
        self.over = False
        self.connections = self.commands = 0
        self._finished: deque[Work] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._fault: BaseException | None = None
        self._room = asyncio.Semaphore(OPEN_AT_ONCE)
        self._to_look_up: asyncio.Queue[Work] = asyncio.Queue(LOOKUPS_AT_ONCE)
        self._looking_up: set[Work] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Prober":
        for _ in range(LOOKUPS_AT_ONCE):
            self.start(self._look_up())
        self.start(self._sweep())
        self.start(self.pace.keep_seats())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.over = True
        for task in self._tasks:
            task.cancel()
        for session in list(self.sessions):
            session.abandon()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def put(self, work: Work) -> None:
        """Takes a work in, as soon as there is room. Each is given out by `done` exactly once."""
        await self._room.acquire()
        if work.waiting and not self.over:
            await self._to_look_up.put(work)
        else:
            self.finish(work)

    async def done(self) -> list[Work]:
        """The works that are over, at least one. Raises what went wrong inside, which no work can be blamed for."""
        while not self._finished:
            if self._fault is not None:
                raise self._fault
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self.done_so_far()

    def done_so_far(self) -> list[Work]:
        works = list(self._finished)
        self._finished.clear()
        for _ in works:
            self._room.release()
        return works

    def stop_waiting(self) -> None:
        """Whatever is not answered by now is over without an answer."""
        self.over = True
        for session in list(self.sessions):
            session.abandon()
        for lane in list(self.lanes.values()):
            lane.give_up(Silence.OUT_OF_TIME)
        # Name servers have a patience of their own; what they still find is too late.
        looked_up, self._looking_up = self._looking_up, set()
        while not self._to_look_up.empty():
            looked_up.add(self._to_look_up.get_nowait())
        for work in looked_up:
            self.finish(work)

    def finish(self, work: Work) -> None:
        if self.over:
            work.end_with(Silence.OUT_OF_TIME)
        self._finished.append(work)
        self._wake()

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._note_task)

    def learn(self, address: Address, facts: ServerFacts) -> None:
        if self.servers.get(address) != facts:
            self.servers[address] = self.learned[address] = facts

    def _note_task(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fault = self._fault or error
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _look_up(self) -> None:
        world = self.world
        while True:
            work = await self._to_look_up.get()
            self._looking_up.add(work)
            route = await mail_route(world.dns, work.domain.name, world.settings.allowed_networks)
            if work not in self._looking_up:
                continue  # nobody waited for it
            self._looking_up.discard(work)
            work.route = route
            if isinstance(route, NoRoute):
                self.finish(work)
                continue
            lane = self.lanes.get(route.key)
            if lane is None:
                lane = self.lanes[route.key] = Lane(self, route)
            lane.put(work)

    async def _sweep(self) -> None:
        while True:
            await self.world.timer.sleep(SWEEP_SECONDS)
            now = self.world.timer.monotonic()
            for session in list(self.sessions):
                session.check(now)
