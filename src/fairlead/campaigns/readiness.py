"""What a campaign lacks before it can be started, each with what to do about it."""

from dataclasses import dataclass
from datetime import datetime

from fairlead.campaigns import schedules
from fairlead.campaigns.contents.fields import Names
from fairlead.campaigns.contents.rendering import check_text, names_in
from fairlead.campaigns.graph.rules import mails_before
from fairlead.campaigns.model import Campaign, Defaults, Usage, Variant
from fairlead.campaigns.store import campaigns as store
from fairlead.campaigns.store import contents as content_store
from fairlead.campaigns.store import schedules as schedule_store
from fairlead.db import Connection
from fairlead.kit.refusals import Invalid
from fairlead.prospects import actions as prospects
from fairlead.senders import actions as senders
from fairlead.senders.model import CheckStatus, MailboxState
from fairlead.world import World


@dataclass(frozen=True)
class Found:
    missing: tuple[str, ...]
    """Sentences; with one of them it cannot start."""
    warnings: tuple[str, ...]


async def look(world: World, conn: Connection, campaign: Campaign, *, now: datetime) -> Found:
    defaults = await schedule_store.defaults(conn, campaign.workspace_id)
    variants = await content_store.variants(conn, campaign.workspace_id, campaign.id)
    missing = [
        *await _mailboxes(conn, campaign),
        *await _lists(conn, campaign),
        *await _contents(conn, campaign, variants),
        *await _times(conn, campaign, now),
        *_public_url(world, campaign, variants, defaults),
    ]
    return Found(tuple(missing), tuple(_warnings(campaign, variants, defaults)))


async def _mailboxes(conn: Connection, campaign: Campaign) -> list[str]:
    if not campaign.version.graph.emails:
        return []
    if not campaign.mailbox_ids:
        return ["It has no e-mail account: choose one that it can send through."]
    missing = []
    for mailbox in await senders.mailboxes(conn, campaign.workspace_id, campaign.mailbox_ids, deleted=True):
        if mailbox.state is MailboxState.DELETED:
            missing.append(f"The e-mail account {mailbox.address} was deleted: take it out of the campaign.")
        elif mailbox.state is not MailboxState.ACTIVE:
            why = f" ({mailbox.state_reason.rstrip('.')})" if mailbox.state_reason else ""
            missing.append(
                f"The e-mail account {mailbox.address} is not active{why}: resume it, or take it out of the campaign."
            )
        elif mailbox.smtp_check.status is CheckStatus.INVALID:
            why = mailbox.smtp_check.errors[0] if mailbox.smtp_check.errors else "its last check failed."
            missing.append(f"The e-mail account {mailbox.address} cannot send: {why}")
    return missing


async def _lists(conn: Connection, campaign: Campaign) -> list[str]:
    if not campaign.list_ids:
        return ["It has no list of recipients: choose one."]
    found = await store.lists_of(conn, campaign.workspace_id, campaign.list_ids)
    if gone := [list_id for list_id in campaign.list_ids if list_id not in found]:
        return [f"List {gone[0]} was deleted: restore it, or choose another one."]
    if not any(found.values()):
        return ["Its list of recipients is empty: add prospects to it."]
    return []


async def _contents(conn: Connection, campaign: Campaign, variants: list[Variant]) -> list[str]:
    names = Names.of(await prospects.custom_fields(conn, campaign.workspace_id))
    before = mails_before(campaign.version.graph)
    missing = []
    for number, node in enumerate(campaign.version.graph.emails, 1):
        contents = [variant for variant in variants if variant.node_key == node.key]
        for place, variant in enumerate(contents, 1):
            where = f"E-mail step {number} (step {node.key}), content {place}"
            missing += _content(variant, where, names, answers=bool(before[node.key]))
        if not any(variant.usage is Usage.ACTIVE for variant in contents):
            missing.append(f"E-mail step {number} (step {node.key}) has no active content: set one to active.")
    return missing


def _content(variant: Variant, where: str, names: Names, *, answers: bool) -> list[str]:
    if not variant.is_written or not variant.body.strip():
        return [f"{where} is empty: write it."]
    if variant.replies and not answers:
        return [f"{where} has no subject, and no mail comes before it that it could answer: write one."]
    try:
        check_text(variant.subject, variant.body, place=where)
    except Invalid as refusal:
        return [refusal.sentence]
    return [
        f"{where} names {{{{{name}}}}}, and there is no such variable: correct it, or declare a custom field."
        for name in sorted(names_in(variant))
        if not names.know(name)
    ]


async def _times(conn: Connection, campaign: Campaign, now: datetime) -> list[str]:
    if campaign.completes_at is not None and campaign.completes_at <= now:
        return ["Its completion date has passed: choose a later one."]
    schedule = await schedules.schedule_of(conn, campaign.workspace_id, campaign.schedule_id, now=now)
    if schedule.windows.never:
        return [f"Its schedule {schedule.name!r} has no day on which mail may go out: enable one."]
    return []


def _public_url(world: World, campaign: Campaign, variants: list[Variant], defaults: Defaults) -> list[str]:
    """A link in a mail has to lead back to this installation, from anywhere and over TLS."""
    if world.mode != "live" or world.public_url.startswith("https://"):
        return []
    uses = [
        what
        for what, used in (
            ("counts opens", campaign.tracks_opens),
            ("counts clicks", campaign.tracks_clicks),
            ("has a one-click unsubscribe header", campaign.settings.one_click_unsubscribe),
            ("has an unsubscribe link", _has_unsubscribe_link(campaign, variants, defaults)),
        )
        if used
    ]
    if not uses:
        return []
    return [
        f"It {' and '.join(uses)}, and FAIRLEAD_PUBLIC_URL ({world.public_url}) is no https address that recipients"
        " could reach: set it, or switch these off."
    ]


def _has_unsubscribe_link(campaign: Campaign, variants: list[Variant], defaults: Defaults) -> bool:
    return bool(campaign.unsubscribe_text or defaults.unsubscribe_text) or any(
        "unsubscribe_link" in variant.body for variant in variants
    )


def _warnings(campaign: Campaign, variants: list[Variant], defaults: Defaults) -> list[str]:
    warnings = []
    if not defaults.postal_address:
        warnings.append(
            "No postal address stands under its mails, which the law of many countries asks for: "
            "fairlead campaign settings --postal-address."
        )
    if not (campaign.settings.one_click_unsubscribe or _has_unsubscribe_link(campaign, variants, defaults)):
        warnings.append("Its mails offer no way to unsubscribe.")
    return warnings
