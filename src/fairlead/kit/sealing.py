"""Secrets at rest: AES-256-GCM under a ring of keys, the newest first.

A sealed value is `version (1 byte) | key id (4 bytes) | nonce (12 bytes) | ciphertext and tag`. The key id is
the start of the key's SHA-256, so that a value says which key opens it while keys are being rotated.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12
ID_BYTES = 4


class Unopenable(Exception):
    """No key of the ring opens this value."""


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"fairlead key id" + key).digest()[:ID_BYTES]


@dataclass(frozen=True)
class KeyRing:
    """Keys of 32 bytes. The first one seals, every one opens.

    `reread` is asked for the keys of now when a value names one that is not of the ring: another process may have made
    a new key since.
    """

    keys: tuple[bytes, ...]
    reread: Callable[[], tuple[bytes, ...]] | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(key_id(key).hex() for key in self.keys)})"

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """`purpose` (table and column) is bound to the value: moved elsewhere it does not open."""
        key = self.keys[0]
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + key_id(key) + nonce + AESGCM(key).encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises `Unopenable`."""
        start = len(VERSION) + ID_BYTES
        wanted, nonce, body = sealed[len(VERSION) : start], sealed[start:][:NONCE_BYTES], sealed[start + NONCE_BYTES :]
        key = self._key_named(wanted) if sealed[: len(VERSION)] == VERSION else None
        if key is not None:
            with contextlib.suppress(InvalidTag, ValueError):
                return AESGCM(key).decrypt(nonce, body, purpose.encode())
        raise Unopenable(f"no key at hand opens a value sealed for {purpose}")

    def _key_named(self, wanted: bytes) -> bytes | None:
        for key in self.keys:
            if key_id(key) == wanted:
                return key
        later = self.reread() if self.reread else ()
        return next((key for key in later if key_id(key) == wanted), None)

    def newest_seals(self, sealed: bytes) -> bool:
        return sealed[len(VERSION) : len(VERSION) + ID_BYTES] == key_id(self.keys[0])
