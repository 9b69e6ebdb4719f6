"""From what was observed to a verdict: the decision table; when to ask again, and how long an answer is believed."""

from datetime import datetime, timedelta
from typing import Final

from fairlead.verifier.model import Answer, Finding, Heard, NoRoute, Reason, Silence, SmtpStatus, UnknownReason
from fairlead.verifier.replies import ReplyMeaning

# After the first question. Postgrey lets through after 5 minutes, RFC 5321, 4.5.4.1, advises senders to come back after
# at least 30, and a few servers want hours.
RETRY_AFTER: Final = tuple(timedelta(minutes=minutes) for minutes in (6, 16, 31, 61, 240))
# An answer that is not about the mailbox may be better tomorrow.
UNKNOWN_LASTS: Final = timedelta(hours=24)

_NO_ROUTE: Final = {
    NoRoute.NO_SUCH_DOMAIN: Finding(Reason.NO_SUCH_DOMAIN),
    NoRoute.NULL_MX: Finding(Reason.NULL_MX),
    NoRoute.NO_MAIL_SERVER: Finding(Reason.NO_MAIL_SERVER),
    NoRoute.LOOPBACK: Finding(Reason.LOOPBACK_MX),
    NoRoute.PRIVATE: Finding(Reason.PRIVATE_MX),
    NoRoute.DNS_FAILED: Finding(Reason.DNS_FAILED, temporary=True),
}
_SILENCE: Final = {
    Silence.NO_ANSWER: Finding(Reason.NO_ANSWER, temporary=True),
    Silence.LOST: Finding(Reason.LOST, temporary=True),
    Silence.OUT_OF_TIME: Finding(Reason.OUT_OF_TIME, temporary=True),
    Silence.NO_SMTPUTF8: Finding(Reason.NEEDS_SMTPUTF8),
    Silence.PAUSED: Finding(Reason.PAUSED, temporary=True),
    Silence.NOT_ASKED: Finding(Reason.CATCH_ALL),
}
# What an answer to RCPT says when it is no acceptance and not about the mailbox. Whether it is worth asking again is
# told by the code, except where the meaning itself says so.
_OF_RECIPIENT: Final = {
    ReplyMeaning.MAILBOX_FULL: Reason.MAILBOX_FULL,
    ReplyMeaning.BLOCKED: Reason.BLOCKED,
    ReplyMeaning.POLICY: Reason.POLICY,
    ReplyMeaning.RELAY_DENIED: Reason.RELAY_DENIED,
    ReplyMeaning.SERVER_STATE: Reason.SERVER_STATE,
    ReplyMeaning.PROTOCOL: Reason.LOST,
    ReplyMeaning.GREYLISTED: Reason.GREYLISTED,
    ReplyMeaning.TRY_LATER: Reason.TRY_LATER,
    ReplyMeaning.RATE_LIMITED: Reason.TRY_LATER,
}
_SETTLES_NOTHING_LATER: Final = frozenset({ReplyMeaning.MAILBOX_FULL, ReplyMeaning.BLOCKED, ReplyMeaning.RELAY_DENIED})
_ALWAYS_LATER: Final = frozenset({ReplyMeaning.GREYLISTED, ReplyMeaning.TRY_LATER, ReplyMeaning.RATE_LIMITED})
_REFUSES_MADE_UP: Final = frozenset({
    ReplyMeaning.NO_SUCH_MAILBOX, ReplyMeaning.NO_SUCH_RECIPIENT, ReplyMeaning.MAILBOX_DISABLED,
    ReplyMeaning.RELAY_DENIED, ReplyMeaning.UNKNOWN,
})  # fmt: skip


def verdict(
    heard: Heard | NoRoute,
    *,
    accepts_anything: bool | None = None,
    of_made_up: Heard | None = None,
    is_served: bool = False,
) -> Finding:
    """What follows for an address from what was heard of it.

    `accepts_anything` is what is known of its domain; where nothing is, `of_made_up` is what was heard of a name
    nobody has; `is_served` whether the server has accepted somebody of it. An acceptance alone never makes an address
    valid, and only a server's word about this very mailbox makes it not valid.
    """
    if isinstance(heard, NoRoute):
        return _NO_ROUTE[heard]
    if isinstance(heard, Silence):
        return _SILENCE[heard]
    if heard.stage != "rcpt":
        return _turned_away(heard)
    match heard.meaning:
        case ReplyMeaning.ACCEPTED:
            return _accepted(accepts_anything, of_made_up)
        case ReplyMeaning.NO_SUCH_MAILBOX if not heard.temporary:
            return Finding(Reason.NO_SUCH_MAILBOX)
        case ReplyMeaning.MAILBOX_DISABLED if not heard.temporary:
            return Finding(Reason.MAILBOX_DISABLED)
        case ReplyMeaning.NO_SUCH_RECIPIENT if is_served and not heard.temporary:
            return Finding(Reason.NO_SUCH_MAILBOX)
    # A temporary word about a mailbox is a lookup that failed, such as "450 4.1.1 unverified address".
    reason = _OF_RECIPIENT.get(heard.meaning, Reason.TRY_LATER if heard.temporary else Reason.UNCLEAR)
    return Finding(reason, temporary=_worth_asking_again(heard))


def accepts_made_up(of_made_up: Heard | None) -> bool | None:
    """Whether a domain takes any name; None where that is still open.

    Only a refusal for good that could be about the name counts: a block, a rate limit or a policy meets made-up names
    and real ones alike, often just after some of them were accepted.
    """
    if not isinstance(of_made_up, Answer) or of_made_up.stage != "rcpt":
        return None
    if of_made_up.meaning is ReplyMeaning.ACCEPTED:
        return True
    if not of_made_up.temporary and of_made_up.meaning in _REFUSES_MADE_UP:
        return False
    return None


def _accepted(accepts_anything: bool | None, of_made_up: Heard | None) -> Finding:
    known = accepts_anything if accepts_anything is not None else accepts_made_up(of_made_up)
    if known is not None:
        return Finding(Reason.CATCH_ALL if known else Reason.ACCEPTED)
    if isinstance(of_made_up, Answer) and of_made_up.meaning in (ReplyMeaning.BLOCKED, ReplyMeaning.POLICY):
        return Finding(Reason.BLOCKED, temporary=True)
    return Finding(Reason.UNPROVEN, temporary=True)


def _turned_away(said: Answer) -> Finding:
    """Before a recipient was named: whatever it is, it is not about the mailbox."""
    if said.meaning is ReplyMeaning.BLOCKED:
        return Finding(Reason.BLOCKED)
    if said.stage == "mail":
        if said.temporary:
            return Finding(_OF_RECIPIENT.get(said.meaning, Reason.TRY_LATER), temporary=True)
        return Finding(Reason.POLICY if said.meaning is ReplyMeaning.POLICY else Reason.REFUSED)
    return Finding(Reason.REFUSED, temporary=said.temporary)


def _worth_asking_again(said: Answer) -> bool:
    if said.meaning in _SETTLES_NOTHING_LATER:
        return False
    return said.temporary or said.meaning in _ALWAYS_LATER


def next_retry(first_asked_at: datetime, now: datetime) -> datetime | None:
    """When an address that was put off is asked for again; None when it has been asked for often enough."""
    return next((first_asked_at + after for after in RETRY_AFTER if first_asked_at + after > now), None)


def believed_for(reason: Reason, result_lasts: timedelta) -> timedelta:
    """How long an answer is given again without asking."""
    lasts = reason.status is not SmtpStatus.UNKNOWN or reason.unknown_reason is UnknownReason.CATCHALL
    return result_lasts if lasts else min(UNKNOWN_LASTS, result_lasts)
