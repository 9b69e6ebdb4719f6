"""The one way out of the sandbox: every connection it makes goes through here, and none leaves loopback."""

import asyncio
import ipaddress
import socket
import ssl
from typing import Final

# Lets the kernel choose the port when the far end is known, so that one source address serves any number of them.
IP_BIND_ADDRESS_NO_PORT: Final = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)
LONGEST_LINE: Final = 65_536


class OutsideLoopback(Exception):
    """What was asked for lies outside this machine. No socket was opened."""


def on_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    # ::ffff:127.0.0.1 would be a way around the address rules of everybody else.
    return found.is_loopback and not (isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped)


async def connect(
    address: str,
    port: int,
    *,
    source: str | None = None,
    tls: ssl.SSLContext | None = None,
    server_hostname: str | None = None,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to an IP address of this machine, from the address `source`.

    Raises `OutsideLoopback`, and `OSError` as sockets do (`ssl.SSLError` is one).
    """
    if not on_loopback(address) or (source is not None and not on_loopback(source)):
        raise OutsideLoopback(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if source is not None:
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
        return await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=server_hostname, limit=LONGEST_LINE)
    except BaseException:
        sock.close()
        raise
