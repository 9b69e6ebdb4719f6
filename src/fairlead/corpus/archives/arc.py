"""ARC files, the form before WARC (Internet Archive, 1996)."""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from fairlead.corpus.archives.bodies import MOST_BODY, unpacked
from fairlead.corpus.archives.kinds import charset_of, page_kind
from fairlead.corpus.archives.model import Capture, Flaw, Trouble
from fairlead.corpus.archives.warc import cut_after

_MOST_RAW = MOST_BODY + 100_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def arc_captures(path: Path) -> Iterator[Capture | Trouble]:
    number, last_at = -1, 0
    with path.open("rb") as file:
        beginning = file.read(2)
        file.seek(0)
        records = ArchiveIterator(file, no_record_parse=False)
        while True:
            try:
                record = next(records, None)
                if record is None:
                    break
                number += 1
                capture = _capture(record, number, file.tell())
                if capture is not None:
                    yield capture
                missing = _missing(record)
            except (zlib.error, EOFError):
                yield Trouble(max(number, 0), Flaw.BROKEN_COMPRESSION)
                return
            except (ArchiveLoadFailed, ValueError, OSError, IndexError, AttributeError):
                yield Trouble(max(number, 0), Flaw.BROKEN)
                return
            if missing:
                yield Trouble(number, Flaw.CUT_SHORT)
                return
            last_at = records.get_record_offset()
    if beginning == b"\x1f\x8b" and cut_after(path, last_at):
        yield Trouble(number + 1, Flaw.CUT_SHORT)


def _missing(record: ArcWarcRecord) -> int:
    """How many bytes the record promised and the file does not have. Reads the rest of the record."""
    stream = record.raw_stream
    while stream.read(1 << 16):
        pass
    return int(getattr(stream, "limit", 0) or 0)


def _capture(record: ArcWarcRecord, number: int, offset: int) -> Capture | None:
    if record.rec_type != "response" or record.http_headers is None:
        return None
    headers = record.http_headers
    uri = record.rec_headers.get_header("uri") or ""
    content_type = headers.get_header("Content-Type")
    kind = page_kind(content_type, uri, _status(headers.get_statuscode()), b"")
    if kind is None:
        return None
    raw = record.raw_stream.read(_MOST_RAW)
    body = unpacked(
        raw, transfer=headers.get_header("Transfer-Encoding"), encoding=headers.get_header("Content-Encoding")
    )
    return Capture(
        number,
        uri[:4_000],
        _time(record.rec_headers.get_header("archive-date")),
        kind,
        charset_of(content_type),
        body,
        offset,
    )


def _status(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) == 3 else None


def _time(text: str | None) -> datetime:
    """ARC writes 14 digits; older ones fewer."""
    try:
        return datetime.strptime((text or "")[:14].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return EPOCH
