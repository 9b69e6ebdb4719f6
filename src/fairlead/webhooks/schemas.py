"""The page of payloads: `python -m fairlead.webhooks.schemas` prints docs/reference/webhooks.md."""

import json
from typing import Any

from fairlead.webhooks.bodies import is_of_campaign
from fairlead.webhooks.catalog import FILTERS, NAMES, PAIRS
from fairlead.webhooks.model import Topic
from fairlead.webhooks.rules import PAUSES, TRIES

WHEN = {
    Topic("campaign_email", "sent"): "a mail of a campaign was sent",
    Topic("campaign_email", "first_sent"): "the first mail to a recipient was sent",
    Topic("campaign_email", "opened"): "a recipient opened a mail; programs that fetch images do not count",
    Topic("campaign_email", "clicked"): "a recipient clicked a link; programs that follow links do not count",
    Topic("campaign_email", "bounced"): "a mail came back",
    Topic("campaign_reply", "received"): "a recipient answered by mail",
    Topic("campaign_reply", "first_received"): "a recipient answered by mail for the first time",
    Topic("campaign_reply", "autoreply_received"): "a recipient's mailbox answered by itself",
    Topic("campaign_li_reply", "first_received"): "a recipient answered on LinkedIn for the first time",
    Topic("campaign_li_reply", "received"): "a recipient answered on LinkedIn again",
    Topic("campaign_li", "connection_request_accepted"): "a recipient accepted a connection request",
    Topic("prospect", "campaign_finished"): "a recipient's sequence is finished",
    Topic("prospect", "unsubscribed"): "a recipient wants no more mail",
    Topic("prospect", "found_by_li_url"): "profiles by their addresses were looked up",
    Topic("prospect", "found_emails_by_name_by_domain"): "addresses by name and domain were looked for",
    Topic("prospect", "found_company_by_domain"): "the people of a domain were looked up",
    Topic("company", "found_domains_by_names"): "domains by company names were looked up",
    Topic("company", "found_company_by_domain"): "a domain was looked up",
    Topic("email", "found_emails_by_domain"): "the addresses of a domain were looked up",
    Topic("email", "found_generic_contacts_by_domain"): "the generic contacts of a domain were looked up",
    Topic("email", "found_prospect_emails"): "the addresses of a person were looked for",
    Topic("email_verification", "verified"): "addresses were verified",
    Topic("database_search", "task_result"): "a search of the lead database is done",
    Topic("campaign", "launched"): "a campaign was started",
    Topic("campaign", "paused"): "a campaign was paused",
}
HEX_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
TEXT = {"type": ["string", "null"]}
NUMBER = {"type": ["integer", "null"]}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"}


def schema(topic: Topic) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the body that is sent for a topic."""
    properties: dict[str, Any] = {
        "id": HEX_ID,
        "webhook_id": {"type": "integer"},
        "user_id": {"type": "integer"},
        "event_object": {"const": topic.object},
        "event_action": {"const": topic.action},
        "event_time": TIME,
        "created_at": {"type": "integer"},
    }
    properties |= _of_campaign() if is_of_campaign(topic) else _of_task()
    optional = set() if is_of_campaign(topic) else {"data", "meta", "links", "status"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _of_campaign() -> dict[str, Any]:
    details = {
        "campaignId": NUMBER, "campaign": TEXT, "prospectId": TEXT, "prospectName": TEXT, "prospectEmail": TEXT,
        "senderEmail": TEXT, "emailSubject": TEXT, "emailBody": TEXT, "receivedAt": TIME,
    }  # fmt: skip
    return {
        "campaign_id": NUMBER, "campaign": TEXT, "step_id": NUMBER, "prospect_id": TEXT, "prospect_name": TEXT,
        "prospect_email": TEXT, "email": TEXT, "from_email": TEXT, "to_email": TEXT, "subject": TEXT, "message": TEXT,
        "body": TEXT, "message_id": TEXT, "url": TEXT, "linkedin_profile": TEXT, "reply_type": TEXT,
        "data": {"type": "object", "properties": details, "required": list(details)},
    }  # fmt: skip


def _of_task() -> dict[str, Any]:
    return {
        "task_hash": TEXT,
        "status": {"type": "string"},
        "data": {"type": ["object", "array"]},
        "meta": {"type": "object"},
        "links": {"type": "object"},
    }


def page() -> str:
    minutes = ", ".join(f"{pause.total_seconds() / 60:g}" for pause in PAUSES)
    lines = [
        "# Payloads of webhooks",
        "",
        "Made from `src/fairlead/webhooks/schemas.py` by `make docs`.",
        "",
        "A delivery is a POST with a JSON body. It succeeded when the answer is a status from 200 to 299 within three",
        f"seconds. Otherwise it is tried {TRIES} times in all: at once, and then {minutes} minutes after",
        "the try before; each try begins at its instant or up to 2 % later. When the last one fails the webhook is",
        "deactivated.",
        "",
        "`id` (and the header `webhook-id`) is the same in every try and replay of an event: keep it to tell what came",
        "twice. Deliveries arrive at least once and about in the order of the events.",
        "",
        "| `event_object` | `event_action` | Sent when | Single names |",
        "|---|---|---|---|",
    ]
    for kind, actions in PAIRS.items():
        for action in actions:
            topic = Topic(kind, action)
            names = [
                f"`{name}`" + (" (some)" if name in FILTERS else "")
                for name, topics in NAMES.items()
                if topic in topics
            ]
            lines.append(f"| `{kind}` | `{action}` | {WHEN[topic]} | {', '.join(names)} |")
    lines += [
        "",
        "`prospect_completed` is sent when the last step was done, and not when something else ended the sequence;",
        "`linkedin_inmail_replied` when an InMail was answered.",
        "",
        "## Events of campaigns",
        "",
        "For what a recipient wrote, `from_email` is the recipient and `to_email` the mailbox; otherwise it is the",
        "other way round.",
        "",
        "```json",
        json.dumps(schema(Topic("campaign_reply", "received")), indent=1),
        "```",
        "",
        "## Ends of searches",
        "",
        "Besides `task_hash` the body has the keys of the answer of the matching GET.",
        "",
        "```json",
        json.dumps(schema(Topic("email_verification", "verified")), indent=1),
        "```",
        "",
        "The schemas of the other events differ in the two constants only.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
