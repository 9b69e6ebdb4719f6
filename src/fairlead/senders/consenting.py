"""From a person's consent to a mailbox that sends by it, and the tokens that come of it for as long as it lasts."""

from dataclasses import replace
from typing import Final

from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, LimitReached
from fairlead.net.mail_login import NotConnected, Token, Trouble
from fairlead.senders import mailboxes, oauth, store
from fairlead.senders.model import Auth, ConsentProvider, Mailbox, Settings
from fairlead.senders.secrets import ACCESS_TOKEN, SECRET
from fairlead.senders.states import mailbox as mailbox_of
from fairlead.senders.states import pause
from fairlead.world import World

# Machine time: longer than one question to a provider takes.
RENEWAL_SECONDS: Final = 30.0
RENEWAL_POLL_SECONDS: Final = 0.1
RENEWAL_POLLS: Final = round(RENEWAL_SECONDS / RENEWAL_POLL_SECONDS) + 1

AGAIN: Final = "connect it again with: fairlead mailbox connect {provider} --address {address}"


async def connect(
    world: World, workspace_id: int, settings: Settings, *, app: oauth.App, code: str, redirect_uri: str, verifier: str
) -> Mailbox:
    """The mailbox of an address, made or connected anew with the code that came back from the provider.

    An existing one keeps its other settings. Raises what `mailboxes.create` does, `Conflict` where the provider gives
    no lasting access, and `LimitReached` where it cannot be asked now.
    """
    granted = await oauth.exchange_code(world, app, code=code, redirect_uri=redirect_uri, verifier=verifier)
    match granted:
        case oauth.Revoked(sentence=sentence):
            raise Conflict("consent_refused", sentence, field="code")
        case oauth.Unanswered(sentence=sentence):
            raise LimitReached("no_answer", sentence)
        case oauth.Tokens(refresh_token=None):
            raise Conflict("no_refresh_token", f"{app.provider.named} gave access for an hour only, not for longer.")
        case oauth.Tokens(refresh_token=refresh_token) as tokens:
            assert refresh_token is not None
            secret = oauth.Consent(app.provider.value, refresh_token).text()
    now = world.clock.now()
    async with world.db.transaction() as conn:
        known = await mailboxes.find(conn, workspace_id, settings.address)
        if known is None:
            made = await mailboxes.create(
                world, conn, workspace_id, settings, secret=secret, auth=Auth.OAUTH, now=now
            )
        else:
            made = await mailboxes.change(
                world,
                conn,
                workspace_id,
                known.id,
                lambda before: replace(before, smtp=settings.smtp, imap=settings.imap, login=settings.login),
                secret=secret,
                auth=Auth.OAUTH,
                now=now,
            )
        kept = await store.secrets(conn, workspace_id, made.id)
        assert kept is not None
        await _keep(world, conn, made, kept.secret, tokens)
        await store.name_provider(conn, workspace_id, made.id, app.provider.mail_provider)
        return await mailbox_of(conn, workspace_id, made.id)


async def token_of(world: World, mailbox: Mailbox, *, fresh: bool = False) -> Token | NotConnected:
    """An access token that lasts for a while, renewed where it has to be; `fresh` asks for another one anyway.

    A consent that was taken back puts the mailbox into the state of error, with what to do.
    """
    refused: bytes | None = None  # the token that is not wanted any more
    for _ in range(RENEWAL_POLLS):
        async with world.db.statement() as conn:
            kept = await store.secrets(conn, mailbox.workspace_id, mailbox.id)
            if kept is None:
                return NotConnected(Trouble.SWITCHED_OFF, f"The mailbox {mailbox.address} was removed.")
            refused = kept.access_token if fresh and refused is None else refused
            if kept.access_token != refused and (known := _known(world, kept)) is not None:
                return Token(mailbox.login, known)
            claimed = await store.claim_renewal(conn, mailbox.workspace_id, mailbox.id, seconds=RENEWAL_SECONDS)
        if claimed:
            return await _renewed(world, mailbox, kept)
        # Another process is at it.
        await world.timer.sleep(RENEWAL_POLL_SECONDS)
    return NotConnected(Trouble.LATER, f"Another token for {mailbox.address} is long in coming.", True)


async def _renewed(world: World, mailbox: Mailbox, kept: store.Secrets) -> Token | NotConnected:
    """Asks the provider. The caller has claimed the renewal."""
    try:
        consent = oauth.Consent.of(world.keys.open(kept.secret, SECRET).decode())
        app = oauth.app(world.settings, ConsentProvider(consent.provider))
        granted = await oauth.renew(world, app, consent.refresh_token)
        match granted:
            case oauth.Tokens() as tokens:
                async with world.db.transaction() as conn:
                    await _keep(world, conn, mailbox, kept.secret, tokens)
                return Token(mailbox.login, tokens.access_token)
            case oauth.Unanswered(sentence=sentence):
                return NotConnected(Trouble.LATER, sentence, True)
            case oauth.Revoked(sentence=sentence):
                return await _revoked(world, mailbox, kept, consent.provider, sentence)
    except Invalid as refusal:  # the app was taken out of the settings
        return NotConnected(Trouble.TOKEN, refusal.sentence, True)
    finally:
        async with world.db.statement() as conn:
            await store.release_renewal(conn, mailbox.workspace_id, mailbox.id)


def _known(world: World, kept: store.Secrets) -> str | None:
    if kept.access_token is None or kept.access_token_until is None:
        return None
    left = (kept.access_token_until - kept.machine_now).total_seconds()
    return world.keys.open(kept.access_token, ACCESS_TOKEN).decode() if left > oauth.MARGIN_SECONDS else None


async def _keep(world: World, conn: Connection, mailbox: Mailbox, old: bytes, tokens: oauth.Tokens) -> None:
    secret = old
    if tokens.refresh_token is not None:
        consent = oauth.Consent.of(world.keys.open(old, SECRET).decode())
        if consent.refresh_token != tokens.refresh_token:
            fresh = oauth.Consent(consent.provider, tokens.refresh_token).text()
            secret = world.keys.seal(fresh.encode(), SECRET)
    await store.keep_tokens(
        conn,
        mailbox.workspace_id,
        mailbox.id,
        old_secret=old,
        secret=secret,
        access_token=world.keys.seal(tokens.access_token.encode(), ACCESS_TOKEN),
        lives_seconds=tokens.lives_seconds,
    )


async def _revoked(
    world: World, mailbox: Mailbox, kept: store.Secrets, provider: str, sentence: str
) -> NotConnected:
    reason = f"{sentence}; {AGAIN.format(provider=provider, address=mailbox.address)}"
    async with world.db.transaction() as conn:
        now_kept = await store.secrets(conn, mailbox.workspace_id, mailbox.id, lock=True)
        if now_kept is not None and now_kept.secret == kept.secret:  # not connected anew meanwhile
            await pause(
                conn, mailbox.workspace_id, mailbox.id, reason=reason, now=world.clock.now(), by_fault=True
            )
    return NotConnected(Trouble.TOKEN, reason)
