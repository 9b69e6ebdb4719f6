"""A request as the dialects see it, and what they answer."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fairlead.kit.ascii_json import json_bytes
from fairlead.settings import Network

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

# A body that trickles in holds a connection; an honest client of these APIs needs far less.
BODY_SECONDS = 30.0


class BodyTooLarge(Exception):
    pass


class BodyTooSlow(Exception):
    pass


class ClientGone(Exception):
    """The client hung up before its request was whole."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    """Lower-case names; of a repeated one the last."""
    body: bytes
    address: str
    """Of the client, as far as trusted proxies tell."""

    @property
    def content_type(self) -> str:
        return self.headers.get(b"content-type", b"").decode("latin-1")


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None
    """Encoded as JSON."""
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes:
    """Raises `BodyTooLarge`, `BodyTooSlow`, `ClientGone`."""
    declared = header(scope, b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > most:
        raise BodyTooLarge
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _whole_body(receive, most)
    except TimeoutError as error:
        raise BodyTooSlow from error


async def _whole_body(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise BodyTooLarge
        if not message.get("more_body"):
            return part if not parts else b"".join((*parts, part))
        parts.append(part)


def header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None


def client_address(scope: Scope, trusted: Iterable[Network]) -> str:
    """The address the request came from; `X-Forwarded-For` counts as far as trusted proxies wrote it."""
    peer = scope["client"][0] if scope.get("client") else "0.0.0.0"  # noqa: S104 - shown, never bound
    networks = tuple(trusted)
    if not networks or not _within(peer, networks):
        return str(peer)
    forwarded = (header(scope, b"x-forwarded-for") or b"").decode("latin-1").split(",")
    for hop in reversed([part.strip() for part in forwarded if part.strip()]):
        if not _is_address(hop):
            break
        peer = hop
        if not _within(hop, networks):
            break
    return str(peer)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _within(text: str, networks: tuple[Network, ...]) -> bool:
    return _is_address(text) and any(ipaddress.ip_address(text) in network for network in networks)


async def send_bytes(
    send: Send, status: int, body: bytes, content_type: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", content_type),
                (b"content-length", str(len(body)).encode()),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_answer(send: Send, answer: Answer) -> None:
    await send_bytes(send, answer.status, json_bytes(answer.body), b"application/json", answer.headers)
