"""People and organizations in JSON-LD and microdata, in the words of schema.org."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborNode

from fairlead.corpus.extraction.addresses import whole

MOST_NODES, DEEPEST = 3_000, 12
MOST_JSON = 1_000_000
# Of microdata on a page, looked at in all; and how far above a property the thing stands that has it.
MOST_PROPERTIES, FARTHEST_OWNER = 10_000, 30
_PERSON_TYPES = frozenset({"person", "physician", "patient"})
_ORGANIZATION_ENDINGS = (
    "organization", "business", "corporation", "company", "store", "ngo", "agency", "service", "practice", "clinic",
    "hospital", "school", "university", "restaurant", "hotel", "association", "cooperative", "project", "office",
    "attorney", "dentist", "dealer", "repair", "shop",
)  # fmt: skip
_COMMENT = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$")


@dataclass
class Thing:
    """One object of a page: a person, an organization or a contact point, with what was said of it."""

    kind: str  # person, organization or contact
    fields: dict[str, Any]
    # The organization it stands in, if any.
    within: "Thing | None" = None
    emails: list[str] = field(default_factory=list)


def of_json(text: str) -> list[Thing]:
    """What a block of JSON-LD says. Empty where it is not JSON."""
    if len(text) > MOST_JSON:
        return []
    text = _COMMENT.sub("", text)
    try:
        # Line breaks within strings are wrong and common.
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return []
    found: list[Thing] = []
    _walk(value, None, 0, found, [0])
    return found


def _walk(value: Any, within: Thing | None, depth: int, found: list[Thing], seen: list[int]) -> None:
    seen[0] += 1
    if depth > DEEPEST or seen[0] > MOST_NODES:
        return
    if isinstance(value, list):
        for item in value:
            _walk(item, within, depth + 1, found, seen)
        return
    if not isinstance(value, dict):
        return
    kind = _kind(value)
    thing = within
    if kind:
        thing = Thing(kind, value, within)
        thing.emails = [address for text in texts(value.get("email")) if (address := whole(text))]
        found.append(thing)
    for name, item in value.items():
        if isinstance(item, dict | list) and name != "@context":
            # Somebody's employer is not what they stand in.
            _walk(item, thing if kind != "person" else within, depth + 1, found, seen)


def _kind(value: dict[str, Any]) -> str | None:
    for type_ in texts(value.get("@type")):
        low = type_.rpartition("/")[2].lower()
        if low in _PERSON_TYPES:
            return "person"
        if low in ("contactpoint", "postaladdress"):
            return "contact" if low == "contactpoint" else None
        if low.endswith(_ORGANIZATION_ENDINGS):
            return "organization"
    return None


def texts(value: Any) -> list[str]:
    """The strings a field holds: one, several, or the names of things."""
    match value:
        case str():
            return [value.strip()] if value.strip() else []
        case int() | float():
            return [str(value)]
        case list():
            return [text for item in value[:200] for text in texts(item)]
        case dict():
            return texts(value.get("name") or value.get("@value") or value.get("@id") or value.get("url"))
    return []


def text(value: Any) -> str | None:
    return next(iter(texts(value)), None)


# Microdata and RDFa: the same words as attributes.

_SCOPES = '[itemscope][itemtype*="schema.org" i], [typeof]'
_NAMES = ("itemprop", "property")


def of_elements(root: LexborNode) -> Iterator[tuple[LexborNode, Thing]]:
    budget = [MOST_PROPERTIES]
    for number, scope in enumerate(root.css(_SCOPES)):
        if number > 500 or budget[0] <= 0:
            return
        type_ = (scope.attributes.get("itemtype") or scope.attributes.get("typeof") or "").split(" ")[0]
        kind = _kind({"@type": type_.rpartition("/")[2].rpartition(":")[2]})
        if kind is None:
            continue
        fields: dict[str, Any] = {}
        _properties(scope, fields, budget)
        thing = Thing(kind, fields)
        thing.emails = [address for value in texts(fields.get("email")) if (address := whole(value))]
        yield scope, thing


def _properties(scope: LexborNode, fields: dict[str, Any], budget: list[int]) -> None:
    for number, node in enumerate(scope.css("[itemprop], [property]")):
        budget[0] -= 1
        if number > 300 or budget[0] <= 0:
            return
        attributes = node.attributes
        owner = node.parent
        for _ in range(FARTHEST_OWNER):
            if owner is None or owner == scope or _opens_scope(owner):
                break
            owner = owner.parent
        name = attributes.get("itemprop") or attributes.get("property") or ""
        for word in name.split():
            word = word.rpartition(":")[2]
            if owner is not None and owner != scope:
                # Of an address within: its parts are wanted too, under their own names.
                inner = owner.attributes.get("itemtype") or owner.attributes.get("typeof") or ""
                if "PostalAddress" in inner or "QuantitativeValue" in inner:
                    fields.setdefault("address" if "Postal" in inner else "numberOfEmployees", {}).setdefault(
                        word, _said(node)
                    )
                continue
            if _opens_scope(node):
                continue
            said = _said(node)
            if said:
                known = fields.get(word)
                if known is None:
                    fields[word] = said
                elif isinstance(known, list):
                    known.append(said)
                elif isinstance(known, str):
                    fields[word] = [known, said]


def _opens_scope(node: LexborNode) -> bool:
    attributes = node.attributes
    return "itemscope" in attributes or "typeof" in attributes


def _said(node: LexborNode) -> str:
    attributes = node.attributes
    for name in ("content", "datetime", "href", "src"):
        value = attributes.get(name)
        if value:
            return value.strip()
    return " ".join(node.text(deep=True, separator="").replace("\f", " ").split())
