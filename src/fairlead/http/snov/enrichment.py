"""Endpoints 23 to 25, 79 and 80: profiles by link and by address. Contract sections 7 and 18."""

from datetime import UTC, datetime
from typing import Any

from fairlead.accounts import actions as accounts
from fairlead.finder import actions as finder
from fairlead.finder.model import Profile, ProfileJob, Task, TaskState
from fairlead.http.request import Answer
from fairlead.http.snov import callbacks, employments, searches
from fairlead.http.snov.dialect import Ask, connects_by_itself, date_object, message
from fairlead.http.snov.email_finder import MOST_ROWS, short
from fairlead.kit.profiles import NETWORKS, linkedin_profile
from fairlead.kit.refusals import Invalid, LimitReached, NotAllowed
from fairlead.kit.text import address_key
from fairlead.prospects import actions as prospects
from fairlead.world import World

NO_PROFILE_OF_EMAIL = "We couldn't find profile with this email"
NO_PROFILE_OF_URL = "We couldn't find profile with this url"
NO_PROFILE_LINK = "The url must be a link to a LinkedIn or X profile"
LONGEST_URL = 2_048


# Profiles by link: 23 and 24.


@connects_by_itself
async def start_profiles_by_link(ask: Ask) -> dict[str, Any]:
    _require_linkedin(ask)
    urls = _urls(ask)
    callback = callbacks.asked_for(ask.params.text("webhook_url"), now=ask.world.clock.now())
    task = await finder.start_profiles_by_link(ask.world, ask.workspace_id, urls, when_done=callback)
    return {"data": {"task_hash": task.token}, "meta": {"urls": urls, "task_hash": task.token}}


@connects_by_itself
async def profiles_by_link_result(ask: Ask) -> dict[str, Any]:
    return await searches.shown(ask, finder.PROFILES_BY_LINK)


@searches.shows(finder.PROFILES_BY_LINK)
def _profiles_by_link(world: World, task: Task) -> dict[str, Any]:
    urls, data = task.request["links"], []
    if searches.is_over(task):
        data = [
            {"url": url, "result": [] if made is None else _linkedin(finder.profile_of_json(made))}
            for url, made in zip(urls, task.result, strict=True)
        ]
    return {"status": searches.status(task), "data": data, "meta": {"urls": urls, "task_hash": task.token}}


def _linkedin(profile: Profile) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": profile.name,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "location": profile.locality,
        "country": profile.country,
        "positions": [_position(job) for job in profile.jobs if not job.former],
    }
    if profile.industry:
        shown["industry"] = profile.industry
    if profile.skills:
        shown["skills"] = list(profile.skills)
    return shown


def _position(job: ProfileJob) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": job.company,
        "title": job.title,
        "linkedin_url": job.social,
        "url": f"https://{job.domain}" if job.domain else None,
        "country": job.country,
        "location": job.city or job.state,
    }
    if job.industry:
        shown["industry"] = job.industry
    if job.specialities:
        shown["specializations"] = list(job.specialities)
    return shown


def _urls(ask: Ask) -> list[str]:
    urls = [short(url.strip(), "urls", longest=LONGEST_URL) for url in ask.params.texts("urls")]
    if not urls:
        raise Invalid("missing", "The urls field is required.", field="urls")
    if len(urls) > MOST_ROWS:
        raise Invalid("too_many", f"The urls may not have more than {MOST_ROWS} items.", field="urls")
    return urls


def _require_linkedin(ask: Ask) -> None:
    if not ask.caller.account.plan.linkedin:
        raise NotAllowed("no_linkedin", "Your plan does not include LinkedIn.")


# By address: 25.


@connects_by_itself
async def profile_by_email(ask: Ask) -> dict[str, Any]:
    email = ask.params.required_text("email")
    try:
        key = address_key(email)
    except (ValueError, UnicodeError):
        raise Invalid("bad_email", "The email must be a valid email address.", field="email") from None
    async with ask.world.db.transaction() as conn:
        profile = await finder.profile_of_address(conn, ask.workspace_id, key)
        if profile is None:
            return {"success": False, "message": NO_PROFILE_OF_EMAIL}
        request = accounts.request_key("get-profile-by-email", key)
        await accounts.charge(conn, ask.workspace_id, request, ask.world.clock.now(), note="profile by email")
    return {
        "success": True,
        "id": profile.id,
        "source": profile.source,
        "name": profile.name,
        "firstName": profile.first_name,
        "lastName": profile.last_name,
        "logo": profile.logo,
        "industry": profile.industry,
        "country": profile.country,
        "locality": profile.locality,
        "social": social(profile),
        "currentJobs": employments.present(profile),
        "previousJobs": employments.past(profile),
        "lastUpdateDate": seen_at(profile).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
    }


def social(profile: Profile) -> list[dict[str, str]]:
    return [{"link": link, "type": _network(link)} for link in profile.links]


def _network(link: str) -> str:
    if linkedin_profile(link):
        return NETWORKS["linkedin"]
    host = link.partition("//")[2].partition("/")[0].lower().removeprefix("www.")
    name = host.rpartition(".")[0].rpartition(".")[2] or host
    return NETWORKS.get(name, name)


def seen_at(profile: Profile) -> datetime:
    return profile.seen_at or datetime.fromtimestamp(0, UTC)


# The old pair: 79 and 80.


@connects_by_itself
async def add_url_for_search(ask: Ask) -> dict[str, Any] | Answer:
    url = short(ask.params.required_text("url").strip(), "url", longest=LONGEST_URL)
    if finder.link_key(url) is None:
        return message(400, NO_PROFILE_LINK)
    try:
        await finder.start_people_by_link(ask.world, ask.workspace_id, url)
    except LimitReached as refusal:
        return message(400, refusal.sentence)
    return {"success": True}


@connects_by_itself
async def emails_from_url(ask: Ask) -> dict[str, Any]:
    url = short(ask.params.required_text("url").strip(), "url", longest=LONGEST_URL)
    request = finder.people_by_link_request(url)
    async with ask.world.db.statement() as conn:
        task = await finder.latest(conn, ask.workspace_id, finder.PEOPLE_BY_LINK, request)
    if task is None or task.state is not TaskState.COMPLETED or task.result is None:
        return {"success": False, "message": NO_PROFILE_OF_URL}
    profile = finder.profile_of_json(task.result["profile"])
    shown = _with_emails(await _id(ask, profile), profile, task.result["emails"], url)
    return {"success": True, "data": shown if ask.world.settings.snov_profile_as_object else [shown]}


async def _id(ask: Ask, profile: Profile) -> str:
    """That of the prospect, where the workspace has this person as one; else of the person. Endpoint 63 takes both."""
    async with ask.world.db.statement() as conn:
        for email in profile.emails:
            for prospect in await prospects.prospects_of_address(conn, ask.workspace_id, email):
                return ask.prospect_ids.short(ask.workspace_id, prospect.id)
    return searches.person_ids(ask.world).short(ask.workspace_id, profile.id)


def _with_emails(id_: str, profile: Profile, emails: list[dict[str, Any]], url: str) -> dict[str, Any]:
    return {
        "id": id_,
        "name": profile.name,
        "firstName": profile.first_name,
        "lastName": profile.last_name,
        "sourcePage": url,
        "source": NETWORKS["linkedin"] if linkedin_profile(url) else NETWORKS["twitter"],
        "industry": profile.industry,
        "country": profile.country,
        "locality": profile.locality,
        "lastUpdateDate": date_object(seen_at(profile)),
        "currentJob": employments.present(profile),
        "previousJob": employments.past(profile),
        "social": social(profile),
        "skills": list(profile.skills),
        "links": None,
        "emails": [{"email": one["email"], "status": finder.status_of(one)[0].value} for one in emails],
    }
