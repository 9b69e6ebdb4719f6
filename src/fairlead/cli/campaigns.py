"""Campaigns: made from a file, looked at, started and stopped, shown and tried out."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from fairlead.accounts import actions as accounts
from fairlead.campaigns import actions as campaigns
from fairlead.campaigns import calendly as bookings
from fairlead.campaigns.graph import chart
from fairlead.campaigns.model import Campaign, StopScope, Usage
from fairlead.campaigns.status import Action, NotReady
from fairlead.cli.running import in_workspace, json_option, show, show_rows, stopped
from fairlead.db import Connection
from fairlead.http.params import Params
from fairlead.http.snov.campaign_steps import Steps, written
from fairlead.http.snov.campaigns import read_changes, read_new
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import address_key
from fairlead.prospects import actions as prospects
from fairlead.world import World

LARGEST_FILE: Final = 25_000_000
LARGEST_JSON: Final = 10_000_000
# What a file may say beyond the body of endpoint 39.
OURS: Final = ("contents", "stop_scope", "follow_up_share", "unsubscribe_text")


@click.group()
def campaign() -> None:
    """Sequences of mails to the prospects of a list."""


@campaign.command("create")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@in_workspace
async def create_campaign(world: World, workspace_id: int, file: Path, as_json: bool) -> None:
    """Make a campaign from a JSON file: the body of POST /v2/campaigns/create, and its contents.

    See docs/guides/campaigns.md. - reads standard input.
    """
    body = _json_in(file)
    ours = {name: body.pop(name, None) for name in OURS}
    sequence = body.get("sequence")
    steps = None
    if isinstance(sequence, dict) and "nodes" in sequence:
        steps = Steps(chart.from_value(sequence), {}, {})
    new = read_new(Params(body), steps)
    new = replace(
        new,
        stop_scope=_stop_scope(ours["stop_scope"]),
        follow_up_share=_share(ours["follow_up_share"]),
        unsubscribe_text=_text(ours["unsubscribe_text"], "unsubscribe_text"),
    )
    contents = _contents(ours["contents"], new.graph)
    slots = new.slots | {key: max(len(listed), 1) for key, listed in contents.items()}
    now = world.clock.now()
    async with world.db.transaction() as conn:
        owner = await accounts.owner_of(conn, workspace_id)
        made = await campaigns.create(world, conn, workspace_id, owner, replace(new, slots=slots), now=now)
        await _write_contents(conn, made, list(new.graph.nodes), contents, now)
    show({"id": made.id, "title": made.title, "status": made.status.value}, as_json=as_json)


async def _write_contents(
    conn: Connection, made: Campaign, keys: list[str], contents: dict[str, list[dict[str, Any]]], now: Any
) -> None:
    # Steps without a number got one; their order is as it was.
    numbers = dict(zip(keys, made.version.graph.nodes, strict=True))
    for key, listed in contents.items():
        for place, texts in enumerate(listed, 1):
            await campaigns.write_content(conn, made.workspace_id, made.id, numbers[key], place, texts, now=now)


@campaign.command("list")
@json_option
@in_workspace
async def list_campaigns(world: World, workspace_id: int, as_json: bool) -> None:
    """Show all campaigns."""
    async with world.db.statement() as conn:
        lines = await campaigns.campaigns(conn, workspace_id)
    rows = [
        {"id": line.id, "title": line.title, "status": line.status.value, "list": line.list_id,
         "started": line.started_at}
        for line in lines
    ]  # fmt: skip
    show_rows(rows, as_json=as_json, name="campaigns", empty="There is no campaign yet.")


@campaign.command("show")
@click.argument("campaign_id", type=int)
@json_option
@in_workspace
async def show_campaign(world: World, workspace_id: int, campaign_id: int, as_json: bool) -> None:
    """Show a campaign with its steps and contents."""
    async with world.db.statement() as conn:
        found = await campaigns.campaign(conn, workspace_id, campaign_id)
        contents = await campaigns.contents(conn, workspace_id, campaign_id)
        files = await campaigns.attachments(conn, workspace_id, campaign_id)
    about = {
        "id": found.id,
        "title": found.title,
        "status": found.status.value,
        "reason": found.status_reason,
        "mailboxes": list(found.mailbox_ids),
        "lists": list(found.list_ids),
        "schedule": found.schedule_id,
        "version": found.version.number,
        "published": found.version.published_at,
        "files": [f"{one.id} {one.name} ({one.size} octets)" for one in files],
    }
    if as_json:
        sequence = chart.to_value(found.version.graph)
        show(about | {"sequence": sequence, "steps": written(found.version.graph, contents)["steps"]}, as_json=True)
        return
    show(about, as_json=False)
    for node in found.version.graph.nodes.values():
        ways = ", ".join(
            f"{port} → {target or 'end'}" for port, target in node.ports.items() if target or port == "next"
        )
        click.echo(f"\n{node.key}  {node.kind}{f' ({node.label})' if node.label else ''}  {ways}")
        for variant in contents.get(node.key, []):
            click.echo(
                f"    content {variant.content_id} [{variant.usage}] {variant.subject or '(answers in the thread)'}"
            )


def _command(action: Action, name: str, help_: str) -> None:
    @campaign.command(name, help=help_)
    @click.argument("campaign_id", type=int)
    @json_option
    @in_workspace
    async def act(world: World, workspace_id: int, campaign_id: int, as_json: bool) -> None:
        try:
            async with world.db.transaction() as conn:
                status, warnings = await campaigns.act(
                    world, conn, workspace_id, campaign_id, action, now=world.clock.now()
                )
        except NotReady as refusal:
            raise stopped("\n".join(["It cannot start yet:", *(f"- {part}" for part in refusal.parts)])) from None
        for warning in warnings:
            click.echo(f"Note: {warning}", err=True)
        show({"id": campaign_id, "status": status.value}, as_json=as_json, text=f"The campaign is {status}.")


_command(Action.START, "start", "Start a campaign, or say what it lacks.")
_command(Action.PAUSE, "pause", "Pause a campaign.")
_command(Action.RESUME, "resume", "Go on with a paused campaign.")
_command(Action.COMPLETE, "complete", "End a campaign for good.")
_command(Action.ARCHIVE, "archive", "Put a campaign away.")


@campaign.command("delete")
@click.argument("campaign_id", type=int)
@in_workspace
async def delete_campaign(world: World, workspace_id: int, campaign_id: int) -> None:
    """Delete a campaign that is new, completed or archived."""
    async with world.db.transaction() as conn:
        await campaigns.delete(conn, workspace_id, campaign_id, now=world.clock.now())
    click.echo("Deleted.")


@campaign.command("duplicate")
@click.argument("campaign_id", type=int)
@click.option("--title", help='Default: the same with " (copy)".')
@json_option
@in_workspace
async def duplicate_campaign(
    world: World, workspace_id: int, campaign_id: int, title: str | None, as_json: bool
) -> None:
    """Make a new campaign with the same settings, steps, contents and files."""
    async with world.db.transaction() as conn:
        made = await campaigns.duplicate(world, conn, workspace_id, campaign_id, title=title, now=world.clock.now())
    show({"id": made.id, "title": made.title, "status": made.status.value}, as_json=as_json)


@campaign.command("sequence")
@click.argument("campaign_id", type=int)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@in_workspace
async def publish_sequence(world: World, workspace_id: int, campaign_id: int, file: Path, as_json: bool) -> None:
    """Replace the chart of a campaign by that of a JSON file (entry, nodes), and say whom that moves."""
    graph = chart.from_value(_json_in(file))
    async with world.db.transaction() as conn:
        changed = await campaigns.change(conn, workspace_id, campaign_id, {}, graph=graph, now=world.clock.now())
        moving = await campaigns.recipients_to_move(conn, changed)
    report = {
        "version": changed.version.number,
        "recipients_that_stay": moving.stay,
        "recipients_whose_step_is_gone": moving.gone,
    }
    lines = [f"Version {changed.version.number} is in force; {moving.stay} recipients go on where they are."]
    lines += [
        f"Step {key} is gone: {count} go on with the next step that is there." for key, count in moving.gone.items()
    ]
    show(report, as_json=as_json, text="\n".join(lines))


@campaign.command("change")
@click.argument("campaign_id", type=int)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@in_workspace
async def change_campaign(world: World, workspace_id: int, campaign_id: int, file: Path, as_json: bool) -> None:
    """Change settings of a campaign by a JSON file: the body of PATCH /v2/campaigns/{id}, without a sequence."""
    body = _json_in(file)
    if "sequence" in body or "contents" in body:
        raise stopped("The chart is changed with: fairlead campaign sequence")
    ours: dict[str, Any] = {}
    if "stop_scope" in body:
        ours["stop_scope"] = _stop_scope(body.pop("stop_scope"))
    if "follow_up_share" in body:
        ours["follow_up_share"] = _share(body.pop("follow_up_share"))
    if "unsubscribe_text" in body:
        ours["unsubscribe_text"] = _text(body.pop("unsubscribe_text"), "unsubscribe_text") or None
    async with world.db.transaction() as conn:
        changed = await campaigns.change(
            conn, workspace_id, campaign_id, read_changes(Params(body)) | ours, now=world.clock.now()
        )
    show({"id": changed.id, "title": changed.title, "status": changed.status.value}, as_json=as_json)


@campaign.command("attach")
@click.argument("campaign_id", type=int)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--step", required=True, help="The number of the e-mail step.")
@click.option("--content", "content_id", type=int, help="One content of the step. Default: all of them.")
@click.option("--name", help="What recipients see. Default: the file's own.")
@click.option("--type", "media_type", help="Default: by the name.")
@json_option
@in_workspace
async def attach_file(
    world: World,
    workspace_id: int,
    campaign_id: int,
    file: Path,
    step: str,
    content_id: int | None,
    name: str | None,
    media_type: str | None,
    as_json: bool,
) -> None:
    """Send a file with the mails of a step."""
    content = _read(file, LARGEST_FILE)
    async with world.db.transaction() as conn:
        made = await campaigns.attach(
            conn,
            workspace_id,
            campaign_id,
            step,
            name=name or file.name,
            content=content,
            media_type=media_type,
            content_id=content_id,
            now=world.clock.now(),
        )
    show({"id": made.id, "name": made.name, "type": made.media_type, "size": made.size}, as_json=as_json)


@campaign.command("detach")
@click.argument("campaign_id", type=int)
@click.argument("attachment_id", type=int)
@in_workspace
async def detach_file(world: World, workspace_id: int, campaign_id: int, attachment_id: int) -> None:
    """Send a file no more."""
    async with world.db.transaction() as conn:
        await campaigns.detach(conn, workspace_id, campaign_id, attachment_id)
    click.echo("Taken off.")


@campaign.command("preview")
@click.argument("campaign_id", type=int)
@click.option("--prospect", required=True, help="The address of a prospect.")
@click.option("--step", help="The number of an e-mail step. Default: the first.")
@click.option("--content", "content_id", type=int, help="Default: the first of the step.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number, other words of {a|b}.")
@json_option
@in_workspace
async def preview_content(
    world: World,
    workspace_id: int,
    campaign_id: int,
    prospect: str,
    step: str | None,
    content_id: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Show what a prospect would get."""
    async with world.db.statement() as conn:
        sample = await campaigns.preview(
            conn,
            workspace_id,
            campaign_id,
            prospect_id=await _prospect(conn, workspace_id, prospect),
            step=step,
            content_id=content_id,
            seed=seed,
            now=world.clock.now(),
        )
    letter = sample.letter
    value = {
        "content_id": sample.variant.content_id,
        "subject": letter.subject,
        "html": letter.html,
        "text": letter.text,
        "attachments": [one.name for one in letter.attachments],
        "empty": list(sample.empty),
    }
    text = f"Subject: {letter.subject}\n\n{letter.text}"
    if sample.empty:
        text += f"\n\nWithout a value: {', '.join(sample.empty)}"
    show(value, as_json=as_json, text=text)


@campaign.command("test")
@click.argument("campaign_id", type=int)
@click.option("--to", required=True, help="Where the mail goes: an address of your own.")
@click.option("--prospect", required=True, help="The address of the prospect whose mail it is.")
@click.option("--step", help="The number of an e-mail step. Default: the first.")
@click.option("--content", "content_id", type=int, help="Default: the first of the step.")
@json_option
@in_workspace
async def send_test(
    world: World,
    workspace_id: int,
    campaign_id: int,
    to: str,
    prospect: str,
    step: str | None,
    content_id: int | None,
    as_json: bool,
) -> None:
    """Send yourself what a prospect would get. A running worker sends it."""
    async with world.db.transaction() as conn:
        send_id = await campaigns.send_test(
            world,
            conn,
            workspace_id,
            campaign_id,
            to=to,
            prospect_id=await _prospect(conn, workspace_id, prospect),
            step=step,
            content_id=content_id,
            now=world.clock.now(),
        )
    show({"send_id": send_id, "to": to}, as_json=as_json, text=f"On its way to {to}.")


@campaign.command("settings")
@click.option("--postal-address", help="Stands under every mail; an empty text takes it away.")
@click.option("--unsubscribe-text", help="Stands under every mail, with {{unsubscribe_link}} or as the link's text.")
@json_option
@in_workspace
async def change_settings(
    world: World, workspace_id: int, postal_address: str | None, unsubscribe_text: str | None, as_json: bool
) -> None:
    """Show or change what all campaigns of the workspace have in common."""
    async with world.db.transaction() as conn:
        found = await campaigns.defaults(conn, workspace_id)
        wanted = found
        if postal_address is not None:
            wanted = replace(wanted, postal_address=postal_address.strip() or None)
        if unsubscribe_text is not None:
            wanted = replace(wanted, unsubscribe_text=unsubscribe_text.strip() or None)
        if wanted != found:
            await campaigns.set_defaults(conn, workspace_id, wanted, now=world.clock.now())
    show(vars(wanted), as_json=as_json)


@campaign.command("calendly")
@click.option("--signing-key", help="The key Calendly signs with. Default: asked for, or from standard input.")
@json_option
@in_workspace
async def connect_calendly(world: World, workspace_id: int, signing_key: str | None, as_json: bool) -> None:
    """Print the address at which Calendly can tell of bookings (event invitee.created)."""
    if signing_key is None:
        signing_key = click.prompt("Signing key", hide_input=True) if sys.stdin.isatty() else sys.stdin.read()
    async with world.db.transaction() as conn:
        address = await bookings.connect(world, conn, workspace_id, signing_key)
    show({"url": address}, as_json=as_json, text=address)


async def _prospect(conn: Connection, workspace_id: int, address: str) -> int:
    try:
        found = await prospects.prospects_of_address(conn, workspace_id, address_key(address))
    except ValueError:
        raise stopped(f"{address!r} is not an e-mail address.") from None
    if not found:
        raise stopped(f"There is no prospect with the address {address}.")
    return found[0].id


# Files.


def _json_in(file: Path) -> dict[str, Any]:
    raw = sys.stdin.buffer.read(LARGEST_JSON + 1) if str(file) == "-" else _read(file, LARGEST_JSON)
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise stopped(f"{file} is no JSON that can be read: {error}.") from None
    if not isinstance(value, dict):
        raise stopped(f"{file} holds no JSON object.")
    return value


def _read(file: Path, most: int) -> bytes:
    try:
        if file.stat().st_size > most:
            raise stopped(f"{file} is larger than {most // 10**6} MB.")
        return file.read_bytes()
    except OSError as error:
        raise stopped(f"{file} cannot be read: {error.strerror}.") from None


def _contents(value: Any, graph: chart.Graph) -> dict[str, list[dict[str, Any]]]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(listed, list) for listed in value.values()):
        raise Invalid("bad_contents", "The contents are an object: step -> list of contents.", field="contents")
    emails = {node.key for node in graph.emails}
    for key in value:
        if key not in emails:
            raise Invalid("bad_contents", f"The contents name step {key!r}, which is no e-mail step.", field="contents")
    return {key: [_content(key, one) for one in listed] for key, listed in value.items()}


def _content(key: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("body"), str):
        raise Invalid("bad_content", f"A content of step {key!r} is an object with a body.", field="contents")
    if stray := given.keys() - {"subject", "body", "plain_text", "usage", "weight"}:
        raise Invalid("bad_content", f"A content of step {key!r} has no {min(stray)!r}.", field="contents")
    usage, weight = given.get("usage", "active"), given.get("weight", 1)
    if usage not in list(Usage):
        raise Invalid("bad_content", f"The usage of a content of step {key!r} is active or pause.", field="contents")
    if type(weight) is not int or not 1 <= weight <= 1000:
        raise Invalid("bad_content", f"The weight of a content of step {key!r} is 1 to 1000.", field="contents")
    return {
        "subject": _text(given.get("subject"), "subject") or "",
        "body": given["body"],
        "is_plain": given.get("plain_text") is True,
        "usage": Usage(usage),
        "weight": weight,
    }


def _stop_scope(value: Any) -> StopScope:
    if value is None:
        return StopScope.PERSON
    if value not in list(StopScope):
        raise Invalid("bad_scope", "The stop_scope is person or company.", field="stop_scope")
    return StopScope(value)


def _share(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Invalid("bad_share", "The follow_up_share is a number from 0 to 1.", field="follow_up_share")
    return float(value)


def _text(value: Any, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Invalid("bad_text", f"The {name} is a text.", field=name)
    return value
