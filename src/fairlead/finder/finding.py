"""A person's address at a domain: what evidence knows, else the likeliest candidates, asked for one after the other.

Nobody is asked more than needed: nobody where a fresh verdict is at hand, one candidate where the domain takes any
name, and never a provider whose mailboxes belong to anybody.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from fairlead.accounts.model import WorkspaceId
from fairlead.corpus import actions as corpus
from fairlead.corpus.findings import AddressFinding, Method, PageFindings, PersonFinding
from fairlead.corpus.model import KnownAddress, Source, SourceKind
from fairlead.db import Connection
from fairlead.finder.model import Found, Sought
from fairlead.finder.names import Name, from_parts, parse
from fairlead.finder.patterns import Candidate, Habit, Known, Size, candidates, learned, size_of
from fairlead.finder.rules import (
    LEAST_ANSWERED,
    SURE,
    after_rejections,
    is_about_domain,
    mailbox_is_there,
    of_accepted,
    same_person,
)
from fairlead.flags import flags
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import Reason, SmtpStatus, Verdict
from fairlead.world import World

# People of a domain that a pattern is learned from: more would add nothing and cost the loop its time.
MOST_COLLEAGUES: Final = 100
# Domains asked about at the same time; people of one domain wait for each other, as each may teach the next.
AT_ONCE: Final = 8
# Evidence below this is of an address that bounced.
LEAST_CONFIDENCE: Final = 15
SECONDS: Final = 40.0


async def find_address(
    world: World, workspace_id: int, name: str, domain: str, *, seconds: float = SECONDS
) -> Found | None:
    """The address of somebody with this full name; None where nothing is found."""
    return await address_of(world, workspace_id, Sought(parse(name), domain), seconds=seconds)


async def find_many(
    world: World, workspace_id: int, sought: Sequence[Sought], *, seconds: float = SECONDS
) -> list[Found | None]:
    """The addresses of several people, lined up with `sought`, within so much machine time.

    Of whom the time did not reach the likeliest address is given, as unknown.
    """
    deadline = world.timer.monotonic() + seconds
    found: dict[Sought, Found | None] = {}
    seats = asyncio.Semaphore(AT_ONCE)
    domains: dict[str, list[Sought]] = {}
    for one in dict.fromkeys(sought):
        domains.setdefault(one.domain.lower(), []).append(one)

    async def of_domain(people: Sequence[Sought]) -> None:
        async with seats:
            for one in people:
                left = max(0.0, deadline - world.timer.monotonic())
                found[one] = await address_of(world, workspace_id, one, seconds=left)

    async with asyncio.TaskGroup() as group:
        for people in domains.values():
            group.create_task(of_domain(people))
    return [found[one] for one in sought]


async def address_of(world: World, workspace_id: int, sought: Sought, *, seconds: float = SECONDS) -> Found | None:
    """A person's address at a domain, the best there is within so much machine time; None where nothing is found."""
    try:
        domain = corpus.normalized_domain(sought.domain)
    except ValueError:
        return None
    if corpus.is_private_mail(domain):
        # Any name exists there, and is somebody else.
        return None
    search = _Search(world, workspace_id, replace(sought, domain=domain))
    if not await search.look_up():
        return None
    if (answer := search.by_evidence()) is not None:
        return answer
    await search.learn()
    try:
        async with asyncio.timeout(seconds):
            return await search.by_asking()
    except TimeoutError:
        return search.out_of_time()


@dataclass(frozen=True)
class _Colleagues:
    """What is known of a domain before anybody is asked."""

    habit: Habit
    taken: frozenset[str]  # local parts that are somebody else's, or dead
    theirs: frozenset[str]  # local parts that are known to be this person's, or nobody's


class _Search:
    """One person at one domain."""

    def __init__(self, world: World, workspace_id: int, sought: Sought) -> None:
        self._world = world
        self._workspace_id = workspace_id
        self._name = sought.name
        self._domain = sought.domain
        self._known: list[KnownAddress] = []  # addresses that evidence gives this person, the most sure first
        self._fresh: dict[str, Verdict] = {}
        self._guesses: list[Candidate] = []
        self._all_known = True  # else the domain has more addresses than were looked at
        self._size = Size.UNKNOWN
        self._rejected = 0.0
        self._probes = 0
        self._asking: tuple[str, float] | None = None

    async def look_up(self) -> bool:
        """What evidence and earlier verdicts say. False where this person asked to be left out."""
        async with self._world.db.statement() as conn:
            if await corpus.is_hidden(conn, self._domain, f"{self._name.first} {self._name.last}"):
                return False
            self._known = await self._addresses_of_person(conn)
            keys = [known.address for known in self._known]
            self._fresh = await verifier.fresh_verdicts(self._world, conn, keys) if keys else {}
        return True

    def by_evidence(self) -> Found | None:
        """The surest address evidence gives this person, where its server need not be asked."""
        for known in self._known:
            verdict = self._fresh.get(known.address)
            if verdict is None:
                return None
            if verdict.smtp_status is not SmtpStatus.NOT_VALID:
                return Found(known.address, verdict, _of_known(known, verdict), known=True)
        return None

    async def by_asking(self) -> Found | None:
        """Asks for what evidence gives, then for candidates, until one is accepted or nothing more can be learned."""
        for known in self._known:
            verdict = await self._ask(known.address, known.confidence / 100)
            if verdict.reason is Reason.HIDDEN_BY_OWNER or is_about_domain(verdict.reason):
                return None
            if verdict.smtp_status is not SmtpStatus.NOT_VALID:
                return Found(known.address, verdict, _of_known(known, verdict), self._probes, known=True)
        for guess in self._guesses:
            address = f"{guess.local}@{self._domain}"
            if not self._all_known and await self._is_elses(address):
                continue
            probability = after_rejections(guess.probability, self._rejected)
            if self._probes >= self._world.settings.finder_probes or probability < LEAST_ANSWERED:
                return None
            verdict = await self._ask(address, probability)
            if verdict.reason is Reason.HIDDEN_BY_OWNER or is_about_domain(verdict.reason, guessed=True):
                return None
            if verdict.smtp_status is SmtpStatus.VALID or mailbox_is_there(verdict.reason):
                sure = of_accepted(probability, guess.pattern, self._size)
                if verdict.smtp_status is SmtpStatus.VALID:
                    await self._remember(address, verdict)
                return Found(address, verdict, sure, self._probes)
            if verdict.smtp_status is SmtpStatus.UNKNOWN:
                # The server says the same of every other name.
                return Found(address, verdict, probability, self._probes)
            self._rejected += guess.probability
        return None

    def out_of_time(self) -> Found | None:
        """The likeliest address so far, as unknown."""
        likeliest = self._asking
        if likeliest is None and self._known:
            likeliest = self._known[0].address, self._known[0].confidence / 100
        if likeliest is None and self._guesses and self._guesses[0].probability >= LEAST_ANSWERED:
            likeliest = f"{self._guesses[0].local}@{self._domain}", self._guesses[0].probability
        if likeliest is None:
            return None
        address, probability = likeliest
        verdict = Verdict(address, Reason.OUT_OF_TIME, flags(address), None, self._world.clock.now())
        return Found(address, verdict, probability, self._probes)

    async def _ask(self, address: str, probability: float) -> Verdict:
        self._asking = (address, probability)
        self._probes += 1
        async for verdict in verifier.verify_now(self._world, [address]):
            return verdict
        raise AssertionError("every address has a verdict")

    # Evidence.

    async def _addresses_of_person(self, conn: Connection) -> list[KnownAddress]:
        now = self._world.clock.now()
        people = await corpus.people_named(conn, self._workspace_id, self._domain, self._name.first, self._name.last)
        found: dict[str, KnownAddress] = {}
        for person in people:
            for known in await corpus.addresses_of_person(conn, self._workspace_id, person.id, now):
                here = known.address.rpartition("@")[2] == self._domain
                if here and not known.generic and known.confidence >= LEAST_CONFIDENCE:
                    found.setdefault(known.address, known)
        return sorted(found.values(), key=lambda known: -known.confidence)

    async def learn(self) -> None:
        """The candidates, the likeliest first, by what is known of colleagues."""
        now = self._world.clock.now()
        async with self._world.db.statement() as conn:
            known = await corpus.known_addresses(
                conn, self._workspace_id, self._domain, now, generic=False, limit=MOST_COLLEAGUES
            )
            company = await corpus.company(conn, self._workspace_id, self._domain)
        self._all_known = len(known) < MOST_COLLEAGUES
        about = colleagues(known, self._name, size=company.size if company else None, domain=self._domain)
        self._size = about.habit.size
        tried = {known.address.partition("@")[0] for known in self._known}
        guesses = candidates(about.habit, self._name, taken=about.taken | tried)
        # Those that were seen, without a name or with a form of this one, are as good as known.
        seen = [replace(guess, probability=SURE) for guess in guesses if guess.local in about.theirs]
        self._guesses = [*seen, *(guess for guess in guesses if guess.local not in about.theirs)]

    async def _is_elses(self, address: str) -> bool:
        """Whether evidence gives an address to somebody of another name."""
        async with self._world.db.statement() as conn:
            known = await corpus.find_address(conn, self._workspace_id, address, self._world.clock.now())
        if known is None or not (known.first_name or known.last_name):
            return False
        return not same_person(from_parts(known.first_name or "", known.last_name or ""), self._name)

    async def _remember(self, address: str, verdict: Verdict) -> None:
        """An accepted candidate is evidence, for this workspace alone: it told us the name."""
        now = verdict.checked_at
        person = PersonFinding(self._name.full, self._name.first, self._name.last, Method.VERIFIED, address=address)
        page = PageFindings(
            f"verification:{address}",
            now,
            self._domain,
            (AddressFinding(address, Method.VERIFIED, person=0),),
            (person,),
            digest=self._name.full.lower(),
        )
        source = Source(SourceKind.VERIFICATION, page.uri, now, page.digest, owner=WorkspaceId(self._workspace_id))
        async with self._world.db.transaction() as conn:
            await corpus.record(conn, source, [page], now)


def colleagues(known: Sequence[KnownAddress], name: Name, *, size: str | None, domain: str) -> _Colleagues:
    """What the addresses known of a domain tell about the one of `name`."""
    pairs, taken, theirs = [], set(), set()
    for one in known:
        local, _, home = one.address.rpartition("@")
        if home != domain:
            continue
        if one.confidence < LEAST_CONFIDENCE:
            taken.add(local)  # dead, whoever's it was
            continue
        weight = one.confidence / 100
        if not one.last_name and not one.first_name:
            theirs.add(local)
            pairs.append(Known(local, None, weight))
            continue
        owner = from_parts(one.first_name or "", one.last_name or "")
        pairs.append(Known(local, owner, weight))
        (theirs if same_person(owner, name) else taken).add(local)
    habit = learned(pairs, size=size_of(size), domain=domain)
    return _Colleagues(habit, frozenset(taken), frozenset(theirs))


def _of_known(known: KnownAddress, verdict: Verdict) -> float:
    if verdict.smtp_status is SmtpStatus.VALID:
        return SURE
    return known.confidence / 100
