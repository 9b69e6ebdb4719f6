"""What may be asked of the finder."""

from fairlead.finder.bulk import Searched, domains_in, search_many
from fairlead.finder.companies import company_named
from fairlead.finder.database_search import LARGEST_PAGE, companies_charge, packed, pages
from fairlead.finder.domain_search import PEOPLE_PER_PAGE, addresses_charge, domain_charge, people_charge
from fairlead.finder.finding import address_of, find_address, find_many
from fairlead.finder.kinds import work_on_task
from fairlead.finder.person_search import charge as person_charge
from fairlead.finder.profiles import link_key, profile_by_link, profile_of_address, profile_of_person
from fairlead.finder.searches import (
    DOMAINS_BY_NAME,
    EMAIL_OF_NAME,
    EMAILS_BY_NAME,
    PEOPLE_BY_LINK,
    PROFILES_BY_LINK,
    email_of_name_request,
    people_by_link_request,
    profile_of_json,
    start_domains_by_name,
    start_email_of_name,
    start_emails_by_name,
    start_people_by_link,
    start_profiles_by_link,
    status_of,
)
from fairlead.finder.standing import probability, standings
from fairlead.finder.tasks import WORK, find, forget_mentioning, forget_old, latest, start

__all__ = [
    "DOMAINS_BY_NAME",
    "EMAILS_BY_NAME",
    "EMAIL_OF_NAME",
    "LARGEST_PAGE",
    "PEOPLE_BY_LINK",
    "PEOPLE_PER_PAGE",
    "PROFILES_BY_LINK",
    "WORK",
    "Searched",
    "address_of",
    "addresses_charge",
    "companies_charge",
    "company_named",
    "domain_charge",
    "domains_in",
    "email_of_name_request",
    "find",
    "find_address",
    "find_many",
    "forget_mentioning",
    "forget_old",
    "latest",
    "link_key",
    "packed",
    "pages",
    "people_by_link_request",
    "people_charge",
    "person_charge",
    "probability",
    "profile_by_link",
    "profile_of_address",
    "profile_of_json",
    "profile_of_person",
    "search_many",
    "standings",
    "start",
    "start_domains_by_name",
    "start_email_of_name",
    "start_emails_by_name",
    "start_people_by_link",
    "start_profiles_by_link",
    "status_of",
    "work_on_task",
]
