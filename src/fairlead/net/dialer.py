"""The one dialer: resolves a name, judges every address, connects to one of them and stays with it."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

from fairlead.net.attempts import SockConnect, connect_first, permitted_addresses
from fairlead.net.dns import Dns
from fairlead.net.errors import ConnectFailed, Reason, reason_of
from fairlead.net.guard import Address, Reach
from fairlead.net.tls import client_context
from fairlead.settings import Network

AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.BaseProtocol)


class Dialer(Protocol):
    """Opens TCP connections to permitted addresses.

    `host` is a name or the canonical spelling of an address. `timeout_seconds` (machine time) covers the
    lookup, all attempts and the TLS handshake. `server_hostname` is the name the certificate must carry,
    `host` where it is None. `local_addr` is the source IP address to use.

    Everything here raises `Forbidden`, `NoAddress` or `ConnectFailed` and leaves nothing open behind.
    """

    @property
    def default_tls(self) -> ssl.SSLContext:
        """Verifies against the authorities of the system and FAIRLEAD_EXTRA_CA; for `tls` and STARTTLS."""
        ...

    async def connect(
        self,
        host: str | Address,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        timeout_seconds: float,
        server_hostname: str | None = None,
        local_addr: str | None = None,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]: ...

    async def connect_address(
        self,
        address: Address,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        timeout_seconds: float,
        server_hostname: str | None = None,
        local_addr: str | None = None,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """For callers that resolved the name themselves: connects to this address and to no other."""
        ...

    async def open_transport(
        self,
        protocol_factory: Callable[[], AnyProtocol],
        host: str | Address,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        timeout_seconds: float,
        server_hostname: str | None = None,
        local_addr: str | None = None,
    ) -> tuple[asyncio.Transport, AnyProtocol]:
        """For protocols written as `asyncio.Protocol`."""
        ...


class GuardedDialer:
    """`Dialer` to the public Internet and to `allowed_networks`; `port_map` holds within the latter only.

    `sock_connect` stands for `loop.sock_connect`, and is given what the dialer decided to try.
    """

    def __init__(
        self,
        allowed_networks: tuple[Network, ...],
        port_map: Mapping[int, int],
        dns: Dns,
        *,
        extra_ca: Path | None = None,
        sock_connect: SockConnect | None = None,
    ) -> None:
        self._reach = Reach(allowed_networks, port_map)
        self._dns = dns
        self._extra_ca = extra_ca
        self._sock_connect = sock_connect

    @cached_property
    def default_tls(self) -> ssl.SSLContext:
        return client_context(self._extra_ca)

    async def connect(
        self,
        host: str | Address,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        timeout_seconds: float,
        server_hostname: str | None = None,
        local_addr: str | None = None,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader = asyncio.StreamReader()
        transport, protocol = await self.open_transport(
            lambda: asyncio.StreamReaderProtocol(reader),
            host,
            port,
            tls=tls,
            timeout_seconds=timeout_seconds,
            server_hostname=server_hostname,
            local_addr=local_addr,
        )
        return reader, asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())

    async def connect_address(
        self,
        address: Address,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        timeout_seconds: float,
        server_hostname: str | None = None,
        local_addr: str | None = None,
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await self.connect(
            address,
            port,
            tls=tls,
            timeout_seconds=timeout_seconds,
            server_hostname=server_hostname,
            local_addr=local_addr,
        )

    async def open_transport(
        self,
        protocol_factory: Callable[[], AnyProtocol],
        host: str | Address,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        timeout_seconds: float,
        server_hostname: str | None = None,
        local_addr: str | None = None,
    ) -> tuple[asyncio.Transport, AnyProtocol]:
        try:
            async with asyncio.timeout(timeout_seconds):
                addresses = await permitted_addresses(host, self._dns, self._reach)
                sock = await connect_first(
                    addresses,
                    port,
                    host=str(host),
                    reach=self._reach,
                    local_addr=local_addr,
                    sock_connect=self._sock_connect,
                )
                name = server_hostname or str(host).removesuffix(".")
                return await _wrapped(sock, protocol_factory, tls, name)
        except TimeoutError as error:
            raise ConnectFailed(str(host), Reason.TIMEOUT) from error


async def _wrapped(
    sock: socket.socket, protocol_factory: Callable[[], AnyProtocol], tls: ssl.SSLContext | None, name: str
) -> tuple[asyncio.Transport, AnyProtocol]:
    """The transport over a connected socket, which is closed when there is none."""
    loop = asyncio.get_running_loop()
    try:
        if tls is None:
            return await loop.create_connection(protocol_factory, sock=sock)
        return await loop.create_connection(protocol_factory, sock=sock, ssl=tls, server_hostname=name)
    except OSError as error:  # ssl.SSLError is one; hanging up in the handshake gives another
        sock.close()
        reason_of(error)
        detail = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else ""
        raise ConnectFailed(name, Reason.TLS, detail) from error
    except BaseException:
        sock.close()
        raise
