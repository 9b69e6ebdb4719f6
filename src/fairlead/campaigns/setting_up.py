"""Making campaigns, changing and duplicating them. Contract 39 and 41."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from fairlead.campaigns import schedules, sequences
from fairlead.campaigns.contents.fields import Names
from fairlead.campaigns.contents.rendering import check_footer
from fairlead.campaigns.graph.chart import Graph
from fairlead.campaigns.graph.rules import check
from fairlead.campaigns.model import Campaign, CampaignStatus, NewCampaign, SendingSettings
from fairlead.campaigns.sequences import ContentsWanted
from fairlead.campaigns.status import for_update, not_found
from fairlead.campaigns.store import campaigns as store
from fairlead.campaigns.store import contents as content_store
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.kit.refusals import Conflict, Invalid
from fairlead.kit.text import has_control
from fairlead.kit.tokens import HEX, new_token
from fairlead.prospects import actions as prospects
from fairlead.senders import actions as senders
from fairlead.senders.model import MailboxState
from fairlead.world import World

CREATED: Final = "campaign_created"
LONGEST_TITLE: Final = 255
MOST_MAILBOXES: Final = 1_000
MOST_LISTS: Final = 100
LONGEST_TEXT: Final = 1_000
ARCHIVE_MONTHS: Final = (1, 2, 3, 6)
# Contract 41, "(core)": only before the first start.
CORE: Final = (
    "skip_unverifiable",
    "skip_unverified",
    "skip_other_recipients_email_addresses",
    "skip_recipients_added_to_my_another_campaign",
    "skip_recipients_added_to_team_another_campaign",
)
_COLUMNS: Final = (
    "title", "priority", "schedule_id", "black_list_id", "tracks_opens", "tracks_clicks", "settings", "starts_local",
    "completes_local", "time_zone", "completes_after_last_step", "archive_in_months", "provider_matching", "deals",
    "linkedin_accounts", "stop_scope", "follow_up_share", "unsubscribe_text",
)  # fmt: skip


async def create(
    world: World, conn: Connection, workspace_id: int, owner_id: int | None, new: NewCampaign, *, now: datetime
) -> Campaign:
    """The campaign, being built. Steps whose key is no number get one. Raises `Invalid` naming the field."""
    graph = check(new.graph)
    new = _unique(new)
    await _check(conn, workspace_id, new, before=None)
    campaign_id = await store.insert(
        conn,
        workspace_id,
        token=new_token(world.random, 32, HEX),
        owner_id=owner_id,
        columns=_columns(new),
        now=now,
    )
    await _write_links(conn, workspace_id, campaign_id, new)
    await sequences.begin(conn, workspace_id, campaign_id, graph, new.slots, now=now)
    await schedules.schedule_of(conn, workspace_id, None, now=now)
    await events.record(conn, workspace_id, CREATED, now, campaign_id=campaign_id, title=new.title)
    return await campaign(conn, workspace_id, campaign_id)


async def campaign(conn: Connection, workspace_id: int, campaign_id: int) -> Campaign:
    """Raises `NotFound`."""
    found = await store.find(conn, workspace_id, campaign_id)
    if found is None:
        raise not_found()
    return found


async def change(
    conn: Connection,
    workspace_id: int,
    campaign_id: int,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    graph: Graph | None = None,
    contents: Mapping[str, ContentsWanted] | None = None,
) -> Campaign:
    """The campaign with `changes`, which are fields of `NewCampaign`; `graph` replaces its chart.

    Those of `settings` and `deals` are merged key by key. Raises `Invalid` and `Conflict` naming the field, and then
    nothing is changed as long as the caller's transaction ends with it.
    """
    found = await for_update(conn, workspace_id, campaign_id)
    before = _as_new(found)
    wanted = _unique(_merged(before, changes))
    _check_change(found, before, wanted)
    await _check(conn, workspace_id, wanted, before=before)
    if wanted != before:
        await store.update(conn, workspace_id, campaign_id, columns=_columns(wanted), now=now)
        await _write_links(conn, workspace_id, campaign_id, wanted)
    if graph is not None:
        await sequences.replace_chart(conn, found, check(graph), contents or {}, now=now)
    return await campaign(conn, workspace_id, campaign_id)


async def duplicate(
    world: World, conn: Connection, workspace_id: int, campaign_id: int, *, now: datetime, title: str | None = None
) -> Campaign:
    """A new campaign with the same settings, chart, contents and files, and with dates of its own to be given."""
    found = await campaign(conn, workspace_id, campaign_id)
    variants = await content_store.variants(conn, workspace_id, campaign_id)
    name = title or f"{found.title[: LONGEST_TITLE - 7]} (copy)"
    copied = replace(_as_new(found), title=name, graph=found.version.graph, starts_local=None, completes_local=None)
    lists = await store.lists_of(conn, workspace_id, found.list_ids)
    usable = await senders.mailboxes(conn, workspace_id, found.mailbox_ids)
    copied = replace(
        copied,
        list_ids=tuple(one for one in found.list_ids if one in lists),
        mailbox_ids=tuple(one.id for one in usable if one.state is not MailboxState.DELETED),
        slots={node.key: 0 for node in found.version.graph.emails},
    )
    copied = replace(copied, provider_matching=copied.provider_matching and len(copied.mailbox_ids) > 1)
    made = await create(world, conn, workspace_id, found.owner_id, copied, now=now)
    await content_store.insert(
        conn, workspace_id, made.id, [(variant.node_key, variant.content_id) for variant in variants], now=now
    )
    fresh = await content_store.variants(conn, workspace_id, made.id)
    for old, blank in zip(variants, fresh, strict=True):
        await content_store.write(conn, workspace_id, replace(old, id=blank.id), now=now)
    await content_store.copy_attachments(conn, workspace_id, from_campaign=campaign_id, to_campaign=made.id, now=now)
    return made


def _as_new(found: Campaign) -> NewCampaign:
    return NewCampaign(
        list_ids=found.list_ids,
        mailbox_ids=found.mailbox_ids,
        graph=found.version.graph,
        **{name: getattr(found, name) for name in _COLUMNS},
    )


def _merged(before: NewCampaign, changes: Mapping[str, Any]) -> NewCampaign:
    merged = dict(changes)
    if "settings" in changes:
        merged["settings"] = SendingSettings(**(asdict(before.settings) | changes["settings"]))
    if changes.get("deals") is not None:
        merged["deals"] = (before.deals or {}) | changes["deals"]
    return replace(before, **merged)


def _check_change(found: Campaign, before: NewCampaign, wanted: NewCampaign) -> None:
    if found.status is not CampaignStatus.NEW:
        for name in CORE:
            if getattr(before.settings, name) != getattr(wanted.settings, name):
                raise _not_any_more(f"sending_settings.{name}", found)
        for name in ("list_ids", "black_list_id"):
            if getattr(before, name) != getattr(wanted, name):
                raise _not_any_more(name, found)
    if before.starts_local is None and wanted.starts_local is not None:
        raise Conflict(
            "no_start_date",
            "The starts_local cannot be added to a campaign that was made without one.",
            field="starts_local",
        )
    runs = found.status in (CampaignStatus.ACTIVE, CampaignStatus.SCHEDULED)
    if runs and before.mailbox_ids and not wanted.mailbox_ids:
        raise Conflict(
            "no_mailbox", f"The mailbox_ids cannot all go while the campaign is {found.status}.", field="mailbox_ids"
        )
    added = set(wanted.mailbox_ids) - set(before.mailbox_ids)
    if added and found.status is CampaignStatus.ACTIVE and not found.version.graph.emails:
        raise Conflict("no_email_step", "The mailbox_ids have no e-mail step to send.", field="mailbox_ids")


def _not_any_more(field: str, found: Campaign) -> Conflict:
    return Conflict(
        "not_any_more", f"The {field} can be changed only before the first start; it is {found.status}.", field=field
    )


def _unique(new: NewCampaign) -> NewCampaign:
    return replace(
        new,
        title=new.title.strip(),
        list_ids=tuple(sorted(set(new.list_ids))),
        mailbox_ids=tuple(dict.fromkeys(new.mailbox_ids)),
    )


async def _check(conn: Connection, workspace_id: int, new: NewCampaign, *, before: NewCampaign | None) -> None:
    """Raises `Invalid`. What is as it was before is not looked at again: it may have been deleted since."""
    if not new.title or len(new.title) > LONGEST_TITLE or has_control(new.title):
        raise Invalid("bad_title", f"The title has 1 to {LONGEST_TITLE} characters on one line.", field="title")
    if new.archive_in_months not in ARCHIVE_MONTHS:
        raise Invalid("bad_archive", "The archive_in_months must be 1, 2, 3 or 6.", field="archive_in_months")
    _check_numbers(new)
    _check_times(new)
    if before is None or before.mailbox_ids != new.mailbox_ids:
        await _check_mailboxes(conn, workspace_id, new)
    if new.provider_matching and len(new.mailbox_ids) < 2:
        raise Invalid(
            "one_mailbox", "The provider_matching needs at least two e-mail accounts.", field="provider_matching"
        )
    if new.unsubscribe_text is not None:
        check_footer(new.unsubscribe_text, Names.of(await prospects.custom_fields(conn, workspace_id)))
    if before is None or before.list_ids != new.list_ids:
        await _check_lists(conn, workspace_id, new)
    if new.black_list_id is not None and (before is None or before.black_list_id != new.black_list_id):
        known = await prospects.do_not_email_lists(conn, workspace_id)
        if new.black_list_id not in {item.id for item in known}:
            raise Invalid("unknown_list", "The black_list_id is no do-not-email list.", field="black_list_id")
    if new.schedule_id is not None and (before is None or before.schedule_id != new.schedule_id):
        known_ids = {schedule.id for schedule in await schedules.known(conn, workspace_id)}
        if new.schedule_id not in known_ids:
            raise Invalid("unknown_schedule", "The schedule_id is no schedule.", field="schedule_id")


def _check_numbers(new: NewCampaign) -> None:
    for name in ("daily_sending_all", "daily_sending_new_recipients"):
        limit = getattr(new.settings, name)
        if limit is not None and not 1 <= limit <= 10**6:
            raise Invalid("bad_limit", f"The {name} is a number from 1 to 1000000, or none.", field=name)
    if new.follow_up_share is not None and not 0 <= new.follow_up_share <= 1:
        raise Invalid("bad_share", "The follow_up_share is a number from 0 to 1.", field="follow_up_share")
    for key in ("event", "pipeline_id", "stage_id"):
        if new.deals is not None and not new.deals.get(key):
            raise Invalid("missing", f"The deals.{key} field is required.", field=f"deals.{key}")
    if new.unsubscribe_text is not None and len(new.unsubscribe_text) > LONGEST_TEXT:
        raise Invalid(
            "too_long", f"The unsubscribe_text has at most {LONGEST_TEXT} characters.", field="unsubscribe_text"
        )


def _check_times(new: NewCampaign) -> None:
    if new.time_zone is not None:
        schedules.check_zone(new.time_zone)
    starts, completes = in_utc(new.starts_local, new.time_zone), in_utc(new.completes_local, new.time_zone)
    if starts is not None and completes is not None and completes <= starts:
        raise Invalid(
            "ends_before_it_begins", "The completes_local must be later than the start.", field="completes_local"
        )


async def _check_mailboxes(conn: Connection, workspace_id: int, new: NewCampaign) -> None:
    if len(new.mailbox_ids) > MOST_MAILBOXES:
        raise Invalid("too_many", f"The mailbox_ids are at most {MOST_MAILBOXES}.", field="mailbox_ids")
    found = await senders.mailboxes(conn, workspace_id, new.mailbox_ids)
    usable = {mailbox.id for mailbox in found if mailbox.state is not MailboxState.DELETED}
    for mailbox_id in new.mailbox_ids:
        if mailbox_id not in usable:
            raise Invalid(
                "unknown_mailbox",
                f"The mailbox_ids name {mailbox_id}, and there is no such account.",
                field="mailbox_ids",
            )


async def _check_lists(conn: Connection, workspace_id: int, new: NewCampaign) -> None:
    if len(new.list_ids) > MOST_LISTS:
        raise Invalid("too_many", f"The list_ids are at most {MOST_LISTS}.", field="list_ids")
    found = await store.lists_of(conn, workspace_id, new.list_ids)
    for list_id in new.list_ids:
        if list_id not in found:
            raise Invalid("unknown_list", f"The list_ids name {list_id}, and there is no such list.", field="list_ids")


def in_utc(local: datetime | None, time_zone: str | None) -> datetime | None:
    return None if local is None else local.replace(tzinfo=ZoneInfo(time_zone or "UTC"))


def _columns(new: NewCampaign) -> dict[str, Any]:
    return {name: getattr(new, name) for name in _COLUMNS} | {
        "starts_at": in_utc(new.starts_local, new.time_zone),
        "completes_at": in_utc(new.completes_local, new.time_zone),
    }


async def _write_links(conn: Connection, workspace_id: int, campaign_id: int, new: NewCampaign) -> None:
    await store.set_mailboxes(conn, workspace_id, campaign_id, new.mailbox_ids)
    await store.set_lists(conn, workspace_id, campaign_id, new.list_ids)
