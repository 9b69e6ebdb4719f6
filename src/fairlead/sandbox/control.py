"""The control port: look at everything, force events, move the clock. For this machine and its own page only.

A page of another site must not reach it through the reader's browser: a foreign `Host` (DNS rebinding) or `Origin`
is refused, and nothing here allows another origin to read an answer.
"""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import fields
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import parse_qs

from fairlead.kit.refusals import Invalid, NotFound, Refusal
from fairlead.sandbox import dns_wire as wire
from fairlead.sandbox import loopback, views
from fairlead.sandbox.clock import ORIGIN
from fairlead.sandbox.dns_zones import Script
from fairlead.sandbox.internet import Internet
from fairlead.sandbox.mailboxes import Message, Role
from fairlead.sandbox.making.listing import world_json_text
from fairlead.sandbox.mishaps import Mishaps
from fairlead.sandbox.people.people import act_named
from fairlead.sandbox.records import Delivery
from fairlead.sandbox.web import Request, Response, Site, WebServer

ADDRESS: Final = str(loopback.CONTROL)
HOSTS: Final = (ADDRESS, "localhost")
MOVE_SECONDS: Final = 60.0
MOST_SHOWN: Final = 20_000
BATCH: Final = 200
LAST_YEAR: Final = 2200
UNKNOWN_USER: Final = "550 5.1.1 <{address}>: Recipient address rejected: User unknown"

JSON: Final = "application/json; charset=utf-8"
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A mail is shown as it is: nothing in it runs, and nothing is fetched, so that looking opens no pixel.
MAIL_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'self'"
)
PLAIN_HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}


class TimeKeeper(Protocol):
    """Who has the clock: the sandbox itself, or the server it is attached to."""

    async def advance(self, *, by: timedelta | None, to: datetime | None) -> datetime:
        """Moves business time forward, in the sandbox too, and gives it."""
        ...

    async def settled(self, now: datetime) -> bool:
        """Whether the attached server has done all that was due by `now`; waits for it for a while."""
        ...

    async def next_due(self, after: datetime) -> datetime | None:
        """When the attached server has something to do next; None when nothing is known."""
        ...


class OwnTime:
    """A sandbox that stands alone."""

    def __init__(self, internet: Internet) -> None:
        self._clock = internet.clock

    async def advance(self, *, by: timedelta | None, to: datetime | None) -> datetime:
        return self._clock.advance(by=by, to=to)

    async def settled(self, now: datetime) -> bool:
        return True

    async def next_due(self, after: datetime) -> datetime | None:
        return None


# A leap is made in steps, from one thing that is due to the next: a day passed over at once has no working hours.
# So many at most, which bounds how long a leap takes.
MOST_STEPS: Final = 400


async def move_time(
    internet: Internet,
    keeper: TimeKeeper,
    *,
    by: timedelta | None = None,
    to: datetime | None = None,
    seconds: float,
) -> tuple[datetime, bool]:
    """The time moved to, and whether all work due by then was done within `seconds` of machine time."""
    here = internet.clock.now()
    target = max(here, to or here) + (by or timedelta())
    least = (target - here) / MOST_STEPS
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            # Mail that is on its way arrives before the leap, not after it.
            await internet.run_due(here)
            while here < target:
                due = [moment for moment in (internet.next_due(), await keeper.next_due(here)) if moment is not None]
                here = await keeper.advance(by=None, to=min(target, max(here + least, min(due, default=target))))
                await _settled(internet, keeper, here)
            await _settled(internet, keeper, here)
            return here, True
    return await keeper.advance(by=None, to=target), False


async def _settled(internet: Internet, keeper: TimeKeeper, now: datetime) -> None:
    while True:
        # What one side does may be work for the other: both have to be idle at the same time.
        await internet.run_due(now)
        if await keeper.settled(now) and internet.idle(now):
            return


Asked: TypeAlias = dict[str, str]
Answer: TypeAlias = Callable[[Asked], dict[str, Any]]


class Control:
    """`patience_seconds` of machine time is how long a move of the clock waits for the work it makes due."""

    def __init__(
        self, internet: Internet, keeper: TimeKeeper | None = None, *, patience_seconds: float = MOVE_SECONDS
    ) -> None:
        self._internet = internet
        self._patience_seconds = patience_seconds
        self._keeper = keeper or OwnTime(internet)
        self._web = WebServer(self._find_site, clock=internet.clock, timer=internet.timer)
        self._served = Site(self._answer)
        self._foreign = Site(lambda request: _refused(403, "foreign_host", "This port answers its own page only."))
        self.port = 0
        self._shown: dict[str, Answer] = {
            "/messages.json": self._messages,
            "/message.json": self._message,
            "/sends.json": lambda asked: views.sends_json(internet),
            "/overview.json": lambda asked: views.overview_json(internet),
            "/companies.json": self._companies,
            "/mailboxes.json": lambda asked: {"mailboxes": views.mailboxes_json(internet)},
            "/mailbox.json": self._mailbox,
            "/people.json": lambda asked: views.people_json(internet, _number(asked, "limit", 200)),
            "/dns.json": lambda asked: views.dns_json(internet, _number(asked, "limit", 200)),
            "/crawl.json": lambda asked: views.crawl_json(internet),
            "/sessions.json": self._sessions,
        }
        self._done: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
            "/clock": self._move_clock,
            "/force": self._force,
            "/dns": self._script_name,
            "/submission": self._script_submission,
        }
        self._paths = {*self._shown, *self._done, *FILES, "/world.json", "/message.html", "/message.eml"}

    async def start(self, address: str = ADDRESS, port: int = 0) -> int:
        """The port. Raises `CannotStart` for another address than that of the machine itself."""
        self.port = await self._web.listen(address, port, place=loopback.control_address)
        # A link in a mail must not be able to move the clock.
        self._internet.browser.closed_ports.add(self.port)
        return self.port

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}"

    async def close(self) -> None:
        await self._web.close()

    # Requests.

    def _find_site(self, host: str) -> Site:
        return self._served if host in HOSTS else self._foreign

    def _is_foreign(self, request: Request) -> bool:
        origin = request.header("origin")
        own = [f"http://{host}:{self.port}" for host in HOSTS]
        # Browsers say where a request comes from; programs do not.
        return (origin is not None and origin not in own) or request.header("sec-fetch-site") == "cross-site"

    def _answer(self, request: Request) -> Response | Awaitable[Response]:
        if self._is_foreign(request):
            return _refused(403, "foreign_origin", "This port answers its own page only.")
        if request.method in ("GET", "HEAD"):
            return self._show(request)
        if request.method == "POST" and request.path in self._done:
            return self._do(request)
        if request.path in self._paths:
            return _refused(405, "wrong_method", f"{request.path} does not take {request.method}.")
        return _refused(404, "no_such_page", f"There is no page {request.path}.")

    def _show(self, request: Request) -> Response | Awaitable[Response]:
        asked = {name: values[-1] for name, values in parse_qs(request.query, max_num_fields=20).items()}
        try:
            if request.path in FILES:
                return _file(*FILES[request.path])
            if request.path == "/world.json":
                return self._world()
            if request.path == "/message.html":
                return self._mail_page(asked)
            if request.path == "/message.eml":
                raw = self._found(asked)[0].raw
                return Response(200, "text/plain; charset=utf-8", raw, PLAIN_HEADERS)
            if request.path in self._shown:
                return _json(self._shown[request.path](asked))
            if request.path in self._paths:
                return _refused(405, "wrong_method", f"{request.path} takes POST.")
            return _refused(404, "no_such_page", f"There is no page {request.path}.")
        except Refusal as refusal:
            return _refusal(refusal)
        except ValueError as error:
            return _refused(400, "bad_query", f"The query cannot be read: {error}.")

    async def _do(self, request: Request) -> Response:
        try:
            words = json.loads(request.body or b"{}")
            if not isinstance(words, dict):
                raise Invalid("bad_body", "The body is a JSON object.")
            return _json(await self._done[request.path](words))
        except Refusal as refusal:
            return _refusal(refusal)
        except (ValueError, OverflowError) as error:
            return _refused(400, "bad_body", f"The body cannot be read: {error}.")

    # What is shown.

    async def _world(self) -> Response:
        """Piece by piece, so that other servers go on answering while a large world is written down."""
        pieces = world_json_text(self._internet.world, self._internet.clock.now(), self._internet.listeners)
        text: list[str] = []
        while batch := list(itertools.islice(pieces, BATCH)):
            text.append("".join(batch))
            await asyncio.sleep(0)
        return Response(200, JSON, "".join(text).encode(), PLAIN_HEADERS)

    def _messages(self, asked: Asked) -> dict[str, Any]:
        since = _moment(asked["since"]) if asked.get("since") else None
        limit = _number(asked, "limit", MOST_SHOWN)
        found = self._internet.records.deliveries(to=asked.get("to"), since=since, limit=limit)
        return {"messages": [views.message_json(delivery) for delivery in found]}

    def _message(self, asked: Asked) -> dict[str, Any]:
        message, delivery = self._found(asked)
        text, html = views.bodies(message.raw)
        shown = {"headers": views.headers(message.raw), "text": text, "html": html}
        if delivery is None:
            return {**shown, "id": None, "conversations": []}
        return {**views.message_json(delivery), "conversations": views.conversations(delivery)}

    def _mail_page(self, asked: Asked) -> Response:
        html = views.bodies(self._found(asked)[0].raw)[1]
        headers = (*PLAIN_HEADERS, ("Content-Security-Policy", MAIL_POLICY))
        return Response(200, "text/html; charset=utf-8", (html or "").encode("utf-8", "replace"), headers)

    def _found(self, asked: Asked) -> tuple[Message, Delivery | None]:
        """A message by `id`, or by `address`, `folder` and `uid`. Raises `NotFound`."""
        internet = self._internet
        if "id" in asked:
            delivery = internet.records.find_delivery(int(asked["id"]))
            if delivery is None:
                raise NotFound("no_such_message", "There is no such message, or it is too long ago.")
            return delivery.message, delivery
        folder = internet.mailboxes.mailbox(asked.get("address", "")).folder(asked.get("folder", "INBOX"))
        entry = folder.find(_number(asked, "uid", 0))
        if entry is None:
            raise NotFound("no_such_message", f"The folder {folder.name} has no such message.")
        return entry.message, internet.records.delivery_of(entry.message)

    def _companies(self, asked: Asked) -> dict[str, Any]:
        """A page of the world; `q` is looked for in names, domains and behaviors, in the first few thousand only."""
        world, limit = self._internet.world, _number(asked, "limit", 100)
        wanted = asked.get("q", "").lower()
        looked_at = itertools.islice(world, _number(asked, "offset", 0), MOST_SHOWN // 4)
        found = (
            company
            for company in looked_at
            if wanted in f"{company.name} {company.domain} {company.mx_behavior} {company.provider}".lower()
        )
        return {"companies": [views.company_json(company) for company in itertools.islice(found, limit)]}

    def _mailbox(self, asked: Asked) -> dict[str, Any]:
        mailbox = self._internet.mailboxes.mailbox(asked.get("address", ""))
        return views.mailbox_json(mailbox, _number(asked, "limit", 200))

    def _sessions(self, asked: Asked) -> dict[str, Any]:
        held = list(self._internet.smtp.sessions)[-_number(asked, "limit", 50) :]
        return views.sessions_json(reversed(held))

    # What is done.

    async def _move_clock(self, words: dict[str, Any]) -> dict[str, Any]:
        if ("to" in words) == ("advance_seconds" in words):
            raise Invalid("bad_body", 'Say how far with "advance_seconds", or where to with "to".')
        by = _seconds(words["advance_seconds"]) if "advance_seconds" in words else None
        to = _moment(words["to"]) if "to" in words else None
        if max(to or ORIGIN, self._internet.clock.now() + (by or timedelta())).year > LAST_YEAR:
            raise Invalid("bad_moment", f"The clock of a sandbox ends with the year {LAST_YEAR}.")
        now, idle = await move_time(self._internet, self._keeper, by=by, to=to, seconds=self._patience_seconds)
        return {"now": views.moment(now), "idle": idle}

    async def _force(self, words: dict[str, Any]) -> dict[str, Any]:
        """An act of a person as `people.act_named` has it, or a mishap of a mailbox."""
        internet, address = self._internet, words.get("address")
        if not isinstance(address, str):
            raise Invalid("bad_body", "Whose mailbox? Say it with \"address\".", field="address")
        message_id = words.get("message_id")
        match words.get("act"):
            case "bounce":
                raw = self._newest(address, message_id).raw
                internet.bounce_later(address, raw, str(words.get("reply") or UNKNOWN_USER.format(address=address)))
            case "drop_connections":
                return {"done": True, "dropped": internet.imap.drop_all(address)}
            case "change_uid_validity":
                changed = internet.mailboxes.mailbox(address).change_uid_validity(str(words.get("folder", "INBOX")))
                return {"done": True, "uid_validity": changed}
            case _:
                await internet.people.force(address, act_named(words), message_id=message_id)
        await internet.post.settled()
        return {"done": True}

    def _newest(self, address: str, message_id: str | None) -> Message:
        mailbox = self._internet.mailboxes.mailbox(address)
        found = [entry.message for _, entry in mailbox.search_header("Message-ID", message_id)] if message_id else []
        held = found or [entry.message for role in (Role.INBOX, Role.SPAM) for entry in mailbox.entries(role)[-1:]]
        if not held:
            raise NotFound("no_such_message", f"The mailbox {address} has no such message.")
        return held[0]

    async def _script_name(self, words: dict[str, Any]) -> dict[str, Any]:
        """What goes wrong when a name is asked for: `silent`, `rcode`, `delay_seconds`, `truncates`; none: nothing."""
        name = words.get("name")
        if not isinstance(name, str):
            raise Invalid("bad_body", "Which name? Say it with \"name\".", field="name")
        codes = {text: code for code, text in wire.RCODE_NAMES.items()}
        rcode = words.get("rcode")
        if rcode is not None and rcode not in codes:
            raise Invalid("bad_body", f"A rcode is one of {', '.join(codes)}.", field="rcode")
        script = Script(
            silent=bool(words.get("silent")),
            rcode=codes[rcode] if rcode is not None else None,
            delay_seconds=float(words.get("delay_seconds") or 0.0),
            truncates=bool(words.get("truncates")),
        )
        name = name.lower().rstrip(".")
        if script == Script():
            self._internet.zones.scripts.pop(name, None)
        else:
            self._internet.zones.scripts[name] = script
        self._internet.dns.forget()
        return {"done": True}


    async def _script_submission(self, words: dict[str, Any]) -> dict[str, Any]:
        """What goes wrong when mail is handed in for a domain of the user's own; only the domain: nothing."""
        domain = words.pop("domain", None)
        if not isinstance(domain, str):
            raise Invalid("bad_body", "Which domain of yours? Say it with \"domain\".", field="domain")
        for name, value in words.items():
            most = 3600.0 if name.endswith("_seconds") else 1.0
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                raise Invalid("bad_body", f"{name} is a number from 0 to {most:g}.", field=name)
        known = [field.name for field in fields(Mishaps)]
        if unknown := set(words) - set(known):
            raise Invalid("bad_body", f"There is no {min(unknown)}; there are {', '.join(known)}.")
        self._internet.go_wrong(domain.lower(), Mishaps(**words))
        return {"done": True}


def _json(value: dict[str, Any], status: int = 200) -> Response:
    text = json.dumps(value, ensure_ascii=False)
    return Response(status, JSON, text.encode("utf-8", "replace"), PLAIN_HEADERS)


def _refused(status: int, code: str, sentence: str) -> Response:
    return _json({"error": {"code": code, "sentence": sentence}}, status)


def _refusal(refusal: Refusal) -> Response:
    return _refused(404 if isinstance(refusal, NotFound) else 400, refusal.code, refusal.sentence)


def _file(name: str, kind: str) -> Response:
    body = resources.files("fairlead.sandbox").joinpath("control_page", name).read_bytes()
    return Response(200, kind, body, (*PLAIN_HEADERS, ("Content-Security-Policy", PAGE_POLICY)))


def _number(asked: Asked, name: str, otherwise: int) -> int:
    number = int(asked.get(name) or otherwise)
    if not 0 <= number <= 2**31:
        raise Invalid("bad_query", f"{name} is out of bounds.", field=name)
    return number


def _seconds(value: object) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 4e9:
        raise Invalid("bad_body", "advance_seconds is a number of seconds from 0; the clock never goes back.")
    return timedelta(seconds=value)


def _moment(value: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise Invalid("bad_moment", f"{value!r} is no moment such as 2026-01-05T08:00:00Z.") from None
    if found.tzinfo is None or not 1990 <= found.year <= LAST_YEAR:
        raise Invalid("bad_moment", "A moment has a zone, such as Z, and a year people live in.")
    return found
