"""A sandbox as a process: made, announced, and ended in good order."""

import asyncio
import contextlib
import json
import resource
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.kit.clock import Timer
from fairlead.kit.refusals import CannotStart
from fairlead.sandbox.attachment import Attachment
from fairlead.sandbox.clock import MovableClock
from fairlead.sandbox.control import ADDRESS, Control, TimeKeeper
from fairlead.sandbox.internet import BLOCK_SIZE, FIRST_BLOCK, Internet
from fairlead.sandbox.making.world import World


@dataclass(frozen=True)
class Running:
    internet: Internet
    control: Control
    ca_file: Path

    def line(self) -> dict[str, Any]:
        """What is printed when all is ready."""
        settings = self.internet.settings(str(self.ca_file))
        return {"settings": settings, "control_url": self.control.url, "dns": self.internet.name_server}


@contextlib.asynccontextmanager
async def running(
    world: World,
    clock: MovableClock,
    timer: Timer,
    *,
    address: str = ADDRESS,
    port: int | None = None,
    keeper: TimeKeeper | None = None,
) -> AsyncIterator[Running]:
    """A sandbox that answers and follows its clock until the block ends. Raises `CannotStart`.

    `port` is that of the control page; None takes the one that goes with the block of ports in use.
    """
    _allow_many_sockets()
    internet = Internet(world, clock, timer)
    control = Control(internet, keeper)
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-sandbox-"))
        await internet.start()
        stack.push_async_callback(internet.close)
        await _start_control(control, address, port, FIRST_BLOCK + BLOCK_SIZE * internet.block)
        stack.push_async_callback(control.close)
        ca_file = Path(folder) / "ca.pem"
        internet.authority.write_certificate(ca_file)
        following = asyncio.create_task(internet.run())
        try:
            yield Running(internet, control, ca_file)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def _start_control(control: Control, address: str, port: int | None, usual: int) -> None:
    if port is not None:
        await control.start(address, port)
        return
    try:
        await control.start(address, usual)
    except CannotStart:
        # Nobody relies on the number, as it is printed; an address that will not do is refused once more.
        await control.start(address, 0)


async def serve(world: World, timer: Timer, *, speed: float, port: int | None, show: Callable[[Running], None]) -> None:
    """A sandbox alone, until it is told to stop by a signal."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with running(world, MovableClock(timer, speed=speed), timer, port=port) as sandbox:
        show(sandbox)
        await stopping.wait()


async def serve_attached(world: World, timer: Timer) -> None:
    """A sandbox beside a server that has the clock, until that server ends or closes the line."""
    # An interrupt at the terminal reaches both; the server ends in good order first, and this one after it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clock = MovableClock(timer, speed=0)
    attachment = Attachment(clock, _say)
    async with running(world, clock, timer, keeper=attachment) as sandbox:
        _say(sandbox.line())
        await attachment.listen(await _standard_input())


def _say(words: dict[str, Any]) -> None:
    print(json.dumps(words), flush=True)


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _allow_many_sockets() -> None:
    """A large world listens on a thousand addresses before the first client comes."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
