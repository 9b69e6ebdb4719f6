"""The pages of a site, one function for each kind."""

import html

from fairlead.sandbox.model import Quirk
from fairlead.sandbox.sites.cards import cards, company_card, company_thing, person_card
from fairlead.sandbox.sites.forms import INLINE_TRAPS, Form, json_ld, trap
from fairlead.sandbox.sites.layout import document
from fairlead.sandbox.sites.plan import PEOPLE_PER_PAGE, Page, PageKind, Placement, SitePlan, profile_path

CALENDAR_START = (2026, 1)


def render(plan: SitePlan, page: Page) -> str:
    """The whole page as HTML."""
    here = plan.by_path.get(page.path, [])
    head = ""
    match page.kind:
        case PageKind.HOME:
            title, content = plan.words.home, _home(plan)
            head = json_ld(company_thing(plan)) + "\n" if plan.site.design in (0, 2) else ""
        case PageKind.CONTACT:
            title, content = plan.words.contact, _contact(plan)
        case PageKind.TEAM:
            title, content = plan.words.team, _team(plan, page, here)
        case PageKind.IMPRINT:
            title, content = plan.words.imprint, _imprint(plan)
        case PageKind.ABOUT:
            title, content = plan.words.about, _about(plan)
        case PageKind.PRODUCTS:
            title, content = plan.words.products, _products(plan)
        case PageKind.PRODUCT:
            title, content = plan.words.offers[page.number], _product(plan, page)
        case PageKind.NEWS:
            title, content = plan.words.news, _news(plan)
        case PageKind.STORY:
            title, content = _headline(plan, page.number), _story(plan, page, here)
        case PageKind.PROFILE:
            title, content = html.escape(plan.profiles[page.number].name), _profile(plan, page, here)
        case PageKind.INTERNAL:
            title, content = "Intern", "<h1>Intern</h1>\n"
    if page.kind not in (PageKind.TEAM, PageKind.PROFILE):
        content += _people_here(plan, page, here)
    content += "".join(company_card(plan, placement) for placement in here if _is_company(placement))
    content += "".join(trap(placement.form, placement.email) for placement in here if _is_trap(placement))
    return document(plan, page, title, content, head)


def _is_trap(placement: Placement) -> bool:
    return placement.form in INLINE_TRAPS or placement.form is Form.TRAP_FORBIDDEN_PAGE


def _is_company(placement: Placement) -> bool:
    return placement.person is None and not _is_trap(placement)


def _people_here(plan: SitePlan, page: Page, here: list[Placement]) -> str:
    shown = [placement for placement in here if placement.person]
    return cards(plan, "".join(_card(plan, placement) for placement in shown)) if shown else ""


def _card(plan: SitePlan, placement: Placement) -> str:
    assert placement.person is not None
    return person_card(plan, placement.person, placement, plan.listed.index(placement.person))


def _home(plan: SitePlan) -> str:
    words, name = plan.words, html.escape(plan.company.name)
    offers = "".join(f"<li>{offer}</li>" for offer in words.offers)
    # Linked, so that only a look into robots.txt keeps a crawler out.
    internal = f'<p><a href="{plan.paths[PageKind.INTERNAL]}">Intern</a></p>\n' if _has_internal(plan) else ""
    industry = f"<p>{html.escape(plan.company.industry)}</p>\n" if plan.site.language == "en" else ""
    return (
        f"<h1>{name}</h1>\n<p>{words.claim.format(name=name, city=html.escape(plan.company.city))}"
        f"</p>\n{industry}"
        f"<ul>{offers}</ul>\n"
        f'<p><a href="{plan.paths[PageKind.CONTACT]}">{words.write}</a></p>\n{internal}'
    )


def _has_internal(plan: SitePlan) -> bool:
    return PageKind.INTERNAL in plan.paths


def _contact(plan: SitePlan) -> str:
    company, words = plan.company, plan.words
    return (
        f"<h1>{words.contact}</h1>\n<p>{words.write}</p>\n<address>{html.escape(company.name)}<br>"
        f"{html.escape(company.street)}<br>{company.postal_code} {html.escape(company.city)}<br>"
        f'{html.escape(company.country)}<br>{words.phone}: <a '
        f'href="tel:{company.phone.replace(" ", "")}">{company.phone}'
        "</a></address>\n"
    )


def _imprint(plan: SitePlan) -> str:
    company, words = plan.company, plan.words
    leader = company.people[0]
    signed = f"<p>{html.escape(leader.position)}: {html.escape(leader.name)}</p>\n" if leader.listed else ""
    return (
        f"<h1>{words.imprint}</h1>\n<p>{html.escape(company.name)}, {html.escape(company.street)}, "
        f"{company.postal_code} "
        f"{html.escape(company.city)}, {html.escape(company.country)}</p>\n<p>{words.phone}: {company.phone}"
        f"</p>\n{signed}"
    )


def _about(plan: SitePlan) -> str:
    company = plan.company
    story = plan.words.story.format(
        name=html.escape(company.name), city=html.escape(company.city), year=company.founded
    )
    return f"<h1>{plan.words.about}</h1>\n<p>{story}</p>\n"


def _team(plan: SitePlan, page: Page, here: list[Placement]) -> str:
    start = page.number * PEOPLE_PER_PAGE
    placed = {placement.email: placement for placement in here if placement.person}
    team = plan.paths[PageKind.TEAM]
    shown = []
    for number, person in enumerate(plan.listed[start : start + PEOPLE_PER_PAGE], start):
        shown.append(person_card(plan, person, placed.get(person.email), number))
        if person in plan.profiles:
            shown.append(f'<p><a href="{profile_path(team, number, person)}">{plan.words.more}</a></p>\n')
    following = f"{team}?page={page.number + 2}"
    more = f'<p><a href="{following}">{plan.words.more}</a></p>\n' if following in plan.pages_by_path else ""
    return f"<h1>{plan.words.team}</h1>\n{cards(plan, ''.join(shown))}{more}"


def _profile(plan: SitePlan, page: Page, here: list[Placement]) -> str:
    person = plan.profiles[page.number]
    placement = next((placement for placement in here if placement.person), None)
    earlier = "".join(
        f"<li>{html.escape(job.position)}, {html.escape(job.company)}, {job.from_year}\u2013{job.to_year}"
        "</li>"
        for job in person.jobs[1:]
    )
    card = cards(plan, person_card(plan, person, placement, page.number))
    return f"<h1>{html.escape(person.name)}</h1>\n{card}<ul>{earlier}</ul>\n"


def _products(plan: SitePlan) -> str:
    products = [page for page in plan.pages if page.kind is PageKind.PRODUCT]
    links = "".join(
        f'<li><a href="{page.path}">{plan.words.offers[page.number]}</a></li>' for page in products
    )
    return f"<h1>{plan.words.products}</h1>\n<ul>{links}</ul>\n"


def _product(plan: SitePlan, page: Page) -> str:
    text = plan.words.offer_text.format(name=html.escape(plan.company.name))
    return (
        f"<h1>{plan.words.offers[page.number]}</h1>\n<p>{text}</p>\n"
        f'<p><img src="/images/product-{page.number}@3x.png" alt=""></p>\n'
    )


def _headline(plan: SitePlan, number: int) -> str:
    return plan.words.headlines[number].format(name=html.escape(plan.company.name))


def _news(plan: SitePlan) -> str:
    stories = [page for page in plan.pages if page.kind is PageKind.STORY]
    links = "".join(f'<li><a href="{page.path}">{_headline(plan, page.number)}</a></li>' for page in stories)
    match plan.site.quirk:
        case Quirk.ENDLESS_CALENDAR:
            links += f'<li><a href="{calendar_path(*CALENDAR_START)}">{plan.words.event}</a></li>'
        case Quirk.REDIRECT_LOOP:
            links += '<li><a href="/portal">Portal</a></li>'
    return f"<h1>{plan.words.news}</h1>\n<ul>{links}</ul>\n"


def _story(plan: SitePlan, page: Page, here: list[Placement]) -> str:
    author = next((placement.person for placement in here if placement.person), None)
    byline = f'<p><a rel="author" href="#author">{html.escape(author.name)}</a></p>' if author else ""
    return (
        f"<article><h1>{_headline(plan, page.number)}</h1>\n{byline}<p>{plan.words.news_text}</p>\n"
        f"<p>@{html.escape(plan.company.domain.partition('.')[0])}</p></article>\n"
    )


def calendar_path(year: int, month: int) -> str:
    return f"/events/{year}/{month:02d}"


def calendar(plan: SitePlan, year: int, month: int) -> str:
    """One month of a calendar that has no end in either direction."""
    months = year * 12 + month - 1
    before, after = (divmod(months + step, 12) for step in (-1, 1))
    page = Page(calendar_path(year, month), PageKind.NEWS)
    links = " ".join(
        f'<a href="{calendar_path(year, month + 1)}">{year}-{month + 1:02d}</a>'
        for year, month in (before, after)
    )
    return document(
        plan, page, plan.words.event, f"<h1>{plan.words.event} {year}-{month:02d}</h1>\n<p>{links}</p>\n"
    )
