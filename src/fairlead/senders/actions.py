"""What may be asked of senders."""

from fairlead.senders.checking import check, run_check, up_to_date
from fairlead.senders.connecting import reading, submission
from fairlead.senders.consenting import connect
from fairlead.senders.importing import bring_in, error_table, read_table, servers_of, usual_servers
from fairlead.senders.ledger.asking import (
    letter_of,
    next_planned,
    room_left,
    sends_of_message_ids,
    sends_of_tokens,
    sent_mails,
    thread_of,
    words_of,
)
from fairlead.senders.ledger.names import references_in
from fairlead.senders.ledger.planning import plan, take_back, withdraw
from fairlead.senders.mailboxes import CHECK, change, create, find
from fairlead.senders.oauth import app, authorization_url
from fairlead.senders.sending.copying import keep_copy
from fairlead.senders.sending.doubt_store import (
    all_done,
    held_mailboxes,
    next_due,
    note_seen,
    note_stored_ids,
    uncertain,
)
from fairlead.senders.sending.learning import learn_some
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
    "app",
    "authorization_url",
    "bring_in",
    "change",
    "check",
    "compare_some",
    "connect",
    "create",
    "decide",
    "error_table",
    "find",
    "give_up_comparing",
    "held_mailboxes",
    "keep_copy",
    "learn_some",
    "letter_of",
    "mailbox",
    "mailboxes",
    "next_due",
    "next_planned",
    "note_seen",
    "note_stored_ids",
    "pause",
    "plan",
    "read_table",
    "reading",
    "references_in",
    "remove",
    "resume",
    "room_left",
    "run_check",
    "sends_of_message_ids",
    "sends_of_tokens",
    "sent_mails",
    "servers_of",
    "settle_some",
    "submission",
    "take_back",
    "thread_of",
    "uncertain",
    "up_to_date",
    "usual_servers",
    "withdraw",
    "words_of",
]
