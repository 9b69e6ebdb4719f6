"""Lists, custom fields, do-not-email lists, prospects, claimed addresses."""

from pathlib import Path

import click

from fairlead.accounts import actions as accounts
from fairlead.cli.running import (
    SOME_ROWS_FAILED,
    in_workspace,
    in_world,
    json_option,
    read_lines,
    show,
    show_rows,
    stopped,
)
from fairlead.corpus import actions as corpus
from fairlead.db import Connection
from fairlead.kit.public_ids import PublicIds
from fairlead.kit.text import address_key
from fairlead.prospects import actions as prospects
from fairlead.prospects.model import FieldType, Undone
from fairlead.world import World

MOST_FILE_OCTETS = 10_000_000


# Lists


@click.group(name="list")
def list_() -> None:
    """Prospect lists."""


@list_.command("create")
@click.argument("name")
@json_option
@in_workspace
async def create_list(world: World, workspace_id: int, name: str, as_json: bool) -> None:
    """Make a list."""
    async with world.db.statement() as conn:
        list_id = await prospects.create_list(conn, workspace_id, name, now=world.clock.now())
    show({"id": list_id, "name": name.strip()}, as_json=as_json)


@list_.command("show")
@json_option
@in_workspace
async def show_lists(world: World, workspace_id: int, as_json: bool) -> None:
    """Show all lists, deleted ones with their date."""
    async with world.db.statement() as conn:
        rows = [vars(item) for item in await prospects.lists(conn, workspace_id)]
    show_rows(rows, as_json=as_json, name="lists", empty="There is no list yet.")


@list_.command("rename")
@click.argument("list_id", type=int)
@click.argument("name")
@in_workspace
async def rename_list(world: World, workspace_id: int, list_id: int, name: str) -> None:
    """Give a list another name."""
    async with world.db.transaction() as conn:
        await prospects.rename_list(conn, workspace_id, list_id, name)
    click.echo("Renamed.")


@list_.command("delete")
@click.argument("list_id", type=int)
@in_workspace
async def delete_list(world: World, workspace_id: int, list_id: int) -> None:
    """Delete a list; its prospects stay, and `list restore` brings it back."""
    async with world.db.statement() as conn:
        await prospects.delete_list(conn, workspace_id, list_id, now=world.clock.now())
    click.echo(f"Deleted; to bring it back: fairlead list restore {list_id}")


@list_.command("restore")
@click.argument("list_id", type=int)
@in_workspace
async def restore_list(world: World, workspace_id: int, list_id: int) -> None:
    """Bring a deleted list back."""
    async with world.db.transaction() as conn:
        await prospects.restore_list(conn, workspace_id, list_id)
    click.echo("Restored.")


# Custom fields


@click.group()
def field() -> None:
    """Custom fields of prospects."""


@field.command("create")
@click.argument("label")
@click.option("--type", "type_", default="string", show_default=True, type=click.Choice([t.value for t in FieldType]))
@click.option("--required", is_flag=True, help="New prospects must have a value.")
@json_option
@in_workspace
async def create_field(
    world: World, workspace_id: int, label: str, type_: str, required: bool, as_json: bool
) -> None:
    """Declare a custom field."""
    async with world.db.transaction() as conn:
        made = await prospects.create_field(
            conn, workspace_id, label, FieldType(type_), required=required, now=world.clock.now()
        )
    show({"id": made, "label": label.strip(), "type": type_, "required": required}, as_json=as_json)


@field.command("show")
@json_option
@in_workspace
async def show_fields(world: World, workspace_id: int, as_json: bool) -> None:
    """Show the custom fields."""
    async with world.db.statement() as conn:
        rows = [vars(item) for item in await prospects.custom_fields(conn, workspace_id)]
    show_rows(rows, as_json=as_json, name="fields", empty="There is no custom field yet.")


@field.command("delete")
@click.argument("label")
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_workspace
async def delete_field(world: World, workspace_id: int, label: str, yes: bool) -> None:
    """Delete a custom field and its values, for good."""
    if not yes:
        click.confirm(f"Delete the field {label!r} and its value of every prospect?", abort=True)
    async with world.db.transaction() as conn:
        lost = await prospects.delete_field(conn, workspace_id, label)
    click.echo(f"Deleted, with the values of {lost} prospects.")


# Do not email


@click.group()
def donotemail() -> None:
    """Whom not to write to."""


@donotemail.command("create")
@click.argument("name")
@click.option("--campaigns-that-name-it", is_flag=True, help="Stop only those campaigns, not all.")
@json_option
@in_workspace
async def create_do_not_email_list(
    world: World, workspace_id: int, name: str, campaigns_that_name_it: bool, as_json: bool
) -> None:
    """Make a do-not-email list."""
    async with world.db.transaction() as conn:
        owner = await accounts.owner_of(conn, workspace_id)
        made = await prospects.create_do_not_email_list(
            conn, workspace_id, name, owner, stops_all=not campaigns_that_name_it, now=world.clock.now()
        )
    show({"id": made, "name": name.strip()}, as_json=as_json)


@donotemail.command("show")
@click.argument("list_id", type=int, required=False)
@json_option
@in_workspace
async def show_do_not_email(world: World, workspace_id: int, list_id: int | None, as_json: bool) -> None:
    """Show the do-not-email lists, or the items of one."""
    async with world.db.statement() as conn:
        if list_id is None:
            rows = [vars(item) for item in await prospects.do_not_email_lists(conn, workspace_id)]
            show_rows(rows, as_json=as_json, name="lists", empty="There is no list yet.")
            return
        after, shown = "", []
        while items := await prospects.do_not_email_items(conn, workspace_id, list_id, after=after):
            after = items[-1]
            if as_json:
                shown += items
            else:
                click.echo("\n".join(items))
    if as_json:
        show({"items": shown}, as_json=True)


@donotemail.command("add")
@click.argument("items", nargs=-1)
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="A line each; - for standard input.")
@click.option("--list", "list_id", type=int, help="Default: the default list.")
@json_option
@in_workspace
async def add_do_not_email(
    world: World, workspace_id: int, items: tuple[str, ...], file: Path | None, list_id: int | None, as_json: bool
) -> None:
    """Add addresses and domains."""
    if file is not None and str(file) != "-" and file.exists() and file.stat().st_size > MOST_FILE_OCTETS:
        raise stopped(f"{file} is larger than {MOST_FILE_OCTETS // 10**6} MB.")
    wanted = [*items, *(_lines(file) if file is not None else [])]
    async with world.db.transaction() as conn:
        result = await prospects.stop_emailing(
            conn, workspace_id, wanted, list_id=list_id, now=world.clock.now()
        )
    show(
        {"added": result.added, "duplicates": len(result.duplicates), "invalid": result.invalid},
        as_json=as_json,
        text=f"Added {result.added}; {len(result.duplicates)} were there already."
        + "".join(f"\nNeither an address nor a domain: {item}" for item in result.invalid),
    )
    if result.invalid:
        raise SystemExit(SOME_ROWS_FAILED)


@donotemail.command("remove")
@click.argument("items", nargs=-1, required=True)
@click.option("--list", "list_id", type=int, help="Default: the default list.")
@in_workspace
async def remove_do_not_email(
    world: World, workspace_id: int, items: tuple[str, ...], list_id: int | None
) -> None:
    """Take addresses and domains off a list."""
    async with world.db.transaction() as conn:
        removed = await prospects.allow_emailing(conn, workspace_id, items, list_id=list_id)
    click.echo(f"Removed {removed}.")


@donotemail.command("delete")
@click.argument("list_id", type=int)
@in_workspace
async def delete_do_not_email(world: World, workspace_id: int, list_id: int) -> None:
    """Delete a do-not-email list. The default one stays."""
    async with world.db.transaction() as conn:
        await prospects.delete_do_not_email_list(conn, workspace_id, list_id, now=world.clock.now())
    click.echo("Deleted.")


def _lines(file: Path) -> list[str]:
    try:
        return read_lines(file)
    except (OSError, UnicodeDecodeError) as error:
        raise stopped(f"{file} cannot be read: {error}") from error


# Prospects


@click.group()
def prospect() -> None:
    """Move, delete and merge prospects, and take it back."""


async def _chosen(
    world: World, conn: Connection, workspace_id: int, who: tuple[str, ...], from_list: int | None
) -> list[int]:
    """Prospects by address or public id; a whole list when none is named."""
    if not who:
        if from_list is None:
            raise stopped("Name prospects by address or id, or a whole list with --from.")
        return await prospects.prospects_in_list(conn, workspace_id, from_list)
    ids = PublicIds(world.installation, "prospect")
    chosen: list[int] = []
    for name in who:
        if "@" in name:
            try:
                found = await prospects.prospects_of_addresses(conn, workspace_id, [address_key(name)])
            except ValueError as error:
                raise stopped(f"{error}.") from error
            if not found:
                raise stopped(f"There is no prospect with the address {name}.")
            chosen += found
        elif (number := ids.find(name, workspace_id)) is not None:
            chosen.append(number)
        else:
            raise stopped(f"{name} is neither an address nor the id of a prospect.")
    return list(dict.fromkeys(chosen))


@prospect.command("move")
@click.argument("who", nargs=-1)
@click.option("--to", "to_list", type=int, required=True, metavar="LIST", help="The list they go to.")
@click.option("--from", "from_list", type=int, metavar="LIST", help="Take them off this list only.")
@json_option
@in_workspace
async def move_prospects(
    world: World, workspace_id: int, who: tuple[str, ...], to_list: int, from_list: int | None, as_json: bool
) -> None:
    """Move prospects, by address or id, or all of a list, to another list."""
    async with world.db.transaction() as conn:
        chosen = await _chosen(world, conn, workspace_id, who, from_list)
        change = await prospects.move(
            conn, workspace_id, chosen, to_list=to_list, from_list=from_list, now=world.clock.now()
        )
    _show_change(change, len(chosen), "moved", as_json)


@prospect.command("delete")
@click.argument("who", nargs=-1)
@click.option("--from", "from_list", type=int, metavar="LIST", help="All prospects of this list.")
@json_option
@in_workspace
async def delete_prospects(
    world: World, workspace_id: int, who: tuple[str, ...], from_list: int | None, as_json: bool
) -> None:
    """Delete prospects, by address or id, or all of a list."""
    async with world.db.transaction() as conn:
        chosen = await _chosen(world, conn, workspace_id, who, from_list)
        change = await prospects.delete(conn, workspace_id, chosen, now=world.clock.now())
    _show_change(change, len(chosen), "deleted", as_json)


@prospect.command("duplicates")
@json_option
@in_workspace
async def show_duplicates(world: World, workspace_id: int, as_json: bool) -> None:
    """Show groups of prospects with one address or one LinkedIn profile."""
    ids = PublicIds(world.installation, "prospect")
    async with world.db.statement() as conn:
        groups = await prospects.duplicates(conn, workspace_id)
    rows = [
        {"shared": shared, "prospects": " ".join(ids.short(workspace_id, number) for number in numbers)}
        for shared, numbers in groups
    ]
    show_rows(rows, as_json=as_json, name="duplicates", empty="There are no duplicates.")


@prospect.command("merge")
@click.argument("who", nargs=-1)
@click.option("--all", "all_groups", is_flag=True, help="Merge every group that `prospect duplicates` shows.")
@json_option
@in_workspace
async def merge_prospects(
    world: World, workspace_id: int, who: tuple[str, ...], all_groups: bool, as_json: bool
) -> None:
    """Merge prospects into the first one named."""
    if bool(who) == all_groups:
        raise click.UsageError("Name two prospects or more, or use --all.")
    now, merged, changes = world.clock.now(), 0, []
    async with world.db.transaction() as conn:
        if not all_groups:
            kept, *others = await _chosen(world, conn, workspace_id, who, None)
            changes.append(await prospects.merge(conn, workspace_id, kept, others, now=now))
            merged = len(others)
        # A merged prospect may share its profile with a further one: looked for until there are none.
        while all_groups and (groups := await prospects.duplicates(conn, workspace_id)):
            gone: set[int] = set()
            for _, group in groups:
                kept, *others = [number for number in group if number not in gone] or [0]
                if others:
                    changes.append(await prospects.merge(conn, workspace_id, kept, others, now=now))
                    gone.update(others)
                    merged += len(others)
    show(
        {"merged": merged, "changes": changes},
        as_json=as_json,
        text=f"Merged {merged} prospects; to take one back: fairlead prospect undo ID (see `prospect changes`).",
    )


@prospect.command("changes")
@json_option
@in_workspace
async def show_changes(world: World, workspace_id: int, as_json: bool) -> None:
    """Show bulk changes, the newest first."""
    async with world.db.statement() as conn:
        rows = [vars(item) for item in await prospects.changes(conn, workspace_id)]
    show_rows(rows, as_json=as_json, name="changes", empty="Nothing was changed in bulk yet.")


@prospect.command("undo")
@click.argument("change_id", type=int)
@json_option
@in_workspace
async def undo_change(world: World, workspace_id: int, change_id: int, as_json: bool) -> None:
    """Take a bulk change back."""
    await undo(world, workspace_id, change_id, as_json=as_json)


async def undo(world: World, workspace_id: int, change_id: int, *, as_json: bool) -> None:
    async with world.db.transaction() as conn:
        undone = await prospects.undo(conn, workspace_id, change_id, now=world.clock.now())
    show(vars(undone), as_json=as_json, text=_undone_text(undone))


def _undone_text(undone: Undone) -> str:
    text = f"Taken back: {undone.removed} removed, {undone.restored} as they were before."
    if undone.left_alone:
        text += f" {undone.left_alone} were changed again since and were left alone."
    return text


def _show_change(change: int, count: int, verb: str, as_json: bool) -> None:
    show(
        {"change": change, "prospects": count},
        as_json=as_json,
        text=f"{count} prospects {verb}; to take it back: fairlead prospect undo {change}",
    )


# Claimed addresses


@click.command()
@click.argument("addresses", nargs=-1, required=True)
@click.option("--release", is_flag=True, help="Let these addresses be used again.")
@in_world
async def claim(world: World, addresses: tuple[str, ...], release: bool) -> None:
    """Hide addresses whose owners asked for it, in the whole installation and for good."""
    async with world.db.transaction() as conn:
        if release:
            click.echo(f"Released {await corpus.release_claims(conn, addresses)}.")
        else:
            click.echo(f"Hidden {await corpus.claim(conn, addresses, world.clock.now())}.")
