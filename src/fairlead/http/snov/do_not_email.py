"""Endpoints 52 and 53: whom not to write to. Contract section 12."""

from typing import Any

from fairlead.http.request import Answer
from fairlead.http.snov.dialect import Ask, message
from fairlead.kit.refusals import NotFound
from fairlead.prospects import actions as prospects


async def add_to_do_not_email_list(ask: Ask) -> list[dict[str, Any]] | Answer:
    items = ask.params.texts("items")
    list_id = ask.params.integer("listId")
    try:
        async with ask.conn.transaction():
            result = await prospects.stop_emailing(
                ask.conn, ask.workspace_id, items, list_id=list_id, now=ask.world.clock.now()
            )
    except NotFound as refusal:
        return message(400, refusal.sentence)
    return [{"success": True, "data": {"duplicates": result.duplicates}}]


async def do_not_email_lists(ask: Ask) -> dict[str, Any]:
    lists = await prospects.do_not_email_lists(ask.conn, ask.workspace_id)
    return {
        "data": [{"id": item.id, "name": item.name, "owner": item.owner, "total": item.total} for item in lists]
    }
