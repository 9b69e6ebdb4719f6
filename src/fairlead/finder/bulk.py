"""Many domains searched into a list of prospects. What was done is noted domain by domain, so that it goes on."""

import asyncio
import csv
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from fairlead.accounts import actions as accounts
from fairlead.corpus import actions as corpus
from fairlead.corpus.model import KnownAddress, KnownPerson
from fairlead.db import Connection
from fairlead.finder.domain_search import PEOPLE_PER_PAGE, people_charge
from fairlead.finder.store import bulk as store
from fairlead.kit.countries import NAMES
from fairlead.kit.refusals import Conflict, Invalid, LimitReached, NotAllowed
from fairlead.prospects import actions as prospects
from fairlead.prospects.model import NewProspect
from fairlead.world import World

MOST_LINES: Final = 20_000
MOST_BYTES: Final = 10_000_000
AT_ONCE: Final = 10
# Machine time for the site of a domain nothing is known of.
SITE_SECONDS: Final = 60.0
MOST_PEOPLE: Final = 1_000


@dataclass
class Searched:
    """What a search of many domains did. Each domain is one of `done`, `before` and `left`."""

    domains: int = 0
    done: int = 0
    before: int = 0
    """Done by an earlier run of the same search."""
    found: int = 0
    """Prospects put on the list that were not on it."""
    nothing: int = 0
    """Domains nothing was found at."""
    credits: Decimal = Decimal(0)
    out_of_credits: bool = False
    bad_lines: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.domains - self.done - self.before


def domains_in(path: Path) -> tuple[list[str], list[str]]:
    """(domains, lines without any) of a file with a domain somewhere in each line; the same one counts once.

    Raises `Invalid` for a file above 20,000 lines or 10 MB.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Invalid("file_too_large", f"{path} is larger than 10 MB: split it.", field="file")
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise Invalid("unreadable_file", f"{path} cannot be read: {error.strerror}.", field="file") from error
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise Invalid("too_many_lines", f"{path} has more than {MOST_LINES:,} lines: split it.", field="file")
    domains: dict[str, None] = {}
    bad = []
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        domain = _domain_of(line)
        if domain is not None:
            domains.setdefault(domain)
        elif number:  # the first may name the columns
            bad.append(line[:100])
    return list(domains), bad


async def search_many(
    world: World,
    workspace_id: int,
    domains: Sequence[str],
    *,
    list_name: str,
    positions: Sequence[str] = (),
    all_emails: bool = False,
    again: bool = False,
    progress: Callable[[Searched], None] = lambda searched: None,
) -> Searched:
    """Puts the people known at `domains` on a list, which is made if need be; sites nobody has read are read first.

    A page of 20 people costs a credit, once, as in the API; without credits it ends, and goes on when it is started
    again. `all_emails` also takes addresses of persons whose names are not known. `again` does what is done once more.
    """
    key = _key(list_name, positions, all_emails)
    searched = Searched(domains=len(domains))
    async with world.db.transaction() as conn:
        list_id = await prospects.list_named(conn, workspace_id, list_name, now=world.clock.now())
        if again:
            await store.forget(conn, workspace_id, key)
        done = await store.done(conn, workspace_id, key)
    waiting = [domain for domain in domains if domain not in done]
    searched.before = len(domains) - len(waiting)
    seats = asyncio.Semaphore(AT_ONCE)

    async def one(domain: str) -> None:
        async with seats:
            if searched.out_of_credits:
                return
            await corpus.read_unknown_site(world, workspace_id, domain, seconds=SITE_SECONDS)
            try:
                async with world.db.transaction() as conn:
                    added, spent = await _put_on_list(
                        world, conn, workspace_id, list_id, domain, positions, all_emails=all_emails
                    )
                    await store.note_done(conn, workspace_id, key, domain, world.clock.now())
            except LimitReached:
                searched.out_of_credits = True
                return
            searched.done += 1
            searched.found += added
            searched.credits += spent
            searched.nothing += not added
            progress(searched)

    async with asyncio.TaskGroup() as group:
        for domain in waiting:
            group.create_task(one(domain))
    return searched


async def _put_on_list(
    world: World,
    conn: Connection,
    workspace_id: int,
    list_id: int,
    domain: str,
    positions: Sequence[str],
    *,
    all_emails: bool,
) -> tuple[int, Decimal]:
    """(how many were put on the list, what it cost). Raises `LimitReached`."""
    now = world.clock.now()
    added, spent = 0, Decimal(0)
    for page in range(1, MOST_PEOPLE // PEOPLE_PER_PAGE + 1):
        people = await corpus.known_people(
            conn,
            workspace_id,
            domain,
            positions=positions,
            offset=(page - 1) * PEOPLE_PER_PAGE,
            limit=PEOPLE_PER_PAGE,
        )
        if not people:
            break
        request = {"domain": domain, "positions": list(positions), "page": page}
        spent += await accounts.charge(conn, workspace_id, people_charge(request), now, note=f"search of {domain}")
        card = await corpus.company(conn, workspace_id, domain)
        name = card.name if card else None
        for person in people:
            if (new := _prospect(person, name)) is not None:
                added += await _add(conn, workspace_id, list_id, new, world)
        if len(people) < PEOPLE_PER_PAGE:
            break
    if all_emails and not positions:
        unnamed = await corpus.known_addresses(conn, workspace_id, domain, now, generic=False)
        for new in _without_name(unnamed):
            added += await _add(conn, workspace_id, list_id, new, world)
    return added, spent


async def _add(conn: Connection, workspace_id: int, list_id: int, new: NewProspect, world: World) -> int:
    try:
        async with conn.transaction():
            made = await prospects.add_to_list(
                conn, workspace_id, list_id, new, now=world.clock.now(), source="search"
            )
    except (Conflict, NotAllowed, Invalid):
        return 0  # on the list already, claimed by its owner, or too odd for a prospect
    return int(made.added)


def _prospect(person: KnownPerson, company: str | None) -> NewProspect | None:
    if not person.addresses and not person.profile:
        return None
    return NewProspect(
        email=person.addresses[0] if person.addresses else None,
        first_name=person.first_name or None,
        last_name=person.last_name or None,
        name=f"{person.first_name} {person.last_name}".strip() or None,
        position=person.position,
        company_name=company,
        company_site=f"https://{person.domain}" if person.domain else None,
        locality=person.place.city if person.place else None,
        country=NAMES.get(person.place.country or "") if person.place else None,
        social={"linkedIn": f"https://www.linkedin.com/{person.profile}"} if person.profile else {},
    )


def _without_name(known: Iterable[KnownAddress]) -> Iterable[NewProspect]:
    return (NewProspect(email=address.address) for address in known if address.person_id is None)


def _domain_of(line: str) -> str | None:
    for cell in next(csv.reader([line.replace("\0", "")]), []):
        for part in cell.replace(";", "\t").split("\t"):
            try:
                return corpus.normalized_domain(part)
            except ValueError:
                continue
    return None


def _key(list_name: str, positions: Sequence[str], all_emails: bool) -> bytes:
    text = "\0".join((list_name.casefold(), str(all_emails), *sorted(map(str.casefold, positions))))
    return hashlib.sha256(text.encode()).digest()
