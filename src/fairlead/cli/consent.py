"""A person's consent, given in a browser and come back to a port on this machine. Source: RFC 8252, section 7.3."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fairlead.kit.refusals import Invalid, LimitReached

LONGEST_REQUEST: Final = 16_000
REQUEST_SECONDS: Final = 10.0
CONSENT_SECONDS: Final = 600.0
PAGE: Final = (
    "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
    "Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    "<!doctype html><title>Fairlead</title><p>{text}</p>"
)


class Receiver:
    """Waits at `port` for a browser that brings a code along with our `state`."""

    def __init__(self, state: str) -> None:
        self.port = 0
        self._state = state
        self._came: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def code(self, seconds: float = CONSENT_SECONDS) -> str:
        """Raises `Invalid` where the person or the provider said no, `LimitReached` where nobody came."""
        try:
            async with asyncio.timeout(seconds):
                return await self._came
        except TimeoutError:
            raise LimitReached("no_consent", f"Nobody gave consent within {seconds / 60:.0f} minutes.") from None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            words = head.split(b" ", 2)
            target = words[1].decode("ascii", "replace") if len(words) == 3 and words[0] == b"GET" else ""
            writer.write(self._hear(target).encode())
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass  # no browser of ours
        finally:
            writer.close()

    def _hear(self, target: str) -> str:
        # Browsers also ask for an icon, and other programs for whatever they like.
        try:
            code = code_in(target, self._state)
        except Invalid as refusal:
            if refusal.code == "no_code":
                return PAGE.format(status="404 Not Found", text="There is nothing here.")
            if not self._came.done():
                self._came.set_exception(refusal)
            return PAGE.format(status="200 OK", text="The mailbox was not connected. See the command line.")
        if not self._came.done():
            self._came.set_result(code)
        return PAGE.format(status="200 OK", text="Thank you. You can close this window; the command line goes on.")


def code_in(url: str, state: str) -> str:
    """The code within the address a browser was sent back to.

    Raises `Invalid`: with the code `no_code` for an address that is not meant for us, else with what was said.
    """
    asked = parse_qs(urlsplit(url.strip()).query, max_num_fields=50)
    given = asked.get("state", [""])[0]
    if not hmac.compare_digest(given.encode("utf-8", "replace"), state.encode()):
        raise Invalid("no_code", "This address does not belong to the consent that was asked for.", field="code")
    if asked.get("error"):
        said = (asked.get("error_description") or asked["error"])[0][:300]
        raise Invalid("consent_refused", f"There was no consent: {' '.join(said.split())}", field="code")
    code = asked.get("code", [""])[0]
    if not code or len(code) > 4_000:
        raise Invalid("no_code", "This address holds no code.", field="code")
    return code


@asynccontextmanager
async def receiver(state: str, port: int) -> AsyncIterator[Receiver]:
    """Listens on loopback, on a free port for 0. Raises `Invalid` where the port is taken."""
    waiting = Receiver(state)
    try:
        server = await asyncio.start_server(waiting.answer, "127.0.0.1", port, limit=LONGEST_REQUEST)
    except OSError as error:
        raise Invalid("port_taken", f"Port {port} cannot be listened on: {error.strerror}.", field="port") from error
    waiting.port = server.sockets[0].getsockname()[1]
    async with server:
        yield waiting
