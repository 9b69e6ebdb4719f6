"""Endpoints 26, 27, 81 and 82: a verification as an integration sees it, against mail servers of the sandbox."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.http.snov import jobs as snov_jobs
from fairlead.main import Start, open_house
from fairlead.verifier.actions import verify_now
from front_door import FrontDoor, Tenant
from http_receiver import Receiver
from verifier.mail_lab import MailLab, mail_lab

KEYS_OF_27 = {"smtp_status", "is_valid_format", "is_disposable", "is_webmail", "is_gibberish"}
KEYS_OF_81 = {
    "email",
    "isValidFormat",
    "isDisposable",
    "isWebmail",
    "isGibberish",
    "smtpStatus",
    "isCatchall",
    "isGreylist",
    "isBannedError",
    "isConnectionError",
}


@dataclass
class Office:
    """A house in a small internet, and a workspace in it with credits that can run out."""

    door: FrontDoor
    lab: MailLab
    tenant: Tenant

    async def work(self) -> None:
        await run_due_jobs(self.door.world, HANDLERS | snov_jobs.HANDLERS)

    async def verified(self, *emails: str) -> dict[str, dict]:
        """What 27 says of each, once the work is done."""
        started = await self.tenant.post("/v2/email-verification/start", emails=list(emails))
        assert started.status == 200, started.body
        await self.work()
        result = await self.tenant.get("/v2/email-verification/result", task_hash=started.body["data"]["task_hash"])
        assert result.body["status"] == "completed"
        return {row["email"]: row["result"] for row in result.body["data"]}

    def known(self, behavior: str) -> str:
        return next(person.email for person in self.lab.company(behavior).people if person.exists)

    def unknown(self, behavior: str) -> str:
        return f"nobody.of.that.name@{self.lab.company(behavior).domain}"


@asynccontextmanager
async def an_office(conninfo, tmp_path, **workspace) -> AsyncIterator[Office]:
    async with mail_lab(["reject_unknown:postfix", "catch_all", "greylist"]) as lab:
        settings = replace(lab.world.settings, database_url=conninfo, data=tmp_path)
        async with open_house(settings, Start(serves=True)) as house, FrontDoor.opened(house) as door:
            yield Office(door, lab, await door.workspace(**workspace))


@pytest.fixture
async def office(conninfo, tmp_path) -> AsyncIterator[Office]:
    async with an_office(conninfo, tmp_path, credits_given=Decimal(100)) as office:
        yield office


async def test_a_task_is_started_polled_and_answered(office):
    alive, dead = office.known("reject_unknown"), office.unknown("reject_unknown")
    started = await office.tenant.post("/v2/email-verification/start", emails=[alive, dead])
    task = started.body["data"]["task_hash"]
    assert started.body == {"data": {"task_hash": task}, "meta": {"emails": [alive, dead], "task_hash": task}}
    assert len(task) == 32
    running = await office.tenant.get("/v2/email-verification/result", task_hash=task)
    assert running.body == {"status": "in_progress", "data": [], "meta": started.body["meta"]}
    await office.work()
    done = await office.tenant.get(f"/v2/email-verification/result/{task}")
    assert set(done.body) == {"status", "data", "meta"}
    assert {row["email"]: row["result"]["smtp_status"] for row in done.body["data"]} == {
        alive: "valid",
        dead: "not_valid",
    }
    assert all(set(row["result"]) == KEYS_OF_27 for row in done.body["data"])
    assert await office.tenant.balance() == 98


async def test_an_unknown_address_says_why(office):
    anybody = office.unknown("catch_all")
    verdicts = await office.verified(anybody)
    assert verdicts[anybody]["smtp_status"] == "unknown"
    assert verdicts[anybody]["unknown_status_reason"] == "catchall"


async def test_the_same_address_is_paid_for_once(office):
    alive = office.known("reject_unknown")
    await office.verified(alive, alive)
    await office.verified(alive)
    assert await office.tenant.balance() == 99


async def test_what_is_no_address_is_not_valid(office):
    verdicts = await office.verified("junk", "a" * 1000 + "@x.example")
    assert {result["smtp_status"] for result in verdicts.values()} == {"not_valid"}
    assert not any(result["is_valid_format"] for result in verdicts.values())


async def test_eleven_addresses_are_refused_and_cost_nothing(office):
    refused = await office.tenant.post("/v2/email-verification/start", emails=[f"a{n}@x.example" for n in range(11)])
    assert refused.status == 422
    assert set(refused.body["errors"]) == {"emails"}
    assert (await office.tenant.post("/v2/email-verification/start")).status == 422
    assert await office.tenant.balance() == 100


async def test_a_task_of_another_workspace_is_not_there(office):
    started = await office.tenant.post("/v2/email-verification/start", emails=[office.known("reject_unknown")])
    stranger = await office.door.workspace()
    looked = await stranger.get("/v2/email-verification/result", task_hash=started.body["data"]["task_hash"])
    assert looked.status == 404
    assert (await office.tenant.get("/v2/email-verification/result", task_hash="0" * 32)).status == 404


async def test_without_credits_the_task_says_so(conninfo, tmp_path):
    async with an_office(conninfo, tmp_path, credits_given=Decimal(1)) as office:
        emails = [office.known("reject_unknown"), office.unknown("reject_unknown")]
        started = await office.tenant.post("/v2/email-verification/start", emails=emails)
        assert started.status == 200
        result = await office.tenant.get("/v2/email-verification/result", task_hash=started.body["data"]["task_hash"])
        assert result.body["status"] == "not_enough_credits"
        legacy = await office.tenant.post("/v1/add-emails-to-verification", emails=emails)
        assert legacy.status == 400
        assert "you ran out of credits" in legacy.body["message"]
        assert await office.tenant.balance() == 1


async def test_the_old_pair_is_asked_and_answered_by_address(office):
    alive = office.known("reject_unknown")
    before = await office.tenant.call("POST", f"/v1/get-emails-verification-status?emails[]={alive}")
    assert before.body[alive] == {
        "status": {
            "identifier": "not_verified",
            "description": "Email is not verified, try to send it for verification",
        },
        "data": [],
    }
    added = await office.tenant.call("POST", f"/v1/add-emails-to-verification?emails[]={alive}")
    assert added.body == {"success": True, alive: {"sent": True}}
    await office.work()
    after = await office.tenant.call("POST", f"/v1/get-emails-verification-status?emails[]={alive}")
    assert after.body[alive]["status"]["identifier"] == "complete"
    assert set(after.body[alive]["data"]) == KEYS_OF_81
    assert after.body[alive]["data"]["smtpStatus"] == "valid"
    assert await office.tenant.balance() == 99


async def test_the_hourly_limit_of_the_plan_holds(conninfo, tmp_path):
    async with an_office(conninfo, tmp_path, plan_name="starter") as office:
        emails = [f"a{number}@{office.lab.company('reject_unknown').domain}" for number in range(10)]
        for _ in range(50):
            assert (await office.tenant.post("/v1/get-emails-verification-status", emails=emails)).status == 200
        refused = await office.tenant.post("/v2/email-verification/start", emails=emails[:1])
        assert refused.status == 400
        assert refused.body == {
            "success": False,
            "message": "There are too many prospects processing. Please try later",
        }


async def test_more_callers_than_connections_all_get_their_answer(office):
    alive = office.known("reject_unknown")
    started = await asyncio.gather(
        *(office.tenant.post("/v2/email-verification/start", emails=[alive]) for _ in range(40))
    )
    assert {reply.status for reply in started} == {200}


async def test_the_result_is_posted_to_the_webhook_url_and_tried_again_until_it_is_taken(office):
    async with Receiver.opened("127.64.9.9", statuses=[500, 200]) as receiver:
        started = await office.tenant.post(
            "/v2/email-verification/start", emails=[office.known("reject_unknown")], webhook_url=receiver.url
        )
        task = started.body["data"]["task_hash"]
        await office.work()
        assert len(receiver.bodies) == 1
        await office.door.pass_time(minutes=19)
        await office.work()
        assert len(receiver.bodies) == 1
        await office.door.pass_time(minutes=2)
        await office.work()
        assert len(receiver.bodies) == 2
    polled = await office.tenant.get("/v2/email-verification/result", task_hash=task)
    assert [json.loads(body) for body in receiver.bodies] == [polled.body, polled.body]


@pytest.mark.parametrize("url", ["ftp://x.example/a", "/relative", "http://", "https://[bad/"])
async def test_a_webhook_url_that_is_no_web_address_is_refused(office, url):
    refused = await office.tenant.post("/v2/email-verification/start", emails=["a@x.example"], webhook_url=url)
    assert refused.status == 422
    assert set(refused.body["errors"]) == {"webhook_url"}


async def test_a_verdict_shows_in_the_list_of_the_workspace_that_asked_for_it(office):
    alive = office.known("reject_unknown")
    other = await office.door.workspace()

    async def shown(tenant):
        list_id = await tenant.list()
        await tenant.post("/v1/add-prospect-to-list", listId=list_id, email=alive)
        page = await tenant.post("/v1/prospect-list", listId=list_id)
        return page.body["prospects"][0]["emails"][0]

    await office.verified(alive)
    ours, theirs = await shown(office.tenant), await shown(other)
    assert (ours["smtpStatus"], ours["isVerified"], ours["isValidFormat"], ours["isWebmail"]) == (3, True, True, False)
    assert (theirs["smtpStatus"], theirs["isVerified"], theirs["isValidFormat"]) == (None, None, None)


async def test_what_the_operator_has_verified_shows_in_every_workspace(office):
    alive, dead = office.known("reject_unknown"), office.unknown("reject_unknown")
    other = await office.door.workspace()
    await office.verified(dead)  # our own business, until the operator asks too
    found = {verdict.address async for verdict in verify_now(office.door.world, [alive, dead])}
    assert found == {alive, dead}
    for tenant in (office.tenant, other):
        list_id = await tenant.list()
        for email in (alive, dead):
            await tenant.post("/v1/add-prospect-to-list", listId=list_id, email=email)
        page = await tenant.post("/v1/prospect-list", listId=list_id)
        shown = {row["email"]: row["smtpStatus"] for prospect in page.body["prospects"] for row in prospect["emails"]}
        assert shown == {alive: 3, dead: 1}
    # It is no verification of theirs: that would cost a credit.
    asked = await other.post("/v1/get-emails-verification-status", **{"emails[]": [alive]})
    assert asked.body[alive]["status"]["identifier"] == "not_verified"
