"""Evidence comes in and goes: recording what a source says, taking a source back, what own mail said of an address."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from fairlead.corpus import positions, rules
from fairlead.corpus.contacts import Contact, contacts_on, is_generic, is_private_mail
from fairlead.corpus.findings import CompanyFinding, Method, PageFindings
from fairlead.corpus.model import INSTALLATION, Outcome, Place, Recorded, Source, SourceId, SourceKind
from fairlead.corpus.store import companies as company_store
from fairlead.corpus.store import hiding, withdrawing
from fairlead.corpus.store import recording as store
from fairlead.corpus.store.companies import Card, CompanySighting
from fairlead.corpus.store.recording import StagedContact, StagedDetail
from fairlead.db import Connection
from fairlead.kit.countries import country_code
from fairlead.kit.profiles import linkedin_profile
from fairlead.kit.text import split_address

# A page may claim to be from next year; evidence is never newer than this.
_AHEAD: Final = timedelta(days=1)
_WEIGHTS: Final = {
    SourceKind.PAGE: 1.0, SourceKind.ARCHIVE: 1.0, SourceKind.IMPORT: 0.8, SourceKind.SIGNATURE: 0.7,
    SourceKind.REPLY: 0.5, SourceKind.BOUNCE: 0.1, SourceKind.PROSPECT: 0.6, SourceKind.VERIFICATION: 0.1,
}  # fmt: skip
_OWN_SITE_WEIGHS: Final = 3.0
LONGEST_TEXT: Final = 200
_OUTCOMES: Final = {
    Outcome.BOUNCED: (SourceKind.BOUNCE, Method.BOUNCE),
    Outcome.REPLIED: (SourceKind.REPLY, Method.REPLY),
    Outcome.VALID: (SourceKind.VERIFICATION, Method.VERIFIED),
}


async def record(conn: Connection, source: Source, findings: Sequence[PageFindings], now: datetime) -> Recorded:
    """Writes down what a source says, within the caller's transaction.

    The same source (uri, digest and owner) changes nothing a second time. Of an archive each page is a source of its
    own, so that a page in two archives is the same evidence and may be withdrawn alone.
    """
    owner = source.owner if source.owner is not None else INSTALLATION
    source_id, is_new = await _insert(conn, source, source.uri, source.digest, source.captured_at, now)
    if source.kind is SourceKind.ARCHIVE:
        pages = await _new_pages(conn, owner, source_id, findings, now)
        if not pages:
            return Recorded(source_id, known_before=not is_new)
        said = [(page_id, page, "") for page_id, page in pages]
    elif not is_new:
        return Recorded(source_id, known_before=True)
    else:
        said = [(source_id, page, "" if page.uri == source.uri else page.uri) for page in findings]
    contacts = [(page_id, contact) for page_id, page, where in said for contact in contacts_on(page, where=where)]
    recorded = await write(conn, owner, source_id, contacts, now)
    seen = [(page_id, page, page.company) for page_id, page, _ in said if page.company is not None]
    await _write_companies(conn, owner, source.kind, seen, now)
    return recorded


async def write(
    conn: Connection, owner: int, source_id: int, contacts: Iterable[tuple[int, Contact]], now: datetime
) -> Recorded:
    """Writes contacts down, each with the number of its source, which is there already."""
    kept, hidden = await _without_hidden(conn, list(contacts))
    latest = now + _AHEAD
    labels: dict[str, str] = {}
    titles: dict[str, tuple[str, str, str]] = {}
    where: dict[Place, str] = {}
    for _, contact in kept:
        for domain in (contact.address_domain, contact.home if contact.key is not None else None, contact.employer):
            if domain is not None and domain not in labels:
                labels[domain] = rules.label(domain) if domain else ""
        if contact.position:
            key = rules.folded(contact.position)
            if key and key not in titles:
                titles[key] = (
                    contact.position,
                    positions.level(contact.position),
                    positions.department(contact.position),
                )
        if contact.place is not None and contact.place not in where:
            where[contact.place] = place_key(contact.place)
    domain_ids = await store.domain_ids(conn, labels)
    title_ids = await store.position_ids(conn, titles)
    place_ids = await store.place_ids(conn, {key: place_row(place) for place, key in where.items()})
    details: list[StagedDetail] = []

    def staged() -> Iterable[StagedContact]:
        for source, contact in kept:
            yield StagedContact(
                source,
                min(contact.seen_at, latest),
                contact.snippet,
                rules.METHOD_NUMBERS[contact.method],
                contact.own_domain,
                contact.former,
                contact.generic,
                None if contact.address_domain is None else domain_ids[contact.address_domain],
                contact.local,
                None if contact.key is None else domain_ids[contact.home],
                contact.key,
                contact.first_name,
                contact.last_name,
                title_ids.get(rules.folded(contact.position)) if contact.position else None,
                None if contact.place is None else place_ids[where[contact.place]],
                None if contact.employer is None else domain_ids[contact.employer],
                contact.company,
                contact.profile,
                contact.where or None,
            )

    for source, contact in kept:
        if contact.key is not None and contact.has_details:
            details += _details(source, domain_ids[contact.home], contact)
    change = await store.write_contacts(conn, owner=owner, contacts=staged(), details=details)
    return Recorded(
        SourceId(source_id), False, addresses=change.addresses, people=change.people, evidence=change.evidence,
        hidden=hidden,
    )  # fmt: skip


async def withdraw(conn: Connection, source_id: int) -> int:
    """Takes a source back, with the pages that came from it, and every fact nothing else holds up.

    Returns how many pieces of evidence are gone.
    """
    return await withdraw_all(conn, await withdrawing.sources_with_pages(conn, source_id))


async def withdraw_page(conn: Connection, uri: str, *, owner: int = INSTALLATION) -> int:
    """Takes back all that was seen at an address of the web; how many pieces of evidence are gone."""
    return await withdraw_all(conn, await withdrawing.sources_of_uri(conn, uri=uri, owner=owner))


async def withdraw_all(conn: Connection, sources: Sequence[int]) -> int:
    if not sources:
        return 0
    held = await withdrawing.touched(conn, sources)
    gone = await withdrawing.delete_sources(conn, sources)
    await withdrawing.settle(conn, people=held.people, addresses=held.addresses)
    for owner in sorted({owner for _, owner in held.companies}):
        await _draw_cards(conn, owner, {domain_id for domain_id, of in held.companies if of == owner})
    return gone


async def note_outcome(
    conn: Connection, workspace_id: int, address: str, outcome: Outcome, at: datetime, *, reference: str = ""
) -> bool:
    """What a workspace's own mail said of an address: private evidence that corrects its confidence.

    `reference` names the occasion (a Message-ID): the same one counts once. Whether anything was written: a bounce
    says nothing worth keeping of an address this workspace does not know. Raises nothing for what is no address.
    """
    try:
        local, domain = split_address(address)
    except (ValueError, UnicodeError):
        return False
    local = local.lower()
    if outcome is Outcome.BOUNCED and not await hiding.knows(
        conn, workspace_id=workspace_id, domain=domain, local=local
    ):
        return False
    kind, method = _OUTCOMES[outcome]
    uri = f"{kind.value}:{reference or at.isoformat()}:{local}@{domain}"
    source_id, is_new = await store.insert_source(
        conn, owner=workspace_id, parent_id=None, kind=kind.value, uri=uri, key=rules.source_key(uri, ""), note="",
        captured_at=at, now=at,
    )  # fmt: skip
    if not is_new:
        return False
    contact = Contact(method=method, seen_at=at, local=local, address_domain=domain, generic=is_generic(local, domain))
    written = await write(conn, workspace_id, source_id, [(source_id, contact)], at)
    return written.evidence > 0


async def _insert(
    conn: Connection, source: Source, uri: str, digest: str, captured_at: datetime, now: datetime
) -> tuple[SourceId, bool]:
    id_, is_new = await store.insert_source(
        conn,
        owner=source.owner if source.owner is not None else INSTALLATION,
        parent_id=None,
        kind=source.kind.value,
        uri=uri,
        key=rules.source_key(uri, digest),
        note=source.note,
        captured_at=captured_at,
        now=now,
    )
    return SourceId(id_), is_new


async def _new_pages(
    conn: Connection, owner: int, parent_id: int, findings: Sequence[PageFindings], now: datetime
) -> list[tuple[int, PageFindings]]:
    by_key: dict[bytes, PageFindings] = {}
    for page in findings:
        if not page.empty:
            digest = page.digest or page.captured_at.isoformat()
            by_key.setdefault(rules.source_key(page.uri, digest), page)
    ids = await store.insert_pages(
        conn,
        owner=owner,
        parent_id=parent_id,
        keys=list(by_key),
        uris=[page.uri for page in by_key.values()],
        captured_at=[page.captured_at for page in by_key.values()],
        now=now,
    )
    return [(ids[key], page) for key, page in by_key.items() if key in ids]


async def _without_hidden(
    conn: Connection, contacts: list[tuple[int, Contact]]
) -> tuple[list[tuple[int, Contact]], int]:
    """The contacts without addresses and people that are hidden, and how many were left out."""
    addresses_hidden, people_hidden = await hiding.anything_hidden(conn)
    if not (addresses_hidden or people_hidden):
        return contacts, 0
    addresses = (
        {contact.address for _, contact in contacts if contact.address is not None} if addresses_hidden else set()
    )
    claimed = await hiding.claimed_among(conn, sorted(addresses)) if addresses else set()
    hashes = {
        value
        for _, contact in contacts
        for value in rules.person_hashes(domain=contact.home, key=contact.key or "", profile=contact.profile)
    }
    gone = await hiding.hidden_people_among(conn, sorted(hashes)) if people_hidden else set()
    kept = []
    for source, contact in contacts:
        forms = rules.person_hashes(domain=contact.home, key=contact.key or "", profile=contact.profile)
        if contact.address in claimed or not gone.isdisjoint(forms):
            continue
        kept.append((source, contact))
    return kept, len(contacts) - len(kept)


def place_key(place: Place) -> str:
    return "|".join((rules.folded(place.city or ""), rules.folded(place.state or ""), place.country or ""))


def place_row(place: Place) -> tuple[str | None, ...]:
    return (
        place.city, place.state, place.country,
        rules.folded(place.city) if place.city else None, rules.folded(place.state) if place.state else None,
    )  # fmt: skip


def _details(source_id: int, home_id: int, contact: Contact) -> Iterable[StagedDetail]:
    assert contact.key is not None

    def detail(kind: str, value: str, key: str) -> StagedDetail:
        return StagedDetail(source_id, home_id, contact.key or "", kind, value[: LONGEST_TEXT * 4], key[:LONGEST_TEXT])

    for link in contact.profiles:
        yield detail("profile", link, linkedin_profile(link) or link.lower().rstrip("/"))
    if contact.profile is not None and not contact.profiles:
        yield detail("profile", f"https://www.linkedin.com/{contact.profile}", contact.profile)
    for phone in contact.phones:
        yield detail("phone", phone, phone)
    for skill in contact.skills:
        yield detail("skill", skill, rules.folded(skill))
    if contact.industry:
        yield detail("industry", contact.industry, rules.folded(contact.industry))


# Companies.


async def write_companies(
    conn: Connection, owner: int, kind: SourceKind, seen: Sequence[tuple[int, CompanyFinding, datetime]]
) -> None:
    """Companies of rows: (source, what it says, when)."""
    found = [
        (source_id, finding, seen_at, _WEIGHTS[kind], Place(finding.city, None, country_code(finding.country or "")))
        for source_id, finding, seen_at in seen
    ]
    await _write_sightings(conn, owner, found)


async def _write_companies(
    conn: Connection,
    owner: int,
    kind: SourceKind,
    seen: Sequence[tuple[int, PageFindings, CompanyFinding]],
    now: datetime,
) -> None:
    found = []
    for source_id, page, finding in seen:
        weight = _WEIGHTS[kind] * (_OWN_SITE_WEIGHS if page.domain == finding.domain else 1.0)
        place = Place(finding.city, None, finding.country)
        found.append((source_id, finding, min(page.captured_at, now + _AHEAD), weight, place))
    await _write_sightings(conn, owner, found)


async def _write_sightings(
    conn: Connection, owner: int, found: Sequence[tuple[int, CompanyFinding, datetime, float, Place]]
) -> None:
    found = [one for one in found if one[1].domain and not is_private_mail(one[1].domain)]
    if not found:
        return
    ids = await store.domain_ids(conn, {finding.domain: rules.label(finding.domain) for _, finding, *_ in found})
    sightings: dict[tuple[int, int, str | None], CompanySighting] = {}
    for source_id, finding, seen_at, weight, place in found:
        sighting = CompanySighting(
            source_id=source_id,
            domain_id=ids[finding.domain],
            seen_at=seen_at,
            weight=weight,
            founded=finding.founded,
            name=_short(finding.name),
            city=_short(place.city),
            state=_short(place.state),
            country=place.country,
            phone=finding.phone,
            industry=_short(finding.industry),
            size=rules.size_range(finding.size),
            site=finding.site,
            logo=None,
            social=list(finding.social),
            related=list(finding.related_domains),
            specialities=[],
            revenue_min=None,
            revenue_max=None,
        )
        # Row after row of one file says the same of its company.
        sightings.setdefault((source_id, sighting.domain_id, sighting.name), sighting)
    await company_store.insert_sightings(conn, list(sightings.values()))
    await _draw_cards(conn, owner, set(ids.values()))


async def _draw_cards(conn: Connection, owner: int, domain_ids: set[int]) -> None:
    said = await company_store.sightings(conn, domain_ids, owner)
    drawn = {domain_id: card(sightings) for domain_id, sightings in said.items()}
    places = {
        domain_id: Place(sighting.city, sighting.state, sighting.country)
        for domain_id, sighting in drawn.items()
        if sighting.city or sighting.state or sighting.country
    }
    ids = await store.place_ids(conn, {place_key(place): place_row(place) for place in places.values()})
    cards = [
        Card(
            domain_id=domain_id,
            founded=best.founded,
            place_id=ids[place_key(places[domain_id])] if domain_id in places else None,
            name=best.name,
            name_key=rules.company_key(best.name) if best.name else None,
            phone=best.phone,
            industry=best.industry,
            size=best.size,
            site=best.site,
            logo=best.logo,
            social=best.social,
            related=best.related,
            specialities=best.specialities,
            revenue_min=best.revenue_min,
            revenue_max=best.revenue_max,
        )
        for domain_id, best in drawn.items()
    ]
    await company_store.replace_cards(conn, owner=owner, domain_ids=domain_ids, cards=cards)


def card(sightings: Sequence[CompanySighting]) -> CompanySighting:
    """Of each field the value with the most weight behind it; of equals the latest. Lists are joined.

    City, state and country are believed together. `sightings` come the latest first.
    """
    if len(sightings) == 1:
        return sightings[0]

    def best(values: Iterable[tuple[Any, float]]) -> Any:
        weights: dict[Any, float] = {}
        for value, weight in values:
            if value is not None:
                weights[value] = weights.get(value, 0.0) + weight
        # The first of the heaviest: dicts keep the order, in which the latest comes first.
        return max(weights, key=lambda value: weights[value], default=None)

    first = sightings[0]
    fields: dict[str, Any] = {
        field: best((getattr(sighting, field), sighting.weight) for sighting in sightings)
        for field in ("founded", "name", "phone", "industry", "size", "site", "logo", "revenue_min", "revenue_max")
    }
    places = best(
        ((said.city, said.state, said.country), said.weight)
        for said in sightings
        if said.city or said.state or said.country
    )
    city, state, country = places if isinstance(places, tuple) else (None, None, None)
    joined: dict[str, Any] = {
        field: list(dict.fromkeys(value for sighting in sightings for value in getattr(sighting, field)))[:20]
        for field in ("social", "related", "specialities")
    }
    return first._replace(**{"city": city, "state": state, "country": country, **fields, **joined})


def _short(text: str | None) -> str | None:
    short = " ".join((text or "").split())[:LONGEST_TEXT]
    return short or None
