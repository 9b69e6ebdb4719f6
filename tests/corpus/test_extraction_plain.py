"""Simple pages read without a parse say the same as with one; the prefilter loses nothing."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fairlead.corpus.extraction import Depth, extract, page
from fairlead.corpus.extraction.prefilter import EVERY_SIGN, signs
from fairlead.corpus.findings import Method
from fairlead.sandbox.making.world import World
from fairlead.sandbox.sites.plan import site_plan
from fairlead.sandbox.sites.site import Sites
from fairlead.sandbox.web import Request, Response

SEEN = datetime(2026, 3, 1, tzinfo=UTC)


def pages_of_sandbox(seed: int, companies: int) -> Iterator[tuple[str, bytes]]:
    world = World(seed=seed, companies=companies)
    sites = Sites(world)
    for company in world:
        if company.site is None:
            continue
        site = sites.find_site(company.site.host)
        assert site is not None
        for each in site_plan(company, company.site).pages:
            path, _, query = each.path.partition("?")
            request = Request("GET", company.site.scheme, company.site.host, path, query, (), b"", "127.0.0.1")
            answer = [site.handler(request) for _ in range(2)][-1]
            if isinstance(answer, Response):
                yield f"{company.site.scheme}://{company.site.host}{each.path}", answer.body


def said(html: bytes, uri: str) -> list[tuple[str, Method, bool]]:
    found = extract(html, uri, SEEN, charset="utf-8", depth=Depth.ADDRESSES)
    return sorted((each.address, each.method, each.on_own_domain) for each in found.addresses)


@pytest.fixture
def pages() -> list[tuple[str, bytes]]:
    seed = random.SystemRandom().randrange(10**6)
    print("seed", seed)
    return list(pages_of_sandbox(seed, 40))


def test_a_simple_page_says_the_same_with_and_without_a_parse(
    pages: list[tuple[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    without = [said(html, uri) for uri, html in pages]
    simple = sum(
        page.plain_addresses(html, html.lower(), signs(html), lambda each: True) is not None for _, html in pages
    )
    assert simple > 100
    monkeypatch.setattr(page, "plain_addresses", lambda *given: None)
    assert [said(html, uri) for uri, html in pages] == without


def test_the_prefilter_loses_no_address(pages: list[tuple[str, bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    quick = [{each[0] for each in said(html, uri)} for uri, html in pages]
    monkeypatch.setattr(page, "plain_addresses", lambda *given: None)
    monkeypatch.setattr(page, "signs", lambda html, low=None: EVERY_SIGN)
    assert [{each[0] for each in said(html, uri)} for uri, html in pages] == quick


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ("ann<b>@acme.com</b>", "ann@acme.com"), ("<b>ann</b>@acme.com", "ann@acme.com"), ("<i>x</i><b>ann@acme.com</b>", "xann@acme.com"),
        ("<p>x</p><b>ann@acme.com</b>", "ann@acme.com"), ("<td>ann@acme.com</td><td>x</td>", "ann@acme.com"),
        ("ann@acme.com<i>x</i>", None), ("x <b>ann@acme.com</b> y", "ann@acme.com"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("parse", [True, False])
def test_text_that_goes_on_beyond_a_tag_is_one_text(
    body: str, address: str | None, parse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if parse:
        monkeypatch.setattr(page, "plain_addresses", lambda *given: None)
    found = said(f"<html><body>{body}</body></html>".encode(), "https://acme.com/")
    assert [each[0] for each in found] == ([address] if address else [])
