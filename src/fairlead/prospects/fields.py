"""Custom fields of a workspace."""

from datetime import datetime

from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.prospects.lists import checked_name
from fairlead.prospects.model import CustomField, FieldType
from fairlead.prospects.store import fields as store

MOST_FIELDS = 100


async def create_field(
    conn: Connection, workspace_id: int, label: str, type_: FieldType, *, required: bool, now: datetime
) -> int:
    checked = checked_name(label, field="label")
    if any(mark in checked for mark in "[]'"):
        # The public API writes customFields['label'] and customFields[label].
        raise Invalid("bad_label", "A label cannot hold brackets or apostrophes.", field="label")
    if len(await store.custom_fields(conn, workspace_id)) >= MOST_FIELDS:
        raise Conflict("too_many_fields", f"A workspace has at most {MOST_FIELDS} custom fields.", field="label")
    made = await store.insert_field(
        conn, workspace_id=workspace_id, label=checked, type_=type_, required=required, now=now
    )
    if made is None:
        raise Conflict("field_exists", f"There is a custom field {checked!r} already.", field="label")
    return made


async def custom_fields(conn: Connection, workspace_id: int) -> list[CustomField]:
    return await store.custom_fields(conn, workspace_id)


async def delete_field(conn: Connection, workspace_id: int, label: str) -> int:
    """How many prospects had a value in it. The values are gone with the field."""
    for field in await store.custom_fields(conn, workspace_id):
        if field.label.casefold() == label.strip().casefold():
            return await store.delete_field(conn, workspace_id=workspace_id, field_id=field.id) or 0
    raise NotFound("field_not_found", f"There is no custom field {label!r}.", field="label")
