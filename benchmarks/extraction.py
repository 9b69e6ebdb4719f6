"""Pages extracted per second and core from web archives, and whether the prefilter costs any address.

    python benchmarks/extraction.py [--scale 0.1] [--seed N]

The archive holds the sites of a sandbox internet, about 500 MB of HTML at full scale, written as WARC with a gzip
member for each record, as crawlers do. Those pages are small (1.7 kB), so that what a page costs whatever its size
weighs most; beside them stand real captures, where a folder with data/archives is at hand (FAIRLEAD_SHARED, or
../shared). All figures are CPU time of one core. The limit is the bare read: the archive gone through, each page
unpacked and thrown away.
"""

import argparse
import gzip
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from fairlead.corpus.archives.model import Capture
from fairlead.corpus.archives.reading import captures
from fairlead.corpus.extraction import Depth, extract, page
from fairlead.corpus.extraction.prefilter import EVERY_SIGN
from fairlead.sandbox.making.world import World
from fairlead.sandbox.sites.plan import PageKind, site_plan
from fairlead.sandbox.sites.site import Sites
from fairlead.sandbox.web import Request, Response

BYTES = 500_000_000
ADDRESSES_MB, EVERYTHING_MB = 40.0, 15.0
Found = set[tuple[str, str]]


def main(options: argparse.Namespace) -> bool:
    print(f"extraction: seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as name:
        path = Path(name) / "sites.warc.gz"
        planted = write_sites(path, options.seed, int(BYTES * options.scale))
        kept = report("sites of the sandbox", [path], planted)
    if real := real_archives():
        kept = report("real captures", real, None) and kept
    else:
        print("  real captures: not at hand")
    return kept


def report(what: str, paths: list[Path], planted: Found | None) -> bool:
    size, pages, bare = measured(paths, lambda capture: ())
    print(f"{what}: {size / 1e6:,.1f} MB of HTML on {pages:,} pages, {size / pages / 1e3:.1f} kB each")
    print(f"  bare read                {size / 1e6 / bare:>8.1f} MB/s  {bare / pages * 1e6:>7.1f} us a page")
    found: Found = set()
    rates = {}
    for depth, promised in ((Depth.ADDRESSES, ADDRESSES_MB), (Depth.EVERYTHING, EVERYTHING_MB)):
        seen: Found = set()
        _, _, seconds = measured(paths, lambda capture, depth=depth: looked(capture, depth), seen)
        rate = rates[depth] = size / 1e6 / seconds
        print(
            f"  {depth.value:<24} {rate:>8.1f} MB/s  {seconds / pages * 1e6:>7.1f} us a page  "
            f"{rate / promised:.2f} x the {promised:g} promised, {bare / seconds:.3f} of the bare read"
        )
        found = seen if depth is Depth.ADDRESSES else found
    every: Found = set()
    with without_prefilter():
        _, _, seconds = measured(paths, lambda capture: looked(capture, Depth.ADDRESSES), every)
    print(f"  every page parsed        {size / 1e6 / seconds:>8.1f} MB/s  {seconds / pages * 1e6:>7.1f} us a page")
    print(f"  addresses on pages: {len(found):,} with the prefilter, {len(every):,} with every page parsed")
    if planted is not None:
        print(
            f"  recall of {len(planted):,} planted: {len(found & planted) / len(planted):.2%} with the prefilter, "
            f"{len(every & planted) / len(planted):.2%} with every page parsed"
        )
    lost = every - found
    if lost:
        print(f"  the prefilter loses {len(lost):,}")
    return not lost and rates[Depth.ADDRESSES] >= ADDRESSES_MB and rates[Depth.EVERYTHING] >= EVERYTHING_MB


def measured(
    paths: list[Path], look: Callable[[Capture], tuple[tuple[str, str], ...]], found: Found | None = None
) -> tuple[int, int, float]:
    """(bytes of pages, pages, CPU seconds)."""
    size = pages = 0
    began = time.process_time()
    for path in paths:
        for capture in captures(path):
            if isinstance(capture, Capture):
                size += len(capture.body)
                pages += 1
                seen = look(capture)
                if found is not None:
                    found.update(seen)
    return size, pages, time.process_time() - began


def looked(capture: Capture, depth: Depth) -> tuple[tuple[str, str], ...]:
    said = extract(
        capture.body, capture.uri, capture.captured_at, charset=capture.charset, content_type=capture.content_type,
        depth=depth,
    )  # fmt: skip
    return tuple((capture.uri, each.address) for each in said.addresses)


@contextmanager
def without_prefilter() -> Iterator[None]:
    """Every page is parsed, and every form looked for on it."""
    kept = page.signs, page.plain_addresses
    page.signs = lambda html, low=None: EVERY_SIGN
    page.plain_addresses = lambda *arguments: None
    try:
        yield
    finally:
        page.signs, page.plain_addresses = kept


def write_sites(path: Path, seed: int, size: int) -> Found:
    """The addresses that stand on the pages written."""
    world = World(seed=seed, companies=100_000)
    sites, written, planted = Sites(world), 0, set()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with path.open("wb") as file:
        for company in world:
            if company.site is None:
                continue
            plan = site_plan(company, company.site)
            site = sites.find_site(company.site.host)
            assert site is not None
            root = f"{company.site.scheme}://{company.site.host}"
            for each in plan.pages:
                where, _, query = each.path.partition("?")
                request = Request("GET", company.site.scheme, company.site.host, where, query, (), b"", "127.0.0.1")
                answer = [site.handler(request) for _ in range(2)][-1]
                if not isinstance(answer, Response) or answer.status != 200 or each.kind is PageKind.INTERNAL:
                    continue
                head = f"HTTP/1.1 200 OK\r\nContent-Type: {answer.content_type}\r\n\r\n".encode()
                block = head + answer.body
                record = (
                    f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {root}{each.path}\r\nWARC-Date: {now}\r\n"
                    f"WARC-Record-ID: <urn:uuid:{written:032x}>\r\n"
                    f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
                )
                file.write(gzip.compress(record.encode() + block + b"\r\n\r\n", 1, mtime=0))
                written += len(answer.body)
                planted.update(
                    (f"{root}{each.path}", place.email)
                    for place in plan.placements
                    if place.path == each.path and place.form.value != "vcard_file"
                )
            if written >= size:
                break
    return planted


def real_archives() -> list[Path]:
    here = Path(__file__).resolve().parents[1]
    named = os.environ.get("FAIRLEAD_SHARED")
    for place in [Path(named)] if named else [here.parent / "shared", here.parent.parent / "shared"]:
        if (place / "data" / "archives").is_dir():
            return sorted((place / "data" / "archives").iterdir())
    return []


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the 500 MB")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    sys.exit(0 if main(parser.parse_args()) else 1)
