"""Evidence comes in once, belongs to somebody, and takes its facts with it when it goes."""

from datetime import timedelta

from fairlead.corpus import actions as corpus
from fairlead.corpus.findings import CompanyFinding, Method
from fairlead.corpus.model import Outcome, SourceKind
from lead_evidence import SEEN, Corpus, page, person


async def test_a_page_makes_people_addresses_and_a_company(house, evidence: Corpus, domain):
    tenant = await house.workspace()
    ann = person("Ann Lee", f"ann@{domain}", position="QA Engineer", social=("https://www.linkedin.com/in/Ann-Example",))
    about = CompanyFinding(domain, Method.JSON_LD, name="Example Inc", city="Springfield", founded=2011, size="120 people")

    await evidence.record(page(f"https://{domain}/team", f"info@{domain}", people=(ann,), company=about))

    assert await evidence.counts(tenant.workspace_id, domain) == (1, 1, 1)
    (found,) = await evidence.ask(corpus.known_people, tenant.workspace_id, domain)
    assert (found.first_name, found.last_name, found.position) == ("Ann", "Lee", "QA Engineer")
    assert found.profile == "in/ann-example"
    assert found.addresses == (f"ann@{domain}",)
    assert found.source_page == f"https://{domain}/team"
    card = await evidence.ask(corpus.company, tenant.workspace_id, domain)
    assert (card.name, card.founded, card.size, card.place.city) == ("Example Inc", 2011, "51-200", "Springfield")


async def test_recording_a_source_twice_changes_nothing(house, evidence: Corpus, domain):
    tenant = await house.workspace()
    found = page(f"https://{domain}/", f"ann@{domain}")
    first = await evidence.record(found)
    before = await evidence.ask(corpus.find_address, tenant.workspace_id, f"ann@{domain}", house.world.clock.now())

    again = await evidence.record(found)

    assert (first.known_before, again.known_before) == (False, True)
    after = await evidence.ask(corpus.find_address, tenant.workspace_id, f"ann@{domain}", house.world.clock.now())
    assert after.facts == before.facts


async def test_the_same_page_in_two_archives_is_one_sighting(house, evidence: Corpus, domain):
    tenant = await house.workspace()
    found = page(f"https://{domain}/", f"ann@{domain}", digest="abc")
    await evidence.record(found, uri=f"{domain}.warc.gz", kind=SourceKind.ARCHIVE)
    await evidence.record(found, uri=f"{domain}.arc.gz", kind=SourceKind.ARCHIVE)

    known = await evidence.ask(corpus.find_address, tenant.workspace_id, f"ann@{domain}", house.world.clock.now())
    assert known.facts.sources == 1


async def test_private_evidence_is_seen_by_its_workspace_alone(house, evidence: Corpus, domain):
    ours, theirs = await house.workspace(), await house.workspace()
    await evidence.record(page(f"https://{domain}/", f"info@{domain}"))
    ann = person("Ann Lee", f"ann@{domain}", position="CTO", phone="+4930123456")
    about = CompanyFinding(domain, Method.IMPORT, name="Secret name")
    await evidence.record(
        page("row 1", people=(ann,), company=about), uri="ours.csv", kind=SourceKind.IMPORT, owner=ours.workspace_id
    )

    assert await evidence.addresses(ours.workspace_id, domain) == [f"info@{domain}", f"ann@{domain}"]
    assert await evidence.counts(ours.workspace_id, domain) == (1, 1, 1)
    assert await evidence.addresses(theirs.workspace_id, domain) == [f"info@{domain}"]
    assert await evidence.counts(theirs.workspace_id, domain) == (0, 0, 1)
    for action, question in (
        (corpus.known_people, domain), (corpus.person_of, f"ann@{domain}"), (corpus.company, domain),
        (corpus.companies_named, "Secret name"),
    ):  # fmt: skip
        assert await evidence.ask(action, ours.workspace_id, question)
        assert not await evidence.ask(action, theirs.workspace_id, question)
    ours_id = (await evidence.ask(corpus.known_people, ours.workspace_id, domain))[0].id
    assert await evidence.ask(corpus.find_person, theirs.workspace_id, ours_id) is None
    now = house.world.clock.now()
    assert await evidence.ask(corpus.addresses_of_person, theirs.workspace_id, ours_id, now) == []


async def test_what_everybody_knows_is_counted_once_for_who_also_has_it(house, evidence: Corpus, domain):
    tenant = await house.workspace()
    ann = person("Ann Lee", f"ann@{domain}")
    await evidence.record(
        page("row 1", people=(ann,)), uri=f"{domain}.csv", kind=SourceKind.IMPORT, owner=tenant.workspace_id
    )
    shared = await evidence.record(page(f"https://{domain}/", people=(ann,)))

    assert await evidence.counts(tenant.workspace_id, domain) == (1, 1, 0)
    assert await evidence.addresses(tenant.workspace_id, domain) == [f"ann@{domain}"]
    known = await evidence.ask(corpus.find_address, tenant.workspace_id, f"ann@{domain}", house.world.clock.now())
    assert known.facts.sources == 2

    await evidence.ask(corpus.withdraw, shared.source_id)
    assert await evidence.counts(tenant.workspace_id, domain) == (1, 1, 0)
    assert await evidence.addresses(tenant.workspace_id, domain) == [f"ann@{domain}"]


async def test_a_withdrawn_source_withdraws_its_facts(house, evidence: Corpus, domain):
    tenant = await house.workspace()
    early = person("Ann Lee", f"ann@{domain}", position="Tester")
    late = person("Ann Lee", f"ann@{domain}", position="CTO")
    await evidence.record(
        page(f"https://{domain}/old", people=(early,), company=CompanyFinding(domain, Method.JSON_LD, name="Old Ltd"))
    )
    newer = await evidence.record(
        page(
            f"https://{domain}/new", f"bob@{domain}", people=(late,), seen=SEEN + timedelta(days=9),
            company=CompanyFinding(domain, Method.JSON_LD, name="New Ltd"),
        )
    )  # fmt: skip
    (ann,) = await evidence.ask(corpus.known_people, tenant.workspace_id, domain)
    assert ann.position == "CTO"
    assert (await evidence.ask(corpus.company, tenant.workspace_id, domain)).name == "New Ltd"

    await evidence.ask(corpus.withdraw, newer.source_id)

    (ann,) = await evidence.ask(corpus.known_people, tenant.workspace_id, domain)
    assert ann.position == "Tester"
    assert (await evidence.ask(corpus.company, tenant.workspace_id, domain)).name == "Old Ltd"
    assert await evidence.addresses(tenant.workspace_id, domain) == [f"ann@{domain}"]
    assert await evidence.counts(tenant.workspace_id, domain) == (1, 1, 0)

    await evidence.ask(corpus.withdraw_page, f"https://{domain}/old")

    assert await evidence.counts(tenant.workspace_id, domain) == (0, 0, 0)
    assert await evidence.ask(corpus.known_people, tenant.workspace_id, domain) == []
    assert await evidence.ask(corpus.company, tenant.workspace_id, domain) is None


async def test_own_bounces_and_replies_correct_the_confidence_for_that_workspace(house, evidence: Corpus, domain):
    ours, theirs = await house.workspace(), await house.workspace()
    await evidence.record(page(f"https://{domain}/", f"ann@{domain}"))
    now = house.world.clock.now()

    async def confidence(tenant) -> int:
        known = await evidence.ask(corpus.find_address, tenant.workspace_id, f"ann@{domain}", now)
        return known.confidence

    before = await confidence(ours)
    assert await evidence.ask(corpus.note_outcome, ours.workspace_id, f"ann@{domain}", Outcome.BOUNCED, now, reference="m1")
    assert not await evidence.ask(corpus.note_outcome, ours.workspace_id, f"ann@{domain}", Outcome.BOUNCED, now, reference="m1")
    assert await confidence(ours) < 10 < before == await confidence(theirs)

    later = now + timedelta(hours=1)
    await evidence.ask(corpus.note_outcome, ours.workspace_id, f"ann@{domain}", Outcome.REPLIED, later)
    assert await confidence(ours) > before
    assert await evidence.counts(ours.workspace_id, domain) == (0, 1, 0)


async def test_a_bounce_makes_no_address(house, evidence: Corpus, domain):
    tenant = await house.workspace()
    now = house.world.clock.now()
    noted = await evidence.ask(corpus.note_outcome, tenant.workspace_id, f"no@{domain}", Outcome.BOUNCED, now)
    assert not noted
    assert await evidence.addresses(tenant.workspace_id, domain) == []


async def test_a_claimed_address_is_erased_for_everybody_and_never_comes_back(house, evidence: Corpus, domain):
    tenant = await house.workspace()
    ann = person("Ann Lee", f"ann@{domain}")
    await evidence.record(page(f"https://{domain}/", f"bob@{domain}", people=(ann,)))
    await evidence.record(page("row", people=(ann,)), uri=domain, kind=SourceKind.IMPORT, owner=tenant.workspace_id)

    await evidence.ask(corpus.claim, [f"Ann@{domain}"], house.world.clock.now())

    assert await evidence.addresses(tenant.workspace_id, domain) == [f"bob@{domain}"]
    assert (await evidence.counts(tenant.workspace_id, domain))[1:] == (1, 0)
    again = await evidence.record(page(f"https://{domain}/2", f"ann@{domain}"))
    assert again.hidden == 1
    assert await evidence.addresses(tenant.workspace_id, domain) == [f"bob@{domain}"]


async def test_a_hidden_person_is_erased_for_everybody_and_never_comes_back(house, evidence: Corpus, domain):
    tenant = await house.workspace()
    ann = person("Ann Lee", f"ann@{domain}", position="CTO")
    await evidence.record(page(f"https://{domain}/", f"bob@{domain}", people=(ann,)))

    hidden = await evidence.ask(corpus.hide_person, house.world.clock.now(), domain=domain, name="Ann Lee")

    assert hidden == 1
    await evidence.record(page(f"https://{domain}/2", people=(ann,)))
    assert await evidence.counts(tenant.workspace_id, domain) == (0, 1, 0)
    assert await evidence.addresses(tenant.workspace_id, domain) == [f"bob@{domain}"]


async def test_mailboxes_that_belong_to_anybody_are_no_company(house, evidence: Corpus):
    tenant = await house.workspace()
    ann = person("Ann Lee", "ann.lee.of.nowhere@gmail.com")
    await evidence.record(page("https://blog.example/me", people=(ann,)))
    assert await evidence.counts(tenant.workspace_id, "gmail.com") == (0, 0, 0)
    assert await evidence.addresses(tenant.workspace_id, "gmail.com") == []
    whole = await evidence.ask(corpus.person_of, tenant.workspace_id, "ann.lee.of.nowhere@gmail.com")
    assert whole.person.last_name == "Lee"
