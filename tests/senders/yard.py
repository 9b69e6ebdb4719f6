"""The user's own mail servers in a sandbox internet, and sessions with them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from fairlead.net.dialer import GuardedDialer
from fairlead.net.dns import AioDns
from fairlead.net.mail_login import Credentials, NotConnected, Password, Security
from fairlead.net.smtp import Habits, Place, SmtpSession, Times, open_session
from fairlead.sandbox.clock import MovableClock
from fairlead.sandbox.internet import Internet
from fairlead.sandbox.making.world import World as Sandbox
from fairlead.sandbox.model import OwnMailbox
from fairlead.sandbox.smtp.behavior import Behavior
from fairlead.sandbox.smtp.model import Envelope
from fairlead.settings import read_networks

SANDBOX_NETWORKS = read_networks("127.64.0.0/10")
SECURITY = {"ssl": Security.TLS, "starttls": Security.STARTTLS, "none": Security.NONE}


class QuickTimer:
    """Machine time as it is, except that nobody is kept waiting on purpose."""

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass
class Yard:
    net: Internet
    dialer: GuardedDialer
    ca_file: str

    def own(self, number: int = 0) -> OwnMailbox:
        return self.net.world.own_mailboxes[number]

    def change(self, number: int, change: Callable[[Any], Any]) -> None:
        """Another host on the submission ports of a mailbox's domain, made from the one that is there."""
        hosts = self.net.smtp.hosts
        for place, host in hosts.items():
            if host.name == self.own(number).smtp_host:
                hosts[place] = change(host)

    def behave(self, behavior: Behavior, number: int = 0) -> None:
        self.change(number, lambda host: replace(host, behavior=behavior))

    def catch(self, number: int = 0) -> list[Envelope]:
        """What the submission server of a mailbox takes from now on, in place of delivering it."""
        taken: list[Envelope] = []
        self.change(number, lambda host: replace(host, deliver=taken.append))
        return taken

    async def open(
        self,
        number: int = 0,
        *,
        credentials: Credentials | None = None,
        security: str | None = None,
        port: int | None = None,
        host: str | None = None,
        habits: Habits | None = None,
        allowed: Any = SANDBOX_NETWORKS,
        times: Times | None = None,
    ) -> SmtpSession | NotConnected:
        own = self.own(number)
        return await open_session(
            self.dialer,
            Place(host or own.smtp_host, port or own.smtp_port, SECURITY[security or own.smtp_encryption]),
            credentials or Password(own.email, own.password),
            helo="fairlead.example",
            habits=habits or Habits(),
            allowed_networks=allowed,
            times=times or Times(),
        )

    @asynccontextmanager
    async def session(self, number: int = 0, **how: Any) -> AsyncIterator[SmtpSession]:
        opened = await self.open(number, **how)
        assert isinstance(opened, SmtpSession), opened
        try:
            yield opened
        finally:
            await opened.close()


@asynccontextmanager
async def opened_yard(folder: Any, *, seed: int = 11) -> AsyncIterator[Yard]:
    timer = QuickTimer()
    world = Sandbox(seed=seed, companies=3, own_mailboxes=8, behaviors=["reject_unknown"])
    net = Internet(world, MovableClock(timer, speed=0), timer)
    await net.start()
    ca_file = folder / "ca.pem"
    net.authority.write_certificate(ca_file)
    dns = AioDns(net.name_server, timer, try_seconds=1.0, tries=2, deadline_seconds=3.0)
    try:
        yield Yard(net, GuardedDialer(SANDBOX_NETWORKS, net.port_map, dns, extra_ca=ca_file), str(ca_file))
    finally:
        await dns.close()
        await net.close()
