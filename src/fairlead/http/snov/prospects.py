"""Endpoints 62 to 68: prospects and their lists. Contract section 14."""

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.campaigns.enrollments import actions as enrollments
from fairlead.campaigns.enrollments.model import Participation
from fairlead.finder import actions as finder
from fairlead.finder.model import Profile, ProfileJob, Standing
from fairlead.http.request import Answer
from fairlead.http.snov import employments, enrichment, refusals, searches
from fairlead.http.snov.dialect import Ask, date_object, message, string
from fairlead.http.snov.recipients import WORDS
from fairlead.kit.refusals import Conflict, Invalid, NotAllowed, NotFound
from fairlead.kit.text import address_key
from fairlead.prospects import actions as prospects
from fairlead.prospects.model import ListedProspect, NewProspect, Prospect, ProspectList
from fairlead.verifier import actions as verifier
from fairlead.verifier.model import SmtpStatus, Verdict

PER_PAGE = 20
MOST_PER_PAGE = 5_000
FIELDS = refusals.FIELDS | {"name": "fullName"}
# Contract 67: 3 is known, the others are inferred.
# "any" stands where nobody knows whether the job at the address's domain is over.
JOB_STATUS = {True: "current", False: "previous", None: "any"}
SMTP_CODES = {SmtpStatus.VALID: 3, SmtpStatus.UNKNOWN: 2, SmtpStatus.NOT_VALID: 1}


async def add_prospect_to_list(ask: Ask) -> dict[str, Any] | Answer:
    params = ask.params
    list_id = params.required_integer("listId")
    new = NewProspect(
        email=params.text("email"),
        name=params.text("fullName"),
        first_name=params.text("firstName"),
        last_name=params.text("lastName"),
        phones=tuple(params.texts("phones")) or None,
        country=params.text("country"),
        locality=params.text("locality"),
        position=params.text("position"),
        company_name=params.text("companyName"),
        company_site=params.text("companySite"),
        social=_given(params.mapping("social")) | _given(params.mapping("socialLinks")),
        custom=params.mapping("customFields"),
    )
    try:
        added = await prospects.add_to_list(
            ask.conn,
            ask.workspace_id,
            list_id,
            new,
            now=ask.world.clock.now(),
            update=params.boolean("updateContact"),
            duplicate=params.boolean("createDuplicates"),
        )
    except NotFound as refusal:
        return string(400, refusal.sentence)
    except NotAllowed as refusal:
        return Answer(400, {"message": refusal.sentence})
    except Conflict as refusal:
        return Answer(422, {"errors": refusal.sentence})
    except Invalid as refusal:
        if refusal.field == "custom_fields":
            return string(422, refusal.sentence)
        return refusals.invalid(refusal, FIELDS)
    if added.added:
        await enrollments.enroll_prospect(
            ask.conn, ask.workspace_id, list_id, added.prospect_id, now=ask.world.clock.now()
        )
    return {
        "success": True,
        "id": ask.prospect_ids.short(ask.workspace_id, added.prospect_id),
        "added": added.added,
        "updated": added.updated,
    }


def _given(links: dict[str, str]) -> dict[str, str]:
    """Without the blank ones, which must not hide a link of the other parameter."""
    return {network: link for network, link in links.items() if link.strip()}


async def get_prospect_by_id(ask: Ask) -> dict[str, Any]:
    given = ask.params.required_text("id")
    number = ask.prospect_ids.find(given, ask.workspace_id)
    found = None
    if number is not None:
        found = await prospects.find_prospect(ask.conn, ask.workspace_id, number)
    if found is None:
        person = await _person(ask, given)
        if person is None:
            return {"success": False, "errors": f"Prospect with id '{given}' not found"}
        return {"success": True, "data": person}
    campaigns = await enrollments.participations(ask.conn, ask.workspace_id, [found])
    return {"success": True, "data": await whole(ask, found, campaigns.get(found.id, ()))}


async def _person(ask: Ask, given: str) -> dict[str, Any] | None:
    """Somebody endpoint 80 has found who is no prospect yet, in the same words."""
    number = searches.person_ids(ask.world).find(given, ask.workspace_id)
    if number is None:
        return None
    profile = await finder.profile_of_person(ask.conn, ask.workspace_id, number)
    if profile is None:
        return None
    return {
        "id": given,
        "name": profile.name,
        "firstName": profile.first_name,
        "lastName": profile.last_name,
        "industry": profile.industry,
        "country": profile.country,
        "locality": profile.locality,
        "social": enrichment.social(profile),
        "lastUpdateDate": date_object(enrichment.seen_at(profile)),
        "currentJob": employments.present(profile),
        "previousJob": employments.past(profile),
        "lists": [],
        "campaigns": [],
    }


async def get_prospects_by_email(ask: Ask) -> dict[str, Any]:
    email = ask.params.required_text("email")
    try:
        key = address_key(email)
    except ValueError:
        raise Invalid("bad_email", "email is not a valid e-mail address.", field="email") from None
    found = await prospects.prospects_of_address(ask.conn, ask.workspace_id, key)
    if not found:
        return {"success": False, "errors": f"Prospect with email '{email}' not found"}
    campaigns = await enrollments.participations(ask.conn, ask.workspace_id, found)
    return {"success": True, "data": [await whole(ask, one, campaigns.get(one.id, ())) for one in found]}


async def prospect_custom_fields(ask: Ask) -> list[dict[str, Any]]:
    fields = await prospects.custom_fields(ask.conn, ask.workspace_id)
    return [
        {
            "key": f"customFields['{field.label}']",
            "label": field.label,
            "required": field.required,
            "type": field.type.value,
        }
        for field in fields
    ]


async def get_user_lists(ask: Ask) -> list[dict[str, Any]]:
    lists = await prospects.lists(ask.conn, ask.workspace_id)
    return [
        {
            "id": item.id,
            "name": item.name,
            "contacts": item.contacts,
            "isDeleted": item.deleted_at is not None,
            "creationDate": date_object(item.made_at),
            "deletionDate": None if item.deleted_at is None else date_object(item.deleted_at),
        }
        for item in lists
    ]


async def prospect_list(ask: Ask) -> dict[str, Any] | Answer:
    list_id = ask.params.required_integer("listId")
    page = ask.params.integer("page", least=1, most=10**9) or 1
    per_page = ask.params.integer("perPage", least=1, most=MOST_PER_PAGE) or PER_PAGE
    try:
        shown = await prospects.page_of_list(ask.conn, ask.workspace_id, list_id, page=page, per_page=per_page)
    except NotFound as refusal:
        return message(400, refusal.sentence)
    addresses = [address for prospect in shown.prospects for address in _addresses(prospect)]
    verdicts = await verifier.shown_verdicts(ask.conn, ask.workspace_id, addresses) if addresses else {}
    standings = await finder.standings(ask.conn, ask.workspace_id, addresses, now=ask.world.clock.now())
    return {
        "success": True,
        "list": _about_list(shown.about),
        "prospects": [_listed(ask, prospect, verdicts, standings) for prospect in shown.prospects],
    }


async def create_list(ask: Ask) -> list[dict[str, Any]]:
    name = ask.params.required_text("name")
    list_id = await prospects.create_list(ask.conn, ask.workspace_id, name, now=ask.world.clock.now())
    return [{"success": True, "data": {"id": list_id}}]


async def whole(ask: Ask, prospect: Prospect, campaigns: Sequence[Participation]) -> dict[str, Any]:
    """PROSPECT of contract 14: a closed set of keys (Appendix C). What it does not say itself, evidence adds."""
    profile = None
    if prospect.email:
        profile = await finder.profile_of_address(ask.conn, ask.workspace_id, address_key(prospect.email))
    return {
        "id": ask.prospect_ids.short(ask.workspace_id, prospect.id),
        "name": prospect.name,
        "firstName": prospect.first_name,
        "lastName": prospect.last_name,
        "industry": prospect.industry or (profile.industry if profile else None),
        "country": prospect.country,
        "locality": prospect.locality,
        "social": [{"link": link, "type": network} for network, link in prospect.social.items()],
        "lastUpdateDate": date_object(prospect.changed_at),
        "currentJob": _current_job(prospect, profile),
        "previousJob": employments.past(profile) if profile else [],
        "lists": [{"id": item.id, "name": item.name} for item in prospect.lists],
        "campaigns": [_campaign(one) for one in campaigns],
    }


def _campaign(one: Participation) -> dict[str, Any]:
    return {
        "id": one.campaign_id,
        "name": one.campaign,
        "status": WORDS[one.state],
        "sent": one.sent,
        "opened": one.opened,
        "replied": one.replied,
    }


def _current_job(prospect: Prospect, profile: Profile | None) -> list[dict[str, Any]]:
    """The job the prospect names, with what evidence knows of that company; else the jobs evidence knows."""
    known = employments.present(profile) if profile else []
    own = {
        "companyName": prospect.company_name,
        "position": prospect.position,
        "site": prospect.company_site,
    }
    if not any(own.values()):
        return known
    blank = employments.job(ProfileJob(None, None))
    same = next((job for job in known if _same_company(job, own)), blank)
    return [same | {key: value for key, value in own.items() if value}]


def _same_company(job: dict[str, Any], own: dict[str, Any]) -> bool:
    """Whether nothing the prospect says of its company speaks against it being this one."""
    name, site = own["companyName"], own["site"]
    if site and job["site"]:
        return _host(site) == _host(job["site"])
    return not name or not job["companyName"] or name.casefold() == job["companyName"].casefold()


def _host(site: str) -> str:
    return site.rpartition("//")[2].partition("/")[0].lower().removeprefix("www.")


def _about_list(about: ProspectList) -> dict[str, Any]:
    return {
        "name": about.name,
        "contacts": about.contacts,
        "creationDate": date_object(about.made_at),
        "emailsCount": [],
    }


def _addresses(prospect: ListedProspect) -> list[str]:
    return [prospect.email, *prospect.other_emails] if prospect.email else prospect.other_emails


def _listed(
    ask: Ask, prospect: ListedProspect, verdicts: Mapping[str, Verdict], standings: Mapping[str, Standing]
) -> dict[str, Any]:
    return {
        "id": ask.prospect_ids.long(ask.workspace_id, prospect.id),
        "name": prospect.name,
        "firstName": prospect.first_name,
        "lastName": prospect.last_name,
        "source": prospect.source,
        "emails": [
            {
                "email": address,
                **_standing(standings.get(address), verdicts.get(address)),
                **_verified(verdicts.get(address)),
            }
            for address in _addresses(prospect)
        ],
    }


def _standing(standing: Standing | None, verdict: Verdict | None) -> dict[str, Any]:
    """How likely the address is right, in percent, and what kind of address it is."""
    probability = finder.probability(standing, verdict)
    return {
        "probability": None if probability is None else round(probability * 100),
        "jobStatus": JOB_STATUS[standing.employed if standing else None],
        # The one value the foreign manual shows; it never says which others there are.
        "domainType": "linkedin_email" if standing and standing.on_linkedin else None,
    }


def _verified(verdict: Verdict | None) -> dict[str, Any]:
    """What this workspace has found out about an address; null until it, or the operator, has asked."""
    if verdict is None:
        return dict.fromkeys(
            ("isVerified", "isValidFormat", "isDisposable", "isWebmail", "isGibberish", "smtpStatus")
        )
    return {
        "isVerified": verdict.settled,
        "isValidFormat": verdict.flags.is_valid_format,
        "isDisposable": verdict.flags.is_disposable,
        "isWebmail": verdict.flags.is_webmail,
        "isGibberish": verdict.flags.is_gibberish,
        "smtpStatus": SMTP_CODES[verdict.smtp_status],
    }
