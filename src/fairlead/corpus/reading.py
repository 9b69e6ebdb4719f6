"""What a workspace may know: its own evidence and the installation's, never another's."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from fairlead.corpus import rules
from fairlead.corpus.contacts import is_private_mail
from fairlead.corpus.model import (
    AddressFacts,
    AddressId,
    AddressStanding,
    Counts,
    Job,
    KnownAddress,
    KnownCompany,
    KnownPerson,
    PersonId,
    Place,
    WholePerson,
)
from fairlead.corpus.store import reading as store
from fairlead.corpus.store.reading import AddressRow, CompanyRow, PersonRow
from fairlead.db import Connection
from fairlead.kit.profiles import linkedin_profile
from fairlead.kit.text import domain_key, split_address

MOST_ADDRESSES: Final = 1_000
MOST_RELATED: Final = 20


def normalized_domain(text: str) -> str:
    """`text` as a domain: lower case, without scheme, path and a leading `www.`. Raises `ValueError`.

    Source: contract section 5.
    """
    bare = text.strip().lower()
    for scheme in ("http://", "https://", "//"):
        bare = bare.removeprefix(scheme)
    host = bare.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2].partition(":")[0]
    return domain_key(host.removeprefix("www."))


# Counts.


async def counts(conn: Connection, workspace_id: int, domain: str) -> Counts:
    """How much there is at a domain. Nothing where mailboxes belong to anybody."""
    if is_private_mail(domain):
        return Counts()
    return Counts(*await store.counts(conn, workspace_id=workspace_id, domain=domain))


# Addresses.


async def known_addresses(
    conn: Connection,
    workspace_id: int,
    domain: str,
    now: datetime,
    *,
    generic: bool | None = None,
    positions: Sequence[str] | None = None,
    after: int = 0,
    limit: int = MOST_ADDRESSES,
    with_pages: bool = False,
) -> list[KnownAddress]:
    """Addresses of a domain with the people they belong to, in a stable order, from `after` (an id) on.

    `generic` chooses those of tasks or those of persons; None both. With `positions` only those of people with such a
    job title. `with_pages` also tells where each was seen.
    """
    if is_private_mail(domain):
        return []
    rows = await store.addresses_of_domain(
        conn,
        workspace_id=workspace_id,
        domain=domain,
        generic=generic,
        positions=_folded(positions),
        after=after,
        limit=limit,
    )
    return await _with_own(conn, workspace_id, rows, now, with_pages=with_pages)


async def page_of_addresses(
    conn: Connection, workspace_id: int, domain: str, *, generic: bool, after: int, limit: int
) -> list[tuple[int, str]]:
    """(id, address) only, as a page of results shows them."""
    if is_private_mail(domain):
        return []
    rows = await store.page_of_addresses(
        conn, workspace_id=workspace_id, domain=domain, generic=generic, after=after, limit=limit
    )
    return [(id_, f"{local}@{domain}") for id_, local in rows]


async def find_address(conn: Connection, workspace_id: int, address: str, now: datetime) -> KnownAddress | None:
    try:
        local, domain = split_address(address)
    except (ValueError, UnicodeError):
        return None
    rows = await store.find_addresses(conn, workspace_id=workspace_id, domain=domain, locals_=[local.lower()])
    if not rows:
        return None
    first = min(rows, key=lambda row: row.owner)
    return (await _with_own(conn, workspace_id, [first], now))[0]


async def standings(
    conn: Connection, workspace_id: int, addresses: Sequence[str], now: datetime
) -> dict[str, AddressStanding]:
    """By address, as compared, what the evidence for it says in short. The unknown are left out."""
    keys = [address.rpartition("@") for address in addresses]
    rows = await store.rows_of_addresses(
        conn,
        workspace_id=workspace_id,
        locals_=[local for local, _, _ in keys],
        domains=[domain for _, _, domain in keys],
    )
    by_address: dict[str, list[AddressRow]] = {}
    for row in rows:
        by_address.setdefault(f"{row.local}@{row.domain}", []).append(row)
    owners = await store.employment_at_addresses(conn, ids=[row.id for row in rows if row.person_id is not None])
    found = {}
    for address, own in by_address.items():
        told = [owners[row.id] for row in own if row.id in owners]
        former = [past for past, _ in told if past is not None]
        found[address] = AddressStanding(
            confidence=rules.confidence(_facts(own), now),
            employed=not all(former) if former else None,
            on_linkedin=any(profile for _, profile in told),
        )
    return found


async def addresses_of_person(conn: Connection, workspace_id: int, person_id: int, now: datetime) -> list[KnownAddress]:
    """Those of the same person in the workspace's own evidence and the installation's, the most sure first."""
    people = await _same_person(conn, workspace_id, person_id)
    rows = await store.addresses_of_people(conn, workspace_id=workspace_id, ids=[row.id for row in people])
    unique: dict[tuple[str, str], AddressRow] = {}
    for row in sorted(rows, key=lambda row: row.owner):
        unique.setdefault((row.local, row.domain), row)
    known = await _with_own(conn, workspace_id, list(unique.values()), now)
    return sorted(known, key=lambda address: (address.generic, -address.confidence, address.id))


async def _with_own(
    conn: Connection, workspace_id: int, rows: Sequence[AddressRow], now: datetime, *, with_pages: bool = False
) -> list[KnownAddress]:
    """Rows as one address each, weighed with what the workspace's own evidence adds."""
    shared = [row.id for row in rows if row.owner == 0]
    own = {}
    if shared:
        own = {
            (row.local, row.domain): row for row in await store.own_rows_of(conn, workspace_id=workspace_id, ids=shared)
        }
    people = {row.person_id for row in rows} | {row.person_id for row in own.values()}
    ids = [id_ for id_ in people if id_ is not None]
    known = {row.id: row for row in await store.people(conn, workspace_id=workspace_id, ids=ids)} if ids else {}
    pages = await store.pages_of(conn, addresses=[row.id for row in rows]) if with_pages and rows else {}
    found = []
    for row in rows:
        mine = own.get((row.local, row.domain))
        facts = _facts([row] if mine is None else [row, mine])
        person_id = mine.person_id if mine is not None and mine.person_id is not None else row.person_id
        person = known.get(person_id) if person_id is not None else None
        found.append(
            KnownAddress(
                id=AddressId(row.id),
                address=f"{row.local}@{row.domain}",
                generic=row.generic,
                facts=facts,
                confidence=rules.confidence(facts, now),
                person_id=None if person is None else PersonId(person.id),
                first_name=None if person is None else person.first_name,
                last_name=None if person is None else person.last_name,
                position=None if person is None else person.position,
                profile=None if person is None else person.profile,
                source_page=pages.get(row.id),
            )
        )
    return found


def _facts(rows: Sequence[AddressRow]) -> AddressFacts:
    def latest(moments: Iterable[datetime | None]) -> datetime | None:
        return max((moment for moment in moments if moment is not None), default=None)

    bits = 0
    for row in rows:
        bits |= row.methods
    return AddressFacts(
        methods=rules.methods_of(bits),
        sources=sum(row.sources for row in rows),
        own_domain=any(row.own_domain for row in rows),
        first_seen=min(row.first_seen for row in rows),
        last_seen=max(row.last_seen for row in rows),
        replied_at=latest(row.replied_at for row in rows),
        bounced_at=latest(row.bounced_at for row in rows),
        verified_at=latest(row.verified_at for row in rows),
    )


# People.


async def known_people(
    conn: Connection,
    workspace_id: int,
    domain: str,
    *,
    positions: Sequence[str] | None = None,
    offset: int = 0,
    limit: int = 20,
    with_addresses: bool = True,
) -> list[KnownPerson]:
    """People of a company's domain, the best known first. `positions` are parts of job titles, any of which fits."""
    if is_private_mail(domain):
        return []
    rows = await store.people_of_domain(
        conn,
        workspace_id=workspace_id,
        domain=domain,
        positions=_folded(positions),
        offset=offset,
        limit=limit,
    )
    return await as_people(conn, workspace_id, rows, with_addresses=with_addresses)


async def count_people(
    conn: Connection, workspace_id: int, domain: str, *, positions: Sequence[str] | None = None
) -> int:
    parts = _folded(positions)
    if parts is None:
        return (await counts(conn, workspace_id, domain)).people
    if is_private_mail(domain) or (domain_id := await store.find_domain(conn, domain)) is None:
        return 0
    return await store.count_people_in(conn, workspace_id=workspace_id, domain_id=domain_id, positions=parts)


async def find_person(conn: Connection, workspace_id: int, person_id: int) -> KnownPerson | None:
    rows = await store.people(conn, workspace_id=workspace_id, ids=[person_id])
    found = await as_people(conn, workspace_id, rows)
    return found[0] if found else None


async def people_named(
    conn: Connection, workspace_id: int, domain: str, first_name: str, last_name: str
) -> list[KnownPerson]:
    """Whoever bears this name at a company; at most one of the workspace's own evidence and one shared."""
    rows = await store.people_named(
        conn,
        workspace_id=workspace_id,
        domain=rules.registrable(domain),
        key=rules.name_key(first_name, last_name),
    )
    return await as_people(conn, workspace_id, rows)


async def person_of(conn: Connection, workspace_id: int, address: str) -> WholePerson | None:
    """All that is known of the person with this address."""
    try:
        local, domain = split_address(address)
    except (ValueError, UnicodeError):
        return None
    rows = await store.find_addresses(conn, workspace_id=workspace_id, domain=domain, locals_=[local.lower()])
    ids = [row.person_id for row in sorted(rows, key=lambda row: -row.owner) if row.person_id is not None]
    return await _whole(conn, workspace_id, ids)


async def person_by_profile(conn: Connection, workspace_id: int, url: str) -> WholePerson | None:
    """All that is known of the person with this profile on a social network."""
    key = linkedin_profile(url) or url.strip().lower().rstrip("/")
    rows = await store.people_of_profile(conn, workspace_id=workspace_id, profile=key)
    return await _whole(conn, workspace_id, [row.id for row in rows])


async def whole_person(conn: Connection, workspace_id: int, person_id: int) -> WholePerson | None:
    rows = await _same_person(conn, workspace_id, person_id)
    return await _whole(conn, workspace_id, [row.id for row in rows])


async def _same_person(conn: Connection, workspace_id: int, person_id: int) -> list[PersonRow]:
    """The person's rows: the workspace's own and the shared one."""
    rows = await store.people(conn, workspace_id=workspace_id, ids=[person_id])
    if not rows:
        return []
    return await store.people_named(conn, workspace_id=workspace_id, domain=rows[0].domain, key=rows[0].key)


async def _whole(conn: Connection, workspace_id: int, ids: Sequence[int]) -> WholePerson | None:
    if not ids:
        return None
    rows = {row.id: row for row in await store.people(conn, workspace_id=workspace_id, ids=ids)}
    if not rows:
        return None
    first = rows[next(id_ for id_ in ids if id_ in rows)]
    same = await store.people_named(conn, workspace_id=workspace_id, domain=first.domain, key=first.key)
    every = sorted({row.id for row in same} | rows.keys())
    (person,) = await as_people(conn, workspace_id, [first])
    jobs = await store.jobs_of(conn, workspace_id=workspace_id, ids=every)
    details = await store.details_of(conn, workspace_id=workspace_id, ids=every)
    seen_at = await store.last_seen(conn, workspace_id=workspace_id, ids=every)

    def values(kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.value for row in details if row.kind == kind))

    unique = {(row.company, row.domain, row.position, row.former): row for row in reversed(jobs)}
    return WholePerson(
        person=person,
        jobs=tuple(
            Job(row.company, row.domain, row.position, row.former, row.seen_at)
            for row in sorted(unique.values(), key=lambda row: (row.former, -row.seen_at.timestamp()))
        ),
        profiles=values("profile"),
        phones=values("phone"),
        skills=values("skill"),
        industry=next(iter(values("industry")), None),
        seen_at=seen_at or datetime.fromtimestamp(0).astimezone(),
    )


async def as_people(
    conn: Connection, workspace_id: int, rows: Sequence[PersonRow], *, with_addresses: bool = True
) -> list[KnownPerson]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    addresses: dict[int, list[str]] = {}
    if with_addresses:
        for address in await store.addresses_of_people(conn, workspace_id=workspace_id, ids=ids):
            assert address.person_id is not None
            addresses.setdefault(address.person_id, []).append(f"{address.local}@{address.domain}")
    pages = await store.pages_of(conn, people=ids)
    return [
        KnownPerson(
            id=PersonId(row.id),
            first_name=row.first_name,
            last_name=row.last_name,
            domain=row.domain,
            position=row.position,
            place=Place(row.city, row.state, row.country) if row.city or row.state or row.country else None,
            profile=row.profile,
            addresses=tuple(dict.fromkeys(addresses.get(row.id, ()))),
            source_page=pages.get(row.id),
        )
        for row in rows
    ]


def _folded(positions: Sequence[str] | None) -> list[str] | None:
    return [part for part in map(rules.folded, positions) if part] or None if positions else None


# Companies.


async def company(conn: Connection, workspace_id: int, domain: str) -> KnownCompany | None:
    """What is known of the company of a domain; the workspace's own evidence first, field by field."""
    found = await companies(conn, workspace_id, [domain])
    return found.get(domain)


async def companies(conn: Connection, workspace_id: int, domains: Sequence[str]) -> dict[str, KnownCompany]:
    rows = await store.companies(conn, workspace_id=workspace_id, domains=domains)
    found: dict[str, KnownCompany] = {}
    for row in rows:
        card = as_company(row)
        found[row.domain] = _filled(found[row.domain], card) if row.domain in found else card
    return found


async def companies_named(conn: Connection, workspace_id: int, name: str, *, limit: int = 10) -> list[KnownCompany]:
    """Companies whose names are like this one, the likest first."""
    key = rules.company_key(name)
    if not key:
        return []
    rows = await store.companies_named(conn, workspace_id=workspace_id, key=key, limit=limit)
    unique: dict[str, KnownCompany] = {}
    for row in rows:
        unique.setdefault(row.domain, as_company(row))
    return list(unique.values())


async def related_domains(conn: Connection, workspace_id: int, domain: str) -> list[str]:
    """Known domains of the same second-level name, and those the company calls its own."""
    found = await store.related_domains(
        conn, workspace_id=workspace_id, domain=domain, label=rules.label(domain), limit=MOST_RELATED
    )
    card = await company(conn, workspace_id, domain)
    named = [other for other in (card.related_domains if card else ()) if rules.label(other) == rules.label(domain)]
    return [other for other in dict.fromkeys([*found, *named]) if other != domain][:MOST_RELATED]


def as_company(row: CompanyRow) -> KnownCompany:
    return KnownCompany(
        domain=row.domain,
        name=row.name,
        place=Place(row.city, row.state, row.country) if row.city or row.state or row.country else None,
        founded=row.founded,
        phone=row.phone,
        industry=row.industry,
        size=row.size,
        site=row.site,
        logo=row.logo,
        social=tuple(row.social),
        related_domains=tuple(row.related),
        specialities=tuple(row.specialities),
        revenue_min=row.revenue_min,
        revenue_max=row.revenue_max,
    )


def _filled(first: KnownCompany, second: KnownCompany) -> KnownCompany:
    """`first`, and `second` where it says nothing."""
    gaps = {name: value for name, value in vars(second).items() if getattr(first, name) in (None, ())}
    return replace(first, **gaps)
