"""vCard 2.1, 3.0 and 4.0 (RFC 6350): a card is a row."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import vobject

from fairlead.importing.encodings import bytes_read, encoding_of, read_errors
from fairlead.importing.model import Broken, Row
from fairlead.kit.profiles import linkedin_profile
from fairlead.kit.refusals import Invalid

LONGEST_CARD = 1 << 22
"""Characters of a card, photographs included; a longer one is a row that failed."""

COLUMNS = [
    "email", "other emails", "name", "first_name", "last_name", "phones", "country", "locality", "position",
    "company_name", "company_site", "linkedin", "facebook", "twitter", "x", "note",
]  # fmt: skip
_NETWORK_HOSTS = {"facebook.com": "facebook", "twitter.com": "twitter", "x.com": "x"}
_LABEL_OF_A_PHONE = re.compile(r"^tel:", re.IGNORECASE)
_PICTURE = re.compile(r"(?i)(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:]")


class VCards:
    """A file of cards. Raises `Invalid` when there is none in it."""

    headed = True
    columns = COLUMNS

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = path.stat().st_size
        self._at = 0
        self._encoding = encoding_of(path)
        if next(self._cards(), None) is None:
            raise Invalid("empty_file", f"There is no card in {path.name}.", field="file")

    def described(self) -> str:
        return "vCard"

    def done(self) -> float:
        return min(1.0, self._at / self._size) if self._size else 1.0

    def rows(self) -> Iterator[Row]:
        """Numbered from 1, a card each."""
        for number, card in enumerate(self._cards(), start=1):
            if isinstance(card, Broken):
                yield number, card
                continue
            try:
                yield number, _cells(vobject.readOne(card, allowQP=True))
            # The parser lets through whatever a damaged value makes Python say: ValueError, KeyError, binascii.Error.
            except Exception as error:
                yield number, Broken(f"The card cannot be read: {error}.", [card[:200]])

    def _cards(self) -> Iterator[str | Broken]:
        self._at = 0
        lines: list[str] = []
        size = 0
        inside = skipping = False
        with self.path.open(encoding=self._encoding, errors=read_errors(self._encoding), newline=None) as file:
            while True:
                try:
                    line = file.readline(LONGEST_CARD)
                except UnicodeDecodeError:
                    line = ""
                if not line:
                    break
                mark = line.strip().upper()
                if mark == "BEGIN:VCARD":
                    if inside:
                        yield Broken("The card does not end.", ["".join(lines)[:200]])
                    lines, size, inside, skipping = [], 0, True, False
                # A picture and its continuation lines are most of a card and no use here.
                skipping = inside and (bool(_PICTURE.match(line)) or (skipping and line[:1] in " \t"))
                if inside and not skipping:
                    size += len(line)
                    if size <= LONGEST_CARD:
                        lines.append(line)
                if mark == "END:VCARD" and inside:
                    self._at = bytes_read(file)
                    inside = False
                    yield "".join(lines) if size <= LONGEST_CARD else Broken("The card is too long.", [])
        self._at = self._size
        if inside:
            yield Broken("The card does not end.", ["".join(lines)[:200]])


def _cells(card: Any) -> list[str]:
    found = dict.fromkeys(COLUMNS, "")
    emails = [_text(line) for line in sorted(card.contents.get("email", []), key=_preference)]
    found["email"], found["other emails"] = "".join(emails[:1]), "; ".join(emails[1:])
    found["name"] = _first(card, "fn")
    for line in card.contents.get("n", [])[:1]:
        found["first_name"], found["last_name"] = _word(line.value.given), _word(line.value.family)
    found["phones"] = "; ".join(_LABEL_OF_A_PHONE.sub("", _text(line)) for line in card.contents.get("tel", []))
    for line in card.contents.get("adr", [])[:1]:
        found["country"], found["locality"] = _word(line.value.country), _word(line.value.city)
    found["position"] = _first(card, "title") or _first(card, "role")
    for line in card.contents.get("org", [])[:1]:
        found["company_name"] = _word(line.value[:1] if isinstance(line.value, list) else line.value)
    found["note"] = _first(card, "note")
    for line in _links(card):
        link = _text(line)
        kind = _network(line, link)
        if kind in found and not found[kind]:
            found[kind] = link
    return list(found.values())


def _links(card: Any) -> list[Any]:
    names = ("socialprofile", "x-socialprofile", "x-linkedin", "x-twitter", "x-facebook", "url")
    return [line for name in names for line in card.contents.get(name, [])]


def _network(line: Any, link: str) -> str:
    """The column a link belongs to. RFC 9554, 3.5 for SERVICE-TYPE."""
    if linkedin_profile(link):
        return "linkedin"
    host = re.sub(r"^\w+://", "", link.lower()).split("/", 1)[0].removeprefix("www.").removeprefix("m.")
    if host in _NETWORK_HOSTS:
        return _NETWORK_HOSTS[host]
    if line.name == "URL":
        return "company_site"
    named = [line.name.removeprefix("X-"), *line.params.get("TYPE", []), *line.params.get("SERVICE-TYPE", [])]
    return next((name.lower() for name in named if name.lower() in COLUMNS), "")


def _preference(line: Any) -> int:
    """Lower is better: PREF from 1 to 100 of version 4.0, the bare word of 2.1, TYPE=pref of 3.0."""
    given = line.params.get("PREF", [""])[0]
    if given.isdigit():
        return int(given)
    words = {word.upper() for word in (*line.params.get("TYPE", []), *line.singletonparams)}
    return 1 if "PREF" in words else 101


def _first(card: Any, name: str) -> str:
    return next((_text(line) for line in card.contents.get(name, [])), "")


def _text(line: Any) -> str:
    return _word(line.value)


def _word(value: Any) -> str:
    return " ".join(map(str, value)).strip() if isinstance(value, list) else str(value).strip()
