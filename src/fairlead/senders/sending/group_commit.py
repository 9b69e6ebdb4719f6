"""Many small changes in few transactions: whoever waits while one is committed shares the next."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

import psycopg
import psycopg_pool

from fairlead.kit.clock import Timer
from fairlead.kit.faults import fault_line, fault_trace

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

DATABASE_AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, psycopg_pool.PoolTimeout)
# Two transactions met in locks, or a row was changed under ours: nothing happened, and the next try finds it settled.
COLLIDED: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 1.0
COLLISIONS_BORNE: Final = 5


class GroupCommit(Generic[Item, Result]):
    """`commit` is given all that wait, in the order they came, and answers in that order, within one transaction.

    Where it fails because the database is away it is tried again until it is back: it must bear to be repeated after a
    commit whose answer was lost. Where it fails otherwise, each item is tried by itself, so that one that cannot be
    done harms no other.
    """

    def __init__(
        self, timer: Timer, commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, at_most: int
    ) -> None:
        self._timer = timer
        self._commit = commit
        self._at_most = at_most
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._work = asyncio.Event()

    async def put(self, item: Item) -> Result:
        """What became of it. Raises what `commit` raises for this item alone."""
        return await self.start(item)

    def start(self, item: Item) -> "asyncio.Future[Result]":
        """Like `put`, for callers that ask later."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._work.set()
        return future

    async def run(self) -> None:
        """Commits until canceled. Those who still wait are then canceled too."""
        try:
            while True:
                await self._work.wait()
                taken, self._waiting = self._waiting[: self._at_most], self._waiting[self._at_most :]
                if not self._waiting:
                    self._work.clear()
                await self._commit_all(taken)
        finally:
            for _, future in self._waiting:
                future.cancel()

    async def _commit_all(self, taken: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._repeated([item for item, _ in taken])
        except asyncio.CancelledError:
            for _, future in taken:
                future.cancel()
            raise
        except Exception as error:
            if len(taken) > 1:
                for one in taken:
                    await self._commit_all([one])
                return
            logger.error("a change of the ledger failed: %s", fault_trace(error))
            _fail(taken[0][1], error)
            return
        for (_, future), result in zip(taken, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def _repeated(self, items: Sequence[Item]) -> Sequence[Result]:
        tries = 0
        while True:
            try:
                return await self._commit(items)
            except COLLIDED:
                if tries >= COLLISIONS_BORNE:
                    raise
            except DATABASE_AWAY as error:
                if tries == 0:
                    logger.warning("the database did not answer, the ledger tries again: %s", fault_line(error))
            await self._timer.sleep(min(FIRST_PAUSE_SECONDS * 2**tries, LONGEST_PAUSE_SECONDS))
            tries = min(tries + 1, 10)


def _fail(future: "asyncio.Future[Result]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # who started it and has gone meanwhile is not told of it by the loop
