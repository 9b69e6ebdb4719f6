"""The text of a page whose declared encoding may be wrong, missing or hostile."""

import codecs
import re

_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{1,40})""", re.I)
_LANGUAGE = re.compile(rb"""<html[^>]{0,300}?\blang\s*=\s*["']?([a-zA-Z]{2})""", re.I)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# The single-byte code pages that were in use for a language before Unicode; cp1252 for all others.
_OLD = {
    "cp1250": "pl cs sk hu hr sl ro bs",
    "cp1251": "ru uk bg be mk sr",
    "cp1253": "el",
    "cp1254": "tr az",
    "cp1255": "he",
    "cp1256": "ar fa ur",
    "cp1257": "lt lv et",
    "cp874": "th",
}
_OLD_OF_LANGUAGE = {language: page for page, languages in _OLD.items() for language in languages.split()}
# What browsers read under a name (WHATWG Encoding Standard, 4.2), where Python is stricter.
_ALIASES = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932",
    "iso-8859-9": "cp1254", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "iso-8859-11": "cp874", "tis-620": "cp874",
}  # fmt: skip
# Codecs of Python that are no encodings of text, or that unpack.
_TEXT_CODECS = re.compile(
    r"(?:utf[-_]?(?:8|16|16le|16be|32)|cp\d+|iso[-_]8859[-_]\d+|windows[-_]\d+|koi8[-_][ru]|"
    r"big5(?:hkscs)?|gb18030|euc[-_](?:jp|kr)|iso[-_]2022[-_]jp|mac[-_]roman|macintosh)"
)


def decoded(page: bytes, declared: str | None = None) -> str:
    """The text of `page`; `declared` is the charset its HTTP header named. Raises nothing.

    What is valid UTF-8 is UTF-8, whatever is declared: no text of another encoding looks like it by chance. What is
    not valid UTF-8 is not UTF-8 either, whatever is declared.
    """
    for mark, name in _MARKS:
        if page.startswith(mark):
            return page[len(mark) :].decode(name, "replace")
    if declared and declared.lower().replace("_", "-").startswith("utf-16"):
        return page.decode(declared, "replace") if _known(declared) else page.decode("utf-16-le", "replace")
    try:
        return page.decode()
    except UnicodeDecodeError as error:
        if error.start >= len(page) - 4:  # cut in the middle of a character
            return page.decode("utf-8", "ignore")
    found = _DECLARED.search(page, 0, 4096)
    for candidate in (declared, found[1].decode("latin-1") if found else None):
        known = _known(candidate) if candidate else None
        if known and not known.startswith("utf-8"):
            return page.decode(_by_language(known, page), "replace")
    return page.decode(_by_language("cp1252", page), "replace")


def _known(name: str) -> str | None:
    lowered = name.strip().strip("\"'").lower()
    lowered = _ALIASES.get(lowered, lowered)
    if not _TEXT_CODECS.fullmatch(lowered):
        return None
    try:
        return codecs.lookup(lowered).name
    except LookupError:
        return None


def _by_language(name: str, page: bytes) -> str:
    """Latin 1 is declared by default where the page is of another alphabet."""
    language = _LANGUAGE.search(page, 0, 4096) if name == "cp1252" else None
    return _OLD_OF_LANGUAGE.get(language[1].decode().lower(), name) if language else name
