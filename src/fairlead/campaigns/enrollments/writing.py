"""Letters for the recipients whose turn it is. What they say is fixed here, and the same in every try to send them."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from fairlead.campaigns.contents.fields import Names
from fairlead.campaigns.contents.rendering import CannotRender, Footer, MissingVariable, render
from fairlead.campaigns.enrollments.model import Enrollment, EnrollmentId, Lane, Reason
from fairlead.campaigns.enrollments.running import RunningCampaign
from fairlead.campaigns.enrollments.store import contents as store
from fairlead.campaigns.enrollments.store import moving
from fairlead.campaigns.enrollments.store.contents import File
from fairlead.campaigns.model import Variant
from fairlead.campaigns.tracking import actions as tracking
from fairlead.campaigns.tracking.instrument import instrument
from fairlead.campaigns.tracking.links import Links
from fairlead.db import Connection
from fairlead.kit.refusals import NotFound
from fairlead.prospects import actions as prospects
from fairlead.prospects.model import Prospect
from fairlead.senders import actions as senders
from fairlead.senders.model import Letter, Mailbox, Thread
from fairlead.world import World


@dataclass(frozen=True, slots=True)
class Written:
    letter: Letter
    variant_id: int


@dataclass(frozen=True, slots=True)
class NotWritten:
    """The enrollment cannot go on; `reason` says what becomes of it."""

    reason: Reason


Result: TypeAlias = Written | NotWritten


class Writer:
    """Knows what the mails of a round are made from. Made by `reading`, outside of any lock."""

    def __init__(
        self,
        *,
        links: Mapping[int, Links],
        names: Mapping[int, Names],
        variants: Mapping[tuple[int, str], list[Variant]],
        files: Mapping[tuple[int, str], list[File]],
        footers: Mapping[int, Footer],
        people: Mapping[tuple[int, int], Prospect],
        threads: Mapping[EnrollmentId, tuple[Thread, int]],
        mailboxes: Mapping[int, Mailbox],
    ) -> None:
        self._links = links
        self._names = names
        self._variants = variants
        self._files = files
        self._footers = footers
        self._people = people
        self._threads = threads
        self._mailboxes = mailboxes

    @classmethod
    async def reading(
        cls,
        world: World,
        conn: Connection,
        campaigns: Collection[RunningCampaign],
        chosen: Sequence[Enrollment],
        mailboxes: Mapping[int, Mailbox],
        people: Mapping[tuple[int, int], Prospect],
    ) -> "Writer":
        ids = [one.id for one in campaigns]
        links, names = {}, {}
        installation = tracking.Links(world.installation, world.public_url)
        for workspace_id in {one.workspace_id for one in campaigns}:
            domain = await tracking.verified_domain(conn, workspace_id)
            links[workspace_id] = installation.at(tracking.base_url(world, domain))
            names[workspace_id] = Names.of(await prospects.custom_fields(conn, workspace_id))
        follow_ups = [one for one in chosen if one.lane is Lane.FOLLOW_UP]
        return cls(
            links=links,
            names=names,
            variants=await store.variants(conn, ids),
            files=await store.files(conn, ids),
            footers={id_: Footer(*footer) for id_, footer in (await store.footers(conn, ids)).items()},
            people=people,
            threads=await _threads(conn, follow_ups),
            mailboxes=mailboxes,
        )

    def write(
        self, one: Enrollment, campaign: RunningCampaign, *, mailbox_id: int, token: str, now: datetime
    ) -> Result:
        """The letter of an enrollment's next mail from a mailbox, or why there is none."""
        person = self._people.get((one.workspace_id, one.prospect_id))
        if person is None:
            return NotWritten(Reason.DELETED)
        choice = self._variants.get((one.campaign_id, one.node_key))
        if not choice:
            return NotWritten(Reason.UNWRITABLE)
        seed = _seed(one)
        variant = variant_for(choice, seed)
        before, written_by = self._threads.get(one.id, (None, None))
        # Another mailbox cannot answer in a thread that is not its own: it begins one under the same subject.
        thread = before if written_by == mailbox_id else None
        if variant.replies and thread is None:
            variant = replace(variant, subject=before.subject if before else _subject_of_siblings(choice))
        links = self._links[one.workspace_id]
        try:
            letter = render(
                variant,
                self._names[one.workspace_id].values(person, self._mailboxes.get(mailbox_id)),
                seed=seed,
                now=now.astimezone(campaign.zone_for(one.zone)),
                strict=campaign.skip_without_variables,
                thread=thread,
                unsubscribe_link=links.unsubscribe(token),
                one_click=campaign.one_click_unsubscribe,
                footer=self._footers[one.campaign_id],
                attachments=tuple(
                    file.attachment
                    for file in self._files.get((one.campaign_id, one.node_key), ())
                    if file.content_id in (None, variant.content_id)
                ),
            )
        except MissingVariable:
            return NotWritten(Reason.MISSING_VARIABLE)
        except CannotRender:
            return NotWritten(Reason.UNWRITABLE)
        if letter.html is not None and (campaign.tracks_opens or campaign.tracks_clicks):
            html = instrument(
                letter.html, token=token, links=links, opens=campaign.tracks_opens, clicks=campaign.tracks_clicks
            )
            letter = replace(letter, html=html)
        return Written(letter, variant.id)


def _subject_of_siblings(choice: Sequence[Variant]) -> str:
    """What would have been an answer, where there is nothing to answer, takes the subject of another content."""
    return next((one.subject for one in choice if not one.replies), "")


def variant_for(choice: Sequence[Variant], seed: int) -> Variant:
    """One of the contents of a step, by weight; the same for the same recipient."""
    point = seed % sum(one.weight for one in choice)
    for one in choice:
        point -= one.weight
        if point < 0:
            return one
    raise AssertionError("weights that do not add up")


def _seed(one: Enrollment) -> int:
    text = f"{one.workspace_id} {one.id} {one.node_key} {one.visit}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


async def _threads(conn: Connection, follow_ups: Sequence[Enrollment]) -> dict[EnrollmentId, tuple[Thread, int]]:
    found = {}
    before = await moving.threads(conn, follow_ups) if follow_ups else {}
    for one in follow_ups:
        if one.id not in before:
            continue
        send_id, mailbox_id = before[one.id]
        try:
            found[one.id] = (await senders.thread_of(conn, one.workspace_id, send_id), mailbox_id)
        except NotFound:
            continue
    return found
