"""Mail of a company: its provider, how its servers behave, its MX records and the records that vouch for
senders.

Shares of providers and of catch-all domains resemble a published survey of 1.6 million business domains.
"""

import base64
import hashlib
import random
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairlead.kit.refusals import Invalid
from fairlead.sandbox.making import servers
from fairlead.sandbox.making.chance import happens, one, weighted
from fairlead.sandbox.making.servers import PROVIDER_WORDING, SMTP_BEHAVIORS, WORDINGS
from fairlead.sandbox.model import MailFacts, MailHost, Provider

# Behaviors of the domain's records. `no_mx` has a server (implicit MX, RFC 5321, 5.1); the others have none.
DNS_BEHAVIORS = ("null_mx", "no_mx", "bait_mx", "dns_servfail", "dns_timeout", "nxdomain")
BEHAVIORS = SMTP_BEHAVIORS + DNS_BEHAVIORS

# Where mail to a domain never arrives, whoever sends it.
UNREACHABLE = frozenset(["null_mx", "bait_mx", "dns_servfail", "dns_timeout", "nxdomain"])
# Where a browser finds no site either.
WITHOUT_NAMES = frozenset(["dns_servfail", "dns_timeout", "nxdomain"])

BAITS = (("127.0.0.1",), ("10.20.30.40",), ("169.254.169.254",), ("::1",), ("0.0.0.0",))  # noqa: S104

PROVIDER_SHARES = {
    Provider.MICROSOFT: 43.0,
    Provider.GOOGLE: 41.0,
    Provider.OTHER: 13.0,
    Provider.BARRACUDA: 1.92,
    Provider.PROOFPOINT: 0.54,
    Provider.MIMECAST: 0.31,
    Provider.TREND_MICRO: 0.23,
}
CATCH_ALL_SHARES = {
    Provider.MICROSOFT: 0.226,
    Provider.GOOGLE: 0.36,
    Provider.OTHER: 0.329,
    Provider.BARRACUDA: 0.999,
    Provider.PROOFPOINT: 0.714,
    Provider.MIMECAST: 0.229,
    Provider.TREND_MICRO: 0.861,
}
OWN_SERVER_WORDINGS = {"postfix": 62, "exim": 26, "opensmtpd": 12}

# Of companies that check recipients: the share with a peculiar server, and which peculiarity.
PECULIAR_SHARE = {Provider.OTHER: 0.42, Provider.MICROSOFT: 0.05, Provider.GOOGLE: 0.05}
PECULIAR_SHARE_OF_GATEWAYS = 0.25
PECULIAR = {
    Provider.OTHER: {
        "greylist": 26, "tarpit": 8, "blocked_rcpt": 6, "blocked_banner": 5, "blocked_mail": 3,
        "blocked_data": 3,
        "busy_421": 5, "slow_banner": 5, "drop": 4, "no_pipelining": 5, "no_pipelining_closes": 3,
        "multiline": 4,
        "eight_bit": 3, "connection_cap": 5, "over_quota": 3, "null_mx": 3, "no_mx": 5, "bait_mx": 2,
        "dns_servfail": 1, "dns_timeout": 1, "nxdomain": 2,
    },
    Provider.MICROSOFT: {
        "blocked_rcpt": 25, "over_quota": 20, "second_rcpt_452": 20, "busy_421": 15, "connection_cap": 20
    },
    Provider.GOOGLE: {"one_domain": 45, "over_quota": 30, "multiline": 15, "busy_421": 10},
}  # fmt: skip
PECULIAR_GATEWAY = {"greylist": 40, "blocked_banner": 25, "tarpit": 20, "slow_banner": 15}


@dataclass(frozen=True)
class Setup:
    """How a company's mail is set up, before host names are known."""

    provider: Provider
    behavior: str
    wording: str


def setup(dice: random.Random, wanted: str | None) -> Setup:
    """`wanted` is "behavior" or "behavior:wording". Raises `Invalid` for a name that is none."""
    provider = weighted(dice, PROVIDER_SHARES)
    wording = PROVIDER_WORDING.get(provider) or weighted(dice, OWN_SERVER_WORDINGS)
    if wanted is not None:
        return _wanted(wanted, provider, wording)
    if happens(dice, CATCH_ALL_SHARES[provider]):
        return Setup(provider, "catch_all", wording)
    if happens(dice, PECULIAR_SHARE.get(provider, PECULIAR_SHARE_OF_GATEWAYS)):
        return Setup(provider, weighted(dice, PECULIAR.get(provider, PECULIAR_GATEWAY)), wording)
    return Setup(provider, "reject_unknown", wording)


def check_wanted(wanted: str) -> None:
    """Raises `Invalid` when no company can behave so."""
    behavior, _, wording = wanted.partition(":")
    if behavior not in BEHAVIORS or (wording and wording not in WORDINGS):
        raise Invalid("no_such_behavior", f"There is no mail server behavior {wanted!r}.", field="behaviors")


def _wanted(wanted: str, provider: Provider, wording: str) -> Setup:
    check_wanted(wanted)
    behavior, _, asked = wanted.partition(":")
    if asked:
        provider = next((who for who in BIG_THREE if PROVIDER_WORDING.get(who) == asked), Provider.OTHER)
    elif not _occurs(provider, behavior):
        provider = next(who for who in BIG_THREE if _occurs(who, behavior))
    if provider is not Provider.OTHER:
        return Setup(provider, behavior, PROVIDER_WORDING[provider])
    own = wording if wording in OWN_SERVER_WORDINGS else "postfix"
    return Setup(provider, behavior, asked or own)


BIG_THREE = (Provider.OTHER, Provider.MICROSOFT, Provider.GOOGLE)


def mail_facts(dice: random.Random, domain: str, setup: Setup) -> MailFacts:
    hosts = _hosts(dice, domain, setup)
    if setup.behavior in WITHOUT_NAMES:
        return MailFacts(setup.behavior, hosts, None, None, ())
    policy = weighted(dice, {"none": 48, "quarantine": 22, "reject": 15, "": 15})
    spf = "v=spf1 -all" if setup.behavior == "null_mx" else _spf(dice, domain, setup)
    return MailFacts(
        behavior=setup.behavior,
        hosts=hosts,
        spf=spf if happens(dice, 0.93) else None,
        dmarc=f"v=DMARC1; p={policy}; rua=mailto:dmarc@{domain}" if policy else None,
        dkim=(_dkim(SELECTORS.get(setup.provider, "mail"), _key_seed(domain)),) if happens(dice, 0.8) else (),
    )


SELECTORS = {Provider.MICROSOFT: "selector1", Provider.GOOGLE: "google"}


def _hosts(dice: random.Random, domain: str, setup: Setup) -> tuple[MailHost, ...]:
    match setup.behavior:
        case "null_mx":
            return (MailHost("", 0, (), setup.behavior, setup.wording),)
        case "bait_mx":
            return (MailHost(f"mx.{domain}", 10, one(dice, BAITS), setup.behavior, setup.wording),)
        case "dns_servfail" | "dns_timeout" | "nxdomain":
            return ()
        case "no_mx":
            return (servers.implicit_host(domain, setup.wording),)
    return servers.mail_hosts(domain, setup.provider, setup.behavior, setup.wording, two=happens(dice, 0.5))


def _spf(dice: random.Random, domain: str, setup: Setup) -> str:
    end = "-all" if happens(dice, 0.4) else "~all"
    match setup.provider:
        case Provider.MICROSOFT:
            return f"v=spf1 include:spf.protection.outlook.example {end}"
        case Provider.GOOGLE:
            return f"v=spf1 include:_spf.google.example {end}"
        case _:
            return f"v=spf1 mx a {end}"


def _key_seed(domain: str) -> bytes:
    return hashlib.sha256(f"sandbox dkim {domain}".encode()).digest()


def _dkim(selector: str, seed: bytes) -> tuple[str, str]:
    """Selector and record of an Ed25519 key (RFC 8463)."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return selector, f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"


def own_mail_facts(domain: str, number: int) -> tuple[MailFacts, bytes]:
    """A domain of the user's own with everything set up as receivers ask, and the seed of its DKIM key."""
    seed = _key_seed(domain)
    dmarc = f"v=DMARC1; p=quarantine; rua=mailto:dmarc@{domain}"
    spf = f"v=spf1 a:smtp.{domain} mx -all"
    facts = MailFacts(
        "reject_unknown", (servers.own_host(domain, number),), spf, dmarc, (_dkim("s1", seed),)
    )
    return facts, seed


# TXT records that the SPF records of customers include.
SHARED_RECORDS = {
    "spf.protection.outlook.example": "v=spf1 ip4:127.65.0.0/16 -all",
    "_spf.google.example": "v=spf1 ip4:127.66.0.0/16 -all",
}


def all_server_addresses() -> frozenset[str]:
    """Every address a company's mail server has in a world without wishes: about a thousand."""
    pools = (
        servers.server_address(provider, behavior, wording, slot)
        for provider in Provider
        for behavior in SMTP_BEHAVIORS
        if _occurs(provider, behavior)
        for wording in _wordings_of(provider)
        for slot in range(servers.slots_of(provider, behavior))
    )
    return frozenset([*pools, *(servers.IMPLICIT_MX_ADDRESSES[wording] for wording in OWN_SERVER_WORDINGS)])


def _wordings_of(provider: Provider) -> tuple[str, ...]:
    return (PROVIDER_WORDING[provider],) if provider in PROVIDER_WORDING else tuple(OWN_SERVER_WORDINGS)


def _occurs(provider: Provider, behavior: str) -> bool:
    return behavior in ("reject_unknown", "catch_all") or behavior in PECULIAR.get(provider, PECULIAR_GATEWAY)
