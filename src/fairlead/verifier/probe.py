"""From works to answers: finds the servers, opens sessions within the limits, and goes on where one broke off."""

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from typing import Any, Final

from fairlead.net.cache import TtlCache
from fairlead.net.errors import NetworkFailure
from fairlead.net.guard import Address
from fairlead.verifier.families import Family, family_of
from fairlead.verifier.lookup import further_route, mail_route
from fairlead.verifier.model import Answer, Heard, NoRoute, Route, Server, ServerFacts, Silence
from fairlead.verifier.pacing import Pace, Paused
from fairlead.verifier.replies import ReplyMeaning
from fairlead.verifier.session import Ending, Identity, Limits, Session
from fairlead.verifier.work import Work
from fairlead.world import World

SMTP_PORT: Final = 25
CONNECT_SECONDS: Final = 10.0
# Of the best preference, and then of the others: whoever does not let us in at these will not at the next.
MOST_SERVERS_TRIED: Final = 3
LOOKUPS_AT_ONCE: Final = 128
OPEN_AT_ONCE: Final = 4_000
SWEEP_SECONDS: Final = 1.0
# Machine time before a server that sent us away without an answer is asked again, and how often it is.
PAUSE_SECONDS: Final = 1.0
MOST_FAILURES: Final = 2
# So many domains refused because of who we are, and the other domains of the server are not tried.
MOST_BLOCKED_DOMAINS: Final = 2
ROUTES_KEPT: Final = 50_000
ROUTE_SECONDS: Final = 60.0


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
        self.lanes: dict[tuple[Server, ...], Lane] = {}
        self.over = False
        self.connections = self.commands = 0
        self._done: asyncio.Queue[Work] = asyncio.Queue()
        self._room = asyncio.Semaphore(OPEN_AT_ONCE)
        self._to_look_up: asyncio.Queue[Work] = asyncio.Queue(LOOKUPS_AT_ONCE)
        self._routes: TtlCache[str, Route | NoRoute] = TtlCache(ROUTES_KEPT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._fault: asyncio.Future[Work] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> "Prober":
        for _ in range(LOOKUPS_AT_ONCE):
            self.start(self._look_up())
        self.start(self._sweep())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.over = True
        for task in self._tasks:
            task.cancel()
        for session in list(self.sessions):
            session.abandon()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._fault.done() and not self._fault.cancelled():
            self._fault.exception()  # whoever waited has seen it
        else:
            self._fault.cancel()

    async def put(self, work: Work) -> None:
        """Takes a work in, as soon as there is room. Each is given out by `done` exactly once."""
        await self._room.acquire()
        if work.waiting and not self.over:
            await self._to_look_up.put(work)
        else:
            self.finish(work)

    async def done(self) -> list[Work]:
        """The works that are over, at least one. Raises what went wrong inside, which no work can be blamed for."""
        getting = asyncio.ensure_future(self._done.get())
        try:
            await asyncio.wait((getting, self._fault), return_when=asyncio.FIRST_COMPLETED)
            works = [getting.result() if getting.done() else self._fault.result()]
        finally:
            getting.cancel()
        while not self._done.empty():
            works.append(self._done.get_nowait())
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
        while not self._to_look_up.empty():
            self.finish(self._to_look_up.get_nowait())

    def finish(self, work: Work) -> None:
        if self.over and not isinstance(work.route, NoRoute):
            work.end_with(Silence.OUT_OF_TIME)
        self._done.put_nowait(work)

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._note_task)

    def learn(self, address: Address, facts: ServerFacts) -> None:
        if self.servers.get(address) != facts:
            self.servers[address] = self.learned[address] = facts

    def _note_task(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self._fault.done():
            self._fault.set_exception(error)

    async def _look_up(self) -> None:
        while True:
            work = await self._to_look_up.get()
            domain = work.domain.name
            now = self.world.timer.monotonic()
            held = self._routes.get(domain, now)
            if held is not None:
                work.route = held[0]
            else:
                work.route = await mail_route(self.world.dns, domain, self.world.settings.allowed_networks)
                self._routes.put(domain, work.route, now + ROUTE_SECONDS)
            if self.over or isinstance(work.route, NoRoute):
                self.finish(work)
                continue
            best = work.route.best
            lane = self.lanes.get(best)
            if lane is None:
                lane = self.lanes[best] = Lane(self, best)
            lane.put(work)

    async def _sweep(self) -> None:
        while True:
            await self.world.timer.sleep(SWEEP_SECONDS)
            now = self.world.timer.monotonic()
            for session in list(self.sessions):
                session.check(now)


class Lane:
    """The works for one group of servers, and the sessions that carry them."""

    def __init__(self, prober: Prober, best: tuple[Server, ...]) -> None:
        self._prober = prober
        self._best = best
        self._family: Family = family_of(best[0].host)
        # One server by the addresses under which it is known; a long list is that of a provider.
        self._key = ",".join(str(server.address) for server in best[:4])
        self._works: deque[Work] = deque()
        self._running = 0
        facts = prober.servers.get(best[0].address, ServerFacts())
        self._window = min(prober.pace.per_server, facts.connections or prober.pace.per_server)
        self._unreachable = False
        self._turned_away = 0
        self._blocked_domains = 0

    # What sessions ask for.

    def next_work(self) -> Work | None:
        return self._works.popleft() if self._works else None

    def work_done(self, work: Work) -> None:
        self._prober.finish(work)

    def work_back(self, work: Work) -> None:
        if self._prober.over:
            self._prober.finish(work)
        else:
            self._works.appendleft(work)

    def put(self, work: Work) -> None:
        self._works.append(work)
        self._spread()

    def give_up(self, heard: Heard) -> None:
        """What no session has in hand is over with this."""
        while self._works:
            work = self._works.popleft()
            work.end_with(heard)
            self._prober.finish(work)

    # Sessions, one after the other in each seat.

    def _spread(self) -> None:
        while self._running < min(self._window, len(self._works) + self._running) and self._idle_works():
            self._running += 1
            self._prober.start(self._serve())

    def _idle_works(self) -> bool:
        return len(self._works) > 0

    async def _serve(self) -> None:
        try:
            while self._works and self._running <= self._window:
                await self._one_session()
        finally:
            self._running -= 1
            if not self._running and not self._works:
                self._prober.lanes.pop(self._best, None)
            elif self._works and not self._running:
                self._spread()

    async def _one_session(self) -> None:
        prober = self._prober
        async with prober.seats, prober.pace.session(self._key, self._family) as seat:
            if isinstance(seat, Paused):
                self.give_up(Silence.PAUSED)
                return
            if not self._works:
                return
            if self._unreachable:
                await self._ask_the_others(self._works.popleft())
                return
            met = await self._meet(self._best, self)
        if isinstance(met, Session):
            await self._after(met)
        else:
            await self._not_met(met)

    async def _meet(self, servers: Iterable[Server], feed: "Lane | _Single") -> Session | Heard:
        """A session that got as far as asking, when it is over; otherwise the last word of the servers tried."""
        heard: Heard = Silence.NO_ANSWER
        for server in self._in_turn(servers):
            session = await self._converse(server, feed)
            if session is None:
                continue
            if session.ending is not Ending.REFUSED or session.said is None:
                return session
            heard = session.said
            if session.blocked:
                break
        return heard

    def _in_turn(self, servers: Iterable[Server]) -> list[Server]:
        """Some of them, in any order: those of one preference share the load (RFC 5321, 5.1)."""
        chosen = list(servers)
        if len(chosen) > 1:
            start = self._prober.world.random.randrange(len(chosen))
            chosen = chosen[start:] + chosen[:start]
        return chosen[:MOST_SERVERS_TRIED]

    async def _converse(self, server: Server, feed: "Lane | _Single") -> Session | None:
        """A session from its connection to its end; None where there was no connection."""
        prober = self._prober
        world = prober.world
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        session = Session(feed, prober.identity, self._limits(server), world.timer.monotonic, ended)
        try:
            await world.dialer.open_transport(
                lambda: session, server.address, SMTP_PORT, tls=None, timeout_seconds=CONNECT_SECONDS
            )
        except NetworkFailure:
            return None
        prober.connections += 1
        prober.sessions.add(session)
        try:
            await ended
        finally:
            prober.sessions.discard(session)
            prober.commands += session.commands
        if session.blocked:
            await prober.pace.note_block()
        self._learn(server.address, session)
        return session

    def _limits(self, server: Server) -> Limits:
        facts, family = self._prober.servers.get(server.address, ServerFacts()), self._family
        return Limits(
            rejects=min(family.rejects, facts.rejects or family.rejects),
            recipients=_least(family.recipients, facts.recipients),
            answers=facts.answers,
            lockstep=family.lockstep or facts.lockstep,
        )

    def _learn(self, address: Address, session: Session) -> None:
        """What the end of a session tells about the server's limits."""
        facts = self._prober.servers.get(address, ServerFacts())
        if session.recipients_met is not None:
            facts = replace(facts, recipients=_least(facts.recipients, session.recipients_met))
        match session.ending:
            case Ending.BUSY if session.answered:
                facts = replace(facts, answers=session.answered)
            case Ending.SLOWED if session.rejects > 3:
                facts = replace(facts, rejects=session.rejects - 1)
            case Ending.GARBLED | Ending.LOST if not session.answered:
                facts = replace(facts, lockstep=True)
        if facts != ServerFacts():
            self._prober.learn(address, facts)

    # When a session is over.

    async def _after(self, session: Session) -> None:
        work, said = session.work, session.said
        session.work = None
        if session.blocked:
            self._blocked_domains += 1
            if said is not None and (said.stage == "mail" or self._blocked_domains >= MOST_BLOCKED_DOMAINS):
                self.give_up(said)
        if session.answered:
            self._turned_away = 0
        if session.ending is Ending.BUSY:
            self._window = max(1, min(self._window, self._running) // 2)
        if work is None:
            return
        if self._prober.over:
            self._prober.finish(work)
            return
        work.failures = 0 if session.answered else work.failures + 1
        if work.failures < MOST_FAILURES:
            self._works.appendleft(work)
            if work.failures:
                await self._prober.world.timer.sleep(PAUSE_SECONDS)
            return
        work.end_with(said if session.ending is Ending.BUSY and said is not None else Silence.LOST)
        self._prober.finish(work)

    async def _not_met(self, heard: Heard) -> None:
        """Nobody of the best preference let us in, or they sent us away before a recipient was named."""
        if isinstance(heard, Answer) and heard.temporary and heard.meaning is not ReplyMeaning.BLOCKED:
            self._turned_away += 1
            if self._running > 1:
                # Too many of us at once: this seat closes, and those who are in go on.
                self._window = max(1, self._running - 1)
                return
            if self._turned_away < MOST_FAILURES:
                await self._prober.world.timer.sleep(PAUSE_SECONDS)
                return
        if isinstance(heard, Silence) and not self._prober.over:
            self._unreachable = True
            return
        self.give_up(heard)

    async def _ask_the_others(self, work: Work) -> None:
        """The hosts of lower preference, for a work whose best ones cannot be reached."""
        prober = self._prober
        route = work.route
        assert isinstance(route, Route)
        heard: Heard = Silence.NO_ANSWER
        further = await further_route(prober.world.dns, route, prober.world.settings.allowed_networks)
        if isinstance(further, Route) and not prober.over:
            met = await self._meet(further.best, _Single(self, work))
            heard = met if not isinstance(met, Session) else (met.said or Silence.LOST)
            if isinstance(met, Session) and met.ending is Ending.LEFT:
                # Whatever its budget left undone, another session goes on with; or it is over already.
                return
        work.end_with(heard)
        prober.finish(work)


class _Single:
    """The feed of a session that is there for one work alone."""

    def __init__(self, lane: Lane, work: Work) -> None:
        self._lane = lane
        self._work: Work | None = work

    def next_work(self) -> Work | None:
        work, self._work = self._work, None
        return work

    def work_done(self, work: Work) -> None:
        self._lane.work_done(work)

    def work_back(self, work: Work) -> None:
        self._lane.work_back(work)


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
