"""What the tables of jobs hold of a person."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule, mentioned

PERSONAL: Final = RoomRules(
    rules=(Rule.deletes("jobs", f"({mentioned('t.payload')} or {mentioned('t.last_error')})"),),
    free={"periodic": "times"},
)
