"""Answers to requests for the sites of a world: pages, files, redirects, trials for a crawler."""

import re
from collections import OrderedDict

from fairlead.sandbox import web
from fairlead.sandbox.making.world import World
from fairlead.sandbox.model import Company, Quirk, Robots, Website
from fairlead.sandbox.sites import files, pages
from fairlead.sandbox.sites.cards import vcard, vcard_path
from fairlead.sandbox.sites.plan import Page, PageKind, SitePlan, site_plan
from fairlead.sandbox.web import Request, Response

KEPT_SITES = 1_000
MOST_KEPT_PAGES = 60  # of one site
SLOW_HOME_SECONDS, SLOW_PAGE_SECONDS = 1.5, 8.0
HUGE_HOME_BYTES = 3_000_000
ENDLESS_CHUNK, ENDLESS_TIMES = (
    b"<p>" + b"lorem ipsum dolor sit amet " * 2_400 + b"</p>\n",
    3_000,
)  # about 195 MB
# The single-byte code page in which each language was written before Unicode.
OLD_CHARSETS = {"pl": "cp1250", "cs": "cp1250", "tr": "cp1254"}

CALENDAR = re.compile(r"/events/(\d{1,6})/(\d{2})$")
PICTURE = re.compile(r"/(?:images/[\w@.-]+|logo(?:@2x)?|favicon)\.(png|svg|ico)$")
PORTAL = {"/portal": "/portal/login", "/portal/login": "/portal/session", "/portal/session": "/portal"}


class Sites:
    """The sites of a world by host name, made when somebody asks for them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sites: OrderedDict[str, web.Site | None] = OrderedDict()

    def find_site(self, host: str) -> web.Site | None:
        if host in self._sites:
            return self._sites[host]
        company = self._world.find_company(host)
        found = None
        if company is not None and company.site is not None and host in company.host_names:
            site = CompanySite(company, company.site)
            delay = company.site.crawl_delay_seconds
            found = web.Site(site.answer, None if delay is None else float(delay))
            self._sites[host] = found
            if len(self._sites) > KEPT_SITES:
                self._sites.popitem(last=False)
        return found


class CompanySite:
    """One company's site under all of its host names."""

    def __init__(self, company: Company, site: Website) -> None:
        self.plan: SitePlan = site_plan(company, site)
        self._site = site
        self._pages: dict[str, Response] = {}
        self._failed: set[str] = set()
        self._vcards = {vcard_path(person, number): person for number, person in enumerate(self.plan.listed)}

    def answer(self, request: Request) -> Response:
        if request.host != self._site.host or (self._site.scheme == "https" and request.scheme == "http"):
            return self._moved(request)
        if request.path == "/robots.txt":
            return self._robots()
        if request.method not in ("GET", "HEAD"):
            return Response(405, "text/plain", b"Only GET and HEAD.\n", (("Allow", "GET, HEAD"),))
        target = f"{request.path}?{request.query}" if request.query else request.path
        if (
            self._site.quirk is Quirk.FLAKY
            and target not in self._failed
            and request.path in self.plan.pages_by_path
        ):
            self._failed.add(target)
            return Response(
                503, body=b"<h1>Busy</h1>", headers=(("Retry-After", "1"),), forbidden=self._forbids(target)
            )
        found = self._pages.get(target)
        if found is None:
            found = self._made(target, request.path)
            if len(self._pages) < MOST_KEPT_PAGES:
                self._pages[target] = found
        return found

    def _forbids(self, target: str) -> bool:
        return self.plan.forbids(target)

    def _moved(self, request: Request) -> Response:
        query = f"?{request.query}" if request.query else ""
        where = f"{self._site.scheme}://{self._site.host}{request.path}{query}"
        return Response(301, None, headers=(("Location", where),))

    def _robots(self) -> Response:
        match self._site.robots:
            case Robots.MISSING:
                return web.NOT_FOUND
            case Robots.BROKEN:
                return Response(503, "text/plain", b"Service unavailable.\n")
        return Response(200, "text/plain; charset=utf-8", files.robots_txt(self.plan).encode())

    def _made(self, target: str, path: str) -> Response:
        forbidden = self._forbids(target)
        page = self.plan.pages_by_path.get(target) or self.plan.pages_by_path.get(path)
        if page is not None:
            return self._page(page, forbidden)
        if path in self._vcards:
            return Response(
                200, "text/vcard; charset=utf-8", vcard(self.plan, self._vcards[path]), forbidden=forbidden
            )
        if picture := PICTURE.match(path):
            return self._picture(path, picture[1], forbidden)
        match path:
            case "/sitemap.xml":
                return Response(
                    200, "application/xml", files.sitemap(self.plan).encode(), forbidden=forbidden
                )
            case "/style.css":
                return Response(200, "text/css", files.STYLE, forbidden=forbidden)
            case "/cdn-cgi/l/email-protection":
                return Response(200, body=b"<!DOCTYPE html><h1>Email Protection</h1>", forbidden=forbidden)
        return self._quirk(path, forbidden) or Response(404, body=web.NOT_FOUND.body, forbidden=forbidden)

    def _quirk(self, path: str, forbidden: bool) -> Response | None:
        month = CALENDAR.match(path)
        if month and self._site.quirk is Quirk.ENDLESS_CALENDAR and 1 <= int(month[2]) <= 12:
            body = pages.calendar(self.plan, int(month[1]), int(month[2])).encode()
            return Response(200, body=body, forbidden=forbidden)
        if path in PORTAL and self._site.quirk is Quirk.REDIRECT_LOOP:
            return Response(302, None, headers=(("Location", PORTAL[path]),), forbidden=forbidden)
        return None

    def _page(self, page: Page, forbidden: bool) -> Response:
        text = pages.render(self.plan, page)
        body, content_type = self._encoded(text)
        delay, tail, times = 0.0, b"", 0
        match self._site.quirk, page.kind:
            case Quirk.SLOW_PAGES, PageKind.HOME:
                delay = SLOW_HOME_SECONDS
            case Quirk.SLOW_PAGES, PageKind.PRODUCT:
                delay = SLOW_PAGE_SECONDS
            case Quirk.HUGE_HOME, PageKind.HOME:
                tail, times = b"<!--" + b" filler" * 1_000 + b" -->\n", HUGE_HOME_BYTES // 7_000
            case Quirk.ENDLESS_HUGE, PageKind.NEWS:
                tail, times = ENDLESS_CHUNK, ENDLESS_TIMES
        return Response(
            200, content_type, body, delay_seconds=delay, tail=tail, tail_times=times, forbidden=forbidden
        )

    def _encoded(self, text: str) -> tuple[bytes, str]:
        if self._site.quirk is not Quirk.WRONG_CHARSET:
            return text.encode(), "text/html; charset=utf-8"
        if self._site.design % 2:
            # The header promises the old code page, the page itself says UTF-8 and is.
            return text.encode(), "text/html; charset=iso-8859-1"
        old = OLD_CHARSETS.get(self._site.language, "cp1252")
        return text.encode(old, "xmlcharrefreplace"), "text/html; charset=utf-8"

    def _picture(self, path: str, ending: str, forbidden: bool) -> Response:
        if ending == "svg":
            return Response(200, "image/svg+xml", files.svg(path), forbidden=forbidden)
        twice = 2 if "@2x" in path else 1
        key = self.plan.company.domain if path.startswith("/logo") else self.plan.company.domain + path
        return Response(200, "image/png", files.png(key, 48 * twice, 16 * twice), forbidden=forbidden)
