"""Mails from the ledger to the server, and what is known of them afterwards."""

from datetime import timedelta

import pytest
from far_end import ORIGIN, far_end


@pytest.fixture
async def end(conninfo):
    async with far_end(conninfo) as end:
        end.desk.mailbox_id = await end.add_mailbox(end.net.world.own_mailboxes[0])
        yield end


def addressed(end, count):
    return [f"r{n}@{end.recipients}" for n in range(count)]


async def test_what_is_due_goes_out_once_and_what_is_not_waits(end):
    now = [end.desk.mail("x", to_address=to) for to in addressed(end, 5)]
    later = end.desk.mail("x", to_address=f"later@{end.recipients}", due_at=ORIGIN + timedelta(hours=2))
    await end.desk.plan(*now, later)
    async with end.sending():
        await end.until_nothing_is_due()
    assert dict(end.taken) == dict.fromkeys(addressed(end, 5), 1)
    assert await end.desk.rows("select outcome, resolved_by, count(*)::int from sent_mails group by 1, 2") == [
        ("sent", "reply", 5)
    ]
    await end.pass_time(hours=2)
    async with end.sending():
        await end.until_nothing_is_due()
    assert end.taken[f"later@{end.recipients}"] == 1
    assert await end.desk.column("select kind from events where kind like 'email%'") == ["email_sent"] * 6
