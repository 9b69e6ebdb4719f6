"""Charts: read, checked, walked, and the same after a round trip."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fairlead.campaigns.graph import chart
from fairlead.campaigns.graph.chart import Graph, entry, follow, main_path
from fairlead.campaigns.graph.nodes import (
    Comparison,
    ConditionNode,
    EmailNode,
    EndNode,
    FieldIs,
    GoalNode,
    Happening,
    HasAddress,
    HasHappened,
    NotSound,
    Span,
    SplitNode,
    Unit,
    WaitForNode,
    WaitNode,
)
from fairlead.campaigns.graph.rules import check, mails_before, renamed
from fairlead.http.snov import campaign_steps
from fairlead.kit.refusals import Invalid

MAIL = {"key": "a", "type": "email", "ports": {"next": None}}


def refusal_of(value):
    with pytest.raises(Invalid) as refused:
        check(chart.from_value(value))
    return refused.value.sentence


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "object"),
        ({"entry": "a"}, "nodes"),
        ({"nodes": [MAIL]}, "entry"),
        ({"entry": "a", "nodes": [MAIL], "color": 1}, "'color'"),
        ({"entry": "a", "nodes": [MAIL], "form": 2}, "form 2"),
        ({"entry": "b", "nodes": [MAIL]}, "'b'"),
        ({"entry": "a", "nodes": [MAIL, MAIL]}, "'a' is there twice"),
        ({"entry": "a", "nodes": [MAIL | {"type": "fax"}]}, "'fax'"),
        ({"entry": "a", "nodes": [MAIL | {"config": {"body": "x"}}]}, "'body'"),
        ({"entry": "a", "nodes": [MAIL | {"ports": {}}]}, "The next of step 'a' leads nowhere"),
        ({"entry": "a", "nodes": [MAIL | {"ports": {"next": None, "left": None}}]}, "no port 'left'"),
        ({"entry": "a", "nodes": [MAIL | {"ports": {"next": "z"}}]}, "'z'"),
        ({"entry": "a", "nodes": [MAIL | {"ports": {"next": "a"}}]}, "leads back to step 'a'"),
        ({"entry": "a", "nodes": [MAIL | {"ports": {"next": 7}}]}, "leads neither"),
        ({"entry": "a", "nodes": [MAIL, MAIL | {"key": "b"}]}, "'b' cannot be reached"),
        ({"entry": "a", "nodes": [MAIL | {"key": "x" * 65}, MAIL]}, "longer than 64"),
        ({"entry": "a", "nodes": [MAIL | {"label": "a\r\nb"}]}, "control character"),
        ({"entry": "e", "nodes": [{"key": "e", "type": "end"}]}, "writes to the recipient"),
        ({"entry": "w", "nodes": [{"key": "w", "type": "wait", "ports": {"next": "a"},
                                   "config": {"wait": {"amount": 31, "unit": "days"}}}, MAIL]}, "'w' waits"),
        ({"entry": "s", "nodes": [{"key": "s", "type": "ab_split", "config": {"weights": [0, 0]},
                                   "ports": {"v1": "a", "v2": None}}, MAIL]}, "not all of them 0"),
        ({"entry": "c", "nodes": [{"key": "c", "type": "condition", "config": {"question": {"happened": "opened"}},
                                   "ports": {"true": "a", "false": None}}, MAIL]}, "no mail comes before it"),
        ({"entry": "a", "nodes": [MAIL | {"ports": {"next": "c"}},
                                  {"key": "c", "type": "condition", "ports": {"true": "b", "false": None},
                                   "config": {"question": {"happened": "opened", "after": "b"}}},
                                  MAIL | {"key": "b"}]}, "mail of step 'b'"),
        ({"entry": "a", "nodes": [{"key": "a", "type": "condition", "config": {"question": {"is": "tall"}},
                                   "ports": {"true": None, "false": None}}]}, "'a' asks a question such as"),
    ],
)  # fmt: skip
def test_an_unsound_chart_is_refused_naming_the_place(value, says):
    assert says in refusal_of(value)


def test_501_nodes_are_too_many_and_500_in_a_row_are_not():
    chain = [MAIL | {"key": f"n{n}", "ports": {"next": f"n{n + 1}"}} for n in range(501)]
    chain[-1]["ports"]["next"] = None
    assert "at most 500" in refusal_of({"entry": "n0", "nodes": chain})
    chain = [*chain[:499], chain[499] | {"ports": {"next": None}}]
    graph = check(chart.from_value({"entry": "n0", "nodes": chain}))
    assert len(list(main_path(graph))) == 500


def test_a_ladder_of_splits_is_checked_though_it_has_more_ways_than_can_be_walked():
    """2**249 ways lead through it."""
    nodes = []
    for n in range(249):
        nodes.append({"key": f"s{n}", "type": "ab_split", "config": {"weights": [1, 1]},
                      "ports": {"v1": f"m{n}", "v2": f"s{n + 1}" if n < 248 else None}})  # fmt: skip
        nodes.append(MAIL | {"key": f"m{n}", "ports": {"next": f"s{n + 1}" if n < 248 else None}})
    assert len(check(chart.from_value({"entry": "s0", "nodes": nodes})).nodes) == 498


def test_ports_lead_on_and_optional_ones_lead_to_the_end():
    graph = check(chart.from_value({"entry": "a", "nodes": [MAIL | {"ports": {"next": "b"}}, MAIL | {"key": "b"}]}))
    assert entry(graph).key == "a"
    assert follow(graph, "a", "next").key == "b"
    assert follow(graph, "a", "bounced") is None
    with pytest.raises(KeyError):
        follow(graph, "a", "sideways")


@pytest.mark.parametrize(("amount", "unit"), [(0, "days"), (31, "days"), (721, "hours"), (43_201, "minutes"), (10**30, "hours")])
def test_a_wait_beyond_the_limits_is_none(amount, unit):
    with pytest.raises(NotSound):
        Span(amount, Unit(unit))


# Any sound chart: nodes in an order, ports lead only further on.

spans = st.builds(Span, st.integers(1, 30), st.sampled_from(Unit))
words = st.text("abc é{}|<&\"'", min_size=1, max_size=8).filter(str.strip)


@st.composite
def graphs(draw, *, steps_only=False):
    count = draw(st.integers(1, 12))
    keys = [str(n + 1) for n in range(count)]
    kinds = ["email", "wait", "trigger", "goal"] + ([] if steps_only else ["condition", "ab_split", "end", "wait_reply"])
    nodes = {}
    for number, key in enumerate(keys):
        later = keys[number + 1 :]
        kind = "email" if number == 0 else draw(st.sampled_from(kinds))

        def target(later=later):
            return draw(st.sampled_from([*later, None])) if later else None

        def surely(later=later):
            return draw(st.sampled_from(later)) if later else None

        label = "" if steps_only else draw(st.one_of(st.just(""), words))
        match kind:
            case "email":
                hidden = {"bounced": None, "no_email": None}
                if not steps_only:
                    hidden = {port: target() for port in hidden}
                subject = draw(st.one_of(st.none(), words.map(str.strip)))
                node = EmailNode(key, {"next": target(), **hidden}, label, subject=subject)
            case "wait":
                node = WaitNode(key, {"next": target()}, label, wait=draw(spans))
            case "trigger":
                happening = draw(st.sampled_from([Happening.OPENED, Happening.CLICKED]))
                ports = {"yes": surely(), "no": surely()} if steps_only else {"yes": target(), "no": target()}
                if steps_only and not later:
                    node = GoalNode(key, {}, label, name="end")
                else:
                    node = WaitForNode(key, ports, label, happening=happening, within=draw(spans))
            case "wait_reply":
                node = WaitForNode(key, {"yes": target(), "no": target()}, label, happening=Happening.REPLIED,
                                   within=draw(spans))  # fmt: skip
            case "goal":
                node = GoalNode(key, {}, label, name=draw(words.map(str.strip)))
            case "condition":
                question = draw(
                    st.one_of(
                        st.just(HasAddress()),
                        st.builds(HasHappened, st.sampled_from(Happening), st.sampled_from([None, "1"])),
                        st.builds(FieldIs, words, st.sampled_from(Comparison), words),
                    )
                )
                node = ConditionNode(key, {"true": target(), "false": target()}, label, question=question)
            case "ab_split":
                weights = tuple(draw(st.lists(st.integers(1, 9), min_size=2, max_size=4)))
                node = SplitNode(key, {f"v{n + 1}": target() for n in range(len(weights))}, label, weights=weights)
            case _:
                node = EndNode(key, {}, label)
        nodes[key] = node
    reached, waiting = {}, ["1"]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached[key] = True
            waiting += [t for t in nodes[key].ports.values() if t is not None]
    return Graph("1", {key: node for key, node in nodes.items() if key in reached})


@given(graphs())
def test_any_sound_chart_passes_and_is_the_same_after_json(graph):
    assert check(graph) == graph
    text = chart.to_json(graph)
    again = chart.from_value(json.loads(text))
    assert again == graph
    assert chart.checksum(chart.to_json(again)) == chart.checksum(text)


@given(graphs(), st.data())
def test_an_edge_that_leads_back_is_always_found(graph, data):
    ends = [(key, port) for key, node in graph.nodes.items() for port in node.ports]
    assume(ends)
    key, port = data.draw(st.sampled_from(ends))
    above = [k for k in graph.nodes if k == key or key in _behind(graph, k)]
    node = graph.nodes[key]
    broken = replace(node, ports={**node.ports, port: data.draw(st.sampled_from(above))})
    with pytest.raises(Invalid):
        check(Graph(graph.entry, {**graph.nodes, key: broken}))


def _behind(graph, key):
    seen, waiting = set(), [key]
    while waiting:
        for target in graph.nodes[waiting.pop()].ports.values():
            if target is not None and target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


@given(graphs())
def test_the_mails_before_a_node_are_those_from_which_it_can_be_reached(graph):
    before = mails_before(graph)
    for key in graph.nodes:
        expected = {k for k, node in graph.nodes.items() if isinstance(node, EmailNode) and key in _behind(graph, k)}
        assert before[key] == expected


@given(graphs())
def test_other_names_for_nodes_and_back_give_the_same_chart(graph):
    names = {key: f"n{key}" for key in graph.nodes}
    there = renamed(graph, names)
    assert set(there.nodes) == set(names.values())
    assert renamed(there, {new: old for old, new in names.items()}) == graph


def _params_of(steps):
    from fairlead.http.params import Params

    return Params(json.loads(json.dumps(steps)))


@given(graphs(steps_only=True))
def test_a_chart_of_steps_is_the_same_after_the_way_out_and_in(graph):
    shown = campaign_steps.written(graph, {})
    for step in shown["steps"]:
        step.pop("content_slots", None)
    read = campaign_steps.read(_params_of(shown))
    assert read.graph == graph


@given(graphs())
def test_steps_that_come_back_unchanged_leave_every_branch_as_it_was(graph):
    shown = campaign_steps.written(graph, {})
    assume(all(step.get("yes", "x") and step.get("no", "x") for step in shown["steps"]))  # such are not of that API
    assume(shown["steps"][0]["type"] != "goal")
    for step in shown["steps"]:
        if step["type"] == "email":
            step["content"] = [{"id": 1}]
            step.pop("content_slots")
    read = campaign_steps.read(_params_of(shown))
    assert campaign_steps.onto(graph, read) == graph
