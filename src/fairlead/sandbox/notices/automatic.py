"""Automatic answers: out of office, and the acknowledgment of a shared mailbox. Source: RFC 3834."""

from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum

from fairlead.sandbox.making.chance import source
from fairlead.sandbox.notices.parts import (
    HEX,
    crlf,
    encoded,
    encoded_name,
    one_line,
    plain,
)


class Robot(StrEnum):
    """Which headers an automatic answer says so with."""

    STANDARD = "standard"  # RFC 3834
    EXCHANGE = "exchange"
    GMAIL = "gmail"
    OLD = "old"  # Precedence alone, as older programs write
    NAMELESS = "nameless"  # nothing at all: only the words tell


ROBOT_HEADERS: dict[Robot, tuple[tuple[str, str], ...]] = {
    Robot.STANDARD: (("Auto-Submitted", "auto-replied"),),
    Robot.EXCHANGE: (("X-Auto-Response-Suppress", "All"), ("Auto-Submitted", "auto-generated")),
    Robot.GMAIL: (("Precedence", "bulk"), ("X-Autoreply", "yes"), ("Auto-Submitted", "auto-replied")),
    Robot.OLD: (("Precedence", "auto_reply"), ("X-Autorespond", "yes")),
    Robot.NAMELESS: (),
}


def automatic_answer(
    *,
    robot: Robot,
    answerer: str,
    address: str,
    to: str,
    subject: str,
    text: str,
    original_id: str | None,
    now: datetime,
    seed: int,
) -> bytes:
    """An out-of-office note or acknowledgment, to be sent with an empty envelope sender (RFC 3834, section 3.3)."""
    dice = source(seed, "automatic answer", f"{address} {to} {now.isoformat()}")
    token = "".join(dice.choices(HEX.lower(), k=20))
    return plain(
        headers=[
            ("From", f"{encoded_name(answerer)} <{address}>"),
            ("To", to),
            ("Subject", encoded(one_line(subject))),
            ("Date", format_datetime(now)),
            ("Message-ID", f"<{token}@{address.rpartition('@')[2]}>"),
            *([("In-Reply-To", original_id), ("References", original_id)] if original_id else []),
            *ROBOT_HEADERS[robot],
        ],
        body=crlf(text.encode()) + b"\r\n",
    )
