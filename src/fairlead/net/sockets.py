"""A TCP socket that asks the guard in the very call that connects it: no way around the guard is left."""

import errno
import socket
from typing import Any

from fairlead.net.errors import Forbidden
from fairlead.net.guard import Address, Reach, literal


class ForbiddenConnect(PermissionError):
    """An `OSError`, because that is what event loops and client libraries expect `connect` to raise."""

    def __init__(self, forbidden: Forbidden | None) -> None:
        super().__init__(
            errno.EACCES, str(forbidden or "a guarded socket connects to literal addresses only")
        )
        self.forbidden = forbidden


class GuardedSocket(socket.socket):
    """Connects to what `reach` permits, at the port it maps to; without a `reach`, to public addresses."""

    def __init__(
        self,
        family: int = -1,
        type: int = -1,
        proto: int = -1,
        fileno: int | None = None,
        *,
        reach: Reach | None = None,
    ) -> None:
        super().__init__(family, type, proto, fileno)
        self._reach = reach or Reach()

    def connect(self, address: Any) -> None:
        super().connect(self._permitted(address))

    def connect_ex(self, address: Any) -> int:
        return super().connect_ex(self._permitted(address))

    def _permitted(self, address: Any) -> tuple[Any, ...]:
        host, port, *rest = address
        parsed = literal(host)
        if parsed is None:
            # The system would resolve a name here, and nobody would have judged what it resolves to.
            raise ForbiddenConnect(None)
        forbidden = self._reach.refusal(parsed)
        if forbidden is not None:
            raise ForbiddenConnect(forbidden)
        return (str(parsed), self._reach.port(parsed, port), *rest)


def family_of(address: Address) -> socket.AddressFamily:
    return socket.AF_INET if address.version == 4 else socket.AF_INET6
