"""Folders of pages, such as a mirror of a site: one folder for each host, or a single site."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import quote

from fairlead.corpus.archives.bodies import MOST_BODY
from fairlead.corpus.archives.model import Capture, Flaw, Trouble
from fairlead.corpus.extraction.domains import is_public

SUFFIXES = {
    ".html": "text/html", ".htm": "text/html", ".xhtml": "text/html", ".shtml": "text/html", ".php": "text/html",
    ".asp": "text/html", ".aspx": "text/html", ".jsp": "text/html", ".vcf": "text/vcard", ".txt": "text/plain",
}  # fmt: skip
MOST_FILES = 5_000_000
_CANONICAL = re.compile(
    rb"""<link[^>]{0,200}rel=["']?canonical["']?[^>]{0,200}href=["']([^"'>]{8,500})|"""
    rb"""<meta[^>]{0,200}property=["']og:url["'][^>]{0,200}content=["']([^"'>]{8,500})""",
    re.I,
)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.I)


def folder_captures(folder: Path) -> Iterator[Capture | Trouble]:
    """In the order of their paths. Links to elsewhere are not followed."""
    for number, path in enumerate(page_files(folder)):
        yield _capture(path, number, _uri(path, folder))


def page_files(folder: Path) -> Iterator[Path]:
    found = 0
    for place in sorted(folder.rglob("*")):
        if place.suffix.lower() in SUFFIXES and place.is_file() and not place.is_symlink():
            found += 1
            if found > MOST_FILES:
                return
            yield place


def single_page(path: Path) -> Iterator[Capture | Trouble]:
    yield _capture(path, 0, None)


def _capture(path: Path, number: int, uri: str | None) -> Capture | Trouble:
    try:
        with path.open("rb") as file:
            body = file.read(MOST_BODY)
        changed = path.stat().st_mtime
    except OSError:
        return Trouble(number, Flaw.NOT_READABLE)
    found = _CANONICAL.search(body, 0, 20_000)
    if uri is None and found:
        uri = unescape((found[1] or found[2]).decode("utf-8", "replace"))
    kind = SUFFIXES.get(path.suffix.lower(), "text/html")
    return Capture(number, uri or f"file:{quote(path.name)}", datetime.fromtimestamp(changed, UTC), kind, None, body)


def _uri(path: Path, folder: Path) -> str | None:
    """The address a file was saved from, where its folders are named as hosts are."""
    parts = path.relative_to(folder.parent if _is_host(folder.name) else folder).parts
    for at, part in enumerate(parts[:-1]):
        if _is_host(part):
            rest = "/".join(map(quote, parts[at + 1 :]))
            return f"http://{part.lower()}/{rest.removesuffix('index.html')}"
    return None


def _is_host(name: str) -> bool:
    return bool(_HOST.fullmatch(name)) and is_public(name.lower())
