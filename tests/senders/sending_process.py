"""A worker that sends, in a process of its own, to be killed and frozen: `sending_process.py NAME TRAP [campaigns]`.

`TRAP` is a file: where it is, the worker takes it away and dies, with a mail between its two marks. With `campaigns` the
mails are those of campaigns, and the worker plans them too.

Its settings are in the environment. Ends on SIGTERM; prints a line when it is ready.
"""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path

from journeys import Journeys, Trapped

from fairlead.cli.logs import set_up_logs
from fairlead.engine.planning import Planning
from fairlead.engine.sending import PURPOSES, Sending
from fairlead.main import Start, open_house
from fairlead.senders.model import Purpose
from fairlead.settings import load

LEASE = timedelta(seconds=5)


async def main() -> None:
    set_up_logs("text")
    async with open_house(load(), Start()) as house:
        campaigns = sys.argv[3:] == ["campaigns"]
        purpose = PURPOSES[Purpose.CAMPAIGN] if campaigns else Journeys()
        purposes = {**PURPOSES, Purpose.CAMPAIGN: Trapped(purpose, Path(sys.argv[2]))}
        sending = Sending(house.world, purposes, lease=LEASE)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sending.stop)
        background = [asyncio.create_task(house.clock.keep_fresh()), asyncio.create_task(house.world.listener.run())]
        if campaigns:
            background.append(asyncio.create_task(Planning(house.world).run()))
        print("ready", flush=True)
        await sending.run()
        for task in background:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
