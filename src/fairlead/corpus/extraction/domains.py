"""Registrable domains, and what the name of a host tells."""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from fairlead.kit.text import domain_key

# Top-level names outside the root that sandboxes and tests use (RFC 2606); `example.com` and its like are not among
# them, since pages use those for placeholders.
_RESERVED = frozenset({"example", "test"})


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=50_000)
def registrable(host: str) -> str:
    """The registrable domain of `host` (an A-label name), or the empty string where it has none."""
    try:
        known = domain_key(host)
    except ValueError:
        return ""
    return _list().privatesuffix(known) or ""


@lru_cache(maxsize=50_000)
def is_public(host: str) -> bool:
    """Whether the last label of `host` is a top-level domain."""
    last = host.rpartition(".")[2].lower()
    return last in _RESERVED or _list().publicsuffix(last, accept_unknown=False) is not None


def label(domain: str) -> str:
    """The second-level label: "acme" of acme.co.uk."""
    return domain.partition(".")[0]


# Providers where anybody has an account, by their registrable domain without its ending.
_WEBMAIL_TEXT = (
    "gmail googlemail outlook hotmail live msn yahoo ymail rocketmail icloud aol gmx web t-online freenet arcor "
    "orange wanadoo free laposte sfr libero virgilio tiscali alice wp o2 onet interia seznam centrum yandex qq 163 "
    "126 sina naver daum hanmail proton protonmail tutanota tuta fastmail zoho bluewin telenet ziggo xs4all kpnmail "
    "comcast verizon att sbcglobal btinternet sky rogers shaw bigpond optusnet rediffmail uol bol terra ig abv"
)
_WEBMAIL = frozenset(_WEBMAIL_TEXT.split())


def is_webmail(domain: str) -> bool:
    """Whether `domain` is probably one where anybody has an account."""
    return label(registrable(domain)) in _WEBMAIL or domain in ("me.com", "mac.com", "mail.ru", "mail.com", "list.ru")
