"""The chart of a campaign and its versions: a draft may be replaced, a published one gets a successor."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from fairlead.campaigns.graph import chart
from fairlead.campaigns.graph.chart import Graph
from fairlead.campaigns.graph.nodes import MOST_VARIANTS, EmailNode
from fairlead.campaigns.graph.rules import renamed
from fairlead.campaigns.model import Campaign, CampaignStatus, Variant
from fairlead.campaigns.store import campaigns as store
from fairlead.campaigns.store import contents as content_store
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.kit.refusals import Conflict, Invalid

PUBLISHED: Final = "campaign_version_published"
EDITABLE: Final = (CampaignStatus.NEW, CampaignStatus.PAUSED, CampaignStatus.SCHEDULED)
"""When chart and contents may be changed; contract 45 to 48."""
LONGEST_NUMBER: Final = 16
"""Digits of a step's number: with two more for the content, clients still read it as a whole number."""


@dataclass(frozen=True)
class ContentsWanted:
    """The contents an e-mail step is to have: those kept, with what changes of each, and how many in all."""

    keep: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Content id -> fields of `Variant`."""
    slots: int = 0


async def begin(
    conn: Connection, workspace_id: int, campaign_id: int, graph: Graph, slots: Mapping[str, int], *, now: datetime
) -> None:
    """The first version, a draft, with blank contents for its e-mail steps."""
    numbered, names = await numbered_steps(conn, graph)
    await store.insert_version(conn, workspace_id, campaign_id, graph=chart.to_json(numbered), now=now, published=False)
    wanted = {names.get(key, key): count for key, count in slots.items()}
    blank = [
        (node.key, content_id)
        for node in numbered.emails
        for content_id in new_content_ids(node.key, (), wanted.get(node.key, 1))
    ]
    await content_store.insert(conn, workspace_id, campaign_id, blank, now=now)


async def replace_chart(
    conn: Connection, campaign: Campaign, graph: Graph, contents: Mapping[str, ContentsWanted], *, now: datetime
) -> None:
    """`graph` is the campaign's chart from now on; steps without a number get one.

    Contents of steps that are gone are gone. Of a step in `contents` those not kept are deleted. Raises `Conflict`
    where the status does not allow it, `Invalid`.
    """
    check_editable(campaign)
    old = campaign.version.graph
    for node in graph.nodes.values():
        known = old.nodes.get(node.key)
        if known is not None and known.kind != node.kind:
            raise Invalid(
                "other_type",
                f"Step {node.key!r} is of type {known.kind} and stays so; make a new step instead.",
                field="sequence",
            )
    numbered, names = await numbered_steps(conn, graph, taken=old.nodes)
    text = chart.to_json(numbered)
    if text != chart.to_json(old):
        await _put(conn, campaign, text, numbered, now=now)
    wanted = {names.get(key, key): one for key, one in contents.items()}
    await _settle_contents(conn, campaign, numbered, wanted, now=now)
    await store.touch(conn, campaign.workspace_id, campaign.id, now=now)


async def _put(conn: Connection, campaign: Campaign, text: str, graph: Graph, *, now: datetime) -> None:
    if campaign.version.published_at is None:
        await store.replace_draft(conn, campaign.workspace_id, campaign.version.id, graph=text)
        return
    made = await store.insert_version(conn, campaign.workspace_id, campaign.id, graph=text, now=now, published=True)
    gone = [key for key in campaign.version.graph.nodes if key not in graph.nodes]
    await events.record(
        conn,
        campaign.workspace_id,
        PUBLISHED,
        now,
        campaign_id=campaign.id,
        version_id=made.id,
        number=made.number,
        steps_gone=gone,
    )


async def _settle_contents(
    conn: Connection, campaign: Campaign, graph: Graph, wanted: Mapping[str, ContentsWanted], *, now: datetime
) -> None:
    there = await content_store.variants(conn, campaign.workspace_id, campaign.id)
    emails = {node.key for node in graph.emails}
    gone = [variant.id for variant in there if variant.node_key not in emails]
    blank: list[tuple[str, int]] = []
    for key in emails:
        contents = [variant for variant in there if variant.node_key == key]
        want = wanted.get(key)
        if want is None:
            if contents:
                continue
            want = ContentsWanted(slots=1)
        ids = {variant.content_id for variant in contents}
        if max(want.slots, len(want.keep)) > MOST_VARIANTS:
            raise Invalid("too_many_contents", f"Step {key!r} has at most {MOST_VARIANTS} contents.", field="sequence")
        if strange := [content_id for content_id in want.keep if content_id not in ids]:
            raise Invalid("unknown_content", f"Step {key!r} has no content {strange[0]}.", field="sequence")
        gone += [variant.id for variant in contents if variant.content_id not in want.keep]
        await _change_kept(conn, campaign, contents, want, now=now)
        lacking = max(want.slots, 1) - len(want.keep)
        if lacking > 0:
            taken = await content_store.content_ids(conn, campaign.workspace_id, campaign.id, key)
            blank += [(key, content_id) for content_id in new_content_ids(key, taken, lacking)]
    await content_store.delete(conn, campaign.workspace_id, gone, now=now)
    await content_store.insert(conn, campaign.workspace_id, campaign.id, blank, now=now)


async def _change_kept(
    conn: Connection, campaign: Campaign, contents: Collection[Variant], want: ContentsWanted, *, now: datetime
) -> None:
    for variant in contents:
        if changes := want.keep.get(variant.content_id):
            changed = replace(variant, **changes)
            if changed != variant:
                await content_store.write(conn, campaign.workspace_id, changed, now=now)


def new_content_ids(node_key: str, taken: Collection[int], count: int) -> list[int]:
    """The step's number followed by the place of the content, from 0; contract 11.1."""
    if count > MOST_VARIANTS:
        raise Invalid("too_many_contents", f"An e-mail step has at most {MOST_VARIANTS} contents.", field="sequence")
    found: list[int] = []
    place = 0
    while len(found) < count:
        content_id = int(f"{node_key}{place}")
        if content_id not in taken:
            found.append(content_id)
        place += 1
    return found


async def numbered_steps(
    conn: Connection, graph: Graph, *, taken: Collection[str] = ()
) -> tuple[Graph, dict[str, str]]:
    """The chart with numbers for keys, and which key became which. A key that is a number is kept."""
    unnumbered = []
    for key in graph.nodes:
        if not (key.isascii() and key.isdecimal()):
            unnumbered.append(key)
        elif len(key) > LONGEST_NUMBER:
            raise Invalid(
                "long_number", f"The number {key!r} of a step has more than {LONGEST_NUMBER} digits.", field="sequence"
            )
    names: dict[str, str] = {}
    used = {*graph.nodes, *taken}
    while len(names) < len(unnumbered):
        for number in await store.new_step_numbers(conn, len(unnumbered) - len(names)):
            if str(number) not in used:
                names[unnumbered[len(names)]] = str(number)
    return renamed(graph, names), names


def check_editable(campaign: Campaign) -> None:
    if campaign.status not in EDITABLE:
        advice = "; pause it first" if campaign.status is CampaignStatus.ACTIVE else ""
        raise Conflict(
            "not_editable",
            f"The steps and contents of a campaign that is {campaign.status} cannot be changed{advice}.",
            field="sequence",
        )


def email_step(campaign: Campaign, key: str) -> EmailNode | None:
    """By its key, or by the number it stands for."""
    node = campaign.version.graph.nodes.get(key)
    if node is None and key.isascii() and key.isdecimal():
        same = [one for one in campaign.version.graph.emails if int(one.key) == int(key[:40])]
        node = same[0] if same else None
    return node if isinstance(node, EmailNode) else None


@dataclass(frozen=True)
class Moving:
    """Recipients whose sequence is not over, when a chart was replaced."""

    stay: int
    """Their step is still there."""
    gone: Mapping[str, int]
    """Step that is gone -> how many were there; they go on with the next one on the way that is there."""


async def recipients_to_move(conn: Connection, campaign: Campaign) -> Moving:
    """By the version in force. They are moved when their turn comes."""
    standing = await store.recipients_by_step(conn, campaign.workspace_id, campaign.id)
    gone = {key: count for key, count in standing.items() if key not in campaign.version.graph.nodes}
    return Moving(sum(standing.values()) - sum(gone.values()), gone)
