"""A session: messages handed in one after the other, each with an outcome that says how far it came."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Final, TypeAlias

from fairlead.kit.text import split_address
from fairlead.net.smtp.outcomes import Accepted, Deferred, Lost, Outcome, Phase, Rejected, Withheld
from fairlead.net.smtp.wire import ConnectionGone, Reply, Wire

# Written at once up to this size; what is longer is written in pieces, and the final dot by itself.
PIECE: Final = 64 * 1024
HOSTS_KEPT: Final = 10_000
QUIT_SECONDS: Final = 5.0

Permission: TypeAlias = Callable[[], bool]
"""Asked right before a byte that matters is written. `False` withholds the message, as raising does. Must not wait."""


def _always() -> bool:
    return True


class Pipelining(IntEnum):
    """How much is sent ahead of its replies (RFC 2920)."""

    NONE = 0
    ENVELOPE = 1  # MAIL and RCPT
    FULL = 2  # DATA too, and the next envelope right behind a message


class Habits:
    """How much pipelining each host has borne so far. A session that breaks while commands are in flight costs a level.

    Servers that announce it and do not bear it are rare; a lost connection is not. So it takes two in a row.
    """

    def __init__(self) -> None:
        self._hosts: OrderedDict[str, tuple[Pipelining, int]] = OrderedDict()

    def of(self, host: str) -> Pipelining:
        return self._hosts.get(host, (Pipelining.FULL, 0))[0]

    def note_good(self, host: str) -> None:
        known = self._hosts.get(host)
        if known is not None and known[1]:
            self._hosts[host] = (known[0], 0)

    def note_broken(self, host: str, *, surely: bool = False) -> None:
        level, before = self._hosts.pop(host, (Pipelining.FULL, 0))
        lower = Pipelining(max(level - 1, 0))
        self._hosts[host] = (lower, 0) if surely or before else (level, 1)
        if len(self._hosts) > HOSTS_KEPT:
            self._hosts.popitem(last=False)


@dataclass(frozen=True)
class Features:
    """What the server said to EHLO: keyword in capitals -> parameters."""

    keywords: dict[str, str] = field(default_factory=dict)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @property
    def most_octets(self) -> int | None:
        """The largest message it takes, where it says (RFC 1870, section 4)."""
        size = self.keywords.get("SIZE", "").strip()
        return int(size) if size.isdigit() and len(size) < 19 and int(size) > 0 else None

    @property
    def mechanisms(self) -> frozenset[str]:
        return frozenset(self.keywords.get("AUTH", "").upper().split())


@dataclass(frozen=True)
class Envelope:
    """Who writes to whom. `before_data` is asked right before it is written, with DATA behind it."""

    mail_from: str
    to: str
    size: int
    bcc: tuple[str, ...] = ()
    utf8_headers: bool = False
    eight_bit: bool = False
    before_data: Permission = field(default=_always, compare=False)

    @classmethod
    def of(
        cls, mail_from: str, to: str, message: bytes, *, bcc: Sequence[str] = (), before_data: Permission = _always
    ) -> "Envelope":
        utf8_headers = eight_bit = False
        if not message.isascii():
            eight_bit = True
            utf8_headers = not message[: message.find(b"\r\n\r\n") + 2].isascii()
        return cls(mail_from, to, len(message), tuple(bcc), utf8_headers, eight_bit, before_data)


@dataclass(frozen=True)
class _Problem:
    """Why a message cannot be handed in here, found without asking."""

    sentence: str


class SmtpSession:
    """Logged in and ready. Belongs to one task at a time; `close` it at the end."""

    def __init__(
        self,
        wire: Wire,
        features: Features,
        *,
        host: str,
        banner: str,
        habits: Habits,
        reply_seconds: float,
        final_dot_seconds: float,
    ) -> None:
        self.features = features
        self.host = host
        self.banner = banner
        self.messages = 0  # accepted so far
        self._wire = wire
        self._habits = habits
        self._reply_seconds = reply_seconds
        self._final_dot_seconds = final_dot_seconds
        self._needs_reset = False
        self._reset_is_underway = False
        self._ahead: Envelope | None = None

    @property
    def closed(self) -> bool:
        """Whether nothing more can be sent here."""
        return self._wire.gone is not None

    @property
    def pipelining(self) -> Pipelining:
        return self._habits.of(self.host) if "PIPELINING" in self.features else Pipelining.NONE

    async def send(
        self,
        mail_from: str,
        to: str,
        message: bytes,
        *,
        bcc: Sequence[str] = (),
        before_data: Permission = _always,
        before_final_dot: Permission = _always,
        following: Envelope | None = None,
    ) -> Outcome:
        """Hands in one message, whose lines end with CRLF. Raises nothing that the server may cause.

        `bcc` are further recipients of the same message: those the server refuses are left out. `following` is the
        envelope of the message that the caller sends next: where the server bears it, it travels right behind this
        one and its message then takes one round trip. A caller that sends another one instead gets `Lost` before DATA
        for that, because only hanging up takes back what was sent ahead.
        """
        _require_lines(message)
        envelope = Envelope.of(mail_from, to, message, bcc=bcc, before_data=before_data)
        ahead, self._ahead = self._ahead, None
        if self.closed:
            return Lost(Phase.BEFORE_DATA)
        if ahead is not None and ahead != envelope:
            self._wire.abort("closed")
            return Lost(Phase.BEFORE_DATA)
        try:
            refused = await self._open(envelope, was_sent=ahead is not None)
        except ConnectionGone:
            # A session that rested for long may be gone for that alone; what was in flight is not to blame then.
            if self.pipelining and (self.messages == 0 or ahead is not None):
                self._habits.note_broken(self.host)
            return Lost(Phase.BEFORE_DATA)
        if refused is not None:
            return refused
        return await self._hand_over(message, before_final_dot, following)

    async def close(self) -> None:
        """Takes leave. Raises nothing."""
        if not self.closed and self._ahead is None:
            with suppress(ConnectionGone):
                self._wire.write(b"QUIT\r\n")
                await self._wire.reply(QUIT_SECONDS)
        self._wire.close()

    async def is_alive(self) -> bool:
        """Asks the server (NOOP); for a session that has not been used for a while."""
        if self.closed or self._ahead is not None or self._wire.has_unread():
            return False
        try:
            self._wire.write(b"NOOP\r\n")
            return (await self._reply()).is_positive
        except ConnectionGone:
            return False

    # Before DATA, and DATA.

    async def _open(self, envelope: Envelope, *, was_sent: bool) -> Outcome | None:
        """None when the server waits for the message. Raises `ConnectionGone`."""
        problem = self._problem(envelope)
        if problem is not None:
            return Rejected(0, problem.sentence, Phase.BEFORE_DATA)
        level = self._level(envelope)
        if level is Pipelining.FULL:
            if not was_sent:
                if self._wire.has_unread():  # said without being asked: a farewell, or a session out of step
                    return self._out_of_step(await self._reply())
                if not envelope.before_data():
                    return Withheld(Phase.BEFORE_DATA)
                self._wire.write(self._envelope_lines(envelope))
            return await self._read_bunch()
        return await self._open_by_steps(envelope, level)

    def _level(self, envelope: Envelope) -> Pipelining:
        # With several recipients, DATA sent ahead could be taken although the one who matters was refused.
        level = self.pipelining
        return min(level, Pipelining.ENVELOPE) if envelope.bcc else level

    def _envelope_lines(self, envelope: Envelope) -> bytes:
        self._reset_is_underway = self._needs_reset
        reset = b"RSET\r\n" if self._needs_reset else b""
        self._needs_reset = False
        return b"%bMAIL FROM:<%b>%b\r\nRCPT TO:<%b>\r\nDATA\r\n" % (
            reset,
            _path(envelope.mail_from),
            self._parameters(envelope),
            _path(envelope.to),
        )

    async def _read_bunch(self) -> Outcome | None:
        """Reads the replies to `_envelope_lines`. Raises `ConnectionGone`."""
        if self._reset_is_underway:
            self._reset_is_underway = False
            await self._reply()
        mail, rcpt, data = await self._replies(3)
        refusal = next((reply for reply in (mail, rcpt) if not reply.is_positive), None)
        if refusal is None and data.code == 354:
            return None
        if data.code == 354:
            # It waits for a message without a recipient: an empty one, which it refuses (RFC 2920, section 3.1).
            self._wire.write(b".\r\n")
            await self._reply()
        else:
            self._needs_reset = True
        return self._refused(refusal or data, Phase.BEFORE_DATA)

    async def _open_by_steps(self, envelope: Envelope, level: Pipelining) -> Outcome | None:
        if self._wire.has_unread():
            return self._out_of_step(await self._reply())
        commands = [b"MAIL FROM:<%b>%b\r\n" % (_path(envelope.mail_from), self._parameters(envelope))]
        commands += [b"RCPT TO:<%b>\r\n" % _path(address) for address in (envelope.to, *envelope.bcc)]
        if self._needs_reset:
            self._needs_reset = False
            self._wire.write(b"RSET\r\n")
            await self._reply()
        replies: list[Reply] = []
        if level is Pipelining.ENVELOPE:
            self._wire.write(b"".join(commands))
            replies = await self._replies(len(commands))
        else:
            for command in commands:
                self._wire.write(command)
                replies.append(await self._reply())
                if len(replies) <= 2 and not replies[-1].is_positive:
                    break
        self._needs_reset = replies[0].is_positive
        refusal = next((reply for reply in replies[:2] if not reply.is_positive), None)
        if refusal is not None:
            return self._refused(refusal, Phase.BEFORE_DATA)
        if not envelope.before_data():
            return Withheld(Phase.BEFORE_DATA)
        self._wire.write(b"DATA\r\n")
        data = await self._reply()
        if data.code != 354:
            return self._refused(data, Phase.BEFORE_DATA)
        self._needs_reset = False
        return None

    # The message.

    async def _hand_over(
        self, message: bytes, before_final_dot: Permission, following: Envelope | None
    ) -> Outcome:
        body = _dot_stuffed(message)
        try:
            if len(body) > PIECE:
                await self._write_in_pieces(body)
                body = b""
            if self._wire.has_unread():
                reply = await self._reply()
                self._wire.abort("closed")
                return self._refused(reply, Phase.BEFORE_FINAL_DOT)
        except ConnectionGone:
            return Lost(Phase.BEFORE_FINAL_DOT)
        try:
            permitted = before_final_dot()
        except BaseException:
            self._wire.abort("closed")
            raise
        if not permitted:
            self._wire.abort("closed")  # nothing else takes back what the server has begun to take
            return Withheld(Phase.BEFORE_FINAL_DOT)
        try:
            self._wire.write(b"%b.\r\n%b" % (body, self._ahead_lines(following)))
        except ConnectionGone:
            self._ahead = None
            return Lost(Phase.BEFORE_FINAL_DOT)
        try:
            reply = await self._wire.reply(self._final_dot_seconds)
        except ConnectionGone:
            return Lost(Phase.AFTER_FINAL_DOT)
        if reply.is_positive:
            self.messages += 1
            self._habits.note_good(self.host)
            return Accepted(reply.code, reply.text, reply.enhanced)
        return self._refused(reply, Phase.AFTER_FINAL_DOT)

    async def _write_in_pieces(self, body: bytes) -> None:
        view = memoryview(body)
        for start in range(0, len(view), PIECE):
            self._wire.write(bytes(view[start : start + PIECE]))
            await self._wire.drained(self._reply_seconds)
            if self._wire.has_unread():  # it does not want the rest
                return

    def _ahead_lines(self, following: Envelope | None) -> bytes:
        """The envelope of the next message, where it may travel behind this one."""
        if following is None or self._level(following) is not Pipelining.FULL or self._problem(following) is not None:
            return b""
        if not following.before_data():
            return b""
        self._ahead = following
        return self._envelope_lines(following)

    # Replies.

    async def _reply(self) -> Reply:
        return await self._wire.reply(self._reply_seconds)

    async def _replies(self, count: int) -> list[Reply]:
        """The replies to commands sent in a bunch. A server that says farewell gives no more of them: the rest are it.

        Raises `ConnectionGone`.
        """
        replies: list[Reply] = []
        while len(replies) < count:
            replies.append(await self._reply())
            if replies[-1].code == 421:
                return replies + [replies[-1]] * (count - len(replies))
        return replies

    def _refused(self, reply: Reply, phase: Phase) -> Outcome:
        if reply.code == 421:
            self._wire.close()
        if self.pipelining and _is_about_pipelining(reply):
            self._habits.note_broken(self.host, surely=True)
            self._wire.close()
            return Deferred(reply.code, reply.text, phase, reply.enhanced)
        if 400 <= reply.code < 500:
            return Deferred(reply.code, reply.text, phase, reply.enhanced)
        if 500 <= reply.code < 600:
            return Rejected(reply.code, reply.text, phase, reply.enhanced)
        # A reply of the wrong kind: the session is out of step, and what it would say next belongs to who knows what.
        self._wire.abort("garbled")
        return Lost(phase)

    def _out_of_step(self, reply: Reply) -> Outcome:
        self._wire.abort("closed")
        if reply.code == 421:
            return Deferred(reply.code, reply.text, Phase.BEFORE_DATA, reply.enhanced)
        return Lost(Phase.BEFORE_DATA)

    # What can be known beforehand.

    def _problem(self, envelope: Envelope) -> _Problem | None:
        most = self.features.most_octets
        if most is not None and envelope.size > most:
            return _Problem(
                f"The message of {envelope.size:,} octets is larger than the {most:,} octets {self.host} takes."
            )
        try:
            paths = [_path(address) for address in (envelope.mail_from, envelope.to, *envelope.bcc)]
        except ValueError as error:
            return _Problem(f"{error}.")
        needs_utf8 = envelope.utf8_headers or not all(map(bytes.isascii, paths))
        if needs_utf8 and "SMTPUTF8" not in self.features:
            return _Problem(
                f"{self.host} does not take addresses with letters outside ASCII before the @ (no SMTPUTF8)."
            )
        if envelope.eight_bit and "8BITMIME" not in self.features:
            return _Problem(f"{self.host} takes messages of seven bits only (no 8BITMIME).")
        return None

    def _parameters(self, envelope: Envelope) -> bytes:
        words = []
        if "SIZE" in self.features:
            words.append(f" SIZE={envelope.size}")
        if envelope.eight_bit and "8BITMIME" in self.features:
            words.append(" BODY=8BITMIME")
        addresses = (envelope.mail_from, envelope.to, *envelope.bcc)
        if "SMTPUTF8" in self.features and (
            envelope.utf8_headers or not all(_path(address).isascii() for address in addresses)
        ):
            words.append(" SMTPUTF8")
        return "".join(words).encode()


@lru_cache(maxsize=4096)
def _path(address: str) -> bytes:
    """As it stands between angle brackets: the domain as an A-label. Raises `ValueError`."""
    local, domain = split_address(address)
    return f"{local}@{domain}".encode()


def _require_lines(message: bytes) -> None:
    """A bare CR or LF would let a message end where it does not: the caller's fault."""
    crlf = message.count(b"\r\n")
    if message.count(b"\n") != crlf or message.count(b"\r") != crlf:
        raise ValueError("a line of the message does not end with CRLF")


def _dot_stuffed(message: bytes) -> bytes:
    """RFC 5321, section 4.5.2; ends with CRLF."""
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    if message.startswith(b"."):
        message = b"." + message
    return message.replace(b"\r\n.", b"\r\n..")


def _is_about_pipelining(reply: Reply) -> bool:
    words = reply.text.lower()
    return reply.code >= 500 and ("pipelin" in words or "synchroni" in words)
