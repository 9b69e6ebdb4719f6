"""What robots.txt allows (RFC 9309)."""

from dataclasses import dataclass

from protego import Protego

# RFC 9309, 2.5: at least this much has to be read.
MOST_BYTES = 512_000
PRODUCT = "Fairlead"
# A site that asks for longer pauses is read with these.
LONGEST_DELAY_SECONDS = 60.0


@dataclass(frozen=True)
class Rules:
    """Of one host. Without a text, all or nothing is allowed."""

    everything: bool
    parsed: Protego | None = None

    def allow(self, url: str) -> bool:
        if self.parsed is None:
            return self.everything
        try:
            return bool(self.parsed.can_fetch(url, PRODUCT))
        except ValueError:
            return False

    @property
    def delay_seconds(self) -> float:
        if self.parsed is None:
            return 0.0
        asked = self.parsed.crawl_delay(PRODUCT) or 0.0
        rate = self.parsed.request_rate(PRODUCT)
        if rate is not None and rate.requests:
            asked = max(asked, rate.seconds / rate.requests)
        return min(max(float(asked), 0.0), LONGEST_DELAY_SECONDS)

    @property
    def sitemaps(self) -> list[str]:
        return [] if self.parsed is None else list(self.parsed.sitemaps)[:5]


def rules(status: int, text: str | None) -> Rules:
    """`status` is that of the answer, 0 where none came.

    Source: RFC 9309, 2.3.1: what is not there allows everything; what cannot be had, nothing.
    """
    if 200 <= status < 300:
        return Rules(everything=True, parsed=Protego.parse((text or "")[:MOST_BYTES]))
    return Rules(everything=300 <= status < 500)
