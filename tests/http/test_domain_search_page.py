"""Endpoints 2 to 11, 18 and 76 as an integration sees them."""

import json
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from fairlead.corpus.findings import CompanyFinding, Method
from fairlead.corpus.model import SourceKind
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.http.snov import jobs as snov_jobs
from fairlead.main import Start, open_house
from front_door import FrontDoor, Reply, Tenant
from http_receiver import Receiver
from lead_evidence import Corpus, page, person
from verifier.mail_lab import mail_lab


@pytest.fixture
def domain() -> str:
    return f"c{uuid4().hex[:12]}.example"


@pytest.fixture
def evidence(house) -> Corpus:
    return Corpus(house)


async def work(tenant: Tenant) -> None:
    await run_due_jobs(tenant.door.world, HANDLERS | snov_jobs.HANDLERS)


def path_of(link: str, tenant: Tenant) -> str:
    assert link.startswith(tenant.door.world.public_url)
    parts = urlsplit(link)
    return parts.path + (f"?{parts.query}" if parts.query else "")


async def found(tenant: Tenant, start: str, **fields) -> tuple[Reply, dict]:
    """(the answer of a start, the result once the work is done)."""
    started = await tenant.post(start, **fields)
    assert started.status == 200, started.body
    assert started.body["data"] == []
    await work(tenant)
    result = await tenant.get(path_of(started.body["links"]["result"], tenant))
    assert result.status == 200
    assert result.body["status"] == "completed"
    return started, result.body


async def test_a_domain_search_shows_the_company_and_how_much_there_is(house, evidence, domain):
    tenant = await house.workspace(plan_name="starter")
    related = domain.replace(".example", ".test")
    about = CompanyFinding(
        domain, Method.JSON_LD, name="Example Inc", city="Springfield", founded=2011, phone="+15550100",
        industry="Computer Software", size="51-200", site=f"https://{domain}",
    )  # fmt: skip
    await evidence.record(page(f"https://{domain}/", f"ann@{domain}", f"info@{domain}", company=about))
    await evidence.record(page(f"https://{related}/", f"bob@{related}"))

    started, result = await found(tenant, "/v2/domain-search/start", domain=f"HTTPS://www.{domain}/about")

    token = started.body["meta"]["task_hash"]
    base = house.world.public_url
    assert started.body == {
        "data": [],
        "meta": {"domain": domain, "task_hash": token},
        "links": {"result": f"{base}/v2/domain-search/result/{token}"},
    }
    assert result == {
        "data": {
            "company_name": "Example Inc", "city": "Springfield", "founded": "2011", "website": f"https://{domain}",
            "hq_phone": "15550100", "industry": "Computer Software", "size": "51-200", "related_domains": [related],
        },
        "meta": {
            "domain": domain, "task_hash": token, "prospects_count": 0, "emails_count": 1, "generic_contacts_count": 1,
        },
        "links": {
            "prospects": f"{base}/v2/domain-search/prospects/start?domain={domain}",
            "domain_emails": f"{base}/v2/domain-search/domain-emails/start?domain={domain}",
            "generic_contacts": f"{base}/v2/domain-search/generic-contacts/start?domain={domain}",
        },
        "status": "completed",
    }  # fmt: skip
    assert await tenant.balance() == Decimal("999.00")
    await found(tenant, "/v2/domain-search/start", domain=domain)
    assert await tenant.balance() == Decimal("999.00")


async def test_a_running_search_shows_its_form_and_nothing_else(house, evidence, domain):
    tenant = await house.workspace()
    token = (await tenant.post("/v2/domain-search/start", domain=domain)).body["meta"]["task_hash"]
    running = (await tenant.get(f"/v2/domain-search/result/{token}")).body
    assert (running["status"], running["data"], running["links"]) == ("in_progress", None, [])
    token = (await tenant.post("/v2/domain-search/prospects/start", domain=domain)).body["meta"]["task_hash"]
    running = (await tenant.get(f"/v2/domain-search/prospects/result/{token}")).body
    assert (running["status"], running["data"], running["links"]) == ("in_progress", [], [])
    await work(tenant)


async def test_nothing_known_costs_nothing(house, domain):
    tenant = await house.workspace(plan_name="starter")
    _, result = await found(tenant, "/v2/domain-search/start", domain=domain)
    assert result["data"] == []
    assert result["meta"]["prospects_count"] == 0
    for path in ("prospects", "domain-emails", "generic-contacts"):
        _, result = await found(tenant, f"/v2/domain-search/{path}/start", domain=domain)
        assert result["data"] == []
        assert result["meta"]["total_count"] == 0
        assert result["links"] == {"next": ""}
    assert await tenant.balance() == Decimal("1000.00")


async def test_people_come_in_pages_of_20_and_by_position(house, evidence, domain):
    tenant = await house.workspace(plan_name="starter")
    people = tuple(
        person(f"Ann Number{n}", f"ann.{n}@{domain}", position="QA Engineer" if n % 2 else "Head of Sales")
        for n in range(45)
    )
    await evidence.record(page(f"https://{domain}/team", people=people))

    seen: set[str] = set()
    start, fields = "/v2/domain-search/prospects/start", {"domain": domain, "positions": ["qa engineer"]}
    sizes = []
    while True:
        started, result = await found(tenant, start, **fields)
        sizes.append(len(result["data"]))
        assert result["meta"] == {**started.body["meta"], "total_count": 22}
        assert list(started.body["meta"]) == ["domain", "tab", "task_hash", "page", "positions"]
        assert {row["position"] for row in result["data"]} == {"QA Engineer"}
        seen |= {row["last_name"] for row in result["data"]}
        if not result["links"]["next"]:
            break
        start, fields = path_of(result["links"]["next"], tenant), {}
    assert sizes == [20, 2]
    assert len(seen) == 22
    assert set(result["data"][0]) == {"first_name", "last_name", "position", "source_page", "search_emails_start"}
    assert await tenant.balance() == Decimal("998.00")


async def test_at_most_ten_positions(house, domain):
    tenant = await house.workspace()
    refused = await tenant.post("/v2/domain-search/prospects/start", domain=domain, positions=[f"P{n}" for n in range(11)])
    assert refused.status == 422
    assert list(refused.body["errors"]) == ["positions"]


async def test_addresses_come_in_pages_of_50_behind_cursors_that_cannot_be_made_up(house, evidence, domain):
    tenant, other = await house.workspace(plan_name="starter"), await house.workspace()
    addresses = [f"a{n:03}.lee@{domain}" for n in range(120)]
    await evidence.record(page(f"https://{domain}/", *addresses, f"info@{domain}"))

    seen: list[str] = []
    start, fields = "/v2/domain-search/domain-emails/start", {"domain": domain}
    cursors = [""]
    while True:
        started, result = await found(tenant, start, **fields)
        assert started.body["meta"]["next"] == cursors[-1]
        assert result["meta"]["total_count"] == 120
        assert result["meta"]["tab"] == "emails"
        seen += [row["email"] for row in result["data"]]
        if not result["links"]["next"]:
            break
        cursors.append(result["meta"]["next"])
        assert len(cursors[-1]) == 112
        start, fields = path_of(result["links"]["next"], tenant), {}
    assert result["meta"]["next"] == ""
    assert sorted(seen) == addresses
    assert await tenant.balance() == Decimal("997.00")

    cursor = cursors[-1]
    forged = ("0" if cursor[0] != "0" else "1") + cursor[1:]
    for asker, fields in (
        (tenant, {"domain": domain, "next": forged}),
        (tenant, {"domain": domain, "next": "abc"}),
        (other, {"domain": domain, "next": cursor}),
        (tenant, {"domain": f"other.{domain}", "next": cursor}),
    ):
        refused = await asker.post("/v2/domain-search/domain-emails/start", **fields)
        assert refused.status == 422
    refused = await tenant.post("/v2/domain-search/generic-contacts/start", domain=domain, next=cursor)
    assert refused.status == 422


async def test_generic_contacts_have_their_own_tab(house, evidence, domain):
    tenant = await house.workspace()
    await evidence.record(page(f"https://{domain}/", f"ann@{domain}", f"info@{domain}", f"sales@{domain}"))
    _, result = await found(tenant, "/v2/domain-search/generic-contacts/start", domain=domain)
    assert result["meta"]["tab"] == "service"
    assert {row["email"] for row in result["data"]} == {f"info@{domain}", f"sales@{domain}"}


async def test_a_prospect_hash_leads_to_live_addresses_and_is_paid_once(conninfo, tmp_path):
    async with mail_lab(["reject_unknown:postfix", "catch_all"]) as lab:
        settings = replace(lab.world.settings, database_url=conninfo, data=tmp_path)
        async with open_house(settings, Start(serves=True)) as opened, FrontDoor.opened(opened) as door:
            tenant = await door.workspace(plan_name="starter")
            strict, careless = lab.company("reject_unknown"), lab.company("catch_all")
            alive = next(somebody.email for somebody in strict.people if somebody.exists)
            anybody = next(somebody.email for somebody in careless.people if somebody.exists)
            await Corpus(door).record(
                page(
                    f"https://{strict.domain}/team",
                    people=(person("Ann Lee", alive), person("Al Gone", f"nobody.gone@{strict.domain}"), person("Bo Ray")),
                )
            )
            await Corpus(door).record(page(f"https://{careless.domain}/", people=(person("Cy Any", anybody),)))
            answers = {}
            for domain in (strict.domain, careless.domain):
                _, people = await found(tenant, "/v2/domain-search/prospects/start", domain=domain)
                for row in people["data"]:
                    answers[row["first_name"]] = await found(tenant, path_of(row["search_emails_start"], tenant))
            for started, result in answers.values():
                assert set(started.body["meta"]) == {"task_hash"}
                assert set(result) == {"data", "meta", "links", "status"}
                assert set(result["data"]) == {"searching_date", "emails"}
                assert result["links"] == []
            emails = {name: result["data"]["emails"] for name, (_, result) in answers.items()}
            assert emails["Ann"] == [{"email": alive, "smtp_status": "valid"}]
            assert emails["Cy"] == [{"email": anybody, "smtp_status": "unknown"}]
            assert f"nobody.gone@{strict.domain}" not in str(emails["Al"])
            before = await tenant.balance()
            async with Receiver.opened("127.64.9.8") as receiver:
                start = path_of(people["data"][0]["search_emails_start"], tenant)
                _, again = await found(tenant, start, webhook_url=receiver.url)
            assert await tenant.balance() == before
            assert [json.loads(body) for body in receiver.bodies] == [again]


async def test_a_prospect_hash_opens_for_its_workspace_and_search_alone(house, evidence, domain):
    tenant, other = await house.workspace(), await house.workspace()
    await evidence.record(page(f"https://{domain}/team", people=(person("Ann Lee"),)))
    _, people = await found(tenant, "/v2/domain-search/prospects/start", domain=domain)
    start = path_of(people["data"][0]["search_emails_start"], tenant)
    assert len(start.rpartition("/")[2]) == 100

    started, result = await found(tenant, start)

    assert result["data"]["emails"] == []
    token = started.body["meta"]["task_hash"]
    assert (await other.post(start)).status == 404
    assert (await other.get(f"/v2/domain-search/prospects/search-emails/result/{token}")).status == 404
    forged = start[:-1] + ("0" if start[-1] != "0" else "1")
    assert (await tenant.post(forged)).status == 404
    # A hash of one search opens no other: the database search hides what it shows until it is paid for.
    elsewhere = start.replace("domain-search", "database-search")
    assert (await tenant.post(elsewhere)).status == 404


async def test_a_task_is_shown_by_its_own_result_only(house, evidence, domain):
    tenant = await house.workspace()
    started, _ = await found(tenant, "/v2/domain-search/start", domain=domain)
    token = started.body["meta"]["task_hash"]
    assert (await tenant.get(f"/v2/domain-search/prospects/result/{token}")).status == 404
    unknown = await tenant.get(f"/v2/domain-search/result/{'0' * 32}")
    assert unknown.status == 404
    assert unknown.body == {"errors": {"code": 404, "title": "Sorry, but url or entity not found", "source": ""}}


@pytest.mark.parametrize("path", ["start", "prospects/start", "domain-emails/start", "generic-contacts/start"])
async def test_what_is_no_domain_is_refused(house, path):
    tenant = await house.workspace()
    refused = await tenant.post(f"/v2/domain-search/{path}", domain="not a domain")
    assert refused.status == 400
    assert refused.body["success"] is False
    assert isinstance(refused.body["message"], str)
    missing = await tenant.post(f"/v2/domain-search/{path}")
    assert missing.status == 422
    assert list(missing.body["errors"]) == ["domain"]


async def test_without_credits_the_result_says_so(house, evidence, domain):
    tenant = await house.workspace(credits_given=Decimal(3))
    await evidence.record(page(f"https://{domain}/", f"ann@{domain}"))
    balance = int(await tenant.balance())
    for n in range(balance):
        other = f"n{n}.{domain}"
        await evidence.record(page(f"https://{other}/", f"ann@{other}"))
        await found(tenant, "/v2/domain-search/start", domain=other)
    started = await tenant.post("/v2/domain-search/start", domain=domain)
    result = await tenant.get(path_of(started.body["links"]["result"], tenant))
    assert result.body["status"] == "not_enough_credits"
    assert not result.body["data"]


async def test_a_private_import_is_found_by_its_workspace_alone(house, evidence, domain):
    ours, theirs = await house.workspace(), await house.workspace()
    await evidence.record(
        page("row", people=(person("Ann Lee", f"ann@{domain}"),)),
        uri=f"{domain}.csv", kind=SourceKind.IMPORT, owner=ours.workspace_id,
    )  # fmt: skip
    for path in ("prospects", "domain-emails"):
        _, mine = await found(ours, f"/v2/domain-search/{path}/start", domain=domain)
        _, none = await found(theirs, f"/v2/domain-search/{path}/start", domain=domain)
        assert len(mine["data"]) == 1
        assert none["data"] == []
    assert (await ours.post("/v1/get-domain-emails-count", domain=domain)).body["result"] == 1
    assert (await theirs.post("/v1/get-domain-emails-count", domain=domain)).body["result"] == 0
    assert (await theirs.get("/v2/domain-emails-with-info", domain=domain, lastId=0)).body["emails"] == []


async def test_counting_is_free_and_webmail_counts_nothing(house, evidence, domain):
    tenant = await house.workspace(plan_name="starter")
    await evidence.record(page(f"https://{domain}/", f"ann@{domain}", f"info@{domain}", "ann@gmail.com"))
    counted = await tenant.post("/v1/get-domain-emails-count", domain=domain)
    assert counted.body == {"success": True, "domain": domain, "webmail": False, "result": 2}
    webmail = await tenant.post("/v1/get-domain-emails-count", domain="gmail.com")
    assert webmail.body == {"success": True, "domain": "gmail.com", "webmail": True, "result": 0}
    assert (await tenant.post("/v1/get-domain-emails-count", domain="nonsense")).status == 400
    _, result = await found(tenant, "/v2/domain-search/start", domain="gmail.com")
    assert result["data"] == []
    assert await tenant.balance() == Decimal("1000.00")


async def test_addresses_with_info_are_paged_by_the_last_id(house, evidence, domain):
    tenant = await house.workspace(plan_name="starter")
    people = tuple(person(f"Ann N{n:02}", f"ann.{n:02}@{domain}", position="CTO") for n in range(12))
    about = CompanyFinding(domain, Method.JSON_LD, name="Example")
    await evidence.record(page(f"https://{domain}/team", f"info@{domain}", people=people, company=about))

    first = (await tenant.get("/v2/domain-emails-with-info", domain=domain, lastId=0)).body
    assert {key: value for key, value in first.items() if key not in ("emails", "lastId")} == {
        "success": True, "domain": domain, "webmail": False, "result": 13, "limit": 10, "companyName": "Example",
    }  # fmt: skip
    assert len(first["emails"]) == 10
    second = (await tenant.get("/v2/domain-emails-with-info", domain=domain, lastId=first["lastId"])).body
    rows = first["emails"] + second["emails"]
    assert len({row["email"] for row in rows}) == 13
    for row in rows:
        wanted = {"email", "type", "status"}
        if row["type"] == "prospect":
            wanted |= {"firstName", "lastName", "position", "sourcePage", "companyName"}
        assert set(row) == wanted
        assert row["status"] == "notVerified"
    assert await tenant.balance() == Decimal("998.00")

    over = (await tenant.get("/v2/domain-emails-with-info", domain=domain, lastId=second["lastId"])).body
    assert over == {
        "success": False, "domain": "", "webmail": False, "result": 0, "lastId": 0, "limit": 10, "companyName": "",
        "emails": [],
    }  # fmt: skip
    generic = (await tenant.get("/v2/domain-emails-with-info", domain=domain, type="generic")).body
    assert [row["email"] for row in generic["emails"]] == [f"info@{domain}"]
    chosen = (await tenant.get("/v2/domain-emails-with-info", domain=domain, **{"positions[]": "cto", "limit": 100})).body
    assert len(chosen["emails"]) == 12
