"""Searches over all people and companies, by what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairlead.corpus import rules
from fairlead.corpus.model import (
    CompanyFilter,
    KnownCompany,
    KnownPerson,
    Location,
    LocationType,
    PeopleFilter,
)
from fairlead.corpus.reading import as_company, as_people, companies
from fairlead.corpus.regions import countries_of
from fairlead.corpus.store import searching as store
from fairlead.db import Connection
from fairlead.kit.countries import country_code

SEARCH_PAGE: Final = 50
MOST_SUGGESTIONS: Final = 15


@dataclass(frozen=True)
class PeoplePage:
    total: int
    """At most `store.MOST_COUNTED`."""
    people: list[KnownPerson]
    companies: dict[str, KnownCompany]


@dataclass(frozen=True)
class CompanyPage:
    total: int
    companies: list[KnownCompany]


async def search_people(conn: Connection, workspace_id: int, wanted: PeopleFilter, *, page: int) -> PeoplePage:
    """A page of 50, the best known first."""
    conditions = store.Conditions(workspace_id)
    _of_people(conditions, wanted)
    if wanted.company:
        company = store.Conditions(workspace_id, conditions.values)
        _of_companies(company, wanted.company)
        conditions.at_company(company)
    total, rows = await store.people(conn, conditions, offset=(page - 1) * SEARCH_PAGE, limit=SEARCH_PAGE)
    people = await as_people(conn, workspace_id, rows)
    cards = await companies(conn, workspace_id, sorted({person.domain for person in people if person.domain}))
    return PeoplePage(total, people, cards)


async def search_companies(conn: Connection, workspace_id: int, wanted: CompanyFilter, *, page: int) -> CompanyPage:
    """A page of 50, in a stable order: those with the most people known first."""
    conditions = store.Conditions(workspace_id)
    _of_companies(conditions, wanted)
    total, rows = await store.companies(conn, conditions, offset=(page - 1) * SEARCH_PAGE, limit=SEARCH_PAGE)
    return CompanyPage(total, [as_company(row) for row in rows])


async def unknown_locations(
    conn: Connection, workspace_id: int, locations: Sequence[Location], *, of_people: bool
) -> list[Location] | None:
    """Up to 15 places like the first of `locations` that fits none known; None where each fits one."""
    for location in locations:
        if not await store.any_place(conn, workspace_id, _places(location), of_people=of_people):
            return await _similar_locations(conn, workspace_id, location)
    return None


async def unknown_industries(conn: Connection, workspace_id: int, industries: Sequence[str]) -> list[str] | None:
    """Up to 15 industries like the first of `industries` no company has; None where each has one."""
    for industry in industries:
        if not await store.any_industry(conn, workspace_id, industry):
            return await store.industries_like(conn, workspace_id, industry, limit=MOST_SUGGESTIONS)
    return None


async def _similar_locations(conn: Connection, workspace_id: int, location: Location) -> list[Location]:
    rows = await store.places_like(conn, workspace_id, rules.folded(location.locality), limit=MOST_SUGGESTIONS)
    return [Location(name, LocationType(kind)) for name, kind in rows]


def _of_people(conditions: store.Conditions, wanted: PeopleFilter) -> None:
    conditions.titles([rules.folded(title) for title in wanted.titles.include], True)
    conditions.titles([rules.folded(title) for title in wanted.titles.exclude], False)
    conditions.positions("level", wanted.levels.include, True)
    conditions.positions("level", wanted.levels.exclude, False)
    conditions.positions("department", wanted.departments.include, True)
    conditions.positions("department", wanted.departments.exclude, False)
    conditions.places("p", [_places(location) for location in wanted.locations.include], True)
    conditions.places("p", [_places(location) for location in wanted.locations.exclude], False)
    conditions.skills([rules.folded(skill) for skill in wanted.skills.include], True)
    conditions.skills([rules.folded(skill) for skill in wanted.skills.exclude], False)
    conditions.name("first_name", wanted.first_name)
    conditions.name("last_name", wanted.last_name)


def _of_companies(conditions: store.Conditions, wanted: CompanyFilter) -> None:
    conditions.company_names([rules.company_key(name) for name in wanted.names.include], True)
    conditions.company_names([rules.company_key(name) for name in wanted.names.exclude], False)
    conditions.places("c", [_places(location) for location in wanted.locations.include], True)
    conditions.places("c", [_places(location) for location in wanted.locations.exclude], False)
    conditions.industries(wanted.industries.include, True)
    conditions.industries(wanted.industries.exclude, False)
    conditions.company_numbers(
        sizes=wanted.sizes,
        revenue_min=wanted.revenue_min,
        revenue_max=wanted.revenue_max,
        founded_from=wanted.founded_from,
        founded_till=wanted.founded_till,
        specialities=[speciality.casefold() for speciality in wanted.specialities],
    )


def _places(location: Location) -> store.PlacePattern:
    key = rules.folded(location.locality)
    match location.type:
        case LocationType.CITY:
            return store.PlacePattern(city=key)
        case LocationType.STATE:
            return store.PlacePattern(state=key)
        case LocationType.COUNTRY:
            return store.PlacePattern(countries=_country(location.locality))
        case LocationType.REGION | LocationType.SUBREGION:
            return store.PlacePattern(countries=sorted(countries_of(key)))
        case None:
            countries = _country(location.locality) or sorted(countries_of(key))
            return store.PlacePattern(city=key, state=key, countries=countries)


def _country(name: str) -> list[str]:
    code = country_code(name)
    return [code] if code else []
