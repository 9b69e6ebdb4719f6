"""The body of a delivery. Contract 17.3; `docs/reference/webhooks.md` shows each, with its JSON Schema."""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from fairlead.kit.public_ids import PublicIds
from fairlead.webhooks.model import Delivery, Topic, Webhook

# Objects whose bodies tell of a person in a campaign; the others carry the result of a task.
CAMPAIGN_OBJECTS = frozenset({"campaign_email", "campaign_reply", "campaign_li_reply", "campaign_li", "campaign"})
ANSWERS = frozenset({"campaign_reply", "campaign_li_reply"})


def is_of_campaign(topic: Topic) -> bool:
    return topic.object in CAMPAIGN_OBJECTS or topic.action in ("campaign_finished", "unsubscribed")


def message_id(installation: str, delivery: Delivery) -> str:
    """32 hex digits that stay the same in every try and replay of an event to a webhook: receivers dedupe by it."""
    key = hashlib.sha256(f"fairlead webhook id {installation}".encode()).digest()
    return hmac.digest(key, f"{delivery.webhook_id} {delivery.event}".encode(), "sha256").hex()[:32]


def body_of(
    delivery: Delivery, webhook: Webhook, *, message_id: str, prospect_ids: PublicIds, result: dict[str, Any] | None
) -> dict[str, Any]:
    """`result` is the answer of the matching GET where the event is the end of a task."""
    envelope: dict[str, Any] = {
        "id": message_id,
        "webhook_id": webhook.id,
        "user_id": webhook.member_id,
        "event_object": delivery.topic.object,
        "event_action": delivery.topic.action,
        "event_time": _time(delivery.at),
        "created_at": int(delivery.at.timestamp()),
    }
    if is_of_campaign(delivery.topic):
        return envelope | _of_campaign(delivery, prospect_ids)
    task = delivery.facts.get("task")
    return envelope | {"task_hash": task} | (result or {})


def _of_campaign(delivery: Delivery, prospect_ids: PublicIds) -> dict[str, Any]:
    facts = delivery.facts
    prospect = facts.get("prospect_id")
    public_id = prospect_ids.long(delivery.workspace_id, prospect) if isinstance(prospect, int) else None
    reader, sender = facts.get("email"), facts.get("sender_email")
    answers = delivery.topic.object in ANSWERS
    subject, text = facts.get("subject"), facts.get("message")
    return {
        "campaign_id": facts.get("campaign_id"),
        "campaign": facts.get("campaign"),
        "step_id": facts.get("step_id"),
        "prospect_id": public_id,
        "prospect_name": facts.get("prospect_name"),
        "prospect_email": reader,
        "email": reader,
        "from_email": reader if answers else sender,
        "to_email": sender if answers else reader,
        "subject": subject,
        "message": text,
        "body": text,
        "message_id": facts.get("message_id"),
        "url": facts.get("url"),
        "linkedin_profile": facts.get("linkedin_profile"),
        "reply_type": facts.get("reply_type") or ("email" if delivery.topic.object == "campaign_reply" else None),
        "data": {
            "campaignId": facts.get("campaign_id"),
            "campaign": facts.get("campaign"),
            "prospectId": public_id,
            "prospectName": facts.get("prospect_name"),
            "prospectEmail": reader,
            "senderEmail": sender,
            "emailSubject": subject,
            "emailBody": text,
            "receivedAt": _time(delivery.at),
        },
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
