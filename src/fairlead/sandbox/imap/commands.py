"""The table of commands, and those about the connection and the folders.

Source: RFC 3501, sections 6.1 to 6.3; RFC 2342 NAMESPACE, 2971 ID, 3691 UNSELECT, 5161 ENABLE, 5258 and 6154 for
the extended LIST, 8438 STATUS=SIZE.
"""

import re

from fairlead.kit.refusals import Conflict
from fairlead.sandbox.imap import messages
from fairlead.sandbox.imap.grammar import BadSyntax, Reader
from fairlead.sandbox.imap.session import Answer, Handler, No, Session
from fairlead.sandbox.imap.wording import listed, mailbox_name, read_mailbox_name
from fairlead.sandbox.mailboxes import DELIMITER, SEEN, SYSTEM_FLAGS, Folder, Mailbox

STATUS_ITEMS = (b"MESSAGES", b"RECENT", b"UIDNEXT", b"UIDVALIDITY", b"UNSEEN", b"SIZE")
LIST_OPTIONS = (b"SUBSCRIBED", b"SPECIAL-USE", b"REMOTE", b"RECURSIVEMATCH")


def capability(session: Session, reader: Reader) -> Answer:
    reader.end()
    yield b"* CAPABILITY %b\r\n" % session.capabilities()
    return b"OK that is all"


def noop(session: Session, reader: Reader) -> bytes:
    reader.end()
    return b"OK done"


def logout(session: Session, reader: Reader) -> Answer:
    reader.end()
    yield from session.bye(b"good-bye")
    return b"OK closing"


def starttls(session: Session, reader: Reader) -> bytes:
    reader.end()
    if not session.can_start_tls or session.secure:
        raise BadSyntax("there is no TLS to start")
    session.tls_wanted = True
    return b"OK begin now"


def login(session: Session, reader: Reader) -> bytes:
    reader.space()
    user = reader.astring()
    reader.space()
    password = reader.astring()
    reader.end()
    _may_log_in(session)
    try:
        opened = session.mailboxes.opened_by_password(user.decode(), password.decode())
    except UnicodeDecodeError:
        opened = None
    return session.logged_in(opened)


def authenticate(session: Session, reader: Reader) -> Answer:
    reader.space()
    mechanism = reader.word()
    initial = None
    if reader.follows(b" "):
        initial = b"" if reader.follows(b"=") else reader.astring()
    reader.end()
    _may_log_in(session)
    if mechanism not in (b"PLAIN", b"XOAUTH2"):
        raise No("unknown mechanism")
    if initial is None:
        session.expect_sasl(mechanism)
        yield b"+ \r\n"
        return None
    status = session.by_sasl(mechanism, initial)
    if status is None:
        yield session.sasl_refusal
    return status


def _may_log_in(session: Session) -> None:
    if session.mailbox is not None:
        raise BadSyntax("already logged in")
    if not session.takes_passwords:
        raise No("[PRIVACYREQUIRED] TLS comes first")


def identify(session: Session, reader: Reader) -> Answer:
    reader.space()
    if not reader.follows(b"NIL") and not reader.follows(b"nil"):
        _id_pairs(reader)
    reader.end()
    yield b'* ID ("name" "fairlead-sandbox")\r\n'
    return b"OK done"


def _id_pairs(reader: Reader) -> None:
    reader.need(b"(")
    words = 0
    while not reader.follows(b")"):
        if words:
            reader.space()
        if not reader.follows(b"NIL"):
            reader.string()
        words += 1
        if words > 60:  # thirty fields (RFC 2971, 3.3)
            raise BadSyntax("too many fields")


def enable(session: Session, reader: Reader) -> Answer:
    session.own  # noqa: B018  it asks whether one is logged in
    reader.space()
    reader.word()
    while reader.follows(b" "):
        reader.word()
    reader.end()
    # Nothing offered here needs enabling; the answer names what was, which is nothing (RFC 5161, 3.1).
    yield b"* ENABLED\r\n"
    return b"OK done"


def namespace(session: Session, reader: Reader) -> Answer:
    session.own  # noqa: B018
    reader.end()
    yield b'* NAMESPACE (("" "/")) NIL NIL\r\n'
    return b"OK done"


def select(session: Session, reader: Reader) -> Answer:
    return _select(session, reader, read_only=False)


def examine(session: Session, reader: Reader) -> Answer:
    return _select(session, reader, read_only=True)


def _select(session: Session, reader: Reader, *, read_only: bool) -> Answer:
    reader.space()
    session.own  # noqa: B018
    # A select that fails leaves nothing selected (RFC 3501, 6.3.1).
    session.unselect()
    folder = session.named(reader)
    reader.end()
    selection = session.select(folder, read_only=read_only)
    flags = sorted({*SYSTEM_FLAGS, *(flag for entry in folder.entries for flag in entry.message.flags)})
    yield b"* FLAGS %b\r\n" % listed(flags)
    yield b"* %d EXISTS\r\n* %d RECENT\r\n" % (len(selection.entries), selection.recent_count)
    unseen = next((at for at, entry in enumerate(selection.entries, 1) if SEEN not in entry.message.flags), None)
    if unseen is not None:
        yield b"* OK [UNSEEN %d] first unseen\r\n" % unseen
    permanent = b"()" if read_only else listed([*flags, b"\\*"])
    yield b"* OK [PERMANENTFLAGS %b] flags that stay\r\n" % permanent
    yield b"* OK [UIDVALIDITY %d] UIDs valid\r\n" % folder.uid_validity
    yield b"* OK [UIDNEXT %d] next UID\r\n" % folder.uid_next
    return b"OK [READ-ONLY] examined" if read_only else b"OK [READ-WRITE] selected"


def create(session: Session, reader: Reader) -> bytes:
    reader.space()
    session.own.create(read_mailbox_name(reader.astring()))
    reader.end()
    return b"OK created"


def delete(session: Session, reader: Reader) -> bytes:
    reader.space()
    folder = session.named(reader)
    reader.end()
    if _below(session.own, folder):
        raise Conflict("has_children", "There are folders below it.")
    if session.selection is not None and session.selection.folder is folder:
        session.unselect()
    session.own.delete(folder.name)
    return b"OK deleted"


def rename(session: Session, reader: Reader) -> bytes:
    reader.space()
    folder = session.named(reader)
    reader.space()
    new_name = read_mailbox_name(reader.astring())
    reader.end()
    session.own.rename(folder.name, new_name)
    return b"OK renamed"


def subscribe(session: Session, reader: Reader) -> bytes:
    reader.space()
    session.named(reader).subscribed = True
    reader.end()
    return b"OK done"


def unsubscribe(session: Session, reader: Reader) -> bytes:
    reader.space()
    session.named(reader).subscribed = False
    reader.end()
    return b"OK done"


def list_folders(session: Session, reader: Reader) -> Answer:
    reader.space()
    only = set(reader.words()) if reader.sees(b"(") else set()
    if only:
        reader.space()
    reference = read_mailbox_name(reader.astring())
    reader.space()
    patterns = _patterns(reader)
    status: list[bytes] = []
    shown = only
    if reader.follows(b" "):
        shown, status = _return_options(reader)
        shown |= only
    reader.end()
    if not (only | shown) <= {*LIST_OPTIONS, b"CHILDREN"}:
        raise BadSyntax("unknown option")
    mailbox = session.own
    if patterns == [""]:
        yield b'* LIST (\\Noselect) "/" ""\r\n'
        return b"OK done"
    for folder in _matching(mailbox, reference, patterns):
        if (b"SUBSCRIBED" in only and not folder.subscribed) or (b"SPECIAL-USE" in only and not _use(folder)):
            continue
        attributes = _attributes(mailbox, folder)
        if b"SUBSCRIBED" in shown and folder.subscribed:
            attributes.append(b"\\Subscribed")
        yield b'* LIST %b "/" %b\r\n' % (listed(attributes), mailbox_name(folder.name))
        if status:
            yield _status(folder, status)
    if mailbox.gmail and not only and _wildcard("[Gmail]", reference, patterns):
        yield b'* LIST (\\HasChildren \\Noselect) "/" "[Gmail]"\r\n'
    return b"OK done"


def lsub(session: Session, reader: Reader) -> Answer:
    reader.space()
    reference = read_mailbox_name(reader.astring())
    reader.space()
    pattern = read_mailbox_name(reader.pattern())
    reader.end()
    for folder in _matching(session.own, reference, [pattern]):
        if folder.subscribed:
            yield b'* LSUB () "/" %b\r\n' % mailbox_name(folder.name)
    return b"OK done"


def status(session: Session, reader: Reader) -> Answer:
    reader.space()
    folder = session.named(reader)
    reader.space()
    items = reader.words()
    reader.end()
    yield _status(folder, items)
    return b"OK done"


def _status(folder: Folder, items: list[bytes]) -> bytes:
    if not items or not set(items) <= set(STATUS_ITEMS):
        raise BadSyntax("unknown item")
    values = {
        b"MESSAGES": len(folder.entries),
        b"RECENT": sum(entry.uid >= folder.first_recent for entry in folder.entries),
        b"UIDNEXT": folder.uid_next,
        b"UIDVALIDITY": folder.uid_validity,
        b"UNSEEN": sum(SEEN not in entry.message.flags for entry in folder.entries),
        b"SIZE": sum(entry.message.size for entry in folder.entries),
    }
    words = [b"%b %d" % (item, values[item]) for item in items]
    return b"* STATUS %b %b\r\n" % (mailbox_name(folder.name), listed(words))


def _patterns(reader: Reader) -> list[str]:
    if not reader.follows(b"("):
        return [read_mailbox_name(reader.pattern())]
    patterns = [read_mailbox_name(reader.pattern())]
    while not reader.follows(b")"):
        reader.space()
        patterns.append(read_mailbox_name(reader.pattern()))
        if len(patterns) > 50:
            raise BadSyntax("too many patterns")
    return patterns


def _return_options(reader: Reader) -> tuple[set[bytes], list[bytes]]:
    if reader.word() != b"RETURN":
        raise BadSyntax("expected RETURN")
    reader.space()
    reader.need(b"(")
    options: set[bytes] = set()
    items: list[bytes] = []
    first = True
    while not reader.follows(b")"):
        if not first:
            reader.space()
        first = False
        word = reader.word()
        if word == b"STATUS":
            reader.space()
            items = reader.words()
        else:
            options.add(word)
    return options, items


def _matching(mailbox: Mailbox, reference: str, patterns: list[str]) -> list[Folder]:
    return [folder for folder in mailbox.folders.values() if _wildcard(folder.name, reference, patterns)]


def _wildcard(name: str, reference: str, patterns: list[str]) -> bool:
    """`*` stands for anything, `%` for anything within one level."""
    for pattern in patterns:
        # Runs of wildcards mean no more than one, and would make the match take for ever.
        tightened = re.sub(r"[*%]*\*[*%]*", "*", re.sub(r"%+", "%", reference + pattern))
        if tightened.count("*") + tightened.count("%") > 8:
            continue
        signs = (".*" if sign == "*" else f"[^{DELIMITER}]*" if sign == "%" else re.escape(sign) for sign in tightened)
        flags = re.IGNORECASE if name == "INBOX" else 0
        if re.fullmatch("".join(signs), name, flags):
            return True
    return False


def _below(mailbox: Mailbox, folder: Folder) -> bool:
    return any(name.startswith(folder.name + DELIMITER) for name in mailbox.folders)


def _use(folder: Folder) -> str:
    return folder.role.value if folder.role is not None else ""


def _attributes(mailbox: Mailbox, folder: Folder) -> list[bytes]:
    children = b"\\HasChildren" if _below(mailbox, folder) else b"\\HasNoChildren"
    return [children, _use(folder).encode()] if _use(folder) else [children]


COMMANDS: dict[bytes, Handler] = {
    b"CAPABILITY": capability,
    b"NOOP": noop,
    b"LOGOUT": logout,
    b"STARTTLS": starttls,
    b"LOGIN": login,
    b"AUTHENTICATE": authenticate,
    b"ID": identify,
    b"ENABLE": enable,
    b"NAMESPACE": namespace,
    b"SELECT": select,
    b"EXAMINE": examine,
    b"CREATE": create,
    b"DELETE": delete,
    b"RENAME": rename,
    b"SUBSCRIBE": subscribe,
    b"UNSUBSCRIBE": unsubscribe,
    b"LIST": list_folders,
    b"LSUB": lsub,
    b"STATUS": status,
    **messages.COMMANDS,
}
