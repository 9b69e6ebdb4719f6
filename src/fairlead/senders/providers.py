"""Whose servers a mailbox uses, and what that means for copies of what was sent."""

from typing import Final

from fairlead.net.answers import Found
from fairlead.net.dns import Dns
from fairlead.senders.model import Encryption, Provider, SentCopies, ServerAddress

# The ends of names of submission servers, and of mail exchangers.
_SMTP_HOSTS: Final = {
    "smtp.gmail.com": Provider.GMAIL,
    "smtp.googlemail.com": Provider.GMAIL,
    "smtp-relay.gmail.com": Provider.GMAIL,
    "office365.com": Provider.MICROSOFT,
    "outlook.com": Provider.MICROSOFT,
    "hostinger.com": Provider.HOSTINGER,
    "titan.email": Provider.TITAN,
    "secureserver.net": Provider.GODADDY,
}
_EXCHANGERS: Final = {
    "google.com": Provider.GMAIL,
    "googlemail.com": Provider.GMAIL,
    "mail.protection.outlook.com": Provider.MICROSOFT,
    "mx.microsoft": Provider.MICROSOFT,
    "hostinger.com": Provider.HOSTINGER,
    "titan.email": Provider.TITAN,
    "secureserver.net": Provider.GODADDY,
}
# Where mail is handed in and read, as the providers document it.
SERVERS: Final = {
    Provider.GMAIL: (
        ServerAddress("smtp.gmail.com", 465, Encryption.SSL), ServerAddress("imap.gmail.com", 993, Encryption.SSL),
    ),
    Provider.MICROSOFT: (
        ServerAddress("smtp.office365.com", 587, Encryption.STARTTLS),
        ServerAddress("outlook.office365.com", 993, Encryption.SSL),
    ),
    Provider.HOSTINGER: (
        ServerAddress("smtp.hostinger.com", 465, Encryption.SSL),
        ServerAddress("imap.hostinger.com", 993, Encryption.SSL),
    ),
    Provider.ZOHO: (
        ServerAddress("smtp.zoho.com", 465, Encryption.SSL), ServerAddress("imap.zoho.com", 993, Encryption.SSL),
    ),
    Provider.TITAN: (
        ServerAddress("smtp.titan.email", 465, Encryption.SSL), ServerAddress("imap.titan.email", 993, Encryption.SSL),
    ),
    Provider.GODADDY: (
        ServerAddress("smtpout.secureserver.net", 465, Encryption.SSL),
        ServerAddress("imap.secureserver.net", 993, Encryption.SSL),
    ),
}  # fmt: skip
# Domains that belong to a provider's users, who may not send by other servers: their DMARC records say so.
_OWNED: Final = {
    "gmail.com": Provider.GMAIL, "googlemail.com": Provider.GMAIL, "outlook.com": Provider.MICROSOFT,
    "hotmail.com": Provider.MICROSOFT, "live.com": Provider.MICROSOFT, "msn.com": Provider.MICROSOFT,
}  # fmt: skip
# Google's relay for organizations keeps no copies; its ordinary server does.
_KEEPS_NO_COPIES: Final = ("smtp-relay.gmail.com",)
_KEEP_COPIES: Final = (Provider.GMAIL, Provider.MICROSOFT)


def by_host(host: str) -> Provider | None:
    """The provider whose submission server has this name."""
    return _zoho_or(host, _SMTP_HOSTS)


def by_greeting(greeting: str) -> Provider | None:
    """The provider whose submission server greets so, also under a name of a customer's."""
    if "Microsoft ESMTP MAIL Service" in greeting:
        return Provider.MICROSOFT
    return Provider.GMAIL if "gsmtp" in greeting.lower() else None


def is_borrowed(address: str, smtp_host: str) -> bool:
    """Whether the address belongs to a provider's domain and goes out by somebody else's server."""
    owner = _OWNED.get(address.rpartition("@")[2].lower())
    return owner is not None and by_host(smtp_host) is not owner


async def by_exchanger(dns: Dns, domain: str) -> Provider | None:
    """The provider that takes the mail of a domain."""
    answer = await dns.mx(domain)
    if not isinstance(answer, Found):
        return None
    hosts = (str(record.host) for record in answer.records)
    return next((found for host in hosts if (found := _zoho_or(host, _EXCHANGERS)) is not None), None)


def copies(provider: Provider | None, smtp: ServerAddress, *, has_sent_folder: bool) -> SentCopies:
    """Who keeps a copy of what goes out by `smtp`, whose provider is known by its name or greeting."""
    if not has_sent_folder:
        return SentCopies.NONE
    if provider in _KEEP_COPIES and smtp.host.lower() not in _KEEPS_NO_COPIES:
        return SentCopies.PROVIDER
    return SentCopies.APPEND


def _zoho_or(host: str, known: dict[str, Provider]) -> Provider | None:
    host = host.lower().rstrip(".")
    # Its centers have ends of their own: smtp.zoho.com, smtppro.zoho.eu, mx2.zoho.in, ...
    if _labels_before_end(host) == "zoho" or host.endswith((".zohomail.com", ".zoho.com.au", ".zoho.com.cn")):
        return Provider.ZOHO
    return next((provider for end, provider in known.items() if _is_within(host, end)), None)


def _labels_before_end(host: str) -> str:
    labels = host.split(".")
    return labels[-2] if len(labels) > 2 else ""


def _is_within(host: str, end: str) -> bool:
    return host == end or host.endswith(f".{end}")


def first(*found: Provider | None) -> Provider:
    return next((one for one in found if one is not None), Provider.OTHER)
