"""One question to the name servers over the wire, through c-ares."""

import asyncio
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import aiodns
import pycares
from aiodns.error import DNSError
from pycares import errno

from fairlead.net.answers import Absent, Mx, NoData, NoSuchName, ServerFailed, TimedOut

FAILURES: dict[int, Absent] = {
    errno.ARES_ENOTFOUND: NoSuchName(),
    errno.ARES_EBADNAME: NoSuchName(),  # an alias may lead to what no name can be
    errno.ARES_EBADSTR: NoSuchName(),
    errno.ARES_ENODATA: NoData(),
    errno.ARES_ETIMEOUT: TimedOut(),
    errno.ARES_ESERVFAIL: ServerFailed("servfail"),
    errno.ARES_EREFUSED: ServerFailed("refused"),
    errno.ARES_EFORMERR: ServerFailed("format"),
    errno.ARES_ENOTIMP: ServerFailed("not_implemented"),
    errno.ARES_EBADRESP: ServerFailed("bad_answer"),
    errno.ARES_EOF: ServerFailed("bad_answer"),
    errno.ARES_ECONNREFUSED: ServerFailed("unreachable"),
}


@dataclass(frozen=True)
class Row:
    """A record of the answer section. Names are in lower case without a trailing dot."""

    owner: str
    kind: str
    value: Any
    ttl_seconds: int


class _Channel:
    def __init__(self, nameserver: str | None, try_seconds: float, tries: int) -> None:
        servers = None if nameserver is None else [nameserver]
        self.resolver = aiodns.DNSResolver(servers, timeout=try_seconds, tries=tries)
        self.questions = 0
        self.open_questions = 0


class Wire:
    """Asks each question anew. Opens its channel at the first one, inside the running event loop.

    c-ares keeps a cache without a bound on its size, which pycares cannot switch off. It honors times to
    live, so it is never wrong, but it grows: after `questions_per_channel` the channel makes room for a new
    one.
    """

    def __init__(
        self,
        nameserver: str | None,
        *,
        try_seconds: float,
        tries: int,
        deadline_seconds: float,
        at_once: int,
        questions_per_channel: int,
    ) -> None:
        self._nameserver = nameserver
        self._try_seconds = try_seconds
        self._tries = tries
        self._deadline_seconds = deadline_seconds
        self._seats = asyncio.Semaphore(at_once)
        self._questions_per_channel = questions_per_channel
        self._current: _Channel | None = None

    async def ask(self, name: str, kind: str) -> tuple[Row, ...] | Absent:
        async with self._seats:
            channel = self._channel()
            channel.open_questions += 1
            try:
                # c-ares doubles its patience with every try; this is the end of ours.
                async with asyncio.timeout(self._deadline_seconds):
                    result = await channel.resolver.query_dns(name, kind)
            except TimeoutError:
                return TimedOut()
            except DNSError as error:
                failure = FAILURES.get(error.args[0])
                if failure is None:
                    raise  # out of memory, closed while asking: a fault of ours
                return failure
            finally:
                channel.open_questions -= 1
                if channel is not self._current and not channel.open_questions:
                    await channel.resolver.close()
        # The hosts of MX records often come with their addresses; whether they are believed is for the caller to say.
        records = (*result.answer, *result.additional) if kind == "MX" else result.answer
        return tuple(row for record in records if (row := _row(record)) is not None)

    async def close(self) -> None:
        channel, self._current = self._current, None
        if channel is not None:
            await channel.resolver.close()

    def _channel(self) -> _Channel:
        """The channel for the next question. A full one is closed by the last question that still uses it."""
        if self._current is None or self._current.questions >= self._questions_per_channel:
            self._current = _Channel(self._nameserver, self._try_seconds, self._tries)
        self._current.questions += 1
        return self._current


def _row(record: pycares.DNSRecord) -> Row | None:
    kind: str
    value: Any
    match record.data:
        case pycares.MXRecordData(priority=priority, exchange=exchange):
            kind, value = "MX", Mx(priority, _host(exchange))
        case pycares.ARecordData(addr=text):
            kind, value = "A", IPv4Address(text)
        case pycares.AAAARecordData(addr=text):
            kind, value = "AAAA", IPv6Address(text)
        case pycares.TXTRecordData(data=octets):
            kind, value = "TXT", octets.decode("utf-8", "replace")
        case pycares.CNAMERecordData(cname=target):
            kind, value = "CNAME", _host(target)
        case pycares.PTRRecordData(dname=target):
            kind, value = "PTR", _host(target)
        case _:
            return None
    return Row(_host(record.name), kind, value, record.ttl)


def _host(name: str | bytes) -> str:
    # pycares gives bytes for what is not ASCII. Such a name is no host name, and must not look like one.
    text = name if isinstance(name, str) else name.decode("ascii", "backslashreplace")
    return text.lower().removesuffix(".")
