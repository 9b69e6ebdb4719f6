"""A whole chart, how one walks through it, and its JSON form."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from fairlead.campaigns.graph.nodes import KINDS, EmailNode, Node, NotSound
from fairlead.kit.refusals import Invalid

FORM: Final = 1


@dataclass(frozen=True)
class Graph:
    """`nodes` by key, in the order their author gave them. Sound once `rules.check` has passed it."""

    entry: str
    nodes: Mapping[str, Node]

    @property
    def emails(self) -> list[EmailNode]:
        return [node for node in self.nodes.values() if isinstance(node, EmailNode)]


def entry(graph: Graph) -> Node:
    """Where a recipient begins."""
    return graph.nodes[graph.entry]


def follow(graph: Graph, node_key: str, port: str) -> Node | None:
    """Where a port leads; None: to the end of the sequence. Raises `KeyError` for a node or port there is not."""
    target = graph.nodes[node_key].ports[port]
    return None if target is None else graph.nodes[target]


def main_path(graph: Graph) -> Iterator[Node]:
    """The nodes of whom nothing special happens, in order."""
    node: Node | None = entry(graph)
    while node is not None:
        yield node
        node = None if node.main_port is None else follow(graph, node.key, node.main_port)


def to_json(graph: Graph) -> str:
    """The same text for the same chart, wherever it was made."""
    return json.dumps(to_value(graph), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def to_value(graph: Graph) -> dict[str, Any]:
    return {"form": FORM, "entry": graph.entry, "nodes": [_node_value(node) for node in graph.nodes.values()]}


def _node_value(node: Node) -> dict[str, Any]:
    value: dict[str, Any] = {"key": node.key, "type": node.kind}
    if config := KINDS[node.kind].write(node):
        value["config"] = config
    if node.ports:
        value["ports"] = dict(node.ports)
    if node.label:
        value["label"] = node.label
    return value


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def from_value(value: object) -> Graph:
    """The chart a JSON value describes. Its soundness is `rules.check`'s business.

    Raises `Invalid` with a sentence that names the place.
    """
    if not isinstance(value, Mapping):
        raise _bad("A sequence is an object with entry and nodes.")
    if value.get("form", FORM) != FORM:
        raise _bad(f"This is form {value['form']!r} of a sequence; this version of Fairlead reads form {FORM}.")
    if stray := value.keys() - {"form", "entry", "nodes"}:
        raise _bad(f"A sequence has no {min(map(str, stray))!r}.")
    nodes = value.get("nodes")
    if not isinstance(nodes, list) or not nodes:
        raise _bad("A sequence needs nodes.")
    found: dict[str, Node] = {}
    for number, element in enumerate(nodes, 1):
        node = _read_node(element, number)
        if node.key in found:
            raise _bad(f"Node {node.key!r} is there twice.")
        found[node.key] = node
    first = value.get("entry")
    if not isinstance(first, str) or not first:
        raise _bad("A sequence needs an entry: the key of its first node.")
    return Graph(first, found)


def _read_node(value: object, number: int) -> Node:
    if not isinstance(value, Mapping):
        raise _bad(f"Node number {number} is no object.")
    key = value.get("key")
    if not isinstance(key, str) or not key:
        raise _bad(f"Node number {number} has no key.")
    place = f"Node {key[:64]!r}"
    if stray := value.keys() - {"key", "type", "config", "ports", "label"}:
        raise _bad(f"{place} has no {min(map(str, stray))!r}.")
    kind = KINDS.get(str(value.get("type")))
    if kind is None:
        raise _bad(f"{place} is of type {value.get('type')!r}; there are {', '.join(KINDS)}.")
    config = value.get("config") or {}
    ports = value.get("ports") or {}
    label = value.get("label") or ""
    if not isinstance(config, Mapping) or not isinstance(ports, Mapping) or not isinstance(label, str):
        raise _bad(f"{place} needs config and ports that are objects, and a label that is a text.")
    if stray := config.keys() - kind.keys:
        raise _bad(f"{place} has a setting {min(map(str, stray))!r} that a node of type {value['type']} does not have.")
    if not all(target is None or isinstance(target, str) for target in ports.values()):
        raise _bad(f"{place} has a port that leads neither to the key of a node nor, with null, to the end.")
    try:
        node = kind.node(key=key, ports=dict(ports), label=label, **kind.read(config))
    except NotSound as error:
        raise _bad(f"{place} {error}.") from None
    return _with_all_ports(node)


def _with_all_ports(node: Node) -> Node:
    missing = [port for port in node.optional_ports if port not in node.ports]
    return replace(node, ports={**node.ports, **dict.fromkeys(missing)}) if missing else node


@lru_cache(maxsize=1_000)
def loaded(text: str) -> Graph:
    """The chart of a stored version. Kept: a planner asks for the same ones again and again."""
    return from_value(json.loads(text))


def _bad(sentence: str) -> Invalid:
    return Invalid("bad_sequence", sentence, field="sequence")
