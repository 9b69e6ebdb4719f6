"""`fairlead crawl`: sites into the lead database."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console

from fairlead.cli.importing import bar
from fairlead.cli.running import SOME_ROWS_FAILED, in_world, json_option, read_lines, show_rows
from fairlead.corpus.crawling.model import Budget, CrawlReport, Ending
from fairlead.corpus.crawling.reading import crawl_domain
from fairlead.kit.refusals import Conflict, Invalid
from fairlead.world import World

FAILED = (Ending.UNREACHABLE, Ending.FORBIDDEN)
SENTENCES = {
    Ending.DONE: "all pages in reach read",
    Ending.ENOUGH: "contact and team pages read",
    Ending.BUDGET: "as many pages as are read of one site",
    Ending.FORBIDDEN: "robots.txt does not allow it",
    Ending.UNREACHABLE: "no page came",
}


@click.command("crawl")
@click.argument("domains", nargs=-1, metavar="[DOMAIN]...")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="A domain a line; - is standard input.",
)
@click.option(
    "--pages", type=click.IntRange(1, 10_000), help="Most pages of one site. Default: FAIRLEAD_CRAWLER_PAGES."
)
@click.option("--at-once", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Sites read at once.")
@json_option
@in_world
async def crawl(
    world: World, domains: tuple[str, ...], file: Path | None, pages: int | None, at_once: int, as_json: bool
) -> None:
    """Read the sites of companies for people, addresses and what they say of themselves.

    Follows robots.txt, asks each host for one page at a time with a pause in between, and reads the pages first where
    people stand. The same command goes on where it was interrupted.
    """
    named = list(dict.fromkeys([*domains, *(await asyncio.to_thread(read_lines, file) if file else [])]))
    if not named:
        raise click.UsageError("Name domains, or a file with --file.")
    if world.mode == "sandbox" and world.settings.nameserver is None:
        raise Conflict(
            "outside_sandbox",
            "This is a sandbox: without the FAIRLEAD_NAMESERVER, FAIRLEAD_ALLOWED_NETWORKS and FAIRLEAD_PORT_MAP of "
            "its internet, real sites would be asked.",
        )
    console = Console(stderr=True, highlight=False)
    reports, bad = await _crawl(world, console, named, Budget(pages or world.settings.crawler_pages), at_once)
    for name in bad:
        console.print(f"{name} is not the name of a site.", markup=False, soft_wrap=True)
    show_rows([_row(report) for report in reports], as_json=as_json, name="sites", empty="No site was read.")
    if bad or any(report.ending in FAILED for report in reports):
        raise SystemExit(SOME_ROWS_FAILED)


async def _crawl(
    world: World, console: Console, domains: Iterable[str], budget: Budget, at_once: int
) -> tuple[list[CrawlReport], list[str]]:
    names = list(domains)
    seats = asyncio.Semaphore(at_once)
    reports: dict[str, CrawlReport] = {}
    bad: list[str] = []
    pages: dict[str, int] = {}
    started = world.timer.monotonic()
    with bar(console, "Reading sites") as show_bar:

        def draw() -> None:
            # A site is as far as its pages are of the most it may have.
            share = len(reports) + sum(min(count / budget.pages, 0.99) for count in pages.values())
            seconds = world.timer.monotonic() - started
            found = sum(report.addresses for report in reports.values())
            text = f"{len(reports):,} of {len(names):,} sites, {found:,} addresses"
            show_bar(min(share / len(names), 1.0 if len(reports) + len(bad) == len(names) else 0.999), text, seconds)

        async def one(name: str) -> None:
            def count(read: int) -> None:
                pages[name] = read
                draw()

            async with seats:
                try:
                    reports[name] = await crawl_domain(world, name, budget=budget, report=count)
                except Invalid:
                    bad.append(name)
            pages.pop(name, None)
            draw()

        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(one(name))
    return [reports[name] for name in names if name in reports], bad


def _row(report: CrawlReport) -> dict[str, object]:
    return {
        "domain": report.domain,
        "pages": report.pages,
        "addresses": report.addresses,
        "people": report.people,
        "ending": report.ending.value,
        "why": SENTENCES[report.ending],
    }
