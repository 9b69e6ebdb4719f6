"""From a server's address to a session that is logged in, or to a sentence that says why there is none."""

import asyncio
from collections.abc import Sequence
from typing import Final

from fairlead.net.dialer import Dialer
from fairlead.net.errors import NetworkFailure
from fairlead.net.imap import grammar
from fairlead.net.imap.errors import ImapGone, ImapRefused
from fairlead.net.imap.session import ImapSession
from fairlead.net.imap.wire import DEFAULT_LIMITS, Limits, Wire
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
from fairlead.settings import Network

# Machine time.
CONNECT_SECONDS: Final = 20.0
OPENING_SECONDS: Final = 60.0  # for greeting, TLS and login together
REPLY_SECONDS: Final = 60.0  # of silence


async def open_session(
    dialer: Dialer,
    host: str,
    port: int,
    security: Security,
    credentials: Credentials,
    *,
    allowed_networks: Sequence[Network] = (),
    limits: Limits = DEFAULT_LIMITS,
    opening_seconds: float = OPENING_SECONDS,
    reply_seconds: float = REPLY_SECONDS,
) -> ImapSession | NotConnected:
    """A session logged in with `credentials`.

    A password goes over TLS, or to one of the `allowed_networks` where no encryption is asked for.
    """
    tls = dialer.default_tls if security is Security.TLS else None
    try:
        _, wire = await dialer.open_transport(
            lambda: Wire(limits), host, port, tls=tls, timeout_seconds=CONNECT_SECONDS
        )
    except NetworkFailure as failure:
        return explained(failure, host, port)
    session = ImapSession(wire, host=host, reply_seconds=reply_seconds)
    opening = _Opening(session, wire, dialer, host, port, security, allowed_networks)
    try:
        async with asyncio.timeout(opening_seconds):
            problem = await opening.run(credentials)
    except TimeoutError:
        problem = opening.silent()
    except ImapGone as gone:
        problem = opening.gone(gone)
    except BaseException:
        wire.abort("closed")
        raise
    if problem is None:
        return session
    await session.close()
    return problem


class _Opening:
    """The talk up to the login. Each step gives what went wrong, or None."""

    def __init__(
        self,
        session: ImapSession,
        wire: Wire,
        dialer: Dialer,
        host: str,
        port: int,
        security: Security,
        allowed: Sequence[Network],
    ) -> None:
        self._session = session
        self._wire = wire
        self._dialer = dialer
        self._host = host
        self._port = port
        self._security = security
        self._allowed = allowed

    async def run(self, credentials: Credentials) -> NotConnected | None:
        await self._greet()
        problem = None
        if self._security is Security.STARTTLS or self._is_better_encrypted():
            problem = await self._start_tls()
        elif self._security is Security.NONE and self._is_in_the_open():
            problem = self._unprotected()
        return problem or await self._log_in(credentials)

    async def _greet(self) -> None:
        response = await self._wire.response(OPENING_SECONDS)
        kind = self._session.hear(response)
        if kind not in (b"OK", b"PREAUTH"):
            raise ImapGone("garbled")
        self._session.greeting = response.line[2:].decode("utf-8", "replace")
        if not self._session.capabilities:
            await self._session.command(b"CAPABILITY")

    def _is_better_encrypted(self) -> bool:
        """Whether a port without encryption by choice offers it, and a password could not be sent without."""
        offered = self._session.capabilities
        if self._security is not Security.NONE or "STARTTLS" not in offered:
            return False
        return self._is_in_the_open() or "LOGINDISABLED" in offered

    def _is_in_the_open(self) -> bool:
        transport = self._wire.transport
        peer = transport.get_extra_info("peername") if transport is not None else None
        return peer is None or may_be_read_by_others(str(peer[0]), self._allowed)

    async def _start_tls(self) -> NotConnected | None:
        if "STARTTLS" not in self._session.capabilities:
            sentence = f"No STARTTLS: {self._host} offers no encryption on port {self._port}."
            return NotConnected(Trouble.NO_STARTTLS, sentence)
        try:
            await self._session.command(b"STARTTLS")
        except ImapRefused as refused:
            return NotConnected(Trouble.TURNED_AWAY, f"Turned away: {self._host} said {said(str(refused))}")
        # What came behind the reply was not encrypted and may be anybody's (CVE-2011-0411).
        if self._wire.has_unread():
            raise ImapGone("garbled")
        transport = self._wire.transport
        assert transport is not None
        try:
            self._wire.transport = await asyncio.get_running_loop().start_tls(
                transport,
                self._wire,
                self._dialer.default_tls,
                server_hostname=self._host.removesuffix("."),
                ssl_handshake_timeout=CONNECT_SECONDS,
            )
        except (OSError, EOFError) as error:
            self._wire.abort("lost")
            return tls_failed(error, self._host, self._port)
        # What was offered before was not protected either (RFC 3501, section 6.2.1).
        await self._session.command(b"CAPABILITY")
        return None

    def _unprotected(self) -> NotConnected:
        sentence = (
            f"No encryption: the password is not sent to {self._host} in the clear; choose SSL or STARTTLS, "
            "or name its network in FAIRLEAD_ALLOWED_NETWORKS."
        )
        return NotConnected(Trouble.UNPROTECTED, sentence)

    async def _log_in(self, credentials: Credentials) -> NotConnected | None:
        session, offered = self._session, self._session.capabilities
        before = offered
        try:
            match credentials:
                case Token() if "AUTH=XOAUTH2" in offered:
                    await session.authenticate("XOAUTH2", xoauth2_response(credentials))
                case Password() if "AUTH=PLAIN" in offered:
                    await session.authenticate("PLAIN", plain_response(credentials))
                case Password() if "LOGINDISABLED" not in offered:
                    await self._log_in_by_command(credentials)
                case _:
                    how = "with a token (XOAUTH2)" if isinstance(credentials, Token) else "with a password"
                    return NotConnected(Trouble.NO_LOGIN, f"No login: {self._host} offers none {how}.")
        except ImapRefused as refused:
            return _login_refused(refused, credentials, self._host)
        if session.capabilities == before:  # they change with the login, and were not told with it
            await session.command(b"CAPABILITY")
        return None

    async def _log_in_by_command(self, credentials: Password) -> None:
        login, password = grammar.argument(credentials.login.encode()), grammar.argument(credentials.password.encode())
        if login is None:
            raise ImapRefused("AUTHENTICATIONFAILED", "the user name cannot be said to this server")
        if password is None:
            await self._session.command(b"LOGIN " + login + b" ", literal=credentials.password.encode())
        else:
            await self._session.command(b"LOGIN %b %b" % (login, password))

    def silent(self) -> NotConnected:
        self._wire.abort("silent")
        return NotConnected(Trouble.SILENT, f"No answer: {self._host}, port {self._port}, fell silent.", True)

    def gone(self, gone: ImapGone) -> NotConnected:
        self._wire.abort(gone.why)
        where = f"{self._host}, port {self._port}"
        match gone.why:
            case "silent":
                return self.silent()
            case "garbled":
                sentence = f"Not a mail server: what answers at {where} does not speak IMAP; is encryption set right?"
                return NotConnected(Trouble.NOT_MAIL, sentence)
            case "said":
                return NotConnected(Trouble.TURNED_AWAY, f"Turned away: {self._host} said {said(gone.text)}", True)
            case _:
                return NotConnected(Trouble.LOST, f"Connection lost: {where} hung up before the login was done.", True)


def _login_refused(refused: ImapRefused, credentials: Credentials, host: str) -> NotConnected:
    code, text = refused.code.upper(), refused.text.lower()
    told = f"{host} said {said(str(refused))}"
    if code in ("UNAVAILABLE", "INUSE", "LIMIT"):
        return NotConnected(Trouble.LATER, f"No login for now: {told}", True)
    if "application-specific" in text or "app password" in text:
        return NotConnected(
            Trouble.APP_PASSWORD,
            f"An app password is needed: {host} does not take the password of the account itself. {told}",
        )
    if "disabled" in text or "not enabled" in text or code in ("CONTACTADMIN", "EXPIRED"):
        return NotConnected(Trouble.SWITCHED_OFF, f"IMAP is switched off for this account: {told}")
    if isinstance(credentials, Token):
        return NotConnected(Trouble.TOKEN, f"The access token was not accepted: {told}")
    return NotConnected(Trouble.WRONG_PASSWORD, f"Wrong user name or password: {told}")
