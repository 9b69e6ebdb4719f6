"""The promise of the ledger under kill -9: nobody gets a step twice, and what is missing is shown."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random, SystemRandom

import journeys
import psycopg
import pytest
from campaign_house import Campaigns, mail, wait
from crashes import Crew, became, kill_database
from far_end import far_end

from fairlead.db.migrate import migrate
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.prospects import actions as prospects
from fairlead.prospects.model import NewProspect
from fairlead.sandbox.mishaps import Mishaps
from fairlead.sandbox.model import Provider
from postgres import Server

GOES_WRONG = {"lost_before": 0.005, "lost_after": 0.005, "put_off": 0.01, "taken_delay_seconds": 0.02}


class Monitor:
    """Questions to the database, which may be away."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    def rows(self, question: str) -> list:
        deadline = time.monotonic() + 60
        while True:
            try:
                with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=10) as conn:
                    return conn.execute(question).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def left(self) -> int:
        """Mails that are neither sent nor shown to a person, those that a campaign has yet to plan included."""
        return self.rows(
            """
            select (select count(*) from sends where state <> 'needs_decision')::int
                 + (select count(*) from enrollments where state in ('to_check', 'active'))::int
            """
        )[0][0]


async def sent_through_crashes(
    *, recipients: int, steps: int, mailboxes: int, kills: int, database_kills: int, delay: int, speed: float,
    pause: float, patience: float, shown_at_most: float, campaigns: bool = False,
) -> None:  # fmt: skip
    seed = SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    random = Random(seed)
    async with AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-crashes-", ignore_cleanup_errors=True))
        )
        folder.chmod(0o755)
        (folder / "server").mkdir()
        server = Server(folder / "server", durable=True)
        server.make()
        server.start()
        stack.callback(server.stop)
        conninfo = server.conninfo("postgres")
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
            await migrate(conn)
        # Every third domain is one of a provider with copies; those of the third kind are left out.
        end = await stack.enter_async_context(far_end(conninfo, own_mailboxes=mailboxes * 3 // 2, speed=speed, seed=seed))
        owns = [one for one in end.net.world.own_mailboxes if one.provider is not Provider.MICROSOFT]
        ids = [
            await end.add_mailbox(one, delay_min_seconds=delay, delay_max_seconds=delay) for one in owns[:mailboxes]
        ]
        with_copies = [one.domain for one in owns if one.provider is Provider.GOOGLE]
        for number, domain in enumerate(dict.fromkeys(one.domain for one in owns)):
            mishaps = dict(GOES_WRONG)
            if domain in with_copies:
                # Late everywhere; in each second domain a tenth of the copies never comes.
                mishaps |= {"late_copies": 0.1, "late_seconds": 300, "no_copies": 0.1 * (number // 2 % 2)}
            end.net.go_wrong(domain, Mishaps(**mishaps))
        following = asyncio.create_task(end.net.run())
        keeping = asyncio.create_task(end.house.clock.keep_fresh())
        stack.callback(following.cancel)
        stack.callback(keeping.cancel)
        if campaigns:
            await begin_campaign(end, ids, recipients)
        else:
            async with end.world.db.transaction() as conn:
                await conn.execute("set local statement_timeout = 0")
                now = end.world.clock.now()
                await journeys.begin(
                    conn, end.desk.workspace_id, ids, count=recipients, steps=steps, domain=end.recipients, now=now
                )
        environment = {
            "FAIRLEAD_DATABASE_URL": conninfo,
            "FAIRLEAD_DATA": str(end.house.folder),
            **end.net.settings(str(end.house.folder / "ca.pem")),
        }
        crew = Crew(end, environment, folder, random, campaigns)
        stack.callback(crew.dismiss)
        crew.watch_servers()
        monitor = Monitor(conninfo)
        began = time.monotonic()
        done, databases = 0, 0
        # On a quick day all is sent before the last kill; without a mail on its way nobody falls into a trap.
        while done < kills and await asyncio.to_thread(monitor.left):
            crew.keep_up(random.randint(1, 4))
            await asyncio.sleep(random.uniform(0.5, 1.5) * pause)
            if databases < database_kills and done >= (databases + 0.5) * kills / database_kills:
                databases += 1
                await kill_database(server)
            await crew.kill_one(done, pause)
            done = sum(crew.kills.values())
        killing = time.monotonic() - began
        assert done >= kills // 2
        crew.keep_up(3)
        while time.monotonic() - began < patience and await asyncio.to_thread(monitor.left):
            await asyncio.sleep(0.5)
            crew.keep_up(3)
        took = time.monotonic() - began
        if await asyncio.to_thread(monitor.left):
            print((folder / "workers.log").read_text()[-5000:])
            print(monitor.rows("select state, count(*), min(due_at), max(due_at), min(look_at) from sends group by 1"))
        assert await asyncio.to_thread(monitor.left) == 0
        for worker in crew.workers:
            worker.process.terminate()
        assert await became(lambda: not any(worker.alive for worker in crew.workers), 60)
        report(end, monitor, crew, folder, environment, recipients * steps, killing, took, shown_at_most)


async def begin_campaign(end, mailboxes, recipients: int) -> None:
    """A campaign of three mails, a minute apart, with all its recipients enrolled."""
    house = Campaigns(end)
    list_id = await house.new_list()
    async with end.world.db.transaction() as conn:
        for n in range(recipients):
            new = NewProspect(email=f"r{n}@{end.recipients}")
            await prospects.add_to_list(conn, house.workspace_id, list_id, new, now=house.now)
        await conn.execute("update workspaces set plan_ends_at = made_at + interval '1 year'")
    steps = [mail("1", "2"), wait("2", "3", minutes=1), mail("3", "4"), wait("4", "5", minutes=1), mail("5")]
    await house.campaign(list_id, mailboxes, steps)
    await run_due_jobs(end.world, HANDLERS, ())


def report(end, monitor, crew, folder, environment, wanted: int, killing, took, shown_at_most) -> None:
    """Looks at every mail from both ends: what the ledger says of it, and how often a server took it."""
    taken: Counter[str] = end.net.records.sends.per_message_id
    listed = {row["id"] for row in uncertain_by_the_command(environment, end.desk.workspace_id)}
    mails = {
        row[0]: row
        for row in monitor.rows(
            """
            select m.id, m.message_id, m.to_address, f.outcome || ' by ' || f.resolved_by, f.tries
              from mails m join sent_mails f on f.id = m.id
            """
        )
    }
    copies = {number: taken[f"<{row[1]}>"] + taken[row[1]] for number, row in mails.items()}
    twice = {number: count for number, count in copies.items() if count > 1}
    missing = {number for number, count in copies.items() if count == 0}
    shown = {number for number, row in mails.items() if row[3].startswith("presumed_sent")}
    again = sum(row[4] > 1 for row in mails.values())
    print(
        f"kills {crew.kills} in {killing:.0f} s, {took:.0f} s in all; {len(mails):,} mails, {len(twice)} twice, "
        f"{len(missing)} missing, {len(shown)} shown as uncertain; handed over more than once {again}"
    )
    print(f"outcomes {dict(Counter(row[3] for row in mails.values()))}")
    # Each step of each recipient is one mail of the ledger, so that no step can have gone out under two ids.
    assert len(mails) == wanted
    assert sum(end.net.records.sends.per_recipient.values()) == sum(copies.values())
    assert twice == {}
    assert missing <= shown
    assert shown == listed
    assert len(shown) <= shown_at_most * wanted
    assert {number for number, row in mails.items() if row[3].startswith("sent by") and copies[number] != 1} == set()
    assert [row for row in mails.values() if row[3].startswith("failed")] == []
    # A worker that starts while the database is away says so and ends; no fault of ours is ever logged.
    assert [line for line in (folder / "workers.log").read_text().splitlines() if "ERROR" in line] == []


def uncertain_by_the_command(environment: dict[str, str], workspace_id: int) -> list[dict]:
    run = subprocess.run(
        [sys.executable, "-m", "fairlead", "sends", "uncertain", "--limit", "10000", "--json", "--workspace", str(workspace_id)],
        env={**os.environ, **environment}, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)["sends"]


async def test_ten_kills_send_nothing_twice_and_hide_nothing() -> None:
    await sent_through_crashes(
        recipients=300, steps=3, mailboxes=12, kills=10, database_kills=1, delay=15, speed=60, pause=1.5, patience=180,
        shown_at_most=0.05,  # the same kills among a few mails
    )  # fmt: skip


async def test_campaigns_under_six_kills_send_nothing_twice_and_hide_nothing() -> None:
    await sent_through_crashes(
        recipients=150, steps=3, mailboxes=12, kills=6, database_kills=1, delay=5, speed=60, pause=1.5, patience=300,
        shown_at_most=0.1, campaigns=True,
    )  # fmt: skip


@pytest.mark.bars
async def test_campaigns_under_thirty_kills_send_nothing_twice_and_hide_nothing() -> None:
    await sent_through_crashes(
        recipients=1_000, steps=3, mailboxes=24, kills=30, database_kills=2, delay=5, speed=30, pause=2.5,
        patience=1800, shown_at_most=0.05, campaigns=True,
    )  # fmt: skip


@pytest.mark.bars
async def test_a_hundred_kills_send_nothing_twice_and_hide_nothing() -> None:
    await sent_through_crashes(
        recipients=10_000, steps=3, mailboxes=48, kills=100, database_kills=3, delay=2, speed=10, pause=2.5,
        patience=1800, shown_at_most=0.02,
    )  # fmt: skip
