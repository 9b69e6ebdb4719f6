"""`fairlead sends`: mails of which nobody knows whether they were sent, and mailboxes held after a restore."""

from typing import Any

import click

from fairlead.cli.running import in_workspace, json_option, show, show_rows, stopped
from fairlead.engine.sending import PURPOSES
from fairlead.senders import actions as senders
from fairlead.senders.model import SentMail, UncertainSend
from fairlead.world import World

MOST_SHOWN = 10_000
WORDS = {
    "uncertain": "looked for in Sent",
    "needs_decision": "needs a decision",
    "presumed_sent": "presumed sent",
}
DOUBTS = {
    "lost": "the connection was lost before the server answered",
    "lease_over": "the worker that sent it died or stood still",
    "restored": "it may have been sent before the database was restored",
}


@click.group("sends")
def sends() -> None:
    """Mails sent, and those of which nobody knows."""


@sends.command("uncertain")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, MOST_SHOWN))
@json_option
@in_workspace
async def uncertain(world: World, workspace_id: int, *, limit: int, as_json: bool) -> None:
    """List mails of which nobody knows whether they were sent, and what is done about each."""
    async with world.db.statement() as conn:
        found = await senders.uncertain(conn, workspace_id, None, limit)
        held = await senders.held_mailboxes(conn, workspace_id)
    if held and not as_json:
        click.echo(
            f"{len(held)} mailboxes are held until their Sent folders are compared; see: fairlead sends held", err=True
        )
    rows = [_uncertain(one) for one in found]
    show_rows(rows, as_json=as_json, name="sends", empty="Of every mail it is known whether it was sent.")


@sends.command("list")
@click.option("--campaign", "campaign_id", type=int, help="Of this campaign only.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_SHOWN))
@json_option
@in_workspace
async def list_(world: World, workspace_id: int, *, campaign_id: int | None, limit: int, as_json: bool) -> None:
    """List mails sent, the newest first, and how that is known."""
    async with world.db.statement() as conn:
        found = await senders.sent_mails(conn, workspace_id, campaign_id, limit=limit)
    show_rows([_sent(one) for one in found], as_json=as_json, name="sends", empty="Nothing has been sent yet.")


@sends.command("decide")
@click.argument("ids", nargs=-1, type=int)
@click.argument("word", type=click.Choice(["sent", "again"]))
@click.option("--all", "all_of_them", is_flag=True, help="All that are listed, in place of ids.")
@json_option
@in_workspace
async def decide(
    world: World, workspace_id: int, *, ids: tuple[int, ...], word: str, all_of_them: bool, as_json: bool
) -> None:
    """Say what became of uncertain mails: they were `sent`, or are to be sent `again`."""
    if all_of_them:
        async with world.db.statement() as conn:
            listed = await senders.uncertain(conn, workspace_id, None, MOST_SHOWN)
        ids = tuple(one.id for one in listed if one.state != "uncertain")
    elif not ids:
        raise click.UsageError("Name the mails by their ids, or say --all.")
    count = await senders.decide(world, PURPOSES, workspace_id, ids, sent=word == "sent")
    if count < len(ids) and not all_of_them:
        raise stopped(f"{len(ids) - count} of these are not uncertain, or not there; {count} were decided.")
    show({"decided": count}, as_json=as_json, text=f"{count} mails: {word}.")


@sends.command("held")
@json_option
@in_workspace
async def held(world: World, workspace_id: int, *, as_json: bool) -> None:
    """List mailboxes that send nothing until their Sent folders were compared."""
    async with world.db.statement() as conn:
        found = await senders.held_mailboxes(conn, workspace_id)
    rows = [
        {
            "mailbox_id": one[0],
            "address": one[1],
            "held_at": f"{one[2]:%Y-%m-%dT%H:%M:%SZ}",
            "compared": one[3],
            "note": one[4],
        }
        for one in found
    ]
    show_rows(rows, as_json=as_json, name="mailboxes", empty="No mailbox is held.")


@sends.command("release")
@click.argument("mailbox_id", type=int)
@json_option
@in_workspace
async def release(world: World, workspace_id: int, *, mailbox_id: int, as_json: bool) -> None:
    """Let a held mailbox go whose Sent folder cannot be read; what it may have sent is listed as uncertain."""
    async with world.db.statement() as conn:
        await senders.mailbox(conn, workspace_id, mailbox_id, deleted=True)
    if not await senders.give_up_comparing(world, PURPOSES, mailbox_id):
        raise stopped(f"Mailbox {mailbox_id} is not held, or was compared already.")
    show({"released": mailbox_id}, as_json=as_json, text="It is no longer waited for.")


def _uncertain(one: UncertainSend) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state,
        "what": WORDS[one.state],
        "why": DOUBTS.get(one.doubt, one.doubt),
        "mailbox": one.mailbox_address,
        "to": one.to_address,
        "subject": one.mail_subject,
        "since": f"{one.since:%Y-%m-%dT%H:%M:%SZ}",
        "next_look": None if one.look_at is None else f"{one.look_at:%Y-%m-%dT%H:%M:%SZ}",
        "purpose": one.purpose.value,
    }


def _sent(one: SentMail) -> dict[str, Any]:
    return {
        "id": one.id,
        "outcome": one.outcome,
        "at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
        "resolved_by": one.resolved_by.value,
        "to": one.to_address,
        "subject": one.mail_subject,
        "campaign_id": one.campaign_id,
        "purpose": one.purpose.value,
        "message_id": one.message_id,
    }
