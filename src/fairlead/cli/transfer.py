"""`fairlead import` and `fairlead export`."""

from collections.abc import Sequence
from pathlib import Path

import click

from fairlead.cli.importing import export_command, import_command
from fairlead.cli.prospects import undo
from fairlead.cli.running import in_workspace, json_option
from fairlead.prospects.exporting import Format
from fairlead.prospects.importing.model import Existing
from fairlead.world import World


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--list", "list_name", metavar="NAME", help="The list the prospects go on; made if there is none.")
@click.option(
    "--existing",
    type=click.Choice([way.value for way in Existing]),
    default=Existing.SKIP.value,
    show_default=True,
    help="Whether known prospects are overwritten with what the file has, or only put on the list.",
)
@click.option("--map", "pairs", multiple=True, metavar="COLUMN=FIELD", help="Correct the guess for a column; repeat.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, change nothing.")
@click.option("--undo", "undo_id", type=int, metavar="ID", help="Take an import back.")
@json_option
@in_workspace
async def import_(
    world: World,
    workspace_id: int,
    file: Path | None,
    list_name: str | None,
    existing: str,
    pairs: tuple[str, ...],
    dry_run: bool,
    undo_id: int | None,
    as_json: bool,
) -> None:
    """Bring prospects from a CSV, JSON lines, Parquet or vCard FILE onto a list.

    Fields: email, full_name, first_name, last_name, phones, country, locality, industry, position, company_name,
    company_site, linkedin, facebook, twitter, x, and custom:LABEL for a custom field.
    """
    if undo_id is not None:
        if file is not None:
            raise click.UsageError("--undo takes an import back; it needs no file.")
        await undo(world, workspace_id, undo_id, as_json=as_json)
        return
    if file is None or list_name is None:
        raise click.UsageError("Name a file and, with --list, the list its prospects go on.")
    code = await import_command(
        world,
        workspace_id,
        file,
        list_name=list_name,
        existing=Existing(existing),
        mapping=_mapping(pairs),
        dry_run=dry_run,
        as_json=as_json,
    )
    raise SystemExit(code)


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        column, separator, field = pair.rpartition("=")
        if not separator:
            raise click.UsageError(f"--map takes COLUMN=FIELD, not {pair!r}.")
        mapping[column] = field
    return mapping


@click.command("export")
@click.option("--list", "list_name", metavar="NAME", help="Only this list. Default: all prospects.")
@click.option("--format", "format_", type=click.Choice([form.value for form in Format]), help="Default: by the name.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: standard output.")
@in_workspace
async def export(
    world: World, workspace_id: int, list_name: str | None, format_: str | None, output: Path | None
) -> None:
    """Write prospects as CSV, JSON lines or Parquet; `import` reads them again.

    Cells of a CSV that a spreadsheet would run as a formula (they start with = + - @) get an apostrophe in front.
    """
    code = await export_command(
        world, workspace_id, list_name=list_name, format=Format(format_) if format_ else None, output=output
    )
    raise SystemExit(code)
