"""A mailbox and letters for tests of composing."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from fairlead.senders.composing import compose
from fairlead.senders.model import (
    Auth,
    Check,
    CheckStatus,
    Delay,
    Encryption,
    Letter,
    Mailbox,
    MailboxId,
    MailboxState,
    Provider,
    SentCopies,
    ServerAddress,
)

NOW = datetime(2026, 3, 4, 8, 5, 6, tzinfo=UTC)
MESSAGE_ID = "abcdefghijklmnopqrst@here.example"
REFERENCE = "abcdefghijklmnopqrst.0123456789abcdef01234567"

ANN = Mailbox(
    workspace_id=1,
    id=MailboxId(300111),
    address="ann@here.example",
    sender_name="Ann Lee",
    provider=Provider.OTHER,
    smtp=ServerAddress("smtp.here.example", 465, Encryption.SSL),
    imap=None,
    login="ann@here.example",
    auth=Auth.PASSWORD,
    time_zone="Europe/Berlin",
    daily_limit=50,
    delay=Delay(600, 900),
    ramp_up=None,
    signature_html=None,
    reply_to=None,
    bcc=(),
    tags=(),
    state=MailboxState.ACTIVE,
    state_reason=None,
    sent_copies=SentCopies.NONE,
    smtp_check=Check(CheckStatus.VALID),
    imap_check=None,
    made_at=NOW,
    changed_at=NOW,
    checked_at=NOW,
)


def letter(**changes: Any) -> Letter:
    return replace(Letter(subject="Hello", html="<p>Hi Bob</p>", text="Hi Bob"), **changes)


def composed(written: Letter | None = None, mailbox: Mailbox = ANN, **how: Any) -> bytes:
    given = {
        "to_address": "bob@there.example",
        "to_name": "Bob",
        "message_id": MESSAGE_ID,
        "reference": REFERENCE,
        "date": NOW,
    } | how
    return compose(written or letter(), mailbox, **given)


def parsed(raw: bytes) -> EmailMessage:
    """As the standard library reads it, which had no hand in writing it. Defects are failures."""
    message = message_from_bytes(raw, policy=policy.default)
    defects = [(part.get_content_type(), defect) for part in message.walk() for defect in part.defects]
    for name, value in message.items():
        defects += [(name, defect) for defect in value.defects]
    assert not defects, defects
    return message


def unified(text: str) -> str:
    """With line ends as the standard library gives them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
