"""One company of the world, made from the seed and its place alone."""

import random

from fairlead.sandbox.making import addresses, mail, people, servers, trades
from fairlead.sandbox.making.chance import happens, one, some, source, weighted, within
from fairlead.sandbox.making.identities import Identity, identity
from fairlead.sandbox.model import Company, Quirk, Robots, Social, Website

SITE_SHARE = 0.93
ROBOTS = {Robots.OPEN: 60, Robots.MISSING: 18, Robots.CRAWL_DELAY: 14, Robots.CLOSED: 4, Robots.BROKEN: 4}
# A polite crawler reads nothing on these.
SHUT = frozenset([Robots.CLOSED, Robots.BROKEN])
QUIRKS = {
    Quirk.NONE: 70, Quirk.SLOW_PAGES: 5, Quirk.HUGE_HOME: 4, Quirk.ENDLESS_HUGE: 3, Quirk.WRONG_CHARSET: 6,
    Quirk.REDIRECT_LOOP: 4, Quirk.ENDLESS_CALENDAR: 5, Quirk.FLAKY: 3,
}  # fmt: skip
HTTPS_SHARE = 0.6
DESIGNS = 4
TRAPS = ("blackhole", "trap", "do-not-mail", "bot-check", "spamtrap", "honey")


def company(seed: int, index: int, wanted_behavior: str | None = None) -> Company:
    """The company at `index`; only its mail follows `wanted_behavior`, where that is given."""
    dice = source(seed, "company", index)
    who = identity(seed, index)
    # Mail has a source of its own, so that a wished behavior leaves the rest as it is.
    mail_dice = source(seed, "mail", index)
    setup = mail.setup(mail_dice, wanted_behavior)

    size = weighted(dice, trades.SIZE_WEIGHTS)
    headcount = _headcount(dice, size)
    industry: str = one(dice, trades.INDUSTRY_NAMES)
    name = _name(dice, who, industry)
    city, zone, numbers = one(dice, who.country.cities)
    phone = _digits(dice, numbers)
    founded = people.YEAR - 1 - min(130, int(dice.expovariate(1 / 17)))
    house = addresses.house(dice, headcount)
    language = who.country.language
    site = _site(dice, who, setup)

    generic = _generic(dice, who.domain, language, headcount)
    honeypots = _honeypots(dice, who.domain) if site else ()
    taken = {address.partition("@")[0] for address in (*generic, *honeypots)}
    place = people.Workplace(
        seed=seed,
        identity=who,
        name=name,
        founded=founded,
        country=who.country,
        language=language,
        zone=zone,
        phone=phone,
        headcount=headcount,
        publishes=site is not None and site.robots not in SHUT,
        reachable=setup.behavior not in mail.UNREACHABLE,
        house=house,
    )
    return Company(
        index=index,
        name=name,
        domain=who.domain,
        size=size,
        headcount=headcount,
        industry=industry,
        city=city,
        street=one(dice, who.country.streets).format(n=within(dice, 1, 240)),
        postal_code=_digits(dice, who.country.postal),
        country=who.country.name,
        country_code=who.country.code,
        language=language,
        zone=zone,
        phone=phone,
        founded=founded,
        related_domains=_related_domains(dice, who, setup),
        pattern=house.pattern,
        provider=setup.provider,
        mail=mail.mail_facts(mail_dice, who.domain, setup),
        site=site,
        people=people.people(dice, place, taken),
        generic=generic,
        honeypots=honeypots,
        social=_social(dice, who),
    )


def _headcount(dice: random.Random, size: str) -> int:
    _, low, high = trades.SIZES[size]
    # Small ones are more frequent inside a band as well.
    return max(people.FEWEST, int(low * (high / low) ** dice.random()))


def _name(dice: random.Random, who: Identity, industry: str) -> str:
    words = [who.short_name]
    if happens(dice, 0.6):
        words.append(one(dice, trades.INDUSTRIES[industry]))
    legal_form: str = one(dice, who.country.legal_forms)
    return " ".join([*words, legal_form]).strip()


def _digits(dice: random.Random, form: str) -> str:
    """`#` becomes a digit."""
    return "".join(str(within(dice, 0, 9)) if mark == "#" else mark for mark in form)


def _site(dice: random.Random, who: Identity, setup: mail.Setup) -> Website | None:
    there = happens(dice, SITE_SHARE)
    robots = weighted(dice, ROBOTS)
    site = Website(
        host=f"www.{who.domain}" if happens(dice, 0.6) else who.domain,
        address=servers.web_address(setup.behavior, setup.wording),
        scheme="https" if happens(dice, HTTPS_SHARE) else "http",
        language=who.country.language,
        design=within(dice, 0, DESIGNS - 1),
        robots=robots,
        crawl_delay_seconds=within(dice, 2, 5) if robots is Robots.CRAWL_DELAY else None,
        quirk=weighted(dice, QUIRKS),
    )
    return site if there and setup.behavior not in mail.WITHOUT_NAMES else None


def _generic(dice: random.Random, domain: str, language: str, headcount: int) -> tuple[str, ...]:
    words = trades.SHARED[language]
    count = 1 + (headcount > 10) + (headcount > 50) + (headcount > 200) + within(dice, 0, 1)
    chosen = [words[0], *some(dice, words[1:], count - 1)]
    if language != "en" and happens(dice, 0.25):
        chosen.extend(word for word in ("sales", "support") if word not in chosen)
    return tuple(f"{word}@{domain}" for word in dict.fromkeys(chosen))


def _honeypots(dice: random.Random, domain: str) -> tuple[str, ...]:
    return tuple(f"{trap}{within(dice, 10, 99)}@{domain}" for trap in some(dice, TRAPS, within(dice, 1, 3)))


def _related_domains(dice: random.Random, who: Identity, setup: mail.Setup) -> tuple[str, ...]:
    related = []
    if happens(dice, 0.35):
        related.append(f"{who.label}.{who.other_tld}")
    if happens(dice, 0.12) and setup.behavior not in mail.WITHOUT_NAMES:
        related.append(f"{who.country.code.lower()}.{who.domain}")
    return tuple(related)


def _social(dice: random.Random, who: Identity) -> tuple[Social, ...]:
    handle = f"{who.label}-{dice.getrandbits(40):010x}"
    found = []
    if happens(dice, 0.7):
        found.append(Social("linkedin", f"https://www.linkedin.com/company/{handle}"))
    if happens(dice, 0.3):
        found.append(Social("x", f"https://x.com/{handle.replace('-', '_')[-15:]}"))
    if happens(dice, 0.3):
        found.append(Social("facebook", f"https://www.facebook.com/{handle}"))
    return tuple(found)
