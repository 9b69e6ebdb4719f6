"""A house of its own whose webhooks may reach this machine."""

import ipaddress
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from hook_house import Receiver

from fairlead.main import Start, open_house
from fairlead.settings import Settings
from fairlead.webhooks.actions import Deliverer
from front_door import FrontDoor, Tenant
from postgres import Server, run_on


@pytest.fixture(scope="session")
async def hook_house(server: Server, template: str) -> AsyncIterator[FrontDoor]:
    name = f"hooks_{uuid4().hex}"
    await run_on(server, f"create database {name} template {template}")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-hooks-")))
        settings = Settings(
            database_url=server.conninfo(name), data=folder, allowed_networks=(ipaddress.ip_network("127.0.0.1/32"),)
        )
        opened = await stack.enter_async_context(open_house(settings, Start(serves=True)))
        yield await stack.enter_async_context(FrontDoor.opened(opened))
    await run_on(server, f"drop database {name} with (force)")


@pytest.fixture
async def tenant(hook_house: FrontDoor) -> Tenant:
    return await hook_house.workspace()


@pytest.fixture
async def receiver(hook_house: FrontDoor) -> AsyncIterator[Receiver]:
    async with Receiver.opened(hook_house.world) as receiver:
        yield receiver


@pytest.fixture
def deliverer(hook_house: FrontDoor) -> Deliverer:
    return Deliverer(hook_house.world)
