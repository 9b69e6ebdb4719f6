"""Who must not be written to at all: looked at once, before the first mail. Contract 39, skip rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from fairlead.accounts import actions as accounts
from fairlead.campaigns.enrollments.model import Enrollment, EnrollmentId, EnrollmentState, Reason
from fairlead.campaigns.enrollments.running import RunningCampaign
from fairlead.campaigns.enrollments.store import moving
from fairlead.corpus import actions as corpus
from fairlead.db import Connection
from fairlead.prospects import actions as prospects
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import SmtpStatus

Verdict: TypeAlias = tuple[EnrollmentState, Reason]
_UNUSABLE = {SmtpStatus.UNKNOWN: Reason.UNVERIFIABLE, SmtpStatus.NOT_VALID: Reason.INVALID_ADDRESS}


async def check(
    conn: Connection, campaigns: Mapping[int, RunningCampaign], some: Sequence[Enrollment], *, now: datetime
) -> dict[EnrollmentId, Verdict]:
    """What becomes of those that get no first mail; whoever is not in the answer gets it."""
    found: dict[EnrollmentId, Verdict] = {}
    for workspace_id in {one.workspace_id for one in some}:
        of_workspace = [one for one in some if one.workspace_id == workspace_id]
        found |= await _check(conn, workspace_id, campaigns, of_workspace)
    return found


async def _check(
    conn: Connection, workspace_id: int, campaigns: Mapping[int, RunningCampaign], some: Sequence[Enrollment]
) -> dict[EnrollmentId, Verdict]:
    reasons: dict[EnrollmentId, Reason] = {}
    keys = [one.address_key for one in some]
    claimed = await corpus.claimed_among(conn, keys)
    for named_list in {campaigns[one.campaign_id].black_list_id for one in some}:
        of_list = [one for one in some if campaigns[one.campaign_id].black_list_id == named_list]
        blocked = await prospects.blocked(
            conn, workspace_id, [one.address_key for one in of_list], named_list=named_list
        )
        for one in of_list:
            if one.address_key in claimed:
                reasons[one.id] = Reason.CLAIMED
            elif one.address_key in blocked:
                reasons[one.id] = Reason.DO_NOT_EMAIL
    there = await prospects.present_among(conn, workspace_id, {one.prospect_id for one in some})
    reasons |= {one.id: Reason.DELETED for one in some if one.prospect_id not in there}
    reasons |= await _by_verification(conn, workspace_id, campaigns, [one for one in some if one.id not in reasons])
    alone = [one for one in some if campaigns[one.campaign_id].skip_of_other_campaigns and one.id not in reasons]
    if alone:
        reasons |= dict.fromkeys(await moving.in_other_campaigns(conn, alone), Reason.OTHER_CAMPAIGN)
    found = {id_: (EnrollmentState.EXCLUDED, reason) for id_, reason in reasons.items()}
    if await _recipients_left(conn, workspace_id) <= 0:
        # Whoever was written to this month already costs nothing, and is told apart when the mail is about to go.
        over = (EnrollmentState.OVER_LIMIT, Reason.RECIPIENTS_USED_UP)
        found |= {one.id: over for one in some if one.id not in found}
    return found


async def _by_verification(
    conn: Connection, workspace_id: int, campaigns: Mapping[int, RunningCampaign], some: Sequence[Enrollment]
) -> dict[EnrollmentId, Reason]:
    asked = [
        one
        for one in some
        if campaigns[one.campaign_id].skip_unverified or campaigns[one.campaign_id].skip_unverifiable
    ]
    if not asked:
        return {}
    statuses = await verifier.address_statuses(conn, workspace_id, [one.address_key for one in asked])
    reasons = {}
    for one in asked:
        campaign, status = campaigns[one.campaign_id], statuses.get(one.address_key)
        verdict = None if status is None else status.verdict
        if verdict is None:
            if campaign.skip_unverified:
                reasons[one.id] = Reason.UNVERIFIED
            continue
        unusable = _UNUSABLE.get(verdict.smtp_status)
        if unusable is Reason.INVALID_ADDRESS or (unusable is not None and campaign.skip_unverifiable):
            reasons[one.id] = unusable
    return reasons


async def _recipients_left(conn: Connection, workspace_id: int) -> float:
    account = await accounts.account(conn, workspace_id)
    limit = account.plan.recipients_per_month
    return float("inf") if limit is None else limit - account.recipients_used
