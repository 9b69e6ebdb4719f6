"""Logins as exchanges: a generator yields what the server asks and is sent what the client answers.

Sources: RFC 4616 (PLAIN), the expired but universal draft on LOGIN, and the description of XOAUTH2 by Google, whose
answer to a poor token is a challenge in the manner of RFC 7628, section 3.2.2.
"""

import json
from typing import Final

from fairlead.sandbox.smtp.model import Accounts, Attempt, Exchange, Login

PLAIN, LOGIN, XOAUTH2 = "PLAIN", "LOGIN", "XOAUTH2"
MECHANISMS: Final = (PLAIN, LOGIN, XOAUTH2)
BAD_TOKEN: Final = json.dumps({"status": "400", "schemes": "Bearer", "scope": "https://mail.google.com/"}).encode()


class Unreadable(Exception):
    """The client's answer is not of the form its mechanism has."""


def exchange(mechanism: str, first: bytes | None, accounts: Accounts) -> Exchange:
    """`first` is the initial response, where the client sent one. Raises `Unreadable` while it runs."""
    match mechanism:
        case "PLAIN":
            return _plain(first, accounts)
        case "LOGIN":
            return _login(first, accounts)
        case "XOAUTH2":
            return _xoauth2(first, accounts)
    raise ValueError(f"no mechanism {mechanism}")


def _plain(first: bytes | None, accounts: Accounts) -> Exchange:
    response = (yield b"") if first is None else first
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise Unreadable
    user = _text(parts[1])
    return Attempt(user, accounts.password_login(user, _text(parts[2])))


def _login(first: bytes | None, accounts: Accounts) -> Exchange:
    user = _text((yield b"Username:") if first is None else first)
    password = _text((yield b"Password:"))
    return Attempt(user, accounts.password_login(user, password))


def _xoauth2(first: bytes | None, accounts: Accounts) -> Exchange:
    response = (yield b"") if first is None else first
    facts = dict(part.partition(b"=")[::2] for part in response.split(b"\x01") if part)
    scheme, _, token = facts.get(b"auth", b"").partition(b" ")
    if b"user" not in facts or scheme.lower() != b"bearer" or not token:
        raise Unreadable
    user = _text(facts[b"user"])
    login = accounts.token_login(user, _text(token))
    if login is not Login.WELCOME:
        # The client answers with an empty line, and only then hears that it failed.
        yield BAD_TOKEN
    return Attempt(user, login)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable from None
