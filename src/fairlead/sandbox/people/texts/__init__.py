"""The words people answer with, one file per language."""

from fairlead.sandbox.people.texts import de, en, es, fr, it, pl
from fairlead.sandbox.people.texts.language import Language

__all__ = ["LANGUAGES", "Language", "language_named"]

LANGUAGES: dict[str, Language] = {
    language.code: language for language in (en.ENGLISH, de.GERMAN, fr.FRENCH, es.SPANISH, it.ITALIAN, pl.POLISH)
}


def language_named(code: str) -> Language:
    """English for languages without texts of their own: it is what people write to strangers from abroad."""
    return LANGUAGES.get(code, en.ENGLISH)
