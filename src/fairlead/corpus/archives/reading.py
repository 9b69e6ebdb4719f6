"""The pages of a file, whatever its form."""

import zlib
from collections.abc import Iterator
from pathlib import Path

from fairlead.corpus.archives.arc import arc_captures
from fairlead.corpus.archives.folder import folder_captures, single_page
from fairlead.corpus.archives.model import Capture, Flaw, Trouble
from fairlead.corpus.archives.warc import warc_captures

_FIRST_BYTES = 512
_PAGE_SUFFIXES = (".html", ".htm", ".xhtml", ".vcf")


def captures(path: Path) -> Iterator[Capture | Trouble]:
    """The pages of a file or folder in its order, and what could not be read. Raises nothing for what is in it.

    Each record is read up to a few megabytes; what is longer is skipped without being held.
    """
    if path.is_dir():
        yield from folder_captures(path)
        return
    try:
        beginning = _beginning(path)
        if path.suffix.lower() in _PAGE_SUFFIXES:
            yield from single_page(path)
        elif beginning.startswith(b"WARC/"):
            yield from warc_captures(path)
        elif beginning.startswith(b"filedesc:"):
            yield from arc_captures(path)
        else:
            yield Trouble(0, Flaw.NO_ARCHIVE)
    except OSError:
        yield Trouble(0, Flaw.NOT_READABLE)


def is_archive(path: Path) -> bool:
    """Whether the file begins as an archive does, or is named as a page is."""
    try:
        return path.suffix.lower() in _PAGE_SUFFIXES or _beginning(path).startswith((b"WARC/", b"filedesc:"))
    except OSError:
        return False


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(8_192)
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(31).decompress(head, _FIRST_BYTES)
        except zlib.error:
            return b""
    return head[:_FIRST_BYTES].lstrip(b"\r\n")
