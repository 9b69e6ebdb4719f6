"""What mails are made from, as the planner reads it: contents, files and footers of many campaigns at once."""

from collections.abc import Collection
from dataclasses import dataclass

from fairlead.campaigns.model import Usage, Variant, VariantId
from fairlead.db import Connection
from fairlead.senders.model import Attachment


async def variants(conn: Connection, campaign_ids: Collection[int]) -> dict[tuple[int, str], list[Variant]]:
    """Contents that are in use, by campaign and node, in the order of their slots."""
    cur = await conn.execute(
        """
        select campaign_id, id, node_key, content_id, subject, body, is_plain, usage, weight, written_at is not null
          from content_variants
         where campaign_id = any(%s) and deleted_at is null and usage = 'active' and written_at is not null
         order by campaign_id, node_key, content_id
        """,
        [list(campaign_ids)],
    )
    found: dict[tuple[int, str], list[Variant]] = {}
    for row in await cur.fetchall():
        columns = (VariantId(row[1]), *row[2:7], Usage(row[7]), *row[8:])
        variant = Variant(*columns)
        found.setdefault((row[0], variant.node_key), []).append(variant)
    return found


@dataclass(frozen=True, slots=True)
class File:
    content_id: int | None
    """None: with every content of the step."""
    attachment: Attachment


async def files(conn: Connection, campaign_ids: Collection[int]) -> dict[tuple[int, str], list[File]]:
    """By campaign and node."""
    cur = await conn.execute(
        """
        select campaign_id, node_key, content_id, name, media_type, content from campaign_attachments
         where campaign_id = any(%s) order by campaign_id, node_key, id
        """,
        [list(campaign_ids)],
    )
    found: dict[tuple[int, str], list[File]] = {}
    for row in await cur.fetchall():
        found.setdefault((row[0], row[1]), []).append(File(row[2], Attachment(row[3], row[4], bytes(row[5]))))
    return found


async def footers(conn: Connection, campaign_ids: Collection[int]) -> dict[int, tuple[str | None, str | None]]:
    """(text of the way to unsubscribe, postal address) by campaign; None where nobody has set one."""
    cur = await conn.execute(
        """
        select c.id, coalesce(c.unsubscribe_text, d.unsubscribe_text), d.postal_address
          from campaigns c left join campaign_defaults d on d.workspace_id = c.workspace_id
         where c.id = any(%s)
        """,
        [list(campaign_ids)],
    )
    return {row[0]: (row[1], row[2]) for row in await cur.fetchall()}
