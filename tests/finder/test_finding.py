"""Finding somebody's address: real name servers and mail servers of the sandbox answer."""

from collections.abc import AsyncIterator
from dataclasses import replace
from random import SystemRandom

import pytest

from fairlead.corpus import actions as corpus
from fairlead.corpus.model import Outcome
from fairlead.finder import actions as finder
from fairlead.finder.model import Sought
from fairlead.finder.names import from_parts
from fairlead.verifier.model import Reason, SmtpStatus
from finder.finding_office import Office, an_office


@pytest.fixture
async def office(conninfo, tmp_path) -> AsyncIterator[Office]:
    seed = SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    async with an_office(conninfo, tmp_path, ["reject_unknown:postfix", "catch_all", "greylist"], seed=seed) as office:
        yield office


async def test_colleagues_teach_the_pattern_and_the_first_accepted_candidate_is_the_answer(office):
    company = office.company("reject_unknown")
    known, *_, sought = office.regular("reject_unknown")
    await office.knows(company, known, office.regular("reject_unknown")[1])
    found = await finder.find_address(office.world, office.tenant.workspace_id, sought.name, company.domain)
    assert found is not None
    assert found.address == sought.email
    assert found.smtp_status is SmtpStatus.VALID
    assert found.probability > 0.9
    assert found.probes == 1
    assert office.asked[sought.email] == 1


async def test_what_was_found_is_evidence_and_nobody_is_asked_again(office):
    company = office.company("reject_unknown")
    first, second, *_, sought = office.regular("reject_unknown")
    await office.knows(company, first, second)
    workspace = office.tenant.workspace_id
    await finder.find_address(office.world, workspace, sought.name, company.domain)
    before = office.asked.total()
    again = await finder.find_address(office.world, workspace, sought.name, company.domain)
    assert (again.address, again.known, again.probes) == (sought.email, True, 0)
    assert office.asked.total() == before
    stranger = await office.door.workspace()
    theirs = await office.corpus.ask(
        corpus.people_named, stranger.workspace_id, company.domain, sought.first_name, sought.last_name
    )
    assert theirs == []


async def test_a_known_address_is_asked_for_once_and_then_never(office):
    company = office.company("reject_unknown")
    sought = office.regular("reject_unknown")[0]
    await office.knows(company, sought)
    workspace = office.tenant.workspace_id
    first = await finder.find_address(office.world, workspace, sought.name, company.domain)
    assert (first.address, first.known, first.probes) == (sought.email, True, 1)
    second = await finder.find_address(office.world, workspace, sought.name, company.domain)
    assert (second.address, second.probes) == (sought.email, 0)
    assert office.asked[sought.email] == 1


async def test_a_domain_that_takes_any_name_gets_one_question_and_the_answer_says_how_likely_it_is(office):
    company = office.company("catch_all")
    first, second, *_, sought = office.regular("catch_all")
    await office.knows(company, first, second)
    workspace = office.tenant.workspace_id
    found = await finder.find_address(office.world, workspace, sought.name, company.domain)
    assert found.address == sought.email
    assert (found.smtp_status, found.verdict.reason) == (SmtpStatus.UNKNOWN, Reason.CATCH_ALL)
    assert 0.3 < found.probability < 0.95
    assert found.probes == 1
    asked = office.asked.total()
    # The domain is known by now: whoever is looked for next costs no question at all.
    other = await finder.find_address(office.world, workspace, "Wilhelmina Quist", company.domain)
    assert other.verdict.reason is Reason.CATCH_ALL
    assert office.asked.total() == asked


async def test_somebody_who_is_not_there_is_not_found_after_a_few_questions(office):
    company = office.company("reject_unknown")
    first, second, *_ = office.regular("reject_unknown")
    await office.knows(company, first, second)
    found = await finder.find_address(office.world, office.tenant.workspace_id, "Quirin Zweig", company.domain)
    assert found is None
    candidates = [address for address in office.probes(company.domain) if "quirin" in address or "zweig" in address]
    assert 1 <= len(candidates) <= office.world.settings.finder_probes


async def test_who_is_put_off_is_unknown_and_only_the_likeliest_is_asked_for(office):
    company = office.company("greylist")
    first, second, *_, sought = office.regular("greylist")
    await office.knows(company, first, second)
    found = await finder.find_address(office.world, office.tenant.workspace_id, sought.name, company.domain)
    assert found.verdict.is_greylist
    assert found.probes == 1


@pytest.mark.parametrize("domain", ["gmail.com", "no.such.name.example", "not a domain", "10minutemail.com"])
async def test_there_is_nothing_to_find_where_there_is_no_company(office, domain):
    found = await finder.find_address(office.world, office.tenant.workspace_id, "Ann Lee", domain)
    assert found is None
    assert office.asked.total() == 0


async def test_who_asked_to_be_left_out_is_not_looked_for(office):
    company = office.company("reject_unknown")
    first, second, third, *_, sought = office.regular("reject_unknown")
    await office.knows(company, first, second)
    now = office.world.clock.now()
    async with office.world.db.transaction() as conn:
        await corpus.hide_person(conn, now, domain=company.domain, name=sought.name)
        await corpus.claim(conn, [third.email], now)
    workspace = office.tenant.workspace_id
    assert await finder.find_address(office.world, workspace, sought.name, company.domain) is None
    assert await finder.find_address(office.world, workspace, third.name, company.domain) is None
    assert office.asked[sought.email] == office.asked[third.email] == 0


async def test_an_address_that_bounced_is_not_given_again(office):
    company = office.company("catch_all")
    sought = office.regular("catch_all")[0]
    await office.knows(company, sought)
    now = office.world.clock.now()
    async with office.world.db.transaction() as conn:
        await corpus.note_outcome(
            conn, office.tenant.workspace_id, sought.email, Outcome.BOUNCED, now, reference="<1@x>"
        )
    found = await finder.find_address(office.world, office.tenant.workspace_id, sought.name, company.domain)
    assert found is None or found.address != sought.email


async def test_who_is_known_by_another_form_of_the_name_is_found_as_surely(office):
    company = office.company("catch_all")
    robert = replace(
        office.regular("catch_all")[0],
        first_name="Robert",
        last_name="Quillfeather",
        email=f"robert.quillfeather@{company.domain}",
    )
    await office.knows(company, robert)
    found = await finder.find_address(office.world, office.tenant.workspace_id, "Bob Quillfeather", company.domain)
    assert found.address == robert.email
    assert found.probability > 0.95


async def test_a_domain_whose_name_servers_fail_has_no_guesses(conninfo, tmp_path):
    async with an_office(conninfo, tmp_path, [], others=["dns_servfail"], seed=5) as office:
        company = office.company("dns_servfail")
        workspace = office.tenant.workspace_id
        assert await finder.find_address(office.world, workspace, "Ann Lee", company.domain) is None
        known = company.people[0]
        await office.knows(company, known)
        found = await finder.find_address(office.world, workspace, known.name, company.domain)
        assert (found.address, found.smtp_status) == (known.email, SmtpStatus.UNKNOWN)


async def test_of_a_large_company_nobody_elses_address_is_taken(office, monkeypatch):
    monkeypatch.setattr("fairlead.finder.finding.MOST_COLLEAGUES", 2)
    company = office.company("reject_unknown")
    first, second, third, *_ = office.regular("reject_unknown")
    await office.knows(company, first, second)
    # The third one's address would be the likeliest for a namesake with the same first letters.
    await office.knows(company, third, digest="later")
    namesake = f"{third.first_name}x {third.last_name}" if "first" in company.pattern else third.name
    found = await finder.find_address(office.world, office.tenant.workspace_id, namesake, company.domain)
    assert found is None or found.address != third.email or namesake == third.name


async def test_many_are_found_side_by_side_in_the_order_asked(office):
    company, other = office.company("reject_unknown"), office.company("catch_all")
    people = office.regular("reject_unknown")[:3]
    await office.knows(company, *people[:2])
    sought = [Sought(from_parts(one.first_name, one.last_name), company.domain) for one in people]
    sought.insert(1, Sought(from_parts("Ann", "Lee"), other.domain))
    sought.append(sought[0])
    found = await finder.find_many(office.world, office.tenant.workspace_id, sought)
    assert [one and one.address.rpartition("@")[2] for one in found] == [one.domain for one in sought]
    assert found[0] == found[-1]
    assert [found[0].address, found[2].address] == [people[0].email, people[1].email]


async def test_when_the_time_is_up_the_likeliest_is_given_as_unknown(conninfo, tmp_path):
    async with an_office(conninfo, tmp_path, ["tarpit"], seed=5) as office:
        company = office.company("tarpit")
        sought = Sought(from_parts("Ann", "Lee"), company.domain)
        found = await finder.address_of(office.world, office.tenant.workspace_id, sought, seconds=0.0)
        assert found.verdict.reason is Reason.OUT_OF_TIME
        assert found.smtp_status is SmtpStatus.UNKNOWN
