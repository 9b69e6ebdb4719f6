"""Files of contacts, cards and letters come in as evidence: exports of other tools, vCards, mailboxes (mbox)."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from fairlead.corpus import recording, rules
from fairlead.corpus.contacts import Contact, is_generic, is_private_mail
from fairlead.corpus.findings import CompanyFinding, Method
from fairlead.corpus.letters import signatures_in
from fairlead.corpus.model import INSTALLATION, Place, Source, SourceId, SourceKind
from fairlead.corpus.store import sources as store
from fairlead.importing.columns import guess_mapping
from fairlead.importing.files import open_source
from fairlead.importing.model import Broken, Column
from fairlead.importing.model import Source as File
from fairlead.kit.countries import country_code
from fairlead.kit.profiles import linkedin_profile
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import domain_key, split_address, split_name
from fairlead.world import World

ROWS_TOGETHER: Final = 20_000
SAMPLE: Final = 50
LETTERS: Final = frozenset({".mbox", ".mbx"})
LONGEST_CELL: Final = 500
_READ_TOGETHER: Final = 1 << 20
_K = TypeVar("_K")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    source_id: SourceId
    known_before: bool
    """The same file was imported before: nothing was changed."""
    rows: int = 0
    contacts: int = 0
    failed: int = 0
    """Rows without an address, a profile or a name at a company, or that could not be read."""
    hidden: int = 0


@dataclass(frozen=True)
class Sighting:
    """What a row or letter says: of a person or address, and of a company."""

    contact: Contact
    company: CompanyFinding | None = None


Step = Callable[[int, float], None]
"""Told how many rows are in, and how far the file has come (0 to 1)."""


async def import_contacts(
    world: World,
    path: Path,
    *,
    owner: int | None,
    given: Mapping[str, str] | None = None,
    progress: Step = lambda rows, done: None,
) -> Imported:
    """Takes a file in as evidence of `owner` (a workspace; None: the installation).

    CSV, JSONL, Parquet and vCard by their columns, whose meaning is guessed or `given` ({column: field}); mbox by the
    signatures of its letters. The same content is taken in once; an import that was interrupted goes on behind the last
    rows that were written. Raises `NotFound` and `Invalid` for a file that cannot be read.
    """
    letters = path.suffix.lower() in LETTERS
    now = world.clock.now()
    digest = await asyncio.to_thread(_digest, path)
    source = Source(
        SourceKind.SIGNATURE if letters else SourceKind.IMPORT, path.name, now, digest, None, note=store.UNFINISHED
    )
    if letters:
        sightings, done = _of_letters(path), _unknown
    else:
        sightings, done = _of_rows(await asyncio.to_thread(open_source, path), given, now)
    owned_by = owner if owner is not None else INSTALLATION
    async with world.db.transaction() as conn:
        source_id, _ = await store.open_source(conn, source, owned_by, now)
        before = await store.rows_written(conn, source_id)
    if before is None:
        return Imported(source_id, known_before=True)
    rows = contacts = failed = hidden = 0
    # The next rows are read while the database writes the ones before.
    coming = asyncio.create_task(asyncio.to_thread(_next_of, sightings))
    while lot := await coming:
        coming = asyncio.create_task(asyncio.to_thread(_next_of, sightings))
        rows += len(lot)
        told = [sighting for sighting in lot if sighting is not None]
        failed += len(lot) - len(told)
        if rows <= before:
            contacts += len(told)
            continue
        async with world.db.transaction() as conn:
            # Another process with the same file waits here, and finds the rows written.
            written = await store.rows_written(conn, source_id, lock=True)
            if written is not None and written < rows:
                await conn.execute("set local statement_timeout = 0")
                pairs = [(int(source_id), sighting.contact) for sighting in told]
                recorded = await recording.write(conn, owned_by, source_id, pairs, now)
                hidden += recorded.hidden
                companies = [(int(source_id), one.company, now) for one in told if one.company is not None]
                await recording.write_companies(conn, owned_by, source.kind, companies)
                await store.note_rows(conn, source_id, rows)
        contacts += len(told)
        progress(rows, done())
    async with world.db.transaction() as conn:
        await store.finish_source(conn, source_id)
    return Imported(source_id, False, rows, contacts, failed, hidden)


def _next_of(sightings: Iterator[Sighting | None]) -> list[Sighting | None]:
    return list(islice(sightings, ROWS_TOGETHER))


def _unknown() -> float:
    return 1.0


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(_READ_TOGETHER):
                digest.update(part)
    except OSError as error:
        raise Invalid("unreadable_file", f"{path} cannot be read: {error.strerror}.", field="file") from error
    return digest.hexdigest()


def _of_letters(path: Path) -> Iterator[Sighting | None]:
    for letter in signatures_in(path):
        yield None if letter is None else Sighting(letter)


def _of_rows(
    file: File, given: Mapping[str, str] | None, now: datetime
) -> tuple[Iterator[Sighting | None], Callable[[], float]]:
    sample = [cells for _, cells in islice(file.rows(), SAMPLE) if not isinstance(cells, Broken)]
    columns = guess_mapping(file.columns, sample, given=given, headed=file.headed)
    if not any(column.target in ("email", "social:linkedIn") for column in columns):
        raise Invalid(
            "no_way_to_reach", "No column holds e-mail addresses or LinkedIn profiles.", field="map"
        )
    reader = RowReader(columns, now)

    def sightings() -> Iterator[Sighting | None]:
        for number, cells in file.rows():
            yield None if isinstance(cells, Broken) else reader.read(number, cells)

    return sightings(), file.done


class RowReader:
    """Reads the rows of one file, by the meaning of its columns."""

    def __init__(self, columns: Sequence[Column], now: datetime) -> None:
        self._now = now
        places: dict[str, list[int]] = {}
        for place, column in enumerate(columns):
            if column.target is not None:
                places.setdefault(column.target, []).append(place)

        def first(target: str) -> int | None:
            return places.get(target, [None])[0]

        self._email, self._name = first("email"), first("name")
        self._first, self._last = first("first_name"), first("last_name")
        self._position, self._company = first("position"), first("company_name")
        self._site, self._industry = first("company_site"), first("industry")
        self._country, self._city = first("country"), first("locality")
        self._phones = places.get("phones", [])
        self._linkedin = first("social:linkedIn")
        self._networks = [
            place for target, found in places.items() for place in found
            if target.startswith("social:") and target != "social:linkedIn"
        ]  # fmt: skip
        self._sites: dict[str, str | None] = {}
        self._countries: dict[str, str | None] = {}
        self._mail_homes: dict[str, str] = {}
        self._places: dict[tuple[str, str | None], Place] = {}
        self._said: dict[tuple[str, str, str, str | None], bool] = {}

    def read(self, number: int, cells: Sequence[str]) -> Sighting | None:
        """None for a row that names nobody."""
        local = domain = None
        if address := _cell(cells, self._email):
            try:
                local, domain = split_address(address)
            except (ValueError, UnicodeError):
                return None
            local = local.lower()
        first, last = _cell(cells, self._first), _cell(cells, self._last)
        if not (first or last) and (name := _cell(cells, self._name)):
            first, last = split_name(name)
        link = _cell(cells, self._linkedin)
        profile = linkedin_profile(link) if link else None
        site = self._domain_of(_cell(cells, self._site))
        home = site or (self._home_of_mail(domain) if domain is not None else "")
        key = None
        if name_key := rules.name_key(first, last):
            key = name_key if home else (f"{local}@{domain}" if local is not None else profile)
        if local is None and key is None:
            return None
        company = _cell(cells, self._company)
        city, country = _cell(cells, self._city), self._country_of(_cell(cells, self._country))
        contact = Contact(
            method=Method.IMPORT,
            seen_at=self._now,
            where=f"row {number}",
            local=local,
            address_domain=domain,
            generic=local is not None and domain is not None and is_generic(local, domain),
            home=home if key is not None else "",
            key=key,
            first_name=first,
            last_name=last,
            position=_cell(cells, self._position) or None,
            employer=home or None if key is not None else None,
            company=company or None if not home else None,
            profile=profile,
            place=self._place(city, country) if key is not None and (city or country) else None,
            profiles=(link, *self._others(cells)) if link and profile else self._others(cells),
            phones=tuple(phone for place in self._phones if (phone := _cell(cells, place))),
            industry=None,
        )
        if not home or not (company or self._industry is not None):
            return Sighting(contact)
        industry = _cell(cells, self._industry)
        # Row after row says the same of a company.
        if (said := (home, company, industry, site)) in self._said:
            return Sighting(contact)
        _remember(self._said, said, True)
        return Sighting(
            contact,
            CompanyFinding(
                home, Method.IMPORT, name=company or None, industry=industry or None,
                site=f"https://{site}" if site else None,
            ),
        )  # fmt: skip

    def _place(self, city: str, country: str | None) -> Place:
        if (city, country) not in self._places:
            _remember(self._places, (city, country), Place(city or None, None, country))
        return self._places[city, country]

    def _others(self, cells: Sequence[str]) -> tuple[str, ...]:
        if not self._networks:
            return ()
        return tuple(link for place in self._networks if "." in (link := _cell(cells, place)))

    def _domain_of(self, site: str) -> str | None:
        if not site:
            return None
        if site not in self._sites:
            bare = site.lower().partition("://")[2] or site.lower()
            try:
                domain = rules.registrable(domain_key(bare.partition("/")[0].partition(":")[0].removeprefix("www.")))
            except ValueError:
                domain = ""
            _remember(self._sites, site, domain if domain and not is_private_mail(domain) else None)
        return self._sites[site]

    def _home_of_mail(self, domain: str) -> str:
        if domain not in self._mail_homes:
            _remember(self._mail_homes, domain, "" if is_private_mail(domain) else rules.registrable(domain))
        return self._mail_homes[domain]

    def _country_of(self, country: str) -> str | None:
        if not country:
            return None
        if country not in self._countries:
            _remember(self._countries, country, country_code(country))
        return self._countries[country]


def _remember(known: dict[_K, _T], key: _K, value: _T) -> None:
    if len(known) > 100_000:
        known.clear()
    known[key] = value


def _cell(cells: Sequence[str], place: int | None) -> str:
    if place is None or place >= len(cells):
        return ""
    cell = cells[place]
    if not cell.isprintable():
        cell = "".join(char if char.isprintable() else " " for char in cell)
    return cell.strip()[:LONGEST_CELL]
