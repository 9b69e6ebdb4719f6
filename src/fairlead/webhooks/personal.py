"""What the tables of webhooks hold of a person."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule, mentioned

PERSONAL: Final = RoomRules(
    rules=(
        Rule(
            "webhook_events",
            mentioned("t.facts"),
            f"update webhook_events t set facts = '{{\"erased\": true}}' where {mentioned('t.facts')}",
        ),
        # What a receiver answered may say anything again.
        Rule(
            "webhook_attempts",
            "encode(t.response, 'escape') like any(%(mentions)s)",
            "update webhook_attempts t set response = null where encode(t.response, 'escape') like any(%(mentions)s)",
        ),
    ),
    free={
        "webhooks": "addresses of programs",
        "webhook_deliveries": "states and times",
        "webhook_leases": "processes",
    },
)
