"""A received message as its reader sees it: who wrote, what it says, which links and pictures it holds."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote, urlsplit

from fairlead.sandbox.imap.search import decoded_words
from fairlead.sandbox.imap.structure import Part, taken_apart
from fairlead.sandbox.mailboxes import MESSAGE_ID, header_fields

# A letter is read up to here; whoever sends more is not answered in more detail.
READ_LIMIT = 2_000_000
# Gmail shows no more than this either.
HTML_LIMIT = 102_400
LINKS_LIMIT = 50
URL = re.compile(r"https?://[^\s<>\"'\\^`{|}]+")
LEAVING_WORDS = re.compile(
    r"unsubscri|opt.?out|no longer|abmeld|abbestell|austrag|d[ée]sabonn|d[ée]sinscri|\bbaja\b|darse de baja|"
    r"disiscri|cancella(?:mi|rsi|ti)|wypis|rezygn",
    re.IGNORECASE,
)
AUTOMATIC_SENDERS = ("mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply")
SKIPPED = ("style", "script", "head", "title")
BREAKS = ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "blockquote", "table")


@dataclass(frozen=True)
class Letter:
    """`subject` and names are decoded. `pictures` are remote images, the tracking pixel among them."""

    message_id: str
    sender: str
    sender_name: str
    answers_to: str
    recipients: str
    subject: str
    references: tuple[str, ...]
    sent: datetime | None
    text: str
    links: tuple[str, ...]
    pictures: tuple[str, ...]
    leaving_link: str | None
    one_click: str | None
    leaving_mail: str | None
    automatic: bool

    @property
    def sender_first_name(self) -> str:
        name = self.sender_name.rpartition(",")[2].strip() or self.sender.partition("@")[0]
        return name.split(" ")[0].strip("\"'")

    @property
    def inviting_links(self) -> tuple[str, ...]:
        """Those that are not about leaving."""
        return tuple(link for link in self.links if link != self.leaving_link)


def read_letter(raw: bytes) -> Letter:
    """Raises nothing: a broken message is a letter with little in it."""
    raw = raw[:READ_LIMIT]
    fields: dict[str, str] = {}
    for field, value in header_fields(raw):
        fields.setdefault(field.decode("latin-1").lower(), value.decode("utf-8", "replace"))
    whole = taken_apart(raw)
    page = _Page()
    html = _text_of(whole, b"html")
    if html is not None:
        page.feed(html[:HTML_LIMIT])
        page.close()
    text = _text_of(whole, b"plain")
    plain_links = [url.rstrip(".,;:!?)") for url in URL.findall(text or "")]
    links = tuple(dict.fromkeys(page.links if page.links else plain_links))[:LINKS_LIMIT]
    name, sender = _first_address(fields.get("from", ""))
    https, mailto = _list_unsubscribe(fields.get("list-unsubscribe", ""))
    one_click = fields.get("list-unsubscribe-post", "").strip().lower() == "list-unsubscribe=one-click"
    ids = MESSAGE_ID.findall(fields.get("message-id", "").encode())
    return Letter(
        message_id=ids[0].decode() if ids else "",
        sender=sender,
        sender_name=name,
        answers_to=_first_address(fields.get("reply-to", ""))[1] or sender,
        recipients=_readable(fields.get("to", ""))[:1000],
        subject=_readable(fields.get("subject", "")).strip()[:500],
        references=_references(fields),
        sent=_date(fields.get("date", "")),
        text=(text if text is not None else page.text).replace("\r\n", "\n").strip("\n"),
        links=links,
        pictures=tuple(dict.fromkeys(page.pictures))[:LINKS_LIMIT],
        leaving_link=page.leaving_link or next((link for link in links if LEAVING_WORDS.search(unquote(link))), None),
        one_click=https if one_click else None,
        leaving_mail=mailto,
        automatic=_automatic(fields, sender),
    )


def mailto_parts(url: str) -> tuple[str, str, str]:
    """Address, subject and body of a mailto: link (RFC 6068); empty where it is none."""
    try:
        parts = urlsplit(url)
        asked = parse_qs(parts.query, max_num_fields=10)
    except ValueError:
        return "", "", ""
    return unquote(parts.path), asked.get("subject", [""])[0], asked.get("body", [""])[0]


@dataclass(frozen=True)
class Form:
    """A form of a page that is sent by POST."""

    action: str
    fields: tuple[tuple[str, str], ...]


def first_form(html: str) -> Form | None:
    """What pressing the first button of the page would send."""
    page = _Page()
    page.feed(html[:HTML_LIMIT])
    page.close()
    return page.form


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.leaving_link: str | None = None
        self.form: Form | None = None
        self._words: list[str] = []
        self._anchor: str | None = None
        self._anchor_words = ""
        self._skipping = 0
        self._action: str | None = None
        self._fields: list[tuple[str, str]] = []

    @property
    def text(self) -> str:
        joined = re.sub(r"[ \t\r\f\v]+", " ", "".join(self._words))
        return re.sub(r" ?\n ?(?:\n ?)+", "\n\n", joined).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in SKIPPED:
            self._skipping += 1
        elif tag in BREAKS:
            self._words.append("\n")
        match tag:
            case "a" if values.get("href", "").startswith(("http://", "https://")):
                self._anchor, self._anchor_words = values["href"].strip(), ""
                self.links.append(self._anchor)
            case "img" if values.get("src", "").startswith(("http://", "https://")):
                self.pictures.append(values["src"].strip())
            case "form" if values.get("method", "").lower() == "post" and self.form is None:
                self._action, self._fields = values.get("action", ""), []
            case "input" | "button" if self._action is not None and values.get("name"):
                # Boxes that are not ticked are not sent.
                if values.get("type") not in ("checkbox", "radio") or "checked" in values:
                    self._fields.append((values["name"], values.get("value", "")))
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if tag in SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag == "a" and self._anchor is not None:
            if self.leaving_link is None and LEAVING_WORDS.search(self._anchor_words):
                self.leaving_link = self._anchor
            self._anchor = None
        elif tag == "form" and self._action is not None:
            self.form = Form(self._action, tuple(self._fields))
            self._action = None

    def handle_data(self, data: str) -> None:
        if self._anchor is not None:
            self._anchor_words += data
        if not self._skipping:
            self._words.append(data.replace("\n", " "))


def _text_of(part: Part, subtype: bytes) -> str | None:
    """The first text of that subtype that is no attachment."""
    if part.children:
        return next((text for child in part.children if (text := _text_of(child, subtype)) is not None), None)
    attached = part.fields.get(b"content-disposition", b"").lower().startswith(b"attachment")
    return part.text() if part.type == b"text" and part.subtype == subtype and not attached else None


def _first_address(text: str) -> tuple[str, str]:
    for name, address in getaddresses([text[:2000]]):
        if "@" in address and not re.search(r"[\s<>,]", address):
            return _readable(name), address
    return "", ""


def _readable(text: str) -> str:
    """Encoded words read, on one line. Addresses are told apart before, as a name may hold a comma."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", decoded_words(text.encode()))


def _list_unsubscribe(text: str) -> tuple[str | None, str | None]:
    """The first web address and the first mailto: of the header (RFC 2369, section 3.2)."""
    urls = [url.strip() for url in re.findall(r"<([^<>]*)>", text[:5000])]
    return (
        next((url for url in urls if url.lower().startswith("https://") or url.lower().startswith("http://")), None),
        next((url for url in urls if url.lower().startswith("mailto:")), None),
    )


def _references(fields: dict[str, str]) -> tuple[str, ...]:
    named = fields.get("references") or fields.get("in-reply-to", "")
    return tuple(one.decode("utf-8", "replace") for one in MESSAGE_ID.findall(named.encode()))


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # Years at the edge of the calendar cannot be told in another zone.
    return moment if moment.tzinfo is not None and 1970 <= moment.year <= 2200 else None


def _automatic(fields: dict[str, str], sender: str) -> bool:
    """Whether a machine wrote it, which nobody answers (RFC 3834, section 2)."""
    if fields.get("auto-submitted", "no").partition(";")[0].strip().lower() != "no":
        return True
    if fields.get("precedence", "").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    if fields.get("content-type", "").lower().startswith("multipart/report") or not sender:
        return True
    if any(name in fields for name in ("x-autoreply", "x-autorespond", "list-id")):
        return True
    return fields.get("return-path", "").strip() == "<>" or sender.lower().startswith(AUTOMATIC_SENDERS)
