"""Small archives made for a test."""

import gzip
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

PAGES = {
    f"https://c{n}.example/contact": f"<p>ann{n}@c{n}.example</p><h3>Ann Lee</h3><p>Manager</p>" for n in range(40)
}


def warc_record(uri: str, html: bytes, *, kind: str = "response", length: int | None = None, status: str = "200 OK",
                headers: str = "Content-Type: text/html; charset=utf-8\r\n") -> bytes:  # fmt: skip
    block = f"HTTP/1.1 {status}\r\n{headers}\r\n".encode() + html
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\nWARC-Date: 2026-03-01T00:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{abs(hash(uri)) % 10**12:012}>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def warc_gz(path: Path, records: Iterable[bytes]) -> Path:
    """Each record a gzip member of its own, as crawlers write them."""
    path.write_bytes(b"".join(gzip.compress(record, 6, mtime=0) for record in records))
    return path


def warc_of(pages: Mapping[str, str] = PAGES) -> list[bytes]:
    return [warc_record(uri, html.encode()) for uri, html in pages.items()]


def arc(path: Path, pages: Mapping[str, str] = PAGES, *, cut: int | None = None) -> Path:
    """Source: Arc File Format, Internet Archive, 1996."""
    version = b"1 0 Fairlead\nURL IP-address Archive-date Content-type Archive-length\n"
    out = io.BytesIO()
    out.write(
        gzip.compress(
            b"filedesc://test.arc 0.0.0.0 20260301000000 text/plain %d\n%s\n" % (len(version), version), mtime=0
        )
    )
    for uri, html in pages.items():
        block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()
        out.write(
            gzip.compress(f"{uri} 192.0.2.1 20260301000000 text/html {len(block)}\n".encode() + block + b"\n", mtime=0)
        )
    path.write_bytes(out.getvalue()[:cut])
    return path
