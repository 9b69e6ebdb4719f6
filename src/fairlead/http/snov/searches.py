"""What all searches share: starting a task, showing its end, and telling it to a `webhook_url`. Contract 2.11, 17.4."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from fairlead.finder import actions as finder
from fairlead.finder.model import Task, TaskState
from fairlead.http.snov import callbacks
from fairlead.http.snov.dialect import Ask
from fairlead.kit.public_ids import PublicIds
from fairlead.kit.refusals import NotFound
from fairlead.world import World

Body: TypeAlias = Callable[[World, Task], dict[str, Any]]
"""The answer of the GET that shows a task of one kind."""

# By kind of task; filled by the pages of this dialect.
BODIES: dict[str, Body] = {}

# Bytes of a check, for as many hex digits as contract 2.5 gives: 100 of a prospect hash, 112 of a cursor.
PROSPECT_CHECK_BYTES = 34
CURSOR_CHECK_BYTES = 40


def shows(*kinds: str) -> Callable[[Body], Body]:
    """Marks the function that makes the answer for tasks of these kinds."""

    def mark(body: Body) -> Body:
        BODIES.update(dict.fromkeys(kinds, body))
        return body

    return mark


async def start(ask: Ask, kind: str, request: dict[str, Any], charges: Sequence[str] = ()) -> Task:
    callback = callbacks.asked_for(ask.params.text("webhook_url"), now=ask.world.clock.now())
    return await finder.start(ask.world, ask.workspace_id, kind, request, charges=charges, when_done=callback)


async def shown(ask: Ask, *kinds: str) -> dict[str, Any]:
    """The answer for the task in the path or the parameters, of one of these kinds. Raises `NotFound`."""
    token = ask.path.get("task_hash") or ask.params.required_text("task_hash")
    async with ask.world.db.statement() as conn:
        task = await finder.find(conn, ask.workspace_id, token, *kinds)
    return BODIES[task.kind](ask.world, task)


async def callback_body(world: World, workspace_id: int, token: str) -> dict[str, Any] | None:
    """What a `webhook_url` is sent; None when the token is of no search."""
    try:
        async with world.db.statement() as conn:
            task = await finder.find(conn, workspace_id, token, *BODIES)
    except NotFound:
        return None
    return BODIES[task.kind](world, task)


def status(task: Task) -> str:
    return "in_progress" if task.running else task.state.value


def is_over(task: Task) -> bool:
    """Whether there is a result to show."""
    return task.state is TaskState.COMPLETED


def link(world: World, path: str) -> str:
    return f"{world.public_url.rstrip('/')}{path}"


def started(world: World, task: Task, path: str, **meta: Any) -> dict[str, Any]:
    """The answer of a start: `path` is that of the result, without the hash."""
    return {
        "data": [],
        "meta": _with_hash(meta, task.token),
        "links": {"result": link(world, f"{path}/{task.token}")},
    }


def _with_hash(meta: dict[str, Any], token: str) -> dict[str, Any]:
    """The hash stands where the manual shows it: behind `domain` and `tab`."""
    before: dict[str, Any] = {key: meta[key] for key in ("domain", "tab") if key in meta}
    after = {key: value for key, value in meta.items() if key not in before}
    return before | {"task_hash": token} | after


def prospect_hashes(world: World, kind: str) -> PublicIds:
    """Hashes of people for one of the two searches for their addresses."""
    return PublicIds(world.installation, f"found by {kind}", check_bytes=PROSPECT_CHECK_BYTES)


def person_ids(world: World) -> PublicIds:
    """Ids of people of the lead database who are no prospects, as endpoint 80 shows them and 63 takes them."""
    return PublicIds(world.installation, "person")


def cursors(world: World, domain: str, tab: str) -> PublicIds:
    """Cursors into one list of one domain."""
    return PublicIds(world.installation, f"cursor {tab} {domain}", check_bytes=CURSOR_CHECK_BYTES)
