"""Endpoints 38 to 44: campaigns, their state, schedules. Contract section 11."""

from datetime import UTC, datetime
from typing import Any, Final

from fairlead.campaigns import actions as campaigns
from fairlead.campaigns.model import (
    Campaign,
    CampaignLine,
    CampaignStatus,
    NewCampaign,
    Priority,
    Schedule,
    ScheduleDay,
    SendingPriority,
    SendingSettings,
)
from fairlead.campaigns.schedules import DAYS
from fairlead.campaigns.sequences import ContentsWanted
from fairlead.campaigns.status import Action, NotReady
from fairlead.http.params import Params, missing
from fairlead.http.request import Answer
from fairlead.http.snov import campaign_steps, time_zones
from fairlead.http.snov.currencies import CURRENCIES
from fairlead.http.snov.dialect import Ask, validation
from fairlead.kit.refusals import Conflict, Invalid, NotFound

STATUS_WORDS: Final = {
    CampaignStatus.NEW: "Draft",
    CampaignStatus.SCHEDULED: "Scheduled",
    CampaignStatus.ACTIVE: "Active",
    CampaignStatus.PAUSED: "Paused",
    CampaignStatus.COMPLETED: "Completed",
    CampaignStatus.ARCHIVED: "Archived",
}
VERBS: Final = {
    "start": Action.START,
    "launch": Action.START,
    "pause": Action.PAUSE,
    "resume": Action.RESUME,
    "complete": Action.COMPLETE,
    "completed": Action.COMPLETE,
    "archived": Action.ARCHIVE,
    "archive": Action.ARCHIVE,
}
FIELDS: Final = {
    "mailbox_ids": "email_accounts",
    "list_ids": "recipients.list_id",
    "black_list_id": "recipients.black_list_id",
    "starts_local": "start_campaign_at",
    "completes_local": "complete_campaign_at",
    "time_zone": "timezone",
    "daily_sending_all": "sending_settings.daily_sending_all",
    "daily_sending_new_recipients": "sending_settings.daily_sending_new_recipients",
}
FLAGS: Final = (
    "skip_unverifiable", "skip_unverified", "skip_who_replied", "skip_company_domain_who_replied",
    "skip_recipients_without_variables_data", "skip_other_recipients_email_addresses",
    "skip_recipients_added_to_my_another_campaign", "skip_recipients_added_to_team_another_campaign",
    "one_click_unsubscribe",
)  # fmt: skip
LIMITS: Final = ("daily_sending_all", "daily_sending_new_recipients")
ARCHIVE_MONTHS: Final = (1, 2, 3, 6)
DEAL_EVENTS: Final = ("open", "click", "reply")
DATE_FORM: Final = "%Y-%m-%d %H:%M:%S"
MOST_SECONDS: Final = 10**9


async def user_campaigns(ask: Ask) -> list[dict[str, Any]]:
    sees_all = ask.caller.account.plan.team_views and ask.caller.sees_all
    lines = await campaigns.campaigns(ask.conn, ask.workspace_id, owner_id=None if sees_all else ask.caller.member_id)
    return [_line(line) for line in lines]


async def campaign_list(ask: Ask) -> dict[str, Any]:
    return {"data": await user_campaigns(ask)}


async def create(ask: Ask) -> dict[str, Any] | Answer:
    params, now = ask.params, ask.world.clock.now()
    try:
        new = read_new(params)
        async with ask.conn.transaction():
            made = await campaigns.create(ask.world, ask.conn, ask.workspace_id, ask.caller.member_id, new, now=now)
    except (Invalid, Conflict) as refusal:
        return refused(refusal)
    return await _shown(ask, made)


async def show(ask: Ask) -> dict[str, Any]:
    return await _shown(ask, await campaigns.campaign(ask.conn, ask.workspace_id, campaign_id(ask)))


async def change(ask: Ask) -> dict[str, Any] | Answer:
    now, number = ask.world.clock.now(), campaign_id(ask)
    found = await campaigns.campaign(ask.conn, ask.workspace_id, number)
    try:
        changes = read_changes(ask.params)
        sequence = ask.params.nested("sequence")
        steps = None if sequence is None else campaign_steps.read(sequence)
        async with ask.conn.transaction():
            changed = await campaigns.change(
                ask.conn,
                ask.workspace_id,
                number,
                changes,
                graph=None if steps is None else campaign_steps.onto(found.version.graph, steps),
                contents=None if steps is None else _contents(steps),
                now=now,
            )
    except (Invalid, Conflict) as refusal:
        return refused(refusal)
    return await _shown(ask, changed)


async def delete(ask: Ask) -> dict[str, Any] | Answer:
    try:
        async with ask.conn.transaction():
            await campaigns.delete(ask.conn, ask.workspace_id, campaign_id(ask), now=ask.world.clock.now())
    except Conflict as refusal:
        return Answer(422, {"success": False, "errors": [refusal.sentence]})
    return {"success": True}


async def act(ask: Ask) -> dict[str, Any] | Answer:
    number = campaign_id(ask)
    given = next((text for name in ("action", "state", "status") if (text := ask.params.text(name))), None)
    if given is None:
        raise missing("action")
    action = VERBS.get(given.strip().lower())
    if action is None:
        return validation("action", f"The action must be one of {', '.join(dict.fromkeys(VERBS.values()))}.")
    try:
        async with ask.conn.transaction():
            await campaigns.act(ask.world, ask.conn, ask.workspace_id, number, action, now=ask.world.clock.now())
    except NotReady as refusal:
        return {"success": False, "errors": list(refusal.parts)}
    except Conflict as refusal:
        return {"success": False, "errors": [refusal.sentence]}
    return {"success": True}


async def schedules(ask: Ask) -> dict[str, Any]:
    found = await campaigns.schedules(ask.conn, ask.workspace_id, now=ask.world.clock.now())
    return {"data": [_schedule(schedule) for schedule in found]}


def campaign_id(ask: Ask) -> int:
    """Of the path. Raises `NotFound`."""
    text = ask.path["id"]
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise NotFound("campaign_not_found", "There is no such campaign.")
    return int(text)


def refused(refusal: Invalid | Conflict) -> Answer:
    ours = refusal.field or "request"
    theirs = FIELDS.get(ours, ours)
    return validation(theirs, refusal.sentence.replace(f"The {ours} ", f"The {theirs} ", 1))


# In.


def read_new(params: Params, steps: campaign_steps.Steps | None = None) -> NewCampaign:
    """What endpoint 39 makes a campaign from; `steps` where they were read from elsewhere. Raises `Invalid`."""
    recipients = _nested(params, "recipients", required=True)
    sequence = _nested(params, "sequence", required=True)
    archive = params.required_integer("archive_in_months")
    if archive not in ARCHIVE_MONTHS:
        raise Invalid("bad_archive", "The archive_in_months must be 1, 2, 3 or 6.", field="archive_in_months")
    given = read_changes(params)
    for name in ("title", "priority"):
        if name not in given:
            raise missing(name)
    if "list_id" not in recipients:
        raise missing("recipients.list_id")
    if steps is None:
        steps = campaign_steps.read(sequence)
    given["settings"] = SendingSettings(**given.get("settings", {}))
    return NewCampaign(**given, graph=steps.graph, slots=steps.slots)


def read_changes(params: Params) -> dict[str, Any]:
    """What is said about a campaign beside its sequence, as fields of `NewCampaign`; absent ones are left out."""
    changes: dict[str, Any] = {}
    if "title" in params:
        changes["title"] = params.required_text("title")
    if "priority" in params:
        changes["priority"] = Priority(_word(params, "priority", list(Priority)))
    for name, ours in (("email_accounts", "mailbox_ids"), ("linkedin_accounts", "linkedin_accounts")):
        if name in params or params.is_null(name):
            changes[ours] = tuple(_ids(params, name))
    if changes.get("linkedin_accounts"):
        raise Invalid(
            "no_linkedin", "The linkedin_accounts name accounts that do not exist.", field="linkedin_accounts"
        )
    _read_tracking(params, changes)
    _read_recipients(params, changes)
    if (settings := _settings(params)) is not None:
        changes["settings"] = settings
    if "schedule_id" in params or params.is_null("schedule_id"):
        changes["schedule_id"] = params.integer("schedule_id", least=1)
    for name, ours in (("start_campaign_at", "starts_local"), ("complete_campaign_at", "completes_local")):
        if (moment := _moment(params, name)) is not None:
            changes[ours] = moment
    if (zone := params.text("timezone")) is not None:
        changes["time_zone"] = time_zones.name_of_spelling(zone, "timezone")
    for name in ("complete_campaign_after_last_step", "provider_matching"):
        if params.has(name):
            ours = {"complete_campaign_after_last_step": "completes_after_last_step"}.get(name, name)
            changes[ours] = params.boolean(name)
    if (months := params.integer("archive_in_months")) is not None:
        changes["archive_in_months"] = months
    if params.is_null("deals"):
        changes["deals"] = None
    elif (deals := params.nested("deals")) is not None:
        changes["deals"] = _deals(deals)
    return changes


def _read_tracking(params: Params, changes: dict[str, Any]) -> None:
    tracking = _nested(params, "tracking")
    for name, ours in (("open", "tracks_opens"), ("link_click", "tracks_clicks")):
        if tracking.has(name):
            with campaign_steps.at("tracking"):
                changes[ours] = tracking.boolean(name)


def _read_recipients(params: Params, changes: dict[str, Any]) -> None:
    recipients = _nested(params, "recipients")
    with campaign_steps.at("recipients"):
        if (list_id := recipients.integer("list_id", least=1)) is not None:
            changes["list_ids"] = (list_id,)
        if "black_list_id" in recipients or recipients.is_null("black_list_id"):
            changes["black_list_id"] = recipients.integer("black_list_id", least=1)


def _settings(params: Params) -> dict[str, Any] | None:
    if (given := params.nested("sending_settings")) is None:
        return None
    settings: dict[str, Any] = {}
    with campaign_steps.at("sending_settings"):
        if "sending_priority" in given:
            settings["sending_priority"] = SendingPriority(_word(given, "sending_priority", list(SendingPriority)))
        for name in LIMITS:
            if given.has(name):
                settings[name] = given.integer(name, least=1, most=10**6)
        for name in FLAGS:
            if given.has(name):
                settings[name] = given.boolean(name)
        if "delay_type" in given:
            settings["delay_type"] = given.required_text("delay_type")[:20]
        for name in ("delay_from", "delay_to"):
            if given.has(name):
                settings[name] = given.integer(name, most=MOST_SECONDS)
    return settings


def _deals(given: Params) -> dict[str, Any]:
    deals: dict[str, Any] = {}
    with campaign_steps.at("deals"):
        if events := given.texts("event"):
            words = [event.strip().lower() for event in events]
            if strange := [word for word in words if word not in DEAL_EVENTS]:
                raise Invalid(
                    "bad_event", f"The event {strange[0][:40]!r} is none of {', '.join(DEAL_EVENTS)}.", field="event"
                )
            deals["event"] = list(dict.fromkeys(words))
        for name in ("pipeline_id", "stage_id", "potential_value"):
            if (number := given.integer(name, least=1)) is not None:
                deals[name] = number
        if (currency := given.text("currency")) is not None:
            if currency.strip().upper() not in CURRENCIES:
                raise Invalid("bad_currency", "The currency is none that deals can be in.", field="currency")
            deals["currency"] = currency.strip().upper()
    return deals


def _contents(steps: campaign_steps.Steps) -> dict[str, Any]:
    blank = {
        key: ContentsWanted(slots=slots)
        for key, slots in steps.slots.items()
        if key not in steps.contents
    }
    return blank | steps.contents


def _nested(params: Params, name: str, *, required: bool = False) -> Params:
    found = params.nested(name)
    if found is None and required:
        raise missing(name)
    return found or Params({})


def _word(params: Params, name: str, words: list[Any]) -> str:
    word = params.required_text(name).strip().lower()
    if word not in words:
        raise Invalid("unknown_word", f"The {name} must be one of {', '.join(words)}.", field=name)
    return word


def _ids(params: Params, name: str) -> list[int]:
    return [Params({name: text}).required_integer(name, least=1) for text in params.texts(name)]


def _moment(params: Params, name: str) -> datetime | None:
    text = params.text(name)
    if text is None or not text.strip():
        return None
    try:
        moment = datetime.strptime(text.strip(), DATE_FORM)  # noqa: DTZ007 - in the campaign's own zone
    except ValueError:
        raise Invalid("bad_date", f"The {name} must be a date such as 2027-03-25 09:00:00.", field=name) from None
    if not 2000 <= moment.year <= 9000:
        raise Invalid("bad_date", f"The {name} is out of range.", field=name)
    return moment


# Out.


async def _shown(ask: Ask, campaign: Campaign) -> dict[str, Any]:
    contents = await campaigns.contents(ask.conn, ask.workspace_id, campaign.id)
    return {
        "success": True,
        "data": {
            "id": campaign.id,
            "status": campaign.status.value,
            "title": campaign.title,
            "email_accounts": list(campaign.mailbox_ids),
            "linkedin_accounts": list(campaign.linkedin_accounts),
            "priority": campaign.priority.value,
            "tracking": {"open": campaign.tracks_opens, "link_click": campaign.tracks_clicks},
            "sending_settings": _settings_shown(campaign.settings),
            "recipients": {
                "list_id": campaign.list_ids[0] if campaign.list_ids else None,
                "black_list_id": campaign.black_list_id,
            },
            "schedule_id": campaign.schedule_id,
            "start_campaign_at": _local(campaign.starts_local),
            "complete_campaign_at": _local(campaign.completes_local),
            "timezone": campaign.time_zone,
            "complete_campaign_after_last_step": campaign.completes_after_last_step,
            "archive_in_months": campaign.archive_in_months,
            "provider_matching": campaign.provider_matching,
            "sequence": campaign_steps.written(campaign.version.graph, contents),
            **({} if campaign.deals is None else {"deals": campaign.deals}),
        },
    }


def _settings_shown(settings: SendingSettings) -> dict[str, Any]:
    shown = {name: getattr(settings, name) for name in ("sending_priority", *LIMITS, *FLAGS)}
    shown["sending_priority"] = settings.sending_priority.value
    for name in ("delay_type", "delay_from", "delay_to"):
        if (value := getattr(settings, name)) is not None:
            shown[name] = value
    return shown


def _local(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime(DATE_FORM)


def _line(line: CampaignLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "campaign": line.title,
        "list_id": line.list_id,
        "status": STATUS_WORDS[line.status],
        "created_at": _seconds(line.made_at),
        "updated_at": _seconds(line.changed_at),
        "started_at": None if line.started_at is None else _seconds(line.started_at),
        "hash": line.token,
    }


def _seconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {
        "id": schedule.id,
        "name": schedule.name,
        "timezone": schedule.time_zone,
        "days": [_day(name, day) for name, day in zip(DAYS, schedule.days, strict=True)],
    }


def _day(name: str, day: ScheduleDay) -> dict[str, Any]:
    """The first start and the last end: a day of this API has one window."""
    start = min((window.start for window in day.windows), default=0)
    end = max((window.start + window.minutes for window in day.windows), default=24 * 60)
    return {"day": name, "enabled": day.enabled, "start_time": _clock(start), "end_time": _clock(end)}


def _clock(minutes: int) -> str:
    # Midnight at the end of a day is 24:00; beyond it, the time of the next day.
    if minutes > 24 * 60:
        minutes -= 24 * 60
    return f"{minutes // 60:02}:{minutes % 60:02}"
