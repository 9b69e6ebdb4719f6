"""Recipients on their way through campaigns, to the mailboxes of the sandbox."""

from datetime import timedelta

import pytest
from campaign_house import OFFICE_HOURS, campaigns, mail, wait

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.campaigns.enrollments.actions import Wish
from fairlead.campaigns.enrollments.model import Signal, StopReason
from fairlead.prospects import actions as prospects
from fairlead.senders import actions as senders


@pytest.fixture
async def shop(conninfo):
    async with campaigns(conninfo) as shop:
        yield shop


async def test_steps_go_out_in_order_and_on_time(shop):
    ann, list_id = shop.address("ann"), await shop.new_list()
    await shop.prospect(list_id, ann)
    campaign = await shop.campaign(list_id, [await shop.mailbox()])
    await shop.settle()
    assert await shop.subjects(ann) == ["Hello"]
    await shop.pass_time(hours=47)
    assert await shop.subjects(ann) == ["Hello"]
    await shop.pass_time(hours=1)
    assert await shop.subjects(ann) == ["Hello", "Re: Hello"]
    await shop.pass_time(hours=4)
    assert await shop.subjects(ann) == ["Hello", "Re: Hello", "Re: Hello"]
    assert await shop.states(campaign) == {("finished", "end_reached"): 1}


async def test_a_reply_ends_the_follow_ups_of_a_campaign_that_skips_who_replied(shop):
    ann, bob, list_id = shop.address("ann"), shop.address("bob"), await shop.new_list()
    await shop.prospect(list_id, ann)
    await shop.prospect(list_id, bob)
    campaign = await shop.campaign(list_id, [await shop.mailbox()], settings={"skip_who_replied": True})
    await shop.settle()
    assert (await shop.stop(campaign, ann, StopReason.REPLIED)).enrollments == 1
    await shop.pass_time(days=2)
    await shop.pass_time(hours=4)
    assert await shop.subjects(ann) == ["Hello"]
    assert len(await shop.subjects(bob)) == 3
    assert await shop.states(campaign) == {("finished", "replied"): 1, ("finished", "end_reached"): 1}


async def test_a_campaign_that_does_not_skip_them_writes_on_after_a_reply(shop):
    ann, list_id = shop.address("ann"), await shop.new_list()
    await shop.prospect(list_id, ann)
    campaign = await shop.campaign(list_id, [await shop.mailbox()])
    await shop.settle()
    assert (await shop.stop(campaign, ann, StopReason.REPLIED)).enrollments == 0
    await shop.pass_time(days=2)
    await shop.pass_time(hours=4)
    assert len(await shop.subjects(ann)) == 3


async def test_one_reply_stops_the_company_but_not_the_other_customers_of_its_mail_provider(shop):
    list_id = await shop.new_list()
    for address in ("ann@acme.example", "bob@acme.example", "carl@gmail.com", "dora@gmail.com"):
        await shop.prospect(list_id, address)
    settings = {"skip_who_replied": True, "skip_company_domain_who_replied": True}
    campaign = await shop.campaign(list_id, [await shop.mailbox()], settings=settings, status="paused")
    await shop.enroll(campaign)
    assert (await shop.stop(campaign, "ann@acme.example", StopReason.REPLIED)).enrollments == 2
    assert (await shop.stop(campaign, "carl@gmail.com", StopReason.REPLIED)).enrollments == 1
    assert await shop.states(campaign) == {
        ("finished", "replied"): 2,
        ("finished", "company_replied"): 1,
        ("to_check", None): 1,
    }


async def test_who_unsubscribes_is_written_to_by_no_campaign_of_the_workspace(shop):
    ann, list_id = shop.address("ann"), await shop.new_list()
    await shop.prospect(list_id, ann)
    mailbox = await shop.mailbox()
    first = await shop.campaign(list_id, [mailbox])
    second = await shop.campaign(list_id, [mailbox], [wait("1", "2", hours=1), mail("2")])
    await shop.settle()
    await shop.stop(first, ann, StopReason.UNSUBSCRIBED)
    third = await shop.campaign(list_id, [mailbox])
    await shop.pass_time(days=4)
    assert await shop.subjects(ann) == ["Hello"]
    assert await shop.states(first) == {("unsubscribed", "unsubscribed"): 1}
    assert await shop.states(second) == {("unsubscribed", "unsubscribed"): 1}
    assert await shop.states(third) == {("excluded", "do_not_email"): 1}


async def test_a_stop_takes_back_what_is_planned_and_gives_its_place_in_the_day_back(shop):
    list_id = await shop.new_list()
    people = [shop.address(f"r{number}") for number in range(3)]
    for address in people:
        await shop.prospect(list_id, address)
    mailbox = await shop.mailbox(delay_min_seconds=600, delay_max_seconds=600)
    campaign = await shop.campaign(list_id, [mailbox], settings={"daily_sending_all": 2})
    await shop.settle()
    ((planned,),) = await shop.rows("select m.to_address from sends s join mails m on m.id = s.id where s.state = 'planned'")
    assert (await shop.stop(campaign, planned, StopReason.UNSUBSCRIBED)).withdrawn == 1
    await shop.pass_time(minutes=30)
    assert sum([len(await shop.subjects(address)) for address in people if address != planned]) == 2
    assert await shop.subjects(planned) == []


async def test_daily_limits_of_a_campaign_hold_on_all_mails_and_on_new_recipients(shop):
    list_id = await shop.new_list()
    for number in range(12):
        await shop.prospect(list_id, shop.address(f"r{number}"))
    chart = [mail("1", "2"), wait("2", "3", days=1), mail("3")]
    settings = {"daily_sending_all": 5, "daily_sending_new_recipients": 3, "sending_priority": "follow_up"}
    await shop.campaign(list_id, [await shop.mailbox()], chart, settings=settings)
    await shop.settle()
    for _ in range(30):
        await shop.pass_time(hours=8)
    by_day = await shop.rows(
        """
        select at::date, count(*)::int, count(*) filter (where m.subject = 'Hello')::int
          from sent_mails s join mails m on m.id = s.id group by 1 order by 1
        """
    )
    assert sum(mails for _, mails, _ in by_day) == 24
    assert all(mails <= 5 and firsts <= 3 for _, mails, firsts in by_day)
    assert by_day[0][1:] == (3, 3)


async def test_nothing_goes_out_outside_the_hours_of_the_recipients_zone(shop):
    tokyo, perth, list_id = shop.address("tokyo"), shop.address("perth"), await shop.new_list()
    await shop.prospect(list_id, tokyo, country="Japan", locality="Tokyo")
    await shop.prospect(list_id, perth, country="Australia", locality="Perth, Western Australia")
    schedule = await shop.schedule(OFFICE_HOURS, "Europe/Berlin", in_recipient_zone=True)
    await shop.campaign(list_id, [await shop.mailbox()], [mail("1")], schedule_id=schedule)
    # Monday, 8:00 UTC: 17:00 in Tokyo, 16:00 in Perth.
    await shop.settle()
    assert await shop.subjects(tokyo) == ["Hello"]
    assert await shop.subjects(perth) == ["Hello"]
    late, list_id = shop.address("late"), await shop.new_list()
    await shop.pass_time(hours=1, minutes=30)
    await shop.prospect(list_id, late, country="Japan", locality="Tokyo")
    await shop.campaign(list_id, [await shop.mailbox(1)], [mail("1")], schedule_id=schedule)
    await shop.settle()
    assert await shop.subjects(late) == []
    await shop.pass_time(hours=14, minutes=29)
    assert await shop.subjects(late) == []
    await shop.pass_time(minutes=1)
    assert await shop.subjects(late) == ["Hello"]


async def test_a_new_schedule_holds_for_those_who_wait_for_the_old_one(shop):
    ann, list_id = shop.address("ann"), await shop.new_list()
    await shop.prospect(list_id, ann, country="Germany")
    sundays = [{"enabled": day == 0, "windows": [[540, 1080]]} for day in range(7)]
    schedule = await shop.schedule(sundays, "UTC", in_recipient_zone=True)
    await shop.campaign(list_id, [await shop.mailbox()], [mail("1")], schedule_id=schedule)
    await shop.settle()
    assert await shop.subjects(ann) == []
    await shop.rows("update schedules set days = (select days from schedules where id = %s) where id = %s returning 1", await shop.schedule(OFFICE_HOURS), schedule)
    await shop.settle()
    assert await shop.subjects(ann) == ["Hello"]


async def test_the_mailbox_that_began_writes_to_the_end(shop):
    list_id = await shop.new_list()
    people = [shop.address(f"r{number}") for number in range(6)]
    for address in people:
        await shop.prospect(list_id, address)
    await shop.campaign(list_id, [await shop.mailbox(0), await shop.mailbox(1)])
    await shop.settle()
    await shop.pass_time(days=2)
    await shop.pass_time(hours=4)
    used = await shop.rows("select enrollment_id, array_agg(distinct mailbox_id), count(*)::int from step_runs group by 1")
    assert all(len(mailboxes) == 1 and mails == 3 for _, mailboxes, mails in used)
    assert len({mailboxes[0] for _, mailboxes, _ in used}) == 2


async def test_the_recipients_of_a_removed_mailbox_go_to_another_in_a_new_thread(shop):
    ann, list_id = shop.address("ann"), await shop.new_list()
    await shop.prospect(list_id, ann)
    first, second = await shop.mailbox(0), await shop.mailbox(1)
    await shop.campaign(list_id, [first, second])
    await shop.settle()
    ((used,),) = await shop.rows("select mailbox_id from step_runs")
    async with shop.world.db.transaction() as conn:
        await senders.remove(conn, shop.workspace_id, used, now=shop.now)
    await shop.pass_time(days=2)
    assert await shop.subjects(ann) == ["Hello", "Hello"]


async def test_a_condition_is_told_by_what_people_did_and_a_wait_ends_when_it_happens(shop):
    ann, bob, list_id = shop.address("ann"), shop.address("bob"), await shop.new_list()
    for address in (ann, bob):
        await shop.prospect(list_id, address)
    chart = [
        mail("1", "2"),
        {"key": "2", "type": "wait_for", "config": {"happening": "opened", "within": {"amount": 3, "unit": "days"}}, "ports": {"yes": "3", "no": "4"}},
        mail("3"),
        mail("4", "5"),
        {"key": "5", "type": "goal", "config": {"name": "cold"}},
    ]
    texts = {"3": ("You looked", "x"), "4": ("You did not", "x")}
    campaign = await shop.campaign(list_id, [await shop.mailbox()], chart, texts={"1": ("Hello", "x")} | texts)
    await shop.settle()
    await shop.pass_time(hours=5)
    await shop.signal(campaign, ann, Signal.OPENED)
    await shop.settle()
    assert await shop.subjects(ann) == ["Hello", "You looked"]
    assert await shop.subjects(bob) == ["Hello"]
    await shop.pass_time(days=3)
    assert await shop.subjects(bob) == ["Hello", "You did not"]
    assert await shop.states(campaign) == {("finished", "end_reached"): 1, ("finished", "goal_reached"): 1}


async def test_whoever_is_deleted_or_moved_to_another_list_hears_no_more(shop):
    ann, bob, list_id = shop.address("ann"), shop.address("bob"), await shop.new_list()
    deleted, moved = await shop.prospect(list_id, ann), await shop.prospect(list_id, bob)
    campaign = await shop.campaign(list_id, [await shop.mailbox()])
    await shop.settle()
    async with shop.world.db.transaction() as conn:
        await prospects.delete(conn, shop.workspace_id, [deleted], now=shop.now)
        await prospects.move(conn, shop.workspace_id, [moved], to_list=await shop.new_list(), from_list=list_id, now=shop.now)
    await shop.pass_time(days=4)
    assert await shop.subjects(ann) == await shop.subjects(bob) == ["Hello"]
    assert await shop.states(campaign) == {("excluded", "prospect_deleted"): 1, ("moved", "moved_to_another_list"): 1}


async def test_a_paused_campaign_is_silent_and_spreads_what_is_overdue_when_it_goes_on(shop):
    list_id = await shop.new_list()
    for number in range(6):
        await shop.prospect(list_id, shop.address(f"r{number}"))
    campaign = await shop.campaign(list_id, [await shop.mailbox()], [mail("1", "2"), wait("2", "3", days=1), mail("3")])
    await shop.settle()
    await shop.set_status(campaign, "paused")
    await shop.pass_time(days=10)
    assert sum(shop.end.taken.values()) == 6
    await shop.set_status(campaign, "active")
    async with shop.world.db.transaction() as conn:
        assert await enrollments.resumed(conn, shop.workspace_id, campaign, now=shop.now) == 6
    counts = []
    for _ in range(6):
        await shop.pass_time(hours=12)
        counts.append(sum(shop.end.taken.values()) - 6)
    assert counts[-1] == 6
    assert counts[0] < 4


async def test_too_many_bounces_pause_a_campaign_and_dead_addresses_are_blocked(shop):
    list_id = await shop.new_list()
    people = [shop.address(f"r{number}") for number in range(12)]
    for address in people:
        await shop.prospect(list_id, address)
    campaign = await shop.campaign(list_id, [await shop.mailbox()])
    await shop.settle()
    await shop.stop(campaign, people[0], StopReason.BOUNCED)
    await shop.settle()
    assert await shop.rows("select status from campaigns where id = %s", campaign) == [("active",)]
    await shop.stop(campaign, people[1], StopReason.BOUNCED)
    await shop.settle()
    ((status, reason),) = await shop.rows("select status, status_reason from campaigns where id = %s", campaign)
    assert (status, reason) == ("paused", "Automatically paused: 2 of 12 mails bounced.")
    assert await shop.rows("select item from do_not_email_items order by item") == [(one,) for one in sorted(people[:2])]
    # A person who lets it go on is not contradicted before more has bounced.
    await shop.set_status(campaign, "active")
    await shop.settle()
    assert await shop.rows("select status from campaigns where id = %s", campaign) == [("active",)]


async def test_a_campaign_ends_by_itself_after_the_last_step_and_is_archived_later(shop):
    list_id = await shop.new_list()
    await shop.prospect(list_id, shop.address("ann"))
    campaign = await shop.campaign(list_id, [await shop.mailbox()], completes_after_last_step=True, archive_in_months=1)
    await shop.settle()
    await shop.pass_time(days=2)
    assert await shop.rows("select status from campaigns where id = %s", campaign) == [("active",)]
    await shop.pass_time(hours=5)
    assert await shop.rows("select status from campaigns where id = %s", campaign) == [("completed",)]
    await shop.pass_time(days=32)
    assert await shop.rows("select status from campaigns where id = %s", campaign) == [("archived",)]


async def test_a_campaign_starts_and_ends_on_its_dates(shop):
    list_id = await shop.new_list()
    for number in range(4):
        await shop.prospect(list_id, shop.address(f"r{number}"))
    await shop.campaign(
        list_id, [await shop.mailbox()], [mail("1", "2"), wait("2", "3", days=3), mail("3")],
        start=False, status="scheduled", starts_at=shop.now + timedelta(days=1), completes_at=shop.now + timedelta(days=3),
    )  # fmt: skip
    await shop.settle()
    assert sum(shop.end.taken.values()) == 0
    await shop.pass_time(days=1)
    assert sum(shop.end.taken.values()) == 4
    await shop.pass_time(days=4)
    assert sum(shop.end.taken.values()) == 4
    assert await shop.rows("select status from campaigns") == [("completed",)]


async def test_the_months_recipients_hold_and_over_limit_waits_for_a_person(shop):
    list_id = await shop.new_list()
    for number in range(5):
        await shop.prospect(list_id, shop.address(f"r{number}"))
    await shop.rows("update workspaces set plan = 'free', recipients_used = 97 where id = %s returning 1", shop.workspace_id)
    campaign = await shop.campaign(list_id, [await shop.mailbox()], [mail("1", "2"), wait("2", "3", hours=1), mail("3")])
    await shop.settle()
    assert await shop.states(campaign) == {("active", None): 3, ("over_limit", "recipients_used_up"): 2}
    await shop.pass_time(days=2)
    assert await shop.states(campaign) == {("finished", "end_reached"): 3, ("over_limit", "recipients_used_up"): 2}
    await shop.rows("update workspaces set recipients_used = 0 returning 1")
    await shop.settle()
    assert (await shop.states(campaign))["over_limit", "recipients_used_up"] == 2
    ((held,), _) = await shop.rows("select address_key from enrollments where state = 'over_limit'")
    async with shop.world.db.transaction() as conn:
        await enrollments.change_status(conn, shop.workspace_id, campaign, held, Wish.ACTIVE, now=shop.now)
    await shop.settle()
    assert await shop.subjects(held) == ["Hello"]


async def test_a_chart_that_changes_takes_its_recipients_along(shop):
    ann, list_id = shop.address("ann"), await shop.new_list()
    await shop.prospect(list_id, ann)
    campaign = await shop.campaign(list_id, [await shop.mailbox()])
    await shop.settle()
    await shop.replace_chart(campaign, [mail("1", "2"), wait("2", "5", days=2), mail("5")])
    await shop.pass_time(days=2)
    assert await shop.subjects(ann) == ["Hello", "Re: Hello"]
    await shop.pass_time(days=4)
    assert await shop.subjects(ann) == ["Hello", "Re: Hello"]
    assert await shop.states(campaign) == {("finished", "end_reached"): 1}


async def test_who_is_added_to_the_list_of_an_active_campaign_is_written_to(shop):
    ann, list_id = shop.address("ann"), await shop.new_list()
    await shop.campaign(list_id, [await shop.mailbox()])
    await shop.settle()
    await shop.prospect(list_id, ann)
    await shop.settle()
    assert await shop.subjects(ann) == ["Hello"]
