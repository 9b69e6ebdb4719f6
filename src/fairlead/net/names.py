"""Host names as the DNS is asked for them."""

import re

LONGEST_NAME = 253
LABEL = re.compile(r"[a-z0-9_-]{1,63}")
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def lookup_name(name: str) -> str | None:
    """`name` (A-labels) in lower case without its trailing dot, or None where asking makes no sense.

    Never asked for: what is not a host name; `localhost` and names below it (RFC 6761, section 6.3); and what
    ends in a number, because that is an odd spelling of an IPv4 address and no top-level domain is a number
    (RFC 1123, section 2.1; WHATWG URL Standard, "ends in a number").
    """
    plain = name.lower().removesuffix(".")
    labels = plain.split(".")
    if len(plain) > LONGEST_NAME or not all(LABEL.fullmatch(label) for label in labels):
        return None
    if labels[-1] == "localhost" or NUMBER.fullmatch(labels[-1]):
        return None
    return plain
