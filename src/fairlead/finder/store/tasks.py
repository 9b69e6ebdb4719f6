"""Tasks. `answer_by` is machine time, everything else business time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from fairlead.db import Connection
from fairlead.finder.model import Task, TaskId, TaskState
from fairlead.jobs.model import NewJob

TASK = """
       t.id, t.workspace_id, t.token, t.kind, t.state, t.request, t.result, t.made_at,
       extract(epoch from t.answer_by - clock_timestamp())::float8
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What a running task holds, with its row locked."""

    workspace_id: int
    kind: str
    token: str
    reservation: int | None
    reserved: Decimal
    credits_each: Decimal
    when_done: tuple[str, dict[str, Any]] | None  # kind and payload of a job


async def insert(
    conn: Connection,
    *,
    workspace_id: int,
    token: str,
    kind: str,
    state: TaskState,
    request_key: bytes | None,
    request: dict[str, Any],
    reservation: int | None,
    reserved: Decimal,
    credits_each: Decimal,
    answer_seconds: float,
    when_done: NewJob | None,
    now: datetime,
) -> Task:
    cur = await conn.execute(
        f"""
        insert into finder_tasks as t (
          workspace_id, token, kind, state, request_key, request, reservation, reserved, credits_each, answer_by,
          when_done, made_at, finished_at)
        values (%(workspace_id)s, %(token)s, %(kind)s, %(state)s, %(request_key)s, %(request)s, %(reservation)s,
                %(reserved)s, %(credits_each)s, clock_timestamp() + make_interval(secs => %(answer_seconds)s),
                %(when_done)s, %(now)s, case when %(state)s <> 'running' then %(now)s end)
        returning {TASK}
        """,
        {
            "workspace_id": workspace_id,
            "token": token,
            "kind": kind,
            "state": state,
            "request_key": request_key,
            "request": Jsonb(request),
            "reservation": reservation,
            "reserved": reserved,
            "credits_each": credits_each,
            "answer_seconds": answer_seconds,
            "when_done": None if when_done is None else Jsonb([when_done.kind, when_done.payload]),
            "now": now,
        },
    )
    row = await cur.fetchone()
    assert row is not None
    return _task(row)


async def find(conn: Connection, *, workspace_id: int, token: str, kinds: Sequence[str]) -> Task | None:
    return await _one(
        conn,
        f"""
        select {TASK} from finder_tasks t
         where t.workspace_id = %(workspace_id)s and t.token = %(token)s and t.kind = any(%(kinds)s)
        """,
        {"workspace_id": workspace_id, "token": token, "kinds": list(kinds)},
    )


async def latest(conn: Connection, *, workspace_id: int, kind: str, request_key: bytes) -> Task | None:
    return await _one(
        conn,
        f"""
        select {TASK} from finder_tasks t
         where t.workspace_id = %(workspace_id)s and t.kind = %(kind)s and t.request_key = %(request_key)s
         order by t.id desc limit 1
        """,
        {"workspace_id": workspace_id, "kind": kind, "request_key": request_key},
    )


async def running(conn: Connection, task_id: TaskId) -> Task | None:
    return await _one(
        conn, f"select {TASK} from finder_tasks t where t.id = %(id)s and t.state = 'running'", {"id": task_id}
    )


async def held_for_update(conn: Connection, task_id: TaskId) -> Held | None:
    """None where it is over already."""
    cur = await conn.execute(
        """
        select workspace_id, kind, token, reservation, reserved, credits_each, when_done
          from finder_tasks
         where id = %s and state = 'running'
           for update
        """,
        [task_id],
    )
    row = await cur.fetchone()
    if row is None:
        return None
    workspace_id, kind, token, reservation, reserved, credits_each, when_done = row
    done = None if when_done is None else (when_done[0], when_done[1])
    return Held(workspace_id, kind, token, reservation, reserved, credits_each, done)


async def complete(conn: Connection, task_id: TaskId, *, result: Any, now: datetime) -> None:
    await conn.execute(
        """
        update finder_tasks set state = 'completed', result = %(result)s, finished_at = %(now)s, when_done = null
         where id = %(id)s
        """,
        {"id": task_id, "result": Jsonb(result), "now": now},
    )


async def forget(conn: Connection, *, finished_before: datetime) -> None:
    await conn.execute("delete from finder_tasks where finished_at < %s", [finished_before])


async def forget_mentioning(conn: Connection, text: str) -> int:
    """Tasks whose request or result holds this text in any spelling of capitals; how many."""
    cur = await conn.execute(
        """
        delete from finder_tasks
         where position(lower(%(text)s) in lower(request::text)) > 0
            or position(lower(%(text)s) in lower(result::text)) > 0
        """,
        {"text": text},
    )
    return cur.rowcount


async def _one(conn: Connection, statement: str, values: dict[str, Any]) -> Task | None:
    cur = await conn.execute(statement, values)
    row = await cur.fetchone()
    return None if row is None else _task(row)


def _task(row: Sequence[Any]) -> Task:
    id_, workspace_id, token, kind, state, request, result, made_at, seconds_left = row
    return Task(TaskId(id_), workspace_id, token, kind, TaskState(state), request, result, made_at, seconds_left)
