"""One client's conversation, without sockets: a command goes in, the answer comes out.

Source: RFC 3501, sections 3 (states) and 6; RFC 2177 IDLE, 2971 ID, 4959 SASL-IR, 7628 and Google's XOAUTH2.
"""

import base64
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from fairlead.kit.clock import Clock
from fairlead.kit.refusals import Conflict, NotFound, Refusal
from fairlead.sandbox.imap.faults import Cut, Fault, Faults, Hang, Refuse
from fairlead.sandbox.imap.grammar import BadSyntax, Reader
from fairlead.sandbox.imap.selection import Selection
from fairlead.sandbox.imap.wording import read_mailbox_name
from fairlead.sandbox.mailboxes import Folder, Mailbox, Mailboxes

# Untagged answers, and at the end the tagged one without its tag, or None when that comes later.
Answer: TypeAlias = Generator[bytes, None, bytes | None]
# A command that has only the tagged answer gives just that.
Handler: TypeAlias = Callable[["Session", Reader], bytes | Answer]

MISTAKES_LIMIT = 50
LITERAL_LIMIT_BEFORE_LOGIN = 8_192
LITERAL_LIMIT = 36_000_000
# While these run, messages keep their numbers (RFC 3501, 7.4.1).
NUMBERS_HOLD = (b"FETCH", b"STORE", b"SEARCH")
XOAUTH2_REFUSAL = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
XOAUTH2 = re.compile("user=([^\x01]*)\x01auth=bearer ([^\x01]*)\x01\x01", re.IGNORECASE)


class No(Exception):
    """The command is understood and not carried out. The text goes back after NO."""


@dataclass(frozen=True)
class Policy:
    """How this server behaves towards everyone."""

    host: str = "imap.example"
    # Whether passwords are taken on a connection without TLS.
    plain_login: bool = False
    connections_per_account: int = 15
    gmail: bool = False


@dataclass
class Counters:
    """What the server has done since it started."""

    connections: int = 0
    logins: int = 0
    failed_logins: int = 0
    commands: int = 0
    fetched: int = 0
    sessions_of: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Idle:
    tag: bytes


@dataclass(frozen=True)
class _Sasl:
    tag: bytes
    mechanism: bytes
    refused: bool = False


class Session:
    def __init__(
        self,
        mailboxes: Mailboxes,
        clock: Clock,
        policy: Policy,
        *,
        faults: Faults,
        counters: Counters,
        can_start_tls: bool,
        secure: bool,
        on_change: Callable[[], None],
        commands: Mapping[bytes, Handler],
    ) -> None:
        self._commands = commands
        self.mailboxes = mailboxes
        self.clock = clock
        self.policy = policy
        self.counters = counters
        self.can_start_tls = can_start_tls
        self.secure = secure
        self.mailbox: Mailbox | None = None
        self.selection: Selection | None = None
        self.closing = False
        self.tls_wanted = False
        # What the connection has to do to the command's answer.
        self.fault: Cut | Hang | None = None
        self._on_change = on_change
        self._faults = faults
        self._tag = b""
        self._waiting: _Idle | _Sasl | None = None
        self._mistakes = 0

    # For the connection

    def greeting(self) -> bytes:
        return b"* OK [CAPABILITY %b] %b ready\r\n" % (self.capabilities(), self.policy.host.encode())

    @property
    def idling(self) -> bool:
        return isinstance(self._waiting, _Idle)

    @property
    def literal_limit(self) -> int:
        return LITERAL_LIMIT if self.mailbox else LITERAL_LIMIT_BEFORE_LOGIN

    def answer(self, command: bytes) -> Iterator[bytes]:
        self.fault = None
        if self._waiting is not None:
            yield from self._continued(command)
        else:
            yield from self._answered(command)
        if self.selection is not None and self.selection.void and not self.closing:
            yield from self.bye(b"the folder is not what it was, select it anew")

    def idle_updates(self) -> Iterator[bytes]:
        if self.selection is None:
            return
        if self.selection.void:
            yield from self.bye(b"the folder is not what it was, select it anew")
        else:
            yield from self.selection.updates(expunges=True)

    def bye(self, why: bytes) -> Iterator[bytes]:
        self.closing = True
        yield b"* BYE %b\r\n" % why

    def close(self) -> None:
        self.unselect()
        if self.mailbox is not None:
            address = self.mailbox.address
            left = self.counters.sessions_of.get(address, 1) - 1
            if left:
                self.counters.sessions_of[address] = left
            else:
                self.counters.sessions_of.pop(address, None)
            self.mailbox = None

    # For commands

    def capabilities(self) -> bytes:
        words = [b"IMAP4rev1", b"LITERAL+", b"SASL-IR", b"ID", b"ENABLE", b"NAMESPACE", b"IDLE"]
        if self.can_start_tls and not self.secure:
            words.append(b"STARTTLS")
        if self.mailbox is None:
            words += [b"AUTH=PLAIN", b"AUTH=XOAUTH2"] if self.takes_passwords else [b"LOGINDISABLED"]
        words += [b"UIDPLUS", b"UNSELECT", b"MOVE", b"CHILDREN", b"SPECIAL-USE", b"STATUS=SIZE"]
        if self.policy.gmail if self.mailbox is None else self.mailbox.gmail:
            words.append(b"X-GM-EXT-1")
        return b" ".join(words)

    @property
    def takes_passwords(self) -> bool:
        return self.secure or self.policy.plain_login

    @property
    def own(self) -> Mailbox:
        """The mailbox of a session that is logged in; the table of commands sees to it."""
        if self.mailbox is None:
            raise BadSyntax("log in first")
        return self.mailbox

    @property
    def selected(self) -> Selection:
        if self.selection is None:
            raise BadSyntax("no folder is selected")
        return self.selection

    def named(self, reader: Reader, *, needed_for_append: bool = False) -> Folder:
        folder = self.own.find_folder(read_mailbox_name(reader.astring()))
        if folder is None:
            raise No("[TRYCREATE] no such folder" if needed_for_append else "[NONEXISTENT] no such folder")
        return folder

    def select(self, folder: Folder, *, read_only: bool) -> Selection:
        self.unselect()
        self.selection = Selection(folder, read_only=read_only, on_change=self._on_change)
        return self.selection

    def unselect(self) -> None:
        if self.selection is not None:
            self.selection.close()
            self.selection = None

    def idle(self) -> None:
        self._waiting = _Idle(self._tag)

    def expect_sasl(self, mechanism: bytes) -> None:
        self._waiting = _Sasl(self._tag, mechanism)

    def logged_in(self, mailbox: Mailbox | None) -> bytes:
        """The tagged answer. Raises `No`."""
        if mailbox is None:
            self.counters.failed_logins += 1
            self._mistakes += 10
            raise No("[AUTHENTICATIONFAILED] wrong user name or password")
        sessions = self.counters.sessions_of
        if sessions.get(mailbox.address, 0) >= self.policy.connections_per_account:
            raise No("[ALERT] too many simultaneous connections")
        sessions[mailbox.address] = sessions.get(mailbox.address, 0) + 1
        self.counters.logins += 1
        self.mailbox = mailbox
        return b"OK [CAPABILITY %b] logged in" % self.capabilities()

    def by_sasl(self, mechanism: bytes, sent: bytes) -> bytes | None:
        """The tagged answer, or None when the client has to answer a refusal first. Raises `No`, `BadSyntax`."""
        try:
            text = base64.b64decode(sent, validate=True).decode()
        except ValueError as wrong:
            raise BadSyntax("that is not base64") from wrong
        if mechanism == b"PLAIN":
            parts = text.split("\0")
            if len(parts) != 3:
                raise BadSyntax("PLAIN has three parts")
            return self.logged_in(self.mailboxes.opened_by_password(parts[1], parts[2]))
        found = XOAUTH2.fullmatch(text)
        mailbox = self.mailboxes.opened_by_token(found[1], found[2]) if found else None
        if mailbox is None:
            self._waiting = _Sasl(self._tag, mechanism, refused=True)
            return None
        return self.logged_in(mailbox)

    @property
    def sasl_refusal(self) -> bytes:
        """The challenge that tells an XOAUTH2 client what was wrong; it answers with an empty line."""
        return b"+ %b\r\n" % XOAUTH2_REFUSAL

    # Steps

    def _answered(self, command: bytes) -> Iterator[bytes]:
        self.counters.commands += 1
        reader = Reader(command)
        try:
            self._tag = reader.tag()
            reader.space()
            name = reader.word()
            if name == b"UID":
                reader.space()
                name = b"UID " + reader.word()
        except BadSyntax as wrong:
            yield b"* BAD %b\r\n" % str(wrong).encode()
            yield from self._mistaken()
            return
        fault = self._fault_for(name)
        if isinstance(fault, Refuse):
            yield b"%b NO %b\r\n" % (self._tag, fault.text.encode())
            return
        if isinstance(fault, Hang) or (isinstance(fault, Cut) and not fault.carried_out):
            self.fault = fault
            return
        self.fault = fault
        yield from self._carried_out(name, reader)

    def _fault_for(self, name: bytes) -> Fault | None:
        return self._faults.take(self.mailbox.address.casefold() if self.mailbox else None, name)

    def _carried_out(self, name: bytes, reader: Reader) -> Iterator[bytes]:
        try:
            handler = self._commands.get(name)
            if handler is None:
                raise BadSyntax("unknown command")
            result = handler(self, reader)
            status = result if isinstance(result, bytes) else (yield from result)
        except BadSyntax as wrong:
            status = b"BAD " + str(wrong).encode()
        except No as refused:
            status = b"NO " + str(refused).encode()
        except Refusal as refused:
            status = b"NO %b %b" % (_code(refused), refused.sentence.encode("ascii", "replace"))
        if self.selection is not None and not self.idling:
            yield from self.selection.updates(expunges=name not in NUMBERS_HOLD)
        if status is not None:
            yield b"%b %b\r\n" % (self._tag, status)
            if status.startswith(b"BAD") or self._mistakes:
                yield from self._mistaken(1 if status.startswith(b"BAD") else 0)

    def _continued(self, line: bytes) -> Iterator[bytes]:
        waiting, self._waiting = self._waiting, None
        if isinstance(waiting, _Idle):
            yield from self.idle_updates()
            done = line.strip().upper() == b"DONE"
            yield b"%b %b\r\n" % (waiting.tag, b"OK idle no more" if done else b"BAD expected DONE")
        elif isinstance(waiting, _Sasl):
            yield from self._sasl_continued(waiting, line)

    def _sasl_continued(self, waiting: _Sasl, line: bytes) -> Iterator[bytes]:
        try:
            if waiting.refused:
                self.logged_in(None)
            if line == b"*":
                raise BadSyntax("canceled")
            status = self.by_sasl(waiting.mechanism, line)
        except BadSyntax as wrong:
            status = b"BAD " + str(wrong).encode()
        except No as refused:
            status = b"NO " + str(refused).encode()
        if status is None:
            yield self.sasl_refusal
        else:
            yield b"%b %b\r\n" % (waiting.tag, status)
            yield from self._mistaken(1 if status.startswith(b"BAD") else 0)

    def _mistaken(self, count: int = 1) -> Iterator[bytes]:
        self._mistakes += count
        if self._mistakes >= MISTAKES_LIMIT and not self.closing:
            yield from self.bye(b"too many mistakes")


def _code(refused: Refusal) -> bytes:
    match refused:
        case NotFound():
            return b"[NONEXISTENT]"
        case Conflict(code="folder_exists"):
            return b"[ALREADYEXISTS]"
        case _:
            return b"[CANNOT]"
