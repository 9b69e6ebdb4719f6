"""What the log of facts holds of a person: the fact stays, without its body."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule, mentioned

PERSONAL: Final = RoomRules(
    rules=(
        Rule(
            "events",
            mentioned("t.body"),
            f"update events t set body = '{{\"erased\": true}}' where {mentioned('t.body')}",
        ),
    ),
    free={"event_log": "one number", "event_readers": "positions"},
)
