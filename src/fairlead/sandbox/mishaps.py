"""What goes wrong at the user's own providers when it is asked for: lost replies, copies that come late or never."""

import heapq
import itertools
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from fairlead.sandbox.mailboxes import SEEN, Mailbox, Mailboxes, Role
from fairlead.sandbox.smtp.behavior import Behavior, Drops, Says, with_event
from fairlead.sandbox.smtp.model import Envelope, Point


@dataclass(frozen=True)
class Mishaps:
    """Of one submission server. Shares are of all messages, from 0 to 1."""

    lost_before: float = 0.0  # the connection is gone after the final dot, and the message was not taken
    lost_after: float = 0.0  # the same, and it was
    put_off: float = 0.0  # a temporary refusal at the final dot
    taken_delay_seconds: float = 0.0  # machine time between taking a message and saying so
    late_copies: float = 0.0  # copies in Sent that come later
    late_seconds: float = 300.0  # business time, at most
    no_copies: float = 0.0  # copies that never come

    def behavior(self, usual: Behavior) -> Behavior:
        wanted = replace(usual, taken_delay_seconds=self.taken_delay_seconds)
        events = (
            Drops(Point.FINAL_DOT, self.lost_before, accepted=False),
            Drops(Point.FINAL_DOT, _of_the_rest(self.lost_after, self.lost_before), accepted=True),
            Says(
                Point.FINAL_DOT,
                usual.wording.temporary,
                share=_of_the_rest(self.put_off, self.lost_before + self.lost_after),
            ),
        )
        return with_event(wanted, *(event for event in events if event.share > 0))


def _of_the_rest(share: float, taken: float) -> float:
    """Events are tried one after the other, so each but the first has its chance among what the others left."""
    return min(1.0, share / (1.0 - taken)) if taken < 1.0 else 0.0


NONE: Final = Mishaps()


class Copying:
    """Copies in Sent as the providers make them: at once, later, or never."""

    def __init__(self, mailboxes: Mailboxes, dice: Random) -> None:
        self._mailboxes = mailboxes
        self._dice = dice
        self._order = itertools.count()
        self._later: list[tuple[datetime, int, Mailbox, Envelope]] = []

    def copy(self, envelope: Envelope, mishaps: Mishaps) -> None:
        mailbox = self._mailboxes.find(envelope.user or "")
        if mailbox is None or not envelope.copies_to_sent:
            return
        chance = self._dice.random()
        if chance < mishaps.no_copies:
            return
        if chance < mishaps.no_copies + mishaps.late_copies:
            due = envelope.received_at + timedelta(seconds=self._dice.uniform(0, mishaps.late_seconds))
            heapq.heappush(self._later, (due, next(self._order), mailbox, envelope))
            return
        _file(mailbox, envelope)

    def next_due(self) -> datetime | None:
        return self._later[0][0] if self._later else None

    def run_due(self, now: datetime) -> int:
        """How many copies came late, by now."""
        count = 0
        while self._later and self._later[0][0] <= now:
            _, _, mailbox, envelope = heapq.heappop(self._later)
            _file(mailbox, envelope)
            count += 1
        return count


def _file(mailbox: Mailbox, envelope: Envelope) -> None:
    mailbox.append(envelope.data, envelope.received_at, to=Role.SENT, flags=[SEEN])
