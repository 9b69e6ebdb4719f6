"""What may be asked of campaigns: how they are set up and run. Of their recipients: `campaigns.enrollments.actions`."""

from fairlead.campaigns.attachments import attach, attachments, detach, files_of
from fairlead.campaigns.contents.writing import content, contents, delete_content, write_content
from fairlead.campaigns.model import CampaignLine
from fairlead.campaigns.samples import footer_of, preview, send_test
from fairlead.campaigns.schedules import (
    add_days_off,
    change_schedule,
    create_schedule,
    days_of_calendar,
    days_off,
    defaults,
    delete_schedule,
    make_default,
    remove_days_off,
    schedule_of,
    schedules,
    set_defaults,
)
from fairlead.campaigns.sequences import recipients_to_move
from fairlead.campaigns.setting_up import campaign, change, create, duplicate
from fairlead.campaigns.status import act, delete
from fairlead.campaigns.store import campaigns as store
from fairlead.db import Connection


async def campaigns(conn: Connection, workspace_id: int, *, owner_id: int | None = None) -> list[CampaignLine]:
    """Of all members or of one; the newest first."""
    return await store.lines(conn, workspace_id, owner_id)


__all__ = [
    "act",
    "add_days_off",
    "attach",
    "attachments",
    "campaign",
    "campaigns",
    "change",
    "change_schedule",
    "content",
    "contents",
    "create",
    "create_schedule",
    "days_of_calendar",
    "days_off",
    "defaults",
    "delete",
    "delete_content",
    "delete_schedule",
    "detach",
    "duplicate",
    "files_of",
    "footer_of",
    "make_default",
    "preview",
    "recipients_to_move",
    "remove_days_off",
    "schedule_of",
    "schedules",
    "send_test",
    "set_defaults",
    "write_content",
]
