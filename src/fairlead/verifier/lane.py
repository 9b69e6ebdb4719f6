"""The works for one group of servers, and the sessions that carry them."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fairlead.net.errors import NetworkFailure
from fairlead.net.guard import Address
from fairlead.verifier.asking import Limits
from fairlead.verifier.connection import Ending
from fairlead.verifier.families import Family, family_of
from fairlead.verifier.lookup import further_route
from fairlead.verifier.model import Answer, Heard, Route, Server, ServerFacts, Silence
from fairlead.verifier.pacing import Paused
from fairlead.verifier.replies import ReplyMeaning
from fairlead.verifier.session import Session
from fairlead.verifier.work import Work

if TYPE_CHECKING:
    from fairlead.verifier.probe import Prober

SMTP_PORT: Final = 25
CONNECT_SECONDS: Final = 10.0
# Of the best preference, and then of the others: whoever does not let us in at these will not at the next.
MOST_SERVERS_TRIED: Final = 3
WORKS_PER_SESSION: Final = 4
# About what a session gets through before its refusals are used up.
ADDRESSES_PER_SESSION: Final = 20
# With so many servers in hand a new one waits a little, so that further domains of it share its first session.
MANY_LANES: Final = 128
GATHER_SECONDS: Final = 0.5
# Machine time before a server that sent us away without an answer is asked again, and how often it is.
PAUSE_SECONDS: Final = 1.0
MOST_FAILURES: Final = 2
# So many domains refused because of who we are, and the other domains of the server are not tried.
MOST_BLOCKED_DOMAINS: Final = 2


class Lane:
    """Belongs to a prober, which puts works in and gets them back when they are over."""

    def __init__(self, prober: "Prober", route: Route) -> None:
        self._prober = prober
        self._best = route.best
        self._key = route.key
        self._family: Family = family_of(route.best[0].host)
        self._works: deque[Work] = deque()
        self._addresses = 0  # in these works
        self._running = 0
        facts = prober.servers.get(route.best[0].address, ServerFacts())
        self._window = min(prober.pace.per_server, facts.connections or prober.pace.per_server)
        self._unreachable = False
        self._turned_away = 0
        self._blocked_domains = 0
        # What the last session suggests and the next may confirm.
        self._lockstep = False
        self._busy_after: int | None = None

    # What sessions ask for.

    def next_work(self) -> Work | None:
        return self._take() if self._works else None

    def work_done(self, work: Work) -> None:
        self._prober.finish(work)

    def work_back(self, work: Work) -> None:
        if self._prober.over:
            self._prober.finish(work)
        else:
            self._put_back(work)

    def put(self, work: Work) -> None:
        self._works.append(work)
        self._addresses += len(work.waiting)
        # A session carries several domains, so that a new one is worth its price only where many are waiting.
        full = max(len(self._works) / WORKS_PER_SESSION, self._addresses / ADDRESSES_PER_SESSION)
        if self._running < self._window and full > self._running:
            self._running += 1
            self._prober.start(self._serve())

    def give_up(self, heard: Heard) -> None:
        """What no session has in hand is over with this."""
        while self._works:
            self._end(self._take(), heard)

    def _take(self) -> Work:
        work = self._works.popleft()
        self._addresses -= len(work.waiting)
        return work

    def _put_back(self, work: Work) -> None:
        self._works.appendleft(work)
        self._addresses += len(work.waiting)

    def _end(self, work: Work, heard: Heard) -> None:
        work.end_with(heard)
        self._prober.finish(work)

    # Sessions, one after the other in each seat.

    async def _serve(self) -> None:
        if len(self._prober.lanes) > MANY_LANES and self._addresses < ADDRESSES_PER_SESSION:
            await self._prober.world.timer.sleep(GATHER_SECONDS)
        while self._works and self._running <= self._window:
            if self._unreachable and not self._has_others(self._works[0]):
                self._end(self._take(), Silence.NO_ANSWER)
            else:
                await self._one_session()
        self._running -= 1
        if not self._running:
            self._prober.lanes.pop(self._key, None)

    def _has_others(self, work: Work) -> bool:
        return isinstance(work.route, Route) and bool(work.route.later)

    async def _one_session(self) -> None:
        prober = self._prober
        async with prober.pace.session(self._key, self._family) as seat, prober.seats:
            if isinstance(seat, Paused):
                self.give_up(Silence.PAUSED)
                return
            if not self._works:
                return
            single = _Single(self, self._take()) if self._unreachable else None
            servers = self._best if single is None else await self._others(single.work)
            met = await self._meet(servers, single or self)
        if isinstance(met, Session):
            await self._after(met)
        elif single is not None:
            self._end(single.work, met)
        else:
            await self._not_met(met)

    async def _others(self, work: Work) -> tuple[Server, ...]:
        """The servers of lower preference, for a work whose best ones cannot be reached."""
        world = self._prober.world
        assert isinstance(work.route, Route)
        further = await further_route(world.dns, work.route, world.settings.allowed_networks)
        return further.best if isinstance(further, Route) else ()

    async def _meet(self, servers: Sequence[Server], feed: "Lane | _Single") -> Session | Heard:
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

    def _in_turn(self, servers: Sequence[Server]) -> Sequence[Server]:
        """Some of them, in any order: those of one preference share the load (RFC 5321, 5.1)."""
        if len(servers) < 2:
            return servers
        start = self._prober.world.random.randrange(len(servers))
        return (*servers[start:], *servers[:start])[:MOST_SERVERS_TRIED]

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
            lockstep=family.lockstep or facts.lockstep or self._lockstep,
        )

    def _learn(self, address: Address, session: Session) -> None:
        """What the end of a session tells about the server's limits."""
        facts = self._prober.servers.get(address, ServerFacts())
        if session.recipients_met is not None:
            facts = replace(facts, recipients=_least(facts.recipients, session.recipients_met))
        match session.ending:
            case Ending.BUSY if session.answered:
                if self._busy_after == session.answered:
                    facts = replace(facts, answers=session.answered)
                self._busy_after = session.answered
            case Ending.SLOWED if session.rejects > 3:
                facts = replace(facts, rejects=session.rejects - 1)
            case Ending.GARBLED | Ending.LOST if not session.answered:
                self._lockstep = True
            case Ending.LEFT if self._lockstep and session.answered:
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
            self._put_back(work)
            if work.failures:
                await self._prober.world.timer.sleep(PAUSE_SECONDS)
            return
        self._end(work, said if session.ending is Ending.BUSY and said is not None else Silence.LOST)

    async def _not_met(self, heard: Heard) -> None:
        """Nobody of the best preference let us in, or they sent us away before a recipient was named."""
        if isinstance(heard, Answer) and heard.temporary and heard.meaning is not ReplyMeaning.BLOCKED:
            self._turned_away += 1
            if self._running > 1:
                # Too many of us at once: this seat closes, and those who are in go on.
                self._window = max(1, self._running - 1)
                if heard.meaning is ReplyMeaning.RATE_LIMITED:
                    address = self._best[0].address
                    facts = self._prober.servers.get(address, ServerFacts())
                    self._prober.learn(address, replace(facts, connections=self._window))
                return
            if self._turned_away < MOST_FAILURES:
                await self._prober.world.timer.sleep(PAUSE_SECONDS)
                return
        if isinstance(heard, Silence) and not self._prober.over:
            self._unreachable = True
            return
        self.give_up(heard)


class _Single:
    """The feed of a session that is there for one work alone."""

    def __init__(self, lane: Lane, work: Work) -> None:
        self.work = work
        self._lane = lane
        self._given = False

    def next_work(self) -> Work | None:
        if self._given:
            return None
        self._given = True
        return self.work

    def work_done(self, work: Work) -> None:
        self._lane.work_done(work)

    def work_back(self, work: Work) -> None:
        self._lane.work_back(work)


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
