"""A worker that sends, in a process of its own, to be killed and frozen: `sending_process.py NAME TRAP`.

Its settings are in the environment. Ends on SIGTERM; prints a line when it is ready.
"""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path

from journeys import Journeys

from fairlead.cli.logs import set_up_logs
from fairlead.engine.sending import PURPOSES, Sending
from fairlead.main import Start, open_house
from fairlead.senders.model import Purpose
from fairlead.settings import load

LEASE = timedelta(seconds=5)


async def main() -> None:
    set_up_logs("text")
    async with open_house(load(), Start()) as house:
        purposes = {**PURPOSES, Purpose.CAMPAIGN: Journeys(Path(sys.argv[2]))}
        sending = Sending(house.world, purposes, lease=LEASE)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sending.stop)
        background = [asyncio.create_task(house.clock.keep_fresh()), asyncio.create_task(house.world.listener.run())]
        print("ready", flush=True)
        await sending.run()
        for task in background:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
