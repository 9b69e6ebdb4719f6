"""A search that is killed at any point is neither lost nor paid for twice."""

import asyncio
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from fairlead.main import Start, open_house
from fairlead.settings import Settings
from front_door import FrontDoor
from lead_evidence import Corpus, page

PROGRAM = Path(__file__).with_name("searching_process.py")
SEARCHES = 12


@pytest.fixture
async def own_house(conninfo, tmp_path) -> AsyncIterator[FrontDoor]:
    settings = Settings(database_url=conninfo, data=tmp_path, secret_key="ab" * 32)
    async with open_house(settings, Start(serves=True)) as opened, FrontDoor.opened(opened) as door:
        yield door


async def test_searches_survive_workers_that_are_killed(own_house, conninfo, tmp_path):
    tenant = await own_house.workspace(credits_given=Decimal(100))
    domains = [f"c{uuid4().hex[:10]}.example" for _ in range(SEARCHES)]
    for domain in domains[:-2]:
        await Corpus(own_house).record(page(f"https://{domain}/", f"ann@{domain}"))
    tokens = [
        (await tenant.post("/v2/domain-search/domain-emails/start", domain=domain)).body["meta"]["task_hash"]
        for domain in domains
    ]
    assert await tenant.balance() == Decimal(100 - SEARCHES)

    for kill_after in (0.1, 0.35, 0.5, 0.7):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, PROGRAM, conninfo, str(tmp_path / "worker"), stdout=asyncio.subprocess.PIPE
        )
        await worker.stdout.readline()
        await asyncio.sleep(kill_after)
        worker.kill()
        await worker.wait()
    worker = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, conninfo, str(tmp_path / "worker"), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(120):
            results = {}
            while len(results) < SEARCHES:
                await asyncio.sleep(0.2)
                for token in tokens:
                    body = (await tenant.get(f"/v2/domain-search/domain-emails/result/{token}")).body
                    if body["status"] == "completed":
                        results[token] = body["data"]
    finally:
        worker.terminate()
        await worker.wait()
    assert [len(results[token]) for token in tokens] == [1] * (SEARCHES - 2) + [0, 0]
    assert await tenant.balance() == Decimal(100 - (SEARCHES - 2))
