"""What is known at a domain: the company, its people, its addresses. Contract section 5.

The tasks' requests hold `domain`, and what each names. Of a domain nothing is known of, the site is read first.
"""

from typing import Any, Final

from fairlead.accounts.actions import request_key
from fairlead.corpus import actions as corpus
from fairlead.corpus.model import KnownCompany, KnownPerson
from fairlead.finder.model import Done, Task
from fairlead.world import World

PEOPLE_PER_PAGE: Final = 20
ADDRESSES_PER_PAGE: Final = 50
MOST_POSITIONS: Final = 10
# What a task needs of its time for writing down what it found.
_WRITING_SECONDS: Final = 5.0


def domain_charge(request: dict[str, Any]) -> str:
    return request_key("domain-search", request["domain"])


def people_charge(request: dict[str, Any]) -> str:
    return request_key(
        "domain-search-prospects", request["domain"], sorted(map(str.casefold, request["positions"])), request["page"]
    )


def addresses_charge(request: dict[str, Any]) -> str:
    endpoint = "domain-search-generic" if request["generic"] else "domain-search-emails"
    return request_key(endpoint, request["domain"], request["after"])


async def company_work(world: World, task: Task) -> Done:
    """{"company": ... or None, "counts": [people, emails, generic]}; nothing known, nothing charged."""
    domain = task.request["domain"]
    await _read_site(world, task)
    async with world.db.statement() as conn:
        card = await corpus.company(conn, task.workspace_id, domain)
        counts = await corpus.counts(conn, task.workspace_id, domain)
        related = await corpus.related_domains(conn, task.workspace_id, domain)
    known = card is not None or counts.people + counts.addresses > 0
    result = {
        "company": _company(card or KnownCompany(domain), related) if known else None,
        "counts": [counts.people, counts.emails, counts.generic],
    }
    return Done(result, [domain_charge(task.request)] if known else [])


async def people_work(world: World, task: Task) -> Done:
    """{"people": [...], "total": of all pages}."""
    request = task.request
    await _read_site(world, task)
    async with world.db.statement() as conn:
        people = await corpus.known_people(
            conn,
            task.workspace_id,
            request["domain"],
            positions=request["positions"],
            offset=(request["page"] - 1) * PEOPLE_PER_PAGE,
            limit=PEOPLE_PER_PAGE,
            with_addresses=False,
        )
        total = await corpus.count_people(conn, task.workspace_id, request["domain"], positions=request["positions"])
    result = {"people": [person_shown(person) for person in people], "total": total}
    return Done(result, [people_charge(request)] if people else [])


async def addresses_work(world: World, task: Task) -> Done:
    """{"emails": [...], "next": the id the next page begins after, or None, "total": of all pages}."""
    request = task.request
    await _read_site(world, task)
    async with world.db.statement() as conn:
        rows = await corpus.page_of_addresses(
            conn,
            task.workspace_id,
            request["domain"],
            generic=request["generic"],
            after=request["after"],
            limit=ADDRESSES_PER_PAGE + 1,
        )
        counts = await corpus.counts(conn, task.workspace_id, request["domain"])
    page = rows[:ADDRESSES_PER_PAGE]
    result = {
        "emails": [address for _, address in page],
        "next": page[-1][0] if len(rows) > ADDRESSES_PER_PAGE else None,
        "total": counts.generic if request["generic"] else counts.emails,
    }
    return Done(result, [addresses_charge(request)] if page else [])


def person_shown(person: KnownPerson) -> dict[str, Any]:
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "position": person.position,
        "profile": person.profile,
        "page": person.source_page,
    }


def _company(card: KnownCompany, related: list[str]) -> dict[str, Any]:
    return {
        "name": card.name,
        "city": card.place.city if card.place else None,
        "founded": card.founded,
        "site": card.site,
        "phone": card.phone,
        "industry": card.industry,
        "size": card.size,
        "related": related,
    }


async def _read_site(world: World, task: Task) -> None:
    seconds = task.seconds_left - _WRITING_SECONDS
    await corpus.read_unknown_site(world, task.workspace_id, task.request["domain"], seconds=seconds)
