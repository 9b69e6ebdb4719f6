"""How one mail server hands a message to another: a plain, pipelined SMTP client. Source: RFC 5321, RFC 2920."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairlead.sandbox import reach

# Machine time for one conversation. Slow banners and tarpits are meant to fit in.
CONVERSATION_SECONDS: Final = 90.0
ATTEMPTS_AT_MOST: Final = 3
MOST_REPLY_LINES: Final = 100
# Some take no second recipient in a transaction, or none of another domain; the rest is tried in the next one.
ONE_MORE_TIME: Final = 100

_ENHANCED = re.compile(r"\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True)
class Said:
    """What became of one recipient. Code 0: nobody answered, and `text` says what happened."""

    code: int
    text: str
    host: str = ""

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300

    @property
    def final(self) -> bool:
        return self.accepted or self.code >= 500

    @property
    def status(self) -> str:
        """The enhanced code (RFC 3463), made up from the plain one where the server gave none."""
        found = _ENHANCED.search(self.text)
        return found[1] if found else f"{self.code // 100 or 4}.{'0.0' if self.code else '4.1'}"


@dataclass(frozen=True)
class Target:
    host: str
    address: str


async def hand_over(
    targets: Sequence[Target],
    port: int,
    *,
    source: str,
    helo: str,
    mail_from: str,
    recipients: Sequence[str],
    data: bytes,
) -> dict[str, Said]:
    """What became of each recipient, at the first of `targets` that talks to us. Raises nothing."""
    said: dict[str, Said] = {}
    for target in targets[:ATTEMPTS_AT_MOST]:
        left = [recipient for recipient in recipients if recipient not in said or not said[recipient].final]
        if not left:
            break
        try:
            async with asyncio.timeout(CONVERSATION_SECONDS):
                answers = await _conversation(target, port, source, helo, mail_from, left, data)
        except TimeoutError:
            answers = dict.fromkeys(left, Said(0, "conversation timed out", target.host))
        except (OSError, reach.OutsideLoopback, _HungUp) as error:
            answers = dict.fromkeys(left, Said(0, _why(error), target.host))
        said.update(answers)
        # A server that answered has spoken for the others of the domain; one that did not may have a neighbor.
        if all(answer.code not in (0, 421) for answer in answers.values()):
            break
    return said


class _HungUp(Exception):
    """The connection ended in the middle of the talk."""


def _why(error: Exception) -> str:
    match error:
        case _HungUp():
            return "lost connection while talking to it"
        case ConnectionRefusedError():
            return "connection refused"
        case _:
            return f"connection failed: {type(error).__name__}"


@dataclass(frozen=True)
class _Reply:
    code: int
    text: str


class _Talk:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def reply(self) -> _Reply:
        lines: list[str] = []
        for _ in range(MOST_REPLY_LINES):
            try:
                line = await self._reader.readuntil(b"\n")
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
                raise _HungUp from error
            lines.append(line.decode("utf-8", "replace").strip())
            if not line[:3].isdigit():
                raise _HungUp
            if line[3:4] != b"-":
                return _Reply(int(line[:3]), " ".join(lines))
        raise _HungUp

    async def ask(self, command: str) -> _Reply:
        self.write(command.encode() + b"\r\n")
        return await self.reply()

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def _conversation(
    target: Target, port: int, source: str, helo: str, mail_from: str, recipients: Sequence[str], data: bytes
) -> dict[str, Said]:
    talk = _Talk(*await reach.connect(target.address, port, source=source))
    try:
        greeting = await talk.reply()
        if greeting.code // 100 == 2:
            greeting = await talk.ask(f"EHLO {helo}")
        if greeting.code // 100 != 2:
            return dict.fromkeys(recipients, Said(greeting.code, greeting.text, target.host))
        offers = frozenset(word.upper() for word in re.split(r"[\s-]+", greeting.text))
        said: dict[str, Said] = {}
        left = list(recipients)
        for _ in range(ONE_MORE_TIME):
            replies = await _transaction(talk, offers, mail_from, left, data)
            said.update((who, Said(reply.code, reply.text, target.host)) for who, reply in replies.items())
            one_accepted = any(said[who].accepted for who in left)
            left = [who for who in left if said[who].code in (451, 452)]
            if not left or not one_accepted:
                break
        talk.write(b"QUIT\r\n")
        return said
    finally:
        await talk.close()


async def _transaction(
    talk: _Talk, offers: frozenset[str], mail_from: str, recipients: Sequence[str], data: bytes
) -> dict[str, _Reply]:
    plain = mail_from.isascii() and all(recipient.isascii() for recipient in recipients)
    parameters = f" SIZE={len(data)}" if "SIZE" in offers else ""
    parameters += " BODY=8BITMIME" if "8BITMIME" in offers and not data.isascii() else ""
    parameters += "" if plain else " SMTPUTF8"
    mail = f"MAIL FROM:<{mail_from}>{parameters}"
    rcpts = [f"RCPT TO:<{recipient}>" for recipient in recipients]
    if "PIPELINING" in offers:
        talk.write("".join(f"{line}\r\n" for line in (mail, *rcpts, "DATA")).encode())
        answered = await talk.reply()
        answers = [await talk.reply() for _ in rcpts]
        go: _Reply | None = await talk.reply()
    else:
        answered = await talk.ask(mail)
        answers = [await talk.ask(rcpt) for rcpt in rcpts] if answered.code // 100 == 2 else []
        go = await talk.ask("DATA") if any(answer.code // 100 == 2 for answer in answers) else None
    if answered.code // 100 != 2:
        answers = [answered] * len(recipients)
    replies = dict(zip(recipients, answers, strict=True))
    accepted = [who for who, answer in replies.items() if answer.code // 100 == 2]
    if go is not None and go.code == 354:
        # A server that says "go" without a recipient is told nothing, and refuses that (RFC 2920, section 3.1).
        talk.write(_stuffed(data) + b".\r\n" if accepted else b".\r\n")
        end = await talk.reply()
        replies.update(dict.fromkeys(accepted, end))
    elif go is not None:
        replies.update(dict.fromkeys(accepted, go))
    return replies


def _stuffed(data: bytes) -> bytes:
    data = re.sub(rb"(?m)^\.", b"..", data)
    return data if data.endswith(b"\r\n") else data + b"\r\n"
