"""Campaigns as people set them up, to the mailboxes they reach."""

import hashlib
import hmac
import json

import pytest
from campaign_house import campaigns as opened

from fairlead.campaigns import actions as campaigns
from fairlead.campaigns import calendly
from fairlead.campaigns.graph import chart
from fairlead.campaigns.model import NewCampaign, Priority, ScheduleDay, SendingSettings
from fairlead.campaigns.schedules import NewSchedule
from fairlead.campaigns.status import Action
from fairlead.campaigns.windows import Window


@pytest.fixture
async def shop(conninfo):
    async with opened(conninfo) as shop:
        yield shop


def span(amount, unit):
    return {"amount": amount, "unit": unit}


def email(key, then=None):
    return {"key": key, "type": "email", "ports": {"next": then}}


def delay(key, then, amount, unit="days"):
    return {"key": key, "type": "wait", "config": {"wait": span(amount, unit)}, "ports": {"next": then}}


class Office:
    """Sets campaigns up by the room's actions."""

    def __init__(self, shop):
        self.shop = shop

    async def ask(self, question, *arguments, **named):
        async with self.shop.world.db.transaction() as conn:
            return await question(conn, self.shop.workspace_id, *arguments, now=self.shop.now, **named)

    async def campaign(self, nodes, texts, **more):
        """(campaign, author's key of a node -> its number), for one prospect named Ann."""
        shop = self.shop
        list_id = await shop.new_list()
        await shop.prospect(list_id, shop.address("ann"), first_name="Ann")
        always = tuple(ScheduleDay(True, (Window(0, 0),)) for _ in range(7))
        schedule = await self.ask(campaigns.create_schedule, NewSchedule("Always", "UTC", always))
        graph = chart.from_value({"entry": nodes[0]["key"], "nodes": nodes})
        new = NewCampaign("Spring", Priority.HIGH, (list_id,), graph, mailbox_ids=(await shop.mailbox(),),
                          schedule_id=schedule.id, **more)  # fmt: skip
        async with shop.world.db.transaction() as conn:
            made = await campaigns.create(shop.world, conn, shop.workspace_id, None, new, now=shop.now)
        numbers = dict(zip(graph.nodes, made.version.graph.nodes, strict=True))
        for key, (subject, body) in texts.items():
            await self.write(made, numbers[key], subject, body)
        return made, numbers

    async def write(self, made, step, subject, body):
        await self.ask(campaigns.write_content, made.id, step, 1, {"subject": subject, "body": body})

    async def act(self, made, action):
        async with self.shop.world.db.transaction() as conn:
            await campaigns.act(self.shop.world, conn, self.shop.workspace_id, made.id, action, now=self.shop.now)

    async def started(self, *arguments, **named):
        made, numbers = await self.campaign(*arguments, **named)
        await self.act(made, Action.START)
        await self.shop.settle()
        return made, numbers


@pytest.fixture
def office(shop):
    return Office(shop)


TWO = [email("hello", "wait"), delay("wait", "again", 2), email("again")]
TEXTS = {"hello": ("{Hi|Hi} {{first_name}}", "<p>Hello</p>"), "again": ("", "<p>Still there?</p>")}


async def test_a_campaign_is_made_started_and_read(shop, office):
    await office.started(TWO, TEXTS)
    ann = shop.address("ann")
    assert await shop.subjects(ann) == ["Hi Ann"]
    await shop.pass_time(days=2)
    assert await shop.subjects(ann) == ["Hi Ann", "Re: Hi Ann"]


async def test_what_is_changed_in_a_pause_holds_for_what_is_not_sent(shop, office):
    made, numbers = await office.started(TWO, TEXTS)
    await office.act(made, Action.PAUSE)
    await shop.pass_time(days=3)
    assert await shop.subjects(shop.address("ann")) == ["Hi Ann"]
    await office.write(made, numbers["again"], "Something new", "<p>New</p>")
    await office.act(made, Action.RESUME)
    await shop.settle()
    await shop.pass_time(days=3)
    assert await shop.subjects(shop.address("ann")) == ["Hi Ann", "Something new"]


async def test_who_stands_at_a_step_that_is_taken_out_goes_on_at_the_next(shop, office):
    made, numbers = await office.started(TWO, TEXTS)
    await office.act(made, Action.PAUSE)
    hello, again = numbers["hello"], numbers["again"]
    shorter = chart.from_value({"entry": hello, "nodes": [email(hello, again), email(again)]})
    await office.ask(campaigns.change, made.id, {}, graph=shorter)
    await office.act(made, Action.RESUME)
    await shop.settle()
    await shop.pass_time(days=3)
    assert await shop.subjects(shop.address("ann")) == ["Hi Ann", "Re: Hi Ann"]


async def test_an_empty_variable_keeps_a_recipient_out_when_that_is_wanted(shop, office):
    texts = {"hello": ("Hi {{company_name}}", "Hello")}
    made, _ = await office.started(
        [email("hello")], texts, settings=SendingSettings(skip_recipients_without_variables_data=True)
    )
    assert await shop.subjects(shop.address("ann")) == []
    assert list(await shop.states(made.id)) == [("excluded", "missing_variable")]


async def test_a_booking_leads_on_at_once(shop, office):
    nodes = [
        email("hello", "booked"),
        {"key": "booked", "type": "wait_for", "config": {"happening": "booked", "within": span(9, "days")},
         "ports": {"yes": "thanks", "no": None}},
        email("thanks"),
    ]  # fmt: skip
    await office.started(nodes, {"hello": ("Hi", "Hello"), "thanks": ("Thanks", "Thanks")})
    ann = shop.address("ann")
    async with shop.world.db.transaction() as conn:
        url = await calendly.connect(shop.world, conn, shop.workspace_id, "signing-key")
        cur = await conn.execute("select extract(epoch from clock_timestamp())::bigint")
        (at,) = await cur.fetchone()
    body = json.dumps({"event": "invitee.created", "payload": {"email": ann.upper(), "uri": "x"}}).encode()
    proof = hmac.new(b"signing-key", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    heard = await calendly.hear(shop.world, url.rpartition("/")[2], body, f"t={at},v1={proof}")
    assert heard is calendly.Heard.TAKEN
    await shop.pass_time(hours=1)
    assert await shop.subjects(ann) == ["Hi", "Thanks"]


async def test_a_test_mail_arrives_and_enrolls_nobody(shop, office):
    made, numbers = await office.campaign(TWO, TEXTS)
    ((prospect,),) = await shop.rows("select id from prospects where email = %s", shop.address("ann"))
    me = shop.address("me")
    async with shop.world.db.transaction() as conn:
        await campaigns.send_test(
            shop.world, conn, shop.workspace_id, made.id, now=shop.now, to=me, prospect_id=prospect, step=numbers["again"]
        )
    await shop.settle()
    assert await shop.subjects(me) == ["Re: Hi Ann"]
    assert await shop.states(made.id) == {}
