"""The sandbox internet as the far end of sending: submission servers, Sent folders, and a count of what was taken."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sending_house import Desk, make_mailbox, make_workspace

from fairlead.db import clock as business_clock
from fairlead.engine.sending import PURPOSES, Sending
from fairlead.main import House, MachineTimer, Start, open_house
from fairlead.sandbox.clock import MovableClock
from fairlead.sandbox.internet import Internet
from fairlead.sandbox.mailboxes import Role
from fairlead.sandbox.making.world import World as SandboxWorld
from fairlead.sandbox.model import OwnMailbox
from fairlead.sandbox.model import Provider as SandboxProvider
from fairlead.senders import actions as senders
from fairlead.senders.connecting import SECRET
from fairlead.senders.model import MailboxId, Purpose, Purposes
from fairlead.settings import load
from fairlead.world import World

ORIGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
SHORT_LEASE = timedelta(seconds=5)
PATIENCE_SECONDS = 60.0
COPIES = {SandboxProvider.GOOGLE: "provider", SandboxProvider.MICROSOFT: "provider", SandboxProvider.OTHER: "none"}


@dataclass
class FarEnd:
    """The sandbox, and a house that lives in it. Business time is the same for both, and moved by `pass_time`."""

    net: Internet
    house: House
    desk: Desk
    mailboxes: dict[MailboxId, OwnMailbox] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.house.world

    @property
    def recipients(self) -> str:
        """A domain that takes every address."""
        return next(company.domain for company in self.net.world if company.mx_behavior == "catch_all")

    @property
    def taken(self) -> Mapping[str, int]:
        """How many messages each address was sent, by the servers' own count."""
        return self.net.records.sends.per_recipient

    async def add_mailbox(self, own: OwnMailbox, **columns: Any) -> MailboxId:
        values = {
            "login": own.email,
            "secret": self.world.keys.seal(own.password.encode(), SECRET),
            "smtp_host": own.smtp_host,
            "smtp_port": own.smtp_port,
            "smtp_encryption": own.smtp_encryption,
            "imap_host": own.imap_host,
            "imap_port": own.imap_port,
            "imap_encryption": own.imap_encryption,
            "imap_status": "valid",
            "daily_limit": 1_000_000,
            "sent_copies": COPIES[own.provider],
        }
        made = await make_mailbox(self.world.db, self.desk.workspace_id, own.email, **(values | columns))
        self.mailboxes[made] = own
        return made

    def copies(self, mailbox_id: MailboxId) -> int:
        """How many messages lie in its Sent folder."""
        return len(self.net.mailboxes.mailbox(self.mailboxes[mailbox_id].email).entries(Role.SENT))

    async def pass_time(self, **how_long: float) -> None:
        self.net.clock.advance(by=timedelta(**how_long))
        async with self.world.db.transaction() as conn:
            await business_clock.advance(conn, by=timedelta(**how_long))
        await self.house.clock.refresh()

    @asynccontextmanager
    async def sending(
        self, purposes: Mapping[Purpose, Purposes] = PURPOSES, *, lease: timedelta = SHORT_LEASE
    ) -> AsyncIterator[Sending]:
        """A worker that sends, stopped at the end."""
        sending = Sending(self.world, purposes, lease=lease)
        listening = asyncio.create_task(self.world.listener.run())
        running = asyncio.create_task(sending.run())
        try:
            yield sending
        finally:
            sending.stop()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await running
            listening.cancel()
            await asyncio.wait([listening])

    async def until_nothing_is_due(self) -> None:
        """Until all that can be done now is done; late copies that are due by now come first."""
        self.net.copying.run_due(self.net.clock.now())

        async def done() -> bool:
            async with self.world.db.statement() as conn:
                return await senders.all_done(conn, self.world.clock.now())

        await until(done)

    async def outcomes(self) -> dict[str, str]:
        """What is known of each mail: address -> outcome and by what, or the state of one on its way."""
        return dict(
            await self.desk.rows(
                """
                select m.to_address, coalesce(f.outcome || ' by ' || f.resolved_by, s.state)
                  from mails m left join sent_mails f on f.id = m.id left join sends s on s.id = m.id
                """
            )
        )

    @asynccontextmanager
    async def moved_to(self, conninfo: str) -> AsyncIterator["FarEnd"]:
        """The same sandbox, and another house with its own database in it, at the same business time."""
        ca = self.house.folder / "ca.pem"
        settings = load(
            {"FAIRLEAD_DATABASE_URL": conninfo, "FAIRLEAD_DATA": str(self.house.folder), **self.net.settings(str(ca))}
        )
        async with open_house(settings, Start(serves=True, mode="sandbox", speed=0)) as house:
            async with house.world.db.transaction() as conn:
                await business_clock.advance(conn, to=self.net.clock.now())
            await house.clock.refresh()
            desk = Desk(house.world.db, self.desk.workspace_id, self.desk.mailbox_id, self.desk.random)
            yield FarEnd(self.net, house, desk, self.mailboxes)


async def until(condition: Any, patience: float = PATIENCE_SECONDS) -> None:
    """Returns when the condition holds; fails when it does not come to hold."""
    async with asyncio.timeout(patience):
        while not await condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def far_end(
    conninfo: str, *, own_mailboxes: int = 3, speed: float = 0.0, seed: int = 1
) -> AsyncIterator[FarEnd]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-far-end-")))
        timer = MachineTimer()
        behaviors = ["catch_all:postfix", "reject_unknown:postfix"]
        made = SandboxWorld(seed=seed, companies=50, own_mailboxes=own_mailboxes, behaviors=behaviors)
        net = Internet(made, MovableClock(timer, origin=ORIGIN, speed=speed), timer)
        await net.start()
        stack.push_async_callback(net.close)
        ca = folder / "ca.pem"
        net.authority.write_certificate(ca)
        settings = load({"FAIRLEAD_DATABASE_URL": conninfo, "FAIRLEAD_DATA": str(folder), **net.settings(str(ca))})
        start = Start(serves=True, mode="sandbox", speed=speed, origin=ORIGIN)
        house = await stack.enter_async_context(open_house(settings, start))
        workspace_id = await make_workspace(house.world.db)
        yield FarEnd(net, house, Desk(house.world.db, workspace_id, MailboxId(0), Random(seed)))
