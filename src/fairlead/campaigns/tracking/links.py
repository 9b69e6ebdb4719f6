"""Addresses that a letter carries: the pixel, the links that count clicks, the way to unsubscribe.

    {base}/o/{token}.{mac}           the pixel
    {base}/c/{number}.{mac}.{token}.{target}  a link; the target is URL-safe base64
    {base}/u/{token}.{mac}           the unsubscribe page, and where one-click posts go (RFC 8058)

`token` is that of the sent mail. Everything is signed under a key of the installation, so that reading an address back
needs no database, and nobody can make this server redirect to a place of their choosing.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from yarl import URL

MAC_BYTES = 9
MAC_LETTERS = 12
# A mail client shows nothing of an address this long, and some proxies cut it.
LONGEST_TARGET = 4_096
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
NUMBER = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True)
class Click:
    """A link of a sent mail, counted from 1 in the order of the letter."""

    token: str
    number: int
    target: str


class Links:
    """Makes the addresses of one installation under `base_url`, and reads them back whatever their host was."""

    def __init__(self, installation: str, base_url: str) -> None:
        self.base_url = base_url
        self._key = hashlib.sha256(f"fairlead tracked links of {installation}".encode()).digest()

    def at(self, base_url: str) -> "Links":
        """The same under another address, such as a tracking domain of the workspace."""
        other = object.__new__(Links)
        other.base_url, other._key = base_url, self._key
        return other

    def pixel(self, token: str) -> str:
        return f"{self.base_url}/o/{token}.{self._mac('o', token)}"

    def click(self, token: str, number: int, target: str) -> str:
        """Raises `ValueError` for what is no address of the web, or too long to be carried."""
        if not is_web_address(target):
            raise ValueError("only http and https addresses are followed")
        # A header carries ASCII; an address that is ASCII already is followed to the letter.
        target = target if target.isascii() else str(URL(target))
        if len(target) > LONGEST_TARGET:
            raise ValueError("the address is too long to be carried")
        packed = base64.urlsafe_b64encode(target.encode()).decode().rstrip("=")
        mac = self._mac("c", token, str(number), packed)
        return f"{self.base_url}/c/{number}.{mac}.{token}.{packed}"

    def unsubscribe(self, token: str) -> str:
        return f"{self.base_url}/u/{token}.{self._mac('u', token)}"

    def opened(self, rest: str) -> str | None:
        """The token of a pixel, from what follows `/o/`."""
        return self._token("o", rest)

    def leaving(self, rest: str) -> str | None:
        """The token of an unsubscribe address, from what follows `/u/`."""
        return self._token("u", rest)

    def clicked(self, rest: str) -> Click | None:
        """What follows `/c/`, read; None for anything that this installation has not signed."""
        number, _, signed = rest.partition(".")
        mac, _, packed_more = signed.partition(".")
        token, _, packed = packed_more.partition(".")
        if not NUMBER.fullmatch(number) or not TOKEN.fullmatch(token):
            return None
        if not _same(mac, self._mac("c", token, number, packed)):
            return None
        try:
            target = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("ascii")
        except (ValueError, binascii.Error):
            return None
        return Click(token, int(number), target)

    def _token(self, kind: str, rest: str) -> str | None:
        token, _, mac = rest.partition(".")
        if not TOKEN.fullmatch(token) or not _same(mac, self._mac(kind, token)):
            return None
        return token

    def _mac(self, *parts: str) -> str:
        mac = hmac.digest(self._key, "\n".join(parts).encode("utf-8", "surrogatepass"), "sha256")[:MAC_BYTES]
        return base64.urlsafe_b64encode(mac).decode()


def is_web_address(target: str) -> bool:
    """Whether a browser would follow it over http or https, and nothing in it could split a header."""
    if not target.isprintable() or target != target.strip():
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _same(given: str, wanted: str) -> bool:
    return len(given) == MAC_LETTERS and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
