"""`fairlead sends` as a person meets it: what is uncertain, what they say about it, and what is held."""

import asyncio
import json
import os
import subprocess
import sys

import pytest
from far_end import far_end

from fairlead.sandbox.mishaps import Mishaps

PLAIN = 6


@pytest.fixture
async def end(conninfo):
    async with far_end(conninfo, own_mailboxes=9) as end:
        end.desk.mailbox_id = await end.add_mailbox(end.net.world.own_mailboxes[PLAIN])
        yield end


async def command(end, *arguments):
    environment = {
        **os.environ,
        "FAIRLEAD_DATABASE_URL": end.world.db.conninfo,
        "FAIRLEAD_DATA": str(end.house.folder),
    }
    run = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "fairlead", "sends", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.returncode, run.stdout, run.stderr


async def test_uncertain_mails_are_listed_with_the_reason_and_decided(end):
    assert (await command(end, "uncertain"))[1] == "Of every mail it is known whether it was sent.\n"
    end.net.go_wrong(end.mailboxes[end.desk.mailbox_id].domain, Mishaps(lost_before=1))
    await end.desk.plan(*[end.desk.mail("x", to_address=f"r{n}@{end.recipients}") for n in range(3)])
    async with end.sending():
        await end.until_nothing_is_due()
        await end.pass_time(minutes=1)
        await end.until_nothing_is_due()
    code, said, _ = await command(end, "uncertain", "--json")
    rows = json.loads(said)["sends"]
    assert code == 0
    assert [row["state"] for row in rows] == ["presumed_sent"] * 3
    assert {row["why"] for row in rows} == {"the connection was lost before the server answered"}
    assert "presumed sent" in (await command(end, "uncertain"))[1]
    first, second, third = (str(row["id"]) for row in rows)
    assert (await command(end, "decide", first, "sent"))[0] == 0
    assert (await command(end, "decide", second, third, "again"))[0] == 0
    assert (await command(end, "decide", first, "again"))[0] == 1  # it is known now
    assert (await command(end, "decide", "sent"))[0] == 2
    end.net.go_wrong(end.mailboxes[end.desk.mailbox_id].domain, Mishaps())
    async with end.sending():
        await end.until_nothing_is_due()
    listed = json.loads((await command(end, "list", "--json"))[1])["sends"]
    assert sorted(row["resolved_by"] for row in listed) == ["person", "reply", "reply"]
    assert sum(end.taken.values()) == 2


async def test_held_mailboxes_are_listed_and_can_be_let_go(end):
    await end.desk.plan(end.desk.mail("x", to_address=f"a@{end.recipients}"))
    async with end.sending():
        await end.until_nothing_is_due()
    assert (await command(end, "held"))[1] == "No mailbox is held.\n"
    async with end.world.db.statement() as conn:
        await conn.execute("update mailbox_turns set held_at = %s, held_from = %s", [end.world.clock.now()] * 2)
    rows = json.loads((await command(end, "held", "--json"))[1])["mailboxes"]
    assert [row["mailbox_id"] for row in rows] == [end.desk.mailbox_id]
    assert "held" in (await command(end, "uncertain"))[2]
    assert (await command(end, "release", str(end.desk.mailbox_id)))[0] == 0
    assert (await command(end, "release", str(end.desk.mailbox_id)))[0] == 1
    assert (await command(end, "release", "999999"))[0] == 1
    assert (await command(end, "held"))[1] == "No mailbox is held.\n"
