"""What may be asked of senders."""

from fairlead.senders.connecting import reading, submission
from fairlead.senders.ledger.asking import (
    letter_of,
    room_left,
    sends_of_message_ids,
    sends_of_tokens,
    sent_mails,
    thread_of,
)
from fairlead.senders.ledger.planning import plan, take_back, withdraw
from fairlead.senders.states import mailbox, mailboxes, pause, remove, resume

__all__ = [
    "letter_of",
    "mailbox",
    "mailboxes",
    "pause",
    "plan",
    "reading",
    "remove",
    "resume",
    "room_left",
    "sends_of_message_ids",
    "sends_of_tokens",
    "sent_mails",
    "submission",
    "take_back",
    "thread_of",
    "withdraw",
]
