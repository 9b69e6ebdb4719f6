"""The words of campaigns: what they are and how they are set up. Those of their recipients are in their own files."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from fairlead.campaigns.graph.chart import Graph
from fairlead.campaigns.windows import Window, Windows

CampaignId = NewType("CampaignId", int)
VersionId = NewType("VersionId", int)
ScheduleId = NewType("ScheduleId", int)
VariantId = NewType("VariantId", int)
AttachmentId = NewType("AttachmentId", int)


class CampaignStatus(StrEnum):
    """In the words of contract 11.2; what may follow what is said in the table and kept by `status.py`."""

    NEW = "new"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class SendingPriority(StrEnum):
    FIRST_EMAIL = "first_email"
    FOLLOW_UP = "follow_up"


class StopScope(StrEnum):
    """Whom a reply or an unsubscription stops: the one person, or everybody of the company's domain."""

    PERSON = "person"
    COMPANY = "company"


class Usage(StrEnum):
    ACTIVE = "active"
    PAUSE = "pause"


@dataclass(frozen=True)
class SendingSettings:
    """`sending_settings` of contract 39, spelled as there. `delay_*` are kept and shown, and change nothing."""

    sending_priority: SendingPriority = SendingPriority.FIRST_EMAIL
    daily_sending_all: int | None = None
    daily_sending_new_recipients: int | None = None
    skip_unverifiable: bool = False
    skip_unverified: bool = False
    skip_who_replied: bool = False
    skip_company_domain_who_replied: bool = False
    skip_recipients_without_variables_data: bool = False
    skip_other_recipients_email_addresses: bool = False
    skip_recipients_added_to_my_another_campaign: bool = False
    skip_recipients_added_to_team_another_campaign: bool = False
    one_click_unsubscribe: bool = False
    delay_type: str | None = None
    delay_from: int | None = None
    delay_to: int | None = None


@dataclass(frozen=True)
class ScheduleDay:
    """A day of the week. The windows of one that is not enabled are kept and do not count."""

    enabled: bool
    windows: tuple[Window, ...]


@dataclass(frozen=True)
class Schedule:
    workspace_id: int
    id: ScheduleId
    name: str
    time_zone: str
    """IANA. Where `in_recipient_zone`, that of recipients whose own is not known."""
    in_recipient_zone: bool
    days: tuple[ScheduleDay, ...]
    """Seven, Sunday first."""
    is_default: bool
    changed_at: datetime

    @property
    def windows(self) -> Windows:
        """What counts, Monday first."""
        counted = [day.windows if day.enabled else () for day in self.days]
        return Windows((*counted[1:], counted[0]))


@dataclass(frozen=True)
class Variant:
    """One of the texts of an e-mail step. With an empty subject it answers in the thread of the mail before."""

    id: VariantId
    node_key: str
    content_id: int
    """What the Snov.io API calls it, unique within its step."""
    subject: str
    body: str
    is_plain: bool
    """Only the text of the body is sent."""
    usage: Usage
    weight: int
    is_written: bool

    @property
    def replies(self) -> bool:
        return not self.subject.strip()


@dataclass(frozen=True)
class Version:
    """A chart. Published, it never changes."""

    id: VersionId
    number: int
    graph: Graph
    checksum: str
    published_at: datetime | None


@dataclass(frozen=True)
class Campaign:
    workspace_id: int
    id: CampaignId
    token: str
    owner_id: int | None
    """The member whose campaign it is."""
    title: str
    status: CampaignStatus
    status_reason: str | None
    """A sentence: why the system changed the status."""
    status_at: datetime
    priority: Priority
    mailbox_ids: tuple[int, ...]
    list_ids: tuple[int, ...]
    black_list_id: int | None
    """A do-not-email list that holds for this campaign, besides those that hold for all."""
    schedule_id: ScheduleId | None
    """None: the workspace's default one."""
    settings: SendingSettings
    tracks_opens: bool
    tracks_clicks: bool
    starts_at: datetime | None
    """Business time; wanted, whether or not it has come."""
    completes_at: datetime | None
    starts_local: datetime | None
    """The same without a zone, as it was given in `time_zone`."""
    completes_local: datetime | None
    time_zone: str | None
    completes_after_last_step: bool
    archive_in_months: int
    provider_matching: bool
    deals: dict[str, Any] | None
    linkedin_accounts: tuple[int, ...]
    stop_scope: StopScope
    follow_up_share: float | None
    """Of the mails of a day, 0 to 1; None: `settings.sending_priority` alone decides."""
    unsubscribe_text: str | None
    version: Version
    """The one in force."""
    made_at: datetime
    changed_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    archived_at: datetime | None


@dataclass(frozen=True)
class CampaignLine:
    """A campaign in a list of all."""

    id: CampaignId
    token: str
    title: str
    status: CampaignStatus
    list_id: int | None
    made_at: datetime
    changed_at: datetime
    started_at: datetime | None


@dataclass(frozen=True)
class NewCampaign:
    """What a campaign is made from. Unchecked: `campaigns.actions.create` refuses what cannot be."""

    title: str
    priority: Priority
    list_ids: tuple[int, ...]
    graph: Graph
    slots: dict[str, int] = field(default_factory=dict)
    """Node key -> how many contents its e-mail step has; 1 where nothing is said."""
    mailbox_ids: tuple[int, ...] = ()
    black_list_id: int | None = None
    schedule_id: int | None = None
    settings: SendingSettings = SendingSettings()
    tracks_opens: bool = False
    tracks_clicks: bool = False
    starts_local: datetime | None = None
    completes_local: datetime | None = None
    time_zone: str | None = None
    completes_after_last_step: bool = False
    archive_in_months: int = 3
    provider_matching: bool = False
    deals: dict[str, Any] | None = None
    linkedin_accounts: tuple[int, ...] = ()
    stop_scope: StopScope = StopScope.PERSON
    follow_up_share: float | None = None
    unsubscribe_text: str | None = None


@dataclass(frozen=True)
class Attachment:
    """A file of a step's mails, without its octets."""

    id: AttachmentId
    node_key: str
    content_id: int | None
    """None: with every content of the step."""
    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Defaults:
    """What all campaigns of a workspace have in common."""

    postal_address: str | None = None
    unsubscribe_text: str | None = None
