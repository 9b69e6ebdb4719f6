"""A mail server under test, a client that says exactly what it is told, and a clock that moves when it is let."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from fairlead.sandbox.authority import Authority
from fairlead.sandbox.smtp.behavior import Behavior, behavior_named
from fairlead.sandbox.smtp.model import Envelope, Known, Login
from fairlead.sandbox.smtp.receiving import Receiving
from fairlead.sandbox.smtp.server import SmtpServer
from fairlead.sandbox.smtp.steps import MailHost
from fairlead.sandbox.smtp.submission import Provider, Submission

ADDRESS = "127.64.9.1"
HOST = "mx.blue.example"
PATIENCE_SECONDS = 10.0


@cache
def authority() -> Authority:
    return Authority()


def server_tls() -> ssl.SSLContext:
    return authority().server_context(HOST, lambda name: name.endswith(".example"))


class StoppedClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 5, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def pass_time(self, **units: float) -> None:
        self.moment += timedelta(**units)


@dataclass
class CountingTimer:
    """Waits no longer than it must, and notes how long it was asked to."""

    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@dataclass
class Book:
    """ann, bob, 25 users and those in `special` are known at blue.example and green.example."""

    special: dict[str, Known] = field(default_factory=dict)

    def knows(self, address: str) -> Known:
        address = address.lower()
        local, _, domain = address.partition("@")
        if address in self.special:
            return self.special[address]
        if address == "postmaster":
            return Known.MAILBOX
        if domain not in ("blue.example", "green.example", "münchen.example"):
            return Known.ELSEWHERE
        known = local in ("ann", "bob", "anné") or (local.startswith("user") and local[4:].isdigit())
        return Known.MAILBOX if known else Known.UNKNOWN


@dataclass
class Users:
    """Accounts with the password "right" and the token "fresh"."""

    logins: dict[str, Login] = field(default_factory=dict)

    def password_login(self, user: str, password: str) -> Login:
        return self.logins.get(user, Login.WELCOME if password == "right" else Login.WRONG)

    def token_login(self, user: str, token: str) -> Login:
        return Login.WELCOME if token == "fresh" else Login.WRONG

    def may_send_as(self, user: str, address: str) -> bool:
        return address.lower() in (user, "sales@blue.example")


class Client:
    """Talks SMTP byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def meet(cls, port: int, tls: ssl.SSLContext | None = None) -> "Client":
        name = HOST if tls else None
        return cls(*await asyncio.open_connection(ADDRESS, port, ssl=tls, server_hostname=name))

    async def reply(self) -> str:
        """One reply, its lines joined by newlines; "" when the connection has ended."""
        lines: list[str] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    raw = await self.reader.readline()
                except ConnectionError:
                    raw = b""
                if not raw:
                    return ""
                assert raw.endswith(b"\r\n")
                lines.append(raw[:-2].decode("utf-8", "backslashreplace"))
                if raw[3:4] != b"-":
                    return "\n".join(lines)

    async def say(self, *lines: str | bytes) -> list[str]:
        """Sends all lines in one write, and reads one reply for each."""
        self.send(*lines)
        return [await self.reply() for _ in lines]

    def send(self, *lines: str | bytes) -> None:
        self.writer.write(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\r\n" for line in lines))

    async def greet(self) -> str:
        """The banner and EHLO; gives the reply to EHLO."""
        assert (await self.reply()).startswith("220")
        return (await self.say("EHLO client.example"))[0]

    async def start_tls(self) -> None:
        assert (await self.say("STARTTLS"))[0].startswith("220")
        await self.writer.start_tls(authority().client_context(), server_hostname=HOST)

    async def rcpt(self, *addresses: str) -> list[str]:
        """The replies to RCPT, one after the other, in a transaction of their own."""
        replies = await self.say("MAIL FROM:<me@client.example>")
        assert replies[0].startswith("250"), replies
        return [(await self.say(f"RCPT TO:<{address}>"))[0] for address in addresses]

    async def message(self, body: bytes = b"Subject: hi\r\n\r\nhello\r\n", to: str = "ann@blue.example") -> str:
        """The reply after the final dot; whatever came before it must have been well."""
        for line in ("MAIL FROM:<me@client.example>", f"RCPT TO:<{to}>", "DATA"):
            reply = (await self.say(line))[0]
            assert reply[:1] in "23", reply
        return (await self.say(body + b"."))[0]

    async def ended(self) -> bool:
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    async def leave(self) -> None:
        self.writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await self.writer.wait_closed()


@dataclass
class MailWorld:
    server: SmtpServer
    clock: StoppedClock
    timer: CountingTimer
    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)

    async def client(self, port: int | None = None, tls: ssl.SSLContext | None = None) -> Client:
        client = await Client.meet(port or self.port, tls)
        self.clients.append(client)
        return client

    async def greeted(self) -> Client:
        client = await self.client()
        await client.greet()
        return client

    def deliver(self, envelope: Envelope) -> Awaitable[None] | None:
        self.taken.append(envelope)
        return None


@asynccontextmanager
async def empty_world(*, seed: int = 1, tls: bool = True, idle_seconds: float = 300.0) -> AsyncIterator[MailWorld]:
    clock, timer = StoppedClock(), CountingTimer()
    context = server_tls() if tls else None
    server = SmtpServer(clock, timer, random.Random(seed), context, idle_seconds=idle_seconds)
    world = MailWorld(server, clock, timer)
    try:
        yield world
    finally:
        for client in world.clients:
            await client.leave()
        await server.close()


@asynccontextmanager
async def mail_world(
    behavior: Behavior | str = "reject_unknown",
    wording: str = "postfix",
    *,
    special: dict[str, Known] | None = None,
    deliver: Callable[[Envelope], Awaitable[None] | None] | None = None,
    tls: bool = True,
    idle_seconds: float = 300.0,
) -> AsyncIterator[MailWorld]:
    """A receiving server with one behavior."""
    if isinstance(behavior, str):
        behavior = behavior_named(behavior, wording)
    async with empty_world(tls=tls, idle_seconds=idle_seconds) as world:
        policy = Receiving(behavior, Book(special or {}))
        world.port = await world.server.listen(ADDRESS, 0, MailHost(HOST, behavior, policy, deliver or world.deliver))
        yield world


@asynccontextmanager
async def submission_world(
    provider: Provider, users: Users | None = None, *, auth_without_tls: bool = True, implicit_tls: bool = False
) -> AsyncIterator[MailWorld]:
    async with empty_world() as world:
        policy = Submission(provider, users or Users(), auth_without_tls=auth_without_tls)
        host = MailHost(HOST, provider.behavior, policy, world.deliver)
        world.port = await world.server.listen(ADDRESS, 0, host, implicit_tls=implicit_tls)
        yield world


def codes(replies: Iterable[str]) -> list[str]:
    return [reply[:3] for reply in replies]
