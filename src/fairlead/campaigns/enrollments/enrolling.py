"""From prospect lists into campaigns: when a campaign starts, and whenever its lists grow."""

from datetime import datetime
from typing import Final

from fairlead.campaigns.enrollments import running
from fairlead.campaigns.enrollments.model import Lane
from fairlead.campaigns.enrollments.running import RunningCampaign
from fairlead.campaigns.enrollments.store import enrolling as store
from fairlead.campaigns.enrollments.store.enrolling import Entry
from fairlead.campaigns.graph.nodes import EmailNode
from fairlead.campaigns.model import CampaignStatus
from fairlead.campaigns.moves import arrival
from fairlead.campaigns.places import zone_of_place
from fairlead.db import Connection
from fairlead.events import actions as events
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Job, Priority
from fairlead.world import World

ENROLL: Final = "campaigns.enroll"
# Members of a list enrolled by one statement, which has to end within the time limit of statements.
CHUNK: Final = 50_000


async def enroll_soon(conn: Connection, workspace_id: int, campaign_id: int, list_id: int, *, now: datetime) -> bool:
    """Puts in the job that reads a list into a campaign; whether it was not there already."""
    made = await jobs.enqueue(
        conn,
        ENROLL,
        {"workspace_id": workspace_id, "campaign_id": campaign_id, "list_id": list_id},
        due_at=now,
        once_key=f"{ENROLL} {campaign_id} {list_id}",
        workspace_id=workspace_id,
        priority=Priority.BULK,
    )
    return made is not None


async def enroll_list(world: World, job: Job) -> None:
    """Enrolls whoever is on the list and not yet in the campaign. Running twice at once does no harm."""
    campaign_id, list_id = job.payload["campaign_id"], job.payload["list_id"]
    async with world.db.statement() as conn:
        campaign = (await running.campaigns(conn, [campaign_id])).get(campaign_id)
        if campaign is None or campaign.status is not CampaignStatus.ACTIVE or list_id not in campaign.list_ids:
            return
        reading = await store.begin_reading(conn, campaign.workspace_id, campaign_id, list_id)
    last, made = reading.read_to, 0
    while True:
        now = world.clock.now()
        async with world.db.statement() as conn:
            unknown = await store.unknown_places(conn, campaign.workspace_id, list_id, after=last, most=CHUNK)
            await _learn(conn, unknown)
            enrolled = await store.enroll_from_list(
                conn, _entry(campaign, now), list_id, after=last, most=CHUNK, now=now
            )
        made += enrolled.made
        last = max(last, enrolled.read_to)
        if enrolled.read < CHUNK:
            break
    async with world.db.transaction() as conn:
        await store.end_reading(conn, campaign.workspace_id, campaign_id, list_id, reading, last=last)
        if made:
            body = {"campaign_id": campaign_id, "list_id": list_id, "count": made}
            await events.record(conn, campaign.workspace_id, "recipients_enrolled", now, **body)


async def enroll_prospect(
    conn: Connection, workspace_id: int, list_id: int, prospect_id: int, *, now: datetime
) -> int:
    """Makes a prospect that was put on a list a recipient of the active campaigns it feeds; of how many anew."""
    campaigns = await running.of_list(conn, workspace_id, list_id)
    if not campaigns:
        return 0
    await _learn(conn, await store.unknown_place_of(conn, workspace_id, prospect_id))
    made = 0
    for campaign in campaigns:
        made += await store.enroll_prospect(conn, _entry(campaign, now), prospect_id, now=now) > 0
    return made


def _entry(campaign: RunningCampaign, now: datetime) -> Entry:
    node = campaign.graph.nodes[campaign.graph.entry]
    place = arrival(node, now)
    return Entry(
        workspace_id=campaign.workspace_id,
        campaign_id=campaign.id,
        version_id=campaign.version_id,
        node_key=place.node_key,
        lane=Lane.FIRST_MAIL if isinstance(node, EmailNode) else Lane.MOVE,
        due_at=place.due_at,
        black_list_id=campaign.black_list_id,
        first_address_only=campaign.first_address_only,
    )


async def _learn(conn: Connection, places: list[tuple[str, str]]) -> None:
    if places:
        await store.put_places(
            conn,
            [(country, locality, zone_of_place(country, locality) or "") for country, locality in places],
        )
