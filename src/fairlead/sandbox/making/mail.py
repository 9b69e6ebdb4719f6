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
from fairlead.sandbox.making.chance import happens, one, weighted
from fairlead.sandbox.model import MailFacts, MailHost, Provider

WORDINGS = ("postfix", "exim", "exchange", "gmail", "opensmtpd")

# Behaviors of servers that listen, in a fixed order: it numbers their addresses.
SMTP_BEHAVIORS = (
    "reject_unknown", "catch_all", "greylist", "blocked_banner", "blocked_mail", "blocked_rcpt",
    "blocked_data",
    "busy_421", "tarpit", "slow_banner", "drop", "no_pipelining", "no_pipelining_closes", "second_rcpt_452",
    "one_domain", "over_quota", "multiline", "eight_bit", "connection_cap",
)  # fmt: skip
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
PROVIDER_WORDING = {
    Provider.MICROSOFT: "exchange",
    Provider.GOOGLE: "gmail",
    Provider.BARRACUDA: "postfix",
    Provider.PROOFPOINT: "postfix",
    Provider.MIMECAST: "exim",
    Provider.TREND_MICRO: "postfix",
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

# Second part of the address of a server: 127.65.x.x is Microsoft's, and so on.
NETWORK_OF = {provider: 65 + number for number, provider in enumerate(Provider)}
# Servers of one provider with one behavior. Together they are more than 256 addresses, so that a client does
# not run out of local ports towards one of them.
COMMON_SLOTS = {Provider.MICROSOFT: 96, Provider.GOOGLE: 64, Provider.OTHER: 48}
RARE_SLOTS = 4
# Healthy servers of the user's own domains.
OWN_NETWORK = 79

WEB_ADDRESS = "127.64.0.80"
# Where a domain has no MX record its A record takes the mail (RFC 5321, 5.1), and the site stands there as
# well: on these addresses both a mail server and the web server listen.
IMPLICIT_MX_ADDRESSES = {wording: f"127.64.0.{100 + number}" for number, wording in enumerate(WORDINGS)}


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
    if asked == "exchange":
        provider = Provider.MICROSOFT
    elif asked == "gmail":
        provider = Provider.GOOGLE
    elif asked or behavior in DNS_BEHAVIORS:
        provider, wording = Provider.OTHER, wording if wording in OWN_SERVER_WORDINGS else "postfix"
    return Setup(provider, behavior, asked or wording)


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
            address = IMPLICIT_MX_ADDRESSES[setup.wording]
            return (MailHost(domain, 0, (address,), "reject_unknown", setup.wording),)
    names = _host_names(domain, setup.provider, setup.behavior, two=happens(dice, 0.5))
    slots = slots_of(setup.provider, setup.behavior)
    return tuple(
        MailHost(
            name,
            preference,
            tuple(server_address(setup.provider, setup.behavior, setup.wording, slot) for slot in host_slots),
            setup.behavior,
            setup.wording,
        )
        for number, (name, preference) in enumerate(names)
        for host_slots in [_slots_of_host(setup.provider, name, slots, number, len(names))]
    )


def _slots_of_host(provider: Provider, name: str, slots: int, number: int, names: int) -> range:
    if provider is Provider.GOOGLE:
        # All its customers share these few names, so each name stands for its part of the pool.
        share = max(1, slots // names)
        return range(number * share, (number + 1) * share)
    slot = _slot(name, slots)
    return range(slot, slot + 1)


def _host_names(domain: str, provider: Provider, behavior: str, *, two: bool) -> list[tuple[str, int]]:
    # Behind one name of a large provider stand servers of one behavior only, so the behavior is part of its
    # name.
    kind = "" if behavior == "reject_unknown" else f"{behavior.replace('_', '-')}."
    tenant = domain.replace(".", "-")
    match provider:
        case Provider.GOOGLE:
            base = f"{kind}l.google.example"
            return [(f"aspmx.{base}", 1), (f"alt1.aspmx.{base}", 5), (f"alt2.aspmx.{base}", 5)]
        case Provider.MICROSOFT:
            return [(f"{tenant}.{kind}mail.protection.outlook.example", 0)]
        case Provider.OTHER:
            return [(f"mx1.{domain}", 10), (f"mx2.{domain}", 20)] if two else [(f"mail.{domain}", 10)]
        case Provider.BARRACUDA:
            return [(f"d{_slot(domain, 10**6):06d}a.{kind}ess.barracuda.example", 10)]
        case Provider.PROOFPOINT:
            return [(f"mxa-{_slot(domain, 16**8):08x}.{kind}pphosted.example", 10)]
        case Provider.MIMECAST:
            return [(f"{region}-smtp-inbound-{n}.{kind}mimecast.example", 10)
                    for region, n in (("eu", 1), ("eu", 2))]  # fmt: skip
        case Provider.TREND_MICRO:
            return [(f"{tenant}.in.{kind}tmes.trendmicro.example", 10)]


def _slot(name: str, slots: int) -> int:
    return int.from_bytes(hashlib.blake2s(name.encode(), digest_size=6).digest()) % slots


def slots_of(provider: Provider, behavior: str) -> int:
    common = behavior in ("reject_unknown", "catch_all")
    return COMMON_SLOTS.get(provider, RARE_SLOTS) if common else RARE_SLOTS


def server_address(provider: Provider, behavior: str, wording: str, slot: int) -> str:
    """The address of one server: 127, the provider, the behavior with its wording, the slot."""
    third = SMTP_BEHAVIORS.index(behavior) * len(WORDINGS) + WORDINGS.index(wording)
    return f"127.{NETWORK_OF[provider]}.{third}.{slot + 1}"


def server_at(address: str) -> tuple[Provider, str, str] | None:
    """Provider, behavior and wording of the mail server at `address`; None when no world has one there."""
    try:
        first, second, third, fourth = map(int, address.split("."))
    except ValueError:
        return None
    if address in IMPLICIT_MX_ADDRESSES.values():
        return Provider.OTHER, "reject_unknown", WORDINGS[fourth - 100]
    if first == 127 and second == OWN_NETWORK and third == 0:
        return Provider.OTHER, "reject_unknown", "postfix"
    provider = next((provider for provider, network in NETWORK_OF.items() if network == second), None)
    if first != 127 or provider is None or third >= len(SMTP_BEHAVIORS) * len(WORDINGS):
        return None
    behavior, wording = SMTP_BEHAVIORS[third // len(WORDINGS)], WORDINGS[third % len(WORDINGS)]
    return (provider, behavior, wording) if 1 <= fourth <= slots_of(provider, behavior) else None


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


def own_mail_facts(domain: str, slot: int) -> tuple[MailFacts, bytes]:
    """A domain of the user's own with everything set up as receivers ask, and the seed of its DKIM key."""
    seed = _key_seed(domain)
    address = f"127.{OWN_NETWORK}.0.{slot + 1}"
    host = MailHost(f"mx.{domain}", 10, (address,), "reject_unknown", "postfix")
    dmarc = f"v=DMARC1; p=quarantine; rua=mailto:dmarc@{domain}"
    return MailFacts(
        "reject_unknown", (host,), f"v=spf1 a:smtp.{domain} mx -all", dmarc, (_dkim("s1", seed),)
    ), seed


SHARED_RECORDS = {
    "spf.protection.outlook.example": "v=spf1 ip4:127.65.0.0/16 -all",
    "_spf.google.example": "v=spf1 ip4:127.66.0.0/16 -all",
}


def all_server_addresses() -> frozenset[str]:
    """Every address a company's mail server may have, in whatever world: some thousands."""
    common = [
        (provider, behavior, wording)
        for provider in Provider
        for behavior in SMTP_BEHAVIORS
        for wording in _wordings_of(provider)
    ]
    pools = (
        server_address(provider, behavior, wording, slot)
        for provider, behavior, wording in common
        if _occurs(provider, behavior)
        for slot in range(slots_of(provider, behavior))
    )
    return frozenset([*pools, *IMPLICIT_MX_ADDRESSES.values()])


def _wordings_of(provider: Provider) -> tuple[str, ...]:
    return (PROVIDER_WORDING[provider],) if provider in PROVIDER_WORDING else tuple(OWN_SERVER_WORDINGS)


def _occurs(provider: Provider, behavior: str) -> bool:
    return behavior in ("reject_unknown", "catch_all") or behavior in PECULIAR.get(provider, PECULIAR_GATEWAY)
