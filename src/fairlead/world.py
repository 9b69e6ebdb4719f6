"""The record of what the house stands on. Every action that needs the outside takes it as its first argument."""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal, TypeAlias

from fairlead.db.listen import Listener
from fairlead.db.pool import Database
from fairlead.kit.clock import Clock, Timer
from fairlead.kit.sealing import KeyRing
from fairlead.net.dialer import Dialer
from fairlead.net.dns import Dns
from fairlead.net.fetch import Fetch
from fairlead.settings import Settings

Mode: TypeAlias = Literal["live", "sandbox"]


@dataclass(frozen=True)
class World:
    settings: Settings
    mode: Mode
    public_url: str
    folder: Path
    """The data folder of this machine: keys and spools."""
    installation: str
    clock: Clock
    timer: Timer
    random: Random
    db: Database
    listener: Listener
    keys: KeyRing
    dialer: Dialer
    dns: Dns
    fetch: Fetch
