"""Endpoints 19 to 22, 77 and 78 as an integration meets them, with real name and mail servers of the sandbox behind."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from random import SystemRandom

import pytest

from fairlead.corpus.findings import CompanyFinding, Method
from fairlead.corpus.model import SourceKind
from fairlead.events import actions as events
from fairlead.events.model import START
from fairlead.finder import actions as finder
from fairlead.jobs import actions as jobs
from finder.finding_office import Office, an_office, row
from http_receiver import Receiver
from lead_evidence import page

KEYS_OF_20 = {"email", "smtp_status", "is_valid_format", "is_disposable", "is_webmail", "is_gibberish"}
BEHAVIORS = ["reject_unknown:postfix", "catch_all", "greylist"]
OTHERS = ["null_mx", "blocked_banner"]


@pytest.fixture
async def office(conninfo, tmp_path) -> AsyncIterator[Office]:
    seed = SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    async with an_office(conninfo, tmp_path, BEHAVIORS, others=OTHERS, seed=seed, credits_given=Decimal(100)) as office:
        yield office


async def test_people_of_many_kinds_of_domains_in_one_request(office):
    """Found, unknown and not found; credits for what was found; nobody asked more than needed."""
    checked, open_door, putting_off = (office.company(name) for name in ("reject_unknown", "catch_all", "greylist"))
    known, colleague, *_, sought = office.regular("reject_unknown")
    await office.knows(checked, known, colleague)
    await office.knows(open_door, *office.regular("catch_all")[:2])
    await office.knows(putting_off, *office.regular("greylist")[:2])
    rows = [
        row(sought, checked),
        row(office.regular("catch_all")[-1], open_door),
        row(known, checked),
        ("Quirin", "Zweig", checked.domain),
        row(office.regular("greylist")[-1], putting_off),
        ("Ann", "Lee", office.company("null_mx").domain),
        ("Ann", "Lee", office.company("blocked_banner").domain),
        ("Ann", "Lee", "gmail.com"),
        ("Ann", "Lee", "not a domain"),
        row(sought, checked),
    ]
    data = await office.found(*rows)
    assert [item["people"] for item in data] == [f"{first} {last}" for first, last, _ in rows]
    results = [item["result"] for item in data]
    assert [len(result) for result in results] == [1, 1, 1, 0, 1, 0, 1, 0, 0, 1]
    statuses = [result[0]["smtp_status"] if result else None for result in results]
    assert statuses == ["valid", "unknown", "valid", None, "unknown", None, "unknown", None, None, "valid"]
    assert [results[n][0]["unknown_status_reason"] for n in (1, 4, 6)] == ["catchall", "greylist", "banned"]
    assert results[0][0]["email"] == sought.email == results[9][0]["email"]
    assert results[2][0]["email"] == known.email
    assert set(results[0][0]) == KEYS_OF_20
    assert set(results[1][0]) == KEYS_OF_20 | {"unknown_status_reason", "probability"}
    assert results[1][0]["email"] == office.regular("catch_all")[-1].email
    assert 20 <= results[1][0]["probability"] <= 95
    # Five were found; one of them was asked for twice.
    assert await office.tenant.balance() == 100 - 5
    assert office.asked[sought.email] == office.asked[known.email] == 1
    assert len(office.probes(open_door.domain)) == 2  # the candidate and a made-up name
    most = office.world.settings.finder_probes
    assert len([one for one in office.probes(checked.domain) if "zweig" in one or "quirin" in one]) <= most
    assert not any(address.endswith("@gmail.com") for address in office.asked)


async def test_the_same_person_is_paid_for_once_and_nothing_found_costs_nothing(office):
    company = office.company("reject_unknown")
    known = office.regular("reject_unknown")[0]
    await office.knows(company, known)
    for _ in range(2):
        assert (await office.found(row(known, company)))[0]["result"]
    assert await office.tenant.balance() == 99
    first, last, domain = row(known, company)
    assert (await office.found((first.upper(), f" {last} ", f"https://www.{domain}/about")))[0]["result"]
    assert await office.tenant.balance() == 99
    assert (await office.found(("Quirin", "Zweig", domain)))[0]["result"] == []
    assert await office.tenant.balance() == 99


async def test_a_task_that_two_workers_do_is_paid_and_told_once(office):
    company = office.company("reject_unknown")
    known = office.regular("reject_unknown")[0]
    await office.knows(company, known)
    async with Receiver.opened("127.64.9.9") as receiver:
        started = await office.start(row(known, company), webhook_url=receiver.url)
        async with office.world.db.transaction() as conn:
            claimed = await jobs.claim(conn, 10, now=office.world.clock.now(), lease=timedelta(seconds=60), lot=1.0)
        (job,) = [job for job in claimed if job.kind == finder.WORK]
        await asyncio.gather(*(finder.work_on_task(office.world, job) for _ in range(3)), return_exceptions=True)
        await office.work()
        assert (await office.result(started)).body["data"][0]["result"][0]["email"] == known.email
        assert len(receiver.bodies) == 1
    assert await office.tenant.balance() == 99
    async with office.world.db.statement() as conn:
        told = await events.read_since(
            conn, START, 10, kinds=["task_finished"], workspace_id=office.tenant.workspace_id
        )
    assert [(event.body["event_object"], event.body["event_action"]) for event in told] == [
        ("prospect", "found_emails_by_name_by_domain")
    ]


async def test_a_running_task_shows_its_rows_and_no_data(office):
    company = office.company("reject_unknown")
    started = await office.start(("Ann", "Lee", company.domain))
    task = started.body["data"]["task_hash"]
    meta = {"rows": [{"first_name": "Ann", "last_name": "Lee", "domain": company.domain}], "task_hash": task}
    assert started.body == {"data": {"task_hash": task}, "meta": meta}
    assert len(task) == 32
    assert set(task) <= set("0123456789abcdef")
    running = await office.result(started)
    assert running.body == {"status": "in_progress", "data": [], "meta": meta}
    await office.work()
    by_path = await office.tenant.get(f"/v2/emails-by-domain-by-name/result/{task}")
    assert by_path.body["status"] == "completed"
    assert by_path.body == (await office.result(started)).body


async def test_rows_arrive_as_a_form_too(office):
    company = office.company("reject_unknown")
    known = office.regular("reject_unknown")[0]
    await office.knows(company, known)
    form = {
        "rows[0][first_name]": known.first_name,
        "rows[0][last_name]": known.last_name,
        "rows[0][domain]": company.domain,
    }
    started = await office.tenant.call("POST", "/v2/emails-by-domain-by-name/start", data=form)
    await office.work()
    assert (await office.result(started)).body["data"][0]["result"][0]["email"] == known.email


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([], "rows"),
        ([{"first_name": "Ann", "last_name": "Lee"}], "rows.0.domain"),
        ([{"first_name": "Ann", "last_name": " ", "domain": "x.example"}], "rows.0.last_name"),
        ([{"first_name": "A" * 300, "last_name": "Lee", "domain": "x.example"}], "rows.0.first_name"),
        (["Ann Lee"], "rows"),
        ([{"first_name": "Ann", "last_name": "Lee", "domain": "x.example"}] * 11, "rows"),
    ],
)
async def test_rows_that_are_none_are_refused(house, rows, field):
    tenant = await house.workspace()
    refused = await tenant.post("/v2/emails-by-domain-by-name/start", rows=rows)
    assert refused.status == 422
    assert set(refused.body["errors"]) == {field}


async def test_a_task_of_another_workspace_or_another_page_is_not_there(office):
    started = await office.start(("Ann", "Lee", "x.example"))
    stranger = await office.door.workspace()
    task = started.body["data"]["task_hash"]
    for tenant, path in (
        (stranger, "/v2/emails-by-domain-by-name/result"),
        (office.tenant, "/v2/company-domain-by-name/result"),
        (office.tenant, "/v2/li-profiles-by-urls/result"),
    ):
        assert (await tenant.get(path, task_hash=task)).status == 404
        assert (await tenant.get(f"{path}/{task}")).status == 404
    assert (await office.tenant.get("/v2/emails-by-domain-by-name/result")).status == 422


async def test_without_credits_the_task_says_so_and_nobody_is_asked(conninfo, tmp_path):
    async with an_office(conninfo, tmp_path, ["reject_unknown:postfix"], seed=3, credits_given=Decimal(1)) as office:
        company = office.company("reject_unknown")
        started = await office.start(("Ann", "Lee", company.domain), ("Bob", "Stone", company.domain))
        assert started.status == 200
        await office.work()
        result = await office.result(started)
        assert (result.body["status"], result.body["data"]) == ("not_enough_credits", [])
        assert await office.tenant.balance() == 1
        assert office.asked.total() == 0
        legacy = {"firstName": "Ann", "lastName": "Lee", "domain": company.domain}
        assert (await office.tenant.post("/v1/add-names-to-find-emails", **legacy)).body["sent"] is True
        refused = await office.tenant.post("/v1/add-names-to-find-emails", **legacy | {"firstName": "Bob"})
        assert refused.status == 400
        assert "you ran out of credits" in refused.body["message"]


async def test_the_result_is_posted_to_the_webhook_url(office):
    company = office.company("reject_unknown")
    async with Receiver.opened("127.64.9.9") as receiver:
        started = await office.start(("Ann", "Lee", company.domain), webhook_url=receiver.url)
        await office.work()
        assert [json.loads(body) for body in receiver.bodies] == [(await office.result(started)).body]
        names = await office.tenant.post(
            "/v2/company-domain-by-name/start", names=["Nobody Knows Inc"], webhook_url=receiver.url
        )
        await office.work()
        polled = await office.tenant.get("/v2/company-domain-by-name/result", task_hash=names.body["data"]["task_hash"])
        assert json.loads(receiver.bodies[1]) == polled.body
    refused = await office.start(("Ann", "Lee", "x.example"), webhook_url="nowhere")
    assert refused.status == 422


async def test_the_old_pair_starts_and_tells(office):
    company = office.company("reject_unknown")
    known = office.regular("reject_unknown")[0]
    await office.knows(company, known)
    person = {"firstName": known.first_name, "lastName": known.last_name, "domain": company.domain}

    async def told():
        return (await office.tenant.post("/v1/get-emails-from-names", **person)).body

    assert (await told())["status"]["identifier"] == "not_found"
    added = await office.tenant.post("/v1/add-names-to-find-emails", **person)
    assert added.body == {"success": True, **person, "userId": office.tenant.made.user_id, "sent": True}
    assert (await told())["status"]["identifier"] == "in_progress"
    await office.work()
    assert await told() == {
        "success": True,
        "params": person,
        "data": person | {"emails": [{"email": known.email, "emailStatus": "valid"}]},
        "status": {"identifier": "complete", "description": "Emails search is completed"},
    }
    assert await office.tenant.balance() == 99
    await office.tenant.post("/v1/add-names-to-find-emails", **person)
    await office.work()
    assert await office.tenant.balance() == 99


async def test_the_old_pair_tells_that_nothing_was_found_and_charges_nothing(office):
    person = {"firstName": "Quirin", "lastName": "Zweig", "domain": office.company("null_mx").domain}
    await office.tenant.post("/v1/add-names-to-find-emails", **person)
    await office.work()
    told = (await office.tenant.post("/v1/get-emails-from-names", **person)).body
    assert (told["status"]["identifier"], told["data"]["emails"]) == ("not_found", [])
    assert await office.tenant.balance() == 100


async def test_the_hourly_limit_counts_the_finder_and_polling_is_free(house):
    tenant = await house.workspace(plan_name="starter")
    person = {"firstName": "Ann", "lastName": "Lee", "domain": "x.example"}
    for _ in range(199):
        assert (await tenant.post("/v1/get-emails-from-names", **person)).status == 200
    rows = [{"first_name": "Ann", "last_name": "Lee", "domain": "x.example"}]
    last = await tenant.post("/v2/emails-by-domain-by-name/start", rows=rows)
    assert last.status == 200
    refused = await tenant.post("/v2/emails-by-domain-by-name/start", rows=rows)
    assert refused.status == 400
    assert refused.body == {
        "success": False,
        "message": "There are too many prospects processing. Please try later",
    }
    task = last.body["data"]["task_hash"]
    assert (await tenant.get("/v2/emails-by-domain-by-name/result", task_hash=task)).status == 200


# Domains by company name.


async def domains(office: Office, *names: str) -> list[dict]:
    started = await office.tenant.post("/v2/company-domain-by-name/start", names=list(names))
    task = started.body["data"]["task_hash"]
    assert started.body["meta"] == {"names": list(names), "task_hash": task}
    await office.work()
    result = await office.tenant.get("/v2/company-domain-by-name/result", task_hash=task)
    assert result.body["status"] == "completed"
    assert (await office.tenant.get(f"/v2/company-domain-by-name/result/{task}")).body == result.body
    return result.body["data"]


async def test_a_company_is_known_by_its_name_with_and_without_its_legal_form(office):
    for domain, name in (
        ("arboretum-labs.example", "Arboretum Labs GmbH"),
        ("zinnia.example", "Zinnia Robotics, Inc."),
        ("zinnia-foods.example", "Zinnia Foods Ltd"),
    ):
        card = CompanyFinding(domain, Method.JSON_LD, name=name)
        await office.corpus.record(page(f"https://{domain}/", company=card))
    found = await domains(
        office, "Arboretum Labs", "ARBORETUM LABS AG", "Zinnia Robotics", "Zinia Robotics", "zinnia-foods.example",
        "Zinnia", "Nobody Knows Us",
    )  # fmt: skip
    assert [item["result"] and item["result"]["domain"] for item in found] == [
        "arboretum-labs.example", "arboretum-labs.example", "zinnia.example", "zinnia.example",
        "zinnia-foods.example", [], [],
    ]  # fmt: skip
    assert await office.tenant.balance() == 100 - 5
    await domains(office, "arboretum labs")
    assert await office.tenant.balance() == 100 - 5


async def test_what_another_workspace_knows_of_companies_is_not_told(office):
    stranger = await office.door.workspace()
    card = CompanyFinding("private.example", Method.IMPORT, name="Quite Private Company")
    await office.corpus.record(page("file:rows.csv", company=card), kind=SourceKind.IMPORT, owner=stranger.workspace_id)
    assert (await domains(office, "Quite Private Company"))[0]["result"] == []


async def test_names_that_are_none_are_refused(house):
    tenant = await house.workspace()
    for names in ([], ["a"] * 11, ["x" * 300]):
        refused = await tenant.post("/v2/company-domain-by-name/start", names=names)
        assert refused.status == 422
        assert set(refused.body["errors"]) == {"names"}
