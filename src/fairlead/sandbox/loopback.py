"""Where listeners of the sandbox may stand: on loopback, and nowhere else."""

import ipaddress
from typing import Final

from fairlead.kit.refusals import CannotStart

SERVERS: Final = ipaddress.ip_network("127.64.0.0/10")
CONTROL: Final = ipaddress.ip_address("127.0.0.1")


def server_address(address: str) -> str:
    """`address`, if a server of the sandbox may listen on it. Raises `CannotStart`."""
    try:
        allowed = ipaddress.ip_address(address) in SERVERS
    except ValueError:
        allowed = False
    if not allowed:
        raise CannotStart(f"The sandbox listens inside {SERVERS} only, and {address!r} is not there.")
    return address


def control_address(address: str) -> str:
    """`address`, if the control page may listen on it. Raises `CannotStart`."""
    if address != str(CONTROL):
        raise CannotStart(f"The control page of the sandbox listens on {CONTROL} only, not on {address!r}.")
    return address
