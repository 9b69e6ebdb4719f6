"""The next move of a recipient through a chart, decided from the facts. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from fairlead.campaigns.enrollments.model import EnrollmentState, LastMail, Reason, Signal
from fairlead.campaigns.graph.chart import Graph, follow
from fairlead.campaigns.graph.nodes import (
    ConditionNode,
    EmailNode,
    EndNode,
    FieldIs,
    GoalNode,
    HasAddress,
    HasHappened,
    Node,
    SplitNode,
    WaitForNode,
    WaitNode,
)


@dataclass(frozen=True, slots=True)
class Place:
    """At which node, and since when (or, at a node that waits, until when)."""

    node_key: str
    due_at: datetime


@dataclass(frozen=True)
class Facts:
    """What conditions may ask about a recipient. `mails` by the node that sent them; `last` is the latest of them."""

    who: str
    """Names the recipient in splits: the same way each time."""
    has_address: bool = True
    last: LastMail = LastMail()
    mails: Mapping[str, LastMail] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """A mail is next."""

    place: Place


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `place.due_at`, unless what a node waits for happens."""

    place: Place


@dataclass(frozen=True, slots=True)
class Over:
    """Nothing is left to do."""

    state: EnrollmentState
    reason: Reason
    place: Place


Move: TypeAlias = Write | Wait | Over


def next_move(graph: Graph, place: Place, facts: Facts, now: datetime) -> Move:
    """Where a recipient goes from a place by what is known now, through everything that needs no time.

    A wait begins when the one before it was due, not when it was looked at: a planner that comes late delays nothing.
    """
    # A chart has no cycles: each step of this loop takes a node that none before it took.
    for _ in range(len(graph.nodes) + 1):
        node = graph.nodes[place.node_key]
        match node:
            case EmailNode():
                # Its place is passed on by what became of the mail: `after_mail`.
                if not facts.has_address:
                    port, at = "no_email", place.due_at
                else:
                    return Write(place)
            case WaitNode():
                if now < place.due_at:
                    return Wait(place)
                port, at = "next", place.due_at
            case WaitForNode():
                if facts.last.shows(Signal(node.happening.value)):
                    port, at = "yes", min(now, place.due_at)
                elif now < place.due_at:
                    return Wait(place)
                else:
                    port, at = "no", place.due_at
            case ConditionNode():
                port, at = ("true" if _holds(node, facts) else "false"), place.due_at
            case SplitNode():
                port, at = way_of(node, facts.who), place.due_at
            case GoalNode():
                return Over(EnrollmentState.FINISHED, Reason.GOAL_REACHED, place)
            case EndNode():
                return Over(EnrollmentState.FINISHED, Reason.END_REACHED, place)
            case _:
                raise NotImplementedError(f"nobody moves through a node of type {node.kind!r}")
        going = follow(graph, node.key, port)
        if going is None:
            return Over(EnrollmentState.FINISHED, Reason.END_REACHED, place)
        place = arrival(going, at)
    raise AssertionError("a chart without an end")


def after_mail(graph: Graph, node_key: str, port: str, at: datetime) -> Place | None:
    """Where a recipient stands after a mail; None: at the end."""
    going = follow(graph, node_key, port)
    return None if going is None else arrival(going, at)


def arrival(node: Node, at: datetime) -> Place:
    """The place of one who comes to a node at a time. Waits are whole: a day is 24 hours, also when clocks change."""
    match node:
        case WaitNode():
            return Place(node.key, at + node.wait.length)
        case WaitForNode():
            return Place(node.key, at + node.within.length)
        case _:
            return Place(node.key, at)


def way_of(node: SplitNode, who: str) -> str:
    """The port of a split for a recipient: from a hash of both, so that it never changes."""
    digest = hashlib.sha256(f"{node.key}\x1f{who}".encode()).digest()
    point = int.from_bytes(digest[:8], "big") % sum(node.weights)
    for number, weight in enumerate(node.weights, 1):
        point -= weight
        if point < 0:
            return f"v{number}"
    raise AssertionError("weights that do not add up")


def _holds(node: ConditionNode, facts: Facts) -> bool:
    match node.question:
        case HasAddress():
            return facts.has_address
        case FieldIs():
            return node.question.holds(facts.fields)
        case HasHappened(happening, None):
            signal = Signal(happening.value)
            return facts.last.shows(signal) or any(mail.shows(signal) for mail in facts.mails.values())
        case HasHappened(happening, key):
            return facts.mails.get(key or "", LastMail()).shows(Signal(happening.value))


def standing_in(old: Graph, new: Graph, node_key: str) -> str | None:
    """Where somebody at a node of an older chart stands in the one in force now.

    At the node itself where it is still there, else at the first that is on the way on from it; None: at the end.
    """
    node: Node | None = old.nodes.get(node_key)
    while node is not None:
        if node.key in new.nodes and new.nodes[node.key].kind == node.kind:
            return node.key
        node = None if node.main_port is None else follow(old, node.key, node.main_port)
    return None
