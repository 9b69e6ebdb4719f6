"""Campaigns, and the versions of their charts."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from fairlead.campaigns.graph import chart
from fairlead.campaigns.model import (
    Campaign,
    CampaignId,
    CampaignLine,
    CampaignStatus,
    Priority,
    ScheduleId,
    SendingPriority,
    SendingSettings,
    StopScope,
    Version,
    VersionId,
)
from fairlead.db import Connection

_SELECT = """
select c.workspace_id, c.id, c.token, c.owner_id, c.title, c.status, c.status_reason, c.status_at, c.priority,
       c.schedule_id, c.black_list_id, c.tracks_opens, c.tracks_clicks, c.settings, c.starts_at, c.completes_at,
       c.starts_local, c.completes_local, c.time_zone, c.completes_after_last_step, c.archive_in_months,
       c.provider_matching, c.deals, c.linkedin_accounts, c.stop_scope, c.follow_up_share, c.unsubscribe_text,
       c.made_at, c.changed_at, c.started_at, c.completed_at, c.archived_at, v.id, v.number, v.graph, v.checksum,
       v.published_at,
       array(select m.mailbox_id from campaign_mailboxes m
              where m.workspace_id = c.workspace_id and m.campaign_id = c.id order by m.place),
       array(select l.list_id from campaign_lists l
              where l.workspace_id = c.workspace_id and l.campaign_id = c.id order by l.list_id)
  from campaigns c
  join campaign_versions v on v.id = c.current_version_id and v.workspace_id = c.workspace_id
 where c.deleted_at is null
"""


async def find(conn: Connection, workspace_id: int, campaign_id: int) -> Campaign | None:
    cur = await conn.execute(_SELECT + " and c.workspace_id = %s and c.id = %s", [workspace_id, campaign_id])
    row = await cur.fetchone()
    return None if row is None else _campaign(row)


async def find_for_update(conn: Connection, workspace_id: int, campaign_id: int) -> Campaign | None:
    cur = await conn.execute(
        _SELECT + " and c.workspace_id = %s and c.id = %s for update of c", [workspace_id, campaign_id]
    )
    row = await cur.fetchone()
    return None if row is None else _campaign(row)


async def lines(conn: Connection, workspace_id: int, owner_id: int | None) -> list[CampaignLine]:
    """Those of one member, or of all; the newest first."""
    cur = await conn.execute(
        """
        select c.id, c.token, c.title, c.status, c.made_at, c.changed_at, c.started_at,
               (select min(l.list_id) from campaign_lists l
                 where l.workspace_id = c.workspace_id and l.campaign_id = c.id)
          from campaigns c
         where c.workspace_id = %(workspace_id)s and c.deleted_at is null
           and (%(owner_id)s::bigint is null or c.owner_id = %(owner_id)s)
         order by c.id desc
        """,
        {"workspace_id": workspace_id, "owner_id": owner_id},
    )
    return [
        CampaignLine(
            id=CampaignId(row[0]),
            token=row[1],
            title=row[2],
            status=CampaignStatus(row[3]),
            made_at=row[4],
            changed_at=row[5],
            started_at=row[6],
            list_id=row[7],
        )
        for row in await cur.fetchall()
    ]


async def insert(
    conn: Connection, workspace_id: int, *, token: str, owner_id: int | None, columns: dict[str, Any], now: datetime
) -> CampaignId:
    cur = await conn.execute(
        """
        insert into campaigns (workspace_id, token, owner_id, title, status, status_at, priority, schedule_id,
                               black_list_id, tracks_opens, tracks_clicks, settings, starts_at, completes_at,
                               starts_local, completes_local, time_zone, completes_after_last_step, archive_in_months,
                               provider_matching, deals, linkedin_accounts, stop_scope, follow_up_share,
                               unsubscribe_text, made_at, changed_at)
        values (%(workspace_id)s, %(token)s, %(owner_id)s, %(title)s, 'new', %(now)s, %(priority)s, %(schedule_id)s,
                %(black_list_id)s, %(tracks_opens)s, %(tracks_clicks)s, %(settings)s, %(starts_at)s, %(completes_at)s,
                %(starts_local)s, %(completes_local)s, %(time_zone)s, %(completes_after_last_step)s,
                %(archive_in_months)s, %(provider_matching)s, %(deals)s, %(linkedin_accounts)s, %(stop_scope)s,
                %(follow_up_share)s, %(unsubscribe_text)s, %(now)s, %(now)s)
        returning id
        """,
        {**_written(columns), "workspace_id": workspace_id, "token": token, "owner_id": owner_id, "now": now},
    )
    row = await cur.fetchone()
    assert row is not None
    return CampaignId(row[0])


async def update(
    conn: Connection, workspace_id: int, campaign_id: int, *, columns: dict[str, Any], now: datetime
) -> None:
    await conn.execute(
        """
        update campaigns
           set title = %(title)s, priority = %(priority)s, schedule_id = %(schedule_id)s,
               black_list_id = %(black_list_id)s, tracks_opens = %(tracks_opens)s, tracks_clicks = %(tracks_clicks)s,
               settings = %(settings)s, starts_at = %(starts_at)s, completes_at = %(completes_at)s,
               starts_local = %(starts_local)s, completes_local = %(completes_local)s, time_zone = %(time_zone)s,
               completes_after_last_step = %(completes_after_last_step)s, archive_in_months = %(archive_in_months)s,
               provider_matching = %(provider_matching)s, deals = %(deals)s,
               linkedin_accounts = %(linkedin_accounts)s, stop_scope = %(stop_scope)s,
               follow_up_share = %(follow_up_share)s, unsubscribe_text = %(unsubscribe_text)s, changed_at = %(now)s
         where workspace_id = %(workspace_id)s and id = %(campaign_id)s
        """,
        {**_written(columns), "workspace_id": workspace_id, "campaign_id": campaign_id, "now": now},
    )


def _written(columns: dict[str, Any]) -> dict[str, Any]:
    deals = columns["deals"]
    return columns | {
        "settings": Jsonb(asdict(columns["settings"])),
        "deals": None if deals is None else Jsonb(deals),
        "linkedin_accounts": list(columns["linkedin_accounts"]),
    }


async def touch(conn: Connection, workspace_id: int, campaign_id: int, *, now: datetime) -> None:
    await conn.execute(
        "update campaigns set changed_at = %s where workspace_id = %s and id = %s", [now, workspace_id, campaign_id]
    )


async def set_status(
    conn: Connection, workspace_id: int, campaign_id: int, *, to: CampaignStatus, now: datetime
) -> None:
    """By a person: why the system had changed it before is forgotten."""
    await conn.execute(
        """
        update campaigns
           set status = %(to)s, status_reason = null, status_at = %(now)s, changed_at = %(now)s,
               started_at = case when %(to)s in ('active', 'scheduled') then coalesce(started_at, %(now)s)
                                 else started_at end,
               completed_at = case when %(to)s = 'completed' then %(now)s else completed_at end,
               archived_at = case when %(to)s = 'archived' then %(now)s else archived_at end
         where workspace_id = %(workspace_id)s and id = %(campaign_id)s and deleted_at is null
        """,
        {"workspace_id": workspace_id, "campaign_id": campaign_id, "to": to, "now": now},
    )


async def mark_deleted(conn: Connection, workspace_id: int, campaign_id: int, *, now: datetime) -> None:
    await conn.execute(
        "update campaigns set deleted_at = %s where workspace_id = %s and id = %s", [now, workspace_id, campaign_id]
    )


async def set_mailboxes(conn: Connection, workspace_id: int, campaign_id: int, mailbox_ids: Sequence[int]) -> None:
    await conn.execute(
        "delete from campaign_mailboxes where workspace_id = %s and campaign_id = %s and not mailbox_id = any(%s)",
        [workspace_id, campaign_id, list(mailbox_ids)],
    )
    await conn.execute(
        """
        insert into campaign_mailboxes (workspace_id, campaign_id, mailbox_id, place)
        select %s, %s, w.mailbox_id, w.place from unnest(%s::bigint[]) with ordinality as w (mailbox_id, place)
        on conflict (workspace_id, campaign_id, mailbox_id) do update set place = excluded.place
        """,
        [workspace_id, campaign_id, list(mailbox_ids)],
    )


async def set_lists(conn: Connection, workspace_id: int, campaign_id: int, list_ids: Sequence[int]) -> None:
    await conn.execute(
        "delete from campaign_lists where workspace_id = %s and campaign_id = %s", [workspace_id, campaign_id]
    )
    await conn.execute(
        "insert into campaign_lists (workspace_id, campaign_id, list_id) select %s, %s, unnest(%s::bigint[])",
        [workspace_id, campaign_id, list(list_ids)],
    )


# Versions


async def insert_version(
    conn: Connection, workspace_id: int, campaign_id: int, *, graph: str, now: datetime, published: bool
) -> Version:
    """The next version, in force from now on."""
    cur = await conn.execute(
        """
        with made as (
          insert into campaign_versions (workspace_id, campaign_id, number, graph, checksum, made_at, published_at)
          select %(workspace_id)s, %(campaign_id)s, coalesce(max(number), 0) + 1, %(graph)s, %(checksum)s, %(now)s,
                 case when %(published)s then %(now)s::timestamptz end
            from campaign_versions where workspace_id = %(workspace_id)s and campaign_id = %(campaign_id)s
          returning id, number, graph, checksum, published_at),
        in_force as (
          update campaigns c set current_version_id = made.id, changed_at = %(now)s from made
           where c.workspace_id = %(workspace_id)s and c.id = %(campaign_id)s)
        select id, number, graph, checksum, published_at from made
        """,
        {
            "workspace_id": workspace_id,
            "campaign_id": campaign_id,
            "graph": graph,
            "checksum": chart.checksum(graph),
            "published": published,
            "now": now,
        },
    )
    row = await cur.fetchone()
    assert row is not None
    return _version(row)


async def replace_draft(conn: Connection, workspace_id: int, version_id: int, *, graph: str) -> None:
    await conn.execute(
        """
        update campaign_versions set graph = %s, checksum = %s
         where workspace_id = %s and id = %s and published_at is null
        """,
        [graph, chart.checksum(graph), workspace_id, version_id],
    )


async def publish(conn: Connection, workspace_id: int, version_id: int, *, now: datetime) -> None:
    await conn.execute(
        "update campaign_versions set published_at = %s where workspace_id = %s and id = %s and published_at is null",
        [now, workspace_id, version_id],
    )


async def new_step_numbers(conn: Connection, most: int) -> list[int]:
    cur = await conn.execute("select nextval('campaign_step_numbers') from generate_series(1, %s)", [most])
    return [row[0] for row in await cur.fetchall()]


async def recipients_by_step(conn: Connection, workspace_id: int, campaign_id: int) -> dict[str, int]:
    """Step -> how many stand there, of those whose sequence is not over."""
    cur = await conn.execute(
        """
        select node_key, count(*) from enrollments
         where workspace_id = %s and campaign_id = %s
           and state in ('to_check', 'active', 'parked', 'paused', 'over_limit')
         group by node_key order by node_key
        """,
        [workspace_id, campaign_id],
    )
    return {row[0]: row[1] for row in await cur.fetchall()}


# What campaigns name of other rooms


async def lists_of(conn: Connection, workspace_id: int, list_ids: Collection[int]) -> dict[int, int]:
    """List -> how many are on it, of those of `list_ids` that are there."""
    cur = await conn.execute(
        """
        select l.id, (select count(*) from (select 1 from recipients_of_list(%(workspace_id)s, l.id, 0, 1)) as one)
          from prospect_lists l
         where l.workspace_id = %(workspace_id)s and l.id = any(%(ids)s) and l.deleted_at is null
        """,
        {"workspace_id": workspace_id, "ids": list(list_ids)},
    )
    return {row[0]: row[1] for row in await cur.fetchall()}


def _version(row: tuple[Any, ...]) -> Version:
    return Version(VersionId(row[0]), row[1], chart.loaded(row[2]), row[3], row[4])


def _campaign(row: tuple[Any, ...]) -> Campaign:
    settings = row[13] | {"sending_priority": SendingPriority(row[13].get("sending_priority", "first_email"))}
    return Campaign(
        workspace_id=row[0],
        id=CampaignId(row[1]),
        token=row[2],
        owner_id=row[3],
        title=row[4],
        status=CampaignStatus(row[5]),
        status_reason=row[6],
        status_at=row[7],
        priority=Priority(row[8]),
        schedule_id=None if row[9] is None else ScheduleId(row[9]),
        black_list_id=row[10],
        tracks_opens=row[11],
        tracks_clicks=row[12],
        settings=SendingSettings(**settings),
        starts_at=row[14],
        completes_at=row[15],
        starts_local=row[16],
        completes_local=row[17],
        time_zone=row[18],
        completes_after_last_step=row[19],
        archive_in_months=row[20],
        provider_matching=row[21],
        deals=row[22],
        linkedin_accounts=tuple(row[23]),
        stop_scope=StopScope(row[24]),
        follow_up_share=row[25],
        unsubscribe_text=row[26],
        made_at=row[27],
        changed_at=row[28],
        started_at=row[29],
        completed_at=row[30],
        archived_at=row[31],
        version=_version(row[32:37]),
        mailbox_ids=tuple(row[37]),
        list_ids=tuple(row[38]),
    )
