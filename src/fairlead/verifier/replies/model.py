"""The words of the classifier."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

# The command that was answered; "banner" is what the server says first, "data" both DATA and the end of the message.
Stage: TypeAlias = Literal["banner", "ehlo", "mail", "rcpt", "data", "quit"]


class ReplyMeaning(Enum):
    """What is told by a reply. Whether for good or for now is told by its code: 4xx or 5xx."""

    ACCEPTED = "accepted"  # 2xx and 3xx
    NO_SUCH_MAILBOX = "no_such_mailbox"  # the one meaning that proves an address dead
    NO_SUCH_RECIPIENT = "no_such_recipient"  # the mailbox or its whole domain: OpenSMTPD says the same of both
    MAILBOX_DISABLED = "mailbox_disabled"  # it is there and takes no mail: disabled, suspended, closed
    MAILBOX_FULL = "mailbox_full"  # it is there, over its quota
    GREYLISTED = "greylisted"  # the same again, later, will be accepted
    TRY_LATER = "try_later"  # put off, without a reason that tells more
    BLOCKED = "blocked"  # about us: our IP address, its name, its reputation, a block list
    POLICY = "policy"  # about the sender or the message: SPF, DMARC, authentication, content, size, HELO name
    RELAY_DENIED = "relay_denied"  # the server does not serve the recipient's domain
    RATE_LIMITED = "rate_limited"  # too many connections, recipients, messages or errors
    SERVER_STATE = "server_state"  # the server is out of disk, overloaded or set up wrongly
    PROTOCOL = "protocol"  # the command was not understood, or came at the wrong time
    UNKNOWN = "unknown"  # the reply tells nothing


# Said of one mailbox: nonsense in reply to anything but RCPT TO or the message.
ABOUT_THE_MAILBOX = frozenset({
    ReplyMeaning.NO_SUCH_MAILBOX, ReplyMeaning.MAILBOX_DISABLED, ReplyMeaning.MAILBOX_FULL,
})  # fmt: skip
# Said of a mailbox for good: a temporary code never proves it.
FOR_GOOD = frozenset({ReplyMeaning.NO_SUCH_MAILBOX, ReplyMeaning.MAILBOX_DISABLED})


@dataclass(frozen=True)
class Rule:
    """One line of the table: replies of these codes, these statuses and this text mean that.

    `codes` is a regular expression of the whole reply code and `statuses` of the enhanced code after its first digit
    ("1.1"); `text` is searched in the plain text (see `classifying.plain`). Empty matches anything, a reply without an
    enhanced code matches only an empty `statuses`.
    """

    meaning: ReplyMeaning
    codes: str = ""
    statuses: str = ""
    text: str = ""
