"""The addresses in a letter: signed, read back, and put where they belong."""

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.campaigns.tracking.instrument import instrument, targets
from fairlead.campaigns.tracking.links import Click, Links

TOKEN = "kJ3_x9-AbCdEfGhIjKlMnO"
LINKS = Links("an installation", "https://out.example.com")
OTHER = Links("another installation", "https://out.example.com")

tokens = st.from_regex(r"[A-Za-z0-9_-]{16,64}", fullmatch=True)
web_addresses = st.builds(
    lambda scheme, host, rest: f"{scheme}://{host}/{rest}",
    st.sampled_from(["http", "https"]),
    st.sampled_from(["example.com", "sub.example.org:8080", "xn--bcher-kva.example"]),
    st.text("abcXYZ019-._~:/?#[]@!$&'()*+,;=%", max_size=80),
)


def after(address: str, kind: str) -> str:
    return address.split(f"/{kind}/", 1)[1]


@given(tokens, st.integers(1, 9999), web_addresses)
def test_what_was_signed_is_read_back(token, number, target):
    assert LINKS.clicked(after(LINKS.click(token, number, target), "c")) == Click(token, number, target)
    assert LINKS.opened(after(LINKS.pixel(token), "o")) == token
    assert LINKS.leaving(after(LINKS.unsubscribe(token), "u")) == token


@given(tokens, web_addresses, st.data())
def test_a_changed_address_is_not_read(token, target, data):
    rest = after(LINKS.click(token, 1, target), "c")
    place = data.draw(st.integers(0, len(rest) - 1))
    other = data.draw(st.sampled_from("abcXYZ019-_.").filter(lambda letter: letter != rest[place]))
    changed = rest[:place] + other + rest[place + 1 :]
    # Base64 has spare bits at its end: the same target under another spelling does no harm.
    found = LINKS.clicked(changed)
    assert found is None or found == Click(token, 1, target)


@given(st.text(max_size=200))
def test_junk_is_not_read(junk):
    assert LINKS.clicked(junk) is None
    assert LINKS.opened(junk) is None
    assert LINKS.leaving(junk) is None


def test_an_address_of_another_installation_or_kind_is_not_read():
    assert OTHER.clicked(after(LINKS.click(TOKEN, 1, "https://example.com/"), "c")) is None
    assert LINKS.leaving(after(LINKS.pixel(TOKEN), "o")) is None


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)", "data:text/html,x", "//example.com/", "/path", "ftp://example.com/", "https://",
        "https://example.com/\r\nSet-Cookie: x", "https://example.com/" + "a" * 5000, "http://[::1", "",
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_are_followed(target):
    with pytest.raises(ValueError, match=r"addresses are followed|too long"):
        LINKS.click(TOKEN, 1, target)


def test_an_address_in_other_letters_is_carried_in_ascii():
    click = LINKS.clicked(after(LINKS.click(TOKEN, 1, "https://bücher.example/größe?q=ä"), "c"))
    assert click is not None
    assert click.target == "https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe?q=%C3%A4"


class Hrefs(HTMLParser):
    def __init__(self, letter: str) -> None:
        super().__init__()
        self.hrefs: list[str | None] = []
        self.images: list[str | None] = []
        self.feed(letter)

    def handle_starttag(self, tag, attributes):
        if tag in ("a", "area"):
            self.hrefs += [value for name, value in attributes if name == "href"][:1]
        if tag == "img":
            self.images.append(dict(attributes).get("src"))


def tracked(letter: str, *, opens: bool = False, clicks: bool = True) -> str:
    return instrument(letter, token=TOKEN, links=LINKS, opens=opens, clicks=clicks)


@pytest.mark.parametrize(
    ("letter", "found"),
    [
        ('<a href="https://x.example/a">a</a>', ["https://x.example/a"]),
        ("<a href='https://x.example/a?b=1&amp;c=2'>a</a>", ["https://x.example/a?b=1&c=2"]),
        ("<A class=big HREF=https://x.example/a>a</A>", ["https://x.example/a"]),
        ('<a title="a > b" href=" https://x.example/a\n">a</a>', ["https://x.example/a"]),
        ('<map><area href="http://x.example/"></map>', ["http://x.example/"]),
        ('<a href="https://one.example/" href="https://two.example/">a</a>', ["https://one.example/"]),
    ],
)
def test_links_of_the_web_are_counted(letter, found):
    assert targets(letter) == found
    (rewritten,) = Hrefs(tracked(letter)).hrefs
    click = LINKS.clicked(after(rewritten, "c"))
    assert click == Click(TOKEN, 1, found[0])


@pytest.mark.parametrize(
    "letter",
    [
        '<a href="mailto:a@x.example">a</a>',
        '<a href="tel:+4930123">a</a>',
        '<img src="cid:logo"><a href="cid:logo">a</a>',
        '<a href="#top">a</a>',
        '<a name="https://x.example/">a</a>',
        '<a data-href="https://x.example/">a</a>',
        '<a data-track="off" href="https://x.example/">a</a>',
        '<link href="https://x.example/style.css">',
        '<!-- <a href="https://x.example/">a</a> -->',
        '<style>/* <a href="https://x.example/"> */</style>',
        f'<a href="{LINKS.unsubscribe(TOKEN)}">unsubscribe</a>',
        "text https://x.example/ text",
        '<a href="javascript:alert(1)">a</a>',
        '<a href="https://x.example/',
    ],
)
def test_nothing_else_is_touched(letter):
    assert tracked(letter) == letter


def test_links_are_numbered_in_the_order_of_the_letter():
    letter = '<a href="https://x.example/1">1</a><a href="mailto:a@x.example">-</a><a href="https://x.example/2">2</a>'
    hrefs = Hrefs(tracked(letter)).hrefs
    assert [LINKS.clicked(after(href, "c")) for href in (hrefs[0], hrefs[2])] == [
        Click(TOKEN, 1, "https://x.example/1"),
        Click(TOKEN, 2, "https://x.example/2"),
    ]


@pytest.mark.parametrize("end", ["", "</body></html>", "</BODY >"])
def test_the_pixel_stands_at_the_end_of_the_body(end):
    letter = tracked("<p>Hello</p>" + end, opens=True, clicks=False)
    assert Hrefs(letter).images == [LINKS.pixel(TOKEN)]
    assert letter.endswith(end)
    assert letter.startswith("<p>Hello</p><img")


@given(st.text(max_size=300))
def test_a_letter_without_links_stays_as_it_is(text):
    letter = html.escape(text)
    assert tracked(letter) == letter


@given(st.text('<>a href="=https://x.example/\' -!', max_size=400))
def test_broken_markup_is_survived(letter):
    assert instrument(letter, token=TOKEN, links=LINKS, opens=True, clicks=True)
