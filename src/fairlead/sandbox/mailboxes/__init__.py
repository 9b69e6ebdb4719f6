"""Every mailbox of the sandbox, in memory: folders, messages, flags, labels, and word of each change.

`directory` holds them all, `mailbox` is one account's, `folders` and `messages` what is in it.
"""

from fairlead.sandbox.mailboxes.directory import Mailboxes
from fairlead.sandbox.mailboxes.folders import (
    DELIMITER,
    Arrived,
    Change,
    Flagged,
    Flavor,
    Folder,
    Gone,
    Listener,
    Reset,
    Role,
)
from fairlead.sandbox.mailboxes.mailbox import Account, Keeping, Mailbox
from fairlead.sandbox.mailboxes.messages import (
    ANSWERED,
    DELETED,
    DRAFT,
    FLAGGED,
    MESSAGE_ID,
    SEEN,
    SYSTEM_FLAGS,
    Entry,
    Message,
    header_fields,
    header_section,
)

__all__ = [
    "ANSWERED",
    "DELETED",
    "DELIMITER",
    "DRAFT",
    "FLAGGED",
    "MESSAGE_ID",
    "SEEN",
    "SYSTEM_FLAGS",
    "Account",
    "Arrived",
    "Change",
    "Entry",
    "Flagged",
    "Flavor",
    "Folder",
    "Gone",
    "Keeping",
    "Listener",
    "Mailbox",
    "Mailboxes",
    "Message",
    "Reset",
    "Role",
    "header_fields",
    "header_section",
]
