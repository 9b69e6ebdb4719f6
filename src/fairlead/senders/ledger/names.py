"""The names a mail is found again by: its Message-ID, its reference, and the mark of the effect it has."""

import hashlib
import re
from typing import Final

import idna

# 128 bits in any of the usual alphabets, and no character that means something in a header, an address or a link.
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
MARK_DIGITS: Final = 24  # of hex: 96 bits, so that two effects of a workspace never have the same
_REFERENCE: Final = re.compile(r"([A-Za-z0-9_-]{16,64})\.([0-9a-f]{24})")


def message_id(token: str, mailbox_address: str) -> str:
    """Without brackets, at the sender's domain; the same in every try (RFC 5322, section 3.6.4)."""
    domain = mailbox_address.rpartition("@")[2]
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:  # a domain DNS would not know either, such as one of a test network
        domain = domain.encode("ascii", "ignore").decode() or "localhost"
    return f"{token}@{domain}"


def mark(installation: str, workspace_id: int, purpose: str, once_key: str) -> str:
    """What tells one effect from all others, and says nothing about it to whoever has not the installation's token.

    It goes out with the mail, so that a copy in a Sent folder can be told by a database that has lost the mail itself.
    """
    named = f"{installation}|{workspace_id}|{purpose}|{once_key}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(named).hexdigest()[:MARK_DIGITS]


def reference(token: str, mark: str) -> str:
    """The value of our reference header."""
    return f"{token}.{mark}"


def references_in(text: str) -> list[tuple[str, str]]:
    """Pairs of token and mark that occur in a text, such as a header or a part of a delivery notice."""
    return [(found[1], found[2]) for found in _REFERENCE.finditer(text)]


def token_of_message_id(message_id: str) -> str | None:
    """The token, where the id can be one of ours."""
    local = message_id.strip().strip("<>").rpartition("@")[0]
    return local if TOKEN.fullmatch(local) else None
