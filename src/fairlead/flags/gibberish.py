"""Local parts that nobody is called: letters struck at random, hexadecimal ids, runs over the keyboard.

A flag for a person to look at, never a verdict. It would rather miss than accuse: short local parts, initials, numbers
alone, roles, the company's own name and scripts the model has not learned are never flagged.
"""

import re
import unicodedata
from importlib.resources import files
from itertools import groupby
from typing import Final

from fairlead.flags.lists import words

SHORTEST: Final = 6  # letters; below, names of all cultures and random letters cannot be told apart
INITIALS: Final = 3  # a piece of so many letters is an initial or an abbreviation
NO_VOWELS: Final = 8  # letters in a row of names without a vowel, y among them: none is known to the lists
LONGEST_NUMBER: Final = 16  # telephone and account numbers are shorter

_ID: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_HEXADECIMAL: Final = re.compile(r"(?=(?:\D*\d){3})(?=(?:[^a-f]*[a-f]){2})[0-9a-f]{12,}")
_MIXED: Final = re.compile(r"(?:[a-z]+\d+){4}|(?:\d+[a-z]+){4}")
_REPEATED: Final = re.compile(r"([a-z])\1{3}")
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")
_RUN: Final = 5  # neighbors on the keyboard: "poiu" and "tyui" are found in names
_RUNS: Final = sorted(
    {keys[start : start + _RUN] for row in _ROWS for keys in (row, row[::-1]) for start in range(len(row) - _RUN + 1)}
)
# By first letter, which is several times as fast as one list of alternatives.
_KEYS: Final = re.compile(
    "|".join(
        f"{first}(?:{'|'.join(run[1:] for run in runs)})" for first, runs in groupby(_RUNS, key=lambda run: run[0])
    )
)
_DIGIT: Final = re.compile(r"\d")
_LETTERS: Final = re.compile(r"[a-z]+")
_VOWEL: Final = re.compile(r"[aeiouy]")
# Letters that do not fall apart into a plain one and a mark.
_PLAIN: Final = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)

# letters.bin, made by scripts/gibberish/train.py: for each number of letters the surprise that is still a name's, then
# the surprise of each letter after two others, in sixteenths of a nat. Symbol 0 is the edge of a word, 1 to 26 letters.
_MODEL: Final = files(__package__).joinpath("letters.bin").read_bytes()
LENGTHS: Final = 32
_THRESHOLD: Final = _MODEL[:LENGTHS]
_SURPRISE: Final = _MODEL[LENGTHS:]
_SYMBOLS: Final = 27


def is_gibberish(local: str, domain: str) -> bool:
    """Whether `local`, in lower case and without its +tag, looks made of random letters. `domain` is its own."""
    if len(local) < SHORTEST:
        return False
    if not local.isascii():
        local = unicodedata.normalize("NFKD", local.translate(_PLAIN)).encode("ascii", "ignore").decode()
    if _is_machine_made(local):
        return True
    pieces = [
        piece
        for piece in _LETTERS.findall(local)
        if len(piece) > INITIALS and piece not in _KNOWN and piece not in domain
    ]
    letters = sum(map(len, pieces))
    if letters < SHORTEST:
        return False
    if any(len(piece) >= NO_VOWELS and not _VOWEL.search(piece) for piece in pieces):
        return True
    return sum(map(surprise, pieces)) > letters * _THRESHOLD[min(letters, LENGTHS - 1)]


_KNOWN: Final = words("roles") | words("role_sites")


def _is_machine_made(local: str) -> bool:
    if _REPEATED.search(local) or _KEYS.search(local):
        return True
    if not _DIGIT.search(local):
        return False
    if local.isdigit():
        return len(local) > LONGEST_NUMBER
    return bool(_ID.fullmatch(local) or _HEXADECIMAL.fullmatch(local) or _MIXED.search(local))


def surprise(piece: str, table: bytes = _SURPRISE) -> int:
    """How unlike a name the letters of `piece` are, in sixteenths of a nat, summed over its letters.

    An initial before or behind a name joins what no name joins ("kwright", "annz"): of the piece, the piece without
    its first and the piece without its last letter, the one most like a name counts, brought to the same length.
    """
    first = second = 0
    costs = []  # what each letter adds, given the two before it
    for byte in piece.encode():
        third = byte - 96
        costs.append(table[(first * _SYMBOLS + second) * _SYMBOLS + third])
        first, second = second, third
    whole = sum(costs)
    length = len(costs)
    if length < 4:
        return whole
    # The second and third letters begin a word when the first is an initial.
    a, b = piece.encode()[1:3]
    without_first = whole - costs[0] - costs[1] - costs[2] + table[a - 96] + table[(a - 96) * _SYMBOLS + b - 96]
    without_last = whole - costs[-1]
    return min(whole, min(without_first, without_last) * length // (length - 1))
