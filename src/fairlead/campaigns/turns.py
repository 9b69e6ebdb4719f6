"""Whose turn it is: fairness between campaigns that share mailboxes, and between first mails and follow-ups. Pure."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

T = TypeVar("T")

# How many turns a campaign gets while one of low priority gets one.
WEIGHTS: Final = {"low": 1, "medium": 2, "high": 4}


@dataclass(frozen=True, slots=True)
class Contender:
    """A campaign that has something to send. `passed` grows with every turn it had; the least is next."""

    campaign_id: int
    weight: int
    passed: float


class Turns:
    """Stride scheduling: a turn costs 1/weight, and the campaign that has spent least is next.

    A campaign of ten million recipients therefore takes no more turns than one of fifty with the same weight.
    """

    def __init__(self, contenders: Iterable[Contender]) -> None:
        self._weights = {one.campaign_id: one.weight for one in contenders}
        self._heap = [(one.passed, one.campaign_id) for one in contenders]
        heapq.heapify(self._heap)
        self.passed = {one.campaign_id: one.passed for one in contenders}

    def __iter__(self) -> Iterator[int]:
        """The campaign whose turn it is, until all have dropped out. Say `took` or `dropped_out` before the next."""
        while self._heap:
            yield self._heap[0][1]

    def took(self, campaign_id: int) -> None:
        passed, first = self._heap[0]
        assert first == campaign_id
        passed += 1 / self._weights[campaign_id]
        self.passed[campaign_id] = passed
        heapq.heapreplace(self._heap, (passed, campaign_id))

    def dropped_out(self, campaign_id: int) -> None:
        """It has nothing more to send, or no mailbox with room."""
        _, first = heapq.heappop(self._heap)
        assert first == campaign_id


def entering(passed: Mapping[int, float | None]) -> dict[int, float]:
    """Where each campaign stands when a round begins.

    One that was not there before, or had nothing to send for long, begins beside the one that has spent least: what it
    did not use it cannot catch up on.
    """
    present = [one for one in passed.values() if one is not None]
    least = min(present, default=0.0)
    return {campaign: least if one is None else one for campaign, one in passed.items()}


def in_order(
    first_mails: Sequence[T], follow_ups: Sequence[T], *, follow_ups_first: bool, follow_up_share: float | None
) -> list[T]:
    """In which order a campaign uses its turns.

    With a share, that part of the turns goes to follow-ups and the rest to first mails, as long as there are both;
    without, one kind goes before the other.
    """
    if follow_up_share is None:
        return [*follow_ups, *first_mails] if follow_ups_first else [*first_mails, *follow_ups]
    ordered: list[T] = []
    firsts, follows = list(reversed(first_mails)), list(reversed(follow_ups))
    had = 0
    while firsts and follows:
        # The kind that is behind its share is next; at a draw the preferred one.
        behind = follow_up_share * (len(ordered) + 1) - had
        if behind > 0.5 or (behind == 0.5 and follow_ups_first):
            ordered.append(follows.pop())
            had += 1
        else:
            ordered.append(firsts.pop())
    return [*ordered, *reversed(follows), *reversed(firsts)]
