"""Which pages are worth a look: one scan over the bytes for the signs of every form an address is written in.

A page without any of these signs holds no address that `extract` would find. A sign is no proof: the parse decides.
"""

import re
from typing import Final


class Sign:
    """Bits. Plain numbers, because a page is looked at in a few microseconds."""

    # @, in one spelling or another, with something like an address around it.
    PLAIN: Final = 1
    CFEMAIL: Final = 2
    # Words or brackets in place of @.
    OBFUSCATED: Final = 4
    SCRIPT: Final = 8
    JSON_LD: Final = 16
    MICRODATA: Final = 32
    HCARD: Final = 64
    BACKWARDS: Final = 128
    # data-user and data-domain.
    SPLIT_DATA: Final = 256
    IMAGE_NAME: Final = 512
    AUTHOR: Final = 1024
    # %40.
    PERCENT: Final = 2048


ADDRESS_SIGNS = 2047 + 2048 - Sign.AUTHOR
EVERY_SIGN = 4095

# An @ with something before it that ends a local part (or a tag, an entity, a quote) and something after it that
# begins a domain. Left out: versions of packages, sizes of images, keys in addresses of error collectors, and the
# domains of RFC 2606 that examples use.
_AT = re.compile(
    rb"@(?!(?<=>@)[\w-]{1,40}[\s<])(?<=[^\s\"'(\[{/@,:]@)(?<![0-9a-f]{32}@)"
    rb"(?!\d+(?:\.\d+)*(?:[\"'/\s<,)]|[-.](?:alpha|beta|rc|next))|[123]x[.\"'\s,]|example\.(?:com|org|net|edu)\b|"
    rb"[\w-]+\.(?:png|jpe?g|gif|svg|webp|css|js)\b)"
    rb"[\w\x80-\xff<&\[\"'%\\-]"
)
# Where a quote or a blank stands before it: put together by a script, or "ann @ example.org".
_LOOSE_AT = re.compile(
    rb"@(?:(?<=[\"'`]@)[\"'`]|(?<=[\w\])>] @) \w|(?<=[\[({<]@) ?[\])}>]|(?<=[\[({<] @) ?[\])}>])"
)
_ENCODED_AT = (b"&#64", b"&#x40", b"&#064", b"&#0064", b"&#x0040", b"&commat", b"u0040", b"\\x40", b"\xef\xbc\xa0")
# "ann at example dot org", in brackets or between dashes. It begins with "at" because a search for a literal is fast.
_WORD_AT = re.compile(
    rb"at(?<=[\[({<; _-]at)(?: ?[\])}>&]|[-_ ][a-z0-9][a-z0-9-]*(?: ?[\[({] ?|[-_ ])"
    rb"(?:dot|punkt|point|punto|ponto|punt|kropka|nokta|te\xc4\x8dka|tecka|bodka|bod|pont|punct|piste|prick)|(?<=[-_]at)[-_][a-z0-9-]+\.[a-z])"
)
_OTHER_AT = (
    b"(a)", b"[a]", b"{a}", b"( a )", b"[ a ]", b"arroba", b"arobase", b"chiocciola", b"kukac", b"ma\xc5\x82pa",
    b"malpa", b"zavin", b"apenstaart", b"snabel", b"\xc3\xa4t)", b"\xc3\xa4t]", b"\xe4t)", b"\xe4t]",
)  # fmt: skip
_CAPITAL_AT = re.compile(rb"[a-zA-Z0-9] AT [a-zA-Z0-9-]+(?:\.| DOT | dot )")
_IMAGE = re.compile(
    rb"at(?<=[a-z0-9][-_.]at)[-_.][a-z0-9-]+(?:[-_.](?:dot|punkt|point)[-_.]|[-_.])[a-z0-9._-]*\.(?:png|gif|jpe?g|svg|webp)"
)
_FORMS = (
    (Sign.CFEMAIL, (b"cfemail", b"email-protection")),
    (Sign.SCRIPT, (b"fromcharcode", b"atob(", b".reverse()", b"unescape(", b"decodeuricomponent(")),
    (Sign.JSON_LD, (b"ld+json",)),
    (Sign.MICRODATA, (b"itemprop", b"property=\"schema:", b"property=\"email", b"typeof=")),
    (Sign.HCARD, (b"vcard", b"h-card")),
    (Sign.BACKWARDS, (b"bidi-override", b"<bdo", b"direction:rtl", b"direction: rtl")),
    (Sign.SPLIT_DATA, (b"data-domain", b"data-host", b"data-tld")),
    (Sign.AUTHOR, (b"rel=\"author", b"rel=author", b"rel='author")),
)  # fmt: skip
_WORDS = tuple((sign, word) for sign, words in _FORMS for word in words)


def signs(page: bytes) -> int:
    """The signs on a page in UTF-8 or any encoding that contains ASCII."""
    low = page.lower()
    found = 0
    if b"@" in low:
        if _AT.search(low):
            found |= Sign.PLAIN
        if _LOOSE_AT.search(low):
            found |= Sign.SCRIPT | Sign.OBFUSCATED
    if b"%40" in low:
        found |= Sign.PLAIN | Sign.SCRIPT | Sign.PERCENT
    for form in _ENCODED_AT:
        if form in low:
            found |= Sign.PLAIN | Sign.SCRIPT
    if _WORD_AT.search(low):
        found |= Sign.OBFUSCATED
    else:
        for form in _OTHER_AT:
            if form in low:
                found |= Sign.OBFUSCATED
    if b" AT " in page and _CAPITAL_AT.search(page):
        found |= Sign.OBFUSCATED
    for sign, word in _WORDS:
        if word in low:
            found |= sign
    if _IMAGE.search(low):
        found |= Sign.IMAGE_NAME
    return found
