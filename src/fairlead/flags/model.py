"""The flags of an address."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flags:
    """Facts of the address alone. `is_disposable` and `is_webmail` are never both true.

    `reason` is a sentence for a person where the format is not valid, empty otherwise; then all other flags are false.
    """

    is_valid_format: bool
    is_disposable: bool
    is_webmail: bool
    is_role: bool
    is_gibberish: bool
    reason: str = ""
