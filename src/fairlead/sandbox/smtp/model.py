"""The words of the mail servers: what they are told about addresses and accounts, and what they hand over."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import Enum, StrEnum
from typing import Protocol, TypeAlias

from fairlead.sandbox.smtp.transcript import Transcript


class Known(Enum):
    """What a server knows about a recipient."""

    MAILBOX = "mailbox"
    UNKNOWN = "unknown"
    OVER_QUOTA = "over_quota"
    DISABLED = "disabled"
    ELSEWHERE = "elsewhere"  # the domain is not one of this server's


class Directory(Protocol):
    def knows(self, address: str) -> Known:
        """`address` is as the client wrote it; letter case makes no difference. "postmaster" may have no domain."""
        ...


class Login(Enum):
    """How a submission server takes credentials."""

    WELCOME = "welcome"
    WRONG = "wrong"
    NEEDS_APP_PASSWORD = "needs_app_password"  # noqa: S105 - the password of the account itself will not do
    DISABLED = "disabled"
    LATER = "later"  # the server cannot tell for the moment


class Accounts(Protocol):
    def password_login(self, user: str, password: str) -> Login: ...

    def token_login(self, user: str, token: str) -> Login: ...

    def may_send_as(self, user: str, address: str) -> bool: ...


class Point(StrEnum):
    """A place in a session where something can be scripted."""

    CONNECT = "connect"  # before the banner
    BANNER = "banner"
    HELO = "helo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"  # the first bytes of a message have arrived
    FINAL_DOT = "final_dot"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message a server took responsibility for.

    `data` is as it came in, with dots unstuffed and CRLF line ends, without trace headers. `transcript` is that
    of the session, which may still be going on.
    """

    queue_id: str
    host: str  # the name of the server that took it
    mail_from: str  # "" for a notice of delivery
    rcpt_to: tuple[str, ...]
    helo: str
    client_ip: str
    esmtp: bool
    tls: bool
    user: str | None  # who sent it in, on a submission server
    smtputf8: bool
    received_at: datetime  # business time
    data: bytes
    # The provider puts a copy of what its user sends into the Sent folder.
    copies_to_sent: bool
    transcript: Transcript


# Called once the server has decided to accept, before it says so: the reply may never arrive. An awaitable is
# waited for. An exception makes the server answer 451, and the message is the sender's again.
Deliver: TypeAlias = Callable[[Envelope], Awaitable[None] | None]


def received_header(envelope: Envelope, recipient: str | None = None) -> bytes:
    """The trace header of RFC 5321, section 4.4, to be put before `envelope.data`; CRLF included."""
    # RFC 3848 (and RFC 6531, section 4.3) name the ways in which a message can come.
    protocol = "UTF8SMTP" if envelope.smtputf8 else "ESMTP" if envelope.esmtp else "SMTP"
    if envelope.esmtp:
        protocol += "S" * envelope.tls + "A" * (envelope.user is not None)
    aim = f"\r\n\tfor <{recipient}>" if recipient else ""
    return (
        f"Received: from {envelope.helo} ([{envelope.client_ip}])\r\n"
        f"\tby {envelope.host} with {protocol} id {envelope.queue_id}{aim};\r\n"
        f"\t{format_datetime(envelope.received_at)}\r\n"
    ).encode()


class Talk(Protocol):
    """What a policy sees of a session."""

    @property
    def client_ip(self) -> str: ...

    @property
    def tls(self) -> bool: ...

    @property
    def user(self) -> str | None: ...

    @property
    def sender(self) -> str | None: ...

    def now(self) -> datetime: ...

    def say(self, template: str, *, address: str = "") -> bytes:
        """A reply from one of the texts of `wordings`, ready for the wire."""
        ...


@dataclass(frozen=True)
class Attempt:
    """Who tried to log in, and what came of it."""

    user: str
    login: Login


# Yields what the server asks, is sent what the client answers, and ends with the outcome; see `sasl`.
Exchange: TypeAlias = Generator[bytes, bytes, Attempt]


class Policy(Protocol):
    """Whom a server serves. Asked whether it takes something, it says None for yes, or gives the refusal."""

    @property
    def copies_to_sent(self) -> bool: ...

    def mechanisms(self, talk: Talk) -> Sequence[str]:
        """SASL mechanisms offered at this moment; none where nobody can log in."""
        ...

    def login(self, mechanism: str, first: bytes | None) -> Exchange: ...

    def login_answer(self, talk: Talk, login: Login | None) -> bytes:
        """The reply to an attempt; None: there was none, because no mechanism is offered."""
        ...

    def mail(self, talk: Talk, sender: str) -> bytes | None: ...

    def rcpt(self, talk: Talk, address: str) -> bytes | None: ...

    def message(self, talk: Talk, data: bytes) -> bytes | None: ...

    def taken(self, talk: Talk, data: bytes, queue_id: str) -> bytes:
        """Counts an accepted message, and gives it as it goes on."""
        ...
