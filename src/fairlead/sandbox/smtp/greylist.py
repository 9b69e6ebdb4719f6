"""Greylisting: a stranger is put off at first, and gets through when they come back after a wait of business time."""

import ipaddress
from datetime import datetime, timedelta
from typing import Final, TypeAlias

Triplet: TypeAlias = tuple[str, str, str]

# Postgrey's text, with the name of the recipient's domain at its end.
TEXT: Final = (
    "450 4.2.0 <{address}>: Recipient address rejected: Greylisted, "
    "see http://postgrey.schweikert.ch/help/{domain}.html"
)
MOST_TRIPLETS: Final = 200_000
# Who does not come back within this time is a stranger again (postgrey's --retry-window).
RETRY_WINDOW: Final = timedelta(days=2)
# Who came back is known for this long after the last attempt (postgrey's --max-age).
KNOWN_FOR: Final = timedelta(days=35)


class Greylist:
    """Triplets of client network, sender and recipient, in the order in which they were last seen."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        # When a triplet came first, when it came last, and whether it got through.
        self._seen: dict[Triplet, tuple[datetime, datetime, bool]] = {}

    def passes(self, *, client_ip: str, sender: str, recipient: str, now: datetime) -> bool:
        """Notes the attempt."""
        triplet = (client_network(client_ip), sender.lower(), recipient.lower())
        first, last, passed = self._seen.pop(triplet, (now, now, False))
        if now - last > (KNOWN_FOR if passed else RETRY_WINDOW):
            first, passed = now, False
        passed = passed or now - first >= self.wait
        self._seen[triplet] = (first, now, passed)
        if len(self._seen) > MOST_TRIPLETS:
            del self._seen[next(iter(self._seen))]
        return passed


def client_network(client_ip: str) -> str:
    """The /24 of an IPv4 address, the /64 of an IPv6 one: large senders retry from a neighbor."""
    head, dot, _ = client_ip.rpartition(".")
    if dot:
        return head
    return str(ipaddress.ip_network((client_ip, 64), strict=False))
