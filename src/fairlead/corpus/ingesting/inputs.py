"""What there is to ingest under the paths a person names."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from fairlead.corpus.archives.folder import page_files
from fairlead.corpus.ingesting.model import Input

_ARCHIVE_NAMES = (".warc", ".warc.gz", ".arc", ".arc.gz", ".wet", ".wet.gz", ".wat", ".wat.gz")


def archives_under(paths: Sequence[Path]) -> Iterator[Path]:
    """Every file named, every archive in a folder named, and every folder that holds pages, in the order of the paths.

    A folder may hold both. What turns out to be no archive is reported like a broken one.
    """
    for path in paths:
        if not path.is_dir():
            if path.is_file():
                yield path
            continue
        named = sorted(place for place in path.rglob("*") if place.name.lower().endswith(_ARCHIVE_NAMES))
        yield from (place for place in named if place.is_file())
        if next(page_files(path), None) is not None:
            yield path


def read_input(path: Path) -> Input:
    """Takes as long as reading the file does. Raises `OSError`."""
    if path.is_dir():
        return _folder(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Input(path, path.name, digest, path.stat().st_size)


def _folder(folder: Path) -> Input:
    """Names, times and contents all count: a page changed is a new capture."""
    digest, size = hashlib.sha256(), 0
    for path in page_files(folder):
        status = path.stat()
        size += status.st_size
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        name = os.fsencode(path.relative_to(folder))
        digest.update(len(name).to_bytes(4, "big") + name + int(status.st_mtime).to_bytes(8, "big") + content)
    return Input(folder, folder.name, digest.hexdigest(), size)
