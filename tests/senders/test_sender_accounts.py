"""Endpoints 28 to 31 by the front door, with the mail servers of a sandbox at the far end."""

import asyncio
from dataclasses import replace

import pytest
from post import ACCOUNTS, STATUS, Post, account_of

from fairlead.db.keys import add_key, read_keys, reseal
from fairlead.sandbox.smtp import sasl
from fairlead.sandbox.smtp.model import Login
from fairlead.senders import actions as senders


async def test_an_account_is_made_checked_and_listed_as_the_contract_prints_it(post: Post):
    tenant = await post.tenant()
    own = post.yard.own()
    made = await tenant.post(
        ACCOUNTS, **account_of(own, tags=["sales"], signature="<p>Ann</p>", timezoneId=43, limitation="60")
    )
    assert made.status == 200
    data = made.body["data"]
    assert data.pop("id") >= 300111
    assert data.pop("created_at").endswith("+00:00")
    assert data == {
        "sender_name": own.name, "email_from": own.email,
        "smtp": {"host": own.smtp_host, "port": 465, "encryption": "ssl", "status": "pending"},
        "imap": {"host": own.imap_host, "port": 993, "encryption": "ssl", "status": "pending"},
        "limitation": 60, "delay_type": "random", "delay_from": 600, "delay_to": 900, "reply_to": None,
        "signature": "<p>Ann</p>", "bcc_email": None, "tags": ["sales"], "timezoneId": 43,
    }  # fmt: skip
    assert own.password not in str(made.body)
    assert await post.work() >= 1
    (listed,) = (await tenant.get(ACCOUNTS)).body["data"]
    assert listed == {
        "id": listed["id"], "sender_name": own.name, "email_from": own.email, "valid": True,
        "suspended": False, "limitation": 60, "provider": "gmail", "tags": ["sales"],
        "imap": {"username": own.email, "valid": True},
    }  # fmt: skip
    status = await tenant.get(STATUS, sender_account_id=listed["id"])
    assert status.body == {"data": {"smtp": {"status": "valid"}, "imap": {"status": "valid"}}}


@pytest.mark.parametrize("number", range(8))
async def test_every_mailbox_of_the_sandbox_can_be_connected(post: Post, number: int):
    tenant = await post.tenant()
    made = await post.connected(tenant, number)
    status = await tenant.get(STATUS, sender_account_id=made["id"])
    assert status.body == {"data": {"smtp": {"status": "valid"}, "imap": {"status": "valid"}}}
    (listed,) = (await tenant.get(ACCOUNTS)).body["data"]
    assert listed["provider"] == {"google": "gmail"}.get(post.yard.own(number).provider, post.yard.own(number).provider)
    async with post.world.db.statement() as conn:
        mailbox = await senders.mailbox(conn, tenant.workspace_id, made["id"])
    assert mailbox.sent_copies == ("append" if listed["provider"] == "other" else "provider")


async def test_a_status_is_asked_for_before_any_worker_came(post: Post):
    tenant = await post.tenant()
    made = await post.connected(tenant, imap=None)
    status = await tenant.get(STATUS, sender_account_id=str(made["id"]))
    assert status.body == {"data": {"smtp": {"status": "valid"}, "imap": None}}
    assert (await tenant.get(ACCOUNTS)).body["data"][0]["imap"] is None


@pytest.mark.parametrize(
    ("changes", "part", "word"),
    [
        ({"password": "wrong"}, "smtp", "Wrong user name or password"),
        ({"password": "wrong"}, "imap", "Wrong user name or password"),
        ({"smtp": {"host": "smtp.nowhere.example", "port": 465, "encryption": "ssl"}}, "smtp", "does not exist"),
        ({"smtp": {"host": "imap.brightdesk.example", "port": 465, "encryption": "ssl"}}, "smtp", "Connection refused"),
        ({"imap": {"host": "smtp.brightdesk.example", "port": 993, "encryption": "ssl"}}, "imap", "Connection refused"),
        ({"smtp": {"host": "localhost", "port": 587, "encryption": "tls"}}, "smtp", "Unknown host"),
    ],
)
async def test_what_is_wrong_is_said_in_words(post: Post, changes, part, word):
    tenant = await post.tenant()
    made = await post.connected(tenant, **changes)
    (await tenant.get(STATUS, sender_account_id=made["id"]))
    status = (await tenant.get(STATUS, sender_account_id=made["id"])).body["data"]
    assert status[part]["status"] == "invalid"
    (sentence,) = status[part]["errors"]
    assert word in sentence
    assert (await tenant.get(ACCOUNTS)).body["data"][0]["valid"] is (part != "smtp" and "password" not in changes)


async def test_a_borrowed_domain_is_told(post: Post):
    """The login is right, and recipients would refuse the mail all the same."""
    tenant = await post.tenant()
    made = await post.connected(tenant, email_from="ann@gmail.com", imap=None)
    async with post.world.db.transaction() as conn:
        await senders.change(
            post.world, conn, tenant.workspace_id, made["id"],
            lambda settings: replace(settings, login=post.yard.own().email), now=post.world.clock.now(),
        )  # fmt: skip
    status = (await tenant.get(STATUS, sender_account_id=made["id"])).body["data"]["smtp"]
    assert status["status"] == "invalid"
    assert "recipients refuse mail from gmail.com" in status["errors"][0]


async def test_a_failure_put_right_is_seen_a_minute_later(post: Post):

    tenant = await post.tenant()
    hosts = dict(post.yard.net.smtp.hosts)
    post.yard.change(0, lambda host: replace(host, policy=_Refusing(host.policy)))
    made = await post.connected(tenant)
    status = await tenant.get(STATUS, sender_account_id=made["id"])
    assert "switched off" in status.body["data"]["smtp"]["errors"][0]
    post.yard.net.smtp.hosts.update(hosts)
    assert (await tenant.get(STATUS, sender_account_id=made["id"])).body == status.body
    await post.door.pass_time(minutes=1)
    status = await tenant.get(STATUS, sender_account_id=made["id"])
    assert status.body["data"]["smtp"] == {"status": "valid"}


class _Refusing:
    def __init__(self, policy) -> None:
        self._policy = policy

    def __getattr__(self, name):
        return getattr(self._policy, name)

    def login(self, mechanism, first):
        return sasl.exchange(mechanism, first, self)

    def password_login(self, user, password):
        return Login.DISABLED


SMTP = {"host": "smtp.brightdesk.example", "port": 465, "encryption": "ssl"}
IMAP = {"host": "imap.brightdesk.example", "port": 993, "encryption": "ssl"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sender_name": ""}, "sender_name"), ({"sender_name": "x" * 101}, "sender_name"),
        ({"email_from": None}, "email_from"), ({"email_from": "nobody"}, "email_from"),
        ({"password": ""}, "password"), ({"password": "a\r\nb"}, "password"),
        ({"smtp": None}, "smtp"), ({"smtp": "smtp.x.example"}, "smtp"),
        ({"smtp": SMTP | {"host": None}}, "smtp.host"), ({"smtp": SMTP | {"port": ""}}, "smtp.port"),
        ({"smtp": {"host": "a.example", "port": 465}}, "smtp.encryption"),
        ({"smtp": SMTP | {"host": "-a.example"}}, "smtp.host"), ({"smtp": SMTP | {"host": "x" * 101}}, "smtp.host"),
        ({"smtp": SMTP | {"host": "a b"}}, "smtp.host"), ({"smtp": SMTP | {"host": "a\r\nb"}}, "smtp.host"),
        ({"smtp": SMTP | {"port": 2525}}, "smtp.port"), ({"smtp": SMTP | {"port": 70_000}}, "smtp.port"),
        ({"smtp": SMTP | {"port": 587}}, "smtp.encryption"), ({"smtp": SMTP | {"port": 25}}, "smtp.encryption"),
        ({"smtp": SMTP | {"encryption": "tls"}}, "smtp.encryption"),
        ({"smtp": SMTP | {"encryption": "none"}}, "smtp.encryption"),
        ({"smtp": SMTP | {"encryption": "quantum"}}, "smtp.encryption"),
        ({"imap": IMAP | {"port": 143}}, "imap.encryption"), ({"imap": IMAP | {"encryption": "none"}}, "imap.encryption"),
        ({"imap": {"host": "a.example"}}, "imap.port"), ({"imap": IMAP | {"port": 110}}, "imap.port"),
        ({"reply_to": "nobody"}, "reply_to"), ({"bcc_email": "nobody"}, "bcc_email"),
        ({"limitation": 0}, "limitation"), ({"limitation": 1201}, "limitation"), ({"limitation": "many"}, "limitation"),
        ({"limitation": 145}, "limitation"),
        ({"delay_type": "odd"}, "delay_type"), ({"delay_type": "fixed", "delay_fixed": 4}, "delay_fixed"),
        ({"delay_type": "fixed", "delay_fixed": 3601}, "delay_fixed"), ({"delay_from": 4}, "delay_from"),
        ({"delay_to": 3601}, "delay_to"), ({"delay_from": 900}, "delay_to"), ({"delay_from": 700, "delay_to": 700}, "delay_to"),
        ({"timezoneId": 250}, "timezoneId"), ({"timezoneId": 459}, "timezoneId"), ({"timezoneId": "UTC"}, "timezoneId"),
        ({"tags": ["x" * 51]}, "tags"), ({"tags": [f"t{n}" for n in range(51)]}, "tags"),
        ({"signature": "x" * 50_001}, "signature"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_naming_the_field(post: Post, changes, field):
    tenant = await post.tenant()
    fields = account_of(post.yard.own()) | changes
    answer = await tenant.post(ACCOUNTS, **fields)
    assert answer.status == 422
    assert answer.body["success"] is False
    assert list(answer.body["errors"]) == [field]
    assert answer.body["errors"][field] == [answer.body["message"]]
    assert (await tenant.get(ACCOUNTS)).body["data"] == []


@pytest.mark.parametrize("field", ["sender_name", "email_from", "reply_to", "bcc_email", "tags"])
@pytest.mark.parametrize("bad", ["a\r\nBcc: x@evil.example", "a\nb", "a\u2028b", "a\x00b"])
async def test_nothing_that_reaches_a_header_may_hold_a_line_break(post: Post, field, bad):
    tenant = await post.tenant()
    value = f"{bad}@here.example" if field in ("email_from", "reply_to", "bcc_email") else bad
    answer = await tenant.post(ACCOUNTS, **account_of(post.yard.own(), **{field: value}))
    assert answer.status == 422
    made = await post.connected(tenant)
    assert (await tenant.call("PATCH", f"{ACCOUNTS}/{made['id']}", json={field: value})).status == 422


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0"])
async def test_private_hosts_are_refused(post: Post, host):
    tenant = await post.tenant()
    for part in ("smtp", "imap"):
        fields = account_of(post.yard.own())
        fields[part] = fields[part] | {"host": host}
        answer = await tenant.post(ACCOUNTS, **fields)
        assert answer.status == 422
        assert list(answer.body["errors"]) == [f"{part}.host"]


async def test_an_address_is_connected_once_in_a_workspace_and_again_when_it_was_removed(post: Post):
    tenant, other = await post.tenant(), await post.tenant()
    made = await post.connected(tenant)
    again = await tenant.post(ACCOUNTS, **account_of(post.yard.own(), email_from=post.yard.own().email.upper()))
    assert again.status == 422
    assert list(again.body["errors"]) == ["email_from"]
    await post.connected(other)
    async with post.world.db.transaction() as conn:
        await senders.remove(conn, tenant.workspace_id, made["id"], now=post.world.clock.now())
    assert (await tenant.get(ACCOUNTS)).body["data"] == []
    assert (await tenant.get(STATUS, sender_account_id=made["id"])).status == 404
    assert (await post.connected(tenant))["id"] != made["id"]


async def test_two_at_once_connect_an_address_once(post: Post):
    tenant = await post.tenant()
    answers = await asyncio.gather(*(tenant.post(ACCOUNTS, **account_of(post.yard.own())) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [422] * 7


async def test_a_plan_allows_so_many(post: Post):
    tenant = await post.tenant(plan_name="starter")
    for number in range(3):
        await post.connected(tenant, number)
    answers = await asyncio.gather(*(tenant.post(ACCOUNTS, **account_of(post.yard.own(n))) for n in (3, 4)))
    assert [answer.status for answer in answers] == [403, 403]
    assert "3 mailboxes" in answers[0].body["errors"]["title"]


async def test_a_change_keeps_the_rest_and_checks_a_new_connection(post: Post):
    tenant = await post.tenant()
    made = await post.connected(tenant, reply_to="r@here.example", signature="<p>x</p>", bcc_email="b@here.example", tags=["a"])
    await post.work()
    path = f"{ACCOUNTS}/{made['id']}"

    async def patched(**fields):
        answer = await tenant.call("PATCH", path, json=fields)
        assert answer.status == 200, answer.body
        assert "created_at" not in answer.body["data"]
        return answer.body["data"]

    data = await patched(limitation=70, delay_type="fixed", delay_fixed=300)
    assert (data["limitation"], data["delay_type"], data["delay_fixed"]) == (70, "fixed", 300)
    assert "delay_from" not in data
    assert data["smtp"]["status"] == data["imap"]["status"] == "valid"
    assert (await patched(delay_fixed=400))["delay_fixed"] == 400
    data = await patched(delay_type="random", delay_from=100, delay_to=200)
    assert (data["delay_from"], data["delay_to"]) == (100, 200)
    assert (await patched(delay_to=250))["delay_to"] == 250
    data = await patched(reply_to=None, signature=None, bcc_email=None, tags=None)
    assert (data["reply_to"], data["signature"], data["bcc_email"], data["tags"]) == (None, None, None, [])
    assert (await patched(tags=["b", "B", "c"]))["tags"] == ["b", "c"]
    data = await patched(password="wrong")
    assert data["smtp"]["status"] == data["imap"]["status"] == "pending"
    status = (await tenant.get(STATUS, sender_account_id=made["id"])).body["data"]
    assert status["smtp"]["status"] == status["imap"]["status"] == "invalid"
    data = await patched(password=post.yard.own().password, smtp=SMTP | {"port": 587, "encryption": "tls"})
    assert data["smtp"] == {"host": SMTP["host"], "port": 587, "encryption": "tls", "status": "pending"}
    await post.work()
    assert (await tenant.get(ACCOUNTS)).body["data"][0]["valid"] is True


async def test_a_change_needs_something_and_an_account(post: Post):
    tenant = await post.tenant()
    made = await post.connected(tenant)
    assert (await tenant.call("PATCH", f"{ACCOUNTS}/{made['id']}", json={})).status == 422
    assert (await tenant.call("PATCH", f"{ACCOUNTS}/{made['id']}", json={"smtp": {"port": 587}})).status == 422
    for unknown in ("999999", "0", "x", "9" * 30, "-1"):
        answer = await tenant.call("PATCH", f"{ACCOUNTS}/{unknown}", json={"limitation": 10})
        assert answer.status == 404
        assert answer.body["errors"]["title"] == "Sorry, but url or entity not found"
    second = await post.connected(tenant, 1)
    taken = await tenant.call("PATCH", f"{ACCOUNTS}/{second['id']}", json={"email_from": made["email_from"]})
    assert taken.status == 422
    assert list(taken.body["errors"]) == ["email_from"]


async def test_the_status_needs_an_id(post: Post):
    tenant = await post.tenant()
    for fields in ({}, {"sender_account_id": "x"}, {"sender_account_id": 0}):
        answer = await tenant.get(STATUS, **fields)
        assert answer.status == 422
        assert list(answer.body["errors"]) == ["sender_account_id"]
    assert (await tenant.get(STATUS, sender_account_id=99)).status == 404


async def test_another_workspace_neither_sees_nor_changes_an_account(post: Post):
    tenant, stranger = await post.tenant(), await post.tenant()
    made = await post.connected(tenant)
    assert (await stranger.get(ACCOUNTS)).body["data"] == []
    assert (await stranger.get(STATUS, sender_account_id=made["id"])).status == 404
    assert (await stranger.call("PATCH", f"{ACCOUNTS}/{made['id']}", json={"limitation": 1})).status == 404
    async with post.world.db.transaction() as conn:
        assert not await senders.pause(
            conn, stranger.workspace_id, made["id"], reason="mine", now=post.world.clock.now()
        )
    assert (await tenant.get(ACCOUNTS)).body["data"][0]["suspended"] is False


async def test_pausing_and_resuming_is_seen_and_written_down(post: Post):
    tenant = await post.tenant()
    made = await post.connected(tenant)
    now = post.world.clock.now()

    async def suspended():
        return (await tenant.get(ACCOUNTS)).body["data"][0]["suspended"]

    async with post.world.db.transaction() as conn:
        assert await senders.pause(conn, tenant.workspace_id, made["id"], reason="Provider said no.", now=now, by_fault=True)
        assert not await senders.pause(conn, tenant.workspace_id, made["id"], reason="Again.", now=now, by_fault=True)
    assert await suspended()
    async with post.world.db.transaction() as conn:
        assert await senders.resume(conn, tenant.workspace_id, made["id"], now=now)
        assert not await senders.resume(conn, tenant.workspace_id, made["id"], now=now)
    assert not await suspended()
    async with post.world.db.transaction() as conn:
        await senders.pause(conn, tenant.workspace_id, made["id"], reason="Revoked.", now=now, by_fault=True)
    # A new password is how a person answers a refusal.
    await tenant.call("PATCH", f"{ACCOUNTS}/{made['id']}", json={"password": post.yard.own().password})
    assert not await suspended()
    async with post.world.db.statement() as conn:
        cur = await conn.execute(
            "select kind, body ->> 'reason' from events where workspace_id = %s and kind like 'mailbox%%' order by id",
            [tenant.workspace_id],
        )
        assert await cur.fetchall() == [
            ("mailbox_paused", "Provider said no."), ("mailbox_resumed", None), ("mailbox_paused", "Revoked."),
        ]  # fmt: skip


async def test_secrets_are_sealed_and_move_to_a_new_key(post: Post):
    tenant = await post.tenant()
    made = await post.connected(tenant)
    async with post.world.db.statement() as conn:
        cur = await conn.execute("select secret from mailboxes where id = %s", [made["id"]])
        before = bytes((await cur.fetchone())[0])
        assert post.yard.own().password.encode() not in before
        add_key(post.door.house.folder)
        assert await reseal(conn, read_keys(post.door.house.folder)) >= 1
        cur = await conn.execute("select secret from mailboxes where id = %s", [made["id"]])
        assert bytes((await cur.fetchone())[0]) != before
    status = await tenant.get(STATUS, sender_account_id=made["id"])
    assert status.body["data"]["smtp"]["status"] == "valid"


async def test_a_check_of_old_settings_does_not_speak_for_new_ones(post: Post):
    tenant = await post.tenant()
    made = await post.connected(tenant)
    checking = asyncio.create_task(tenant.get(STATUS, sender_account_id=made["id"]))
    while True:  # until the check has begun
        await asyncio.sleep(0)
        if post.yard.net.smtp.connections:
            break
    await tenant.call("PATCH", f"{ACCOUNTS}/{made['id']}", json={"password": "wrong"})
    await checking
    await post.work()
    assert (await tenant.get(ACCOUNTS)).body["data"][0]["valid"] is False
