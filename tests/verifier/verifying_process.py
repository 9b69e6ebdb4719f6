"""A worker in a process of its own, to be killed: `verifying_process.py CONNINFO NAME_SERVER SMTP_PORT`."""

import asyncio
import signal
import sys
from datetime import timedelta

from mail_lab import lab_world

from fairlead.db.clock import SharedClock
from fairlead.db.pool import Database
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import Worker


async def main(conninfo: str, name_server: str, port: str) -> None:
    async with Database.opened(conninfo, connections=10) as db:
        clock = await SharedClock.read(db)
        async with lab_world(name_server, {25: int(port)}, clock, db, 1) as world:
            worker = Worker(world, HANDLERS, (), lease=timedelta(seconds=2), grace_seconds=5)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
            await worker.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
