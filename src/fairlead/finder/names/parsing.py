"""From a name as it was written to its parts."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from nameparser import ParsedName, parser_for
from nameparser.locales import RU, TR_AZ, ZH

from fairlead.finder.names.model import Name
from fairlead.finder.names.orders import (
    CHINESE_FAMILY,
    HUNGARIAN_FAMILY,
    HUNGARIAN_GIVEN,
    KOREAN_FAMILY,
    VIETNAMESE_FAMILY,
)
from fairlead.kit.text import PARTICLES, one_line

# Immutable, unlike the constants behind `nameparser.HumanName`.
PARSER: Final = parser_for(ZH, RU, TR_AZ)
LONGEST: Final = 200
_DASHES: Final = re.compile(r"\s*[\u2010-\u2015\u2212]\s*")
_QUOTES: Final = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"})
_NOT_IN_NAMES: Final = re.compile(r"[^\w\s'.,\-()\"&·]")
_INITIAL: Final = re.compile(r"\w\.?")
_LETTER: Final = re.compile(r"[^\W\d_]")
MORE_PARTICLES: Final = PARTICLES | {"y", "e", "dal", "dalla", "degli", "dei", "'t", "t", "op", "in", "auf", "vom",
                                     "st", "san", "mac", "abu", "ben", "bint", "as", "ash", "ar"}  # fmt: skip


@lru_cache(maxsize=4_096)
def parse(full_name: str) -> Name:
    """The parts of a full name in whatever order its language has, as far as that shows."""
    text = _cleaned(full_name)
    if "," not in text:
        text = _western_order(text)
    parsed = PARSER.parse(text)
    first, last = parsed.given, parsed.family
    middle = tuple(parsed.middle.split())
    if first and not last and first.lower() in MORE_PARTICLES:
        first, last = "", " ".join((first, *middle))
        middle = ()
    if not first and last and not _one_family_name(last, parsed):
        first, _, last = last.partition(" ")
    return _name(first, middle, last, parsed.nickname)


@lru_cache(maxsize=4_096)
def from_parts(first_name: str, last_name: str) -> Name:
    """A name whose owner, or whoever asks, has told the parts apart. Only titles and suffixes are looked for."""
    first, last = _cleaned(first_name), _cleaned(last_name)
    if not first or not last:
        return parse(first or last)
    # A comma tells the parts of the whole apart, so that nothing changes sides.
    parsed = PARSER.parse(f"{last.replace(',', ' ')}, {first.replace(',', ' ')}")
    given, family = parsed.given, parsed.family
    if not given or not family:
        given, family = first, last
    # Two names in the field of the first are both the given name: María José. Initials are not.
    more = parsed.middle.split()
    while more and not _INITIAL.fullmatch(more[0]):
        given += f" {more.pop(0)}"
    return _name(given, tuple(more), family, parsed.nickname)


def _cleaned(text: str) -> str:
    text = unicodedata.normalize("NFC", one_line(text[:LONGEST])).translate(_QUOTES)
    return " ".join(_NOT_IN_NAMES.sub(" ", _DASHES.sub("-", text)).split())


def _name(first: str, middle: tuple[str, ...], last: str, called: str) -> Name:
    return Name(
        _bare(first),
        _bare(last),
        tuple(bare for part in middle if (bare := _bare(part))),
        _bare(called) or None,
    )


def _bare(part: str) -> str:
    text = part.strip(" .,'-\"()&·")
    return text if _LETTER.search(text) else ""


def _one_family_name(last: str, parsed: ParsedName) -> bool:
    """Whether a name without a given one is a family name with particles, or written without blanks."""
    return " " not in last or bool(parsed.family_particles)


def _western_order(text: str) -> str:
    """Moves a family name that stands first to the end, where something tells that it is one."""
    words = text.split()
    if not 2 <= len(words) <= 4 or any(word.lower() in MORE_PARTICLES for word in words[:-1]):
        return text
    if _shouted(words[0]) and not any(map(_shouted, words[1:])):
        return " ".join((*words[1:], words[0]))
    plain = [_plain(word) for word in words]
    if len(words) == 2:
        family, given = plain
        raw_family, raw_given = words[0].lower(), words[1].lower()
        hungarian = raw_given in HUNGARIAN_GIVEN and (
            raw_family not in HUNGARIAN_GIVEN or raw_family in HUNGARIAN_FAMILY
        )
        # A given name of two syllables is written together or with a hyphen; alone it proves nothing.
        chinese = family in CHINESE_FAMILY and given not in CHINESE_FAMILY and _pinyin(given)
        korean = family in KOREAN_FAMILY and "-" in words[1] and given not in KOREAN_FAMILY
        if hungarian or chinese or korean:
            return f"{words[1]} {words[0]}"
        return text
    if plain[0] in VIETNAMESE_FAMILY and plain[-1] not in VIETNAMESE_FAMILY:
        # Family, middle, given: people are called by the last word.
        return " ".join((words[-1], *words[1:-1], words[0]))
    return text


def _shouted(word: str) -> bool:
    """NAGY János: capitals tell the family name, in lists and in French and Asian use."""
    return len(word) > 2 and word.isupper() and _LETTER.match(word) is not None


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFD", word.lower().replace("đ", "d"))
    return "".join(letter for letter in folded if not unicodedata.combining(letter)).replace("-", "")


_SYLLABLE: Final = (
    "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un|ia"
    "|ie|iu|ua|uo|ui|ue|a|o|e|i|u|er)"
)
_TWO_SYLLABLES: Final = re.compile(_SYLLABLE * 2)
_ONLY_PINYIN: Final = re.compile("[xq]|zh|iang|iong|uang|ong|iao|ing|ang|eng|hua|hui|jun|wei|mei|lei|hai|bo|yi|yu|ming")


def _pinyin(word: str) -> bool:
    """Whether a word reads as two syllables of Pinyin and has something of it that other languages lack."""
    return _TWO_SYLLABLES.fullmatch(word) is not None and _ONLY_PINYIN.search(word) is not None
