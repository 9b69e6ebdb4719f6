"""The people of a company."""

import random
from dataclasses import dataclass

from fairlead.sandbox.making import addresses, names, trades
from fairlead.sandbox.making.chance import happens, one, weighted, within
from fairlead.sandbox.making.countries import COUNTRIES, Country
from fairlead.sandbox.making.cultures import CULTURES
from fairlead.sandbox.making.identities import Identity, identity
from fairlead.sandbox.model import Job, Person, Social, Temper

FEWEST, MOST = 3, 40
FOREIGN_SHARE = 0.22
REMOTE_SHARE = 0.06
LEFT_SHARE = 0.05
PUBLISHED_SHARE = 0.5
LISTED_SHARE = 0.6  # of the others: named on the site without an address
YEAR = 2026

TEMPERS = {
    Temper.SILENT: 46,
    Temper.POLITE: 12,
    Temper.CURIOUS: 9,
    Temper.BUSY: 9,
    Temper.ANNOYED: 8,
    Temper.INTERESTED: 7,
    Temper.ABSENT: 6,
    Temper.MOVED_ON: 3,
}
ALL_CULTURES = tuple(CULTURES)


@dataclass(frozen=True)
class Workplace:
    """What people need to know of their company."""

    seed: int
    identity: Identity
    name: str
    founded: int
    country: Country
    language: str
    zone: str
    phone: str
    headcount: int
    publishes: bool  # there is a site a polite crawler may read
    reachable: bool  # mail arrives at all
    house: addresses.House


def people(dice: random.Random, place: Workplace, taken: set[str]) -> tuple[Person, ...]:
    """`taken` holds the local parts that are no person's; those of the people are added."""
    noise = dice.lognormvariate(0, 0.25)
    count = min(place.headcount, MOST, max(FEWEST, round(1.6 * place.headcount**0.45 * noise)))
    heads_wanted = set(trades.DEPARTMENTS)
    return tuple(_person(dice, place, taken, heads_wanted, leads=number == 0) for number in range(count))


def _person(
    dice: random.Random, place: Workplace, taken: set[str], heads_wanted: set[str], *, leads: bool
) -> Person:
    culture = _culture(dice, place.country)
    name = names.name(dice, culture)
    department = "chief" if leads else weighted(dice, trades.DEPARTMENTS)
    position = _position(dice, place.language, department, heads_wanted)
    local, shape = addresses.local_part(dice, place.house, name, culture, taken)
    published = place.publishes and happens(dice, PUBLISHED_SHARE)
    return Person(
        first_name=name.first,
        middle_name=name.middle,
        last_name=name.last,
        nickname=name.nickname,
        position=position,
        department=department,
        email=f"{local}@{place.identity.domain}",
        email_published=published,
        listed=published or (place.publishes and happens(dice, LISTED_SHARE)),
        exists=place.reachable and not happens(dice, LEFT_SHARE),
        shape=shape,
        social=_social(dice, name, culture),
        jobs=_jobs(dice, place, position),
        culture=culture,
        language=place.language,
        zone=one(dice, COUNTRIES).cities[0][1] if happens(dice, REMOTE_SHARE) else place.zone,
        temper=weighted(dice, TEMPERS),
        phone=f"{place.phone}-{within(dice, 10, 99)}" if happens(dice, 0.3) else None,
    )


def _culture(dice: random.Random, country: Country) -> str:
    if not happens(dice, FOREIGN_SHARE):
        return country.cultures[0]
    culture: str = one(dice, country.cultures if happens(dice, 0.6) else ALL_CULTURES)
    return culture


def _position(dice: random.Random, language: str, department: str, heads_wanted: set[str]) -> str:
    """The first of a department may lead it; nobody else does."""
    head, *others = trades.POSITIONS[language][department]
    if department in heads_wanted and (department == "chief" or happens(dice, 0.5)):
        heads_wanted.discard(department)
        return head
    position: str = one(dice, others)
    return position


def _social(dice: random.Random, name: names.Name, culture: str) -> tuple[Social, ...]:
    # The number makes the handle nobody's: it is longer than those the networks give out.
    handle = f"{names.plain(name.first, culture)}-{names.plain(name.last, culture)}".replace(" ", "-")
    number = f"{dice.getrandbits(44):011x}"
    found = []
    if happens(dice, 0.62):
        found.append(Social("linkedin", f"https://www.linkedin.com/in/{handle}-{number}"))
    if happens(dice, 0.12):
        found.append(Social("x", f"https://x.com/{handle.replace('-', '_')[:6]}_{number[:8]}"))
    if happens(dice, 0.08):
        found.append(Social("github", f"https://github.com/{handle}-{number}"))
    if culture == "german" and happens(dice, 0.2):
        found.append(Social("xing", f"https://www.xing.com/profile/{handle}_{number}"))
    return tuple(found)


def _jobs(dice: random.Random, place: Workplace, position: str) -> tuple[Job, ...]:
    since = max(place.founded, YEAR - 1 - int(dice.expovariate(1 / 5)))
    jobs = [Job(place.name, place.identity.domain, position, since, None)]
    for _ in range(weighted(dice, {0: 45, 1: 35, 2: 20})):
        # An earlier place of the same world; one before this one, so that a larger world changes nothing.
        index = within(dice, 0, max(place.identity.index, 5) - 1)
        if index != place.identity.index:
            former = identity(place.seed, index)
            until = since - within(dice, 0, 1)
            since = until - within(dice, 1, 6)
            position = one(dice, trades.POSITIONS["en"][weighted(dice, trades.DEPARTMENTS)][1:])
            jobs.append(Job(former.short_name, former.domain, position, since, until))
    return tuple(jobs)
