"""What the tables of campaigns hold of a person."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule

_ENROLLED: Final = "select e.id from enrollments e where e.address_key = any(%(keys)s)"

PERSONAL: Final = RoomRules(
    rules=(
        Rule.deletes(
            "tracked_hits",
            f"t.send_id in (select r.send_id from step_runs r where r.enrollment_id in ({_ENROLLED}))",
        ),
        Rule(
            "enrollments",
            "t.address_key = any(%(keys)s)",
            "update enrollments t set address = null, address_key = 'erased-' || t.id || '@erased.invalid',"
            " domain = 'erased.invalid', zone = null where t.address_key = any(%(keys)s)",
        ),
    ),
    free={
        "acme_accounts": "keys",
        "acme_challenges": "tokens",
        "calendly_bookings": "hashes of what Calendly calls a booking",
        "calendly_hooks": "tokens",
        "campaign_attachments": "files of campaigns",
        "campaign_days": "numbers",
        "campaign_defaults": "the workspace's own postal address and texts",
        "campaign_list_reads": "positions",
        "campaign_lists": "which lists a campaign takes",
        "campaign_mailboxes": "which mailboxes a campaign uses",
        "campaign_runs": "numbers",
        "campaign_tallies": "numbers",
        "campaign_versions": "charts of campaigns",
        "campaigns": "settings of campaigns",
        "content_variants": "texts of campaigns",
        "days_off": "dates",
        "domain_providers": "domains",
        "place_zones": "places and time zones",
        "schedules": "hours",
        "spool_files": "names of files",
        "step_runs": "states and times; whose they are is in enrollments",
        "tracking_certificates": "certificates",
        "tracking_domains": "domains",
    },
)
