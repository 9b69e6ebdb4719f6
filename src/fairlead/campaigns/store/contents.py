"""The texts of e-mail steps, and the files that go with them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from fairlead.campaigns.model import Attachment, AttachmentId, Usage, Variant, VariantId
from fairlead.db import Connection

_COLUMNS = "id, node_key, content_id, subject, body, is_plain, usage, weight, written_at is not null"


async def variants(conn: Connection, workspace_id: int, campaign_id: int, node_key: str | None = None) -> list[Variant]:
    """Of a campaign or of one of its steps, in the order they were made."""
    cur = await conn.execute(
        f"""
        select {_COLUMNS} from content_variants
         where workspace_id = %(workspace_id)s and campaign_id = %(campaign_id)s and deleted_at is null
           and (%(node_key)s::text is null or node_key = %(node_key)s)
         order by id
        """,
        {"workspace_id": workspace_id, "campaign_id": campaign_id, "node_key": node_key},
    )
    return [_variant(row) for row in await cur.fetchall()]


async def insert(
    conn: Connection,
    workspace_id: int,
    campaign_id: int,
    variants: Collection[tuple[str, int]],
    *,
    now: datetime,
) -> None:
    """Blank contents, as (node key, content id)."""
    await conn.execute(
        """
        insert into content_variants (workspace_id, campaign_id, node_key, content_id, made_at)
        select %(workspace_id)s, %(campaign_id)s, w.node_key, w.content_id, %(now)s
          from unnest(%(keys)s::text[], %(ids)s::bigint[]) with ordinality as w (node_key, content_id, place)
         order by w.place
        """,
        {
            "workspace_id": workspace_id,
            "campaign_id": campaign_id,
            "keys": [key for key, _ in variants],
            "ids": [content_id for _, content_id in variants],
            "now": now,
        },
    )


async def write(conn: Connection, workspace_id: int, variant: Variant, *, now: datetime) -> None:
    await conn.execute(
        """
        update content_variants
           set subject = %(subject)s, body = %(body)s, is_plain = %(is_plain)s, usage = %(usage)s, weight = %(weight)s,
               written_at = case when %(is_written)s then coalesce(written_at, %(now)s) end
         where workspace_id = %(workspace_id)s and id = %(id)s and deleted_at is null
        """,
        {
            "workspace_id": workspace_id,
            "id": variant.id,
            "subject": variant.subject,
            "body": variant.body,
            "is_plain": variant.is_plain,
            "usage": variant.usage,
            "weight": variant.weight,
            "is_written": variant.is_written,
            "now": now,
        },
    )


async def delete(conn: Connection, workspace_id: int, ids: Collection[int], *, now: datetime) -> None:
    await conn.execute(
        "update content_variants set deleted_at = %s where workspace_id = %s and id = any(%s) and deleted_at is null",
        [now, workspace_id, list(ids)],
    )


async def content_ids(conn: Connection, workspace_id: int, campaign_id: int, node_key: str) -> set[int]:
    """Those of deleted ones included: an id names one content for good."""
    cur = await conn.execute(
        "select content_id from content_variants where workspace_id = %s and campaign_id = %s and node_key = %s",
        [workspace_id, campaign_id, node_key],
    )
    return {row[0] for row in await cur.fetchall()}


# Attachments

_FILE_COLUMNS = "id, node_key, content_id, name, media_type, size"


async def attachments(conn: Connection, workspace_id: int, campaign_id: int) -> list[Attachment]:
    cur = await conn.execute(
        f"select {_FILE_COLUMNS} from campaign_attachments where workspace_id = %s and campaign_id = %s order by id",
        [workspace_id, campaign_id],
    )
    return [_attachment(row) for row in await cur.fetchall()]


async def file_contents(conn: Connection, workspace_id: int, ids: Collection[int]) -> dict[int, bytes]:
    cur = await conn.execute(
        "select id, content from campaign_attachments where workspace_id = %s and id = any(%s)",
        [workspace_id, list(ids)],
    )
    return {row[0]: bytes(row[1]) for row in await cur.fetchall()}


async def insert_attachment(
    conn: Connection,
    workspace_id: int,
    campaign_id: int,
    *,
    node_key: str,
    content_id: int | None,
    name: str,
    media_type: str,
    content: bytes,
    now: datetime,
) -> AttachmentId:
    cur = await conn.execute(
        """
        insert into campaign_attachments (workspace_id, campaign_id, node_key, content_id, name, media_type, content,
                                          size, made_at)
        values (%(workspace_id)s, %(campaign_id)s, %(node_key)s, %(content_id)s, %(name)s, %(media_type)s, %(content)s,
                %(size)s, %(now)s)
        returning id
        """,
        {
            "workspace_id": workspace_id,
            "campaign_id": campaign_id,
            "node_key": node_key,
            "content_id": content_id,
            "name": name,
            "media_type": media_type,
            "content": content,
            "size": len(content),
            "now": now,
        },
    )
    row = await cur.fetchone()
    assert row is not None
    return AttachmentId(row[0])


async def delete_attachment(conn: Connection, workspace_id: int, campaign_id: int, attachment_id: int) -> bool:
    cur = await conn.execute(
        "delete from campaign_attachments where workspace_id = %s and campaign_id = %s and id = %s",
        [workspace_id, campaign_id, attachment_id],
    )
    return cur.rowcount == 1


async def copy_attachments(
    conn: Connection, workspace_id: int, *, from_campaign: int, to_campaign: int, now: datetime
) -> None:
    await conn.execute(
        """
        insert into campaign_attachments (workspace_id, campaign_id, node_key, content_id, name, media_type, content,
                                          size, made_at)
        select workspace_id, %(to)s, node_key, content_id, name, media_type, content, size, %(now)s
          from campaign_attachments where workspace_id = %(workspace_id)s and campaign_id = %(from)s order by id
        """,
        {"workspace_id": workspace_id, "from": from_campaign, "to": to_campaign, "now": now},
    )


def _variant(row: tuple[Any, ...]) -> Variant:
    return Variant(VariantId(row[0]), row[1], row[2], row[3], row[4], row[5], Usage(row[6]), row[7], row[8])


def _attachment(row: tuple[Any, ...]) -> Attachment:
    return Attachment(AttachmentId(row[0]), *row[1:])
