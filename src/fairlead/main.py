"""Builds the world a command stands in: the database, the keys, the clock, the way out."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from fairlead.db import migrate
from fairlead.db.clock import CHANNEL, SharedClock, start_business_clock
from fairlead.db.embedded import EmbeddedServer
from fairlead.db.instance import check_keys, ensure_instance
from fairlead.db.keys import load_keys
from fairlead.db.listen import Listener
from fairlead.db.place import Place, choose_place, default_folder
from fairlead.db.pool import Connection, Database
from fairlead.events import actions as events
from fairlead.kit.refusals import CannotStart
from fairlead.kit.tokens import HEX, new_token
from fairlead.net.dialer import GuardedDialer
from fairlead.net.dns import AioDns
from fairlead.net.fetch import GuardedFetch
from fairlead.settings import Settings
from fairlead.world import Mode, World

log = logging.getLogger("fairlead")

DEFAULT_URL = "http://127.0.0.1:8000"
# Eleven days a second; much more, and a server left alone reaches the end of the calendar.
FASTEST = 1_000_000


class MachineTimer:
    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Start:
    """How a command wants the world."""

    data: Path | None = None
    fall_back: bool = False
    """Whether a folder the database cannot reach may be replaced by one of the system's."""
    mode: Mode | None = None
    """None: whichever the installation is."""
    serves: bool = False
    """Whether this process is a server, and so brings schema and clock into order."""
    public_url: str = DEFAULT_URL
    speed: float = 1.0
    origin: datetime | None = None
    """Business time at which a new sandbox begins."""


@dataclass(frozen=True)
class House:
    world: World
    clock: SharedClock
    folder: Path
    """The data folder in use."""
    note: str | None
    """A line to show when the folder is not the one asked for."""


@dataclass(frozen=True)
class Ground:
    """A database that runs, whatever it holds, and the data folder."""

    conninfo: str
    folder: Path
    owner: bool | None
    """Whether this process owns the embedded database; None where the database is elsewhere."""
    note: str | None


@asynccontextmanager
async def open_ground(settings: Settings, data: Path | None, *, fall_back: bool = False) -> AsyncIterator[Ground]:
    """The database alone, started if need be, until the block ends. Raises `CannotStart`."""
    wanted = data or settings.data
    if settings.database_url is not None:
        yield Ground(settings.database_url, _own_folder(wanted), None, None)
        return
    place = await asyncio.to_thread(choose_place, wanted, fall_back=fall_back)
    server = await _started(place)
    try:
        yield Ground(server.conninfo, place.root, server.owner, place.note)
    finally:
        await asyncio.to_thread(server.stop)


async def _started(place: Place) -> EmbeddedServer:
    starting = asyncio.ensure_future(asyncio.to_thread(EmbeddedServer.start, place))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # A thread cannot be interrupted: the server it starts would outlive us.
        with contextlib.suppress(CannotStart):
            (await starting).stop()
        raise


@asynccontextmanager
async def open_house(settings: Settings, start: Start) -> AsyncIterator[House]:
    """The world, until the block ends. Raises `CannotStart` with one sentence that says what to do."""
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(open_ground(settings, start.data, fall_back=start.fall_back))
        db = await stack.enter_async_context(_database(ground.conninfo, settings))
        in_charge = ground.owner if ground.owner is not None else start.serves
        await _bring_into_order(db, may_migrate=in_charge or start.serves)
        source = random.SystemRandom()
        async with db.statement() as conn:
            instance = await ensure_instance(conn, wanted_mode=start.mode, new_token=new_token(source, 32, HEX))
            await _prepare_clock(conn, start, sandbox=instance.mode == "sandbox", in_charge=in_charge)
            keys = load_keys(settings.secret_key, ground.folder, first_start=not instance.has_key)
            await check_keys(conn, keys)
        clock = await SharedClock.read(db)
        listener = Listener(db)
        listener.on(CHANNEL, clock.refresh_soon)
        timer = MachineTimer()
        dns = AioDns(settings.nameserver, timer=timer, cache_entries=settings.dns_answers)
        stack.push_async_callback(dns.close)
        dialer = GuardedDialer(settings.allowed_networks, settings.port_map, dns, extra_ca=settings.extra_ca)
        fetch = GuardedFetch(settings.allowed_networks, settings.port_map, dns, extra_ca=settings.extra_ca)
        stack.push_async_callback(fetch.close)
        world = World(
            settings=settings,
            mode="sandbox" if instance.mode == "sandbox" else "live",
            public_url=settings.public_url or start.public_url,
            folder=ground.folder,
            installation=instance.token,
            clock=clock,
            timer=timer,
            random=source,
            db=db,
            listener=listener,
            keys=keys,
            dialer=dialer,
            dns=dns,
            fetch=fetch,
        )
        async with db.transaction() as conn:
            await events.repair_after_restore(conn)
        # On its own: two starts that have both looked at the log would each wait for the other to make a month of it.
        async with db.transaction() as conn:
            await events.make_months(conn, clock.now())
        yield House(world, clock, ground.folder, ground.note)


def _own_folder(wanted: Path | None) -> Path:
    """The data folder of an installation whose database is elsewhere: it holds the key and spools."""
    folder = wanted or default_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be made: {error.strerror}; name another with --data."
        ) from error
    return folder


@asynccontextmanager
async def _database(conninfo: str, settings: Settings) -> AsyncIterator[Database]:
    try:
        conn = await psycopg.AsyncConnection.connect(conninfo, connect_timeout=10)
        version = conn.info.server_version
        await conn.close()
    except psycopg.Error as error:
        raise CannotStart(f"The database does not let us in: {_first_line(error)}") from error
    if not 150_000 <= version < 190_000:
        raise CannotStart(f"PostgreSQL 15 to 18 is supported; this server is version {version // 10_000}.")
    async with Database.opened(conninfo, connections=settings.database_connections) as db:
        yield db


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]


async def _bring_into_order(db: Database, *, may_migrate: bool) -> None:
    conn = await db.dedicated()
    try:
        # A new database belongs to nobody's version yet: who is attached need not wait for the one who made it.
        if may_migrate or await migrate.is_new(conn):
            for migration in await migrate.migrate(conn):
                log.info("applied migration %04d %s", migration.number, migration.name)
        else:
            await migrate.require_current(conn)
    finally:
        await conn.close()


async def _prepare_clock(conn: Connection, start: Start, *, sandbox: bool, in_charge: bool) -> None:
    if not sandbox and start.speed != 1:
        raise CannotStart("Only a sandbox can run at another speed; add --sandbox.")
    if not 0 <= start.speed <= FASTEST:
        raise CannotStart(f"A sandbox runs at a speed from 0 to {FASTEST:,}.")
    cur = await conn.execute("select exists (select from business_clock)")
    row = await cur.fetchone()
    if in_charge or not (row and row[0]):
        await start_business_clock(conn, sandbox=sandbox, origin=start.origin, speed=start.speed)
