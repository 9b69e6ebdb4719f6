"""Endpoints 19 to 22, 77 and 78: addresses by name, domains by company name. Contract sections 7 and 18."""

from typing import Any

from fairlead.accounts import actions as accounts
from fairlead.finder import actions as finder
from fairlead.finder.model import Task, TaskState
from fairlead.http.request import Answer
from fairlead.http.snov import callbacks, searches
from fairlead.http.snov.dialect import Ask, connects_by_itself, message
from fairlead.kit.refusals import Invalid, LimitReached
from fairlead.world import World

MOST_ROWS = 10
ROW = ("first_name", "last_name", "domain")
LONGEST_TEXT = 255
IN_PROGRESS = {"identifier": "in_progress", "description": "Emails search is in progress"}
COMPLETE = {"identifier": "complete", "description": "Emails search is completed"}
NOT_FOUND = {"identifier": "not_found", "description": "Emails are not found"}


# Addresses by name: 19 and 20.


@connects_by_itself
async def start_emails_by_name(ask: Ask) -> dict[str, Any]:
    rows = _rows(ask)
    callback = callbacks.asked_for(ask.params.text("webhook_url"), now=ask.world.clock.now())
    await count_against_the_hour(ask)
    task = await finder.start_emails_by_name(ask.world, ask.workspace_id, rows, when_done=callback)
    return {"data": {"task_hash": task.token}, "meta": _rows_meta(task)}


@connects_by_itself
async def emails_by_name_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, finder.EMAILS_BY_NAME)


@searches.shows(finder.EMAILS_BY_NAME)
def _emails_by_name(world: World, task: Task) -> dict[str, Any]:
    data: list[dict[str, Any]] = []
    if searches.is_over(task):
        for (first, last, _), found in zip(task.request["rows"], task.result, strict=True):
            data.append({"people": f"{first} {last}", "result": [] if found is None else [_found(found)]})
    return {"status": searches.status(task), "data": data, "meta": _rows_meta(task)}


def _found(found: dict[str, Any]) -> dict[str, Any]:
    smtp_status, unknown = finder.status_of(found)
    shown = {
        "email": found["email"],
        "smtp_status": smtp_status.value,
        "is_valid_format": found["is_valid_format"],
        "is_disposable": found["is_disposable"],
        "is_webmail": found["is_webmail"],
        "is_gibberish": found["is_gibberish"],
    }
    if unknown is not None:
        shown["unknown_status_reason"] = unknown.value
        # Not in the foreign manual: how likely the address is right where no server tells, in percent.
        shown["probability"] = round(found["probability"] * 100)
    return shown


def _rows(ask: Ask) -> list[tuple[str, str, str]]:
    rows = ask.params.rows("rows")
    if not rows:
        raise Invalid("missing", "The rows field is required.", field="rows")
    if len(rows) > MOST_ROWS:
        raise Invalid("too_many_rows", f"The rows may not have more than {MOST_ROWS} items.", field="rows")
    checked = []
    for number, row in enumerate(rows):
        values = []
        for key in ROW:
            field, value = f"rows.{number}.{key}", row.get(key, "").strip()
            if not value:
                raise Invalid("missing", f"The {field} field is required.", field=field)
            values.append(short(value, field))
        first, last, domain = values
        checked.append((first, last, domain))
    return checked


def _rows_meta(task: Task) -> dict[str, Any]:
    return {
        "rows": [dict(zip(ROW, row, strict=True)) for row in task.request["rows"]],
        "task_hash": task.token,
    }


# Domains by company name: 21 and 22.


@connects_by_itself
async def start_domains_by_name(ask: Ask) -> dict[str, Any]:
    names = listed(ask, "names")
    callback = callbacks.asked_for(ask.params.text("webhook_url"), now=ask.world.clock.now())
    task = await finder.start_domains_by_name(ask.world, ask.workspace_id, names, when_done=callback)
    return {"data": {"task_hash": task.token}, "meta": {"names": names, "task_hash": task.token}}


@connects_by_itself
async def domains_by_name_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, finder.DOMAINS_BY_NAME)


@searches.shows(finder.DOMAINS_BY_NAME)
def _domains_by_name(world: World, task: Task) -> dict[str, Any]:
    names, data = task.request["names"], []
    if searches.is_over(task):
        data = [
            {"name": name, "result": [] if domain is None else {"domain": domain}}
            for name, domain in zip(names, task.result, strict=True)
        ]
    return {"status": searches.status(task), "data": data, "meta": {"names": names, "task_hash": task.token}}


# The old pair: 78 and 77.


@connects_by_itself
async def add_names_to_find_emails(ask: Ask) -> dict[str, Any] | Answer:
    first, last, domain = _person(ask)
    await count_against_the_hour(ask)
    try:
        await finder.start_email_of_name(ask.world, ask.workspace_id, first, last, domain)
    except LimitReached as refusal:
        return message(400, refusal.sentence)
    return {
        "success": True,
        "firstName": first,
        "lastName": last,
        "domain": domain,
        "userId": ask.caller.member_id,
        "sent": True,
    }


@connects_by_itself
async def emails_from_names(ask: Ask) -> dict[str, Any]:
    first, last, domain = _person(ask)
    await count_against_the_hour(ask)
    request = finder.email_of_name_request(first, last, domain)
    async with ask.world.db.statement() as conn:
        task = await finder.latest(conn, ask.workspace_id, finder.EMAIL_OF_NAME, request)
    found = task.result[0] if task is not None and task.state is TaskState.COMPLETED else None
    progress = NOT_FOUND
    emails = []
    if task is not None and task.running:
        progress = IN_PROGRESS
    elif found is not None:
        progress = COMPLETE
        emails = [{"email": found["email"], "emailStatus": finder.status_of(found)[0].value}]
    return {
        "success": True,
        "params": {"firstName": first, "lastName": last, "domain": domain},
        "data": {"firstName": first, "lastName": last, "domain": domain, "emails": emails},
        "status": progress,
    }


def _person(ask: Ask) -> tuple[str, str, str]:
    first, last, domain = (
        short(ask.params.required_text(name).strip(), name) for name in ("firstName", "lastName", "domain")
    )
    return first, last, domain


# What the pages of searches share.


def listed(ask: Ask, name: str) -> list[str]:
    """Ten texts at most."""
    texts = [short(text.strip(), name) for text in ask.params.texts(name)]
    if not texts:
        raise Invalid("missing", f"The {name} field is required.", field=name)
    if len(texts) > MOST_ROWS:
        raise Invalid("too_many", f"The {name} may not have more than {MOST_ROWS} items.", field=name)
    return texts


def short(text: str, field: str, *, longest: int = LONGEST_TEXT) -> str:
    if len(text) > longest:
        raise Invalid("too_long", f"The {field} may not have more than {longest} characters.", field=field)
    return text


async def count_against_the_hour(ask: Ask) -> None:
    """A request of the finder. Raises `LimitReached`."""
    if ask.caller.account.plan.finder_requests_per_hour is None:
        return
    async with ask.world.db.transaction() as conn:
        await accounts.use_hourly(conn, ask.workspace_id, plan=ask.caller.account.plan, what="finder", by=1)
