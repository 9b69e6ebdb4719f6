"""A part into the lead database."""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from fairlead.corpus import recording
from fairlead.corpus.findings import PageFindings
from fairlead.corpus.ingesting.model import Work
from fairlead.corpus.ingesting.parts import pages_of
from fairlead.corpus.model import Source, SourceKind
from fairlead.world import World

# Domains fall into this many buckets, and merges take them in order: two that run at once meet on few rows, and
# always from the same side.
BUCKETS = 256
PAGES_AT_ONCE = 300
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def bucket(domain: str) -> int:
    return zlib.crc32(domain.encode()) % BUCKETS


async def merge(world: World, work: Work, part: Path) -> tuple[int, int]:
    """(addresses, people) that were new. May be repeated, also after it broke off: what is recorded stays as it is."""
    addresses = people = 0
    source = Source(
        SourceKind.ARCHIVE, work.name, captured_at=_NO_TIME, digest=work.hash, owner=work.owner, note=work.name
    )
    for pages in _lots(part):
        async with world.db.transaction() as conn:
            recorded = await recording.record(conn, source, pages, world.clock.now())
        addresses += recorded.addresses
        people += recorded.people
    return addresses, people


def _lots(part: Path) -> Iterator[list[PageFindings]]:
    """The pages by bucket and domain, so many at once. Held in memory: a part is a small fraction of its input."""
    pages = sorted(pages_of(part), key=lambda page: (bucket(page.domain), page.domain, page.uri, page.captured_at))
    for start in range(0, len(pages), PAGES_AT_ONCE):
        yield pages[start : start + PAGES_AT_ONCE]
