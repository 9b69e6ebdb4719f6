"""The words of senders: mailboxes, and the letters that go out through them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

MailboxId = NewType("MailboxId", int)
SendId = NewType("SendId", int)


class Encryption(StrEnum):
    SSL = "ssl"  # TLS from the first byte
    STARTTLS = "starttls"
    NONE = "none"


class Auth(StrEnum):
    PASSWORD = "password"  # noqa: S105 - a word, no secret
    OAUTH = "oauth"


class SentCopies(StrEnum):
    """Who puts a copy of a mail into the Sent folder, and with it what its absence there proves."""

    PROVIDER = "provider"  # the server does, always: a mail that is not there was not sent
    APPEND = "append"  # we do, after sending: absence proves nothing
    NONE = "none"  # nobody: there is no IMAP, or no Sent folder


class Provider(StrEnum):
    """Whose servers a mailbox sends through, in the words of the contract, endpoint 29."""

    GMAIL = "gmail"
    MICROSOFT = "microsoft"
    HOSTINGER = "hostinger"
    ZOHO = "zoho"
    TITAN = "titan"
    GODADDY = "godaddy"
    OTHER = "other"


class MailboxState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"  # by a person; `resume` ends it
    ERROR = "error"  # the provider refuses it; a new password, a new connection or `resume` ends it
    DELETED = "deleted"


class CheckStatus(StrEnum):
    """In the words of the contract, endpoints 28 and 31."""

    PENDING = "pending"
    VALID = "valid"
    INVALID = "invalid"


@dataclass(frozen=True)
class ServerAddress:
    host: str
    port: int
    encryption: Encryption


@dataclass(frozen=True)
class Delay:
    """Between two mails of a mailbox, drawn anew each time; fixed where both are the same."""

    min_seconds: int
    max_seconds: int

    @property
    def is_fixed(self) -> bool:
        return self.min_seconds == self.max_seconds


@dataclass(frozen=True)
class RampUp:
    """`start` mails on the day `started_on` (in the mailbox's zone), `step` more on each day after it."""

    start: int
    step: int
    started_on: date

    def limit_on(self, day: date) -> int:
        return max(0, self.start + self.step * max(0, (day - self.started_on).days))


@dataclass(frozen=True)
class Check:
    """What the last attempt to log in to a server gave. `errors` are sentences for a person."""

    status: CheckStatus
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mailbox:
    """A mailbox mail is sent from. Its secrets stay in the store."""

    workspace_id: int
    id: MailboxId
    address: str
    sender_name: str
    provider: Provider
    smtp: ServerAddress
    imap: ServerAddress | None
    login: str
    auth: Auth
    time_zone: str  # IANA
    daily_limit: int
    delay: Delay
    ramp_up: RampUp | None
    signature_html: str | None
    reply_to: str | None
    bcc: tuple[str, ...]
    tags: tuple[str, ...]
    state: MailboxState
    state_reason: str | None
    sent_copies: SentCopies
    smtp_check: Check
    imap_check: Check | None
    made_at: datetime
    changed_at: datetime
    checked_at: datetime | None

    def limit_on(self, day: date) -> int:
        """How many mails may go out on a day of the mailbox's zone."""
        return self.daily_limit if self.ramp_up is None else min(self.daily_limit, self.ramp_up.limit_on(day))


@dataclass(frozen=True)
class Attachment:
    """A file of a letter. One with a `content_id` is shown in the text, as `<img src="cid:...">`."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True)
class Letter:
    """What is written, before it is put into the form mail has (`composing.compose`).

    `list_unsubscribe` is an https address that unsubscribes by POST. `in_reply_to` and `references` are message ids
    without angle brackets, the oldest first. `headers` are further ones.
    """

    subject: str
    html: str | None
    text: str
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    list_unsubscribe: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
