"""Answers as bytes: the words, the form of the mail program, and the headers that hold a thread together.

Source: RFC 5322, sections 3.6.4 (In-Reply-To and References) and 3.6.5 ("Re: ").
"""

import html
import random
import re
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from fairlead.sandbox.making.chance import happens, one, source
from fairlead.sandbox.notices import Robot, automatic_answer
from fairlead.sandbox.people.hours import zone_named
from fairlead.sandbox.people.letters import Letter
from fairlead.sandbox.people.model import Answer, Automatic, Client, Owner, Reply
from fairlead.sandbox.people.quoting import Quote, quoted
from fairlead.sandbox.people.texts import Language, language_named

# Long ids must not be folded into encoded words, which the library does above its usual width.
POLICY = SMTP.clone(max_line_length=900)
REFERENCES_LIMIT = 10
HEX = "0123456789ABCDEF"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PREFIXED = re.compile(r"(?:re|aw|r|odp\.?|rv|sv|antw)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
BOTTOM_POSTERS = 0.4
ROBOTS = {
    Client.OUTLOOK: Robot.EXCHANGE,
    Client.OUTLOOK_PHONE: Robot.EXCHANGE,
    Client.GMAIL: Robot.GMAIL,
    Client.ANDROID: Robot.GMAIL,
}
OTHER_ROBOTS = (Robot.STANDARD, Robot.STANDARD, Robot.OLD, Robot.NAMELESS)


@dataclass(frozen=True)
class Occasion:
    """When and to what is answered."""

    owner: Owner
    letter: Letter
    received: datetime
    now: datetime
    seed: int

    @property
    def language(self) -> Language:
        return language_named(self.owner.language)

    def dice(self, purpose: str) -> random.Random:
        key = f"{self.owner.address} {self.letter.message_id} {self.letter.sender} {self.now.isoformat()}"
        return source(self.seed, purpose, key)


def reply(occasion: Occasion, act: Reply) -> bytes:
    """The answer with the letter quoted under it, as the owner's program writes it. CRLF line ends."""
    owner, letter = occasion.owner, occasion.letter
    dice = occasion.dice("reply")
    words = _words(occasion, act, dice) if act.text is None else act.text
    zone = zone_named(owner.zone)
    quote = quoted(owner.client, letter, occasion.language, sent=letter.sent or occasion.received, zone=zone)
    message = EmailMessage(policy=POLICY)
    message["From"] = _address(owner.name, owner.address)
    message["To"] = _address(letter.sender_name if letter.answers_to == letter.sender else "", letter.answers_to)
    message["Subject"] = subject_of_answer(letter.subject, _prefix(occasion, dice))
    message["Date"] = format_datetime(occasion.now.astimezone(zone))
    message["Message-ID"] = message_id(owner, dice)
    if letter.message_id:
        message["In-Reply-To"] = letter.message_id
        message["References"] = " ".join(_references(letter))
    _program_headers(message, owner, letter, dice)
    _bodies(message, occasion, words, quote, dice)
    return message.as_bytes()


def automatic(occasion: Occasion, kind: Automatic, back: date | None = None) -> bytes:
    """The out-of-office note or the acknowledgment of a shared mailbox."""
    owner, letter, language = occasion.owner, occasion.letter, occasion.language
    dice = occasion.dice(f"automatic {kind}")
    if kind is Automatic.OUT_OF_OFFICE:
        text, subject = one(dice, language.out_of_office), language.away_subject
    else:
        text, subject = one(dice, language.acknowledgment), language.received_subject
    filled = text.format(back=language.day(back or occasion.now.date()), company=owner.company or owner.name)
    signed = f"{filled}|{owner.name}" if owner.name not in filled else filled
    return automatic_answer(
        robot=ROBOTS.get(owner.client) or one(dice, OTHER_ROBOTS),
        answerer=owner.name,
        address=owner.address,
        to=letter.answers_to,
        subject=subject.format(subject=letter.subject),
        text=signed.replace("|", "\n\n"),
        original_id=letter.message_id or None,
        now=occasion.now.astimezone(zone_named(owner.zone)),
        seed=occasion.seed,
    )


def leaving_mail(occasion: Occasion, *, to: str, subject: str, body: str) -> bytes:
    """What a mail program sends for the mailto: of List-Unsubscribe."""
    owner = occasion.owner
    message = EmailMessage(policy=POLICY)
    message["From"] = _address(owner.name, owner.address)
    message["To"] = _address("", to)
    message["Subject"] = _one_line(subject) or occasion.language.unsubscribe_subject
    message["Date"] = format_datetime(occasion.now.astimezone(zone_named(owner.zone)))
    message["Message-ID"] = message_id(owner, occasion.dice("leaving mail"))
    message.set_content(body + "\n")
    return message.as_bytes()


def subject_of_answer(subject: str, prefix: str = "Re:") -> str:
    """One prefix, however long the thread is."""
    return _one_line(subject) if PREFIXED.match(subject) else f"{prefix} {_one_line(subject)}".strip()


def message_id(owner: Owner, dice: random.Random) -> str:
    """In the manner of the program or its provider."""
    domain = owner.address.rpartition("@")[2]
    match owner.client:
        case Client.GMAIL | Client.ANDROID:
            return f"<CA{''.join(dice.choices(LETTERS + '+-_', k=48))}@mail.gmail.com>"
        case Client.OUTLOOK | Client.OUTLOOK_PHONE:
            server = f"{''.join(dice.choices(HEX, k=4))}PR{dice.randrange(10, 99)}MB{dice.randrange(1000, 9999)}"
            host = f"{server}.eurprd{dice.randrange(1, 9):02d}.prod.outlook.com"
            return f"<{server}{''.join(dice.choices(HEX, k=28))}@{host}>"
        case Client.APPLE_MAIL | Client.IPHONE:
            parts = ("".join(dice.choices(HEX, k=size)) for size in (8, 4, 4, 4, 12))
            return f"<{'-'.join(parts)}@{domain}>"
        case _:
            parts = ("".join(dice.choices(HEX.lower(), k=size)) for size in (8, 4, 4, 4, 12))
            return f"<{'-'.join(parts)}@{domain}>"


def _words(occasion: Occasion, act: Reply, dice: random.Random) -> str:
    """Greeting, text, closing and name. A text that was used towards the same sender does not come again."""
    answer = act.answer
    owner, language = occasion.owner, occasion.language
    texts = language.answers[answer]
    if answer is Answer.WRONG_PERSON and owner.colleague is None:
        texts = language.wrong_person_unnamed
    order = list(texts)
    source(occasion.seed, "texts", f"{owner.address} {occasion.letter.sender} {answer}").shuffle(order)
    colleague = owner.colleague
    filled = order[act.nth % len(order)].format(
        sender=occasion.letter.sender_first_name,
        company=owner.company,
        colleague=colleague.name if colleague else "",
        colleague_address=colleague.address if colleague else "",
    )
    greeting = one(dice, language.greetings).format(sender=occasion.letter.sender_first_name)
    closing = one(dice, language.closings)
    # Short words, sent off in a hurry or in anger, often go without any form.
    if answer is Answer.UNSUBSCRIBE and happens(dice, 0.6):
        greeting = closing = ""
    end = f"{closing}\n{owner.first_name}" if closing else one(dice, ("", owner.first_name))
    return "\n\n".join(part for part in (greeting, *filled.split("|"), end) if part)


def _bodies(message: EmailMessage, occasion: Occasion, words: str, quote: Quote, dice: random.Random) -> None:
    owner, language = occasion.owner, occasion.language
    match owner.client:
        case Client.IPHONE:
            words = f"{words}\n\n{language.iphone}"
        case Client.OUTLOOK_PHONE:
            words = f"{words}\n\n{language.outlook_phone}<https://aka.ms/o0ukef>"
        case Client.OUTLOOK if owner.position:
            words = f"{words}\n\n{owner.name}\n{owner.position}\n{owner.company}".rstrip()
        case Client.THUNDERBIRD:
            signed = f"{words}\n\n-- \n{owner.name}\n{owner.company}".rstrip()
            below = happens(dice, BOTTOM_POSTERS)
            text = f"{quote.text}\n\n{signed}\n" if below else f"{signed}\n\n{quote.text}\n"
            message.set_content(text, cte="quoted-printable" if not text.isascii() else None)
            message.set_param("format", "flowed")
            return
        case _:
            pass
    text = f"{words}\n\n{quote.text}\n"
    page = f"{_page(owner.client, words)}{quote.page}"
    if owner.client is Client.IPHONE and happens(dice, 0.5):
        message.set_content(text, cte="quoted-printable")
        return
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(_document(owner.client, page), subtype="html", cte="quoted-printable")
    # The library's own boundary comes from chance that no seed repeats.
    message.set_boundary(_boundary(owner.client, dice))


def _boundary(client: Client, dice: random.Random) -> str:
    token = "".join(dice.choices(HEX, k=32))
    match client:
        case Client.GMAIL | Client.ANDROID:
            return f"000000000000{token[:16].lower()}"
        case Client.OUTLOOK | Client.OUTLOOK_PHONE:
            return f"_000_{token}_"
        case Client.APPLE_MAIL | Client.IPHONE:
            return f"Apple-Mail-{token}"
        case _:
            return f"----=_Part_{token}"


def _page(client: Client, words: str) -> str:
    paragraphs = [html.escape(paragraph).replace("\n", "<br>\n") for paragraph in words.split("\n\n")]
    match client:
        case Client.OUTLOOK:
            return "".join(
                f'<p class="MsoNormal">{paragraph}</p>\n<p class="MsoNormal">&nbsp;</p>\n' for paragraph in paragraphs
            )
        case Client.GMAIL | Client.ANDROID:
            inside = "<div><br></div>".join(f"<div>{paragraph}</div>" for paragraph in paragraphs)
            return f'<div dir="ltr">{inside}</div>'
        case _:
            return "<br><br>\n".join(paragraphs) + "<br><br>\n"


def _document(client: Client, page: str) -> str:
    match client:
        case Client.GMAIL | Client.ANDROID:
            return f"{page}\n"
        case Client.OUTLOOK:
            head = '<meta name="Generator" content="Microsoft Word 15 (filtered medium)">'
            return f'<html><head>{head}</head><body><div class="WordSection1">{page}</div></body></html>\n'
        case _:
            style = "overflow-wrap: break-word; -webkit-nbsp-mode: space;"
            return f'<html><head></head><body style="{style}">{page}</body></html>\n'


def _program_headers(message: EmailMessage, owner: Owner, letter: Letter, dice: random.Random) -> None:
    match owner.client:
        case Client.OUTLOOK:
            message["Thread-Topic"] = PREFIXED.sub("", letter.subject).strip()
            message["Thread-Index"] = "A" + "".join(dice.choices(LETTERS, k=35))
            message["Accept-Language"] = "en-US"
        case Client.APPLE_MAIL:
            message["X-Mailer"] = "Apple Mail (2.3864.200.81)"
        case Client.IPHONE:
            message["X-Mailer"] = "iPhone Mail (22G86)"
        case Client.THUNDERBIRD:
            message["User-Agent"] = "Mozilla Thunderbird"
        case _:
            pass


def _prefix(occasion: Occasion, dice: random.Random) -> str:
    """Outlook alone translates it, in the language it is installed in."""
    return occasion.language.outlook_prefix if occasion.owner.client is Client.OUTLOOK and happens(dice, 0.8) else "Re:"


def _references(letter: Letter) -> list[str]:
    """The whole chain; when it is too long, its start and its end (RFC 5322 asks for all, lines have an end)."""
    chain = [*(one_id for one_id in letter.references if one_id != letter.message_id), letter.message_id]
    chain = [one_id for one_id in chain if len(one_id) <= 250]
    return chain if len(chain) <= REFERENCES_LIMIT else [chain[0], *chain[1 - REFERENCES_LIMIT :]]


def _address(name: str, address: str) -> Address | str:
    """As a value the library checks; where it refuses an odd address, the bare text of it."""
    local, _, domain = address.rpartition("@")
    try:
        return Address(_one_line(name), local, domain)
    except (ValueError, IndexError):
        return _one_line(address)


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()
