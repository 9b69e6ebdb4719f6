"""The words of senders: mailboxes, and the letters that go out through them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import NewType, Protocol, TypeAlias

from fairlead.db import Connection

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


class ConsentProvider(StrEnum):
    """Who lets a mailbox be used by a person's consent (OAuth) in place of a password."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"

    @property
    def named(self) -> str:
        return self.value.capitalize()

    @property
    def mail_provider(self) -> Provider:
        return Provider.GMAIL if self is ConsentProvider.GOOGLE else Provider.MICROSOFT


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
class Settings:
    """What a person decides about a mailbox; `settings.checked` says what is wrong with it."""

    address: str
    sender_name: str
    smtp: ServerAddress
    imap: ServerAddress | None = None
    login: str = ""  # empty: the address
    time_zone: str = "UTC"
    daily_limit: int = 50
    delay: Delay = Delay(600, 900)
    ramp_up: RampUp | None = None
    signature_html: str | None = None
    reply_to: str | None = None
    bcc: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


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

    @property
    def settings(self) -> Settings:
        return Settings(**{item.name: getattr(self, item.name) for item in fields(Settings)})

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
    without angle brackets, the oldest first. `headers` are further ones. `signed` letters get the mailbox's signature,
    where `composing.SIGNATURE_PLACE` stands or at the end.
    """

    subject: str
    html: str | None
    text: str
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    list_unsubscribe: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    signed: bool = True


class Purpose(StrEnum):
    """Who asked for a mail, and so who says whether it may still go and hears what became of it."""

    CAMPAIGN = "campaign"
    REPLY = "reply"
    TEST = "test"
    WARMUP = "warmup"
    NOTICE = "notice"


@dataclass(frozen=True)
class NewSend:
    """A mail to be sent.

    `once_key` names the effect within workspace and purpose, e.g. `enrollment 5 step intro visit 1`: there is never a
    second mail for it. `token` is random, 16 to 64 characters of [A-Za-z0-9_-]; Message-ID and reference header are
    made from it. `subject_id` is whom the purpose knows the mail by. A lower `priority` goes first.
    `wanted_at` is since when the effect could have happened, where that is earlier than `due_at`: after a restore, what
    was wanted before it may have been sent already.
    """

    workspace_id: int
    mailbox_id: MailboxId
    purpose: Purpose
    subject_id: int
    once_key: str
    due_at: datetime
    to_address: str
    to_name: str
    token: str
    letter: Letter
    campaign_id: int | None = None
    priority: int = 1
    wanted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueSend:
    """A mail about to be sent, as its purpose is asked about it."""

    id: SendId
    workspace_id: int
    mailbox_id: MailboxId
    purpose: Purpose
    subject_id: int
    campaign_id: int | None
    once_key: str
    due_at: datetime
    to_address: str


@dataclass(frozen=True, slots=True)
class Go:
    pass


@dataclass(frozen=True, slots=True)
class Drop:
    """It must not go out any more; it is withdrawn, and `settled` hears so in the same transaction."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not before `until`; it is planned for then."""

    until: datetime


Permission: TypeAlias = Go | Drop | Later


@dataclass(frozen=True, slots=True)
class Sent:
    """`message_id` as the provider stored it, without brackets."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It was refused for good. `reason` is a word, `hard` that the address is dead, `reply` what the server said."""

    reason: str
    hard: bool
    code: int | None = None
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class PresumedSent:
    """Nothing can prove it, and it is not sent again; see `fairlead sends uncertain`."""


@dataclass(frozen=True, slots=True)
class NeedsDecision:
    """Nothing can prove it, and a person has to decide. Not the end: another outcome follows."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """It was not sent and will not be; its once-key is free again."""

    reason: str


Outcome: TypeAlias = Sent | Failed | PresumedSent | NeedsDecision | Withdrawn


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a mail. For one mail: any number of NeedsDecision, then one of the others.

    One presumed sent can later be `Sent`, when a proof turns up. Of one that a person has sent again there is another
    `Sent` or `Failed`.
    """

    send_id: SendId
    workspace_id: int
    mailbox_id: MailboxId
    subject_id: int
    campaign_id: int | None
    once_key: str
    to_address: str
    outcome: Outcome
    at: datetime


class Purposes(Protocol):
    """What a purpose says about its mails. Both get mails of many workspaces and join the caller's transaction.

    Rows they lock, they lock in the order of their ids: several workers ask at the same time.
    """

    async def allow(self, conn: Connection, sends: Sequence[DueSend], now: datetime) -> Mapping[SendId, Permission]:
        """Asked within the transaction of the sending mark: whether each may go out now.

        It locks what a stop would change, so that a stop either comes first and wins, or waits until the mark is made.
        A mail that is not in the answer is dropped.
        """
        ...

    async def settled(self, conn: Connection, settled: Sequence[Settled], now: datetime) -> None:
        """Told within the transaction that makes it true."""
        ...


@dataclass(frozen=True)
class Room:
    """How much more a mailbox can be given: mails for today and tomorrow (by its zone) beyond those planned."""

    today: int
    tomorrow: int
    next_free_at: datetime


@dataclass(frozen=True)
class Thread:
    """What a follow-up refers to. Ids are without brackets and as the provider stored them, the oldest first."""

    message_id: str
    references: tuple[str, ...]
    subject: str


@dataclass(frozen=True, slots=True)
class SendFacts:
    """What is known of a mail by its token. `sent_at` is None while nothing of it has gone out."""

    workspace_id: int
    send_id: SendId
    mailbox_id: MailboxId
    purpose: Purpose
    subject_id: int
    campaign_id: int | None
    to_address: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class MailWords:
    """How a mail of the ledger reads: for those who tell others of it."""

    sender_address: str
    to_address: str
    to_name: str
    subject: str
    text: str
    message_id: str
    """Without brackets, as the provider stored it."""


class Resolution(StrEnum):
    """How it is known what became of a mail."""

    REPLY = "reply"  # the server's answer
    SENT_FOLDER = "sent_folder"  # found there by its reference
    POLICY = "policy"  # nothing can prove it, and a second copy is worse than none
    RECIPIENT = "recipient"  # an answer, a notice or an open with its token
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class SentMail:
    """A row of the ledger: a mail that was sent, is presumed to be, or failed."""

    id: SendId
    mailbox_id: MailboxId
    campaign_id: int | None
    purpose: Purpose
    subject_id: int
    outcome: str  # sent, presumed_sent, failed
    at: datetime
    resolved_by: Resolution
    to_address: str
    to_name: str
    mail_subject: str
    message_id: str
    reason: str | None
    tries: int


@dataclass(frozen=True, slots=True)
class UncertainSend:
    """A mail of which nobody knows whether it was sent."""

    id: SendId
    workspace_id: int
    mailbox_id: MailboxId
    mailbox_address: str
    state: str  # uncertain, needs_decision, presumed_sent
    doubt: str
    to_address: str
    mail_subject: str
    since: datetime
    look_at: datetime | None
    purpose: Purpose
    subject_id: int
    token: str
