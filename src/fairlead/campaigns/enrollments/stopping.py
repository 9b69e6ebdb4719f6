"""The end of writing to somebody: because they answered or want no more, or because their address is dead.

A stop locks the enrollments it ends, and the sending mark of a mail is made under the same lock (`permitting.allow`):
whichever comes first wins, and no mail is marked after a stop has been committed.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from fairlead.campaigns.enrollments import running
from fairlead.campaigns.enrollments.model import (
    EnrollmentId,
    EnrollmentState,
    Reason,
    Signal,
    Stopped,
    StopReason,
)
from fairlead.campaigns.enrollments.store import permitting
from fairlead.campaigns.enrollments.store import stopping as store
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.events.model import NewEvent
from fairlead.flags.domains import kind
from fairlead.prospects import actions as prospects
from fairlead.senders import actions as senders
from fairlead.senders.model import Purpose

_NOTHING: Final = Stopped(0, 0)
_ENDS: Final = {
    StopReason.REPLIED: (EnrollmentState.FINISHED, Reason.REPLIED),
    StopReason.UNSUBSCRIBED: (EnrollmentState.UNSUBSCRIBED, Reason.UNSUBSCRIBED),
    StopReason.BOUNCED: (EnrollmentState.BOUNCED, Reason.BOUNCED),
    StopReason.COMPLAINED: (EnrollmentState.UNSUBSCRIBED, Reason.COMPLAINED),
}


async def stop(
    conn: Connection,
    workspace_id: int,
    why: StopReason,
    *,
    at: datetime,
    campaign_id: int | None = None,
    enrollment_id: int | None = None,
    address: str | None = None,
) -> Stopped:
    """Ends the enrollments that `why` is a reason to end, and takes back what is planned for them.

    Name an enrollment with its campaign (of the mail that was answered), or an address as compared. After an
    unsubscription, a complaint or a bounce nobody of the workspace writes to the address any more: it goes on the
    default do-not-email list, and all its enrollments end. After a reply those campaigns stop that skip who replied;
    of a campaign that skips the company, all its recipients at the domain, where that is no webmail. `conn` is in a
    transaction, in which the caller records what happened (`unsubscribed`, `email_replied`). `at` is when it happened.
    """
    if address is None:
        if campaign_id is None or enrollment_id is None:
            raise ValueError("a stop needs an address, or an enrollment and its campaign")
        address = await store.address_of(conn, workspace_id, campaign_id, enrollment_id)
        if address is None:
            return _NOTHING
    if why is StopReason.REPLIED:
        return await _stop_after_reply(conn, workspace_id, address, campaign_id, enrollment_id, at)
    # Before the enrollments are locked: those who block an address and those who mark a mail then take turns alike.
    if "@" in address:
        await prospects.stop_emailing(
            conn, workspace_id, [address], list_id=None, now=at, reason=why.value, by_recipient=True
        )
    which = await store.lock_of_addresses(conn, workspace_id, [address])
    if why is StopReason.BOUNCED and campaign_id is not None and enrollment_id is not None:
        await permitting.tally_bounce(conn, workspace_id, campaign_id, enrollment_id)
    state, reason = _ENDS[why]
    return await end(conn, workspace_id, which, state=state, reason=reason, now=at)


async def _stop_after_reply(
    conn: Connection, workspace_id: int, address: str, campaign_id: int | None, enrollment_id: int | None, at: datetime
) -> Stopped:
    if campaign_id is not None and enrollment_id is not None:
        await note_signal(conn, workspace_id, campaign_id, enrollment_id, Signal.REPLIED, at=at, now=at)
    mine = await store.lock_of_addresses(conn, workspace_id, [address], campaign_id=campaign_id)
    concerned = await running.campaigns(conn, {campaign for campaign, _ in mine})
    ended = await end(
        conn,
        workspace_id,
        [(campaign, id_) for campaign, id_ in mine if campaign in concerned and concerned[campaign].skip_who_replied],
        state=EnrollmentState.FINISHED,
        reason=Reason.REPLIED,
        now=at,
    )
    _, is_webmail = kind(address.rpartition("@")[2])  # there two people are no colleagues
    companies = [one.id for one in concerned.values() if one.skip_company_who_replied]
    domain = address.rpartition("@")[2]
    if not companies or not domain or is_webmail:
        return ended
    colleagues = await store.lock_of_company(conn, workspace_id, domain, campaign_ids=companies)
    others = await end(
        conn, workspace_id, colleagues, state=EnrollmentState.FINISHED, reason=Reason.COMPANY_REPLIED, now=at
    )
    return Stopped(ended.enrollments + others.enrollments, ended.withdrawn + others.withdrawn)


async def end(
    conn: Connection,
    workspace_id: int,
    which: Collection[tuple[int, EnrollmentId]],
    *,
    state: EnrollmentState,
    reason: Reason,
    now: datetime,
) -> Stopped:
    """Ends enrollments (campaign, id) that the caller has locked; those over already are left as they are."""
    if not which:
        return _NOTHING
    ended = await store.end(conn, workspace_id, which, state=state, reason=reason, now=now)
    withdrawn = await take_back(conn, workspace_id, [one.id for one in ended])
    await events.record_many(
        conn,
        [
            NewEvent(
                workspace_id,
                "enrollment_finished",
                now,
                {
                    "campaign_id": one.campaign_id,
                    "enrollment_id": one.id,
                    "prospect_id": one.prospect_id,
                    "email": one.address,
                    "state": state.value,
                    "reason": reason.value,
                },
            )
            for one in ended
        ],
    )
    return Stopped(len(ended), withdrawn)


async def take_back(conn: Connection, workspace_id: int, ids: Collection[EnrollmentId]) -> int:
    """Takes back what is planned for these, whom the caller has locked; how many mails that were.

    A mail that has its sending mark goes out, and what becomes of it is written down as ever.
    """
    taken = await senders.take_back(conn, workspace_id, purpose=Purpose.CAMPAIGN, subject_ids=ids)
    if not taken:
        return 0
    forgotten = await store.unplan(conn, workspace_id, taken)
    await permitting.give_back(
        conn,
        [(workspace_id, campaign, day, is_first) for campaign, is_first, day in forgotten if day is not None],
    )
    return len(taken)


async def note_signal(
    conn: Connection,
    workspace_id: int,
    campaign_id: int,
    enrollment_id: int,
    signal: Signal,
    *,
    at: datetime,
    now: datetime,
    send_id: int | None = None,
) -> None:
    """Notes down what a person (no machine) did with a mail, for conditions, for who waits for it, and for counts.

    `send_id` names the mail; without it the last one counts.
    """
    await permitting.note_signal(
        conn,
        workspace_id,
        campaign_id,
        EnrollmentId(enrollment_id),
        column=signal.value,
        send_id=send_id,
        at=at,
        now=now,
    )
