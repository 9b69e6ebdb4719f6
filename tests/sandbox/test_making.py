"""A world from a seed: the same one every time, and as varied as the figures it follows."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest

from fairlead.kit.refusals import Invalid, NotFound
from fairlead.sandbox.making import mail, servers
from fairlead.sandbox.making.addresses import PATTERN_SHARES, PATTERNS
from fairlead.sandbox.making.cultures import CULTURES
from fairlead.sandbox.making.identities import identity
from fairlead.sandbox.making.listing import world_json, world_json_text
from fairlead.sandbox.making.names import plain, stripped, without_particles
from fairlead.sandbox.making.world import World
from fairlead.sandbox.model import Provider
from fairlead.sandbox.sites.site import Sites
from fairlead.sandbox.web import Request

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
SERVERS = ip_network("127.64.0.0/10")

FINGERPRINT = """
import hashlib, sys
from fairlead.sandbox.making.world import World
from fairlead.sandbox.sites.plan import site_plan
from fairlead.sandbox.sites.pages import render
digest = hashlib.sha256()
for company in World(seed=int(sys.argv[1]), companies=40):
    digest.update(repr(company).encode())
    if company.site:
        plan = site_plan(company, company.site)
        for page in plan.pages:
            digest.update(render(plan, page).encode())
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def thousand() -> World:
    return World(seed=11, companies=1000)


def listeners(world: World) -> dict[tuple[str, int], tuple[str, int]]:
    services = [(box.smtp_host, box.smtp_port) for box in world.own_mailboxes]
    services += [(box.imap_host, box.imap_port) for box in world.own_mailboxes]
    return {service: ("127.64.0.3", 20_000 + service[1]) for service in services}


def test_the_same_seed_makes_the_same_world_byte_for_byte_in_every_process():
    def fingerprint(seed: str, hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", FINGERPRINT, seed]
        return subprocess.run(
            command, env=environment, capture_output=True, check=True, text=True, timeout=60
        ).stdout

    first = fingerprint("7", "1")
    assert fingerprint("7", "2") == first
    assert fingerprint("8", "1") != first


def test_a_company_does_not_depend_on_the_size_of_its_world_nor_on_who_was_made_before():
    small, large = World(seed=5, companies=20), World(seed=5, companies=90_000)
    assert [large.company(index) for index in (19, 3, 11)] == [small.company(index) for index in (19, 3, 11)]


def test_a_thousand_companies_take_less_than_two_seconds():
    start = time.process_time()
    world = World(seed=21, companies=1000)
    people = sum(len(company.people) for company in world)
    assert time.process_time() - start < 2
    assert people > 5_000


def test_a_hundred_thousand_domains_are_found_without_making_their_companies():
    world = World(seed=2, companies=100_000)
    start = time.process_time()
    wanted = identity(2, 77_777)
    found = world.find_company(wanted.domain)
    assert time.process_time() - start < 3
    assert found is not None
    assert found.index == 77_777


def test_no_two_of_a_hundred_thousand_companies_share_a_label():
    labels = {identity(3, index).label for index in range(100_000)}
    assert len(labels) == 100_000


def test_every_name_lies_under_a_reserved_domain(thousand: World):
    for company in thousand:
        hosts = [host.name for host in company.mail.hosts if host.name]
        for name in (company.domain, *company.related_domains, *hosts):
            assert re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+(example|test)", name), name


def test_every_server_address_lies_in_the_sandbox_network_and_tells_its_behavior(thousand: World):
    for company in thousand:
        for host in company.mail.hosts:
            if company.mx_behavior == "bait_mx":
                assert not any(ip_address(address) in SERVERS for address in host.addresses)
                continue
            for address in host.addresses:
                assert ip_address(address) in SERVERS
                assert servers.server_at(address) is not None
                _, behavior, wording = servers.server_at(address)
                assert (behavior, wording) == (host.behavior, host.wording)


def test_mail_hosts_are_found_by_name_with_the_addresses_their_companies_give(thousand: World):
    for company in thousand:
        for host in company.mail.hosts:
            found = thousand.find_mail_host(f"{host.name.upper()}.")
            assert found == (host if host.name else None)
    for unknown in ("mx.nowhere.example", "aspmx2.l.google.example", "l.google.example", "mimecast.example"):
        assert thousand.find_mail_host(unknown) is None
    own = thousand.own_domains[0]
    assert thousand.find_mail_host(f"mx.{own.domain}") == own.mail.hosts[0]


def test_all_addresses_of_a_large_world_are_known_beforehand(thousand: World):
    assert thousand.mail_server_addresses() - {"127.79.0.1", "127.79.0.2"} <= mail.all_server_addresses()
    assert len(thousand.mail_server_addresses()) > 256


def test_providers_and_catch_all_domains_have_the_published_shares(thousand: World):
    providers = Counter(company.provider for company in thousand)
    assert 380 <= providers[Provider.MICROSOFT] <= 480
    assert 360 <= providers[Provider.GOOGLE] <= 460
    assert 95 <= providers[Provider.OTHER] <= 165
    assert 15 <= sum(providers.values()) - sum(providers[p] for p in servers.COMMON_SLOTS) <= 50
    assert 0.26 <= sum(company.catch_all for company in thousand) / 1000 <= 0.36
    assert 0.55 <= sum(company.mx_behavior == "reject_unknown" for company in thousand) / 1000 <= 0.72


def test_house_patterns_follow_the_published_table_by_size(thousand: World):
    small = Counter(company.pattern for company in thousand if company.headcount <= 50)
    share = {pattern: 100 * count / small.total() for pattern, count in small.items()}
    for pattern in ("first", "flast", "first.last"):
        assert abs(share[pattern] - PATTERN_SHARES[pattern][0]) < 6


def test_a_quarter_to_a_third_of_addresses_fit_no_pattern_and_four_of_five_others_follow_the_house(
    thousand: World,
):
    people = [(company, person) for company in thousand for person in company.people]
    exceptions = sum(person.shape not in PATTERNS for _, person in people) / len(people)
    assert 0.25 <= exceptions <= 0.33
    purities = []
    for company in thousand:
        shaped = [person.shape for person in company.people if person.shape in PATTERNS]
        if len(shaped) >= 5:
            purities.append(shaped.count(company.pattern) / len(shaped))
    assert 0.76 <= sum(purities) / len(purities) <= 0.85


def test_addresses_are_well_formed_and_unique(thousand: World):
    for company in thousand:
        addresses = [person.email for person in company.people]
        everything = [*addresses, *company.generic, *company.honeypots]
        assert len(set(everything)) == len(everything)
        for address in everything:
            assert re.fullmatch(r"[a-z0-9]+([._-]?[a-z0-9]+)*@[a-z0-9.-]+", address), address


def test_people_come_from_many_cultures_with_the_odd_names_that_break_guesses(thousand: World):
    people = [person for company in thousand for person in company.people]
    assert {person.culture for person in people} == set(CULTURES)
    assert any(without_particles(person.last_name) != person.last_name for person in people)
    assert any("-" in person.last_name for person in people)
    assert any("'" in person.last_name for person in people)
    assert any(not person.name.isascii() for person in people)
    assert {person.shape for person in people} >= {"nickname", "middle", "number", "transliteration"}


@pytest.mark.parametrize(
    ("name", "culture", "usual", "bare"),
    [
        ("Müller", "german", "mueller", "muller"),
        ("Weiß", "german", "weiss", "weiss"),
        ("Sørensen", "danish", "soerensen", "sorensen"),
        ("Wiśniewski", "polish", "wisniewski", "wisniewski"),
        ("Łukasz", "polish", "lukasz", "lukasz"),
        ("Işık", "turkish", "isik", "isik"),
        ("Đặng", "vietnamese", "dang", "dang"),
        ("O'Brien", "english", "obrien", "obrien"),
        ("van den Berg", "dutch", "van den berg", "van den berg"),
    ],
)
def test_names_in_plain_letters_are_written_as_their_culture_does(name, culture, usual, bare):
    assert plain(name, culture) == usual
    assert stripped(name) == bare


def test_wished_behaviors_go_to_the_first_companies_and_leave_the_rest_alone():
    wanted = [*mail.BEHAVIORS, *(f"reject_unknown:{wording}" for wording in servers.WORDINGS)]
    world, usual = World(seed=4, companies=60, behaviors=wanted), World(seed=4, companies=60)
    assert [company.mx_behavior for company in world][: len(mail.BEHAVIORS)] == list(mail.BEHAVIORS)
    with_wording = [world.company(len(mail.BEHAVIORS) + number) for number in range(len(servers.WORDINGS))]
    assert [company.mail.hosts[0].wording for company in with_wording] == list(servers.WORDINGS)
    assert [company.name for company in world] == [company.name for company in usual]
    assert world.company(59) == usual.company(59)


def test_records_of_odd_domains_are_what_their_behavior_says():
    world = World(seed=4, companies=6, behaviors=mail.DNS_BEHAVIORS)
    null_mx, no_mx, bait, *unanswered = world
    assert [(host.name, host.preference) for host in null_mx.mail.hosts] == [("", 0)]
    assert no_mx.mail.hosts[0].name == no_mx.domain
    assert no_mx.site is None or no_mx.site.address == no_mx.mail.hosts[0].addresses[0]
    assert bait.mail.hosts[0].addresses in mail.BAITS
    for company in unanswered:
        assert company.mail.hosts == ()
        assert company.site is None
        assert not any(person.email_published for person in company.people)
    for company in (null_mx, bait, *unanswered):
        assert not any(person.exists for person in company.people)


def test_an_unknown_behavior_or_size_is_refused():
    with pytest.raises(Invalid):
        World(seed=1, behaviors=["sulks"])
    with pytest.raises(Invalid):
        World(seed=1, companies=100_001)
    with pytest.raises(NotFound):
        World(seed=1, companies=5).company(5)


def test_companies_and_people_are_found_by_any_of_their_names(thousand: World):
    company = next(company for company in thousand if len(company.related_domains) == 2)
    person = company.people[1]
    for host in (company.domain, f"www.{company.domain}", f"MX1.{company.domain}.", *company.related_domains):
        assert thousand.find_company(host) is company
    assert thousand.find_person(person.email.upper()) is person
    assert thousand.find_person(f"nobody-at-all@{company.domain}") is None
    lonely = next(company for company in thousand if not company.related_domains)
    other_tld = "test" if lonely.domain.endswith("example") else "example"
    assert thousand.find_company(f"{lonely.domain.rpartition('.')[0]}.{other_tld}") is None
    assert thousand.find_company("example") is None


def test_known_addresses_are_people_who_are_there_and_shared_ones(thousand: World):
    left = [(c, p) for c in thousand for p in c.people if not p.exists and c.mx_behavior == "reject_unknown"]
    assert left
    company, person = left[0]
    assert person.email not in company.known_addresses
    assert set(company.generic) <= company.known_addresses


def test_the_world_as_json_has_exactly_the_agreed_keys():
    world = World(seed=1, companies=8)
    shown = world_json(world, NOW, listeners(world))
    assert list(shown) == ["seed", "now", "companies", "own_mailboxes"]
    assert (shown["seed"], shown["now"]) == (1, "2026-01-05T08:00:00Z")
    assert list(shown["companies"][0]) == [
        "name", "domain", "size", "industry", "city", "country", "phone", "founded", "related_domains",
        "pattern", "mx_behavior", "catch_all", "provider", "site", "people", "generic", "honeypots",
    ]  # fmt: skip
    assert list(shown["companies"][0]["people"][0]) == [
        "first_name", "last_name", "position", "email", "email_published", "exists", "social",
    ]  # fmt: skip
    own = shown["own_mailboxes"]
    assert len(own) == 5
    assert own[0]["smtp"] == {
        "host": "smtp.brightdesk.example",
        "port": 465,
        "encryption": "ssl",
        "real_host": "127.64.0.3",
        "real_port": 20465,
    }
    assert isinstance(shown["companies"][0]["founded"], str)
    assert json.loads("".join(world_json_text(world, NOW, listeners(world)))) == shown


def test_own_mailboxes_have_domains_with_everything_a_sender_needs():
    world = World(seed=1, companies=5, own_mailboxes=30)
    assert len({box.email for box in world.own_mailboxes}) == 30
    for box in world.own_mailboxes:
        assert world.find_own_mailbox(box.email.upper()) == box
        domain = world.find_own_domain(box.smtp_host)
        assert domain is not None
        assert domain.mail.spf
        assert domain.mail.dmarc
        assert domain.mail.dkim
        assert world.find_company(box.domain) is None


def test_earlier_jobs_are_at_companies_of_the_same_world():
    world = World(seed=6, companies=5)
    jobs = [job for company in world for person in company.people for job in person.jobs]
    assert any(job.to_year is not None for job in jobs)
    assert all(world.find_company(job.domain) for job in jobs if job.domain)


def test_pages_of_a_large_world_are_made_for_the_asked_company_only():
    world = World(seed=9, companies=100_000)
    sites = Sites(world)
    host = next(
        company.site.host for company in map(world.company, range(99_000, 99_050)) if company.site is not None
    )
    site = sites.find_site(host)
    assert site is not None
    answer = site.handler(Request("GET", "https", host, "/robots.txt", "", (), b"", "127.0.0.1"))
    assert answer.status in (200, 404, 503)
    assert len(world._made) <= 51
