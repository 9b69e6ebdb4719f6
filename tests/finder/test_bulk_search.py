"""`fairlead search`: people at many domains, onto a list."""

from decimal import Decimal
from uuid import uuid4

import pytest

from fairlead.finder import actions as finder
from fairlead.kit.refusals import Invalid
from lead_evidence import Corpus, page, person


@pytest.fixture
def evidence(house) -> Corpus:
    return Corpus(house)


@pytest.fixture
async def domains(evidence) -> list[str]:
    """Three companies: 25 people, two people and an address without a name, nobody."""
    word = uuid4().hex[:10]
    first, second, third = (f"{name}{word}.example" for name in ("a", "b", "c"))
    people = tuple(person(f"Ann N{n:02}", f"a{n:02}@{first}", position="CTO" if n < 5 else "QA Engineer") for n in range(25))
    await evidence.record(page(f"https://{first}/", people=people))
    await evidence.record(
        page(f"https://{second}/", f"x.y@{second}", people=(person("Bo Ray", f"bo@{second}"), person("No Way")))
    )
    await evidence.record(page(f"https://{third}/", f"info@{third}"))
    return [first, second, third]


async def emails_on(tenant, name: str) -> set[str]:
    lists = {item["name"]: item["id"] for item in (await tenant.get("/v1/get-user-lists")).body}
    rows = (await tenant.post("/v1/prospect-list", listId=lists[name], perPage=1000)).body["prospects"]
    return {email["email"] for row in rows for email in row["emails"]}


async def test_people_of_many_domains_are_put_on_a_list_once(house, domains):
    tenant = await house.workspace(plan_name="starter")

    first = await finder.search_many(house.world, tenant.workspace_id, domains, list_name="Leads")

    assert (first.done, first.found, first.nothing, first.left) == (3, 26, 1, 0)
    assert len(await emails_on(tenant, "Leads")) == 26
    assert first.credits == Decimal(3)
    assert await tenant.balance() == Decimal("997.00")
    (shown,) = (await tenant.post("/v1/get-prospects-by-email", email=f"a00@{domains[0]}")).body["data"]
    assert shown["name"] == "Ann N00"

    again = await finder.search_many(house.world, tenant.workspace_id, domains, list_name="Leads")
    assert (again.before, again.done, again.found) == (3, 0, 0)
    once_more = await finder.search_many(house.world, tenant.workspace_id, domains, list_name="Leads", again=True)
    assert (once_more.done, once_more.found) == (3, 0)
    assert await tenant.balance() == Decimal("997.00")


async def test_by_position_and_with_addresses_without_a_name(house, domains):
    tenant = await house.workspace()
    await finder.search_many(house.world, tenant.workspace_id, domains, list_name="CTOs", positions=["cto"])
    assert len(await emails_on(tenant, "CTOs")) == 5
    await finder.search_many(house.world, tenant.workspace_id, domains[1:2], list_name="All", all_emails=True)
    assert await emails_on(tenant, "All") == {f"bo@{domains[1]}", f"x.y@{domains[1]}"}


async def test_without_credits_it_ends_and_goes_on_later(house, domains):
    tenant = await house.workspace(credits_given=Decimal(1))
    ended = await finder.search_many(house.world, tenant.workspace_id, domains[1:2] + domains[:1], list_name="Leads")
    assert ended.out_of_credits
    assert ended.left == 1
    other = await house.workspace()
    assert (await finder.search_many(house.world, other.workspace_id, domains, list_name="Leads")).found == 26


def test_a_file_of_domains(tmp_path):
    path = tmp_path / "domains.csv"
    path.write_text(
        "Company,Domain\nExample,https://www.Example.com/x\nOther;other.org\nexample.com\n\nnothing here\n", encoding="utf-8"
    )
    assert finder.domains_in(path) == (["example.com", "other.org"], ["nothing here"])
    path.write_text("x.example\n" * 20_001)
    with pytest.raises(Invalid):
        finder.domains_in(path)
    path.write_text("x" * 10_000_001)
    with pytest.raises(Invalid):
        finder.domains_in(path)
