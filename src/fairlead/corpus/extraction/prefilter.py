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
AT = re.compile(
    rb"@(?!(?<=>@)[\w-]{1,40}[\s<])(?<=[^\s\"'(\[{/@,:]@)(?<![0-9a-f]{32}@)"
    rb"(?!\d+(?:\.\d+)*(?:[\"'/\s<,)]|[-.](?:alpha|beta|rc|next))|[123]x[.\"'\s,]|example\.(?:com|org|net|edu)\b|"
    rb"[\w-]+\.(?:png|jpe?g|gif|svg|webp|css|js)\b)"
    rb"[\w\x80-\xff<&\[\"'%\\-]"
)
# Where a quote or a blank stands before it: put together by a script, or "ann @ example.org".
_LOOSE_AT = re.compile(
    rb"@(?:(?<=[\"'`]@)[\"'`]|(?<=[\w\])>] @) \w|(?<=[\[({<]@) ?[\])}>]|(?<=[\[({<] @) ?[\])}>])"
)
# One search for each first character: a search for a literal is much faster than one for a choice.
_ENTITY_AT = re.compile(rb"&(?:#0{0,4}64\b|#x0{0,4}40\b|commat)")
_ESCAPED_AT = (re.compile(rb"\\x40"), re.compile(rb"\xef\xbc\xa0"))
_PERCENT_AT = re.compile(rb"%40")
# "ann at example dot org", in brackets or between dashes. It begins with "at" because a search for a literal is fast.
_WORD_AT = re.compile(
    rb"at(?<=[\[({<; _-]at)(?: ?[\])}>&]|[-_ ][a-z0-9][a-z0-9-]*(?: ?[\[({] ?|[-_ ])"
    rb"(?:dot|punkt|point|punto|ponto|punt|kropka|nokta|te\xc4\x8dka|tecka|bodka|bod|pont|punct|piste|prick)|(?<=[-_]at)[-_][a-z0-9-]+\.[a-z])"
)
_OTHER_WORDS = (
    rb" ?(?:a|arroba|arobase|chiocciola|kukac|ma\xc5\x82pa|malpa|zavin\w+|zavin\xc3\xa1\xc4\x8d|apenstaartje|"
    rb"snabel-?a|\xc3\xa4t|\xe4t) ?"
)
_OTHER_AT = tuple(
    re.compile(rb"\%c%s\%c" % (opens, _OTHER_WORDS, closes)) for opens, closes in (b"()", b"[]", b"{}")
)
_BARE_AT = (b" arroba ", b" chiocciola ")
_CAPITAL_AT = re.compile(rb"AT (?<=[a-zA-Z0-9] AT )[a-zA-Z0-9-]+(?:\.| DOT | dot )")
_IMAGE = re.compile(
    rb"at(?<=[a-z0-9][-_.]at)[-_.][a-z0-9-]+(?:[-_.](?:dot|punkt|point)[-_.]|[-_.])[a-z0-9._-]*\.(?:png|gif|jpe?g|svg|webp)"
)
# Looked for at once where a word they share is there.
_FORMS = (
    (b"cfemail", ((Sign.CFEMAIL, b"cfemail"),)),
    (b"email-prot", ((Sign.CFEMAIL, b"email-protection"),)),
    (b"fromchar", ((Sign.SCRIPT, b"fromcharcode"),)),
    (b"atob(", ((Sign.SCRIPT, b"atob("),)),
    (b".reverse(", ((Sign.SCRIPT, b".reverse()"),)),
    (b"escape(", ((Sign.SCRIPT, b"unescape("),)),
    (b"decodeuri", ((Sign.SCRIPT, b"decodeuri"),)),
    (b"ld+json", ((Sign.JSON_LD, b"ld+json"),)),
    (b"itemprop", ((Sign.MICRODATA, b"itemprop"),)),
    (b"typeof=", ((Sign.MICRODATA, b"typeof="),)),
    (b"property=", ((Sign.MICRODATA, b"property=\"schema:"), (Sign.MICRODATA, b"property=\"email"))),
    (b"card", ((Sign.HCARD, b"vcard"), (Sign.HCARD, b"h-card"))),
    (b"rtl", ((Sign.BACKWARDS, b"<bdo"), (Sign.BACKWARDS, b"direction:rtl"), (Sign.BACKWARDS, b"direction: rtl"))),
    (b"bidi-", ((Sign.BACKWARDS, b"bidi-override"),)),
    (b"data-", ((Sign.SPLIT_DATA, b"data-domain"), (Sign.SPLIT_DATA, b"data-host"), (Sign.SPLIT_DATA, b"data-tld"))),
    (b"author", tuple((Sign.AUTHOR, form) for form in (b"rel=\"author", b"rel=author", b"rel='author"))),
)  # fmt: skip


def signs(page: bytes, low: bytes | None = None) -> int:
    """The signs on a page in UTF-8 or any encoding that contains ASCII; `low` is the page in lower case."""
    if low is None:
        low = page.lower()
    found = 0
    if b"@" in low:
        if AT.search(low):
            found |= Sign.PLAIN
        if _LOOSE_AT.search(low):
            found |= Sign.SCRIPT | Sign.OBFUSCATED
    if _PERCENT_AT.search(low):
        found |= Sign.PLAIN | Sign.SCRIPT | Sign.PERCENT
    if _ENTITY_AT.search(low):
        found |= Sign.PLAIN | Sign.SCRIPT
    if b"u0040" in low:
        found |= Sign.PLAIN | Sign.SCRIPT
    for pattern in _ESCAPED_AT:
        if pattern.search(low):
            found |= Sign.PLAIN | Sign.SCRIPT
    if _WORD_AT.search(low):
        found |= Sign.OBFUSCATED
    for pattern in _OTHER_AT:
        if pattern.search(low):
            found |= Sign.OBFUSCATED
    for form in _BARE_AT:
        if form in low:
            found |= Sign.OBFUSCATED
    if _CAPITAL_AT.search(page):
        found |= Sign.OBFUSCATED
    for shared, forms in _FORMS:
        if shared in low:
            for sign, form in forms:
                if form in low:
                    found |= sign
    if _IMAGE.search(low):
        found |= Sign.IMAGE_NAME
    return found
