"""Files that go with the mails of a step."""

import mimetypes
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fairlead.campaigns.model import Attachment, Campaign, Variant
from fairlead.campaigns.sequences import check_editable, email_step
from fairlead.campaigns.status import for_update
from fairlead.campaigns.store import contents as store
from fairlead.db import Connection
from fairlead.kit.refusals import Invalid, NotFound
from fairlead.kit.text import has_control
from fairlead.senders.model import Attachment as LetterAttachment

MOST_OCTETS: Final = 20_000_000
"""Of all files of one mail together. In BASE64 that is the 25 to 28 MB that large providers take at most."""
LONGEST_NAME: Final = 200
MOST_FILES: Final = 20
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
DEFAULT_TYPE: Final = "application/octet-stream"


async def attach(
    conn: Connection,
    workspace_id: int,
    campaign_id: int,
    step: str,
    *,
    name: str,
    content: bytes,
    now: datetime,
    media_type: str | None = None,
    content_id: int | None = None,
) -> Attachment:
    """A file for every content of a step, or for one of them. Raises `Invalid`, `NotFound`, `Conflict`."""
    campaign = await for_update(conn, workspace_id, campaign_id)
    check_editable(campaign)
    node = email_step(campaign, step)
    if node is None:
        raise NotFound("step_not_found", f"There is no e-mail step {step!r}.", field="step")
    variants = await store.variants(conn, workspace_id, campaign_id, node.key)
    if content_id is not None and content_id not in {variant.content_id for variant in variants}:
        raise NotFound("content_not_found", f"Step {node.key} has no content {content_id}.", field="content_id")
    kind = _media_type(name, media_type)
    _check_name(name)
    there = [one for one in await store.attachments(conn, workspace_id, campaign_id) if one.node_key == node.key]
    beside = [one for one in there if content_id is None or one.content_id in (None, content_id)]
    total = sum(one.size for one in beside) + len(content)
    if not content:
        raise Invalid("empty_file", f"The file {name!r} is empty.", field="file")
    if total > MOST_OCTETS:
        raise Invalid(
            "too_large",
            f"With {name!r} the mails of step {node.key} carry {total / 10**6:.1f} MB;"
            f" a mail may carry at most {MOST_OCTETS // 10**6} MB.",
            field="file",
        )
    if len(there) >= MOST_FILES:
        raise Invalid("too_many", f"A step has at most {MOST_FILES} files.", field="file")
    made = await store.insert_attachment(
        conn,
        workspace_id,
        campaign_id,
        node_key=node.key,
        content_id=content_id,
        name=name,
        media_type=kind,
        content=content,
        now=now,
    )
    return Attachment(made, node.key, content_id, name, kind, len(content))


async def detach(conn: Connection, workspace_id: int, campaign_id: int, attachment_id: int) -> None:
    check_editable(await for_update(conn, workspace_id, campaign_id))
    if not await store.delete_attachment(conn, workspace_id, campaign_id, attachment_id):
        raise NotFound("file_not_found", "There is no such file.", field="attachment_id")


async def attachments(conn: Connection, workspace_id: int, campaign_id: int) -> list[Attachment]:
    return await store.attachments(conn, workspace_id, campaign_id)


async def files_of(
    conn: Connection, campaign: Campaign, variants: Sequence[Variant]
) -> dict[int, tuple[LetterAttachment, ...]]:
    """Variant -> its files with their octets."""
    listed = await store.attachments(conn, campaign.workspace_id, campaign.id)
    if not listed:
        return {variant.id: () for variant in variants}
    wanted = {
        variant.id: [
            one for one in listed if one.node_key == variant.node_key and one.content_id in (None, variant.content_id)
        ]
        for variant in variants
    }
    octets = await store.file_contents(
        conn, campaign.workspace_id, {one.id for files in wanted.values() for one in files}
    )
    return {
        variant_id: tuple(LetterAttachment(one.name, one.media_type, octets[one.id]) for one in files)
        for variant_id, files in wanted.items()
    }


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or has_control(name) or "/" in name or "\\" in name:
        raise Invalid(
            "bad_name", f"A file's name has 1 to {LONGEST_NAME} characters on one line, and no slash.", field="name"
        )


def _media_type(name: str, given: str | None) -> str:
    kind = given.strip().lower() if given else mimetypes.guess_type(name)[0] or DEFAULT_TYPE
    if not _MEDIA_TYPE.fullmatch(kind):
        raise Invalid("bad_type", f"{kind[:60]!r} is no media type such as application/pdf.", field="media_type")
    return kind
