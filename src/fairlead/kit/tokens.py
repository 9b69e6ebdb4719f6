"""Random names that must not be guessed, and how they are stored."""

import hashlib
import random
import string

LETTERS_AND_DIGITS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def new_token(source: random.Random, length: int, alphabet: str = LETTERS_AND_DIGITS) -> str:
    return "".join(source.choices(alphabet, k=length))


def fingerprint(token: str) -> bytes:
    """What is stored in place of a token: its SHA-256.

    A plain hash is enough because tokens are random and long; a password would need a slow one.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
