"""TLS as a client: who is believed."""

import ssl
from pathlib import Path

from fairlead.kit.refusals import CannotStart
from fairlead.settings import Settings


def client_context(extra_ca: Path | None = None) -> ssl.SSLContext:
    """A context that believes the authorities of the system and those in the PEM file `extra_ca`.

    Reads files: make one and keep it. Raises `CannotStart` where the file cannot be used.
    """
    context = ssl.create_default_context()
    if extra_ca is not None:
        try:
            context.load_verify_locations(extra_ca)
        except OSError as error:  # ssl.SSLError is one, too
            raise CannotStart(
                f"FAIRLEAD_EXTRA_CA names {extra_ca}, which does not hold certificates in PEM form: {error}."
            ) from error
    return context


def tls_context(settings: Settings) -> ssl.SSLContext:
    return client_context(settings.extra_ca)
