"""What the sandbox remembers of the mail that went through it, for whoever looks."""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from fairlead.sandbox.loopback import SERVERS
from fairlead.sandbox.mailboxes import Mailbox, Message, Role, header_fields
from fairlead.sandbox.smtp.model import Envelope

DELIVERIES_KEPT: Final = 20_000
SUBMISSIONS_KEPT: Final = 20_000

_SANDBOX: Final = str(SERVERS.network_address).split(".", 1)[0] + "."


@dataclass(frozen=True, slots=True)
class Delivery:
    """One copy of a message in one mailbox. `submitted` is the way in, where it came over a submission server."""

    number: int
    recipient: str
    envelope: Envelope
    mailbox: Mailbox
    message: Message
    submitted: Envelope | None

    @property
    def folder(self) -> str:
        """Where it lies now; empty when it was expunged."""
        homes = [home for home in self.message.homes if home.role is not Role.ALL] or list(self.message.homes)
        if homes:
            return homes[0].name
        # Moving makes a copy, except in Gmail's flavor, and the copy holds the same bytes.
        folders = self.mailbox.folders.values()
        moved = (folder for folder in folders for entry in folder.entries if entry.message.raw is self.message.raw)
        return next((folder.name for folder in moved), "")


@dataclass(frozen=True)
class Sends:
    """Messages accepted from outside the sandbox, by server decision: also those whose reply was lost."""

    per_recipient: Counter[str]
    per_message_id: Counter[str]


class Records:
    def __init__(self) -> None:
        self.sends = Sends(Counter(), Counter())
        self.total = 0
        self._deliveries: deque[Delivery] = deque(maxlen=DELIVERIES_KEPT)
        self._submitted: OrderedDict[str, Envelope] = OrderedDict()
        self._numbers = 0

    def count_send(self, envelope: Envelope) -> None:
        """Counts what a user's program handed in. Mail between servers of the sandbox was counted when it came in."""
        self.sends.per_recipient.update(recipient.lower() for recipient in envelope.rcpt_to)
        self.sends.per_message_id[message_id(envelope.data)] += 1
        self.total += len(envelope.rcpt_to)

    def note_submission(self, envelope: Envelope) -> None:
        self._submitted[envelope.queue_id] = envelope
        if len(self._submitted) > SUBMISSIONS_KEPT:
            self._submitted.popitem(last=False)

    def find_submission(self, queue_id: str) -> Envelope | None:
        return self._submitted.get(queue_id)

    def note_delivery(self, recipient: str, envelope: Envelope, mailbox: Mailbox, message: Message) -> Delivery:
        self._numbers += 1
        submitted = self.find_submission(came_as(message.raw)) if message.raw else None
        delivery = Delivery(self._numbers, recipient, envelope, mailbox, message, submitted)
        self._deliveries.append(delivery)
        return delivery

    def find_delivery(self, number: int) -> Delivery | None:
        if not self._deliveries:
            return None
        at = number - self._deliveries[0].number
        return self._deliveries[at] if 0 <= at < len(self._deliveries) else None

    def delivery_of(self, message: Message) -> Delivery | None:
        """How a message in a mailbox came there; None for one that was put there by its owner."""
        return next((delivery for delivery in reversed(self._deliveries) if delivery.message.raw is message.raw), None)

    def deliveries(self, *, to: str | None, since: datetime | None, limit: int) -> list[Delivery]:
        """The newest `limit` that fit, in the order in which they came."""
        return list(islice(self._newest_first(to, since), limit))[::-1]

    def _newest_first(self, to: str | None, since: datetime | None) -> Iterator[Delivery]:
        wanted = to.lower() if to else None
        for delivery in reversed(self._deliveries):
            if since is not None and delivery.envelope.received_at < since:
                return
            if wanted is None or delivery.recipient.lower() == wanted:
                yield delivery


def from_outside(envelope: Envelope) -> bool:
    """Whether the client is no server of the sandbox: those speak from their own addresses."""
    address = envelope.client_ip
    return not (address.startswith(_SANDBOX) and int(address.split(".")[1]) & 0xC0 == SERVERS.network_address.packed[1])


def message_id(raw: bytes) -> str:
    return next((_text(value) for name, value in header_fields(raw) if name.lower() == b"message-id"), "")


def came_as(raw: bytes) -> str:
    """The queue id under which a submission server took it: the one of the second trace header from the top."""
    traces = (_text(value) for name, value in header_fields(raw) if name.lower() == b"received")
    second = next(islice(traces, 1, None), "")
    return second.partition(" id ")[2].split(";")[0].split(" ")[0].strip()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()
