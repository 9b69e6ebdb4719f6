"""Politeness: how many sessions at once, a minute and a day, over all processes; and the stop when we are blocked."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from ipaddress import ip_address

import pytest
from mail_lab import IDENTITY, mail_lab, with_settings

from fairlead.verifier import actions as verifier
from fairlead.verifier.families import OTHER, family_of
from fairlead.verifier.identity import identity
from fairlead.verifier.model import Reason, ServerFacts
from fairlead.verifier.pacing import Pace, Paused, Seat
from fairlead.verifier.probe import Prober
from fairlead.verifier.store import facts, windows

GOOGLE = family_of("aspmx.l.google.com")
MICROSOFT = family_of("example-com.mail.protection.outlook.com")


@pytest.fixture
async def lab(db):
    async with mail_lab(["reject_unknown:postfix", "blocked_rcpt", "connection_cap"], db=db) as lab:
        yield lab


async def can_enter(world, server, family, *, at_most_seconds: float = 0.2) -> bool:
    """Whether a session may begin now; it ends at once."""
    try:
        async with asyncio.timeout(at_most_seconds), Pace(world).session(server, family) as seat:
            return isinstance(seat, Seat)
    except TimeoutError:
        return False


async def test_a_server_never_has_more_sessions_than_it_is_allowed_whoever_opens_them(lab):
    world = with_settings(lab, verifier_sessions_per_server=2)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(Pace(world).session("192.0.2.1", OTHER))
        assert not await can_enter(world, "192.0.2.1", OTHER)
        assert await can_enter(world, "192.0.2.2", OTHER)
    assert await can_enter(world, "192.0.2.1", OTHER)


async def test_the_seats_of_a_dead_process_are_free_again_when_their_time_is_over(lab):
    world = with_settings(lab, verifier_sessions_per_server=1)
    async with Pace(world).session("192.0.2.1", OTHER):
        assert not await can_enter(world, "192.0.2.1", OTHER)
        async with world.db.statement() as conn:
            await conn.execute("update verifier_seats set lease_until = clock_timestamp()")
        assert await can_enter(world, "192.0.2.1", OTHER)


@pytest.mark.parametrize("setting", ["verifier_sessions_per_minute", "verifier_sessions_per_day"])
async def test_a_family_has_its_limit_and_every_stranger_one_of_their_own(lab, setting):
    world = with_settings(lab, **{setting: 3})
    for _ in range(3):
        assert await can_enter(world, "192.0.2.1", GOOGLE)
    assert not await can_enter(world, "192.0.2.9", GOOGLE)
    assert await can_enter(world, "192.0.2.1", MICROSOFT)
    for server in ("192.0.2.5", "192.0.2.6"):
        assert [await can_enter(world, server, OTHER) for _ in range(4)] == [True, True, True, False]


async def test_a_refused_session_is_not_counted(lab):
    world = with_settings(lab, verifier_sessions_per_minute=1, verifier_sessions_per_day=100)
    for _ in range(3):
        await can_enter(world, "192.0.2.1", GOOGLE)
    async with world.db.statement() as conn:
        cur = await conn.execute("select used from verifier_windows where subject = 'day google'")
        assert await cur.fetchone() == (1,)


async def test_checks_stop_when_too_many_sessions_are_blocked_and_go_on_when_the_hour_is_over(lab):
    world = with_settings(lab, verifier_stop_after_blocks=3)
    blocked, fine = lab.company("blocked_rcpt"), lab.company("reject_unknown")
    person = sorted(fine.known_addresses)[0]
    for number in range(3):
        async for verdict in verifier.verify_now(world, [f"nobody{number}@{blocked.domain}"]):
            assert verdict.reason is Reason.BLOCKED
    asked = lab.net.smtp.counts["connections"]
    (verdict,) = [verdict async for verdict in verifier.verify_now(world, [person])]
    assert verdict.reason is Reason.PAUSED
    assert not verdict.settled
    assert lab.net.smtp.counts["connections"] == asked
    async with world.db.statement() as conn:
        await conn.execute("update verifier_windows set opened_at = clock_timestamp() - interval '61 minutes'")
    async with Pace(world).session("192.0.2.1", OTHER) as seat:
        assert not isinstance(seat, Paused)


async def test_few_blocks_among_many_sessions_stop_nobody(lab):
    world = with_settings(lab, verifier_stop_after_blocks=3)
    for _ in range(20):
        assert await can_enter(world, "192.0.2.1", OTHER)
    for _ in range(4):
        await Pace(world).note_block()
    assert await can_enter(world, "192.0.2.1", OTHER)
    await Pace(world).note_block()
    await Pace(world).note_block()
    assert not await can_enter(world, "192.0.2.1", OTHER)


async def test_a_server_that_sends_the_third_session_away_gets_fewer_and_every_address_an_answer(lab):
    world = with_settings(lab, verifier_sessions_per_server=0)
    company = lab.company("connection_cap")
    addresses = [f"nobody{number}@{company.domain}" for number in range(3_000)]
    found = [verdict.reason async for verdict in verifier.verify_now(world, addresses)]
    assert set(found) == {Reason.NO_SUCH_MAILBOX}
    assert len(found) == 3_000


async def test_what_a_server_showed_of_its_limits_is_kept_and_believed_for_a_while(lab):
    address = ip_address("192.0.2.7")
    learned = ServerFacts(lockstep=True, rejects=4, recipients=1, answers=3, connections=1)
    now = lab.clock.now()
    async with lab.world.db.transaction() as conn:
        await facts.note_servers(conn, {address: learned}, now=now)
        assert await facts.servers(conn, since=now.replace(year=2025)) == {address: learned}
        assert await facts.servers(conn, since=now.replace(year=2027)) == {}


async def test_a_server_that_hangs_up_after_a_few_answers_is_not_asked_for_more_the_next_time(db):
    async with mail_lab(["busy_421:postfix"], db=db) as lab:
        (company,) = lab.net.world
        mixed = [f"nobody{number}@{company.domain}" for number in range(12)]
        async with Prober(lab.world, IDENTITY) as prober:
            await lab.ask(*mixed, prober=prober)
            assert {known.answers for known in prober.servers.values()} == {3}
        async with db.transaction() as conn:
            await facts.note_servers(conn, prober.learned, now=lab.clock.now())
        lab.net.smtp.sessions.clear()
        found = [verdict.reason async for verdict in verifier.verify_now(lab.world, mixed)]
        assert set(found) == {Reason.NO_SUCH_MAILBOX}
        assert not [line for session in lab.net.smtp.sessions for line in session.lines() if line.startswith("S 421")]


async def test_a_helo_name_that_does_not_resolve_is_found_before_a_server_finds_it(lab):
    company = lab.company("reject_unknown")
    assert "FAIRLEAD_VERIFIER_HELO" in await verifier.identity_problem(lab.world)
    assert await verifier.identity_problem(with_settings(lab, verifier_helo=f"no-such.{company.domain}")) is not None
    assert await verifier.identity_problem(with_settings(lab, verifier_helo="in spaces")) is not None
    resolving = next(host.name for host in company.mail.hosts)
    assert await verifier.identity_problem(with_settings(lab, verifier_helo=resolving)) is None


def test_who_we_are_comes_from_the_settings_and_else_from_the_public_url(lab):
    world = replace(with_settings(lab, verifier_helo=None), public_url="https://outreach.example.com:8443/x")
    assert identity(world).helo == "outreach.example.com"
    assert identity(world).mail_from == "postmaster@outreach.example.com"
    chosen = with_settings(lab, verifier_helo="mx.example.com", verifier_mail_from="check@example.com")
    assert (identity(chosen).helo, identity(chosen).mail_from) == ("mx.example.com", "check@example.com")


@pytest.mark.parametrize(
    ("host", "family"),
    [
        ("aspmx.l.google.com", "google"),
        ("alt1.gmail-smtp-in.l.google.com", "google"),
        ("contoso-com.mail.protection.outlook.com", "microsoft"),
        ("outlook-com.olc.protection.outlook.com", "outlook"),
        ("mta7.am0.yahoodns.net", "yahoo"),
        ("mxa-0012ab34.gslb.pphosted.com", "proofpoint"),
        ("eu-smtp-inbound-1.mimecast.com", "mimecast"),
        ("d123456a.ess.barracudanetworks.com", "barracuda"),
        ("mx.example.com", "other"),
        ("notgoogle.com", "other"),
        ("google.com.example", "other"),
        ("com", "other"),
    ],
)
def test_a_family_is_known_by_the_names_of_its_hosts(host, family):
    assert family_of(host).name == family


async def test_a_living_process_renews_its_seats_and_no_others(lab):
    world = with_settings(lab, verifier_sessions_per_server=1)
    async with world.db.statement() as conn:
        assert await windows.take_seat(conn, server="192.0.2.1", seats=1, seconds=30) == 1
        assert await windows.take_seat(conn, server="192.0.2.2", seats=1, seconds=30) == 1
        await conn.execute("update verifier_seats set lease_until = clock_timestamp()")
        await windows.renew_seats(conn, [("192.0.2.1", 1)], seconds=30)
    assert not await can_enter(world, "192.0.2.1", OTHER)
    assert await can_enter(world, "192.0.2.2", OTHER)
