"""Fairlead for programs that import it: plain calls, each of which opens the installation and closes it again."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import cast

from fairlead import settings as setting_names
from fairlead.main import Start, open_house
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import Verdict

__all__ = ["Verdict", "verify"]


def verify(addresses: Iterable[str], *, data: Path | str | None = None, reuse: bool = True) -> list[Verdict]:
    """A verdict for each of `addresses`, in their order; the same address twice is asked about once.

    Settings are those of the command line; `data` is the data folder (None: FAIRLEAD_DATA, or the user's own). Its
    database is started when none runs, so many addresses in one call are better than many calls. With `reuse`, verdicts
    younger than FAIRLEAD_VERIFIER_RESULT_DAYS are given again without asking.

    Raises `fairlead.kit.refusals.CannotStart` with a sentence that says what to do, and `RuntimeError` within a running
    event loop, where `await asyncio.to_thread(fairlead.verify, addresses)` is the way.
    """
    if isinstance(addresses, str):
        raise TypeError("verify takes several addresses; put the one in a list")
    asked = list(addresses)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_verify(asked, Path(data) if data is not None else None, reuse))
    raise RuntimeError("verify waits for its answers; within an event loop: asyncio.to_thread(fairlead.verify, ...)")


async def _verify(addresses: list[str], data: Path | None, reuse: bool) -> list[Verdict]:
    async with open_house(setting_names.load(), Start(data=data)) as house:
        answers = verifier.verify_now(house.world, addresses, reuse=reuse)
        # Sessions end before the database does.
        async with aclosing(cast(AsyncGenerator[Verdict, None], answers)) as verdicts:
            found = {verdict.address: verdict async for verdict in verdicts}
    return [found[address] for address in addresses]
