"""Other scripts in Latin letters, by the systems people's passports and employers use.

Sources: ICAO Doc 9303 part 3 (Russian, Ukrainian since 2010, Bulgarian, Serbian, Greek ELOT 743), BGN/PCGN 1947 for the
older Russian way, Pinyin and Revised Romanization through anyascii; Korean family names as their bearers write them.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from anyascii import anyascii

# fmt: off
_CYRILLIC: Final = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    # Belarusian, Serbian, Macedonian, Kazakh
    "ў": "u", "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz", "ѓ": "gj", "ќ": "kj", "ѕ": "dz",
    "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h",
}
_PASSPORT: Final = _CYRILLIC | {"й": "i", "ъ": "ie", "ю": "iu", "я": "ia"}
_THIRD: Final = _CYRILLIC | {"х": "h", "ц": "c", "щ": "sch", "ю": "ju", "я": "ja", "й": "j", "ж": "zh"}
_UKRAINIAN: Final = _CYRILLIC | {
    "г": "h", "ґ": "g", "и": "y", "і": "i", "ї": "i", "є": "ie", "й": "i", "ю": "iu", "я": "ia", "'": "",
}
_BULGARIAN: Final = _CYRILLIC | {"х": "h", "щ": "sht", "ъ": "a", "ь": "y"}
_SERBIAN: Final = _CYRILLIC | {"х": "h", "ц": "c", "ж": "z", "ч": "c", "ш": "s"}
_GREEK: Final = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}
_KOREAN_FAMILY: Final = {
    "김": "kim", "이": "lee", "박": "park", "최": "choi", "정": "jung", "강": "kang", "조": "cho", "윤": "yoon",
    "장": "jang", "임": "lim", "한": "han", "오": "oh", "서": "seo", "신": "shin", "권": "kwon", "황": "hwang",
    "안": "ahn", "송": "song", "류": "ryu", "유": "yoo", "홍": "hong", "전": "jeon", "고": "ko", "문": "moon",
    "손": "son", "양": "yang", "배": "bae", "백": "baek", "허": "heo", "남": "nam", "심": "shim", "노": "noh",
    "하": "ha", "곽": "kwak", "성": "sung", "차": "cha", "주": "joo", "우": "woo", "구": "koo", "민": "min",
    "나": "na", "진": "jin",
}
# fmt: on
_UKRAINIAN_ONLY: Final = re.compile("[іїєґ]")
_SERBIAN_ONLY: Final = re.compile("[ђјљњћџ]")
# Their vowels are not written, or their syllables are not read one by one: nothing useful can be made of them.
_UNREADABLE: Final = ("ARABIC", "HEBREW", "THAI", "SYRIAC", "LAO", "KHMER", "MYANMAR")
_READABLE: Final = ("HIRAGANA", "KATAKANA", "GEORGIAN", "ARMENIAN", "DEVANAGARI", "BENGALI", "TAMIL", "TELUGU")


@lru_cache(maxsize=8_192)
def romanized(word: str) -> tuple[str, ...]:
    """The ways to write `word` in Latin letters, the most usual first; itself where it is Latin; () if unreadable."""
    text = unicodedata.normalize("NFC", word.lower())
    if text.isascii():
        return (text,)
    scripts = {_script(letter) for letter in text if letter.isalpha()}
    if scripts <= {"LATIN"}:
        return (text,)
    if len(scripts) == 1:
        (script,) = scripts
        if script in _WAYS:
            return tuple(dict.fromkeys(form for form in _WAYS[script](text) if form))
        if script in _READABLE:
            return (anyascii(word).lower(),)
    return ()


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _cyrillic(text: str) -> tuple[str, ...]:
    if _UKRAINIAN_ONLY.search(text):
        # The law of 2010 has zgh for зг, and ye, yi, yu, ya, y at the beginning of a word.
        official = _by(_UKRAINIAN, text.replace("зг", "zgh"))
        head = {"є": "ye", "ї": "yi", "ю": "yu", "я": "ya", "й": "y"}.get(text[0])
        first = head + _by(_UKRAINIAN, text[1:]) if head else official
        softer = _UKRAINIAN | {"ю": "yu", "я": "ya", "є": "ye", "ї": "yi", "й": "y"}
        return first, _by(softer, text)
    if _SERBIAN_ONLY.search(text):
        return (_by(_SERBIAN, text), _by(_SERBIAN | {"ђ": "d"}, text))
    endings = (("ский", "skiy"), ("цкий", "tskiy"), ("ий", "iy"), ("ый", "yy"))
    common = _by(_CYRILLIC, _short_ending(text))
    common = "e" + common[1:] if text[0] == "е" else common
    long = next((_by(_CYRILLIC, text[: -len(end)]) + roman for end, roman in endings if text.endswith(end)), "")
    return (common, _by(_PASSPORT, text), long or _by(_BULGARIAN if "ъ" in text else _THIRD, text))


def _short_ending(text: str) -> str:
    """Дмитрий is Dmitry, Достоевский Dostoevsky: both letters of the ending are one y."""
    return text[:-2] + "ы" if text.endswith(("ий", "ый")) else text


def _greek(text: str) -> tuple[str, ...]:
    folded = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    folded = re.sub("ου", "ou", folded)
    folded = re.sub(r"([αεη])υ(?=[θκξπσςτφχψ]|$)", r"\1f", folded)
    folded = re.sub(r"([αεη])υ", r"\1v", folded)
    folded = re.sub("γ(?=[γξχ])", "n", folded)
    official = _by(_GREEK, re.sub("^μπ", "b", folded))
    common = _by(_GREEK | {"χ": "h", "φ": "f"}, re.sub("^ντ", "d", re.sub("^μπ", "b", folded)))
    return official, common, _by(_GREEK | {"φ": "ph", "υ": "u"}, folded)


def _hangul(text: str) -> tuple[str, ...]:
    revised = anyascii(text).lower()
    family = _KOREAN_FAMILY.get(text)
    return (family, revised) if family else (revised,)


def _han(text: str) -> tuple[str, ...]:
    # Read as Chinese. A Japanese name in the same characters has readings that no table settles.
    return (anyascii(text).lower(),)


def _by(table: dict[str, str], text: str) -> str:
    return "".join(table.get(letter, letter) for letter in text)


_WAYS: Final[dict[str, Callable[[str], tuple[str, ...]]]] = {
    "CYRILLIC": _cyrillic,
    "GREEK": _greek,
    "HANGUL": _hangul,
    "CJK": _han,
}
