"""Evidence made for a test: pages and people, and the lead database of the house."""

from datetime import UTC, datetime
from typing import Any

from fairlead.corpus import actions as corpus
from fairlead.corpus.findings import AddressFinding, CompanyFinding, Method, PageFindings, PersonFinding
from fairlead.corpus.model import Recorded, Source, SourceKind
from front_door import FrontDoor

SEEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def page(
    uri: str,
    *addresses: str,
    people: tuple[PersonFinding, ...] = (),
    company: CompanyFinding | None = None,
    seen: datetime = SEEN,
    digest: str = "",
    method: Method = Method.MAILTO,
) -> PageFindings:
    domain = uri.split("/")[2] if "//" in uri else ""
    owned = [AddressFinding(person.address, method, person=n) for n, person in enumerate(people) if person.address]
    found = [AddressFinding(address, method, on_own_domain=address.endswith(domain)) for address in addresses]
    return PageFindings(uri, seen, domain, (*owned, *found), people, company, digest)


def person(name: str, address: str | None = None, **more: Any) -> PersonFinding:
    first, _, last = name.partition(" ")
    return PersonFinding(name, first, last, more.pop("method", Method.CARD), address=address, **more)


class Corpus:
    """What a test writes into the lead database."""

    def __init__(self, house: FrontDoor) -> None:
        self.house = house
        self.world = house.world

    async def record(
        self,
        *pages: PageFindings,
        uri: str = "",
        kind: SourceKind = SourceKind.PAGE,
        owner: int | None = None,
        digest: str = "",
    ) -> Recorded:
        source = Source(kind, uri or pages[0].uri, pages[0].captured_at, digest, owner)
        async with self.world.db.transaction() as conn:
            return await corpus.record(conn, source, pages, self.world.clock.now())

    async def ask(self, action: Any, *arguments: Any, **named: Any) -> Any:
        async with self.world.db.transaction() as conn:
            return await action(conn, *arguments, **named)

    async def addresses(self, workspace_id: int, domain: str) -> list[str]:
        known = await self.ask(corpus.known_addresses, workspace_id, domain, self.world.clock.now())
        return [address.address for address in known]

    async def counts(self, workspace_id: int, domain: str) -> tuple[int, int, int]:
        counts = await self.ask(corpus.counts, workspace_id, domain)
        return counts.people, counts.emails, counts.generic
