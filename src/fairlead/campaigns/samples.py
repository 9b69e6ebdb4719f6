"""What a recipient would get: shown, or sent to oneself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fairlead.campaigns import attachments, setting_up
from fairlead.campaigns.contents.fields import Names
from fairlead.campaigns.contents.rendering import CannotRender, Footer, names_in, render
from fairlead.campaigns.graph.rules import mails_before
from fairlead.campaigns.model import Campaign, Variant
from fairlead.campaigns.sequences import email_step
from fairlead.campaigns.store import contents as content_store
from fairlead.campaigns.store import schedules as schedule_store
from fairlead.db import Connection
from fairlead.kit.refusals import Conflict, Invalid, NotFound
from fairlead.kit.text import is_address
from fairlead.kit.tokens import new_token
from fairlead.prospects import actions as prospects
from fairlead.prospects.model import Prospect
from fairlead.senders import actions as senders
from fairlead.senders.model import Letter, Mailbox, MailboxState, NewSend, Purpose, SendId, Thread
from fairlead.world import World

EXAMPLE_LINK: Final = "https://unsubscribe.example/"
"""In samples: a real one would unsubscribe somebody."""
_TOKEN_LENGTH: Final = 26


@dataclass(frozen=True)
class Sample:
    variant: Variant
    letter: Letter
    empty: tuple[str, ...]
    """Variables the content names that this prospect has no value for."""


async def preview(
    conn: Connection,
    workspace_id: int,
    campaign_id: int,
    *,
    now: datetime,
    prospect_id: int,
    step: str | None = None,
    content_id: int | None = None,
    seed: int = 1,
) -> Sample:
    """What a prospect would get in an e-mail step (the first, where none is named). Raises `NotFound`, `Invalid`."""
    campaign = await setting_up.campaign(conn, workspace_id, campaign_id)
    prospect = await prospects.find_prospect(conn, workspace_id, prospect_id)
    if prospect is None:
        raise NotFound("prospect_not_found", "There is no such prospect.", field="prospect_id")
    mailbox = await _mailbox(conn, campaign)
    variant = await _variant(conn, campaign, step, content_id)
    return await _sample(conn, campaign, variant, prospect, mailbox, seed=seed, now=now)


async def send_test(
    world: World,
    conn: Connection,
    workspace_id: int,
    campaign_id: int,
    *,
    now: datetime,
    to: str,
    prospect_id: int,
    step: str | None = None,
    content_id: int | None = None,
) -> SendId:
    """Plans a mail to `to` as the prospect would get it, through the campaign's first mailbox, at once."""
    if not is_address(to):
        raise Invalid("bad_address", f"{to[:100]!r} is not an e-mail address.", field="to")
    campaign = await setting_up.campaign(conn, workspace_id, campaign_id)
    mailbox = await _mailbox(conn, campaign)
    if mailbox is None:
        raise Conflict("no_mailbox", "The campaign has no e-mail account that is active.", field="email_accounts")
    sample = await preview(
        conn,
        workspace_id,
        campaign_id,
        now=now,
        prospect_id=prospect_id,
        step=step,
        content_id=content_id,
        seed=world.random.randrange(2**31),
    )
    token = new_token(world.random, _TOKEN_LENGTH)
    (send_id,) = await senders.plan(
        conn,
        [
            NewSend(
                workspace_id=workspace_id,
                mailbox_id=mailbox.id,
                purpose=Purpose.TEST,
                subject_id=campaign_id,
                once_key=f"test {token}",
                due_at=now,
                to_address=to,
                to_name="",
                token=token,
                letter=sample.letter,
                priority=0,
            )
        ],
        now=now,
    )
    assert send_id is not None  # its key is new
    return send_id


async def _sample(
    conn: Connection,
    campaign: Campaign,
    variant: Variant,
    prospect: Prospect,
    mailbox: Mailbox | None,
    *,
    seed: int,
    now: datetime,
) -> Sample:
    names = Names.of(await prospects.custom_fields(conn, campaign.workspace_id))
    values = names.values(prospect, mailbox)
    try:
        letter = render(
            variant,
            values,
            seed=seed,
            now=now,
            thread=await _thread(conn, campaign, variant, values, seed=seed, now=now),
            unsubscribe_link=EXAMPLE_LINK,
            footer=await footer_of(conn, campaign),
            attachments=(await attachments.files_of(conn, campaign, [variant]))[variant.id],
        )
    except CannotRender as error:
        raise Invalid("cannot_render", str(error), field="content") from None
    empty = tuple(sorted(name for name in names_in(variant) if names.know(name) and not _given(name, values)))
    return Sample(variant, letter, empty)


def _given(name: str, values: dict[str, str]) -> bool:
    return name in values or name in ("unsubscribe_link", "signature", "now", "today")


async def _thread(
    conn: Connection, campaign: Campaign, variant: Variant, values: dict[str, str], *, seed: int, now: datetime
) -> Thread | None:
    """That of the step before, as far as a sample has one: its subject."""
    if not variant.replies:
        return None
    before = mails_before(campaign.version.graph)[variant.node_key]
    for other in await content_store.variants(conn, campaign.workspace_id, campaign.id):
        if other.node_key in before and not other.replies:
            subject = render(other, values, seed=seed, now=now).subject
            return Thread("sample@fairlead.invalid", (), subject)
    return None


async def footer_of(conn: Connection, campaign: Campaign) -> Footer:
    """What stands under each of a campaign's mails."""
    defaults = await schedule_store.defaults(conn, campaign.workspace_id)
    return Footer(campaign.unsubscribe_text or defaults.unsubscribe_text, defaults.postal_address)


async def _variant(conn: Connection, campaign: Campaign, step: str | None, content_id: int | None) -> Variant:
    emails = campaign.version.graph.emails
    node = email_step(campaign, step) if step is not None else next(iter(emails), None)
    if node is None:
        raise NotFound("step_not_found", "There is no such e-mail step.", field="step")
    variants = await content_store.variants(conn, campaign.workspace_id, campaign.id, node.key)
    for variant in variants:
        if content_id in (None, variant.content_id):
            return variant
    raise NotFound("content_not_found", "There is no such content in this step.", field="content_id")


async def _mailbox(conn: Connection, campaign: Campaign) -> Mailbox | None:
    found = await senders.mailboxes(conn, campaign.workspace_id, campaign.mailbox_ids)
    by_id: dict[int, Mailbox] = {mailbox.id: mailbox for mailbox in found if mailbox.state is MailboxState.ACTIVE}
    return next((by_id[one] for one in campaign.mailbox_ids if one in by_id), None)
