"""`fairlead verify`: are these addresses alive."""

import asyncio
import itertools
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

import click
from rich.console import Console

from fairlead.cli.importing import bar, duration
from fairlead.cli.running import SOME_ROWS_FAILED, chosen_workspace, in_world, workspace_option
from fairlead.cli.verdict_files import AddressFile, VerdictFile
from fairlead.cli.verifying_lists import verify_list
from fairlead.kit.refusals import Conflict, Invalid, Refusal
from fairlead.kit.text import one_line
from fairlead.prospects.exporting import Format, format_of
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import SmtpStatus, Verdict
from fairlead.world import World

# Rows leave the process this often, so that an interruption costs no more than these.
WRITE_EVERY_SECONDS = 0.2
FORMATS = (Format.CSV, Format.JSONL)


@click.command("verify")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="An address a line, or anything `fairlead import` reads; - is standard input.",
)
@click.option("--list", "list_name", metavar="NAME", help="The prospects of this list.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: standard output. Added to if there."
)
@click.option(
    "--format", "format_", type=click.Choice([form.value for form in FORMATS]), help="Default: by the name, else csv."
)
@in_world
@workspace_option
async def verify(
    world: World,
    addresses: tuple[str, ...],
    file: Path | None,
    list_name: str | None,
    output: Path | None,
    format_: str | None,
    workspace: int | None,
) -> None:
    """Check whether addresses are alive, without writing to them.

    A row for each address, in the order the answers come. With --output FILE, the same command goes on where it was
    interrupted: addresses that have a row are not asked about again.

    A list costs its workspace a credit for each address it has not asked about before, and its prospects show the
    verdicts afterwards. Its rows come when all were asked; the same command goes on with a list that was interrupted.
    """
    given = bool(addresses) or file is not None
    if not given and list_name is None:
        raise click.UsageError("Name addresses, a file with --file, or a list with --list.")
    if given and list_name is not None:
        raise click.UsageError("A list is paid for by its workspace: verify it without --file and other addresses.")
    to_file = output if output is not None and str(output) != "-" else None
    chosen = Format(format_) if format_ else _format_of(to_file)
    if world.mode == "sandbox" and world.settings.nameserver is None:
        raise Conflict(
            "outside_sandbox",
            "This is a sandbox: without the FAIRLEAD_NAMESERVER, FAIRLEAD_ALLOWED_NETWORKS and FAIRLEAD_PORT_MAP of "
            "its internet, real mail servers would be asked.",
        )
    console = Console(stderr=True, highlight=False)
    if list_name is not None:
        async with world.db.statement() as conn:
            workspace_id = await chosen_workspace(conn, workspace)
        with _opened(to_file, chosen) as (target, known):
            await verify_list(world, console, workspace_id, list_name, target, known)
        return
    async with _sources(file) as sources:
        with _opened(to_file, chosen) as (verdicts, known):
            asked = _Addresses([list(map(one_line, addresses)), *sources], known)
            await _verify(world, console, asked, verdicts)
    unreadable = sum(source.unreadable for source in sources if isinstance(source, AddressFile))
    if known:
        console.print(f"{len(known):,} were in {to_file} before.", markup=False, soft_wrap=True)
    if unreadable:
        console.print(f"{unreadable:,} rows of the file could not be read.", markup=False, soft_wrap=True)
        raise SystemExit(SOME_ROWS_FAILED)


def _format_of(output: Path | None) -> Format:
    if output is None:
        return Format.CSV
    try:
        chosen = format_of(output.name)
    except Refusal:
        return Format.CSV
    if chosen not in FORMATS:
        raise click.UsageError("Verdicts are written as csv or jsonl.")
    return chosen


class _Addresses:
    """All sources, one after the other, without the addresses that have a row. Can be gone through again."""

    def __init__(self, sources: list[Iterable[str]], known: set[str]) -> None:
        self._sources = sources
        self._known = known

    def __iter__(self) -> Iterator[str]:
        return (address for address in itertools.chain(*self._sources) if address not in self._known)

    def count(self) -> int:
        return sum(1 for _ in self)


async def _verify(world: World, console: Console, addresses: _Addresses, target: VerdictFile) -> None:
    total = await asyncio.to_thread(addresses.count)
    if total and (problem := await verifier.identity_problem(world)):
        console.print(problem, markup=False, soft_wrap=True)
    found: Counter[SmtpStatus] = Counter()
    rows: list[Verdict] = []
    started = written = world.timer.monotonic()
    with bar(console, "Verifying") as report:
        # Sessions end before the database does.
        async with aclosing(cast(AsyncGenerator[Verdict, None], verifier.verify_now(world, addresses))) as verdicts:
            async for verdict in verdicts:
                rows.append(verdict)
                found[verdict.smtp_status] += 1
                if (now := world.timer.monotonic()) - written > WRITE_EVERY_SECONDS:
                    written = now
                    target.write(rows)
                    rows.clear()
                    # The same address twice is one, so that only the end is the end.
                    done = min(found.total() / total, 0.999)
                    report(done, _figures(found, now - started, done), now - started)
        target.write(rows)
        seconds = world.timer.monotonic() - started
        report(1.0, _figures(found, seconds, 1.0), seconds)


def _figures(found: Counter[SmtpStatus], seconds: float, done: float) -> str:
    total = found.total()
    counted = ", ".join(f"{found[status]:,} {status.value.replace('_', ' ')}" for status in SmtpStatus)
    rate = total / seconds if seconds else 0.0
    left = f", {duration(seconds * (1 - done) / done)} left" if 0 < done < 1 else ""
    return f"{total:,} addresses: {counted}; {rate:,.0f} a second{left}"


@asynccontextmanager
async def _sources(file: Path | None) -> AsyncIterator[list[Iterable[str]]]:
    """What can be read more than once: standard input is kept in a file until the block ends."""
    with tempfile.NamedTemporaryFile(prefix="fairlead-") as given:
        if file is not None and str(file) == "-":
            await asyncio.to_thread(shutil.copyfileobj, sys.stdin.buffer, given)
            given.flush()
            file = Path(given.name)
        yield [] if file is None else [await asyncio.to_thread(AddressFile, file)]


@contextmanager
def _opened(output: Path | None, format: Format) -> Iterator[tuple[VerdictFile, set[str]]]:
    """Where verdicts go, and the addresses that have one there."""
    if output is None:
        verdicts = VerdictFile(sys.stdout.buffer, format)
        verdicts.begin()
        yield verdicts, set()
        return
    try:
        output.touch()
        target = output.open("r+b")
    except OSError as error:
        raise Invalid("cannot_write", f"{output} cannot be written: {error.strerror}.", field="output") from error
    with target:
        verdicts = VerdictFile(target, format)
        yield verdicts, verdicts.resume()
