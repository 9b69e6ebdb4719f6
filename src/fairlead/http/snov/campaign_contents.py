"""Endpoints 45 to 48: contents of e-mail steps. Contract section 11."""

from typing import Any, Final

from fairlead.campaigns import actions as campaigns
from fairlead.campaigns.model import Variant
from fairlead.http.params import missing
from fairlead.http.request import Answer
from fairlead.http.snov.campaign_steps import changes
from fairlead.http.snov.campaigns import campaign_id, refused
from fairlead.http.snov.dialect import Ask, validation
from fairlead.kit.refusals import Conflict, Invalid, NotFound

TEXTS: Final = ("subject", "body", "plain_text", "usage")


async def create(ask: Ask) -> dict[str, Any] | Answer:
    params = ask.params
    await campaigns.campaign(ask.conn, ask.workspace_id, campaign_id(ask))
    content_id = params.required_integer("content_id")
    given = changes(params, TEXTS)
    # A follow-up's subject may be empty, and then it answers; it has to be said all the same.
    for name in ("subject", "body", "usage"):
        if name not in given:
            raise missing(name)
    return await _write(ask, content_id, {"is_plain": False} | given, makes=True)


async def show(ask: Ask) -> dict[str, Any]:
    content_id = _content_id(ask)
    found = await campaigns.content(ask.conn, ask.workspace_id, campaign_id(ask), ask.path["step_id"], content_id)
    return {"data": _content(found)}


async def change(ask: Ask) -> dict[str, Any] | Answer:
    content_id = _content_id(ask)
    await campaigns.content(ask.conn, ask.workspace_id, campaign_id(ask), ask.path["step_id"], content_id)
    given = changes(ask.params, TEXTS)
    if not given:
        return validation("request", f"At least one of {', '.join(TEXTS)} is required.")
    return await _write(ask, content_id, given, makes=False)


async def delete(ask: Ask) -> dict[str, Any] | Answer:
    try:
        async with ask.conn.transaction():
            await campaigns.delete_content(
                ask.conn,
                ask.workspace_id,
                campaign_id(ask),
                ask.path["step_id"],
                _content_id(ask),
                now=ask.world.clock.now(),
            )
    except Conflict as refusal:
        return refused(refusal)
    return {"data": {"success": True}}


async def _write(ask: Ask, content_id: int, given: dict[str, Any], *, makes: bool) -> dict[str, Any] | Answer:
    try:
        async with ask.conn.transaction():
            written = await campaigns.write_content(
                ask.conn,
                ask.workspace_id,
                campaign_id(ask),
                ask.path["step_id"],
                content_id,
                given,
                makes=makes,
                now=ask.world.clock.now(),
            )
    except (Invalid, Conflict) as refusal:
        return refused(refusal)
    return {"success": True, "data": _content(written)}


def _content_id(ask: Ask) -> int:
    text = ask.path["content_id"]
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise NotFound("content_not_found", "There is no such content.")
    return int(text)


def _content(variant: Variant) -> dict[str, Any]:
    return {
        "id": variant.content_id,
        "subject": variant.subject,
        "body": variant.body,
        "plain_text": variant.is_plain,
        "usage": variant.usage.value,
    }
