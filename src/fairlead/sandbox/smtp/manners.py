"""How a server says things in one session: its wording filled in, scripted events, and replies slowed or dressed up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from random import Random

from fairlead.sandbox.smtp.behavior import Behavior, Drops, Event
from fairlead.sandbox.smtp.model import Point
from fairlead.sandbox.smtp.steps import Step, Then, Turn
from fairlead.sandbox.smtp.transcript import Transcript


class Manners:
    def __init__(
        self, behavior: Behavior, transcript: Transcript, now: Callable[[], datetime], dice: Random
    ) -> None:
        self._behavior = behavior
        self._transcript = transcript
        self._now = now
        self._dice = dice
        # Nothing is done to replies on their way out.
        self.plain = not (behavior.tarpit or behavior.multiline or behavior.eight_bit)
        # The reply to EHLO, which is for programs and left as it is.
        self.greeting = b""
        self._errors = 0
        self._reached: dict[Point, int] = {}
        self._said: dict[str, bytes] = {}

    def forget_helo(self) -> None:
        """The client's name has changed, and texts with it."""
        self._said.clear()

    def say(self, template: str, *, address: str = "", queue_id: str = "") -> bytes:
        said = self._said.get(template)
        if said is None:
            said = self.rendered(template, address, queue_id)
            if not _varies(template):
                self._said[template] = said
        return said

    def rendered(self, template: str, address: str = "", queue_id: str = "") -> bytes:
        text = template.format(
            host=self._transcript.host,
            ip=self._transcript.client_ip,
            helo=self._transcript.helo,
            address=address,
            domain=address.rpartition("@")[2],
            queue_id=queue_id,
            token=f"{self._transcript.number * 2654435761 % 2**48:012x}",
            time=self._now().strftime("%a, %d %b %Y %H:%M:%S +0000"),
        )
        return text.replace("\n", "\r\n").encode() + b"\r\n"

    def event(self, point: Point) -> Event | None:
        """What is scripted for this time at `point`."""
        if not self._behavior.script:
            return None
        times = self._reached[point] = self._reached.get(point, 0) + 1
        for event in self._behavior.script:
            due = event.point is point and times > event.after
            if due and (event.share >= 1 or self._dice.random() < event.share):
                return event
        return None

    def acted(self, event: Event, address: str = "") -> Turn:
        """What `event` makes of the moment; `address` is the one in question."""
        if isinstance(event, Drops):
            return Turn(then=Then.DROP)
        reply = self.say(event.text, address=address)
        return Turn(reply, Then.CLOSE if event.closes or reply.startswith(b"421") else Then.GO_ON)

    def dressed(self, turn: Turn) -> Step:
        """The step as it leaves a server that is not plain."""
        reply = turn.reply
        # What follows 334 and EHLO is for programs; the other replies are text, and may be dressed up.
        if reply and not reply.startswith((b"334", b"354")) and reply != self.greeting:
            if self._behavior.multiline:
                reply = b"%s-This server likes to say things at length.\r\n%s-\r\n%s" % (reply[:3], reply[:3], reply)
            if self._behavior.eight_bit:
                reply = reply.replace(b"\r\n", b" (Gr\xfc\xdfe \xff\xfe)\r\n")
        turn = replace(turn, reply=reply)
        if self._behavior.tarpit is not None and reply:
            turn = self._slowed(turn)
        return reply if turn == Turn(reply) else turn

    def _slowed(self, turn: Turn) -> Turn:
        tarpit = self._behavior.tarpit
        assert tarpit is not None
        # As in Postfix, errors so far slow down this reply, and an error in this reply the next ones.
        wait_seconds = turn.wait_seconds + tarpit.seconds * (self._errors >= tarpit.free_errors)
        if turn.envelope is not None:
            self._errors = 0
        elif turn.reply[:1] in (b"4", b"5"):
            self._errors += 1
        if self._errors >= tarpit.most_errors and turn.then is Then.GO_ON:
            farewell = self.say(self._behavior.wording.too_many_errors)
            return Turn(turn.reply + farewell, Then.CLOSE, wait_seconds)
        return replace(turn, wait_seconds=wait_seconds)


@lru_cache(maxsize=1000)
def _varies(template: str) -> bool:
    """Whether the text differs within a session."""
    return any(field in template for field in ("{address}", "{domain}", "{queue_id}", "{time}"))
