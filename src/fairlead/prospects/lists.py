"""Prospect lists: making, showing, deleting and bringing back."""

from collections.abc import Collection, Iterable
from datetime import datetime

from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.kit.text import has_control
from fairlead.prospects.model import ListId, ListPage, Prospect, ProspectList
from fairlead.prospects.store import lists as store
from fairlead.prospects.store import viewing

LONGEST_NAME = 255


async def create_list(conn: Connection, workspace_id: int, name: str, *, now: datetime) -> ListId:
    checked = checked_name(name)
    list_id = await store.insert_list(conn, workspace_id=workspace_id, name=checked, now=now)
    if list_id is None:
        raise Conflict("list_exists", f"There is a list named {checked!r} already.", field="name")
    return list_id


def checked_name(name: str, *, field: str = "name") -> str:
    text = name.strip()
    if not text:
        raise Invalid("no_name", f"The {field} field is required.", field=field)
    if len(text) > LONGEST_NAME or has_control(text):
        raise Invalid("bad_name", f"A {field} has up to {LONGEST_NAME} characters on one line.", field=field)
    return text


async def list_named(conn: Connection, workspace_id: int, name: str, *, now: datetime) -> ListId:
    """The list of this name, made when there is none."""
    for _ in range(2):
        found = await store.find_list_named(conn, workspace_id, name.strip())
        if found is not None:
            return found
        made = await store.insert_list(conn, workspace_id=workspace_id, name=checked_name(name), now=now)
        if made is not None:
            return made
    raise Conflict("busy", f"The list {name!r} is being changed by others; try again.", field="name")


async def find_list_named(conn: Connection, workspace_id: int, name: str) -> ListId | None:
    return await store.find_list_named(conn, workspace_id, name.strip())


async def lists(conn: Connection, workspace_id: int) -> list[ProspectList]:
    """Deleted ones included, the newest first."""
    return await store.lists(conn, workspace_id)


async def rename_list(conn: Connection, workspace_id: int, list_id: int, name: str) -> None:
    taken = await store.find_list_named(conn, workspace_id, checked_name(name))
    if taken not in (None, list_id):
        raise Conflict("list_exists", f"There is a list named {name.strip()!r} already.", field="name")
    if not await store.rename_list(conn, workspace_id=workspace_id, list_id=list_id, name=checked_name(name)):
        raise list_not_found()


async def delete_list(conn: Connection, workspace_id: int, list_id: int, *, now: datetime) -> None:
    """The list is kept with its date and can be restored; its prospects stay."""
    if not await store.mark_deleted(conn, workspace_id=workspace_id, list_id=list_id, now=now):
        raise list_not_found()


async def restore_list(conn: Connection, workspace_id: int, list_id: int) -> None:
    found = await store.find_list(conn, workspace_id, list_id)
    if found is None or found.deleted_at is None:
        raise list_not_found()
    if await store.find_list_named(conn, workspace_id, found.name) is not None:
        raise Conflict("list_exists", f"There is another list named {found.name!r} now; rename it first.", field="name")
    await store.mark_restored(conn, workspace_id=workspace_id, list_id=list_id)


async def page_of_list(conn: Connection, workspace_id: int, list_id: int, *, page: int, per_page: int) -> ListPage:
    """Page `page` (from 1) of the list, the last added first. Raises `NotFound`."""
    found = await store.find_list(conn, workspace_id, list_id)
    if found is None:
        raise list_not_found()
    prospects = await store.listed_prospects(
        conn, workspace_id=workspace_id, list_id=list_id, offset=(page - 1) * per_page, limit=per_page
    )
    return ListPage(found, prospects)


async def find_prospect(conn: Connection, workspace_id: int, prospect_id: int) -> Prospect | None:
    return await viewing.find_prospect(conn, workspace_id, prospect_id)


async def prospects_of_ids(conn: Connection, workspace_id: int, ids: Collection[int]) -> dict[int, Prospect]:
    """Those of `ids` that are there, by id."""
    return {one.id: one for one in await viewing.prospects_of_ids(conn, workspace_id, ids)}


async def present_among(conn: Connection, workspace_id: int, ids: Collection[int]) -> set[int]:
    """Those of `ids` that are there and not deleted."""
    return await viewing.present_among(conn, workspace_id, ids)


async def keys_of_change(conn: Connection, workspace_id: int, change_id: int) -> list[tuple[int, list[str]]]:
    """(prospect, its addresses as compared) of those that a bulk change touched, deleted ones included."""
    return await viewing.keys_of_change(conn, workspace_id, change_id)


async def prospects_of_address(conn: Connection, workspace_id: int, email_key: str) -> list[Prospect]:
    return await viewing.prospects_of_address(conn, workspace_id, email_key)


async def lists_of(
    conn: Connection, workspace_id: int, *, emails: Iterable[str], profiles: Iterable[str]
) -> dict[str, int]:
    """A list that holds the prospect of each of these address keys and LinkedIn profiles, for those on one."""
    return await viewing.lists_of(conn, workspace_id=workspace_id, emails=list(emails), profiles=list(profiles))


def list_not_found() -> NotFound:
    return NotFound("list_not_found", "List not found", field="list_id")
