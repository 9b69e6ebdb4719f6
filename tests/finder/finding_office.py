"""A house in a small internet, a workspace in it, and what the lead database knows of the companies there."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from fairlead.corpus.findings import CompanyFinding, Method
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.http.snov import jobs as snov_jobs
from fairlead.main import Start, open_house
from fairlead.sandbox.making.world import World as Sandbox
from fairlead.sandbox.model import Company, Person
from front_door import FrontDoor, Reply, Tenant
from lead_evidence import Corpus, page, person
from verifier.mail_lab import MailLab, mail_lab

# Companies of each behavior; one of them has so many regular people.
EACH = 6
ENOUGH = 5


@dataclass
class Office:
    door: FrontDoor
    lab: MailLab
    tenant: Tenant
    corpus: Corpus
    asked: Counter[str]
    """How often a mail server was asked for each address."""

    @property
    def world(self):
        return self.door.world

    async def work(self) -> None:
        await run_due_jobs(self.door.world, HANDLERS | snov_jobs.HANDLERS)

    def company(self, behavior: str) -> Company:
        """The one of this behavior with most people whose addresses follow its pattern."""
        companies = [company for company in self.lab.net.world if company.mx_behavior == behavior]
        return max(companies, key=lambda company: len(regular_people(company)))

    def regular(self, behavior: str) -> list[Person]:
        return regular_people(self.company(behavior))

    def probes(self, domain: str) -> Counter[str]:
        """Of people's addresses, without the made-up ones that tell what a server does."""
        return Counter({address: count for address, count in self.asked.items() if address.endswith(f"@{domain}")})

    async def knows(self, company: Company, *people: Person, **more) -> None:
        """The site of a company names these people with their addresses."""
        found = tuple(person(one.name, one.email, position=one.position, method=Method.CARD) for one in people)
        card = CompanyFinding(company.domain, Method.JSON_LD, name=company.name, size=company.size)
        await self.corpus.record(page(f"https://{company.domain}/team", people=found, company=card, **more))

    async def found(self, *rows: tuple[str, str, str]) -> list[dict]:
        """`data` of endpoint 20 once the work is done."""
        started = await self.start(*rows)
        assert started.status == 200, started.body
        await self.work()
        result = await self.result(started)
        assert result.body["status"] == "completed", result.body
        return result.body["data"]

    async def start(self, *rows: tuple[str, str, str], **more) -> Reply:
        return await self.tenant.post(
            "/v2/emails-by-domain-by-name/start",
            rows=[{"first_name": first, "last_name": last, "domain": domain} for first, last, domain in rows],
            **more,
        )

    async def result(self, started: Reply) -> Reply:
        return await self.tenant.get("/v2/emails-by-domain-by-name/result", task_hash=started.body["data"]["task_hash"])


def regular_people(company: Company) -> list[Person]:
    """Those whose addresses follow the house's pattern and who are there, with names of two plain words."""
    return [
        one
        for one in company.people
        if one.shape == company.pattern and one.exists
        and all(part.isascii() and part.isalpha() for part in (one.first_name, one.last_name))
    ]  # fmt: skip


def suitable_seed(behaviors: list[str], others: list[str], seed: int) -> int:
    """The first from `seed` on with a company for each behavior that has enough regular people."""
    for suitable in range(seed, seed + 1_000):
        wanted = behaviors * EACH + others
        world = list(Sandbox(seed=suitable, companies=len(wanted), behaviors=wanted))
        largest = {
            behavior: max(
                len(regular_people(company)) for company in world if company.mx_behavior == behavior.partition(":")[0]
            )
            for behavior in behaviors
        }
        if min(largest.values(), default=ENOUGH) >= ENOUGH:
            return suitable
    raise AssertionError("no seed is suitable")


def row(one: Person, company: Company) -> tuple[str, str, str]:
    return one.first_name, one.last_name, company.domain


@asynccontextmanager
async def an_office(
    conninfo, tmp_path, behaviors: list[str], *, seed: int, others: Sequence[str] = (), settings=None, **workspace
) -> AsyncIterator[Office]:
    async with mail_lab(behaviors * EACH + list(others), seed=suitable_seed(behaviors, list(others), seed)) as lab:
        asked = lab.count_questions()
        chosen = replace(lab.world.settings, database_url=conninfo, data=tmp_path, **(settings or {}))
        async with open_house(chosen, Start(serves=True)) as house, FrontDoor.opened(house) as door:
            yield Office(door, lab, await door.workspace(**workspace), Corpus(door), asked)
