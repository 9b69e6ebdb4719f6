"""`fairlead webhooks`: subscriptions, their secrets, and the delivery log with its replays."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import click

from fairlead.accounts import actions as accounts
from fairlead.cli.running import in_workspace, json_option, show, show_rows
from fairlead.webhooks import actions as hooks
from fairlead.webhooks.model import DeliveryState, LoggedAttempt, LoggedDelivery, Webhook, WebhookStatus
from fairlead.world import World

POLL_SECONDS = 0.5
TAILED_AT_ONCE = 500


class Moment(click.ParamType[datetime]):
    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2026-03-02T09:00:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.group()
def webhooks() -> None:
    """Webhooks: who is told of what, whether it arrived, and sending it again."""


@webhooks.command("list")
@json_option
@in_workspace
async def list_(world: World, workspace_id: int, *, as_json: bool) -> None:
    """List the webhooks of a workspace."""
    async with world.db.statement() as conn:
        found = await hooks.webhooks(conn, workspace_id)
    show_rows([_hook(hook) for hook in found], as_json=as_json, name="webhooks", empty="There is no webhook yet.")


@webhooks.command()
@click.argument("url")
@click.option("--event", "name", help="A single name, such as email_replied.")
@click.option("--object", "event_object", help="With --action: a pair, such as campaign_reply and received.")
@click.option("--action", "event_action")
@json_option
@in_workspace
async def create(
    world: World,
    workspace_id: int,
    *,
    url: str,
    name: str | None,
    event_object: str | None,
    event_action: str | None,
    as_json: bool,
) -> None:
    """Tell URL what happens. Prints the secret that deliveries are signed with."""
    if (name is None) == (event_object is None or event_action is None):
        raise click.UsageError("Name either --event, or --object and --action.")
    async with world.db.transaction() as conn:
        account = await accounts.account(conn, workspace_id)
        hook = await hooks.create_webhook(
            world,
            conn,
            workspace_id,
            plan=account.plan,
            member_id=await accounts.owner_of(conn, workspace_id),
            url=url,
            event_object=event_object,
            event_action=event_action,
            name=name,
        )
        secret = await hooks.secret(world, conn, workspace_id, hook.id)
    show(_hook(hook) | {"secret": secret}, as_json=as_json)


@webhooks.command()
@click.argument("webhook_id", type=int)
@json_option
@in_workspace
async def secret(world: World, workspace_id: int, *, webhook_id: int, as_json: bool) -> None:
    """Print the secret that a webhook's deliveries are signed with."""
    async with world.db.statement() as conn:
        found = await hooks.secret(world, conn, workspace_id, webhook_id)
    show({"secret": found}, as_json=as_json, text=found)


@webhooks.command()
@click.argument("webhook_id", type=int)
@json_option
@in_workspace
async def rotate(world: World, workspace_id: int, *, webhook_id: int, as_json: bool) -> None:
    """Make a new secret; for a day deliveries are signed with both."""
    async with world.db.transaction() as conn:
        found = await hooks.rotate_secret(world, conn, workspace_id, webhook_id)
    show({"secret": found}, as_json=as_json, text=found)


@webhooks.command()
@click.argument("webhook_id", type=int)
@json_option
@in_workspace
async def activate(world: World, workspace_id: int, *, webhook_id: int, as_json: bool) -> None:
    """Let a webhook go on. What happened meanwhile is not sent; see replay."""
    await _set_status(world, workspace_id, webhook_id, WebhookStatus.ACTIVE, as_json=as_json)


@webhooks.command()
@click.argument("webhook_id", type=int)
@json_option
@in_workspace
async def deactivate(world: World, workspace_id: int, *, webhook_id: int, as_json: bool) -> None:
    """Stop a webhook."""
    await _set_status(world, workspace_id, webhook_id, WebhookStatus.DEACTIVATED, as_json=as_json)


@webhooks.command()
@click.argument("webhook_id", type=int)
@json_option
@in_workspace
async def delete(world: World, workspace_id: int, *, webhook_id: int, as_json: bool) -> None:
    """Delete a webhook; its delivery log stays for a month."""
    async with world.db.transaction() as conn:
        await hooks.delete_webhook(conn, workspace_id, webhook_id, now=world.clock.now())
    show({"deleted": webhook_id}, as_json=as_json, text=f"Webhook {webhook_id} is deleted.")


@webhooks.command()
@click.argument("webhook_id", type=int)
@json_option
@in_workspace
async def test(world: World, workspace_id: int, *, webhook_id: int, as_json: bool) -> None:
    """Send a made-up event to a webhook, the way a true one goes."""
    async with world.db.transaction() as conn:
        topic = await hooks.send_test(conn, workspace_id, webhook_id, now=world.clock.now())
    told = {"event_object": topic.object, "event_action": topic.action}
    show(told, as_json=as_json, text=f"A test of {topic.object} {topic.action} is on its way; see: webhooks log")


@webhooks.command()
@click.option("--webhook", "webhook_id", type=int)
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@json_option
@in_workspace
async def log(
    world: World, workspace_id: int, *, webhook_id: int | None, state: str | None, limit: int, as_json: bool
) -> None:
    """Show the last deliveries, the newest first."""
    async with world.db.statement() as conn:
        found = await hooks.deliveries(
            conn,
            workspace_id,
            webhook_id=webhook_id,
            state=DeliveryState(state) if state else None,
            limit=limit,
        )
    rows = [_delivery(one) for one in found]
    show_rows(rows, as_json=as_json, name="deliveries", empty="Nothing was delivered yet.")


@webhooks.command("show")
@click.argument("delivery_id", type=int)
@json_option
@in_workspace
async def show_delivery(world: World, workspace_id: int, *, delivery_id: int, as_json: bool) -> None:
    """Show every try of a delivery with what the receiver answered."""
    async with world.db.statement() as conn:
        found = await hooks.attempts(conn, workspace_id, delivery_id)
    rows = [_attempt(one) for one in found]
    show_rows(rows, as_json=as_json, name="tries", empty="It has not been tried yet.")


@webhooks.command()
@click.argument("delivery_ids", type=int, nargs=-1)
@click.option("--webhook", "webhook_id", type=int, help="All of a webhook.")
@click.option("--since", type=Moment(), help="Of events from this time on.")
@click.option("--until", type=Moment(), help="Of events up to this time.")
@click.option("--failed", is_flag=True, help="Only what never arrived.")
@json_option
@in_workspace
async def replay(
    world: World,
    workspace_id: int,
    *,
    delivery_ids: tuple[int, ...],
    webhook_id: int | None,
    since: datetime | None,
    until: datetime | None,
    failed: bool,
    as_json: bool,
) -> None:
    """Send deliveries again, under the same id: those named, a webhook's, those of a time, the failed ones."""
    async with world.db.transaction() as conn:
        count = await hooks.replay(
            conn,
            workspace_id,
            ids=delivery_ids or None,
            webhook_id=webhook_id,
            since=since,
            until=until,
            failed_only=failed,
            now=world.clock.now(),
        )
    show({"replayed": count}, as_json=as_json, text=f"{count} deliveries are sent again.")


@webhooks.command()
@click.option("--webhook", "webhook_id", type=int)
@click.option("--once", is_flag=True, help="Show what there is and end.")
@json_option
@in_workspace
async def tail(world: World, workspace_id: int, *, webhook_id: int | None, once: bool, as_json: bool) -> None:
    """Show deliveries as they happen, until Ctrl-C."""
    shown: dict[int, tuple[str, int]] = {}
    while True:
        async with world.db.statement() as conn:
            found = await hooks.deliveries(conn, workspace_id, webhook_id=webhook_id, limit=TAILED_AT_ONCE)
        for one in reversed(found):
            if shown.get(one.id) != (one.state, one.tries):
                shown[one.id] = (one.state, one.tries)
                row = _delivery(one)
                show(row, as_json=as_json, text="  ".join(str(value) for value in row.values()))
        if once:
            return
        oldest = min((one.id for one in found), default=0)
        shown = {number: state for number, state in shown.items() if number >= oldest}
        await asyncio.sleep(POLL_SECONDS)


async def _set_status(
    world: World, workspace_id: int, webhook_id: int, status: WebhookStatus, *, as_json: bool
) -> None:
    async with world.db.transaction() as conn:
        hook = await hooks.set_status(conn, workspace_id, webhook_id, status, now=world.clock.now())
    show(_hook(hook), as_json=as_json, text=f"Webhook {hook.id} is {hook.status}.")


def _hook(hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "status": hook.status.value,
        "event": hook.name or f"{hook.topic.object} {hook.topic.action}",
        "url": hook.url,
        "made_at": _moment(hook.made_at),
        "stopped_because": hook.stopped_because,
    }


def _delivery(one: LoggedDelivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": _moment(one.changed_at),
        "webhook": one.webhook_id,
        "event": f"{one.topic.object} {one.topic.action}",
        "state": one.state.value,
        "tries": one.tries,
        "status": one.last_status,
        "next": _moment(one.due_at) if one.state is DeliveryState.WAITING else None,
    }


def _attempt(one: LoggedAttempt) -> dict[str, Any]:
    return {
        "round": one.round,
        "try": one.number,
        "at": _moment(one.attempt.at),
        "ms": one.attempt.elapsed_ms,
        "status": one.attempt.status,
        "problem": one.attempt.problem,
        "response": one.attempt.response.decode("utf-8", "replace")[:200] or None,
    }


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
