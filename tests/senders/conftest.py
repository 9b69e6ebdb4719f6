"""Own mail servers for tests of senders."""

from collections.abc import AsyncIterator

import pytest
from yard import Yard, opened_yard


@pytest.fixture
async def yard(tmp_path) -> AsyncIterator[Yard]:
    async with opened_yard(tmp_path) as yard:
        yield yard
