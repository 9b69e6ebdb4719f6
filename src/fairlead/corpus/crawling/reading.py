"""One site is read."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from fairlead import __version__
from fairlead.corpus import recording, rules
from fairlead.corpus.archives.kinds import charset_of, page_kind
from fairlead.corpus.crawling import store
from fairlead.corpus.crawling.links import (
    HOME_SCORE,
    OTHER_SCORE,
    TELLING_SCORE,
    followed,
    page_links,
    pattern,
    score,
    sitemap_links,
)
from fairlead.corpus.crawling.model import DEEPEST, Budget, CrawlReport, Ending
from fairlead.corpus.crawling.robots import MOST_BYTES as MOST_ROBOTS_BYTES
from fairlead.corpus.crawling.robots import Rules
from fairlead.corpus.crawling.robots import rules as robots_rules
from fairlead.corpus.crawling.store import KnownRobots, NextPage
from fairlead.corpus.extraction import extract
from fairlead.corpus.extraction.domains import registrable
from fairlead.corpus.extraction.words import ABOUT_WEIGHT
from fairlead.corpus.findings import PageFindings
from fairlead.corpus.holders import is_gone, new_holder
from fairlead.corpus.model import Source, SourceKind
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import domain_key
from fairlead.net.errors import NetworkFailure
from fairlead.net.fetch import Limits, Response
from fairlead.world import World

# Machine time. Longer than a request may take, and for a site longer than the longest pause.
TURN = timedelta(seconds=60)
CRAWL_LEASE = timedelta(seconds=180)
ROBOTS_KEPT = timedelta(hours=24)
# One hop: each is a request that needs its turn, and its own leave by robots.txt.
PAGE = Limits(total_seconds=25.0, connect_seconds=10.0, redirects=0, body_bytes=2_000_000, cut_body=True)
ROBOTS = Limits(total_seconds=25.0, connect_seconds=10.0, redirects=5, body_bytes=MOST_ROBOTS_BYTES, cut_body=True)
MOST_HOPS = 5
MOST_TRIES = 2
MOST_KNOWN_PAGES = 1_000
# Of pages that differ in numbers alone.
MOST_ALIKE, MOST_ALIKE_TELLING = 4, 12
# Pages in a row that say nothing, after which those that promise little are left.
MOST_SILENT = 12
LONGEST_RETRY_AFTER_SECONDS = 60.0
LARGE_PAGE_BYTES = 100_000


async def crawl_domain(
    world: World,
    domain: str,
    *,
    budget: Budget | None = None,
    report: Callable[[int], None] = lambda pages: None,
) -> CrawlReport:
    """Reads the site of `domain` and records what it says, as evidence everybody in this installation may see.

    Goes on where an earlier call was interrupted; while another process reads the site, waits for it. `report` is told
    how many pages were read. Raises `Invalid` for what is no domain.
    """
    try:
        name = registrable(domain_key(domain))
    except ValueError:
        name = ""
    if not name:
        raise Invalid("bad_domain", f"{domain!r} is not the name of a site.", field="domain")
    crawl = _Crawl(world, name, budget or Budget(world.settings.crawler_pages), report)
    return await crawl.run()


def user_agent(world: World) -> str:
    """Names us, and says where whoever is disturbed reaches the people responsible (RFC 9110, 10.1.5)."""
    return f"Fairlead/{__version__} (+{world.settings.crawler_contact or world.public_url})"


@dataclass
class _Crawl:
    world: World
    domain: str
    budget: Budget
    report: Callable[[int], None]
    holder: str = ""
    alike: Counter[str] = field(default_factory=Counter)
    # Patterns of pages that said something: more of their kind are worth a look.
    telling: set[str] = field(default_factory=set)
    rules_of: dict[str, Rules] = field(default_factory=dict)
    silent: int = 0
    forbidden: int = 0
    known: set[str] = field(default_factory=set)

    async def run(self) -> CrawlReport:
        self.holder = new_holder(self.world.random)
        if not await self._begin():
            # Another one is at it, or was.
            async with self.world.db.statement() as conn:
                read, failed, addresses, people = await store.sums(conn, self.domain)
            return CrawlReport(self.domain, Ending.DONE, read, failed, addresses, people)
        try:
            ending = await self._read_in_time()
        except BaseException:
            async with self.world.db.transaction() as conn:
                await store.leave_crawl(conn, self.domain, self.holder)
            raise
        now = self.world.clock.now()
        async with self.world.db.transaction() as conn:
            read, failed, addresses, people = await store.sums(conn, self.domain)
            await store.note_visit(conn, self.domain, rules.label(self.domain), ending.value, now)
            await store.end_crawl(conn, self.domain, self.holder)
        return CrawlReport(self.domain, ending, read, failed, len(self.known) or addresses, people)

    async def _begin(self) -> bool:
        """False when another process has read the site while we waited for it, or still does when our time is up."""
        waited, started = False, self.world.timer.monotonic()
        while self.budget.seconds is None or self.world.timer.monotonic() - started <= self.budget.seconds:
            async with self.world.db.transaction() as conn:
                is_open, holder = await store.crawl_holder(conn, self.domain)
                if waited and not is_open:
                    return False
                if holder is not None and is_gone(holder):
                    await store.leave_crawl(conn, self.domain, holder)
                now = self.world.clock.now()
                if await store.open_crawl(conn, self.domain, self.holder, CRAWL_LEASE, now):
                    for url, worth in await store.read_urls(conn, self.domain):
                        self._count(url, worth)
                    return True
            waited = True
            await self.world.timer.sleep(0.5)
        return False

    # The site.

    async def _read_in_time(self) -> Ending:
        """What is on its way when the time is up is dropped."""
        try:
            async with asyncio.timeout(self.budget.seconds) as limit:
                return await self._read_site()
        except TimeoutError:
            if not limit.expired():
                raise
            return Ending.BUDGET

    async def _read_site(self) -> Ending:
        async with self.world.db.statement() as conn:
            begun = (await store.sums(conn, self.domain))[0] > 0
        if not begun and (ending := await self._enter()):
            return ending
        while True:
            async with self.world.db.transaction() as conn:
                await store.open_crawl(conn, self.domain, self.holder, CRAWL_LEASE, self.world.clock.now())
                read, failed, _, _ = await store.sums(conn, self.domain)
                waiting = await store.waiting_pages(conn, self.domain)
            if read + failed >= self.budget.pages:
                return Ending.BUDGET
            page = next((page for page in waiting if self._wanted(page)), None)
            if page is None:
                if not read:
                    return Ending.FORBIDDEN if self.forbidden else Ending.UNREACHABLE
                return Ending.DONE if not waiting else Ending.ENOUGH
            await self._read_page(page)
            self.report(read + 1)

    async def _enter(self) -> Ending | None:
        """Finds out under which address the site answers, and what its sitemap lists; an ending when none does."""
        for home in (
            f"https://{self.domain}/",
            f"http://{self.domain}/",
            f"https://www.{self.domain}/",
            f"http://www.{self.domain}/",
        ):
            allowed = await self._rules(home)
            if allowed is None:
                continue
            if not allowed.allow(home):
                self.forbidden += 1
                return Ending.FORBIDDEN
            async with self.world.db.transaction() as conn:
                await store.add_pages(conn, self.domain, 0, [(home, HOME_SCORE)], MOST_KNOWN_PAGES)
            await self._read_page(NextPage(home, 0, HOME_SCORE, 0))
            async with self.world.db.statement() as conn:
                read, _, _, _ = await store.sums(conn, self.domain)
                waiting = await store.waiting_pages(conn, self.domain)
            if read or waiting:
                await self._read_sitemaps(home)
                return None
        return Ending.FORBIDDEN if self.forbidden else Ending.UNREACHABLE

    async def _read_sitemaps(self, home: str) -> None:
        """Only where the pages found so far do not show the way already."""
        async with self.world.db.statement() as conn:
            waiting = await store.waiting_pages(conn, self.domain)
        if sum(page.score >= TELLING_SCORE for page in waiting) >= 2:
            return
        allowed = await self._rules(home)
        listed = allowed.sitemaps if allowed else []
        for url in (listed or [f"{home}sitemap.xml"])[:2]:
            target = url if registrable(urlsplit(url).hostname or "") == self.domain else None
            answer = await self._fetch(target) if target else None
            if isinstance(answer, Response) and answer.status == 200:
                async with self.world.db.transaction() as conn:
                    found = sitemap_links(answer.body, answer.url)
                    await store.add_pages(conn, self.domain, 1, found, MOST_KNOWN_PAGES)

    def _wanted(self, page: NextPage) -> bool:
        kind = pattern(page.url)
        most = MOST_ALIKE_TELLING if page.score >= TELLING_SCORE or kind in self.telling else MOST_ALIKE
        if self.alike[kind] >= most and page.tries == 0:
            return False
        return page.score > OTHER_SCORE or self.silent < MOST_SILENT

    def _count(self, url: str, worth: int) -> None:
        self.alike[pattern(url)] += 1

    # A page.

    async def _read_page(self, page: NextPage) -> None:
        url, hops = page.url, 0
        self._count(page.url, page.score)
        while True:
            answer = await self._fetch(url)
            if not isinstance(answer, Response):
                return await self._note_failed(page, for_good=answer)
            target = _redirected(answer)
            if target is None:
                break
            target = followed(target, url)
            hops += 1
            if target is None or hops > MOST_HOPS or await self._is_read(target):
                return await self._note_failed(page, for_good=True)
            url = target
        if answer.status in (429, 500, 502, 503, 504):
            return await self._note_failed(page, for_good=False)
        await self._take_in(page, url, answer)
        return None

    async def _is_read(self, url: str) -> bool:
        async with self.world.db.statement() as conn:
            return any(url == known for known, _ in await store.read_urls(conn, self.domain))

    async def _note_failed(self, page: NextPage, *, for_good: bool) -> None:
        state = "failed" if for_good or page.tries + 1 >= MOST_TRIES else "waiting"
        async with self.world.db.transaction() as conn:
            await store.note_page(conn, self.domain, page.url, state)

    async def _take_in(self, page: NextPage, url: str, answer: Response) -> None:
        content_type = answer.header("content-type")
        charset = charset_of(content_type)
        kind = page_kind(content_type, url, answer.status, answer.body[:200])
        now = self.world.clock.now()
        links: list[tuple[str, int]] = []
        findings = PageFindings(url, now, self.domain)
        if kind is not None and kind != "text/xml":
            large = len(answer.body) > LARGE_PAGE_BYTES

            def read() -> tuple[PageFindings, list[tuple[str, int]]]:
                found = extract(answer.body, url, now, charset=charset, content_type=kind)
                on = page_links(answer.body, url, charset) if kind == "text/html" and page.depth < DEEPEST else []
                return found, on

            findings, links = await asyncio.to_thread(read) if large else read()
        said = not findings.empty and bool(findings.addresses or findings.people)
        new = {each.address for each in findings.addresses} - self.known
        self.known |= new
        self.silent = 0 if new or (said and page.score >= ABOUT_WEIGHT) else self.silent + 1
        if said:
            self.telling.add(pattern(page.url))
        async with self.world.db.transaction() as conn:
            if not findings.empty:
                source = Source(SourceKind.PAGE, findings.uri, captured_at=now, digest=findings.digest)
                await recording.record(conn, source, [findings], now)
            state = "read" if 200 <= answer.status < 300 else "failed"
            await store.note_page(conn, self.domain, page.url, state, addresses=len(new), people=len(findings.people))
            if url != page.url:
                await store.add_pages(conn, self.domain, page.depth, [(url, score(url))], MOST_KNOWN_PAGES)
                await store.note_page(conn, self.domain, url, "failed" if state == "failed" else "read")
            if links:
                await store.add_pages(conn, self.domain, page.depth + 1, links, MOST_KNOWN_PAGES)

    # Requests.

    async def _fetch(self, url: str) -> Response | bool:
        """The answer; else whether it makes no sense to ask again."""
        allowed = await self._rules(url)
        if allowed is None:
            return False
        if not allowed.allow(url):
            self.forbidden += 1
            return True
        try:
            return await self._request(url, PAGE, allowed.delay_seconds)
        except NetworkFailure:
            return False

    async def _rules(self, url: str) -> Rules | None:
        """What the host's robots.txt allows; None when the host cannot be reached at all."""
        parts = urlsplit(url)
        host = parts.netloc
        if f"{parts.scheme}://{host}" in self.rules_of:
            return self.rules_of[f"{parts.scheme}://{host}"]
        async with self.world.db.statement() as conn:
            known = await store.known_robots(conn, f"{parts.scheme}://{host}", ROBOTS_KEPT)
        if known is None:
            try:
                answer = await self._request(f"{parts.scheme}://{host}/robots.txt", ROBOTS, 0.0)
            except NetworkFailure:
                return None
            text = answer.body[:MOST_ROBOTS_BYTES].decode("utf-8", "replace").replace("\0", "")
            known = KnownRobots(answer.status, text if 200 <= answer.status < 300 else None)
            read = robots_rules(known.status, known.text)
            async with self.world.db.transaction() as conn:
                await store.note_robots(conn, f"{parts.scheme}://{host}", known)
                # The request that told us of the pause is one to pause after.
                asked = [urlsplit(place).netloc for place in (*answer.redirected_from, answer.url)]
                await store.hold_off(conn, [host, *asked], timedelta(seconds=read.delay_seconds))
        found = self.rules_of[f"{parts.scheme}://{host}"] = robots_rules(known.status, known.text)
        return found

    async def _request(self, url: str, limits: Limits, delay_seconds: float) -> Response:
        """In its turn: no other request of ours to the host runs, and the pause after the last one is over."""
        host = urlsplit(url).netloc
        pause = max(self.world.settings.crawler_pause_ms / 1000, delay_seconds)
        async with self._turn(host) as turn:
            turn.pause_seconds = pause
            answer = await self.world.fetch.request(
                "GET", url, user_agent=user_agent(self.world), headers=_HEADERS, limits=limits
            )
            turn.pause_seconds = max(pause, _retry_after(answer))
            return answer

    @contextlib.asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator["_Turn"]:
        while True:
            async with self.world.db.transaction() as conn:
                wait = await store.take_turn(conn, host, self.holder, TURN)
                if not wait:
                    break
                holder = await store.turn_holder(conn, host)
                if holder is not None and is_gone(holder):
                    pause = timedelta(milliseconds=self.world.settings.crawler_pause_ms)
                    await store.end_turn(conn, host, holder, pause)
            await self.world.timer.sleep(wait)
        turn = _Turn()
        try:
            yield turn
        finally:
            async with self.world.db.transaction() as conn:
                await store.end_turn(conn, host, self.holder, timedelta(seconds=turn.pause_seconds))


@dataclass
class _Turn:
    pause_seconds: float = 1.0


_HEADERS = {"Accept": "text/html,application/xhtml+xml,text/vcard;q=0.9,*/*;q=0.1"}


def _redirected(answer: Response) -> str | None:
    return answer.header("location") if answer.status in (301, 302, 303, 307, 308) else None


def _retry_after(answer: Response) -> float:
    """Seconds the site asks us to wait (RFC 9110, 10.2.3)."""
    text = answer.header("retry-after") or ""
    if answer.status not in (429, 503) or not text.strip().isdigit():
        return 0.0
    return min(float(text.strip()[:6]), LONGEST_RETRY_AFTER_SECONDS)
