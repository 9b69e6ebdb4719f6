"""Prospects of a workspace are evidence for its own searches, and for nobody else's."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from fairlead.corpus import actions as corpus
from fairlead.engine.handlers import HANDLERS, PERIODIC
from fairlead.engine.worker import run_due_jobs
from fairlead.main import Start, open_house
from fairlead.settings import Settings
from front_door import FrontDoor
from lead_evidence import Corpus


@pytest.fixture
async def own_house(conninfo, tmp_path) -> AsyncIterator[FrontDoor]:
    settings = Settings(database_url=conninfo, data=tmp_path)
    async with open_house(settings, Start(serves=True)) as opened, FrontDoor.opened(opened) as door:
        yield door


async def test_prospects_are_found_by_their_workspace_alone(own_house):
    ours, theirs = await own_house.workspace(), await own_house.workspace()
    domain = f"c{uuid4().hex[:10]}.example"
    list_id = await ours.list()
    await ours.post(
        "/v1/add-prospect-to-list", listId=list_id, email=f"Ann@{domain}", fullName="Ann Lee", position="CTO",
        socialLinks={"linkedIn": "https://www.linkedin.com/in/ann-lee"},
    )  # fmt: skip
    await ours.post("/v1/add-prospect-to-list", listId=list_id, email=f"info@{domain}")
    evidence = Corpus(own_house)

    async def take_in() -> None:
        await own_house.pass_time(hours=2)
        await run_due_jobs(own_house.world, HANDLERS, PERIODIC)

    await take_in()
    assert await evidence.counts(ours.workspace_id, domain) == (1, 1, 1)
    assert await evidence.counts(theirs.workspace_id, domain) == (0, 0, 0)
    whole = await evidence.ask(corpus.person_of, ours.workspace_id, f"ann@{domain}")
    assert (whole.person.last_name, whole.person.position, whole.person.profile) == ("Lee", "CTO", "in/ann-lee")
    before = await evidence.ask(corpus.find_address, ours.workspace_id, f"ann@{domain}", own_house.world.clock.now())

    await take_in()
    after = await evidence.ask(corpus.find_address, ours.workspace_id, f"ann@{domain}", own_house.world.clock.now())
    assert after.facts == before.facts
