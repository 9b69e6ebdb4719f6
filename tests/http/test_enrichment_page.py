"""Endpoints 23 to 25, 79 and 80, and what evidence adds to 63, 64 and 67."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fairlead.corpus.findings import CompanyFinding, Method
from fairlead.corpus.model import SourceKind
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from lead_evidence import Corpus, page, person

JOB_KEYS = {
    "companyName", "position", "socialLink", "site", "locality", "state", "city", "street", "street2", "postal",
    "founded", "startDate", "endDate", "size", "industry", "companyType", "country",
}  # fmt: skip
KEYS_OF_25 = {
    "success", "id", "source", "name", "firstName", "lastName", "logo", "industry", "country", "locality", "social",
    "currentJobs", "previousJobs", "lastUpdateDate",
}  # fmt: skip
KEYS_OF_80 = {
    "id", "name", "firstName", "lastName", "sourcePage", "source", "industry", "country", "locality", "lastUpdateDate",
    "social", "skills", "links", "emails", "currentJob", "previousJob",
}  # fmt: skip
PROFILE = "https://www.linkedin.com/in/ann-quillfeather"


@pytest.fixture
async def tenant(house):
    return await house.workspace(credits_given=Decimal(10))


@pytest.fixture
async def ann(house, request) -> str:
    """Somebody of a company of her own for each test, as its team page shows her; the domain."""
    domain = f"q{abs(hash(request.node.name)) % 10**9}.example"
    lead = person(
        "Ann Quillfeather",
        f"ann@{domain}",
        position="QA Engineer",
        social=(f"{PROFILE}-{domain.partition('.')[0]}", f"https://x.com/ann_{domain.partition('.')[0]}"),
    )
    card = CompanyFinding(
        domain, Method.JSON_LD, name="Quillfeather & Sons Ltd", city="Springfield", country="US", founded=1999,
        industry="Computer Software", size="51-200", social=("https://www.linkedin.com/company/quillfeather",),
    )  # fmt: skip
    await Corpus(house).record(page(f"https://{domain}/team", people=(lead,), company=card))
    return domain


def profile_of(domain: str) -> str:
    return f"{PROFILE}-{domain.partition('.')[0]}"


async def work(house) -> None:
    await run_due_jobs(house.world, HANDLERS)


async def test_a_profile_is_found_by_address_and_paid_for_once(tenant, ann):
    for method in (tenant.post, tenant.get):
        found = await method("/v1/get-profile-by-email", email=f"Ann@{ann}")
        assert found.status == 200
        body = found.body
        assert set(body) == KEYS_OF_25
        assert (body["success"], body["name"], body["source"]) == (True, "Ann Quillfeather", "linkedIn")
        assert isinstance(body["id"], int)
        assert {"link": profile_of(ann), "type": "linkedIn"} in body["social"]
        (job,) = body["currentJobs"]
        assert set(job) == JOB_KEYS
        assert (job["companyName"], job["position"], job["founded"]) == (
            "Quillfeather & Sons Ltd", "QA Engineer", "1999",
        )  # fmt: skip
        assert (job["site"], job["country"], job["city"]) == (f"http://{ann}", "United States", "Springfield")
        assert all(value is None or isinstance(value, str) for value in job.values())
        assert body["previousJobs"] == []
        datetime.strptime(body["lastUpdateDate"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert await tenant.balance() == 9


async def test_no_profile_costs_nothing(tenant):
    missing = await tenant.post("/v1/get-profile-by-email", email="nobody@nowhere.example")
    assert missing.status == 200
    assert missing.body == {"success": False, "message": "We couldn't find profile with this email"}
    assert (await tenant.post("/v1/get-profile-by-email", email="junk")).status == 422
    assert (await tenant.post("/v1/get-profile-by-email")).status == 422
    assert await tenant.balance() == 10


async def test_without_credits_no_profile_is_shown(house, ann):
    tenant = await house.workspace(credits_given=Decimal("0.5"))
    refused = await tenant.post("/v1/get-profile-by-email", email=f"ann@{ann}")
    assert refused.status == 400
    assert "you ran out of credits" in refused.body["message"]


async def test_profiles_are_found_by_link(house, tenant, ann):
    urls = [profile_of(ann), "https://www.linkedin.com/in/nobody-at-all", "https://example.com/in/x"]
    started = await tenant.post("/v2/li-profiles-by-urls/start", urls=urls)
    task = started.body["data"]["task_hash"]
    assert started.body == {"data": {"task_hash": task}, "meta": {"urls": urls, "task_hash": task}}
    running = await tenant.get("/v2/li-profiles-by-urls/result", task_hash=task)
    assert running.body == {"status": "in_progress", "data": [], "meta": started.body["meta"]}
    await work(house)
    done = await tenant.get(f"/v2/li-profiles-by-urls/result/{task}")
    assert done.body["status"] == "completed"
    assert [item["url"] for item in done.body["data"]] == urls
    found, *others = [item["result"] for item in done.body["data"]]
    assert others == [[], []]
    assert (found["name"], found["first_name"], found["last_name"]) == ("Ann Quillfeather", "Ann", "Quillfeather")
    (position,) = found["positions"]
    assert position["title"] == "QA Engineer"
    assert position["url"] == f"https://{ann}"
    assert position["linkedin_url"] == "https://www.linkedin.com/company/quillfeather"
    assert await tenant.balance() == 9
    again = await tenant.post("/v2/li-profiles-by-urls/start", urls=[f"{profile_of(ann)}/?trk=abc"])
    await work(house)
    result = await tenant.get("/v2/li-profiles-by-urls/result", task_hash=again.body["data"]["task_hash"])
    assert result.body["data"][0]["result"]["name"] == "Ann Quillfeather"
    assert await tenant.balance() == 9


async def test_links_that_are_none_are_refused_and_a_plan_may_be_without_linkedin(house, tenant):
    for urls in ([], ["https://www.linkedin.com/in/x"] * 11):
        assert (await tenant.post("/v2/li-profiles-by-urls/start", urls=urls)).status == 422
    free = await house.workspace(plan_name="free")
    refused = await free.post("/v2/li-profiles-by-urls/start", urls=["https://www.linkedin.com/in/x"])
    assert refused.status == 403


@pytest.mark.parametrize("network", ["linkedin", "x", "twitter"])
async def test_the_old_pair_finds_a_person_by_link(house, tenant, ann, network):
    handle = f"ann_{ann.partition('.')[0]}"
    url = {"linkedin": f"{profile_of(ann)}&social", "x": f"https://x.com/{handle}",
           "twitter": f"https://twitter.com/{handle}"}[network]  # fmt: skip
    before = await tenant.post("/v1/get-emails-from-url", url=url)
    assert before.body == {"success": False, "message": "We couldn't find profile with this url"}
    assert (await tenant.post("/v1/add-url-for-search", url=url)).body == {"success": True}
    await work(house)
    found = await tenant.post("/v1/get-emails-from-url", url=url)
    assert set(found.body) == {"success", "data"}
    (shown,) = found.body["data"]
    assert set(shown) == KEYS_OF_80
    assert (shown["name"], shown["sourcePage"]) == ("Ann Quillfeather", url)
    assert set(shown["lastUpdateDate"]) == {"date", "timezone_type", "timezone"}
    assert [set(job) for job in shown["currentJob"]] == [JOB_KEYS]
    # No server of this domain can be reached from here, so its address is known and unproven, or its domain is gone.
    assert all(set(one) == {"email", "status"} for one in shown["emails"])
    assert await tenant.balance() == 9


async def test_the_id_of_somebody_found_by_link_opens_a_prospect(house, tenant, ann):
    url = profile_of(ann)

    async def found():
        await tenant.post("/v1/add-url-for-search", url=url)
        await work(house)
        return (await tenant.post("/v1/get-emails-from-url", url=url)).body["data"][0]["id"]

    async def opened(id_, by=tenant):
        return (await by.post("/v1/get-prospect-by-id", id=id_)).body

    id_ = await found()
    person = (await opened(id_))["data"]
    assert (person["id"], person["name"], person["lists"]) == (id_, "Ann Quillfeather", [])
    assert (await opened(id_, by=await house.workspace()))["success"] is False
    added = await tenant.post("/v1/add-prospect-to-list", listId=await tenant.list(), email=f"ann@{ann}")
    assert await found() == added.body["id"]
    assert set((await opened(added.body["id"]))["data"]) == set(person)


async def test_the_old_pair_says_what_is_no_link_and_what_is_not_known(house, tenant):
    refused = await tenant.post("/v1/add-url-for-search", url="https://example.com/ann")
    assert refused.status == 400
    assert refused.body["success"] is False
    url = "https://www.linkedin.com/in/nobody-at-all"
    await tenant.post("/v1/add-url-for-search", url=url)
    await work(house)
    assert (await tenant.post("/v1/get-emails-from-url", url=url)).body["success"] is False
    assert await tenant.balance() == 10


async def test_a_past_job_is_told_apart(house, tenant):
    mover = person(
        "Eve Wanderlust", None, position="Head of Sales", former=True, company="Old Place",
        social=("https://www.linkedin.com/in/eve-wanderlust",),
    )  # fmt: skip
    now = person("Eve Wanderlust", "eve@newplace.example", position="CEO",
                 social=("https://www.linkedin.com/in/eve-wanderlust",))  # fmt: skip
    corpus = Corpus(house)
    await corpus.record(page("https://newplace.example/team", people=(now,)))
    await corpus.record(page("https://newplace.example/eve", people=(mover,)))
    found = (await tenant.post("/v1/get-profile-by-email", email="eve@newplace.example")).body
    assert [job["position"] for job in found["currentJobs"]] == ["CEO"]
    assert [job["position"] for job in found["previousJobs"]] == ["Head of Sales"]


# What evidence adds to prospects.


async def test_a_prospect_shows_what_evidence_knows_of_the_company(tenant, ann):
    list_id = await tenant.list()
    added = await tenant.post("/v1/add-prospect-to-list", listId=list_id, email=f"ann@{ann}", fullName="Ann Q.")
    shown = (await tenant.post("/v1/get-prospect-by-id", id=added.body["id"])).body["data"]
    assert shown["industry"] == "Computer Software"
    (job,) = shown["currentJob"]
    assert set(job) == JOB_KEYS
    assert (job["companyName"], job["founded"]) == ("Quillfeather & Sons Ltd", "1999")
    assert shown["previousJob"] == []


async def test_what_the_prospect_says_itself_comes_first(tenant, ann):
    list_id = await tenant.list()
    await tenant.post(
        "/v1/add-prospect-to-list", listId=list_id, email=f"ann@{ann}", position="Owner",
        companyName="Another Company", companySite="http://another.example",
    )  # fmt: skip
    (shown,) = (await tenant.post("/v1/get-prospects-by-email", email=f"ann@{ann}")).body["data"]
    (job,) = shown["currentJob"]
    assert (job["position"], job["companyName"], job["site"]) == ("Owner", "Another Company", "http://another.example")
    assert job["founded"] is None


async def test_a_list_shows_how_likely_an_address_is_right(tenant, ann):
    list_id = await tenant.list()
    for email in (f"ann@{ann}", "nobody.knows@elsewhere.example"):
        await tenant.post("/v1/add-prospect-to-list", listId=list_id, email=email)
    page_of_list = (await tenant.post("/v1/prospect-list", listId=list_id)).body
    unknown, known = (prospect["emails"][0] for prospect in page_of_list["prospects"])
    assert 40 <= known["probability"] <= 98
    assert (known["jobStatus"], known["domainType"]) == ("current", "linkedin_email")
    assert (unknown["jobStatus"], unknown["domainType"]) == ("any", None)


async def test_private_evidence_is_not_shown_to_others(house, tenant):
    owner = await house.workspace()
    secret = person("Cleo Hush", "cleo@hush.example", position="Owner", method=Method.IMPORT,
                    social=("https://www.linkedin.com/in/cleo-hush",))  # fmt: skip
    await Corpus(house).record(
        page("file:mine.csv", people=(secret,), method=Method.IMPORT), kind=SourceKind.IMPORT, owner=owner.workspace_id
    )
    assert (await owner.post("/v1/get-profile-by-email", email="cleo@hush.example")).body["success"] is True
    assert (await tenant.post("/v1/get-profile-by-email", email="cleo@hush.example")).body["success"] is False
