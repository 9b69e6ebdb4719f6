"""The sandbox beside a server, for `fairlead serve --sandbox`: started, told the time, asked nothing, ended with it.

The server's end of the wire that `fairlead.sandbox.attachment` describes.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.db.clock import advance
from fairlead.engine.handlers import PERIODIC
from fairlead.engine.periodic import Ticker
from fairlead.engine.planning import plan_step
from fairlead.jobs import actions as jobs
from fairlead.kit.refusals import CannotStart
from fairlead.main import House
from fairlead.senders import actions as senders
from fairlead.settings import Settings, read_networks, read_port_map
from fairlead.webhooks import actions as webhooks

DEFAULT_COMPANIES = 50
# Business time at which a new sandbox begins, as where it stands alone.
ORIGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
READY_SECONDS = 60.0
CLOCK_EVERY_SECONDS = 1.0
# The sandbox asks again until its own patience is over.
SETTLE_SECONDS = 10.0
SETTLE_POLL_SECONDS = 0.02
LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class SandboxProcess:
    """The sandbox beside a server, in a process of its own, so that its work takes no time from the server's loop."""

    process: asyncio.subprocess.Process
    settings: Mapping[str, str]
    control_url: str

    def pointed_at(self, settings: Settings) -> Settings:
        """`settings`, for a server that lives in this sandbox."""
        found = self.settings
        return replace(
            settings,
            nameserver=found["FAIRLEAD_NAMESERVER"],
            allowed_networks=(*settings.allowed_networks, *read_networks(found["FAIRLEAD_ALLOWED_NETWORKS"])),
            port_map={**settings.port_map, **read_port_map(found["FAIRLEAD_PORT_MAP"])},
            extra_ca=Path(found["FAIRLEAD_EXTRA_CA"]),
        )

    async def keep(self, house: House, collect: Callable[[], Awaitable[int]]) -> None:
        """Tells the sandbox the time and does what it asks. Returns when the sandbox has ended; runs until canceled.

        `collect` carries what strangers did to the database.
        """
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._tell_time(house))
            await self._answer(house, collect)
            telling.cancel()

    async def _tell_time(self, house: House) -> None:
        while True:
            changed = house.clock.changed
            self._say(_time(house))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), CLOCK_EVERY_SECONDS)

    async def _answer(self, house: House, collect: Callable[[], Awaitable[int]]) -> None:
        assert self.process.stdout is not None
        ticker = Ticker(house.world, PERIODIC)
        async with asyncio.TaskGroup() as group:
            while line := await self.process.stdout.readline():
                group.create_task(self._answer_one(house, ticker, collect, json.loads(line)))

    async def _answer_one(
        self, house: House, ticker: Ticker, collect: Callable[[], Awaitable[int]], words: dict[str, Any]
    ) -> None:
        if words["do"] == "advance":
            by = timedelta(seconds=words["by_seconds"]) if words["by_seconds"] is not None else None
            to = datetime.fromisoformat(words["to"]) if words["to"] else None
            async with house.world.db.transaction() as conn:
                await advance(conn, by=by, to=to)
            await house.clock.refresh()
            self._say({"answer": words["ask"], **_time(house)})
        elif words["do"] == "next":
            due = await _next_due(house, datetime.fromisoformat(words["after"]))
            self._say({"answer": words["ask"], "due": due.isoformat() if due else None})
        else:
            idle = await _settled(house, ticker, collect, datetime.fromisoformat(words["now"]))
            self._say({"answer": words["ask"], "idle": idle})

    def _say(self, words: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        if not self.process.stdin.is_closing():
            self.process.stdin.write(json.dumps(words).encode() + b"\n")


def _time(house: House) -> dict[str, Any]:
    return {"clock": house.clock.now().isoformat(), "speed": house.clock.setting.speed}


async def _next_due(house: House, after: datetime) -> datetime | None:
    """When a worker has something to do next."""
    async with house.world.db.statement() as conn:
        due = [
            await jobs.next_due(conn, after),
            await senders.next_due(conn, after),
            await enrollments.next_due(conn, after),
            await webhooks.next_due(conn, after),
        ]
    return min((moment for moment in due if moment is not None), default=None)


async def _settled(
    house: House, ticker: Ticker, collect: Callable[[], Awaitable[int]], now: datetime
) -> bool:
    """Whether the worker has done what was due by `now`, what it does every so often included."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while True:
                await collect()
                await ticker.run_due(now)
                async with house.world.db.statement() as conn:
                    done = (
                        await jobs.all_done(conn, now)
                        and await senders.all_done(conn, now)
                        and await webhooks.all_done(conn, now)
                    )
                # Asked last: what others did may have given it something to do.
                if done and await plan_step(house.world) is False:
                    return True
                await asyncio.sleep(SETTLE_POLL_SECONDS)
    return False


@contextlib.asynccontextmanager
async def sandbox_process(*, seed: int, companies: int) -> AsyncIterator[SandboxProcess]:
    """A sandbox that is ready, until the block ends. Raises `CannotStart`."""
    command = [sys.executable, "-m", "fairlead", "sandbox", "--attached"]
    process = await asyncio.create_subprocess_exec(
        *command,
        f"--seed={seed}",
        f"--companies={companies}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
        env=dict(os.environ),
    )
    try:
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)
            ready = json.loads(line)
        except (TimeoutError, ValueError) as error:
            raise CannotStart("The sandbox did not start; see what it said above.") from error
        yield SandboxProcess(process, ready["settings"], ready["control_url"])
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Closes the line, which ends the sandbox; one that does not listen is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), 10)
    except TimeoutError:
        process.kill()
        await process.wait()
