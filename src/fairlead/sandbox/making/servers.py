"""Mail servers: the host names of each provider, and where in 127.64.0.0/10 its servers stand.

Servers are shared. A name of a large provider stands for servers of one behavior only, and so does each
address: the address alone tells how the server there behaves, without a look at any company.
"""

import hashlib
import re

from fairlead.sandbox.model import MailHost, Provider

WORDINGS = ("postfix", "exim", "exchange", "gmail", "opensmtpd")

# Behaviors of servers that listen, in a fixed order: it numbers their addresses.
SMTP_BEHAVIORS = (
    "reject_unknown", "catch_all", "greylist", "blocked_banner", "blocked_mail", "blocked_rcpt",
    "blocked_data",
    "busy_421", "tarpit", "slow_banner", "drop", "no_pipelining", "no_pipelining_closes", "second_rcpt_452",
    "one_domain", "over_quota", "multiline", "eight_bit", "connection_cap",
)  # fmt: skip

PROVIDER_WORDING = {
    Provider.MICROSOFT: "exchange",
    Provider.GOOGLE: "gmail",
    Provider.BARRACUDA: "postfix",
    Provider.PROOFPOINT: "postfix",
    Provider.MIMECAST: "exim",
    Provider.TREND_MICRO: "postfix",
}

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

SUFFIXES = {
    Provider.MICROSOFT: "mail.protection.outlook.example",
    Provider.GOOGLE: "l.google.example",
    Provider.BARRACUDA: "ess.barracuda.example",
    Provider.PROOFPOINT: "pphosted.example",
    Provider.MIMECAST: "mimecast.example",
    Provider.TREND_MICRO: "in.tmes.trendmicro.example",
}
# What stands before the suffix where one name serves many customers.
SHARED_LABELS = {
    Provider.GOOGLE: (("aspmx", 1), ("alt1.aspmx", 5), ("alt2.aspmx", 5)),
    Provider.MIMECAST: (("eu-smtp-inbound-1", 10), ("eu-smtp-inbound-2", 10)),
}
SINGLE_LABELS = {
    Provider.MICROSOFT: re.compile(r"[a-z0-9-]+-(example|test)"),
    Provider.BARRACUDA: re.compile(r"d\d{6}a"),
    Provider.PROOFPOINT: re.compile(r"mxa-[0-9a-f]{8}"),
    Provider.TREND_MICRO: re.compile(r"[a-z0-9-]+-(example|test)"),
}


def mail_hosts(
    domain: str, provider: Provider, behavior: str, wording: str, *, two: bool
) -> tuple[MailHost, ...]:
    """The MX hosts of a domain; `two` where it has servers of its own and more than one."""
    if provider is Provider.OTHER:
        names = [(f"mx1.{domain}", 10), (f"mx2.{domain}", 20)] if two else [(f"mail.{domain}", 10)]
        return tuple(_host(name, preference, provider, behavior, wording) for name, preference in names)
    labels = SHARED_LABELS.get(provider) or ((_customer_label(domain, provider), 10),)
    kind = "" if behavior == "reject_unknown" else f"{behavior.replace('_', '-')}."
    return tuple(
        _host(f"{label}.{kind}{SUFFIXES[provider]}", preference, provider, behavior, wording)
        for label, preference in labels
    )


def find_provider_host(name: str) -> MailHost | None:
    """The host of a large provider by its name alone, whether some company uses it or not."""
    for provider, suffix in SUFFIXES.items():
        if name.endswith(f".{suffix}"):
            label = name.removesuffix(f".{suffix}")
            rest, _, kind = label.rpartition(".")
            behavior = kind.replace("-", "_")
            if behavior not in SMTP_BEHAVIORS[1:]:
                rest, behavior = label, "reject_unknown"
            preference = dict(SHARED_LABELS.get(provider, ())).get(rest)
            pattern = SINGLE_LABELS.get(provider)
            if preference is None and pattern is not None and pattern.fullmatch(rest):
                preference = 10
            if preference is None:
                return None
            return _host(name, preference, provider, behavior, PROVIDER_WORDING[provider])
    return None


def implicit_host(domain: str, wording: str) -> MailHost:
    return MailHost(domain, 0, (IMPLICIT_MX_ADDRESSES[wording],), "reject_unknown", wording)


def web_address(behavior: str, wording: str) -> str:
    """Where the site of a company stands whose mail behaves so."""
    return IMPLICIT_MX_ADDRESSES[wording] if behavior == "no_mx" else WEB_ADDRESS


def own_host(domain: str, number: int) -> MailHost:
    """The MX host of one of the user's own domains."""
    return MailHost(f"mx.{domain}", 10, (f"127.{OWN_NETWORK}.0.{number + 1}",), "reject_unknown", "postfix")


def _customer_label(domain: str, provider: Provider) -> str:
    match provider:
        case Provider.BARRACUDA:
            return f"d{_slot(domain, 10**6):06d}a"
        case Provider.PROOFPOINT:
            return f"mxa-{_slot(domain, 16**8):08x}"
        case _:
            return domain.replace(".", "-")


def _host(name: str, preference: int, provider: Provider, behavior: str, wording: str) -> MailHost:
    slots = slots_of(provider, behavior)
    shared = SHARED_LABELS.get(provider)
    if shared is None:
        chosen = range(first := _slot(name, slots), first + 1)
    else:
        # All customers share these few names, so each name stands for its part of the pool.
        number = [name.startswith(f"{label}.") for label, _ in shared].index(True)
        each = slots // len(shared)
        chosen = range(number * each, (number + 1) * each)
    addresses = tuple(server_address(provider, behavior, wording, slot) for slot in chosen)
    return MailHost(name, preference, addresses, behavior, wording)


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
    if (first, second, third) == (127, OWN_NETWORK, 0) and fourth:
        return Provider.OTHER, "reject_unknown", "postfix"
    provider = next((provider for provider, network in NETWORK_OF.items() if network == second), None)
    if first != 127 or provider is None or third >= len(SMTP_BEHAVIORS) * len(WORDINGS):
        return None
    behavior, wording = SMTP_BEHAVIORS[third // len(WORDINGS)], WORDINGS[third % len(WORDINGS)]
    return (provider, behavior, wording) if 1 <= fourth <= slots_of(provider, behavior) else None
