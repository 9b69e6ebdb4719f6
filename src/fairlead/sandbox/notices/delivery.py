"""Delivery notices in the manner of five mail systems, about failures and about delays.

Source: RFC 3464 and 6522 for reports, 3463 for status codes; qmail's plain form is described with that program as
"QSBMF".
"""

import html
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

from fairlead.kit.refusals import Invalid
from fairlead.sandbox.mailboxes import header_section
from fairlead.sandbox.making.chance import source
from fairlead.sandbox.notices.parts import (
    HEX,
    LETTERS,
    RETURNED_LIMIT,
    crlf,
    encoded,
    header_of,
    headers_text,
    multipart,
    one_line,
    part,
    part_of_bytes,
    plain,
    report,
)


class Vendor(StrEnum):
    POSTFIX = "postfix"
    EXIM = "exim"  # plain text, without the parts of RFC 3464
    EXCHANGE = "exchange"
    GMAIL = "gmail"
    QMAIL = "qmail"  # plain text of its own form


@dataclass(frozen=True)
class Failure:
    """One recipient that a message did not reach.

    `reply` is what the far server said, with its code: `550 5.1.1 <ann@x.example>: ... unknown`. It is empty where
    none answered, and `problem` says why.
    """

    recipient: str
    status: str
    reply: str = ""
    remote_host: str = ""
    problem: str = ""

    @property
    def diagnosis(self) -> str:
        return one_line(self.reply or self.problem or "no further words")


@dataclass(frozen=True)
class Notice:
    """Why, for whom and when. `retried_until` makes it a warning about a delay; None is a failure for good."""

    failures: tuple[Failure, ...]
    original: bytes
    sender: str
    reporting_host: str
    now: datetime
    arrived: datetime
    retried_until: datetime | None = None

    @property
    def delayed(self) -> bool:
        return self.retried_until is not None

    @property
    def action(self) -> str:
        return "delayed" if self.delayed else "failed"


def delivery_notice(vendor: Vendor, notice: Notice, *, seed: int) -> bytes:
    """The message to `notice.sender`, to be sent with an empty envelope sender. CRLF line ends.

    Raises `Invalid` for a delay in qmail's form, as qmail does not write about delays.
    """
    dice = source(seed, "notice", f"{notice.sender} {notice.failures[0].recipient} {notice.now.isoformat()}")
    match vendor:
        case Vendor.POSTFIX:
            return _postfix(notice, dice)
        case Vendor.EXIM:
            return _exim(notice, dice)
        case Vendor.EXCHANGE:
            return _exchange(notice, dice)
        case Vendor.GMAIL:
            return _gmail(notice, dice)
        case Vendor.QMAIL:
            if notice.delayed:
                raise Invalid("no_such_notice", "qmail sends no notices about delays.", field="vendor")
            return _qmail(notice, dice)


def _postfix(notice: Notice, dice: random.Random) -> bytes:
    queue_id = "".join(dice.choices(HEX, k=11))
    subject = "Delayed Mail (still being retried)" if notice.delayed else "Undelivered Mail Returned to Sender"
    boundary = f"{queue_id}.{int(notice.now.timestamp())}/{notice.reporting_host}"
    verdict = (
        "It is still in the queue and will be tried again, so there is nothing to do for you yet."
        if notice.delayed
        else "It could not be handed over to the recipients below, and no further try will follow."
    )
    words = [
        f"This is the mail system at host {notice.reporting_host}.",
        "",
        "A message you sent is the reason for this report.",
        verdict,
        "",
        "                   The mail system",
        "",
    ]
    for failure in notice.failures:
        said = (
            f"host {failure.remote_host} said:\r\n    {failure.diagnosis} (in reply to RCPT TO command)"
            if failure.reply
            else failure.diagnosis
        )
        words += [f"<{failure.recipient}>: {said}", ""]
    fields = [f"Reporting-MTA: dns; {notice.reporting_host}", f"X-Postfix-Queue-ID: {queue_id}"]
    fields += [f"X-Postfix-Sender: rfc822; {notice.sender}", f"Arrival-Date: {format_datetime(notice.arrived)}"]
    returned = _returned(notice, headers_only=notice.delayed, description="Undelivered Message")
    return report(
        headers=[
            ("Date", format_datetime(notice.now)),
            ("From", f"MAILER-DAEMON@{notice.reporting_host} (Mail Delivery System)"),
            ("Subject", subject),
            ("To", notice.sender),
            ("Auto-Submitted", "auto-replied"),
            ("Message-Id", f"<{notice.now:%Y%m%d%H%M%S}.{queue_id}@{notice.reporting_host}>"),
        ],
        boundary=boundary,
        parts=[
            part("text/plain; charset=us-ascii", "\r\n".join(words), description="Notification"),
            part(
                "message/delivery-status",
                _status(notice, fields, original_recipient=True),
                description="Delivery report",
            ),
            returned,
        ],
    )


def _exchange(notice: Notice, dice: random.Random) -> bytes:
    outer, inner = (f"_{number:03d}_{''.join(dice.choices(HEX.lower(), k=32))}_" for number in (4, 5))
    subject = header_of(notice.original, b"subject")
    names = ", ".join(failure.recipient for failure in notice.failures)
    verdict = (
        f"Handing over the message to {names} takes longer than it should. Nothing is lost; more tries follow."
        if notice.delayed
        else f"Your message to {names} could not be delivered."
    )
    text = [verdict, ""]
    for failure in notice.failures:
        text += [failure.recipient, f"Remote server returned '{failure.diagnosis}'", ""]
    text += ["Diagnostic information for administrators:", "", f"Generating server: {notice.reporting_host}", ""]
    text += [f"{failure.recipient}\r\nRemote Server returned '{failure.diagnosis}'" for failure in notice.failures]
    text += ["", "Original message headers:", "", headers_text(notice.original)]
    page = "".join(f"<p>{html.escape(line)}</p>\r\n" for line in text if line)
    alternative = multipart(
        "multipart/alternative",
        inner,
        [
            part("text/plain; charset=utf-8", "\r\n".join(text), transfer_encoding="8bit"),
            part("text/html; charset=utf-8", f"<html><body>\r\n{page}</body></html>", transfer_encoding="8bit"),
        ],
    )
    fields = [
        f"Reporting-MTA: dns;{notice.reporting_host}",
        f"Received-From-MTA: dns;{notice.sender.rpartition('@')[2]}",
        f"Arrival-Date: {format_datetime(notice.arrived)}",
    ]
    prefix = "Delivery delayed:" if notice.delayed else "Undeliverable: "
    original_id = header_of(notice.original, b"message-id")
    number = "".join(dice.choices(HEX.lower(), k=32))
    return report(
        headers=[
            ("From", f"Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{notice.reporting_host}>"),
            ("To", notice.sender),
            ("Date", format_datetime(notice.now)),
            ("Subject", encoded(f"{prefix}{subject}")),
            ("Message-ID", f"<{number}@{notice.reporting_host}>"),
            ("Content-Language", "en-US"),
            *([("In-Reply-To", original_id), ("References", original_id)] if original_id else []),
            ("X-MS-Exchange-Message-Is-Ndr", ""),
            ("Auto-Submitted", "auto-replied"),
        ],
        boundary=outer,
        parts=[
            alternative,
            part("message/delivery-status", _status(notice, fields, compact=True)),
            _returned(notice, headers_only=True, as_message=True),
        ],
    )


def _gmail(notice: Notice, dice: random.Random) -> bytes:
    outer, related = ("0" * 12 + "".join(dice.choices(HEX.lower(), k=16)) for _ in range(2))
    text = []
    for failure in notice.failures:
        if notice.delayed:
            text += ["** Delivery incomplete **", "", f"Mail for {failure.recipient} meets a temporary problem."]
            text.append(f"Google keeps trying until {format_datetime(notice.retried_until or notice.now)}.")
        else:
            text += ["** Address not found **" if failure.status == "5.1.1" else "** Message not delivered **", ""]
            text.append(f"{failure.recipient} did not get your message; see the answer of the other side.")
        text += ["", "The response was:", "", failure.diagnosis, ""]
    page = "".join(f"<p>{html.escape(line)}</p>\r\n" for line in text if line)
    alternative = multipart(
        "multipart/alternative",
        related,
        [
            part('text/plain; charset="UTF-8"', "\r\n".join(text), transfer_encoding="8bit"),
            part('text/html; charset="UTF-8"', f"<html>{page}</html>", transfer_encoding="8bit"),
        ],
    )
    original_id = header_of(notice.original, b"message-id")
    fields = ["Reporting-MTA: dns; googlemail.com", f"Arrival-Date: {format_datetime(notice.arrived)}"]
    if original_id:
        fields.append(f"X-Original-Message-ID: {original_id}")
    token = "".join(dice.choices(HEX.lower(), k=8))
    return report(
        headers=[
            ("From", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"),
            ("To", notice.sender),
            ("Auto-Submitted", "auto-replied"),
            ("Subject", f"Delivery Status Notification ({'Delay' if notice.delayed else 'Failure'})"),
            *([("In-Reply-To", original_id), ("References", original_id)] if original_id else []),
            ("X-Failed-Recipients", ", ".join(failure.recipient for failure in notice.failures)),
            ("Message-ID", f"<{token}.{token[::-1]}.{dice.randrange(16**6):06x}.GMR@mx.google.com>"),
            ("Date", format_datetime(notice.now)),
        ],
        boundary=outer,
        parts=[
            alternative,
            part("message/delivery-status", _status(notice, fields, last_attempt=True)),
            _returned(notice, headers_only=False),
        ],
    )


def _exim(notice: Notice, dice: random.Random) -> bytes:
    number = "-".join("".join(dice.choices(LETTERS, k=size)) for size in (6, 6, 2))
    if notice.delayed:
        hours = max(1, round((notice.now - notice.arrived) / timedelta(hours=1)))
        subject = f"Warning: message {number} delayed {hours} hours"
        text = [
            "This message was created automatically by mail delivery software.",
            f"For {hours} hours the message below has waited here for one or more of its recipients.",
            "",
            f"The message identifier is:     {number}",
            f"The subject of the message is: {header_of(notice.original, b'subject')}",
            "",
            "The address to which it has not yet been delivered:",
            "",
        ]
    else:
        subject = "Mail delivery failed: returning message to sender"
        text = [
            "This message was created automatically by mail delivery software.",
            "",
            "What you sent did not reach all of its recipients, and waiting will not help.",
            "The following address(es) failed:",
            "",
        ]
    for failure in notice.failures:
        text.append(f"  {failure.recipient}")
        if failure.remote_host:
            text.append(f"    host {failure.remote_host}")
            text.append(f"    SMTP error from remote mail server after RCPT TO:<{failure.recipient}>:")
        text += [f"    {failure.diagnosis}", ""]
    body = "\r\n".join(text)
    if not notice.delayed:
        body += "\r\n------ This is a copy of the message, including all the headers. ------\r\n\r\n"
    return plain(
        headers=[
            ("X-Failed-Recipients", ", ".join(failure.recipient for failure in notice.failures)),
            ("Auto-Submitted", "auto-replied"),
            ("From", f"Mail Delivery System <Mailer-Daemon@{notice.reporting_host}>"),
            ("To", notice.sender),
            ("Subject", subject),
            ("Message-Id", f"<E{number}@{notice.reporting_host}>"),
            ("Date", format_datetime(notice.now)),
        ],
        body=body.encode() + (b"" if notice.delayed else crlf(notice.original[:RETURNED_LIMIT])),
    )


def _qmail(notice: Notice, dice: random.Random) -> bytes:
    text = [
        f"Hi. This is the qmail-send program at {notice.reporting_host}.",
        "Some of your recipients did not get the message below. This is final;",
        "I have stopped trying.",
        "",
    ]
    for failure in notice.failures:
        text.append(f"<{failure.recipient}>:")
        if failure.reply:
            text += [f"{failure.remote_host} does not like recipient.", f"Remote host said: {failure.diagnosis}"]
            text += [f"Giving up on {failure.remote_host}.", ""]
        else:
            text += [failure.diagnosis, ""]
    text += ["--- Below this line is a copy of the message.", "", f"Return-Path: <{notice.sender}>", ""]
    return plain(
        headers=[
            ("Date", format_datetime(notice.now)),
            ("From", f"MAILER-DAEMON@{notice.reporting_host}"),
            ("To", notice.sender),
            ("Subject", "failure notice"),
            ("Message-ID", f"<{notice.now:%Y%m%d%H%M%S}.{dice.randrange(1, 32768)}.qmail@{notice.reporting_host}>"),
        ],
        body="\r\n".join(text).encode() + crlf(notice.original[:RETURNED_LIMIT]),
    )


def _status(
    notice: Notice,
    fields: Sequence[str],
    *,
    original_recipient: bool = False,
    compact: bool = False,
    last_attempt: bool = False,
) -> str:
    """The fields about the message, then a group for each recipient (RFC 3464, section 2)."""
    space = "" if compact else " "
    groups = ["\r\n".join(fields)]
    for failure in notice.failures:
        lines = [f"Final-Recipient: rfc822;{space}{failure.recipient}"]
        if original_recipient:
            lines.append(f"Original-Recipient: rfc822;{failure.recipient}")
        lines += [f"Action: {notice.action}", f"Status: {failure.status}"]
        if failure.remote_host:
            lines.append(f"Remote-MTA: dns;{space}{failure.remote_host}")
        if failure.diagnosis:
            lines.append(f"Diagnostic-Code: {'smtp' if failure.reply else 'X-Local'};{space}{failure.diagnosis}")
        if last_attempt:
            lines.append(f"Last-Attempt-Date: {format_datetime(notice.now)}")
        if notice.retried_until is not None:
            lines.append(f"Will-Retry-Until: {format_datetime(notice.retried_until)}")
        groups.append("\r\n".join(lines))
    return "\r\n\r\n".join(groups) + "\r\n"


def _returned(notice: Notice, *, headers_only: bool, as_message: bool = False, description: str | None = None) -> bytes:
    """The original: whole, or its header, which Exchange calls a message all the same."""
    if not headers_only:
        return part_of_bytes("message/rfc822", crlf(notice.original[:RETURNED_LIMIT]), description=description)
    header = crlf(header_section(notice.original))
    kind = "message/rfc822" if as_message else "text/rfc822-headers"
    return part_of_bytes(kind, header, description=f"{description} Headers" if description else None)
