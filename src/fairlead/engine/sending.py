"""The sending part of a worker: it serves mailboxes, looks for what is uncertain, and notices a restore."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.kit import tasks
from fairlead.kit.faults import fault_line, fault_trace
from fairlead.kit.tokens import HEX, new_token
from fairlead.senders import actions as senders
from fairlead.senders.model import Purpose, Purposes
from fairlead.senders.sending.group_commit import DATABASE_AWAY
from fairlead.senders.sending.office import GRACE_SECONDS, LEASE, Office
from fairlead.world import World

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
LEARN_SECONDS: Final = 30.0
PAUSE_AFTER_FAILURE_SECONDS: Final = 10.0

PURPOSES: Final[Mapping[Purpose, Purposes]] = {
    Purpose.CAMPAIGN: enrollments.PURPOSES,
    Purpose.REPLY: senders.Plain(Purpose.REPLY),
    Purpose.TEST: senders.Plain(Purpose.TEST),
    Purpose.NOTICE: senders.Plain(Purpose.NOTICE),
}


class Sending:
    """Make it before the listener runs, then `run` it; `stop` lets it end."""

    def __init__(
        self,
        world: World,
        purposes: Mapping[Purpose, Purposes] = PURPOSES,
        *,
        lease: timedelta = LEASE,
        grace_seconds: float = GRACE_SECONDS,
        observe: Callable[[str, float], None] = lambda name, seconds: None,
    ) -> None:
        self._world = world
        self._purposes = purposes
        owner = f"{socket.gethostname()}:{os.getpid()}:{new_token(world.random, 8, HEX)}"
        self.office = Office(world, purposes, owner=owner, lease=lease, grace_seconds=grace_seconds, observe=observe)

    def stop(self) -> None:
        """No further mail is begun. `run` returns when those under way are settled."""
        self.office.stop()

    async def run(self) -> None:
        """Runs until `stop`."""
        async with asyncio.TaskGroup() as group:
            loops = [
                group.create_task(self._again_and_again("uncertain mails", senders.settle_some)),
                group.create_task(self._again_and_again("held mailboxes", senders.compare_some)),
                group.create_task(self._again_and_again("ids of copies", self._learn, LEARN_SECONDS)),
            ]
            try:
                await self.office.run()
            finally:
                await tasks.end(loops)

    async def _learn(self, world: World, purposes: Mapping[Purpose, Purposes]) -> int:
        return await senders.learn_some(world)

    async def _again_and_again(
        self,
        what: str,
        work: Callable[[World, Mapping[Purpose, Purposes]], Awaitable[int]],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        while True:
            pause = poll_seconds
            try:
                if await work(self._world, self._purposes):
                    pause = 0.0
            except DATABASE_AWAY as error:
                logger.warning("%s wait for the database: %s", what, fault_line(error))
            except Exception as error:
                logger.error("%s: %s", what, fault_trace(error))
                pause = PAUSE_AFTER_FAILURE_SECONDS
            await self._world.timer.sleep(pause)
