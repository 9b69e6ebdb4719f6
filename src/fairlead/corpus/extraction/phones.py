"""Telephone numbers in the form of E.164."""

from functools import lru_cache


@lru_cache(maxsize=20_000)
def e164(text: str, country: str | None = None) -> str | None:
    """`text` as E.164, None for what is no number. `country` (ISO 3166-1) reads numbers without a country code."""
    # Loaded by the first number: its tables take a moment.
    import phonenumbers

    try:
        number = phonenumbers.parse(text.partition(";")[0], country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    number.extension = None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
