"""`POST /calendly/<token>`: what Calendly tells of."""

from typing import Final

from fairlead.campaigns import calendly
from fairlead.http.request import BodyTooLarge, BodyTooSlow, Receive, Scope, Send, header, read_body, send_bytes
from fairlead.world import World

STATUSES: Final = {calendly.Heard.TAKEN: 200, calendly.Heard.PASSED_OVER: 200, calendly.Heard.REFUSED: 403}
TEXT: Final = b"text/plain; charset=utf-8"


async def answer(world: World, scope: Scope, receive: Receive, send: Send) -> int:
    """Says nothing about why it was refused: who knows the key does not need it, and others are not told."""
    status = 405
    if scope["method"] == "POST":
        try:
            body = await read_body(scope, receive, calendly.MOST_BODY)
        except BodyTooLarge:
            status = 413
        except BodyTooSlow:
            status = 408
        else:
            signature = (header(scope, b"calendly-webhook-signature") or b"").decode("latin-1")
            token = scope["path"].removeprefix(calendly.PATH)
            status = STATUSES[await calendly.hear(world, token, body, signature)]
    await send_bytes(send, status, b"", TEXT)
    return status
