"""One statement finds or makes a prospect and puts it on a list, so that the database settles every race."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from fairlead.db import Connection


@dataclass(frozen=True)
class Candidate:
    """A checked prospect, as columns. None overwrites nothing."""

    email: str | None
    email_key: str | None
    linkedin_key: str | None
    name: str | None
    first_name: str | None
    last_name: str | None
    phones: list[str] | None
    country: str | None
    locality: str | None
    industry: str | None
    position: str | None
    company_name: str | None
    company_site: str | None
    social: dict[str, str]
    custom: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    list_found: bool
    claimed: bool
    prospect_id: int | None
    made: bool
    listed: bool
    updated: bool


# `found` is the prospect of the address, or of the LinkedIn profile where there is no address: of several the one that
# is on this list already, else the oldest. Two callers at once: the unique index lets one insert through, the other
# gets no row from `made` and asks again.
_ADD = """
with list as (
  select id from prospect_lists
   where workspace_id = %(workspace_id)s and id = %(list_id)s and deleted_at is null
), claim as (
  select exists (select from claimed_among(array[%(email_key)s::text])) as claimed
), found as (
  select same.id from ({same}) same, list, claim
   where not claimed
   order by exists (select from list_members m
                     where m.workspace_id = %(workspace_id)s and m.list_id = list.id and m.prospect_id = same.id) desc,
            same.id
   limit 1
), made as (
  insert into prospects (
    workspace_id, email, email_key, linkedin_key, copy_number, name, first_name, last_name, phones, country, locality,
    industry, position, company_name, company_site, social, custom, source, made_at, changed_at)
  select %(workspace_id)s, %(email)s, %(email_key)s, %(linkedin_key)s,
         case when exists (select from found) then nextval('prospect_copy_numbers') else 0 end,
         %(new_name)s, coalesce(%(first_name)s, ''), coalesce(%(last_name)s, ''), %(new_phones)s::text[], %(country)s,
         %(locality)s, %(industry)s, %(position)s, %(company_name)s, %(company_site)s, %(social)s, %(custom)s,
         %(source)s, %(now)s, %(now)s
    from list, claim
   where not claimed and (%(duplicate)s or not exists (select from found))
     and not exists (select from custom_fields f
                      where f.workspace_id = %(workspace_id)s and f.required and not %(custom)s ? f.id::text)
  on conflict do nothing
  returning id
), updated as (
  update prospects p
     set email = case when p.email_key = %(email_key)s then %(email)s else p.email end,
         linkedin_key = coalesce(%(linkedin_key)s, p.linkedin_key),
         first_name = coalesce(%(first_name)s, p.first_name),
         last_name = coalesce(%(last_name)s, p.last_name),
         name = coalesce(%(name)s, case
           when %(first_name)s::text is null and %(last_name)s::text is null then p.name
           else concat_ws(' ', nullif(coalesce(%(first_name)s, p.first_name), ''),
                               nullif(coalesce(%(last_name)s, p.last_name), '')) end),
         phones = coalesce(%(phones)s::text[], p.phones),
         country = coalesce(%(country)s, p.country),
         locality = coalesce(%(locality)s, p.locality),
         industry = coalesce(%(industry)s, p.industry),
         position = coalesce(%(position)s, p.position),
         company_name = coalesce(%(company_name)s, p.company_name),
         company_site = coalesce(%(company_site)s, p.company_site),
         social = p.social || %(social)s,
         custom = p.custom || %(custom)s,
         changed_at = %(now)s
    from found
   where %(update)s and p.workspace_id = %(workspace_id)s and p.id = found.id
  returning p.id
), who as (
  select id from made union all select id from found where not exists (select from made)
), listed as (
  insert into list_members (workspace_id, list_id, prospect_id, added_at)
  select %(workspace_id)s, list.id, who.id, %(now)s from list, who
  on conflict do nothing
  returning prospect_id
), told as (
  select record_event(%(workspace_id)s, 'prospect_listed', %(now)s,
                      jsonb_build_object('prospect_id', prospect_id, 'list_id', %(list_id)s)) from listed
)
select exists (select from list), (select claimed from claim), (select id from who), exists (select from made),
       exists (select from listed), exists (select from updated), (select count(*) from told)
"""

# What happens most, on its own because it costs a third: nobody has this address or profile yet. It gives no row when
# somebody has, and when a new prospect is refused: no such list, a claimed address, a required field without a value.
_MAKE = """
with made as (
  insert into prospects (
    workspace_id, email, email_key, linkedin_key, name, first_name, last_name, phones, country, locality,
    industry, position, company_name, company_site, social, custom, source, made_at, changed_at)
  select %(workspace_id)s, %(email)s, %(email_key)s, %(linkedin_key)s,
         %(new_name)s, coalesce(%(first_name)s, ''), coalesce(%(last_name)s, ''), %(new_phones)s::text[], %(country)s,
         %(locality)s, %(industry)s, %(position)s, %(company_name)s, %(company_site)s, %(social)s, %(custom)s,
         %(source)s, %(now)s, %(now)s
    from prospect_lists
   where workspace_id = %(workspace_id)s and id = %(list_id)s and deleted_at is null
     and not exists (select from claimed_among(array[%(email_key)s::text]))
     and not exists (select from custom_fields f
                      where f.workspace_id = %(workspace_id)s and f.required and not %(custom)s ? f.id::text)
     and not exists (select from prospects p
                      where p.workspace_id = %(workspace_id)s and p.email_key = %(email_key)s
                        and p.copy_number <> 0 and p.deleted_at is null)
     and not exists (select from merged_addresses m
                      where m.workspace_id = %(workspace_id)s and m.email_key = %(email_key)s)
  on conflict do nothing
  returning id
), listed as (
  insert into list_members (workspace_id, list_id, prospect_id, added_at)
  select %(workspace_id)s, %(list_id)s, id, %(now)s from made
)
select id, record_event(%(workspace_id)s, 'prospect_listed', %(now)s,
                        jsonb_build_object('prospect_id', id, 'list_id', %(list_id)s::bigint))
  from made
"""

_OF_ADDRESS = """
    select id from prospects
     where workspace_id = %(workspace_id)s and email_key = %(email_key)s and copy_number = 0 and deleted_at is null
    union all
    select id from prospects
     where workspace_id = %(workspace_id)s and email_key = %(email_key)s and copy_number <> 0 and deleted_at is null
    union all
    select p.id from merged_addresses m join prospects p on p.workspace_id = m.workspace_id and p.id = m.prospect_id
     where m.workspace_id = %(workspace_id)s and m.email_key = %(email_key)s
       and m.email_key = any (p.other_emails) and p.deleted_at is null
"""
_OF_PROFILE = """
    select id from prospects
     where workspace_id = %(workspace_id)s and linkedin_key = %(linkedin_key)s and email_key is null
       and copy_number = 0 and deleted_at is null
"""
_BY_ADDRESS = _ADD.replace("{same}", _OF_ADDRESS)
_BY_PROFILE = _ADD.replace("{same}", _OF_PROFILE)


async def make(
    conn: Connection, candidate: Candidate, *, workspace_id: int, list_id: int, source: str, now: datetime
) -> int | None:
    """A new prospect on the list; None when it is known, or must be refused: `add` tells."""
    cur = await conn.execute(_MAKE, _values(candidate, workspace_id, list_id, source, now))
    row = await cur.fetchone()
    return None if row is None else int(row[0])


async def add(
    conn: Connection,
    candidate: Candidate,
    *,
    workspace_id: int,
    list_id: int,
    update: bool,
    duplicate: bool,
    source: str,
    now: datetime,
) -> Outcome:
    cur = await conn.execute(
        _BY_PROFILE if candidate.email_key is None else _BY_ADDRESS,
        _values(candidate, workspace_id, list_id, source, now) | {"update": update, "duplicate": duplicate},
    )
    row = await cur.fetchone()
    assert row is not None
    return Outcome(*row[:6])


def _values(candidate: Candidate, workspace_id: int, list_id: int, source: str, now: datetime) -> dict[str, Any]:
    return vars(candidate) | {
        "new_name": candidate.name or " ".join(filter(None, (candidate.first_name, candidate.last_name))),
        "new_phones": candidate.phones or [],
        "social": Jsonb(candidate.social),
        "custom": Jsonb(candidate.custom),
        "workspace_id": workspace_id,
        "list_id": list_id,
        "source": source,
        "now": now,
    }
