"""Sites read by a process of its own, to be killed: `crawling_process.py SETTINGS DOMAIN...`, settings as JSON."""

import asyncio
import json
import os
import sys

from fairlead import settings as setting_names
from fairlead.corpus.crawling.reading import crawl_domain
from fairlead.main import Start, open_house


async def main(texts: str, *domains: str) -> None:
    os.environ.update(json.loads(texts))
    async with open_house(setting_names.load(), Start()) as house:
        print("begun", flush=True)
        await asyncio.gather(*(crawl_domain(house.world, domain) for domain in domains))
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
