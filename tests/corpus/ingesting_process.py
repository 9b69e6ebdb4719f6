"""An ingestion in a process of its own, to be killed: `ingesting_process.py CONNINFO FOLDER PATH... [HOLD]`."""

import asyncio
import sys
from pathlib import Path

from fairlead.corpus.ingesting.engines import LocalEngine
from fairlead.corpus.ingesting.running import ingest
from fairlead.main import Start, open_house
from fairlead.settings import Settings


async def main(conninfo: str, folder: str, *paths: str) -> None:
    settings = Settings(database_url=conninfo, data=Path(folder), secret_key="ab" * 32)
    async with open_house(settings, Start()) as house:
        print("begun", flush=True)
        await ingest(house.world, [Path(path) for path in paths], engine=LocalEngine(), at_once=2)
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
