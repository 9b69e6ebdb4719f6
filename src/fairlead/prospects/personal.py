"""What the tables of prospects hold of a person."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule

_ROWS: Final = (
    "(t.email_key = any(%(keys)s) or t.other_emails && %(keys)s::text[] or t.linkedin_key = any(%(profiles)s))"
)
_IDS: Final = f"select p.id from prospects p where {_ROWS.replace('t.', 'p.')}"

PERSONAL: Final = RoomRules(
    rules=(
        Rule.deletes("list_members", f"t.prospect_id in ({_IDS})"),
        Rule.deletes(
            "prospect_change_rows",
            f"t.prospect_id in ({_IDS})"
            " or lower(t.before::text) like any(%(mentions)s)",
        ),
        Rule.deletes("merged_addresses", "t.email_key = any(%(keys)s)"),
        Rule.deletes("prospects", _ROWS),
        # Kept out from now on by the claim that erasing makes, for the whole installation.
        Rule.deletes("do_not_email_items", "t.item = any(%(keys)s)"),
    ),
    free={
        "prospect_evidence": "positions",
        "prospect_lists": "names of lists",
        "custom_fields": "names of fields",
        "prospect_changes": "what a bulk change was; its rows are in prospect_change_rows",
        "do_not_email_lists": "names of lists",
    },
)
