"""How a command gets its world, says what it did, and ends."""

import asyncio
import contextlib
import functools
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
import psycopg
import psycopg_pool

from fairlead import settings as setting_names
from fairlead.accounts import actions as accounts
from fairlead.db import Connection
from fairlead.kit.faults import fault_line
from fairlead.kit.refusals import CannotStart, Refusal
from fairlead.main import House, Start, open_house
from fairlead.world import World

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])

SOME_ROWS_FAILED = 3


def run(work: Callable[[House], Awaitable[T]], data: Path | None, **start: Any) -> T:
    """Does `work` in the world of the data folder `data`. A refusal becomes one line and exit code 1."""

    async def within() -> T:
        async with open_house(setting_names.load(), Start(data=data, **start)) as house:
            if house.note:
                click.echo(house.note, err=True)
            return await work(house)

    return run_async(within)


def run_async(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    try:
        return asyncio.run(interruptible(work))
    except (Refusal, CannotStart) as error:
        raise stopped(str(error)) from error
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
        raise stopped(f"The database did not answer: {fault_line(error)}") from error
    except psycopg.Error as error:
        raise stopped(f"A fault of Fairlead's: {fault_line(error)}. Please report it.") from error
    except UnicodeEncodeError as error:
        raise stopped("What was given is not text in UTF-8.") from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise stopped("Interrupted.") from None


async def interruptible(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """`work`, ended by SIGTERM as by Ctrl-C: a database started for it is ended with it."""
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(ValueError, RuntimeError):  # only the main thread may
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work()


def stopped(sentence: str) -> click.ClickException:
    """To be raised: ends the command with this sentence and exit code 1."""
    return click.ClickException(sentence)


def data_option(command: Command) -> Command:
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="Data folder. Default: FAIRLEAD_DATA, or the user's own.",
    )(command)


def workspace_option(command: Command) -> Command:
    return click.option("--workspace", type=int, metavar="ID", help="May be left out when there is only one.")(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object on one line.")(command)


def in_world(command: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Turns `async def command(world, ...)` into a click callback with `--data`."""

    @data_option
    @functools.wraps(command)
    def callback(data: Path | None, **options: Any) -> None:
        async def work(house: House) -> None:
            await command(house.world, **options)

        run(work, data)

    return callback


def in_workspace(command: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Turns `async def command(world, workspace_id, ...)` into a click callback with `--data` and `--workspace`."""

    @in_world
    @workspace_option
    @functools.wraps(command)
    async def callback(world: World, workspace: int | None, **options: Any) -> None:
        async with world.db.statement() as conn:
            workspace_id = await chosen_workspace(conn, workspace)
        await command(world, workspace_id, **options)

    return callback


async def chosen_workspace(conn: Connection, given: int | None) -> int:
    """The workspace named, or the only one there is."""
    if given is not None:
        return (await accounts.account(conn, given)).workspace_id
    known = await accounts.workspaces(conn)
    if len(known) == 1:
        return known[0].id
    if not known:
        raise stopped("There is no workspace yet; make one with: fairlead workspace create --name NAME --owner EMAIL")
    names = ", ".join(f"{workspace.id} ({workspace.name})" for workspace in known)
    raise stopped(f"There are several workspaces; choose one with --workspace: {names}")


def show(value: dict[str, Any], *, as_json: bool, text: str | None = None) -> None:
    """One object: as JSON on one line, as `text`, or a line a key."""
    if as_json:
        click.echo(json.dumps(value, separators=(",", ":"), default=str))
    elif text is not None:
        click.echo(text)
    else:
        width = max(map(len, value), default=0)
        for key, item in value.items():
            click.echo(f"{key:<{width}}  {item}")


def show_rows(rows: list[dict[str, Any]], *, as_json: bool, name: str, empty: str) -> None:
    """Rows as a table, or as one JSON object `{name: [...]}`."""
    if as_json:
        click.echo(json.dumps({name: rows}, separators=(",", ":"), default=str))
        return
    if not rows:
        click.echo(empty)
        return
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def read_lines(path: Path | None) -> list[str]:
    """Lines of a file, or of standard input when `-` or nothing is named."""
    text = sys.stdin.read() if path is None or str(path) == "-" else path.read_text("utf-8-sig", errors="strict")
    return [line.strip() for line in text.splitlines() if line.strip()]
