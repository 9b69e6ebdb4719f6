"""How fast a letter takes the form mail has, on one core.

    python benchmarks/composing.py [--scale 0.1]

A letter as sequences send it: a greeting and name of its own, 2 kB of HTML with a signature, the text part, an
unsubscribe link, a thread. Beside it the same message built with the standard library, by `EmailMessage` and by
`email.mime`. At a scale of 1, 200,000 messages are composed and 4,000 built by each peer.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime

from fairlead.senders.composing import REFERENCE_HEADER, compose
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

PROMISED_PER_SECOND = 10_000
MESSAGES = 200_000
OF_PEERS = 4_000
NOW = datetime(2026, 3, 4, 8, 5, 6, tzinfo=UTC)
PARAGRAPH = (
    '<p style="margin:0 0 12px">Teams like yours tell us that hiring takes longer than planned – and that most of the '
    'time goes into <a href="https://go.example/c/abcdefgh/1?url=https%3A%2F%2Fhere.example%2F">finding</a> people. '
    "We would like to show you how others of your size, in your city, go about it.</p>\n"
)
SIGNATURE = '<p>Ann Lee<br>Here Ltd., Zürich<br><a href="https://here.example">here.example</a></p>'
MAILBOX = Mailbox(
    workspace_id=1, id=MailboxId(1), address="ann@here.example", sender_name="Ann Lee", provider=Provider.OTHER,
    smtp=ServerAddress("smtp.here.example", 465, Encryption.SSL), imap=None, login="ann@here.example",
    auth=Auth.PASSWORD, time_zone="Europe/Zurich", daily_limit=50, delay=Delay(600, 900), ramp_up=None,
    signature_html=SIGNATURE, reply_to="sales@here.example", bcc=(), tags=(), state=MailboxState.ACTIVE,
    state_reason=None, sent_copies=SentCopies.NONE, smtp_check=Check(CheckStatus.VALID), imap_check=None,
    made_at=NOW, changed_at=NOW, checked_at=NOW,
)  # fmt: skip


def letter(number: int) -> tuple[Letter, str, str, str]:
    """A letter, the recipient's address and name, and the token."""
    name = f"Bjørn Person{number}" if number % 4 == 0 else f"Bob Person{number}"
    html = f"<html><body><p>Hello {name},</p>\n{PARAGRAPH * 5}</body></html>"
    text = f"Hello {name},\n\n" + "Teams like yours tell us that hiring takes longer than planned.\n" * 10
    token = f"token{number:020}"
    written = Letter(
        f"Re: A question about Company {number}",
        html,
        text,
        in_reply_to=f"before{number:020}@here.example",
        list_unsubscribe=f"https://go.example/u/{token}",
    )
    return written, f"bob{number}@there{number % 1000}.example", name, token


def with_ours(number: int) -> bytes:
    written, address, name, token = letter(number)
    return compose(
        written, MAILBOX, to_address=address, to_name=name, message_id=f"{token}@here.example",
        reference=f"{token}.0123456789abcdef01234567", date=NOW,
    )  # fmt: skip


def _fill(message: EmailMessage | MIMEMultipart, written: Letter, address: str, name: str, token: str) -> None:
    message["Date"] = format_datetime(NOW)
    message["From"] = "Ann Lee <ann@here.example>"
    message["To"] = f"{name} <{address}>"
    message["Subject"] = written.subject
    message["Message-ID"] = f"<{token}@here.example>"
    message[REFERENCE_HEADER] = f"{token}.0123456789abcdef01234567"
    message["Reply-To"] = "sales@here.example"
    message["In-Reply-To"] = message["References"] = f"<{written.in_reply_to}>"
    message["List-Unsubscribe"] = f"<{written.list_unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def with_email_message(number: int) -> bytes:
    written, address, name, token = letter(number)
    message = EmailMessage(policy=SMTP)
    _fill(message, written, address, name, token)
    message.set_content(written.text + "\n-- \nAnn Lee\nHere Ltd., Zürich\nhere.example", cte="quoted-printable")
    assert written.html is not None
    html = written.html.replace("</body>", SIGNATURE + "</body>")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def with_email_mime(number: int) -> bytes:
    written, address, name, token = letter(number)
    message = MIMEMultipart("alternative")
    _fill(message, written, address, name, token)
    message.attach(MIMEText(written.text + "\n-- \nAnn Lee\nHere Ltd., Zürich\nhere.example", "plain", "utf-8"))
    assert written.html is not None
    message.attach(MIMEText(written.html.replace("</body>", SIGNATURE + "</body>"), "html", "utf-8"))
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def letters_alone(number: int) -> bytes:
    letter(number)
    return b""


def measured(build: Callable[[int], bytes], times: int) -> tuple[float, float, int]:
    """(wall seconds, CPU seconds, octets)."""
    wall, cpu, octets = time.perf_counter(), time.process_time(), 0
    for number in range(times):
        octets += len(build(number))
    return time.perf_counter() - wall, time.process_time() - cpu, octets


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    scale = parser.parse_args().scale
    times = max(1000, round(MESSAGES * scale))
    of_peers = max(200, round(OF_PEERS * scale))
    # What it takes to make up the letters is nobody's composing.
    _, making, _ = measured(letters_alone, times)
    per_second = {}
    builders = {"EmailMessage": (with_email_message, of_peers), "email.mime": (with_email_mime, of_peers)}
    for name, (build, count) in {"ours": (with_ours, times), **builders}.items():
        build(0)
        wall, cpu, octets = measured(build, count)
        cpu -= making * count / times
        per_second[name] = count / cpu
        print(
            f"  {name:<14} {count / cpu:>9,.0f} messages a second of CPU ({count:,} of {octets // count:,} octets; "
            f"{wall:.2f} s wall, {cpu:.2f} s CPU)"
        )
    ratio = per_second["ours"] / PROMISED_PER_SECOND
    print(f"  ours: {ratio:.2f} x the {PROMISED_PER_SECOND:,} promised for a core", end="")
    print("".join(f"; {per_second['ours'] / per_second[peer]:.0f} x {peer}" for peer in ("EmailMessage", "email.mime")))
    return 0 if ratio >= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
