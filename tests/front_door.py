"""The house as its callers meet it: workspaces, tokens and requests over real HTTP."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import aiohttp
import uvicorn

from fairlead.accounts import actions as accounts
from fairlead.accounts.model import NewWorkspace
from fairlead.db import clock
from fairlead.http.app import App
from fairlead.main import House
from fairlead.prospects import actions as prospects
from fairlead.prospects.model import FieldType, Prospect
from fairlead.world import World

TABLES = (
    "prospects", "prospect_lists", "list_members", "custom_fields", "do_not_email_lists", "do_not_email_items",
    "events", "credit_entries", "members", "api_clients", "access_tokens", "api_keys",
)  # fmt: skip
COUNT = "select count(*) from {table} where workspace_id = %s"


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # the test runner keeps its signals
        yield


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: Any


class FrontDoor:
    def __init__(self, house: House, app: App, base_url: str, http: aiohttp.ClientSession) -> None:
        self.house = house
        self.public = app.public
        self.world: World = house.world
        self.base_url = base_url
        self.http = http

    @classmethod
    @asynccontextmanager
    async def opened(cls, house: House) -> AsyncIterator["FrontDoor"]:
        # With its protocol named, as asyncio sends small answers at once only then.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        app = App(house.world)
        config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False)
        server = Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.001)
        async with aiohttp.ClientSession() as http:
            yield cls(house, app, f"http://127.0.0.1:{listening.getsockname()[1]}", http)
        server.should_exit = True
        await serving

    async def request(self, method: str, path: str, **options: Any) -> Reply:
        async with self.http.request(method, self.base_url + path, **options) as response:
            return Reply(response.status, await response.json(content_type=None), response.headers)

    async def workspace(self, *, no_rate_limit: bool = True, **options: Any) -> "Tenant":
        """A new workspace with a token in hand."""
        async with self.world.db.transaction() as conn:
            options = {"name": "Test", "owner": f"{uuid4().hex}@owner.example"} | options
            made = await accounts.create_workspace(self.world, conn, no_rate_limit=no_rate_limit, **options)
            await prospects.furnish(conn, made.workspace_id, made.user_id, now=self.world.clock.now())
        tenant = Tenant(self, made)
        await tenant.sign_in()
        return tenant

    async def pass_time(self, **how_long: float) -> None:
        """Business time goes on by this much for everybody."""
        async with self.world.db.transaction() as conn:
            await clock.advance(conn, by=timedelta(**how_long))
        await self.house.clock.refresh()


class Tenant:
    """A workspace as its integration uses it."""

    def __init__(self, door: FrontDoor, made: NewWorkspace) -> None:
        self.door = door
        self.made = made
        self.workspace_id = made.workspace_id
        self.token = ""

    async def sign_in(self) -> None:
        async with self.door.world.db.statement() as conn:
            given = await accounts.sign_in(
                self.door.world,
                conn,
                client_id=self.made.client_id,
                secret=self.made.client_secret,
                address="192.0.2.1",
            )
        self.token = given.token

    async def get(self, path: str, **params: Any) -> Reply:
        return await self.call("GET", path, params=params)

    async def post(self, path: str, **fields: Any) -> Reply:
        return await self.call("POST", path, json=fields)

    async def call(self, method: str, path: str, **options: Any) -> Reply:
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return await self.door.request(method, path, headers=headers, **options)

    async def list(self, name: str = "People") -> int:
        return (await self.post("/v1/lists", name=name)).body[0]["data"]["id"]

    async def custom_field(self, label: str, type_: str = "string", *, required: bool = False) -> None:
        async with self.door.world.db.transaction() as conn:
            now = self.door.world.clock.now()
            await prospects.create_field(
                conn, self.workspace_id, label, FieldType(type_), required=required, now=now
            )

    async def prospect(self, email: str) -> Prospect:
        """All that is known of the one prospect with this address."""
        async with self.door.world.db.statement() as conn:
            (found,) = await prospects.prospects_of_address(conn, self.workspace_id, email)
        return found

    async def rows(self) -> dict[str, int]:
        """How many rows of this workspace each table of its data holds."""
        async with self.door.world.db.statement() as conn:
            return {
                table: (await (await conn.execute(COUNT.format(table=table), [self.workspace_id])).fetchone())[0]
                for table in TABLES
            }

    async def balance(self) -> Decimal:
        return Decimal((await self.get("/v1/get-balance")).body["data"]["balance"])
