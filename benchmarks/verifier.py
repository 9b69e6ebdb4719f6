"""Addresses verified per second: flags computed, servers asked, verdicts stored.

    python benchmarks/verifier.py [--scale 0.1]

One process verifies, the sandbox's name and mail servers are another, PostgreSQL with durable commits a third. 40 % of
the addresses are unknown to their servers; nothing is reused, politeness limits are lifted. Every domain has an MX host
of its own, the hosts share 512 addresses.

  list  20 addresses a domain; also with 20 ms before every reply of a server, and 256 connections
  wide  1 address a domain, with nothing known, and again with what was learned of the domains
  bare  the session client alone on the works of `list`: no lookups, no flags, no database
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import sys
import time
from dataclasses import dataclass
from dataclasses import fields as fields_of
from ipaddress import ip_address
from random import Random
from typing import Any

from jobs import temporary_server

LIST_DOMAINS, SLOW_DOMAINS, WIDE_DOMAINS = 10_000, 5_000, 40_000
EACH, UNKNOWN = 20, 8
HOSTS = 512
REPLY_SECONDS = 0.020
SEED = 1
LIMITS = {"list": 12_000, "list, 20 ms": 8_000, "wide, cold": 2_000, "wide, known": 3_000}
OF_BARE = 0.4
MOST_COMMANDS, MOST_CONNECTIONS = 1.6, 0.15
NO_LIMITS = {
    "verifier_sessions_per_server": 0, "verifier_sessions_per_minute": 0, "verifier_sessions_per_day": 0,
    "verifier_stop_after_blocks": 0, "verifier_result_days": 0,
}  # fmt: skip


def host_address(number: int, part: int) -> str:
    number %= HOSTS
    return f"127.{100 + part}.{number // 250}.{number % 250 + 1}"


# The other side.


def serve(pipe: Any) -> None:
    import uvloop

    from fairlead.sandbox.clock import MovableClock
    from fairlead.sandbox.dns import DnsServer
    from fairlead.sandbox.dns_wire import MX, A, address, mx, soa
    from fairlead.sandbox.dns_zones import Answer, Found, NoData, Script
    from fairlead.sandbox.smtp.behavior import behavior_named
    from fairlead.sandbox.smtp.model import Known
    from fairlead.sandbox.smtp.receiving import Receiving
    from fairlead.sandbox.smtp.server import SmtpServer
    from fairlead.sandbox.smtp.steps import MailHost

    class Zones:
        """`d7.p0.bench.example` is domain 7, whose host `mx.d7...` has the address of host 7 of part 0."""

        start = soa("example", "ns.sandbox.example")

        def lookup(self, name: str, type: int) -> Answer:
            label, part = name.removeprefix("mx.").split(".")[:2]
            if type == MX and not name.startswith("mx."):
                return Found((mx(name, 10, f"mx.{name}"),))
            if type == A and name.startswith("mx."):
                return Found((address(name, host_address(int(label[1:]), int(part[1:]))),))
            return NoData(self.start)

        def script(self, name: str) -> Script | None:
            return None

    class Book:
        def knows(self, address: str) -> Known:
            return Known.MAILBOX if address.startswith("user.") else Known.UNKNOWN

    class Machine:
        monotonic = staticmethod(time.monotonic)
        sleep = staticmethod(asyncio.sleep)

    class Slow(Receiving):
        """Each recipient costs a moment."""

    async def within() -> None:
        timer = Machine()
        clock = MovableClock(timer, speed=0)
        dns = DnsServer(Zones(), clock, timer)
        dns_port = await dns.start("127.64.0.53")
        server = SmtpServer(clock, timer, Random(SEED))
        port = 0
        behavior = behavior_named("reject_unknown")
        host = MailHost("mx.bench.example", behavior, Receiving(behavior, Book()), lambda envelope: None)
        for number in range(HOSTS):
            port = await server.listen(host_address(number, 0), port, host)
        slow_port = await listen_slowly(server, host)
        pipe.send((dns_port, port, slow_port))
        while await asyncio.to_thread(pipe.recv):
            used = resource.getrusage(resource.RUSAGE_SELF)
            pipe.send(used.ru_utime + used.ru_stime)

    uvloop.run(within())


async def listen_slowly(server: Any, host: Any) -> int:
    """The same behind something that holds every reply back, one after the other, as a slow server would."""
    from fairlead.sandbox.smtp.transcript import Transcript  # noqa: F401 - the sandbox is complete

    port = next(port for _, port in server.hosts)
    loop = asyncio.get_running_loop()

    class Front(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.client, self.back, self.early = transport, None, []
            self.queue: list[bytes] = []
            self.waiting = False
            where = transport.get_extra_info("sockname")[0].replace("127.101.", "127.100.")
            self.task = loop.create_task(self.dial(where))

        async def dial(self, where: str) -> None:
            self.back, _ = await loop.create_connection(lambda: Back(self), where, port)
            self.back.writelines(self.early)

        def data_received(self, data: bytes) -> None:
            if self.back is None:
                self.early.append(data)
            else:
                self.back.write(data)

        def connection_lost(self, error: Any) -> None:
            self.task.cancel()
            if self.back is not None:
                self.back.close()

        def replies(self, data: bytes) -> None:
            for line in data.splitlines(keepends=True):
                if self.queue and self.queue[-1][3:4] == b"-":
                    self.queue[-1] = line if line[3:4] != b"-" and False else self.queue[-1] + line
                    if line[3:4] != b"-":
                        self.queue[-1] = b" " * 0 + self.queue[-1]
                    continue
                self.queue.append(line)
            self.go_on()

        def go_on(self) -> None:
            if self.queue and not self.waiting:
                self.waiting = True
                loop.call_later(REPLY_SECONDS, self.let_one_go)

        def let_one_go(self) -> None:
            self.waiting = False
            if self.client.is_closing():
                return
            self.client.write(self.queue.pop(0))
            self.go_on()

    class Back(asyncio.Protocol):
        def __init__(self, front: Front) -> None:
            self.front = front

        def data_received(self, data: bytes) -> None:
            self.front.replies(data)

    return port
