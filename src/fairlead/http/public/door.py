"""The way in for strangers: `/o/` pixel, `/c/` counted link, `/u/` unsubscribe, `/.well-known/` proofs.

Pixel and link answer without the database: the address is signed, and the hit is spooled before the answer. Nothing is
ever changed by GET or HEAD; an unsubscribe is a POST, from the button of the page or by one click (RFC 8058).
"""

import logging
from collections.abc import Awaitable, Callable

from fairlead.campaigns.calendly import PATH as CALENDLY
from fairlead.campaigns.tracking import actions as tracking
from fairlead.campaigns.tracking.model import Hit, HitKind
from fairlead.http.public import calendly
from fairlead.http.public.pages import ask_page, broken_link_page, done_page, language_of
from fairlead.http.request import (
    BodyTooLarge,
    BodyTooSlow,
    Receive,
    Scope,
    Send,
    client_address,
    header,
    read_body,
    send_bytes,
)
from fairlead.kit.faults import fault_line
from fairlead.world import World

log = logging.getLogger("fairlead.public")

# A transparent image of one pixel (GIF89a).
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
NO_TRACE = ((b"cache-control", b"no-store"), (b"x-robots-tag", b"noindex"), (b"referrer-policy", b"no-referrer"))
PAGE_HEADERS = (
    *NO_TRACE,
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                                 b"frame-ancestors 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"accept-language"),
)  # fmt: skip
HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"
MOST_BODY = 4_096
LONGEST_AGENT = 300
DOMAIN_PROOF = "/.well-known/fairlead-domain/"
ACME_PROOF = "/.well-known/acme-challenge/"

PIXEL_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"image/gif"), (b"content-length", str(len(PIXEL)).encode()), *NO_TRACE],
}
PIXEL_BODY = {"type": "http.response.body", "body": PIXEL}
NO_BODY = {"type": "http.response.body", "body": b""}


class PublicDoor:
    def __init__(self, world: World) -> None:
        self._world = world
        self._links = tracking.Links(world.installation, world.public_url)
        self._spool = tracking.Spool(world.folder, world.random)
        self._proofs: dict[str, Callable[[World, str], Awaitable[str | None]]] = {
            DOMAIN_PROOF: tracking.domain_proof,
            ACME_PROOF: tracking.acme_proof,
        }

    def knows(self, path: str) -> bool:
        return path.startswith(("/o/", "/c/", "/u/", CALENDLY, DOMAIN_PROOF, ACME_PROOF))

    async def run(self) -> None:
        """Carries spooled hits to the database until canceled."""
        await self._spool.run(self._keep)

    async def collect(self) -> int:
        """Carries what is spooled now; how many hits."""
        return await self._spool.load(self._keep)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> int:
        path: str = scope["path"]
        if path.startswith(CALENDLY):
            return await calendly.answer(self._world, scope, receive, send)
        match path[:3]:
            case "/o/":
                return await self._pixel(scope, path[3:], send)
            case "/c/":
                return await self._click(scope, path[3:], send)
            case "/u/":
                return await self._unsubscribe(scope, path[3:], receive, send)
        return await self._proof(path, send)

    async def _pixel(self, scope: Scope, rest: str, send: Send) -> int:
        """The image, whatever was asked: nobody learns which tokens exist, and no mail shows a broken picture."""
        token = self._links.opened(rest)
        if token is not None:
            self._note(self._hit(scope, token, HitKind.OPEN))
        await send(PIXEL_START)
        await send(PIXEL_BODY)
        return 200

    async def _click(self, scope: Scope, rest: str, send: Send) -> int:
        click = self._links.clicked(rest)
        if click is None:
            await send_bytes(send, 404, broken_link_page(_language(scope)), HTML, PAGE_HEADERS)
            return 404
        # A full disk must not keep a reader from the page: the click is then lost, and the log says so.
        self._note(self._hit(scope, click.token, HitKind.CLICK, link=click.number, url=click.target))
        headers = [(b"location", click.target.encode("ascii")), (b"content-length", b"0"), *NO_TRACE]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send(NO_BODY)
        return 302

    async def _unsubscribe(self, scope: Scope, rest: str, receive: Receive, send: Send) -> int:
        language = _language(scope)
        if scope["method"] != "POST":
            await send_bytes(send, 200, ask_page(language), HTML, PAGE_HEADERS)
            return 200
        try:
            body = await read_body(scope, receive, MOST_BODY)
        except (BodyTooLarge, BodyTooSlow):
            body = b""
        if not _confirmed(body):
            await send_bytes(send, 200, ask_page(language), HTML, PAGE_HEADERS)
            return 200
        token = self._links.leaving(rest)
        if token is not None and not await self._stop_emailing(self._hit(scope, token, HitKind.UNSUBSCRIBE)):
            await send_bytes(send, 503, b"Please try again in a moment.", TEXT, (*NO_TRACE, (b"retry-after", b"30")))
            return 503
        await send_bytes(send, 200, done_page(language), HTML, PAGE_HEADERS)
        return 200

    async def _stop_emailing(self, hit: Hit) -> bool:
        """Whether the wish is on record: in the database at once, or in the spool while that is away."""
        try:
            await tracking.unsubscribe(self._world, hit)
        except Exception as error:
            log.warning("an unsubscribe waits in the spool: %s", fault_line(error))
            return self._note(hit)
        return True

    async def _proof(self, path: str, send: Send) -> int:
        for prefix, answer in self._proofs.items():
            if path.startswith(prefix):
                text = await answer(self._world, path.removeprefix(prefix))
                status = 404 if text is None else 200
                await send_bytes(send, status, (text or "").encode(), TEXT, NO_TRACE)
                return status
        raise AssertionError(path)

    def _hit(self, scope: Scope, token: str, kind: HitKind, *, link: int = 0, url: str = "") -> Hit:
        agent = (header(scope, b"user-agent") or b"").decode("latin-1")[:LONGEST_AGENT]
        address = client_address(scope, self._world.settings.trusted_proxies)
        return Hit(token, kind, self._world.clock.now(), scope["method"], agent, address, link, url)

    def _note(self, hit: Hit) -> bool:
        try:
            self._spool.append(hit)
        except OSError as error:
            log.error("a hit could not be spooled: %s", fault_line(error))
            return False
        return True

    async def _keep(self, chunk: tracking.Chunk) -> None:
        await tracking.keep_hits(self._world, chunk)


def _confirmed(body: bytes) -> bool:
    """Whether a body is that of our button or of a one-click post, as a form of either kind (RFC 8058, section 3.2)."""
    return b"confirm=yes" in body or (b"List-Unsubscribe" in body and b"One-Click" in body)


def _language(scope: Scope) -> str:
    return language_of((header(scope, b"accept-language") or b"").decode("latin-1"))

