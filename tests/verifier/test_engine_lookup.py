"""Where mail for a domain goes, and which domains nobody is asked about."""

from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest
from mail_lab import mail_lab

from fairlead.net.answers import Found, Mx, NoData, NoSuchName, ServerFailed, TimedOut
from fairlead.sandbox.dns_wire import address, mx
from fairlead.sandbox.dns_zones import Script
from fairlead.settings import read_networks
from fairlead.verifier.lookup import further_route, mail_route
from fairlead.verifier.model import NoRoute, Reason, Route


@dataclass
class Names:
    """A DNS of two tables."""

    mxs: dict = field(default_factory=dict)
    hosts: dict = field(default_factory=dict)

    async def mx(self, name):
        found = self.mxs.get(name, NoSuchName())
        return Found(tuple(Mx(*pair) for pair in found), 300) if isinstance(found, tuple) else found

    async def addresses(self, name):
        found = self.hosts.get(name, NoSuchName())
        return Found(tuple(map(ip_address, found)), 300) if isinstance(found, tuple) else found

    async def ipv4(self, name):
        found = self.hosts.get(name, NoSuchName())
        if not isinstance(found, tuple):
            return found
        four = tuple(address for address in map(ip_address, found) if address.version == 4)
        return Found(four, 300) if four else NoData()


def hosts(route) -> list[str]:
    assert isinstance(route, Route), route
    return [f"{server.host} {server.address}" for server in route.best]


@pytest.mark.parametrize(
    ("mxs", "addresses", "found"),
    [
        (NoSuchName(), {}, NoRoute.NO_SUCH_DOMAIN),
        (ServerFailed("servfail"), {}, NoRoute.DNS_FAILED),
        (TimedOut(), {}, NoRoute.DNS_FAILED),
        (ServerFailed("alias_loop"), {}, NoRoute.DNS_FAILED),
        (((0, ""),), {}, NoRoute.NULL_MX),
        (NoData(), {}, NoRoute.NO_MAIL_SERVER),
        (NoData(), {"x.example": TimedOut()}, NoRoute.DNS_FAILED),
        (((10, "mx.x.example"),), {}, NoRoute.NO_MAIL_SERVER),
        (((10, "mx.x.example"),), {"mx.x.example": ServerFailed("servfail")}, NoRoute.DNS_FAILED),
        (((10, "localhost"),), {}, NoRoute.LOOPBACK),
        (((10, "mx.x.example"),), {"mx.x.example": ("127.0.0.1",)}, NoRoute.LOOPBACK),
        (((10, "mx.x.example"),), {"mx.x.example": ("0.0.0.0",)}, NoRoute.LOOPBACK),
        (((10, "mx.x.example"),), {"mx.x.example": ("::1",)}, NoRoute.LOOPBACK),
        (((10, "mx.x.example"),), {"mx.x.example": ("::ffff:127.0.0.1",)}, NoRoute.LOOPBACK),
        (((10, "mx.x.example"),), {"mx.x.example": ("10.1.2.3",)}, NoRoute.PRIVATE),
        (((10, "mx.x.example"),), {"mx.x.example": ("169.254.169.254",)}, NoRoute.PRIVATE),
        (((10, "mx.x.example"),), {"mx.x.example": ("fd00::1",)}, NoRoute.PRIVATE),
        (((10, "mx.x.example"),), {"mx.x.example": ("127.0.0.1", "10.1.2.3")}, NoRoute.PRIVATE),
        (((10, "192.0.2.1"),), {}, NoRoute.NO_MAIL_SERVER),
    ],
)
async def test_a_domain_without_a_server_to_connect_to_has_no_route(mxs, addresses, found):
    assert await mail_route(Names({"x.example": mxs}, addresses), "x.example") is found


async def test_without_an_mx_record_the_domain_itself_takes_the_mail():
    route = await mail_route(Names({"x.example": NoData()}, {"x.example": ("8.8.8.8",)}), "x.example")
    assert hosts(route) == ["x.example 8.8.8.8"]


async def test_the_best_preference_comes_first_and_ipv4_alone_where_there_is_any():
    names = Names(
        {"x.example": ((20, "b.x.example"), (10, "a.x.example"), (10, "c.x.example"))},
        {"a.x.example": ("2600::1", "8.8.8.8"), "b.x.example": ("8.8.4.4",), "c.x.example": ("9.9.9.9",)},
    )
    route = await mail_route(names, "x.example")
    assert hosts(route) == ["a.x.example 8.8.8.8", "c.x.example 9.9.9.9"]
    assert route.later == ("b.x.example",)
    assert hosts(await further_route(names, route)) == ["b.x.example 8.8.4.4"]


async def test_a_bait_in_front_does_not_hide_the_server_behind_it():
    names = Names(
        {"x.example": ((5, "bait.x.example"), (10, "mx.x.example"))},
        {"bait.x.example": ("127.0.0.1",), "mx.x.example": ("8.8.8.8",)},
    )
    assert hosts(await mail_route(names, "x.example")) == ["mx.x.example 8.8.8.8"]


async def test_private_servers_are_reached_where_the_settings_allow_them():
    names = Names({"x.example": ((5, "mx.x.example"),)}, {"mx.x.example": ("10.1.2.3", "10.9.9.9")})
    route = await mail_route(names, "x.example", read_networks("10.1.0.0/16"))
    assert hosts(route) == ["mx.x.example 10.1.2.3"]


async def test_domains_with_the_same_servers_have_the_same_key_in_whatever_order_they_are_told():
    first = Names({"x.example": ((5, "mx.p.example"),)}, {"mx.p.example": ("8.8.8.8", "9.9.9.9")})
    second = Names({"y.example": ((5, "mx.p.example"),)}, {"mx.p.example": ("9.9.9.9", "8.8.8.8")})
    assert (await mail_route(first, "x.example")).key == (await mail_route(second, "y.example")).key


async def test_addresses_that_come_with_the_mx_records_save_a_question_and_strangers_are_not_believed():
    async with mail_lab(["reject_unknown:postfix"], verifier_sessions_per_server=0) as lab:
        (company,) = lab.net.world
        await mail_route(lab.world.dns, company.domain, lab.world.settings.allowed_networks)
        asked = [query.type for query in lab.net.dns.log()]
        assert asked == ["MX"]


async def test_a_host_that_does_not_answer_leads_to_the_next_preference():
    async with mail_lab(["reject_unknown:postfix"], verifier_sessions_per_server=0) as lab:
        (company,) = lab.net.world
        person = sorted(company.known_addresses)[0]
        (server,) = company.mail.hosts[0].addresses
        zone = lab.net.zones
        own = zone.lookup

        def lookup(name, type):
            if name == company.domain and type == 15:
                return type_found(mx(name, 1, f"dead.{name}"), mx(name, 2, f"alive.{name}"))
            if name.endswith(company.domain) and name.startswith(("dead.", "alive.")) and type == 1:
                return type_found(address(name, "127.64.9.250" if name.startswith("dead.") else server))
            return own(name, type)

        zone.lookup = lookup
        found = await lab.ask(person)
        assert found[person].reason is Reason.ACCEPTED
        assert lab.net.smtp.counts["connections"] == 1


def type_found(*records):
    from fairlead.sandbox.dns_zones import Found as Answered

    return Answered(records)


async def test_a_truncated_answer_is_asked_for_again():
    async with mail_lab(["reject_unknown:postfix"], verifier_sessions_per_server=0) as lab:
        (company,) = lab.net.world
        lab.net.zones.scripts[company.domain] = Script(truncates=True)
        person = sorted(company.known_addresses)[0]
        assert (await lab.ask(person))[person].reason is Reason.ACCEPTED
