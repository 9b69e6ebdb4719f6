"""Failures on request: what a server does wrong once, at a named command of a named account."""

from dataclasses import dataclass, replace
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is reset. The command is carried out or not, and `after_bytes` of its answer arrive."""

    carried_out: bool = False
    after_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Hang:
    """The connection stays and nothing is answered any more."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """NO with this text, for example `[UNAVAILABLE] Temporary authentication failure`; nothing is carried out."""

    text: str


Fault: TypeAlias = Cut | Hang | Refuse


@dataclass(frozen=True, slots=True)
class _Script:
    fault: Fault
    address: str | None
    command: bytes | None
    skip: int
    times: int


class Faults:
    def __init__(self) -> None:
        self._scripts: list[_Script] = []

    def add(
        self,
        fault: Fault,
        *,
        address: str | None = None,
        command: str | None = None,
        skip: int = 0,
        times: int = 1,
    ) -> None:
        """Happens `times` times at `command` ("FETCH", "UID FETCH", ...) of `address`, after `skip` went well.

        None stands for any. The account of a session is known once it is logged in; LOGIN and AUTHENTICATE
        themselves are found under None only.
        """
        self._scripts.append(
            _Script(fault, address.casefold() if address else None, command.encode() if command else None, skip, times)
        )

    def take(self, address: str | None, command: bytes) -> Fault | None:
        for at, script in enumerate(self._scripts):
            if script.address not in (None, address) or script.command not in (None, command):
                continue
            if script.skip:
                self._scripts[at] = replace(script, skip=script.skip - 1)
                continue
            if script.times > 1:
                self._scripts[at] = replace(script, times=script.times - 1)
            else:
                del self._scripts[at]
            return script.fault
        return None
