"""Contents of e-mail steps, one by one. Contract 45 to 48."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fairlead.campaigns.contents.rendering import check_text
from fairlead.campaigns.graph.nodes import MOST_VARIANTS, EmailNode
from fairlead.campaigns.graph.rules import mails_before
from fairlead.campaigns.model import Campaign, Variant
from fairlead.campaigns.sequences import check_editable, email_step, new_content_ids
from fairlead.campaigns.status import for_update, not_found
from fairlead.campaigns.store import campaigns as campaign_store
from fairlead.campaigns.store import contents as store
from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, NotFound


async def contents(conn: Connection, workspace_id: int, campaign_id: int) -> dict[str, list[Variant]]:
    """Step -> its contents, in the order they were made."""
    found: dict[str, list[Variant]] = {}
    for variant in await store.variants(conn, workspace_id, campaign_id):
        found.setdefault(variant.node_key, []).append(variant)
    return found


async def content(conn: Connection, workspace_id: int, campaign_id: int, step: str, content_id: int) -> Variant:
    """Raises `NotFound`."""
    campaign = await campaign_store.find(conn, workspace_id, campaign_id)
    if campaign is None:
        raise not_found()
    _, there = await _of_step(conn, campaign, step)
    found = _find(there, content_id)
    if found is None:
        raise _no_content(content_id)
    return found


async def write_content(
    conn: Connection,
    workspace_id: int,
    campaign_id: int,
    step: str,
    content_id: int,
    texts: Mapping[str, Any],
    *,
    now: datetime,
    makes: bool = False,
) -> Variant:
    """The content with `texts`, which are fields of `Variant`.

    With `makes`, an id that is not there makes a further content while the step has room for one. Raises `NotFound`,
    `Conflict`, and `Invalid` with a sentence that names the place.
    """
    campaign = await for_update(conn, workspace_id, campaign_id)
    check_editable(campaign)
    node, there = await _of_step(conn, campaign, step)
    found = _find(there, content_id)
    if found is None:
        if not makes:
            raise _no_content(content_id)
        found = await _further(conn, campaign, node, there, now=now)
    wanted = replace(found, **texts, is_written=True)
    _check(campaign, node, wanted, is_new=found.is_written is False or "subject" in texts)
    await store.write(conn, workspace_id, wanted, now=now)
    await campaign_store.touch(conn, workspace_id, campaign_id, now=now)
    return wanted


async def delete_content(
    conn: Connection, workspace_id: int, campaign_id: int, step: str, content_id: int, *, now: datetime
) -> None:
    campaign = await for_update(conn, workspace_id, campaign_id)
    check_editable(campaign)
    _, there = await _of_step(conn, campaign, step)
    found = _find(there, content_id)
    if found is None:
        raise _no_content(content_id)
    if len(there) == 1:
        raise Conflict("last_content", "The last content of a step cannot be deleted.", field="content_id")
    await store.delete(conn, workspace_id, [found.id], now=now)
    await campaign_store.touch(conn, workspace_id, campaign_id, now=now)


async def _of_step(conn: Connection, campaign: Campaign, step: str) -> tuple[EmailNode, list[Variant]]:
    node = email_step(campaign, step)
    if node is None:
        raise NotFound("step_not_found", "There is no such e-mail step.", field="step_id")
    return node, await store.variants(conn, campaign.workspace_id, campaign.id, node.key)


def _find(there: list[Variant], content_id: int) -> Variant | None:
    """By its id, or as the first, second ... of the step."""
    for variant in there:
        if variant.content_id == content_id:
            return variant
    return there[content_id - 1] if 1 <= content_id <= len(there) else None


async def _further(
    conn: Connection, campaign: Campaign, node: EmailNode, there: list[Variant], *, now: datetime
) -> Variant:
    if len(there) >= MOST_VARIANTS:
        raise Conflict("too_many", f"An e-mail step has at most {MOST_VARIANTS} contents.", field="content_id")
    taken = await store.content_ids(conn, campaign.workspace_id, campaign.id, node.key)
    (content_id,) = new_content_ids(node.key, taken, 1)
    await store.insert(conn, campaign.workspace_id, campaign.id, [(node.key, content_id)], now=now)
    return (await store.variants(conn, campaign.workspace_id, campaign.id, node.key))[-1]


def _check(campaign: Campaign, node: EmailNode, wanted: Variant, *, is_new: bool) -> None:
    if is_new and wanted.replies and not mails_before(campaign.version.graph)[node.key]:
        raise Invalid("no_subject", "The subject field is required.", field="subject")
    check_text(wanted.subject, wanted.body, place=f"Step {node.key}, content {wanted.content_id}")


def _no_content(content_id: int) -> NotFound:
    return NotFound("content_not_found", f"There is no content {content_id} in this step.", field="content_id")
