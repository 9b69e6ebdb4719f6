"""API clients, their tokens, keys; who is calling; limits on asking too often."""

import hmac
from dataclasses import dataclass

from fairlead.accounts import store
from fairlead.accounts.model import ApiKey, Caller, ClientCredentials, Dialect, MemberId
from fairlead.accounts.plans import Plan
from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, LimitReached, NotAllowed, NotFound
from fairlead.kit.tokens import HEX, fingerprint, new_token
from fairlead.world import World

TOKEN_LIFE_SECONDS = 3600
TOKEN_LENGTH = 40
CLIENT_ID_LENGTH = 32
KEY_PREFIX = "flk_"
KEY_HINT_LENGTH = len(KEY_PREFIX) + 8

MINUTE = 60
FAILURES_PER_CLIENT = 10
FAILURES_PER_ADDRESS = 30
HOUR = 3600


class RateLimited(LimitReached):
    """The workspace asks too often."""


@dataclass(frozen=True)
class AccessToken:
    token: str
    expires_in: int


async def create_client(
    world: World, conn: Connection, workspace_id: int, member_id: int, dialect: Dialect
) -> ClientCredentials:
    """The secret is stored hashed: this is the only time it is seen."""
    credentials = ClientCredentials(
        new_token(world.random, CLIENT_ID_LENGTH, HEX), new_token(world.random, CLIENT_ID_LENGTH, HEX)
    )
    await store.insert_client(
        conn,
        workspace_id=workspace_id,
        member_id=member_id,
        client_id=credentials.client_id,
        secret_hash=fingerprint(credentials.client_secret),
        dialect=dialect,
        now=world.clock.now(),
    )
    return credentials


async def revoke_client(world: World, conn: Connection, workspace_id: int, client_id: str) -> None:
    """Ends the client and, with it, every token it was given, at once."""
    if not await store.revoke_client(conn, workspace_id=workspace_id, client_id=client_id, now=world.clock.now()):
        raise NotFound("unknown_client", f"There is no client {client_id} in this workspace.", field="client_id")


async def create_key(world: World, conn: Connection, workspace_id: int, member_id: int) -> str:
    key = KEY_PREFIX + new_token(world.random, TOKEN_LENGTH)
    await store.insert_key(
        conn,
        workspace_id=workspace_id,
        member_id=MemberId(member_id),
        key_hash=fingerprint(key),
        hint=key[:KEY_HINT_LENGTH],
        now=world.clock.now(),
    )
    return key


async def keys(conn: Connection, workspace_id: int) -> list[ApiKey]:
    return await store.keys(conn, workspace_id)


async def revoke_key(world: World, conn: Connection, workspace_id: int, key_or_hint: str) -> None:
    hint = key_or_hint[:KEY_HINT_LENGTH]
    if not await store.revoke_keys(conn, workspace_id=workspace_id, hint=hint, now=world.clock.now()):
        raise NotFound("unknown_key", f"There is no key {hint}... in this workspace.", field="key")


async def sign_in(world: World, conn: Connection, *, client_id: str, secret: str, address: str) -> AccessToken:
    """A token of an hour for a client that knows its secret.

    Raises `NotAllowed` for wrong credentials and `LimitReached` after too many of them, by client and by
    network address; neither counts against the workspace. A right request counts like any other. `conn` is
    outside a transaction, so that a counted failure stays counted.
    """
    failures = _failure_windows(client_id, address)
    for subject, limit in failures:
        used, seconds_left = await store.window(conn, subject, seconds=MINUTE)
        if used >= limit:
            raise _too_many_failures(seconds_left)
    found = await store.find_client(conn, client_id) if client_id else None
    if found is None or not hmac.compare_digest(found[2], fingerprint(secret)):
        for subject, limit in failures:
            used, seconds_left = await store.tick(conn, subject, by=1, seconds=MINUTE)
            if used > limit:  # guesses made at the same moment all saw the window before it was full
                raise _too_many_failures(seconds_left)
        raise NotAllowed("invalid_client", "Client authentication failed")
    api_client_id, workspace_id, _, rate_limit = found
    if rate_limit is not None and world.settings.rate_limit:
        used, seconds_left = await store.tick(conn, f"workspace {workspace_id}", by=1, seconds=MINUTE)
        _refuse_over(rate_limit, used, seconds_left)
    token = new_token(world.random, TOKEN_LENGTH)
    await store.insert_token(
        conn,
        token_hash=fingerprint(token),
        api_client_id=api_client_id,
        workspace_id=workspace_id,
        life_seconds=TOKEN_LIFE_SECONDS,
    )
    return AccessToken(token, TOKEN_LIFE_SECONDS)


def _failure_windows(client_id: str, address: str) -> list[tuple[str, int]]:
    # The client id is a stranger's text: hashed, it cannot grow the table's rows.
    return [
        (f"client {fingerprint(client_id).hex()}", FAILURES_PER_CLIENT),
        (f"address {address}", FAILURES_PER_ADDRESS),
    ]


def _too_many_failures(seconds_left: float) -> LimitReached:
    return LimitReached(
        "too_many_failures",
        "Too many failed sign-ins; try again in a minute.",
        retry_after_seconds=_whole_seconds(seconds_left),
    )


async def caller_by_token(world: World, conn: Connection, token: str) -> Caller | None:
    """Who holds this token, counted as one request. Raises `RateLimited`.

    `conn` is outside a transaction: the count must stay when the request fails.
    """
    return await _caller(world, conn, "token", token)


async def caller_by_key(world: World, conn: Connection, key: str) -> Caller | None:
    """Like `caller_by_token`, for an API key."""
    return await _caller(world, conn, "key", key)


async def _caller(world: World, conn: Connection, way: str, secret: str) -> Caller | None:
    found = await store.find_caller(
        conn, way=way, secret_hash=fingerprint(secret), counted=world.settings.rate_limit
    )
    if found is None:
        return None
    if found.limit is not None and world.settings.rate_limit:
        _refuse_over(found.limit, found.used, found.seconds_left)
    return found.caller


def _refuse_over(limit: int, used: int, seconds_left: float) -> None:
    if used > limit:
        raise RateLimited(
            "rate_limited",
            f"The API rate is limited to {limit} requests per minute",
            retry_after_seconds=_whole_seconds(seconds_left),
        )


def _whole_seconds(seconds: float) -> int:
    return max(1, int(seconds) + 1)


async def use_hourly(conn: Connection, workspace_id: int, *, plan: Plan, what: str, by: int) -> None:
    """Counts `by` against the hourly limit of the plan (contract 2.8): `what` is 'finder' or 'verifier'.

    Raises `LimitReached` and counts nothing when they do not all fit. `conn` is inside a transaction.
    """
    limit = plan.finder_requests_per_hour if what == "finder" else plan.verified_emails_per_hour
    if limit is None:
        return
    used, seconds_left = await store.tick(conn, f"{what} {workspace_id}", by=by, seconds=HOUR)
    if used > limit:
        await store.tick(conn, f"{what} {workspace_id}", by=-by, seconds=HOUR)
        raise LimitReached(
            "hourly_limit",
            "There are too many prospects processing. Please try later",
            retry_after_seconds=_whole_seconds(seconds_left),
        )


async def forget_old_access(conn: Connection) -> None:
    """Drops tokens that have ended and windows that are over, by machine time."""
    await store.drop_old_tokens(conn)
    await store.drop_old_windows(conn)


def require_team_view(caller: Caller) -> None:
    """Raises `NotAllowed` unless the plan and the caller's role let them see records of others."""
    if not (caller.account.plan.team_views and caller.sees_all):
        raise NotAllowed("no_team_view", "Your plan or role does not allow viewing records of the team.")


def dialect(name: str) -> Dialect:
    try:
        return Dialect(name)
    except ValueError:
        raise Conflict("unknown_dialect", f"There is no dialect {name!r}.", field="dialect") from None
