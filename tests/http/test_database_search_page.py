"""Endpoints 12 to 17 as an integration sees them."""

from decimal import Decimal
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from fairlead.corpus import actions as corpus
from fairlead.corpus.findings import CompanyFinding, Method
from fairlead.corpus.model import SourceKind
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.http.snov import jobs as snov_jobs
from front_door import Tenant
from lead_evidence import Corpus, page, person

PEOPLE = "/v2/database-search/prospects"
COMPANIES = "/v2/database-search/companies"


@pytest.fixture
def word() -> str:
    """A word nobody else has in a name."""
    return "x" + "".join(chr(ord("a") + int(digit, 16)) for digit in uuid4().hex[:10])


@pytest.fixture
def evidence(house) -> Corpus:
    return Corpus(house)


async def work(tenant: Tenant) -> None:
    await run_due_jobs(tenant.door.world, HANDLERS | snov_jobs.HANDLERS)


async def found(tenant: Tenant, start: str, **body) -> dict:
    started = await tenant.post(f"{start}/start", **body)
    assert started.status == 200, started.body
    await work(tenant)
    result = await tenant.get(urlsplit(started.body["links"]["result"]).path)
    assert result.body["status"] == "completed"
    assert result.body["meta"] == started.body["meta"]
    return result.body


async def firm(evidence: Corpus, word: str, **more) -> str:
    """A company with a CTO, two engineers and a seller, somewhere in Springfield."""
    domain = f"{word}.example"
    people = (
        person("Ann Leeds", f"ann@{domain}", position="CTO", social=(f"https://linkedin.com/in/ann-{word}",)),
        person("Bob Leed", f"bob@{domain}", position="Software Engineer"),
        person("Cy Leek", f"cy@{domain}", position="Senior Software Engineer"),
        person("Di Lent", f"di@{domain}", position="Head of Sales"),
    )
    about = CompanyFinding(
        domain, Method.JSON_LD, name=f"{word} GmbH", city=f"Spring{word}", country="US", founded=2011,
        industry=f"Software {word}", size="120",
    )  # fmt: skip
    await evidence.record(page(f"https://{domain}/team", people=people, company=about), **more)
    return domain


async def test_people_are_found_by_title_level_department_and_company(house, evidence, word):
    tenant = await house.workspace(plan_name="starter")
    domain = await firm(evidence, word)
    company = {"name": {"include": [word]}}

    async def names(**prospect) -> set[str]:
        result = await found(tenant, PEOPLE, filters={"prospect": prospect, "company": company})
        assert result["data"]["total"] == len(result["data"]["prospects"])
        return {row["first_name"] for row in result["data"]["prospects"]}

    assert await names() == {"Ann", "Bob", "Cy", "Di"}
    assert await names(job_titles={"include": ["software engineer"]}) == {"Bob", "Cy"}
    assert await names(job_titles={"include": ["engineer"], "exclude": ["senior"]}) == {"Bob"}
    assert await names(management_levels={"include": ["c_level", "director_level"]}) == {"Ann", "Di"}
    assert await names(departments={"include": ["sales"]}) == {"Di"}
    assert await names(departments={"exclude": ["sales"]}) == {"Ann", "Bob", "Cy"}
    assert await names(last_name="lee") == {"Ann", "Bob", "Cy"}
    assert await names(first_name="Ann", last_name="Leeds") == {"Ann"}
    assert await names(job_titles={"include": ["no such title at all"]}) == set()
    assert await tenant.balance() == Decimal("1000.00")

    result = await found(tenant, PEOPLE, filters={"prospect": {"first_name": "Ann"}, "company": company})
    data = result["data"]
    assert {key: data[key] for key in ("total", "page", "total_pages")} == {"total": 1, "page": 1, "total_pages": 1}
    assert result["links"] == []
    (ann,) = data["prospects"]
    reveal = ann.pop("email_and_hidden_info_reveal")
    assert reveal.startswith(f"{house.world.public_url}{PEOPLE}/search-emails/start/")
    assert ann == {
        "first_name": "Ann", "last_name": "Le***", "job_title": "CTO",
        "location": ann["location"],
        "linkedin_url": "https://linkedin.com/in/an******", "industry": f"Software {word}",
        "company": {
            "name": f"{word} GmbH", "domain": domain, "location": ann["location"], "industry": f"Software {word}",
            "size": "51-200",
        },
    }  # fmt: skip
    assert ann["location"].startswith(f"Spring{word}, United States")
    assert domain not in reveal


async def test_what_is_hidden_is_revealed_for_a_credit(house, evidence, word):
    tenant = await house.workspace(plan_name="starter")
    await evidence.record(
        page(f"https://{word}.example/", people=(person("Ann Leeds", social=(f"https://linkedin.com/in/ann-{word}",)),))
    )
    rows = (await found(tenant, PEOPLE, filters={"prospect": {"first_name": "Ann", "last_name": "Leeds"}}))["data"]
    row = next(row for row in rows["prospects"] if row["company"]["domain"] == f"{word}.example")

    started = await tenant.post(urlsplit(row["email_and_hidden_info_reveal"]).path)
    running = await tenant.get(urlsplit(started.body["links"]["result"]).path)
    assert running.body == {"data": None, "meta": started.body["meta"], "links": [], "status": "in_progress"}
    await work(tenant)
    done = (await tenant.get(urlsplit(started.body["links"]["result"]).path)).body

    assert set(done["data"]) == {"searching_date", "first_name", "last_name", "linkedin_url", "emails"}
    assert done["data"]["last_name"] == "Leeds"
    assert done["data"]["linkedin_url"] == f"https://linkedin.com/in/ann-{word}"
    assert await tenant.balance() == Decimal("1000.00") - bool(done["data"]["emails"])


async def test_companies_are_paid_for_once_a_page(house, evidence, word):
    tenant = await house.workspace(plan_name="starter")
    domain = await firm(evidence, word)
    filters = {"company": {"industries": {"include": [f"software {word}"]}, "size": ["51-200"], "founded": {"from": 2000}}}

    result = await found(tenant, COMPANIES, filters=filters)

    (row,) = result["data"]["companies"]
    assert row == {
        "name": f"{word} GmbH", "domain": domain, "location": row["location"], "industry": f"Software {word}",
        "size": "51-200", "revenue": {"min": None, "max": None, "reported": 0}, "logo_url": None,
    }  # fmt: skip
    assert await tenant.balance() == Decimal("999.00")
    await found(tenant, COMPANIES, filters=filters)
    assert await tenant.balance() == Decimal("999.00")
    nothing = await found(tenant, COMPANIES, filters={"company": {"name": {"include": [f"{word}zz"]}}})
    assert nothing["data"] == {"total": 0, "page": 1, "total_pages": 0, "companies": []}
    assert await tenant.balance() == Decimal("999.00")


@pytest.mark.parametrize(
    "include",
    [
        lambda city: {"locality": city, "location_type": "city"},
        lambda city: [{"locality": [city], "location_type": "city"}],
        lambda city: [{"locality": city}],
        lambda city: city,
    ],
)
async def test_locations_in_every_spelling(house, evidence, word, include):
    tenant = await house.workspace()
    domain = await firm(evidence, word)
    place = include(f"spring{word}")
    for filters in (
        {"locations": {"include": place}},
        {"company": {"locations": {"include": place}}},
    ):
        rows = (await found(tenant, COMPANIES, filters=filters))["data"]["companies"]
        assert [row["domain"] for row in rows] == [domain]
    if isinstance(place, dict):
        dotted = {f"include.{key}": value for key, value in place.items()}
        rows = (await found(tenant, COMPANIES, filters={"locations": dotted}))["data"]["companies"]
        assert [row["domain"] for row in rows] == [domain]


async def test_a_region_holds_the_places_of_its_countries(house, evidence, word):
    tenant = await house.workspace()
    domain = await firm(evidence, word)
    for name, kind in (("Northern America", "subregion"), ("Americas", "region"), ("United States", "country")):
        filters = {
            "locations": {"include": [{"locality": name, "location_type": kind}]},
            "company": {"name": {"include": [word]}},
        }
        rows = (await found(tenant, COMPANIES, filters=filters))["data"]["companies"]
        assert [row["domain"] for row in rows] == [domain], name


async def test_a_place_or_an_industry_nobody_is_in_is_answered_with_similar_ones(house, evidence, word):
    tenant = await house.workspace()
    await firm(evidence, word)
    place = {"locality": f"spring{word}x", "location_type": "city"}
    refused = await tenant.post(f"{COMPANIES}/start", filters={"locations": {"include": place}})
    assert refused.status == 422
    assert refused.body["suggestions"][0] == {"locality": f"Spring{word}", "location_type": "city"}
    assert len(refused.body["suggestions"]) <= 15
    refused = await tenant.post(f"{COMPANIES}/start", filters={"company": {"industries": {"include": [f"softwar {word}"]}}})
    assert refused.status == 422
    assert refused.body["suggestions"][0] == f"Software {word}"


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"prospect": {"management_levels": {"include": ["boss"]}}},
        {"company": {"size": "7"}},
        {"company": {"revenue": {"min": 3}}},
        {"company": {"revenue": {"min": 1_000_000, "max": 1}}},
        {"prospect": {"locations": {"include": {"locality": "Rome", "location_type": "planet"}}}},
        {"prospect": {"job_titles": {"include": [{"a": 1}]}}},
    ],
)
async def test_filters_that_cannot_be_meant_are_refused(house, filters):
    tenant = await house.workspace()
    refused = await tenant.post(f"{PEOPLE}/start", filters=filters)
    assert refused.status == 422, refused.body
    assert set(refused.body) >= {"success", "message", "errors"}


async def test_the_free_plan_sees_the_first_page_only(house):
    tenant = await house.workspace(plan_name="free")
    filters = {"prospect": {"first_name": "Ann"}}
    assert (await tenant.post(f"{PEOPLE}/start", filters=filters, page=1)).status == 200
    refused = await tenant.post(f"{PEOPLE}/start", filters=filters, page=2)
    assert refused.status == 403
    await work(tenant)


async def test_a_private_import_is_found_by_its_workspace_alone(house, evidence, word):
    ours, theirs = await house.workspace(), await house.workspace()
    await firm(evidence, word, uri=f"{word}.csv", kind=SourceKind.IMPORT, owner=ours.workspace_id)
    wanted = {"company": {"name": {"include": [word]}}}
    for search, rows in ((PEOPLE, "prospects"), (COMPANIES, "companies")):
        assert (await found(ours, search, filters=wanted))["data"][rows]
        assert (await found(theirs, search, filters=wanted))["data"]["total"] == 0
    place = {"locality": f"spring{word}", "location_type": "city"}
    refused = await theirs.post(f"{COMPANIES}/start", filters={"locations": {"include": place}})
    assert refused.status == 422
    assert word not in str(refused.body["suggestions"])


async def test_who_is_on_a_list_is_shown_with_it(house, evidence, word):
    tenant = await house.workspace()
    domain = await firm(evidence, word)
    list_id = await tenant.list()
    await tenant.post("/v1/add-prospect-to-list", listId=list_id, email=f"bob@{domain}")
    rows = (await found(tenant, PEOPLE, filters={"company": {"name": {"include": [word]}}}))["data"]["prospects"]
    assert {row["first_name"]: row.get("list_id") for row in rows} == {"Ann": None, "Bob": list_id, "Cy": None, "Di": None}


async def test_pages_of_50(house, evidence, word):
    tenant = await house.workspace()
    people = tuple(person(f"{word} N{n:03}") for n in range(120))
    await evidence.record(page(f"https://{word}.example/", people=people))
    names: list[str] = []
    for number in (1, 2, 3):
        data = (await found(tenant, PEOPLE, filters={"prospect": {"first_name": word}}, page=number))["data"]
        assert (data["total"], data["page"], data["total_pages"]) == (120, number, 3)
        names += [row["email_and_hidden_info_reveal"] for row in data["prospects"]]
    assert len(set(names)) == len(names) == 120


async def test_a_webhook_url_that_is_no_address_is_refused(house, evidence, word):
    tenant = await house.workspace()
    refused = await tenant.post(f"{COMPANIES}/start", filters={"company": {"name": {"include": [word]}}}, webhook_url="x")
    assert refused.status == 422
    assert list(refused.body["errors"]) == ["webhook_url"]


async def test_a_withdrawn_source_is_not_found_any_more(house, evidence, word):
    tenant = await house.workspace()
    domain = await firm(evidence, word)
    await evidence.ask(corpus.withdraw_page, f"https://{domain}/team")
    wanted = {"company": {"name": {"include": [word]}}}
    assert (await found(tenant, COMPANIES, filters=wanted))["data"]["total"] == 0
    assert (await found(tenant, PEOPLE, filters=wanted))["data"]["total"] == 0
