"""From a content, a recipient and a seed to a letter. Pure: the same three give the same letter."""

import html as html_entities
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from liquid import BoundTemplate, Markup
from liquid.exceptions import LiquidError

from fairlead.campaigns.contents import liquid_terms
from fairlead.campaigns.contents.fields import Names
from fairlead.campaigns.contents.liquid_terms import MissingVariable
from fairlead.campaigns.contents.nesting import BadNesting, check_nesting, has_tags
from fairlead.campaigns.contents.spintax import TooDeep, as_tags
from fairlead.campaigns.model import Variant
from fairlead.kit.html_text import plain_text
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import has_control, one_line
from fairlead.senders.composing import SIGNATURE_PLACE
from fairlead.senders.model import Attachment, Letter, Thread

__all__ = ["CannotRender", "Footer", "MissingVariable", "check_footer", "check_text", "names_in", "render"]

LONGEST_SUBJECT: Final = 998
LONGEST_BODY: Final = 500_000
MOST_TAGS: Final = 2_000
LONGEST_TAG: Final = 2_000
_UNCLOSED: Final = "as {{ or {% is never closed in line"
LONGEST_THREAD: Final = 50
"""Message ids in References; RFC 5322 sets no end, mail servers do."""
# Stands for the signature until text and HTML have parted ways: of a private area, so that nobody writes it.
_SIGNATURE: Final = "\ue0f1signature\ue0f1"
_ANSWER: Final = re.compile(r"\A(?:\s*(?:re|aw|sv|antw)\s*:)+\s*", re.IGNORECASE)
_OPENING: Final = re.compile(r"\{\{|\{%")
_END_OF_BODY: Final = re.compile(r"</body\s*>", re.IGNORECASE)
_STYLE: Final = "margin-top:24px;font-size:12px;color:#777777"


class CannotRender(Exception):
    """The text cannot be made into a letter. The message is a sentence."""


@dataclass(frozen=True)
class Footer:
    """What stands under every mail: `unsubscribe_text` is a text with variables, the address is taken as it is."""

    unsubscribe_text: str | None = None
    postal_address: str | None = None


NO_FOOTER: Final = Footer()


def render(
    variant: Variant,
    fields: Mapping[str, str],
    *,
    seed: int,
    now: datetime,
    strict: bool = False,
    thread: Thread | None = None,
    unsubscribe_link: str | None = None,
    one_click: bool = False,
    footer: Footer = NO_FOOTER,
    attachments: tuple[Attachment, ...] = (),
) -> Letter:
    """The letter for one recipient.

    `fields` are those of `Names.values`. `strict`: a variable that has no value and no fallback raises
    `MissingVariable`; otherwise it is left empty. `thread` is that of the mail before, for a content without a
    subject. `unsubscribe_link` is the recipient's own; with `one_click` it goes into the header too. Raises
    `CannotRender` with a sentence.
    """
    values: dict[str, Any] = {} if strict else _Lenient()
    values |= fields
    values |= {
        liquid_terms.SEED: seed,
        liquid_terms.NOW: now,
        "now": now,
        "today": now,
        "signature": Markup(_SIGNATURE),
        "unsubscribe_link": unsubscribe_link or "",
    }
    subject, in_reply_to, references = _subject(variant, values, thread)
    html, text = _body(variant, values)
    html, text = _with_footer(html, text, footer, values)
    return Letter(
        subject=subject,
        html=None if html is None else html.replace(_SIGNATURE, SIGNATURE_PLACE),
        text=text.replace(_SIGNATURE, SIGNATURE_PLACE),
        attachments=attachments,
        in_reply_to=in_reply_to,
        references=references,
        list_unsubscribe=unsubscribe_link if one_click else None,
    )


class _Lenient(dict[str, Any]):
    """Every variable is there; what nobody has said is empty."""

    def __missing__(self, key: str) -> str:
        if not isinstance(key, str):
            raise KeyError(key)
        return ""


def _subject(
    variant: Variant, values: dict[str, Any], thread: Thread | None
) -> tuple[str, str | None, tuple[str, ...]]:
    if not variant.replies:
        # A field may hold a line break, and a header must not.
        subject = one_line(_filled(variant.subject, values, "subject", html=False))
        if not subject:
            raise CannotRender("The subject is empty when it is filled in.")
        return subject[:LONGEST_SUBJECT], None, ()
    if thread is None:
        raise CannotRender("It has no subject, and there is no mail before it that it could answer.")
    references = (*thread.references, thread.message_id)
    if len(references) > LONGEST_THREAD:
        references = (references[0], *references[-LONGEST_THREAD + 1 :])
    return f"Re: {_ANSWER.sub('', one_line(thread.subject))}", thread.message_id, references


def _body(variant: Variant, values: dict[str, Any]) -> tuple[str | None, str]:
    if variant.is_plain and not has_tags(variant.body):
        return None, _filled(variant.body, values, "body", html=False).strip()
    html = _filled(_as_html(variant.body), values, "body", html=True)
    text = plain_text(html)
    return (None, text) if variant.is_plain else (html, text)


def _as_html(body: str) -> str:
    """A body in which nobody has written a tag is text: its line breaks are meant."""
    return body if has_tags(body) else body.strip().replace("\r\n", "\n").replace("\n", "<br>\n")


def _with_footer(html: str | None, text: str, footer: Footer, values: dict[str, Any]) -> tuple[str | None, str]:
    lines = []
    if footer.unsubscribe_text and (link := values["unsubscribe_link"]):
        lines.append(_unsubscribe_line(footer.unsubscribe_text, str(link), values))
    if footer.postal_address:
        address = html_entities.escape(footer.postal_address.strip()).replace("\n", "<br>")
        lines.append((address, footer.postal_address.strip()))
    if not lines:
        return html, text
    # The signature belongs above: where nobody has placed it, here.
    place = "" if _SIGNATURE in (html or text) else _SIGNATURE
    below = "\n\n".join(as_text for _, as_text in lines)
    text = f"{text.rstrip()}\n\n{place}\n\n{below}" if place else f"{text.rstrip()}\n\n{below}"
    if html is None:
        return None, text
    block = place + "".join(f'<div style="{_STYLE}">{as_html}</div>' for as_html, _ in lines)
    ends = [match.start() for match in _END_OF_BODY.finditer(html)]
    end = ends[-1] if ends else len(html)
    return html[:end] + block + html[end:], text


def _unsubscribe_line(source: str, link: str, values: dict[str, Any]) -> tuple[str, str]:
    filled = _filled(source, values, "unsubscribe text", html=True)
    if link in html_entities.unescape(filled):
        return filled, plain_text(filled)
    href = html_entities.escape(link)
    return f'<a href="{href}">{filled}</a>', f"{plain_text(filled)}: {link}"


def _filled(source: str, values: dict[str, Any], place: str, *, html: bool) -> str:
    try:
        return liquid_terms.rendered(_compiled(source, html), values)
    except (LiquidError, TooDeep) as error:
        raise CannotRender(f"The {place} cannot be filled in: {_said(error)}.") from None


@lru_cache(maxsize=4_096)
def _compiled(source: str, html: bool) -> BoundTemplate:
    return liquid_terms.compiled(as_tags(liquid_terms.with_labels(source), html=html), html=html)


def _said(error: LiquidError | TooDeep) -> str:
    return str(error) if isinstance(error, TooDeep) else liquid_terms.said(error)


def check_text(subject: str, body: str, *, place: str) -> None:
    """Raises `Invalid` for a text that could never be sent, with a sentence that names `place` and the line."""
    if has_control(subject):
        raise _bad("subject", f"{place}: the subject has a line break or another control character in it.")
    if len(subject) > LONGEST_SUBJECT:
        raise _bad("subject", f"{place}: the subject has more than {LONGEST_SUBJECT} characters.")
    if len(body) > LONGEST_BODY:
        raise _bad("body", f"{place}: the body has more than {LONGEST_BODY} characters.")
    for field, source, html in (("subject", subject, False), ("body", body, True)):
        if source.count("{{") + source.count("{%") + source.count("|") > MOST_TAGS:
            raise _bad(field, f"{place}: the {field} has more than {MOST_TAGS} variables, tags and filters.")
        if line := _never_closed(source):
            raise _bad(
                field, f"{place}: the {field} cannot be read, line {line}: what {{{{ or {{% opens is never closed."
            )
        try:
            _compiled(source, html)
        except (LiquidError, TooDeep) as error:
            raise _bad(field, f"{place}: the {field} cannot be read, {_said(error)}.") from None
    try:
        check_nesting(body)
    except BadNesting as error:
        raise _bad("body", f"{place}: the body is no sound HTML, {error}.") from None


def _never_closed(source: str) -> int | None:
    """The line of the first opening that is not closed near by. The library takes the square of the time to tell."""
    for match in _OPENING.finditer(source):
        close = "}}" if match[0] == "{{" else "%}"
        if source.find(close, match.end(), match.end() + LONGEST_TAG) < 0:
            return source.count("\n", 0, match.start()) + 1
    return None


def _bad(field: str, sentence: str) -> Invalid:
    return Invalid("bad_content", sentence, field=field)


def check_footer(text: str, names: Names) -> None:
    """Raises `Invalid` for an unsubscribe text that cannot stand under every mail."""
    check_text("", text, place="The unsubscribe_text")
    for name in sorted(_compiled(text, True).global_variables()):
        if not names.know(name):
            raise Invalid(
                "unknown_variable",
                f"The unsubscribe_text names {{{{{name}}}}}, and there is no such variable.",
                field="unsubscribe_text",
            )


def names_in(variant: Variant) -> set[str]:
    """The variables a content names, those of its own making left out. For one that `check_text` has passed."""
    found: set[str] = set()
    for source, html in ((variant.subject, False), (variant.body, True)):
        found.update(_compiled(source, html).global_variables())
    return found
