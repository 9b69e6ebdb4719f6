"""The planning part of a worker: while it leads, it takes campaigns on in rounds. Of all workers one leads."""

import logging
from typing import Final

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.engine.worker import DATABASE_AWAY
from fairlead.kit.faults import fault_line, fault_trace
from fairlead.world import World

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
PAUSE_AFTER_FAILURE_SECONDS: Final = 10.0
# Rounds that a call of `plan_until_idle` may take: each takes thousands on.
MOST_ROUNDS: Final = 100_000


class Planning:
    """`run` it; `stop` lets it end after the round it is in."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopping = False

    def stop(self) -> None:
        self._stopping = True

    async def run(self) -> None:
        while not self._stopping:
            pause = POLL_SECONDS
            try:
                if await plan_step(self._world):
                    pause = 0.0
            except DATABASE_AWAY as error:
                logger.warning("planning waits for the database: %s", fault_line(error))
            except Exception as error:
                logger.error("planning: %s", fault_trace(error))
                pause = PAUSE_AFTER_FAILURE_SECONDS
            if pause:
                await self._world.timer.sleep(pause)


async def plan_step(world: World) -> bool | None:
    """One round: whether there was something to do; None when another process leads."""
    async with enrollments.leading(world) as leads:
        if not leads:
            return None
        kept = await enrollments.keep(world)
        done = await enrollments.plan_round(world)
    return kept > 0 or done.did_something


async def plan_until_idle(world: World) -> int:
    """Rounds until nothing is left to do now; how many did something. For tests and the sandbox, without a worker."""
    busy = 0
    while busy < MOST_ROUNDS and await plan_step(world):
        busy += 1
    return busy
