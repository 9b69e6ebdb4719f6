"""A stop is a stop: at random instants, with workers planning and sending."""

import asyncio
import contextlib
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from campaign_house import Campaigns, mail, wait
from far_end import far_end

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.campaigns.enrollments.actions import Wish
from fairlead.campaigns.enrollments.model import StopReason
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.planning import Planning
from fairlead.engine.sending import PURPOSES
from fairlead.engine.worker import run_due_jobs
from fairlead.kit.refusals import Conflict
from fairlead.prospects import actions as prospects
from fairlead.senders.model import DueSend, Go, Permission, Purpose, SendId

SPEED = 60.0
CHART = [mail("1", "2"), wait("2", "3", minutes=3), mail("3", "4"), wait("4", "5", minutes=3), mail("5")]
PATIENCE_SECONDS = 240.0
UNDER_WAY = """
select 1 from enrollments e join campaigns c on c.id = e.campaign_id
 where c.status = 'active' and e.state in ('to_check', 'active') limit 1
"""


class Marks:
    """Asks the campaigns, and keeps the times of the marks they agree to."""

    def __init__(self) -> None:
        self.of: dict[str, list[datetime]] = {}
        self.campaigns: list[tuple[int, datetime]] = []

    async def allow(self, conn: Any, sends: Sequence[DueSend], now: datetime) -> Mapping[SendId, Permission]:
        answers = await enrollments.PURPOSES.allow(conn, sends, now)
        for send in sends:
            if isinstance(answers.get(send.id), Go):
                self.of.setdefault(send.to_address, []).append(now)
                self.campaigns.append((send.campaign_id, now))
        return answers

    async def settled(self, conn: Any, settled: Any, now: datetime) -> None:
        await enrollments.PURPOSES.settled(conn, settled, now)


async def stopped_at_random(conninfo: str, *, recipients: int, campaigns: int, mailboxes: int) -> None:
    seed = int(os.environ.get("STOP_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed}")
    chance, marks = random.Random(seed), Marks()
    async with far_end(conninfo, own_mailboxes=mailboxes, speed=SPEED) as end:
        shop = Campaigns(end)
        await furnished(shop)
        arrived: dict[str, list[datetime]] = {}

        def take(envelope: Any) -> None:
            arrived.setdefault(envelope.rcpt_to[0], []).append(shop.now)

        end.net.smtp.hosts.update({place: replace(host, deliver=take) for place, host in end.net.smtp.hosts.items()})
        boxes = [await shop.mailbox(number) for number in range(mailboxes)]
        ids, people = [], {}
        for number in range(campaigns):
            list_id = await shop.new_list()
            for who in range(recipients // campaigns):
                address = shop.address(f"c{number}-r{who}")
                people[address] = (number, await shop.prospect(list_id, address))
            ids.append(await shop.campaign(list_id, boxes, CHART, settings={"skip_who_replied": True}))
        await run_due_jobs(shop.world, HANDLERS, ())
        planning = Planning(shop.world)
        running = asyncio.create_task(planning.run())
        stops: dict[str, tuple[str, datetime]] = {}
        paused: dict[int, datetime] = {}
        async with end.sending(PURPOSES | {Purpose.CAMPAIGN: marks}):
            for address in chance.sample(sorted(people), recipients // 2):
                await asyncio.sleep(chance.random() * 16 / (recipients // 2))
                number, prospect = people[address]
                kind = chance.choice(["reply", "unsubscribe", "pause", "delete", "block", "finish"])
                await one_stop(shop, kind, ids[number], address, prospect)
                stops[address] = (kind, shop.now)
                if len(stops) in (recipients // 4, recipients // 3):
                    chosen = chance.choice([one for one in ids if one not in paused])
                    await shop.set_status(chosen, "paused")
                    paused[chosen] = shop.now
            # Until everybody has come to the end whom nobody stopped.
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await shop.rows(UNDER_WAY):
                    await asyncio.sleep(0.2)
            planning.stop()
            await running
    late = {a: (kind, at, marks.of[a]) for a, (kind, at) in stops.items() if any(m > at for m in marks.of.get(a, ()))}
    assert late == {}
    assert [(one, at) for one, at in marks.campaigns if one in paused and at > paused[one]] == []
    # Nothing arrived that was not marked before, and nothing twice. A mail whose first byte would come too late after
    # its mark is marked anew, so there may be more marks than mails.
    assert all(len(times) <= len(marks.of.get(address, ())) for address, times in arrived.items())
    waits = sorted(
        (came - max(mark for mark in marks.of[address] if mark <= came)).total_seconds() / SPEED
        for address, times in arrived.items()
        for came in times
    )
    print(f"{len(stops)} stops, {len(waits)} mails, from mark to arrival {waits[len(waits) * 99 // 100]:.3f} s (p99), {waits[-1]:.3f} s at most")
    assert waits[-1] < 2.0
    # Those whom nobody stopped got all of it.
    whole = [a for a, (number, _) in people.items() if a not in stops and ids[number] not in paused]
    assert whole
    assert all(len(arrived.get(address, ())) == 3 for address in whole)


async def furnished(shop: Campaigns) -> None:
    async with shop.world.db.transaction() as conn:
        cur = await conn.execute(
            """
            insert into members (workspace_id, email, name, role, sees_all, made_at)
            values (%s, 'owner@owner.example', 'Owner', 'owner', true, now()) returning id
            """,
            [shop.workspace_id],
        )
        await conn.execute("update workspaces set plan_ends_at = made_at + interval '1 year'")
        (owner,) = await cur.fetchone()
        await prospects.furnish(conn, shop.workspace_id, owner, now=shop.now)


async def one_stop(shop: Campaigns, kind: str, campaign: int, address: str, prospect: int) -> None:
    match kind:
        case "reply":
            await shop.stop(campaign, address, StopReason.REPLIED)
        case "unsubscribe":
            await shop.stop(campaign, address, StopReason.UNSUBSCRIBED)
        case "pause" | "finish":
            wish = Wish.PAUSED if kind == "pause" else Wish.FINISHED
            async with shop.world.db.transaction() as conn:
                # Who has finished cannot be changed, and gets nothing either.
                with contextlib.suppress(Conflict):
                    await enrollments.change_status(conn, shop.workspace_id, campaign, address, wish, now=shop.now)
        case "delete":
            async with shop.world.db.transaction() as conn:
                await prospects.delete(conn, shop.workspace_id, [prospect], now=shop.now)
        case "block":
            async with shop.world.db.transaction() as conn:
                await prospects.stop_emailing(conn, shop.workspace_id, [address], list_id=None, now=shop.now)


async def test_a_stop_is_a_stop(conninfo):
    await stopped_at_random(conninfo, recipients=60, campaigns=4, mailboxes=4)


@pytest.mark.bars
async def test_a_thousand_stops_at_random_instants(conninfo):
    await stopped_at_random(conninfo, recipients=2_000, campaigns=10, mailboxes=20)
