"""Endpoints 72 to 75: webhooks. Contract 17.1."""

from typing import Any

from fairlead.http.request import Answer
from fairlead.http.snov import refusals
from fairlead.http.snov.dialect import Ask, validation
from fairlead.kit.refusals import Invalid, LimitReached, NotFound
from fairlead.webhooks import actions as webhooks
from fairlead.webhooks.model import Webhook, WebhookStatus

LARGEST_ID = 2**63 - 1


async def list_webhooks(ask: Ask) -> dict[str, Any]:
    found = await webhooks.webhooks(ask.conn, ask.workspace_id)
    return {
        "data": [{"data": _hook(hook)} for hook in found],
        "meta": {"webhooks_count": len(found), "user_id": ask.caller.member_id},
    }


async def create_webhook(ask: Ask) -> dict[str, Any] | Answer:
    params = ask.params
    name = params.text("event")
    pair = name is None or "event_object" in params or "event_action" in params
    event_object = params.required_text("event_object") if pair else None
    event_action = params.required_text("event_action") if pair else None
    url = params.required_text("endpoint_url")
    try:
        async with ask.conn.transaction():
            hook = await webhooks.create_webhook(
                ask.world,
                ask.conn,
                ask.workspace_id,
                plan=ask.caller.account.plan,
                member_id=ask.caller.member_id,
                url=url,
                event_object=event_object,
                event_action=event_action,
                name=None if pair else name,
            )
    except LimitReached as refusal:
        return validation("endpoint_url", refusal.sentence)
    return _one(ask, hook)


async def change_webhook(ask: Ask) -> dict[str, Any]:
    word = ask.params.required_text("status")
    if word not in set(WebhookStatus):
        raise Invalid("bad_status", "status must be active or deactivated.", field="status")
    async with ask.conn.transaction():
        hook = await webhooks.set_status(
            ask.conn, ask.workspace_id, _id(ask), WebhookStatus(word), now=ask.world.clock.now()
        )
    return _one(ask, hook)


async def delete_webhook(ask: Ask) -> dict[str, Any]:
    async with ask.conn.transaction():
        await webhooks.delete_webhook(ask.conn, ask.workspace_id, _id(ask), now=ask.world.clock.now())
    return {"data": {"success": True}}


def _id(ask: Ask) -> int:
    text = ask.path["id"]
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LARGEST_ID):
        raise NotFound("webhook_not_found", refusals.NOT_FOUND)
    return int(text)


def _one(ask: Ask, hook: Webhook) -> dict[str, Any]:
    return {"data": _hook(hook), "meta": {"user_id": ask.caller.member_id}}


def _hook(hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "end_point": hook.url,
        "event_object": hook.topic.object,
        "event_action": hook.topic.action,
        "created_at": int(hook.made_at.timestamp()),
        "status": hook.status.value,
    }
