"""Access to mailboxes by consent in place of a password: OAuth 2 with the user's own app at Google or Microsoft.

Sources: RFC 6749 (code and refresh), 7636 (PKCE), 8252 (programs on a person's own machine).
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

import msgspec

from fairlead import __version__
from fairlead.kit.refusals import Invalid
from fairlead.net.errors import NetworkFailure
from fairlead.net.fetch import Limits
from fairlead.net.mail_login import said
from fairlead.senders.model import ConsentProvider
from fairlead.settings import Settings
from fairlead.world import World

USER_AGENT: Final = f"fairlead/{__version__}"
LIMITS: Final = Limits(total_seconds=20.0, redirects=0, body_bytes=100_000)
# Machine time: an access token that ends sooner is renewed first, so that none ends within a session's opening.
MARGIN_SECONDS: Final = 300.0
DEFAULT_LIFE_SECONDS: Final = 3600.0
LONGEST_LIFE_SECONDS: Final = 86_400.0
# RFC 6749, 5.2: the consent is over. Others may be a bad day, or a setting of the app that somebody puts right.
FINAL_ERRORS: Final = ("invalid_grant", "interaction_required", "consent_required")


@dataclass(frozen=True)
class App:
    """The user's own app, registered with a provider."""

    provider: ConsentProvider
    client_id: str
    client_secret: str | None = field(repr=False)
    authorize_url: str
    token_url: str
    scope: str
    extra: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Tokens:
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    lives_seconds: float


@dataclass(frozen=True)
class Revoked:
    """The provider gives no more tokens for this consent: a person has to give it anew."""

    sentence: str


@dataclass(frozen=True)
class Unanswered:
    """Nothing is wrong with the consent; the provider could not be asked."""

    sentence: str


Granted: TypeAlias = Tokens | Revoked | Unanswered


class Consent(msgspec.Struct):
    """What is kept, sealed, in place of a password."""

    provider: str
    refresh_token: str

    def text(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def of(cls, text: str) -> "Consent":
        return msgspec.json.decode(text.encode(), type=cls)


def app(settings: Settings, provider: ConsentProvider) -> App:
    """Raises `Invalid` with what to set where the app is not known."""
    match provider:
        case ConsentProvider.GOOGLE:
            found = App(
                provider,
                settings.google_client_id or "",
                settings.google_client_secret,
                settings.google_authorize_url,
                settings.google_token_url,
                "https://mail.google.com/",
                # A refresh token comes with the first consent only, unless both are asked for.
                (("access_type", "offline"), ("prompt", "consent")),
            )
        case ConsentProvider.MICROSOFT:
            found = App(
                provider,
                settings.microsoft_client_id or "",
                settings.microsoft_client_secret,
                settings.microsoft_authorize_url,
                settings.microsoft_token_url,
                "https://outlook.office.com/SMTP.Send https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
                (("prompt", "select_account"),),
            )
    if not found.client_id:
        name = f"FAIRLEAD_{provider.upper()}_CLIENT_ID"
        raise Invalid("no_app", f"{name} is not set: it names your own app at {provider.named}.", field="provider")
    return found


def authorization_url(app: App, *, redirect_uri: str, state: str, verifier: str, address: str) -> str:
    """Where a person gives consent. `state` and `verifier` are random and kept until the code comes."""
    digest = hashlib.sha256(verifier.encode()).digest()
    words = {
        "client_id": app.client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": app.scope,
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "login_hint": address,
        **dict(app.extra),
    }
    return f"{app.authorize_url}?{urlencode(words)}"


async def exchange_code(world: World, app: App, *, code: str, redirect_uri: str, verifier: str) -> Granted:
    return await _ask(
        world,
        app,
        {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier},
    )


async def renew(world: World, app: App, refresh_token: str) -> Granted:
    return await _ask(world, app, {"grant_type": "refresh_token", "refresh_token": refresh_token})


async def _ask(world: World, app: App, words: Mapping[str, str]) -> Granted:
    secret = {"client_secret": app.client_secret} if app.client_secret else {}
    body = urlencode({**words, "client_id": app.client_id, **secret}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    title = app.provider.named
    try:
        answer = await world.fetch.request(
            "POST", app.token_url, user_agent=USER_AGENT, headers=headers, body=body, limits=LIMITS
        )
    except NetworkFailure as failure:
        return Unanswered(f"{title} could not be asked for a token: {failure}")
    try:
        found: Any = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if not isinstance(found, dict):
        return Unanswered(f"{title} answered {answer.status} and no token.")
    if answer.status == 200 and isinstance(token := found.get("access_token"), str) and token:
        refresh = found.get("refresh_token")
        return Tokens(token, refresh if isinstance(refresh, str) and refresh else None, _life(found.get("expires_in")))
    error = found.get("error")
    told = said(str(found.get("error_description") or error or answer.status))
    if error in FINAL_ERRORS:
        return Revoked(f"{title} gives no more access to this mailbox: {told}")
    return Unanswered(f"{title} gave no token: {told}")


def _life(value: object) -> float:
    """Seconds, from a number or, as some servers write it, from digits in quotes."""
    if isinstance(value, str) and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return DEFAULT_LIFE_SECONDS
    return min(float(value), LONGEST_LIFE_SECONDS)
