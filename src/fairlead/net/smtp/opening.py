"""From a server's address to a session that is logged in, or to a sentence that says why there is none."""

import asyncio
import base64
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from fairlead.net.dialer import Dialer
from fairlead.net.errors import NetworkFailure
from fairlead.net.mail_login import (
    Credentials,
    NotConnected,
    Password,
    Security,
    Token,
    Trouble,
    explained,
    may_be_read_by_others,
    plain_response,
    said,
    tls_failed,
    xoauth2_response,
)
from fairlead.net.smtp.session import Features, Habits, SmtpSession
from fairlead.net.smtp.wire import ConnectionGone, Reply, Wire
from fairlead.settings import Network

# RFC 4954, section 4: no longer line goes out with AUTH.
LONGEST_AUTH_LINE: Final = 12_288


@dataclass(frozen=True)
class Place:
    """Where a submission server listens. What it is called is what its certificate must say."""

    host: str
    port: int
    security: Security


@dataclass(frozen=True)
class Times:
    """Machine time. The defaults are those of RFC 5321, section 4.5.3.2, where waiting shorter loses messages."""

    connect_seconds: float = 20.0
    opening_seconds: float = 60.0  # for banner, TLS and login together
    reply_seconds: float = 300.0
    final_dot_seconds: float = 600.0


DEFAULT_TIMES: Final = Times()


async def open_session(
    dialer: Dialer,
    place: Place,
    credentials: Credentials | None,
    *,
    helo: str,
    habits: Habits,
    allowed_networks: Sequence[Network] = (),
    times: Times = DEFAULT_TIMES,
) -> SmtpSession | NotConnected:
    """A session logged in with `credentials`, or without a login where they are None.

    A password goes over TLS, or to one of the `allowed_networks` where `place` asks for no encryption.
    """
    tls = dialer.default_tls if place.security is Security.TLS else None
    try:
        _, wire = await dialer.open_transport(
            Wire, place.host, place.port, tls=tls, timeout_seconds=times.connect_seconds
        )
    except NetworkFailure as failure:
        return explained(failure, place.host, place.port)
    opening = _Opening(wire, place, helo, times, dialer.default_tls, allowed_networks)
    try:
        async with asyncio.timeout(times.opening_seconds):
            await opening.greet()
            if place.security is Security.STARTTLS or (credentials and opening.is_better_encrypted()):
                await opening.start_tls()
            if credentials is not None:
                await opening.log_in(credentials)
    except _Failed as failed:
        await _leave(wire)
        return failed.result
    except TimeoutError:
        wire.abort("silent")
        return _silent(place)
    except ConnectionGone as gone:
        wire.abort("lost")
        return _gone(place, gone.why)
    except BaseException:
        wire.abort("closed")
        raise
    return SmtpSession(
        wire,
        opening.features,
        host=place.host,
        banner=opening.banner,
        habits=habits,
        reply_seconds=times.reply_seconds,
        final_dot_seconds=times.final_dot_seconds,
    )


class _Failed(Exception):
    def __init__(self, result: NotConnected) -> None:
        super().__init__(result.sentence)
        self.result = result


class _Opening:
    """The talk before the first message. Its steps raise `_Failed` and `ConnectionGone`."""

    def __init__(
        self,
        wire: Wire,
        place: Place,
        helo: str,
        times: Times,
        context: ssl.SSLContext,
        allowed_networks: Sequence[Network],
    ) -> None:
        self.features = Features()
        self.banner = ""
        self._wire = wire
        self._place = place
        self._helo = helo
        self._times = times
        self._context = context
        self._allowed = allowed_networks
        self._encrypted = place.security is Security.TLS

    async def greet(self) -> None:
        banner = await self._reply()
        self.banner = banner.text
        if banner.code != 220:
            raise _Failed(self._turned_away(banner))
        await self._say_hello()

    def is_better_encrypted(self) -> bool:
        """Whether a port without encryption by choice offers it, and a password could not be sent without."""
        if self._encrypted or "STARTTLS" not in self.features:
            return False
        return self._is_in_the_open() or not self.features.mechanisms

    async def start_tls(self) -> None:
        if "STARTTLS" not in self.features:
            sentence = f"No STARTTLS: {self._place.host} offers no encryption on port {self._place.port}."
            raise _Failed(NotConnected(Trouble.NO_STARTTLS, sentence))
        reply = await self._ask(b"STARTTLS")
        if reply.code != 220:
            raise _Failed(self._turned_away(reply))
        # What came behind the reply was not encrypted and may be anybody's (CVE-2011-0411).
        if self._wire.has_unread():
            self._wire.abort("garbled")
            raise ConnectionGone("garbled")
        transport = self._wire.transport
        assert transport is not None
        loop = asyncio.get_running_loop()
        try:
            self._wire.transport = await loop.start_tls(
                transport,
                self._wire,
                self._context,
                server_hostname=self._place.host.removesuffix("."),
                ssl_handshake_timeout=self._times.connect_seconds,
            )
        except (OSError, EOFError) as error:
            raise _Failed(tls_failed(error, self._place.host, self._place.port)) from None
        self._encrypted = True
        await self._say_hello()

    async def log_in(self, credentials: Credentials) -> None:
        if not self._encrypted:
            self._require_own_network()
        mechanisms = self.features.mechanisms
        match credentials:
            case Token() if "XOAUTH2" in mechanisms:
                reply = await self._ask(b"AUTH XOAUTH2 " + xoauth2_response(credentials))
                if reply.code == 334:
                    reply = await self._ask(b"")  # the challenge tells of the error; this asks for the reply itself
            case Password() if "PLAIN" in mechanisms:
                response = plain_response(credentials)
                if len(response) + 12 <= LONGEST_AUTH_LINE:
                    reply = await self._ask(b"AUTH PLAIN " + response)
                else:
                    reply = Reply(535, (b"The password is too long.",))
            case Password() if "LOGIN" in mechanisms:
                reply = await self._log_in_by_questions(credentials)
            case _:
                raise _Failed(self._no_login(credentials))
        if not reply.is_positive:
            raise _Failed(_login_refused(reply, credentials, self._place))

    async def _log_in_by_questions(self, credentials: Password) -> Reply:
        reply = await self._ask(b"AUTH LOGIN")
        for answer in (credentials.login, credentials.password):
            if reply.code != 334:
                return reply
            reply = await self._ask(base64.b64encode(answer.encode()))
        return reply

    async def _say_hello(self) -> None:
        reply = await self._ask(b"EHLO " + self._helo.encode())
        if not reply.is_positive:
            if reply.code not in (500, 501, 502, 504, 550):
                raise _Failed(self._turned_away(reply))
            reply = await self._ask(b"HELO " + self._helo.encode())
            if not reply.is_positive:
                raise _Failed(self._turned_away(reply))
            self.features = Features()
            return
        self.features = _features(reply)

    def _is_in_the_open(self) -> bool:
        transport = self._wire.transport
        peer = transport.get_extra_info("peername") if transport is not None else None
        return peer is None or may_be_read_by_others(str(peer[0]), self._allowed)

    def _require_own_network(self) -> None:
        if self._is_in_the_open():
            sentence = (
                f"No encryption: the password is not sent to {self._place.host} in the clear; choose SSL or STARTTLS, "
                "or name its network in FAIRLEAD_ALLOWED_NETWORKS."
            )
            raise _Failed(NotConnected(Trouble.UNPROTECTED, sentence))

    def _no_login(self, credentials: Credentials) -> NotConnected:
        how = "with a token (XOAUTH2)" if isinstance(credentials, Token) else "with a password (PLAIN, LOGIN)"
        offered = ", ".join(sorted(self.features.mechanisms)) or "none"
        return NotConnected(
            Trouble.NO_LOGIN, f"No login: {self._place.host} offers none {how}; it offers {said(offered)}."
        )

    def _turned_away(self, reply: Reply) -> NotConnected:
        sentence = f"Turned away: {self._place.host} said {reply.code} {said(reply.text)}"
        return NotConnected(Trouble.TURNED_AWAY, sentence, 400 <= reply.code < 500, reply.code)

    async def _ask(self, line: bytes) -> Reply:
        self._wire.write(line + b"\r\n")
        return await self._reply()

    async def _reply(self) -> Reply:
        return await self._wire.reply(self._times.opening_seconds)


def _features(reply: Reply) -> Features:
    keywords: dict[str, str] = {}
    for line in reply.lines[1:]:
        word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
        # An old form is written with an equals sign: AUTH=LOGIN PLAIN.
        if word.upper().startswith("AUTH="):
            word, rest = "AUTH", f"{word[5:]} {rest}"
        known = keywords.get(word.upper())
        keywords[word.upper()] = rest if known is None else f"{known} {rest}"
    return Features(keywords)


def _login_refused(reply: Reply, credentials: Credentials, place: Place) -> NotConnected:
    text = reply.text.lower()
    words = said(reply.text)
    told = f"{place.host} said {reply.code} {words}"
    if 400 <= reply.code < 500:
        return NotConnected(Trouble.LATER, f"No login for now: {told}", True, reply.code)
    if "application-specific" in text or "app password" in text or reply.enhanced == "5.7.9":
        return NotConnected(
            Trouble.APP_PASSWORD,
            f"An app password is needed: {place.host} does not take the password of the account itself. {told}",
            code=reply.code,
        )
    if "disabled" in text or reply.enhanced == "5.7.139":
        return NotConnected(
            Trouble.SWITCHED_OFF, f"Sending by SMTP is switched off for this account: {told}", code=reply.code
        )
    if isinstance(credentials, Token):
        return NotConnected(Trouble.TOKEN, f"The access token was not accepted: {told}", code=reply.code)
    return NotConnected(Trouble.WRONG_PASSWORD, f"Wrong user name or password: {told}", code=reply.code)


def _silent(place: Place) -> NotConnected:
    return NotConnected(Trouble.SILENT, f"No answer: {place.host}, port {place.port}, fell silent.", True)


def _gone(place: Place, why: str) -> NotConnected:
    where = f"{place.host}, port {place.port}"
    match why:
        case "silent":
            return _silent(place)
        case "garbled":
            sentence = f"Not a mail server: what answers at {where} does not speak SMTP; is encryption set right?"
            return NotConnected(Trouble.NOT_MAIL, sentence)
        case _:
            return NotConnected(Trouble.LOST, f"Connection lost: {where} hung up before the login was done.", True)


async def _leave(wire: Wire) -> None:
    with suppress(ConnectionGone):
        wire.write(b"QUIT\r\n")
    wire.close()
