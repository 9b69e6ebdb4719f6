"""Rows of a file as lines of COPY, or as what is wrong with them.

Most rows are plain, and are checked by a few fast questions; any other row goes through `rules.candidate`, which has
the last word. Both give the same line for the same row.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from fairlead.importing.cells import without_guard
from fairlead.importing.columns import TEXTS
from fairlead.importing.model import Column
from fairlead.kit.countries import country_name
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import encodable, split_name
from fairlead.prospects import rules
from fairlead.prospects.importing.model import RowError
from fairlead.prospects.model import CustomField, FieldType, NewProspect
from fairlead.prospects.store.adding import Candidate
from fairlead.prospects.store.importing import COPIED

NULL = "\\N"
# Nothing to look up in the limits of `rules`: within these every field of its kind is short enough.
SHORT_TEXT = 255
SHORT_ADDRESS = 64
SHORT_PHONE = 64

_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z]+"
)
_SITE = re.compile(
    r"(https?://)?(?:[A-Za-z0-9]{1,20}(?:-[A-Za-z0-9]{1,20}){0,2}\.){1,3}[A-Za-z]{2,20}(?:/[A-Za-z0-9/_.~-]*)?"
)
_LINKEDIN = re.compile(r"(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/in/([A-Za-z0-9_-]+)/?")
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_SEVERAL_PHONES = re.compile(r"[;|\n]")

_PLACE = {name: place for place, name in enumerate(COPIED)}
_BLANK = [NULL] * len(COPIED)
_EMAIL, _EMAIL_KEY, _LINKEDIN_KEY = _PLACE["email"], _PLACE["email_key"], _PLACE["linkedin_key"]
_NAME, _FIRST, _LAST = _PLACE["name"], _PLACE["first_name"], _PLACE["last_name"]
_PHONES, _COUNTRY, _SITE_PLACE = _PLACE["phones"], _PLACE["country"], _PLACE["company_site"]
_SOCIAL, _CUSTOM = _PLACE["social"], _PLACE["custom"]

Checked: TypeAlias = tuple[str, str, str]
"""By what the prospect is known (its address, or PROFILE and a LinkedIn profile), its line of COPY, and the label of
a required custom field it lacks, or nothing: only a new prospect has to have them."""
PROFILE = "\x00"
"""Begins the key of those who are known by their profile; no address holds it."""

_NOT_PLAIN = "not plain"


class Checker:
    """Checks the rows of one file."""

    def __init__(self, columns: Sequence[Column], fields: Sequence[CustomField], *, guarded: bool) -> None:
        """`guarded`: cells may have an apostrophe before what a spreadsheet would take for a formula."""
        self.characters = 0
        """How many characters the rows had so far."""
        self._columns = columns
        self._fields = fields
        self._guarded = guarded
        by_label = {f"custom:{field.label}": field for field in fields}
        self._used = [place for place, column in enumerate(columns) if column.target]
        self._countries: dict[str, str] = {}
        targets = {place: columns[place].target or "" for place in self._used}
        self._email = next((place for place, target in targets.items() if target == "email"), None)
        self._texts = [(place, _PLACE[target]) for place, target in targets.items() if target in _PLAIN_TEXTS]
        self._phones = [place for place, target in targets.items() if target == "phones"]
        self._country = next((place for place, target in targets.items() if target == "country"), None)
        self._site = next((place for place, target in targets.items() if target == "company_site"), None)
        self._linkedin = next((place for place, target in targets.items() if target == "social:linkedIn"), None)
        others = {place: target.removeprefix("social:") for place, target in targets.items() if target[:7] == "social:"}
        others.pop(-1 if self._linkedin is None else self._linkedin, None)
        self._networks = list(others.items())
        self._customs = [(place, by_label[target]) for place, target in targets.items() if target[:7] == "custom:"]
        self._required = {f'"{field.id}":': field.label for field in fields if field.required}

    def check(self, number: int, cells: list[str]) -> Checked | RowError:
        """The line of a row, without a final newline, or what is wrong with it."""
        text = "".join(cells)
        self.characters += len(text)
        if (
            not text.isprintable()  # control characters, lone surrogates, blanks that are not the blank
            or '"' in text
            or "\\" in text
            or (self._guarded and "'" in text and any(cell[:1] == "'" for cell in cells))
        ):
            return self._check_slowly(number, cells)
        found = self._check_fast(number, cells)
        return self._check_slowly(number, cells) if found is None else found

    def _check_fast(self, number: int, cells: list[str]) -> Checked | None:
        """None when a closer look is needed."""
        line = _BLANK.copy()
        line[0] = str(number)
        for place, into in self._texts:
            value = cells[place].strip()
            if value:
                if len(value) > SHORT_TEXT:
                    return None
                line[into] = value
        key = ""
        if self._email is not None and (email := cells[self._email].strip()):
            key = email.lower()
            if len(key) > SHORT_ADDRESS or not _ADDRESS.fullmatch(key):
                return None
            line[_EMAIL] = email
            line[_EMAIL_KEY] = key
        social = ""
        if self._linkedin is not None and (link := cells[self._linkedin].strip()):
            match = _LINKEDIN.fullmatch(link)
            if match is None or len(link) > SHORT_TEXT:
                return None
            profile = f"in/{match[1].lower()}"
            line[_LINKEDIN_KEY] = profile
            social = f'"linkedIn":"{link}"'
            key = key or PROFILE + profile
        if not key:
            return None
        if line[_NAME] != NULL and line[_FIRST] == NULL and line[_LAST] == NULL:
            first, last = split_name(line[_NAME])
            line[_FIRST] = first
            line[_LAST] = last  # empty and not null where there is one word, as in `rules.candidate`
        for place, name in self._networks:
            if link := cells[place].strip().removesuffix(rules.SOCIAL_SUFFIX):
                if len(link) > SHORT_TEXT or len(name) > 50:
                    return None
                social = f'{social},"{name}":"{link}"' if social else f'"{name}":"{link}"'
        line[_SOCIAL] = f"{{{social}}}"
        if self._phones and not self._put_phones(line, cells):
            return None
        if self._country is not None and (country := cells[self._country]):
            line[_COUNTRY] = known = self._countries.get(country) or self._country_named(country)
            if known == _NOT_PLAIN:
                return None
        if self._site is not None and (site := cells[self._site].strip()):
            match = _SITE.fullmatch(site)
            if match is None or len(site) > SHORT_TEXT:
                return None
            line[_SITE_PLACE] = site if match[1] else f"http://{site}"
        if self._customs:
            custom = self._custom_object(cells)
            if custom is None:
                return None
            line[_CUSTOM] = custom
        else:
            line[_CUSTOM] = "{}"
        return key, "\t".join(line), self._lacking(line[_CUSTOM]) if self._required else ""

    def _put_phones(self, line: list[str], cells: list[str]) -> bool:
        phones = []
        for place in self._phones:
            if phone := cells[place].strip():
                if len(phone) > SHORT_PHONE or ";" in phone or "|" in phone or "," in phone:
                    return False
                phones.append(phone)
        if len(phones) == 1:
            line[_PHONES] = f'{{"{phones[0]}"}}'
        elif phones:
            if len(phones) > rules.MOST_PHONES:
                return False
            line[_PHONES] = '{"' + '","'.join(dict.fromkeys(phones)) + '"}'
        return True

    def _country_named(self, country: str) -> str:
        name = NULL if country.isspace() else country_name(country) or _NOT_PLAIN
        if len(self._countries) < 10_000:
            self._countries[country] = name
        return name

    def _custom_object(self, cells: list[str]) -> str | None:
        parts = []
        for place, field in self._customs:
            value = cells[place].strip()
            if not value:
                continue
            if len(value) > SHORT_TEXT:
                return None
            if field.type is FieldType.DATE or (field.type is FieldType.NUMBER and not _NUMBER.fullmatch(value)):
                return None
            parts.append(f'"{field.id}":"{value}"')
        return f"{{{','.join(parts)}}}"

    def _lacking(self, custom: str) -> str:
        return next((label for key, label in self._required.items() if key not in custom), "")

    # The slow way

    def _check_slowly(self, number: int, cells: list[str]) -> Checked | RowError:
        values: dict[str, str] = {}
        phones: list[str] = []
        for place in self._used:
            cell = without_guard(cells[place]) if self._guarded else cells[place]
            column = self._columns[place]
            if not encodable(cell):
                return RowError(number, column.name, "The cell holds a NUL or bytes that are no text.", cells)
            if column.target == "phones":
                phones += phones_in(cell)
            else:
                values[column.target or ""] = cell
        new = NewProspect(
            **{name: values[name] for name in TEXTS if name in values},
            phones=tuple(phones) or None,
            social={target[7:]: value for target, value in values.items() if target[:7] == "social:"},
            custom={target[7:]: value for target, value in values.items() if target[:7] == "custom:"},
        )
        try:
            candidate = rules.candidate(new, self._fields)
        except Invalid as error:
            return RowError(number, self._column_of(error, values), error.sentence, cells)
        key = candidate.email_key or f"{PROFILE}{candidate.linkedin_key}"
        lacking = (field.label for field in self._fields if field.required and str(field.id) not in candidate.custom)
        return key, line_of(number, candidate), next(lacking, "")

    def _column_of(self, error: Invalid, values: dict[str, str]) -> str:
        """The name of the column that a refusal is about."""
        match error.field:
            case "social_links":
                wanted = _first_refused(values, "social:", rules.social_links)
            case "custom_fields":
                wanted = _first_refused(values, "custom:", lambda given: rules.custom_values(given, self._fields))
            case field:
                wanted = field or ""
        return next((column.name for column in self._columns if wanted and column.target == wanted), "")


def _first_refused(values: dict[str, str], kind: str, check: Callable[[dict[str, str]], object]) -> str:
    for target, text in values.items():
        if target.startswith(kind):
            try:
                check({target.removeprefix(kind): text})
            except Invalid:
                return target
    return ""


_PLAIN_TEXTS = ("name", "first_name", "last_name", "locality", "industry", "position", "company_name")


def phones_in(cell: str) -> list[str]:
    """The phone numbers in a cell. A comma divides only where numbers stand on both sides, not an extension."""
    phones: list[str] = []
    for part in _SEVERAL_PHONES.split(cell):
        numbers = part.split(",")
        if len(numbers) > 1 and all(sum(map(str.isdigit, number)) >= 5 for number in numbers):
            phones += numbers
        else:
            phones.append(part)
    return [phone.strip() for phone in phones if phone.strip()]


def line_of(number: int, candidate: Candidate) -> str:
    """A candidate as a line of COPY. Source: PostgreSQL manual, COPY, "Text Format"."""
    values: dict[str, str | None] = {"row_number": str(number)}
    for name, value in vars(candidate).items():
        match value:
            case dict():
                values[name] = msgspec.json.encode(value).decode()
            case list():
                values[name] = _array(value)
            case _:
                values[name] = value
    return "\t".join(NULL if (value := values[name]) is None else _escaped(value) for name in COPIED)


def _array(items: Sequence[str]) -> str:
    quoted = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
