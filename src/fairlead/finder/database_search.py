"""Searches over the whole lead database. Contract section 6.

The tasks' requests hold `filters`, as `read_people` and `read_companies` make it, and `page`.
"""

import json
from typing import Any, Final

import msgspec

from fairlead.accounts.actions import request_key
from fairlead.corpus import actions as corpus
from fairlead.corpus.model import CompanyFilter, KnownCompany, KnownPerson, PeopleFilter, Place
from fairlead.finder.model import Done, Task
from fairlead.kit.countries import NAMES
from fairlead.prospects import actions as prospects
from fairlead.world import World

LARGEST_PAGE: Final = 2_000


def companies_charge(request: dict[str, Any]) -> str:
    return request_key("database-companies", json.dumps(request["filters"], sort_keys=True), request["page"])


def packed(wanted: PeopleFilter | CompanyFilter) -> dict[str, Any]:
    """Filters as they are kept with a task."""
    built: dict[str, Any] = msgspec.to_builtins(wanted)
    return built


async def people_work(world: World, task: Task) -> Done:
    """{"total", "people": [...]}."""
    wanted = msgspec.convert(task.request["filters"], PeopleFilter)
    async with world.db.transaction() as conn:
        found = await corpus.search_people(conn, task.workspace_id, wanted, page=task.request["page"])
        profiles = [person.profile for person in found.people if person.profile]
        emails = [address for person in found.people for address in person.addresses]
        listed = await prospects.lists_of(conn, task.workspace_id, emails=emails, profiles=profiles)
    people = [_person(person, found.companies.get(person.domain), listed) for person in found.people]
    return Done({"total": found.total, "people": people})


async def companies_work(world: World, task: Task) -> Done:
    """{"total", "companies": [...]}."""
    wanted = msgspec.convert(task.request["filters"], CompanyFilter)
    async with world.db.transaction() as conn:
        found = await corpus.search_companies(conn, task.workspace_id, wanted, page=task.request["page"])
    result = {"total": found.total, "companies": [_company(card) for card in found.companies]}
    return Done(result, [companies_charge(task.request)] if found.companies else [])


def pages(total: int) -> int:
    return -(-total // corpus.SEARCH_PAGE)


def _person(person: KnownPerson, card: KnownCompany | None, listed: dict[str, int]) -> dict[str, Any]:
    keys = [*person.addresses, *([person.profile] if person.profile else [])]
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "position": person.position,
        "location": shown_place(person.place or (card.place if card else None)),
        "profile": person.profile,
        "list_id": next((listed[key] for key in keys if key in listed), None),
        "company": _company(card or KnownCompany(person.domain)),
    }


def _company(card: KnownCompany) -> dict[str, Any]:
    return {
        "name": card.name,
        "domain": card.domain,
        "location": shown_place(card.place),
        "industry": card.industry,
        "size": card.size,
        "revenue_min": card.revenue_min,
        "revenue_max": card.revenue_max,
        "logo": card.logo,
    }


def shown_place(place: Place | None) -> str | None:
    """As "Springfield, Illinois, United States"."""
    if place is None:
        return None
    country = NAMES.get(place.country, place.country) if place.country else None
    return ", ".join(part for part in (place.city, place.state, country) if part) or None
