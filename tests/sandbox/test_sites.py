"""The web sites: every address readable in the way it was written, and all a crawler has to survive."""

import base64
import html
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from web_client import HandTimer, fetch, started

from fairlead.sandbox.authority import Authority
from fairlead.sandbox.making.chance import source
from fairlead.sandbox.making.world import World
from fairlead.sandbox.model import Company, Quirk, Robots
from fairlead.sandbox.sites.cards import vcard_path
from fairlead.sandbox.sites.forms import COMPANY_FORMS, INLINE_TRAPS, PERSON_FORMS, Form, written
from fairlead.sandbox.sites.plan import PageKind, Placement, SitePlan, site_plan
from fairlead.sandbox.sites.site import HUGE_HOME_BYTES, SLOW_HOME_SECONDS, SLOW_PAGE_SECONDS, Sites
from fairlead.sandbox.sites.words import WORDS
from fairlead.sandbox.web import Request, Response, WebServer

# Known seed: the forms and quirks below all occur in it.
WORLD = World(seed=31, companies=900)
MOST_PAGES, DEEPEST = 30, 3

House = tuple[WebServer, HandTimer, int]


@pytest.fixture(scope="module")
async def web() -> AsyncIterator[House]:
    server, timer, port = await started(Sites(WORLD).find_site)
    yield server, timer, port
    await server.close()


def plans(fits: Callable[[SitePlan], bool] = lambda plan: True) -> list[SitePlan]:
    with_sites = ((company, company.site) for company in WORLD if company.site)
    return [plan for plan in (site_plan(company, site) for company, site in with_sites) if fits(plan)]


def with_quirk(quirk: Quirk) -> SitePlan:
    return plans(lambda plan: plan.site.quirk is quirk and plan.site.scheme == "http")[0]


def with_robots(robots: Robots) -> SitePlan:
    return plans(lambda plan: plan.site.robots is robots and plan.site.scheme == "http")[0]


def page_of(plan: SitePlan, target: str, sites: Sites) -> Response:
    """The second answer, since flaky sites fail once."""
    site = sites.find_site(plan.site.host)
    assert site is not None
    path, _, query = target.partition("?")
    request = Request("GET", plan.site.scheme, plan.site.host, path, query, (), b"", "127.0.0.1")
    site.handler(request)
    answer = site.handler(request)
    assert isinstance(answer, Response)
    return answer


# Reading addresses back, each form by its own rule and by none of the code that wrote it.


def is_read(placement: Placement, text: str, fetch_file: Callable[[str], bytes]) -> bool:
    email = placement.email
    local, _, domain = email.partition("@")
    words = "punkt|point|punto|kropka|punt|ponto|tečka|nokta|dot"
    unescaped = html.unescape(text)
    match placement.form:
        case Form.MAILTO:
            return f'href="mailto:{email}"' in text
        case Form.MAILTO_ENCODED:
            return email in map(unquote, re.findall(r'href="mailto:([^"?]+)\?subject=', text))
        case Form.MAILTO_CC:
            return email in map(unquote, re.findall(r'href="mailto:[^"?]+\?cc=([^"&]+)', text))
        case Form.TEXT:
            return re.search(rf"(?<![\w.]){re.escape(email)}(?![\w-])", unescaped) is not None
        case Form.ENTITIES_DECIMAL | Form.ENTITIES_HEX | Form.ENTITIES_NAMED:
            runs = re.findall(r"(?:&#?\w+;|[\w.@-])*&#?\w+;(?:&#?\w+;|[\w.@-])*", text)
            return any(html.unescape(run) in (email, f"mailto:{email}") for run in runs)
        case Form.PERCENT_40:
            return f"{local}%40{domain}" in text
        case Form.ZERO_WIDTH:
            gap = "[\u200b-\u200d\ufeff]"
            return re.search(f"{re.escape(local)}{gap}@{gap}{re.escape(domain)}", unescaped) is not None
        case Form.COMMENT_SPLIT:
            gap = "<!--.*?-->"
            return re.search(f"{re.escape(local)}{gap}@{gap}{re.escape(domain)}", text) is not None
        case Form.REVERSED:
            return any(found[::-1] == email for found in re.findall(r"bidi-override[^>]*>([^<]+)<", text))
        case Form.AT_BRACKET | Form.AT_PAREN | Form.AT_BRACE:
            opening, closing = {"at_bracket": "[]", "at_paren": "()", "at_brace": "{}"}[placement.form.value]
            around = rf"\s*{re.escape(opening)}(%s){re.escape(closing)}\s*"
            plain = re.sub(around % "at|AT", "@", text)
            return f"{opening}at{closing}" in text.lower() and email in re.sub(around % words, ".", plain)
        case Form.AT_WORD:
            return email in re.sub(rf"(?i) ({words}) ", ".", text.replace(" AT ", "@"))
        case Form.AT_DASH:
            return f"{local}-at-{domain}" in text
        case Form.AT_LETTER:
            return re.search(rf"{re.escape(local)} ?\(a\) ?{re.escape(domain)}", text) is not None
        case Form.FULLWIDTH_AT:
            return f"{local}\uff20{domain}" in unescaped
        case Form.CFEMAIL | Form.CFEMAIL_LINK:
            mark = "data-cfemail=" if placement.form is Form.CFEMAIL else "/cdn-cgi/l/email-protection#"
            return email in [_unprotected(found) for found in re.findall(rf'{mark}"?([0-9a-f]+)"', text)]
        case Form.JS_CONCATENATION:
            scripts = re.findall(r"<script>(.*?)</script>", text)
            return any(email in "".join(re.findall(r"""['"]([^'"]*)['"]""", script)) for script in scripts)
        case Form.JS_CHAR_CODES:
            codes = re.findall(r"fromCharCode\(([\d,]+)\)", text)
            return email in ["".join(chr(int(code)) for code in found.split(",")) for found in codes]
        case Form.JS_ATOB:
            found = [base64.b64decode(coded).decode() for coded in re.findall(r"atob\('([^']+)'\)", text)]
            return email in [address.removeprefix("mailto:") for address in found]
        case Form.JSON_LD_PERSON | Form.JSON_LD_ORGANIZATION | Form.JSON_LD_CONTACT_POINT:
            kind = {"json_ld_person": "Person"}.get(placement.form.value, "Organization")
            blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)
            things = [json.loads(block) for block in blocks]
            holders = [thing for thing in things if thing["@type"] == kind]
            if placement.form is Form.JSON_LD_CONTACT_POINT:
                holders = [point for thing in holders for point in thing.get("contactPoint", [])]
            return email in [thing.get("email", "").removeprefix("mailto:") for thing in holders]
        case Form.MICRODATA:
            return any(f'itemprop="email" {way}{email}"' in text for way in ('content="', 'href="mailto:'))
        case Form.RDFA:
            return re.search(rf'property="email"( content="|>){re.escape(email)}', text) is not None
        case Form.HCARD:
            return re.search(rf'class="(u-)?email"( href="mailto:|>){re.escape(email)}', text) is not None
        case Form.VCARD_FILE:
            cards = [fetch_file(path).decode() for path in re.findall(r'href="(/vcards/[^"]+)"', text)]
            return any(re.search(rf"(?m)^EMAIL[^:]*:{re.escape(email)}\r$", card) for card in cards)
    raise AssertionError(placement.form)


def _unprotected(digits: str) -> str:
    key, *rest = bytes.fromhex(digits)
    return bytes(byte ^ key for byte in rest).decode()


def test_every_published_address_can_be_read_on_its_page_in_its_form():
    sites, seen = Sites(WORLD), set()
    for plan in plans():
        published = {person.email for person in plan.company.people if person.email_published}
        assert published | set(plan.company.generic) == {placement.email for placement in plan.placements}
        for placement in plan.placements:
            text = page_of(plan, placement.path, sites).body.decode("utf-8", "replace")

            def fetch_file(path: str, plan: SitePlan = plan) -> bytes:
                return page_of(plan, path, sites).body

            assert is_read(placement, text, fetch_file), placement
            seen.add(placement.form)
    assert seen == set(PERSON_FORMS) | set(COMPANY_FORMS)


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_inline_form_can_be_read_in_every_language(language: str):
    for number, form in enumerate(form for form in PERSON_FORMS if form in set(COMPANY_FORMS)):
        if form in (Form.MICRODATA, Form.RDFA, Form.HCARD):
            continue
        for attempt in range(4):
            placement = Placement(f"jo-ann_x.d{attempt}@nor-via.example", form, "/")
            text = written(form, placement.email, WORDS[language], source(1, "test", (number, attempt)))
            assert is_read(placement, f"<p>{text}</p>", lambda path: b""), text


def test_people_whose_address_is_not_published_have_it_on_no_page():
    sites = Sites(WORLD)
    for plan in plans(lambda plan: plan.disallowed != ("/",))[:60]:
        hidden = [person.email for person in plan.company.people if not person.email_published]
        pages = [page_of(plan, page.path, sites).body.decode("utf-8", "replace") for page in plan.pages]
        for email in hidden:
            # Not as the end of a longer address either way round.
            forms = (
                rf"(?<![\w.-]){re.escape(email)}",
                rf"{re.escape(email[::-1])}(?![\w.-])",
                rf"(?<![\w.-]){re.escape(email.replace('@', '%40'))}",
            )
            assert not any(re.search(form, page) for page in pages for form in forms)


def test_an_address_in_a_picture_is_a_picture_and_nothing_more():
    plan = plans(lambda plan: bool(plan.pictured) and plan.site.quirk is Quirk.NONE)[0]
    sites, placement = Sites(WORLD), plan.pictured[0]
    page = page_of(plan, placement.path, sites).body.decode()
    assert placement.email not in page
    picture = re.search(r"/images/contact-\d+\.png", page)
    assert picture
    assert page_of(plan, picture[0], sites).body.startswith(b"\x89PNG\r\n")


def test_people_may_stand_on_a_site_by_name_and_position_alone():
    plan = plans(lambda plan: any(not person.email_published for person in plan.listed))[0]
    person = next(person for person in plan.listed if not person.email_published)
    sites = Sites(WORLD)
    pages = [page_of(plan, page.path, sites).body.decode("utf-8", "replace") for page in plan.pages]
    assert any(
        html.escape(person.name) in page and html.escape(person.position) in page for page in pages
    )


def test_traps_are_hidden_from_people_or_forbidden_by_robots_txt():
    sites, seen = Sites(WORLD), set()
    for plan in plans():
        assert {trap.email for trap in plan.traps} == set(plan.company.honeypots)
        for trap in plan.traps:
            answer = page_of(plan, trap.path, sites)
            assert trap.email in answer.body.decode("utf-8", "replace")
            assert trap.form in INLINE_TRAPS or (trap.form is Form.TRAP_FORBIDDEN_PAGE and answer.forbidden)
            seen.add(trap.form)
    assert seen == {*INLINE_TRAPS, Form.TRAP_FORBIDDEN_PAGE}


def test_pages_hold_junk_that_only_looks_like_addresses():
    sites = Sites(WORLD)
    for design in range(4):
        plan = plans(lambda plan, design=design: plan.site.design == design)[0]
        text = page_of(plan, "/", sites).body.decode("utf-8", "replace")
        for junk in ("logo@2x.png", "react@18.2.0", ".ingest.sentry.test", "name@example.com"):
            assert junk in text


def test_sites_come_in_several_designs_and_languages():
    sites = plans()
    assert {plan.site.design for plan in sites} == {0, 1, 2, 3}
    assert {plan.site.language for plan in sites} == set(WORDS)


# A crawler that obeys.


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.extend(value for name, value in attrs if name == "href" and value)


async def crawled(port: int, company: Company, tls=None) -> dict[str, str]:
    """Pages by target, as a polite crawler finds them: within its bounds and what robots.txt allows."""
    site = company.site
    assert site is not None
    where = {"tls": tls} if tls else {}
    robots = await fetch(port, site.host, "/robots.txt", **where)
    forbidden = re.findall(r"(?m)^Disallow: (\S+)", robots.text.partition("User-agent: *")[2])
    if robots.status >= 500:
        forbidden = ["/"]
    pages: dict[str, str] = {}
    waiting = deque([("/", 0)])
    seen = {"/"}
    while waiting and len(pages) < MOST_PAGES:
        target, depth = waiting.popleft()
        if target.startswith(tuple(forbidden)):
            continue
        answer = await fetch(port, site.host, target, **where)
        if answer.status == 503:
            answer = await fetch(port, site.host, target, **where)
        if answer.status != 200:
            continue
        pages[target] = answer.text
        parser = _Links()
        parser.feed(answer.text[:1_000_000])
        for link in parser.found if depth < DEEPEST else ():
            parts = urlsplit(urljoin(f"{site.scheme}://{site.host}{target}", link))
            found = parts.path + (f"?{parts.query}" if parts.query else "")
            if parts.hostname == site.host and found not in seen:
                seen.add(found)
                waiting.append((found, depth + 1))
    return pages


async def test_a_polite_crawler_reaches_every_published_address_and_breaks_no_rule(web: House):
    server, _, port = web
    without_tls = plans(lambda plan: plan.site.scheme == "http" and plan.site.quirk is not Quirk.ENDLESS_HUGE)
    for plan in without_tls[:60]:
        pages = await crawled(port, plan.company)
        vcards = {vcard_path(person, number) for number, person in enumerate(plan.listed)}
        for placement in plan.placements:
            if plan.disallowed != ("/",):
                assert placement.path in pages
            if placement.form is Form.VCARD_FILE:
                assert vcards & set(pages)
        assert server.counts[plan.site.host].forbidden == 0


# Robots, redirects, trials.


async def test_robots_txt_that_is_open_names_folders_delay_and_sitemap(web: House):
    server, timer, port = web
    plan = with_robots(Robots.CRAWL_DELAY)
    host, delay = plan.site.host, plan.site.crawl_delay_seconds
    robots = await fetch(port, host, "/robots.txt")
    assert robots.status == 200
    assert f"Crawl-delay: {delay}\n" in robots.text
    assert f"Sitemap: http://{host}/sitemap.xml" in robots.text
    sitemap = await fetch(port, host, "/sitemap.xml")
    assert f"<loc>http://{host}/</loc>" in sitemap.text
    assert "/intern/" not in sitemap.text
    before = server.counts[host].hasty
    await fetch(port, host, "/nowhere")
    assert server.counts[host].hasty == before + 1
    timer.seconds += delay
    await fetch(port, host, "/nowhere")
    assert server.counts[host].hasty == before + 1


async def test_what_robots_txt_forbids_is_counted_when_it_is_fetched(web: House):
    server, _, port = web
    plan = with_robots(Robots.OPEN)
    await fetch(port, plan.site.host, "/robots.txt")
    assert server.counts[plan.site.host].forbidden == 0
    await fetch(port, plan.site.host, "/intern/directory")
    assert server.counts[plan.site.host].forbidden == 1
    assert server.counts[plan.site.host].robots_fetched >= 1


async def test_a_missing_robots_txt_allows_everything_and_a_broken_or_closed_one_nothing(web: House):
    server, _, port = web
    cases = ((Robots.MISSING, 404, 0), (Robots.BROKEN, 503, 1), (Robots.CLOSED, 200, 1))
    for robots, status, violations in cases:
        plan = with_robots(robots)
        assert (await fetch(port, plan.site.host, "/robots.txt")).status == status
        before = server.counts[plan.site.host].forbidden
        await fetch(port, plan.site.host, "/")
        assert server.counts[plan.site.host].forbidden == before + violations
        if violations:
            assert not any(person.email_published for person in plan.company.people)


async def test_other_names_of_a_site_redirect_to_the_right_one(web: House):
    _, _, port = web
    plan = plans(lambda plan: plan.site.host.startswith("www.") and len(plan.company.related_domains) == 2)[0]
    for name in (plan.company.domain, *plan.company.related_domains):
        answer = await fetch(port, name, "/a/b?c=1")
        assert answer.status == 301
        assert answer.headers["location"] == f"{plan.site.scheme}://{plan.site.host}/a/b?c=1"
    assert (await fetch(port, f"intranet.{plan.company.domain}", "/")).status == 421


async def test_https_sites_redirect_there_and_answer_there_under_their_own_certificate(web: House):
    server, _, port = web
    authority = Authority()
    context = authority.server_context("localhost", lambda host: server.find_site(host) is not None)
    tls_port = await server.listen("127.64.0.80", 0, context)
    one, other = plans(lambda plan: plan.site.scheme == "https" and plan.site.quirk is Quirk.NONE)[:2]
    answer = await fetch(port, one.site.host, "/")
    assert (answer.status, answer.headers["location"]) == (301, f"https://{one.site.host}/")
    for plan in (one, other):
        answer = await fetch(tls_port, plan.site.host, "/", tls=authority.client_context())
        assert answer.status == 200
        assert html.escape(plan.company.name) in answer.text


async def test_slow_pages_take_their_time_by_the_machines_clock(web: House):
    _, timer, port = web
    plan = with_quirk(Quirk.SLOW_PAGES)
    before = len(timer.slept)
    product = next(page.path for page in plan.pages if page.kind is PageKind.PRODUCT)
    assert (await fetch(port, plan.site.host, "/")).status == 200
    assert (await fetch(port, plan.site.host, product)).status == 200
    assert (await fetch(port, plan.site.host, plan.paths[PageKind.CONTACT])).status == 200
    assert timer.slept[before:] == [SLOW_HOME_SECONDS, SLOW_PAGE_SECONDS]


async def test_a_huge_home_page_arrives_whole(web: House):
    _, _, port = web
    answer = await fetch(port, with_quirk(Quirk.HUGE_HOME).site.host, "/")
    assert len(answer.body) == int(answer.headers["content-length"]) > 0.99 * HUGE_HOME_BYTES


async def test_a_page_far_too_large_announces_its_size_and_costs_the_server_no_memory(web: House):
    _, _, port = web
    plan = with_quirk(Quirk.ENDLESS_HUGE)
    answer = await fetch(port, plan.site.host, plan.paths[PageKind.NEWS], method="HEAD")
    assert int(answer.headers["content-length"]) > 150_000_000
    assert answer.body == b""


async def test_pages_declare_encodings_they_do_not_have(web: House):
    _, _, port = web

    for old, declared in ((True, "utf-8"), (False, "iso-8859-1")):
        found = plans(
            lambda plan, old=old: (
                plan.site.quirk is Quirk.WRONG_CHARSET
                and plan.site.scheme == "http"
                and (plan.site.design % 2 == 0) == old
                and not plan.company.street.isascii()
            )
        )
        answer = await fetch(port, found[0].site.host, found[0].paths[PageKind.CONTACT])
        assert declared in answer.headers["content-type"]
        with pytest.raises(UnicodeDecodeError) if old else nullcontext():
            answer.body.decode("utf-8")


async def test_a_redirect_loop_never_ends(web: House):
    _, _, port = web
    host, path, seen = with_quirk(Quirk.REDIRECT_LOOP).site.host, "/portal", []
    for _ in range(7):
        answer = await fetch(port, host, path)
        assert answer.status == 302
        seen.append(path)
        path = answer.headers["location"]
    assert len(set(seen)) == 3


async def test_a_calendar_leads_to_ever_new_months(web: House):
    _, _, port = web
    host, path, seen = with_quirk(Quirk.ENDLESS_CALENDAR).site.host, "/events/2026/01", set()
    for _ in range(30):
        answer = await fetch(port, host, path)
        assert answer.status == 200
        seen.add(path)
        path = re.findall(r'href="(/events/[^"]+)"', answer.text)[-1]
    assert len(seen) == 30


async def test_a_flaky_site_answers_at_the_second_try():
    server, _, port = await started(Sites(WORLD).find_site)
    plan = with_quirk(Quirk.FLAKY)
    path = plan.paths[PageKind.IMPRINT]
    assert (await fetch(port, plan.site.host, path)).status == 503
    assert (await fetch(port, plan.site.host, path)).status == 200
    await server.close()


async def test_logos_are_pictures_and_dates_follow_business_time(web: House):
    _, _, port = web
    plan = with_robots(Robots.OPEN)
    answer = await fetch(port, plan.site.host, "/logo@2x.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["date"] == datetime(2026, 1, 5, 8, tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
