"""An import in a process of its own, to be killed: CONNINFO FOLDER WORKSPACE FILE."""

import asyncio
import sys
from pathlib import Path

from fairlead.main import Start, open_house
from fairlead.prospects.importing import loading
from fairlead.settings import Settings


async def main(conninfo: str, folder: str, workspace_id: str, path: str) -> None:
    loading.CHUNK_ROWS = 1_000
    async with open_house(Settings(database_url=conninfo, data=Path(folder)), Start()) as house:
        await loading.import_file(house.world, int(workspace_id), Path(path), list_name="People")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
