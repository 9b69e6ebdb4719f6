"""DNS: the questions the house asks.

`AioDns` keeps answers in a cache of its own, asks once for what many want at the same time, and never asks
the operating system: `/etc/hosts`, search domains and odd spellings of addresses do not exist here.
"""

import asyncio
from dataclasses import replace
from typing import Any, Protocol

from fairlead.kit.clock import Timer
from fairlead.net.answers import Answer, Found, Mx, NoData, NoSuchName, ServerFailed, TimedOut
from fairlead.net.cache import TtlCache
from fairlead.net.guard import Address
from fairlead.net.names import lookup_name
from fairlead.net.wire import Row, Wire

__all__ = ["AioDns", "Answer", "Dns", "Found", "Mx", "NoData", "NoSuchName", "ServerFailed", "TimedOut"]

LONGEST_TTL_SECONDS = 86_400
# How long "there is none" is kept here. c-ares does not hand out the SOA of such an answer, but its own cache
# honors the SOA minimum (RFC 2308, section 5).
NEGATIVE_SECONDS = 30
# Failures are kept a little, so that a batch does not wait for the same dead server again and again (RFC
# 9520, section 3.2, asks for at least one second).
FAILURE_SECONDS = 5
LONGEST_ALIAS_CHAIN = 8
# Some servers never answer AAAA. Once one family has answered, the other gets this long. (RFC 8305, section
# 3, gives 50 ms where a user is watching; mail and crawling can wait for a complete answer.)
OTHER_FAMILY_SECONDS = 0.5


class Dns(Protocol):
    """Names are A-labels, in any case, with or without a trailing dot. No answer of the DNS raises."""

    async def mx(self, name: str) -> Answer[Mx]:
        """Sorted by preference, then by host."""
        ...

    async def addresses(self, name: str) -> Answer[Address]:
        """IPv6 before IPv4, within a family in the order of the answer."""
        ...

    async def ipv4(self, name: str) -> Answer[Address]:
        """The IPv4 half of `addresses`, for half the price."""
        ...

    async def txt(self, name: str) -> Answer[str]:
        """Each record's strings joined (RFC 7208, section 3.3), read as UTF-8; what is not gives U+FFFD."""
        ...

    async def ptr(self, address: Address) -> Answer[str]: ...

    async def cname(self, name: str) -> Answer[str]:
        """The alias itself: one step, not followed."""
        ...


class AioDns:
    """`Dns` over aiodns. Belongs to one event loop; `close` it at the end.

    `nameserver` is ADDRESS:PORT, None for those of the system. Asked over UDP, over TCP when the answer is
    too long.
    """

    def __init__(
        self,
        nameserver: str | None,
        timer: Timer,
        *,
        try_seconds: float = 2.0,
        tries: int = 3,
        deadline_seconds: float = 8.0,
        at_once: int = 256,
        cache_entries: int = 20_000,
        questions_per_channel: int = 20_000,
    ) -> None:
        self._wire = Wire(
            nameserver,
            try_seconds=try_seconds,
            tries=tries,
            deadline_seconds=deadline_seconds,
            at_once=at_once,
            questions_per_channel=questions_per_channel,
        )
        self._timer = timer
        self._cache: TtlCache[tuple[str, str], Answer[Any]] = TtlCache(cache_entries)
        self._in_flight: dict[tuple[str, str], asyncio.Task[Answer[Any]]] = {}

    async def mx(self, name: str) -> Answer[Mx]:
        return await self._named(name, "MX")

    async def addresses(self, name: str) -> Answer[Address]:
        plain = lookup_name(name)
        if plain is None:
            return NoSuchName()
        six, four = self._cached(plain, "AAAA"), self._cached(plain, "A")
        if six is None or four is None:
            six, four = await self._both_families(plain)
        return _merged(six, four)

    async def ipv4(self, name: str) -> Answer[Address]:
        return await self._named(name, "A")

    async def txt(self, name: str) -> Answer[str]:
        return await self._named(name, "TXT")

    async def ptr(self, address: Address) -> Answer[str]:
        return await self._ask(address.reverse_pointer, "PTR")

    async def cname(self, name: str) -> Answer[str]:
        return await self._named(name, "CNAME")

    async def close(self) -> None:
        tasks = list(self._in_flight.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._wire.close()

    async def _named(self, name: str, kind: str) -> Answer[Any]:
        plain = lookup_name(name)
        return NoSuchName() if plain is None else await self._ask(plain, kind)

    async def _ask(self, name: str, kind: str) -> Answer[Any]:
        cached = self._cached(name, kind)
        if cached is not None:
            return cached
        # One who gives up must not take the answer away from the others.
        return await asyncio.shield(self._looking_up(name, kind))

    async def _both_families(self, name: str) -> tuple[Answer[Address], Answer[Address]]:
        six, four = self._looking_up(name, "AAAA"), self._looking_up(name, "A")
        done, waiting = await asyncio.wait({six, four}, return_when=asyncio.FIRST_COMPLETED)
        if waiting:
            found = any(isinstance(task.result(), Found) for task in done)
            # A family that is late goes on being looked up, for the cache.
            await asyncio.wait(waiting, timeout=OTHER_FAMILY_SECONDS if found else None)
        return (six.result() if six.done() else TimedOut()), (four.result() if four.done() else TimedOut())

    def _cached(self, name: str, kind: str) -> Answer[Any] | None:
        now = self._timer.monotonic()
        held = self._cache.get((name, kind), now)
        if held is None:
            return None
        answer, until = held
        return replace(answer, ttl_seconds=int(until - now)) if isinstance(answer, Found) else answer

    def _looking_up(self, name: str, kind: str) -> asyncio.Task[Answer[Any]]:
        """The one task that asks this question, shared by all who want to know."""
        key = (name, kind)
        task = self._in_flight.get(key)
        if task is None:
            task = asyncio.create_task(self._look_up(name, kind))
            self._in_flight[key] = task
            task.add_done_callback(lambda _: self._in_flight.pop(key))
        return task

    async def _look_up(self, name: str, kind: str) -> Answer[Any]:
        # Of two families one may be known already.
        answer = self._cached(name, kind)
        if answer is not None:
            return answer
        answer = await self._follow(name, kind)
        self._cache.put((name, kind), answer, self._timer.monotonic() + _seconds_to_keep(answer))
        return answer

    async def _follow(self, name: str, kind: str) -> Answer[Any]:
        """The answer at the end of the aliases. A server that stops half-way is asked for the rest."""
        ttl, seen = LONGEST_TTL_SECONDS, {name}
        while True:
            rows = await self._wire.ask(name, kind)
            if not isinstance(rows, tuple):
                return rows
            asked = name
            aliases = {row.owner: row for row in rows if row.kind == "CNAME" and kind != "CNAME"}
            while name in aliases:
                ttl = min(ttl, aliases[name].ttl_seconds)
                name = aliases[name].value
                if name in seen or len(seen) > LONGEST_ALIAS_CHAIN:
                    return ServerFailed("alias_loop")
                seen.add(name)
            found = [row for row in rows if row.kind == kind and row.owner == name]
            if found:
                if kind == "MX":
                    self._keep_addresses_below(name, rows)
                values = [row.value for row in found]
                ordered = sorted(set(values)) if kind == "MX" else list(dict.fromkeys(values))
                return Found(tuple(ordered), min(ttl, *(row.ttl_seconds for row in found)))
            if name == asked:
                return NoData()


    def _keep_addresses_below(self, name: str, rows: tuple[Row, ...]) -> None:
        """Addresses that came along for hosts below `name`: who answers for a name answers for those below it.

        Of other hosts anybody could say anything, so they are asked for (RFC 5452, section 6).
        """
        below: dict[str, list[Row]] = {}
        for row in rows:
            if row.kind == "A" and row.owner.endswith(f".{name}"):
                below.setdefault(row.owner, []).append(row)
        now = self._timer.monotonic()
        for host, own in below.items():
            if self._cached(host, "A") is None:
                answer = Found(tuple(row.value for row in own), min(row.ttl_seconds for row in own))
                self._cache.put((host, "A"), answer, now + answer.ttl_seconds)


def _seconds_to_keep(answer: Answer[Any]) -> int:
    match answer:
        case Found(ttl_seconds=ttl):
            return ttl
        case NoSuchName() | NoData():
            return NEGATIVE_SECONDS
        case ServerFailed() | TimedOut():
            return FAILURE_SECONDS


def _merged(six: Answer[Address], four: Answer[Address]) -> Answer[Address]:
    """What both families say together: any address is an answer, and doubt is stronger than absence."""
    match six, four:
        case Found(), Found():
            return Found(six.records + four.records, min(six.ttl_seconds, four.ttl_seconds))
        case (Found(), _):
            return six
        case (_, Found()):
            return four
        case (TimedOut() | ServerFailed(), _):
            return six
        case (_, TimedOut() | ServerFailed()):
            return four
        case (NoData(), _):
            return six
    return four
