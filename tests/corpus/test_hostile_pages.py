"""What a stranger's page cannot do: take time or memory without bounds, or stop the reading of others."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.corpus.archives.bodies import MOST_BODY, unpacked
from fairlead.corpus.extraction import extract

SEEN = datetime(2026, 3, 1, tzinfo=UTC)
HOSTILE = {
    "a million nested elements": b"<div>" * 1_000_000,
    "a million nested elements that end": b"<div>" * 500_000 + b"</div>" * 500_000,
    "formatting opened again in every paragraph": b"".join(b"<font size=%d>" % n for n in range(20_000))
    + b"<p>" * 300_000,
    "paragraphs that open formatting": b"".join(b"<p><font size=%d>" % n for n in range(100_000)),
    "tables in tables": b"<table><tr><td>" * 200_000,
    "an element of 200,000 attributes": b"<div " + b" ".join(b"a%d=1" % n for n in range(200_000)) + b">",
    "a million links": b'<a href="mailto:a@b.c">' * 150_000,
    "a million signs": b"@" * 1_000_000,
    "one long local part": b"a" * 2_000_000 + b"@acme.com",
    "one long domain": b"ann@" + b"a." * 1_000_000,
    "at after at": b"a at " * 500_000 + b" dot com",
    "brackets": b"[at] " * 500_000 + b"(dot)" * 100_000,
    "quotes in a script": b"<script>" + b"'a'+" * 400_000 + b"'@'</script>",
    "an open quote in a script": b"<script>x = '" + b"\\'" * 500_000 + b"</script>",
    "deep JSON": b'<script type="application/ld+json">' + b'{"@type":"Person","knows":' * 100_000 + b"</script>",
    "JSON of many things": b'<script type="application/ld+json">[' + b'{"@type":"Person"},' * 50_000 + b"{}]</script>",
    "styles": b"<style>" + b".a{display:none}" * 60_000 + b"</style>" + b"<i class=a>x</i>" * 50_000,
    "an unclosed comment": b"<!--" * 400_000,
    "an unclosed tag": b"<a href='" + b"x" * 2_000_000,
    "entities": b"&#64;" * 500_000,
    "zeros": b"\0" * 2_000_000 + b"@",
    "vCards": b"BEGIN:VCARD\r\n" + b"EMAIL:a@b.com\r\n" * 200_000,
    "names in lines": b"<br>Ann Lee<br>Manager" * 60_000,
    "microdata in microdata": b'<div itemscope itemtype="http://schema.org/Person"><i itemprop=name>A</i>' * 5_000,
    "hidden in hidden": b'<p style="display:none">' * 20_000,
}


BOUNDED = """
import resource, sys
sys.path.insert(0, {folder!r})
# Each page takes a second or two; without the cuts, minutes, hours or all memory.
resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
from test_hostile_pages import HOSTILE, SEEN, extract
for name, html in HOSTILE.items():
    extract(html, "https://acme.com/team", SEEN)
    print(name, flush=True)
"""


def test_every_page_is_read_within_bounds() -> None:
    program = BOUNDED.format(folder=str(Path(__file__).parent))
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=1_800)
    assert ended.stdout.splitlines() == list(HOSTILE), ended.stderr


def test_what_stands_before_the_hostile_part_is_found() -> None:
    found = extract(b"<p>ann@acme.com</p>" + HOSTILE["a million nested elements"], "https://acme.com/", SEEN)
    assert [each.address for each in found.addresses] == ["ann@acme.com"]


@given(st.binary(max_size=400))
def test_any_bytes_are_read(raw: bytes) -> None:
    extract(raw, "https://acme.com/team", SEEN)
    extract(b"<script>a@b.com" + raw, "https://acme.com/", SEEN, charset="utf-16")


@given(st.text("<>/@.[]()at dot'\"+=;&#64x\\{}:%0 \n-!", max_size=300))
def test_any_markup_is_read(text: str) -> None:
    extract(text.encode(), "https://acme.com/team", SEEN)
    extract(f"<div class='h-card vcard' itemscope itemtype='schema.org/Person'>{text}".encode(), "nonsense", SEEN)


@given(st.text(max_size=30))
def test_any_address_of_a_page_is_taken(uri: str) -> None:
    assert extract(b"<p>ann@acme.com E-mail: bob@other.com", uri, SEEN).uri == uri


def test_a_body_that_unpacks_to_gigabytes_is_held_to_its_beginning() -> None:
    bomb = gzip.compress(b"x" * 300_000_000, mtime=0)
    assert len(unpacked(bomb, transfer=None, encoding="gzip")) == MOST_BODY
    assert len(unpacked(gzip.compress(bomb, mtime=0), transfer=None, encoding="gzip, gzip")) == MOST_BODY


@pytest.mark.parametrize(
    ("raw", "transfer", "encoding", "text"),
    [
        (b"4\r\nann@\r\n8\r\nacme.com\r\n0\r\n\r\n", "chunked", None, b"ann@acme.com"),
        (b"ffffffffffff\r\nann@acme.com", "chunked", None, b"ann@acme.com"),
        (b"ann@acme.com", "chunked", None, b"ann@acme.com"),
        (b"ann@acme.com", None, "gzip", b"ann@acme.com"),
        (gzip.compress(b"ann@acme.com", mtime=0), "", "x-gzip", b"ann@acme.com"),
    ],
)
def test_bodies_are_unpacked_as_far_as_they_go(
    raw: bytes, transfer: str | None, encoding: str | None, text: bytes
) -> None:
    assert unpacked(raw, transfer=transfer, encoding=encoding) == text


def test_a_broken_gzip_body_gives_what_was_before_the_break() -> None:
    packed = bytearray(gzip.compress(b"".join(b"%d " % n for n in range(100_000)), 6))
    packed[len(packed) // 2 :] = b"\xff" * 200
    assert unpacked(bytes(packed), transfer=None, encoding="gzip").startswith(b"0 1 2 3 ")
