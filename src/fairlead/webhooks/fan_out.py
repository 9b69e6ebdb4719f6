"""From the event log to deliveries, in the order of the log, each event once."""

from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.events.model import Event
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
    for event in found:
        hooks = listening.get(event.workspace_id or 0, [])
        for topic in _topics(event) if hooks else ():
            ids = [hook.id for hook in hooks if _wanted(hook, event, topic)]
            if ids:
                assert event.workspace_id is not None
                facts = {key: value for key, value in event.body.items() if key != ONLY}
                told.append(store.NewTold(event.workspace_id, event.id, topic, event.at, facts, ids))
    await store.insert_told(conn, told, world.clock.now())


def _topics(event: Event) -> list[Topic]:
    if event.kind == "webhook_test":
        return [Topic(event.body["event_object"], event.body["event_action"])]
    return list(topics_of(event))


def _wanted(hook: Webhook, event: Event, topic: Topic) -> bool:
    if ONLY in event.body:
        return bool(hook.id == event.body[ONLY])
    # Of what happened before it was there a webhook is not told.
    return event.at >= hook.made_at and wants(hook.topic, hook.name, topic, event.body)
