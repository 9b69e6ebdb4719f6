"""Endpoint 1: a token for a client's id and secret. And where the token of every other request is found."""

from fairlead.accounts import actions as accounts
from fairlead.accounts.model import Caller
from fairlead.db import Connection
from fairlead.http.params import Params
from fairlead.http.request import Answer, Request
from fairlead.http.snov import refusals
from fairlead.kit.refusals import LimitReached, NotAllowed
from fairlead.world import World

GRANT = "client_credentials"
# Longer texts in place of a credential are noise, and are not worth hashing.
LONGEST_CREDENTIAL = 200


async def access_token(world: World, request: Request, params: Params) -> Answer:
    if params.text("grant_type") != GRANT:
        return Answer(400, {"error": "unsupported_grant_type", "message": f"grant_type must be {GRANT}"})
    try:
        async with world.db.statement() as conn:
            given = await accounts.sign_in(
                world,
                conn,
                client_id=(params.text("client_id") or "")[:LONGEST_CREDENTIAL],
                secret=(params.text("client_secret") or "")[:LONGEST_CREDENTIAL],
                address=request.address,
            )
    except NotAllowed as refusal:
        return Answer(401, {"error": refusal.code, "message": refusal.sentence})
    except accounts.RateLimited:
        raise
    except LimitReached as refusal:
        return Answer(429, refusal.sentence, refusals.retry_after(refusal))
    return Answer(200, {"access_token": given.token, "token_type": "Bearer", "expires_in": given.expires_in})


def header_token(request: Request) -> str | None:
    """The token of the header, with its scheme or without one (contract 2.2); None where there is none.

    The other place is the parameter `access_token`: it is taken out of the others, never a business parameter
    and never shown again.
    """
    header = request.headers.get(b"authorization", b"").decode("latin-1").strip()
    scheme, _, rest = header.partition(" ")
    token = rest.strip() if scheme.lower() == "bearer" else header
    return token or None


async def caller(world: World, conn: Connection, token: str | None) -> Caller | None:
    """Who is asking, counted against the limit of their workspace. Raises `RateLimited`."""
    if token is None or len(token) > LONGEST_CREDENTIAL:
        return None
    return await accounts.caller_by_token(world, conn, token)
