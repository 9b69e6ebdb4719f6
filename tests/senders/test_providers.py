"""Whose servers a mailbox uses, and who keeps copies of what is sent."""

import pytest

from fairlead.net.answers import Found, Mx, NoSuchName
from fairlead.senders import providers
from fairlead.senders.model import Encryption, Provider, SentCopies, ServerAddress


@pytest.mark.parametrize(
    ("host", "provider"),
    [("smtp.gmail.com", Provider.GMAIL), ("SMTP.Gmail.com.", Provider.GMAIL), ("smtp-relay.gmail.com", Provider.GMAIL),
     ("smtp.office365.com", Provider.MICROSOFT), ("smtp-mail.outlook.com", Provider.MICROSOFT),
     ("smtp.hostinger.com", Provider.HOSTINGER), ("smtp.zoho.com", Provider.ZOHO), ("smtppro.zoho.eu", Provider.ZOHO),
     ("smtp.zoho.com.au", Provider.ZOHO), ("smtp.titan.email", Provider.TITAN),
     ("smtpout.secureserver.net", Provider.GODADDY), ("smtp.example.com", None), ("gmail.com.evil.example", None),
     ("notoffice365.com", None), ("zoho", None)],
)  # fmt: skip
def test_a_provider_is_known_by_its_servers_name(host, provider):
    assert providers.by_host(host) is provider


@pytest.mark.parametrize(
    ("greeting", "provider"),
    [("smtp.gmail.com ESMTP 98e67ed59e1d1-1 - gsmtp", Provider.GMAIL),
     ("FR0P281CA0068.outlook.office365.com Microsoft ESMTP MAIL Service ready at Mon", Provider.MICROSOFT),
     ("mail.example.com ESMTP Postfix", None), ("", None)],
)  # fmt: skip
def test_a_provider_is_known_by_its_greeting(greeting, provider):
    assert providers.by_greeting(greeting) is provider


@pytest.mark.parametrize(
    ("hosts", "provider"),
    [(["aspmx.l.google.com"], Provider.GMAIL), (["x-example.mail.protection.outlook.com"], Provider.MICROSOFT),
     (["mx1.titan.email", "mx2.titan.email"], Provider.TITAN), (["mx.zoho.eu"], Provider.ZOHO),
     (["mail.example.com"], None), ([], None)],
)  # fmt: skip
async def test_a_provider_is_known_by_who_takes_the_mail(hosts, provider):
    class Names:
        async def mx(self, name):
            records = tuple(Mx(10, host) for host in hosts)
            return Found(records, 300.0) if records else NoSuchName()

    assert await providers.by_exchanger(Names(), "x.example") is provider


@pytest.mark.parametrize(
    ("provider", "host", "has_sent", "who"),
    [(Provider.GMAIL, "smtp.gmail.com", True, SentCopies.PROVIDER),
     (Provider.GMAIL, "smtp-relay.gmail.com", True, SentCopies.APPEND),
     (Provider.MICROSOFT, "smtp.office365.com", True, SentCopies.PROVIDER),
     (Provider.ZOHO, "smtp.zoho.com", True, SentCopies.APPEND), (None, "smtp.x.example", True, SentCopies.APPEND),
     (Provider.GMAIL, "smtp.gmail.com", False, SentCopies.NONE)],
)  # fmt: skip
def test_who_keeps_copies(provider, host, has_sent, who):
    assert providers.copies(provider, ServerAddress(host, 465, Encryption.SSL), has_sent_folder=has_sent) is who


@pytest.mark.parametrize(
    ("address", "host", "borrowed"),
    [("ann@gmail.com", "smtp.gmail.com", False), ("ann@GMAIL.com", "smtp.x.example", True),
     ("ann@hotmail.com", "smtp.office365.com", False), ("ann@hotmail.com", "smtp.gmail.com", True),
     ("ann@x.example", "smtp.gmail.com", False)],
)  # fmt: skip
def test_an_address_of_a_provider_goes_out_by_its_servers(address, host, borrowed):
    assert providers.is_borrowed(address, host) is borrowed
