"""What may be asked of the lead database.

Whoever asks for a workspace sees the installation's evidence and the workspace's own, never another's. An address can
be claimed by its owner: it is then refused everywhere in this installation. The SQL function `claimed_among(text[])` is
this room's answer inside statements of rooms above it.
"""

from fairlead.corpus.contacts import is_generic, is_private_mail
from fairlead.corpus.hiding import claim, claimed_among, erase_person, hide_person, is_hidden, release_claims
from fairlead.corpus.importing import import_contacts
from fairlead.corpus.reading import (
    addresses_of_person,
    companies,
    companies_named,
    company,
    count_people,
    counts,
    find_address,
    find_person,
    known_addresses,
    known_people,
    normalized_domain,
    page_of_addresses,
    people_named,
    person_by_profile,
    person_of,
    related_domains,
    standings,
    whole_person,
)
from fairlead.corpus.recording import note_outcome, record, withdraw, withdraw_page
from fairlead.corpus.searching import (
    SEARCH_PAGE,
    search_companies,
    search_people,
    unknown_industries,
    unknown_locations,
)
from fairlead.corpus.visiting import read_unknown_site

__all__ = [
    "SEARCH_PAGE",
    "addresses_of_person",
    "claim",
    "claimed_among",
    "companies",
    "companies_named",
    "company",
    "count_people",
    "counts",
    "erase_person",
    "find_address",
    "find_person",
    "hide_person",
    "import_contacts",
    "is_generic",
    "is_hidden",
    "is_private_mail",
    "known_addresses",
    "known_people",
    "normalized_domain",
    "note_outcome",
    "page_of_addresses",
    "people_named",
    "person_by_profile",
    "person_of",
    "read_unknown_site",
    "record",
    "related_domains",
    "release_claims",
    "search_companies",
    "search_people",
    "standings",
    "unknown_industries",
    "unknown_locations",
    "whole_person",
    "withdraw",
    "withdraw_page",
]
