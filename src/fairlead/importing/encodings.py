"""Which encoding a text file is in."""

import codecs
import re
from pathlib import Path
from typing import BinaryIO, TextIO

from charset_normalizer import from_bytes

BLOCK = 1 << 20
SAMPLE = 1 << 16

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What spreadsheets and older programs write; rarer ones are only ever guessed by mistake.
# fmt: off
_LEGACY = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2", "koi8_r", "cp932",
    "euc_jp", "gb18030", "big5", "cp949",
]
# fmt: on
_WESTERN_SIGNS = frozenset("–—‘’‚“”„…€°·«»§©®™\u00a0´ªº")
# Of the lines with bytes beyond ASCII, so many decode as UTF-8 by accident in no other encoding; where they do, the
# file is UTF-8 and has broken rows.
_MOSTLY = 0.8


def encoding_of(path: Path) -> str:
    """A name for `open`. The whole file is looked through: the first umlaut may come late."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        for mark, name in _BYTE_ORDER_MARKS:
            if start.startswith(mark):
                return name
        if wide := _without_mark(start):
            return wide
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            file.seek(0)
            return _guess(_telling_lines(file))
    return "utf-8"


def sample_of(path: Path, encoding: str, octets: int) -> str:
    """The beginning of a text file, without a character that is cut at its end."""
    with path.open("rb") as file:
        start = file.read(octets)
    decoder = codecs.getincrementaldecoder(encoding)(read_errors(encoding))
    try:
        return decoder.decode(start)
    except UnicodeDecodeError as error:
        return start[: error.start].decode(encoding, "replace")


def read_errors(encoding: str) -> str:
    """How `open` is to treat bytes that are no text, so that their row can be reported and the others read."""
    # Both leave lone surrogates in the row, which no check lets through.
    return "surrogatepass" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"


def bytes_read(file: TextIO) -> int:
    """How far a text file has been read, roughly: it is read ahead. Its own `tell` costs more than a row."""
    return file.buffer.tell()


def _without_mark(start: bytes) -> str | None:
    """UTF-16 of mostly Latin text has a zero in every other place."""
    half = len(start) // 2
    if half < 4:
        return None
    if start[1::2].count(0) > half * 0.4 and start[0::2].count(0) < half * 0.1:
        return "utf-16-le"
    if start[0::2].count(0) > half * 0.4 and start[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return None


def _telling_lines(file: BinaryIO) -> list[bytes]:
    """Lines with bytes beyond ASCII, up to a sample's worth."""
    telling, size = [], 0
    while line := file.readline(SAMPLE):
        if not line.isascii():
            telling.append(line)
            size += len(line)
        if size > SAMPLE:
            break
    return telling


def _guess(lines: list[bytes]) -> str:
    if not lines or sum(map(_is_utf8, lines)) >= len(lines) * _MOSTLY:
        return "utf-8"
    sample = b"\n".join(lines)[:SAMPLE]
    if _is_western(sample.decode("cp1252", "replace")):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_LEGACY, language_threshold=0.0).best()
    return "cp1252" if best is None else best.encoding


def _is_western(text: str) -> bool:
    """Whether text decoded as Windows-1252 reads like a language it was made for.

    A table of names is too little text for statistics. But wrongly decoded text has signs within words (Polish), no
    ASCII letters around the others (Cyrillic, Greek, Asian), or letters that are rare in the west (Czech).
    """
    beyond = list(re.finditer(r"[^\x00-\x7f]", text))
    letters = [match for match in beyond if match[0].isalpha() and match[0] not in "ªº"]
    beside_ascii = sum(
        any(near.isascii() and near.isalpha() for near in text[max(0, match.start() - 1) : match.end() + 1])
        for match in letters
    )
    signs = sum(match[0] not in _WESTERN_SIGNS for match in beyond) - len(letters)
    rare = sum(match[0] in "šžŠŽ" for match in letters)
    return signs <= len(beyond) * 0.05 and rare <= len(beyond) * 0.05 and beside_ascii >= len(letters) * 0.6


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
