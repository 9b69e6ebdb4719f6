"""What happens is told: in order, signed, seven times at most, and to nobody else."""

import hashlib
from datetime import timedelta

import pytest
from hook_house import happened
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from campaigns.tracked_mail import TrackedMail
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.http.snov.jobs import task_result
from fairlead.kit.public_ids import PublicIds
from fairlead.webhooks import actions as webhooks
from fairlead.webhooks.model import DeliveryState

MAIL = {
    "campaign_id": 100232, "campaign": "Spring", "step_id": 1780000000001, "prospect_id": 7, "prospect_name": "Ann Lee",
    "email": "ann@example.com", "sender_email": "me@example.org", "subject": "Plans", "message": "Hello Ann",
    "message_id": "<abc@example.org>",
}  # fmt: skip
# Hours after the event at which a delivery that never succeeds is tried (contract 17.3).
INSTANTS = [timedelta(minutes=minutes) for minutes in (0, 20, 60, 120, 360, 840, 2280)]


async def subscribed(tenant, url: str, event: str = "campaign_email sent") -> int:
    kind, _, action = event.partition(" ")
    words = {"event_object": kind, "event_action": action} if action else {"event": kind}
    reply = await tenant.post("/v2/webhooks", **words, endpoint_url=url)
    assert reply.status == 200, reply.body
    return reply.body["data"]["id"]


async def logged(tenant, **options):
    async with tenant.door.world.db.statement() as conn:
        return await webhooks.deliveries(conn, tenant.workspace_id, newest_first=False, **options)


async def test_a_sent_mail_is_told_as_the_contract_says(tenant, receiver, deliverer):
    hook = await subscribed(tenant, receiver.url())
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", **MAIL)
    assert await deliverer.deliver_due() == 1
    (came,) = receiver.came
    body = came.json
    ids = PublicIds(tenant.door.world.installation, "prospect")
    assert came.headers["Content-Type"] == "application/json"
    assert body == {
        "id": body["id"], "webhook_id": hook, "user_id": tenant.made.user_id, "event_object": "campaign_email",
        "event_action": "sent", "event_time": body["event_time"], "created_at": body["created_at"],
        "campaign_id": 100232, "campaign": "Spring", "step_id": 1780000000001,
        "prospect_id": ids.long(tenant.workspace_id, 7), "prospect_name": "Ann Lee",
        "prospect_email": "ann@example.com", "email": "ann@example.com", "from_email": "me@example.org",
        "to_email": "ann@example.com", "subject": "Plans", "message": "Hello Ann", "body": "Hello Ann",
        "message_id": "<abc@example.org>", "url": None, "linkedin_profile": None, "reply_type": None,
        "data": {
            "campaignId": 100232, "campaign": "Spring", "prospectId": ids.long(tenant.workspace_id, 7),
            "prospectName": "Ann Lee", "prospectEmail": "ann@example.com", "senderEmail": "me@example.org",
            "emailSubject": "Plans", "emailBody": "Hello Ann", "receivedAt": body["event_time"],
        },
    }  # fmt: skip
    assert len(body["id"]) == 32
    assert int(body["id"], 16)


async def test_an_answer_is_told_in_the_other_direction(tenant, receiver, deliverer):
    await subscribed(tenant, receiver.url(), "email_replied")
    await happened(tenant.door.world, tenant.workspace_id, "email_replied", **MAIL)
    await deliverer.deliver_due()
    body = receiver.came[0].json
    assert (body["from_email"], body["to_email"], body["reply_type"]) == ("ann@example.com", "me@example.org", "email")


@pytest.mark.parametrize(
    ("kind", "facts", "told"),
    [
        ("email_sent", {}, {"campaign_email sent"}),
        ("email_sent", {"first": True}, {"campaign_email sent", "campaign_email first_sent"}),
        ("email_opened", {"counted": True}, {"campaign_email opened", "email_opened"}),
        ("email_opened", {"counted": False, "class": "scanner"}, set()),
        ("email_clicked", {"counted": True}, {"campaign_email clicked", "email_clicked"}),
        ("email_clicked", {"counted": False}, set()),
        ("email_bounced", {}, {"campaign_email bounced"}),
        ("email_replied", {}, {"campaign_reply received", "email_replied"}),
        ("email_replied", {"first": True}, {"campaign_reply received", "campaign_reply first_received", "email_replied"}),
        ("email_auto_replied", {}, {"campaign_reply autoreply_received", "autoreply_detected"}),
        ("unsubscribed", {}, {"prospect unsubscribed"}),
        ("enrollment_finished", {"state": "finished", "reason": "end_reached"}, {"prospect campaign_finished", "prospect_completed"}),
        ("enrollment_finished", {"state": "finished", "reason": "replied"}, {"prospect campaign_finished"}),
        ("enrollment_finished", {"state": "bounced"}, set()),
        ("campaign_status_changed", {"to": "active"}, {"campaign launched", "campaign_launched"}),
        ("campaign_status_changed", {"to": "paused"}, {"campaign paused", "campaign_paused"}),
        ("campaign_status_changed", {"to": "archived"}, set()),
        ("linkedin_replied", {"first": True, "reply_type": "linkedinInMail"}, {"campaign_li_reply first_received", "linkedin_replied", "linkedin_inmail_replied"}),
        ("linkedin_replied", {"reply_type": "linkedinMessage"}, {"campaign_li_reply received", "linkedin_replied"}),
        ("linkedin_connection_accepted", {}, {"campaign_li connection_request_accepted", "linkedin_connection_accepted"}),
    ],
)  # fmt: skip
async def test_each_fact_reaches_those_who_asked_for_it(tenant, receiver, deliverer, kind, facts, told):
    names = [
        "campaign_email sent", "campaign_email first_sent", "campaign_email opened", "campaign_email clicked",
        "campaign_email bounced", "campaign_reply received", "campaign_reply first_received",
        "campaign_reply autoreply_received", "prospect campaign_finished", "prospect unsubscribed", "campaign launched",
        "campaign paused", "campaign_li_reply received", "campaign_li_reply first_received",
        "campaign_li connection_request_accepted", "email_opened", "email_clicked", "email_replied",
        "autoreply_detected", "prospect_completed", "campaign_launched", "campaign_paused", "linkedin_replied",
        "linkedin_inmail_replied", "linkedin_connection_accepted",
    ]  # fmt: skip
    paths = {name: "/" + hashlib.sha256(name.encode()).hexdigest() for name in names}
    for name in names:
        await subscribed(tenant, receiver.url(paths[name]), name)
    await happened(tenant.door.world, tenant.workspace_id, kind, **MAIL, **facts)
    await deliverer.deliver_due()
    assert {name for name in names if paths[name] in {came.path for came in receiver.came}} == told
    assert len(receiver.came) == len(told)


async def test_a_delivery_that_fails_is_tried_on_the_published_instants_and_no_more(tenant, receiver, deliverer):
    house = tenant.door
    receiver.answer = lambda _: 500
    hook = await subscribed(tenant, receiver.url())
    await happened(house.world, tenant.workspace_id, "email_sent", **MAIL)
    event_at = house.world.clock.now()
    while True:
        await deliverer.deliver_due()
        async with house.world.db.statement() as conn:
            due = await webhooks.next_due(conn)
        if due is None:
            break
        # Just before its instant nothing is tried, and at it everything is.
        tried = len(receiver.came)
        await house.pass_time(seconds=(due - house.world.clock.now()).total_seconds() - 1)
        await deliverer.deliver_due()
        assert len(receiver.came) == tried
        await house.pass_time(seconds=1.001)
    after = [came.at - event_at for came in receiver.came]
    assert len(after) == len(INSTANTS)
    for tried, instant in zip(after, INSTANTS, strict=True):
        assert instant <= tried <= instant * 1.02 + timedelta(seconds=5)
    assert len({came.json["id"] for came in receiver.came}) == 1
    (hooks,) = (await tenant.get("/v2/webhooks")).body["data"]
    assert hooks["data"]["status"] == "deactivated"
    async with house.world.db.statement() as conn:
        found = await webhooks.webhook(conn, tenant.workspace_id, hook)
    assert found.stopped_because == "The last of 7 tries of a delivery failed: HTTP 500"
    (one,) = await logged(tenant)
    assert (one.state, one.tries, one.last_status) == (DeliveryState.FAILED, 7, 500)


async def test_its_owner_is_told_by_mail_that_a_webhook_was_deactivated(tenant, receiver, deliverer):
    world = tenant.door.world
    await TrackedMail.sent(tenant)  # a workspace with a mailbox
    receiver.answer = lambda _: 500
    hook = await subscribed(tenant, receiver.url())
    await happened(world, tenant.workspace_id, "email_sent", **MAIL)
    for _ in INSTANTS:
        await deliverer.deliver_due()
        await tenant.door.pass_time(hours=25)
    async with world.db.statement() as conn:
        cur = await conn.execute(
            "select to_address, subject, letter from mails where workspace_id = %s and purpose = 'notice'",
            [tenant.workspace_id],
        )
        ((to, subject, letter),) = await cur.fetchall()
        cur = await conn.execute("select email from members where id = %s", [tenant.made.user_id])
        ((owner,),) = await cur.fetchall()
    assert (to, subject) == (owner, f"Webhook {hook} was deactivated")
    assert "HTTP 500" in letter
    assert "auto-generated" in letter


async def test_after_deactivation_nothing_goes_out_and_activation_does_not_replay(tenant, receiver, deliverer):
    hook = await subscribed(tenant, receiver.url())
    await tenant.call("PUT", f"/v2/webhooks/{hook}", json={"status": "deactivated"})
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    await tenant.call("PUT", f"/v2/webhooks/{hook}", json={"status": "active"})
    await deliverer.deliver_due()
    assert receiver.came == []
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    assert len(receiver.came) == 1


async def test_what_waits_is_dropped_when_its_webhook_is_deactivated(tenant, receiver, deliverer):
    receiver.answer = lambda _: 503
    hook = await subscribed(tenant, receiver.url())
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    await tenant.call("PUT", f"/v2/webhooks/{hook}", json={"status": "deactivated"})
    (one,) = await logged(tenant)
    assert one.state is DeliveryState.DROPPED


async def test_a_webhook_is_not_told_of_what_happened_before_it(tenant, receiver, deliverer):
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", **MAIL)
    await tenant.door.pass_time(seconds=1)
    await subscribed(tenant, receiver.url())
    await deliverer.deliver_due()
    assert receiver.came == []


async def test_a_second_tenant_hears_nothing(hook_house, tenant, receiver, deliverer):
    other = await hook_house.workspace()
    await subscribed(other, receiver.url())
    await happened(hook_house.world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    assert receiver.came == []


async def test_events_arrive_once_each_and_in_their_order(tenant, receiver, deliverer):
    await subscribed(tenant, receiver.url())
    for number in range(30):
        await happened(tenant.door.world, tenant.workspace_id, "email_sent", **(MAIL | {"step_id": number}))
    await deliverer.deliver_due()
    steps = [came.json["step_id"] for came in receiver.came]
    assert sorted(steps) == list(range(30))
    # Ten are in the air at once; beyond that the order holds.
    assert all(abs(place - step) <= 10 for place, step in enumerate(steps))


@pytest.mark.parametrize("status", [301, 302, 304, 400, 404, 410, 500, 503])
async def test_anything_but_a_2xx_is_a_failure_and_redirects_are_not_followed(tenant, receiver, deliverer, status):
    receiver.answer = lambda _: status
    await subscribed(tenant, receiver.url())
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    assert [came.path for came in receiver.came] == ["/hook"]
    (one,) = await logged(tenant)
    assert (one.state, one.last_status) == (DeliveryState.WAITING, status)


async def test_the_delivery_log_keeps_the_first_20_kb_of_the_answer(tenant, receiver, deliverer):
    receiver.text = b"x" * 50_000
    await subscribed(tenant, receiver.url())
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    (one,) = await logged(tenant)
    async with tenant.door.world.db.statement() as conn:
        (tried,) = await webhooks.attempts(conn, tenant.workspace_id, one.id)
    assert tried.attempt.status == 200
    assert tried.attempt.response == b"x" * 20_000


async def test_a_receiver_that_nobody_answers_for_is_a_failure_in_words(tenant, deliverer):
    await subscribed(tenant, "http://127.0.0.1:1/hook")
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    (one,) = await logged(tenant)
    async with tenant.door.world.db.statement() as conn:
        (tried,) = await webhooks.attempts(conn, tenant.workspace_id, one.id)
    assert tried.attempt.status is None
    assert tried.attempt.problem == "127.0.0.1 refused the connection."


async def test_the_standard_library_of_receivers_verifies_our_signatures(tenant, receiver, deliverer):
    world = tenant.door.world
    hook = await subscribed(tenant, receiver.url())
    async with world.db.transaction() as conn:
        before = await webhooks.secret(world, conn, tenant.workspace_id, hook)
        after = await webhooks.rotate_secret(world, conn, tenant.workspace_id, hook)
    assert before != after
    await happened(world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    (came,) = receiver.came
    for secret in (before, after):
        assert Verifier(secret).verify(came.body, came.headers)["event_action"] == "sent"
    with pytest.raises(WebhookVerificationError):
        Verifier(before).verify(came.body + b" ", came.headers)
    await tenant.door.pass_time(hours=25)
    await happened(world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    assert Verifier(after).verify(receiver.came[1].body, receiver.came[1].headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(before).verify(receiver.came[1].body, receiver.came[1].headers)


async def test_failed_deliveries_are_replayed_under_the_same_id(tenant, receiver, deliverer):
    receiver.answer = lambda _: 500
    hook = await subscribed(tenant, receiver.url())
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", **MAIL)
    for _ in INSTANTS:
        await deliverer.deliver_due()
        await tenant.door.pass_time(hours=25)
    assert len(receiver.came) == 7
    receiver.answer = lambda _: 200
    await tenant.call("PUT", f"/v2/webhooks/{hook}", json={"status": "active"})
    async with tenant.door.world.db.transaction() as conn:
        now = tenant.door.world.clock.now()
        assert await webhooks.replay(conn, tenant.workspace_id, failed_only=True, now=now) == 1
    await deliverer.deliver_due()
    assert len({came.json["id"] for came in receiver.came}) == 1
    (one,) = await logged(tenant)
    assert one.state is DeliveryState.DELIVERED


async def test_a_test_event_goes_to_its_webhook_alone(tenant, receiver, deliverer):
    world = tenant.door.world
    hook = await subscribed(tenant, receiver.url("/one"), "campaign_reply received")
    await subscribed(tenant, receiver.url("/other"), "campaign_reply received")
    async with world.db.transaction() as conn:
        await webhooks.send_test(conn, tenant.workspace_id, hook, now=world.clock.now())
    await deliverer.deliver_due()
    assert [(came.path, came.json["campaign"]) for came in receiver.came] == [("/one", "Test of a webhook")]


async def test_two_workers_deliver_nothing_twice(tenant, receiver):
    import asyncio

    world = tenant.door.world
    await subscribed(tenant, receiver.url())
    for number in range(40):
        await happened(world, tenant.workspace_id, "email_sent", **(MAIL | {"step_id": number}))
    await asyncio.gather(*(webhooks.Deliverer(world).deliver_due() for _ in range(3)))
    await webhooks.Deliverer(world).deliver_due()
    assert sorted(came.json["step_id"] for came in receiver.came) == list(range(40))


async def test_old_deliveries_are_forgotten(tenant, receiver, deliverer):
    world = tenant.door.world
    await subscribed(tenant, receiver.url())
    await happened(world, tenant.workspace_id, "email_sent", **MAIL)
    await deliverer.deliver_due()
    await tenant.door.pass_time(days=31)
    async with world.db.transaction() as conn:
        await webhooks.forget_old(conn, world.clock.now())
    assert await logged(tenant) == []


async def test_the_end_of_a_verification_is_told_with_its_result(tenant, receiver, hook_house):
    await subscribed(tenant, receiver.url(), "email_verification verified")
    # No address, so that nobody has to be asked.
    started = await tenant.post("/v2/email-verification/start", emails=["no address"])
    task = started.body["data"]["task_hash"]
    await run_due_jobs(hook_house.world, HANDLERS)
    await webhooks.Deliverer(hook_house.world, results=task_result).deliver_due()
    body = receiver.came[0].json
    shown = (await tenant.get("/v2/email-verification/result", task_hash=task)).body
    assert (body["event_object"], body["event_action"], body["task_hash"]) == ("email_verification", "verified", task)
    assert {name: body[name] for name in shown} == shown
    assert shown["status"] == "completed"


async def test_what_the_ledger_knows_of_a_mail_is_told_with_it(tenant, receiver, deliverer):
    mail = await TrackedMail.sent(tenant)
    await subscribed(tenant, receiver.url())
    await happened(tenant.door.world, tenant.workspace_id, "email_sent", send_id=mail.send_id, campaign_id=5)
    await deliverer.deliver_due()
    body = receiver.came[0].json
    assert (body["to_email"], body["prospect_name"], body["subject"], body["message"]) == (
        "ann@acme.example", "Ann", "Hello", "Hello there",
    )  # fmt: skip
    assert body["from_email"].endswith("@brightdesk.example")
    assert body["message_id"].startswith("<")
