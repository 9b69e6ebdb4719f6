"""A worker in a process of its own, to be killed: `searching_process.py CONNINFO FOLDER`.

Its searches take a while before they are written down: a moment to be killed in.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import Worker
from fairlead.finder import kinds
from fairlead.finder.model import Done, Task
from fairlead.main import Start, open_house
from fairlead.settings import Settings
from fairlead.world import World


async def main(conninfo: str, folder: str) -> None:
    work = kinds.KINDS["domain_emails"]

    async def slowly(world: World, task: Task) -> Done:
        done = await work(world, task)
        await asyncio.sleep(0.3)
        return done

    kinds.KINDS["domain_emails"] = slowly
    async with open_house(Settings(database_url=conninfo, data=Path(folder), secret_key="ab" * 32), Start()) as house:
        print("ready", flush=True)
        await Worker(house.world, HANDLERS, (), lease=timedelta(seconds=2), grace_seconds=5).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
