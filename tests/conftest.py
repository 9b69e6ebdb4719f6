"""What tests stand on: a PostgreSQL for the run, a database for a test, and a house with its front door open."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from fairlead.db.migrate import migrate
from fairlead.db.pool import Database
from fairlead.main import Start, open_house
from fairlead.settings import Settings
from front_door import FrontDoor
from postgres import Server, run_on
from resuming import pytest_addoption, pytest_configure  # noqa: F401 - hooks

# Time proves nothing about a property on a machine that others use too.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="fairlead-test-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder))
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
async def template(server: Server) -> str:
    """The name of a database with all migrations applied."""
    await run_on(server, "create database template_of_tests")
    conninfo = server.conninfo("template_of_tests")
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await migrate(conn)
    return "template_of_tests"


@pytest.fixture
async def conninfo(server: Server, template: str) -> AsyncIterator[str]:
    """A database of its own for each test."""
    name = f"test_{uuid4().hex}"
    await run_on(server, f"create database {name} template {template}")
    yield server.conninfo(name)
    await run_on(server, f"drop database {name} with (force)")


@pytest.fixture
async def db(conninfo: str) -> AsyncIterator[Database]:
    async with Database.opened(conninfo, connections=20) as db:
        yield db


@pytest.fixture(scope="session")
async def house(server: Server, template: str) -> AsyncIterator[FrontDoor]:
    """One house for all tests of a run, served over real HTTP. Each test opens its own workspace in it."""
    name = f"house_{uuid4().hex}"
    await run_on(server, f"create database {name} template {template}")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-house-")))
        settings = Settings(database_url=server.conninfo(name), data=folder)
        opened = await stack.enter_async_context(open_house(settings, Start(serves=True)))
        yield await stack.enter_async_context(FrontDoor.opened(opened))
    await run_on(server, f"drop database {name} with (force)")
