"""Do-not-email lists: whom a workspace must not write to, by address or by domain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, LimitReached, NotFound
from fairlead.kit.text import address_key, domain_key
from fairlead.prospects.lists import checked_name
from fairlead.prospects.model import DoNotEmailList
from fairlead.prospects.store import do_not_email as store

DEFAULT_NAME = "Do-not-email List"
MOST_LISTS = 200
MOST_OCTETS = 10_000_000


@dataclass(frozen=True)
class ItemsAdded:
    """`duplicates` were on the list already, `invalid` are neither an address nor a domain; both as given."""

    added: int
    duplicates: list[str]
    invalid: list[str]


def item_key(item: str) -> str:
    """The form under which an address or a domain is compared. Raises `ValueError`."""
    text = item.strip()
    if "@" in text.lstrip("@"):
        return address_key(text)
    host = text.removeprefix("@")
    if "://" in host:
        host = host.split("://", 1)[1]
    return domain_key(host.split("/", 1)[0].removeprefix("www."))


async def furnish(conn: Connection, workspace_id: int, owner_id: int, *, now: datetime) -> None:
    """Gives a new workspace its default do-not-email list."""
    await store.insert_list(
        conn,
        workspace_id=workspace_id,
        name=DEFAULT_NAME,
        owner_id=owner_id,
        is_default=True,
        stops_all=True,
        now=now,
    )


async def create_do_not_email_list(
    conn: Connection, workspace_id: int, name: str, owner_id: int, *, stops_all: bool, now: datetime
) -> int:
    """A list that stops every campaign (`stops_all`) or only those that name it. `conn` is in a transaction."""
    checked = checked_name(name)
    await store.lock_workspace_lists(conn, workspace_id)
    existing = await store.lists(conn, workspace_id)
    if len(existing) >= MOST_LISTS:
        raise LimitReached("too_many_lists", f"A workspace has at most {MOST_LISTS} do-not-email lists.")
    if any(known.name.casefold() == checked.casefold() for known in existing):
        raise Conflict("list_exists", f"There is a do-not-email list named {checked!r} already.", field="name")
    made = await store.insert_list(
        conn,
        workspace_id=workspace_id,
        name=checked,
        owner_id=owner_id,
        is_default=False,
        stops_all=stops_all,
        now=now,
    )
    assert made is not None
    return made


async def do_not_email_lists(conn: Connection, workspace_id: int) -> list[DoNotEmailList]:
    return await store.lists(conn, workspace_id)


async def delete_do_not_email_list(conn: Connection, workspace_id: int, list_id: int, *, now: datetime) -> None:
    if not await store.mark_deleted(conn, workspace_id=workspace_id, list_id=list_id, now=now):
        raise NotFound(
            "list_not_found", "There is no such do-not-email list, or it is the default one.", field="list_id"
        )


async def stop_emailing(
    conn: Connection,
    workspace_id: int,
    items: Sequence[str],
    *,
    list_id: int | None,
    now: datetime,
    reason: str = "added",
    by_recipient: bool = False,
) -> ItemsAdded:
    """Puts addresses and domains on a do-not-email list, the default one unless named. `conn` is in a transaction.

    Whom a recipient's own wish puts there (`by_recipient`), no limit keeps off.
    Raises `NotFound` (the list), `Invalid` when no item is an address or a domain, `LimitReached` at 10 MB.
    """
    target = list_id if list_id is not None else await store.default_list(conn, workspace_id)
    if target is None or await store.list_for_update(conn, workspace_id, target) is None:
        raise NotFound("list_not_found", "List not found", field="list_id")
    keys, invalid = _keys(items)
    if not keys:
        raise Invalid("no_valid_items", "items holds no e-mail address and no domain.", field="items")
    added = await store.insert_items(
        conn, workspace_id=workspace_id, list_id=target, items=list(set(keys.values())), reason=reason, now=now
    )
    if added and not by_recipient and await store.octets(conn, workspace_id, target) > MOST_OCTETS:
        raise LimitReached("list_full", f"A do-not-email list holds up to {MOST_OCTETS // 10**6} MB.", field="items")
    duplicates, seen = [], set()
    for item, key in keys.items():
        if key not in added or key in seen:
            duplicates.append(item)
        seen.add(key)
    return ItemsAdded(len(added), duplicates, invalid)


def _keys(items: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    keys, invalid = {}, []
    for item in items:
        try:
            keys[item] = item_key(item)
        except ValueError:
            invalid.append(item)
    return keys, invalid


async def allow_emailing(conn: Connection, workspace_id: int, items: Sequence[str], *, list_id: int | None) -> int:
    """Takes items off a list; how many were on it."""
    target = list_id if list_id is not None else await store.default_list(conn, workspace_id)
    if target is None or await store.list_for_update(conn, workspace_id, target) is None:
        raise NotFound("list_not_found", "List not found", field="list_id")
    keys, _ = _keys(items)
    return await store.delete_items(conn, workspace_id=workspace_id, list_id=target, items=list(keys.values()))


async def do_not_email_items(
    conn: Connection, workspace_id: int, list_id: int, *, after: str = "", limit: int = 10_000
) -> list[str]:
    """Items in their order after `after`."""
    return await store.items(conn, workspace_id, list_id, after=after, limit=limit)


async def blocked(
    conn: Connection, workspace_id: int, keys: Iterable[str], *, named_list: int | None = None
) -> set[str]:
    """Those of `keys` (addresses as compared) that must not be written to, by address or by domain."""
    return await store.blocked_among(conn, workspace_id, list(keys), named_list=named_list)
