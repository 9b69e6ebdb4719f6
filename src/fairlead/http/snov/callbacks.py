"""`webhook_url` on a start call: one POST of the result when the task is done. Contract 17.4 and 17.3.

The body is that of the matching GET. Success is a 2xx within three seconds; otherwise it is tried seven times in all.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from fairlead import __version__
from fairlead.db import Connection
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Job, NewJob
from fairlead.kit.ascii_json import json_bytes
from fairlead.kit.faults import fault_line
from fairlead.kit.refusals import Invalid, NotFound
from fairlead.net.errors import NetworkFailure
from fairlead.webhooks.actions import LIMITS, PAUSES
from fairlead.world import World

log = logging.getLogger("fairlead.http")

KIND = "snov.callback"
LONGEST_URL = 2_048

Body = Callable[[World, int, str], Awaitable[dict[str, Any]]]


def asked_for(url: str | None, *, now: datetime) -> NewJob | None:
    """The job that is put in when the task is done; None when nobody wants to be called. Raises `Invalid`."""
    if url is None or not url.strip():
        return None
    text = url.strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and len(text) <= LONGEST_URL
    except ValueError:
        usable = False
    if not usable:
        raise Invalid("bad_url", "The webhook_url must be an absolute http or https address.", field="webhook_url")
    return NewJob(KIND, {"url": text, "failed": 0}, now)


async def call_soon(conn: Connection, callback: NewJob, workspace_id: int, task: str) -> None:
    """For a task that is over before it began."""
    await jobs.enqueue(
        conn, KIND, {**callback.payload, "task": task}, due_at=callback.due_at, workspace_id=workspace_id
    )


def handler(body_of: Body) -> Callable[[World, Job], Awaitable[None]]:
    """The handler of these jobs; `body_of` gives the result of a task of a workspace."""

    async def call_back(world: World, job: Job) -> None:
        payload: Mapping[str, Any] = job.payload
        assert job.workspace_id is not None
        try:
            body = await body_of(world, job.workspace_id, payload["task"])
        except NotFound:
            return  # forgotten meanwhile: there is nothing left to tell
        if await _delivered(world, payload["url"], json_bytes(body)):
            return
        failed = payload["failed"] + 1
        if failed > len(PAUSES):
            log.warning("the result of task %s reached nobody in %s attempts", payload["task"], failed)
            return
        async with world.db.transaction() as conn:
            await jobs.enqueue(
                conn,
                KIND,
                {**payload, "failed": failed},
                due_at=world.clock.now() + PAUSES[failed - 1],
                workspace_id=job.workspace_id,
            )
            await jobs.finish(conn, job)

    return call_back


async def _delivered(world: World, url: str, body: bytes) -> bool:
    try:
        response = await world.fetch.request(
            "POST",
            url,
            user_agent=f"Fairlead/{__version__}",
            headers={"Content-Type": "application/json"},
            body=body,
            limits=LIMITS,
        )
    except NetworkFailure as error:
        log.info("a callback was not delivered: %s", fault_line(error))
        return False
    return 200 <= response.status < 300
