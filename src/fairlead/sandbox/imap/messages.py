"""Commands about messages: APPEND, FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE, IDLE.

Source: RFC 3501, sections 6.3.11 and 6.4; RFC 2177 IDLE, 3691 UNSELECT, 4315 UIDPLUS, 6851 MOVE.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from fairlead.sandbox.imap.fetch import Attribute, fetched, is_seen, marks_seen, read_items, shows_flags
from fairlead.sandbox.imap.grammar import BadSyntax, Reader
from fairlead.sandbox.imap.search import Candidate, UnknownCharset, read_search
from fairlead.sandbox.imap.selection import Selection
from fairlead.sandbox.imap.session import Answer, Handler, No, Session
from fairlead.sandbox.imap.wording import read_mailbox_name
from fairlead.sandbox.mailboxes import DELETED, SEEN, SYSTEM_FLAGS, Entry, Folder

T = TypeVar("T")

CANONICAL = {flag.lower(): flag for flag in SYSTEM_FLAGS}
FLAGS_LIMIT = 100
LABELS_ITEM = b"X-GM-LABELS"


def append(session: Session, reader: Reader) -> bytes:
    reader.space()
    folder = session.named(reader, needed_for_append=True)
    reader.space()
    flags: list[bytes] = []
    if reader.sees(b"("):
        flags = _read_flags(reader)
        reader.space()
    received = session.clock.now()
    if reader.sees(b'"'):
        received = reader.date_time()
        reader.space()
    raw = reader.literal()
    reader.end()
    if not raw:
        raise No("an empty message is no message")
    entry = session.own.append(raw, received, to=folder, flags=flags)
    return b"OK [APPENDUID %d %d] appended" % (folder.uid_validity, entry.uid)


def check(session: Session, reader: Reader) -> bytes:
    reader.end()
    session.selected  # noqa: B018  it asks whether a folder is selected
    return b"OK done"


def close(session: Session, reader: Reader) -> bytes:
    reader.end()
    selection = session.selected
    if not selection.read_only:
        session.own.expunge(selection.folder, _deleted(selection))
    session.unselect()
    return b"OK closed"


def unselect(session: Session, reader: Reader) -> bytes:
    reader.end()
    session.selected  # noqa: B018
    session.unselect()
    return b"OK unselected"


def expunge(session: Session, reader: Reader) -> bytes:
    reader.end()
    selection = _writable(session)
    session.own.expunge(selection.folder, _deleted(selection))
    return b"OK expunged"


def uid_expunge(session: Session, reader: Reader) -> bytes:
    reader.space()
    numbers = reader.numbers()
    reader.end()
    selection = _writable(session)
    named = {entry.uid for _, entry in numbers.picked(selection.entries, by_uid=True)}
    session.own.expunge(selection.folder, [entry for entry in _deleted(selection) if entry.uid in named])
    return b"OK expunged"


def search(session: Session, reader: Reader) -> Answer:
    return _search(session, reader, by_uid=False)


def uid_search(session: Session, reader: Reader) -> Answer:
    return _search(session, reader, by_uid=True)


def _search(session: Session, reader: Reader, *, by_uid: bool) -> Answer:
    reader.space()
    selection = session.selected
    try:
        test = read_search(reader, session.own, selection.entries)
    except UnknownCharset:
        raise No("[BADCHARSET (US-ASCII UTF-8)] unknown charset") from None
    found = [
        b"%d" % (entry.uid if by_uid else number)
        for number, entry in enumerate(selection.entries, 1)
        if test(Candidate(number, entry, selection.recent(entry)))
    ]
    yield b" ".join([b"* SEARCH", *found]) + b"\r\n"
    return b"OK done"


def fetch(session: Session, reader: Reader) -> Answer:
    return _fetch(session, reader, by_uid=False)


def uid_fetch(session: Session, reader: Reader) -> Answer:
    return _fetch(session, reader, by_uid=True)


def _fetch(session: Session, reader: Reader, *, by_uid: bool) -> Answer:
    reader.space()
    selection, mailbox = session.selected, session.own
    numbers = reader.numbers()
    reader.space()
    items = read_items(reader, gmail=mailbox.gmail)
    reader.end()
    if by_uid and Attribute(b"UID") not in items:
        items = [Attribute(b"UID"), *items]
    marking = marks_seen(items) and not selection.read_only
    with_flags = items if shows_flags(items) else [*items, Attribute(b"FLAGS")]
    for number, entry in numbers.picked(selection.entries, by_uid=by_uid):
        newly_seen = marking and not is_seen(entry)
        if newly_seen:
            mailbox.add_flag(entry, SEEN, selection.heard)
        session.counters.fetched += 1
        yield fetched(
            number,
            entry,
            with_flags if newly_seen else items,
            mailbox=mailbox,
            folder=selection.folder,
            flags=selection.flags(entry),
        )
    return b"OK done"


def store(session: Session, reader: Reader) -> Answer:
    return _store(session, reader, by_uid=False)


def uid_store(session: Session, reader: Reader) -> Answer:
    return _store(session, reader, by_uid=True)


def _store(session: Session, reader: Reader, *, by_uid: bool) -> Answer:
    reader.space()
    selection = _writable(session)
    mailbox = session.own
    numbers = reader.numbers()
    reader.space()
    sign = b"+" if reader.follows(b"+") else b"-" if reader.follows(b"-") else b""
    item = reader.word()
    silent = item.endswith(b".SILENT")
    item = item.removesuffix(b".SILENT")
    reader.space()
    labels = item == LABELS_ITEM and mailbox.gmail
    if not labels and item != b"FLAGS":
        raise BadSyntax("unknown item")
    given = [read_mailbox_name(label) for label in reader.labels()] if labels else []
    flags = [] if labels else _read_flags(reader)
    reader.end()
    for number, entry in numbers.picked(selection.entries, by_uid=by_uid):
        if labels:
            held = mailbox.labels(entry.message)
            mailbox.set_labels(entry, _combined(held, given, sign, str.casefold), selection.heard)
        else:
            mailbox.set_flags(entry, _combined(sorted(entry.message.flags), flags, sign, bytes.lower), selection.heard)
        if not silent:
            shown = [Attribute(LABELS_ITEM if labels else b"FLAGS")]
            yield fetched(
                number,
                entry,
                [Attribute(b"UID"), *shown] if by_uid else shown,
                mailbox=mailbox,
                folder=selection.folder,
                flags=selection.flags(entry),
            )
    return b"OK done"


def copy(session: Session, reader: Reader) -> bytes:
    return _copy(session, reader, by_uid=False)


def uid_copy(session: Session, reader: Reader) -> bytes:
    return _copy(session, reader, by_uid=True)


def _copy(session: Session, reader: Reader, *, by_uid: bool) -> bytes:
    reader.space()
    selection = session.selected
    entries, to = _to_be_filed(session, reader, by_uid=by_uid)
    pairs = session.own.copy(_still_there(selection, entries), to)
    return b"OK%b copied" % _copied(to, pairs)


def move(session: Session, reader: Reader) -> Answer:
    return _move(session, reader, by_uid=False)


def uid_move(session: Session, reader: Reader) -> Answer:
    return _move(session, reader, by_uid=True)


def _move(session: Session, reader: Reader, *, by_uid: bool) -> Answer:
    reader.space()
    selection = _writable(session)
    entries, to = _to_be_filed(session, reader, by_uid=by_uid)
    pairs = session.own.move(selection.folder, _still_there(selection, entries), to)
    # Before the numbers go, and untagged (RFC 6851, section 4.3).
    if pairs:
        yield b"* OK%b moved\r\n" % _copied(to, pairs)
    return b"OK done"


def idle(session: Session, reader: Reader) -> Answer:
    reader.end()
    session.own  # noqa: B018
    session.idle()
    yield b"+ idling\r\n"
    yield from session.idle_updates()
    return None


def _writable(session: Session) -> Selection:
    if session.selected.read_only:
        raise No("[READ-ONLY] the folder was only examined")
    return session.selected


def _deleted(selection: Selection) -> list[Entry]:
    return [entry for entry in selection.entries if DELETED in entry.message.flags]


def _still_there(selection: Selection, entries: Iterable[Entry]) -> list[Entry]:
    """Without those that another session took away."""
    return [entry for entry in entries if selection.folder in entry.message.homes]


def _to_be_filed(session: Session, reader: Reader, *, by_uid: bool) -> tuple[list[Entry], Folder]:
    numbers = reader.numbers()
    reader.space()
    to = session.named(reader, needed_for_append=True)
    reader.end()
    return [entry for _, entry in numbers.picked(session.selected.entries, by_uid=by_uid)], to


def _copied(to: Folder, pairs: list[tuple[int, int]]) -> bytes:
    if not pairs:
        return b""
    old = b",".join(b"%d" % one for one, _ in pairs)
    new = b",".join(b"%d" % one for _, one in pairs)
    return b" [COPYUID %d %b %b]" % (to.uid_validity, old, new)


def _read_flags(reader: Reader) -> list[bytes]:
    flags = reader.flags()
    if len(flags) > FLAGS_LIMIT:
        raise BadSyntax("too many flags")
    if any(flag.lower() == b"\\recent" for flag in flags):
        raise BadSyntax("\\Recent is the server's to set")
    unknown = [flag for flag in flags if flag.startswith(b"\\") and flag.lower() not in CANONICAL]
    if unknown:
        raise BadSyntax("unknown system flag")
    return [CANONICAL.get(flag.lower(), flag) for flag in flags]


def _combined(held: list[T], given: list[T], sign: bytes, fold: Callable[[T], object]) -> list[T]:
    """`given` put in place of `held`, added to it (+) or taken from it (-)."""
    if not sign:
        return given
    named = {fold(one) for one in given}
    kept = [one for one in held if fold(one) not in named]
    return kept + given if sign == b"+" else kept


COMMANDS: dict[bytes, Handler] = {
    b"APPEND": append,
    b"CHECK": check,
    b"CLOSE": close,
    b"UNSELECT": unselect,
    b"EXPUNGE": expunge,
    b"UID EXPUNGE": uid_expunge,
    b"SEARCH": search,
    b"UID SEARCH": uid_search,
    b"FETCH": fetch,
    b"UID FETCH": uid_fetch,
    b"STORE": store,
    b"UID STORE": uid_store,
    b"COPY": copy,
    b"UID COPY": uid_copy,
    b"MOVE": move,
    b"UID MOVE": uid_move,
    b"IDLE": idle,
}
