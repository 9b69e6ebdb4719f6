"""`fairlead serve`, `web` and `worker`."""

import asyncio
import contextlib
import functools
import ipaddress
import json
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import click
import uvicorn

from fairlead import settings as setting_names
from fairlead.accounts import actions as accounts
from fairlead.cli.logs import set_up_logs
from fairlead.cli.public_ports import Certificates
from fairlead.cli.running import data_option, interruptible, stopped
from fairlead.cli.sandbox_process import DEFAULT_COMPANIES, ORIGIN, SandboxProcess, sandbox_process
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.planning import Planning
from fairlead.engine.sending import Sending
from fairlead.engine.worker import Worker
from fairlead.http.app import App, PublicApp
from fairlead.http.snov import jobs as snov_jobs
from fairlead.kit import tasks
from fairlead.kit.refusals import CannotStart, Refusal
from fairlead.main import House, Start, open_house
from fairlead.webhooks import actions as webhooks
from fairlead.world import World

log = logging.getLogger("fairlead")

GRACE_SECONDS = 10
BACKLOG = 2048


class Server(uvicorn.Server):
    """Leaves the signals to us: a worker may be running beside it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def address_options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))(command)
    return click.option("--host", default="127.0.0.1", show_default=True)(command)


@click.command()
@address_options
@data_option
@click.option("--fall-back", is_flag=True, hidden=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line when ready, and log to standard error.")
@click.option("--sandbox", is_flag=True, help="Live in a sandbox internet on this machine; nothing leaves it.")
@click.option("--speed", default=1.0, help="Of a sandbox: seconds of business time to one of machine time.")
@click.option("--seed", default=1, help="Of a sandbox: the same seed gives the same world.")
@click.option("--companies", default=DEFAULT_COMPANIES, type=click.IntRange(1, 100_000), help="Of a sandbox.")
def serve(
    host: str,
    port: int,
    data: Path | None,
    fall_back: bool,
    as_json: bool,
    sandbox: bool,
    speed: float,
    seed: int,
    companies: int,
) -> None:
    """Run the web server, the worker and, unless FAIRLEAD_DATABASE_URL is set, the embedded PostgreSQL."""
    start = Start(
        data=data,
        fall_back=fall_back,
        mode="sandbox" if sandbox else "live",
        speed=speed,
        origin=ORIGIN if sandbox else None,
    )
    beside = functools.partial(sandbox_process, seed=seed, companies=companies) if sandbox else None
    _run(host, port, start, as_json=as_json, web=True, worker=True, beside=beside)


@click.command()
@address_options
@data_option
def web(host: str, port: int, data: Path | None) -> None:
    """Run the web server alone."""
    _run(host, port, Start(data=data), web=True)


@click.command()
@data_option
def worker(data: Path | None) -> None:
    """Run the worker alone."""
    _run("127.0.0.1", 0, Start(data=data), worker=True)


def _run(
    host: str,
    port: int,
    start: Start,
    *,
    as_json: bool = False,
    web: bool = False,
    worker: bool = False,
    beside: Callable[[], AbstractAsyncContextManager[SandboxProcess]] | None = None,
) -> None:
    try:
        settings = setting_names.load()
        set_up_logs(settings.log_format)
        listening = _listen(host, port) if web else None
        url = _url(host, listening.getsockname()[1]) if listening else settings.public_url or _url(host, port)
        wanted = replace(start, serves=True, public_url=url)

        async def within() -> None:
            async with contextlib.AsyncExitStack() as stack:
                sandbox = await stack.enter_async_context(beside()) if beside else None
                in_force = sandbox.pointed_at(settings) if sandbox else settings
                house = await stack.enter_async_context(open_house(in_force, wanted))
                await _serve(house, listening, url, worker=worker, as_json=as_json, sandbox=sandbox)

        _run_loop(within)
    except (CannotStart, Refusal) as error:
        raise stopped(str(error)) from error
    except asyncio.CancelledError:
        raise stopped("Interrupted before it was ready.") from None


def _run_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        import uvloop
    except ImportError:  # where uvloop has no wheel
        asyncio.run(interruptible(work))
    else:
        uvloop.run(interruptible(work))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        raise CannotStart(
            f"Nothing can listen on {host} port {port}: {error.strerror or error}; choose another with --port."
        ) from error
    return listening


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


async def _serve(
    house: House,
    listening: socket.socket | None,
    url: str,
    *,
    worker: bool,
    as_json: bool,
    sandbox: SandboxProcess | None = None,
) -> None:
    world = house.world
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    if house.note:
        click.echo(house.note, err=True)
    _warn(world, listening)
    async with asyncio.TaskGroup() as group:
        # Made before the listener runs: they ask it for hints.
        runners = _runners(world) if worker else []
        background = [group.create_task(house.clock.keep_fresh()), group.create_task(world.listener.run())]
        app = App(world)
        if sandbox is not None:
            background.append(group.create_task(_keep(sandbox, house, app, stopping)))
        foreground = [group.create_task(runner.run()) for runner in runners]
        servers: list[uvicorn.Server] = []
        if listening is not None:
            background.append(group.create_task(app.public.run()))
            servers.append(_server(app))
            foreground.append(group.create_task(servers[0].serve(sockets=[listening])))
            for extra, socket_, work in _public_servers(world, app, listening):
                servers.append(extra)
                foreground.append(group.create_task(extra.serve(sockets=[socket_])))
                background.extend([group.create_task(work)] if work is not None else [])
            for server in servers:
                await _started(server, stopping)
        await _announce(house, url if listening else None, sandbox, as_json=as_json)
        await stopping.wait()
        for server in servers:
            server.should_exit = True
        for runner in runners:
            runner.stop()
        await asyncio.gather(*foreground)
        await tasks.end(background)
    with contextlib.suppress(Exception):
        await house.clock.note()


class Runner(Protocol):
    """Work in the background."""

    async def run(self) -> None: ...

    def stop(self) -> None:
        """Lets `run` end when what it holds is done or given back."""
        ...


def _runners(world: World) -> list[Runner]:
    """All that a worker runs."""
    return [
        Worker(world, HANDLERS | snov_jobs.HANDLERS),
        webhooks.Deliverer(world, results=snov_jobs.task_result),
        Sending(world),
        Planning(world),
    ]


async def _keep(sandbox: SandboxProcess, house: House, app: App, stopping: asyncio.Event) -> None:
    await sandbox.keep(house, app.public.collect)
    log.error("The sandbox has ended, and so does the server that lives in it.")
    stopping.set()


def _server(app: App | PublicApp, tls: ssl.SSLContext | None = None) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    config.load()
    # Its own settings take one certificate from a file; ours come from the database, one for each name.
    config.ssl = tls
    return Server(config)


def _public_servers(
    world: World, app: App, listening: socket.socket
) -> Iterator[tuple[uvicorn.Server, socket.socket, Coroutine[Any, Any, None] | None]]:
    """The servers of the further ports, each with its socket and what runs beside it. Raises `CannotStart`."""
    host = listening.getsockname()[0]
    if world.settings.public_http_port is not None:
        yield _server(PublicApp(app)), _listen(host, world.settings.public_http_port), None
    if world.settings.public_https_port is not None:
        certificates = Certificates(world)
        secured = _server(PublicApp(app), certificates.context)
        yield secured, _listen(host, world.settings.public_https_port), certificates.keep_fresh()


async def _started(server: uvicorn.Server, stopping: asyncio.Event) -> None:
    # uvicorn has no event for this.
    while not (server.started or stopping.is_set()):  # noqa: ASYNC110
        await asyncio.sleep(0.005)


def _warn(world: World, listening: socket.socket | None) -> None:
    if listening is None:
        return
    local = ipaddress.ip_address(listening.getsockname()[0]).is_loopback
    if not local and not world.public_url.startswith("https://"):
        log.warning(
            "Listening on a public address without TLS: tokens travel in the clear. Put a proxy with TLS in front and "
            "name its address in FAIRLEAD_PUBLIC_URL."
        )


async def _announce(house: House, url: str | None, sandbox: SandboxProcess | None, *, as_json: bool) -> None:
    control_url = sandbox.control_url if sandbox is not None else None
    if as_json:
        print(json.dumps({"base_url": url, "control_url": control_url}), flush=True)
        return
    if url is None:
        log.info("The worker is running.")
        return
    async with house.world.db.statement() as conn:
        first = not await accounts.workspaces(conn)
    lines = ["", f"  Fairlead is running at {url}", f"  Data: {house.folder}"]
    if house.world.mode == "sandbox":
        lines.append("  This is a sandbox: nothing leaves this machine.")
    if control_url is not None:
        lines.append(f"  Watch the sandbox at {control_url}")
    if first:
        program = Path(sys.argv[0])
        shown = _relative(program.absolute())
        lines += [
            "",
            "  Make your first API client, in another terminal:",
            f"    {shown} workspace create --name Mine --owner you@your-domain.com --data {_relative(house.folder)}",
        ]
    print("\n".join(lines) + "\n", flush=True)


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
