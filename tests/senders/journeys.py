"""A purpose as campaigns are one, small enough to be looked through: each recipient is to get some steps, in order.

Its table is `journeys (id, workspace_id, mailbox_id, local, step, steps, stopped_at)`; `step` is the one that comes next.
"""

import os
import signal
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import SystemRandom

from fairlead.db import Connection
from fairlead.kit.tokens import new_token
from fairlead.senders import actions as senders
from fairlead.senders.model import (
    Drop,
    DueSend,
    Go,
    Letter,
    MailboxId,
    NeedsDecision,
    NewSend,
    Permission,
    Purpose,
    Purposes,
    SendId,
    Settled,
    Withdrawn,
)

TABLE = """
    create table journeys (
      id bigint primary key, workspace_id bigint not null, mailbox_id bigint not null, local text not null,
      domain text not null, step int not null default 1, steps int not null, stopped_at timestamptz)
"""


def planned(journey: tuple, now: datetime) -> NewSend:
    number, workspace_id, mailbox_id, local, domain, step = journey
    token = new_token(SystemRandom(), 24)
    letter = Letter(f"Step {step}", None, f"Hello {local}, this is step {step}.")
    return NewSend(
        workspace_id, MailboxId(mailbox_id), Purpose.CAMPAIGN, number, f"journey {number} step {step}", now,
        f"{local}.s{step}@{domain}", local, token, letter, campaign_id=number % 3 + 1,
    )  # fmt: skip


def step_of(once_key: str) -> int:
    return int(once_key.rpartition(" ")[2])


class Trapped:
    """A purpose that dies when it is asked, once for each time its trap is set: a mail is then between its two marks."""

    def __init__(self, purpose: Purposes, trap: Path) -> None:
        self._purpose = purpose
        self._trap = trap

    async def allow(self, conn: Connection, sends: Sequence[DueSend], now: datetime) -> Mapping[SendId, Permission]:
        answers = await self._purpose.allow(conn, sends, now)
        if self._trap.exists():
            self._trap.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return answers

    async def settled(self, conn: Connection, settled: Sequence[Settled], now: datetime) -> None:
        await self._purpose.settled(conn, settled, now)


class Journeys:
    async def allow(self, conn: Connection, sends: Sequence[DueSend], now: datetime) -> Mapping[SendId, Permission]:
        cur = await conn.execute(
            """
            select id, step from journeys where id = any(%s) and stopped_at is null order by id for update
            """,
            [[send.subject_id for send in sends]],
        )
        steps = dict(await cur.fetchall())
        return {
            send.id: Go() if steps.get(send.subject_id) == step_of(send.once_key) else Drop("stopped")
            for send in sends
        }

    async def settled(self, conn: Connection, settled: Sequence[Settled], now: datetime) -> None:
        over = [one for one in settled if not isinstance(one.outcome, NeedsDecision | Withdrawn)]
        cur = await conn.execute(
            """
            with locked as (
              select j.id from journeys j
                join unnest(%(ids)s::bigint[], %(steps)s::int[]) as w (id, step) on j.id = w.id and j.step = w.step
               order by j.id for update of j)
            update journeys j set step = step + 1 from locked where j.id = locked.id
            returning j.id, j.workspace_id, j.mailbox_id, j.local, j.domain, j.step, j.steps, j.stopped_at
            """,
            {"ids": [one.subject_id for one in over], "steps": [step_of(one.once_key) for one in over]},
        )
        going_on = [row[:6] for row in await cur.fetchall() if row[5] <= row[6] and row[7] is None]
        await senders.plan(conn, [planned(row, now) for row in going_on], now=now)


async def begin(
    conn: Connection, workspace_id: int, mailboxes: Sequence[int], *, count: int, steps: int, domain: str, now: datetime
) -> None:
    """So many recipients, in turn over the mailboxes, with their first mail planned."""
    await conn.execute(TABLE)
    rows = [(n, workspace_id, mailboxes[n % len(mailboxes)], f"r{n}", domain, 1) for n in range(count)]
    async with conn.cursor() as cur:
        await cur.executemany(
            """
            insert into journeys (id, workspace_id, mailbox_id, local, domain, step, steps)
            values (%s, %s, %s, %s, %s, %s, %s)
            """,
            [(*row, steps) for row in rows],
        )
    for start in range(0, count, 1000):
        await senders.plan(conn, [planned(row, now) for row in rows[start : start + 1000]], now=now)
