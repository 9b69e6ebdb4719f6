"""A simulated year: what the far end received, against what schedules, limits and gaps allow.

The log is that of the sandbox's submission servers, with the business time at which each took a message. It is judged
here by looking at the wall clock of each zone, without the code that planned.
"""

import json
import os
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from campaign_house import Campaigns, campaigns, mail, wait

from fairlead.engine.handlers import HANDLERS
from fairlead.engine.planning import plan_step
from fairlead.engine.worker import run_due_jobs
from fairlead.senders import actions as senders

START = datetime(2026, 1, 5, 8, tzinfo=UTC)  # where the sandbox begins
EDIT = datetime(2026, 7, 1, 12, tzinfo=UTC)
# Time passes to somewhere behind the next due moment, by up to this: mails then come as close as their gap allows.
LATE = timedelta(minutes=50)
GAP_SECONDS = 2_400
LIMIT = 25
MAILS_A_DAY, FIRST_MAILS_A_DAY = 400, 220
ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("posix", "right", "Etc/", "SystemV")))
DAYS_OFF = [date(2026, 4, 6), date(2026, 5, 1), date(2026, 10, 26), date(2026, 12, 25)]
# Around the changes of the clocks in Europe, America, Australia, Chile and elsewhere.
WAVES = [date(2026, *day) for day in ((1, 6), (2, 3), (3, 6), (3, 26), (4, 3), (5, 4), (6, 10), (6, 29), (8, 3), (9, 3), (9, 25), (10, 2), (10, 23), (10, 31), (11, 20))]
CHART = [mail("1", "2"), wait("2", "3", days=3), mail("3", "4"), wait("4", "5", hours=60), mail("5")]


@dataclass(frozen=True)
class Hours:
    """Windows of each weekday, Sunday first, in minutes."""

    days: list[list[tuple[int, int]]]

    @property
    def rows(self):
        return [{"enabled": bool(day), "windows": [list(window) for window in day]} for day in self.days]

    def on_the_wall(self, wall: datetime) -> bool:
        if wall.date() in DAYS_OFF:
            return False
        minute, weekday = wall.hour * 60 + wall.minute, (wall.weekday() + 1) % 7
        if any(start <= minute < end or (end <= start <= minute) for start, end in self.days[weekday]):
            return True
        return any(end <= start and minute < end for start, end in self.days[weekday - 1])


BEFORE = [
    Hours([[(8 * 60, 19 * 60)]] * 7),
    Hours([[(21 * 60 + 30, 5 * 60)]] * 7),  # across midnight, and over the hours in which clocks change
    Hours([[]] + [[(7 * 60, 12 * 60), (13 * 60, 20 * 60)]] * 6),
    Hours([[(0, 9 * 60)]] * 7),
]
AFTER = [BEFORE[1], BEFORE[0], Hours([[(18 * 60, 2 * 60)]] * 7), BEFORE[2]]


@dataclass(frozen=True)
class Taken:
    at: datetime
    sender: str
    recipient: str


async def year(conninfo: str, *, mailboxes: int, mails: int, seconds: float, waves: list[date] = WAVES) -> None:
    seed = int(os.environ.get("YEAR_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed}")
    chance = random.Random(seed)
    log: list[Taken] = []
    async with campaigns(conninfo, own_mailboxes=mailboxes, seed=seed) as shop:
        shop.end.net.smtp.hosts.update(
            {
                place: replace(host, deliver=lambda e: log.append(Taken(e.received_at, e.mail_from, e.rcpt_to[0])))
                for place, host in shop.end.net.smtp.hosts.items()
            }
        )
        began = time.monotonic()
        same_time(shop)
        zones, boxes = await prepared(shop, chance, mailboxes=mailboxes, mails=mails, waves=waves)
        steps = await lived(shop, chance)
        took = time.monotonic() - began
        print(f"{len(log)} mails in {steps} steps, {took:.0f} s")
        states = Counter(await shop.rows("select state, reason from enrollments"))
        assert states == {("finished", "end_reached"): mails // 3}
    judge(log, zones, boxes)
    assert len(log) == mails // 3 * 3
    assert len(set(zones.values())) >= min(400, mails // 3)
    assert took < seconds


async def prepared(
    shop: Campaigns, chance: random.Random, *, mailboxes: int, mails: int, waves: list[date]
) -> tuple[dict[str, str], dict[str, str]]:
    """Campaigns in waves, four each with a schedule of its own; the zone of every recipient, and of every mailbox."""
    boxes = [
        await shop.mailbox(
            number, daily_limit=LIMIT, delay_min_seconds=GAP_SECONDS, delay_max_seconds=GAP_SECONDS + 300,
            time_zone=chance.choice(["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]),
        )
        for number in range(mailboxes)
    ]  # fmt: skip
    for day in DAYS_OFF:
        await shop.rows("insert into days_off (workspace_id, day) values (%s, %s) returning 1", shop.workspace_id, day)
    schedules = [await shop.schedule(hours.rows, "Europe/Berlin", in_recipient_zone=True) for hours in BEFORE]
    for zone in ZONES:
        await shop.rows("insert into place_zones values ('', %s, %s) returning 1", zone, zone)
    zones: dict[str, str] = {}
    count = mails // 3
    for number in range(len(waves) * len(BEFORE)):
        which = number % len(BEFORE)
        people = range(number * count // (len(waves) * len(BEFORE)), (number + 1) * count // (len(waves) * len(BEFORE)))
        list_id = await shop.new_list()
        addresses = [f"c{which}-w{number}-r{person}@{shop.end.recipients}" for person in people]
        places = [ZONES[person % len(ZONES)] for person in people]
        zones |= dict(zip(addresses, places, strict=True))
        await shop.rows(
            """
            with made as (
              insert into prospects (workspace_id, email, email_key, first_name, locality, source, made_at, changed_at)
              select %s, a, a, 'Ann', z, 'import', now(), now() from unnest(%s::text[], %s::text[]) as p (a, z) returning id)
            insert into list_members (workspace_id, list_id, prospect_id, added_at) select %s, %s, id, now() from made returning 1
            """,
            shop.workspace_id, addresses, places, shop.workspace_id, list_id,
        )  # fmt: skip
        wave = waves[number // len(BEFORE)]
        await shop.campaign(
            list_id, boxes[which::len(BEFORE)], CHART, schedule_id=schedules[which], start=False, status="scheduled",
            starts_at=datetime(wave.year, wave.month, wave.day, 8, tzinfo=UTC),
            settings={"daily_sending_all": MAILS_A_DAY, "daily_sending_new_recipients": FIRST_MAILS_A_DAY},
        )  # fmt: skip
    shop.letters = schedules
    of_boxes = dict(await shop.rows("select address, time_zone from mailboxes"))
    return zones, of_boxes


async def lived(shop: Campaigns, chance: random.Random) -> int:
    """Lets the year pass, from one moment at which something is due to the next; how many steps."""
    steps, edited = 0, False
    while True:
        await settled(shop)
        upcoming = await next_moment(shop)
        now = shop.now
        if not edited and (upcoming is None or upcoming >= EDIT):
            upcoming, edited = max(EDIT, now), True
            for schedule, hours in zip(shop.letters, AFTER, strict=True):
                await edit(shop, schedule, hours)
            if upcoming == now:
                continue
            # The edit is made before its moment comes, by less than a step in which nothing was due.
        if upcoming is None:
            return steps
        late = timedelta(seconds=chance.uniform(0, LATE.total_seconds()))
        await shop.end.pass_time(seconds=(upcoming + late - now).total_seconds())
        same_time(shop)
        steps += 1


def same_time(shop: Campaigns) -> None:
    """The sandbox begins some milliseconds before the house; its log is to be in the time of the house."""
    behind = shop.now - shop.end.net.clock.now()
    if behind > timedelta():
        shop.end.net.clock.advance(by=behind)


async def edit(shop: Campaigns, schedule: int, hours: Hours) -> None:
    await shop.rows("update schedules set days = %s, changed_at = %s where id = %s returning 1", json.dumps(hours.rows), shop.now, schedule)


async def settled(shop: Campaigns) -> None:
    async def started() -> bool:
        return bool(await shop.rows("select 1 from jobs where kind = 'campaigns.enroll' limit 1"))

    while True:
        busy = await plan_step(shop.world)
        if busy and await started():
            await run_due_jobs(shop.world, HANDLERS, ())
        async with shop.world.db.statement() as conn:
            sent = await senders.all_done(conn, shop.now)
        if sent and not busy:
            return
        await shop.end.until_nothing_is_due()


async def next_moment(shop: Campaigns) -> datetime | None:
    ((moment,),) = await shop.rows(
        """
        select min(at) from (
          select min(look_at) from enrollments where look_at > %(now)s and state in ('to_check', 'active')
          union all select min(starts_at) from campaigns where status = 'scheduled'
          union all select min(greatest(s.due_at, t.next_free_at)) from sends s join mailbox_turns t using (mailbox_id)
                     where greatest(s.due_at, t.next_free_at) > %(now)s
          union all select %(now)s + interval '40 minutes' where exists (
            select from enrollments where look_at <= %(now)s and state in ('to_check', 'active'))
        ) as next (at)
        """.replace("%(now)s", f"'{shop.now.isoformat()}'::timestamptz")
    )
    return moment


def judge(log: list[Taken], zones: dict[str, str], boxes: dict[str, str]) -> None:
    log.sort(key=lambda one: one.at)
    by_mailbox: dict[str, list[datetime]] = defaultdict(list)
    outside = []
    for one in log:
        wall = one.at.astimezone(ZoneInfo(zones[one.recipient]))
        hours = (AFTER if one.at >= EDIT else BEFORE)[int(one.recipient[1])]
        if not hours.on_the_wall(wall):
            outside.append((one, wall))
        by_mailbox[one.sender].append(one.at)
    assert outside == []
    gaps = [late - early for times in by_mailbox.values() for early, late in zip(sorted(times), sorted(times)[1:], strict=False)]
    assert min(gaps) >= timedelta(seconds=GAP_SECONDS)
    by_day = Counter((one.sender, one.at.astimezone(ZoneInfo(boxes[one.sender])).date()) for one in log)
    assert max(by_day.values()) <= LIMIT
    # A campaign's days are those of its schedule's zone.
    berlin = ZoneInfo("Europe/Berlin")
    campaign = [(one.recipient.split("-r")[0], one.at.astimezone(berlin).date()) for one in log]
    assert max(Counter(campaign).values()) <= MAILS_A_DAY
    firsts = {one.recipient: one.at for one in reversed(log)}
    new = Counter((recipient.split("-r")[0], at.astimezone(berlin).date()) for recipient, at in firsts.items())
    assert max(new.values()) <= FIRST_MAILS_A_DAY
    assert max(Counter(one.recipient for one in log).values()) <= 3
    print(f"at most {max(by_day.values())} of {LIMIT} a day from a mailbox, {max(Counter(campaign).values())} of {MAILS_A_DAY} and "
          f"{max(new.values())} of {FIRST_MAILS_A_DAY} of a campaign, least gap {min(gaps)}")


async def test_a_short_year(conninfo):
    """The same with less of everything."""
    await year(conninfo, mailboxes=4, mails=120, seconds=10_000, waves=WAVES[3:4] + WAVES[7:8])


@pytest.mark.bars
async def test_a_year_with_twenty_mailboxes(conninfo):
    await year(conninfo, mailboxes=20, mails=600, seconds=10_000, waves=WAVES[3:4] + WAVES[7:8])


@pytest.mark.long
async def test_a_year_with_a_hundred_mailboxes_and_sixty_thousand_mails(conninfo):
    await year(conninfo, mailboxes=100, mails=60_000, seconds=300)
