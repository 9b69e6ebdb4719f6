"""Meetings booked in Calendly, as its webhook tells of them.

Source: developer.calendly.com, "Webhook signatures" (header `Calendly-Webhook-Signature: t=<seconds>,v1=<hex>`, the
HMAC-SHA256 of `t`, a dot and the body) and "invitee.created".
"""

import hashlib
import hmac
import json
import re
from enum import StrEnum
from typing import Any, Final

from fairlead.campaigns.enrollments.model import Signal
from fairlead.campaigns.enrollments.stopping import note_signal
from fairlead.campaigns.store import calendly as store
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import address_key
from fairlead.kit.tokens import new_token
from fairlead.world import World

BOOKED: Final = "calendly_booked"
PATH: Final = "/calendly/"
TOLERATED_SECONDS: Final = 180
"""What Calendly recommends against replays."""
MOST_BODY: Final = 200_000
_SEAL: Final = "calendly signing key"
_TOKEN: Final = re.compile(r"[A-Za-z0-9]{32}")


class Heard(StrEnum):
    """What became of a delivery."""

    TAKEN = "taken"
    PASSED_OVER = "passed_over"  # it tells of something else, or again
    REFUSED = "refused"  # nobody's address, or not signed with the key


async def connect(world: World, conn: Connection, workspace_id: int, signing_key: str) -> str:
    """The address to give to Calendly. A new key replaces the old one, and the address stays."""
    key = signing_key.strip()
    if not 8 <= len(key) <= 500 or not key.isascii():
        raise Invalid("bad_key", "A signing key has 8 to 500 ASCII characters.", field="signing_key")
    token = await store.put_hook(
        conn,
        workspace_id,
        token=new_token(world.random, 32),
        signing_key=world.keys.seal(key.encode(), _SEAL),
        now=world.clock.now(),
    )
    return f"{world.public_url.rstrip('/')}{PATH}{token}"


async def hear(world: World, token: str, body: bytes, signature: str) -> Heard:
    """Takes in a delivery: the booking is a fact, and whoever waits for it moves on."""
    if not _TOKEN.fullmatch(token):
        return Heard.REFUSED
    async with world.db.transaction() as conn:
        hook = await store.find_hook(conn, token)
        if hook is None:
            return Heard.REFUSED
        key = world.keys.open(hook.signing_key, _SEAL)
        if not signed(key, body, signature, now_seconds=hook.seconds):
            return Heard.REFUSED
        address, booking = _booking(body)
        if address is None or not await store.note_booking(conn, hook.workspace_id, booking, now=world.clock.now()):
            return Heard.PASSED_OVER
        now = world.clock.now()
        found = await store.enrollments_of(conn, hook.workspace_id, address)
        await events.record(
            conn, hook.workspace_id, BOOKED, now, email=address, enrollment_ids=[one for _, one in found]
        )
        for campaign_id, enrollment_id in found:
            await note_signal(conn, hook.workspace_id, campaign_id, enrollment_id, Signal.BOOKED, at=now, now=now)
    return Heard.TAKEN


def signed(key: bytes, body: bytes, signature: str, *, now_seconds: float) -> bool:
    """Whether the header proves that whoever has the key wrote this body just now."""
    parts = dict(part.strip().partition("=")[::2] for part in signature[:1_000].split(","))
    at, given = parts.get("t", ""), parts.get("v1", "")
    if not at.isascii() or not at.isdecimal() or len(at) > 15 or not given.isascii():
        return False
    expected = hmac.new(key, at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, given.lower()) and abs(now_seconds - int(at)) <= TOLERATED_SECONDS


def _booking(body: bytes) -> tuple[str | None, bytes]:
    """(who booked, what names the booking), the first None where the delivery tells of something else."""
    try:
        told: Any = json.loads(body)
        if told["event"] != "invitee.created":
            return None, b""
        payload = told["payload"]
        return address_key(str(payload["email"])), hashlib.sha256(str(payload.get("uri") or body).encode()).digest()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, b""
