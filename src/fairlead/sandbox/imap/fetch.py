"""FETCH: what is asked for each message, read once, and the answer for one message.

Source: RFC 3501, sections 6.4.5 and 7.4.2.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.sandbox.imap.grammar import ATOM, BadSyntax, Reader
from fairlead.sandbox.imap.structure import Section, body_structure, envelope, section_bytes, taken_apart
from fairlead.sandbox.imap.wording import date_time, listed, literal, mailbox_name
from fairlead.sandbox.mailboxes import SEEN, Entry, Folder, Mailbox, header_fields

MACROS = {
    b"ALL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE"),
    b"FAST": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"),
    b"FULL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODY"),
}
SIMPLE = (
    b"FLAGS",
    b"UID",
    b"INTERNALDATE",
    b"RFC822.SIZE",
    b"ENVELOPE",
    b"BODYSTRUCTURE",
    b"RFC822",
    b"RFC822.HEADER",
    b"RFC822.TEXT",
)
GMAIL = (b"X-GM-MSGID", b"X-GM-THRID", b"X-GM-LABELS")
# The old names, what they stand for, and whether the message counts as read (RFC 3501, 6.4.5).
OLD_BODIES = {
    b"RFC822": (Section(), True),
    b"RFC822.HEADER": (Section((), b"HEADER"), False),
    b"RFC822.TEXT": (Section((), b"TEXT"), True),
}
NAME = re.compile(rb"[A-Za-z0-9.\-]+")
NUMBER = re.compile(rb"[1-9][0-9]{0,9}")
ITEMS_LIMIT = 100
PATH_LIMIT = 20


@dataclass(frozen=True)
class Attribute:
    """Anything but content, by its name."""

    name: bytes


@dataclass(frozen=True)
class Content:
    """BODY[...]: `label` is how the answer calls it."""

    label: bytes
    section: Section
    marks_seen: bool
    start: int | None = None
    size: int = 0


Item = Attribute | Content


def read_items(reader: Reader, *, gmail: bool) -> list[Item]:
    if not reader.follows(b"("):
        name = _name(reader)
        if name in MACROS:
            return [Attribute(one) for one in MACROS[name]]
        return [_item(reader, name, gmail=gmail)]
    items = [_item(reader, _name(reader), gmail=gmail)]
    while not reader.follows(b")"):
        reader.space()
        items.append(_item(reader, _name(reader), gmail=gmail))
        if len(items) > ITEMS_LIMIT:
            raise BadSyntax("too many items")
    return items


def fetched(
    number: int, entry: Entry, items: Iterable[Item], *, mailbox: Mailbox, folder: Folder, flags: bytes
) -> bytes:
    """The untagged answer for one message. `flags` is its flags as this session sees them, in parentheses."""
    message = entry.message
    words: list[bytes] = []
    for item in items:
        if isinstance(item, Content):
            words += [item.label, _content(message.raw, item)]
            continue
        match item.name:
            case b"FLAGS":
                value = flags
            case b"UID":
                value = b"%d" % entry.uid
            case b"INTERNALDATE":
                value = date_time(message.received)
            case b"RFC822.SIZE":
                value = b"%d" % message.size
            case b"ENVELOPE":
                value = envelope({name.lower(): text for name, text in reversed([*header_fields(message.raw)])})
            case b"BODY":
                value = body_structure(taken_apart(message.raw), extended=False)
            case b"BODYSTRUCTURE":
                value = body_structure(taken_apart(message.raw), extended=True)
            case b"X-GM-MSGID":
                value = b"%d" % message.number
            case b"X-GM-THRID":
                value = b"%d" % message.thread
            case _:
                value = listed(_label(label) for label in mailbox.labels(message, folder))
        words += [item.name, value]
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join(words))


def marks_seen(items: Iterable[Item]) -> bool:
    return any(isinstance(item, Content) and item.marks_seen for item in items)


def shows_flags(items: Iterable[Item]) -> bool:
    return any(isinstance(item, Attribute) and item.name == b"FLAGS" for item in items)


def flags_shown(entry: Entry, *, recent: bool) -> bytes:
    return listed([*sorted(entry.message.flags), *([b"\\Recent"] if recent else [])])


def is_seen(entry: Entry) -> bool:
    return SEEN in entry.message.flags


def _name(reader: Reader) -> bytes:
    return reader.match(NAME, "an item").upper()


def _item(reader: Reader, name: bytes, *, gmail: bool) -> Item:
    if name in (b"BODY", b"BODY.PEEK") and reader.follows(b"["):
        return _content_item(reader, peek=name == b"BODY.PEEK")
    if name in OLD_BODIES:
        section, marks = OLD_BODIES[name]
        return Content(name, section, marks)
    if name in SIMPLE or name == b"BODY" or (gmail and name in GMAIL):
        return Attribute(name)
    raise BadSyntax("unknown item")


def _content_item(reader: Reader, *, peek: bool) -> Content:
    section, spelled = _section(reader)
    reader.need(b"]")
    label = b"BODY[" + spelled + b"]"
    if not reader.follows(b"<"):
        return Content(label, section, not peek)
    start = reader.number()
    reader.need(b".")
    size = reader.number()
    reader.need(b">")
    if size == 0:
        raise BadSyntax("a part has at least one byte")
    return Content(label + b"<%d>" % start, section, not peek, start, size)


def _section(reader: Reader) -> tuple[Section, bytes]:
    path: list[int] = []
    while (number := reader.match_or_none(NUMBER)) is not None:
        path.append(int(number))
        if len(path) > PATH_LIMIT:
            raise BadSyntax("the part is too deep")
        if not reader.follows(b"."):
            return Section(tuple(path)), b".".join(b"%d" % one for one in path)
    prefix = b"".join(b"%d." % one for one in path)
    if reader.sees(b"]") and not path:
        return Section(), b""
    kind = reader.match(NAME, "a section").upper()
    if kind in (b"HEADER", b"TEXT") or (kind == b"MIME" and path):
        return Section(tuple(path), kind), prefix + kind
    if kind in (b"HEADER.FIELDS", b"HEADER.FIELDS.NOT"):
        reader.space()
        names = reader.astrings()
        if not all(ATOM.fullmatch(name) for name in names):
            raise BadSyntax("that is no name of a field")
        # Echoed as asked, so that clients find the answer by their own question.
        spelled = prefix + kind + b" " + listed(names)
        return Section(tuple(path), kind.removeprefix(b"HEADER."), tuple(names)), spelled
    raise BadSyntax("unknown section")


def _content(raw: bytes, item: Content) -> bytes:
    value = section_bytes(raw, item.section)
    if value is None:
        return b"NIL"
    if item.start is not None:
        value = value[item.start : item.start + item.size]
    return literal(value)


def _label(label: str) -> bytes:
    return label.encode() if label.startswith("\\") else mailbox_name(label)
