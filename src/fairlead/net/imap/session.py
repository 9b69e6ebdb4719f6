"""A session: one command after the other, each with what the server answered."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NoReturn

from fairlead.net.imap import grammar
from fairlead.net.imap.errors import ImapGone, ImapRefused
from fairlead.net.imap.folders import Folder, find_sent
from fairlead.net.imap.grammar import Value, number_of, text_of
from fairlead.net.imap.wire import Response, Wire

PIECE: Final = 64 * 1024
LOGOUT_SECONDS: Final = 5.0
# UIDs named in one command: servers limit the length of a line.
UIDS_AT_ONCE: Final = 500

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Selected:
    """A folder as it was when it was opened. UIDs mean nothing under another `uid_validity`."""

    folder: bytes
    uid_validity: int
    uid_next: int | None
    exists: int
    read_only: bool


@dataclass(frozen=True)
class Fetched:
    """What came of a message: item in capitals -> value; an item with a section has it in its name."""

    uid: int
    items: dict[str, Value]

    def octets(self, item: str) -> bytes:
        """The value of an item such as `BODY[]` or `BODY[HEADER.FIELDS (TO)]`; empty where it did not come."""
        value = self.items.get(item.upper())
        return value if isinstance(value, bytes) else b""

    def section(self) -> bytes:
        """The value of the one BODY[...] that was asked for, however the server spells its name."""
        return next((v for k, v in self.items.items() if k.startswith("BODY[") and isinstance(v, bytes)), b"")

    @property
    def flags(self) -> frozenset[str]:
        value = self.items.get("FLAGS")
        return frozenset(map(text_of, value)) if isinstance(value, list) else frozenset()


class ImapSession:
    """Logged in. Belongs to one task at a time; `close` it at the end.

    Every method raises `ImapGone` when the connection is gone, and `ImapRefused` when the server says no.
    """

    def __init__(self, wire: Wire, *, host: str, reply_seconds: float) -> None:
        self.host = host
        self.greeting = ""
        self.capabilities: frozenset[str] = frozenset()
        self.selected: Selected | None = None
        self.exists = 0  # messages in the folder that is open, as last heard
        self.news = 0  # counts what the server said unasked about that folder
        self._wire = wire
        self._reply_seconds = reply_seconds
        self._number = 0
        self._folders: list[Folder] | None = None

    @property
    def closed(self) -> bool:
        return self._wire.gone is not None

    @property
    def is_gmail(self) -> bool:
        """Whether folders are labels and messages have Gmail's own numbers."""
        return "X-GM-EXT-1" in self.capabilities

    # Folders.

    async def folders(self) -> list[Folder]:
        """All of them, as they were when first asked for."""
        if self._folders is None:
            found: list[Folder] = []
            extended = {"SPECIAL-USE", "LIST-EXTENDED"} <= self.capabilities
            word = b"XLIST" if "XLIST" in self.capabilities and "SPECIAL-USE" not in self.capabilities else b"LIST"
            ask = word + b' "" "*"' + (b" RETURN (SPECIAL-USE)" if extended else b"")
            await self.command(ask, lambda kind, rest: found.extend(_folder(kind, rest, word)))
            self._folders = found
        return self._folders

    async def sent_folder(self) -> Folder | None:
        return find_sent(await self.folders())

    async def select(self, folder: Folder | str, *, read_only: bool = False) -> Selected:
        """Opens a folder; opening it read-only (EXAMINE) changes nothing in it."""
        raw = folder.raw if isinstance(folder, Folder) else grammar.encoded_name(folder)
        facts: dict[str, int] = {}

        def note(kind: bytes, response: Response) -> None:
            if kind == b"OK":
                code = _code(response.line[5:])[0].split()
                if len(code) == 2 and code[1].isdigit():
                    facts[code[0].upper()] = int(code[1][:19])

        self.selected, self.exists = None, 0
        done = await self.command((b"EXAMINE " if read_only else b"SELECT ") + self._folder_argument(raw), note)
        is_read_only = read_only or _code(done)[0].upper() == "READ-ONLY"
        self.selected = Selected(
            raw, facts.get("UIDVALIDITY", 0), facts.get("UIDNEXT"), self.exists, is_read_only
        )
        return self.selected

    # Messages.

    async def search(
        self,
        *,
        since: date | None = None,
        header: tuple[str, str] | None = None,
        uids_from: int | None = None,
        raw: str | None = None,
    ) -> list[int]:
        """UIDs in order. `since` goes by the day the server took the message; `header` holds a text, in any case.

        `raw` is a search of Gmail's own kind, such as `rfc822msgid:...`.
        """
        words: list[bytes] = []
        if uids_from is not None:
            words += [b"UID", b"%d:*" % uids_from]
        if since is not None:
            words += [b"SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}".encode()]
        if header is not None:
            words += [b"HEADER", *(self._text_argument(text) for text in header)]
        if raw is not None:
            words += [b"X-GM-RAW", self._text_argument(raw)]
        found: list[int] = []

        def note(kind: bytes, response: Response) -> None:
            if kind == b"SEARCH":
                numbers = map(number_of, grammar.values(response, len(b"* SEARCH")))
                found.extend(number for number in numbers if number is not None)

        await self.command(b"UID SEARCH " + b" ".join(words or [b"ALL"]), note)
        # `n:*` always names the last message, also where its UID is lower.
        return sorted({uid for uid in found if uids_from is None or uid >= uids_from})

    async def fetch(self, uids: Sequence[int], items: str) -> AsyncIterator[Fetched]:
        """`items` in the words of the protocol, such as `(FLAGS BODY.PEEK[HEADER])`. Those gone do not come.

        To be read to the end: leaving it earlier ends the session.
        """
        wanted = sorted(set(uids))
        for start in range(0, len(wanted), UIDS_AT_ONCE):
            some = wanted[start : start + UIDS_AT_ONCE]
            async for fetched in self._fetch(b"UID FETCH %b %b" % (grammar.uid_set(some), items.encode())):
                yield fetched

    async def fetch_headers(
        self, uids: Sequence[int], names: Sequence[str]
    ) -> AsyncIterator[tuple[int, dict[str, str]]]:
        """Header fields by their names in lower case, unfolded; of several with one name the first."""
        asked = f"(BODY.PEEK[HEADER.FIELDS ({' '.join(names)})])"
        async for fetched in self.fetch(uids, asked):
            yield fetched.uid, header_fields(fetched.section())

    async def append(
        self, folder: Folder, message: bytes, *, flags: Sequence[str] = (), at: datetime | None = None
    ) -> int | None:
        """Puts a message into a folder; its UID there, where the server tells (RFC 4315)."""
        words = [b"APPEND", self._folder_argument(folder.raw), b"(%b)" % " ".join(flags).encode()]
        if at is not None:
            words.append(f'"{at.day:2}-{_MONTHS[at.month - 1]}-{at:%Y %H:%M:%S %z}"'.encode())
        done = await self.command(b" ".join(words) + b" ", literal=message)
        code = _code(done)[0].split()
        return int(code[2]) if len(code) == 3 and code[0].upper() == "APPENDUID" and code[2].isdigit() else None

    async def noop(self) -> None:
        await self.command(b"NOOP")

    async def idle(self, seconds: float) -> bool:
        """Waits until the server tells of a change in the open folder, at most so long; whether it did.

        Servers hang up on whoever waits for half an hour (RFC 2177).
        """
        before = self.news
        tag = self._next_tag()
        self._wire.write(tag + b" IDLE\r\n")
        await self._read_until(tag, self._reply_seconds, until_ready=True)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self.news == before:
            response = await self._wire.next_within(deadline - loop.time())
            if response is None:
                break
            self.hear(response)
        self._wire.write(b"DONE\r\n")
        await self._read_until(tag, self._reply_seconds)
        return self.news != before

    async def close(self) -> None:
        """Takes leave. Raises nothing."""
        if not self.closed:
            with suppress(ImapGone, ImapRefused):
                tag = self._next_tag()
                self._wire.write(tag + b" LOGOUT\r\n")
                await self._read_until(tag, LOGOUT_SECONDS)
        self._wire.close()

    # Commands.

    async def command(
        self,
        line: bytes,
        note: Callable[[bytes, Response], None] | None = None,
        *,
        literal: bytes | None = None,
        seconds: float | None = None,
    ) -> bytes:
        """Says a command and gives the text of its tagged OK; `note` hears of every untagged response, by its kind."""
        tag = self._next_tag()
        patience = seconds or self._reply_seconds
        if literal is None:
            self._wire.write(b"%b %b\r\n" % (tag, line))
        elif "LITERAL+" in self.capabilities or ("LITERAL-" in self.capabilities and len(literal) <= 4096):
            self._wire.write(b"%b %b{%d+}\r\n" % (tag, line, len(literal)))
            await self._write_literal(literal, patience)
        else:
            self._wire.write(b"%b %b{%d}\r\n" % (tag, line, len(literal)))
            await self._read_until(tag, patience, note, until_ready=True)
            await self._write_literal(literal, patience)
        return await self._read_until(tag, patience, note)

    async def authenticate(self, mechanism: str, response: bytes) -> None:
        """`response` is in base64."""
        tag = self._next_tag()
        if "SASL-IR" in self.capabilities:
            self._wire.write(b"%b AUTHENTICATE %b %b\r\n" % (tag, mechanism.encode(), response))
        else:
            self._wire.write(b"%b AUTHENTICATE %b\r\n" % (tag, mechanism.encode()))
            await self._read_until(tag, self._reply_seconds, until_ready=True)
            self._wire.write(response + b"\r\n")
        # A challenge tells of an error; an empty answer asks for the reply itself.
        await self._read_until(tag, self._reply_seconds, answers_challenges=True)

    async def _write_literal(self, literal: bytes, seconds: float) -> None:
        for start in range(0, len(literal), PIECE):
            self._wire.write(literal[start : start + PIECE])
            await self._wire.drained(seconds)
        self._wire.write(b"\r\n")

    async def _fetch(self, line: bytes) -> AsyncIterator[Fetched]:
        """As they come, so that a thousand messages need not be held at once."""
        tag = self._next_tag()
        self._wire.write(b"%b %b\r\n" % (tag, line))
        complete = False
        try:
            while True:
                response = await self._wire.response(self._reply_seconds)
                complete = response.line.startswith(tag + b" ")
                if complete:
                    self._tagged(response, tag)
                    return
                self.hear(response)
                fetched = _fetched(response)
                if fetched is not None:
                    yield fetched
        finally:
            if not complete:
                self._wire.abort("closed")

    async def _read_until(
        self,
        tag: bytes,
        seconds: float,
        note: Callable[[bytes, Response], None] | None = None,
        *,
        until_ready: bool = False,
        answers_challenges: bool = False,
    ) -> bytes:
        """Reads up to the tagged response, or up to the server's sign to go on."""
        while True:
            response = await self._wire.response(seconds)
            line = response.line
            if line.startswith(tag + b" "):
                return self._tagged(response, tag)
            if line.startswith(b"+"):
                if until_ready:
                    return b""
                if answers_challenges:
                    self._wire.write(b"\r\n")
                    continue
                self._garbled()
            kind = self.hear(response)
            if note is not None:
                note(kind, response)

    def _tagged(self, response: Response, tag: bytes) -> bytes:
        line = response.line[len(tag) + 1 :]
        status, _, text = line.partition(b" ")
        code, rest = _code(text)
        if code.upper().startswith("CAPABILITY "):
            self.capabilities = frozenset(code.upper().split()[1:])
        if status.upper() in (b"NO", b"BAD"):
            raise ImapRefused(code, rest)
        if status.upper() != b"OK":
            self._garbled()
        return text

    def hear(self, response: Response) -> bytes:
        """Takes note of an untagged response and gives its kind in capitals."""
        line = response.line
        if not line.startswith(b"* "):
            self._garbled()
        first, _, rest = line[2:].partition(b" ")
        if first.isdigit():
            kind = rest.partition(b" ")[0].upper()
            if kind == b"EXISTS":
                self.exists = int(first[:12])
            elif kind == b"EXPUNGE":
                self.exists = max(0, self.exists - 1)
            if kind in (b"EXISTS", b"EXPUNGE", b"FETCH"):
                self.news += 1
            return kind
        kind = first.upper()
        if kind == b"BYE":
            text = _code(rest)[1]
            self._wire.close()
            raise ImapGone("said", text)
        if kind == b"CAPABILITY":
            self.capabilities = frozenset(rest.decode("ascii", "replace").upper().split())
        elif kind in (b"OK", b"PREAUTH"):
            code = _code(rest)[0]
            if code.upper().startswith("CAPABILITY "):
                self.capabilities = frozenset(code.upper().split()[1:])
        return kind

    def _garbled(self) -> NoReturn:
        self._wire.abort("garbled")
        raise ImapGone("garbled")

    def _next_tag(self) -> bytes:
        self._number += 1
        return b"A%d" % self._number

    def _folder_argument(self, raw: bytes) -> bytes:
        quoted = grammar.argument(raw)
        if quoted is None:
            raise ImapRefused("", "the name of the folder cannot be asked for")
        return quoted

    def _text_argument(self, text: str) -> bytes:
        quoted = grammar.argument(text.encode())
        if quoted is None:
            raise ImapRefused("", "the text cannot be searched for")
        return quoted


def header_fields(raw: bytes) -> dict[str, str]:
    """Header fields by their names in lower case, unfolded; of several with one name the first."""
    fields: dict[str, str] = {}
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    name, value = "", b""
    for line in (*lines, b""):
        if line[:1] in (b" ", b"\t"):
            value += line
            continue
        if name:
            fields.setdefault(name, value.decode("utf-8", "replace").strip())
        head, colon, value = line.partition(b":")
        name = head.decode("ascii", "replace").strip().lower() if colon else ""
    return fields


def _fetched(response: Response) -> Fetched | None:
    first, _, rest = response.line[2:].partition(b" ")
    if not first.isdigit() or rest[:6].upper() != b"FETCH ":
        return None
    found = grammar.values(response, len(first) + 9)
    if len(found) != 1 or not isinstance(found[0], list):
        raise ImapGone("garbled")
    pairs = found[0]
    items = {text_of(name).upper(): value for name, value in zip(pairs[::2], pairs[1::2], strict=False)}
    uid = number_of(items.get("UID"))
    # Flags that another program has changed come unasked, and without a UID.
    return None if uid is None else Fetched(uid, items)


def _folder(kind: bytes, response: Response, word: bytes) -> list[Folder]:
    if kind != word:
        return []
    found = grammar.values(response, 3 + len(word))
    if len(found) < 3 or not isinstance(found[0], list) or not isinstance(found[2], bytes):
        return []
    attributes = frozenset(text_of(one).lstrip("\\").lower() for one in found[0] if isinstance(one, bytes))
    delimiter = text_of(found[1]) if found[1] is not None else None
    return [Folder(grammar.decoded_name(found[2]), found[2], delimiter or None, attributes)]


def _code(text: bytes) -> tuple[str, str]:
    """(what stands in brackets, the text behind it) of a status response."""
    words = text.decode("utf-8", "replace").strip()
    if not words.startswith("["):
        return "", words
    code, _, rest = words[1:].partition("]")
    return code, rest.strip()
