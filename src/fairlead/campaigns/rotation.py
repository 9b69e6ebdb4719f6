"""Which mailbox writes to a recipient, and at what time: a round of planning over the mailboxes of many campaigns."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fairlead.campaigns.windows import day_in

# What the providers of recipients are called, and the mailboxes that are theirs; contract 39, `provider_matching`.
SAME_PROVIDER: Final = {"google": "gmail", "microsoft": "microsoft", "outlook": "microsoft", "zoho": "zoho"}


@dataclass(slots=True)
class Seat:
    """A mailbox in a round: what it can still be given. Changed as mails are placed."""

    mailbox_id: int
    provider: str
    zone: ZoneInfo
    today: int
    """Mails left for its present day, beyond those planned."""
    tomorrow: int
    limit: int
    """Of a day; what is left is compared as a share of it."""
    free_at: datetime
    gap: timedelta
    """Between two mails, on average."""

    @property
    def share_left(self) -> float:
        return self.today / self.limit if self.limit else 0.0


class Seats:
    """The mailboxes of a round, from `now` to `until`."""

    def __init__(self, seats: Iterable[Seat], *, now: datetime, until: datetime) -> None:
        self._seats = {seat.mailbox_id: seat for seat in seats}
        self._now = now
        self._until = until

    def time_of(self, mailbox_id: int) -> datetime | None:
        """When it would send one more, or None when it cannot within the round or its daily limit."""
        seat = self._seats.get(mailbox_id)
        if seat is None:
            return None
        at = max(seat.free_at, self._now)
        if at > self._until:
            return None
        left = seat.today if day_in(seat.zone, at) == day_in(seat.zone, self._now) else seat.tomorrow
        return at if left > 0 else None

    def has_time(self, mailbox_ids: Iterable[int]) -> bool:
        return any(self.time_of(one) is not None for one in mailbox_ids)

    def slots(self, mailbox_ids: Iterable[int]) -> int:
        """How many mails these mailboxes could send within the round."""
        total = 0
        for one in mailbox_ids:
            if self.time_of(one) is None:
                continue
            seat = self._seats[one]
            room = seat.today + seat.tomorrow
            if seat.gap > timedelta():
                room = min(room, int((self._until - max(seat.free_at, self._now)) / seat.gap) + 1)
            total += room
        return total

    def choose(self, mailbox_ids: Collection[int], *, provider: str | None = None) -> int | None:
        """The mailbox for a first mail: the one with the largest part of its day left.

        With the recipient's `provider` given, a mailbox of the same provider where there is one; contract 39.
        """
        free = [self._seats[one] for one in mailbox_ids if self.time_of(one) is not None]
        if provider is not None:
            # Also while those are busy: the recipient waits for one of them rather than take another's.
            same = [one for one in mailbox_ids if one in self._seats and self._is_of(one, provider)]
            if same:
                free = [seat for seat in free if seat.mailbox_id in same]
        best = max(free, key=lambda seat: (seat.share_left, seat.today, -seat.mailbox_id), default=None)
        return None if best is None else best.mailbox_id

    def _is_of(self, mailbox_id: int, provider: str) -> bool:
        return self._seats[mailbox_id].provider == SAME_PROVIDER.get(provider, "none of them")

    def take(self, mailbox_id: int, at: datetime) -> None:
        seat = self._seats[mailbox_id]
        if day_in(seat.zone, at) == day_in(seat.zone, self._now):
            seat.today -= 1
        else:
            seat.tomorrow -= 1
        seat.free_at = max(seat.free_at, at) + seat.gap
