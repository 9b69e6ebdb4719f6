"""`fairlead search`: people at many domains, onto a list."""

from pathlib import Path

import click
from rich.console import Console

from fairlead.cli.importing import bar
from fairlead.cli.running import (
    SOME_ROWS_FAILED,
    chosen_workspace,
    in_world,
    json_option,
    show,
    stopped,
    workspace_option,
)
from fairlead.corpus import actions as corpus
from fairlead.finder import actions as finder
from fairlead.world import World


@click.command("search")
@click.argument("domains", nargs=-1, metavar="[DOMAIN]...")
@click.option(
    "--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A domain a line, 20,000 at most."
)
@click.option("--list", "list_name", required=True, metavar="NAME", help="Where the people go; made if need be.")
@click.option("--position", "positions", multiple=True, metavar="TITLE", help="Only people with such a job title.")
@click.option("--all-emails", is_flag=True, help="Also addresses of persons whose names are not known.")
@click.option("--again", is_flag=True, help="Search once more what was searched before.")
@json_option
@in_world
@workspace_option
async def search(
    world: World,
    domains: tuple[str, ...],
    file: Path | None,
    list_name: str,
    positions: tuple[str, ...],
    all_emails: bool,
    again: bool,
    as_json: bool,
    workspace: int | None,
) -> None:
    """Put the people known at domains on a list of prospects.

    Sites of companies nothing is known of are read first. A page of 20 people costs a credit, once. The same command
    goes on where it was interrupted.
    """
    async with world.db.statement() as conn:
        workspace_id = await chosen_workspace(conn, workspace)
    wanted, bad = finder.domains_in(file) if file is not None else ([], [])
    for given in domains:
        try:
            wanted.append(corpus.normalized_domain(given))
        except ValueError:
            bad.append(given)
    wanted = list(dict.fromkeys(wanted))
    if not wanted:
        raise stopped("There is no domain in what was given.")
    console = Console(stderr=True, highlight=False)
    started = world.timer.monotonic()
    with bar(console, "Searching") as report:

        def progress(step: finder.Searched) -> None:
            done = (step.done + step.before) / step.domains
            report(done, f"{step.done:,} domains, {step.found:,} people", world.timer.monotonic() - started)

        searched = await finder.search_many(
            world,
            workspace_id,
            wanted,
            list_name=list_name,
            positions=positions,
            all_emails=all_emails,
            again=again,
            progress=progress,
        )
    searched.bad_lines = bad
    text = [f"{searched.found:,} people put on the list {list_name!r} from {searched.done:,} domains."]
    if searched.before:
        text.append(f"{searched.before:,} domains were searched before.")
    if searched.nothing:
        text.append(f"Nothing was found at {searched.nothing:,} domains.")
    if bad:
        text.append(f"{len(bad):,} lines hold no domain, such as {bad[0]!r}.")
    if searched.out_of_credits:
        text.append(f"The credits ran out: {searched.left:,} domains are left. The same command goes on.")
    figures = vars(searched) | {"credits": str(searched.credits), "left": searched.left}
    show(figures, as_json=as_json, text="\n".join(text))
    if bad or searched.out_of_credits:
        raise SystemExit(SOME_ROWS_FAILED)
