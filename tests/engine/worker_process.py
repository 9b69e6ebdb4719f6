"""A worker in a process of its own, to be killed and stopped: `worker_process.py CONNINFO NAME`. Ends on SIGTERM.

Its jobs write to the tables `effects (job_id, worker)` and `attempts (job_id, worker)`.
"""

import asyncio
import os
import signal
import sys

from engine_house import SHORT_LEASE, make_world

from fairlead.db.clock import SharedClock
from fairlead.db.pool import Database
from fairlead.engine.worker import Worker
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Job
from fairlead.world import World

NAME = sys.argv[2]


async def take_effect(world: World, job: Job) -> None:
    await asyncio.sleep(0.005)
    async with world.db.transaction() as conn:
        await conn.execute("insert into effects values (%s, %s)", [job.id, NAME])
        await jobs.finish(conn, job)


async def take_effect_when_the_gate_opens(world: World, job: Job) -> None:
    async with world.db.statement() as conn:
        await conn.execute("insert into attempts values (%s, %s)", [job.id, f"{NAME} began"])
        while (await (await conn.execute("select from gate")).fetchone()) is None:
            await asyncio.sleep(0.01)
        await conn.execute("insert into attempts values (%s, %s)", [job.id, f"{NAME} went on"])
    await take_effect(world, job)


async def kill_the_process(world: World, job: Job) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


HANDLERS = {
    "take effect": take_effect,
    "wait at the gate": take_effect_when_the_gate_opens,
    "kill": kill_the_process,
}


async def main() -> None:
    async with Database.opened(sys.argv[1], connections=10) as db:
        clock = await SharedClock.read(db)
        world = make_world(db, clock=clock)
        worker = Worker(world, HANDLERS, (), lease=SHORT_LEASE, grace_seconds=5)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        await worker.run()


if __name__ == "__main__":
    asyncio.run(main())
