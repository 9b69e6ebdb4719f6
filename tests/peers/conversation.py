"""A client that says to a mail server exactly what it is told, and keeps what comes back and when."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

PATIENCE_SECONDS: Final = 30.0
HELO: Final = "mail.checker.example"
SENDER: Final = "probe@checker.example"


@dataclass(frozen=True)
class Reply:
    """`lines` without line ends, the code of three digits included; none when the server hung up instead."""

    lines: tuple[str, ...]
    seconds: float

    @property
    def code(self) -> int:
        return int(self.lines[0][:3]) if self.lines else 0

    @property
    def text(self) -> str:
        """The whole reply on one line, with one code."""
        return " ".join([*(line[:3] for line in self.lines[:1]), *(line[4:] for line in self.lines)])


@dataclass
class Conversation:
    greeting: Reply
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    async def say(self, *commands: str) -> list[Reply]:
        """The replies to `commands`, which go out in one write."""
        started = time.monotonic()
        self._writer.write("".join(f"{command}\r\n" for command in commands).encode())
        replies = []
        for _ in commands:
            replies.append(await _reply(self._reader, started))
            started = time.monotonic()
        return replies

    async def one(self, command: str) -> Reply:
        return (await self.say(command))[0]

    async def begin(self) -> list[str]:
        """Says EHLO and MAIL; gives the keywords of EHLO."""
        hello = await self.one(f"EHLO {HELO}")
        await self.one(f"MAIL FROM:<{SENDER}>")
        return [line[4:].split()[0] for line in hello.lines[1:]]

    async def recipients(self, addresses: Sequence[str], *, at_once: bool = False) -> list[Reply]:
        commands = [f"RCPT TO:<{address}>" for address in addresses]
        return await self.say(*commands) if at_once else [await self.one(command) for command in commands]


@asynccontextmanager
async def conversation(where: tuple[str, int]) -> AsyncIterator[Conversation]:
    started = time.monotonic()
    reader, writer = await asyncio.open_connection(*where)
    try:
        yield Conversation(await _reply(reader, started), reader, writer)
    finally:
        writer.transport.abort()


async def _reply(reader: asyncio.StreamReader, started: float) -> Reply:
    lines: list[str] = []
    while not lines or lines[-1][3:4] == "-":
        try:
            line = await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS)
        except ConnectionError:
            line = b""
        if not line:
            break
        lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
    return Reply(tuple(lines), time.monotonic() - started)
