"""What may be asked of webhooks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from fairlead.accounts.plans import Plan
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.kit.refusals import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from fairlead.webhooks import signing, store
from fairlead.webhooks.catalog import topic_named, topic_of
from fairlead.webhooks.delivering import LIMITS, Deliverer, Results
from fairlead.webhooks.fan_out import fan_out
from fairlead.webhooks.model import (
    DeliveryState,
    LoggedAttempt,
    LoggedDelivery,
    Topic,
    Webhook,
    WebhookStatus,
)
from fairlead.webhooks.rules import PAUSES
from fairlead.world import World

__all__ = [
    "LIMITS",
    "PAUSES",
    "Deliverer",
    "Results",
    "all_done",
    "attempts",
    "create_webhook",
    "delete_webhook",
    "deliveries",
    "fan_out",
    "forget_old",
    "next_due",
    "replay",
    "rotate_secret",
    "secret",
    "send_test",
    "set_status",
    "webhook",
    "webhooks",
]

LONGEST_URL = 2_048
# How long the delivery log goes back.
KEPT = timedelta(days=30)
# How long the secret before a rotation still signs beside the new one.
OLD_SECRET_SIGNS = timedelta(hours=24)


async def create_webhook(
    world: World,
    conn: Connection,
    workspace_id: int,
    *,
    plan: Plan,
    member_id: int,
    url: str,
    event_object: str | None = None,
    event_action: str | None = None,
    name: str | None = None,
) -> Webhook:
    """A webhook for a pair, or for one of the single names. `conn` is in a transaction.

    Raises `Invalid` naming the field, `NotAllowed` where the plan has no webhooks, `LimitReached` at the plan's number.
    """
    topic = topic_named(name) if name is not None else topic_of(event_object or "", event_action or "")
    checked = _checked_url(world, url)
    if plan.webhooks == 0:
        raise NotAllowed("no_webhooks", f"Webhooks are not part of the plan {plan.title}.")
    await store.lock_workspace(conn, workspace_id)
    if await store.count(conn, workspace_id) >= plan.webhooks:
        raise LimitReached(
            "too_many_webhooks", f"A workspace has at most {plan.webhooks} webhooks.", field="endpoint_url"
        )
    return await store.insert_webhook(
        conn,
        world.keys,
        workspace_id=workspace_id,
        member_id=member_id,
        url=checked,
        topic=topic,
        name=name,
        secret=signing.new_secret(world.random),
        now=world.clock.now(),
    )


def _checked_url(world: World, url: str) -> str:
    text = url.strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or len(text) > LONGEST_URL or not text.isprintable() or " " in text:
        raise Invalid("bad_url", "endpoint_url must be an absolute http or https address.", field="endpoint_url")
    if world.settings.webhooks_require_https and parts.scheme != "https":
        raise Invalid("https_only", "endpoint_url must begin with https:// on this server.", field="endpoint_url")
    if parts.username is not None or parts.password is not None:
        raise Invalid("bad_url", "endpoint_url must not hold a user name or a password.", field="endpoint_url")
    return text


async def webhooks(conn: Connection, workspace_id: int) -> list[Webhook]:
    return await store.webhooks(conn, workspace_id)


async def webhook(conn: Connection, workspace_id: int, webhook_id: int) -> Webhook:
    """Raises `NotFound`."""
    found = await store.find_webhook(conn, workspace_id, webhook_id)
    if found is None:
        raise _not_found()
    return found


async def set_status(
    conn: Connection, workspace_id: int, webhook_id: int, status: WebhookStatus, *, now: datetime
) -> Webhook:
    """Stops a webhook or lets it go on; what happens between is never sent. `conn` is in a transaction."""
    found = await store.set_status(
        conn, workspace_id=workspace_id, webhook_id=webhook_id, status=status, because=None
    )
    if found is None:
        raise _not_found()
    if status is WebhookStatus.DEACTIVATED:
        await store.drop_waiting(conn, webhook_id, now)
    return found


async def delete_webhook(conn: Connection, workspace_id: int, webhook_id: int, *, now: datetime) -> None:
    """Its delivery log stays for a month. `conn` is in a transaction. Raises `NotFound`."""
    if not await store.mark_deleted(conn, workspace_id=workspace_id, webhook_id=webhook_id, now=now):
        raise _not_found()
    await store.drop_waiting(conn, webhook_id, now)


async def secret(world: World, conn: Connection, workspace_id: int, webhook_id: int) -> str:
    """The secret its deliveries are signed with, as receivers' libraries take it. Raises `NotFound`."""
    found = await store.secrets_of(conn, world.keys, workspace_id, webhook_id)
    if found is None:
        raise _not_found()
    return signing.shown(found)


async def rotate_secret(world: World, conn: Connection, workspace_id: int, webhook_id: int) -> str:
    """A new secret. For a day deliveries are signed with both. `conn` is in a transaction. Raises `NotFound`."""
    before = await store.secrets_of(conn, world.keys, workspace_id, webhook_id)
    if before is None:
        raise _not_found()
    fresh = signing.new_secret(world.random)
    await store.change_secret(
        conn,
        world.keys,
        workspace_id=workspace_id,
        webhook_id=webhook_id,
        before=before,
        secret=fresh,
        until=world.clock.now() + OLD_SECRET_SIGNS,
    )
    return signing.shown(fresh)


async def send_test(conn: Connection, workspace_id: int, webhook_id: int, *, now: datetime) -> Topic:
    """Lets an event with made-up facts go to this webhook alone, the way a true one does.

    Raises `NotFound`, and `Conflict` where it is deactivated.
    """
    found = await webhook(conn, workspace_id, webhook_id)
    if found.status is not WebhookStatus.ACTIVE:
        raise Conflict("webhook_deactivated", "The webhook is deactivated; activate it first.", field="id")
    facts = EXAMPLE | {"webhook_id": webhook_id, "event_object": found.topic.object, "event_action": found.topic.action}
    await events.record(conn, workspace_id, "webhook_test", now, **facts)
    return found.topic


EXAMPLE = {
    "test": True,
    "campaign_id": 1,
    "campaign": "Test of a webhook",
    "step_id": 1,
    "prospect_id": 1,
    "prospect_name": "Ann Example",
    "email": "ann@example.com",
    "sender_email": "you@example.org",
    "subject": "Re: A test",
    "message": "This is a test; nobody wrote it.",
    "message_id": "<test@example.com>",
}


async def deliveries(
    conn: Connection,
    workspace_id: int,
    *,
    webhook_id: int | None = None,
    state: DeliveryState | None = None,
    after: int = 0,
    limit: int = 100,
    newest_first: bool = True,
) -> list[LoggedDelivery]:
    return await store.logged(
        conn,
        workspace_id,
        webhook_id=webhook_id,
        state=state,
        after=after,
        limit=limit,
        newest_first=newest_first,
    )


async def attempts(conn: Connection, workspace_id: int, delivery_id: int) -> list[LoggedAttempt]:
    """All tries of a delivery. Raises `NotFound`."""
    if await store.find_delivery(conn, workspace_id, delivery_id) is None:
        raise NotFound("delivery_not_found", "There is no such delivery.", field="delivery")
    return await store.attempts(conn, workspace_id, delivery_id)


async def replay(
    conn: Connection,
    workspace_id: int,
    *,
    ids: Sequence[int] | None = None,
    webhook_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    failed_only: bool = False,
    now: datetime,
) -> int:
    """How many deliveries are tried anew, with all their tries and under the same id.

    Those named, those of a webhook, those of a time; of webhooks that are active only. Raises `Invalid` when nothing
    narrows it down: everything at once is a mistake more often than a wish.
    """
    if ids is None and webhook_id is None and since is None and until is None and not failed_only:
        raise Invalid("too_wide", "Name deliveries, a webhook, a time or the failed ones.", field="ids")
    return await store.replay(
        conn,
        workspace_id,
        ids=ids,
        webhook_id=webhook_id,
        since=since,
        until=until,
        failed_only=failed_only,
        now=now,
    )


async def all_done(conn: Connection, now: datetime) -> bool:
    """Whether nothing due by `now` is left to be delivered."""
    return await store.all_done(conn, now)


async def next_due(conn: Connection, after: datetime | None = None) -> datetime | None:
    """When the next delivery is due, after `after` where that is given; None when none waits."""
    return await store.earliest_due(conn, after)


async def forget_old(conn: Connection, now: datetime) -> int:
    return await store.forget(conn, before=now - KEPT)


def _not_found() -> NotFound:
    return NotFound("webhook_not_found", "There is no such webhook.", field="id")
