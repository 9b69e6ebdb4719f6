"""Whose domain it is: a throwaway service's, a provider of private mailboxes, or neither."""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

import disposable_email_domains
from publicsuffixlist import PublicSuffixList

from fairlead.flags.lists import words

WEBMAIL: Final = words("webmail")
# The allow list comes last: relays and providers stand on many a list of throwaway domains.
_ALLOWED: Final = WEBMAIL | words("alias_relays")
_DISPOSABLE: Final = (frozenset(disposable_email_domains.blocklist) | words("disposable")) - _ALLOWED
_DISPOSABLE_MX: Final = words("disposable_mx") - _ALLOWED
_WEBMAIL_MX: Final = words("webmail_mx")


def kind(domain: str, mx_hosts: Sequence[str] = ()) -> tuple[bool, bool]:
    """(whether it is a throwaway domain, whether it is one of private mailboxes), never both.

    `domain` is an A-label. `mx_hosts` are the names of its mail exchangers where they are known: domains that are on no
    list are told by who receives their mail.
    """
    known = _kind(domain)
    if known != (False, False) or not mx_hosts or domain in _ALLOWED:
        return known
    return _kind_of_hosts(tuple(mx_hosts))


@lru_cache(maxsize=65536)
def _kind(domain: str) -> tuple[bool, bool]:
    if domain in WEBMAIL:
        return False, True
    return is_disposable(domain), False


def is_disposable(domain: str) -> bool:
    """Whether the domain, or one above it down to the registrable one, is on the list of throwaway domains."""
    for parent in _upward(domain):
        if parent in _ALLOWED:
            return False
        # A suffix under which anybody registers says nothing of the names below it.
        if parent in _DISPOSABLE:
            return parent == domain or not _suffixes().is_public(parent)
    return False


@lru_cache(maxsize=4096)
def _kind_of_hosts(mx_hosts: tuple[str, ...]) -> tuple[bool, bool]:
    hosts = [host.rstrip(".").lower() for host in mx_hosts]
    if any(_ends_in(host, _DISPOSABLE_MX) or is_disposable(host) for host in hosts):
        return True, False
    return False, any(_ends_in(host, _WEBMAIL_MX) for host in hosts)


def _ends_in(host: str, names: frozenset[str]) -> bool:
    return any(parent in names for parent in _upward(host))


def _upward(domain: str) -> Iterator[str]:
    """`domain` and the domains above it, without the top one."""
    while "." in domain:
        yield domain
        domain = domain.partition(".")[2]


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
