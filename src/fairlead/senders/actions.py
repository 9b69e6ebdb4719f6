"""What may be asked of senders."""

from fairlead.senders.checking import check, run_check, up_to_date
from fairlead.senders.connecting import reading, submission
from fairlead.senders.ledger.asking import (
    letter_of,
    room_left,
    sends_of_message_ids,
    sends_of_tokens,
    sent_mails,
    thread_of,
    words_of,
)
from fairlead.senders.ledger.planning import plan, take_back, withdraw
from fairlead.senders.mailboxes import CHECK, change, create, find
from fairlead.senders.sending.copying import keep_copy
from fairlead.senders.sending.doubt_store import all_done, held_mailboxes, note_seen, note_stored_ids, uncertain
from fairlead.senders.sending.proving import decide, settle_some
from fairlead.senders.sending.purposes import Plain
from fairlead.senders.sending.restoring import compare_some, give_up_comparing
from fairlead.senders.sending.settling import COPY
from fairlead.senders.states import mailbox, mailboxes, pause, remove, resume

__all__ = [
    "CHECK",
    "COPY",
    "Plain",
    "all_done",
    "change",
    "check",
    "compare_some",
    "create",
    "decide",
    "find",
    "give_up_comparing",
    "held_mailboxes",
    "keep_copy",
    "letter_of",
    "mailbox",
    "mailboxes",
    "note_seen",
    "note_stored_ids",
    "pause",
    "plan",
    "reading",
    "remove",
    "resume",
    "room_left",
    "run_check",
    "sends_of_message_ids",
    "sends_of_tokens",
    "sent_mails",
    "settle_some",
    "submission",
    "take_back",
    "thread_of",
    "uncertain",
    "up_to_date",
    "withdraw",
    "words_of",
]
