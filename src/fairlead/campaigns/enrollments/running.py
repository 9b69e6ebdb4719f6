"""Campaigns as the engine needs them: everything that decides about their mails, read at once."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from fairlead.campaigns.graph import chart
from fairlead.campaigns.graph.chart import Graph
from fairlead.campaigns.model import CampaignStatus, SendingPriority, StopScope
from fairlead.campaigns.turns import WEIGHTS
from fairlead.campaigns.windows import Window, Windows
from fairlead.db import Connection

UTC_ZONE: Final = ZoneInfo("UTC")


@dataclass(frozen=True)
class RunningCampaign:
    workspace_id: int
    id: int
    title: str
    status: CampaignStatus
    weight: int
    follow_ups_first: bool
    follow_up_share: float | None
    mails_a_day: int | None
    first_mails_a_day: int | None
    skip_unverifiable: bool
    skip_unverified: bool
    skip_who_replied: bool
    skip_company_who_replied: bool
    skip_without_variables: bool
    first_address_only: bool
    skip_of_other_campaigns: bool
    one_click_unsubscribe: bool
    black_list_id: int | None
    provider_matching: bool
    tracks_opens: bool
    tracks_clicks: bool
    completes_after_last_step: bool
    starts_at: datetime | None
    completes_at: datetime | None
    completed_at: datetime | None
    archive_in_months: int
    version_id: int
    graph: Graph
    mailbox_ids: tuple[int, ...]
    list_ids: tuple[int, ...]
    windows: Windows
    zone: ZoneInfo
    """Of its windows and its days; of recipients whose own is not known, where windows are in the recipient's."""
    in_recipient_zone: bool
    days_off: frozenset[date]
    schedule_mark: str
    """Changes whenever windows, zone or days off do."""

    @property
    def has_limits(self) -> bool:
        return self.mails_a_day is not None or self.first_mails_a_day is not None

    def zone_for(self, recipient_zone: str | None) -> ZoneInfo:
        return zone_named(recipient_zone) if self.in_recipient_zone and recipient_zone else self.zone

    def next_allowed(self, moment: datetime, recipient_zone: str | None) -> datetime | None:
        return self.windows.next_allowed(moment, self.zone_for(recipient_zone), self.days_off)


@lru_cache(maxsize=1_024)
def zone_named(name: str) -> ZoneInfo:
    return ZoneInfo(name)


# The windows in force are those of the campaign's schedule, or of the workspace's default one where it has none.
_SELECT = """
select c.workspace_id, c.id, c.title, c.status, c.priority, c.settings, c.follow_up_share, c.stop_scope,
       c.black_list_id, c.provider_matching, c.tracks_opens, c.tracks_clicks, c.completes_after_last_step,
       c.starts_at, c.completes_at, c.completed_at, c.archive_in_months, v.id, v.graph,
       array(select m.mailbox_id from campaign_mailboxes m
              where m.workspace_id = c.workspace_id and m.campaign_id = c.id order by m.place, m.mailbox_id),
       array(select l.list_id from campaign_lists l
              where l.workspace_id = c.workspace_id and l.campaign_id = c.id order by l.list_id),
       s.days::text, s.time_zone, s.in_recipient_zone,
       array(select d.day from days_off d where d.workspace_id = c.workspace_id order by d.day)
  from campaigns c
  join campaign_versions v on v.id = c.current_version_id
  left join lateral (
       select days, time_zone, in_recipient_zone from schedules o
        where o.workspace_id = c.workspace_id and o.deleted_at is null and (o.id = c.schedule_id or o.is_default)
        order by o.id = c.schedule_id desc nulls last limit 1) s on true
 where c.deleted_at is null
"""


async def active(conn: Connection) -> list[RunningCampaign]:
    """Of all workspaces."""
    cur = await conn.execute(_SELECT + " and c.status = 'active' order by c.id")
    return [_campaign(row) for row in await cur.fetchall()]


async def campaigns(conn: Connection, ids: Collection[int]) -> dict[int, RunningCampaign]:
    """Those of `ids` that are not deleted, whatever their status."""
    cur = await conn.execute(_SELECT + " and c.id = any(%(ids)s)", {"ids": list(ids)})
    return {row[1]: _campaign(row) for row in await cur.fetchall()}


async def of_list(conn: Connection, workspace_id: int, list_id: int) -> list[RunningCampaign]:
    """The active campaigns that a list feeds."""
    cur = await conn.execute(
        _SELECT
        + """
   and c.workspace_id = %(workspace_id)s and c.status = 'active'
   and c.id in (select campaign_id from campaign_lists where workspace_id = %(workspace_id)s and list_id = %(list_id)s)
 order by c.id
""",
        {"workspace_id": workspace_id, "list_id": list_id},
    )
    return [_campaign(row) for row in await cur.fetchall()]


async def graphs(conn: Connection, version_ids: Collection[int]) -> dict[int, Graph]:
    """The charts of versions, older ones among them."""
    if not version_ids:
        return {}
    cur = await conn.execute("select id, graph from campaign_versions where id = any(%s)", [list(version_ids)])
    return {row[0]: chart.loaded(row[1]) for row in await cur.fetchall()}


def _campaign(row: tuple[Any, ...]) -> RunningCampaign:
    (
        workspace_id, id_, title, status, priority, settings, follow_up_share, stop_scope, black_list_id,
        provider_matching, tracks_opens, tracks_clicks, completes_after_last_step, starts_at, completes_at,
        completed_at, archive_in_months, version_id, graph, mailbox_ids, list_ids, days, time_zone,
        in_recipient_zone, days_off,
    ) = row  # fmt: skip
    return RunningCampaign(
        workspace_id=workspace_id,
        id=id_,
        title=title,
        status=CampaignStatus(status),
        weight=WEIGHTS[priority],
        follow_ups_first=settings.get("sending_priority") == SendingPriority.FOLLOW_UP,
        follow_up_share=follow_up_share,
        mails_a_day=settings.get("daily_sending_all"),
        first_mails_a_day=settings.get("daily_sending_new_recipients"),
        skip_unverifiable=bool(settings.get("skip_unverifiable")),
        skip_unverified=bool(settings.get("skip_unverified")),
        skip_who_replied=bool(settings.get("skip_who_replied")),
        skip_company_who_replied=bool(settings.get("skip_company_domain_who_replied"))
        or stop_scope == StopScope.COMPANY,
        skip_without_variables=bool(settings.get("skip_recipients_without_variables_data")),
        first_address_only=bool(settings.get("skip_other_recipients_email_addresses")),
        skip_of_other_campaigns=bool(settings.get("skip_recipients_added_to_my_another_campaign"))
        or bool(settings.get("skip_recipients_added_to_team_another_campaign")),
        one_click_unsubscribe=bool(settings.get("one_click_unsubscribe")),
        black_list_id=black_list_id,
        provider_matching=provider_matching,
        tracks_opens=tracks_opens,
        tracks_clicks=tracks_clicks,
        completes_after_last_step=completes_after_last_step,
        starts_at=starts_at,
        completes_at=completes_at,
        completed_at=completed_at,
        archive_in_months=archive_in_months,
        version_id=version_id,
        graph=chart.loaded(graph),
        mailbox_ids=tuple(mailbox_ids),
        list_ids=tuple(list_ids),
        windows=_NEVER if days is None else _windows(days),
        zone=zone_named(time_zone) if time_zone else UTC_ZONE,
        in_recipient_zone=bool(in_recipient_zone),
        days_off=frozenset(days_off),
        schedule_mark=hashlib.sha256(f"{days} {time_zone} {in_recipient_zone} {days_off}".encode()).hexdigest()[:32],
    )


_NEVER: Final = Windows(((),) * 7)


@lru_cache(maxsize=4_096)
def _windows(days: str) -> Windows:
    """From the form of the table `schedules`: Sunday first."""
    counted = [
        tuple(Window(start, end) for start, end in day["windows"]) if day["enabled"] else ()
        for day in msgspec.json.decode(days)
    ]
    return Windows((*counted[1:], counted[0]))
