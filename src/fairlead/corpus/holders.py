"""Who holds a lease: a process of some machine, named so that another one there can tell whether it is gone."""

import os
import random
import socket

from fairlead.kit.tokens import new_token


def new_holder(source: random.Random) -> str:
    """A name for one piece of work of this process."""
    return f"{socket.gethostname()} {os.getpid()} {new_token(source, 12)}"


def is_gone(holder: str) -> bool:
    """Whether the process of a holder on this machine has ended: its lease need not run out.

    Of other machines nobody can tell; False then.
    """
    host, _, rest = holder.partition(" ")
    pid = rest.partition(" ")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
