"""A mail that has gone out, with the addresses its reader was given, and readers of many kinds."""

from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom
from typing import Any

from fairlead.campaigns.tracking.links import Links
from fairlead.engine.worker import run_due_jobs
from fairlead.events import actions as events
from fairlead.events.model import START
from fairlead.kit.tokens import new_token
from fairlead.senders import actions as senders
from fairlead.senders.model import Letter, NewSend, Purpose
from front_door import FrontDoor, Tenant
from senders.sending_house import make_mailbox

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@dataclass
class TrackedMail:
    tenant: Tenant
    token: str
    send_id: int
    to: str

    @property
    def door(self) -> FrontDoor:
        return self.tenant.door

    @property
    def links(self) -> Links:
        return Links(self.door.world.installation, self.door.base_url)

    @classmethod
    async def sent(cls, tenant: Tenant, to: str = "ann@acme.example") -> "TrackedMail":
        """It went out an hour ago."""
        world = tenant.door.world
        token = new_token(SystemRandom(), 24)
        mailbox_id = await make_mailbox(world.db, tenant.workspace_id, f"{token.lower()}@brightdesk.example")
        now = world.clock.now()
        async with world.db.transaction() as conn:
            (send_id,) = await senders.plan(
                conn,
                [
                    NewSend(
                        workspace_id=tenant.workspace_id,
                        mailbox_id=mailbox_id,
                        purpose=Purpose.CAMPAIGN,
                        subject_id=77,
                        once_key=token,
                        due_at=now,
                        to_address=to,
                        to_name="Ann",
                        token=token,
                        letter=Letter("Hello", None, "Hello there"),
                        campaign_id=5,
                    )
                ],
                now=now,
            )
            # What the worker does when a server has taken it.
            await conn.execute("delete from sends where id = %s", [send_id])
            await conn.execute(
                """
                insert into sent_mails (workspace_id, id, mailbox_id, campaign_id, purpose, subject_id, outcome, at,
                                        resolved_by)
                values (%s, %s, %s, 5, 'campaign', 77, 'sent', %s, 'reply')
                """,
                [tenant.workspace_id, send_id, mailbox_id, now],
            )
        await tenant.door.pass_time(hours=1)
        return cls(tenant, token, send_id, to)

    async def ask(self, address: str, *, method: str = "GET", agent: str = FIREFOX, **options: Any):
        headers = {"User-Agent": agent} | options.pop("headers", {})
        async with self.door.http.request(
            method, address, headers=headers, allow_redirects=False, **options
        ) as response:
            return response.status, response.headers, await response.read()

    async def open(self, **options: Any):
        return await self.ask(self.links.pixel(self.token), **options)

    async def click(self, number: int, target: str = "https://www.acme.example/offer", **options: Any):
        return await self.ask(self.links.click(self.token, number, target), **options)

    async def judged(self) -> list[dict[str, Any]]:
        """The events of this mail, after what was done has been looked at."""
        await self.door.public.collect()
        await self.door.pass_time(seconds=15)
        await run_due_jobs(self.door.world)
        return await self.events()

    async def events(self) -> list[dict[str, Any]]:
        async with self.door.world.db.statement() as conn:
            found = await events.read_since(
                conn,
                START,
                10_000,
                kinds=["email_opened", "email_clicked", "unsubscribed"],
                workspace_id=self.tenant.workspace_id,
            )
        return [{"kind": event.kind, **event.body} for event in found]


SECOND = timedelta(seconds=1)
