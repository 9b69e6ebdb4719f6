"""The kinds of task that search the lead database."""

from typing import Final

from fairlead.finder import database_search, domain_search, person_search
from fairlead.finder.model import Work

KINDS: Final[dict[str, Work]] = {
    "domain": domain_search.company_work,
    "domain_people": domain_search.people_work,
    "domain_emails": domain_search.addresses_work,
    "domain_generic": domain_search.addresses_work,
    "person_emails": person_search.emails_work,
    "reveal": person_search.emails_work,
    "people": database_search.people_work,
    "companies": database_search.companies_work,
}
