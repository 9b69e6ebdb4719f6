"""Every kind of mail server of the sandbox, asked the way the product asks; what comes out against what is true."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from mail_lab import addresses_of, mail_lab

from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.sandbox.making.mail import DNS_BEHAVIORS
from fairlead.sandbox.making.servers import SMTP_BEHAVIORS, WORDINGS
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import Reason, SmtpStatus

EVERY_KIND = [*DNS_BEHAVIORS, *(f"{behavior}:{wording}" for behavior in SMTP_BEHAVIORS for wording in WORDINGS)]
KNOWN, UNKNOWN = 10, 11
TOLD_APART = (Reason.ACCEPTED, Reason.NO_SUCH_MAILBOX)
# (of an address the server knows, of one it does not) once all is settled. Servers not named here check recipients.
SETTLED = {
    "catch_all": (Reason.CATCH_ALL, Reason.CATCH_ALL),
    "blocked_banner": (Reason.BLOCKED, Reason.BLOCKED),
    # In the words of one who finds that we come too often, and of one who finds that we should not come ourselves.
    "blocked_banner:gmail": (Reason.REFUSED, Reason.REFUSED),
    "blocked_mail:gmail": (Reason.POLICY, Reason.POLICY),
    "blocked_mail": (Reason.BLOCKED, Reason.BLOCKED),
    "blocked_rcpt": (Reason.BLOCKED, Reason.BLOCKED),
    "drop": (Reason.LOST, Reason.LOST),
    "over_quota": (Reason.MAILBOX_FULL, Reason.NO_SUCH_MAILBOX),
    "null_mx": (Reason.NULL_MX, Reason.NULL_MX),
    "bait_mx": (Reason.LOOPBACK_MX, Reason.LOOPBACK_MX),
    "dns_servfail": (Reason.DNS_FAILED, Reason.DNS_FAILED),
    "dns_timeout": (Reason.DNS_FAILED, Reason.DNS_FAILED),
    "nxdomain": (Reason.NO_SUCH_DOMAIN, Reason.NO_SUCH_DOMAIN),
}


def expected(company, known: bool) -> Reason:
    if company.mx_behavior == "bait_mx" and company.mail.hosts[0].addresses[0] in ("10.20.30.40", "169.254.169.254"):
        return Reason.PRIVATE_MX
    wanted = SETTLED.get(kind_of(company), SETTLED.get(company.mx_behavior, TOLD_APART))
    return wanted[not known]


def kind_of(company) -> str:
    return f"{company.mx_behavior}:{company.mail.hosts[0].wording}" if company.mail.hosts else company.mx_behavior


@pytest.fixture
async def seed(request):
    seed = random.SystemRandom().randrange(10**6)
    print(f"\nseed {seed}")
    return seed


async def test_every_kind_of_server_gets_the_right_verdicts_and_nobody_alive_is_called_dead(db, seed, capsys):
    async with mail_lab(EVERY_KIND, seed=seed, db=db) as lab:
        companies = {company.domain: company for company in lab.net.world}
        truth = {}
        for company in companies.values():
            truth |= dict(addresses_of(company, known=KNOWN, unknown=UNKNOWN))
        first = {v.address: v async for v in verifier.verify_now(lab.world, truth)}
        assert first.keys() == truth.keys()
        for minutes in (6, 10, 15, 30, 179, 1):
            lab.pass_time(minutes=minutes, seconds=1)
            await run_due_jobs(lab.world, HANDLERS, ())
        async with db.statement() as conn:
            last = await verifier.known_verdicts(conn, list(truth))
        lab.net.dns.forget()

    matrix, wrong, false_not_valid = Counter(), [], []
    for address, known in truth.items():
        company, found = companies[address.rpartition("@")[2]], last[address]
        kind = kind_of(company)
        matrix[kind, "known" if known else "unknown", found.reason.word] += 1
        if found.reason is not expected(company, known) or not found.settled:
            wrong.append((kind, known, found))
        if company.mx_behavior == "greylist":
            assert first[address].reason is Reason.GREYLISTED
            assert not first[address].settled
        assert found.is_catchall == (company.mx_behavior == "catch_all")
        assert found.is_banned_error == (expected(company, known) in (Reason.BLOCKED, Reason.REFUSED, Reason.POLICY))
        flags = found.flags
        assert flags.is_valid_format
        assert not flags.is_disposable
        assert not flags.is_webmail
        if address in {person.email for person in company.people}:
            assert not flags.is_role
        for verdict in (first[address], found):
            dead = verdict.smtp_status is SmtpStatus.NOT_VALID
            if dead and known and company.mx_behavior not in ("null_mx", "bait_mx", "nxdomain"):
                false_not_valid.append(verdict)
    with capsys.disabled():
        print(f"\nSandbox, seed {seed}, {len(truth)} addresses of {len(companies)} domains")
        for (kind, known, word), count in sorted(matrix.items()):
            print(f"{kind:32} {known:8} {word:16} {count:3}")
        print(f"false not_valid: {len(false_not_valid)}, wrong: {len(wrong)}")
    assert false_not_valid == []
    assert wrong == []


async def test_no_session_spends_more_refusals_than_a_postfix_bears(seed):
    async with mail_lab(["tarpit:postfix"], seed=seed, verifier_sessions_per_server=0) as lab:
        company = lab.company("tarpit")
        gone = [f"nobody{number}@{company.domain}" for number in range(100)]
        there = sorted(company.known_addresses)[:20]
        mixed = gone + there
        random.Random(seed).shuffle(mixed)
        found = await lab.ask(*mixed)
        assert Counter(finding.reason for finding in found.values()) == {
            Reason.NO_SUCH_MAILBOX: 100, Reason.ACCEPTED: len(there),
        }  # fmt: skip
        for session in lab.net.smtp.sessions:
            in_air = refused = 0
            for line in session.lines():
                in_air += line.startswith("C RCPT")
                refused += line.startswith("S 5")
                in_air -= line.startswith(("S 5", "S 250 2.1.5"))
                assert refused + in_air <= 9
            assert 1 <= refused <= 9


async def test_the_target_comes_first_and_the_made_up_address_last():
    async with mail_lab(["reject_unknown:postfix"], verifier_sessions_per_server=0) as lab:
        (company,) = lab.net.world
        person = sorted(company.known_addresses)[0]
        await lab.ask(person)
        (session,) = lab.net.smtp.sessions
        said = [line for line in session.lines() if line.startswith("C ")]
        assert said[0] == "C EHLO verifier.lab.example"
        assert said[1] == "C MAIL FROM:<postmaster@verifier.lab.example>"
        assert said[2] == f"C RCPT TO:<{person}>"
        assert said[3].startswith("C RCPT TO:<q")
        assert said[4:] == ["C QUIT"]


async def test_nobody_asks_for_a_made_up_address_where_nobody_was_accepted():
    async with mail_lab(["reject_unknown:postfix"], verifier_sessions_per_server=0) as lab:
        (company,) = lab.net.world
        await lab.ask(f"nobody@{company.domain}")
        (session,) = lab.net.smtp.sessions
        assert sum(line.startswith("C RCPT") for line in session.lines()) == 1


async def test_what_is_known_of_a_domain_saves_the_made_up_address_and_of_a_catch_all_the_whole_visit(db):
    async with mail_lab(["reject_unknown:postfix", "catch_all"], db=db, verifier_result_days=0) as lab:
        people = [sorted(company.known_addresses)[0] for company in lab.net.world]
        first = [v.reason async for v in verifier.verify_now(lab.world, people)]
        asked = lab.net.smtp.counts["connections"]
        second = {v.address: v async for v in verifier.verify_now(lab.world, people)}
        assert sorted(first, key=str) == sorted((v.reason for v in second.values()), key=str)
        assert lab.net.smtp.counts["connections"] == asked + 1
        assert sum("RCPT" in line for line in lab.net.smtp.sessions[-1].lines()) == 1
        assert second[people[1]].mx is not None


async def test_servers_without_pipelining_are_asked_one_thing_at_a_time():
    async with mail_lab(["reject_unknown:opensmtpd"], verifier_sessions_per_server=0) as lab:
        (company,) = lab.net.world
        mixed = addresses_of(company, known=5, unknown=5)
        found = await lab.ask(*(address for address, _ in mixed))
        assert {a for a, f in found.items() if f.reason is Reason.ACCEPTED} == {a for a, known in mixed if known}
        for session in lab.net.smtp.sessions:
            said = [line[0] for line in session.lines() if line[0] == "C" or line[:3] != "S 2" or line[5:6] != "-"]
            assert "CC" not in "".join(said)


async def test_several_domains_of_one_server_share_a_session_with_a_transaction_each():
    async with mail_lab(["one_domain:gmail"] * 4, verifier_sessions_per_server=0) as lab:
        people = [sorted(company.known_addresses)[0] for company in lab.net.world]
        found = await lab.ask(*people)
        assert {finding.reason for finding in found.values()} == {Reason.ACCEPTED}
        assert lab.net.smtp.counts["connections"] < len(people)
        lines = [line for session in lab.net.smtp.sessions for line in session.lines()]
        assert sum(line == "C RSET" for line in lines) >= len(people) - lab.net.smtp.counts["connections"]


async def test_a_second_recipient_that_is_one_too_many_gets_a_transaction_of_its_own():
    async with mail_lab(["second_rcpt_452:exchange"], verifier_sessions_per_server=0) as lab:
        (company,) = lab.net.world
        mixed = addresses_of(company, known=6, unknown=6)
        found = await lab.ask(*(address for address, _ in mixed))
        assert all((found[a].reason is Reason.ACCEPTED) == known for a, known in mixed)


async def test_an_address_beyond_ascii_needs_a_server_that_takes_such():
    async with mail_lab(["reject_unknown:postfix", "reject_unknown:opensmtpd"], verifier_sessions_per_server=0) as lab:
        with_utf8, without = lab.net.world
        found = await lab.ask(f"zoë@{with_utf8.domain}", f"zoë@{without.domain}")
        assert found[f"zoë@{with_utf8.domain}"].reason is Reason.NO_SUCH_MAILBOX
        assert found[f"zoë@{without.domain}"].reason is Reason.NEEDS_SMTPUTF8


class SaysOneThing:
    """A server that refuses names it does not know and domains it does not serve in the same words."""

    def __init__(self, policy, serves: str) -> None:
        self._policy, self._serves = policy, serves

    def __getattr__(self, name):
        return getattr(self._policy, name)

    def rcpt(self, talk, address):
        domain = address.rpartition("@")[2]
        if domain == self._serves and (address.startswith("postmaster@") or self._policy.rcpt(talk, address) is None):
            return None
        return talk.say("550 Invalid recipient", address=address)


def recipients(lab):
    """Whom each session named, and how often it was refused."""
    for session in lab.net.smtp.sessions:
        lines = list(session.lines())
        named = [line[len("C RCPT TO:<") : -1] for line in lines if line.startswith("C RCPT")]
        yield named, sum(line.startswith("S 55") for line in lines)


async def test_a_refusal_that_is_also_said_of_strange_domains_is_settled_by_asking_for_postmaster(seed):
    async with mail_lab(["reject_unknown:opensmtpd"] * 2, seed=seed, verifier_sessions_per_server=0) as lab:
        served, elsewhere = lab.net.world
        hosts = lab.net.smtp.hosts
        for place, host in hosts.items():
            hosts[place] = replace(host, policy=SaysOneThing(host.policy, served.domain))
        person = sorted(served.known_addresses)[0]

        found = await lab.ask(f"nobody@{served.domain}", f"nobody@{elsewhere.domain}")
        assert found[f"nobody@{served.domain}"].reason is Reason.NO_SUCH_MAILBOX
        assert found[f"nobody@{elsewhere.domain}"].reason is Reason.UNCLEAR
        asked = [name for named, _ in recipients(lab) for name in named]
        assert Counter(asked) == {
            name: 1
            for domain in (served.domain, elsewhere.domain)
            for name in (f"nobody@{domain}", f"postmaster@{domain}")
        }

        # Whoever is accepted proves as much, and nobody is asked for besides the made-up address.
        lab.net.smtp.sessions.clear()
        found = await lab.ask(f"nobody@{served.domain}", person)
        assert found[f"nobody@{served.domain}"].reason is Reason.NO_SUCH_MAILBOX
        assert found[person].reason is Reason.ACCEPTED
        assert not any(name.startswith("postmaster@") for named, _ in recipients(lab) for name in named)

        # It is asked for within the budget, and once.
        lab.net.smtp.sessions.clear()
        found = await lab.ask(*(f"nobody{number}@{served.domain}" for number in range(30)))
        assert {finding.reason for finding in found.values()} == {Reason.NO_SUCH_MAILBOX}
        assert [name for named, _ in recipients(lab) for name in named].count(f"postmaster@{served.domain}") == 1
        assert all(refused <= 9 for _, refused in recipients(lab))


async def test_postmaster_itself_is_asked_for_once_and_a_server_that_refuses_it_proves_nothing(seed):
    async with mail_lab(["reject_unknown:opensmtpd"], seed=seed, verifier_sessions_per_server=0) as lab:
        (company,) = lab.net.world
        hosts = lab.net.smtp.hosts
        for place, host in hosts.items():
            hosts[place] = replace(host, policy=SaysOneThing(host.policy, "elsewhere.example"))
        found = await lab.ask(f"postmaster@{company.domain}", f"nobody@{company.domain}")
        assert {finding.reason for finding in found.values()} == {Reason.UNCLEAR}
        assert sorted(name for named, _ in recipients(lab) for name in named) == sorted(found)
