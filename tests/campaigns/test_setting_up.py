"""Campaigns as they are set up beyond the public API: charts with branches, versions, files, samples, copies."""

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import replace

import psycopg
import pytest

from fairlead.campaigns import actions as campaigns
from fairlead.campaigns import calendly
from fairlead.campaigns.graph import chart
from fairlead.campaigns.model import CampaignStatus, Defaults, NewCampaign, Priority, SendingSettings, Usage
from fairlead.campaigns.status import Action, NotReady
from fairlead.events import actions as events
from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.senders import actions as senders
from fairlead.senders.model import Encryption, ServerAddress, Settings

BRANCHES = {
    "entry": "first",
    "nodes": [
        {"key": "first", "type": "email", "ports": {"next": "wait", "no_email": "lost"}},
        {"key": "wait", "type": "wait", "config": {"wait": {"amount": 2, "unit": "days"}}, "ports": {"next": "opened"}},
        {"key": "opened", "type": "condition", "label": "Opened?",
         "config": {"question": {"happened": "opened", "after": "first"}}, "ports": {"true": "split", "false": "again"}},
        {"key": "split", "type": "ab_split", "config": {"weights": [3, 1]}, "ports": {"v1": "short", "v2": "done"}},
        {"key": "short", "type": "email", "ports": {"next": "done"}},
        {"key": "again", "type": "email", "ports": {"next": "done"}},
        {"key": "done", "type": "goal", "config": {"name": "Done"}},
        {"key": "lost", "type": "end"},
    ],
}  # fmt: skip


class Desk:
    def __init__(self, tenant):
        self.tenant = tenant
        self.world = tenant.door.world
        self.workspace_id = tenant.workspace_id

    @property
    def now(self):
        return self.world.clock.now()

    async def ask(self, question, *arguments, **named):
        async with self.world.db.transaction() as conn:
            return await question(conn, self.workspace_id, *arguments, **named)

    async def mailbox(self):
        settings = Settings("ann@acme.example", "Ann Lee", ServerAddress("smtp.acme.example", 465, Encryption.SSL))
        async with self.world.db.transaction() as conn:
            made = await senders.create(
                self.world, conn, self.workspace_id, settings, secret="s3cret", now=self.now
            )
        return made.id

    async def campaign(self, sequence=BRANCHES, **more):
        list_id = await self.tenant.list("People")
        await self.tenant.post(
            "/v1/add-prospect-to-list", listId=list_id, email="bo@corp.example", firstName="Bo", companyName="Corp"
        )
        new = NewCampaign(
            title="Spring",
            priority=Priority.LOW,
            list_ids=(list_id,),
            graph=chart.from_value(sequence),
            mailbox_ids=(await self.mailbox(),),
        )
        async with self.world.db.transaction() as conn:
            made = await campaigns.create(
                self.world, conn, self.workspace_id, None, replace(new, **more), now=self.now
            )
        for key, listed in (await self.ask(campaigns.contents, made.id)).items():
            for one in listed:
                await self.write(made, key, one.content_id)
        return made

    async def write(self, made, key, content_id, subject="Hi {{first_name}}", body="<p>{{company_name}} {{industry}}</p>"):
        return await self.ask(
            campaigns.write_content, made.id, key, content_id, {"subject": subject, "body": body}, now=self.now
        )

    async def act(self, made, action):
        async with self.world.db.transaction() as conn:
            return await campaigns.act(self.world, conn, self.workspace_id, made.id, action, now=self.now)

    async def again(self, made):
        return await self.ask(campaigns.campaign, made.id)

    async def bodies(self, kind):
        async with self.world.db.statement() as conn:
            found = await events.read_since(conn, events.START, 1_000, kinds=[kind], workspace_id=self.workspace_id)
        return [event.body for event in found]


@pytest.fixture
async def desk(house):
    return Desk(await house.workspace())


async def test_a_chart_keeps_its_branches_when_the_public_api_changes_its_steps(desk):
    made = await desk.campaign()
    assert all(key.isdigit() for key in made.version.graph.nodes)
    path = f"/v2/campaigns/{made.id}"
    sequence = (await desk.tenant.get(path)).body["data"]["sequence"]
    assert [step["type"] for step in sequence["steps"]] == ["email", "delay", "email", "goal"]
    sequence["steps"][1]["waiting_val"] = 5
    changed = await desk.tenant.call("PATCH", path, json={"sequence": sequence})
    assert changed.status == 200
    graph = (await desk.again(made)).version.graph
    before = made.version.graph
    assert [node.kind for node in graph.nodes.values()] == [node.kind for node in before.nodes.values()]
    assert [dict(node.ports) for node in graph.nodes.values()] == [dict(node.ports) for node in before.nodes.values()]
    assert list(graph.nodes.values())[1].wait.amount == 5
    assert list(graph.nodes.values())[2].label == "Opened?"
    sequence["steps"] = [sequence["steps"][0] | {"next": sequence["steps"][3]["_ref"]}, sequence["steps"][3]]
    refused = await desk.tenant.call("PATCH", path, json={"sequence": sequence})
    assert refused.status == 422
    assert "cannot show" in refused.body["message"]


async def test_a_published_version_never_changes_and_a_change_is_the_next_one(desk):
    made = await desk.campaign()
    draft = replace_label(made.version.graph, "before the start")
    drafted = await desk.ask(campaigns.change, made.id, {}, graph=draft, now=desk.now)
    assert (drafted.version.id, drafted.version.number) == (made.version.id, 1)
    await desk.act(made, Action.START)
    await desk.act(made, Action.PAUSE)
    after = replace_label(made.version.graph, "after it")
    changed = await desk.ask(campaigns.change, made.id, {}, graph=after, now=desk.now)
    assert changed.version.number == 2
    assert changed.version.published_at is not None
    assert [body["number"] for body in await desk.bodies("campaign_version_published")] == [2]
    with pytest.raises(psycopg.errors.RaiseException, match="published"):
        await desk.ask(rewrite_versions)
    assert (await desk.again(made)).version.checksum == chart.checksum(chart.to_json(after))


async def rewrite_versions(conn, workspace_id):
    await conn.execute("update campaign_versions set graph = '{}' where workspace_id = %s", [workspace_id])


def replace_label(graph, label):
    first = next(iter(graph.nodes.values()))
    return chart.Graph(graph.entry, {**graph.nodes, first.key: replace(first, label=label)})


async def test_of_two_starts_at_once_one_starts_it(desk):
    made = await desk.campaign()
    outcomes = await asyncio.gather(*(desk.act(made, Action.START) for _ in range(2)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "tuple"]
    assert await desk.bodies("campaign_status_changed") == [
        {"campaign_id": made.id, "from": "new", "to": "active"}
    ]


async def test_a_start_warns_of_a_missing_postal_address(desk):
    made = await desk.campaign()
    status, warnings = await desk.act(made, Action.START)
    assert status is CampaignStatus.ACTIVE
    assert any("postal address" in warning for warning in warnings)
    assert any("unsubscribe" in warning for warning in warnings)
    await desk.ask(campaigns.set_defaults, Defaults("Street 1", None), now=desk.now)
    await desk.act(made, Action.PAUSE)
    _, warnings = await desk.act(made, Action.RESUME)
    assert not any("postal address" in warning for warning in warnings)


async def test_a_mailbox_that_cannot_send_keeps_it_from_starting(desk):
    made = await desk.campaign()
    await desk.ask(senders.pause, made.mailbox_ids[0], reason="On holiday.", now=desk.now)
    with pytest.raises(NotReady) as refused:
        await desk.act(made, Action.START)
    assert refused.value.parts == (
        "The e-mail account ann@acme.example is not active (On holiday): resume it, or take it out of the campaign.",
    )
    await desk.ask(senders.remove, made.mailbox_ids[0], now=desk.now)
    with pytest.raises(NotReady, match="was deleted"):
        await desk.act(made, Action.START)


async def test_an_unsubscribe_link_wants_an_address_that_can_be_reached(desk):
    made = await desk.campaign(settings=SendingSettings(one_click_unsubscribe=True))
    with pytest.raises(NotReady, match="FAIRLEAD_PUBLIC_URL"):
        await desk.act(made, Action.START)


async def test_a_copy_has_all_but_the_dates(desk):
    made = await desk.campaign()
    first = next(iter(made.version.graph.nodes))
    await desk.ask(campaigns.attach, made.id, first, name="offer.pdf", content=b"%PDF", now=desk.now)
    await desk.ask(
        campaigns.write_content, made.id, first, 99, {"subject": "s", "body": "b", "usage": Usage.PAUSE, "weight": 7},
        now=desk.now, makes=True,
    )  # fmt: skip
    async with desk.world.db.transaction() as conn:
        copy = await campaigns.duplicate(desk.world, conn, desk.workspace_id, made.id, now=desk.now)
    assert (copy.title, copy.status, copy.version.number) == ("Spring (copy)", CampaignStatus.NEW, 1)
    assert copy.version.checksum == made.version.checksum
    assert (copy.list_ids, copy.mailbox_ids) == (made.list_ids, made.mailbox_ids)

    async def texts(one):
        listed = await desk.ask(campaigns.contents, one.id)
        return {key: [replace(variant, id=0) for variant in variants] for key, variants in listed.items()}

    assert await texts(copy) == await texts(made)
    (file,) = await desk.ask(campaigns.attachments, copy.id)
    assert (file.name, file.size) == ("offer.pdf", 4)


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [
        ("offer.pdf", 20_000_001, "20.0 MB; a mail may carry at most 20 MB"),
        ("offer.pdf", 0, "empty"),
        ("a\r\nBcc: b.pdf", 10, "one line"),
        ("../x", 10, "slash"),
        ("", 10, "characters"),
        ("x" * 201, 10, "characters"),
    ],
)
async def test_a_file_that_cannot_go_is_refused(desk, name, size, says):
    made = await desk.campaign()
    with pytest.raises(Invalid, match=says):
        await desk.ask(campaigns.attach, made.id, made.version.graph.entry, name=name, content=b"x" * size, now=desk.now)
    assert await desk.ask(campaigns.attachments, made.id) == []


async def test_files_of_a_mail_are_counted_together(desk):
    made = await desk.campaign()
    step, half = made.version.graph.entry, b"x" * 12_000_000
    await desk.ask(campaigns.attach, made.id, step, name="a.bin", content=half, now=desk.now)
    with pytest.raises(Invalid, match=r"24\.0 MB"):
        await desk.ask(campaigns.attach, made.id, step, name="b.bin", content=half, now=desk.now)
    with pytest.raises(Invalid, match="media type"):
        await desk.ask(campaigns.attach, made.id, step, name="b", content=b"x", media_type="a\r\nb", now=desk.now)
    with pytest.raises(NotFound):
        await desk.ask(campaigns.attach, made.id, "5", name="b", content=b"x", now=desk.now)
    (file,) = await desk.ask(campaigns.attachments, made.id)
    await desk.ask(campaigns.detach, made.id, file.id)
    await desk.act(made, Action.START)
    with pytest.raises(Conflict, match="pause it first"):
        await desk.ask(campaigns.attach, made.id, step, name="b", content=b"x", now=desk.now)


async def test_a_preview_is_what_the_prospect_would_get(desk):
    made = await desk.campaign()
    step = made.version.graph.entry
    await desk.ask(campaigns.attach, made.id, step, name="offer.pdf", content=b"%PDF", now=desk.now)
    bo = (await desk.tenant.prospect("bo@corp.example")).id
    sample = await desk.ask(campaigns.preview, made.id, now=desk.now, prospect_id=bo)
    assert (sample.letter.subject, sample.letter.text) == ("Hi Bo", "Corp")
    assert [(file.name, file.media_type) for file in sample.letter.attachments] == [("offer.pdf", "application/pdf")]
    assert sample.empty == ("industry",)
    emails = [node.key for node in made.version.graph.emails]
    await desk.write(made, emails[1], int(f"{emails[1]}0"), subject="", body="Still there?")
    follow_up = await desk.ask(campaigns.preview, made.id, now=desk.now, prospect_id=bo, step=emails[1])
    assert follow_up.letter.subject == "Re: Hi Bo"
    stranger = Desk(await desk.tenant.door.workspace())
    with pytest.raises(NotFound):
        await stranger.ask(campaigns.preview, made.id, now=desk.now, prospect_id=bo)


async def test_a_test_mail_goes_to_oneself_through_the_ledger(desk):
    made = await desk.campaign()
    bo = (await desk.tenant.prospect("bo@corp.example")).id
    async with desk.world.db.transaction() as conn:
        send_id = await campaigns.send_test(
            desk.world, conn, desk.workspace_id, made.id, now=desk.now, to="ann@acme.example", prospect_id=bo
        )
        cur = await conn.execute("select purpose, to_address, subject, mailbox_id from mails where id = %s", [send_id])
        assert await cur.fetchone() == ("test", "ann@acme.example", "Hi Bo", made.mailbox_ids[0])
        with pytest.raises(Invalid):
            await campaigns.send_test(
                desk.world, conn, desk.workspace_id, made.id, now=desk.now, to="a\r\nb@c.example", prospect_id=bo
            )


# Calendly


class Calendly:
    def __init__(self, desk, url, key):
        self.desk, self.path, self.key = desk, calendly.PATH + url.rpartition("/")[2], key

    async def tell(self, email, *, event="invitee.created", uri="https://api.calendly.com/1", **changes):
        told = {"event": event, "payload": {"email": email, "uri": uri}}
        return await self.post(json.dumps(told).encode(), **changes)

    async def post(self, body, *, key=None, at=None, method="POST"):
        at = int(time.time()) if at is None else at
        proof = hmac.new((key or self.key).encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Calendly-Webhook-Signature": f"t={at},v1={proof}"}
        door = self.desk.tenant.door
        async with door.http.request(method, door.base_url + self.path, data=body, headers=headers) as response:
            return response.status


@pytest.fixture
async def booking(desk):
    async with desk.world.db.transaction() as conn:
        url = await calendly.connect(desk.world, conn, desk.workspace_id, "signing-key-1")
    return Calendly(desk, url, "signing-key-1")


async def test_a_booking_is_a_fact_once(desk, booking):
    assert await booking.tell("Bo@Corp.example") == 200
    assert await booking.tell("Bo@Corp.example") == 200
    assert await desk.bodies("calendly_booked") == [{"email": "bo@corp.example", "enrollment_ids": []}]
    assert await booking.tell("bo@corp.example", uri="https://api.calendly.com/2") == 200
    assert len(await desk.bodies("calendly_booked")) == 2


async def test_what_is_not_signed_just_now_with_the_key_is_refused(desk, booking):
    assert await booking.tell("bo@corp.example", key="another-key") == 403
    assert await booking.tell("bo@corp.example", at=int(time.time()) - 600) == 403
    assert await booking.tell("bo@corp.example", at=int(time.time()) + 600) == 403
    assert await booking.tell("bo@corp.example", method="GET") == 405
    booking.path = calendly.PATH + "x" * 32
    assert await booking.tell("bo@corp.example") == 403
    assert await desk.bodies("calendly_booked") == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"event":"invitee.created"}', b'{"event":"invitee.created","payload":{"email":"x"}}', b"[" * 50_000]
)  # fmt: skip
async def test_other_deliveries_are_passed_over(desk, booking, body):
    assert await booking.post(body) == 200
    assert await booking.tell("bo@corp.example", event="invitee.canceled") == 200
    assert await desk.bodies("calendly_booked") == []
    assert await booking.post(b"x" * (calendly.MOST_BODY + 1)) == 413


async def test_a_new_key_replaces_the_old_one(desk, booking):
    async with desk.world.db.transaction() as conn:
        await calendly.connect(desk.world, conn, desk.workspace_id, "signing-key-2")
    assert await booking.tell("bo@corp.example") == 403
    booking.key = "signing-key-2"
    assert await booking.tell("bo@corp.example") == 200
