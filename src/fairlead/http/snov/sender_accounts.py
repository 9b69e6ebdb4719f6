"""Endpoints 28 to 31: the mailboxes mail is sent from. Contract section 9."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from fairlead.http.params import Params, missing
from fairlead.http.request import Answer
from fairlead.http.snov import refusals, time_zones
from fairlead.http.snov.dialect import Ask, connects_by_itself, routing, validation
from fairlead.kit.refusals import Conflict, Invalid, LimitReached
from fairlead.senders import actions as senders
from fairlead.senders.model import (
    Auth,
    Check,
    CheckStatus,
    Delay,
    Encryption,
    Mailbox,
    MailboxState,
    ServerAddress,
    Settings,
)

DEFAULT_DELAY: Final = Delay(600, 900)
DEFAULT_FIXED_SECONDS: Final = 600
ENCRYPTIONS: Final = {"ssl": Encryption.SSL, "tls": Encryption.STARTTLS, "none": Encryption.NONE}
ENCRYPTION_WORDS: Final = {encryption: word for word, encryption in ENCRYPTIONS.items()}
FIELDS: Final = {
    "address": "email_from",
    "bcc": "bcc_email",
    "daily_limit": "limitation",
    "delay.max_seconds": "delay_to",
    "delay.min_seconds": "delay_from",
    "time_zone": "timezoneId",
}
INPUTS: Final = (
    "sender_name", "email_from", "password", "smtp", "imap", "reply_to", "limitation", "delay_type", "delay_fixed",
    "delay_from", "delay_to", "signature", "bcc_email", "tags", "timezoneId",
)  # fmt: skip
# Those a null takes away.
CLEARED_BY_NULL: Final = ("reply_to", "signature", "bcc_email", "tags")


async def add_account(ask: Ask) -> dict[str, Any] | Answer:
    params, now = ask.params, ask.world.clock.now()
    try:
        blank = Settings(params.required_text("email_from").strip(), params.required_text("sender_name"), _NOWHERE)
        smtp = _server(params, "smtp")
        if smtp is None:
            raise missing("smtp")
        settings = _edited(replace(blank, smtp=smtp), params)
        async with ask.conn.transaction():
            made = await senders.create(
                ask.world, ask.conn, ask.workspace_id, settings, secret=_password(params), now=now
            )
    except (Invalid, Conflict) as refusal:
        return refusals.invalid(refusal, FIELDS | _delay_fields(params))
    except LimitReached as refusal:
        return routing(403, refusal.sentence)
    return {"data": _account(made) | {"created_at": _moment(made.made_at)}}


async def accounts(ask: Ask) -> dict[str, Any]:
    return {"data": [_listed(mailbox) for mailbox in await senders.mailboxes(ask.conn, ask.workspace_id)]}


async def change_account(ask: Ask) -> dict[str, Any] | Answer:
    params, now, text = ask.params, ask.world.clock.now(), ask.path["id"]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return routing(404, refusals.NOT_FOUND)
    async with ask.conn.transaction():
        await senders.mailbox(ask.conn, ask.workspace_id, int(text))
    if not any(name in params for name in INPUTS) and not any(params.is_null(name) for name in CLEARED_BY_NULL):
        return validation("request", "At least one field is required.")
    try:
        secret = _password(params) if "password" in params else None
        async with ask.conn.transaction():
            changed = await senders.change(
                ask.world,
                ask.conn,
                ask.workspace_id,
                int(text),
                lambda settings: _edited(settings, params),
                secret=secret,
                auth=Auth.PASSWORD if secret is not None else None,
                now=now,
            )
    except (Invalid, Conflict) as refusal:
        return refusals.invalid(refusal, FIELDS | _delay_fields(params))
    return {"data": _account(changed) | {"updated_at": _moment(changed.changed_at)}}


@connects_by_itself
async def account_status(ask: Ask) -> dict[str, Any]:
    mailbox_id = ask.params.required_integer("sender_account_id", least=1)
    mailbox = await senders.up_to_date(ask.world, ask.workspace_id, mailbox_id)
    imap = mailbox.imap_check
    return {"data": {"smtp": _checked(mailbox.smtp_check), "imap": None if imap is None else _checked(imap)}}


# In.


def _edited(settings: Settings, params: Params) -> Settings:
    """`settings` with what the parameters say, each absent one left as it is."""
    changes: dict[str, Any] = {}
    for name, ours in (("sender_name", "sender_name"), ("email_from", "address"), ("reply_to", "reply_to")):
        if name in params:
            changes[ours] = params.required_text(name).strip()
    if "smtp" in params:
        changes["smtp"] = _server(params, "smtp")
    if "imap" in params:
        changes["imap"] = _server(params, "imap")
    if (limit := params.integer("limitation")) is not None:
        changes["daily_limit"] = limit
    if (delay := _delay(settings, params)) is not None:
        changes["delay"] = delay
    if "signature" in params:
        changes["signature_html"] = params.text("signature")
    if "bcc_email" in params:
        changes["bcc"] = (params.required_text("bcc_email").strip(),)
    if tags := params.texts("tags"):
        changes["tags"] = tuple(tags)
    if (zone_id := params.integer("timezoneId")) is not None:
        changes["time_zone"] = time_zones.name_of_id(zone_id, "timezoneId")
    for name, ours, empty in (("reply_to", "reply_to", None), ("signature", "signature_html", None),
                              ("bcc_email", "bcc", ()), ("tags", "tags", ())):  # fmt: skip
        if params.is_null(name):
            changes[ours] = empty
    return replace(settings, **changes)


def _server(params: Params, name: str) -> ServerAddress | None:
    given = params.nested(name)
    if given is None:
        return None
    for part in ("host", "port", "encryption"):
        if part not in given:
            raise missing(f"{name}.{part}")
    word = given.required_text("encryption").strip().lower()
    if word not in ENCRYPTIONS:
        raise Invalid("bad_encryption", f"The {name}.encryption must be ssl, tls or none.", field=f"{name}.encryption")
    try:
        port = given.required_integer("port", least=1, most=65535)
    except Invalid as refusal:
        sentence = refusal.sentence.replace("The port", f"The {name}.port")
        raise Invalid(refusal.code, sentence, field=f"{name}.port") from None
    return ServerAddress(given.required_text("host").strip(), port, ENCRYPTIONS[word])


def _delay(settings: Settings, params: Params) -> Delay | None:
    """None where nothing is said of it."""
    kind = (params.text("delay_type") or "").strip().lower()
    fixed, least, most = (params.integer(name) for name in ("delay_fixed", "delay_from", "delay_to"))
    if kind not in ("", "fixed", "random"):
        raise Invalid("bad_delay_type", "The delay_type must be fixed or random.", field="delay_type")
    if not kind and (fixed, least, most) == (None, None, None):
        return None
    if kind == "fixed" or (not kind and settings.delay.is_fixed and least is None and most is None):
        seconds = fixed if fixed is not None else _fixed_before(settings)
        return Delay(seconds, seconds)
    before = DEFAULT_DELAY if settings.delay.is_fixed else settings.delay
    delay = Delay(before.min_seconds if least is None else least, before.max_seconds if most is None else most)
    if delay.max_seconds <= delay.min_seconds:
        raise Invalid("bad_delay", "The delay_to must be above the delay_from.", field="delay_to")
    return delay


def _fixed_before(settings: Settings) -> int:
    return settings.delay.min_seconds if settings.delay.is_fixed else DEFAULT_FIXED_SECONDS


def _delay_fields(params: Params) -> dict[str, str]:
    fixed = (params.text("delay_type") or "").strip().lower() == "fixed"
    return {"delay.min_seconds": "delay_fixed", "delay.max_seconds": "delay_fixed"} if fixed else {}


def _password(params: Params) -> str:
    password = params.text("password")
    if password is None:
        raise missing("password")
    return password


_NOWHERE: Final = ServerAddress("", 0, Encryption.NONE)


# Out.


def _account(mailbox: Mailbox) -> dict[str, Any]:
    """The object of 28 and 30, without its dates."""
    return {
        "id": mailbox.id,
        "sender_name": mailbox.sender_name,
        "email_from": mailbox.address,
        "smtp": _server_shown(mailbox.smtp, mailbox.smtp_check),
        "imap": None if mailbox.imap is None else _server_shown(mailbox.imap, mailbox.imap_check),
        "limitation": mailbox.daily_limit,
        **_delay_shown(mailbox.delay),
        "reply_to": mailbox.reply_to,
        "signature": mailbox.signature_html,
        "bcc_email": mailbox.bcc[0] if mailbox.bcc else None,
        "tags": list(mailbox.tags),
        "timezoneId": time_zones.id_of_name(mailbox.time_zone),
    }


def _server_shown(server: ServerAddress, check: Check | None) -> dict[str, Any]:
    status = CheckStatus.PENDING if check is None else check.status
    return {
        "host": server.host,
        "port": server.port,
        "encryption": ENCRYPTION_WORDS[server.encryption],
        "status": status.value,
    }


def _delay_shown(delay: Delay) -> dict[str, Any]:
    if delay.is_fixed:
        return {"delay_type": "fixed", "delay_fixed": delay.min_seconds}
    return {"delay_type": "random", "delay_from": delay.min_seconds, "delay_to": delay.max_seconds}


def _listed(mailbox: Mailbox) -> dict[str, Any]:
    imap = mailbox.imap_check
    return {
        "id": mailbox.id,
        "sender_name": mailbox.sender_name,
        "email_from": mailbox.address,
        "valid": mailbox.smtp_check.status is CheckStatus.VALID,
        "suspended": mailbox.state in (MailboxState.PAUSED, MailboxState.ERROR),
        "limitation": mailbox.daily_limit,
        "provider": mailbox.provider.value,
        "tags": list(mailbox.tags),
        "imap": None if imap is None else {"username": mailbox.login, "valid": imap.status is CheckStatus.VALID},
    }


def _checked(check: Check) -> dict[str, Any]:
    if check.status is CheckStatus.INVALID:
        return {"status": check.status.value, "errors": list(check.errors)}
    return {"status": check.status.value}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
