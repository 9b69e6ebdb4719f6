"""Archives give their pages, whole or broken."""

import gzip
import json
from pathlib import Path

import pytest
import shared_archives
from written_archives import PAGES, arc, warc_gz, warc_of, warc_record

from fairlead.corpus.archives.model import Capture, Flaw, Trouble
from fairlead.corpus.archives.reading import captures
from fairlead.corpus.extraction import extract


def read(path: Path) -> tuple[list[str], list[Flaw]]:
    """(addresses of the web of the pages, flaws)."""
    found = list(captures(path))
    return (
        [each.uri for each in found if isinstance(each, Capture)],
        [each.flaw for each in found if isinstance(each, Trouble)],
    )


@pytest.mark.parametrize("name", sorted(shared_archives.answers()))
def test_real_archives_hold_what_was_found_by_hand(name: str) -> None:
    pages, addresses = 0, set()
    for each in captures(shared_archives.folder() / name):
        assert isinstance(each, Capture), each
        pages += 1
        found = extract(each.body, each.uri, each.captured_at, charset=each.charset, content_type=each.content_type)
        addresses.update(shared_archives.hashed(address.address) for address in found.addresses)
    answer = shared_archives.answers()[name]
    assert pages == answer["pages"]
    assert sorted(addresses) == answer["addresses"]


def test_two_forms_of_one_capture_hold_the_same_pages() -> None:
    folder = shared_archives.folder()
    assert sorted(read(folder / "aut-example.arc.gz")[0]) == sorted(read(folder / "aut-example.warc.gz")[0])


def test_every_form_gives_the_pages(tmp_path: Path) -> None:
    plain = tmp_path / "plain.warc"
    plain.write_bytes(b"".join(warc_of()))
    assert read(plain) == (list(PAGES), [])
    assert read(warc_gz(tmp_path / "members.warc.gz", warc_of())) == (list(PAGES), [])
    whole = tmp_path / "whole.warc.gz"
    whole.write_bytes(gzip.compress(plain.read_bytes()))
    assert read(whole) == (list(PAGES), [])
    assert read(arc(tmp_path / "old.arc.gz")) == (list(PAGES), [])


def test_only_pages_that_were_there_are_given(tmp_path: Path) -> None:
    records = [
        warc_record("https://a.example/x", b"x", status="404 Not Found"),
        warc_record("https://a.example/x.png", b"x", headers="Content-Type: image/png\r\n"),
        warc_record("https://a.example/robots.txt", b"x", headers="Content-Type: text/plain\r\n"),
        warc_record("https://a.example/q", b"x", kind="request"),
        warc_record("https://a.example/ann.vcf", b"x", headers="Content-Type: application/octet-stream\r\n"),
        warc_record("https://a.example/feed", b"x", headers="Content-Type: application/rss+xml\r\n"),
        warc_record("https://a.example/", b"x"),
    ]
    assert read(warc_gz(tmp_path / "a.warc.gz", records))[0] == [
        "https://a.example/ann.vcf", "https://a.example/feed", "https://a.example/"
    ]  # fmt: skip


def test_compressed_and_chunked_bodies_are_read(tmp_path: Path) -> None:
    html = gzip.compress(b"<p>ann@a.example</p>", mtime=0)
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(html), html)
    headers = "Content-Type: text/html\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"
    (found,) = captures(warc_gz(tmp_path / "a.warc.gz", [warc_record("https://a.example/", body, headers=headers)]))
    assert isinstance(found, Capture)
    assert found.body == b"<p>ann@a.example</p>"


@pytest.mark.parametrize("share", [0.05, 0.31, 0.5, 0.77, 0.99])
@pytest.mark.parametrize("form", ["members", "whole", "plain", "arc"])
def test_a_file_cut_short_gives_the_pages_before_the_cut_and_says_so(tmp_path: Path, form: str, share: float) -> None:
    path = tmp_path / "cut"
    match form:
        case "members":
            warc_gz(path, warc_of())
        case "whole":
            path.write_bytes(gzip.compress(b"".join(warc_of())))
        case "plain":
            path.write_bytes(b"".join(warc_of()))
        case "arc":
            arc(path)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    pages, flaws = read(path)
    # The last one may be there as far as it goes.
    assert pages == list(PAGES)[: len(pages)]
    assert len(flaws) == 1
    assert flaws[0] in (Flaw.CUT_SHORT, Flaw.BROKEN_COMPRESSION, Flaw.BROKEN, Flaw.NO_ARCHIVE)
    if form != "whole":
        assert len(pages) >= int(len(PAGES) * share) - 2


def test_a_record_that_says_it_has_ten_gigabytes_ends_the_file_with_a_report(tmp_path: Path) -> None:
    honest, lying = warc_of()[:2]
    lying = lying.replace(b"Content-Length: ", b"Content-Length: 10000000000")
    for number, write in enumerate((lambda path, records: path.write_bytes(b"".join(records)), warc_gz)):
        path = tmp_path / str(number)
        write(path, [honest, lying, *warc_of()[2:]])
        pages, flaws = read(path)
        assert pages[:1] == list(PAGES)[:1]
        assert flaws == [Flaw.LYING_LENGTH]


def test_a_header_without_an_end_ends_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(warc_of()[0] + b"WARC/1.0\r\nX: " + b"a" * 20_000_000)
    assert read(path) == (list(PAGES)[:1], [Flaw.BROKEN])


def test_a_record_of_zeros_without_end_is_read_to_its_beginning(tmp_path: Path) -> None:
    huge = warc_record("https://z.example/", b"<p>ann@z.example</p>" + b"\0" * 60_000_000)
    path = warc_gz(tmp_path / "a.warc.gz", [huge, warc_of()[0]])
    assert path.stat().st_size < 200_000
    assert read(path) == (["https://z.example/", next(iter(PAGES))], [Flaw.TOO_LARGE])


@pytest.mark.parametrize("raw", [b"", b"hello" * 1_000, gzip.compress(b"hello", mtime=0), b"\x1f\x8b\xff", b"%PDF-1.7"])
def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(raw)
    assert read(path) == ([], [Flaw.NO_ARCHIVE])


def test_a_folder_of_sites_gives_pages_under_their_addresses(tmp_path: Path) -> None:
    for name in ("acme.com/index.html", "acme.com/team/all.htm", "acme.com/logo.png", "notes/readme.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("<p>ann@acme.com")
    (tmp_path / "acme.com/ann.vcf").write_text("BEGIN:VCARD\nFN:Ann Lee\nEMAIL:ann@acme.com\nEND:VCARD\n")
    (tmp_path / "notes/saved.html").write_text('<link rel="canonical" href="https://other.example/a?b=1&amp;c=2">')
    (tmp_path / "loop").symlink_to(tmp_path)
    assert read(tmp_path) == (
        [
            "http://acme.com/ann.vcf", "http://acme.com/", "http://acme.com/team/all.htm", "file:readme.html",
            "https://other.example/a?b=1&c=2",
        ],
        [],
    )  # fmt: skip


def test_the_links_in_a_wat_record_are_read(tmp_path: Path) -> None:
    said = {"Links": [{"path": "A@/href", "url": "mailto:ann@acme.com"}], "Head": {"Title": "Acme"}}
    block = json.dumps({"Envelope": {"Payload-Metadata": {"HTTP-Response-Metadata": {"HTML-Metadata": said}}}}).encode()
    head = (
        "WARC/1.0\r\nWARC-Type: metadata\r\nWARC-Target-URI: https://acme.com/\r\nWARC-Date: 2026-03-01T00:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:1>\r\nContent-Type: application/json\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    (found,) = captures(warc_gz(tmp_path / "a.wat.gz", [head.encode() + block + b"\r\n\r\n"]))
    assert isinstance(found, Capture)
    assert [each.address for each in extract(found.body, found.uri, found.captured_at).addresses] == ["ann@acme.com"]
