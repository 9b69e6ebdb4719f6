"""What an address tells before anybody is asked."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairlead.flags import Flags, flags
from fairlead.flags.domains import is_disposable, kind
from fairlead.flags.lists import words
from fairlead.kit.text import is_address

VALID = [
    "ann@example.com", "a.b-c_d+tag@sub.example.co.uk", "o'brien@example.ie", "x@a.bc", '"ann lee"@example.com',
    "ann@bücher.example", "пример@почта.рф", "名前@例え.jp", "!#$%&'*/=?^`{|}~@example.com", "a" * 64 + "@example.com",
]  # fmt: skip
FAULTS = [
    ("", "The address is empty"),
    ("ann", "The address has no @"),
    ("@example.com", "There is nothing before the @"),
    ("ann@", "There is nothing after the @"),
    ("ann@lee@example.com", "The address has more than one @"),
    (".ann@example.com", "The part before the @ starts or ends with a dot"),
    ("ann.@example.com", "The part before the @ starts or ends with a dot"),
    ("ann..lee@example.com", "The part before the @ has two dots in a row"),
    ("ann lee@example.com", "The part before the @ has a character that is not allowed"),
    ("ann<lee@example.com", "The part before the @ has a character that is not allowed"),
    ('"ann@example.com', "The quoted part before the @ is not closed or holds a wrong character"),
    ("a" * 65 + "@example.com", "The part before the @ has 65 octets, at most 64 are allowed"),
    ("a" * 1000 + "@example.com", "The part before the @ has 1000 octets, at most 64 are allowed"),
    ("ф" * 33 + "@example.com", "The part before the @ has 66 octets, at most 64 are allowed"),
    ("ann@example", "The domain has only one label"),
    ("ann@localhost", "The domain has only one label"),
    ("ann@example..com", "The domain has an empty label"),
    ("ann@example.com.", "The domain has a blank or a dot too many"),
    ("ann@ example.com", "The domain has a blank or a dot too many"),
    ("ann@[192.0.2.1]", "The address names an IP address instead of a domain"),
    ("ann@192.0.2.1", "The domain ends in a number"),
    ("ann@-example.com", "The domain has a character that is not allowed"),
    ("ann@exam ple.com", "The domain has a character that is not allowed"),
    ("ann@" + "b" * 64 + ".com", "A label of the domain is longer than 63 octets"),
    ("ann@" + ".".join(["b" * 60] * 5), "The domain is longer than 253 octets"),
    ("a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".example", "The address has 255 octets, at most 254 are allowed"),
    ("ann@exa\x00mple.com", "The address contains a control character"),
    ("ann\r\nRCPT TO:<x@y.example>@example.com", "The address contains a control character"),
]  # fmt: skip


@pytest.mark.parametrize("address", VALID)
def test_an_address_of_the_standards_is_valid(address):
    found = flags(address)
    assert found.is_valid_format
    assert found.reason == ""


@pytest.mark.parametrize(("address", "reason"), FAULTS)
def test_what_is_no_address_says_why(address, reason):
    assert flags(address) == Flags(False, False, False, False, False, reason)


@given(st.text())
@example("\ud800@example.com")
@example("a@" + "xn--" * 20 + ".com")
@example("x" * 1_000_000)
@example("e\u0301" * 300 + "@example.com")
def test_any_text_gets_flags_and_agrees_with_the_house_on_what_an_address_is(text):
    found = flags(text)
    assert found.is_valid_format == is_address(text)
    assert bool(found.reason) != found.is_valid_format


@given(st.emails())
def test_ordinary_addresses_have_no_fault_but_what_the_house_refuses(address):
    assert flags(address).is_valid_format == is_address(address)


THROWAWAY = [
    "mailinator.com", "yopmail.com", "guerrillamail.com", "10minutemail.com", "sharklasers.com", "tempmail.com",
    "burnermail.io", "emailondeck.com", "minuteinbox.com",
]  # fmt: skip


@pytest.mark.parametrize("domain", THROWAWAY)
def test_throwaway_domains_and_names_below_them_are_disposable(domain):
    assert flags(f"ann@{domain}").is_disposable
    assert flags(f"ann@box.of.{domain}").is_disposable
    assert flags(f"ann@{domain.upper()}").is_disposable


def test_a_domain_that_only_ends_in_the_letters_of_a_throwaway_one_is_not_disposable():
    assert not flags("ann@honestmailinator.com").is_disposable
    assert not flags("ann@mailinator.com.example").is_disposable


def test_a_public_suffix_on_a_list_does_not_taint_the_names_below_it(monkeypatch):
    monkeypatch.setattr("fairlead.flags.domains._DISPOSABLE", frozenset({"co.uk", "throwaway.co.uk"}))
    assert not is_disposable("honest.co.uk")
    assert is_disposable("x.throwaway.co.uk")


RELAYS = [
    "duck.com", "simplelogin.com", "mozmail.com", "relay.firefox.com", "passmail.net", "aleeas.com", "anonaddy.com",
    "opayq.com",
]  # fmt: skip


@pytest.mark.parametrize("domain", RELAYS)
def test_alias_relays_are_no_throwaways(domain):
    assert kind(domain) == (False, False)
    assert not flags(f"ann@x.{domain}").is_disposable


PROVIDERS = [
    "gmail.com", "outlook.com", "yahoo.co.uk", "icloud.com", "web.de", "gmx.net", "mail.ru", "qq.com", "naver.com",
    "wp.pl", "seznam.cz", "libero.it", "orange.fr", "tuta.com", "hey.com", "mailbox.org", "startmail.com",
    "disroot.org", "riseup.net",
]  # fmt: skip


@pytest.mark.parametrize("domain", PROVIDERS)
def test_providers_of_private_mailboxes_are_webmail(domain):
    assert kind(domain) == (False, True)


def test_no_domain_is_both_disposable_and_webmail():
    assert all(kind(domain) == (False, True) for domain in words("webmail"))
    assert not any(kind(domain)[0] for domain in words("alias_relays"))


@pytest.mark.parametrize(
    ("mx_hosts", "disposable", "webmail"),
    [
        ((), False, False),
        (("mx.yopmail.com.",), True, False),
        (("in.mail.tm",), True, False),
        (("Mail.Mailinator.com",), True, False),
        (("gmail-smtp-in.l.google.com", "alt1.gmail-smtp-in.l.google.com"), False, True),
        (("unlisted-example.olc.protection.outlook.com",), False, True),
        (("aspmx.l.google.com",), False, False),
        (("unlisted-example.mail.protection.outlook.com",), False, False),
        (("mx.unlisted.example",), False, False),
    ],
)
def test_a_domain_on_no_list_is_told_by_who_receives_its_mail(mx_hosts, disposable, webmail):
    found = flags("ann@unlisted.example", mx_hosts)
    assert (found.is_disposable, found.is_webmail) == (disposable, webmail)


def test_a_listed_domain_stays_what_it_is_whoever_receives_its_mail():
    assert flags("ann@duck.com", ("mx.yopmail.com",)).is_disposable is False
    assert flags("ann@gmail.com", ("mx.yopmail.com",)).is_webmail


ROLES = [
    "info", "sales", "support", "kontakt", "vertrieb", "buchhaltung", "contacto", "ventas", "rrhh", "contato",
    "vendas", "contatti", "amministrazione", "contact", "comptabilite", "verkoop", "klantenservice", "biuro",
    "ksiegowosc", "obchod", "fakturace", "ertekesites", "vanzari", "prodaja", "salg", "myynti", "satis", "muhasebe",
    "buh", "prodazhi", "eigyo", "noreply", "no-reply", "do-not-reply", "mailer-daemon", "postmaster", "hr", "it",
    "Info", "INFO", "info2", "sales01", "support+ticket42", "sales-team", "customer.service", "no.reply",
    "accounts_payable", "sales-berlin", "info.uk", "eu-support", "sales.emea", "hr-department", "help-desk2",
    "bookings.london", "office-warszawa",
]  # fmt: skip
PERSONS = [
    "ann", "ann.lee", "alee", "j.sales", "sales.smith", "bill", "ola", "dean", "mark", "art", "paris", "london.b",
    "will.service7x", "infoman", "x.law", "john-uk", "contacto.perez", "bd", "vd", "saleh", "salesh.kumar",
]  # fmt: skip


@pytest.mark.parametrize("local", ROLES)
def test_an_address_of_a_task_is_a_role_in_many_languages(local):
    assert flags(f"{local}@company.example").is_role


@pytest.mark.parametrize("local", PERSONS)
def test_a_person_is_no_role(local):
    assert not flags(f"{local}@company.example").is_role


def test_the_company_s_own_name_is_a_role():
    assert flags("acme@acme.example").is_role
    assert flags("acme@mail.acme.example").is_role
    assert not flags("acme@other.example").is_role


def test_flags_are_told_of_thousands_of_addresses_a_second():
    # The promise is 100,000 a second without gibberish; this bound only notices a mistake of an order of magnitude.
    locals_ = [f"{given}.{family}" for given in PERSONS for family in ROLES[:30]]
    addresses = [f"{local}@company{number}.example" for number in range(40) for local in locals_]
    flags("warm@up.mailinator.com")
    started = time.process_time()
    for address in addresses:
        flags(address)
    rate = len(addresses) / (time.process_time() - started)
    print(f"{rate:,.0f} addresses a second, all flags")
    assert rate > 5_000
