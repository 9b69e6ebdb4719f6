"""Addresses of a task instead of a person."""

import re
from functools import lru_cache
from typing import Final

from fairlead.flags.lists import words

ROLES: Final = words("roles")
# What a site, a team or a region is called behind a department's word.
_SITES: Final = words("role_sites")
_BETWEEN: Final = re.compile(r"[._\-+]+")
_NUMBER: Final = re.compile(r"\d{1,4}$")


def is_role(local: str, domain: str) -> bool:
    """Whether `local`, in lower case and without its +tag, is a role's or the company's own name.

    `domain` is the address's own: "acme@acme.example" is the company's general mailbox.
    """
    return local in ROLES or local in domain.split(".", 2)[:2] or _of_department(local)


@lru_cache(maxsize=16384)
def _of_department(local: str) -> bool:
    tokens = [_NUMBER.sub("", token) for token in _BETWEEN.split(local)]
    tokens = [token for token in tokens if token]
    if not tokens:
        return False
    if "".join(tokens) in ROLES:
        return True
    named = [token in ROLES for token in tokens]
    # A place alone is no role, nor is a name beside a department: "paris", "sales.smith".
    return any(named) and all(is_named or token in _SITES for is_named, token in zip(named, tokens, strict=True))
