"""What the columns of a file mean: told by the caller, by their names, or by what is in them. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from fairlead.importing.model import Column, Why
from fairlead.importing.words import NAMES, OTHERWISE, TELLING, WHOLE_OR_FIRST, WHOLE_OR_LAST
from fairlead.kit.countries import country_name
from fairlead.kit.profiles import NETWORKS, linkedin_profile
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import domain_key, is_address

TEXTS = (
    "email", "name", "first_name", "last_name", "phones", "country", "locality", "industry", "position",
    "company_name", "company_site",
)  # fmt: skip
TARGETS = (*TEXTS, *NETWORKS)
"""What `--map` takes, besides `social:NETWORK` and `custom:LABEL`."""
# Told by what they are, not by their names, where most of a sample is of this kind.
MOST_OF_A_SAMPLE = 0.7

_BY_NAME = {name: target for target, names in NAMES.items() for name in names}
_OWN_NAMES = {**dict.fromkeys(TEXTS, ""), **{short: f"social:{shown}" for short, shown in NETWORKS.items()}}
_PHONE = re.compile(r"(?=(?:\D*\d){6})\+?[\d\s()/.-]{6,24}")
_FULL_NAME = re.compile(r"[^\W\d_][^\W\d_.'’-]*(?: [^\W\d_][^\W\d_.'’-]*){1,3}")
_COMPANY_WORDS = frozenset(
    {"gmbh", "ag", "ltd", "inc", "llc", "sa", "sarl", "srl", "spa", "bv", "kg", "plc", "corp", "co"}
)


def read_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """`Column=field` of the command line, as {column: field}. Raises `Invalid`."""
    mapping = {}
    for pair in pairs:
        # Fields hold no equals sign, names of columns may.
        column, sign, target = pair.rpartition("=")
        if not sign or not column.strip():
            raise Invalid("bad_mapping", f"{pair!r} is not of the form Column=field.", field="map")
        mapping[column.strip()] = target.strip()
    return mapping


def guess_mapping(
    names: Sequence[str],
    sample: Sequence[Sequence[str]],
    labels: Iterable[str] = (),
    given: Mapping[str, str] | None = None,
    *,
    headed: bool = True,
) -> list[Column]:
    """The meaning of each column. `labels` are those of the declared custom fields.

    `given` ({column: field}, an empty field to ignore the column) wins over names, names over contents. A field is
    filled from one column, the first that fits best, except `phones`. Raises `Invalid` for what is given wrong.
    """
    by_label = {label.casefold(): f"custom:{label}" for label in labels}
    columns: list[Column | None] = [None] * len(names)
    taken: set[str] = set()

    def settle(place: int, target: str | None, why: Why) -> None:
        columns[place] = Column(names[place], target, why)
        if target is not None and target != "phones":
            taken.add(target)

    for name, wanted in (given or {}).items():
        settle(_place(names, name), _target(wanted, by_label), Why.GIVEN)
    by_names: tuple[Callable[[str], str | None], ...] = (
        (lambda name: _own_target(name, by_label), lambda name: _BY_NAME.get(plain(name)), _told_by_a_word)
        if headed
        else ()
    )
    for guess in by_names:
        for place, name in enumerate(names):
            if columns[place] is None and (target := guess(name)) and target not in taken:
                settle(place, target, Why.HEADER)
    _tell_names_apart(columns)
    for place in range(len(names)):
        values = [row[place].strip() for row in sample if len(row) > place and row[place].strip()]
        if columns[place] is None and values:
            target = _told_by_content(values, sure=headed)
            if target and target not in taken:
                settle(place, target, Why.CONTENT)
    return [column or Column(names[place], None, None) for place, column in enumerate(columns)]


def plain(name: str) -> str:
    """A name as it is looked up: lower case, no accents, words by one blank."""
    named = re.sub(r"linked[ -]?in", "linkedin", name, flags=re.IGNORECASE)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", named)  # firstName, as programs write it
    text = unicodedata.normalize("NFKD", spaced.replace("ł", "l").replace("Ł", "L")).casefold()
    letters = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", letters))


def require_way_to_reach(columns: Iterable[Column]) -> None:
    """Raises `Invalid` when no column tells how to reach anybody."""
    if not any(column.target in ("email", "social:linkedIn") for column in columns):
        raise Invalid(
            "no_way_to_reach",
            "No column holds e-mail addresses or LinkedIn profiles; name one with --map 'Column=email'.",
            field="map",
        )


def _place(names: Sequence[str], name: str) -> int:
    if name in names:
        return names.index(name)
    alike = [place for place, known in enumerate(names) if known.casefold() == name.casefold()]
    if len(alike) != 1:
        known = ", ".join(map(repr, names[:30]))
        raise Invalid("unknown_column", f"There is no column {name!r}; there are {known}.", field="map")
    return alike[0]


def _target(wanted: str, by_label: Mapping[str, str]) -> str | None:
    if not wanted:
        return None
    kind, colon, name = wanted.partition(":")
    if colon and kind.lower() == "social" and name.strip():
        return f"social:{NETWORKS.get(name.strip().lower(), name.strip())}"
    if colon and kind.lower() == "custom":
        if (label := name.strip().casefold()) in by_label:
            return by_label[label]
        raise Invalid("custom_field_not_found", f"There is no custom field {name.strip()!r}.", field="map")
    target = _own_target(wanted.lower(), {})
    if target is None:
        fields = ", ".join(TARGETS)
        raise Invalid(
            "unknown_field", f"{wanted!r} is none of {fields}, social:NETWORK and custom:LABEL.", field="map"
        )
    return target


def _own_target(name: str, by_label: Mapping[str, str]) -> str | None:
    """For names as an export writes them, and the labels of custom fields."""
    folded = name.strip().casefold()
    for prefix in ("custom:", "customfields."):
        if folded.startswith(prefix):
            return by_label.get(folded.removeprefix(prefix).strip())
    if folded.startswith("social:") and len(folded) > len("social:"):
        network = name.strip()[len("social:") :].strip()
        return f"social:{NETWORKS.get(network.lower(), network)}"
    if folded in by_label:
        return by_label[folded]
    return _OWN_NAMES[folded] or folded if folded in _OWN_NAMES else None


def _told_by_a_word(name: str) -> str | None:
    words = f" {plain(name)} "
    if not OTHERWISE.isdisjoint(words.split()):
        return None
    return next((target for word, target in TELLING.items() if f" {word} " in words), None)


def _tell_names_apart(columns: list[Column | None]) -> None:
    """`Name` beside `Vorname` is the last name; `Nom` without `Prénom`, the whole one."""
    places = {column.target: place for place, column in enumerate(columns) if column and column.target}

    def becomes(before: str, after: str, words: frozenset[str]) -> None:
        column = columns[places[before]]
        if column is not None and column.why is Why.HEADER and plain(column.name) in words:
            columns[places[before]] = Column(column.name, after, Why.HEADER)

    if "name" in places and "first_name" in places and "last_name" not in places:
        becomes("name", "last_name", WHOLE_OR_LAST)
    elif "last_name" in places and not {"name", "first_name"} & places.keys():
        becomes("last_name", "name", WHOLE_OR_LAST)
    elif "first_name" in places and not {"name", "last_name"} & places.keys():
        becomes("first_name", "name", WHOLE_OR_FIRST)


def _told_by_content(values: Sequence[str], *, sure: bool) -> str | None:
    """`sure`: only what cannot be anything else, because the column has a name, and that says otherwise."""
    kinds: dict[str, Callable[[str], bool]] = {
        "email": is_address,
        "social:linkedIn": lambda value: linkedin_profile(value) is not None,
    }
    if not sure:
        kinds |= {
            "phones": lambda value: _PHONE.fullmatch(value) is not None,
            "country": lambda value: country_name(value) is not None,
            "company_site": _is_site,
            "name": _is_full_name,
        }
    for target, fits in kinds.items():
        if sum(map(fits, values)) >= len(values) * MOST_OF_A_SAMPLE:
            return target
    return None


def _is_site(value: str) -> bool:
    host = re.sub(r"^https?://", "", value.lower()).split("/", 1)[0]
    try:
        domain_key(host)
    except ValueError:
        return False
    return "@" not in value


def _is_full_name(value: str) -> bool:
    return _FULL_NAME.fullmatch(value) is not None and _COMPANY_WORDS.isdisjoint(value.lower().split())
