"""When a delivery is tried. Contract 17.3."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

# After the try before; the first is at once. Seven in all: at 0, 20 min, 1 h, 2 h, 6 h, 14 h and 38 h.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (20, 40, 60, 240, 480, 1440))
TRIES = len(PAUSES) + 1
# A try begins within 2 % after its instant and never before; half of that is left to the queue.
SPREAD = 0.01
# How many at once to one webhook: few until it has answered, and again while it keeps failing.
AT_ONCE = 10
AT_ONCE_UNTIL_PROVEN = 2
FAILURES_IN_A_ROW = 5


def next_try(*, tries: int, began: datetime, random: Random, pauses: Sequence[timedelta] = PAUSES) -> datetime | None:
    """When a delivery is tried again whose try number `tries`, from 1, began then and failed; None: never."""
    if tries > len(pauses):
        return None
    return began + pauses[tries - 1] * (1 + random.random() * SPREAD)


@dataclass
class Breaker:
    """How many deliveries may be in the air to a webhook.

    Each try still begins at its instant as long as there are not more of them than fit; what a broken receiver cannot
    do is fill the worker with connections that hang.
    """

    proven: bool = False
    failures_in_a_row: int = 0

    def note(self, *, succeeded: bool) -> None:
        self.failures_in_a_row = 0 if succeeded else self.failures_in_a_row + 1
        self.proven = succeeded or (self.proven and self.failures_in_a_row < FAILURES_IN_A_ROW)

    @property
    def at_once(self) -> int:
        return AT_ONCE if self.proven else AT_ONCE_UNTIL_PROVEN
