"""`fairlead ingest`: archives of web pages into the lead database."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from fairlead.accounts import actions as accounts
from fairlead.accounts.model import WorkspaceId
from fairlead.cli.importing import bar, duration
from fairlead.cli.running import SOME_ROWS_FAILED, in_world, json_option, show, stopped
from fairlead.corpus import actions as corpus
from fairlead.corpus.ingesting.engines import engine_named
from fairlead.corpus.ingesting.model import Outcome
from fairlead.corpus.ingesting.running import Progress
from fairlead.corpus.ingesting.running import ingest as take_in
from fairlead.importing.columns import read_mapping
from fairlead.world import World

MOST_NAMED = 20
CONTACTS = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq", ".vcf", ".vcard", ".mbox", ".mbx"}


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
    help="What runs the extraction: processes on this machine, or a Ray cluster.",
)
@click.option("--processes", type=click.IntRange(1, 1_000), help="Files extracted at once. Default: one for each core.")
@click.option("--again", is_flag=True, help="Also try files that were given up before.")
@click.option(
    "--map", "pairs", multiple=True, metavar="COLUMN=FIELD", help="The meaning of a column of a table of contacts."
)
@click.option("--workspace", type=int, metavar="ID", help="Keep what is found to this workspace. Default: for all.")
@json_option
@in_world
async def ingest(
    world: World,
    paths: tuple[Path, ...],
    engine: str,
    processes: int | None,
    again: bool,
    pairs: tuple[str, ...],
    workspace: int | None,
    as_json: bool,
) -> None:
    """Take archives of web pages, tables of contacts, cards and letters into the lead database.

    Reads WARC, ARC, WET and WAT, plain or gzipped, and folders of HTML pages; exports of other tools as CSV, JSON lines
    or Parquet, whose columns are told by their names and contents; vCards; and the signatures in mailboxes (mbox).
    The same command goes on where it was interrupted; what was taken in before is passed over. Several machines may
    run it on the same files and database.
    """
    owner: WorkspaceId | None = None
    if workspace is not None:
        async with world.db.statement() as conn:
            owner = WorkspaceId((await accounts.account(conn, workspace)).workspace_id)
    console = Console(stderr=True, highlight=False)
    started = world.timer.monotonic()
    tables = [path for path in paths if path.suffix.lower() in CONTACTS]
    failed = await _take_in_contacts(world, console, tables, owner, pairs, as_json=as_json)
    paths = tuple(path for path in paths if path not in tables)
    if not paths:
        if failed:
            raise SystemExit(SOME_ROWS_FAILED)
        return
    with bar(console, "Ingesting") as report:

        def progress(step: Progress) -> None:
            seconds = world.timer.monotonic() - started
            report(min(step.done, 0.999), _figures(step, seconds), seconds)

        with engine_named(engine) as chosen:
            outcome = await take_in(
                world, paths, engine=chosen, owner=owner, at_once=processes, again=again, report=progress
            )
    if not outcome.files:
        raise stopped("There is no archive and no page under what was named.")
    show(_summary(outcome), as_json=as_json, text="\n".join(_sentences(outcome)))
    if outcome.failed or failed:
        raise SystemExit(SOME_ROWS_FAILED)


async def _take_in_contacts(
    world: World,
    console: Console,
    paths: Sequence[Path],
    owner: WorkspaceId | None,
    pairs: Sequence[str],
    *,
    as_json: bool,
) -> int:
    """How many rows failed."""
    failed = 0
    for path in paths:
        started = world.timer.monotonic()
        with bar(console, path.name) as report:

            def progress(rows: int, done: float) -> None:
                report(done, f"{rows:,} rows", world.timer.monotonic() - started)  # noqa: B023 - told within the loop

            imported = await corpus.import_contacts(
                world, path, owner=owner, given=read_mapping(pairs), progress=progress
            )
        failed += imported.failed
        if imported.known_before:
            text = f"{path.name} was taken in before."
        else:
            text = f"{path.name}: {imported.contacts:,} contacts in {imported.rows:,} rows, {imported.failed:,} failed."
        show({"file": path.name, **vars(imported)}, as_json=as_json, text=text)
    return failed


def _figures(step: Progress, seconds: float) -> str:
    done = step.done
    left = f", {duration(seconds * (1 - done) / done)} left" if 0.001 < done < 1 else ""
    return f"{step.files_done:,} of {step.files:,} files, {step.pages:,} pages with findings{left}"


def _summary(outcome: Outcome) -> dict[str, object]:
    return {
        "files": outcome.files,
        "merged": outcome.merged,
        "known_before": outcome.known_before,
        "pages": outcome.pages,
        "new_addresses": outcome.addresses,
        "new_people": outcome.people,
        "incomplete": [name for name, _ in outcome.incomplete],
        "failed": [name for name, _ in outcome.parked],
        "flaws": dict(outcome.flaws),
    }


def _sentences(outcome: Outcome) -> list[str]:
    lines = [
        f"{outcome.merged:,} of {outcome.files:,} files are in the lead database"
        + (f", {outcome.known_before:,} of them from before." if outcome.known_before else "."),
        f"{outcome.pages:,} pages said something: {outcome.addresses:,} new addresses, {outcome.people:,} new people.",
    ]
    lines += _named(outcome.incomplete, "could only be read in part")
    lines += _named(outcome.parked, "could not be read")
    return lines


def _named(files: Sequence[tuple[str, str]], what: str) -> list[str]:
    lines = [f"{name} {what}: {why}." for name, why in files[:MOST_NAMED]]
    return [*lines, f"{len(files) - MOST_NAMED:,} more {what}."] if len(files) > MOST_NAMED else lines
