"""Campaigns in a house at the far end of which the sandbox internet takes the mails."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from far_end import FarEnd, far_end

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.campaigns.enrollments.model import Signal, Stopped, StopReason
from fairlead.campaigns.graph import chart
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.planning import plan_step
from fairlead.engine.worker import run_due_jobs
from fairlead.kit.tokens import new_token
from fairlead.prospects import actions as prospects
from fairlead.prospects.model import NewProspect
from fairlead.senders import actions as senders

ALWAYS = [{"enabled": True, "windows": [[0, 0]]}] * 7
OFFICE_HOURS = [{"enabled": day not in (0, 6), "windows": [[540, 1080]]} for day in range(7)]


def wait(key: str, then: str | None, **how_long: int) -> dict[str, Any]:
    ((unit, amount),) = how_long.items()
    return {"key": key, "type": "wait", "config": {"wait": {"amount": amount, "unit": unit}}, "ports": {"next": then}}


def mail(key: str, then: str | None = None, **ports: str) -> dict[str, Any]:
    return {"key": key, "type": "email", "ports": {"next": then, **ports}}


THREE_STEPS = [mail("1", "2"), wait("2", "3", days=2), mail("3", "4"), wait("4", "5", hours=4), mail("5")]


@dataclass
class Campaigns:
    """A workspace with campaigns. `step` lets everything happen that is due."""

    end: FarEnd
    letters: list[Any] = field(default_factory=list)

    @property
    def workspace_id(self) -> int:
        return self.end.desk.workspace_id

    @property
    def world(self):
        return self.end.world

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    async def rows(self, question: str, *values: Any) -> list[Any]:
        async with self.world.db.statement() as conn:
            return await (await conn.execute(question, list(values) or None)).fetchall()

    async def mailbox(self, number: int = 0, **columns: Any) -> int:
        return await self.end.add_mailbox(self.end.net.world.own_mailboxes[number], **columns)

    async def schedule(self, days: Sequence[Any] = ALWAYS, zone: str = "UTC", *, in_recipient_zone: bool = False) -> int:
        ((id_,),) = await self.rows(
            """
            insert into schedules (workspace_id, name, time_zone, in_recipient_zone, days, made_at, changed_at)
            values (%s, %s, %s, %s, %s, %s, %s) returning id
            """,
            self.workspace_id, f"Schedule {new_token(self.world.random, 8)}", zone, in_recipient_zone, json.dumps(list(days)), self.now, self.now,
        )  # fmt: skip
        return id_

    async def new_list(self) -> int:
        async with self.world.db.transaction() as conn:
            name = f"List {new_token(self.world.random, 8)}"
            return await prospects.create_list(conn, self.workspace_id, name, now=self.now)

    async def prospect(self, list_id: int, address: str, **known: Any) -> int:
        async with self.world.db.transaction() as conn:
            new = NewProspect(email=address, **known)
            return (await prospects.add_to_list(conn, self.workspace_id, list_id, new, now=self.now)).prospect_id

    def address(self, who: str) -> str:
        """Of a domain that takes every address."""
        return f"{who}@{self.end.recipients}"

    async def campaign(
        self,
        list_id: int,
        mailboxes: Sequence[int],
        nodes: Sequence[dict[str, Any]] = THREE_STEPS,
        *,
        schedule_id: int | None = None,
        start: bool = True,
        texts: dict[str, tuple[str, str]] | None = None,
        settings: dict[str, Any] | None = None,
        **columns: Any,
    ) -> int:
        """An active campaign; its first mail is `Hello`, the others answer in its thread."""
        graph = chart.from_value({"entry": nodes[0]["key"], "nodes": list(nodes)})
        text = chart.to_json(graph)
        values = {
            "workspace_id": self.workspace_id,
            "token": new_token(self.world.random, 24),
            "title": "Spring",
            "status": "active" if start else "new",
            "status_at": self.now,
            "started_at": self.now if start else None,
            "priority": "medium",
            "schedule_id": schedule_id or await self.schedule(),
            "tracks_opens": False,
            "tracks_clicks": False,
            "settings": json.dumps(settings or {}),
            "completes_after_last_step": False,
            "archive_in_months": 3,
            "provider_matching": False,
            "made_at": self.now,
            "changed_at": self.now,
        } | columns
        names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        async with self.world.db.transaction() as conn:
            cur = await conn.execute(f"insert into campaigns ({names}) values ({places}) returning id", values)
            (id_,) = await cur.fetchone()
            for place, mailbox in enumerate(mailboxes):
                await conn.execute("insert into campaign_mailboxes values (%s, %s, %s, %s, 1)", [self.workspace_id, id_, mailbox, place])
            await conn.execute("insert into campaign_lists values (%s, %s, %s)", [self.workspace_id, id_, list_id])
            await self._version(conn, id_, 1, text)
            first = True
            for node in graph.emails:
                subject, body = (texts or {}).get(node.key, ("Hello" if first else "", f"Step {node.key}"))
                await conn.execute(
                    """
                    insert into content_variants (workspace_id, campaign_id, node_key, content_id, subject, body, is_plain, written_at, made_at)
                    values (%s, %s, %s, 1, %s, %s, false, %s, %s)
                    """,
                    [self.workspace_id, id_, node.key, subject, body, self.now, self.now],
                )
                first = False
            if start:
                await enrollments.started(conn, self.workspace_id, id_, now=self.now)
        return id_

    async def _version(self, conn: Any, campaign_id: int, number: int, text: str) -> None:
        cur = await conn.execute(
            """
            insert into campaign_versions (workspace_id, campaign_id, number, graph, checksum, made_at, published_at)
            values (%s, %s, %s, %s, %s, %s, %s) returning id
            """,
            [self.workspace_id, campaign_id, number, text, chart.checksum(text), self.now, self.now],
        )
        (version,) = await cur.fetchone()
        await conn.execute("update campaigns set current_version_id = %s where id = %s", [version, campaign_id])

    async def replace_chart(self, campaign_id: int, nodes: Sequence[dict[str, Any]]) -> None:
        async with self.world.db.transaction() as conn:
            text = chart.to_json(chart.from_value({"entry": nodes[0]["key"], "nodes": list(nodes)}))
            await self._version(conn, campaign_id, 2, text)

    async def set_status(self, campaign_id: int, status: str) -> None:
        async with self.world.db.transaction() as conn:
            await conn.execute("update campaigns set status = %s where id = %s", [status, campaign_id])

    async def settle(self) -> None:
        """Everything that is due now has happened."""
        while True:
            await run_due_jobs(self.world, HANDLERS, ())
            busy = await plan_step(self.world)
            async with self.world.db.statement() as conn:
                sent = await senders.all_done(conn, self.now)
            if sent and not busy:
                return
            await self.end.until_nothing_is_due()

    async def pass_time(self, **how_long: float) -> None:
        await self.end.pass_time(**how_long)
        await self.settle()

    async def subjects(self, address: str) -> list[str]:
        """Of the mails in the recipient's mailbox, in the order in which they came."""
        rows = await self.rows(
            """
            select m.subject from sent_mails s join mails m on m.id = s.id
             where m.to_address = %s and s.outcome = 'sent' order by s.at, s.id
            """,
            address,
        )
        assert self.end.taken.get(address, 0) == len(rows)
        return [subject for (subject,) in rows]

    async def stop(self, campaign_id: int, address: str, why: StopReason) -> Stopped:
        ((enrollment,),) = await self.rows("select id from enrollments where campaign_id = %s and address_key = %s", campaign_id, address)
        async with self.world.db.transaction() as conn:
            return await enrollments.stop(conn, self.workspace_id, why, at=self.now, campaign_id=campaign_id, enrollment_id=enrollment)

    async def signal(self, campaign_id: int, address: str, what: Signal) -> None:
        ((enrollment,),) = await self.rows("select id from enrollments where campaign_id = %s and address_key = %s", campaign_id, address)
        async with self.world.db.transaction() as conn:
            await enrollments.note_signal(conn, self.workspace_id, campaign_id, enrollment, what, at=self.now, now=self.now)

    async def enroll(self, campaign_id: int) -> None:
        """Reads the lists of a campaign that is then paused again, so that nothing is sent."""
        await self.set_status(campaign_id, "active")
        async with self.world.db.transaction() as conn:
            await enrollments.started(conn, self.workspace_id, campaign_id, now=self.now)
        await run_due_jobs(self.world, HANDLERS, ())
        await self.set_status(campaign_id, "paused")

    async def states(self, campaign_id: int) -> Counter[tuple[str, str | None]]:
        return Counter(await self.rows("select state, reason from enrollments where campaign_id = %s", campaign_id))


@asynccontextmanager
async def campaigns(conninfo: str, **options: Any) -> AsyncIterator[Campaigns]:
    async with far_end(conninfo, **options) as end:
        async with end.world.db.transaction() as conn:
            cur = await conn.execute(
                """
                insert into members (workspace_id, email, name, role, sees_all, made_at)
                values (%s, 'owner@owner.example', 'Owner', 'owner', true, %s) returning id
                """,
                [end.desk.workspace_id, end.world.clock.now()],
            )
            (owner,) = await cur.fetchone()
            await conn.execute("update workspaces set plan_ends_at = made_at + interval '1 year'")
            await prospects.furnish(conn, end.desk.workspace_id, owner, now=end.world.clock.now())
        async with end.sending():
            yield Campaigns(end)


__all__ = ["ALWAYS", "OFFICE_HOURS", "Campaigns", "campaigns", "date", "mail", "timedelta", "wait"]
