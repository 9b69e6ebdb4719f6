"""The way of a message from the server that took it to the server of its recipient, by real SMTP, and back as a notice.

What is refused comes back at once. What is put off is tried again by business time, is reported as delayed after
some hours, and as failed after two days.
"""

import asyncio
import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fairlead.kit.clock import Clock
from fairlead.sandbox import dns_wire as wire
from fairlead.sandbox.dns_zones import Found, NoName, Outside
from fairlead.sandbox.making.chance import one, source
from fairlead.sandbox.notices import Failure, Notice, Vendor, delivery_notice
from fairlead.sandbox.places import within_sandbox
from fairlead.sandbox.transfer import Said, Target, hand_over
from fairlead.sandbox.zones import WorldZones

RETRY_AFTER: Final = tuple(timedelta(minutes=minutes) for minutes in (6, 15, 30, 60, 120))
RETRY_EVERY: Final = timedelta(hours=4)
WARN_AFTER: Final = timedelta(hours=4)
GIVE_UP_AFTER: Final = timedelta(days=2)
AT_ONCE: Final = 200
# Who runs a server of their own uses one of these, and so the notices differ.
OWN_STYLES: Final = (Vendor.POSTFIX, Vendor.EXIM, Vendor.QMAIL)


@dataclass(frozen=True)
class Relay:
    """A server that sends mail on: its name, its address, and how it words its notices (None: one of several)."""

    host: str
    address: str
    vendor: Vendor | None = None


@dataclass(frozen=True)
class Parcel:
    relay: Relay
    mail_from: str
    recipients: tuple[str, ...]
    data: bytes
    arrived: datetime
    tries: int = 0
    warned: bool = False


@dataclass(frozen=True)
class NoRoute:
    said: Said


class Post:
    """Parcels on their way. Nothing here waits for business time: `run_due` takes up what is due again."""

    def __init__(self, zones: WorldZones, clock: Clock, *, seed: int, port: int) -> None:
        self._zones = zones
        self._clock = clock
        self._seed = seed
        self._port = port
        self._due: list[tuple[datetime, int, Parcel]] = []
        self._order = itertools.count()
        self._seats = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self.handed_over = 0
        self.notices = 0

    def send(self, parcel: Parcel) -> None:
        """Starts it on its way, and returns at once."""
        task = asyncio.create_task(self._carry(parcel))
        self._under_way.add(task)
        task.add_done_callback(self._arrived)

    def next_due(self) -> datetime | None:
        return self._due[0][0] if self._due else None

    def run_due(self, now: datetime) -> int:
        """Takes up again what waited until now. How many parcels that were."""
        count = 0
        while self._due and self._due[0][0] <= now:
            self.send(heapq.heappop(self._due)[2])
            count += 1
        return count

    def refuse_late(self, relay: Relay, sender: str, recipient: str, data: bytes, reply: str) -> None:
        """A notice about a message that had been accepted; `reply` begins with a code of 5xx."""
        now = self._clock.now()
        parcel = Parcel(relay, sender, (recipient,), data, now)
        self._report(parcel, {recipient: Said(int(reply[:3]), reply, relay.host)}, now)

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    @property
    def waiting(self) -> int:
        return len(self._due)

    async def settled(self) -> None:
        """Returns when nothing is under way; what waits for business time may be left."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def close(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            words = {"message": "a message was lost in the sandbox", "exception": fault}
            task.get_loop().call_exception_handler(words)

    async def _carry(self, parcel: Parcel) -> None:
        by_domain: dict[str, list[str]] = {}
        for recipient in parcel.recipients:
            by_domain.setdefault(recipient.rpartition("@")[2].lower(), []).append(recipient)
        answers = await asyncio.gather(*(self._to_domain(parcel, *item) for item in by_domain.items()))
        said = {recipient: answer for group in answers for recipient, answer in group.items()}
        self._conclude(parcel, said)

    async def _to_domain(self, parcel: Parcel, domain: str, recipients: list[str]) -> dict[str, Said]:
        way = route(self._zones, domain)
        if isinstance(way, NoRoute):
            return dict.fromkeys(recipients, way.said)
        async with self._seats:
            return await hand_over(
                way,
                self._port,
                source=parcel.relay.address,
                helo=parcel.relay.host,
                mail_from=parcel.mail_from,
                recipients=recipients,
                data=parcel.data,
            )

    def _conclude(self, parcel: Parcel, said: dict[str, Said]) -> None:
        now = self._clock.now()
        self.handed_over += sum(answer.accepted for answer in said.values())
        refused = {who: answer for who, answer in said.items() if answer.final and not answer.accepted}
        put_off = {who: answer for who, answer in said.items() if not answer.final}
        if put_off and now - parcel.arrived >= GIVE_UP_AFTER:
            refused, put_off = {**refused, **put_off}, {}
        if refused:
            self._report(parcel, refused, now)
        if put_off:
            self._put_off(parcel, put_off, now)

    def _put_off(self, parcel: Parcel, said: dict[str, Said], now: datetime) -> None:
        wait = RETRY_AFTER[parcel.tries] if parcel.tries < len(RETRY_AFTER) else RETRY_EVERY
        warned = parcel.warned or now - parcel.arrived >= WARN_AFTER
        if warned and not parcel.warned:
            self._report(parcel, said, now, retried_until=parcel.arrived + GIVE_UP_AFTER)
        again = replace(parcel, recipients=tuple(said), tries=parcel.tries + 1, warned=warned)
        heapq.heappush(self._due, (now + wait, next(self._order), again))

    def _report(
        self, parcel: Parcel, said: dict[str, Said], now: datetime, *, retried_until: datetime | None = None
    ) -> None:
        """Tells the sender. Nobody is told of a notice that did not arrive (RFC 5321, section 6.1)."""
        if not parcel.mail_from:
            return
        failures = [_failure(recipient, answer) for recipient, answer in said.items()]
        domain = failures[0].recipient.rpartition("@")[2]
        vendor = parcel.relay.vendor or one(source(self._seed, "style of notices", domain), OWN_STYLES)
        if vendor is Vendor.QMAIL and retried_until is not None:
            return
        notice = Notice(
            tuple(failures), parcel.data, parcel.mail_from, parcel.relay.host, now, parcel.arrived, retried_until
        )
        raw = delivery_notice(vendor, notice, seed=self._seed)
        self.notices += 1
        self.send(Parcel(parcel.relay, "", (parcel.mail_from,), raw, now))


def _failure(recipient: str, said: Said) -> Failure:
    # What was tried for two days in vain ended for good, whatever the last answer was.
    status = said.status if said.code >= 500 else f"4{said.status[1:]}"
    if said.code:
        return Failure(recipient, status, reply=said.text, remote_host=said.host)
    return Failure(recipient, status, remote_host=said.host, problem=said.text)


def route(zones: WorldZones, domain: str) -> Sequence[Target] | NoRoute:
    """The servers of a domain, the preferred ones first (RFC 5321, section 5.1; RFC 7505 for null MX)."""
    if (script := zones.script(domain)) is not None and (script.silent or script.rcode):
        return NoRoute(Said(0, "4.4.3 the name servers of the domain do not answer"))
    match zones.lookup(domain, wire.MX):
        case NoName() | Outside():
            return NoRoute(Said(550, f"550 5.1.2 Domain not found: {domain}"))
        case Found(records):
            exchanges = [record.data for record in records if isinstance(record.data, wire.Exchange)]
        case _:
            exchanges = [wire.Exchange(0, domain)]
    if any(not exchange.host for exchange in exchanges):
        return NoRoute(Said(556, f"556 5.1.10 The domain {domain} accepts no mail"))
    ordered = sorted(exchanges, key=lambda exchange: exchange.preference)
    found = [(exchange.host, zones.addresses(exchange.host)) for exchange in ordered]
    if any(addresses is None for _, addresses in found):
        return NoRoute(Said(0, "4.4.3 the name servers of the mail host do not answer"))
    if not any(addresses for _, addresses in found):
        return NoRoute(Said(550, f"550 5.4.4 No mail host of {domain} has an address"))
    targets = [Target(host, at) for host, addresses in found for at in addresses or () if within_sandbox(at)]
    return targets or NoRoute(Said(0, "4.4.1 the mail host cannot be reached"))
