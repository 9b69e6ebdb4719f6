"""A session's view of the folder it has selected: message numbers change only when the client is told.

Source: RFC 3501, section 7.4.1: EXPUNGE is not sent during FETCH, STORE and SEARCH.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator

from fairlead.sandbox.imap.fetch import flags_shown
from fairlead.sandbox.mailboxes import Arrived, Change, Entry, Flagged, Folder, Gone, Reset


class Selection:
    def __init__(self, folder: Folder, *, read_only: bool, on_change: Callable[[], None]) -> None:
        self.folder = folder
        self.read_only = read_only
        self.entries = list(folder.entries)
        # The folder was deleted or numbered anew, and this session must end.
        self.void = False
        self._on_change = on_change
        self._arrived: list[Entry] = []
        self._gone: set[int] = set()
        self._flagged: dict[int, Entry] = {}
        self._recent = {entry.uid for entry in self.entries if entry.uid >= folder.first_recent}
        self._claim_recent()
        folder.listeners.append(self.heard)

    def close(self) -> None:
        if self.heard in self.folder.listeners:
            self.folder.listeners.remove(self.heard)

    def heard(self, change: Change) -> None:
        match change:
            case Arrived(entry):
                self._arrived.append(entry)
                if entry.uid >= self.folder.first_recent:
                    self._recent.add(entry.uid)
                self._claim_recent()
            case Gone(entry):
                self._gone.add(entry.uid)
            case Flagged(entry):
                self._flagged[entry.uid] = entry
            case Reset():
                self.void = True
        self._on_change()

    @property
    def recent_count(self) -> int:
        return len(self._recent)

    def recent(self, entry: Entry) -> bool:
        return entry.uid in self._recent

    def flags(self, entry: Entry) -> bytes:
        return flags_shown(entry, recent=self.recent(entry))

    def updates(self, *, expunges: bool) -> Iterator[bytes]:
        """What the client has not been told yet."""
        if expunges and self._gone:
            yield from self._expunges()
        if self._arrived:
            # Those that came and went unseen are left out, as long as their going may not be told.
            self.entries += [entry for entry in self._arrived if entry.uid not in self._gone]
            self._gone -= {entry.uid for entry in self._arrived}
            self._arrived.clear()
            yield b"* %d EXISTS\r\n* %d RECENT\r\n" % (len(self.entries), len(self._recent))
        flagged, self._flagged = self._flagged, {}
        for uid, entry in flagged.items():
            at = self._place(uid)
            if at is not None:
                yield b"* %d FETCH (UID %d FLAGS %b)\r\n" % (at + 1, uid, self.flags(entry))

    def _expunges(self) -> Iterator[bytes]:
        unseen = {entry.uid for entry in self._arrived}
        # From the last to the first, so that no number moves before it is told.
        for uid in sorted(self._gone - unseen, reverse=True):
            at = self._place(uid)
            if at is not None:
                del self.entries[at]
                yield b"* %d EXPUNGE\r\n" % (at + 1)
            self._recent.discard(uid)
        self._gone &= unseen

    def _place(self, uid: int) -> int | None:
        at = bisect_left(self.entries, uid, key=lambda entry: entry.uid)
        return at if at < len(self.entries) and self.entries[at].uid == uid else None

    def _claim_recent(self) -> None:
        if not self.read_only:
            self.folder.first_recent = self.folder.uid_next
