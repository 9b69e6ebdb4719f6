"""What stands where on a site: its pages, and on which of them each address is written, and how."""

import random
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from fairlead.sandbox.making.chance import happens, one, source, weighted
from fairlead.sandbox.making.names import stripped
from fairlead.sandbox.model import Company, Person, Robots, Website
from fairlead.sandbox.sites.forms import COMPANY_FORMS, INLINE_TRAPS, PERSON_FORMS, Form
from fairlead.sandbox.sites.words import WORDS, Words

PEOPLE_PER_PAGE = 16
PROFILES = 5  # people with a page of their own, where a site has such pages
# A site that hides one address usually hides them all the same way.
HOUSE_FORM_SHARE = 0.55
WEIGHTS = {Form.MAILTO: 9.0, Form.TEXT: 4, Form.JSON_LD_PERSON: 3, Form.JSON_LD_ORGANIZATION: 3,
           Form.HCARD: 2,
           Form.CFEMAIL: 2, Form.AT_BRACKET: 2}  # fmt: skip
FORBIDDEN_FOLDER = "/intern/"


class PageKind(StrEnum):
    HOME = "home"
    CONTACT = "contact"
    TEAM = "team"
    IMPRINT = "imprint"
    PRODUCTS = "products"
    PRODUCT = "product"
    NEWS = "news"
    STORY = "story"
    ABOUT = "about"
    PROFILE = "profile"
    INTERNAL = "internal"  # where robots.txt forbids to look


@dataclass(frozen=True)
class Page:
    path: str
    kind: PageKind
    number: int = 0  # of the product, the story, the page of the team, the person


@dataclass(frozen=True)
class Placement:
    """One address on one page."""

    email: str
    form: Form
    path: str
    person: Person | None = None


@dataclass(frozen=True)
class SitePlan:
    company: Company
    site: Website
    words: Words
    pages: tuple[Page, ...]
    placements: tuple[Placement, ...]  # every published address, some twice
    pictured: tuple[Placement, ...]  # shown as a picture: nobody can read them from the page
    traps: tuple[Placement, ...]
    listed: tuple[Person, ...]  # in the order of the team page
    profiles: tuple[Person, ...]

    @cached_property
    def pages_by_path(self) -> dict[str, Page]:
        return {page.path: page for page in self.pages}

    @cached_property
    def paths(self) -> dict[PageKind, str]:
        """The first page of each kind."""
        return {page.kind: page.path for page in reversed(self.pages)}

    @cached_property
    def by_path(self) -> dict[str, list[Placement]]:
        found: dict[str, list[Placement]] = {}
        for placement in (*self.placements, *self.pictured, *self.traps):
            found.setdefault(placement.path, []).append(placement)
        return found

    @cached_property
    def disallowed(self) -> tuple[str, ...]:
        """Beginnings of paths that robots.txt forbids to everybody."""
        match self.site.robots:
            case Robots.CLOSED | Robots.BROKEN:
                return ("/",)
            case Robots.MISSING:
                return ()
        return (FORBIDDEN_FOLDER, "/search")

    def forbids(self, path: str) -> bool:
        return path != "/robots.txt" and path.startswith(self.disallowed)


def site_plan(company: Company, site: Website) -> SitePlan:
    dice = source(0, "site plan", company.domain)
    words = WORDS[site.language]
    listed = tuple(person for person in company.people if person.listed)
    profiles = listed[:PROFILES] if site.design == 2 else ()
    pages = _pages(words, listed, profiles, site)
    return SitePlan(
        company=company,
        site=site,
        words=words,
        pages=pages,
        placements=_placements(dice, company, listed, profiles, pages),
        pictured=_pictured(dice, listed, pages),
        traps=_traps(dice, company, site, pages),
        listed=listed,
        profiles=profiles,
    )


def slug(text: str) -> str:
    return "-".join(stripped(text).replace("-", " ").split()) or "page"


def _pages(
    words: Words, listed: tuple[Person, ...], profiles: tuple[Person, ...], site: Website
) -> tuple[Page, ...]:
    contact, team, imprint, products, news, about = (f"/{path}" for path in words.paths)
    pages = [Page("/", PageKind.HOME), Page(contact, PageKind.CONTACT), Page(imprint, PageKind.IMPRINT)]
    pages.append(Page(about, PageKind.ABOUT))
    if listed:
        rest = range(2, (len(listed) - 1) // PEOPLE_PER_PAGE + 2)
        pages.append(Page(team, PageKind.TEAM))
        pages.extend(Page(f"{team}?page={number}", PageKind.TEAM, number - 1) for number in rest)
        pages.extend(Page(profile_path(team, n, who), PageKind.PROFILE, n) for n, who in enumerate(profiles))
    pages.append(Page(products, PageKind.PRODUCTS))
    pages.extend(
        Page(f"{products}/{slug(offer)}", PageKind.PRODUCT, n) for n, offer in enumerate(words.offers)
    )
    pages.append(Page(news, PageKind.NEWS))
    pages.extend(
        Page(f"{news}/{number + 1}", PageKind.STORY, number) for number in range(len(words.headlines))
    )
    if site.robots not in (Robots.MISSING, Robots.CLOSED, Robots.BROKEN):
        pages.append(Page(f"{FORBIDDEN_FOLDER}directory", PageKind.INTERNAL))
    return tuple(pages)


def profile_path(team: str, number: int, person: Person) -> str:
    return f"{team}/{slug(person.name)}-{number + 1}"


def _placements(
    dice: random.Random,
    company: Company,
    listed: tuple[Person, ...],
    profiles: tuple[Person, ...],
    pages: tuple[Page, ...],
) -> tuple[Placement, ...]:
    paths = {page.kind: page.path for page in reversed(pages)}
    # Nobody files all colleagues as cards, and each card is a request of its own to a crawler that counts
    # them.
    house_form = _form(dice, tuple(form for form in PERSON_FORMS if form is not Form.VCARD_FILE))
    found = []
    for number, email in enumerate(company.generic):
        form = house_form if house_form in COMPANY_FORMS and happens(dice, HOUSE_FORM_SHARE) else None
        kind = PageKind.CONTACT if number else one(dice, (PageKind.CONTACT, PageKind.IMPRINT, PageKind.HOME))
        found.append(Placement(email, form or _form(dice, COMPANY_FORMS), paths[kind]))
        if number == 0 and found[0].path != paths[PageKind.IMPRINT]:
            found.append(Placement(email, Form.MAILTO, paths[PageKind.IMPRINT]))
    for number, person in enumerate(listed):
        if person.email_published:
            form = house_form if happens(dice, HOUSE_FORM_SHARE) else _form(dice, PERSON_FORMS)
            path = _place(dice, number, person, profiles, pages, paths)
            found.append(Placement(person.email, form, path, person))
            again = f"{paths[PageKind.NEWS]}/{1 + number % 3}"
            if again != path and happens(dice, 0.12):
                # Once more, beside a story: the same address from two pages is one address.
                found.append(Placement(person.email, _form(dice, (Form.MAILTO, Form.TEXT)), again, person))
    return tuple(found)


def _pictured(
    dice: random.Random, listed: tuple[Person, ...], pages: tuple[Page, ...]
) -> tuple[Placement, ...]:
    return tuple(
        Placement(person.email, Form.IMAGE, team_path(pages, number), person)
        for number, person in enumerate(listed)
        if not person.email_published and happens(dice, 0.15)
    )


def _form(dice: random.Random, forms: tuple[Form, ...]) -> Form:
    return weighted(dice, {form: WEIGHTS.get(form, 1.0) for form in forms})


def _place(
    dice: random.Random,
    number: int,
    person: Person,
    profiles: tuple[Person, ...],
    pages: tuple[Page, ...],
    paths: dict[PageKind, str],
) -> str:
    if person in profiles:
        return profile_path(paths[PageKind.TEAM], number, person)
    kind = weighted(dice, {PageKind.TEAM: 80, PageKind.CONTACT: 10, PageKind.STORY: 5, PageKind.PRODUCT: 5})
    return team_path(pages, number) if kind is PageKind.TEAM else paths[kind]


def team_path(pages: tuple[Page, ...], number: int) -> str:
    """The page of the team on which the person at `number` stands."""
    team = [page for page in pages if page.kind is PageKind.TEAM]
    return team[number // PEOPLE_PER_PAGE].path


def _traps(
    dice: random.Random, company: Company, site: Website, pages: tuple[Page, ...]
) -> tuple[Placement, ...]:
    internal = next((page.path for page in pages if page.kind is PageKind.INTERNAL), None)
    visible = [page.path for page in pages if page.kind in (PageKind.HOME, PageKind.CONTACT, PageKind.TEAM)]
    found = []
    for email in company.honeypots:
        if internal and happens(dice, 0.4):
            found.append(Placement(email, Form.TRAP_FORBIDDEN_PAGE, internal))
        else:
            found.append(Placement(email, one(dice, INLINE_TRAPS), one(dice, visible)))
    return tuple(found)
