"""Endpoints 12 to 17: searches over the whole lead database. Contract section 6."""

from collections.abc import Sequence
from typing import Any

from fairlead.corpus import actions as corpus
from fairlead.corpus.model import (
    SELF,
    SIZES,
    Choice,
    CompanyFilter,
    Department,
    Level,
    Location,
    LocationChoice,
    LocationType,
    PeopleFilter,
)
from fairlead.finder import actions as finder
from fairlead.finder.model import Task
from fairlead.http.request import Answer
from fairlead.http.snov import searches
from fairlead.http.snov.dialect import Ask, connects_by_itself, validation
from fairlead.http.snov.searches import is_over, link, shows, status
from fairlead.kit.refusals import Invalid, NotAllowed
from fairlead.world import World

BASE = "/v2/database-search"
SIZE_WORDS = (SELF, *SIZES)
REVENUES = (
    0, 1, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000, 500_000_000,
    1_000_000_000,
)  # fmt: skip
MOST_REVENUE = 1_000_000_000_000
MOST_VALUES = 100
LONGEST_VALUE = 200
SHOWN_OF_A_NAME = 2


@connects_by_itself
async def start_people(ask: Ask) -> dict[str, Any] | Answer:
    filters = _Filters(ask.params.tree("filters"))
    wanted = filters.people()
    page = _page(ask)
    if not wanted:
        raise Invalid("no_filter", "The filters field is required.", field="filters")
    refused = await _unknown(ask, "filters.prospect.locations", wanted.locations, None, of_people=True)
    refused = refused or await _unknown(
        ask, "filters.company.locations", wanted.company.locations, wanted.company.industries, of_people=False
    )
    if refused is not None:
        return refused
    task = await searches.start(ask, "people", {"filters": finder.packed(wanted), "page": page})
    return searches.started(ask.world, task, f"{BASE}/prospects/result", page=page)


@connects_by_itself
async def start_companies(ask: Ask) -> dict[str, Any] | Answer:
    filters = _Filters(ask.params.tree("filters"))
    wanted = filters.company(filters.one("locations") or filters.one("company", "locations"))
    page = _page(ask)
    if not wanted:
        raise Invalid("no_filter", "The filters field is required.", field="filters")
    refused = await _unknown(ask, "filters.locations", wanted.locations, wanted.industries, of_people=False)
    if refused is not None:
        return refused
    request = {"filters": finder.packed(wanted), "page": page}
    task = await searches.start(ask, "companies", request, [finder.companies_charge(request)])
    return searches.started(ask.world, task, f"{BASE}/companies/result", page=page)


@connects_by_itself
async def people_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, "people")


@connects_by_itself
async def companies_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, "companies")


@shows("people")
def people_body(world: World, task: Task) -> dict[str, Any]:
    hashes = searches.prospect_hashes(world, "database")
    data = None
    if is_over(task):
        people = [_person(world, task, person, hashes.long(task.workspace_id, person["id"]))
                  for person in task.result["people"]]  # fmt: skip
        data = _pages(task) | {"prospects": people}
    return _answer(task, data)


@shows("companies")
def companies_body(world: World, task: Task) -> dict[str, Any]:
    data = None
    if is_over(task):
        data = _pages(task) | {"companies": [_company(company) for company in task.result["companies"]]}
    return _answer(task, data)


def _answer(task: Task, data: dict[str, Any] | None) -> dict[str, Any]:
    meta = {"task_hash": task.token, "page": task.request["page"]}
    return {"data": data, "meta": meta, "links": [], "status": status(task)}


def _pages(task: Task) -> dict[str, Any]:
    total = task.result["total"]
    return {"total": total, "page": task.request["page"], "total_pages": finder.pages(total)}


def _person(world: World, task: Task, person: dict[str, Any], prospect_hash: str) -> dict[str, Any]:
    shown = {
        "first_name": person["first_name"],
        "last_name": masked(person["last_name"], 3),
        "job_title": person["position"] or "",
        "location": person["location"] or "",
        "linkedin_url": _masked_profile(person["profile"]),
        "industry": person["company"]["industry"] or "",
        "email_and_hidden_info_reveal": link(world, f"{BASE}/prospects/search-emails/start/{prospect_hash}"),
        "company": {key: person["company"][key] for key in ("name", "domain", "location", "industry", "size")},
    }
    if person["list_id"] is not None:
        shown["list_id"] = person["list_id"]
    return shown


def masked(text: str, stars: int) -> str:
    """A short real beginning, then asterisks; never the whole."""
    return text[: min(SHOWN_OF_A_NAME, max(0, len(text) - 1))] + "*" * stars if text else ""


def _masked_profile(profile: str | None) -> str | None:
    if not profile:
        return None
    kind, _, name = profile.rpartition("/")
    return f"https://linkedin.com/{kind}/{masked(name, 6)}"


def _company(company: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": company["name"] or "",
        "domain": company["domain"],
        "location": company["location"] or "",
        "industry": company["industry"] or "",
        "size": company["size"] or "",
        "revenue": {"min": company["revenue_min"], "max": company["revenue_max"], "reported": 0},
        "logo_url": company["logo"],
    }


def _page(ask: Ask) -> int:
    page = ask.params.integer("page", least=1, most=finder.LARGEST_PAGE) or 1
    allowed = ask.caller.account.plan.database_search_pages
    if allowed is not None and page > allowed:
        raise NotAllowed("page_not_allowed", "Your plan shows the first page of a search only.")
    return page


async def _unknown(
    ask: Ask, field: str, locations: LocationChoice, industries: Choice | None, *, of_people: bool
) -> Answer | None:
    """The answer for a place or an industry nobody is in, with what there is instead."""
    async with ask.world.db.statement() as conn:
        places = await corpus.unknown_locations(conn, ask.workspace_id, locations.include, of_people=of_people)
        if places is not None:
            refused = validation(field, f"No match for a locality of {field}.")
            similar = [{"locality": one.locality, "location_type": one.type} for one in places]
            return Answer(refused.status, {**refused.body, "suggestions": similar})
        if industries is not None:
            names = await corpus.unknown_industries(conn, ask.workspace_id, industries.include)
            if names is not None:
                refused = validation("filters.company.industries", "No match for an industry.")
                return Answer(refused.status, {**refused.body, "suggestions": names})
    return None


class _Filters:
    """The tree under `filters`, read with care. Raises `Invalid` naming the path."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree

    def one(self, *path: str) -> Any:
        """What stands at a path; dotted keys (`prospect.locations.include`) are read too. None: nothing."""
        node = self._tree
        for key in path:
            if not isinstance(node, dict):
                return None
            if key in node:
                node = node[key]
            else:
                node = {name[len(key) + 1 :]: given for name, given in node.items() if name.startswith(f"{key}.")}
        return None if node in ("", [], {}) else node

    def people(self) -> PeopleFilter:
        return PeopleFilter(
            titles=self._choice("prospect", "job_titles"),
            levels=self._choice("prospect", "management_levels", among=tuple(Level)),
            departments=self._choice("prospect", "departments", among=tuple(Department)),
            locations=self._locations(self.one("prospect", "locations"), "prospect.locations"),
            skills=self._choice("prospect", "skills"),
            first_name=self._text("prospect", "first_name"),
            last_name=self._text("prospect", "last_name"),
            company=self.company(self.one("company", "locations")),
        )

    def company(self, locations: Any) -> CompanyFilter:
        least = self._number("company", "revenue", "min", among=REVENUES)
        most = self._number("company", "revenue", "max", among=(*REVENUES, MOST_REVENUE))
        if least is not None and most is not None and least > most:
            raise Invalid("bad_revenue", "The filters.company.revenue.min may not be above max.", field="filters")
        return CompanyFilter(
            names=self._choice("company", "name"),
            locations=self._locations(locations, "company.locations"),
            industries=self._choice("company", "industries"),
            sizes=_known(_texts(self.one("company", "size"), "company.size"), SIZE_WORDS, "company.size"),
            revenue_min=least,
            revenue_max=most,
            specialities=_texts(self.one("company", "specialities"), "company.specialities"),
            founded_from=self._number("company", "founded", "from"),
            founded_till=self._number("company", "founded", "till"),
        )

    def _choice(self, *path: str, among: Sequence[str] = ()) -> Choice:
        name = ".".join(path)
        include = _texts(self.one(*path, "include"), f"{name}.include")
        exclude = _texts(self.one(*path, "exclude"), f"{name}.exclude")
        if among:
            include, exclude = _known(include, among, name), _known(exclude, among, name)
        return Choice(include, exclude)

    def _locations(self, tree: Any, name: str) -> LocationChoice:
        within = _Filters(tree)
        return LocationChoice(
            _localities(within.one("include"), f"{name}.include"), _localities(within.one("exclude"), f"{name}.exclude")
        )

    def _text(self, *path: str) -> str:
        texts = _texts(self.one(*path), ".".join(path))
        return texts[0] if texts else ""

    def _number(self, *path: str, among: Sequence[int] = ()) -> int | None:
        name = f"filters.{'.'.join(path)}"
        value = self.one(*path)
        if value is None:
            return None
        try:
            number = int(str(value).strip())
        except ValueError:
            raise Invalid("not_an_integer", f"The {name} must be an integer.", field=name) from None
        if among and number not in among:
            raise Invalid("out_of_range", f"The {name} must be one of {', '.join(map(str, among))}.", field=name)
        if not 0 <= number <= MOST_REVENUE:
            raise Invalid("out_of_range", f"The {name} is out of range.", field=name)
        return number


def _list(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, dict) and all(key.isdigit() for key in value):
        value = list(value.values())  # written as name[0]=..., name[1]=...
    items = value if isinstance(value, list) else [value]
    if len(items) > MOST_VALUES:
        raise Invalid("too_many", f"The filters.{name} may not have more than {MOST_VALUES} items.", field="filters")
    return items


def _texts(value: Any, name: str) -> tuple[str, ...]:
    texts = []
    for item in _list(value, name):
        if isinstance(item, (dict, list, bool)):
            raise Invalid("not_a_text", f"The filters.{name} must be texts.", field=f"filters.{name}")
        if text := str(item if item is not None else "").strip():
            texts.append(text[:LONGEST_VALUE])
    return tuple(texts)


def _known(words: tuple[str, ...], among: Sequence[str], name: str) -> tuple[str, ...]:
    for word in words:
        if word not in among:
            field = f"filters.{name}"
            raise Invalid("unknown_word", f"The {field} must be one of {', '.join(among)}.", field=field)
    return words


def _localities(value: Any, name: str) -> tuple[Location, ...]:
    """One object or several, a text or several; a locality may be an array of texts itself."""
    found = []
    for item in _list(value, name):
        if not isinstance(item, dict):
            found += [Location(text) for text in _texts(item, name)]
            continue
        kinds = _known(_texts(item.get("location_type"), name), tuple(LocationType), f"{name}.location_type")
        kind = LocationType(kinds[0]) if kinds else None
        found += [Location(text, kind) for text in _texts(item.get("locality"), f"{name}.locality")]
    return tuple(found)
