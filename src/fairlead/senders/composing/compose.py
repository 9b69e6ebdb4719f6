"""A letter, a mailbox and a recipient, put together as a message."""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from fairlead.kit.html_text import plain_text
from fairlead.kit.refusals import Invalid
from fairlead.senders.composing import headers
from fairlead.senders.composing.parts import file_part, multipart, text_part
from fairlead.senders.model import Letter, Mailbox

REFERENCE_HEADER: Final = "X-Reference-ID"
"""Names a mail by a random token, where a server has given it another Message-ID."""
SIGNATURE_PLACE: Final = "<!-- signature -->"
"""Where the mailbox's signature goes, in HTML and in text; without it, at the end."""

SIGN: Final = "-- \n"
REFERENCES_KEPT: Final = 20
MOST_OCTETS: Final = 50_000_000

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip
# What is said once, by us, or what the way of a message writes.
_RESERVED: Final = frozenset({
    "bcc", "cc", "date", "dkim-signature", "from", "in-reply-to", "list-unsubscribe", "list-unsubscribe-post",
    "message-id", "mime-version", "received", "references", "reply-to", "return-path", "sender", "subject", "to",
    REFERENCE_HEADER.lower(),
})  # fmt: skip


def compose(
    letter: Letter,
    mailbox: Mailbox,
    *,
    to_address: str,
    to_name: str,
    message_id: str,
    reference: str,
    date: datetime,
) -> bytes:
    """The message, with CRLF as line ends; the same for the same arguments.

    Copies for `mailbox.bcc` are a matter of the envelope and leave no trace here. Raises `Invalid`, naming the place,
    for what cannot stand in a header or is no address.
    """
    return b"".join((
        _headers(letter, mailbox, to_address, to_name, message_id, reference, date).encode(),
        _body(letter, mailbox.signature_html if letter.signed else None, message_id),
    ))  # fmt: skip


def _headers(
    letter: Letter, mailbox: Mailbox, to_address: str, to_name: str, message_id: str, reference: str, date: datetime
) -> str:
    lines = [
        f"Date: {_date(date, mailbox.time_zone)}\r\n",
        headers.mailbox_field("From", mailbox.sender_name, mailbox.address, "sender name"),
        headers.mailbox_field("To", to_name, to_address, "recipient"),
        headers.unstructured("Subject", letter.subject.strip(), "subject"),
        headers.message_ids("Message-ID", [message_id], "message id"),
        headers.unstructured(REFERENCE_HEADER, reference, "reference"),
    ]
    if mailbox.reply_to:
        lines.append(headers.mailbox_field("Reply-To", "", mailbox.reply_to, "reply-to address"))
    if letter.in_reply_to:
        lines.append(headers.message_ids("In-Reply-To", [letter.in_reply_to], "message replied to"))
    if references := _references(letter):
        lines.append(headers.message_ids("References", references, "references"))
    if letter.list_unsubscribe:
        lines.append(f"List-Unsubscribe:\r\n <{headers.url(letter.list_unsubscribe, 'unsubscribe link')}>\r\n")
        lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    for name, value in letter.headers:
        if headers.field_name(name).lower() in _RESERVED or name.lower().startswith("content-"):
            raise Invalid("bad_header", f"The header {name} cannot be set.", field="headers")
        lines.append(headers.unstructured(name, value, f"header {name}"))
    lines.append("MIME-Version: 1.0\r\n")
    return "".join(lines)


def _body(letter: Letter, signature_html: str | None, message_id: str) -> bytes:
    inline = [file for file in letter.attachments if file.content_id is not None]
    attached = [file for file in letter.attachments if file.content_id is None]
    if sum(len(file.content) for file in letter.attachments) > MOST_OCTETS:
        raise Invalid("too_large", f"The attachments are larger than {MOST_OCTETS // 10**6} MB.", field="attachments")
    body = text_part("plain", _signed_text(letter.text, signature_html))
    # "=_" cannot occur in quoted-printable, where "=" is followed by hex digits, nor in base64.
    edge = "=_" + hashlib.blake2b(message_id.encode(), digest_size=12).hexdigest()
    if letter.html is not None:
        html = text_part("html", _signed_html(letter.html, signature_html))
        if inline:
            html = multipart("related", f"{edge}r", [html, *map(file_part, inline)])
        body = multipart("alternative", f"{edge}a", [body, html])
    else:
        attached = [*inline, *attached]
    if attached:
        body = multipart("mixed", f"{edge}m", [body, *map(file_part, attached)])
    return body


def _references(letter: Letter) -> tuple[str, ...]:
    """The chain, the oldest kept and the middle left out where it is long (RFC 5322, section 3.6.4)."""
    chain = letter.references
    if letter.in_reply_to and letter.in_reply_to.strip("<>") not in (one.strip("<>") for one in chain):
        chain = (*chain, letter.in_reply_to)
    return chain if len(chain) <= REFERENCES_KEPT else (chain[0], *chain[1 - REFERENCES_KEPT :])


def _signed_html(html: str, signature_html: str | None) -> str:
    signature = signature_html or ""
    if SIGNATURE_PLACE in html:
        head, _, tail = html.partition(SIGNATURE_PLACE)
        return head + signature + tail.replace(SIGNATURE_PLACE, "")
    if not signature:
        return html
    # Before the end of the document, where it has one.
    end = html.lower().rfind("</body") if "</" in html[-200:] else -1
    return f"{html[:end]}{signature}{html[end:]}" if end >= 0 else f"{html}\n{signature}"


def _signed_text(text: str, signature_html: str | None) -> str:
    signature = _signature_text(signature_html) if signature_html else ""
    if SIGNATURE_PLACE in text:
        head, _, tail = text.partition(SIGNATURE_PLACE)
        # The sign of a signature, by which readers know it, stands on a line of its own (RFC 3676, section 4.3).
        sign = SIGN if signature and head.endswith(("\n", "\r")) else ""
        return head + sign + signature + tail.replace(SIGNATURE_PLACE, "")
    return f"{text.rstrip()}\n\n{SIGN}{signature}" if signature else text


@lru_cache(maxsize=1024)
def _signature_text(html: str) -> str:
    return plain_text(html)


def _date(moment: datetime, time_zone: str) -> str:
    """As in RFC 5322, section 3.3, in the mailbox's zone."""
    local = moment.astimezone(_zone(time_zone))
    offset = local.utcoffset()
    assert offset is not None
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, minutes = divmod(abs(minutes), 60)
    return (
        f"{_DAYS[local.weekday()]}, {local.day:02} {_MONTHS[local.month - 1]} {local.year:04} "
        f"{local.hour:02}:{local.minute:02}:{local.second:02} {sign}{hours:02}{minutes:02}"
    )


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
