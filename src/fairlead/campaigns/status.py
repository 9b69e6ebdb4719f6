"""What a campaign's status may become, and what a start asks for first. Contract 43."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from fairlead.campaigns import readiness
from fairlead.campaigns.enrollments import keeping
from fairlead.campaigns.model import Campaign, CampaignStatus
from fairlead.campaigns.store import campaigns as store
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.kit.refusals import Conflict, NotFound
from fairlead.world import World

STATUS_CHANGED: Final = "campaign_status_changed"
DELETED: Final = "campaign_deleted"

_REMOVABLE: Final = (CampaignStatus.NEW, CampaignStatus.COMPLETED, CampaignStatus.ARCHIVED)


class Action(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    ARCHIVE = "archived"


# What each action is for; contract 43.
_FROM: Final = {
    Action.START: (CampaignStatus.NEW,),
    Action.PAUSE: (CampaignStatus.ACTIVE, CampaignStatus.SCHEDULED),
    Action.RESUME: (CampaignStatus.PAUSED,),
    Action.COMPLETE: (CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.SCHEDULED),
    Action.ARCHIVE: (CampaignStatus.NEW, CampaignStatus.PAUSED, CampaignStatus.COMPLETED),
}
_VERBS: Final = {
    Action.START: "started",
    Action.PAUSE: "paused",
    Action.RESUME: "resumed",
    Action.COMPLETE: "completed",
    Action.ARCHIVE: "archived",
}


class NotReady(Conflict):
    """`parts` are sentences, one for each thing that is missing and what to do about it."""

    def __init__(self, parts: Sequence[str]) -> None:
        super().__init__("not_ready", " ".join(parts), field="status")
        self.parts = tuple(parts)


async def act(
    world: World, conn: Connection, workspace_id: int, campaign_id: int, action: Action, *, now: datetime
) -> tuple[CampaignStatus, tuple[str, ...]]:
    """The status it has now, and warnings: sentences about what does not hinder it.

    Raises `NotFound`, `Conflict` where the status does not allow it, `NotReady`.
    """
    campaign = await for_update(conn, workspace_id, campaign_id)
    if campaign.status not in _FROM[action]:
        raise Conflict(
            "wrong_status",
            f"The campaign is {campaign.status}; only one that is {' or '.join(_FROM[action])} can be"
            f" {_VERBS[action]}.",
            field="status",
        )
    match action:
        case Action.START | Action.RESUME:
            found = await readiness.look(world, conn, campaign, now=now)
            if found.missing:
                raise NotReady(found.missing)
            await store.publish(conn, workspace_id, campaign.version.id, now=now)
            waits = campaign.starts_at is not None and campaign.starts_at > now
            to = CampaignStatus.SCHEDULED if waits else CampaignStatus.ACTIVE
            await _set(conn, campaign, to, now=now)
            return to, found.warnings
        case Action.PAUSE:
            to = CampaignStatus.PAUSED
        case Action.COMPLETE:
            to = CampaignStatus.COMPLETED
        case Action.ARCHIVE:
            to = CampaignStatus.ARCHIVED
    await _set(conn, campaign, to, now=now)
    return to, ()


async def _set(conn: Connection, campaign: Campaign, to: CampaignStatus, *, now: datetime) -> None:
    await store.set_status(conn, campaign.workspace_id, campaign.id, to=to, now=now)
    body = {"campaign_id": campaign.id, "from": campaign.status.value, "to": to.value}
    await events.record(conn, campaign.workspace_id, STATUS_CHANGED, now, **body)
    if to is CampaignStatus.ACTIVE:
        begin = keeping.resumed if campaign.status is CampaignStatus.PAUSED else keeping.started
        await begin(conn, campaign.workspace_id, campaign.id, now=now)


async def delete(conn: Connection, workspace_id: int, campaign_id: int, *, now: datetime) -> None:
    """Out of all lists; what it sent keeps its name. Raises `Conflict` for one that may still write to somebody."""
    campaign = await for_update(conn, workspace_id, campaign_id)
    if campaign.status not in _REMOVABLE:
        raise Conflict(
            "wrong_status",
            f"The campaign is {campaign.status}; only one that is {', '.join(_REMOVABLE)} can be deleted.",
            field="status",
        )
    await store.mark_deleted(conn, workspace_id, campaign_id, now=now)
    await events.record(conn, workspace_id, DELETED, now, campaign_id=campaign_id)


async def for_update(conn: Connection, workspace_id: int, campaign_id: int) -> Campaign:
    campaign = await store.find_for_update(conn, workspace_id, campaign_id)
    if campaign is None:
        raise not_found()
    return campaign


def not_found() -> NotFound:
    return NotFound("campaign_not_found", "There is no such campaign.", field="campaign_id")
