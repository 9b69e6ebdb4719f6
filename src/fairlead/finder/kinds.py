"""Every kind of task, what it does, and the job that does it."""

from typing import Final

from fairlead.finder import searches, searching, tasks
from fairlead.finder.model import TaskId, Work
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Job
from fairlead.world import World

KINDS: Final[dict[str, Work]] = {**searches.KINDS, **searching.KINDS}


async def work_on_task(world: World, job: Job) -> None:
    """Does what the kind of a task does, and ends it."""
    task_id = TaskId(job.payload["task_id"])
    async with world.db.statement() as conn:
        task = await tasks.running(conn, task_id)
    if task is None:
        return
    done = await KINDS[task.kind](world, task)
    async with world.db.transaction() as conn:
        await tasks.complete(conn, task_id, done, world.clock.now())
        await jobs.finish(conn, job)
