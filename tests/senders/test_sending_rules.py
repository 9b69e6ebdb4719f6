"""The pure parts of sending: what answers mean, days and gaps, whose turn it is, and commits that are shared."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import available_timezones

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as some

from fairlead.net.smtp import Accepted, Deferred, Lost, Phase, Rejected, Withheld
from fairlead.senders.ledger import names
from fairlead.senders.model import Delay, Purpose
from fairlead.senders.pacing import GRACE, gap, local_day, next_day_begins, spread_again
from fairlead.senders.sending.answers import (
    NotSent,
    PutOff,
    Refused,
    SenderRefused,
    SlowDown,
    Taken,
    Unknown,
    meaning,
)
from fairlead.senders.sending.group_commit import GroupCommit
from fairlead.senders.sending.settling import pause_after
from fairlead.senders.sending.store import Candidate
from fairlead.senders.sending.turns import Lanes

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
DOT, DATA = Phase.AFTER_FINAL_DOT, Phase.BEFORE_DATA
MOMENTS = some.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001
ZONES = some.sampled_from(sorted(available_timezones()))


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Accepted(250, "2.0.0 Ok: queued as 1"), Taken),
        (Deferred(450, "4.2.0 Greylisted", DATA, "4.2.0"), PutOff),
        (Deferred(452, "4.2.2 Mailbox full", DOT, "4.2.2"), PutOff),
        (Deferred(421, "4.7.0 Try again later, closing connection.", DATA, "4.7.0"), SlowDown),
        (Deferred(450, "4.2.1 Submission rate exceeded; try again in a minute", DOT, "4.2.1"), SlowDown),
        (Rejected(550, "5.4.5 Daily user sending limit exceeded", DATA, "5.4.5"), SlowDown),
        (Rejected(550, "5.7.60 SendAsDenied; client does not have permissions", DOT, "5.7.60"), SenderRefused),
        (Rejected(550, "5.7.515 Access denied, sending domain does not meet", DOT, "5.7.515"), SenderRefused),
        (Rejected(553, "5.7.1 <a@b>: Sender address rejected: not owned by user", DATA, "5.7.1"), SenderRefused),
        (Rejected(530, "5.7.0 Authentication required", DATA, "5.7.0"), SenderRefused),
        (Rejected(550, "5.1.1 User unknown", DATA, "5.1.1"), Refused),
        (Rejected(554, "5.7.1 Message looks like spam", DOT, "5.7.1"), Refused),
        (Rejected(0, "The server does not take this size.", DATA), Refused),
        (Lost(DATA), NotSent),
        (Lost(Phase.BEFORE_FINAL_DOT), NotSent),
        (Lost(DOT), Unknown),
        (Withheld(DATA), NotSent),
    ],
)
def test_only_a_connection_lost_after_the_final_dot_leaves_a_question_open(outcome, kind):
    assert isinstance(meaning(outcome), kind)


def test_only_a_dead_address_is_hard():
    dead = meaning(Rejected(550, "5.1.1 <a@b>: user unknown", DATA, "5.1.1"))
    spam = meaning(Rejected(554, "5.7.1 Message looks like spam", DOT, "5.7.1"))
    assert (dead.hard, spam.hard) == (True, False)


def test_pauses_grow_to_four_hours():
    assert [pause_after(tries) / timedelta(minutes=1) for tries in (0, 1, 2, 5, 6, 15)] == [5, 10, 20, 160, 240, 240]


@given(MOMENTS, ZONES)
def test_the_next_day_of_a_zone_begins_when_its_date_changes(now, zone):
    begins = next_day_begins(zone, now)
    assert timedelta() < begins - now <= timedelta(hours=50)
    assert local_day(zone, begins) > local_day(zone, now)
    # A minute before it is still the day before, or the zone has skipped a whole day.
    assert local_day(zone, begins - timedelta(minutes=1)) < local_day(zone, begins)


def test_a_day_that_does_not_begin_at_midnight_begins_after_the_gap():
    # In Beirut the clocks went from 00:00 to 01:00 on 27 March 2022.
    assert next_day_begins("Asia/Beirut", datetime(2022, 3, 26, 12, tzinfo=UTC)) == datetime(2022, 3, 26, 22, tzinfo=UTC)
    assert local_day("Asia/Beirut", datetime(2022, 3, 26, 22, tzinfo=UTC)) == date(2022, 3, 27)


@given(some.integers(0, 3600), some.integers(0, 3600), some.randoms(use_true_random=False))
def test_a_gap_lies_between_its_bounds(one, other, random):
    delay = Delay(min(one, other), max(one, other))
    assert delay.min_seconds <= gap(delay, Random(random.random())).total_seconds() <= delay.max_seconds


@given(some.lists(some.timedeltas(timedelta(days=-3), timedelta(days=3)), min_size=1, max_size=20))
def test_after_an_outage_order_and_distances_stay_and_nothing_is_overdue(offsets):
    due = [NOW + offset for offset in offsets]
    moved = spread_again(due, NOW)
    shift = moved[0] - due[0]
    assert [after - before for before, after in zip(due, moved, strict=True)] == [shift] * len(due)
    assert NOW - min(moved) <= GRACE


def candidate(number, lane=1, priority=1, minutes=0):
    return Candidate(number, lane, priority, NOW + timedelta(minutes=minutes), Purpose.CAMPAIGN)


def test_a_small_campaign_does_not_wait_behind_a_large_one():
    lanes = Lanes()
    lanes.look([candidate(n, lane=1) for n in range(100)] + [candidate(n, lane=2, minutes=-1) for n in range(100, 103)])
    assert [one.lane for one in lanes.pick(6, NOW)].count(2) == 3


def test_urgent_ones_go_first_and_what_is_not_due_waits():
    lanes = Lanes()
    lanes.look([candidate(1), candidate(2, lane=2, priority=0), candidate(3, minutes=5), candidate(4, lane=2, minutes=-9)])
    assert [one.id for one in lanes.pick(10, NOW)] == [2, 1, 4]
    assert lanes.next_due() == NOW + timedelta(minutes=5)
    assert not lanes.empty


def test_a_lane_that_comes_later_does_not_catch_up():
    lanes = Lanes()
    lanes.look([candidate(n) for n in range(50)])
    lanes.pick(40, NOW)
    lanes.look([candidate(n) for n in range(40, 60)] + [candidate(n, lane=2) for n in range(100, 120)])
    assert [one.lane for one in lanes.pick(10, NOW)].count(2) == 5


def test_marks_differ_by_effect_workspace_and_installation_and_are_found_in_text():
    marks = {
        names.mark(*given)
        for given in [("a", 1, "campaign", "x"), ("a", 1, "campaign", "y"), ("a", 2, "campaign", "x"), ("b", 1, "campaign", "x")]
    }
    assert len(marks) == 4
    reference = names.reference("t" * 24, min(marks))
    assert names.references_in(f"X-Reference-ID: {reference}\r\nTo: x") == [("t" * 24, min(marks))]
    assert names.token_of_message_id(f"<{'t' * 24}@b.example>") == "t" * 24
    assert names.token_of_message_id("<short@b.example>") is None


class Timer:
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds):
        await asyncio.sleep(0)


async def grouped(commit, items):
    group = GroupCommit(Timer(), commit, at_most=100)
    running = asyncio.create_task(group.run())
    try:
        return await asyncio.gather(*(group.put(item) for item in items), return_exceptions=True)
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_all_that_wait_share_a_transaction():
    batches = []

    async def commit(items):
        batches.append(len(items))
        await asyncio.sleep(0.01)
        return [item * 2 for item in items]

    assert await grouped(commit, range(50)) == [item * 2 for item in range(50)]
    assert len(batches) <= 2


async def test_one_that_cannot_be_done_harms_no_other():
    async def commit(items):
        if 7 in items:
            raise ValueError("seven")
        return list(items)

    results = await grouped(commit, range(10))
    assert isinstance(results[7], ValueError)
    assert [one for one in results if not isinstance(one, ValueError)] == [0, 1, 2, 3, 4, 5, 6, 8, 9]


async def test_while_the_database_is_away_it_is_tried_again():
    tries = []

    async def commit(items):
        tries.append(items)
        if len(tries) < 4:
            raise psycopg.OperationalError("away")
        return list(items)

    assert await grouped(commit, [1]) == [1]
    assert len(tries) == 4
