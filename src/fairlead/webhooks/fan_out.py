"""From the event log to deliveries, in the order of the log, each event once."""

from contextlib import suppress
from typing import Any

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.events.model import Event
from fairlead.kit.refusals import NotFound
from fairlead.senders import actions as senders
from fairlead.senders.model import MailWords
from fairlead.webhooks import store
from fairlead.webhooks.catalog import KINDS, topics_of, wants
from fairlead.webhooks.model import Topic, Webhook
from fairlead.world import World

READER = "webhooks"
EVENTS_AT_ONCE = 2_000
# Named by a test event: the one webhook it is for.
ONLY = "webhook_id"


async def fan_out(world: World) -> int | None:
    """How many events were looked at; None when another worker is at it. In one transaction with the reader's place."""
    async with world.db.transaction() as conn:
        found = await events.read_next(conn, READER, EVENTS_AT_ONCE, kinds=KINDS)
        if found:
            await _tell(conn, world, found)
        return None if found is None else len(found)


async def _tell(conn: Connection, world: World, found: list[Event]) -> None:
    workspaces = sorted({event.workspace_id for event in found if event.workspace_id is not None})
    listening: dict[int, list[Webhook]] = {}
    for webhook in await store.active_of_workspaces(conn, workspaces):
        listening.setdefault(webhook.workspace_id, []).append(webhook)
    told = []
    mails = await senders.words_of(conn, _mails_of(found, listening))
    titles = await _titles(conn, found, listening)
    for event in found:
        hooks = listening.get(event.workspace_id or 0, [])
        for topic in _topics(event) if hooks else ():
            ids = [hook.id for hook in hooks if _wanted(hook, event, topic)]
            if ids:
                assert event.workspace_id is not None
                facts = _facts(event, mails.get(event.body.get("send_id", 0)))
                facts.setdefault("campaign", titles.get(event.body.get("campaign_id", 0)))
                told.append(store.NewTold(event.workspace_id, event.id, topic, event.at, facts, ids))
    await store.insert_told(conn, told, world.clock.now())


def _mails_of(found: list[Event], listening: dict[int, list[Webhook]]) -> list[tuple[int, int]]:
    """The mails that somebody will be told of."""
    return [
        (event.workspace_id, event.body["send_id"])
        for event in found
        if event.workspace_id in listening and isinstance(event.body.get("send_id"), int)
    ]


async def _titles(conn: Connection, found: list[Event], listening: dict[int, list[Webhook]]) -> dict[int, str]:
    """Of the campaigns that somebody will be told of; a campaign that was deleted has none."""
    campaigns = {
        (event.workspace_id, event.body["campaign_id"])
        for event in found
        if event.workspace_id in listening and isinstance(event.body.get("campaign_id"), int)
    }
    titles = {}
    for workspace_id, campaign_id in campaigns:
        with suppress(NotFound):
            titles[campaign_id] = await enrollments.campaign_title(conn, workspace_id, campaign_id)
    return titles


def _facts(event: Event, mail: MailWords | None) -> dict[str, Any]:
    """What the event says, and what the ledger knows of the mail it is about. The event's own words come first."""
    facts = {key: value for key, value in event.body.items() if key != ONLY}
    node = facts.get("node_key")
    if "step_id" not in facts and isinstance(node, str) and node.isdigit():
        facts["step_id"] = int(node)  # steps are named by numbers at the front doors
    if mail is None:
        return facts
    known = {
        "email": mail.to_address,
        "prospect_name": mail.to_name or None,
        "sender_email": mail.sender_address,
        "subject": mail.subject,
        "message": mail.text,
        "message_id": f"<{mail.message_id}>",
    }
    return known | {key: value for key, value in facts.items() if value is not None}


def _topics(event: Event) -> list[Topic]:
    if event.kind == "webhook_test":
        return [Topic(event.body["event_object"], event.body["event_action"])]
    return list(topics_of(event))


def _wanted(hook: Webhook, event: Event, topic: Topic) -> bool:
    if ONLY in event.body:
        return bool(hook.id == event.body[ONLY])
    # Of what happened before it was there a webhook is not told.
    return event.at >= hook.made_at and wants(hook.topic, hook.name, topic, event.body)
