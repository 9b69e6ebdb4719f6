"""A sandbox internet under test, whose business time moves only when it is let, and programs that use it."""

import asyncio
import contextlib
import imaplib
import smtplib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from fairlead.sandbox.clock import MovableClock
from fairlead.sandbox.internet import Internet
from fairlead.sandbox.making.world import World
from fairlead.sandbox.model import Company, OwnMailbox, Person

T = TypeVar("T")


class QuickTimer:
    """Machine time as it is, except that nobody is kept waiting on purpose."""

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass
class SmallInternet:
    net: Internet

    @property
    def world(self) -> World:
        return self.net.world

    def own(self, number: int = 0) -> OwnMailbox:
        return self.world.own_mailboxes[number]

    def company(self, behavior: str) -> Company:
        return next(company for company in self.world if company.mx_behavior == behavior)

    def person(self, behavior: str = "reject_unknown") -> Person:
        return next(person for person in self.company(behavior).people if person.exists)

    async def pass_time(self, **units: float) -> None:
        await self.net.run_due(self.net.clock.now())
        await self.net.run_due(self.net.clock.advance(by=timedelta(**units)))

    async def settle(self) -> None:
        await self.net.run_due(self.net.clock.now())

    async def submit(self, to: str | Sequence[str], body: str = "Hello\r\n", **headers: str) -> dict[str, object]:
        """Sends as a mail program does: STARTTLS, login, and the certificate checked."""
        return await self.submit_as(self.own(), to, body, **headers)

    async def submit_as(
        self, own: OwnMailbox, to: str | Sequence[str], body: str = "Hello\r\n", **headers: str
    ) -> dict[str, object]:
        recipients = [to] if isinstance(to, str) else list(to)
        fields = {
            "From": f"{own.name.split()[0]} <{own.email}>",
            "To": ", ".join(recipients),
            "Subject": "A question",
            "Message-ID": "<first@brightdesk.example>",
        } | {k.replace("_", "-"): v for k, v in headers.items()}
        raw = "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n" + body
        address, port = self.net.listeners[own.smtp_host, 587]

        def send() -> dict[str, object]:
            with smtplib.SMTP(address, port, timeout=10) as client:
                client._host = own.smtp_host  # type: ignore[attr-defined]
                client.starttls(context=self.net.authority.client_context())
                client.login(own.email, own.password)
                return client.sendmail(own.email, recipients, raw.encode())

        answer = await asyncio.to_thread(send)
        await self.settle()
        return answer

    async def read(self, folder: str = "INBOX", number: int = 0) -> list[bytes]:
        """What a mail program finds in a folder of one of the user's own mailboxes."""
        own = self.own(number)
        address, port = self.net.listeners[own.imap_host, 993]
        context = self.net.authority.client_context()

        def fetch() -> list[bytes]:
            class Named(imaplib.IMAP4_SSL):
                def _create_socket(self, timeout):  # the name of the certificate is not the address
                    plain = imaplib.IMAP4._create_socket(self, timeout)
                    return context.wrap_socket(plain, server_hostname=own.imap_host)

            with Named(address, port, ssl_context=context, timeout=10) as client:
                client.login(own.email, own.password)
                client.select(f'"{folder}"', readonly=True)
                _, found = client.uid("search", "ALL")
                uids = found[0].split()
                return [client.uid("fetch", uid.decode(), "(BODY.PEEK[])")[1][0][1] for uid in uids]

        return await asyncio.to_thread(fetch)


@contextlib.asynccontextmanager
async def small_internet(
    *, seed: int = 11, companies: int = 12, behaviors: Sequence[str] = ()
) -> AsyncIterator[SmallInternet]:
    timer = QuickTimer()
    wanted = behaviors or ("reject_unknown:postfix", "reject_unknown:exim", "catch_all")
    net = Internet(World(seed=seed, companies=companies, behaviors=wanted), MovableClock(timer, speed=0), timer)
    await net.start()
    try:
        yield SmallInternet(net)
    finally:
        await net.close()


async def in_thread(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)
