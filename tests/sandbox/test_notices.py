"""What mail systems write: read back with the standard library."""

import email
import email.policy
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from fairlead.kit.refusals import Invalid
from fairlead.sandbox.notices import (
    Failure,
    Notice,
    Robot,
    Vendor,
    automatic_answer,
    delivery_notice,
    feedback_report,
)

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
ORIGINAL = (
    "From: Sam <sam@shop.example>\nTo: gone@north.example\nSubject: Grüße, Ann\n"
    "Message-ID: <one@shop.example>\nX-Ref: 77\n\nHello Ann\n"
).encode()
FAILURES = (
    Failure("gone@north.example", "5.1.1", "550 5.1.1 <gone@north.example>: no such user", "mx.north.example"),
    Failure("full@north.example", "4.2.2", problem="mailbox full"),
)


def notice(*, delayed: bool = False, failures: tuple[Failure, ...] = FAILURES) -> Notice:
    return Notice(
        failures=failures,
        original=ORIGINAL,
        sender="sam@shop.example",
        reporting_host="mail.shop.example",
        now=NOW,
        arrived=NOW - timedelta(hours=5),
        retried_until=NOW + timedelta(days=4) if delayed else None,
    )


def read(raw: bytes) -> EmailMessage:
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


@pytest.mark.parametrize("delayed", [False, True])
@pytest.mark.parametrize("vendor", [Vendor.POSTFIX, Vendor.EXCHANGE, Vendor.GMAIL])
def test_a_report_names_every_recipient_with_its_status_and_returns_the_message(vendor: Vendor, delayed: bool):
    message = read(delivery_notice(vendor, notice(delayed=delayed), seed=1))
    assert message.get_content_type() == "multipart/report"
    assert message["Content-Type"].params["report-type"] == "delivery-status"
    assert message["Auto-Submitted"] == "auto-replied"
    words, status, returned = list(message.iter_parts())
    assert status.get_content_type() == "message/delivery-status"
    about, *groups = status.get_payload()
    assert about["Reporting-MTA"].startswith("dns;")
    assert [group["Final-Recipient"].partition(";")[2].strip() for group in groups] == [
        "gone@north.example",
        "full@north.example",
    ]
    assert {group["Action"] for group in groups} == {"delayed" if delayed else "failed"}
    assert [group["Status"] for group in groups] == ["5.1.1", "4.2.2"]
    assert groups[0]["Diagnostic-Code"].partition(";")[2].strip() == FAILURES[0].reply
    assert (groups[0]["Will-Retry-Until"] is not None) is delayed
    assert b"<one@shop.example>" in returned.as_bytes()
    assert "gone@north.example" in words.get_body(("plain",)).get_content()


@pytest.mark.parametrize("delayed", [False, True])
def test_exim_writes_plain_text_and_names_the_failed_in_a_header(delayed: bool):
    message = read(delivery_notice(Vendor.EXIM, notice(delayed=delayed), seed=1))
    assert message.get_content_type() == "text/plain"
    assert message["X-Failed-Recipients"] == "gone@north.example, full@north.example"
    text = message.get_content()
    assert FAILURES[0].reply in text
    assert ("Message-ID: <one@shop.example>" in text) is not delayed


def test_qmail_writes_its_own_form_and_nothing_about_delays():
    text = read(delivery_notice(Vendor.QMAIL, notice(), seed=1)).get_content()
    assert text.startswith("Hi. This is the qmail-send program at mail.shop.example.")
    assert "<gone@north.example>:" in text
    head, _, copy = text.partition("--- Below this line is a copy of the message.")
    assert "mailbox full" in head
    assert "X-Ref: 77" in copy
    with pytest.raises(Invalid):
        delivery_notice(Vendor.QMAIL, notice(delayed=True), seed=1)


@pytest.mark.parametrize("vendor", list(Vendor))
def test_nothing_of_the_far_side_can_add_a_header_and_the_seed_repeats_itself(vendor: Vendor):
    evil = Failure("a@b.example", "5.0.0", "550 no\r\nBcc: x@y.example", "mx.b.example")
    raw = delivery_notice(vendor, notice(failures=(evil,)), seed=7)
    assert raw == delivery_notice(vendor, notice(failures=(evil,)), seed=7)
    assert b"\nBcc:" not in raw


def test_a_complaint_has_the_fields_of_a_feedback_report():
    message = read(
        feedback_report(
            ORIGINAL,
            recipient="ann@north.example",
            mail_from="sam@shop.example",
            report_to="fbl@shop.example",
            reporter="north.example",
            source_ip="127.64.0.9",
            now=NOW,
            seed=1,
        )
    )
    assert message["Content-Type"].params["report-type"] == "feedback-report"
    _, report, original = list(message.iter_parts())
    assert report.get_content_type() == "message/feedback-report"
    fields = email.message_from_bytes(report.get_payload(decode=True) or report.as_bytes().split(b"\n\n", 1)[1])
    assert fields["Feedback-Type"] == "abuse"
    assert fields["Original-Rcpt-To"] == "<ann@north.example>"
    assert original.get_content_type() == "message/rfc822"


@pytest.mark.parametrize("robot", list(Robot))
def test_an_automatic_answer_says_so_in_the_manner_of_its_program(robot: Robot):
    message = read(
        automatic_answer(
            robot=robot,
            answerer="Łucja Nowak",
            address="lucja@north.example",
            to="sam@shop.example",
            subject="Automatic reply: Grüße",
            text="Bis zum 12.01.2026.",
            original_id="<one@shop.example>",
            now=NOW,
            seed=1,
        )
    )
    assert message["From"].addresses[0].display_name == "Łucja Nowak"
    assert message["In-Reply-To"] == "<one@shop.example>"
    said = {
        name for name in ("Auto-Submitted", "X-Auto-Response-Suppress", "X-Autoreply", "Precedence") if message[name]
    }
    assert {
        Robot.STANDARD: {"Auto-Submitted"},
        Robot.EXCHANGE: {"Auto-Submitted", "X-Auto-Response-Suppress"},
        Robot.GMAIL: {"Auto-Submitted", "X-Autoreply", "Precedence"},
        Robot.OLD: {"Precedence"},
        Robot.NAMELESS: set(),
    }[robot] == said
