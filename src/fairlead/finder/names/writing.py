"""How the parts of a name are written in an address: small ASCII letters, in the ways that are usual.

Where a language leaves a choice (ü as ue or u, both names of Jean-Pierre or one), every way is given with the choices
it takes; how likely each is depends on the domain and is not decided here.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from fairlead.finder.names.model import Name
from fairlead.finder.names.nicknames import full_forms, nicknames
from fairlead.finder.names.scripts import romanized
from fairlead.kit.text import PARTICLES

MOST_WAYS: Final = 12
_WORD: Final = re.compile(r"[^\s'\-·&]+")
_SPANISH: Final = re.compile(r"[ñíóáé]|[^\W\d_]{2,}[eéaáií]z\b", re.IGNORECASE)

_PATRONYMIC: Final = re.compile(r"(?:[оеoe](?:вич|vich|vych)|[оеoe](?:вна|vna)|(?:ич|ych|ich)на|(?:ich|ych)na)$")


class Question(Enum):
    """What a language or a person leaves open, and the answers there are."""

    LETTERS = ("plain", "expanded")  # Müller: muller, mueller
    ROMAN = ("common", "second", "third")  # systems of romanization
    GIVEN = ("formal", "nickname", "full", "middle")  # Robert, Bob; Bob, Robert; by the middle name
    TWO_GIVEN_HYPHEN = ("kept", "joined", "first", "initials", "second")  # Jean-Pierre
    TWO_GIVEN = ("first", "joined", "kept", "dotted")  # José Luis
    PARTICLES = ("joined", "dropped", "kept", "dotted", "underlined", "abbreviated")  # van den Berg
    TWO_FAMILY_HYPHEN = ("kept", "joined", "first", "second")  # Smith-Jones
    TWO_FAMILY = ("first", "joined", "kept", "second")  # García López
    MIDDLE_FAMILY = ("middle", "family")  # José Luis García López: is García a middle name?


Choice = tuple[Question, str]


@dataclass(frozen=True, slots=True)
class Written:
    """One way to write a part of a name."""

    text: str
    choices: tuple[Choice, ...] = ()

    @property
    def initial(self) -> str:
        """The first letter, or both of Jean-Pierre where they stand together."""
        return self.text if (Question.TWO_GIVEN_HYPHEN, "initials") in self.choices else self.text[:1]


@lru_cache(maxsize=4_096)
def write_first(name: Name) -> tuple[Written, ...]:
    """The ways to write the given name; none where its script cannot be read letter by letter."""
    if not name.first:
        return ()
    words = name.first.split()
    middle = _middle_names(name)
    ways: list[Written] = []
    if "-" in words[0]:
        ways += _two(words[0], Question.TWO_GIVEN_HYPHEN)
    elif len(words) > 1 or middle:
        second = words[1] if len(words) > 1 else middle[0]
        ways += _two(f"{words[0]} {second}", Question.TWO_GIVEN)
    else:
        ways += _word(words[0])
    base = [way for way in ways if all(answer in ("first", "plain", "common", "joined") for _, answer in way.choices)]
    plain = base[0].text if base else (ways[0].text if ways else "")
    called = {way.text for way in _word(name.called)} if name.called else set()
    others = nicknames(plain)
    ways += (Written(text, ((Question.GIVEN, "nickname"),)) for text in (*called, *others))
    ways += (Written(text, ((Question.GIVEN, "full"),)) for text in full_forms(plain))
    if middle and len(words) == 1:
        ways += (Written(way.text, ((Question.GIVEN, "middle"), *way.choices)) for way in _word(middle[0]))
    return _distinct(ways)


@lru_cache(maxsize=4_096)
def write_last(name: Name) -> tuple[Written, ...]:
    """The ways to write the family name; none where its script cannot be read letter by letter."""
    if not name.last:
        return ()
    ways = _family(name.last)
    middle = _middle_names(name)
    # Spanish names have two family names, and whoever takes the last word for the whole drops the one that counts.
    if middle and " " not in name.last and _SPANISH.search(name.full):
        own = Question.MIDDLE_FAMILY
        ways = [Written(way.text, (*way.choices, (own, "middle"))) for way in ways]
        ways += (Written(way.text, (*way.choices, (own, "family"))) for way in _word(middle[-1]))
    return _distinct(ways)


@lru_cache(maxsize=4_096)
def write_middle(name: Name) -> tuple[Written, ...]:
    return _distinct(_word(name.middle[0])) if name.middle else ()


def _middle_names(name: Name) -> list[str]:
    """Without initials and patronymics, which nobody is called by."""
    return [word for word in name.middle if len(_letters(word)) > 1 and not _PATRONYMIC.search(word.lower())]


def _family(last: str) -> list[Written]:
    words = last.split()
    start = 0
    while start < len(words) - 1 and words[start].lower().strip("'") in _PARTICLE_WORDS:
        start += 1
    particles, rest = words[:start], " ".join(words[start:])
    # al-Masri, el-Sayed: the particle hangs on by a hyphen.
    head, hyphen, tail = rest.partition("-")
    if hyphen and head.lower() in _ARTICLES and tail:
        particles, rest = [*particles, head], tail
    if not particles:
        return _bare_family(rest)
    written = ["".join(_letters(word)) for word in particles]
    ways: list[Written] = []
    for way in _bare_family(rest):
        forms = (
            ("joined", "".join(written) + way.text),
            ("dropped", way.text),
            ("kept", "-".join((*written, way.text))),
            ("dotted", ".".join((*written, way.text))),
            ("underlined", "_".join((*written, way.text))),
            ("abbreviated", "".join(word[:1] for word in written) + way.text),
        )
        ways += (Written(text, (*way.choices, (Question.PARTICLES, answer))) for answer, text in forms)
    return ways


def _bare_family(text: str) -> list[Written]:
    if "-" in text:
        return _two(text, Question.TWO_FAMILY_HYPHEN)
    words = [word for word in text.split() if word.lower() not in ("y", "e", "i")]
    if len(words) > 1:
        return _two(f"{words[0]} {words[-1]}", Question.TWO_FAMILY)
    return _word(text)


def _two(text: str, question: Question) -> list[Written]:
    """The ways to write two names that are one."""
    parts = [part for part in re.split(r"[\s\-]+", text) if _letters(part)]
    if len(parts) < 2:
        return _word(text)
    ways: list[Written] = []
    for first in _word(parts[0]):
        for second in _word(parts[1]):
            # One romanization, one way with umlauts: nobody mixes them within a name.
            if not _agree(first.choices, second.choices):
                continue
            both = tuple(dict.fromkeys((*first.choices, *second.choices)))
            forms = {
                "kept": (f"{first.text}-{second.text}", both),
                "joined": (first.text + second.text, both),
                "dotted": (f"{first.text}.{second.text}", both),
                "first": (first.text, first.choices),
                "second": (second.text, second.choices),
                "initials": (first.initial + second.initial, ()),
            }
            ways += (Written(forms[answer][0], (*forms[answer][1], (question, answer))) for answer in question.value)
    return ways


def _agree(one: tuple[Choice, ...], other: tuple[Choice, ...]) -> bool:
    answers = dict(one)
    return all(answers.get(question, answer) == answer for question, answer in other)


@lru_cache(maxsize=8_192)
def _word(text: str) -> list[Written]:
    """The ways to write one word in ASCII letters."""
    forms = romanized(text)
    ways = []
    for system, form in zip(Question.ROMAN.value, forms, strict=False):
        choices: tuple[Choice, ...] = ((Question.ROMAN, system),) if len(forms) > 1 else ()
        plain, expanded = _ascii(form, expand=False), _ascii(form, expand=True)
        if plain == expanded:
            ways.append(Written(plain, choices))
        else:
            ways.append(Written(plain, (*choices, (Question.LETTERS, "plain"))))
            ways.append(Written(expanded, (*choices, (Question.LETTERS, "expanded"))))
    return [way for way in ways if way.text]


# fmt: off
# What decomposition does not do: letters with a stroke, ligatures, and those of Turkish, Vietnamese and Icelandic.
_PLAIN: Final = str.maketrans({
    "ß": "ss", "ẞ": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ŋ": "ng",
    "ħ": "h", "ŧ": "t", "ĸ": "k", "ŀ": "l", "ə": "e", "ƒ": "f",
})
# German and Scandinavian practice where a keyboard lacks the letter.
_EXPANDED: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# fmt: on
_PARTICLE_WORDS: Final = PARTICLES | {
    "dal",
    "dalla",
    "degli",
    "dei",
    "t",
    "op",
    "in",
    "auf",
    "vom",
    "st",
    "san",
    "abu",
    "ben",
    "bint",
    "as",
    "ash",
    "ar",
    "lo",
    "li",
    "e",
    "y",
}  # fmt: skip
_ARTICLES: Final = frozenset({"al", "el", "as", "ash", "ar", "an", "ad", "at", "az"})


def _ascii(text: str, *, expand: bool) -> str:
    text = text.lower()
    if expand:
        text = text.translate(_EXPANDED)
    folded = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return "".join(letter for letter in folded if "a" <= letter <= "z")


def _letters(word: str) -> str:
    return next((way.text for way in _word(word)), "")


def _distinct(ways: list[Written]) -> tuple[Written, ...]:
    """Without those that read the same as one before, which is the more usual."""
    return tuple({way.text: way for way in reversed(ways) if way.text}.values())[::-1][:MOST_WAYS]
