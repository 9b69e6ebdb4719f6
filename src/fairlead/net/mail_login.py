"""Logging in to mail servers: with what, and what is said where it fails. For SMTP and IMAP alike."""

import base64
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Final, TypeAlias

from fairlead.kit.text import one_line
from fairlead.net.errors import ConnectFailed, Forbidden, NetworkFailure, NoAddress, Reason
from fairlead.net.guard import is_allowed
from fairlead.settings import Network

LONGEST_SAID: Final = 300


@dataclass(frozen=True)
class Password:
    login: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Token:
    """A bearer token of OAuth 2 for the mailbox `login`."""

    login: str
    token: str = field(repr=False)


Credentials: TypeAlias = Password | Token


class Security(StrEnum):
    """How a connection is kept from being read."""

    TLS = "tls"  # from the first byte
    STARTTLS = "starttls"
    NONE = "none"  # a password then goes to allowed networks only


class Trouble(StrEnum):
    """Why there is no session."""

    FORBIDDEN = "forbidden"  # a network that must not be reached
    NO_ADDRESS = "no_address"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    SILENT = "silent"  # no answer in time
    CERTIFICATE = "certificate"
    TLS = "tls"
    NO_STARTTLS = "no_starttls"
    NOT_MAIL = "not_mail"  # what answers there does not speak the protocol
    TURNED_AWAY = "turned_away"  # by a reply, before the login
    LOST = "lost"
    NO_LOGIN = "no_login"  # the server offers no way to log in that we know
    UNPROTECTED = "unprotected"  # we do not send a password without TLS
    WRONG_PASSWORD = "wrong_password"  # noqa: S105
    APP_PASSWORD = "app_password"  # noqa: S105
    SWITCHED_OFF = "switched_off"  # this way in, or the account, was switched off
    TOKEN = "token"  # noqa: S105 - the token was refused
    LATER = "later"  # the server asks to come back


@dataclass(frozen=True)
class NotConnected:
    """No session. `sentence` is for a person; `temporary` tells whether trying again may help without them."""

    trouble: Trouble
    sentence: str
    temporary: bool = False
    code: int = 0  # of the SMTP reply, where there was one

    @property
    def is_about_login(self) -> bool:
        """Whether the server refuses this user: nothing goes out before a person has done something."""
        return self.trouble in _ABOUT_LOGIN


_ABOUT_LOGIN: Final = (Trouble.WRONG_PASSWORD, Trouble.APP_PASSWORD, Trouble.SWITCHED_OFF, Trouble.TOKEN)


def explained(failure: NetworkFailure, host: str, port: int) -> NotConnected:
    """What a failure of the dialer means for whoever entered host and port."""
    where = f"{host}, port {port}"
    match failure:
        case Forbidden():
            return NotConnected(Trouble.FORBIDDEN, str(failure))
        case NoAddress():
            return NotConnected(Trouble.NO_ADDRESS, f"Unknown host: {failure}", failure.temporary)
        case ConnectFailed(reason=Reason.REFUSED):
            return NotConnected(Trouble.REFUSED, f"Connection refused: nothing answers at {where}.", True)
        case ConnectFailed(reason=Reason.TIMEOUT):
            return NotConnected(Trouble.SILENT, f"Connection timed out: {where} did not answer in time.", True)
        case ConnectFailed(reason=Reason.TLS):
            return tls_failed(failure.__cause__, host, port)
        case _:
            return NotConnected(Trouble.UNREACHABLE, f"No connection to {where}: {failure}", True)


def tls_failed(error: BaseException | None, host: str, port: int) -> NotConnected:
    where = f"{host}, port {port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        detail = said(error.verify_message)
        return NotConnected(
            Trouble.CERTIFICATE, f"Certificate not accepted: that of {where} cannot be trusted ({detail})."
        )
    return NotConnected(
        Trouble.TLS,
        f"No encryption: {where} did not agree on TLS; does this port want another kind of encryption?",
    )


def may_be_read_by_others(peer: str, allowed: Sequence[Network]) -> bool:
    """Whether what is sent to this address without TLS leaves the networks its owner vouched for."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return True
    return not is_allowed(address, allowed)


def said(text: str) -> str:
    """What a server said, fit to be shown: one line, not too long."""
    line = one_line(text)
    return line if len(line) <= LONGEST_SAID else f"{line[:LONGEST_SAID]}…"


def plain_response(credentials: Password) -> bytes:
    """The initial response of PLAIN, in base64. Source: RFC 4616, section 2."""
    return base64.b64encode(f"\0{credentials.login}\0{credentials.password}".encode())


def xoauth2_response(credentials: Token) -> bytes:
    """The initial response of XOAUTH2, in base64. Source: Google, "The SASL XOAUTH2 mechanism"."""
    return base64.b64encode(f"user={credentials.login}\x01auth=Bearer {credentials.token}\x01\x01".encode())
