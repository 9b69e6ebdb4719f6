"""The words of crawling."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

DEEPEST = 3
# Machine time for which robots.txt and the last request of a host are remembered at least.
HOSTS_KEPT = timedelta(days=7)


class Ending(StrEnum):
    """Why the reading of a site ended."""

    DONE = "done"  # every page in reach was read
    ENOUGH = "enough"  # contact and team pages were read, and the others say nothing new
    BUDGET = "budget"  # as many pages as are read of one site, or as much time
    FORBIDDEN = "forbidden"  # robots.txt forbids it, or could not be had (RFC 9309, 2.3.1.4)
    UNREACHABLE = "unreachable"  # no page of the site came


@dataclass(frozen=True)
class Budget:
    pages: int = 30
    # Machine time. None: as long as it takes.
    seconds: float | None = None


@dataclass(frozen=True)
class CrawlReport:
    domain: str
    ending: Ending
    pages: int = 0
    failed: int = 0
    addresses: int = 0
    people: int = 0
