"""The people at work: letters come in, plans are made, and what is due is done.

Nothing here waits. `next_due` says when there is something to do, and whoever moves the clock calls `run_due`.
"""

import heapq
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin

from fairlead.kit.clock import Clock
from fairlead.kit.refusals import Invalid, NotFound
from fairlead.sandbox.mailboxes import ANSWERED, SEEN, Entry, Folder, Mailbox, Mailboxes, Role
from fairlead.sandbox.people import agents
from fairlead.sandbox.people.composing import Occasion, automatic, leaving_mail, reply
from fairlead.sandbox.people.letters import Form, Letter, first_form, mailto_parts, read_letter
from fairlead.sandbox.people.model import (
    Act,
    Answer,
    Automatic,
    AutoReply,
    Click,
    Delete,
    MarkSpam,
    Owner,
    Plan,
    Prefetch,
    Read,
    Relation,
    Reply,
    Scan,
    Timed,
    Unsubscribe,
    Way,
)
from fairlead.sandbox.people.planning import plan, remembered

ONE_CLICK_BODY = b"List-Unsubscribe=One-Click"
DONE_LIMIT = 2_000


@dataclass(frozen=True)
class Page:
    """What a web server answered. Status 0: nothing came back. `url` is the one asked last, after redirects."""

    status: int
    url: str
    text: str = ""


class Outside(Protocol):
    """What the people need of the world around them. Neither method raises."""

    async def fetch_url(self, method: str, url: str, user_agent: str, body: bytes | None) -> Page:
        """A `body` is sent as application/x-www-form-urlencoded. GET follows redirects, POST does not."""
        ...

    async def send_mail(self, envelope_from: str, to: str, raw: bytes) -> None:
        """Sends from the mail server of the writer's domain. An empty `envelope_from` is the null sender."""
        ...


@dataclass(frozen=True)
class Done:
    """Something that was done, for whoever looks."""

    at: datetime
    address: str
    sender: str
    message_id: str
    act: Act


@dataclass(frozen=True)
class _Received:
    owner: Owner
    letter: Letter
    raw: bytes
    at: datetime


class People:
    """`owners` knows who owns an address. `on_spam` is told of every complaint, with the message, by its owner."""

    def __init__(
        self,
        owners: Callable[[str], Owner | None],
        mailboxes: Mailboxes,
        outside: Outside,
        clock: Clock,
        *,
        seed: int,
        on_spam: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self._owners = owners
        self._mailboxes = mailboxes
        self._outside = outside
        self._clock = clock
        self._seed = seed
        self._on_spam = on_spam
        self._due: list[tuple[datetime, int, Act, _Received]] = []
        self._order = itertools.count()
        self._relations: dict[tuple[str, str], Relation] = {}
        self.done: list[Done] = []

    def received(self, address: str, raw: bytes, *, at: datetime, in_spam: bool = False) -> Plan | None:
        """Plans what the owner does with a message that was just filed. None where nobody owns the address."""
        owner = self._owners(address)
        if owner is None:
            return None
        letter = read_letter(raw)
        planned = plan(
            owner,
            letter,
            seed=self._seed,
            received=at,
            relation=self.relation(owner.address, letter.sender),
            in_spam=in_spam,
        )
        pair = _pair(owner.address, letter.sender)
        if planned.relation.closed:
            self._forget(pair)
        self._relations[pair] = planned.relation
        incoming = _Received(owner, letter, raw, at)
        for timed in planned.acts:
            self._put(timed, incoming)
        return planned

    def relation(self, address: str, sender: str) -> Relation:
        return self._relations.get(_pair(address, sender), Relation())

    def next_due(self) -> datetime | None:
        return self._due[0][0] if self._due else None

    def waiting(self) -> list[tuple[str, Timed]]:
        """Who will do what and when, soonest first."""
        return [(received.owner.address, Timed(at, act)) for at, _, act, received in sorted(self._due)]

    async def run_due(self, now: datetime) -> int:
        """Does everything due by `now`, in order, and what becomes due meanwhile. How much that was."""
        count = 0
        while self._due and self._due[0][0] <= now:
            at, _, act, received = heapq.heappop(self._due)
            await self._do(act, received, at)
            count += 1
        return count

    async def force(self, address: str, act: Act, *, message_id: str | None = None) -> None:
        """Does `act` at once to the newest message in the mailbox, or to the one named.

        Raises `NotFound` where nobody owns the address or no such message is there. Later letters of the same
        sender are answered in view of it.
        """
        owner = self._owners(address)
        if owner is None:
            raise NotFound("no_such_person", f"Nobody owns {address}.")
        entry = self._message(self._mailboxes.mailbox(owner.address), message_id)
        letter = read_letter(entry.message.raw)
        pair = _pair(owner.address, letter.sender)
        before = self.relation(*pair)
        if isinstance(act, Reply):
            act = replace(act, nth=before.answers.count(act.answer))
        self._relations[pair] = remembered(before, act)
        if self._relations[pair].closed:
            self._forget(pair)
        await self._do(act, _Received(owner, letter, entry.message.raw, entry.message.received), self._clock.now())

    # Steps

    def _put(self, timed: Timed, received: _Received) -> None:
        heapq.heappush(self._due, (timed.at, next(self._order), timed.act, received))

    def _forget(self, pair: tuple[str, str]) -> None:
        """Answers that were planned and are void, as the person asked to be left alone."""
        self._due = [
            item
            for item in self._due
            if not isinstance(item[2], Reply | Click) or _pair(item[3].owner.address, item[3].letter.sender) != pair
        ]
        heapq.heapify(self._due)

    def _message(self, mailbox: Mailbox, message_id: str | None) -> Entry:
        if message_id is None:
            held = mailbox.entries() or mailbox.entries(Role.SPAM)
            if held:
                return held[-1]
        else:
            found = mailbox.search_header("Message-ID", message_id)
            if found:
                return found[0][1]
        raise NotFound("no_such_message", f"The mailbox {mailbox.address} has no such message.")

    async def _do(self, act: Act, received: _Received, at: datetime) -> None:
        owner, letter = received.owner, received.letter
        self.done.append(Done(at, owner.address, letter.sender, letter.message_id, act))
        del self.done[: max(0, len(self.done) - DONE_LIMIT)]
        # An answer bears the moment it is written at, also when the clock has leapt over it.
        occasion = Occasion(owner, letter, received.at, at, self._seed)
        match act:
            case Scan(user_agent):
                for method in ("HEAD", "GET"):
                    await self._fetch_all(method, (*letter.links, *letter.pictures), user_agent)
            case Prefetch(user_agent):
                await self._fetch_all("GET", letter.pictures, user_agent)
            case Read(pictures):
                self._flag(received, SEEN)
                if pictures:
                    await self._fetch_all("GET", letter.pictures, agents.PICTURES[owner.client])
            case Click(url):
                self._flag(received, SEEN)
                for link in (url,) if url else letter.inviting_links[:1]:
                    await self._outside.fetch_url("GET", link, agents.BROWSERS[owner.client], None)
            case Reply():
                self._flag(received, SEEN)
                self._flag(received, ANSWERED)
                await self._send(owner, owner.address, letter.answers_to, reply(occasion, act), at)
            case AutoReply(kind, back):
                await self._send(owner, "", letter.answers_to, automatic(occasion, kind, back), None)
            case Unsubscribe(way):
                await self._unsubscribe(way, occasion)
            case MarkSpam():
                self._move(received, Role.SPAM)
                if self._on_spam is not None:
                    self._on_spam(owner.address, received.raw)
            case Delete():
                self._move(received, Role.TRASH)

    async def _unsubscribe(self, way: Way, occasion: Occasion) -> None:
        owner, letter = occasion.owner, occasion.letter
        browser = agents.BROWSERS[owner.client]
        if way is Way.ONE_CLICK and letter.one_click is not None:
            # The provider's servers send it, not the person's browser (RFC 8058, section 3.2).
            await self._outside.fetch_url("POST", letter.one_click, agents.GOOGLE_PROXY, ONE_CLICK_BODY)
        elif way is Way.LINK and letter.leaving_link is not None:
            page = await self._outside.fetch_url("GET", letter.leaving_link, browser, None)
            form = first_form(page.text)
            if form is not None:
                await self._press(form, page, browser)
        elif way is Way.MAIL and letter.leaving_mail is not None:
            to, subject, body = mailto_parts(letter.leaving_mail)
            raw = leaving_mail(occasion, to=to, subject=subject, body=body)
            await self._send(owner, owner.address, to, raw, occasion.now)

    async def _press(self, form: Form, page: Page, browser: str) -> None:
        try:
            target = urljoin(page.url, form.action)
        except ValueError:  # no address a browser could make sense of
            return
        await self._outside.fetch_url("POST", target, browser, urlencode(form.fields).encode())

    async def _fetch_all(self, method: str, urls: tuple[str, ...], user_agent: str) -> None:
        for url in urls:
            await self._outside.fetch_url(method, url, user_agent, None)

    async def _send(self, owner: Owner, envelope_from: str, to: str, raw: bytes, kept_at: datetime | None) -> None:
        if not to:
            return
        if kept_at is not None and (mailbox := self._mailboxes.find(owner.address)) is not None:
            mailbox.append(raw, kept_at, to=Role.SENT, flags=[SEEN])
        await self._outside.send_mail(envelope_from, to, raw)

    def _flag(self, received: _Received, flag: bytes) -> None:
        for mailbox, _, entry in self._places(received):
            mailbox.add_flag(entry, flag)

    def _move(self, received: _Received, role: Role) -> None:
        for mailbox, folder, entry in self._places(received)[:1]:
            mailbox.move(folder, [entry], mailbox.folder_for(role))

    def _places(self, received: _Received) -> list[tuple[Mailbox, Folder, Entry]]:
        """Where the message lies; nowhere, when the owner's mailbox is read by someone who has moved it on."""
        mailbox = self._mailboxes.find(received.owner.address)
        if mailbox is None or not received.letter.message_id:
            return []
        wanted = received.letter.message_id.encode()
        return [
            (mailbox, folder, entry)
            for role in (Role.INBOX, Role.SPAM)
            for folder in (mailbox.folder_for(role),)
            for entry in reversed(folder.entries)
            if entry.message.message_id == wanted
        ]


def act_named(words: Mapping[str, Any]) -> Act:
    """An act from the words of a script: `{"act": "reply", "answer": "interested", "text": "..."}`.

    Acts: read, click (url), reply (answer, text), out_of_office (back), acknowledgment, unsubscribe (way), spam,
    delete, scan, prefetch. Raises `Invalid`.
    """
    try:
        match words.get("act"):
            case "read":
                return Read(pictures=bool(words.get("pictures", True)))
            case "click":
                return Click(_text(words, "url"))
            case "reply":
                return Reply(Answer(words.get("answer", Answer.INTERESTED)), _text(words, "text"))
            case "out_of_office":
                back = _text(words, "back")
                return AutoReply(Automatic.OUT_OF_OFFICE, date.fromisoformat(back) if back else None)
            case "acknowledgment":
                return AutoReply(Automatic.ACKNOWLEDGMENT)
            case "unsubscribe":
                return Unsubscribe(Way(words.get("way", Way.LINK)))
            case "spam":
                return MarkSpam()
            case "delete":
                return Delete()
            case "scan":
                return Scan(agents.SCANNERS[0])
            case "prefetch":
                return Prefetch(agents.GMAIL_PREFETCH)
            case _:
                raise Invalid("unknown_act", "There is no such act.", field="act")
    except ValueError as wrong:
        raise Invalid("bad_act", f"The act cannot be read: {wrong}.", field="act") from wrong


def _text(words: Mapping[str, Any], name: str) -> str | None:
    value = words.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid("bad_act", f"{name} is a text.", field=name)
    return value


def _pair(address: str, sender: str) -> tuple[str, str]:
    return address.casefold(), sender.casefold()
