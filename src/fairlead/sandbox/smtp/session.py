"""The talk of a mail server as a function from line to step, without a socket. Sources: RFC 5321 and its extensions
1870 (SIZE), 2920 (PIPELINING), 3030 (CHUNKING), 3207 (STARTTLS), 4954 (AUTH), 6152 (8BITMIME), 6531 (SMTPUTF8).
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Final

from fairlead.sandbox.smtp import wordings
from fairlead.sandbox.smtp.behavior import Drops, Pipelining
from fairlead.sandbox.smtp.manners import Manners
from fairlead.sandbox.smtp.model import Envelope, Exchange, Login, Point
from fairlead.sandbox.smtp.sasl import Unreadable
from fairlead.sandbox.smtp.steps import MailHost, Mode, Step, Then, Turn
from fairlead.sandbox.smtp.transcript import CLIENT, NOTE, Transcript

MOST_LOGIN_FAILURES: Final = 3
LONGEST_ADDRESS: Final = 320  # 64 octets, @, and 255 octets: RFC 5321, section 4.5.3.1

# A path in angle brackets, perhaps with a source route, which is ignored (RFC 5321, appendix F.2).
_PATH: Final = rb'[ \t]*<(?:@[^<>:\s]*:)?((?:"(?:[^"\\\x00-\x1f]|\\[ -~])*"|[^<>"\x00-\x20\x7f])*)>(?:[ \t]+(.*))?'
_MAIL_FROM = re.compile(rb"(?i:FROM):" + _PATH)
_RCPT_TO = re.compile(rb"(?i:TO):" + _PATH)
_HELO = re.compile(rb"[!-~]{1,255}")
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?|\[[A-Za-z0-9.:-]+\]")


class Session:
    def __init__(
        self,
        host: MailHost,
        transcript: Transcript,
        *,
        now: Callable[[], datetime],
        dice: Random,
        next_queue_id: Callable[[], str],
        tls: bool = False,
        can_start_tls: bool = False,
    ) -> None:
        self.host = host
        self.transcript = transcript
        self.client_ip = transcript.client_ip
        self.now = now
        self.tls = tls
        self.user: str | None = None
        self.sender: str | None = None
        self.mode = Mode.LINE
        self.chunk_left = 0
        behavior = host.behavior
        self._policy = host.policy
        self._manners = Manners(behavior, transcript, now, dice)
        self.say = self._manners.say
        self._behavior = behavior
        self._wording = behavior.wording
        self.size_limit_bytes = behavior.wording.size_limit_bytes
        self._most_recipients = behavior.recipients_at_most or behavior.wording.most_recipients
        self._next_queue_id = next_queue_id
        self._can_start_tls = can_start_tls
        self._offers: frozenset[str] = frozenset()
        self._recipients: list[str] = []
        self._smtputf8 = False
        self._chunks: bytearray | None = None
        self._last_chunk = False
        self._login: Exchange | None = None
        self._login_failures = 0

    # What the connection calls. It also writes down the replies, when they really go out.

    def begin(self, *, crowded: bool) -> Step:
        """The banner, or what comes in its place; `crowded` when there are too many connections already."""
        if (event := self._manners.event(Point.CONNECT)) is not None:
            return self._ready(self._manners.acted(event))
        if crowded:
            return self._ready(Turn(self.say(self._wording.too_many_connections), Then.CLOSE))
        wait_seconds = self._behavior.banner_delay_seconds
        if (event := self._manners.event(Point.BANNER)) is not None:
            return self._ready(replace(self._manners.acted(event), wait_seconds=wait_seconds))
        banner = self.say(self._wording.banner)
        return self._ready(Turn(banner, wait_seconds=wait_seconds) if wait_seconds else banner)

    def line(self, line: bytes) -> Step:
        """`line` comes without its end."""
        if self._login is not None:
            self.transcript.note(CLIENT, b"***")  # a secret, as likely as not
            return self._ready(self._login_line(line))
        verb, _, rest = line.partition(b" ")
        command = _COMMANDS.get(verb) or _COMMANDS.get(verb.upper())
        if command is None:
            self.transcript.note(CLIENT, line)
            return self._ready(self.say(self._wording.unrecognized))
        self.transcript.note(CLIENT, line if command is not Session._auth else _without_secret(line))
        return self._ready(command(self, rest))

    def overlong(self) -> Step:
        """The answer to a line that was too long to be kept."""
        self.transcript.note(NOTE, b"a line that is too long")
        self._login = None
        return self._ready(self.say(self._wording.line_too_long))

    def pipelined(self, line: bytes) -> Step:
        """The answer of a server that was sent commands in a bunch and forbids it."""
        self.transcript.note(CLIENT, line)
        return self._ready(Turn(self.say(self._wording.no_pipelining), Then.CLOSE))

    @property
    def forbids_pipelining(self) -> bool:
        return self._behavior.pipelining is Pipelining.FORBIDDEN

    def body_begins(self) -> Turn | None:
        """To be asked when the first bytes of a body are there; what it gives takes the place of reading on."""
        event = self._manners.event(Point.BODY)
        if event is None:
            return None
        turn = self._manners.acted(event)
        # What the client still sends would be taken for commands.
        return replace(turn, then=Then.CLOSE) if turn.then is Then.GO_ON else turn

    def body(self, data: bytes, *, too_big: bool) -> Step:
        """`data` is a whole message with dots unstuffed, or empty when it was too big to be kept."""
        self.mode = Mode.LINE
        self.transcript.note(NOTE, b"a message of more octets than fit" if too_big else b"%d octets" % len(data))
        return self._ready(self._message(data, too_big=too_big))

    def chunk(self, data: bytes, *, too_big: bool) -> Step:
        """`data` are the octets that BDAT announced, or empty when they were too many to be kept."""
        self.mode = Mode.LINE
        self.transcript.note(NOTE, b"a chunk of %d octets" % len(data))
        return self._ready(self._chunk(data, too_big=too_big))

    def secured(self) -> None:
        """TLS has begun: nothing said before counts (RFC 3207, section 4.2)."""
        self.tls = self.transcript.tls = True
        self.transcript.note(NOTE, b"TLS has begun")
        self.transcript.helo = ""
        self.user = None
        self._offers = frozenset()
        self._reset()

    def undelivered(self) -> bytes:
        """The reply in place of a promise, when a message could not be handed over."""
        return self.say(self._wording.delivery_failed)

    def timed_out(self) -> bytes:
        return self.say(self._wording.timed_out)

    def _ready(self, step: Step) -> Step:
        return step if self._manners.plain else self._manners.dressed(step if isinstance(step, Turn) else Turn(step))

    # Commands. Each takes what stands behind its verb.

    def _helo(self, rest: bytes) -> Step:
        return self._hello(rest) or b"250 %s\r\n" % self.host.name.encode()

    def _ehlo(self, rest: bytes) -> Step:
        refusal = self._hello(rest)
        if refusal is not None:
            return refusal
        offers = [keyword for keyword in self._behavior.offers if keyword != wordings.STARTTLS]
        if wordings.STARTTLS in self._behavior.offers and self._can_start_tls and not self.tls:
            offers.append(wordings.STARTTLS)
        self._offers = frozenset(offers)
        if mechanisms := self._policy.mechanisms(self):
            offers.append(f"AUTH {' '.join(mechanisms)}")
        lines = [f"{word} {self.size_limit_bytes}" if word == wordings.SIZE else word for word in offers]
        *first, last = [self._manners.rendered(self._wording.greeting).decode().rstrip(), *lines]
        self._manners.greeting = ("".join(f"250-{line}\r\n" for line in first) + f"250 {last}\r\n").encode()
        return self._manners.greeting

    def _hello(self, rest: bytes) -> Step | None:
        if (event := self._manners.event(Point.HELO)) is not None:
            return self._manners.acted(event)
        name = rest.strip()
        if _HELO.fullmatch(name) is None:
            return self.say(self._wording.syntax)
        self._reset()
        self._offers = frozenset()
        self._manners.forget_helo()
        self.transcript.helo = name.decode("ascii")
        return None

    def _mail(self, rest: bytes) -> Step:
        wording = self._wording
        if not self.transcript.helo:
            return self.say(wording.need_helo)
        if self.sender is not None:
            return self.say(wording.nested_mail)
        match = _MAIL_FROM.fullmatch(rest.strip())
        if match is None:
            return self.say(wording.syntax)
        refusal = self._parameters(match[2] or b"")
        if refusal is not None:
            return refusal
        sender = self._address(match[1]) if match[1] else ""
        if not isinstance(sender, str):
            return sender
        if (event := self._manners.event(Point.MAIL)) is not None:
            return self._manners.acted(event, sender)
        refusal = self._policy.mail(self, sender)
        if refusal is not None:
            return Turn(refusal, Then.CLOSE) if refusal.startswith(b"421") else refusal
        self.sender = sender
        return self.say(wording.mail_ok)

    def _parameters(self, text: bytes) -> bytes | None:
        """What is wrong with the parameters of MAIL, or None; notes SMTPUTF8."""
        self._smtputf8 = False
        for parameter in text.split():
            keyword, _, value = parameter.upper().partition(b"=")
            if keyword == b"SIZE" and wordings.SIZE in self._offers and value.isdigit() and len(value) <= 20:
                if int(value) > self.size_limit_bytes:
                    return self.say(self._wording.too_big)
            elif keyword == b"BODY" and value in (b"7BIT", b"8BITMIME") and wordings.EIGHT_BIT_MIME in self._offers:
                continue
            elif parameter.upper() == b"SMTPUTF8" and wordings.SMTPUTF8 in self._offers:
                self._smtputf8 = True
            elif keyword == b"AUTH" and value and self.user is not None:
                continue  # RFC 4954, section 5: to be taken from those who logged in, and may be ignored
            else:
                return self.say(self._wording.not_offered)
        return None

    def _address(self, raw: bytes) -> str | bytes:
        """The address as text, or the reply that refuses it."""
        try:
            address = raw.decode("utf-8")
        except UnicodeDecodeError:
            return self.say(self._wording.bad_address)
        local, _, domain = address.rpartition("@")
        if not address.isascii():
            if not self._smtputf8:
                return self.say(self._wording.needs_smtputf8)
        elif _DOMAIN.fullmatch(domain) is None:
            return self.say(self._wording.bad_address, address=address)
        if not local or not domain or len(raw) > LONGEST_ADDRESS:
            return self.say(self._wording.bad_address, address=address)
        return address

    def _rcpt(self, rest: bytes) -> Step:
        wording = self._wording
        if self.sender is None:
            return self.say(wording.need_mail if self.transcript.helo else wording.need_helo)
        match = _RCPT_TO.fullmatch(rest.strip())
        if match is None:
            return self.say(wording.syntax)
        if match[2]:
            return self.say(wording.not_offered)
        # RFC 5321, section 4.5.1: the postmaster can be reached without a domain.
        address = "postmaster" if match[1].lower() == b"postmaster" else self._address(match[1])
        if not isinstance(address, str):
            return address
        if (event := self._manners.event(Point.RCPT)) is not None:
            return self._manners.acted(event, address)
        recipients = self._recipients
        if len(recipients) >= self._most_recipients:
            return self.say(wording.too_many_recipients)
        if self._behavior.one_domain and recipients and _domain(address) != _domain(recipients[0]):
            return self.say(wording.one_domain, address=address)
        refusal = self._policy.rcpt(self, address)
        if refusal is not None:
            return Turn(refusal, Then.CLOSE) if refusal.startswith(b"421") else refusal
        recipients.append(address)
        return self.say(wording.rcpt_ok)

    def _data(self, rest: bytes) -> Step:
        wording = self._wording
        if rest.strip():
            return self.say(wording.syntax)
        if self.sender is None:
            return self.say(wording.need_mail if self.transcript.helo else wording.need_helo)
        if self._chunks is not None:
            return self.say(wording.out_of_order)
        if not self._recipients:
            return self.say(wording.no_recipients)
        if (event := self._manners.event(Point.DATA)) is not None:
            return self._manners.acted(event)
        self.mode = Mode.BODY
        return self.say(wording.data_go)

    def _bdat(self, rest: bytes) -> Step:
        words = rest.split()
        if wordings.CHUNKING not in self._offers:
            return self.say(self._wording.unrecognized)
        last = len(words) == 2 and words[1].upper() == b"LAST"
        if not words or not words[0].isdigit() or len(words[0]) > 20 or (len(words) > 1 and not last):
            # Nobody knows how many octets follow: the session cannot go on.
            return Turn(self.say(self._wording.syntax), Then.CLOSE)
        self.chunk_left, self._last_chunk, self.mode = int(words[0]), last, Mode.CHUNK
        return b""

    def _chunk(self, data: bytes, *, too_big: bool) -> Step:
        wording = self._wording
        if self.sender is None or not self._recipients:
            return self.say(wording.need_mail if self.sender is None else wording.no_recipients)
        if self._chunks is None:
            self._chunks = bytearray()
        if too_big or len(self._chunks) + len(data) > self.size_limit_bytes:
            self._reset()
            return self.say(wording.too_big)
        self._chunks += data
        return self._message(bytes(self._chunks), too_big=False) if self._last_chunk else self.say(wording.ok)

    def _message(self, data: bytes, *, too_big: bool) -> Step:
        """The end of a transaction: whatever comes of the message, the next one begins with MAIL."""
        wording = self._wording
        sender, recipients, smtputf8 = self.sender, self._recipients, self._smtputf8
        assert sender is not None
        self._reset()
        if too_big:
            return self.say(wording.too_big)
        if data.count(b"\n") != data.count(b"\r\n"):
            if wording.refuses_bare_newlines:
                return self.say(wording.bare_newline)
            data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if wording.longest_body_line and max(map(len, data.split(b"\r\n"))) > wording.longest_body_line:
            return self.say(wording.body_line_too_long)
        event = self._manners.event(Point.FINAL_DOT)
        if event is not None and not (isinstance(event, Drops) and event.accepted):
            return self._manners.acted(event)
        refusal = self._policy.message(self, data)
        if refusal is not None:
            return Turn(refusal, Then.CLOSE) if refusal.startswith(b"421") else refusal
        queue_id = self._next_queue_id()
        self.transcript.messages += 1
        envelope = Envelope(
            queue_id=queue_id,
            host=self.host.name,
            mail_from=sender,
            rcpt_to=tuple(recipients),
            helo=self.transcript.helo,
            client_ip=self.client_ip,
            esmtp=bool(self._offers),
            tls=self.tls,
            user=self.user,
            smtputf8=smtputf8,
            received_at=self.now(),
            data=self._policy.taken(self, data, queue_id),
            copies_to_sent=self._policy.copies_to_sent,
            transcript=self.transcript,
        )
        if event is not None:
            return Turn(then=Then.DROP, envelope=envelope)
        reply = self.say(wording.queued, queue_id=queue_id)
        return Turn(reply, wait_seconds=self._behavior.taken_delay_seconds, envelope=envelope)

    def _rset(self, rest: bytes) -> Step:
        self._reset()
        return self.say(self._wording.reset)

    def _reset(self) -> None:
        self.sender = None
        self._recipients = []
        self._smtputf8 = False
        self._chunks = None

    def _noop(self, rest: bytes) -> Step:
        return self.say(self._wording.ok)

    def _vrfy(self, rest: bytes) -> Step:
        name = rest.decode("ascii", "replace")
        return self.say(self._wording.vrfy, address="".join(mark for mark in name if mark.isprintable())[:100])

    def _expn(self, rest: bytes) -> Step:
        return self.say(self._wording.not_implemented)

    def _help(self, rest: bytes) -> Step:
        return b"214 2.0.0 See RFC 5321\r\n"

    def _quit(self, rest: bytes) -> Step:
        if (event := self._manners.event(Point.QUIT)) is not None:
            return self._manners.acted(event)
        return Turn(self.say(self._wording.bye), Then.CLOSE)

    def _starttls(self, rest: bytes) -> Step:
        if rest.strip():
            return self.say(self._wording.syntax)
        if not self._can_start_tls or self.tls or wordings.STARTTLS not in self._behavior.offers:
            return self.say(self._wording.not_implemented)
        if (event := self._manners.event(Point.STARTTLS)) is not None:
            return self._manners.acted(event)
        return Turn(self.say(self._wording.tls_go), Then.START_TLS)

    # Logins.

    def _auth(self, rest: bytes) -> Step:
        mechanisms = self._policy.mechanisms(self)
        if not mechanisms:
            return self._policy.login_answer(self, None)
        if not self._offers or self.user is not None or self.sender is not None:
            return self.say(self._wording.out_of_order)
        if (event := self._manners.event(Point.AUTH)) is not None:
            return self._manners.acted(event)
        name, _, first = rest.strip().partition(b" ")
        mechanism = name.upper().decode("ascii", "replace")
        if mechanism not in mechanisms:
            return b"504 5.5.4 Unrecognized authentication mechanism\r\n"
        response = None
        if first:
            # "=" is an initial response that is there and empty (RFC 4954, section 4).
            response = b"" if first == b"=" else _decoded(first)
            if response is None:
                return b"501 5.5.2 Cannot decode the response\r\n"
        self._login = self._policy.login(mechanism, response)
        return self._login_step(lambda login: next(login))

    def _login_line(self, line: bytes) -> Step:
        if line == b"*":
            self._login = None
            return b"501 5.7.0 Authentication aborted\r\n"
        response = _decoded(line)
        if response is None:
            self._login = None
            return b"501 5.5.2 Cannot decode the response\r\n"
        return self._login_step(lambda login: login.send(response))

    def _login_step(self, advance: Callable[[Exchange], bytes]) -> Step:
        assert self._login is not None
        try:
            return b"334 %s\r\n" % base64.b64encode(advance(self._login))
        except Unreadable:
            self._login = None
            return b"501 5.5.2 Cannot read the response\r\n"
        except StopIteration as end:
            self._login = None
            return self._logged_in(end.value.user, end.value.login)

    def _logged_in(self, user: str, login: Login) -> Step:
        reply = self._policy.login_answer(self, login)
        if login is Login.WELCOME:
            self.user = self.transcript.user = user
            return reply
        self._login_failures += 1
        return Turn(reply, Then.CLOSE) if self._login_failures >= MOST_LOGIN_FAILURES else reply


_COMMANDS: Final[dict[bytes, Callable[[Session, bytes], Step]]] = {
    b"RCPT": Session._rcpt,
    b"MAIL": Session._mail,
    b"DATA": Session._data,
    b"BDAT": Session._bdat,
    b"EHLO": Session._ehlo,
    b"HELO": Session._helo,
    b"RSET": Session._rset,
    b"NOOP": Session._noop,
    b"QUIT": Session._quit,
    b"VRFY": Session._vrfy,
    b"EXPN": Session._expn,
    b"HELP": Session._help,
    b"STARTTLS": Session._starttls,
    b"AUTH": Session._auth,
}


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _decoded(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _without_secret(line: bytes) -> bytes:
    words = line.split()
    return b" ".join(words[:2]) + (b" ***" if len(words) > 2 else b"")
