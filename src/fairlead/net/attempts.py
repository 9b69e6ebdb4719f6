"""From a host to a connected socket: which addresses may be tried, and the race between them (RFC 8305)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address
from itertools import chain, zip_longest
from typing import TypeAlias

from fairlead.net.dns import Dns, Found, NoData, NoSuchName, ServerFailed, TimedOut
from fairlead.net.errors import ConnectFailed, Missing, NetworkFailure, NoAddress, Reason, reason_of
from fairlead.net.guard import Address, Reach, literal
from fairlead.net.sockets import ForbiddenConnect, GuardedSocket, family_of

SockConnect: TypeAlias = Callable[[socket.socket, tuple[str, int]], Awaitable[None]]

# A name with a hundred addresses must not turn one connection into a hundred.
MOST_ATTEMPTS = 6
# The Connection Attempt Delay of RFC 8305, section 5.
NEXT_ATTEMPT_SECONDS = 0.25


async def permitted_addresses(host: str | Address, dns: Dns, reach: Reach) -> list[Address]:
    """What `host` stands for and may be connected to: the families taking turns, at least one address.

    Raises `NoAddress`, and `Forbidden` when none of its addresses is permitted.
    """
    found = await _addresses(host, dns)
    refusals = {address: reach.refusal(address) for address in found}
    permitted = [address for address, forbidden in refusals.items() if forbidden is None]
    if not permitted:
        raise next(forbidden for forbidden in refusals.values() if forbidden is not None)
    return _taking_turns(permitted)[:MOST_ATTEMPTS]


async def _addresses(host: str | Address, dns: Dns) -> tuple[Address, ...]:
    spelled_out = literal(host) if isinstance(host, str) else host
    if spelled_out is not None:
        return (spelled_out,)
    host = str(host)
    match await dns.addresses(host):
        case Found(records=records):
            return records
        case NoSuchName():
            raise NoAddress(host, Missing.NO_SUCH_NAME)
        case NoData():
            raise NoAddress(host, Missing.NO_DATA)
        case ServerFailed():
            raise NoAddress(host, Missing.SERVER_FAILED)
        case TimedOut():
            raise NoAddress(host, Missing.TIMED_OUT)


def _taking_turns(addresses: Iterable[Address]) -> list[Address]:
    """The first family given stays first (RFC 8305, section 4)."""
    families: dict[int, list[Address]] = {}
    for address in addresses:
        families.setdefault(address.version, []).append(address)
    turns = zip_longest(*families.values())
    return [address for address in chain.from_iterable(turns) if address is not None]


async def connect_first(
    addresses: list[Address],
    port: int,
    *,
    host: str,
    reach: Reach,
    local_addr: str | None = None,
    sock_connect: SockConnect | None = None,
) -> socket.socket:
    """The first socket that connects, not blocking; every other one is closed. `host` is for the sentences.

    Raises `Forbidden` or `ConnectFailed`. Has no time limit of its own.
    """
    if local_addr is not None:
        version = ip_address(local_addr).version
        addresses = [address for address in addresses if address.version == version]
    if len(addresses) == 1:  # nothing to race against
        only = await _attempt(addresses[0], port, reach, local_addr, sock_connect)
        if isinstance(only, socket.socket):
            return only
        raise _failure(host, [only])
    waiting = list(addresses)
    running: set[asyncio.Task[socket.socket | OSError]] = set()
    failures: list[OSError] = []
    try:
        while waiting or running:
            if waiting:
                attempt = _attempt(waiting.pop(0), port, reach, local_addr, sock_connect)
                running.add(asyncio.create_task(attempt))
            done, _ = await asyncio.wait(
                running,
                timeout=NEXT_ATTEMPT_SECONDS if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                outcome = task.result()
                running.discard(task)
                if isinstance(outcome, socket.socket):
                    return outcome
                failures.append(outcome)
    finally:
        for task in running:
            task.add_done_callback(_close_late)
            task.cancel()
    raise _failure(host, failures)


async def _attempt(
    address: Address, port: int, reach: Reach, local_addr: str | None, sock_connect: SockConnect | None
) -> socket.socket | OSError:
    try:
        sock = GuardedSocket(family_of(address), socket.SOCK_STREAM, reach=reach)
    except OSError as error:  # a machine without IPv6
        return error
    try:
        sock.setblocking(False)
        if local_addr is not None:
            sock.bind((local_addr, 0))
        await (sock_connect or asyncio.get_running_loop().sock_connect)(sock, (str(address), port))
        # What was judged and what was reached are one: the last word before a byte is sent.
        forbidden = reach.refusal(ip_address(sock.getpeername()[0]))
        if forbidden is not None:
            raise ForbiddenConnect(forbidden)
    except OSError as error:
        sock.close()
        return error
    except BaseException:
        sock.close()
        raise
    return sock


def _close_late(task: asyncio.Task[socket.socket | OSError]) -> None:
    """An attempt that won nothing, or connected in the moment it was called off."""
    if (
        not task.cancelled()
        and task.exception() is None
        and isinstance(outcome := task.result(), socket.socket)
    ):
        outcome.close()


def _failure(host: str, failures: list[OSError]) -> NetworkFailure:
    """The most telling of them: a host that refuses says more than a family that is not routed."""
    forbidden = next((error.forbidden for error in failures if isinstance(error, ForbiddenConnect)), None)
    if forbidden is not None:
        return forbidden
    reasons = [reason_of(error) for error in failures]
    return ConnectFailed(host, min(reasons, key=list(Reason).index, default=Reason.LOCAL))
