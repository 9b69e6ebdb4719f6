"""Whom a submission server serves: its own users, within the rules of their provider."""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import getaddresses
from typing import Final

from fairlead.kit.refusals import Invalid
from fairlead.sandbox.smtp import sasl
from fairlead.sandbox.smtp.behavior import Behavior, software
from fairlead.sandbox.smtp.model import Accounts, Exchange, Login, Point, Talk
from fairlead.sandbox.smtp.wordings import EXCHANGE, GMAIL, POSTFIX

DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)

_FROM = re.compile(rb"^From:(.*(?:\r\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(rb"^Message-ID:.*(?:\r\n[ \t].*)*\r\n", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Provider:
    """The rules of one provider, and how it puts them. Limits count messages, by business time."""

    name: str
    behavior: Behavior
    mechanisms: tuple[str, ...] = sasl.MECHANISMS
    daily_limit: int | None = None  # in any 24 hours
    per_minute: int | None = None
    limits_at: Point = Point.MAIL  # or FINAL_DOT
    checks_sender: bool = True  # MAIL FROM is an address of the user's own
    checks_from: bool = True  # and so is every address of the From header
    rewrites_message_id: bool = False
    copies_to_sent: bool = False

    welcome: str = "235 2.7.0 Authentication successful"
    wrong: str = "535 5.7.8 Error: authentication failed: authentication failure"
    needs_app_password: str = "534 5.7.9 Application-specific password required"  # noqa: S105
    disabled: str = "535 5.7.8 Error: authentication failed: account is disabled"
    later: str = "454 4.7.0 Temporary authentication failure: Connection lost to authentication server"
    needs_tls_for_auth: str = "538 5.7.11 Encryption required for requested authentication mechanism"
    needs_tls: str = "530 5.7.0 Must issue a STARTTLS command first"
    needs_login: str = "530 5.7.0 Authentication required"
    no_relay: str = "554 5.7.1 <{address}>: Relay access denied"
    not_own_sender: str = "553 5.7.1 <{address}>: Sender address rejected: not owned by user"
    not_own_from: str = "553 5.7.1 <{address}>: From address rejected: not owned by user"
    daily_limit_reached: str = "550 5.4.5 Daily user sending limit exceeded"
    too_fast: str = "450 4.2.1 Too many messages from this account; slow down"


PLAIN_PROVIDER: Final = Provider("plain", software(POSTFIX))

GOOGLE: Final = Provider(
    "google",
    software(GMAIL),
    daily_limit=2000,
    copies_to_sent=True,
    welcome="235 2.7.0 Accepted",
    wrong=(
        "535-5.7.8 Username and Password not accepted. For more information, go to\n"
        "535 5.7.8  https://support.google.com/mail/?p=BadCredentials {token} - gsmtp"
    ),
    needs_app_password=(  # noqa: S106
        "534-5.7.9 Application-specific password required. For more information, go to\n"
        "534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor {token} - gsmtp"
    ),
    disabled="535 5.7.8 This account has been disabled {token} - gsmtp",
    later="454 4.7.0 Cannot authenticate due to a temporary system problem. Try again later. {token} - gsmtp",
    needs_tls="530 5.7.0 Must issue a STARTTLS command first. {token} - gsmtp",
    needs_login="530-5.7.0 Authentication Required. For more information, go to\n"
    "530 5.7.0  https://support.google.com/accounts/troubleshooter/2402620. {token} - gsmtp",
    daily_limit_reached=(
        "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\n"
        "550-5.4.5 sending limits go to\n"
        "550 5.4.5  https://support.google.com/a/answer/166852 {token} - gsmtp"
    ),
    too_fast="421 4.7.0 Try again later, closing connection. (MAIL) {token} - gsmtp",
)

MICROSOFT: Final = Provider(
    "microsoft",
    software(EXCHANGE),
    mechanisms=(sasl.LOGIN, sasl.XOAUTH2),
    daily_limit=10_000,
    per_minute=30,
    limits_at=Point.FINAL_DOT,
    checks_sender=False,
    rewrites_message_id=True,
    copies_to_sent=True,
    welcome="235 2.7.0 Authentication successful",
    wrong="535 5.7.3 Authentication unsuccessful [{host}]",
    disabled="535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox [{host}]",
    later="454 4.7.0 Temporary authentication failure [{host}]",
    needs_tls="530 5.7.57 Client not authenticated to send mail; STARTTLS is required [{host}]",
    needs_login="530 5.7.57 Client not authenticated to send mail. [{host}]",
    not_own_from="550 5.7.60 SendAsDenied; client does not have permissions to send as {address} [{host}]",
    daily_limit_reached="550 5.4.5 Daily user sending limit exceeded; SubmissionQuotaExceeded [{host}]",
    too_fast="450 4.2.1 Submission rate exceeded; try again in a minute [{host}]",
)

# A relay that many products send through: it has no mailboxes, and gives every message an id of its own.
RELAY: Final = Provider("relay", software(POSTFIX), checks_from=False, rewrites_message_id=True)

PROVIDERS: Final = {provider.name: provider for provider in (PLAIN_PROVIDER, GOOGLE, MICROSOFT, RELAY)}


def provider_named(name: str) -> Provider:
    """Raises `Invalid`."""
    if name not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise Invalid("unknown_provider", f"There is no provider {name!r}; there are {known}.", field="provider")
    return PROVIDERS[name]


class Usage:
    """What each user sent within a window of business time; the ports of a provider share one."""

    def __init__(self) -> None:
        self._sent: dict[tuple[str, timedelta], deque[datetime]] = {}

    def reached(self, user: str, limit: int | None, window: timedelta, now: datetime) -> bool:
        sent = self._sent.get((user, window))
        if limit is None or sent is None:
            return limit == 0
        while sent and now - sent[0] >= window:
            sent.popleft()
        return len(sent) >= limit

    def add(self, user: str, limit: int | None, window: timedelta, now: datetime) -> None:
        if limit is not None:
            self._sent.setdefault((user, window), deque(maxlen=limit)).append(now)


class Submission:
    """The policy of one submission port. `auth_without_tls` is for a port that is plain by choice."""

    def __init__(
        self,
        provider: Provider,
        accounts: Accounts,
        usage: Usage | None = None,
        *,
        auth_without_tls: bool = False,
    ) -> None:
        self._provider = provider
        self._accounts = accounts
        self._usage = usage or Usage()
        self._auth_without_tls = auth_without_tls

    @property
    def copies_to_sent(self) -> bool:
        return self._provider.copies_to_sent

    def mechanisms(self, talk: Talk) -> Sequence[str]:
        return self._provider.mechanisms if self._safe(talk) else ()

    def login(self, mechanism: str, first: bytes | None) -> Exchange:
        return sasl.exchange(mechanism, first, self._accounts)

    def login_answer(self, talk: Talk, login: Login | None) -> bytes:
        provider = self._provider
        match login:
            case None:
                text = provider.needs_tls_for_auth
            case Login.WELCOME:
                text = provider.welcome
            case Login.WRONG:
                text = provider.wrong
            case Login.NEEDS_APP_PASSWORD:
                text = provider.needs_app_password
            case Login.DISABLED:
                text = provider.disabled
            case Login.LATER:
                text = provider.later
        return talk.say(text)

    def mail(self, talk: Talk, sender: str) -> bytes | None:
        provider = self._provider
        if not self._safe(talk):
            return talk.say(provider.needs_tls)
        if talk.user is None:
            return talk.say(provider.needs_login)
        if provider.checks_sender and not self._accounts.may_send_as(talk.user, sender):
            return talk.say(provider.not_own_sender, address=sender)
        return self._over_limits(talk, talk.user) if provider.limits_at is Point.MAIL else None

    def rcpt(self, talk: Talk, address: str) -> bytes | None:
        return talk.say(self._provider.no_relay, address=address) if talk.user is None else None

    def message(self, talk: Talk, data: bytes) -> bytes | None:
        provider, user = self._provider, talk.user
        if user is None:
            return talk.say(provider.needs_login)
        if provider.checks_from:
            for address in _from_addresses(data) or [""]:
                if not self._accounts.may_send_as(user, address):
                    return talk.say(provider.not_own_from, address=address)
        # Several messages can be under way in as many sessions: the limit is looked at again where it counts.
        return self._over_limits(talk, user)

    def taken(self, talk: Talk, data: bytes, queue_id: str) -> bytes:
        provider = self._provider
        if talk.user is not None:
            now = talk.now()
            self._usage.add(talk.user, provider.daily_limit, DAY, now)
            self._usage.add(talk.user, provider.per_minute, MINUTE, now)
        if not provider.rewrites_message_id:
            return data
        domain = (talk.user or "").rpartition("@")[2] or "relay.invalid"
        return _with_message_id(data, f"<{queue_id.lower()}@{provider.name}.{domain}>")

    def _safe(self, talk: Talk) -> bool:
        return talk.tls or self._auth_without_tls

    def _over_limits(self, talk: Talk, user: str) -> bytes | None:
        provider, now = self._provider, talk.now()
        if self._usage.reached(user, provider.daily_limit, DAY, now):
            return talk.say(provider.daily_limit_reached)
        if self._usage.reached(user, provider.per_minute, MINUTE, now):
            return talk.say(provider.too_fast)
        return None


def _headers_end(data: bytes) -> int:
    """Where the header section ends, its last CRLF included."""
    if data.startswith(b"\r\n"):
        return 0
    end = data.find(b"\r\n\r\n")
    return len(data) if end < 0 else end + 2


def _from_addresses(data: bytes) -> list[str]:
    """The addresses of all From headers; several such headers are an old way around this check."""
    headers = data[: _headers_end(data)]
    values = [value.decode("utf-8", "replace") for value in _FROM.findall(headers)]
    return [address for _, address in getaddresses(values) if address]


def _with_message_id(data: bytes, message_id: str) -> bytes:
    end = _headers_end(data)
    line = f"Message-ID: {message_id}\r\n".encode()
    headers, found = _MESSAGE_ID.subn(lambda _: line, data[:end], count=1)
    return (headers if found else line + headers) + data[end:]
