"""Folders: what they are for, what they are called in each flavor, and word of each change in them."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from fairlead.sandbox.mailboxes.messages import Entry

IMPORTANT = "\\Important"
DELIMITER = "/"


class Role(Enum):
    """What a folder is for, whatever its name. The value is its attribute in LIST (RFC 6154, section 2)."""

    INBOX = ""
    SENT = "\\Sent"
    SPAM = "\\Junk"
    TRASH = "\\Trash"
    DRAFTS = "\\Drafts"
    ARCHIVE = "\\Archive"
    ALL = "\\All"


class Flavor(Enum):
    PLAIN = "plain"
    GMAIL = "gmail"
    EXCHANGE = "exchange"


NAMES: dict[Flavor, dict[Role, str]] = {
    Flavor.PLAIN: {
        Role.INBOX: "INBOX",
        Role.SENT: "Sent",
        Role.SPAM: "Spam",
        Role.TRASH: "Trash",
        Role.DRAFTS: "Drafts",
        Role.ARCHIVE: "Archive",
    },
    Flavor.GMAIL: {
        Role.INBOX: "INBOX",
        Role.ALL: "[Gmail]/All Mail",
        Role.SENT: "[Gmail]/Sent Mail",
        Role.SPAM: "[Gmail]/Spam",
        Role.TRASH: "[Gmail]/Trash",
        Role.DRAFTS: "[Gmail]/Drafts",
    },
    Flavor.EXCHANGE: {
        Role.INBOX: "INBOX",
        Role.SENT: "Sent Items",
        Role.SPAM: "Junk Email",
        Role.TRASH: "Deleted Items",
        Role.DRAFTS: "Drafts",
        Role.ARCHIVE: "Archive",
    },
}
# Gmail's words for its own folders, where they show as labels.
LABELS = {
    Role.INBOX: "\\Inbox",
    Role.SENT: "\\Sent",
    Role.SPAM: "\\Spam",
    Role.TRASH: "\\Trash",
    Role.DRAFTS: "\\Draft",
}
ROLE_OF_LABEL = {label.lower(): role for role, label in LABELS.items()}
# In Gmail a message lies in one of these or among the others, never both.
APART = (Role.SPAM, Role.TRASH)


@dataclass(frozen=True, slots=True)
class Arrived:
    entry: Entry


@dataclass(frozen=True, slots=True)
class Gone:
    entry: Entry


@dataclass(frozen=True, slots=True)
class Flagged:
    entry: Entry


@dataclass(frozen=True, slots=True)
class Reset:
    """The folder was deleted or its UIDVALIDITY changed: what is known of it is void."""


Change: TypeAlias = Arrived | Gone | Flagged | Reset
Listener: TypeAlias = Callable[[Change], None]


class Folder:
    def __init__(self, name: str, uid_validity: int, role: Role | None = None) -> None:
        self.name = name
        self.role = role
        self.uid_validity = uid_validity
        self.uid_next = 1
        self.entries: list[Entry] = []
        self.subscribed = True
        # Messages from this UID on were not yet announced to any session (RFC 3501, section 2.3.2, \Recent).
        self.first_recent = 1
        self.listeners: list[Listener] = []

    def find(self, uid: int) -> Entry | None:
        at = bisect_left(self.entries, uid, key=lambda entry: entry.uid)
        return self.entries[at] if at < len(self.entries) and self.entries[at].uid == uid else None

    def tell(self, change: Change, source: Listener | None = None) -> None:
        """`source` made the change and knows of it already."""
        for listener in tuple(self.listeners):
            if listener != source:
                listener(change)
