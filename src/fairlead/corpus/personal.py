"""What the tables of the lead database hold of a person. Erasing goes by `hiding`, which keeps the counts exact."""

from typing import Final

from fairlead.db.personal import RoomRules, Rule, mentioned

_ADDRESSES: Final = """
    select a.id from unnest(%(keys)s::text[]) key
      join lead_domains d on d.domain = split_part(key, '@', -1)
      join lead_addresses a on a.domain_id = d.id and a.local = left(key, -length(d.domain) - 1)
"""
_PEOPLE: Final = f"""
    select person_id from lead_addresses where id in ({_ADDRESSES}) and person_id is not null
    union select person_id from lead_evidence where address_id in ({_ADDRESSES}) and person_id is not null
    union select person_id from lead_details where kind = 'profile' and key = any(%(profiles)s)
"""
_NOTHING: Final = "select 1 where false"

PERSONAL: Final = RoomRules(
    rules=(
        # By `privacy`, with corpus.erase_person, before these: what they would find is gone.
        Rule("lead_evidence", f"t.address_id in ({_ADDRESSES}) or t.person_id in ({_PEOPLE})", _NOTHING),
        Rule("lead_details", f"t.person_id in ({_PEOPLE})", _NOTHING),
        Rule("lead_addresses", f"t.id in ({_ADDRESSES}) or t.person_id in ({_PEOPLE})", _NOTHING),
        Rule("lead_people", f"t.id in ({_PEOPLE})", _NOTHING),
        Rule(
            "lead_sources",
            f"t.kind in ('reply', 'bounce', 'verification', 'prospect') and {mentioned('t.uri')}",
            "update lead_sources t set uri = 'erased ' || t.id"
            f" where t.kind in ('reply', 'bounce', 'verification', 'prospect') and {mentioned('t.uri')}",
        ),
    ),
    free={
        "lead_domains": "domains",
        "lead_positions": "job titles",
        "lead_places": "places",
        "lead_companies": "companies",
        "lead_company_evidence": "companies",
        "lead_counts": "numbers",
        "lead_visits": "times",
        "claimed_addresses": "hashes of those who asked to be left out; what keeps them out",
        "claimed_people": "hashes of those who asked to be left out; what keeps them out",
        "crawls": "domains and times",
        "crawl_hosts": "hosts and their robots.txt",
        "crawl_pages": "addresses of web pages and times",
        "ingestion_files": "names of files and times",
    },
)
