"""A worker that stands still past its lease, while another takes over: it sends nothing when it wakes."""

import asyncio
import os
import signal
from dataclasses import replace
from random import Random

import journeys
import pytest
from crashes import Crew, became
from far_end import far_end

from fairlead.engine.sending import PURPOSES
from fairlead.sandbox.mishaps import Mishaps
from fairlead.sandbox.places import SUBMISSION, own_address
from fairlead.senders.model import Purpose

JOURNEYS = {**PURPOSES, Purpose.CAMPAIGN: journeys.Journeys()}
FROZEN_SECONDS = 7.0  # machine time: more than the lease of the process
HISTORY = 60


class Freezing:
    """Stands for a submission server's policy, and stops a process at a point of its talk with the server."""

    def __init__(self, policy, name, freeze):
        self._policy = policy
        self._name = name
        self._freeze = freeze

    def __getattr__(self, name):
        return getattr(self._policy, name)

    def mail(self, talk, sender):
        if talk.transcript.helo.startswith(f"{self._name}."):
            self._freeze()
        return self._policy.mail(talk, sender)


@pytest.fixture
async def end(conninfo):
    async with far_end(conninfo, own_mailboxes=3) as end:
        end.desk.mailbox_id = await end.add_mailbox(end.net.world.own_mailboxes[0])
        yield end


async def begun(end, count):
    async with end.world.db.transaction() as conn:
        now = end.world.clock.now()
        await journeys.begin(
            conn, end.desk.workspace_id, [end.desk.mailbox_id], count=count, steps=1, domain=end.recipients, now=now
        )


def crew_at(end, conninfo, folder):
    environment = {
        "FAIRLEAD_DATABASE_URL": conninfo,
        "FAIRLEAD_DATA": str(end.house.folder),
        **end.net.settings(str(end.house.folder / "ca.pem")),
    }
    return Crew(end, environment, folder, Random(1))


async def test_frozen_between_its_mark_and_data_it_hands_nothing_over_in_that_session(end, conninfo, tmp_path):
    await begun(end, HISTORY)
    async with end.sending(JOURNEYS):
        await end.until_nothing_is_due()
    await end.pass_time(minutes=11)  # its copies are proof from here on
    crew = crew_at(end, conninfo, tmp_path)
    worker = crew.hire()
    frozen = asyncio.Event()

    def freeze() -> None:
        if not frozen.is_set():
            os.kill(worker.process.pid, signal.SIGSTOP)
            frozen.set()

    for port in (25, 465, 587):
        where = own_address(0, SUBMISSION), end.net.port_map[port]
        host = end.net.smtp.hosts[where]
        end.net.smtp.put(*where, replace(host, policy=Freezing(host.policy, worker.name, freeze)))
    try:
        await end.desk.plan(end.desk.mail("x", to_address=f"late@{end.recipients}"))
        await asyncio.wait_for(frozen.wait(), 60)
        await asyncio.sleep(FROZEN_SECONDS)
        async with end.sending(JOURNEYS):
            await became_uncertain(end)
            worker.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(2.0)  # it has time to do what it must not
            # It says that it has not sent it, and so the mail need not be looked for in Sent.
            await end.until_nothing_is_due()
            assert end.taken[f"late@{end.recipients}"] == 1
            for _ in range(12):
                await end.pass_time(minutes=1)
                await end.until_nothing_is_due()
        assert end.taken[f"late@{end.recipients}"] == 1
        old = next(one for one in end.net.smtp.sessions if one.helo.startswith(f"{worker.name}."))
        assert old.messages == 0
        assert worker.alive
        assert (await end.outcomes())[f"late@{end.recipients}"] == "sent by reply"
    finally:
        worker.process.send_signal(signal.SIGCONT)
        crew.dismiss()


async def became_uncertain(end):
    while await end.desk.column("select state from sends") not in (["uncertain"], ["planned"], ["claimed"], []):
        await asyncio.sleep(0.05)


async def test_frozen_at_random_it_sends_nothing_twice(end, conninfo, tmp_path):
    end.net.go_wrong(end.net.world.own_mailboxes[0].domain, Mishaps(taken_delay_seconds=0.01))
    await begun(end, 400)
    crew = crew_at(end, conninfo, tmp_path)
    worker = crew.hire()
    try:
        assert await became(lambda: sum(end.taken.values()) > 40, 60)
        worker.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(FROZEN_SECONDS)
        async with end.sending(JOURNEYS):
            await asyncio.wait_for(all_but_doubtful(end), 60)
            before = dict(end.taken)
            worker.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(3.0)
            assert dict(end.taken) == before
            for _ in range(12):
                await end.pass_time(minutes=1)
                await end.until_nothing_is_due()
        assert set(end.taken.values()) == {1}
        assert len(end.taken) >= 399
    finally:
        worker.process.send_signal(signal.SIGCONT)
        crew.dismiss()


async def all_but_doubtful(end):
    while await end.desk.rows("select from sends where state <> 'uncertain'"):
        await asyncio.sleep(0.05)
