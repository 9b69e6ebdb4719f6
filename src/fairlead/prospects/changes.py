"""Moving, deleting and merging prospects, and taking such a change back. Each runs in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime

from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.prospects.lists import list_not_found
from fairlead.prospects.model import Change, ChangeId, Undone
from fairlead.prospects.store import changes as store
from fairlead.prospects.store import lists as list_store

MOST_GROUPS = 1_000


async def changes(conn: Connection, workspace_id: int, *, limit: int = 50) -> list[Change]:
    return await store.changes(conn, workspace_id, limit=limit)


async def prospects_in_list(conn: Connection, workspace_id: int, list_id: int) -> list[int]:
    return await store.ids_in_list(conn, workspace_id, list_id)


async def prospects_of_addresses(conn: Connection, workspace_id: int, keys: list[str]) -> list[int]:
    return await store.ids_of_addresses(conn, workspace_id, keys)


async def move(
    conn: Connection,
    workspace_id: int,
    prospect_ids: Sequence[int],
    *,
    to_list: int,
    from_list: int | None,
    now: datetime,
) -> ChangeId:
    """Off `from_list` (off every list when None) and on `to_list`."""
    target = await list_store.find_list(conn, workspace_id, to_list)
    if target is None or target.deleted_at is not None:
        raise list_not_found()
    _require_some(prospect_ids)
    change = await store.insert_change(
        conn,
        workspace_id=workspace_id,
        kind="move",
        summary=f"{len(prospect_ids)} prospects to {target.name!r}",
        now=now,
    )
    await _keep_before(conn, workspace_id, change, prospect_ids, columns=False)
    await store.take_off_list(conn, workspace_id=workspace_id, list_id=from_list, prospect_ids=prospect_ids)
    await store.put_on_list(
        conn, workspace_id=workspace_id, list_id=to_list, change_id=change, prospect_ids=prospect_ids, now=now
    )
    await events.record(
        conn, workspace_id, "prospects_moved", now, change_id=change, list_id=to_list, from_list_id=from_list
    )
    return change


async def delete(conn: Connection, workspace_id: int, prospect_ids: Sequence[int], *, now: datetime) -> ChangeId:
    _require_some(prospect_ids)
    change = await store.insert_change(
        conn, workspace_id=workspace_id, kind="delete", summary=f"{len(prospect_ids)} prospects", now=now
    )
    await _keep_before(conn, workspace_id, change, prospect_ids, columns=True)
    await store.mark_deleted(conn, workspace_id=workspace_id, prospect_ids=prospect_ids, now=now)
    await store.take_off_list(conn, workspace_id=workspace_id, list_id=None, prospect_ids=prospect_ids)
    await events.record(conn, workspace_id, "prospects_deleted", now, change_id=change)
    return change


async def duplicates(conn: Connection, workspace_id: int) -> list[tuple[str, list[int]]]:
    """Groups of prospects with one address or one LinkedIn profile: (what they share, ids with the kept one first)."""
    return await store.duplicate_groups(conn, workspace_id, limit=MOST_GROUPS)


async def merge(conn: Connection, workspace_id: int, kept: int, merged: Sequence[int], *, now: datetime) -> ChangeId:
    """The kept prospect takes over what it lacks, the addresses and the lists of the others, which are deleted."""
    _require_some(merged)
    if kept in merged:
        raise Invalid("merge_with_itself", "A prospect cannot be merged with itself.", field="prospects")
    change = await store.insert_change(
        conn,
        workspace_id=workspace_id,
        kind="merge",
        summary=f"{len(merged)} prospects into number {kept}",
        now=now,
    )
    await _keep_before(conn, workspace_id, change, [kept, *merged], columns=True)
    await store.mark_deleted(conn, workspace_id=workspace_id, prospect_ids=merged, now=now)
    await store.merge_into(conn, workspace_id=workspace_id, change_id=change, kept=kept, merged=merged, now=now)
    await store.take_off_list(conn, workspace_id=workspace_id, list_id=None, prospect_ids=merged)
    await events.record(conn, workspace_id, "prospects_merged", now, change_id=change, prospect_id=kept)
    return change


async def undo(conn: Connection, workspace_id: int, change_id: int, *, now: datetime) -> Undone:
    """Takes a change back, all but what was changed again since.

    Raises `NotFound`, `Conflict` (undone before, or an address belongs to another prospect now) and changes nothing.
    """
    change = await store.change_for_update(conn, workspace_id, change_id)
    if change is None:
        raise NotFound("unknown_change", f"There is no change {change_id} in this workspace.", field="change")
    if change.undone_at is not None:
        raise Conflict("undone_before", f"Change {change_id} was taken back at {change.undone_at:%Y-%m-%d %H:%M}.")
    touched = await store.touched(conn, workspace_id=workspace_id, change_id=change_id)
    removed = await store.remove_made(
        conn, workspace_id=workspace_id, change_id=change_id, made_at=change.made_at, now=now
    )
    try:
        restored = await store.restore_prospects(
            conn, workspace_id=workspace_id, change_id=change_id, made_at=change.made_at
        )
    except store.Taken as taken:
        raise Conflict(
            "address_taken",
            f"Another prospect has {taken.name} by now; delete or merge it, then take change {change_id} back.",
        ) from taken
    await store.unlist_added(conn, workspace_id=workspace_id, change_id=change_id)
    relisted = await store.restore_lists(conn, workspace_id=workspace_id, change_id=change_id, now=now)
    restored = relisted if change.kind == "move" else restored
    await store.mark_undone(conn, workspace_id=workspace_id, change_id=change_id, now=now)
    await events.record(conn, workspace_id, "prospect_change_undone", now, change_id=change_id)
    return Undone(removed, restored, touched - removed - restored)


async def _keep_before(
    conn: Connection, workspace_id: int, change: ChangeId, prospect_ids: Sequence[int], *, columns: bool
) -> None:
    there = await store.keep_before(
        conn, workspace_id=workspace_id, change_id=change, prospect_ids=prospect_ids, columns=columns
    )
    if there != len(set(prospect_ids)):
        raise NotFound("unknown_prospect", "One of these prospects does not exist.", field="prospects")


def _require_some(prospect_ids: Sequence[int]) -> None:
    if not prospect_ids:
        raise Invalid("no_prospects", "No prospects were given.", field="prospects")
