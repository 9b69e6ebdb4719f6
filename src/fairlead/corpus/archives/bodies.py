"""Bodies of HTTP answers as archives keep them: chunked, compressed, and never larger than what we want to hold."""

import zlib

MOST_BODY = 4_000_000


def unpacked(raw: bytes, *, transfer: str | None, encoding: str | None) -> bytes:
    """The content, at most `MOST_BODY` of it. What is broken ends where it breaks."""
    if transfer and "chunked" in transfer.lower():
        raw = _dechunked(raw)
    for name in reversed([part.strip().lower() for part in (encoding or "").split(",")]):
        if name in ("gzip", "x-gzip", "deflate"):
            raw = _inflated(raw, name)
    return raw[:MOST_BODY]


def _dechunked(raw: bytes) -> bytes:
    """`raw` itself where it is not in chunks: crawlers undo the chunks and keep the header (RFC 9112, 7.1)."""
    parts: list[bytes] = []
    at = 0
    while at < len(raw):
        end = raw.find(b"\r\n", at, at + 200)
        size_text = raw[at:end].partition(b";")[0].strip() if end >= 0 else b""
        try:
            size = int(size_text, 16)
        except ValueError:
            return b"".join(parts) if parts else raw
        if size == 0:
            break
        parts.append(raw[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return b"".join(parts)


def _inflated(raw: bytes, name: str) -> bytes:
    if name != "deflate" and raw[:2] != b"\x1f\x8b":
        return raw
    for window in (31,) if name != "deflate" else (15, -15):
        inflater = zlib.decompressobj(window)
        try:
            return inflater.decompress(raw, MOST_BODY)
        except zlib.error:
            if window == 31:
                return _inflated_until_broken(raw)
    return b""


def _inflated_until_broken(raw: bytes) -> bytes:
    inflater, found = zlib.decompressobj(31), bytearray()
    for at in range(0, len(raw), 1024):
        try:
            found += inflater.decompress(raw[at : at + 1024], MOST_BODY - len(found))
        except zlib.error:
            break
        if len(found) >= MOST_BODY or inflater.eof:
            break
    return bytes(found)
