"""What a chart is made of. A kind of node joins by one entry in `KINDS`; nothing else asks which kinds there are.

A port is a way on from a node. It leads to another node or, with None, to the end of the sequence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final, TypeAlias

MOST_VARIANTS: Final = 15
MOST_WAYS: Final = 15
MOST_WAIT: Final = timedelta(days=30)
LONGEST_LABEL: Final = 255


class NotSound(ValueError):
    """A node's configuration says something it cannot. The message is half a sentence: it goes on after the place."""


class Unit(StrEnum):
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as a person gave it. Source of the limits: contract 39."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 1 or timedelta(**{self.unit.value: min(self.amount, 10**6)}) > MOST_WAIT:
            raise NotSound("waits at least 1 minute and at most 43200 minutes, 720 hours or 30 days")

    @property
    def length(self) -> timedelta:
        return timedelta(**{self.unit.value: self.amount})


class Happening(StrEnum):
    """What a recipient can do that a sequence asks about."""

    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    BOOKED = "booked"  # a meeting, in Calendly


class Comparison(StrEnum):
    EQUALS = "equals"
    DIFFERS = "differs"
    CONTAINS = "contains"
    IS_SET = "is_set"
    IS_EMPTY = "is_empty"


@dataclass(frozen=True, slots=True)
class HasHappened:
    """Whether the recipient has done it: after the mail of one step, or with None after any of the campaign's."""

    happening: Happening
    node_key: str | None = None


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A field of the prospect, by the name it has in contents, compared without case."""

    field: str
    comparison: Comparison
    value: str = ""

    def holds(self, fields: Mapping[str, str]) -> bool:
        have, want = fields.get(self.field, "").strip().casefold(), self.value.strip().casefold()
        match self.comparison:
            case Comparison.EQUALS:
                return have == want
            case Comparison.DIFFERS:
                return have != want
            case Comparison.CONTAINS:
                return want in have
            case Comparison.IS_SET:
                return have != ""
            case Comparison.IS_EMPTY:
                return have == ""


@dataclass(frozen=True, slots=True)
class HasAddress:
    """Whether the prospect has an e-mail address."""


Question: TypeAlias = HasHappened | FieldIs | HasAddress


@dataclass(frozen=True)
class Node:
    """What every node has. `ports` holds all ports of its kind; those left out by the author lead to the end."""

    kind: ClassVar[str]
    contacts: ClassVar[bool] = False
    """Whether it writes to somebody."""

    key: str
    ports: Mapping[str, str | None] = field(default_factory=dict)
    label: str = ""

    @property
    def required_ports(self) -> tuple[str, ...]:
        """Ports its author has to say something about."""
        return ("next",)

    @property
    def optional_ports(self) -> tuple[str, ...]:
        """Ports that lead to the end where nothing is said."""
        return ()

    @property
    def main_port(self) -> str | None:
        """Where the sequence goes on for whom nothing special happens."""
        return next(iter(self.required_ports), None)


@dataclass(frozen=True)
class EmailNode(Node):
    """A mail. Its texts are `content_variants` of its key."""

    kind = "email"
    contacts = True
    subject: str | None = None
    """Kept for the Snov.io API, which has one beside those of the contents."""

    @property
    def optional_ports(self) -> tuple[str, ...]:
        return ("bounced", "no_email")


@dataclass(frozen=True)
class WaitNode(Node):
    kind = "wait"
    wait: Span = Span(1, Unit.DAYS)


@dataclass(frozen=True)
class ConditionNode(Node):
    """A question answered at once."""

    kind = "condition"
    question: Question = HasAddress()

    @property
    def required_ports(self) -> tuple[str, ...]:
        return ("true", "false")


@dataclass(frozen=True)
class WaitForNode(Node):
    """Waits until something happens after the last mail before it: `yes` at once then, `no` when `within` is over."""

    kind = "wait_for"
    happening: Happening = Happening.OPENED
    within: Span = Span(1, Unit.DAYS)

    @property
    def required_ports(self) -> tuple[str, ...]:
        return ("yes", "no")

    @property
    def main_port(self) -> str | None:
        return "no"


@dataclass(frozen=True)
class SplitNode(Node):
    """Sends each recipient one of several ways, by weights; always the same one for the same recipient."""

    kind = "ab_split"
    weights: tuple[int, ...] = (1, 1)

    def __post_init__(self) -> None:
        if not 2 <= len(self.weights) <= MOST_WAYS:
            raise NotSound(f"splits into 2 to {MOST_WAYS} ways")
        if min(self.weights) < 0 or max(self.weights) > 1000 or sum(self.weights) == 0:
            raise NotSound("has weights from 0 to 1000, and not all of them 0")

    @property
    def required_ports(self) -> tuple[str, ...]:
        return tuple(f"v{number}" for number in range(1, len(self.weights) + 1))


@dataclass(frozen=True)
class GoalNode(Node):
    """The end of a branch, with a name; reaching it is counted."""

    kind = "goal"
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_LABEL:
            raise NotSound(f"needs a name of up to {LONGEST_LABEL} characters")

    @property
    def required_ports(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class EndNode(Node):
    kind = "end"

    @property
    def required_ports(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class Kind:
    """How a kind of node is read and written. `read` gets the configuration and raises `NotSound`."""

    node: type[Node]
    read: Callable[[Mapping[str, Any]], dict[str, Any]]
    write: Callable[[Any], dict[str, Any]]
    keys: frozenset[str]
    """What a configuration may hold."""


def _span(value: object) -> Span:
    match value:
        case {"amount": int(amount), "unit": str(unit)} if unit in list(Unit) and not isinstance(amount, bool):
            return Span(amount, Unit(unit))
        case _:
            raise NotSound('needs a length of time such as {"amount": 2, "unit": "days"}')


def _write_span(span: Span) -> dict[str, Any]:
    return {"amount": span.amount, "unit": span.unit.value}


def _happening(value: object) -> Happening:
    if not isinstance(value, str) or value not in list(Happening):
        raise NotSound(f"asks about one of {', '.join(Happening)}")
    return Happening(value)


def _question(value: object) -> Question:
    match value:
        case {"has_address": True, **rest} if not rest:
            return HasAddress()
        case {"happened": happening, **rest} if rest.keys() <= {"after"}:
            after = rest.get("after")
            if after is not None and not isinstance(after, str):
                raise NotSound("asks after the mail of a step named by its key")
            return HasHappened(_happening(happening), after)
        case {"field": str(name), "is": str(comparison), **rest} if comparison in list(Comparison):
            wanted = rest.get("value", "")
            if not isinstance(wanted, str) or not rest.keys() <= {"value"}:
                raise NotSound("compares a field with a text")
            return FieldIs(name, Comparison(comparison), wanted)
        case _:
            raise NotSound(
                'asks a question such as {"happened": "opened"}, {"has_address": true} or'
                ' {"field": "country", "is": "equals", "value": "Norway"}'
            )


def _write_question(question: Question) -> dict[str, Any]:
    match question:
        case HasAddress():
            return {"has_address": True}
        case HasHappened(happening, node_key):
            return {"happened": happening.value} | ({} if node_key is None else {"after": node_key})
        case FieldIs(name, comparison, value):
            return {"field": name, "is": comparison.value, "value": value}


def _weights(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(weight) is int for weight in value):
        raise NotSound("needs a list of weights")
    return tuple(value)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise NotSound(f"needs {what}")
    return value


def _subject(value: object) -> str | None:
    return None if value is None else _text(value, "a subject that is a text")


KINDS: Final[dict[str, Kind]] = {
    "email": Kind(
        EmailNode,
        lambda given: {"subject": _subject(given.get("subject"))},
        lambda node: {} if node.subject is None else {"subject": node.subject},
        frozenset({"subject"}),
    ),
    "wait": Kind(
        WaitNode,
        lambda given: {"wait": _span(given.get("wait"))},
        lambda node: {"wait": _write_span(node.wait)},
        frozenset({"wait"}),
    ),
    "condition": Kind(
        ConditionNode,
        lambda given: {"question": _question(given.get("question"))},
        lambda node: {"question": _write_question(node.question)},
        frozenset({"question"}),
    ),
    "wait_for": Kind(
        WaitForNode,
        lambda given: {"happening": _happening(given.get("happening")), "within": _span(given.get("within"))},
        lambda node: {"happening": node.happening.value, "within": _write_span(node.within)},
        frozenset({"happening", "within"}),
    ),
    "ab_split": Kind(
        SplitNode,
        lambda given: {"weights": _weights(given.get("weights"))},
        lambda node: {"weights": list(node.weights)},
        frozenset({"weights"}),
    ),
    "goal": Kind(
        GoalNode,
        lambda given: {"name": _text(given.get("name"), "a name")},
        lambda node: {"name": node.name},
        frozenset({"name"}),
    ),
    "end": Kind(EndNode, lambda _: {}, lambda _: {}, frozenset()),
}
