"""The page of payloads says what is sent."""

from pathlib import Path

import jsonschema
import pytest
from hook_house import happened

from fairlead.webhooks.catalog import TOPICS
from fairlead.webhooks.schemas import WHEN, page, schema

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "webhooks.md"
KINDS = {
    "sent": "email_sent", "bounced": "email_bounced", "received": "email_replied",
    "autoreply_received": "email_auto_replied", "unsubscribed": "unsubscribed",
}  # fmt: skip


def test_the_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == page()


def test_every_event_is_on_the_page():
    assert set(WHEN) == TOPICS


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("campaign_email", "sent"), ("campaign_email", "bounced"), ("campaign_reply", "received"),
        ("campaign_reply", "autoreply_received"), ("prospect", "unsubscribed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("facts", [{}, {"email": "ann@example.com", "prospect_id": 7, "campaign_id": 5, "step_id": 3}])
async def test_what_is_sent_keeps_its_schema(tenant, receiver, deliverer, kind, action, facts):
    reply = await tenant.post("/v2/webhooks", event_object=kind, event_action=action, endpoint_url=receiver.url())
    assert reply.status == 200
    await happened(tenant.door.world, tenant.workspace_id, KINDS[action], **facts)
    await deliverer.deliver_due()
    wanted = next(schema(topic) for topic in TOPICS if (topic.object, topic.action) == (kind, action))
    jsonschema.validate(receiver.came[0].json, wanted)
