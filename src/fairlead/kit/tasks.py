"""Ending tasks that run for ever."""

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
