"""A database restored from a backup: what went out after it was made does not go out again."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import journeys
import psycopg
import pytest
from far_end import far_end

from fairlead.db.backup import backup, restore
from fairlead.engine.sending import PURPOSES
from fairlead.senders import actions as senders
from fairlead.senders.model import Purpose

JOURNEYS = {**PURPOSES, Purpose.CAMPAIGN: journeys.Journeys()}
WITH_COPIES, WITHOUT = (0, 1), 6  # of the sandbox's own mailboxes


async def run_on(server, statement):
    async with await psycopg.AsyncConnection.connect(server.conninfo("postgres"), autocommit=True) as conn:
        await conn.execute(statement)


@asynccontextmanager
async def restored(server, file):
    name = f"restored_{uuid4().hex}"
    await run_on(server, f"create database {name}")
    await asyncio.to_thread(restore, server.conninfo(name), file)
    yield server.conninfo(name)
    await run_on(server, f"drop database {name} with (force)")


async def begun(end, mailboxes, *, count, steps):
    async with end.world.db.transaction() as conn:
        now = end.world.clock.now()
        await journeys.begin(
            conn, end.desk.workspace_id, mailboxes, count=count, steps=steps, domain=end.recipients, now=now
        )


async def send(end, count):
    """Lets so many more go out, by the limit of the day."""
    async with end.world.db.statement() as conn:
        await conn.execute(
            "update mailboxes m set daily_limit = d.reserved + %s from mailbox_days d where d.mailbox_id = m.id",
            [count // 2],
        )
    async with end.sending(JOURNEYS):
        await end.until_nothing_is_due()


async def test_nothing_sent_after_the_backup_is_sent_again(server, conninfo, tmp_path):
    await snapshot_send_restore_resume(server, conninfo, tmp_path, sent_after=100)


@pytest.mark.bars
async def test_five_hundred_sent_after_the_backup_are_not_sent_again(server, conninfo, tmp_path):
    await snapshot_send_restore_resume(server, conninfo, tmp_path, sent_after=500)


async def snapshot_send_restore_resume(server, conninfo, tmp_path, *, sent_after):
    file = tmp_path / "backup"
    recipients = 120 + sent_after * 2 // 3
    async with far_end(conninfo, own_mailboxes=9) as end:
        ids = [await end.add_mailbox(end.net.world.own_mailboxes[n], daily_limit=60) for n in WITH_COPIES]
        await begun(end, ids, count=recipients, steps=2)
        async with end.sending(JOURNEYS):
            await end.until_nothing_is_due()
        await end.pass_time(minutes=11)
        before = sum(end.taken.values())
        await asyncio.to_thread(backup, conninfo, file)
        await send(end, sent_after)
        lost = sum(end.taken.values()) - before
        assert lost == sent_after
        async with restored(server, file) as other, end.moved_to(other) as back:
            assert await back.desk.column("select count(*)::int from sent_mails") == [before]
            async with back.world.db.statement() as conn:
                await conn.execute("update mailboxes set daily_limit = 100000")
            await back.pass_time(hours=24)  # a new day with new quota
            async with back.sending(JOURNEYS):
                await asyncio.wait_for(all_sent(back, recipients * 2), 120)
            outcomes = await back.outcomes()
        twice = {address: count for address, count in end.taken.items() if count > 1}
    print(f"{before} before the backup, {lost} after it, {len(end.taken)} in all, {len(twice)} twice")
    assert twice == {}
    # All copies could be read, so nothing is left open: everybody got both steps once.
    assert len(end.taken) == recipients * 2
    assert set(outcomes.values()) == {"sent by reply", "sent by sent_folder"}
    assert list(outcomes.values()).count("sent by sent_folder") == lost


async def all_sent(end, count):
    while (await end.desk.column("select count(*)::int from sent_mails"))[0] < count:
        await asyncio.sleep(0.1)
        await end.pass_time(minutes=5)


async def test_what_cannot_be_proven_is_shown_and_a_person_decides(server, conninfo, tmp_path):
    file = tmp_path / "backup"
    async with far_end(conninfo, own_mailboxes=9) as end:
        mailbox = await end.add_mailbox(end.net.world.own_mailboxes[WITHOUT], daily_limit=5)
        await begun(end, [mailbox], count=12, steps=1)
        async with end.sending(JOURNEYS):
            await end.until_nothing_is_due()
        await asyncio.to_thread(backup, conninfo, file)
        await send(end, 8)
        assert sum(end.taken.values()) == 9
        async with restored(server, file) as other, end.moved_to(other) as back:
            await back.pass_time(hours=24)
            async with back.sending(JOURNEYS):
                await asyncio.wait_for(shown(back, 7), 60)
            assert sum(end.taken.values()) == 9
            async with back.world.db.statement() as conn:
                listed = await senders.uncertain(conn, back.desk.workspace_id, None, 100)
                # And an effect that would be planned only now, though it was wanted in the time that was lost.
                new = back.desk.mail("x", to_address=f"new@{back.recipients}", mailbox_id=mailbox)
                await senders.plan(conn, [new], now=back.world.clock.now())
            assert {one.doubt for one in listed} == {"restored"}
            not_sent = [one.id for one in listed if not end.taken[one.to_address]]
            was_sent = [one.id for one in listed if end.taken[one.to_address]]
            assert (len(not_sent), len(was_sent)) == (3, 4)
            assert await senders.decide(back.world, JOURNEYS, back.desk.workspace_id, not_sent, sent=False) == 3
            assert await senders.decide(back.world, JOURNEYS, back.desk.workspace_id, was_sent, sent=True) == 4
            async with back.sending(JOURNEYS):
                await asyncio.wait_for(shown(back, 1), 60)
                await back.until_nothing_is_due()
        assert len(end.taken) == 12
        assert set(end.taken.values()) == {1}


async def shown(end, count):
    while (await end.desk.column("select count(*)::int from sends where state = 'needs_decision'"))[0] != count:
        await asyncio.sleep(0.05)


async def test_a_gap_of_more_than_an_hour_holds_what_was_not_compared(conninfo):
    async with far_end(conninfo, own_mailboxes=9) as end:
        end.desk.mailbox_id = await end.add_mailbox(end.net.world.own_mailboxes[WITHOUT])
        await end.desk.plan(end.desk.mail("x", to_address=f"a@{end.recipients}"))
        async with end.sending():
            await end.until_nothing_is_due()
        await end.desk.plan(end.desk.mail("x", to_address=f"b@{end.recipients}"))
        async with end.world.db.statement() as conn:
            await conn.execute("update sending_watch set seen_at = seen_at - interval '61 minutes', stopped = false")
        async with end.sending():
            await asyncio.wait_for(shown(end, 1), 60)
        assert dict(end.taken) == {f"a@{end.recipients}": 1}
        # Gaps of an ordinary restart hold nothing.
        async with end.world.db.statement() as conn:
            await conn.execute("update sending_watch set seen_at = seen_at - interval '59 minutes'")
        await end.pass_time(minutes=1)
        await end.desk.plan(
            end.desk.mail("x", to_address=f"c@{end.recipients}", due_at=end.world.clock.now())
        )
        async with end.sending():
            await end.until_nothing_is_due()
        assert end.taken[f"c@{end.recipients}"] == 1


async def test_after_a_good_end_mailboxes_are_compared_and_all_goes_on(conninfo):
    async with far_end(conninfo, own_mailboxes=9) as end:
        end.desk.mailbox_id = await end.add_mailbox(end.net.world.own_mailboxes[WITHOUT])
        await end.desk.plan(end.desk.mail("x", to_address=f"a@{end.recipients}"))
        async with end.sending():
            await end.until_nothing_is_due()
        await end.desk.plan(end.desk.mail("x", to_address=f"b@{end.recipients}"))
        async with end.world.db.statement() as conn:
            await conn.execute("update sending_watch set seen_at = seen_at - interval '9 hours'")
        async with end.sending():
            while end.taken[f"b@{end.recipients}"] == 0:
                await asyncio.sleep(0.05)
        assert dict(end.taken) == {f"a@{end.recipients}": 1, f"b@{end.recipients}": 1}
        assert await end.desk.column("select count(*)::int from mailbox_turns where held_at is not null") == [0]


async def test_a_mailbox_whose_sent_folder_cannot_be_read_holds_its_workspace_until_a_person_lets_it_go(conninfo):
    async with far_end(conninfo, own_mailboxes=9) as end:
        broken = await end.add_mailbox(end.net.world.own_mailboxes[0], imap_port=9, imap_encryption="ssl")
        end.desk.mailbox_id = await end.add_mailbox(end.net.world.own_mailboxes[1])
        await end.desk.plan(end.desk.mail("x", to_address=f"a@{end.recipients}", mailbox_id=broken))
        async with end.sending():
            await end.until_nothing_is_due()
        async with end.world.db.statement() as conn:
            await conn.execute("update sending_watch set place = 'elsewhere'")

        async def noted():
            async with end.world.db.statement() as conn:
                return [one[4] for one in await senders.held_mailboxes(conn, end.desk.workspace_id) if one[4]]

        async with end.sending():
            while not await noted():
                await asyncio.sleep(0.05)
        assert await senders.give_up_comparing(end.world, PURPOSES, broken)
        async with end.world.db.statement() as conn:
            assert await senders.held_mailboxes(conn, end.desk.workspace_id) == []
