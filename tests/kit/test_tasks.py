import asyncio

from fairlead.kit import tasks


async def test_a_task_that_misses_its_first_cancellation_ends_all_the_same(monkeypatch):
    monkeypatch.setattr(tasks, "ASK_AGAIN_SECONDS", 0.01)
    missed = 0

    async def stubborn():
        nonlocal missed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if missed == 2:
                    raise
                missed += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await tasks.end([task])
    assert task.cancelled()
    assert missed == 2
