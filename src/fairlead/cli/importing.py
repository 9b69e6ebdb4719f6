"""Importing and exporting prospects at the command line: the mapping shown, a progress bar, what came of it."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from fairlead.cli.running import SOME_ROWS_FAILED, show
from fairlead.kit.refusals import Invalid
from fairlead.prospects.exporting import Format, export_rows, format_of
from fairlead.prospects.importing.loading import import_file, plan_import
from fairlead.prospects.importing.model import Existing, Imported, Plan
from fairlead.prospects.importing.model import Progress as Step
from fairlead.world import World

# Where no bar can be drawn, a line now and then.
LINE_EVERY_SECONDS = 5.0
SHOWN_CHARACTERS = 40


async def import_command(
    world: World,
    workspace_id: int,
    path: Path,
    *,
    list_name: str,
    existing: Existing,
    mapping: Mapping[str, str],
    dry_run: bool,
    as_json: bool = False,
) -> int:
    """Shows the mapping, imports, says what came of it, and returns the exit code.

    With `as_json` one object on standard output; everything else goes to standard error either way.
    """
    console = Console(stderr=True, highlight=False)
    plan = await plan_import(world, workspace_id, path, mapping=mapping)
    show_plan(console, path, plan)
    with bar(console, "Checking" if dry_run else "Importing") as report:
        imported = await import_file(
            world,
            workspace_id,
            path,
            list_name=list_name,
            existing=existing,
            dry_run=dry_run,
            plan=plan,
            progress=lambda step: report(step.done, _step_text(step), step.seconds),
        )
    show(_figures(imported), as_json=as_json, text="\n".join(_sentences(imported, list_name, dry_run=dry_run)))
    return SOME_ROWS_FAILED if imported.failed else 0


async def export_command(
    world: World, workspace_id: int, *, list_name: str | None, format: Format | None, output: Path | None
) -> int:
    """Writes to `output`, or to standard output when it is None or `-`, and returns the exit code.

    A file appears under its name when it is complete. Without `format` the name of the file tells it.
    """
    console = Console(stderr=True, highlight=False)
    to_file = output is not None and str(output) != "-"
    chosen = format or (format_of(output.name) if output is not None and to_file else Format.CSV)
    started = world.timer.monotonic()
    with bar(console, "Exporting") as report:

        def progress(rows: int, total: int) -> None:
            seconds = world.timer.monotonic() - started
            step = Step(rows, 0, rows / total if total else 1.0, seconds)
            report(step.done, _step_text(step), seconds)

        with _appearing(output) if output is not None and to_file else _standard_output() as target:
            rows = await export_rows(
                world, workspace_id, list_name=list_name, format=chosen, target=target, progress=progress
            )
    console.print(f"{rows:,} prospects{f' in {output}' if to_file else ''}.", markup=False)
    return 0


def show_plan(console: Console, path: Path, plan: Plan) -> None:
    console.print(f"{path.name}: {plan.source.described()}", markup=False)
    table = Table("Column", "Becomes", "Because of", *(f"Row {row}" for row in range(1, len(plan.sample) + 1)))
    for place, column in enumerate(plan.columns):
        table.add_row(
            *map(_shown, (column.name, column.target or "(ignored)", column.why or "")),
            *(_shown(row[place]) for row in plan.sample),
        )
    console.print(table)
    console.print("Change it with --map 'Column=field', ignore a column with --map 'Column='.", markup=False)


def _shown(text: str) -> Text:
    """A cell as one short line: control characters of a stranger's file do not reach the terminal."""
    line = "".join(char if char.isprintable() else "·" for char in text[: SHOWN_CHARACTERS + 1])
    # Not a string: brackets in it would be taken for styles.
    return Text(line if len(text) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…")


def _step_text(step: Step) -> str:
    failed = f", {step.failed:,} failed" if step.failed else ""
    left = step.seconds_left
    remaining = "" if left is None or step.done >= 1 else f", {duration(left)} left"
    return f"{step.rows:,} rows{failed}, {step.rows_a_second:,.0f} rows/s{remaining}"


def duration(seconds: float) -> str:
    """As h:mm:ss or m:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def bar(console: Console, what: str) -> Iterator[Callable[[float, str, float], None]]:
    """A function to call with how far it has come (0 to 1), a text, and the seconds since the start."""
    if console.is_terminal:
        text_column = TextColumn("{task.fields[text]}")
        parts = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), text_column)
        with Progress(*parts, console=console) as drawn:
            task = drawn.add_task(what, total=1.0, text="")
            yield lambda done, text, seconds: drawn.update(task, completed=done, text=text)
        return
    last = 0.0

    def line(done: float, text: str, seconds: float) -> None:
        nonlocal last
        if done >= 1 or seconds - last >= LINE_EVERY_SECONDS:
            last = seconds
            console.print(f"{what}: {done:.0%}, {text}", markup=False, soft_wrap=True)

    yield line


def _figures(imported: Imported) -> dict[str, object]:
    return vars(imported) | {"seconds": round(imported.seconds, 3)}


def _sentences(imported: Imported, list_name: str, *, dry_run: bool) -> Iterator[str]:
    rate = imported.rows / imported.seconds if imported.seconds else 0
    yield f"{imported.rows:,} rows in {imported.seconds:,.1f} s ({rate:,.0f} rows/s)" + (
        "; nothing was changed." if dry_run else "."
    )
    overwritten = f" ({imported.updated:,} overwritten)" if imported.updated else ""
    yield f"{imported.made:,} new prospects, {imported.known:,} known before{overwritten}."
    yield f"{imported.listed:,} put on the list {list_name!r}."
    if imported.duplicates:
        yield f"{imported.duplicates:,} rows about somebody an earlier row was about."
    if imported.failed:
        where = imported.errors_problem or f"see {imported.errors_path}."
        yield f"{imported.failed:,} rows failed; {where}"
    if imported.change_id is not None:
        yield f"To take this back: fairlead import --undo {imported.change_id}"


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when the block ends well. Raises `Invalid` when it cannot be written."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise Invalid("cannot_write", f"{path} cannot be written: {error.strerror}.", field="output") from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


