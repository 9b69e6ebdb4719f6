"""What may be asked of prospects.

The SQL functions `recipients_of_list` and `blocked_among` are this room's answers inside statements of others.
"""

from fairlead.prospects.adding import add_to_list
from fairlead.prospects.changes import (
    changes,
    delete,
    duplicates,
    merge,
    move,
    prospects_in_list,
    prospects_of_addresses,
    undo,
)
from fairlead.prospects.do_not_email import (
    allow_emailing,
    blocked,
    create_do_not_email_list,
    delete_do_not_email_list,
    do_not_email_items,
    do_not_email_lists,
    furnish,
    stop_emailing,
)
from fairlead.prospects.evidence import WORK as EVIDENCE
from fairlead.prospects.evidence import ask_for_evidence, take_in_prospects
from fairlead.prospects.fields import create_field, custom_fields, delete_field
from fairlead.prospects.lists import (
    create_list,
    delete_list,
    find_list_named,
    find_prospect,
    keys_of_change,
    list_named,
    lists,
    lists_of,
    page_of_list,
    present_among,
    prospects_of_address,
    prospects_of_ids,
    rename_list,
    restore_list,
)

__all__ = [
    "EVIDENCE",
    "add_to_list",
    "allow_emailing",
    "ask_for_evidence",
    "blocked",
    "changes",
    "create_do_not_email_list",
    "create_field",
    "create_list",
    "custom_fields",
    "delete",
    "delete_do_not_email_list",
    "delete_field",
    "delete_list",
    "do_not_email_items",
    "do_not_email_lists",
    "duplicates",
    "find_list_named",
    "find_prospect",
    "furnish",
    "keys_of_change",
    "list_named",
    "lists",
    "lists_of",
    "merge",
    "move",
    "page_of_list",
    "present_among",
    "prospects_in_list",
    "prospects_of_address",
    "prospects_of_addresses",
    "prospects_of_ids",
    "rename_list",
    "restore_list",
    "stop_emailing",
    "take_in_prospects",
    "undo",
]
