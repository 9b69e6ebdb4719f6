"""When a delivery is tried. Contract 17.3."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

# After the try before; the first is at once. Seven in all: at 0, 20 min, 1 h, 2 h, 6 h, 14 h and 38 h.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (20, 40, 60, 240, 480, 1440))
TRIES = len(PAUSES) + 1
# A try begins within 2 % after its instant and never before; half of that is left to the queue.
SPREAD = 0.01
# How many at once to one webhook, and to one that keeps failing.
AT_ONCE = 10
AT_ONCE_WHILE_FAILING = 2
FAILURES_IN_A_ROW = 5


def next_try(*, tries: int, began: datetime, random: Random, pauses: Sequence[timedelta] = PAUSES) -> datetime | None:
    """When a delivery is tried again whose try number `tries`, from 1, began then and failed; None: never."""
    if tries > len(pauses):
        return None
    return began + pauses[tries - 1] * (1 + random.random() * SPREAD)


def at_once(failures_in_a_row: int) -> int:
    """How many deliveries may be in the air to a webhook that failed so often in a row.

    Each try still begins at its instant as long as there are not more of them than fit; what a broken receiver cannot
    do is fill the worker with connections that hang.
    """
    return AT_ONCE if failures_in_a_row < FAILURES_IN_A_ROW else AT_ONCE_WHILE_FAILING
