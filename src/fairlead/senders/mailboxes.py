"""Mailboxes are made and changed here. Each change of a connection puts in a check of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from fairlead.accounts import actions as accounts
from fairlead.db import Connection
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Priority
from fairlead.kit.refusals import Conflict, LimitReached
from fairlead.kit.text import address_key
from fairlead.senders import providers, store
from fairlead.senders.model import Auth, Mailbox, MailboxState, SentCopies, Settings
from fairlead.senders.secrets import SECRET
from fairlead.senders.settings import checked, checked_secret
from fairlead.senders.states import unknown
from fairlead.world import World

CHECK: Final = "mailbox.check"
"""The kind of job that tries a mailbox's servers; payload: `workspace_id`, `mailbox_id`."""


async def create(
    world: World,
    conn: Connection,
    workspace_id: int,
    settings: Settings,
    *,
    secret: str,
    auth: Auth = Auth.PASSWORD,
    now: datetime,
) -> Mailbox:
    """A mailbox, and a check of its servers soon.

    Raises `Invalid`, naming the field; `Conflict` when the workspace has one of this address; `LimitReached` when its
    plan allows no more.
    """
    settings = checked(settings, world.settings.allowed_networks)
    plan = (await accounts.account(conn, workspace_id)).plan
    if plan.mailboxes is not None and await store.count(conn, workspace_id) >= plan.mailboxes:
        raise LimitReached(
            "too_many_mailboxes", f"The plan {plan.title} has {plan.mailboxes} mailboxes at most.", field="address"
        )
    sealed = _sealed(world, secret, auth)
    values = _columns(settings) | _connection_columns(settings) | {
        "workspace_id": workspace_id,
        "auth": auth,
        "secret": sealed,
        "made_at": now,
        "changed_at": now,
    }  # fmt: skip
    made = await store.insert(conn, values)
    if made is None:
        raise _taken(settings.address)
    await check_soon(conn, made, now)
    return made


async def change(
    world: World,
    conn: Connection,
    workspace_id: int,
    mailbox_id: int,
    edit: Callable[[Settings], Settings],
    *,
    secret: str | None = None,
    auth: Auth | None = None,
    now: datetime,
) -> Mailbox:
    """The mailbox with its settings edited. Another connection or secret starts a check, and ends a state of error.

    Raises `NotFound`, and what `create` does. `conn` is in a transaction.
    """
    found = await store.mailboxes(conn, workspace_id, [mailbox_id], deleted=False, lock=True)
    if not found:
        raise unknown(mailbox_id)
    before = found[0]
    old = before.settings
    settings = checked(edit(old), world.settings.allowed_networks)
    if settings.address != old.address and old.login == old.address == settings.login:
        settings = replace(settings, login=settings.address)
    connects_anew = secret is not None or (settings.smtp, settings.imap, settings.login) != (
        old.smtp,
        old.imap,
        old.login,
    )
    values: dict[str, Any] = _columns(settings) | {"changed_at": now}
    if connects_anew:
        values |= _connection_columns(settings) | {"smtp_errors": [], "imap_errors": [], "checked_at": None}
        if before.state is MailboxState.ERROR:
            values |= {"state": MailboxState.ACTIVE, "state_reason": None}
    if secret is not None:
        chosen = auth or before.auth
        values |= {"secret": _sealed(world, secret, chosen), "auth": chosen, "access_token": None}
        values |= {"access_token_until": None}
    try:
        changed = await store.update(conn, workspace_id, mailbox_id, values, new_check=connects_anew)
    except store.AddressTaken:
        raise _taken(settings.address) from None
    if changed is None:
        raise unknown(mailbox_id)
    if connects_anew:
        await check_soon(conn, changed, now)
    return changed


async def find(conn: Connection, workspace_id: int, address: str) -> Mailbox | None:
    """The mailbox of an address, if the workspace has it."""
    try:
        key = address_key(address)
    except ValueError:
        return None
    return await store.find_by_address(conn, workspace_id, key)


async def check_soon(conn: Connection, mailbox: Mailbox, now: datetime) -> None:
    await jobs.enqueue(
        conn,
        CHECK,
        {"workspace_id": mailbox.workspace_id, "mailbox_id": mailbox.id},
        due_at=now,
        workspace_id=mailbox.workspace_id,
        priority=Priority.URGENT,
        once_key=f"mailbox {mailbox.id}",
    )


def _sealed(world: World, secret: str, auth: Auth) -> bytes:
    """Only what a person typed has to be looked at."""
    return world.keys.seal((checked_secret(secret) if auth is Auth.PASSWORD else secret).encode(), SECRET)


def _columns(settings: Settings) -> dict[str, Any]:
    ramp_up = settings.ramp_up
    return {
        "address": settings.address,
        "address_key": address_key(settings.address),
        "sender_name": settings.sender_name,
        "login": settings.login,
        "time_zone": settings.time_zone,
        "daily_limit": settings.daily_limit,
        "delay_min_seconds": settings.delay.min_seconds,
        "delay_max_seconds": settings.delay.max_seconds,
        "ramp_up_start": ramp_up.start if ramp_up else None,
        "ramp_up_step": ramp_up.step if ramp_up else None,
        "ramp_up_from": ramp_up.started_on if ramp_up else None,
        "signature_html": settings.signature_html,
        "reply_to": settings.reply_to,
        "bcc": list(settings.bcc),
        "tags": list(settings.tags),
    }


def _connection_columns(settings: Settings) -> dict[str, Any]:
    """The servers, and what is believed of them until they were asked."""
    smtp, imap = settings.smtp, settings.imap
    provider = providers.by_host(smtp.host)
    return {
        "smtp_host": smtp.host,
        "smtp_port": smtp.port,
        "smtp_encryption": smtp.encryption,
        "imap_host": imap.host if imap else None,
        "imap_port": imap.port if imap else None,
        "imap_encryption": imap.encryption if imap else None,
        "smtp_status": "pending",
        "imap_status": "pending" if imap else None,
        "provider": providers.first(provider),
        "sent_copies": providers.copies(provider, smtp, has_sent_folder=True) if imap else SentCopies.NONE,
    }


def _taken(address: str) -> Conflict:
    return Conflict("mailbox_exists", f"{address} is connected already.", field="address")
