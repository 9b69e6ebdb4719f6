"""WARC files (ISO 28500), and WET and WAT, which are WARC with other contents."""

import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from fairlead.corpus.archives.bodies import MOST_BODY, unpacked
from fairlead.corpus.archives.kinds import page_kind
from fairlead.corpus.archives.model import Capture, Flaw, Trouble

MOST_HEADER = 64_000
_CONTENT_LENGTH = re.compile(rb"^content-length:\s*(\d{1,18})", re.I | re.M)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RESPONSE, _RESOURCE = WarcRecordType.response, WarcRecordType.resource
_CONVERSION, _METADATA = WarcRecordType.conversion, WarcRecordType.metadata
# Of a record that is wanted, this much is read before it is unpacked.
_MOST_RAW = MOST_BODY + 100_000


def warc_captures(path: Path) -> Iterator[Capture | Trouble]:
    number = -1
    last_at = 0
    size = path.stat().st_size
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    with path.open("rb") as file:
        records = iter(
            ArchiveIterator(
                file,
                record_types=WarcRecordType.any_type,
                parse_http=False,
                auto_decode="none",
                max_header_len=MOST_HEADER,
            )
        )
        while True:
            try:
                record = next(records)
            except StopIteration:
                break
            except (OSError, ValueError) as error:
                yield Trouble(number + 1, _flaw(error))
                return
            number += 1
            last_at = record.stream_pos
            try:
                capture, read = _capture(record, number)
                read += record.reader.consume()
            except (OSError, ValueError) as error:
                yield Trouble(number, _flaw(error))
                return
            if capture is not None:
                yield capture
            # After `parse_http` this is the length of what follows the header of the answer.
            if read < record.content_length:
                yield Trouble(number, Flaw.LYING_LENGTH if _beyond(record, size, compressed) else Flaw.CUT_SHORT)
                return
            if capture is not None and record.content_length > _MOST_RAW:
                yield Trouble(number, Flaw.TOO_LARGE)
    if cut_after(path, last_at) if compressed else _rest_after(path, last_at):
        yield Trouble(number + 1, Flaw.CUT_SHORT)


def _beyond(record: WarcRecord, size: int, compressed: bool) -> bool:
    """Whether the length is one no file of this size can hold (deflate packs 1032 to 1 at most)."""
    return record.content_length > (size * 1032 if compressed else size)


def _flaw(error: Exception) -> Flaw:
    text = str(error).lower()
    if any(word in text for word in ("inflate", "deflate", "gzip", "zlib", "decompress", "corrupt", "crc")):
        return Flaw.BROKEN_COMPRESSION
    return Flaw.BROKEN


def _capture(record: WarcRecord, number: int) -> tuple[Capture | None, int]:
    """The page in a record, if it is one, and how many bytes of its content were read for it."""
    kind, headers = record.record_type, record.headers
    uri = (headers.get("WARC-Target-URI") or "").strip("<> ")[:4_000]
    if kind == _RESPONSE:
        return _response(record, number, uri)
    if kind == _RESOURCE:
        type_ = page_kind(headers.get("Content-Type"), uri, None, b"")
    elif kind == _CONVERSION:
        type_ = "text/plain"
    elif kind == _METADATA and "json" in (headers.get("Content-Type") or ""):
        type_ = "application/json"
    else:
        type_ = None
    if type_ is None:
        return None, 0
    raw = record.reader.read(_MOST_RAW)
    body: bytes = raw[:MOST_BODY]
    charset: str | None = None
    if type_ == "application/json":
        body, charset, type_ = _page_of_wat(raw), "utf-8", "text/html"
    elif type_ == "text/plain":
        charset = "utf-8"
    return (Capture(number, uri, _time(record), type_, charset, body, record.stream_pos) if body else None), len(raw)


def _response(record: WarcRecord, number: int, uri: str) -> tuple[Capture | None, int]:
    record.parse_http()
    if not record.is_http_parsed:
        return None, 0
    headers = record.http_headers
    type_ = page_kind(headers.get("Content-Type"), uri, headers.status_code, b"")
    if type_ is None:
        return None, 0
    raw = record.reader.read(_MOST_RAW)
    transfer, encoding = headers.get("Transfer-Encoding"), headers.get("Content-Encoding")
    body = unpacked(raw, transfer=transfer, encoding=encoding) if transfer or encoding else raw[:MOST_BODY]
    return Capture(number, uri, _time(record), type_, record.http_charset, body, record.stream_pos), len(raw)


def _time(record: WarcRecord) -> datetime:
    captured_at = record.record_date or EPOCH
    return captured_at if captured_at.tzinfo else captured_at.replace(tzinfo=UTC)


def _page_of_wat(raw: bytes) -> bytes:
    """The links and the head of a page out of the JSON of a WAT record, as a small page."""
    try:
        said: Any = json.loads(raw)
        html = said["Envelope"]["Payload-Metadata"]["HTTP-Response-Metadata"]["HTML-Metadata"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return b""
    parts = []
    for link in (html.get("Links") or [])[:5_000] if isinstance(html, dict) else []:
        if isinstance(link, dict) and isinstance(url := link.get("url"), str):
            parts.append(f'<a href="{escape(url)}">{escape(str(link.get("text", "")))}</a>')
    head = html.get("Head") if isinstance(html, dict) else None
    if isinstance(head, dict) and isinstance(title := head.get("Title"), str):
        parts.insert(0, f"<title>{escape(title)}</title>")
    return "\n".join(parts).encode("utf-8", "replace")[:MOST_BODY]


def cut_after(path: Path, offset: int) -> bool:
    """Whether a compressed file ends in the middle of a member; looked at from the one at `offset` on, if one is."""
    with path.open("rb") as file:
        file.seek(offset)
        file.seek(offset if file.read(2) == b"\x1f\x8b" else 0)
        inflater = zlib.decompressobj(31)
        while chunk := file.read(1 << 16):
            while chunk:
                try:
                    inflater.decompress(chunk, 1 << 20)
                except zlib.error:
                    return True
                chunk = inflater.unconsumed_tail
                if inflater.eof:
                    chunk = inflater.unused_data.lstrip(b"\0")
                    if not chunk and not file.peek(1):
                        return False
                    inflater = zlib.decompressobj(31)
        return True


def _rest_after(path: Path, offset: int) -> bool:
    """Whether something follows the record at `offset`, the last one that could be read."""
    with path.open("rb") as file:
        file.seek(offset)
        begins = file.read(2 * MOST_HEADER)
        blank = len(begins) - len(begins.lstrip(b"\r\n"))
        head, mark, _ = begins[blank:].partition(b"\r\n\r\n")
        length = _CONTENT_LENGTH.search(head)
        if not mark:
            return bool(begins.strip())
        if length is None:
            return False
        file.seek(offset + blank + len(head) + len(mark) + int(length[1]))
        return bool(file.read(1_000).strip())
