"""Background work of this dialect: what a worker does for it."""

from collections.abc import Awaitable, Callable
from typing import Any

from fairlead.http.snov import callbacks, email_verifier
from fairlead.jobs.model import Job
from fairlead.webhooks.model import Delivery
from fairlead.world import World

HANDLERS: dict[str, Callable[[World, Job], Awaitable[None]]] = {
    callbacks.KIND: callbacks.handler(email_verifier.callback_body),
}

# The answer of the GET that shows the result of a task, by the object and action its end is told under.
RESULTS: dict[tuple[str, str], callbacks.Body] = {
    ("email_verification", "verified"): email_verifier.callback_body,
}


async def task_result(world: World, delivery: Delivery) -> dict[str, Any]:
    """What a webhook is told of a task that has ended. Raises `NotFound` when the task is forgotten."""
    body_of = RESULTS[delivery.topic.object, delivery.topic.action]
    return await body_of(world, delivery.workspace_id, delivery.facts["task"])
