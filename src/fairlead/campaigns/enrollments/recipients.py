"""Recipients of a campaign as a person asks for them, and as a person changes their state."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from fairlead.campaigns.enrollments import stopping
from fairlead.campaigns.enrollments.model import EnrollmentState, Participation, Reason, Recipient, StopReason
from fairlead.campaigns.enrollments.store import recipients as store
from fairlead.campaigns.enrollments.store import stopping as stop_store
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.kit.refusals import Conflict, NotFound
from fairlead.kit.text import address_key
from fairlead.prospects.model import Prospect


class Wish(StrEnum):
    """What a person wants of a recipient."""

    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    FINISHED = "finished"


_HELD: Final = frozenset({EnrollmentState.PARKED, EnrollmentState.PAUSED, EnrollmentState.OVER_LIMIT})
_UNDER_WAY: Final = frozenset({EnrollmentState.TO_CHECK, EnrollmentState.ACTIVE})


async def recipients(
    conn: Connection, workspace_id: int, campaign_id: int, addresses: Collection[str]
) -> dict[str, Recipient]:
    """Those of `addresses` (as compared) that are recipients. Raises `NotFound` (the campaign)."""
    await _require_campaign(conn, workspace_id, campaign_id)
    return await store.recipients(conn, workspace_id, campaign_id, addresses)


async def campaign_title(conn: Connection, workspace_id: int, campaign_id: int) -> str:
    """Raises `NotFound`."""
    found = await store.campaign_title(conn, workspace_id, campaign_id)
    if found is None:
        raise _unknown()
    return found


async def change_status(
    conn: Connection, workspace_id: int, campaign_id: int, address: str, wish: Wish, *, now: datetime
) -> None:
    """Changes a recipient's state, as a person wishes. `conn` is in a transaction.

    Raises `NotFound` (the campaign, the recipient) and `Conflict` for one who is over. Contract 50.
    """
    await _require_campaign(conn, workspace_id, campaign_id)
    found = (await store.recipients(conn, workspace_id, campaign_id, [address], lock=True)).get(address)
    if found is None:
        raise NotFound("recipient_not_found", "Recipient not found", field="email")
    if found.state.is_over and not (found.state is EnrollmentState.UNSUBSCRIBED and wish is Wish.UNSUBSCRIBED):
        raise Conflict(
            "recipient_over", f"The status of a recipient who is {found.state.value} cannot be changed.", field="status"
        )
    which = [(campaign_id, found.id)]
    match wish:
        case Wish.ACTIVE:
            if found.state in _HELD:
                await stop_store.release(conn, workspace_id, which, now=now)
        case Wish.PAUSED:
            if found.state is not EnrollmentState.PAUSED:
                await stop_store.hold(
                    conn, workspace_id, which, state=EnrollmentState.PAUSED, reason=Reason.BY_HAND
                )
                await stopping.take_back(conn, workspace_id, [found.id])
        case Wish.UNSUBSCRIBED:
            await stopping.stop(conn, workspace_id, StopReason.UNSUBSCRIBED, at=now, address=address)
            await events.record(
                conn,
                workspace_id,
                "unsubscribed",
                now,
                campaign_id=campaign_id,
                enrollment_id=found.id,
                prospect_id=found.prospect_id,
                email=address,
                by="hand",
            )
        case Wish.FINISHED:
            await stopping.end(
                conn, workspace_id, which, state=EnrollmentState.FINISHED, reason=Reason.BY_HAND, now=now
            )


async def participations(
    conn: Connection, workspace_id: int, people: Sequence[Prospect]
) -> Mapping[int, list[Participation]]:
    """The campaigns each prospect is, or was, a recipient of, by the prospect's id."""
    keys = [(one.id, [_key(one.email), *one.other_emails] if one.email else one.other_emails) for one in people]
    return await store.participations(conn, workspace_id, keys)


def _key(address: str) -> str:
    try:
        return address_key(address)
    except ValueError:
        return address


async def _require_campaign(conn: Connection, workspace_id: int, campaign_id: int) -> None:
    if not await store.campaign_exists(conn, workspace_id, campaign_id):
        raise _unknown()


def _unknown() -> NotFound:
    return NotFound("campaign_not_found", "Campaign not found", field="campaign_id")


