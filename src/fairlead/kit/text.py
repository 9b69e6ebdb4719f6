"""Text from outside: what is refused, and the forms under which addresses and domains are compared."""

import re
import unicodedata

import idna

LOCAL_PART_OCTETS = 64  # RFC 5321, 4.5.3.1.1
ADDRESS_OCTETS = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets without its angle brackets
DOMAIN_OCTETS = 253  # RFC 1035, 2.3.4, without the length octets

# The Unicode categories Cc, Cs, Zl and Zp: the last two end a line in many a reader.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# RFC 5322 atext, with the non-ASCII characters RFC 6532 adds.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\U0010ffff]|\\[\x20-\x7e])*"')
# fmt: off
PARTICLES = frozenset({
    "van", "von", "de", "del", "della", "der", "den", "des", "di", "da", "das", "do", "dos", "du", "la", "le", "los",
    "ten", "ter", "te", "zu", "zum", "zur", "af", "av", "bin", "ibn", "al", "el",
})
# fmt: on
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
# Two labels or more, the last of them no number.
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")


def has_control(text: str) -> bool:
    """Whether `text` holds a character no name, address or title has: CR, LF, NUL and their like."""
    return _CONTROL.search(text) is not None


def one_line(text: str) -> str:
    """`text` with every run of white space and control characters as one blank."""
    return " ".join(_CONTROL.sub(" ", text).split())


def encodable(text: str) -> bool:
    """False for lone surrogates and NUL, which neither UTF-8 nor the database can hold."""
    if text.isascii():
        return "\x00" not in text
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def domain_key(domain: str) -> str:
    """The lower-case A-label form of `domain` (RFC 5890). Raises `ValueError` when it is none.

    A single label is none: mail to it never leaves the local network.
    """
    text = domain.strip().rstrip(".").lower()
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True, transitional=False).decode()
        except idna.IDNAError as error:
            raise ValueError(f"{domain!r} is not a domain name") from error
    if len(text) > DOMAIN_OCTETS or not _DOMAIN.fullmatch(text):
        raise ValueError(f"{domain!r} is not a domain name")
    return text


def split_address(address: str) -> tuple[str, str]:
    """(local part, domain as an A-label). Raises `ValueError` for what is no address (RFC 5321, 6531)."""
    # No address of this length fits after normalization, whose time grows with the square of a run of marks.
    if len(address) > 2 * ADDRESS_OCTETS:
        raise ValueError("This is too long for an e-mail address")
    text = unicodedata.normalize("NFC", address.strip())
    local, at, domain = text.rpartition("@")
    # What a domain alone may have around it, an address has not: it would be sent along.
    framed = domain != domain.strip() or domain.endswith(".")
    if not at or framed or not (_DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local)):
        raise ValueError(f"{address!r} is not an e-mail address")
    key = domain_key(domain)
    octets = len(local) if local.isascii() else len(local.encode())
    if octets > LOCAL_PART_OCTETS or octets + 1 + len(key) > ADDRESS_OCTETS:
        raise ValueError(f"{address!r} is too long for an e-mail address")
    return local, key


def address_key(address: str) -> str:
    """The form under which addresses are compared: lower case, the domain as an A-label.

    Case of the local part is ignored: RFC 5321 lets a host tell them apart, none that matters does.
    Raises `ValueError`.
    """
    local, domain = split_address(address)
    return f"{local.lower()}@{domain}"


def is_address(address: str) -> bool:
    try:
        split_address(address)
    except (ValueError, UnicodeError):
        return False
    return True


def split_name(full_name: str) -> tuple[str, str]:
    """(first, last): the last word is the last name, with the particles before it."""
    words = full_name.split()
    if len(words) < 2:
        return full_name.strip(), ""
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


