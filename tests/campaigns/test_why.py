"""Why is nothing being sent? The engine says in one sentence what it waits for."""

import pytest
from campaign_house import OFFICE_HOURS, campaigns, mail

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.campaigns.enrollments.model import StopReason
from fairlead.kit.refusals import NotFound
from fairlead.senders import actions as senders


@pytest.fixture
async def shop(conninfo):
    async with campaigns(conninfo) as shop:
        yield shop


async def why(shop, campaign: int) -> str:
    async with shop.world.db.statement() as conn:
        return (await enrollments.why_campaign(conn, shop.workspace_id, campaign, now=shop.now)).sentence


async def why_mailbox(shop, mailbox: int) -> str:
    async with shop.world.db.statement() as conn:
        return (await enrollments.why_mailbox(conn, shop.workspace_id, mailbox, now=shop.now)).sentence


async def why_recipient(shop, address: str) -> list[str]:
    async with shop.world.db.statement() as conn:
        found = await enrollments.why_recipient(conn, shop.workspace_id, address, now=shop.now)
    return [waiting.sentence for _, waiting in found]


async def test_a_campaign_that_was_not_started_or_is_paused_says_so(shop):
    list_id = await shop.new_list()
    await shop.prospect(list_id, shop.address("ann"))
    campaign = await shop.campaign(list_id, [await shop.mailbox()], start=False)
    assert await why(shop, campaign) == "It has not been started."
    await shop.set_status(campaign, "paused")
    assert await why(shop, campaign) == "It is paused."


async def test_a_campaign_without_recipients_says_so(shop):
    campaign = await shop.campaign(await shop.new_list(), [await shop.mailbox()])
    await shop.settle()
    assert (await why(shop, campaign)).startswith("Nobody is a recipient")


async def test_outside_its_hours_a_campaign_says_when_they_begin(shop):
    await shop.pass_time(hours=12)  # Monday evening
    list_id = await shop.new_list()
    await shop.prospect(list_id, shop.address("ann"))
    schedule = await shop.schedule(OFFICE_HOURS)
    campaign = await shop.campaign(list_id, [await shop.mailbox()], schedule_id=schedule)
    await shop.settle()
    assert await why(shop, campaign) == "Its sending hours are over until 2026-01-06 09:00 (UTC)."


async def test_a_daily_limit_that_is_reached_is_named_with_its_end(shop):
    list_id = await shop.new_list()
    for name in ("ann", "bob", "cid"):
        await shop.prospect(list_id, shop.address(name))
    campaign = await shop.campaign(
        list_id, [await shop.mailbox()], [mail("1")], settings={"daily_sending_new_recipients": 1}
    )
    await shop.settle()
    assert await why(shop, campaign) == "Its limit of 1 new recipients a day is reached until 2026-01-06 00:00 (UTC)."


async def test_a_mailbox_that_is_paused_is_named_by_its_campaign(shop):
    list_id, mailbox = await shop.new_list(), await shop.mailbox()
    await shop.prospect(list_id, shop.address("ann"))
    campaign = await shop.campaign(list_id, [mailbox])
    async with shop.world.db.transaction() as conn:
        await senders.pause(conn, shop.workspace_id, mailbox, reason="On holiday.", now=shop.now)
    await shop.settle()
    assert "None of its mailboxes can send" in await why(shop, campaign)
    assert await why_mailbox(shop, mailbox) == "It is paused: On holiday."


async def test_a_recipient_between_two_steps_says_when_the_next_is_due(shop):
    ann, list_id = shop.address("ann"), await shop.new_list()
    await shop.prospect(list_id, ann)
    campaign = await shop.campaign(list_id, [await shop.mailbox()])
    await shop.settle()
    (sentence,) = await why_recipient(shop, ann)
    assert sentence.startswith("The next step is due on 2026-01-07")
    assert (await why(shop, campaign)).startswith("Everybody waits for a step")
    await shop.stop(campaign, ann, StopReason.UNSUBSCRIBED)
    assert await why_recipient(shop, ann) == ["The recipient is done: the recipient unsubscribed."]


async def test_when_all_are_done_it_says_so(shop):
    list_id, mailbox = await shop.new_list(), await shop.mailbox()
    await shop.prospect(list_id, shop.address("ann"))
    campaign = await shop.campaign(list_id, [mailbox], [mail("1")])
    await shop.settle()
    assert await why(shop, campaign) == "Everybody has reached the end."


async def test_another_workspace_learns_nothing(shop):
    list_id, mailbox = await shop.new_list(), await shop.mailbox()
    await shop.prospect(list_id, shop.address("ann"))
    campaign = await shop.campaign(list_id, [mailbox])
    async with shop.world.db.statement() as conn:
        for asked in (
            enrollments.why_campaign(conn, shop.workspace_id + 1, campaign, now=shop.now),
            enrollments.why_mailbox(conn, shop.workspace_id + 1, mailbox, now=shop.now),
            enrollments.why_recipient(conn, shop.workspace_id + 1, shop.address("ann"), now=shop.now),
        ):
            with pytest.raises(NotFound):
                await asked
