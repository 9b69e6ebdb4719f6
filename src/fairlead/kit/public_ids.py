"""Ids that leave the house: they cannot be guessed, need no column, and lead back to the row.

The 16 bytes of an id are one AES block, the workspace and the row's number encrypted with a key of this
installation. A made-up id decrypts to some other workspace and is refused by the asker's own.
"""

import base64
import binascii
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
LONG_CHECK_BYTES = 21  # 74 hex digits in all, as in contract 2.5
SHA256_BYTES = 32


class PublicIds:
    """Short (24 characters of URL-safe base64) and long (74 hex digits) ids of one kind of thing.

    `check_bytes` makes long ones longer: each is two more hex digits.
    """

    def __init__(self, installation: str, kind: str, *, check_bytes: int = LONG_CHECK_BYTES) -> None:
        secret = hashlib.sha256(f"fairlead {kind} id {installation}".encode()).digest()
        cipher = Cipher(algorithms.AES(secret[:BLOCK]), modes.ECB())  # noqa: S305 - single blocks, never a text
        self._seal = cipher.encryptor()
        self._open = cipher.decryptor()
        self._check_key = secret[BLOCK:]
        self._check_bytes = check_bytes
        self._digest = "sha256" if check_bytes <= SHA256_BYTES else "sha512"

    def short(self, workspace_id: int, number: int) -> str:
        return base64.urlsafe_b64encode(self._block(workspace_id, number)).decode()

    def long(self, workspace_id: int, number: int) -> str:
        block = self._block(workspace_id, number)
        return (block + self._check(block)).hex()

    def digits(self, workspace_id: int, number: int) -> str:
        """32 hex digits: what names a row of a report, and is not asked for by."""
        return self._block(workspace_id, number).hex()

    def find(self, text: str, workspace_id: int) -> int | None:
        """The row's number, or None for anything that is not an id of this workspace in either form."""
        block = self._block_of(text.strip())
        if block is None:
            return None
        plain = self._open.update(block)
        if int.from_bytes(plain[:8], "big") != workspace_id:
            return None
        return int.from_bytes(plain[8:], "big")

    def find_long(self, text: str, workspace_id: int) -> int | None:
        """As `find`, for the long form only: the short one has no check and could be made up."""
        return self.find(text, workspace_id) if len(text.strip()) == 2 * (BLOCK + self._check_bytes) else None

    def _block(self, workspace_id: int, number: int) -> bytes:
        return self._seal.update(workspace_id.to_bytes(8, "big") + number.to_bytes(8, "big"))

    def _check(self, block: bytes) -> bytes:
        return hmac.digest(self._check_key, block, self._digest)[: self._check_bytes]

    def _block_of(self, text: str) -> bytes | None:
        try:
            if len(text) == 2 * (BLOCK + self._check_bytes):
                whole = bytes.fromhex(text)
                block = whole[:BLOCK]
                return block if hmac.compare_digest(whole[BLOCK:], self._check(block)) else None
            # Mailers and shells like to lose the padding, and some encode with the ordinary alphabet.
            plain = text.rstrip("=").replace("+", "-").replace("/", "_")
            block = base64.b64decode(plain + "==", altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        return block if len(block) == BLOCK else None
