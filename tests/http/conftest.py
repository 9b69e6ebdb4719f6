"""A house of one test's own, for what would disturb the others."""

from collections.abc import AsyncIterator

import pytest

from fairlead.main import Start, open_house
from fairlead.settings import Settings
from front_door import FrontDoor


@pytest.fixture
async def own_house(conninfo, tmp_path) -> AsyncIterator[FrontDoor]:
    settings = Settings(database_url=conninfo, data=tmp_path)
    async with open_house(settings, Start(serves=True)) as opened, FrontDoor.opened(opened) as door:
        yield door
