"""One account's mailbox.

A message lies in one or more folders. In most flavors a copy is a message of its own. In Gmail's flavor one
message has several homes (its labels) with the same flags, and "All Mail" is a home of nearly all.
"""

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.sandbox.mailboxes.folders import (
    APART,
    DELIMITER,
    IMPORTANT,
    LABELS,
    NAMES,
    ROLE_OF_LABEL,
    Arrived,
    Flagged,
    Flavor,
    Folder,
    Gone,
    Listener,
    Reset,
    Role,
)
from fairlead.sandbox.mailboxes.messages import DELETED, MESSAGE_ID, Entry, Message, header_section

FOLDERS_LIMIT = 1000
FOLDER_NAME_LIMIT = 250


@dataclass(frozen=True)
class Account:
    """Who may open a mailbox. `token` is the OAuth bearer token that XOAUTH2 accepts; None where there is none."""

    address: str
    password: str | None = None
    token: str | None = None
    flavor: Flavor = Flavor.PLAIN


@dataclass(frozen=True)
class Keeping:
    """Bounds on memory. `per_folder`: the newest that many stay. Without `bodies` only the header stays."""

    bodies: bool = True
    per_folder: int | None = None


class Mailbox:
    """One account's folders. Names are as people see them; the wire's encoding is the IMAP server's affair."""

    def __init__(self, account: Account, keeping: Keeping, numbers: Iterator[int]) -> None:
        self.account = account
        self.folders: dict[str, Folder] = {}
        self._keeping = keeping
        self._numbers = numbers
        # The same address has the same values in every run; each new folder takes the next, so that none returns.
        self._next_uid_validity = zlib.crc32(account.address.casefold().encode()) // 2 + 1
        self._threads: dict[bytes, int] = {}
        for role, name in NAMES[account.flavor].items():
            self._make(name, role)

    # Asking

    @property
    def address(self) -> str:
        return self.account.address

    @property
    def gmail(self) -> bool:
        return self.account.flavor is Flavor.GMAIL

    def find_folder(self, name: str) -> Folder | None:
        return self.folders.get("INBOX" if name.upper() == "INBOX" else name)

    def folder(self, name: str) -> Folder:
        found = self.find_folder(name)
        if found is None:
            raise NotFound("no_such_folder", f"There is no folder {name!r} in this mailbox.")
        return found

    def folder_for(self, role: Role) -> Folder:
        """ARCHIVE is All Mail in Gmail's flavor, as there archiving means lying nowhere else."""
        names = NAMES[self.account.flavor]
        return self.folder(names.get(role) or names[Role.ALL])

    def entries(self, role: Role = Role.INBOX) -> tuple[Entry, ...]:
        return tuple(self.folder_for(role).entries)

    def search_header(self, name: str, value: str) -> list[tuple[Folder, Entry]]:
        """Entries of all folders with a field of that name that contains `value`, case aside."""
        wanted, field = value.lower().encode(), name.encode()
        return [
            (folder, entry)
            for folder in self.folders.values()
            for entry in folder.entries
            if any(wanted in held.lower() for held in entry.message.header(field))
        ]

    def labels(self, message: Message, shown_in: Folder | None = None) -> list[str]:
        """Gmail's labels, without the one of the folder they are shown in."""
        names = [
            LABELS[home.role] if home.role in LABELS else home.name  # noqa: SIM401  a role may be None
            for home in message.homes
            if home is not shown_in and home.role is not Role.ALL
        ]
        return sorted([*names, IMPORTANT] if message.important else names)

    # Messages

    def append(self, raw: bytes, at: datetime, *, to: Folder | Role = Role.INBOX, flags: Iterable[bytes] = ()) -> Entry:
        """A new message, filed; `at` is its internal date."""
        folder = self.folder_for(to) if isinstance(to, Role) else to
        size = len(raw)
        if not self._keeping.bodies:
            raw = header_section(raw)
        message = Message(raw, size, at, flags, next(self._numbers))
        if self.gmail:
            message.thread = self._thread(message)
            if folder.role not in APART and folder.role is not Role.ALL:
                self._file(message, self.folder_for(Role.ALL))
        return self._file(message, folder)

    def copy(self, entries: Iterable[Entry], to: Folder) -> list[tuple[int, int]]:
        """Pairs of old and new UID."""
        return [(entry.uid, self._copied(entry, to).uid) for entry in entries]

    def move(self, folder: Folder, entries: Iterable[Entry], to: Folder) -> list[tuple[int, int]]:
        """Pairs of old and new UID (RFC 6851)."""
        pairs = []
        for entry in entries:
            pairs.append((entry.uid, self._copied(entry, to).uid))
            if folder is not to and folder in entry.message.homes:
                self._unfile(entry.message, folder)
        return pairs

    def expunge(self, folder: Folder, entries: Iterable[Entry]) -> None:
        """Gmail's flavor takes away the label only, except from All Mail, Spam and Trash, where it is for good."""
        for entry in tuple(entries):
            if folder not in entry.message.homes:
                continue
            if self.gmail and folder.role not in (*APART, Role.ALL):
                self._unfile(entry.message, folder)
                entry.message.flags.discard(DELETED)
            else:
                for home in tuple(entry.message.homes):
                    self._unfile(entry.message, home)

    def set_flags(self, entry: Entry, flags: Iterable[bytes], source: Listener | None = None) -> None:
        entry.message.flags = set(flags)
        self._tell_flagged(entry.message, source)

    def add_flag(self, entry: Entry, flag: bytes, source: Listener | None = None) -> None:
        if flag not in entry.message.flags:
            self.set_flags(entry, {*entry.message.flags, flag}, source)

    def set_labels(self, entry: Entry, labels: Iterable[str], source: Listener | None = None) -> None:
        """Gmail's flavor: the message's homes become those the labels name; unknown ones are made."""
        message = entry.message
        wanted, important = set(), False
        for label in labels:
            if label.lower() == IMPORTANT.lower():
                important = True
            elif label.lower() in ROLE_OF_LABEL:
                wanted.add(self.folder_for(ROLE_OF_LABEL[label.lower()]))
            else:
                wanted.add(self.find_folder(label) or self.create(label))
        apart = [home for home in wanted if home.role in APART and home not in message.homes]
        wanted = {*apart[:1]} if apart else wanted
        if not any(home.role in APART for home in wanted):
            wanted.add(self.folder_for(Role.ALL))
        for home in sorted(wanted - set(message.homes), key=lambda folder: folder.name):
            self._file(message, home)
        for home in set(message.homes) - wanted:
            self._unfile(message, home)
        message.important = important
        self._tell_flagged(message, source)

    # Folders

    def create(self, name: str) -> Folder:
        """Makes the folders above it as well. Raises `Conflict`, `Invalid`."""
        name = name.strip(DELIMITER)
        if not name or len(name) > FOLDER_NAME_LIMIT or any(ord(sign) < 32 for sign in name) or "//" in name:
            raise Invalid("bad_folder_name", "A folder's name has 1 to 250 printable characters.")
        if self.find_folder(name):
            raise Conflict("folder_exists", f"There is a folder {name!r} already.")
        if len(self.folders) >= FOLDERS_LIMIT:
            raise Conflict("too_many_folders", f"A mailbox has at most {FOLDERS_LIMIT} folders.")
        above, _, _ = name.rpartition(DELIMITER)
        if above and above != "[Gmail]" and self.find_folder(above) is None:
            self.create(above)
        return self._make(name, None)

    def delete(self, name: str) -> None:
        """Raises `NotFound`; `Conflict` for the folders every mailbox has."""
        folder = self.folder(name)
        if folder.role is not None:
            raise Conflict("folder_needed", f"The folder {name!r} cannot be deleted.")
        for entry in tuple(folder.entries):
            self._unfile(entry.message, folder)
        del self.folders[folder.name]
        folder.tell(Reset())

    def rename(self, name: str, new_name: str) -> None:
        """Folders below go along. INBOX stays, and its messages move (RFC 3501, section 6.3.5)."""
        folder = self.folder(name)
        if folder.role is Role.INBOX:
            self.move(folder, tuple(folder.entries), self.create(new_name))
            return
        if folder.role is not None:
            raise Conflict("folder_needed", f"The folder {name!r} cannot be renamed.")
        below = [other for other in self.folders if other.startswith(folder.name + DELIMITER)]
        self.create(new_name)  # refuses what may not be; its place is taken at once
        del self.folders[new_name.strip(DELIMITER)]
        for old in [folder.name, *below]:
            moved = self.folders.pop(old)
            moved.name = new_name.strip(DELIMITER) + old[len(name) :]
            self.folders[moved.name] = moved

    def change_uid_validity(self, role_or_name: Role | str = Role.INBOX) -> int:
        """Numbers every message anew, as a server does that lost its index. The new value."""
        folder = self.folder_for(role_or_name) if isinstance(role_or_name, Role) else self.folder(role_or_name)
        folder.uid_validity = self._uid_validity()
        folder.entries = [Entry(uid, entry.message) for uid, entry in enumerate(folder.entries, 1)]
        folder.uid_next = folder.first_recent = len(folder.entries) + 1
        for entry in folder.entries:
            entry.message.homes[folder] = entry.uid
        folder.tell(Reset())
        return folder.uid_validity

    # Steps of the above

    def _make(self, name: str, role: Role | None) -> Folder:
        folder = self.folders[name] = Folder(name, self._uid_validity(), role)
        return folder

    def _uid_validity(self) -> int:
        self._next_uid_validity += 1
        return self._next_uid_validity

    def _file(self, message: Message, folder: Folder) -> Entry:
        entry = Entry(folder.uid_next, message)
        folder.uid_next += 1
        folder.entries.append(entry)
        message.homes[folder] = entry.uid
        if folder.listeners:
            folder.tell(Arrived(entry))
        if self._keeping.per_folder is not None and len(folder.entries) > self._keeping.per_folder:
            self._unfile(folder.entries[0].message, folder)
        return entry

    def _unfile(self, message: Message, folder: Folder) -> None:
        uid = message.homes.pop(folder)
        at = bisect_left(folder.entries, uid, key=lambda entry: entry.uid)
        folder.tell(Gone(folder.entries.pop(at)))

    def _copied(self, entry: Entry, to: Folder) -> Entry:
        message = entry.message
        if not self.gmail:
            copy = Message(message.raw, message.size, message.received, message.flags, next(self._numbers))
            return self._file(copy, to)
        if to in message.homes:
            return Entry(message.homes[to], message)
        if to.role in APART:
            for home in tuple(message.homes):
                self._unfile(message, home)
        else:
            for home in [home for home in message.homes if home.role in APART]:
                self._unfile(message, home)
            everything = self.folder_for(Role.ALL)
            if to is not everything and everything not in message.homes:
                self._file(message, everything)
        return self._file(message, to)

    def _tell_flagged(self, message: Message, source: Listener | None) -> None:
        for home, uid in message.homes.items():
            home.tell(Flagged(Entry(uid, message)), source)

    def _thread(self, message: Message) -> int:
        fields = (*message.header(b"in-reply-to"), *message.header(b"references"))
        named = [one for value in fields for one in MESSAGE_ID.findall(value)]
        thread = next((self._threads[one] for one in named if one in self._threads), message.number)
        if message.message_id is not None:
            self._threads.setdefault(message.message_id, thread)
        return thread
