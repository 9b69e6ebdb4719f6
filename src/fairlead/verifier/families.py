"""Families of mail servers, told by the names of MX hosts, and how each wants to be asked."""

from dataclasses import dataclass
from typing import Final

# Postfix slows down after 10 errors in a session, and the made-up name is one of them.
REJECTS_PER_SESSION: Final = 9


@dataclass(frozen=True, slots=True)
class Family:
    """`None` for a limit the family does not have. The limits of the settings hold besides."""

    name: str
    suffixes: tuple[str, ...] = ()
    rejects: int = REJECTS_PER_SESSION
    recipients: int | None = None  # accepted in one transaction
    lockstep: bool = False


# Whoever is not among them is a family of their own, named by their address.
OTHER: Final = Family("other")

# Outlook for consumers refuses the second recipient of a transaction. Gateways watch for harvesting: they are asked
# little at a time.
FAMILIES: Final = (
    Family("google", ("google.com", "googlemail.com", "psmtp.com")),
    Family("outlook", ("olc.protection.outlook.com", "hotmail.com"), recipients=1),
    Family("microsoft", ("mail.protection.outlook.com", "mx.microsoft", "protection.office365.us")),
    Family("yahoo", ("yahoodns.net", "yahoo.com"), rejects=5),
    Family("apple", ("icloud.com", "apple.com"), rejects=5),
    Family("proofpoint", ("pphosted.com", "ppe-hosted.com", "proofpoint.com"), rejects=5),
    Family("mimecast", ("mimecast.com", "mimecast.co.za"), rejects=5),
    Family("barracuda", ("barracudanetworks.com", "barracuda.com"), rejects=5),
    Family("trend_micro", ("trendmicro.com", "trendmicro.eu"), rejects=5),
    Family("cisco", ("iphmx.com",), rejects=5),
    Family("symantec", ("messagelabs.com",), rejects=5),
    Family("sophos", ("hydra.sophos.com", "reflexion.net"), rejects=5),
    Family("forcepoint", ("mailcontrol.com",), rejects=5),
    Family("hornetsecurity", ("hornetsecurity.com", "antispameurope.com"), rejects=5),
    Family("zoho", ("zoho.com", "zoho.eu", "zohomail.com")),
    Family("proton", ("protonmail.ch",)),
    Family("fastmail", ("messagingengine.com",)),
    Family("yandex", ("yandex.net", "yandex.ru"), rejects=5),
    Family("mail_ru", ("mail.ru",), rejects=5),
    Family("ionos", ("kundenserver.de", "1and1.com", "ionos.com")),
    Family("gmx", ("gmx.net", "web.de"), rejects=5),
    Family("ovh", ("ovh.net",)),
    Family("gandi", ("gandi.net",)),
    Family("godaddy", ("secureserver.net",), rejects=5),
    Family("rackspace", ("emailsrvr.com",)),
    Family("amazon", ("amazonaws.com", "awsapps.com")),
    Family("namecheap", ("registrar-servers.com", "privateemail.com")),
    Family("qq", ("qq.com",), rejects=5),
    Family("netease", ("163.com", "netease.com"), rejects=5),
    Family("aliyun", ("aliyun.com", "mxhichina.com"), rejects=5),
)
_BY_SUFFIX: Final = {suffix: family for family in FAMILIES for suffix in family.suffixes}


def family_of(host: str) -> Family:
    """The family of an MX host, the longest suffix counting; `OTHER` where it is none we know."""
    labels = host.split(".")
    for start in range(len(labels) - 1):
        family = _BY_SUFFIX.get(".".join(labels[start:]))
        if family is not None:
            return family
    return OTHER
