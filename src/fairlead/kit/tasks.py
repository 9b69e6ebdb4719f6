"""Ending tasks that run for ever, and what went wrong in a group of them."""

import asyncio
from collections.abc import Collection
from typing import Any

ASK_AGAIN_SECONDS = 1.0


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancels tasks until each has ended.

    One cancellation can be lost where it meets the end of what is waited for, and what then goes on would keep its
    group waiting for ever.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=ASK_AGAIN_SECONDS)


def first_fault(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong first, however deep it lies: it is what the others ended for."""
    first = group.exceptions[0]
    return first_fault(first) if isinstance(first, BaseExceptionGroup) else first
