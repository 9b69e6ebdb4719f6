"""A house in the sandbox internet, as those who connect mailboxes to it meet it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from yard import SANDBOX_NETWORKS, Yard

from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import perform
from fairlead.jobs import actions as jobs
from fairlead.main import Start, open_house
from fairlead.sandbox.model import OwnMailbox
from fairlead.settings import Settings, variable
from front_door import FrontDoor, Tenant

LEASE = timedelta(seconds=60)
ACCOUNTS = "/v2/sender-accounts/emails"
STATUS = "/v2/sender-accounts/check-sender-status"
ENCRYPTION_WORDS = {"ssl": "ssl", "starttls": "tls", "none": "none"}


def account_of(own: OwnMailbox, **changes: Any) -> dict[str, Any]:
    """What an integration sends to connect a mailbox of the sandbox."""
    imap = own.imap_encryption if own.imap_port == 993 else "none"
    return {
        "sender_name": own.name,
        "email_from": own.email,
        "password": own.password,
        "smtp": {"host": own.smtp_host, "port": own.smtp_port, "encryption": ENCRYPTION_WORDS[own.smtp_encryption]},
        "imap": {"host": own.imap_host, "port": own.imap_port, "encryption": imap},
    } | changes


@dataclass(frozen=True)
class Command:
    code: int | None
    out: str
    err: str

    @property
    def json(self) -> Any:
        (line,) = self.out.splitlines()
        return json.loads(line)


@dataclass
class Post:
    door: FrontDoor
    yard: Yard
    settings: Settings
    consent: Any = None

    @property
    def world(self):
        return self.door.world

    async def tenant(self, **options: Any) -> Tenant:
        return await self.door.workspace(**options)

    async def connected(self, tenant: Tenant, number: int = 0, **changes: Any) -> dict[str, Any]:
        """The account of an own mailbox of the sandbox."""
        answer = await tenant.post(ACCOUNTS, **account_of(self.yard.own(number), **changes))
        assert answer.status == 200, answer.body
        return answer.body["data"]

    def environment(self) -> dict[str, str]:
        """The same house for a command, as environment variables."""
        apps = {
            variable(name): str(getattr(self.settings, name))
            for provider in ("google", "microsoft")
            for name in (f"{provider}_client_id", f"{provider}_client_secret", f"{provider}_authorize_url",
                         f"{provider}_token_url")
        }  # fmt: skip
        return {
            **self.yard.net.settings(self.yard.ca_file),
            **apps,
            "FAIRLEAD_DATABASE_URL": self.settings.database_url,
            "FAIRLEAD_DATA": str(self.settings.data),
        }

    async def command(self, tenant: Tenant, *words: object, given: str = "") -> "Command":
        """`fairlead mailbox ...`, as a person runs it."""
        process = await self.started(tenant, *words)
        out, err = await process.communicate(given.encode())
        return Command(process.returncode, out.decode(), err.decode())

    async def started(self, tenant: Tenant, *words: object) -> asyncio.subprocess.Process:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fairlead", "mailbox", *map(str, words), "--workspace", str(tenant.workspace_id),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=kept | self.environment(),
        )  # fmt: skip

    async def work(self) -> int:
        """Lets the worker do what is due; how many jobs that were."""
        done = 0
        while True:
            now = self.world.clock.now()
            async with self.world.db.transaction() as conn:
                claimed = await jobs.claim(conn, 10, now=now, lease=LEASE)
            if not claimed:
                return done
            outcomes = [(job, await perform(self.world, HANDLERS, job)) for job in claimed]
            async with self.world.db.transaction() as conn:
                await jobs.settle(conn, outcomes, now=now, random=self.world.random)
            done += len(claimed)


@asynccontextmanager
async def opened_post(yard: Yard, conninfo: str, folder: Path, **settings: Any) -> AsyncIterator[Post]:
    chosen = Settings(
        **{
            "database_url": conninfo,
            "data": folder,
            "nameserver": yard.net.name_server,
            "allowed_networks": SANDBOX_NETWORKS,
            "port_map": yard.net.port_map,
            "extra_ca": Path(yard.ca_file),
        }
        | settings
    )
    async with open_house(chosen, Start(serves=True)) as house, FrontDoor.opened(house) as door:
        yield Post(door, yard, chosen)
