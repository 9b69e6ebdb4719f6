"""All flags of an address at once."""

from collections.abc import Sequence

from fairlead.flags.domains import kind
from fairlead.flags.gibberish import is_gibberish
from fairlead.flags.model import Flags
from fairlead.flags.roles import is_role
from fairlead.flags.syntax import parts


def flags(address: str, mx_hosts: Sequence[str] = ()) -> Flags:
    """The flags of `address`; with `mx_hosts`, the names of its domain's mail exchangers, more domains are known.

    Never raises: what is no address comes back with the reason in words.
    """
    split = parts(address)
    if isinstance(split, str):
        return Flags(False, False, False, False, False, split)
    return flags_of(*split, mx_hosts)


def flags_of(local: str, domain: str, mx_hosts: Sequence[str] = ()) -> Flags:
    """The flags of an address that is one, in the parts `parts` gives."""
    local = local.lower().partition("+")[0] or local
    is_disposable, is_webmail = kind(domain, mx_hosts)
    role = is_role(local, domain)
    return Flags(True, is_disposable, is_webmail, role, not role and is_gibberish(local, domain))
