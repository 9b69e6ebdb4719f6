"""The decision table: from what was heard to a verdict. Pure."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest

from fairlead.verifier.model import Answer, NoRoute, Reason, Silence, SmtpStatus, UnknownReason
from fairlead.verifier.replies import ReplyMeaning, classify
from fairlead.verifier.rules import RETRY_AFTER, accepts_made_up, believed_for, next_retry, verdict

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
OK = Answer("rcpt", 250, ReplyMeaning.ACCEPTED)
STAGES = ("banner", "ehlo", "mail", "rcpt", "data", "quit")


def said(text: str, stage: str = "rcpt") -> Answer:
    code = int(text[:3])
    return Answer(stage, code, classify(stage, code, None, text[4:]), text[4:])


NOBODY = said("550 5.1.1 User unknown")

# What the servers of the house's notes say, section 1 and 3, and what it comes to.
TABLE = [
    ("450 4.2.0 <a@b>: Recipient address rejected: Greylisted, see http://postgrey.example/b", Reason.GREYLISTED, True),
    ("450 4.1.1 <a@b>: Recipient address rejected: unverified address: connect timeout", Reason.TRY_LATER, True),
    ("550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using Spamhaus", Reason.BLOCKED, False),
    ("452 4.3.1 Insufficient system storage", Reason.SERVER_STATE, True),
    ("524 5.2.4 Mailing list expansion problem", Reason.NO_SUCH_MAILBOX, False),
    ("550 relay not permitted", Reason.RELAY_DENIED, False),
    ("421 4.7.0 Try again later, closing connection.", Reason.TRY_LATER, True),
    ("452 4.2.2 <a@b>: Recipient address rejected: Mailbox is over quota", Reason.MAILBOX_FULL, False),
    ("552 5.2.2 Mailbox full", Reason.MAILBOX_FULL, False),
    ("550 5.1.1 <a@b>: Recipient address rejected: User unknown in virtual mailbox", Reason.NO_SUCH_MAILBOX, False),
    ("550 5.1.0 Address rejected", Reason.NO_SUCH_MAILBOX, False),
    ("550 5.1.6 Recipient no longer on server", Reason.NO_SUCH_MAILBOX, False),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP lookup", Reason.NO_SUCH_MAILBOX, False),
    ("550 5.2.1 <a@b>: Recipient address rejected: Mailbox disabled", Reason.MAILBOX_DISABLED, False),
    ("551 User not local; please try <a@c>", Reason.NO_SUCH_MAILBOX, False),
    ("550 5.1.8 Sender address rejected: domain not found", Reason.POLICY, False),
    ("550 5.7.23 The message was rejected because of SPF policy", Reason.POLICY, False),
    ("451 4.7.1 Try again later", Reason.GREYLISTED, True),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "reason", "temporary"), TABLE, ids=[text[:40] for text, _, _ in TABLE])
def test_what_a_server_says_of_a_recipient_comes_to_the_verdict_of_the_table(reply, reason, temporary):
    finding = verdict(said(reply), accepts_anything=False)
    assert (finding.reason, finding.temporary) == (reason, temporary)


@pytest.mark.parametrize(
    ("no_route", "status", "reason"),
    [
        (NoRoute.NO_SUCH_DOMAIN, SmtpStatus.NOT_VALID, None),
        (NoRoute.NULL_MX, SmtpStatus.NOT_VALID, None),
        (NoRoute.NO_MAIL_SERVER, SmtpStatus.NOT_VALID, None),
        (NoRoute.LOOPBACK, SmtpStatus.NOT_VALID, None),
        (NoRoute.PRIVATE, SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR),
        (NoRoute.DNS_FAILED, SmtpStatus.UNKNOWN, UnknownReason.CONNECTION_ERROR),
    ],
)
def test_a_domain_without_a_server_to_ask_is_judged_by_its_records(no_route, status, reason):
    found = verdict(no_route).reason
    assert (found.status, found.unknown_reason) == (status, reason)


@pytest.mark.parametrize(
    ("of_made_up", "reason"),
    [
        (NOBODY, Reason.ACCEPTED),
        (said("550 relay not permitted"), Reason.ACCEPTED),
        (said("550 no"), Reason.ACCEPTED),
        (OK, Reason.CATCH_ALL),
        (None, Reason.UNPROVEN),
        (Silence.LOST, Reason.UNPROVEN),
        (said("450 4.2.0 Greylisted"), Reason.UNPROVEN),
        (said("452 4.5.3 Too many recipients"), Reason.UNPROVEN),
        (said("550 5.7.1 Client host [192.0.2.1] blocked using Spamhaus"), Reason.BLOCKED),
        (said("550 5.7.1 Sender address rejected: not allowed"), Reason.BLOCKED),
        (said("452 4.3.1 Insufficient system storage"), Reason.UNPROVEN),
    ],
)
def test_an_acceptance_is_worth_what_the_made_up_name_proves(of_made_up, reason):
    assert verdict(OK, of_made_up=of_made_up).reason is reason


def test_what_is_known_of_a_domain_needs_no_proof():
    assert verdict(OK, accepts_anything=False).reason is Reason.ACCEPTED
    assert verdict(OK, accepts_anything=True).reason is Reason.CATCH_ALL
    assert verdict(Silence.NOT_ASKED).reason is Reason.CATCH_ALL


def every_answer():
    codes = (200, 250, 251, 421, 450, 451, 452, 500, 503, 521, 550, 551, 552, 553, 554, 556)
    cases = product(STAGES, codes, ReplyMeaning)
    return [
        Answer(stage, code, meaning)
        for stage, code, meaning in cases
        if (code < 300) == (meaning is ReplyMeaning.ACCEPTED)
    ]


def test_nothing_is_valid_without_proof_and_nothing_a_catch_all_without_evidence():
    for answer in every_answer():
        assert verdict(answer).reason.status is not SmtpStatus.VALID
        assert verdict(answer).reason is not Reason.CATCH_ALL
    for made_up in every_answer():
        known = accepts_made_up(made_up)
        assert known is not True or (made_up.stage, made_up.meaning) == ("rcpt", ReplyMeaning.ACCEPTED)
        assert known is not False or made_up.code >= 500


def test_only_a_word_for_good_about_this_mailbox_makes_an_address_not_valid():
    for answer in every_answer():
        if verdict(answer, accepts_anything=False).reason.status is SmtpStatus.NOT_VALID:
            assert answer.stage == "rcpt"
            assert answer.code >= 500
            assert answer.meaning in (ReplyMeaning.NO_SUCH_MAILBOX, ReplyMeaning.MAILBOX_DISABLED)


@pytest.mark.parametrize(
    ("text", "stage", "reason", "temporary"),
    [
        ("554 5.7.1 Client host [192.0.2.1] blocked using Spamhaus", "banner", Reason.BLOCKED, False),
        ("421 4.7.0 Error: too many connections from 192.0.2.1", "banner", Reason.REFUSED, True),
        ("550 5.7.1 <a@b>: Sender address rejected: Client host [192.0.2.1] blocked", "mail", Reason.BLOCKED, False),
        ("451 4.3.0 Temporary lookup failure", "mail", Reason.TRY_LATER, True),
        ("550 5.1.1 User unknown", "mail", Reason.POLICY, False),
    ],
)
def test_whoever_is_turned_away_before_naming_a_recipient_learns_nothing_of_it(text, stage, reason, temporary):
    finding = verdict(said(text, stage))
    assert finding.reason is reason
    assert finding.reason.status is SmtpStatus.UNKNOWN
    assert finding.temporary is temporary


def test_every_unknown_has_a_reason_of_the_contract_and_nothing_else_has():
    for reason in Reason:
        assert (reason.unknown_reason is None) == (reason.status is not SmtpStatus.UNKNOWN)
        assert reason.sentence.endswith(".")


def test_retries_come_after_6_16_31_61_and_240_minutes_and_then_no_more():
    moments = [NOW]
    while (moment := next_retry(NOW, moments[-1])) is not None:
        moments.append(moment)
    assert [(moment - NOW) for moment in moments[1:]] == [timedelta(minutes=m) for m in (6, 16, 31, 61, 240)]
    assert all(earlier < later for earlier, later in pairwise(RETRY_AFTER))
    assert next_retry(NOW, NOW + timedelta(minutes=20)) == NOW + timedelta(minutes=31)
    assert next_retry(NOW, NOW + timedelta(hours=5)) is None


def test_a_definite_verdict_lasts_longer_than_an_unknown_one():
    month = timedelta(days=30)
    assert believed_for(Reason.ACCEPTED, month) == month
    assert believed_for(Reason.CATCH_ALL, month) == month
    assert believed_for(Reason.NO_ANSWER, month) == timedelta(hours=24)
    assert believed_for(Reason.NO_ANSWER, timedelta(0)) == timedelta(0)
