"""A workspace with mailboxes, and a ledger to look into."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from fairlead.db.pool import Database
from fairlead.kit.tokens import new_token
from fairlead.senders import actions as senders
from fairlead.senders.model import Letter, MailboxId, NewSend, Purpose, Room

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


async def make_workspace(db: Database) -> int:
    async with db.statement() as conn:
        cur = await conn.execute(
            """
            insert into workspaces (name, plan, credits_unlimited, made_at, period_ends_at, plan_ends_at)
            values ('Test', 'unlimited', true, %(now)s, %(now)s::timestamptz + interval '1 month', '2100-01-01')
            returning id
            """,
            {"now": NOW},
        )
        return (await cur.fetchone())[0]


async def make_mailbox(db: Database, workspace_id: int, address: str, **columns: Any) -> MailboxId:
    values = {
        "workspace_id": workspace_id,
        "address": address,
        "address_key": address,
        "sender_name": "Ann Lee",
        "provider": "other",
        "smtp_host": "smtp.brightdesk.example",
        "smtp_port": 587,
        "smtp_encryption": "starttls",
        "auth": "password",
        "login": address,
        "secret": b"",
        "time_zone": "UTC",
        "daily_limit": 50,
        "delay_min_seconds": 0,
        "delay_max_seconds": 0,
        "sent_copies": "none",
        "made_at": NOW,
        "changed_at": NOW,
    } | columns
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    async with db.statement() as conn:
        cur = await conn.execute(f"insert into mailboxes ({names}) values ({places}) returning id", values)
        return (await cur.fetchone())[0]


@dataclass
class Desk:
    db: Database
    workspace_id: int
    mailbox_id: MailboxId
    random: Random = field(default_factory=lambda: Random(1))

    @classmethod
    async def opened(cls, db: Database, **mailbox: Any) -> "Desk":
        workspace_id = await make_workspace(db)
        return cls(db, workspace_id, await make_mailbox(db, workspace_id, "ann@brightdesk.example", **mailbox))

    def mail(self, to: str, **rest: Any) -> NewSend:
        token = new_token(self.random, 24)
        given = {
            "workspace_id": self.workspace_id,
            "mailbox_id": self.mailbox_id,
            "purpose": Purpose.TEST,
            "subject_id": 1,
            "once_key": token,
            "due_at": NOW,
            "to_address": f"{to}@acme.example",
            "to_name": to,
            "token": token,
            "letter": Letter("Hello", None, "Hello there"),
        }
        return NewSend(**(given | rest))

    async def plan(self, *sends: NewSend) -> list[Any]:
        async with self.db.transaction() as conn:
            return await senders.plan(conn, sends, now=NOW)

    async def room(self) -> Room:
        async with self.db.statement() as conn:
            return (await senders.room_left(conn, self.workspace_id, [self.mailbox_id], now=NOW))[self.mailbox_id]

    async def rows(self, question: str) -> list[Any]:
        async with self.db.statement() as conn:
            return await (await conn.execute(question)).fetchall()

    async def column(self, question: str) -> list[Any]:
        return [row[0] for row in await self.rows(question)]
