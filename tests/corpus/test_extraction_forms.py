"""Every form an address is written in, one page for each, and what is no address."""

import base64
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from fairlead.corpus.extraction import Depth, extract
from fairlead.corpus.findings import Method, PageFindings

SEEN = datetime(2026, 3, 1, tzinfo=UTC)
CODES = ",".join(str(ord(letter)) for letter in "ann@acme.com")


def page(body: str, *, head: str = "", uri: str = "https://www.acme.com/contact", **how: object) -> PageFindings:
    html = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    return extract(html.encode(), uri, SEEN, **how)  # type: ignore[arg-type]


def addresses(body: str, **how: object) -> list[str]:
    return sorted(found.address for found in page(body, **how).addresses)  # type: ignore[arg-type]


def cloudflare(address: str, key: int = 0x5A) -> str:
    return bytes([key, *(byte ^ key for byte in address.encode())]).hex()


ONE = [
    ("a link", '<a href="mailto:ann@acme.com">write</a>'),
    ("a link in capitals", '<A HREF="MAILTO:Ann@ACME.com?subject=Hi">write</A>'),
    ("a link with percent signs", '<a href="mailto:%61nn%40acme%2Ecom?subject=Hi">write</a>'),
    ("a link with entities", '<a href="&#109;ailto:ann&#64;acme.com">write</a>'),
    ("text", "<p>Write to ann@acme.com.</p>"),
    ("text in brackets", "<p>(ann@acme.com)</p>"),
    ("text in a cell beside another", "<table><tr><td>ann@acme.com</td><td>Phone</td></tr></table>"),
    ("code", "<code>ann@acme.com</code>"),
    ("entities by number", "<p>&#97;nn&#64;acme&#46;com</p>"),
    ("entities in hexadecimal", "<p>&#x61;nn&#x40;acme.com</p>"),
    ("a named entity", "<p>ann&commat;acme&period;com</p>"),
    ("an address in a query", '<a href="/contact?to=ann%40acme.com">write</a>'),
    ("zero-width characters", "<p>ann\u200b@ac\u200dme.com</p>"),
    ("a soft hyphen", "<p>ann@ac&shy;me.com</p>"),
    ("a comment in between", "<p>ann<!-- no robots -->@<!-- -->acme.com</p>"),
    ("pieces in elements", "<p><span>ann</span>@<b>acme</b>.com</p>"),
    ("full-width signs", "<p>ann＠acme．com</p>"),
    ("backwards", '<span style="unicode-bidi:bidi-override; direction: rtl">moc.emca@nna</span>'),
    ("backwards by a class", '<style>.r { unicode-bidi: bidi-override }</style><i class="r">moc.emca@nna</i>'),
    ("backwards by bdo", '<bdo dir="rtl">moc.emca@nna</bdo>'),
    ("brackets", "<p>ann [at] acme [dot] com</p>"),
    ("parentheses", "<p>ann(at)acme.com</p>"),
    ("braces and German", "<p>ann {at} acme {punkt} com</p>"),
    ("capitals", "<p>ann AT acme DOT com</p>"),
    ("dashes", "<p>ann-at-acme-dot-com</p>"),
    ("words", "<p>ann at acme dot com</p>"),
    ("spaces", "<p>ann @ acme.com</p>"),
    ("an a in parentheses", "<p>ann (a) acme.com</p>"),
    ("French", "<p>ann [arobase] acme [point] com</p>"),
    ("Spanish", "<p>ann (arroba) acme (punto) com</p>"),
    ("Dutch", "<p>ann[at]acme[punt]com</p>"),
    ("angle brackets", "<p>ann &lt;at&gt; acme.com</p>"),
    ("Cloudflare", f'<span class="__cf_email__" data-cfemail="{cloudflare("ann@acme.com")}">[email&#160;protected]</span>'),
    ("Cloudflare's link", f'<a href="/cdn-cgi/l/email-protection#{cloudflare("ann@acme.com", 7)}">[email protected]</a>'),
    ("literals joined", "<script>document.write('ann' + '@' + 'acme' + '.com')</script>"),
    ("variables joined", '<script>var u = "ann", d = "acme.com"; link.href = "mailto:" + u + "@" + d;</script>'),
    ("a list joined", "<script>el.textContent = ['ann', 'acme.com'].join('@')</script>"),
    ("character codes", f"<script>document.write(String.fromCharCode({CODES}))</script>"),
    ("base64", f"<script>var m = atob('{base64.b64encode(b'ann@acme.com').decode()}')</script>"),
    ("base64 in a handler", f"<a href='#' onclick=\"location=atob('{base64.b64encode(b'mailto:ann@acme.com').decode()}')\">x</a>"),
    ("escapes", "<script>var state = {\"mail\":\"ann\\u0040acme.com\"}</script>"),
    ("reversed by a script", "<script>x = 'moc.emca@nna'.split('').reverse().join('')</script>"),
    ("percent signs undone", f"<script>document.write(unescape('{quote('<a href=mailto:ann@acme.com>', safe='')}'))</script>"),
    ("data attributes", '<a class="mail" data-user="ann" data-domain="acme.com">write</a>'),
    ("a data attribute", '<a data-email="ann@acme.com">write</a>'),
    ("an image", '<img src="/img/ann-at-acme-dot-com.png" alt="">'),
    ("JSON-LD", '<script type="application/ld+json">{"@type":"Organization","name":"Acme","email":"ann@acme.com"}</script>'),
    ("microdata", '<div itemscope itemtype="https://schema.org/Person"><meta itemprop="email" content="ann@acme.com"></div>'),
    ("RDFa", '<div typeof="schema:Person"><span property="schema:email">ann@acme.com</span></div>'),
    ("an h-card", '<div class="h-card"><b class="p-name">Ann Lee</b><a class="u-email" href="mailto:ann@acme.com">m</a></div>'),
    ("a label and another domain", "<p>E-mail: ann@acme.com</p>"),
]  # fmt: skip


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in ONE])
@pytest.mark.parametrize("depth", list(Depth))
def test_an_address_is_found_in(body: str, depth: Depth) -> None:
    assert addresses(body, depth=depth) == ["ann@acme.com"]


NONE = [
    ("the size of an image", '<img srcset="/logo@2x.png 2x, /b@3x.webp 3x">'),
    ("a version of a package", '<script src="https://cdn.example/npm/react@18.2.0/umd/react.js"></script>pkg@1.2.3'),
    ("a key of an error collector", '<script>init("https://4bcb259377f42d4c3d76f7c4252991b8@o42.ingest.sentry.io/1")</script>'),
    ("placeholders", '<input placeholder="you@example.com"> name@example.org, your.name@yourdomain.com'),
    ("escapes in front of a placeholder", '<script>x = "\\u003ename@example.com"</script>'),
    ("a user name in a URL", "<p>https://ann@acme.com/path</p>"),
    ("a handle", "<p>@acme and @ann</p>"),
    ("a style", "<style>@media (max-width:1px){} @import 'x.css';</style>"),
    ("a comment", "<!-- trap@acme.com -->"),
    ("what is not shown", '<span style="display: none">trap@acme.com</span>'),
    ("what is far off the page", '<a style="position:absolute;left:-9999px" href="mailto:trap@acme.com">x</a>'),
    ("what a class hides", '<style>.x, .no { display:none }</style><p class="no">trap@acme.com</p>'),
    ("what the page hides", '<p hidden>trap@acme.com</p><template>trap@acme.com</template>'),
    ("a hidden field", '<input type="hidden" name="to" value="trap@acme.com">'),
    ("a sentence", "<p>Look at acme.com for more. Meet us at noon dot com.</p>"),
    ("an ending that is none", "<p>ann@acme.local ann@acme.png</p>"),
    ("somebody else's", '<p><small>Site by <a href="mailto:studio@maker.de">Maker</a></small></p>'),
    ("the page of another's script", '<script>cfg = {"m":"support@vendor.io"}</script>'),
]  # fmt: skip


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in NONE])
@pytest.mark.parametrize("depth", list(Depth))
def test_no_address_is_found_in(body: str, depth: Depth) -> None:
    assert addresses(body, depth=depth) == []


def test_a_link_may_name_several() -> None:
    link = '<a href="mailto:ann@acme.com,bob@acme.com?cc=cid%40acme.com&amp;bcc=dan@acme.com&subject=x@y.com">all</a>'
    assert addresses(link) == ["ann@acme.com", "bob@acme.com", "cid@acme.com", "dan@acme.com"]


def test_an_escape_in_front_is_not_part_of_the_address() -> None:
    assert addresses('<script>x = "u003eann@acme.com"</script>') == ["ann@acme.com"]


def test_an_address_of_another_domain_counts_when_the_page_says_it_is_its_own() -> None:
    assert addresses("<p>E-mail: ann@partner.de</p>") == ["ann@partner.de"]
    assert addresses('<a href="mailto:acme.company@gmail.com">write</a>') == ["acme.company@gmail.com"]
    json_ld = '<script type="application/ld+json">{"@type":"Person","name":"Ann Lee","email":"ann@partner.de"}</script>'
    assert addresses(json_ld) == ["ann@partner.de"]


def test_an_address_tells_how_it_was_written_and_whether_it_is_of_the_page() -> None:
    found = {each.address: each for each in page('<a href="mailto:ann@acme.com">x</a> E-mail: bob@other.de').addresses}
    assert found["ann@acme.com"].method is Method.MAILTO
    assert found["ann@acme.com"].on_own_domain
    assert found["bob@other.de"].method is Method.TEXT
    assert not found["bob@other.de"].on_own_domain


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "iso-8859-1"),
        ("cp1250", "utf-8"),
        ("utf-16", None),
        ("cp1252", None),
        ("gb18030", "gb2312"),
        ("utf-8", "nonsense"),
        ("koi8-r", "koi8-r"),
    ],
)
def test_a_page_is_read_whatever_its_encoding_and_whatever_is_declared(encoding: str, declared: str | None) -> None:
    name = {"cp1250": "Łukasz Żak", "gb18030": "Ann Lee", "koi8-r": "Иван Петров"}.get(encoding, "Zoë Müller")
    language = {"cp1250": "pl"}.get(encoding, "en")
    html = f'<html lang="{language}"><h3>{name}</h3><p>Manager</p><p>ann@acme.com</p>'
    found = extract(html.encode(encoding), "https://acme.com/team", SEEN, charset=declared)
    assert [each.address for each in found.addresses] == ["ann@acme.com"]
    assert [person.name for person in found.people] == [name]


def test_a_domain_in_other_letters_becomes_its_ascii_form() -> None:
    assert addresses("<p>info@müller.de</p>", uri="https://www.xn--mller-kva.de/") == ["info@xn--mller-kva.de"]
