"""Steps of a sequence as endpoints 39 to 41 write them, and the chart they stand for. Contract section 11.

What the chart has beyond steps, such as conditions and splits, is passed over along its main way, and stays as it is
when steps come back with the same order.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from fairlead.campaigns.graph.chart import Graph
from fairlead.campaigns.graph.nodes import (
    MOST_VARIANTS,
    EmailNode,
    GoalNode,
    Happening,
    Node,
    NotSound,
    Span,
    Unit,
    WaitForNode,
    WaitNode,
)
from fairlead.campaigns.graph.rules import MOST_NODES
from fairlead.campaigns.model import Usage, Variant
from fairlead.campaigns.sequences import ContentsWanted
from fairlead.http.params import Params, missing
from fairlead.kit.refusals import Invalid

TRIGGERS: Final = {"open": Happening.OPENED, "click": Happening.CLICKED, "calendly": Happening.BOOKED}
TRIGGER_WORDS: Final = {happening: word for word, happening in TRIGGERS.items()}
LINKEDIN_TRIGGERS: Final = ("connected_on_linkedin", "check_connection_level", "linkedin_in_mail_sent")
LINKEDIN_ACTIONS: Final = (
    "visit", "like", "follow", "invite", "message", "in_mail", "connected_on_linkedin", "check_connection_level",
    "endorse_skills",
)  # fmt: skip
TYPES: Final = ("email", "delay", "trigger", "goal", "linkedin")


@dataclass(frozen=True)
class Steps:
    """What a request says about a sequence."""

    graph: Graph
    slots: dict[str, int]
    contents: dict[str, ContentsWanted]
    """Of e-mail steps that came with their `content`."""


# In.


def read(sequence: Params) -> Steps:
    """Raises `Invalid` naming the step. The chart's soundness is the campaign's business."""
    entry = sequence.text("entry")
    if entry is None or not entry.strip():
        raise missing("sequence.entry")
    with at("sequence"):
        given = sequence.objects("steps")
    if not given:
        raise missing("sequence.steps")
    if len(given) > MOST_NODES:
        raise Invalid("too_many_steps", f"A sequence has at most {MOST_NODES} steps.", field="sequence.steps")
    nodes: dict[str, Node] = {}
    slots: dict[str, int] = {}
    contents: dict[str, ContentsWanted] = {}
    for number, step in enumerate(given):
        with at(f"sequence.steps.{number}"):
            node = _node(step)
            if node.key in nodes:
                raise Invalid("same_ref", f"The _ref {node.key!r} is there twice.", field="_ref")
            nodes[node.key] = node
            if isinstance(node, EmailNode):
                slots[node.key] = step.integer("content_slots", least=1, most=MOST_VARIANTS) or 1
                if "content" in step:
                    contents[node.key] = _contents(step, step.integer("content_slots") or 0)
    graph = Graph(entry.strip(), nodes)
    _check_order(graph)
    return Steps(graph, slots, contents)


@contextmanager
def at(place: str) -> Iterator[None]:
    """Names in refusals are those of a place further in."""
    try:
        yield
    except Invalid as refusal:
        field = refusal.field or ""
        sentence = refusal.sentence
        if sentence.startswith(f"The {field} "):
            sentence = f"The {place}.{sentence.removeprefix('The ')}"
        raise Invalid(refusal.code, sentence, field=f"{place}.{field}") from None


def _node(step: Params) -> Node:
    ref, kind = step.required_text("_ref").strip(), step.required_text("type").strip().lower()
    if kind not in TYPES:
        raise Invalid("unknown_type", f"The type of step {ref!r} must be one of {', '.join(TYPES)}.", field="type")
    try:
        match kind:
            case "email":
                ports = {"next": _next(step, "next"), "bounced": None, "no_email": None}
                return EmailNode(ref, ports, subject=step.text("subject"))
            case "delay":
                return WaitNode(ref, {"next": _next(step, "next")}, wait=_span(step))
            case "trigger":
                return _trigger(step, ref)
            case "goal":
                if _next(step, "next") is not None:
                    raise Invalid("goal_goes_on", f"Step {ref!r} is a goal, and nothing comes after it.", field="next")
                return GoalNode(ref, name=step.required_text("goal_name").strip())
            case _:
                raise _linkedin(ref, _action(step, ref, LINKEDIN_ACTIONS))
    except NotSound as error:
        raise Invalid(
            "bad_step", f"Step {ref!r} {error}.", field="waiting_val" if kind != "goal" else "goal_name"
        ) from None


def _trigger(step: Params, ref: str) -> WaitForNode:
    action = _action(step, ref, (*TRIGGERS, *LINKEDIN_TRIGGERS))
    if action in LINKEDIN_TRIGGERS:
        raise _linkedin(ref, action)
    ways = {way: _next(step, way) for way in ("yes", "no")}
    for way, target in ways.items():
        if target is None:
            raise missing(way)
    return WaitForNode(ref, ways, happening=TRIGGERS[action], within=_span(step))


def _action(step: Params, ref: str, known: Sequence[str]) -> str:
    action = step.required_text("action").strip().lower()
    if action not in known:
        raise Invalid(
            "unknown_action", f"The action of step {ref!r} must be one of {', '.join(known)}.", field="action"
        )
    return action


def _linkedin(ref: str, action: str) -> Invalid:
    return Invalid(
        "no_linkedin", f"Step {ref!r} ({action}) needs LinkedIn, which this installation cannot do.", field="type"
    )


def _next(step: Params, name: str) -> str | None:
    text = step.text(name)
    return text.strip() if text and text.strip() else None


def _span(step: Params) -> Span:
    unit = step.required_text("waiting_type").strip().lower()
    if unit not in list(Unit):
        raise Invalid("bad_unit", "The waiting_type must be minutes, hours or days.", field="waiting_type")
    return Span(step.required_integer("waiting_val"), Unit(unit))


def _contents(step: Params, slots: int) -> ContentsWanted:
    keep: dict[int, dict[str, Any]] = {}
    for number, content in enumerate(step.objects("content")):
        with at(f"content.{number}"):
            content_id = content.integer("id")
            if content_id is None:
                slots = max(slots, number + 1)
                continue
            keep[content_id] = changes(content, ("plain_text", "usage"))
    return ContentsWanted(keep, max(slots, len(keep)))


def changes(content: Params, names: Sequence[str]) -> dict[str, Any]:
    """What is said about a content, as fields of `Variant`."""
    found: dict[str, Any] = {}
    # A subject may be taken away: the mail then answers the one before it.
    if "subject" in names and content.has("subject"):
        found["subject"] = content.text("subject") or ""
    if "body" in names and "body" in content:
        found["body"] = content.text("body") or ""
    if "plain_text" in names and content.has("plain_text"):
        found["is_plain"] = content.boolean("plain_text")
    if "usage" in names and "usage" in content:
        usage = content.required_text("usage").strip().lower()
        if usage not in list(Usage):
            raise Invalid("bad_usage", "The usage must be active or pause.", field="usage")
        found["usage"] = Usage(usage)
    return found


def _check_order(graph: Graph) -> None:
    """What contract 39 asks of the order of steps, beyond what any chart has to keep."""
    first = graph.nodes.get(graph.entry)
    if isinstance(first, GoalNode):
        raise Invalid(
            "goal_first", f"Step {first.key!r} is a goal, which is never the first step.", field="sequence.entry"
        )
    booked = {
        key for key, node in graph.nodes.items() if isinstance(node, WaitForNode) and node.happening is Happening.BOOKED
    }
    if graph.entry in booked:
        raise _not_after_email(graph.entry)
    for node in graph.nodes.values():
        if isinstance(node, EmailNode):
            continue
        for target in node.ports.values():
            if target in booked:
                raise _not_after_email(target)


def _not_after_email(ref: str | None) -> Invalid:
    return Invalid(
        "not_after_email",
        f"Step {ref!r} asks about Calendly, and must come right after an e-mail step.",
        field="sequence",
    )


# Out.


def written(graph: Graph, contents: Mapping[str, Sequence[Variant]]) -> dict[str, Any]:
    """`sequence` of CAMPAIGN."""
    return {
        "entry": _shown_from(graph, graph.entry),
        "steps": [_step(graph, node, contents.get(node.key, ())) for node in shown(graph)],
    }


def shown(graph: Graph) -> list[Node]:
    """The nodes that are steps and are come to along steps, in the chart's order."""
    seen: set[str] = set()
    waiting = [_shown_from(graph, graph.entry)]
    while waiting:
        key = waiting.pop()
        if key is None or key in seen:
            continue
        seen.add(key)
        node = graph.nodes[key]
        waiting += [_shown_from(graph, node.ports[port]) for port in _ways(node)]
    return [node for key, node in graph.nodes.items() if key in seen]


def _shown_from(graph: Graph, key: str | None) -> str | None:
    """The first step from here on, along the main way."""
    while key is not None:
        node = graph.nodes[key]
        if _is_step(node):
            return key
        key = None if node.main_port is None else node.ports[node.main_port]
    return None


def _is_step(node: Node) -> bool:
    return isinstance(node, (EmailNode, WaitNode, GoalNode)) or (
        isinstance(node, WaitForNode) and node.happening in TRIGGER_WORDS
    )


def _ways(node: Node) -> tuple[str, ...]:
    return () if isinstance(node, GoalNode) else ("yes", "no") if isinstance(node, WaitForNode) else ("next",)


def _step(graph: Graph, node: Node, contents: Sequence[Variant]) -> dict[str, Any]:
    ways = {port: _shown_from(graph, node.ports[port]) for port in _ways(node)}
    match node:
        case EmailNode():
            subject = {} if node.subject is None else {"subject": node.subject}
            return {
                "_ref": node.key,
                "type": "email",
                **subject,
                "content_slots": len(contents),
                **ways,
                "content": [
                    {"id": one.content_id, "plain_text": one.is_plain, "usage": one.usage.value} for one in contents
                ],
            }
        case WaitNode():
            return {"_ref": node.key, "type": "delay", **_waiting(node.wait), **ways}
        case WaitForNode():
            action = TRIGGER_WORDS[node.happening]
            return {"_ref": node.key, "type": "trigger", "action": action, **_waiting(node.within), **ways}
        case GoalNode():
            return {"_ref": node.key, "type": "goal", "goal_name": node.name}
        case _:
            raise AssertionError(node)


def _waiting(span: Span) -> dict[str, Any]:
    return {"waiting_type": span.unit.value, "waiting_val": span.amount}


# And back.


def onto(graph: Graph, steps: Steps) -> Graph:
    """The chart that `steps` stand for, where they come back for one that is there already.

    Raises `Invalid`: for an e-mail step without its contents, for a number nobody gave, and for another order of steps
    where the chart has more than steps can say.
    """
    for key, node in steps.graph.nodes.items():
        known = graph.nodes.get(key)
        if known is None and key.isascii() and key.isdecimal():
            raise Invalid(
                "unknown_step", f"There is no step {key}; a new one has a _ref that is no number.", field="sequence"
            )
        if isinstance(known, EmailNode) and isinstance(node, EmailNode) and key not in steps.contents:
            raise Invalid("no_content", f"Step {key} has to come with its content.", field="sequence")
    # Steps say nothing of labels.
    given = {
        key: replace(node, label=graph.nodes[key].label) if key in graph.nodes else node
        for key, node in steps.graph.nodes.items()
    }
    hidden = _hidden(graph)
    if hidden is None:
        return Graph(steps.graph.entry, given)
    if _shape(steps.graph, steps.graph.entry) != _shape(graph, _shown_from(graph, graph.entry)):
        raise Invalid(
            "has_branches",
            f"Step {hidden} is of a kind that this API cannot show, so the order of the steps around it cannot be"
            " changed here.",
            field="sequence",
        )
    changed = {key: replace(node, ports=graph.nodes[key].ports) for key, node in given.items()}
    return Graph(graph.entry, {key: changed.get(key, node) for key, node in graph.nodes.items()})


def _hidden(graph: Graph) -> str | None:
    """A node that steps do not show, or one with a way that they do not."""
    steps = {node.key for node in shown(graph)}
    for key, node in graph.nodes.items():
        if key not in steps or any(
            target is not None for port, target in node.ports.items() if port not in _ways(node)
        ):
            return key
    return None


def _shape(graph: Graph, entry: str | None) -> tuple[Any, ...]:
    ways = {
        node.key: (node.kind, *(_shown_from(graph, node.ports[port]) for port in _ways(node))) for node in shown(graph)
    }
    return entry, ways
