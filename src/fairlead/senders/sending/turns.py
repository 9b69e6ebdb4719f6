"""A mailbox in the hands of one worker: how long, how much may go out, and which mail is next."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from fairlead.kit.clock import Timer
from fairlead.senders.model import Mailbox
from fairlead.senders.sending.store import Candidate, Claimed


class Lanes:
    """What is planned for a mailbox, a lane for each campaign.

    The most urgent goes first; among equals the lane that was served least, so that no campaign waits behind another
    that has more to send; within a lane the longest due.
    """

    def __init__(self) -> None:
        self._lanes: dict[int, deque[Candidate]] = {}
        self._served: dict[int, int] = {}
        self._last: dict[int, Candidate] = {}

    def look(self, candidates: Iterable[Candidate]) -> None:
        """Replaces what is known. A lane that is new begins level with the one served least."""
        candidates = list(candidates)
        self._last = {one.lane: one for one in sorted(candidates, key=lambda one: (one.due_at, one.id))}
        lanes: dict[int, list[Candidate]] = {}
        for one in candidates:
            lanes.setdefault(one.lane, []).append(one)
        least = min((self._served[lane] for lane in lanes if lane in self._served), default=0)
        self._served = {lane: self._served.get(lane, least) for lane in lanes}
        self._lanes = {
            lane: deque(sorted(found, key=lambda one: (one.priority, one.due_at, one.id)))
            for lane, found in lanes.items()
        }

    def last(self) -> list[Candidate]:
        """The last known of each lane."""
        return list(self._last.values())

    def pick(self, count: int, now: datetime) -> list[Candidate]:
        """The next ones that are due, at most `count`."""
        picked: list[Candidate] = []
        while len(picked) < count:
            best = None
            for lane, waiting in self._lanes.items():
                head = next((one for one in waiting if one.due_at <= now), None)
                if head is not None:
                    rank = (head.priority, self._served[lane], head.due_at, head.id)
                    if best is None or rank < best[0]:
                        best = rank, lane, head
            if best is None:
                break
            _, lane, head = best
            self._lanes[lane].remove(head)
            self._served[lane] += 1
            picked.append(head)
        return picked

    @property
    def empty(self) -> bool:
        return not any(self._lanes.values())

    def next_due(self) -> datetime | None:
        return min((one.due_at for waiting in self._lanes.values() for one in waiting), default=None)


@dataclass(eq=False)
class Turn:
    """`expires` is monotonic machine time of this process, and earlier than what the database has noted down."""

    mailbox: Mailbox
    number: int
    expires: float
    free_at: datetime | None
    fails: int
    lanes: Lanes = field(default_factory=Lanes)
    claimed: deque[Claimed] = field(default_factory=deque)
    reserved: dict[date, int] = field(default_factory=dict)
    pending: set["asyncio.Future[Any]"] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    looked_at: float | None = None
    looked_from_start_at: float | None = None
    found_some: bool = False
    lost: bool = False
    leave: bool = False

    @property
    def lease(self) -> tuple[int, int]:
        return self.mailbox.id, self.number

    def holds(self, timer: Timer) -> bool:
        """Whether the mailbox is still ours: asked right before bytes that matter, as a worker may have been frozen."""
        return not self.lost and timer.monotonic() < self.expires


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a worker lets go of a mailbox: not to be taken for so long, or paused for a fault, in a sentence.

    `until` is when there will be quota again; a change of the mailbox's limits comes before it.
    """

    retry_seconds: float | None = None
    failed: bool = False
    fault: str | None = None
    until: datetime | None = None
