"""What the tables of the finder hold of a person."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule, mentioned

PERSONAL: Final = RoomRules(
    rules=(Rule.deletes("finder_tasks", f"({mentioned('t.request')} or {mentioned('t.result')})"),),
    free={"searched_domains": "domains and times"},
)
