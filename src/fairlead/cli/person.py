"""`fairlead person`: all that is kept of one person, and its end."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click

from fairlead import privacy
from fairlead.cli.running import in_world
from fairlead.world import World


@click.group("person")
def person() -> None:
    """One person's data in every table: shown or erased, across all workspaces."""


@person.command("export")
@click.argument("person", nargs=-1, required=True, metavar="ADDRESS|PROFILE...")
@in_world
async def export(world: World, person: tuple[str, ...]) -> None:
    """Print every row about a person as one JSON object, by table."""
    found = await privacy.export_person(world, person)
    click.echo(json.dumps(found, default=_shown, ensure_ascii=False, indent=1))


@person.command("erase")
@click.argument("person", nargs=-1, required=True, metavar="ADDRESS|PROFILE...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_world
async def erase(world: World, person: tuple[str, ...], yes: bool) -> None:
    """Erase a person from every table, and keep the addresses and profiles out for good.

    Cannot be taken back. What remains of them are hashes by which they are recognized and left out.
    """
    if not yes:
        click.confirm("Erase this person from all workspaces for good?", abort=True)
    done = await privacy.erase_person(world, person)
    for table, rows in sorted(done.items()):
        click.echo(f"{table}: {rows}")
    click.echo(f"{sum(done.values())} rows erased." if done else "Nothing was known.")


def _shown(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case bytes():
            return value.hex()
        case _:
            return str(value)
