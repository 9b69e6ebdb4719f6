import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator

import pytest

from fairlead.net.cache import TtlCache
from fairlead.net.dns import AioDns, Found, Mx, NoData, NoSuchName, ServerFailed, TimedOut

REFUSED, SERVFAIL = 5, 2
FOUR, SIX = ipaddress.ip_address("198.51.100.7"), ipaddress.ip_address("2001:db8::7")


@pytest.fixture
async def forgetful(name_server, timer) -> AsyncIterator[AioDns]:
    """Takes a new channel for each question: c-ares' own cache must not stand between test and server."""
    resolver = AioDns(
        name_server.address, timer, try_seconds=0.3, tries=2, cache_entries=3, questions_per_channel=1
    )
    yield resolver
    await resolver.close()


async def test_mail_exchangers_come_sorted_in_lower_case_and_once(name_server, dns):
    name_server.put("x.example", "MX", (20, "B.x.example"), (10, "a.x.example"), (20, "b.X.example"), ttl=77)
    assert await dns.mx("X.Example.") == Found((Mx(10, "a.x.example"), Mx(20, "b.x.example")), 77)


async def test_a_null_mx_has_an_empty_host(name_server, dns):
    name_server.put("x.example", "MX", (0, ""))
    assert await dns.mx("x.example") == Found((Mx(0, ""),), 300)


async def test_addresses_of_both_families_come_with_ipv6_first(name_server, dns):
    name_server.put("x.example", "A", str(FOUR), ttl=50)
    name_server.put("x.example", "AAAA", str(SIX), ttl=70)
    assert await dns.addresses("x.example") == Found((SIX, FOUR), 50)
    assert await dns.addresses("x.example") == Found((SIX, FOUR), 50)
    assert name_server.times_asked("x.example") == 2


async def test_one_family_is_enough(name_server, dns):
    name_server.put("x.example", "A", str(FOUR))
    assert await dns.addresses("x.example") == Found((FOUR,), 300)


async def test_a_server_that_drops_one_family_costs_half_a_second(name_server, timer):
    dns = AioDns(name_server.address, timer, try_seconds=3, tries=2)
    name_server.put("x.example", "A", str(FOUR))
    name_server.silent.add(("x.example", "AAAA"))
    started = time.monotonic()
    assert await dns.addresses("x.example") == Found((FOUR,), 300)
    assert time.monotonic() - started < 2
    await dns.close()


async def test_doubt_about_one_family_is_stronger_than_absence_of_the_other(name_server, dns):
    name_server.put("x.example", "MX", (1, "y.example"))
    name_server.silent.add(("x.example", "AAAA"))
    assert await dns.addresses("x.example") == TimedOut()


async def test_texts_are_joined_and_what_is_not_utf8_is_marked(name_server, dns):
    name_server.put("x.example", "TXT", b"v=spf1 " + b"a" * 300, b"caf\xc3\xa9 \xff")
    answer = await dns.txt("x.example")
    assert isinstance(answer, Found)
    assert set(answer.records) == {"v=spf1 " + "a" * 300, "caf\u00e9 \ufffd"}


async def test_an_address_has_a_name(name_server, dns):
    name_server.put("7.100.51.198.in-addr.arpa", "PTR", "Mail.x.example")
    assert await dns.ptr(FOUR) == Found(("mail.x.example",), 300)
    assert await dns.ptr(SIX) == NoSuchName()


async def test_what_is_not_there_is_told_from_what_nobody_could_say(name_server, dns):
    name_server.put("empty.example", "A", str(FOUR))
    name_server.codes |= {"failing.example": SERVFAIL, "refusing.example": REFUSED}
    name_server.silent.add(("silent.example", "MX"))
    assert await dns.mx("missing.example") == NoSuchName()
    assert await dns.mx("empty.example") == NoData()
    assert await dns.mx("failing.example") == ServerFailed("servfail")
    assert await dns.mx("refusing.example") == ServerFailed("refused")
    assert await dns.mx("silent.example") == TimedOut()
    assert await dns.addresses("missing.example") == NoSuchName()
    assert await dns.addresses("failing.example") == ServerFailed("servfail")


async def test_a_name_server_that_is_not_there_is_unreachable(timer, unused_tcp_port):
    dns = AioDns(f"127.0.0.1:{unused_tcp_port}", timer, try_seconds=0.3, tries=1)
    assert await dns.mx("x.example") == ServerFailed("unreachable")
    await dns.close()


async def test_an_answer_too_long_for_udp_is_fetched_over_tcp(name_server, dns):
    name_server.too_long_for_udp.add("x.example")
    name_server.put("x.example", "MX", *[(n, f"mx{n}.a-rather-long-name.x.example") for n in range(60)])
    answer = await dns.mx("x.example")
    assert isinstance(answer, Found)
    assert len(answer.records) == 60
    assert [transport for _, _, transport in name_server.asked] == ["udp", "tcp"]


@pytest.mark.parametrize("recursive", [True, False])
async def test_aliases_are_followed_and_the_shortest_time_to_live_counts(name_server, dns, recursive):
    name_server.recursive = recursive
    name_server.put("a.example", "CNAME", "b.example", ttl=90)
    name_server.put("b.example", "CNAME", "c.example", ttl=40)
    name_server.put("c.example", "MX", (1, "mx.example"), ttl=60)
    assert await dns.mx("a.example") == Found((Mx(1, "mx.example"),), 40)
    assert await dns.cname("a.example") == Found(("b.example",), 90)
    assert await dns.cname("c.example") == NoData()


@pytest.mark.parametrize("recursive", [True, False])
async def test_an_alias_to_nowhere_is_no_such_name(name_server, dns, recursive):
    name_server.recursive = recursive
    name_server.put("a.example", "CNAME", "nowhere.example")
    assert await dns.mx("a.example") == NoSuchName()


@pytest.mark.parametrize("recursive", [True, False])
async def test_aliases_that_lead_round_and_round_are_a_failure(name_server, dns, recursive):
    name_server.recursive = recursive
    name_server.put("a.example", "CNAME", "b.example")
    name_server.put("b.example", "CNAME", "a.example")
    assert await dns.mx("a.example") == ServerFailed("alias_loop")


async def test_a_chain_of_aliases_ends_somewhere(name_server, dns):
    name_server.recursive = False
    for n in range(30):
        name_server.put(f"n{n}.example", "CNAME", f"n{n + 1}.example")
    assert await dns.mx("n0.example") == ServerFailed("alias_loop")
    assert len(name_server.asked) < 12


async def test_records_of_another_name_in_the_answer_are_not_believed(name_server, dns):
    name_server.put("x.example", "CNAME", "y.example")
    name_server.put("y.example", "A", "203.0.113.9")
    name_server.put("x.example", "AAAA", str(SIX))
    genuine = name_server._answers
    name_server._answers = lambda name, kind: (
        genuine("y.example", kind) if kind == "A" else genuine(name, kind)
    )
    assert await dns.addresses("x.example") == Found((SIX,), 300)


async def test_names_of_this_machine_are_never_asked_for(name_server, dns):
    for name in ("localhost", "LOCALHOST.", "127.1", "0x7f.1", "2130706433", ""):
        assert await dns.addresses(name) == NoSuchName()
        assert await dns.mx(name) == NoSuchName()
    assert name_server.asked == []


async def test_an_answer_is_kept_for_its_time_to_live_and_no_longer(name_server, forgetful, timer):
    name_server.put("x.example", "MX", (1, "old.example"), ttl=100)
    await forgetful.mx("x.example")
    name_server.put("x.example", "MX", (1, "new.example"), ttl=100)
    timer.seconds += 99
    assert await forgetful.mx("x.example") == Found((Mx(1, "old.example"),), 1)
    timer.seconds += 1
    assert await forgetful.mx("x.example") == Found((Mx(1, "new.example"),), 100)
    assert name_server.times_asked("x.example") == 2


async def test_an_answer_without_time_to_live_is_not_kept(name_server, forgetful):
    name_server.put("x.example", "MX", (1, "mx.example"), ttl=0)
    await forgetful.mx("x.example")
    await forgetful.mx("x.example")
    assert name_server.times_asked("x.example") == 2


async def test_absence_is_kept_for_half_a_minute_and_failure_for_seconds(name_server, forgetful, timer):
    name_server.codes["failing.example"] = SERVFAIL
    assert await forgetful.mx("new.example") == NoSuchName()
    assert await forgetful.mx("failing.example") == ServerFailed("servfail")
    name_server.put("new.example", "MX", (1, "mx.example"))
    name_server.put("failing.example", "MX", (1, "mx.example"))
    del name_server.codes["failing.example"]
    timer.seconds += 4
    assert await forgetful.mx("failing.example") == ServerFailed("servfail")
    timer.seconds += 1
    assert isinstance(await forgetful.mx("failing.example"), Found)
    timer.seconds += 24
    assert await forgetful.mx("new.example") == NoSuchName()
    timer.seconds += 1
    assert isinstance(await forgetful.mx("new.example"), Found)


async def test_the_cache_is_bounded_and_forgets_what_was_used_longest_ago(name_server, forgetful):
    for n in range(4):
        name_server.put(f"n{n}.example", "MX", (1, "mx.example"))
    for n in (0, 1, 2, 0, 3):
        await forgetful.mx(f"n{n}.example")
    await forgetful.mx("n0.example")
    await forgetful.mx("n1.example")
    assert [name_server.times_asked(f"n{n}.example") for n in range(4)] == [1, 2, 1, 1]


def test_the_cache_never_holds_more_than_it_may():
    cache = TtlCache[int, int](10)
    for n in range(100):
        cache.put(n % 37, n, 1.0)
        assert len(cache) <= 10


async def test_many_who_ask_the_same_cause_one_question(name_server, dns):
    name_server.put("x.example", "MX", (1, "mx.example"))
    answers = await asyncio.gather(*(dns.mx("x.example") for _ in range(100)))
    assert set(answers) == {Found((Mx(1, "mx.example"),), 300)}
    assert name_server.times_asked("x.example") == 1


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others(name_server, dns):
    name_server.put("x.example", "MX", (1, "mx.example"))
    impatient = asyncio.create_task(dns.mx("x.example"))
    patient = asyncio.create_task(dns.mx("x.example"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert isinstance(await patient, Found)
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_channels_are_renewed_under_load_and_no_answer_is_lost(name_server, timer):
    dns = AioDns(name_server.address, timer, questions_per_channel=7, at_once=20)
    for n in range(200):
        name_server.put(f"n{n}.example", "MX", (1, f"mx{n}.example"))
    answers = await asyncio.gather(*(dns.mx(f"n{n}.example") for n in range(200)))
    assert [answer.records for answer in answers] == [(Mx(1, f"mx{n}.example"),) for n in range(200)]
    await dns.close()


async def test_what_is_cached_is_not_asked_for_again(name_server, timer):
    dns = AioDns(name_server.address, timer)
    names = [f"n{n}.example" for n in range(2000)]
    for name in names:
        name_server.put(name, "MX", (1, "mx.example"))
    rates, asked = {}, {}
    for place in ("wire", "cache"):
        started = time.perf_counter()
        for at in range(0, len(names), 200):
            await asyncio.gather(*(dns.mx(name) for name in names[at : at + 200]))
        rates[place] = round(len(names) / (time.perf_counter() - started))
        asked[place] = len(name_server.asked)
    print("lookups per second:", rates)
    # A busy machine may lose a datagram, which is then asked for twice.
    assert {name for name, *_ in name_server.asked} == set(names)
    assert asked["cache"] == asked["wire"]
    await dns.close()
