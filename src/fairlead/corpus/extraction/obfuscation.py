"""Addresses written so that machines should not read them: words for @, Cloudflare's encoding, names of images."""

import itertools
import re
from collections.abc import Iterator

from fairlead.corpus.extraction.addresses import plausible

# In one line or text: nobody hides more addresses in one place.
MOST_CLUES = 1_000
_OPEN, _CLOSE = r"[\[\(\{<]\s{0,2}", r"\s{0,2}[\]\)\}>]"
_AT_WORDS = r"(?:at|ät|a|@|arroba|arobase|chiocciola|kukac|małpa|malpa|zavináč|zavinac|apenstaartje|snabel-a)"
_DOT_WORDS = r"(?:dot|punkt|point|punto|ponto|punt|pont|kropka|tečka|tecka|nokta|bodka|bod|punct|piste|prick|\.)"
_AT = (
    rf"(?:\s{{0,2}}{_OPEN}{_AT_WORDS}{_CLOSE}\s{{0,2}}|\s{{1,2}}(?:at|arroba|arobase|chiocciola|@)\s{{1,2}}"
    rf"|\s?[-_](?:at|@)[-_]\s?)"
)
_DOT = (
    rf"(?:\s{{0,2}}{_OPEN}{_DOT_WORDS}{_CLOSE}\s{{0,2}}|\s{{1,2}}{_DOT_WORDS}\s{{1,2}}"
    rf"|\s?[-_]{_DOT_WORDS}[-_]\s?|\.)"
)
_LABEL = r"[^\W_](?:[\w-]{0,61}?[^\W_])?"
_WRITTEN = re.compile(
    rf"(?<![\w.+-])(?P<local>[^\W_][\w+-]{{0,30}}?(?:(?:{_DOT}|\.)[\w+-]{{1,30}}?){{0,4}})(?P<at>{_AT})"
    rf"(?P<domain>{_LABEL}(?:{_DOT}{_LABEL}){{1,5}})(?![\w-])",
    re.I,
)
_DOT_RE = re.compile(_DOT, re.I)
# What must be in a text before the pattern above, which is slow, is tried. One for each word, because a search that
# begins with a literal is fast.
_CLUES = (
    re.compile(r"at(?<=[\[({<\s_-]at)\s{0,2}(?:[\])}>]|[-_]|\s)"),
    re.compile(r"@(?<=[\[({<\s_-]@)\s{0,2}(?:[\])}>]|[-_]|\s)"),
    *(re.compile(rf"{word}(?=\s{{0,2}}[\])}}>])|{word}(?=\s)") for word in ("arroba", "arobase", "chiocciola")),
    *(re.compile(rf"\{opens}\s?(?:ät|a|kukac|małpa|malpa|zavináč|zavinac|apenstaartje|snabel-a)\s?\{closes}")
      for opens, closes in ("()", "[]", "{}", "<>")),
)  # fmt: skip


def _clues(text: str) -> list[int]:
    low = text.lower()
    if len(low) != len(text):  # a letter that becomes two
        low = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    found = [clue.start() for pattern in _CLUES for clue in itertools.islice(pattern.finditer(low), MOST_CLUES)]
    return sorted(found)[:MOST_CLUES]


_BRACKET = re.compile(r"[\[\(\{<]")
_PLAIN_WORD = re.compile(r"\s+(?:at|arroba|arobase|chiocciola)\s+", re.I)


def written_out(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """(start, end, address, sure): `sure` where nobody writes so by chance."""
    for clue in _clues(text):
        # The pattern looks at a few words around the clue, so that a long text costs no more than its clues.
        start, end = max(0, clue - 80), min(len(text), clue + 130)
        for match in _WRITTEN.finditer(text, start, end):
            if not match.start("at") - 2 <= clue <= match.end("at") + 2:
                continue
            at, domain = match["at"], match["domain"]
            if _PLAIN_WORD.fullmatch(at) and at.strip() != "AT" and "." in _DOT_RE.findall(domain):
                continue  # "look at example.com" is a sentence
            address = plausible(_DOT_RE.sub(".", match["local"]), _DOT_RE.sub(".", domain).lower())
            if address:
                sure = bool(_BRACKET.search(at)) and at.strip(" []{}()<>\t").lower() != "a"
                yield match.start(), match.end(), address, sure
                break


def of_cloudflare(code: str) -> str | None:
    """The address in a `data-cfemail` or behind `email-protection#`: the first byte is the key of the others."""
    try:
        raw = bytes.fromhex(code.strip()[:600])
    except ValueError:
        return None
    if len(raw) < 6:
        return None
    text = bytes(byte ^ raw[0] for byte in raw[1:]).decode("utf-8", "replace")
    local, at, domain = text.partition("?")[0].rpartition("@")
    return plausible(local, domain) if at else None


_IMAGE = re.compile(
    r"(?:e-?mail[-_.])?(?P<local>[a-z0-9]+(?:[._+-][a-z0-9]+)*?)(?:@|%40|[-_.]at[-_.])"
    r"(?P<domain>[a-z0-9-]+?(?:(?:[-_.](?:dot|punkt|point)[-_.]|\.|[-_])[a-z0-9]{2,})+)\.(?:png|gif|jpe?g|svg|webp)$",
    re.I,
)
_WORD_DOT = re.compile(r"[-_.](?:dot|punkt|point)[-_.]", re.I)


def of_image(source: str) -> str | None:
    """The address in the name of an image such as info-at-acme-dot-com.png."""
    name = source.partition("?")[0].rpartition("/")[2]
    match = _IMAGE.fullmatch(name) if len(name) < 200 else None
    if match is None:
        return None
    domain = _WORD_DOT.sub(".", match["domain"])
    if "." not in domain:
        head, _, last = re.sub("_", "-", domain).rpartition("-")
        domain = f"{head}.{last}"
    return plausible(match["local"], domain)
