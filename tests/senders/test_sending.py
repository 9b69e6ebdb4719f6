"""Mails from the ledger to the server, and what is known of them afterwards."""

import time
from datetime import timedelta
from itertools import pairwise
from random import Random

import journeys
import pytest
from far_end import ORIGIN, far_end, until

from fairlead.engine.sending import PURPOSES
from fairlead.sandbox.mishaps import Mishaps
from fairlead.senders import actions as senders
from fairlead.senders.model import Purpose

GOOGLE, MICROSOFT, PLAIN = 0, 3, 6  # of the sandbox's own mailboxes, by their providers


@pytest.fixture
async def end(conninfo):
    async with far_end(conninfo, own_mailboxes=9) as end:
        yield end


async def with_mailbox(end, number=PLAIN, **columns):
    end.desk.mailbox_id = await end.add_mailbox(end.net.world.own_mailboxes[number], **columns)
    return end.net.world.own_mailboxes[number]


def addressed(end, count, name="r"):
    return [f"{name}{n}@{end.recipients}" for n in range(count)]


async def plan_to(end, addresses, **rest):
    return await end.desk.plan(*[end.desk.mail("x", to_address=to, **rest) for to in addresses])


async def send_all(end):
    async with end.sending():
        await end.until_nothing_is_due()


async def test_what_is_due_goes_out_once_and_what_is_not_waits(end):
    await with_mailbox(end)
    await plan_to(end, addressed(end, 5))
    await plan_to(end, [f"later@{end.recipients}"], due_at=ORIGIN + timedelta(hours=2))
    await send_all(end)
    assert dict(end.taken) == dict.fromkeys(addressed(end, 5), 1)
    assert set((await end.outcomes()).values()) == {"sent by reply", "planned"}
    await end.pass_time(hours=2)
    await send_all(end)
    assert end.taken[f"later@{end.recipients}"] == 1
    assert await end.desk.column("select kind from events where kind like 'email%'") == ["email_sent"] * 6


async def test_no_more_than_the_limit_of_a_day_and_the_rest_on_the_next(end):
    await with_mailbox(end, daily_limit=3, time_zone="Pacific/Apia")
    await plan_to(end, addressed(end, 5))
    await send_all(end)
    assert sum(end.taken.values()) == 3
    await end.pass_time(hours=1)  # 21:00 on the islands becomes 22:00
    await send_all(end)
    assert sum(end.taken.values()) == 3
    await end.pass_time(hours=2)
    await send_all(end)
    assert sum(end.taken.values()) == 5
    assert await end.desk.rows("select reserved from mailbox_days order by day") == [(3,), (2,)]


async def test_the_gap_between_two_mails_is_kept(end):
    await with_mailbox(end, delay_min_seconds=300, delay_max_seconds=600)
    await plan_to(end, addressed(end, 4))
    for _ in range(60):
        await send_all(end)
        await end.pass_time(seconds=60)
    times = sorted(envelope.received_at for envelope in end.net.records._submitted.values())
    gaps = [later - before for before, later in pairwise(times)]
    assert len(gaps) == 3
    assert all(timedelta(seconds=300) <= gap <= timedelta(seconds=661) for gap in gaps), gaps


async def test_campaigns_that_share_a_mailbox_take_turns(end):
    await with_mailbox(end, daily_limit=6)
    await plan_to(end, addressed(end, 40, "big"), campaign_id=1)
    await plan_to(end, addressed(end, 3, "small"), campaign_id=2, due_at=ORIGIN)
    await send_all(end)
    assert sorted(end.taken) == sorted(addressed(end, 3, "big") + addressed(end, 3, "small"))


async def test_what_is_more_urgent_goes_first(end):
    await with_mailbox(end, daily_limit=1)
    await plan_to(end, addressed(end, 5, "bulk"), campaign_id=1)
    await plan_to(end, [f"answer@{end.recipients}"], priority=0)
    await send_all(end)
    assert list(end.taken) == [f"answer@{end.recipients}"]


async def test_after_an_outage_all_goes_on_at_the_pace_that_was_planned(end):
    await with_mailbox(end)
    for number, to in enumerate(addressed(end, 6)):
        await plan_to(end, [to], purpose=Purpose.CAMPAIGN, campaign_id=1, due_at=ORIGIN + timedelta(minutes=10 * number))
    await plan_to(end, [f"answer@{end.recipients}"])
    await end.pass_time(hours=5)
    purposes = {**PURPOSES, Purpose.CAMPAIGN: senders.Plain(Purpose.CAMPAIGN)}
    async with end.sending(purposes):
        await end.until_nothing_is_due()
        assert sorted(end.taken) == sorted([f"r0@{end.recipients}", f"answer@{end.recipients}"])
        for number in range(2, 7):
            await end.pass_time(minutes=10)
            await end.until_nothing_is_due()
            assert sum(end.taken.values()) == number + 1


async def test_a_refused_address_fails_and_a_mail_put_off_is_tried_again(end):
    own = await with_mailbox(end, PLAIN)
    end.net.go_wrong(own.domain, Mishaps(put_off=1))
    await plan_to(end, addressed(end, 1))
    await send_all(end)
    assert await end.desk.rows("select state, tries, day from sends") == [("planned", 1, None)]
    assert await end.desk.column("select reserved from mailbox_days") == [0]
    end.net.go_wrong(own.domain, Mishaps())
    await end.pass_time(minutes=5)
    await send_all(end)
    assert await end.desk.rows("select outcome, tries from sent_mails") == [("sent", 2)]


async def test_a_letter_that_cannot_be_composed_fails_alone(end):
    await with_mailbox(end)
    await plan_to(end, [*addressed(end, 2), "nobody at all"])
    await send_all(end)
    assert (await end.outcomes())["nobody at all"] == "failed by reply"
    assert sum(end.taken.values()) == 2


async def test_a_letter_that_was_erased_fails_and_keeps_nobody_waiting(end):
    await with_mailbox(end)
    await plan_to(end, addressed(end, 3))
    async with end.world.db.statement() as conn:
        await conn.execute("update mails set letter = '{}' where to_address like 'r0%%'")
    await send_all(end)
    assert await end.desk.rows("select outcome, reason, count(*)::int from sent_mails group by 1, 2 order by 1") == [
        ("failed", "erased", 1), ("sent", None, 2)
    ]  # fmt: skip


async def test_a_mailbox_whose_password_is_refused_is_paused_with_a_sentence(end):
    await with_mailbox(end, secret=end.world.keys.seal(b"wrong", "mailboxes.secret"))
    await plan_to(end, addressed(end, 1))

    async def paused():
        return await end.desk.column("select state_reason from mailboxes where state = 'error'")

    async with end.sending():
        await until(paused)
    assert "password" in (await paused())[0]
    assert await end.desk.rows("select state, lease_number from sends") == [("planned", None)]


async def test_a_mail_that_was_stopped_meanwhile_is_withdrawn_at_the_last_moment(end):
    await with_mailbox(end)
    now = end.world.clock.now()
    async with end.world.db.transaction() as conn:
        await journeys.begin(
            conn, end.desk.workspace_id, [end.desk.mailbox_id], count=3, steps=1, domain=end.recipients, now=now
        )
        await conn.execute("update journeys set stopped_at = now() where id = 1")
    async with end.sending({**PURPOSES, Purpose.CAMPAIGN: journeys.Journeys()}):
        await end.until_nothing_is_due()
    assert sorted(end.taken) == [f"r0.s1@{end.recipients}", f"r2.s1@{end.recipients}"]
    assert await end.desk.rows("select from mails where to_address like 'r1%'") == []
    assert await end.desk.column("select reserved from mailbox_days") == [2]


async def test_the_message_id_a_provider_gives_is_the_one_followed_up_and_found(end):
    own = await with_mailbox(end, MICROSOFT)
    (send_id,) = await plan_to(end, addressed(end, 1))
    end.net.go_wrong(own.domain, Mishaps(lost_after=1))
    await send_all(end)
    await end.pass_time(minutes=1)
    await send_all(end)
    assert set((await end.outcomes()).values()) == {"sent by sent_folder"}
    async with end.world.db.statement() as conn:
        thread = await senders.thread_of(conn, end.desk.workspace_id, send_id)
        assert "microsoft" in thread.message_id
        found = await senders.sends_of_message_ids(conn, [f"<{thread.message_id}>"])
    assert [one.send_id for one in found.values()] == [send_id]


async def test_the_ids_of_a_provider_that_gives_its_own_are_read_from_sent(end):
    await with_mailbox(end, MICROSOFT)
    google = await end.add_mailbox(end.net.world.own_mailboxes[GOOGLE])
    (send_id, other) = await end.desk.plan(
        end.desk.mail("x", to_address=f"a@{end.recipients}"),
        end.desk.mail("x", to_address=f"b@{end.recipients}", mailbox_id=google),
    )
    await send_all(end)
    assert await senders.learn_some(end.world) == 0
    await end.pass_time(minutes=10)
    assert await senders.learn_some(end.world) == 2
    async with end.world.db.statement() as conn:
        assert "microsoft" in (await senders.thread_of(conn, end.desk.workspace_id, send_id)).message_id
        assert "brightdesk" in (await senders.thread_of(conn, end.desk.workspace_id, other)).message_id
    assert await end.desk.rows("select renames from mailbox_turns order by mailbox_id") == [(True,), (False,)]
    assert await senders.learn_some(end.world) == 0


async def test_stops_at_any_moment_win_over_what_has_no_mark_yet(end):
    """Nothing is begun later than two seconds after the commit of its stop."""
    await with_mailbox(end)
    count, stopped = 300, {}
    async with end.world.db.transaction() as conn:
        await journeys.begin(
            conn, end.desk.workspace_id, [end.desk.mailbox_id], count=count, steps=1, domain=end.recipients,
            now=end.world.clock.now(),
        )  # fmt: skip
    taken = {}
    count_send = end.net.records.count_send

    def note(envelope):
        taken[envelope.rcpt_to[0]] = time.monotonic()
        count_send(envelope)

    end.net.records.count_send = note
    chance = Random()
    async with end.sending({**PURPOSES, Purpose.CAMPAIGN: journeys.Journeys()}):
        for number in chance.sample(range(count), 60):
            async with end.world.db.transaction() as conn:
                await conn.execute("update journeys set stopped_at = now() where id = %s", [number])
                await senders.withdraw(conn, end.desk.workspace_id, purpose=Purpose.CAMPAIGN, subject_ids=[number])
            stopped[f"r{number}.s1@{end.recipients}"] = time.monotonic()
        await end.until_nothing_is_due()
    late = {to: taken[to] - at for to, at in stopped.items() if to in taken and taken[to] - at > 2.0}
    assert late == {}
    assert len(taken) >= count - len(stopped)
    # Every stop either came first, and the mail is gone, or the mail had its mark and was sent.
    left = {to for to, outcome in (await end.outcomes()).items() if outcome == "sent by reply"}
    assert left == set(taken)


# What is uncertain.


async def lose(end, own, addresses, **mishaps):
    """Sends these, and the server hangs up after the final dot."""
    end.net.go_wrong(own.domain, Mishaps(**mishaps))
    await plan_to(end, addresses)
    await send_all(end)
    end.net.go_wrong(own.domain, Mishaps())


async def with_history(end, own, count=60):
    """So many mails that were accepted long enough ago for their copies to have come."""
    await plan_to(end, addressed(end, count, "before"))
    await send_all(end)
    await end.pass_time(minutes=11)


async def test_a_mail_found_in_sent_was_sent(end):
    own = await with_mailbox(end, GOOGLE)
    await lose(end, own, addressed(end, 3), lost_after=1, late_copies=1, late_seconds=1)
    assert set((await end.outcomes()).values()) == {"uncertain"}
    await end.pass_time(minutes=1)
    await send_all(end)
    assert set((await end.outcomes()).values()) == {"sent by sent_folder"}
    assert set(end.taken.values()) == {1}


async def test_a_mail_whose_copy_comes_late_is_waited_for(end):
    own = await with_mailbox(end, GOOGLE)
    await with_history(end, own)
    await lose(end, own, addressed(end, 3), lost_after=1, late_copies=1, late_seconds=300)
    for _ in range(12):
        await end.pass_time(minutes=1)
        await send_all(end)
    assert {one for address, one in (await end.outcomes()).items() if address.startswith("r")} == {"sent by sent_folder"}
    assert set(end.taken.values()) == {1}


async def test_a_mail_not_found_where_copies_are_proof_is_sent_again_but_only_after_ten_minutes(end):
    own = await with_mailbox(end, GOOGLE)
    await with_history(end, own)
    await lose(end, own, addressed(end, 3), lost_before=1)
    for _ in range(9):
        await end.pass_time(minutes=1)
        await send_all(end)
        assert not any(end.taken[to] for to in addressed(end, 3))
    await end.pass_time(minutes=2)
    await send_all(end)
    assert [end.taken[to] for to in addressed(end, 3)] == [1, 1, 1]
    assert set((await end.outcomes()).values()) == {"sent by reply"}


@pytest.mark.parametrize(("history", "no_copies"), [(0, 0.0), (60, 1.0)])
async def test_a_mail_not_found_where_copies_prove_nothing_is_presumed_sent(end, history, no_copies):
    """The provider is said to keep copies; too few were seen to believe it, or those of accepted mails are missing."""
    own = await with_mailbox(end, GOOGLE)
    end.net.go_wrong(own.domain, Mishaps(no_copies=no_copies))
    await with_history(end, own, history)
    await lose(end, own, addressed(end, 3), lost_after=1, no_copies=1)
    for _ in range(12):
        await end.pass_time(minutes=1)
        await send_all(end)
    assert [(await end.outcomes())[to] for to in addressed(end, 3)] == ["presumed_sent by policy"] * 3
    assert [end.taken[to] for to in addressed(end, 3)] == [1, 1, 1]


async def test_without_copies_a_person_can_decide(end):
    own = await with_mailbox(end, PLAIN)
    await lose(end, own, addressed(end, 2), lost_before=1)
    await end.pass_time(minutes=1)
    await send_all(end)
    async with end.world.db.statement() as conn:
        listed = await senders.uncertain(conn, end.desk.workspace_id, None, 10)
    assert [one.state for one in listed] == ["presumed_sent"] * 2
    first, second = (one.id for one in listed)
    assert await senders.decide(end.world, PURPOSES, end.desk.workspace_id, [first], sent=True) == 1
    assert await senders.decide(end.world, PURPOSES, end.desk.workspace_id, [second], sent=False) == 1
    assert await senders.decide(end.world, PURPOSES, end.desk.workspace_id + 1, [first, second], sent=False) == 0
    await send_all(end)
    assert sorted((await end.outcomes()).values()) == ["sent by person", "sent by reply"]
    assert sorted(end.taken) == [listed[1].to_address]


async def test_whoever_answers_has_received_it(end):
    own = await with_mailbox(end, PLAIN)
    await lose(end, own, addressed(end, 1), lost_after=1)
    (token,) = await end.desk.column("select token from mails")
    async with end.world.db.transaction() as conn:
        await senders.note_seen(conn, [token], now=end.world.clock.now())
    await send_all(end)
    assert list((await end.outcomes()).values()) == ["sent by recipient"]


async def test_where_the_provider_keeps_no_copy_we_do(end):
    await with_mailbox(end, PLAIN, sent_copies="append")
    await plan_to(end, addressed(end, 2))
    await send_all(end)
    async with end.world.db.statement() as conn:
        cur = await conn.execute("select payload from jobs where kind = 'senders.copy'")
        payloads = [row[0] for row in await cur.fetchall()]
    for payload in payloads * 2:  # a job may run twice
        await senders.keep_copy(end.world, Job(payload))
    assert end.copies(end.desk.mailbox_id) == 2


class Job:
    def __init__(self, payload):
        self.payload = payload
