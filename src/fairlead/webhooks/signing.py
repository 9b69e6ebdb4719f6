"""Signatures of the Standard Webhooks specification, version 1: HMAC-SHA256 over id, time and body."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from random import Random

SECRET_BYTES = 32
PREFIX = "whsec_"


def new_secret(random: Random) -> bytes:
    return random.randbytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """The form in which receivers' libraries take it."""
    return PREFIX + base64.b64encode(secret).decode()


def headers(message_id: str, at: datetime, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers. With two secrets a receiver that knows either is satisfied.

    `at` is real time: receivers refuse what is older than a few minutes.
    """
    seconds = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    signatures = (base64.b64encode(hmac.digest(secret, signed, "sha256")).decode() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
