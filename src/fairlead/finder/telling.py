"""Under which object and action the end of a search is told. Contract 17.2."""

from datetime import datetime
from typing import Final

from fairlead.db import Connection
from fairlead.events import actions as events

# By kind of task; a kind that is not here is told nobody.
TOPICS: Final[dict[str, tuple[str, str]]] = {
    "domain": ("company", "found_company_by_domain"),
    "domain_people": ("prospect", "found_company_by_domain"),
    "domain_emails": ("email", "found_emails_by_domain"),
    "domain_generic": ("email", "found_generic_contacts_by_domain"),
    "person_emails": ("email", "found_prospect_emails"),
    "reveal": ("database_search", "task_result"),
    "people": ("database_search", "task_result"),
    "emails_by_name": ("prospect", "found_emails_by_name_by_domain"),
    "domains_by_name": ("company", "found_domains_by_names"),
    "profiles_by_link": ("prospect", "found_by_li_url"),
    "companies": ("database_search", "task_result"),
}


async def tell_end(conn: Connection, workspace_id: int, kind: str, token: str, now: datetime) -> None:
    if (topic := TOPICS.get(kind)) is not None:
        await events.record(
            conn, workspace_id, "task_finished", now, event_object=topic[0], event_action=topic[1], task=token
        )
