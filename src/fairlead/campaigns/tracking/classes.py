"""Who or what asked for a pixel or a link. Pure.

The rules are ordered: what is certain first. Agents are facts published by the providers or seen in their requests:
Gmail's image proxy names itself `GoogleImageProxy` when a person opens, and comes as Chrome 42 with `Edge/12.246`
when it prefetches; Yahoo's is `YahooMailProxy`; Apple's Mail Privacy Protection sends a bare `Mozilla/5.0` for every
mail it downloads, read or not.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from fairlead.campaigns.tracking.model import Hit, HitClass, HitKind
from fairlead.settings import Network

# A person needs longer from the server's 250 to a click: delivery, notice, opening, reading.
TOO_SOON_TO_CLICK = timedelta(seconds=10)
TOO_SOON_TO_OPEN = timedelta(seconds=3)
# So many different links of one mail within so short a span were followed by a program.
BURSTS = ((2, timedelta(seconds=1)), (3, timedelta(seconds=5)))
# A HEAD so close to it gives a visitor away.
BESIDE = timedelta(seconds=5)

PROXIES = re.compile(r"GoogleImageProxy|ggpht\.com|YahooMailProxy")
PREFETCHERS = re.compile(r"Edge/12\.246")
BARE = re.compile(r"Mozilla/5\.0(?: \(\))?")
# Programs that say so. Phones by Cubot are held by people.
PROGRAMS = re.compile(
    r"(?:^|[^a-z])(?!cubot)(?:[a-z]+[-_ ]?bot|bot|crawler|spider|scanner|preview|barracuda|mimecast|proofpoint|"
    r"safelinks|urldefense|trendmicro|sophos|fireeye|forcepoint|symantec|kaspersky|bitdefender|zscaler|ironport|"
    r"curl|wget|libwww-perl|python-requests|python-urllib|aiohttp|httpx|okhttp|java|go-http-client|node-fetch|axios|"
    r"headlesschrome|phantomjs|selenium|puppeteer|playwright|slackbot|facebookexternalhit|whatsapp|telegrambot)"
    r"(?:[^a-z]|$)",
    re.IGNORECASE,
)


def classify(hit: Hit, sent_at: datetime, others: Sequence[Hit], own_networks: Iterable[Network] = ()) -> HitClass:
    """The class of `hit` on a mail that left at `sent_at`, seen among the other hits of the same mail."""
    if _within(hit.address, own_networks):
        return HitClass.SELF
    if hit.method == "HEAD" or not hit.agent.strip() or PROGRAMS.search(hit.agent):
        return HitClass.SCANNER
    after = hit.at - sent_at
    if hit.kind is HitKind.CLICK:
        if after < TOO_SOON_TO_CLICK or _in_a_burst(hit, others) or _beside_a_scanner(hit, others):
            return HitClass.SCANNER
        return HitClass.HUMAN
    if PREFETCHERS.search(hit.agent) or BARE.fullmatch(hit.agent.strip()):
        return HitClass.PREFETCH
    if PROXIES.search(hit.agent):
        return HitClass.PROXY
    if after < TOO_SOON_TO_OPEN or _beside_a_scanner(hit, others):
        return HitClass.SCANNER
    return HitClass.HUMAN


def _in_a_burst(hit: Hit, others: Sequence[Hit]) -> bool:
    clicks = [other for other in others if other.kind is HitKind.CLICK and _same_visitor(other, hit)]
    return any(
        len({other.link for other in clicks if abs(other.at - hit.at) <= span} | {hit.link}) >= links
        for links, span in BURSTS
    )


def _beside_a_scanner(hit: Hit, others: Sequence[Hit]) -> bool:
    """Whether the same visitor asked with HEAD about then: mail programs do not."""
    return any(
        other.method == "HEAD" and abs(other.at - hit.at) <= BESIDE and _same_visitor(other, hit) for other in others
    )


def _same_visitor(one: Hit, other: Hit) -> bool:
    return one.address == other.address


def _within(address: str, networks: Iterable[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found.version == network.version and found in network for network in networks)
