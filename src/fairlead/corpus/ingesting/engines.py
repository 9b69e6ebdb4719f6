"""What runs an extraction: a process on this machine, or a task of a Ray cluster."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec

from fairlead.corpus.ingesting.extracting import Job, make_part, position_of
from fairlead.kit.refusals import CannotStart

WATCH_SECONDS = 0.2
PROGRAM = [sys.executable, "-m", "fairlead.corpus.ingesting.extracting"]
# Machine time in which a process has to get past a record. Reading ten gigabytes of zeros takes less.
RECORD_SECONDS = 60.0


class Died(Exception):
    """The extraction ended without a part. `record` is where it was, None where it had not begun."""

    def __init__(self, record: int | None, *, stood_still: bool) -> None:
        super().__init__(f"at record {record}")
        self.record = record
        self.stood_still = stood_still


class Engine(Protocol):
    async def run(self, job: Job) -> None:
        """Makes the part. Raises `Died`. Canceled, it leaves nothing running."""
        ...

    def close(self) -> None: ...


@contextlib.contextmanager
def engine_named(name: str) -> Iterator[Engine]:
    """The engine `local` or `ray`. Raises `CannotStart` where it is not installed."""
    engine: Engine = RayEngine() if name == "ray" else LocalEngine()
    try:
        yield engine
    finally:
        engine.close()


class LocalEngine:
    """A new process for each input: it may be killed, and takes what it holds with it."""

    def __init__(self, *, record_seconds: float = RECORD_SECONDS) -> None:
        self._record_seconds = record_seconds

    async def run(self, job: Job) -> None:
        position = Path(job.position)
        position.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            *PROGRAM,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        stood_still = False
        try:
            process.stdin.write(msgspec.json.encode(job))
            process.stdin.close()
            stood_still = await self._watch(process, position)
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode != 0 or stood_still:
            at = position_of(position)
            raise Died(at[0] if at else None, stood_still=stood_still)

    async def _watch(self, process: asyncio.subprocess.Process, position: Path) -> bool:
        """Whether the process stood still at one record for too long. Returns when it has ended, or then."""
        loop = asyncio.get_running_loop()
        last, since = position_of(position), loop.time()
        ending = asyncio.ensure_future(process.wait())
        try:
            while not ending.done():
                await asyncio.wait((ending,), timeout=WATCH_SECONDS)
                at = position_of(position)
                if at != last:
                    last, since = at, loop.time()
                elif loop.time() - since > self._record_seconds:
                    return not ending.done()
            return False
        finally:
            if not ending.done():
                ending.cancel()

    def close(self) -> None:
        pass


class RayEngine:
    """Tasks of a Ray cluster, one core each. The folder of parts and the inputs have to be shared by its machines."""

    def __init__(self, address: str | None = None) -> None:
        try:
            import ray
        except ImportError as error:
            raise CannotStart(
                "The engine ray needs the package ray: pip install 'fairlead[ray]', or leave --engine out."
            ) from error
        self._ray: Any = ray
        ray.init(
            address=address or os.environ.get("RAY_ADDRESS"), log_to_driver=False, include_dashboard=False,
            configure_logging=False, ignore_reinit_error=True,
        )  # fmt: skip
        self._task = ray.remote(num_cpus=1, max_retries=0)(_make_part_in_ray)

    async def run(self, job: Job) -> None:
        task = self._task.remote(msgspec.json.encode(job))
        try:
            await asyncio.wrap_future(task.future())
        except asyncio.CancelledError:
            self._ray.cancel(task, force=True)
            raise
        except self._ray.exceptions.RayError as error:
            at = position_of(Path(job.position))
            raise Died(at[0] if at else None, stood_still=False) from error

    def close(self) -> None:
        self._ray.shutdown()


def _make_part_in_ray(job: bytes) -> str:
    return make_part(msgspec.json.decode(job, type=Job))
