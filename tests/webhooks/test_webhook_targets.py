"""Where deliveries must not go: on the real connector, without a single connection."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from hook_house import happened

from fairlead.main import Start, open_house
from fairlead.settings import Settings
from fairlead.webhooks import actions as webhooks
from front_door import FrontDoor
from postgres import run_on

# Each leads, or would lead, to a server of this machine or network.
TARGETS = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://127.1:{port}/", "http://2130706433:{port}/",
    "http://0177.0.0.1:{port}/", "http://0x7f.1:{port}/", "http://0.0.0.0:{port}/", "http://[::1]:{port}/",
    "http://[::]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/", "http://[2002:7f00:1::]:{port}/", "http://[fe80::1]:{port}/",
    "http://[fd00::1]:{port}/", "http://10.0.0.1:{port}/", "http://172.16.0.1:{port}/", "http://192.168.0.1:{port}/",
    "http://169.254.169.254:{port}/latest/", "http://100.64.0.1:{port}/", "http://127.0.0.1.:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
]  # fmt: skip


@contextlib.asynccontextmanager
async def listening():
    """A port on every address of this machine, and how many connected to it."""
    connected: list[object] = []

    async def note(reader, writer):
        connected.append(writer.get_extra_info("peername"))
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(server)
        with contextlib.suppress(OSError):  # a machine without IPv6
            await stack.enter_async_context(await asyncio.start_server(note, "::1", port))
        yield port, connected


@pytest.fixture
async def strict_house(server, template):
    """As it is by default: no private network is allowed."""
    name = f"strict_{uuid4().hex}"
    await run_on(server, f"create database {name} template {template}")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=server.conninfo(name), data=Path(folder))
        async with open_house(settings, Start(serves=True)) as opened, FrontDoor.opened(opened) as house:
            yield house
    await run_on(server, f"drop database {name} with (force)")


async def test_no_delivery_reaches_a_private_place(strict_house):
    tenant = await strict_house.workspace()
    async with listening() as (port, connected):
        for target in TARGETS:
            reply = await tenant.post(
                "/v2/webhooks", event_object="campaign_email", event_action="sent", endpoint_url=target.format(port=port)
            )
            assert reply.status in (200, 422), target
        await happened(strict_house.world, tenant.workspace_id, "email_sent", email="ann@example.com")
        tried = await webhooks.Deliverer(strict_house.world).deliver_due()
        assert tried >= len(TARGETS) - 2
        assert connected == []
    async with strict_house.world.db.statement() as conn:
        found = await webhooks.deliveries(conn, tenant.workspace_id)
    assert {one.last_status for one in found} == {None}


async def test_where_only_https_is_wanted_plain_addresses_are_refused(server, template):
    name = f"https_{uuid4().hex}"
    await run_on(server, f"create database {name} template {template}")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=server.conninfo(name), data=Path(folder), webhooks_require_https=True)
        async with open_house(settings, Start(serves=True)) as opened, FrontDoor.opened(opened) as house:
            tenant = await house.workspace()
            words = {"event_object": "campaign_email", "event_action": "sent"}
            assert (await tenant.post("/v2/webhooks", **words, endpoint_url="http://h.example.com/")).status == 422
            assert (await tenant.post("/v2/webhooks", **words, endpoint_url="https://h.example.com/")).status == 200
    await run_on(server, f"drop database {name} with (force)")
