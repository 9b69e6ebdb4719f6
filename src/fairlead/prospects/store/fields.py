"""Custom fields."""

from datetime import datetime

from fairlead.db import Connection
from fairlead.prospects.model import CustomField, FieldType


async def insert_field(
    conn: Connection, *, workspace_id: int, label: str, type_: FieldType, required: bool, now: datetime
) -> int | None:
    cur = await conn.execute(
        """
        insert into custom_fields (workspace_id, label, type, required, made_at)
        values (%(workspace_id)s, %(label)s, %(type)s, %(required)s, %(now)s)
        on conflict (workspace_id, lower(label)) do nothing
        returning id
        """,
        {"workspace_id": workspace_id, "label": label, "type": type_, "required": required, "now": now},
    )
    row = await cur.fetchone()
    return None if row is None else int(row[0])


async def custom_fields(conn: Connection, workspace_id: int) -> list[CustomField]:
    cur = await conn.execute(
        "select id, label, type, required from custom_fields where workspace_id = %s order by id", [workspace_id]
    )
    return [CustomField(row[0], row[1], FieldType(row[2]), row[3]) for row in await cur.fetchall()]


async def rename_field(conn: Connection, *, workspace_id: int, field_id: int, label: str) -> bool:
    cur = await conn.execute(
        "update custom_fields set label = %s where workspace_id = %s and id = %s", [label, workspace_id, field_id]
    )
    return cur.rowcount == 1


async def delete_field(conn: Connection, *, workspace_id: int, field_id: int) -> int | None:
    """How many prospects had a value in the field, which is gone with it; None when there is no such field."""
    cur = await conn.execute(
        "delete from custom_fields where workspace_id = %s and id = %s", [workspace_id, field_id]
    )
    if cur.rowcount == 0:
        return None
    cur = await conn.execute(
        "update prospects set custom = custom - %(key)s where workspace_id = %(workspace_id)s and custom ? %(key)s",
        {"workspace_id": workspace_id, "key": str(field_id)},
    )
    return cur.rowcount
