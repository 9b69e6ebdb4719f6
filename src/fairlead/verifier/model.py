"""The words of the verifier."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import NewType, TypeAlias

from fairlead.flags import Flags
from fairlead.net.guard import Address
from fairlead.verifier.replies import ReplyMeaning, Stage

BatchId = NewType("BatchId", int)


class SmtpStatus(StrEnum):
    VALID = "valid"
    NOT_VALID = "not_valid"
    UNKNOWN = "unknown"


class UnknownReason(StrEnum):
    """Why an address is unknown, in the words of the contract, endpoint 27."""

    BANNED = "banned"
    CATCHALL = "catchall"
    CONNECTION_ERROR = "connection_error"
    GREYLIST = "greylist"
    HIDDEN_BY_OWNER = "hidden_by_owner"


class Reason(Enum):
    """What a verdict rests on: the word that is stored, the status, the contract's reason, a sentence for a person."""

    ACCEPTED = ("accepted", SmtpStatus.VALID, None, "The server takes mail for it and refuses made-up names.")

    BAD_FORMAT = ("bad_format", SmtpStatus.NOT_VALID, None, "This is not an e-mail address.")
    NO_SUCH_DOMAIN = ("no_such_domain", SmtpStatus.NOT_VALID, None, "The domain does not exist.")
    NULL_MX = ("null_mx", SmtpStatus.NOT_VALID, None, "The domain says that it takes no mail.")
    NO_MAIL_SERVER = ("no_mail_server", SmtpStatus.NOT_VALID, None, "The domain has no mail server.")
    LOOPBACK_MX = (
        "loopback_mx", SmtpStatus.NOT_VALID, None, "The domain's mail servers have addresses that lead nowhere."
    )  # fmt: skip
    NO_SUCH_MAILBOX = ("no_such_mailbox", SmtpStatus.NOT_VALID, None, "The server says there is no such mailbox.")
    MAILBOX_DISABLED = ("mailbox_disabled", SmtpStatus.NOT_VALID, None, "The mailbox is there and takes no mail.")

    CATCH_ALL = (
        "catch_all", SmtpStatus.UNKNOWN, UnknownReason.CATCHALL, "The server takes mail for any name of this domain."
    )  # fmt: skip
    BLOCKED = ("blocked", SmtpStatus.UNKNOWN, UnknownReason.BANNED, "The server refuses to talk to us.")
    REFUSED = ("refused", SmtpStatus.UNKNOWN, UnknownReason.BANNED, "The server turned us away at the door.")
    NO_ANSWER = ("no_answer", SmtpStatus.UNKNOWN, UnknownReason.BANNED, "No mail server of the domain answered.")
    PAUSED = (
        "paused", SmtpStatus.UNKNOWN, UnknownReason.BANNED, "Nobody was asked: too many servers are blocking us."
    )  # fmt: skip
    POLICY = ("policy", SmtpStatus.UNKNOWN, UnknownReason.BANNED, "The server refuses our sender, not this recipient.")
    GREYLISTED = ("greylisted", SmtpStatus.UNKNOWN, UnknownReason.GREYLIST, "The server asks us to come back later.")
    TRY_LATER = ("try_later", SmtpStatus.UNKNOWN, UnknownReason.GREYLIST, "The server puts us off for the moment.")
    UNPROVEN = (
        "unproven", SmtpStatus.UNKNOWN, UnknownReason.GREYLIST,
        "The server takes mail for it, and did not say what it does with made-up names.",
    )  # fmt: skip
    MAILBOX_FULL = (
        "mailbox_full", SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR, "The mailbox is there, and it is full."
    )  # fmt: skip
    SERVER_STATE = (
        "server_state", SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR, "The server is out of order at present."
    )  # fmt: skip
    RELAY_DENIED = (
        "relay_denied", SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR, "The server does not serve this domain."
    )  # fmt: skip
    NEEDS_SMTPUTF8 = (
        "needs_smtputf8", SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR,
        "The server takes no addresses with letters beyond ASCII.",
    )  # fmt: skip
    UNCLEAR = (
        "unclear", SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR,
        "The server's refusal does not say what it means.",
    )  # fmt: skip
    LOST = (
        "lost", SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR, "The connection was lost before an answer came."
    )  # fmt: skip
    OUT_OF_TIME = ("out_of_time", SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR, "No answer came in time.")
    DNS_FAILED = (
        "dns_failed", SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR, "The domain's name servers gave no answer."
    )  # fmt: skip
    PRIVATE_MX = (
        "private_mx", SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR,
        "The domain's mail servers have addresses that are not public.",
    )  # fmt: skip
    HIDDEN_BY_OWNER = (
        "hidden_by_owner", SmtpStatus.UNKNOWN, UnknownReason.HIDDEN_BY_OWNER,
        "The owner of this address asked to be left out.",
    )  # fmt: skip

    def __init__(
        self, word: str, status: SmtpStatus, unknown_reason: UnknownReason | None, sentence: str
    ) -> None:
        self.word = word
        self.status = status
        self.unknown_reason = unknown_reason
        self.sentence = sentence


REASON_OF_WORD = {reason.word: reason for reason in Reason}


# What was observed.


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, of a recipient or of us. `text` is its first words, for a person."""

    stage: Stage
    code: int
    meaning: ReplyMeaning
    text: str = ""

    @property
    def temporary(self) -> bool:
        return 400 <= self.code < 500


class Silence(Enum):
    """Why a server said nothing of a recipient."""

    NO_ANSWER = "no_answer"  # no server of the domain let us connect
    LOST = "lost"  # the connection ended first, or what came was not SMTP
    OUT_OF_TIME = "out_of_time"  # we stopped waiting
    NO_SMTPUTF8 = "no_smtputf8"
    PAUSED = "paused"  # we do not ask at the moment
    NOT_ASKED = "not_asked"  # nothing would follow from asking: the domain takes any name


Heard: TypeAlias = Answer | Silence


class NoRoute(Enum):
    """Why there is no server to ask."""

    NO_SUCH_DOMAIN = "no_such_domain"
    NULL_MX = "null_mx"  # RFC 7505
    NO_MAIL_SERVER = "no_mail_server"
    LOOPBACK = "loopback"  # or unspecified: never a mail server of anybody else
    PRIVATE = "private"  # split DNS is possible, so it may be a mail server for others
    DNS_FAILED = "dns_failed"


@dataclass(frozen=True, slots=True)
class Server:
    """A host of an MX record at one of its addresses."""

    host: str
    address: Address


@dataclass(frozen=True, slots=True)
class Route:
    """Where mail for a domain goes: servers of the best preference to be reached, then the names of the others."""

    best: tuple[Server, ...]
    key: str  # the same for all domains with the same best servers
    later: tuple[str, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        return (*dict.fromkeys(server.host for server in self.best), *self.later)


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """What was learned of a domain, as far as it is young enough to be believed."""

    accepts_anything: bool | None = None
    # The made-up name asked for while the domain was greylisting: asked for again, it is known to the greylist.
    made_up: str | None = None
    mx: str | None = None  # the best host


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """Limits a server has shown us. None: none was met."""

    lockstep: bool = False  # it announces pipelining and does not bear it
    rejects: int | None = None  # so many refusals in a session and it is still quick
    recipients: int | None = None  # accepted in one transaction
    answers: int | None = None  # recipients answered in one session
    connections: int | None = None


# What follows.


@dataclass(frozen=True, slots=True)
class Finding:
    """`temporary`: asking again later may bring a better answer."""

    reason: Reason
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of an address. `address` is as it was asked for."""

    address: str
    reason: Reason
    flags: Flags
    mx: str | None  # the best host of its domain
    checked_at: datetime
    retry_at: datetime | None = None  # business time of the next attempt; None: settled

    @property
    def smtp_status(self) -> SmtpStatus:
        return self.reason.status

    @property
    def unknown_reason(self) -> UnknownReason | None:
        return self.reason.unknown_reason

    @property
    def settled(self) -> bool:
        return self.retry_at is None

    @property
    def is_catchall(self) -> bool:
        return self.reason.unknown_reason is UnknownReason.CATCHALL

    @property
    def is_greylist(self) -> bool:
        return self.reason.unknown_reason is UnknownReason.GREYLIST

    @property
    def is_banned_error(self) -> bool:
        return self.reason.unknown_reason is UnknownReason.BANNED

    @property
    def is_connection_error(self) -> bool:
        return self.reason.unknown_reason is UnknownReason.CONNECTION_ERROR


# Batches.


class BatchKind(StrEnum):
    # Endpoint 26: answered within `ANSWER_SECONDS`, each address costs a credit whatever the verdict.
    TASK = "task"
    # Endpoints 81 and 82: answered when settled, only valid and not_valid cost a credit.
    LEGACY = "legacy"
    # Lists and files of any size: answered when settled, paid for as it goes, each address a credit.
    LIST = "list"


class BatchState(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    NOT_ENOUGH_CREDITS = "not_enough_credits"


@dataclass(frozen=True, slots=True)
class Batch:
    id: BatchId
    workspace_id: int
    token: str  # 32 lower-case hex digits
    kind: BatchKind
    state: BatchState
    name: str
    total: int
    left: int  # addresses without a verdict that stands
    made_at: datetime


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A batch and the verdicts of it that stand."""

    batch: Batch
    verdicts: tuple[Verdict, ...]


class Progress(StrEnum):
    """Where an address stands that was asked for with endpoint 82."""

    COMPLETE = "complete"
    IN_PROGRESS = "in_progress"
    NOT_VERIFIED = "not_verified"


@dataclass(frozen=True, slots=True)
class AddressStatus:
    """`verdict` is the best answer so far, an open one included; None where there is none yet."""

    progress: Progress
    verdict: Verdict | None
