"""Complaints as providers pass them on to senders. Source: RFC 5965."""

from datetime import datetime
from email.utils import format_datetime

from fairlead.sandbox.making.chance import source
from fairlead.sandbox.notices.parts import (
    HEX,
    RETURNED_LIMIT,
    crlf,
    encoded,
    header_of,
    part,
    part_of_bytes,
    report,
)


def feedback_report(
    original: bytes,
    *,
    recipient: str,
    mail_from: str,
    report_to: str,
    reporter: str,
    source_ip: str,
    now: datetime,
    seed: int,
) -> bytes:
    """A complaint of `recipient`, who called the message spam, for the sender's feedback address (RFC 5965)."""
    dice = source(seed, "complaint", f"{recipient} {report_to} {now.isoformat()}")
    token = "".join(dice.choices(HEX.lower(), k=24))
    domain = mail_from.rpartition("@")[2]
    fields = [
        "Feedback-Type: abuse",
        "User-Agent: Sandbox-Feedback/1.0",
        "Version: 1",
        f"Original-Mail-From: <{mail_from}>",
        f"Original-Rcpt-To: <{recipient}>",
        f"Arrival-Date: {format_datetime(now)}",
        f"Reporting-MTA: dns; {reporter}",
        f"Source-IP: {source_ip}",
        f"Reported-Domain: {domain}",
    ]
    text = f"A person at {reporter} reported the attached message, which came from {source_ip}, as spam."
    return report(
        headers=[
            ("From", f"<feedback@{reporter}>"),
            ("To", report_to),
            ("Date", format_datetime(now)),
            ("Subject", encoded(f"FW: {header_of(original, b'subject')}")),
            ("Message-ID", f"<{token}@{reporter}>"),
            ("Auto-Submitted", "auto-generated"),
        ],
        boundary=f"part_{token}",
        parts=[
            part("text/plain; charset=us-ascii", text),
            part("message/feedback-report", "\r\n".join(fields) + "\r\n"),
            part_of_bytes("message/rfc822", crlf(original[:RETURNED_LIMIT])),
        ],
        report_type="feedback-report",
    )
