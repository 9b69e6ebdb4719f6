"""The sandbox as a whole: mail that travels, names that resolve, people who act, and nothing that leaves loopback."""

import asyncio
import base64
import contextlib
import email
import email.policy
import random
import shutil
import smtplib
import subprocess
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from small_internet import QuickTimer, in_thread, small_internet

from fairlead.kit.refusals import CannotStart, Invalid
from fairlead.net.answers import Found, NoData, NoSuchName, ServerFailed, TimedOut
from fairlead.net.dialer import GuardedDialer
from fairlead.net.dns import AioDns
from fairlead.net.fetch import GuardedFetch
from fairlead.sandbox import dkim, reach
from fairlead.sandbox.clock import ORIGIN, MovableClock
from fairlead.sandbox.dkim import Signer, Verdict
from fairlead.sandbox.loopback import server_address
from fairlead.sandbox.mailboxes import Role
from fairlead.sandbox.making import servers
from fairlead.sandbox.people.people import act_named
from fairlead.sandbox.smtp.behavior import behavior_named
from fairlead.sandbox.smtp.steps import MailHost
from fairlead.sandbox.vouching import spf_result
from fairlead.settings import load


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def folder_of(internet, address: str) -> list[str]:
    return [delivery.folder for delivery in internet.net.records.deliveries(to=address, since=None, limit=100)]


# Mail.


async def test_a_message_arrives_and_its_answer_is_found_by_imap_in_the_same_thread():
    async with small_internet() as internet:
        person = internet.person()
        await internet.submit(person.email, Message_ID="<one@brightdesk.example>")
        assert folder_of(internet, person.email) == ["INBOX"]
        await internet.net.people.force(
            person.email, act_named({"act": "reply", "answer": "interested", "text": "Yes, do."})
        )
        await internet.settle()
        (answer,) = map(parsed, await internet.read())
        assert answer["In-Reply-To"] == "<one@brightdesk.example>"
        assert "<one@brightdesk.example>" in answer["References"]
        assert answer["Subject"].lower().endswith("a question")
        assert "Yes, do." in answer.get_body(("plain",)).get_content()
        assert "spf=pass" in answer["Authentication-Results"]


async def test_people_answer_by_themselves_when_days_pass():
    async with small_internet(companies=40) as internet:
        to = [person.email for company in internet.world for person in company.people if person.exists][:30]
        for number, address in enumerate(to):
            await internet.submit(address, Message_ID=f"<{number}@brightdesk.example>")
        assert await internet.read() == []
        await internet.pass_time(days=6)
        answers = [parsed(raw) for raw in await internet.read()]
        written = [answer for answer in answers if answer["In-Reply-To"] and not answer["Auto-Submitted"]]
        assert len(written) >= 3
        assert {answer["In-Reply-To"] for answer in written} <= {
            f"<{number}@brightdesk.example>" for number in range(30)
        }
        assert internet.net.next_due() is None or internet.net.next_due() > internet.net.clock.now()


async def test_an_unknown_recipient_comes_back_as_a_notice_at_once():
    async with small_internet() as internet:
        nobody = f"nobody.at.all@{internet.company('reject_unknown').domain}"
        await internet.submit(nobody)
        (notice,) = map(parsed, await internet.read())
        assert notice.get_content_type() == "multipart/report"
        assert notice["Return-Path"] == "<>"
        status = next(part for part in notice.walk() if part.get_content_type() == "message/delivery-status")
        assert f"rfc822; {nobody}" in str(status)
        assert "Action: failed" in str(status)
        assert "5.1.1" in str(status)


async def test_greylisted_mail_arrives_when_business_time_has_passed():
    async with small_internet(behaviors=["greylist:postfix"]) as internet:
        person = internet.person("greylist")
        await internet.submit(person.email)
        assert folder_of(internet, person.email) == []
        await internet.pass_time(minutes=3)
        assert folder_of(internet, person.email) == []
        await internet.pass_time(minutes=4)
        assert folder_of(internet, person.email) == ["INBOX"]
        assert await internet.read() == []


async def test_what_is_put_off_again_and_again_is_reported_late_and_then_lost():
    async with small_internet(behaviors=["over_quota:postfix"]) as internet:
        person = internet.person("over_quota")
        await internet.submit(person.email)
        for _ in range(20):
            await internet.pass_time(minutes=30)
        (warning,) = map(parsed, await internet.read())
        assert "Action: delayed" in str(warning) or "delay" in str(warning["Subject"]).lower()
        await internet.pass_time(days=3)
        subjects = [str(parsed(raw)["Subject"]) for raw in await internet.read()]
        assert len(subjects) == 2
        assert "Failure" in subjects[1]


@pytest.mark.parametrize(
    ("behavior", "in_notice"),
    [
        ("null_mx", "5.1.10"),
        ("nxdomain", "5.1.2"),
        ("blocked_rcpt", "blocked"),
        ("blocked_data", "spam"),
        ("blocked_mail", "blocked"),
        ("blocked_banner", "blocked"),
    ],
)
async def test_refusals_of_every_kind_come_back(behavior, in_notice):
    async with small_internet(behaviors=[behavior]) as internet:
        company = internet.company(behavior)
        await internet.submit(f"someone@{company.domain}" if behavior == "null_mx" else company.people[0].email)
        (notice,) = await internet.read()
        assert in_notice.encode() in notice


@pytest.mark.parametrize("behavior", ["bait_mx", "dns_servfail", "dns_timeout", "drop"])
async def test_what_cannot_be_reached_comes_back_after_two_days(behavior):
    async with small_internet(behaviors=[behavior]) as internet:
        await internet.submit(internet.company(behavior).people[0].email)
        assert await internet.read() == []
        await internet.pass_time(days=2, hours=1)
        (notice,) = map(parsed, await internet.read())
        assert "Failure" in str(notice["Subject"])


@pytest.mark.parametrize(
    "behavior",
    [
        "no_mx",
        "no_pipelining",
        "no_pipelining_closes",
        "multiline",
        "eight_bit",
        "slow_banner",
        "tarpit",
        "second_rcpt_452",
        "one_domain",
        "connection_cap",
        "busy_421",
        "reject_unknown:opensmtpd",
    ],
)
async def test_mail_gets_through_to_servers_with_odd_manners(behavior):
    async with small_internet(behaviors=[behavior]) as internet:
        company = internet.world.company(0)
        known = sorted(company.known_addresses)[:3]
        await internet.submit(known)
        assert [folder_of(internet, address) for address in known] == [["INBOX"]] * len(known)


async def test_on_a_catch_all_domain_only_named_people_get_their_mail():
    async with small_internet(behaviors=["catch_all"]) as internet:
        person = internet.person("catch_all")
        made_up = f"xq7.no.such@{internet.company('catch_all').domain}"
        await internet.submit([person.email, made_up])
        assert internet.net.mailboxes.mailbox(person.email).entries()
        boxes = [box.address for box in internet.net.mailboxes if box.entries()]
        assert made_up not in boxes
        assert len(folder_of(internet, made_up)) == 1  # accepted all the same


async def test_providers_keep_copies_and_change_ids_as_theirs_do():
    async with small_internet() as internet:
        person = internet.person()
        google, microsoft = internet.own(0), internet.own(3)
        await internet.submit_as(google, person.email, Message_ID="<kept@x.example>")
        await internet.submit_as(microsoft, person.email, Message_ID="<changed@x.example>")
        ids = [
            parsed(entry.message.raw)["Message-ID"] for entry in internet.net.mailboxes.mailbox(person.email).entries()
        ]
        assert ids[0] == "<kept@x.example>"
        assert ids[1] != "<changed@x.example>"
        (copy,) = internet.net.mailboxes.mailbox(microsoft.email).entries(Role.SENT)
        assert parsed(copy.message.raw)["Message-ID"] == ids[1]
        assert [parsed(raw)["Message-ID"] for raw in await internet.read("[Gmail]/Sent Mail")] == ["<kept@x.example>"]


async def test_mail_nobody_vouches_for_lies_in_spam_and_is_counted():
    async with small_internet() as internet:
        person, company = internet.person(), internet.company("reject_unknown")
        address = company.mail.hosts[0].addresses[0]

        def straight_to_the_mx() -> None:
            with smtplib.SMTP(address, internet.net.port_map[25], timeout=10) as client:
                client.sendmail(
                    "x@stranger.example", person.email, "From: x@stranger.example\r\nMessage-ID: <s@x>\r\n\r\nBuy"
                )

        await in_thread(straight_to_the_mx)
        await internet.submit(person.email)
        assert folder_of(internet, person.email) == ["Spam", "INBOX"]
        sends = internet.net.records.sends
        assert sends.per_recipient[person.email] == 2
        assert dict(sends.per_message_id) == {"<s@x>": 1, "<first@brightdesk.example>": 1}


async def test_a_lost_reply_is_counted_and_the_relay_makes_no_second_send_of_it():
    async with small_internet(behaviors=["reject_unknown:postfix"]) as internet:
        person, net = internet.person(), internet.net
        for host in internet.company("reject_unknown").mail.hosts:
            for address in host.addresses:
                old = net.smtp.hosts[address, net.port_map[25]]
                losing = behavior_named("drop_final_dot_accepted")
                net.smtp.put(address, net.port_map[25], MailHost(old.name, losing, old.policy, old.deliver))
        await internet.submit(person.email)
        assert net.records.sends.per_recipient == {person.email: 1}
        assert net.records.total == 1


async def test_each_recipient_of_a_message_has_a_fate_of_its_own():
    async with small_internet(behaviors=["reject_unknown:postfix", "greylist:postfix", "null_mx"]) as internet:
        known, later = internet.person("reject_unknown").email, internet.person("greylist").email
        unknown = f"no.one@{internet.company('reject_unknown').domain}"
        nowhere = f"x@{internet.company('null_mx').domain}"
        await internet.submit([known, unknown, later, nowhere])
        assert [folder_of(internet, to) for to in (known, unknown, later)] == [["INBOX"], [], []]
        (notice,) = await internet.read()
        assert unknown.encode() in notice
        assert nowhere.encode() in notice
        assert later.encode() not in notice.partition(b"\r\n\r\n")[2].partition(b"To: ")[0]
        await internet.pass_time(minutes=10)
        assert folder_of(internet, later) == ["INBOX"]
        assert folder_of(internet, known) == ["INBOX"]


async def test_a_complaint_comes_back_over_the_feedback_loop():
    async with small_internet(behaviors=["reject_unknown:exchange"]) as internet:
        person = internet.person()
        await internet.submit(person.email)
        await internet.net.people.force(person.email, act_named({"act": "spam"}))
        await internet.settle()
        (report,) = map(parsed, await internet.read())
        assert report.get_param("report-type") == "feedback-report"
        assert folder_of(internet, person.email) == ["Junk Email"]


# Vouching.


def test_a_signature_holds_until_something_is_changed():
    signer = Signer("brightdesk.example", "s1", bytes(range(32)))
    public = Ed25519PrivateKey.from_private_bytes(signer.seed).public_key().public_bytes_raw()
    record = f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"
    signed = signer.signed(
        b"From: a@brightdesk.example\r\nTo:  b@x.example\r\nSubject: Hi\r\n\r\nHello  there \r\n\r\n\r\n"
    )
    asked = []

    def texts(name: str) -> list[str]:
        asked.append(name)
        return [record]

    good = dkim.check(signed, texts)
    assert (good.verdict, good.domain) == (Verdict.PASS, "brightdesk.example")
    assert {"from", "to", "subject"} <= set(good.covered)
    assert asked == ["s1._domainkey.brightdesk.example"]
    # Relaxed: white space may change, words may not.
    assert dkim.check(signed.replace(b"Hello  there ", b"Hello there"), texts).verdict is Verdict.PASS
    assert dkim.check(signed.replace(b"Hello", b"Hullo"), texts).verdict is Verdict.FAIL
    assert dkim.check(signed.replace(b"Subject: Hi", b"Subject: Ho"), texts).verdict is Verdict.FAIL
    assert dkim.check(signed, lambda name: []).verdict is Verdict.FAIL
    assert dkim.check(b"From: a@b.example\r\n\r\nHello\r\n", texts).verdict is Verdict.NONE


async def test_the_policy_of_a_domain_says_who_may_send_for_it():
    async with small_internet(seed=5, companies=40) as internet:
        zones = internet.net.zones
        own = internet.own()
        smtp = internet.net.listeners[own.smtp_host, 465][0]
        assert spf_result(zones, own.domain, smtp) == "pass"
        assert spf_result(zones, own.domain, "127.0.0.1") == "fail"
        assert spf_result(zones, "nobody.example", smtp) == "none"
        for company in internet.world:
            if company.mail.spf is None or company.mx_behavior == "null_mx":
                continue
            address = next((at for host in company.mail.hosts for at in host.addresses if servers.server_at(at)), None)
            assert address is None or spf_result(zones, company.domain, address) == "pass"
            assert spf_result(zones, company.domain, smtp) in ("fail", "softfail")


async def test_what_the_users_provider_sends_is_signed_for_the_users_domain():
    async with small_internet() as internet:
        person = internet.person()
        await internet.submit(
            person.email, List_Unsubscribe="<https://x.example/u>", List_Unsubscribe_Post="List-Unsubscribe=One-Click"
        )
        raw = internet.net.mailboxes.mailbox(person.email).entries()[0].message.raw
        message = parsed(raw)
        results = " ".join(message["Authentication-Results"].split())
        assert "spf=pass" in results
        assert "dkim=pass header.d=brightdesk.example" in results
        assert "dmarc=pass" in results
        assert "list-unsubscribe-post" in message["DKIM-Signature"]


# People and the web.


@asynccontextmanager
async def web_listener():
    """A server of the user's own on loopback, which notes what it is asked."""
    requests: list[tuple[str, str, bytes]] = []

    async def answer(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        names = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        body = await reader.readexactly(int(names.get("content-length", 0)))
        requests.append((line.rpartition(" ")[0], names["user-agent"], body))
        page = b'<form method="post" action="/leave"><input name="sure" value="1"></form>'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(page), page))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", requests
    finally:
        server.close()
        await server.wait_closed()


async def test_readers_fetch_the_pixel_click_and_unsubscribe_over_real_http():
    async with small_internet() as internet, web_listener() as (url, requests):
        person = internet.person()
        page = (
            f'<p><a href="{url}/see">See</a> <a href="{url}/leave?x=1">Unsubscribe</a><img src="{url}/pixel.gif"></p>'
        )
        await internet.submit(
            person.email,
            page,
            Content_Type="text/html",
            MIME_Version="1.0",
            List_Unsubscribe=f"<{url}/one>",
            List_Unsubscribe_Post="List-Unsubscribe=One-Click",
        )
        for act in (
            {"act": "read"},
            {"act": "click"},
            {"act": "unsubscribe", "way": "one_click"},
            {"act": "unsubscribe", "way": "link"},
        ):
            await internet.net.people.force(person.email, act_named(act))
        assert [line for line, _, _ in requests] == [
            "GET /pixel.gif",
            "GET /see",
            "POST /one",
            "GET /leave?x=1",
            "POST /leave",
        ]
        assert requests[2][2] == b"List-Unsubscribe=One-Click"
        assert requests[4][2] == b"sure=1"
        assert all(agent.startswith("Mozilla") for _, agent, _ in requests)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "http://outreach.fairlead.dev/u",
        "http://[2606:2800:220:1::1]/",
        "http://10.0.0.1/",
        "ftp://127.0.0.1/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://127.0.0.1.nip.io/",
        "http:///x",
        "http://a:b:c/",
    ],
)
async def test_no_address_outside_loopback_is_ever_asked_for(url, monkeypatch):
    async with small_internet(companies=3) as internet:

        def never(*args, **options):
            raise AssertionError("a connection was opened")

        monkeypatch.setattr(reach, "connect", never)
        page = await internet.net.fetch_url("GET", url, "Mozilla/5.0", None)
        assert page.status == 0
        assert list(internet.net.browser.refused) == [url]


async def test_the_one_way_out_refuses_before_a_socket_is_made(monkeypatch):
    def never(*args, **options):
        raise AssertionError("a socket was made")

    monkeypatch.setattr(reach.socket, "socket", never)
    for address in ("8.8.8.8", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::", "::ffff:127.0.0.1", "localhost", ""):
        with pytest.raises(reach.OutsideLoopback):
            await reach.connect(address, 80)
    with pytest.raises(reach.OutsideLoopback):
        await reach.connect("127.0.0.1", 80, source="192.168.0.1")


async def test_mail_to_a_bait_opens_no_connection(monkeypatch):
    connected = []
    original = reach.connect

    async def noting(address, port, **options):
        connected.append(address)
        return await original(address, port, **options)

    async with small_internet(behaviors=["bait_mx"] * 12) as internet:
        monkeypatch.setattr(reach, "connect", noting)
        baits = {address for company in internet.world for host in company.mail.hosts for address in host.addresses}
        assert len(baits) >= 3
        await internet.submit([company.people[0].email for company in internet.world])
        await internet.pass_time(days=3)
        assert not baits & set(connected)
        assert all(reach.on_loopback(address) for address in connected)


# Names.


@asynccontextmanager
async def resolver(internet, **options):
    dns = AioDns(internet.net.name_server, QuickTimer(), **options)
    try:
        yield dns
    finally:
        await dns.close()


async def test_every_mail_host_of_a_world_has_an_address_where_a_server_says_its_reverse_name():
    async with small_internet(seed=5, companies=40) as internet, resolver(internet) as dns:
        for company in internet.world:
            found = await dns.mx(company.domain)
            assert isinstance(found, Found)
            for record in found.records:
                addresses = await dns.addresses(record.host)
                assert isinstance(addresses, Found)
                assert {str(one) for one in addresses.records} == {
                    address for host in company.mail.hosts if host.name == record.host for address in host.addresses
                }
        some = next(iter(addresses.records))
        name = (await dns.ptr(some)).records[0]
        assert some in (await dns.addresses(name)).records
        reader, writer = await asyncio.open_connection(str(some), internet.net.port_map[25])
        assert name.encode() in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_texts_aliases_and_absences_are_as_the_world_has_them():
    async with small_internet(seed=5, companies=40) as internet, resolver(internet) as dns:
        company = next(one for one in internet.world if one.mail.spf and one.mail.dmarc and one.mail.dkim and one.site)
        assert company.mail.spf in (await dns.txt(company.domain)).records
        assert (await dns.txt(f"_dmarc.{company.domain}")).records == (company.mail.dmarc,)
        selector, text = company.mail.dkim[0]
        assert (await dns.txt(f"{selector}._domainkey.{company.domain}")).records == (text,)
        assert isinstance(await dns.txt(f"_domainkey.{company.domain}"), NoData)
        assert isinstance(await dns.txt(f"nothing.{company.domain}"), NoSuchName)
        assert isinstance(await dns.mx("no-such-domain.test"), NoSuchName)
        aliased = next(one for one in internet.world if one.site and one.index % 3 == 0)
        assert (await dns.cname(f"www.{aliased.domain}")).records == (aliased.domain,)
        assert str((await dns.addresses(f"www.{aliased.domain}")).records[0]) == aliased.site.address
        own = internet.own()
        assert str((await dns.addresses(own.smtp_host)).records[0]) == internet.net.listeners[own.smtp_host, 465][0]
        for one in internet.world:
            for related in one.related_domains:
                assert [mx.host for mx in (await dns.mx(related)).records] == [""]


@pytest.mark.parametrize(
    ("behavior", "answer"),
    [("nxdomain", NoSuchName), ("dns_servfail", ServerFailed), ("dns_timeout", TimedOut), ("no_mx", NoData)],
)
async def test_name_servers_fail_as_the_world_has_it(behavior, answer):
    async with small_internet(behaviors=[behavior]) as internet, resolver(internet, try_seconds=0.2, tries=1) as dns:
        assert isinstance(await dns.mx(internet.company(behavior).domain), answer)


async def test_the_settings_it_prints_are_all_a_server_needs(tmp_path: Path):
    async with small_internet(seed=5, companies=40) as internet:
        internet.net.authority.write_certificate(tmp_path / "ca.pem")
        settings = load(internet.net.settings(str(tmp_path / "ca.pem")), tmp_path)
        dns = AioDns(settings.nameserver, QuickTimer())
        dialer = GuardedDialer(settings.allowed_networks, settings.port_map, dns, extra_ca=settings.extra_ca)
        fetch = GuardedFetch(settings.allowed_networks, settings.port_map, dns, extra_ca=settings.extra_ca)
        try:
            own = internet.own()
            reader, writer = await dialer.connect(own.smtp_host, 465, tls=dialer.default_tls, timeout_seconds=5)
            assert (await reader.readline()).startswith(f"220 {own.smtp_host}".encode())
            writer.close()
            await writer.wait_closed()
            for scheme in ("http", "https"):
                site = next(
                    one.site
                    for one in internet.world
                    if one.site and one.site.scheme == scheme and one.site.quirk == "none"
                )
                page = await fetch.request("GET", f"{scheme}://{site.host}/", user_agent="test")
                assert page.status == 200
        finally:
            await fetch.close()
            await dns.close()


# Starting.


async def test_two_sandboxes_live_side_by_side():
    async with small_internet(companies=3) as one, small_internet(companies=3) as other:
        assert one.net.port_map[25] != other.net.port_map[25]
        await other.submit(other.person("reject_unknown").email)
        assert one.net.records.total == 0
        assert other.net.records.total == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "192.168.1.1", "127.128.0.1", "::1", "x"])
def test_servers_refuse_to_stand_anywhere_else(address):
    with pytest.raises(CannotStart):
        server_address(address)


async def test_every_server_stands_within_its_network_on_unprivileged_ports():
    async with small_internet(companies=3) as internet:
        for address, port in internet.net.smtp.hosts:
            assert server_address(address) == address
            assert port >= 1024
        assert servers.server_at(internet.net.listeners[internet.own().smtp_host, 465][0]) is None


async def test_noise_on_every_port_leaves_it_alive():
    dice = random.Random(4)
    async with small_internet(companies=3) as internet:
        net, own = internet.net, internet.own()
        smtp, imap = net.listeners[own.smtp_host, 587][0], net.listeners[own.imap_host, 143][0]
        mx, web = next(iter(net.smtp.hosts))[0], servers.WEB_ADDRESS
        host, port = net.name_server.split(":")
        places = [(smtp, p) for p in (465, 587)] + [(imap, p) for p in (143, 993)] + [(web, p) for p in (80, 443)]
        ports = [(at, net.port_map[standard]) for at, standard in places]
        for at, number in [*ports, (mx, net.port_map[25]), (host, int(port))] * 6:
            _, writer = await asyncio.open_connection(at, number)
            writer.write(dice.randbytes(dice.randrange(1, 3_000)) + b"\r\n")
            with contextlib.suppress(ConnectionError):
                await writer.drain()
                if dice.random() < 0.5:
                    writer.write_eof()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        person = internet.person()
        await internet.submit(person.email)
        assert net.records.sends.per_recipient == {person.email: 1}
        await net.people.force(person.email, act_named({"act": "reply"}))
        await internet.settle()
        assert len(await internet.read()) >= 1


# The clock.


class SetTimer:
    def __init__(self) -> None:
        self.at = 100.0

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


async def test_the_clock_runs_at_its_speed_and_never_goes_back():
    timer = SetTimer()
    clock = MovableClock(timer, speed=60)
    timer.at += 2
    assert clock.now() == ORIGIN + timedelta(minutes=2)
    changed = clock.changed
    assert clock.advance(by=timedelta(hours=1)) == ORIGIN + timedelta(hours=1, minutes=2)
    assert changed.is_set()
    assert clock.advance(to=ORIGIN) == ORIGIN + timedelta(hours=1, minutes=2)
    clock.set(ORIGIN, 1)
    assert clock.now() == ORIGIN + timedelta(hours=1, minutes=2)
    clock.set(ORIGIN + timedelta(hours=2), 0)
    assert clock.machine_seconds_until(ORIGIN + timedelta(hours=3)) is None
    with pytest.raises(Invalid):
        clock.set(ORIGIN, -1)


async def test_people_act_by_themselves_while_the_clock_runs():
    async with small_internet(companies=3) as internet:
        person = internet.person()
        await internet.submit(person.email)
        following = asyncio.create_task(internet.net.run())
        internet.net.clock.set(internet.net.clock.now(), 1_000_000)
        async with asyncio.timeout(10):
            while not internet.net.people.done:
                await asyncio.sleep(0.01)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


# Programs of the system.


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.mark.system
async def test_dig_reads_what_the_name_server_says():
    dig = program("dig")
    async with small_internet(behaviors=["reject_unknown:postfix", "dns_servfail"]) as internet:
        host, _, port = internet.net.name_server.rpartition(":")

        async def ask(*words: str) -> str:
            command = [dig, f"@{host}", "-p", port, "+tries=1", "+time=3", *words]
            return (
                await in_thread(lambda: subprocess.run(command, capture_output=True, text=True, check=False))
            ).stdout

        company = internet.world.company(0)
        assert await ask(company.domain, "MX", "+short") == "".join(
            f"{host.preference} {host.name}.\n" for host in company.mail.hosts
        )
        assert "status: NXDOMAIN" in await ask("nobody.test")
        assert "status: SERVFAIL" in await ask(internet.world.company(1).domain)
        assert "status: REFUSED" in await ask("fairlead.dev")
        assert company.mail.hosts[0].addresses[0] in await ask("+tcp", "+short", company.mail.hosts[0].name)
        assert "in-67" in await ask("-x", company.mail.hosts[0].addresses[0], "+short")


@pytest.mark.system
async def test_swaks_sends_through_the_submission_server():
    swaks = program("swaks")
    async with small_internet() as internet:
        own, person = internet.own(), internet.person()
        address, _ = internet.net.listeners[own.smtp_host, 465]
        for port, how in ((465, "--tls-on-connect"), (587, "--tls")):
            command = [
                swaks,
                "--server",
                f"{address}:{internet.net.port_map[port]}",
                how,
                "--auth",
                "LOGIN",
                "--auth-user",
                own.email,
                "--auth-password",
                own.password,
                "--from",
                own.email,
                "--to",
                person.email,
            ]
            ran = await in_thread(
                lambda command=command: subprocess.run(command, capture_output=True, text=True, check=False)
            )
            assert ran.returncode == 0, ran.stdout[-800:]
        await internet.settle()
        assert folder_of(internet, person.email) == ["INBOX", "INBOX"]
