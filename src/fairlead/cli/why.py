"""`fairlead why`: what a campaign, a mailbox or a recipient waits for, and until when."""

from datetime import UTC, datetime
from typing import Any

import click

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.campaigns.enrollments.actions import Waiting
from fairlead.cli.running import in_workspace, json_option, show, show_rows, stopped
from fairlead.kit.refusals import NotFound
from fairlead.kit.text import address_key
from fairlead.senders import actions as senders
from fairlead.world import World


@click.command("why")
@click.argument("what")
@json_option
@in_workspace
async def why(world: World, workspace_id: int, *, what: str, as_json: bool) -> None:
    """Say what WHAT waits for: the id of a campaign or a mailbox, or the address of a mailbox or a recipient."""
    now = world.clock.now()
    async with world.db.statement() as conn:
        if what.isascii() and what.isdigit():
            number = int(what)
            try:
                waiting = await enrollments.why_campaign(conn, workspace_id, number, now=now)
            except NotFound:
                try:
                    waiting = await enrollments.why_mailbox(conn, workspace_id, number, now=now)
                except NotFound:
                    raise stopped(f"There is no campaign and no mailbox {number}.") from None
            show(_row(waiting), as_json=as_json, text=waiting.sentence)
            return
        try:
            key = address_key(what)
        except ValueError:
            raise stopped(f"{what!r} is neither an id nor an e-mail address.") from None
        for mailbox in await senders.mailboxes(conn, workspace_id):
            if address_key(mailbox.address) == key:
                waiting = await enrollments.why_mailbox(conn, workspace_id, mailbox.id, now=now)
                show(_row(waiting), as_json=as_json, text=waiting.sentence)
                return
        found = await enrollments.why_recipient(conn, workspace_id, key, now=now)
    rows = [{"campaign": campaign} | _row(waiting) for campaign, waiting in found]
    show_rows(rows, as_json=as_json, name="campaigns", empty="")


def _row(waiting: Waiting) -> dict[str, Any]:
    until: datetime | None = waiting.until
    return {"why": waiting.sentence, "until": None if until is None else until.astimezone(UTC).isoformat()}
