"""How likely each way to write a name is, where a domain has not shown its own."""

import re
from functools import lru_cache
from typing import Final

from fairlead.finder.names import Name, Question

# Estimates; a domain's own addresses overrule them quickly (`habits.WAY_STRENGTH`).
# fmt: off
SHARES: Final[dict[Question, dict[str, float]]] = {
    Question.LETTERS: {"plain": 0.4, "expanded": 0.6},
    Question.ROMAN: {"common": 0.6, "second": 0.28, "third": 0.12},
    Question.GIVEN: {"formal": 0.87, "nickname": 0.07, "full": 0.04, "middle": 0.02},
    Question.TWO_GIVEN_HYPHEN: {"kept": 0.5, "joined": 0.25, "first": 0.15, "initials": 0.07, "second": 0.03},
    Question.TWO_GIVEN: {"first": 0.8, "joined": 0.12, "kept": 0.03, "dotted": 0.05},
    Question.PARTICLES: {
        "joined": 0.62, "dropped": 0.15, "dotted": 0.09, "kept": 0.06, "abbreviated": 0.06, "underlined": 0.02,
    },
    Question.TWO_FAMILY_HYPHEN: {"kept": 0.55, "joined": 0.2, "first": 0.15, "second": 0.1},
    Question.TWO_FAMILY: {"first": 0.5, "joined": 0.22, "second": 0.18, "kept": 0.1},
    Question.MIDDLE_FAMILY: {"middle": 0.55, "family": 0.45},
}
# fmt: on
# al-Masri is written with a hyphen more often than other particles are.
_ARTICLE: Final = {
    "joined": 0.55,
    "kept": 0.25,
    "dropped": 0.12,
    "dotted": 0.03,
    "abbreviated": 0.04,
    "underlined": 0.01,
}  # fmt: skip
# Portuguese leaves da, do and dos out.
_DROPPED: Final = {
    "joined": 0.25, "dropped": 0.66, "dotted": 0.03, "kept": 0.03, "abbreviated": 0.02, "underlined": 0.01,
}  # fmt: skip
_PORTUGUESE_PARTICLE: Final = re.compile(r"^(?:da|do|das|dos)\b|^de\b.*[ãçõ]")
# Two names given as the first name, María José, against a first and a middle one.
_BOTH_GIVEN: Final = {"joined": 0.47, "first": 0.4, "kept": 0.05, "dotted": 0.08}
# Of the two family names of Spanish the first counts, of Portuguese the last.
_LAST_COUNTS: Final = {"first": 0.1, "joined": 0.12, "second": 0.73, "kept": 0.05}
_PORTUGUESE: Final = re.compile(r"[ãõç]|[áâéêíóôú]\w*(?:lh|nh)|\b\w+(?:ões|ães|eiro|eira)\b")
# How often ä, ö, ü, å and ø are written as two letters, by the country of the domain.
_EXPANDED: Final = {
    "de": 0.85, "at": 0.85, "ch": 0.85, "li": 0.85, "dk": 0.6, "no": 0.5, "se": 0.05, "fi": 0.02, "is": 0.05,
    "ee": 0.03, "tr": 0.01, "hu": 0.02, "sk": 0.02, "nl": 0.2,
}  # fmt: skip
# For Danish and Norwegian as ICAO Doc 9303 has it: OE, AA.
_EXPANDED_BY_CUSTOM: Final = {"german": 0.85, "danish": 0.6, "other": 0.05, "": 0.6}
# For texts in small letters: to ignore case would take an i for a dotless one.
_GERMAN: Final = re.compile(r"ß|ü|mann\b|(?:äu|ä|ö)\w*(?:er|el|ler|ck|tz|dt|sch|hl|nig)\b")
_DANISH: Final = re.compile("[øæ]")
_OTHER_UMLAUTS: Final = re.compile(
    # Turkish and Hungarian, Swedish, Finnish: there ö and ä lose their dots.
    r"[ığşçőűúáéíóåčřžšǖǘǚǜ]|\b[ln]ü\b|(?:sson|ström|gren|kvist|qvist|lund|stedt|sjö\w*|björk\w*|söder\w*|blad|mark)\b"
    r"|nen\b|ää|öö|äi|öy|yö|äy|ikk|ukk|oğ|gy|özg|özt|çelik|sz|cs|\b(?:östen|sören|göran|märta|jörgen|öberg|öhman)\b"
)
# Among several nicknames the first is the usual one.
NEXT_NICKNAME: Final = 0.5


@lru_cache(maxsize=2_048)
def custom(question: Question, name: Name) -> str:
    """The custom a name follows where several answer a question differently.

    What a Finn's address tells of umlauts says nothing about a German colleague's.
    """
    full = name.full.lower()
    match question:
        case Question.LETTERS:
            if _DANISH.search(full):
                return "danish"
            if _OTHER_UMLAUTS.search(full):
                return "other"
            return "german" if _GERMAN.search(full) else ""
        case Question.TWO_FAMILY | Question.MIDDLE_FAMILY:
            return "portuguese" if _PORTUGUESE.search(full) else ""
        case Question.TWO_GIVEN:
            return "both" if " " in name.first else ""
        case Question.PARTICLES:
            if _PORTUGUESE_PARTICLE.search(name.last.lower()):
                return "portuguese"
            return "article" if "-" in name.last and " " not in name.last else ""
    return ""


@lru_cache(maxsize=2_048)
def shares(question: Question, name: Name, country: str) -> dict[str, float]:
    """Of each answer; `country` is the last label of the domain."""
    own = custom(question, name)
    match question, own:
        case Question.LETTERS, _:
            expanded = _EXPANDED.get(country, _EXPANDED_BY_CUSTOM[own])
            return {"plain": 1 - expanded, "expanded": expanded}
        case Question.TWO_FAMILY, _ if own or country in ("pt", "br", "ao", "mz"):
            return _LAST_COUNTS
        case Question.TWO_GIVEN, "both":
            return _BOTH_GIVEN
        case Question.PARTICLES, "article":
            return _ARTICLE
        case Question.PARTICLES, "portuguese":
            return _DROPPED
        case Question.GIVEN, _ if name.called:
            return {"formal": 0.66, "nickname": 0.3, "full": 0.02, "middle": 0.02}
    return SHARES[question]
