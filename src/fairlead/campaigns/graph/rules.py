"""What makes a chart sound. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from fairlead.campaigns.graph.chart import Graph
from fairlead.campaigns.graph.nodes import LONGEST_LABEL, ConditionNode, EmailNode, HasHappened, Node, WaitForNode
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import has_control

MOST_NODES: Final = 500
LONGEST_KEY: Final = 64


def check(graph: Graph) -> Graph:
    """The same chart, with every optional port in it. Raises `Invalid` with a sentence that names the place.

    Sound is: one entry; no way leads back; every node is reached; every port leads to a node or to the end; there is
    a step that writes to somebody; and nothing asks about a mail that cannot have been sent yet.
    """
    if len(graph.nodes) > MOST_NODES:
        raise _bad(f"A sequence has at most {MOST_NODES} steps; this one has {len(graph.nodes)}.")
    for node in graph.nodes.values():
        _check_names(node)
    if graph.entry not in graph.nodes:
        raise _bad(f"The entry {graph.entry[:64]!r} is not one of the steps.", "sequence.entry")
    whole = Graph(graph.entry, {key: _check_ports(node, graph) for key, node in graph.nodes.items()})
    order = _in_order(whole)
    for key in whole.nodes:
        if key not in order:
            raise _bad(f"Step {key!r} cannot be reached from the entry {whole.entry!r}.")
    if not any(node.contacts for node in whole.nodes.values()):
        raise _bad("A sequence needs at least one step that writes to the recipient.")
    _check_questions(whole)
    return whole


def renamed(graph: Graph, names: Mapping[str, str]) -> Graph:
    """The same chart, with other keys for the nodes in `names`."""

    def of(key: str) -> str:
        return names.get(key, key)

    nodes: dict[str, Node] = {}
    for node in graph.nodes.values():
        ports = {port: None if target is None else of(target) for port, target in node.ports.items()}
        again = replace(node, key=of(node.key), ports=ports)
        if isinstance(again, ConditionNode) and isinstance(again.question, HasHappened):
            asked = again.question.node_key
            again = replace(again, question=HasHappened(again.question.happening, None if asked is None else of(asked)))
        nodes[again.key] = again
    return Graph(of(graph.entry), nodes)


def _check_names(node: Node) -> None:
    if len(node.key) > LONGEST_KEY or has_control(node.key):
        raise _bad(f"The key {node.key[:LONGEST_KEY]!r} of a step is longer than {LONGEST_KEY} or no single line.")
    texts = [node.label, getattr(node, "name", ""), getattr(node, "subject", None) or ""]
    if any(has_control(text) for text in texts):
        raise _bad(f"A text of step {node.key!r} has a line break or another control character in it.")
    if len(node.label) > LONGEST_LABEL:
        raise _bad(f"The label of step {node.key!r} has more than {LONGEST_LABEL} characters.")


def _check_ports(node: Node, graph: Graph) -> Node:
    known = (*node.required_ports, *node.optional_ports)
    for port, target in node.ports.items():
        if port not in known:
            ports = ", ".join(known) or "none"
            raise _bad(f"Step {node.key!r} has no port {port[:64]!r}; a step of type {node.kind} has: {ports}.")
        if target is not None and target not in graph.nodes:
            raise _bad(f"The {port} of step {node.key!r} leads to {target[:64]!r}, and there is no such step.")
    for port in node.required_ports:
        if port not in node.ports:
            raise _bad(f"The {port} of step {node.key!r} leads nowhere: name a step, or null for the end.")
    return replace(node, ports={port: node.ports.get(port) for port in known})


def _in_order(graph: Graph) -> dict[str, int]:
    """The nodes that are reached, each before all it leads to, with their place. Raises `Invalid` for a cycle."""
    done: list[str] = []
    state: dict[str, bool] = {graph.entry: False}  # False: on the way now; True: all behind it is done
    way: list[tuple[str, Iterator[str | None]]] = [(graph.entry, iter(graph.nodes[graph.entry].ports.values()))]
    while way:
        key, targets = way[-1]
        for target in targets:
            if target is None or state.get(target) is True:
                continue
            if target in state:
                raise _bad(f"Step {key!r} leads back to step {target!r}: a sequence must not run in a circle.")
            state[target] = False
            way.append((target, iter(graph.nodes[target].ports.values())))
            break
        else:
            state[key] = True
            done.append(key)
            way.pop()
    return {key: place for place, key in enumerate(reversed(done))}


def mails_before(graph: Graph) -> dict[str, frozenset[str]]:
    """For each node the mails that may have gone out before it. Of a chart that runs in no circle."""
    order = _in_order(graph)
    before: dict[str, frozenset[str]] = {graph.entry: frozenset()}
    for key in sorted(order, key=order.__getitem__):
        node = graph.nodes[key]
        behind = before[key] | {key} if isinstance(node, EmailNode) else before[key]
        for target in node.ports.values():
            if target is not None:
                before[target] = before.get(target, frozenset()) | behind
    return before


def _check_questions(graph: Graph) -> None:
    before = mails_before(graph)
    for key, node in graph.nodes.items():
        match node:
            case WaitForNode() if not before[key]:
                raise _bad(f"Step {key!r} waits for what becomes of a mail, and no mail comes before it.")
            case ConditionNode(question=HasHappened(node_key=None)) if not before[key]:
                raise _bad(f"Step {key!r} asks about a mail, and no mail comes before it.")
            case ConditionNode(question=HasHappened(node_key=str(asked))) if asked not in before[key]:
                raise _bad(f"Step {key!r} asks about the mail of step {asked[:64]!r}, which does not come before it.")
            case _:
                pass


def _bad(sentence: str, field: str = "sequence") -> Invalid:
    return Invalid("bad_sequence", sentence, field=field)
