"""The SQL of searches over all people and companies.

Filters come in any combination, so the statement is put together from conditions that are each a fixed text; what is
asked for goes as parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fairlead.corpus.store.reading import COMPANY, COMPANY_FROM, PERSON, PERSON_FROM, CompanyRow, PersonRow, like
from fairlead.db import Connection
from fairlead.kit.countries import NAMES

MOST_COUNTED: Final = 100_000
"""Hits are looked at up to this number: of a search that fits more, so many are counted and shown."""
_DIFFERENT_INDUSTRIES: Final = 5_000
_PLACES_LOOKED_AT: Final = 300


@dataclass(frozen=True)
class PlacePattern:
    """Places that fit any of these: folded names of a city or state, codes of countries."""

    city: str | None = None
    state: str | None = None
    countries: Sequence[str] = ()


@dataclass
class Conditions:
    """Conditions on `lead_people p` or `lead_companies c`, and the values they ask for."""

    workspace_id: int
    values: dict[str, Any] = field(default_factory=dict)
    clauses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values["workspace_id"] = self.workspace_id

    def _name(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def _add(self, clause: str, included: bool) -> None:
        self.clauses.append(clause if included else f"not coalesce({clause}, false)")

    def titles(self, parts: Sequence[str], included: bool) -> None:
        patterns = [like(part) for part in parts if part]
        if patterns:
            name = self._name(patterns)
            self._add(f"p.position_id in (select id from lead_positions where key like any({name}::text[]))", included)

    def positions(self, column: str, words: Sequence[str], included: bool) -> None:
        """`column` is level or department."""
        if words:
            name = self._name(list(words))
            self._add(f"p.position_id in (select id from lead_positions where {column} = any({name}))", included)

    def places(self, table: str, patterns: Sequence[PlacePattern], included: bool) -> None:
        if patterns:
            fits = " or ".join(self._place(pattern) for pattern in patterns)
            self._add(f"{table}.place_id in (select w.id from lead_places w where {fits})", included)

    def _place(self, pattern: PlacePattern) -> str:
        either = []
        if pattern.city:
            either.append(f"w.city_key = {self._name(pattern.city)}")
        if pattern.state:
            either.append(f"w.state_key = {self._name(pattern.state)}")
        if pattern.countries:
            either.append(f"w.country = any({self._name(list(pattern.countries))})")
        return f"({' or '.join(either)})" if either else "false"

    def skills(self, keys: Sequence[str], included: bool) -> None:
        if keys:
            name = self._name(list(keys))
            self._add(
                "exists (select from lead_details x where x.person_id = p.id and x.kind = 'skill'"
                f" and x.key = any({name}))",
                included,
            )

    def name(self, column: str, text: str) -> None:
        """`column` is first_name or last_name; what begins so fits."""
        if text.strip():
            beginning = like(text.strip().lower())[1:]
            self._add(f"lower(p.{column}) like {self._name(beginning)}", True)

    def company_names(self, keys: Sequence[str], included: bool) -> None:
        patterns = [like(key) for key in keys if key]
        if patterns:
            self._add(f"c.name_key like any({self._name(patterns)}::text[])", included)

    def industries(self, names: Sequence[str], included: bool) -> None:
        if names:
            self._add(f"lower(c.industry) = any({self._name([name.strip().lower() for name in names])})", included)

    def company_numbers(
        self,
        *,
        sizes: Sequence[str],
        revenue_min: int | None,
        revenue_max: int | None,
        founded_from: int | None,
        founded_till: int | None,
        specialities: Sequence[str],
    ) -> None:
        if sizes:
            self._add(f"c.size = any({self._name(list(sizes))})", True)
        if revenue_min is not None:
            self._add(f"c.revenue_max >= {self._name(revenue_min)}", True)
        if revenue_max is not None:
            self._add(f"c.revenue_min <= {self._name(revenue_max)}", True)
        if founded_from is not None:
            self._add(f"c.founded >= {self._name(founded_from)}", True)
        if founded_till is not None:
            self._add(f"c.founded <= {self._name(founded_till)}", True)
        if specialities:
            name = self._name(list(specialities))
            self._add(f"exists (select from unnest(c.specialities) one where lower(one) = any({name}))", True)

    def at_company(self, company: "Conditions") -> None:
        self._add(
            "p.domain_id in (select c.domain_id from lead_companies c"
            f" where c.owner in (0, %(workspace_id)s) and {' and '.join(company.clauses)})",
            True,
        )

    @property
    def text(self) -> str:
        return " and ".join(self.clauses) if self.clauses else "true"


async def people(conn: Connection, wanted: Conditions, *, offset: int, limit: int) -> tuple[int, list[PersonRow]]:
    """(hits, a page of them), the best known first."""
    cur = await conn.execute(
        f"""
        with hits as materialized (
          select p.id, p.rank
            from lead_people p
           where p.owner in (0, %(workspace_id)s) and not p.shadowed and {wanted.text}
           limit {MOST_COUNTED}),
        page as (select id from hits order by rank desc, id offset %(offset)s limit %(limit)s)
        select (select count(*) from hits), {PERSON}
          from {PERSON_FROM}
         where p.id in (select id from page)
         order by p.rank desc, p.id
        """,
        {**wanted.values, "offset": offset, "limit": limit},
        prepare=False,
    )
    rows = await cur.fetchall()
    if rows:
        return int(rows[0][0]), [PersonRow(*row[1:]) for row in rows]
    return (await people(conn, wanted, offset=0, limit=1))[0] if offset else 0, []


async def companies(conn: Connection, wanted: Conditions, *, offset: int, limit: int) -> tuple[int, list[CompanyRow]]:
    """(hits, a page of them), those with most known people first."""
    cur = await conn.execute(
        f"""
        with hits as materialized (
          select c.domain_id, c.owner,
                 coalesce((select sum(n.people) from lead_counts n
                            where n.domain_id = c.domain_id and n.owner in (0, %(workspace_id)s)), 0) as known
            from lead_companies c
           where c.owner in (0, %(workspace_id)s) and not c.shadowed and {wanted.text}
           limit {MOST_COUNTED}),
        page as (
          select domain_id, owner, known from hits
           order by known desc, domain_id, owner offset %(offset)s limit %(limit)s)
        select (select count(*) from hits), {COMPANY}
          from {COMPANY_FROM}
          join page on page.domain_id = c.domain_id and page.owner = c.owner
         order by page.known desc, c.domain_id, c.owner
        """,
        {**wanted.values, "offset": offset, "limit": limit},
        prepare=False,
    )
    rows = await cur.fetchall()
    if rows:
        return int(rows[0][0]), [CompanyRow(*row[1:]) for row in rows]
    return (await companies(conn, wanted, offset=0, limit=1))[0] if offset else 0, []


# What is there to choose from; only what the workspace may see.

_SEEN = {
    True: "exists (select from lead_people p where p.place_id = w.id and p.owner in (0, %(workspace_id)s))",
    False: "exists (select from lead_companies c where c.place_id = w.id and c.owner in (0, %(workspace_id)s))",
}


async def any_place(conn: Connection, workspace_id: int, pattern: PlacePattern, *, of_people: bool) -> bool:
    wanted = Conditions(workspace_id)
    fits = wanted._place(pattern)
    cur = await conn.execute(
        f"select exists (select from lead_places w where {fits} and {_SEEN[of_people]})", wanted.values, prepare=False
    )
    row = await cur.fetchone()
    assert row is not None
    return bool(row[0])


async def places_like(conn: Connection, workspace_id: int, key: str, *, limit: int) -> list[tuple[str, str]]:
    """(name, kind) of places people or companies are in, the likest first."""
    cur = await conn.execute(
        f"""
        select w.city, w.state, w.country,
               similarity(coalesce(w.city_key, ''), %(key)s), similarity(coalesce(w.state_key, ''), %(key)s)
          from lead_places w
         where {_SEEN[True]} or {_SEEN[False]}
         order by greatest(similarity(coalesce(w.city_key, ''), %(key)s),
                           similarity(coalesce(w.state_key, ''), %(key)s)) desc, w.id
         limit {_PLACES_LOOKED_AT}
        """,
        {"workspace_id": workspace_id, "key": key},
        prepare=False,
    )
    likeness: dict[tuple[str, str], float] = {}
    for city, state, country, of_city, of_state in await cur.fetchall():
        for name, kind, like_it in ((city, "city", of_city), (state, "state", of_state)):
            if name:
                likeness[name, kind] = max(likeness.get((name, kind), 0.0), like_it)
        if country:
            likeness.setdefault((str(NAMES.get(country, country)), "country"), 0.0)
    return sorted(likeness, key=lambda place: (-likeness[place], place))[:limit]


async def any_industry(conn: Connection, workspace_id: int, industry: str) -> bool:
    cur = await conn.execute(
        """
        select exists (select from lead_companies
                        where lower(industry) = %(industry)s and owner in (0, %(workspace_id)s))
        """,
        {"industry": industry.strip().lower(), "workspace_id": workspace_id},
    )
    row = await cur.fetchone()
    assert row is not None
    return bool(row[0])


async def industries_like(conn: Connection, workspace_id: int, industry: str, *, limit: int) -> list[str]:
    """Industries of companies, the likest first; found by jumping from one to the next in their index."""
    cur = await conn.execute(
        f"""
        with recursive different (name, n) as (
          (select lower(industry), 1 from lead_companies where industry is not null order by lower(industry) limit 1)
          union all
          select (select lower(c.industry) from lead_companies c where lower(c.industry) > d.name
                   order by lower(c.industry) limit 1), d.n + 1
            from different d where d.name is not null and d.n < {_DIFFERENT_INDUSTRIES})
        select shown.industry
          from different d,
               lateral (select c.industry from lead_companies c
                         where lower(c.industry) = d.name and c.owner in (0, %(workspace_id)s) limit 1) shown
         order by similarity(d.name, %(industry)s) desc, d.name
         limit %(limit)s
        """,
        {"industry": industry.strip().lower(), "workspace_id": workspace_id, "limit": limit},
        prepare=False,
    )
    return [row[0] for row in await cur.fetchall()]
