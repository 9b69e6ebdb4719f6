"""A list somebody waits for: their own process works on it, beside whatever server is running, until all were asked."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from fairlead.verifier.model import Batch, BatchState
from fairlead.verifier.store import batches as store
from fairlead.verifier.working import ask_domain_again, work_as
from fairlead.world import World

# Machine time.
LOOK_EVERY_SECONDS: Final = 0.25
TRY_AGAIN_SECONDS: Final = 2.0
# Business time: a server that runs asks within seconds who is to be asked again.
OVERDUE_AFTER: Final = timedelta(minutes=1)


async def attend(world: World, batch: Batch, report: Callable[[Batch], None] = lambda batch: None) -> Batch:
    """The batch once every address has been asked for, those put off with nobody to ask again for them included.

    One process attends a batch at a time; a second one waits and looks on, and takes over when the first has died.
    `report` is told how far it has come. Ended by cancellation, whatever was in hand is taken up by the next.
    """
    attending = await world.db.dedicated()
    own: asyncio.Task[None] | None = None
    try:
        while True:
            async with world.db.statement() as conn:
                batch = await store.batch(conn, batch.id)
                going_on = batch.state is BatchState.RUNNING and await store.anything_due(conn, batch.id)
            report(batch)
            if not going_on:
                break
            if own is None and await store.try_attend(attending, batch.id):
                # No job has a negative id.
                own = asyncio.create_task(work_as(world, batch.id, lessee=-batch.id))
            if own is not None:
                done, _ = await asyncio.wait({own}, timeout=LOOK_EVERY_SECONDS)
                if done:
                    await own
                    own = None
                    await _pause_while_due(world, batch)
            else:
                await world.timer.sleep(LOOK_EVERY_SECONDS)
        if own is not None:
            await own
            own = None
        await _ask_again_who_is_overdue(world, batch)
        async with world.db.statement() as conn:
            return await store.batch(conn, batch.id)
    finally:
        if own is not None:
            own.cancel()
            await asyncio.gather(own, return_exceptions=True)
        await attending.close()


async def _pause_while_due(world: World, batch: Batch) -> None:
    """What is left is in the hands of others: they need a moment."""
    async with world.db.statement() as conn:
        left = await store.anything_due(conn, batch.id)
    if left:
        await world.timer.sleep(TRY_AGAIN_SECONDS)


async def _ask_again_who_is_overdue(world: World, batch: Batch) -> None:
    if batch.state is not BatchState.RUNNING:
        return
    due_before = world.clock.now() - OVERDUE_AFTER
    async with world.db.statement() as conn:
        domains = await store.domains_overdue(conn, batch.id, due_before=due_before)
    for domain in domains:
        await ask_domain_again(world, domain)
