"""What replies mean: those of real servers, those that other verifiers misread, and what is never a missing mailbox."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.verifier.replies import ReplyMeaning, Stage, classify

M = ReplyMeaning
FOLDER = Path(__file__).parent / "real_replies"
REAL = [
    json.loads(line)
    for name in ("bounces.jsonl", "debian.jsonl")
    for line in (FOLDER / name).read_text(encoding="utf-8").strip().split("\n")
]
NOT_THE_MAILBOX = {M.BLOCKED, M.POLICY, M.RATE_LIMITED, M.RELAY_DENIED, M.SERVER_STATE, M.GREYLISTED, M.TRY_LATER}
DEAD = {M.NO_SUCH_MAILBOX, M.MAILBOX_DISABLED}
USER_UNKNOWN = (
    "User unknown", "No such user here", "550 5.1.1 mailbox does not exist", "Recipient address rejected",
    "invalid recipient", "Unrouteable address", "", "account not found", "This mailbox is disabled",
)  # fmt: skip

# Rows of the table of replies that other verifiers misread which are about a reply, and the texts beside it.
MISREAD = [
    ("rcpt", 450, "4.2.0", "<a@b.example>: Recipient address rejected: Greylisted, see "
                           "http://postgrey.schweikert.ch/help/b.example.html", M.GREYLISTED),
    ("rcpt", 450, "4.1.1", "<a@b.example>: Recipient address rejected: unverified address: "
                           "connect timeout", M.TRY_LATER),
    ("rcpt", 550, "5.7.1", "Service unavailable; Client host [192.0.2.1] blocked using Spamhaus", M.BLOCKED),
    ("rcpt", 452, "4.3.1", "Insufficient system storage", M.SERVER_STATE),
    ("rcpt", 524, "5.2.4", "Mailing list expansion problem", M.NO_SUCH_MAILBOX),
    ("rcpt", 550, None, "relay not permitted", M.RELAY_DENIED),
    ("rcpt", 421, None, "", M.TRY_LATER),
    ("rcpt", 452, "4.5.3", "Too many recipients", M.RATE_LIMITED),
    ("rcpt", 451, None, "4.3.0 Multiple destination domains per transaction is unsupported.", M.SERVER_STATE),
    ("rcpt", 451, "4.7.652", "The mail server [192.0.2.1] has exceeded the maximum number of "
                             "connections.", M.RATE_LIMITED),
]  # fmt: skip

# The decision table, by what the server says.
DECISIONS = [
    ("rcpt", 250, "2.1.5", "Ok", M.ACCEPTED),
    ("rcpt", 251, None, "User not local; will forward", M.ACCEPTED),
    ("data", 354, None, "go ahead", M.ACCEPTED),
    ("banner", 554, None, "", M.BLOCKED),
    ("ehlo", 550, None, "", M.BLOCKED),
    ("banner", 421, None, "", M.TRY_LATER),
    ("mail", 550, None, "", M.POLICY),
    ("rcpt", 554, None, "see https://www.spamhaus.org/query/ip/192.0.2.1", M.BLOCKED),
    ("mail", 450, "4.7.1", "listed at dnsbl.example", M.BLOCKED),
    *[("rcpt", 550, status, "", M.NO_SUCH_MAILBOX) for status in ("5.1.1", "5.1.0", "5.1.6", "5.1.10")],
    ("rcpt", 550, "5.2.1", "", M.MAILBOX_DISABLED),
    ("rcpt", 550, None, "No Such User Here", M.NO_SUCH_MAILBOX),
    ("rcpt", 551, None, "", M.NO_SUCH_MAILBOX),
    *[("rcpt", 550, status, "", M.POLICY) for status in ("5.7.1", "5.7.0", "5.1.7", "5.1.8")],
    ("rcpt", 554, "5.7.1", "<a@b.example>: Relay access denied", M.RELAY_DENIED),
    ("rcpt", 550, None, "SPF check failed", M.POLICY),
    ("rcpt", 550, None, "rejected by the DMARC policy of example.com", M.POLICY),
    *[("rcpt", code, status, "", M.GREYLISTED) for code in (450, 451) for status in ("4.2.0", "4.7.1")],
    ("rcpt", 450, "4.4.3", "", M.TRY_LATER),
    ("rcpt", 451, None, "Greylisting in action, please come back later", M.GREYLISTED),
    ("rcpt", 451, None, "try again", M.TRY_LATER),
    ("rcpt", 452, "4.2.2", "over quota", M.MAILBOX_FULL),
    ("rcpt", 552, "5.2.2", "", M.MAILBOX_FULL),
    ("rcpt", 550, "5.4.1", "Recipient address rejected: Access denied. [A.outlook.com]", M.NO_SUCH_MAILBOX),
    ("rcpt", 550, None, "5.1.1 User Unknown", M.NO_SUCH_MAILBOX),
    ("rcpt", 550, None, "5.7.1 User Unknown", M.POLICY),
    ("rcpt", 450, "4.1.1", "User unknown in local recipient table", M.TRY_LATER),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "code", "enhanced", "text", "meaning"), MISREAD)
def test_what_other_verifiers_misread_is_read_right(stage, code, enhanced, text, meaning):
    assert classify(stage, code, enhanced, text) is meaning


@pytest.mark.parametrize(("stage", "code", "enhanced", "text", "meaning"), DECISIONS)
def test_every_row_of_the_decision_table_is_told_from_its_reply(stage, code, enhanced, text, meaning):
    assert classify(stage, code, enhanced, text) is meaning


def test_replies_of_real_servers_mean_what_a_person_reads_in_them():
    wrong = [
        (row["source"], row["text"], answer.value, row["meanings"])
        for row in REAL
        if (answer := classify(row["stage"], row["code"], row["enhanced"], row["text"])).value not in row["meanings"]
    ]
    print(f"{len(REAL)} replies, {len(wrong)} misread")
    assert len(REAL) >= 150
    assert wrong == []


def test_every_reply_has_an_origin_and_none_is_there_twice():
    assert all(row["source"] for row in REAL)
    assert len({(row["code"], row["enhanced"], row["text"], row["source"]) for row in REAL}) == len(REAL)


NEVER_DEAD = [row for row in REAL if {ReplyMeaning(word) for word in row["meanings"]} <= NOT_THE_MAILBOX]
ANY_TEXT = st.text(max_size=60)
AROUND = st.one_of(st.sampled_from(USER_UNKNOWN), ANY_TEXT)


# Hypothesis finds the rest; what is plain must not depend on luck.
def test_user_unknown_around_a_reply_about_us_does_not_make_it_one_about_the_mailbox():
    for row in NEVER_DEAD:
        for said in ("User unknown", "The recipient account is disabled"):
            text = f"{said} {row['text']} {said}"
            assert classify(row["stage"], row["code"], row["enhanced"], text) not in DEAD, row["text"]


@settings(max_examples=1500, deadline=None)
@given(row=st.sampled_from(NEVER_DEAD), before=AROUND, after=AROUND)
def test_a_reply_about_us_the_sender_or_the_server_is_never_a_missing_mailbox(row, before, after):
    text = f"{before} {row['text']} {after}"
    assert classify(row["stage"], row["code"], row["enhanced"], text) not in DEAD


@settings(max_examples=1500, deadline=None)
@given(
    stage=st.sampled_from(["banner", "ehlo", "mail", "rcpt", "data", "quit"]),
    code=st.integers(0, 999),
    enhanced=st.sampled_from([None, "", "5.1.1", "4.1.1", "5.7.1", "5.1.8", "5.7.606", "5.2.1", "nonsense"]),
    text=st.one_of(st.sampled_from(USER_UNKNOWN), st.text(max_size=200)),
)
def test_only_a_permanent_reply_to_the_recipient_or_the_message_can_prove_a_mailbox_dead(
    stage: Stage, code: int, enhanced: str | None, text: str
) -> None:
    answer = classify(stage, code, enhanced, text)
    if answer in DEAD:
        assert stage in ("rcpt", "data")
        assert code >= 500
        assert not (enhanced or "").startswith(("5.7.", "5.1.8"))


def test_an_address_inside_a_reply_tells_nothing():
    for local in ("spam", "blocked", "relay", "sender", "unknown.user", "greylist"):
        text = f"<{local}@blacklist.example>: Recipient address rejected: User unknown"
        assert classify("rcpt", 550, "5.1.1", text) is M.NO_SUCH_MAILBOX
        assert classify("rcpt", 550, None, f"<{local}@spam.example> was refused") is M.UNKNOWN


def test_a_rate_limit_behind_the_status_of_a_missing_mailbox_stays_a_rate_limit():
    text = "<a@b.example> - 192.0.2.1 has sent to too many recipients this hour"
    assert classify("rcpt", 550, "5.1.1", text) is M.RATE_LIMITED


def test_a_reply_of_a_megabyte_is_read_at_its_start():
    assert classify("rcpt", 550, None, "User unknown " + "your ip " * 130_000) is M.NO_SUCH_MAILBOX
    assert classify("rcpt", 550, None, "x" * 1_000_000) is M.UNKNOWN
