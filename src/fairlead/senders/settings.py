"""What the settings of a mailbox may be."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from fairlead.kit.refusals import Invalid
from fairlead.kit.text import has_control, is_address
from fairlead.net.guard import literal, refusal
from fairlead.senders.model import Delay, Encryption, RampUp, ServerAddress, Settings
from fairlead.settings import Network

LONGEST_NAME: Final = 100
LONGEST_HOST: Final = 100
LONGEST_SECRET: Final = 1_000
LONGEST_SIGNATURE: Final = 50_000
LONGEST_TAG: Final = 50
MOST_TAGS: Final = 50
MOST_BCC: Final = 5
DAILY_LIMITS: Final = (1, 1200)
DELAYS: Final = (5, 3600)
DAY_SECONDS: Final = 86_400

# Ports tied to encryption: contract, endpoint 28.
SMTP_PORTS: Final = {465: (Encryption.SSL,), 587: (Encryption.STARTTLS,), 25: (Encryption.NONE,)}
IMAP_PORTS: Final = {
    993: (Encryption.SSL, Encryption.STARTTLS),
    143: (Encryption.NONE, Encryption.STARTTLS),
}

_HOST: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9.-]*")


def checked(settings: Settings, allowed_networks: Iterable[Network] = ()) -> Settings:
    """The settings as they are kept. Raises `Invalid`, which names the field."""
    name = settings.sender_name.strip()
    _require_line(name, "sender_name", LONGEST_NAME)
    if not name:
        raise Invalid("missing", "sender_name is needed.", field="sender_name")
    _require_address(settings.address, "address")
    if settings.reply_to is not None:
        _require_address(settings.reply_to, "reply_to")
    if len(settings.bcc) > MOST_BCC:
        raise Invalid("too_many", f"bcc takes at most {MOST_BCC} addresses.", field="bcc")
    for address in settings.bcc:
        _require_address(address, "bcc")
    allowed = tuple(allowed_networks)
    _require_server(settings.smtp, "smtp", SMTP_PORTS, allowed)
    if settings.imap is not None:
        _require_server(settings.imap, "imap", IMAP_PORTS, allowed)
    _require_line(settings.login, "login", LONGEST_NAME + 254)
    _require_limits(settings.daily_limit, settings.delay)
    if settings.ramp_up is not None:
        _require_ramp_up(settings.ramp_up)
    if settings.time_zone not in _zones():
        raise Invalid("unknown_time_zone", f"time_zone {settings.time_zone[:60]!r} is not known.", field="time_zone")
    if settings.signature_html is not None and len(settings.signature_html) > LONGEST_SIGNATURE:
        raise Invalid("too_long", f"signature is longer than {LONGEST_SIGNATURE:,} characters.", field="signature")
    return replace(settings, sender_name=name, login=settings.login or settings.address, tags=_tags(settings.tags))


def checked_secret(secret: str) -> str:
    if not secret:
        raise Invalid("missing", "password is needed.", field="password")
    if len(secret) > LONGEST_SECRET or "\0" in secret or "\r" in secret or "\n" in secret:
        raise Invalid("bad_password", "password is too long, or holds a line break.", field="password")
    return secret


def _require_line(text: str, field: str, longest: int) -> None:
    if has_control(text):
        raise Invalid("control_character", f"{field} holds a line break or a control character.", field=field)
    if len(text) > longest:
        raise Invalid("too_long", f"{field} is longer than {longest} characters.", field=field)


def _require_address(address: str, field: str) -> None:
    if has_control(address) or not is_address(address):
        raise Invalid("bad_address", f"{field} is not an e-mail address.", field=field)


def _require_server(
    server: ServerAddress, field: str, ports: Mapping[int, tuple[Encryption, ...]], allowed: tuple[Network, ...]
) -> None:
    host = server.host
    if not _HOST.fullmatch(host) or len(host) > LONGEST_HOST:
        raise Invalid("bad_host", f"{field}.host is not the name of a server.", field=f"{field}.host")
    address = literal(host)
    if address is not None and (forbidden := refusal(address, allowed)) is not None:
        raise Invalid("forbidden_host", f"{field}.host: {forbidden}", field=f"{field}.host")
    if server.port not in ports:
        raise Invalid("bad_port", f"{field}.port is one of {_listed(sorted(ports))}.", field=f"{field}.port")
    if server.encryption not in ports[server.port]:
        fitting = _listed(sorted(one.value for one in ports[server.port]))
        raise Invalid(
            "bad_encryption", f"{field}.encryption on port {server.port} is {fitting}.", field=f"{field}.encryption"
        )


def _require_limits(daily_limit: int, delay: Delay) -> None:
    least, most = DELAYS
    for field, seconds in (("delay.min_seconds", delay.min_seconds), ("delay.max_seconds", delay.max_seconds)):
        if not least <= seconds <= most:
            raise Invalid("bad_delay", f"{field} is from {least} to {most} seconds.", field=field)
    if delay.max_seconds < delay.min_seconds:
        raise Invalid("bad_delay", "delay.max_seconds is not below delay.min_seconds.", field="delay.max_seconds")
    fewest, highest = DAILY_LIMITS
    if not fewest <= daily_limit <= highest:
        raise Invalid("bad_limit", f"daily_limit is from {fewest} to {highest}.", field="daily_limit")
    fitting = DAY_SECONDS // delay.min_seconds
    if daily_limit > fitting:
        raise Invalid(
            "bad_limit",
            f"daily_limit is above the {fitting} mails a day has time for, {delay.min_seconds} seconds apart.",
            field="daily_limit",
        )


def _require_ramp_up(ramp_up: RampUp) -> None:
    most = DAILY_LIMITS[1]
    if not 1 <= ramp_up.start <= most or not 1 <= ramp_up.step <= most:
        raise Invalid("bad_ramp_up", f"ramp_up begins with 1 to {most} mails and adds 1 to {most}.", field="ramp_up")


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Without repetitions, whatever the case."""
    kept: dict[str, str] = {}
    for tag in tags:
        tag = tag.strip()
        _require_line(tag, "tags", LONGEST_TAG)
        if tag:
            kept.setdefault(tag.casefold(), tag)
    if len(kept) > MOST_TAGS:
        raise Invalid("too_many", f"A mailbox has at most {MOST_TAGS} tags.", field="tags")
    return tuple(kept.values())


def _listed(items: Iterable[object]) -> str:
    *first, last = map(str, items)
    return f"{', '.join(first)} or {last}" if first else last


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
