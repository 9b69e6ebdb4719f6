"""A response body while it arrives: decoded, and never larger in memory than it may be."""

import zlib
from collections.abc import Iterable

from fairlead.net.errors import AnswerBroken

GZIP, ZLIB, RAW_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
GZIP_MAGIC = b"\x1f\x8b"
ACCEPT_ENCODING = "gzip, deflate"


class Body:
    """Collects chunks until `full`: more than `limit` bytes arrived, or came out of decompression.

    Both count, because a bomb is small on the wire, and a stream may go on for ever and hold nothing.
    """

    def __init__(self, codings: Iterable[str], limit: int) -> None:
        """`codings` are the values of Content-Encoding (RFC 9110, section 8.4)."""
        self._coding = _one_coding(codings)
        self._limit = limit
        self._out = bytearray()
        self._arrived = 0
        self._inflating = zlib.decompressobj(GZIP if self._coding == "gzip" else ZLIB)
        self.full = False

    def feed(self, chunk: bytes) -> None:
        """Raises `AnswerBroken` for what its coding does not explain."""
        first = self._arrived == 0
        self._arrived += len(chunk)
        self._out += self._decoded(chunk, first) if self._coding else chunk
        self.full = len(self._out) > self._limit or self._arrived > self._limit
        del self._out[self._limit :]

    def content(self) -> bytes:
        """What has been collected, at most `limit` bytes.

        Raises `AnswerBroken` for a compressed stream that lacks its end.
        """
        if self._coding and self._arrived and not self.full and not self._inflating.eof:
            raise AnswerBroken("The answer ends in the middle of its compressed body.")
        return bytes(self._out)

    def _decoded(self, chunk: bytes, first: bool) -> bytes:
        try:
            return self._inflated(chunk)
        except zlib.error as error:
            if not first or self._coding != "deflate":
                raise AnswerBroken("The answer is not compressed the way it says.") from error
            # "deflate" means zlib, and some servers send it without the zlib wrapping (RFC 9110, 8.4.1.2).
            self._inflating = zlib.decompressobj(RAW_DEFLATE)
            return self._decoded(chunk, first=False)

    def _inflated(self, chunk: bytes) -> bytes:
        room = self._limit + 1 - len(self._out)
        out = self._inflating.decompress(chunk, room)
        # A gzip file may consist of several members (RFC 1952, section 2.2).
        while self._coding == "gzip" and self._inflating.eof and len(out) < room:
            rest = self._inflating.unused_data
            if not rest.startswith(GZIP_MAGIC):
                break
            self._inflating = zlib.decompressobj(GZIP)
            out += self._inflating.decompress(rest, room - len(out))
        return out


def _one_coding(codings: Iterable[str]) -> str:
    """gzip, deflate, or nothing. Layers of codings have no use but to hide a bomb."""
    names = [name.strip().lower() for line in codings for name in line.split(",")]
    named = [name.removeprefix("x-") for name in names if name not in ("", "identity")]
    if not named:
        return ""
    if len(named) > 1 or named[0] not in ("gzip", "deflate"):
        raise AnswerBroken("The answer is compressed in a way that was not asked for.")
    return named[0]
