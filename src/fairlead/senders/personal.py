"""What the tables of senders hold of a person."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule, mentioned

_MAILS: Final = "lower(t.to_address) = any(%(keys)s)"
_MAIL_IDS: Final = "select m.id from mails m where lower(m.to_address) = any(%(keys)s)"

PERSONAL: Final = RoomRules(
    rules=(
        Rule(
            "sent_mails",
            f"t.id in ({_MAIL_IDS}) or {mentioned('t.reply')}",
            "update sent_mails t set reply = null, reason = null"
            f" where t.id in ({_MAIL_IDS}) or {mentioned('t.reply')}",
        ),
        Rule(
            "mails",
            _MAILS,
            "update mails t set to_address = 'erased@erased.invalid', to_name = '', subject = '', letter = '{}'"
            f" where {_MAILS}",
        ),
        # A mailbox of the workspace's own; what it sends from goes on until it is removed.
        Rule(
            "mailboxes",
            "t.address_key = any(%(keys)s)",
            "update mailboxes t set address = 'erased-' || t.id || '@erased.invalid',"
            " address_key = 'erased-' || t.id || '@erased.invalid', login = '', sender_name = '', signature_html = null"
            " where t.address_key = any(%(keys)s) and t.state = 'deleted'",
        ),
    ),
    free={
        "sends": "what is due when; whom to is in mails",
        "found_sends": "Message-IDs of our own",
        "mail_files": "attachments of campaigns",
        "mailbox_days": "numbers",
        "mailbox_turns": "leases",
        "mailbox_wakes": "times",
        "sending_watch": "times",
        "sending_workers": "names of processes",
    },
)
