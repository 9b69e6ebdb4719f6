"""People in a vCard file (RFC 6350, and 2.1 and 3.0 before it), read line by line and never as a whole tree."""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from fairlead.corpus.extraction.addresses import whole

MOST_CARDS = 2_000
_FOLDED = re.compile(r"\r?\n[ \t]")
_ESCAPED = re.compile(r"\\([,;:\\nN])")


@dataclass
class Card:
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    position: str | None = None
    company: str | None = None
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)


def cards_in(text: str) -> Iterator[Card]:
    card: Card | None = None
    cards = 0
    for line in _FOLDED.sub("", text).splitlines():
        head, colon, value = line.partition(":")
        if not colon:
            continue
        name, *parameters = head.split(";")
        name = name.rpartition(".")[2].strip().upper()
        if name == "BEGIN":
            card = Card()
        elif name == "END" and card is not None:
            yield card
            card = None
            cards += 1
            if cards >= MOST_CARDS:
                return
        elif card is not None:
            _take(card, name, _value(value, parameters))


def _value(value: str, parameters: list[str]) -> str:
    if any("QUOTED-PRINTABLE" in parameter.upper() for parameter in parameters):
        value = quopri.decodestring(value.encode("utf-8", "ignore")).decode("utf-8", "replace")
    return value.strip()[:2_000]


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], value).strip()


def _take(card: Card, name: str, value: str) -> None:
    match name:
        case "FN":
            card.name = _plain(value)
        case "N":
            family, given, *_ = [*map(_plain, re.split(r"(?<!\\);", value)), "", ""]
            card.last_name, card.first_name = family, given
        case "TITLE" | "ROLE":
            card.position = card.position or _plain(value) or None
        case "ORG":
            card.company = _plain(re.split(r"(?<!\\);", value)[0]) or None
        case "EMAIL":
            if address := whole(_plain(value)):
                card.emails.append(address)
        case "TEL":
            card.phones.append(_plain(value).removeprefix("tel:"))
        case "URL" | "X-SOCIALPROFILE" | "SOCIALPROFILE":
            card.urls.append(_plain(value))
