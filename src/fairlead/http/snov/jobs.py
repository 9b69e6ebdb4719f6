"""Background work of this dialect: what a worker does for it."""

from collections.abc import Awaitable, Callable
from typing import Any

from fairlead.http.snov import callbacks, email_verifier, searches
from fairlead.jobs.model import Job
from fairlead.webhooks.model import Delivery
from fairlead.world import World


async def body_of(world: World, workspace_id: int, token: str) -> dict[str, Any]:
    """The answer of the GET that shows a task. Raises `NotFound` when it is forgotten."""
    body = await searches.callback_body(world, workspace_id, token)
    return await email_verifier.callback_body(world, workspace_id, token) if body is None else body


HANDLERS: dict[str, Callable[[World, Job], Awaitable[None]]] = {
    callbacks.KIND: callbacks.handler(body_of),
}

async def task_result(world: World, delivery: Delivery) -> dict[str, Any]:
    """What a webhook is told of a task that has ended. Raises `NotFound` when the task is forgotten."""
    return await body_of(world, delivery.workspace_id, delivery.facts["task"])
