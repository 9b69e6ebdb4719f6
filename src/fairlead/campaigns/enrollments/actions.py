"""What may be asked of enrollments."""

from fairlead.campaigns.enrollments.enrolling import ENROLL, enroll_list, enroll_prospect
from fairlead.campaigns.enrollments.keeping import keep, resumed, started
from fairlead.campaigns.enrollments.permitting import PURPOSES
from fairlead.campaigns.enrollments.planning import Round, leading, plan_round
from fairlead.campaigns.enrollments.recipients import (
    Wish,
    campaign_title,
    change_status,
    participations,
    recipients,
)
from fairlead.campaigns.enrollments.stopping import note_signal, stop
from fairlead.campaigns.enrollments.store.keeping import next_due
from fairlead.campaigns.enrollments.waiting import Waiting, why_campaign, why_mailbox, why_recipient

__all__ = [
    "ENROLL",
    "PURPOSES",
    "Round",
    "Waiting",
    "Wish",
    "campaign_title",
    "change_status",
    "enroll_list",
    "enroll_prospect",
    "keep",
    "leading",
    "next_due",
    "note_signal",
    "participations",
    "plan_round",
    "recipients",
    "resumed",
    "started",
    "stop",
    "why_campaign",
    "why_mailbox",
    "why_recipient",
]
