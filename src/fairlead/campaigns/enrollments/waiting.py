"""Why is nothing being sent? One sentence that names what the engine waits for, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fairlead.campaigns.enrollments import running
from fairlead.campaigns.enrollments.model import EnrollmentState, Lane, Reason
from fairlead.campaigns.enrollments.running import RunningCampaign, zone_named
from fairlead.campaigns.enrollments.store import permitting as place_store
from fairlead.campaigns.enrollments.store import waiting as store
from fairlead.campaigns.enrollments.store.waiting import Standing
from fairlead.campaigns.model import CampaignStatus
from fairlead.campaigns.windows import day_in, start_of_day
from fairlead.db import Connection
from fairlead.kit.refusals import NotFound
from fairlead.senders import actions as senders
from fairlead.senders.model import Mailbox, MailboxState


@dataclass(frozen=True, slots=True)
class Waiting:
    """`until` is None where no time is known: a person has to act, or nothing is left to do."""

    sentence: str
    until: datetime | None = None


_STATUS: Final = {
    CampaignStatus.NEW: "It has not been started.",
    CampaignStatus.PAUSED: "It is paused.",
    CampaignStatus.COMPLETED: "It is completed: nobody is written to any more.",
    CampaignStatus.ARCHIVED: "It is archived: nobody is written to any more.",
}
_OVER: Final = {
    Reason.NO_ADDRESS: "is left out: the prospect has no e-mail address.",
    Reason.CLAIMED: "is left out: the owner of the address asked not to be written to.",
    Reason.DO_NOT_EMAIL: "is left out: the address is on a do-not-email list.",
    Reason.UNVERIFIED: "is left out: the address was not verified, and the campaign skips such addresses.",
    Reason.UNVERIFIABLE: "is left out: the address cannot be verified, and the campaign skips such addresses.",
    Reason.INVALID_ADDRESS: "is left out: there is no such address, as its verification found.",
    Reason.OTHER_CAMPAIGN: "is left out: another campaign has this recipient, and this one skips those.",
    Reason.MISSING_VARIABLE: "is left out: a variable has no value, and the campaign skips such recipients.",
    Reason.DELETED: "is left out: the prospect was deleted.",
    Reason.END_REACHED: "is done: the last step was reached.",
    Reason.GOAL_REACHED: "is done: a goal was reached.",
    Reason.STEP_REMOVED: "is done: the step that was next was removed.",
    Reason.REPLIED: "is done: there was a reply.",
    Reason.COMPANY_REPLIED: "is done: somebody of the same company replied.",
    Reason.UNSUBSCRIBED: "is done: the recipient unsubscribed.",
    Reason.COMPLAINED: "is done: the recipient complained.",
    Reason.BOUNCED: "is done: the address is dead.",
    Reason.MOVED: "is done: the prospect was moved to another list.",
    Reason.BY_HAND: "is done: somebody ended it by hand.",
    Reason.REFUSED: "has failed: the server refused the mail.",
    Reason.UNWRITABLE: "has failed: the text cannot be made into a mail.",
}


async def why_campaign(conn: Connection, workspace_id: int, campaign_id: int, *, now: datetime) -> Waiting:
    """Raises `NotFound`."""
    found = await store.status_of(conn, workspace_id, campaign_id)
    campaign = (await running.campaigns(conn, [campaign_id])).get(campaign_id)
    if found is None or campaign is None:
        raise NotFound("campaign_not_found", "There is no such campaign.", field="campaign_id")
    _, _, reason, starts_at = found
    if campaign.status is CampaignStatus.SCHEDULED:
        return Waiting(f"It starts on {_said(starts_at, campaign)}.", starts_at)
    if campaign.status is not CampaignStatus.ACTIVE:
        return Waiting(reason or _STATUS[campaign.status])
    crowd = await store.crowd(conn, workspace_id, campaign_id)
    if not crowd.enrolled:
        return Waiting("Nobody is a recipient: its lists are empty, or are just being read.")
    planned, next_due = await senders.next_planned(conn, workspace_id, campaign_id=campaign_id)
    opens = campaign.windows.next_allowed(now, campaign.zone, campaign.days_off)
    if opens is None:
        return Waiting("Its schedule has no sending hours, or every day is a day off.")
    if not campaign.in_recipient_zone and opens > now and (planned or crowd.next_look is not None):
        return Waiting(f"Its sending hours are over until {_said(opens, campaign)}.", opens)
    if crowd.next_look is None and not planned:
        if crowd.held:
            return Waiting(f"Only {crowd.held} recipients are left, who are paused or over the month's limit.")
        return Waiting("Everybody has reached the end.")
    mailboxes = await senders.mailboxes(conn, workspace_id, list(campaign.mailbox_ids))
    if (trouble := _no_mailbox(mailboxes)) is not None:
        return Waiting(trouble)
    if planned and next_due is not None and next_due > now:
        return Waiting(f"{planned} mails are planned; the next goes out at {_said(next_due, campaign)}.", next_due)
    if planned:
        return Waiting(f"Nothing holds it: {planned} mails are going out.", now)
    if crowd.next_look is not None and crowd.next_look > now:
        return Waiting(
            f"Everybody waits for a step, an answer or their own sending hours; the next is looked at on"
            f" {_said(crowd.next_look, campaign)}.",
            crowd.next_look,
        )
    if (limited := await _limited(conn, campaign, now)) is not None:
        return limited
    if crowd.next_mail is not None and crowd.next_mail <= now:
        return await _no_room(conn, campaign, mailboxes, now)
    return Waiting("Nothing holds it: the next mails are being planned.", now)


async def _limited(conn: Connection, campaign: RunningCampaign, now: datetime) -> Waiting | None:
    if not campaign.has_limits:
        return None
    today = day_in(campaign.zone, now)
    mails, first_mails = await place_store.counted(conn, campaign.workspace_id, campaign.id, today)
    tomorrow = start_of_day(today + timedelta(days=1), campaign.zone)
    until = campaign.next_allowed(tomorrow, None) or tomorrow
    if campaign.mails_a_day is not None and mails >= campaign.mails_a_day:
        sentence = f"Its limit of {campaign.mails_a_day} mails a day is reached until {_said(until, campaign)}."
        return Waiting(sentence, until)
    if campaign.first_mails_a_day is not None and first_mails >= campaign.first_mails_a_day:
        sentence = (
            f"Its limit of {campaign.first_mails_a_day} new recipients a day is reached until {_said(until, campaign)}."
        )
        return Waiting(sentence, until)
    return None


async def _no_room(
    conn: Connection, campaign: RunningCampaign, mailboxes: Sequence[Mailbox], now: datetime
) -> Waiting:
    rooms = await senders.room_left(conn, campaign.workspace_id, [one.id for one in mailboxes], now=now)
    if all(room.today <= 0 for room in rooms.values()):
        until = min(
            start_of_day(day_in(zone_named(one.time_zone), now) + timedelta(days=1), zone_named(one.time_zone))
            for one in mailboxes
        )
        return Waiting(f"All its mailboxes have reached their daily limit, until {_said(until, campaign)}.", until)
    until = min(room.next_free_at for room in rooms.values() if room.today > 0)
    if until > now:
        return Waiting(f"Its mailboxes pause between two mails, until {_said(until, campaign)}.", until)
    return Waiting("Nothing holds it: the next mails are being planned.", now)


def _no_mailbox(mailboxes: Sequence[Mailbox]) -> str | None:
    if not mailboxes:
        return "It has no mailbox to send from."
    if any(one.state is MailboxState.ACTIVE for one in mailboxes):
        return None
    first = mailboxes[0]
    why = f": {first.state_reason}" if first.state_reason else "."
    return f"None of its mailboxes can send; {first.address} is {_MAILBOX[first.state]}{why}"


_MAILBOX: Final = {
    MailboxState.PAUSED: "paused",
    MailboxState.ERROR: "refused by its provider",
    MailboxState.DELETED: "removed",
    MailboxState.ACTIVE: "active",
}


async def why_mailbox(conn: Connection, workspace_id: int, mailbox_id: int, *, now: datetime) -> Waiting:
    """Raises `NotFound`."""
    mailbox = await senders.mailbox(conn, workspace_id, mailbox_id)
    zone = zone_named(mailbox.time_zone)
    if mailbox.state is not MailboxState.ACTIVE:
        why = f": {mailbox.state_reason}" if mailbox.state_reason else "."
        return Waiting(f"It is {_MAILBOX[mailbox.state]}{why}")
    for held_id, _, _, _, note in await senders.held_mailboxes(conn, workspace_id):
        if held_id == mailbox_id:
            more = f": {note}" if note else "."
            return Waiting(f"It is held until its Sent folder has been compared after a restore{more}")
    planned, next_due = await senders.next_planned(conn, workspace_id, mailbox_id=mailbox_id)
    room = (await senders.room_left(conn, workspace_id, [mailbox_id], now=now))[mailbox.id]
    if planned and next_due is not None and next_due > now:
        return Waiting(f"{planned} mails are planned; the next goes out at {_told(next_due, zone.key)}.", next_due)
    if room.today <= 0 and not planned:
        until = start_of_day(day_in(zone, now) + timedelta(days=1), zone)
        return Waiting(f"Its limit of today is reached, until {_told(until, zone.key)}.", until)
    if planned:
        return Waiting(f"Nothing holds it: {planned} mails are going out.", now)
    campaigns = await store.campaigns_of_mailbox(conn, workspace_id, mailbox_id)
    if not campaigns:
        return Waiting("No active campaign sends from it.")
    waits = [(one, await why_campaign(conn, workspace_id, one, now=now)) for one in campaigns[:20]]
    campaign_id, first = min(waits, key=lambda item: item[1].until or datetime.max.replace(tzinfo=now.tzinfo))
    sentence = f"Its campaigns have no mail for it at the moment. Campaign {campaign_id}: {first.sentence}"
    return Waiting(sentence, first.until)


async def why_recipient(
    conn: Connection, workspace_id: int, address_key: str, *, now: datetime
) -> list[tuple[int, Waiting]]:
    """(campaign, what it waits for) of each campaign with this recipient, the newest first. Raises `NotFound`."""
    standings = await store.standings(conn, workspace_id, address_key)
    if not standings:
        raise NotFound("recipient_not_found", "No campaign has this recipient.", field="email")
    campaigns = await running.campaigns(conn, {one.campaign_id for one in standings})
    return [
        (one.campaign_id, await _why_one(conn, workspace_id, one, campaigns.get(one.campaign_id), now))
        for one in standings
    ]


async def _why_one(
    conn: Connection, workspace_id: int, one: Standing, campaign: RunningCampaign | None, now: datetime
) -> Waiting:
    if one.state.is_over:
        return Waiting("The recipient " + (_OVER[Reason(one.reason)] if one.reason in list(Reason) else "is done."))
    if campaign is None:
        return Waiting("The campaign was deleted.")
    if one.state is EnrollmentState.PAUSED:
        return Waiting("The recipient is paused by hand, until somebody makes it active again.")
    if one.state is EnrollmentState.OVER_LIMIT:
        return Waiting("The month's recipients are used up, until somebody makes the recipient active again.")
    if campaign.status is not CampaignStatus.ACTIVE:
        return await why_campaign(conn, workspace_id, campaign.id, now=now)
    if one.look_at is None:
        if one.run_state == "needs_decision":
            return Waiting("A mail may or may not have been sent; a person decides: fairlead sends uncertain.")
        _, due = await senders.next_planned(conn, workspace_id, subject_id=one.enrollment_id)
        if due is not None and due > now:
            return Waiting(f"The next mail is planned for {_said(due, campaign)}.", due)
        return Waiting("A mail is on its way.", now)
    if one.look_at > now:
        what = "The next step is due" if one.lane is Lane.MOVE else "The sending hours of the recipient begin"
        zone = campaign.zone_for(one.zone).key
        return Waiting(f"{what} on {_told(one.look_at, zone)}.", one.look_at)
    whole = await why_campaign(conn, workspace_id, campaign.id, now=now)
    return Waiting(f"The recipient waits for a turn. {whole.sentence}", whole.until)


def _said(moment: datetime | None, campaign: RunningCampaign) -> str:
    return "a day to come" if moment is None else _told(moment, campaign.zone.key)


def _told(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(zone_named(zone)):%Y-%m-%d %H:%M} ({zone})"
