"""The words of enrollments."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final, NewType

EnrollmentId = NewType("EnrollmentId", int)


class EnrollmentState(StrEnum):
    """Where a recipient of a campaign stands; the table `enrollments` says what may follow what."""

    TO_CHECK = "to_check"
    ACTIVE = "active"
    PARKED = "parked"
    PAUSED = "paused"
    OVER_LIMIT = "over_limit"
    FINISHED = "finished"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    MOVED = "moved"
    EXCLUDED = "excluded"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        return self in OVER


OVER: Final = frozenset(
    {
        EnrollmentState.FINISHED,
        EnrollmentState.UNSUBSCRIBED,
        EnrollmentState.BOUNCED,
        EnrollmentState.MOVED,
        EnrollmentState.EXCLUDED,
        EnrollmentState.FAILED,
    }
)


class Reason(StrEnum):
    """Why an enrollment is in its state."""

    # excluded, before anything was sent
    NO_ADDRESS = "no_address"
    CLAIMED = "claimed"  # its owner asked this installation to be left out
    DO_NOT_EMAIL = "do_not_email"
    UNVERIFIED = "unverified"
    UNVERIFIABLE = "unverifiable"
    INVALID_ADDRESS = "invalid_address"  # verified, and not there
    OTHER_CAMPAIGN = "in_another_campaign"
    MISSING_VARIABLE = "missing_variable"
    DELETED = "prospect_deleted"
    # over
    END_REACHED = "end_reached"
    GOAL_REACHED = "goal_reached"
    STEP_REMOVED = "step_removed"
    REPLIED = "replied"
    COMPANY_REPLIED = "company_replied"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    BOUNCED = "bounced"
    MOVED = "moved_to_another_list"
    BY_HAND = "by_hand"
    REFUSED = "refused"  # by the server, and not because of the address
    UNWRITABLE = "unwritable"  # its mail could not be made from the content
    # parked
    NO_MAILBOX = "no_mailbox"  # the one that wrote to it is gone
    NEEDS_DECISION = "needs_decision"  # sent or not, a person has to say
    RECIPIENTS_USED_UP = "recipients_used_up"


class Lane(IntEnum):
    """What the node is that an enrollment has come to: mails compete for mailboxes, the rest does not."""

    FIRST_MAIL = 0
    FOLLOW_UP = 1
    MOVE = 2


class StopReason(StrEnum):
    """Why writing to somebody stops."""

    REPLIED = "replied"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"  # for good: the address is dead
    COMPLAINED = "complained"


class Signal(StrEnum):
    """What a person did with a mail, and sequences can ask for."""

    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    BOOKED = "booked"


@dataclass(frozen=True)
class Stopped:
    """What a stop did: how many recipients it ended, and how many planned mails it took back."""

    enrollments: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient of a campaign, as asked for by address."""

    id: EnrollmentId
    campaign_id: int
    prospect_id: int
    address_key: str
    state: EnrollmentState
    reason: str | None


@dataclass(frozen=True, slots=True)
class Participation:
    """A campaign that a prospect is a recipient of, with what came of it. Counts are of people, not machines."""

    campaign_id: int
    campaign: str
    state: EnrollmentState
    sent: int
    opened: int
    replied: int


@dataclass(frozen=True, slots=True)
class LastMail:
    """The mail before the present node, and what its reader did with it."""

    opened: bool = False
    clicked: bool = False
    replied: bool = False
    booked: bool = False

    def shows(self, signal: Signal) -> bool:
        return bool(getattr(self, signal.value))


@dataclass(frozen=True, slots=True)
class Enrollment:
    """A recipient of a campaign whose turn it is."""

    workspace_id: int
    id: EnrollmentId
    campaign_id: int
    prospect_id: int
    version_id: int
    node_key: str
    address: str | None
    address_key: str
    domain: str
    zone: str | None
    state: EnrollmentState
    lane: Lane
    visit: int
    mailbox_id: int | None
    due_at: datetime
    run_id: int | None
    sent: int
    row_version: int
