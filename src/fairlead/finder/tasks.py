"""Searches that are started, worked on by a job, and come back for (contract 2.11).

What a search may cost is held when it starts; when it is over, the requests that brought something are charged, the
rest is given back, the result is written down and whoever wants to be called is called, all in one transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from fairlead.accounts import actions as accounts
from fairlead.accounts.model import Reservation, ReservationId, WorkspaceId
from fairlead.db import Connection
from fairlead.finder.model import Done, Task, TaskId, TaskState
from fairlead.finder.store import tasks as store
from fairlead.finder.telling import tell_end
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import NewJob, Priority
from fairlead.kit.refusals import LimitReached, NotFound
from fairlead.kit.tokens import HEX, fingerprint, new_token
from fairlead.world import World

WORK: Final = "finder.task"
# Machine time. Clients poll for a minute at most (contract 2.11), and need some of it to be told.
ANSWER_SECONDS: Final = 45.0
TOKEN_LENGTH: Final = 32
TASKS_KEPT_FOR: Final = timedelta(days=30)


async def start(
    world: World,
    workspace_id: int,
    kind: str,
    request: dict[str, Any],
    *,
    charges: Sequence[str] = (),
    credits_each: Decimal = Decimal(1),
    request_key: str | None = None,
    when_done: NewJob | None = None,
    refuse: bool = False,
) -> Task:
    """A new task, on its way. `kind` is a name in `finder.kinds`, `request` what its work is told.

    `charges`: keys of `accounts.request_key` for all that it may have to pay for. Without enough credits the task is
    `not_enough_credits` from the start, or, with `refuse`, `LimitReached` is raised and nothing is made. `request_key`:
    under which `latest` finds it. `when_done` is put in by the transaction that ends the task, with its token as `task`
    in the payload.
    """
    now = world.clock.now()
    async with world.db.transaction() as conn:
        state = TaskState.RUNNING
        try:
            held = await accounts.reserve(conn, workspace_id, charges, now, credits_each=credits_each)
        except LimitReached:
            if refuse:
                raise
            held = Reservation(None, WorkspaceId(workspace_id), Decimal(0))
            state = TaskState.NOT_ENOUGH_CREDITS
        task = await store.insert(
            conn,
            workspace_id=workspace_id,
            token=new_token(world.random, TOKEN_LENGTH, HEX),
            kind=kind,
            state=state,
            request_key=None if request_key is None else fingerprint(request_key),
            request=request,
            reservation=held.id,
            reserved=held.credits,
            credits_each=credits_each,
            answer_seconds=ANSWER_SECONDS,
            when_done=when_done,
            now=now,
        )
        if state is TaskState.RUNNING:
            await jobs.enqueue(
                conn,
                WORK,
                {"task_id": task.id},
                due_at=now,
                workspace_id=workspace_id,
                priority=Priority.URGENT,
                once_key=str(task.id),
            )
        elif when_done is not None:
            await _tell(conn, (when_done.kind, when_done.payload), task.token, workspace_id, now)
        return task


async def find(conn: Connection, workspace_id: int, token: str, *kinds: str) -> Task:
    """A task of one of these kinds. Raises `NotFound` for a token this workspace has not."""
    task = await store.find(conn, workspace_id=workspace_id, token=token, kinds=kinds)
    if task is None:
        raise NotFound("unknown_task", "There is no such task.", field="task_hash")
    return task


async def running(conn: Connection, task_id: TaskId) -> Task | None:
    """None where it is over."""
    return await store.running(conn, task_id)


async def latest(conn: Connection, workspace_id: int, kind: str, request_key: str) -> Task | None:
    """The last task of a kind that was started with this `request_key`."""
    return await store.latest(conn, workspace_id=workspace_id, kind=kind, request_key=fingerprint(request_key))


async def complete(conn: Connection, task_id: TaskId, done: Done, now: datetime) -> bool:
    """Ends a running task with what was found. False, and nothing changes, where it is over already."""
    held = await store.held_for_update(conn, task_id)
    if held is None:
        return False
    if held.reservation is not None:
        reservation = Reservation(ReservationId(held.reservation), WorkspaceId(held.workspace_id), held.reserved)
        await accounts.settle(
            conn, reservation, done.charged, now, credits_each=held.credits_each, note=f"search {task_id}"
        )
    await store.complete(conn, task_id, result=done.result, now=now)
    await tell_end(conn, held.workspace_id, held.kind, held.token, now)
    if held.when_done is not None:
        await _tell(conn, held.when_done, held.token, held.workspace_id, now)
    return True


async def _tell(
    conn: Connection, when_done: tuple[str, dict[str, Any]], token: str, workspace_id: int, now: datetime
) -> None:
    kind, payload = when_done
    await jobs.enqueue(conn, kind, {**payload, "task": token}, due_at=now, workspace_id=workspace_id)


async def forget_old(conn: Connection, now: datetime) -> None:
    """Drops tasks a month after their end."""
    await store.forget(conn, finished_before=now - TASKS_KEPT_FOR)


async def forget_mentioning(conn: Connection, text: str) -> int:
    """Drops every task that holds an address or a name, for its owner asked to be forgotten; how many."""
    return await store.forget_mentioning(conn, text)
