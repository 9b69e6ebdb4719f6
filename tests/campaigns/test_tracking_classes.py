"""Who or what was at the other end."""

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.campaigns.tracking.classes import classify
from fairlead.campaigns.tracking.model import Hit, HitClass, HitKind

SENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
CUBOT = "Mozilla/5.0 (Linux; Android 13; CUBOT_P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Mobile"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"


def hit(kind: str, agent: str, *, after: float = 3600.0, method: str = "GET", address: str = "192.0.2.9", link: int = 1):
    kind_ = HitKind(kind)
    at = SENT + timedelta(seconds=after)
    return Hit("t", kind_, at, method, agent, address, link if kind_ is HitKind.CLICK else 0)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (hit("open", FIREFOX), HitClass.HUMAN),
        (hit("open", OUTLOOK), HitClass.HUMAN),
        (hit("open", IPHONE), HitClass.HUMAN),
        (hit("open", CUBOT), HitClass.HUMAN),
        (hit("open", GMAIL), HitClass.PROXY),
        (hit("open", YAHOO), HitClass.PROXY),
        (hit("open", GMAIL_PREFETCH), HitClass.PREFETCH),
        (hit("open", "Mozilla/5.0"), HitClass.PREFETCH),
        (hit("open", GMAIL, after=0.5), HitClass.PROXY),
        (hit("open", FIREFOX, after=0.5), HitClass.SCANNER),
        (hit("open", FIREFOX, method="HEAD"), HitClass.SCANNER),
        (hit("open", ""), HitClass.SCANNER),
        (hit("open", "curl/8.5.0"), HitClass.SCANNER),
        (hit("click", FIREFOX), HitClass.HUMAN),
        (hit("click", IPHONE), HitClass.HUMAN),
        (hit("click", FIREFOX, after=2), HitClass.SCANNER),
        (hit("click", "python-requests/2.32"), HitClass.SCANNER),
        (hit("click", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), HitClass.SCANNER),
        (hit("click", "BarracudaCentral scanner"), HitClass.SCANNER),
        (hit("click", FIREFOX, address="198.51.100.7"), HitClass.SELF),
    ],
)
def test_each_visitor_is_known_by_what_it_shows(asked, found):
    assert classify(asked, SENT, [], [ipaddress.ip_network("198.51.100.0/24")]) is found


def test_following_every_link_within_a_moment_is_no_person():
    burst = [hit("click", FIREFOX, after=3600 + number, link=number) for number in (1, 2, 3)]
    assert {classify(one, SENT, [other for other in burst if other is not one]) for one in burst} == {HitClass.SCANNER}


def test_two_links_in_the_same_second_are_no_person():
    both = [hit("click", FIREFOX, after=3600.0, link=1), hit("click", FIREFOX, after=3600.4, link=2)]
    assert classify(both[0], SENT, [both[1]]) is HitClass.SCANNER


def test_a_person_may_click_the_same_link_twice_and_another_later():
    first = hit("click", FIREFOX, after=3600.0, link=1)
    again, later = hit("click", FIREFOX, after=3600.3, link=1), hit("click", FIREFOX, after=3660.0, link=2)
    assert classify(first, SENT, [again, later]) is HitClass.HUMAN


def test_a_colleague_with_a_scanner_does_not_make_a_reader_one():
    scan = [hit("click", FIREFOX, after=3600.0, link=number, address="203.0.113.5") for number in (1, 2, 3)]
    assert classify(hit("click", FIREFOX, after=3600.5, link=1), SENT, scan) is HitClass.HUMAN


def test_whoever_asks_for_heads_is_no_person_a_moment_later_either():
    head = hit("click", FIREFOX, method="HEAD")
    assert classify(hit("click", FIREFOX, after=3602.0), SENT, [head]) is HitClass.SCANNER
