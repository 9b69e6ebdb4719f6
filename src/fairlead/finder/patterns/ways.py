"""How likely each way to write a name is, where a domain has not shown its own."""

from functools import lru_cache
from typing import Final

from fairlead.finder.names import Name, Question

# Estimates; a domain's own addresses overrule them quickly (`habits.WAY_STRENGTH`).
# fmt: off
SHARES: Final[dict[Question, dict[str, float]]] = {
    Question.LETTERS: {"plain": 0.5, "expanded": 0.5},
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
# Where the middle names of Spanish are written, Portuguese ones count the last.
_LAST_COUNTS: Final = {"first": 0.1, "joined": 0.1, "second": 0.75, "kept": 0.05}
# How often ä, ö, ü, å and ø are written as two letters, by the country of the domain.
_EXPANDED: Final = {
    "de": 0.85, "at": 0.85, "ch": 0.85, "li": 0.85, "dk": 0.35, "no": 0.3, "se": 0.05, "fi": 0.02, "is": 0.05,
    "ee": 0.03, "tr": 0.01, "hu": 0.02, "sk": 0.02, "nl": 0.2,
}  # fmt: skip
_SCANDINAVIAN: Final = frozenset("åøæðþ")
_TURKISH_OR_HUNGARIAN: Final = frozenset("ığşçőűáéíó")
# Among several nicknames the first is the usual one.
NEXT_NICKNAME: Final = 0.5


@lru_cache(maxsize=2_048)
def shares(question: Question, name: Name, country: str) -> dict[str, float]:
    """Of each answer; `country` is the last label of the domain."""
    if question is Question.LETTERS:
        expanded = _EXPANDED.get(country)
        if expanded is None:
            letters = set(name.full.lower())
            expanded = 0.3 if letters & _SCANDINAVIAN else 0.05 if letters & _TURKISH_OR_HUNGARIAN else 0.6
        return {"plain": 1 - expanded, "expanded": expanded}
    if question is Question.TWO_FAMILY and country in ("pt", "br", "ao", "mz"):
        return _LAST_COUNTS
    if question is Question.GIVEN and name.called:
        return {"formal": 0.66, "nickname": 0.3, "full": 0.02, "middle": 0.02}
    return SHARES[question]

