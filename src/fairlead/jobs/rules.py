"""Decisions of the queue: when a failed job is tried again, and who is served first."""

from datetime import datetime, timedelta
from random import Random

from fairlead.jobs.model import Priority

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)

# Of all claims, these shares serve normal or bulk work first, so that a stream of urgent work never stops them.
NORMAL_FIRST = 1 / 4
BULK_FIRST = 1 / 8


def next_try(*, tries: int, max_tries: int, now: datetime, random: Random) -> datetime | None:
    """When a job that has failed `tries` times is tried again, or None when its tries are used up.

    The delay doubles from `FIRST_DELAY` to `LONGEST_DELAY`, and its second half is chance: jobs that failed together
    do not come back together, and one that kills its process gets away from those that died with it.
    """
    if tries >= max_tries:
        return None
    doublings = min(tries - 1, 20)  # far beyond LONGEST_DELAY, and within the range of a timedelta
    delay = min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)
    return now + delay * random.uniform(0.5, 1)


def serving_order(lot: float) -> tuple[Priority, ...]:
    """The order in which one claim serves the priorities; `lot` is chance between 0 and 1."""
    if lot < BULK_FIRST:
        return Priority.BULK, Priority.URGENT, Priority.NORMAL
    if lot < BULK_FIRST + NORMAL_FIRST:
        return Priority.NORMAL, Priority.URGENT, Priority.BULK
    return Priority.URGENT, Priority.NORMAL, Priority.BULK
