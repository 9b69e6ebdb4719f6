"""All mail servers at once, for tests: `peers` is a fixture to import where it is wanted."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from fairlead.sandbox.dns import DnsServer
from peers import exim, opensmtpd, postfix
from peers.internet import HOST_NUMBERS, Class, Place, Server, domain, mx_host, name_server
from peers.packages import WANTED, unpacked
from peers.tree import POLL_SECONDS, START_SECONDS, Tree

SERVED: Final = {
    Server.POSTFIX: postfix.SERVED,
    Server.POSTGREY: postfix.SERVED_WITH_POSTGREY,
    Server.EXIM: exim.SERVED,
    Server.OPENSMTPD: opensmtpd.SERVED,
}
LOGS: Final = {
    Server.POSTFIX: postfix.LOG,
    Server.POSTGREY: postfix.LOG,
    Server.EXIM: exim.LOG,
    Server.OPENSMTPD: opensmtpd.LOG,
}


@dataclass(frozen=True)
class Peers:
    place: Place
    dns: DnsServer
    trees: dict[Server, Tree]

    def log(self, server: Server) -> str:
        return self.trees[server].read(LOGS[server])

    def where(self, server: Server, kind: Class) -> tuple[str, int]:
        """The address and port behind the MX record."""
        return self.place.address(mx_host(server, kind)), self.place.port


def what_is_missing() -> str | None:
    """Why the servers cannot run here; None when they can."""
    missing = [server for server in WANTED if unpacked(server) is None]
    if os.getuid() != 0:
        return "the mail servers run behind chroot, which takes root"
    if missing:
        return f"not unpacked: {', '.join(missing)}; run tests/peers/packages.py"
    return None


@pytest.fixture(scope="session")
async def peers() -> AsyncIterator[Peers]:
    missing = what_is_missing()
    if missing and os.environ.get("CI") and os.getuid() == 0 and shutil.which("apt-get"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    async with running() as peers:
        yield peers


@asynccontextmanager
async def running() -> AsyncIterator[Peers]:
    domains = {domain(server, kind): mx_host(server, kind) for server in Server for kind in SERVED[server]}
    async with name_server(domains) as (place, dns):
        with tempfile.TemporaryDirectory(prefix="fairlead-peers-", ignore_cleanup_errors=True) as folder:
            stack = ExitStack()
            # In a thread: while they start, the servers ask the name server, which is on our loop.
            starting = asyncio.create_task(asyncio.to_thread(_start, stack, Path(folder), place))
            try:
                trees = await asyncio.shield(starting)
                await _ready(place, trees)
                yield Peers(place, dns, trees)
            finally:
                # A thread cannot be interrupted, and what it goes on to start must be stopped as well.
                await asyncio.wait({starting})
                await asyncio.to_thread(stack.close)


def _start(stack: ExitStack, folder: Path, place: Place) -> dict[Server, Tree]:
    return {
        Server.POSTFIX: stack.enter_context(postfix.postfix(folder, place)),
        Server.POSTGREY: stack.enter_context(postfix.postfix_with_postgrey(folder, place)),
        Server.EXIM: stack.enter_context(exim.exim(folder, place)),
        Server.OPENSMTPD: stack.enter_context(opensmtpd.opensmtpd(folder, place)),
    }


async def _ready(place: Place, trees: dict[Server, Tree]) -> None:
    """Waits until every host answers, and postgrey too. Raises `RuntimeError` for a server that has ended."""
    wanted = [(place.address(host), place.port) for host in HOST_NUMBERS]
    wanted.append((place.address("any.postgrey.mx.example"), place.policy_port))
    deadline = time.monotonic() + START_SECONDS
    while wanted:
        try:
            _, writer = await asyncio.open_connection(*wanted[0])
        except OSError:
            for tree in trees.values():
                tree.check_running()
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL_SECONDS)
        else:
            writer.close()
            await writer.wait_closed()
            wanted.pop(0)
