"""What can be subscribed to, and which facts of the log it is. Contract 17.2."""

from collections.abc import Callable, Iterator
from typing import Any

from fairlead.events.model import Event
from fairlead.kit.refusals import Invalid
from fairlead.webhooks.model import Topic

PAIRS: dict[str, tuple[str, ...]] = {
    "campaign_email": ("sent", "first_sent", "opened", "clicked", "bounced"),
    "campaign_reply": ("received", "first_received", "autoreply_received"),
    "campaign_li_reply": ("first_received", "received"),
    "campaign_li": ("connection_request_accepted",),
    "prospect": (
        "campaign_finished", "unsubscribed", "found_by_li_url", "found_emails_by_name_by_domain",
        "found_company_by_domain",
    ),
    "company": ("found_domains_by_names", "found_company_by_domain"),
    "email": ("found_emails_by_domain", "found_generic_contacts_by_domain", "found_prospect_emails"),
    "email_verification": ("verified",),
    "database_search": ("task_result",),
    "campaign": ("launched", "paused"),
}  # fmt: skip
TOPICS = frozenset(Topic(kind, action) for kind, actions in PAIRS.items() for action in actions)

# The single names, each for the topics it means. The first one is that under which it is kept.
NAMES: dict[str, tuple[Topic, ...]] = {
    "email_opened": (Topic("campaign_email", "opened"),),
    "email_clicked": (Topic("campaign_email", "clicked"),),
    "email_replied": (Topic("campaign_reply", "received"),),
    "autoreply_detected": (Topic("campaign_reply", "autoreply_received"),),
    "linkedin_replied": (Topic("campaign_li_reply", "received"), Topic("campaign_li_reply", "first_received")),
    "linkedin_inmail_replied": (Topic("campaign_li_reply", "received"), Topic("campaign_li_reply", "first_received")),
    "linkedin_connection_accepted": (Topic("campaign_li", "connection_request_accepted"),),
    "prospect_completed": (Topic("prospect", "campaign_finished"),),
    "campaign_launched": (Topic("campaign", "launched"),),
    "campaign_paused": (Topic("campaign", "paused"),),
}
# Names that mean less than their topics.
FILTERS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "prospect_completed": lambda facts: facts.get("reason") in ("end_reached", "goal_reached"),
    "linkedin_inmail_replied": lambda facts: facts.get("reply_type") == "linkedinInMail",
}


def topic_of(event_object: str, event_action: str) -> Topic:
    """Raises `Invalid`, naming the field and what it takes."""
    actions = PAIRS.get(event_object)
    if actions is None:
        known = ", ".join(PAIRS)
        raise Invalid("unknown_event", f"event_object must be one of: {known}.", field="event_object")
    if event_action not in actions:
        known = ", ".join(actions)
        raise Invalid("unknown_event", f"event_action of {event_object} must be one of: {known}.", field="event_action")
    return Topic(event_object, event_action)


def topic_named(name: str) -> Topic:
    """The topic a single name is kept under. Raises `Invalid`."""
    if name not in NAMES:
        raise Invalid("unknown_event", f"event must be one of: {', '.join(NAMES)}.", field="event")
    return NAMES[name][0]


def wants(topic: Topic, name: str | None, told: Topic, facts: dict[str, Any]) -> bool:
    """Whether a webhook that was asked for by `topic` and `name` is told of `told`."""
    if name is None:
        return topic == told
    only = FILTERS.get(name)
    return told in NAMES[name] and (only is None or only(facts))


# Kinds of the log that anybody can subscribe to.
KINDS = (
    "email_sent", "email_opened", "email_clicked", "email_bounced", "email_replied", "email_auto_replied",
    "unsubscribed", "enrollment_finished", "campaign_status_changed", "linkedin_replied",
    "linkedin_connection_accepted", "task_finished", "webhook_test",
)  # fmt: skip


def topics_of(event: Event) -> Iterator[Topic]:
    """What is told when this has happened."""
    facts = event.body
    match event.kind:
        case "email_sent":
            yield Topic("campaign_email", "sent")
            if facts.get("first"):
                yield Topic("campaign_email", "first_sent")
        case "email_opened" if facts.get("counted"):
            yield Topic("campaign_email", "opened")
        case "email_clicked" if facts.get("counted"):
            yield Topic("campaign_email", "clicked")
        case "email_bounced":
            yield Topic("campaign_email", "bounced")
        case "email_replied":
            yield Topic("campaign_reply", "received")
            if facts.get("first"):
                yield Topic("campaign_reply", "first_received")
        case "email_auto_replied":
            yield Topic("campaign_reply", "autoreply_received")
        case "unsubscribed":
            yield Topic("prospect", "unsubscribed")
        case "enrollment_finished" if facts.get("state") == "finished":
            yield Topic("prospect", "campaign_finished")
        case "campaign_status_changed" if facts.get("to") == "active":
            yield Topic("campaign", "launched")
        case "campaign_status_changed" if facts.get("to") == "paused":
            yield Topic("campaign", "paused")
        case "linkedin_replied":
            yield Topic("campaign_li_reply", "first_received" if facts.get("first") else "received")
        case "linkedin_connection_accepted":
            yield Topic("campaign_li", "connection_request_accepted")
        case "task_finished":
            told = Topic(str(facts.get("event_object")), str(facts.get("event_action")))
            if told in TOPICS:
                yield told
