"""`fairlead jobs list|retry|drop`: what waits, runs and is parked, and what to do with what failed for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from fairlead.cli.running import SOME_ROWS_FAILED, in_world, json_option, show, show_rows
from fairlead.jobs import actions as queue
from fairlead.jobs.model import JobId, JobState, ListedJob
from fairlead.world import World

MOST_SHOWN = 100


@dataclass(frozen=True)
class Released:
    """`done` are the jobs that were parked and were retried or dropped, `not_parked` the others that were named."""

    done: list[JobId]
    not_parked: list[JobId]


async def list_jobs(
    world: World,
    *,
    parked: bool = False,
    kind: str | None = None,
    workspace_id: int | None = None,
    limit: int = 100,
) -> list[ListedJob]:
    """The oldest `limit` jobs that are left to do."""
    async with world.db.statement() as conn:
        return await queue.listed(
            conn,
            state=JobState.PARKED if parked else None,
            kind=kind,
            workspace_id=workspace_id,
            limit=limit,
        )


async def retry_jobs(world: World, ids: Sequence[JobId] | None) -> Released:
    """Lets parked jobs run again, with all their tries. None stands for every parked one."""
    async with world.db.transaction() as conn:
        return _released(ids, await queue.retry_parked(conn, ids, world.clock.now()))


async def drop_jobs(world: World, ids: Sequence[JobId] | None) -> Released:
    """Deletes parked jobs. None stands for every parked one."""
    async with world.db.transaction() as conn:
        return _released(ids, await queue.drop_parked(conn, ids))


def json_object(job: ListedJob) -> dict[str, Any]:
    """One job of `fairlead jobs list --json`, which prints `{"jobs": [...]}`. The payload is left out: it may hold
    what is written to people."""
    return {
        "id": job.id,
        "state": job.state,
        "kind": job.kind,
        "workspace_id": job.workspace_id,
        "priority": job.priority.name.lower(),
        "once_key": job.once_key,
        "due_at": _moment(job.due_at),
        "tries": job.tries,
        "max_tries": job.max_tries,
        "last_error": job.last_error,
        "parked_at": None if job.parked_at is None else _moment(job.parked_at),
    }


def _released(ids: Sequence[JobId] | None, done: list[JobId]) -> Released:
    return Released(done, sorted(set(ids or ()) - set(done)))


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@click.group()
def jobs() -> None:
    """Background work: what waits, and what failed for good."""


@jobs.command("list")
@click.option("--parked", is_flag=True, help="Only those that failed for good.")
@click.option("--kind")
@click.option("--workspace", "workspace_id", type=int, metavar="ID")
@click.option("--limit", default=MOST_SHOWN, show_default=True, type=click.IntRange(1, 100_000))
@json_option
@in_world
async def list_command(
    world: World, parked: bool, kind: str | None, workspace_id: int | None, limit: int, as_json: bool
) -> None:
    """List jobs that are left to do, the oldest first."""
    found = await list_jobs(world, parked=parked, kind=kind, workspace_id=workspace_id, limit=limit)
    rows = [json_object(job) for job in found]
    show_rows(rows, as_json=as_json, name="jobs", empty="No jobs are left.")


@jobs.command("retry")
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "every", is_flag=True, help="Every parked job.")
@json_option
@in_world
async def retry_command(world: World, ids: tuple[int, ...], every: bool, as_json: bool) -> None:
    """Let parked jobs run again."""
    _show_released(await retry_jobs(world, _named(ids, every)), "retried", as_json)


@jobs.command("drop")
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "every", is_flag=True, help="Every parked job.")
@json_option
@in_world
async def drop_command(world: World, ids: tuple[int, ...], every: bool, as_json: bool) -> None:
    """Delete parked jobs."""
    _show_released(await drop_jobs(world, _named(ids, every)), "dropped", as_json)


def _named(ids: tuple[int, ...], every: bool) -> list[JobId] | None:
    if bool(ids) == every:
        raise click.UsageError("Name jobs by their ids, or use --all.")
    return None if every else [JobId(number) for number in ids]


def _show_released(released: Released, verb: str, as_json: bool) -> None:
    show(
        {"done": released.done, "not_parked": released.not_parked},
        as_json=as_json,
        text=f"{len(released.done)} jobs {verb}."
        + "".join(f"\nNot a parked job: {number}" for number in released.not_parked),
    )
    if released.not_parked:
        click.get_current_context().exit(SOME_ROWS_FAILED)
