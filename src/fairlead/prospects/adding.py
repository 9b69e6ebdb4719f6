"""Adding a prospect to a list."""

from datetime import datetime

from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, NotAllowed, NotFound
from fairlead.prospects import rules
from fairlead.prospects.model import Added, NewProspect, ProspectId
from fairlead.prospects.store import adding as store
from fairlead.prospects.store import fields as field_store

# Two tries settle any race: the second sees the row whose insert the first lost to.
TRIES = 3


async def add_to_list(
    conn: Connection,
    workspace_id: int,
    list_id: int,
    new: NewProspect,
    *,
    now: datetime,
    update: bool = False,
    duplicate: bool = False,
    source: str = "api",
) -> Added:
    """Finds the prospect of this address (or LinkedIn profile) or makes one, and puts it on the list.

    `update` overwrites what is known with what is given; `duplicate` makes a second prospect with the same
    address. `conn` may be outside a transaction: each try is one statement. Raises `Invalid`, `NotFound`
    (the list), `NotAllowed` (a claimed address), `Conflict` (on the list already, and neither flag given).
    """
    if update and duplicate:
        raise Invalid(
            "both_flags", "updateContact and createDuplicates cannot both be true.", field="create_duplicates"
        )
    # Fields are asked for only when they matter: this runs for every prospect of an integration.
    fields = await field_store.custom_fields(conn, workspace_id) if new.custom else []
    candidate = rules.candidate(new, fields)
    made = await store.make(conn, candidate, workspace_id=workspace_id, list_id=list_id, source=source, now=now)
    if made is not None:
        return Added(ProspectId(made), added=True, updated=False)
    for _ in range(TRIES):
        outcome = await store.add(
            conn,
            candidate,
            workspace_id=workspace_id,
            list_id=list_id,
            update=update,
            duplicate=duplicate,
            source=source,
            now=now,
        )
        if not outcome.list_found:
            raise NotFound("list_not_found", "List not found", field="list_id")
        if outcome.claimed:
            raise NotAllowed("claimed_address", "Sorry, we can not process this email", field="email")
        if outcome.prospect_id is not None:
            break
        rules.require_custom(candidate.custom, await field_store.custom_fields(conn, workspace_id))
    else:
        raise Conflict("busy", "This prospect is being changed by others; try again.", field="email")
    if not (outcome.made or outcome.listed or outcome.updated):
        raise Conflict("already_in_list", "Prospect with same email already exists in your list", field="email")
    return Added(ProspectId(outcome.prospect_id), added=outcome.made or outcome.listed, updated=outcome.updated)
