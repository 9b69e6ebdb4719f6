"""How mail programs put the letter under the answer: the line before it, the marks, the block of headers."""

import html
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fairlead.sandbox.people.letters import Letter
from fairlead.sandbox.people.model import Client
from fairlead.sandbox.people.texts.language import Language

QUOTED_LIMIT = 20_000
RULE = "________________________________"
GMAIL_BAR = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"
OUTLOOK_BAR = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"


@dataclass(frozen=True)
class Quote:
    """The quoted part, as plain text and as HTML."""

    text: str
    page: str


def quoted(client: Client, letter: Letter, language: Language, *, sent: datetime, zone: ZoneInfo) -> Quote:
    """`sent` is when the quoted letter was written; it is told in the zone of who answers."""
    when = sent.astimezone(zone)
    body = letter.text[:QUOTED_LIMIT]
    match client:
        case Client.OUTLOOK | Client.OUTLOOK_PHONE:
            return _outlook(client, letter, language, when, body)
        case Client.APPLE_MAIL | Client.IPHONE:
            line = _line(language.apple, language, letter, when)
            page = (
                f'<blockquote type="cite"><div>{html.escape(line)}</div><br class="Apple-interchange-newline">'
                f"<div>{_page(body)}</div></blockquote>"
            )
            # Apple's programs quote the line itself, too.
            return Quote(f"> {line}\n> \n{_marked(body)}", page)
        case Client.THUNDERBIRD:
            line = _line(language.thunderbird, language, letter, when)
            before = f'<div class="moz-cite-prefix">{html.escape(line)}</div>'
            page = f'{before}<blockquote type="cite">{_page(body)}</blockquote>'
            return Quote(f"{line}\n{_marked(body)}", page)
        case Client.YAHOO:
            line = _line(language.apple, language, letter, when)
            page = f'<div class="yahoo_quoted"><div>{html.escape(line)}</div><div>{_page(body)}</div></div>'
            return Quote(f"    {line}\n\n{_marked(body)}", page)
        case _:
            line = _line(language.gmail, language, letter, when)
            page = (
                f'<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
                f'{html.escape(line)}<br></div><blockquote class="gmail_quote" style="{GMAIL_BAR}">'
                f"<div>{_page(body)}</div></blockquote></div>"
            )
            return Quote(f"{_wrapped(line)}\n\n{_marked(body)}", page)


def _outlook(client: Client, letter: Letter, language: Language, when: datetime, body: str) -> Quote:
    sender, sent, to, subject = language.outlook_fields
    rows = (
        (sender, f"{letter.sender_name or letter.sender} <{letter.sender}>"),
        (sent, f"{language.day(when.date())} {when:%H:%M}"),
        (to, letter.recipients),
        (subject, letter.subject),
    )
    text = "\n".join(f"{name}: {value}" for name, value in rows)
    shown = "<br>\n".join(f"<b>{html.escape(name)}:</b> {html.escape(value)}" for name, value in rows)
    block = f'<div style="{OUTLOOK_BAR}"><p class="MsoNormal">{shown}</p></div>'
    if client is Client.OUTLOOK_PHONE:
        block = f'<div id="mail-editor-reference-message-container"><hr>{block}'
        return Quote(f"{RULE}\n{text}\n\n{body}", f"{block}<div>{_page(body)}</div></div>")
    return Quote(f"{RULE}\n{text}\n\n{body}", f'<div>{block}</div><p class="MsoNormal">{_page(body)}</p>')


def _line(form: str, language: Language, letter: Letter, when: datetime) -> str:
    return form.format(
        weekday=language.short_weekdays[when.weekday()],
        day=when.day,
        month=language.short_months[when.month - 1],
        number=when.month,
        year=when.year,
        hour=f"{when.hour:02d}",
        hour12=when.hour % 12 or 12,
        minute=f"{when.minute:02d}",
        half="AM" if when.hour < 12 else "PM",
        name=letter.sender_name or letter.sender,
        address=letter.sender,
    )


def _wrapped(line: str) -> str:
    """Gmail breaks a long line before the address, as its plain text has 78 columns."""
    if len(line) <= 78 or " <" not in line:
        return line
    at = line.rindex(" <")
    return f"{line[:at]}\n{line[at + 1 :]}"


def _marked(body: str) -> str:
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in body.split("\n"))


def _page(body: str) -> str:
    return "<br>\n".join(html.escape(line) for line in body.split("\n"))
