"""Searches by name, by company and by link, as tasks: what starting one asks for, and what its work finds.

Each row, name or link is a request of its own: paid for once, and only where something is found (contract 2.10).
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from fairlead.accounts.actions import request_key
from fairlead.corpus import actions as corpus
from fairlead.finder import tasks
from fairlead.finder.companies import company_named
from fairlead.finder.finding import address_of, find_many
from fairlead.finder.model import Done, Found, Profile, ProfileJob, Sought, Task, Work
from fairlead.finder.names import from_parts
from fairlead.finder.profiles import link_key, profile_by_link
from fairlead.jobs.model import NewJob
from fairlead.verifier.model import REASON_OF_WORD, SmtpStatus, UnknownReason
from fairlead.world import World

EMAILS_BY_NAME: Final = "emails_by_name"  # endpoints 19 and 20
DOMAINS_BY_NAME: Final = "domains_by_name"  # 21 and 22
PROFILES_BY_LINK: Final = "profiles_by_link"  # 23 and 24
EMAIL_OF_NAME: Final = "email_of_name"  # 78 and 77
PEOPLE_BY_LINK: Final = "people_by_link"  # 79 and 80
# What a task leaves for writing down its answer.
WRITING_SECONDS: Final = 3.0
LEAST_SECONDS: Final = 5.0
MOST_ADDRESSES_CHECKED: Final = 3


# Addresses by name.


async def start_emails_by_name(
    world: World, workspace_id: int, rows: Sequence[tuple[str, str, str]], *, when_done: NewJob | None = None
) -> Task:
    """A task that finds the addresses of people: (first name, last name, domain) each."""
    return await tasks.start(
        world,
        workspace_id,
        EMAILS_BY_NAME,
        {"rows": [list(row) for row in rows]},
        charges=[_person_request("emails-by-domain-by-name", *row) for row in rows],
        when_done=when_done,
    )


async def _emails_by_name(world: World, task: Task) -> Done:
    rows = [tuple(row) for row in task.request["rows"]]
    sought = [Sought(from_parts(first, last), domain) for first, last, domain in rows]
    found = await find_many(world, task.workspace_id, sought, seconds=_seconds(task))
    charged = [_person_request("emails-by-domain-by-name", *row) for row, one in zip(rows, found, strict=True) if one]
    return Done([None if one is None else found_as_json(one) for one in found], charged)


async def start_email_of_name(world: World, workspace_id: int, first_name: str, last_name: str, domain: str) -> Task:
    """Like `start_emails_by_name` for one person; `latest_email_of_name` finds it. Raises `LimitReached`."""
    key = _person_request("add-names-to-find-emails", first_name, last_name, domain)
    return await tasks.start(
        world,
        workspace_id,
        EMAIL_OF_NAME,
        {"rows": [[first_name, last_name, domain]]},
        charges=[key],
        request_key=key,
        refuse=True,
    )


def email_of_name_request(first_name: str, last_name: str, domain: str) -> str:
    """Under which `tasks.latest` finds a task of `start_email_of_name`."""
    return _person_request("add-names-to-find-emails", first_name, last_name, domain)


async def _email_of_name(world: World, task: Task) -> Done:
    ((first, last, domain),) = task.request["rows"]
    found = await address_of(world, task.workspace_id, Sought(from_parts(first, last), domain), seconds=_seconds(task))
    if found is None:
        return Done([None])
    return Done([found_as_json(found)], [_person_request("add-names-to-find-emails", first, last, domain)])


def _person_request(endpoint: str, first_name: str, last_name: str, domain: str) -> str:
    name = " ".join(f"{first_name} {last_name}".casefold().split())
    return request_key(endpoint, name, _domain(domain))


def _domain(text: str) -> str:
    try:
        return corpus.normalized_domain(text)
    except ValueError:
        return text.strip().lower()


def found_as_json(found: Found) -> dict[str, Any]:
    """An address that was found, as a task keeps it."""
    flags = found.verdict.flags
    return {
        "email": found.address,
        "reason": found.verdict.reason.word,
        "is_valid_format": flags.is_valid_format,
        "is_disposable": flags.is_disposable,
        "is_webmail": flags.is_webmail,
        "is_gibberish": flags.is_gibberish,
        "probability": round(found.probability, 4),
    }


def status_of(found: dict[str, Any]) -> tuple[SmtpStatus, UnknownReason | None]:
    """(status, why unknown) of what `found_as_json` made."""
    reason = REASON_OF_WORD[found["reason"]]
    return reason.status, reason.unknown_reason


# Domains of companies.


async def start_domains_by_name(
    world: World, workspace_id: int, names: Sequence[str], *, when_done: NewJob | None = None
) -> Task:
    """A task that finds the domains of companies."""
    return await tasks.start(
        world,
        workspace_id,
        DOMAINS_BY_NAME,
        {"names": list(names)},
        charges=[_company_request(name) for name in names],
        when_done=when_done,
    )


async def _domains_by_name(world: World, task: Task) -> Done:
    found = []
    for name in task.request["names"]:
        async with world.db.statement() as conn:
            match = await company_named(conn, task.workspace_id, name)
        found.append(None if match is None else match.domain)
    charged = [
        _company_request(name) for name, one in zip(task.request["names"], found, strict=True) if one is not None
    ]
    return Done(found, charged)


def _company_request(name: str) -> str:
    return request_key("company-domain-by-name", " ".join(name.casefold().split()))


# Profiles.


async def start_profiles_by_link(
    world: World, workspace_id: int, links: Sequence[str], *, when_done: NewJob | None = None
) -> Task:
    """A task that finds the profiles at links of LinkedIn."""
    return await tasks.start(
        world,
        workspace_id,
        PROFILES_BY_LINK,
        {"links": list(links)},
        charges=[_link_request("li-profiles-by-urls", link) for link in links],
        when_done=when_done,
    )


async def _profiles_by_link(world: World, task: Task) -> Done:
    links: list[str] = task.request["links"]
    found = [await profile_by_link(world, task.workspace_id, link) if link_key(link) else None for link in links]
    charged = [_link_request("li-profiles-by-urls", link) for link, one in zip(links, found, strict=True) if one]
    return Done([None if one is None else profile_as_json(one) for one in found], charged)


async def start_people_by_link(world: World, workspace_id: int, link: str) -> Task:
    """A task that finds who has a profile and what their addresses are. Raises `LimitReached`."""
    key = _link_request("add-url-for-search", link)
    return await tasks.start(
        world,
        workspace_id,
        PEOPLE_BY_LINK,
        {"link": link},
        charges=[key],
        request_key=key,
        refuse=True,
    )


def people_by_link_request(link: str) -> str:
    """Under which `tasks.latest` finds a task of `start_people_by_link`."""
    return _link_request("add-url-for-search", link)


async def _people_by_link(world: World, task: Task) -> Done:
    link = task.request["link"]
    profile = await profile_by_link(world, task.workspace_id, link)
    if profile is None:
        return Done(None)
    emails = await addresses_of_profile(world, task.workspace_id, profile, seconds=_seconds(task))
    return Done({"profile": profile_as_json(profile), "emails": emails}, [_link_request("add-url-for-search", link)])


async def addresses_of_profile(
    world: World, workspace_id: int, profile: Profile, *, seconds: float
) -> list[dict[str, Any]]:
    """The addresses of a person at the companies they work for, as `found_as_json` makes them, each once."""
    domains = dict.fromkeys(job.domain for job in profile.jobs if job.domain and not job.former)
    name = from_parts(profile.first_name, profile.last_name)
    sought = [Sought(name, domain) for domain in list(domains)[:MOST_ADDRESSES_CHECKED]]
    found = await find_many(world, workspace_id, sought, seconds=seconds)
    return [found_as_json(one) for one in {one.address: one for one in found if one is not None}.values()]


def _link_request(endpoint: str, link: str) -> str:
    return request_key(endpoint, link_key(link) or link.strip())


def profile_as_json(profile: Profile) -> dict[str, Any]:
    """A profile as a task keeps it."""
    made = asdict(profile)
    made["seen_at"] = None if profile.seen_at is None else profile.seen_at.isoformat()
    return made


def profile_of_json(made: dict[str, Any]) -> Profile:
    jobs = tuple(ProfileJob(**job | {"specialities": tuple(job["specialities"])}) for job in made["jobs"])
    seen_at = None if made["seen_at"] is None else datetime.fromisoformat(made["seen_at"])
    lists = {name: tuple(made[name]) for name in ("links", "skills", "emails")}
    return Profile(**made | lists | {"jobs": jobs, "seen_at": seen_at})


def _seconds(task: Task) -> float:
    """For the work itself; a task whose time is up is still answered, for whoever comes back later."""
    return max(LEAST_SECONDS, task.seconds_left - WRITING_SECONDS)


KINDS: Final[dict[str, Work]] = {
    EMAILS_BY_NAME: _emails_by_name,
    EMAIL_OF_NAME: _email_of_name,
    DOMAINS_BY_NAME: _domains_by_name,
    PROFILES_BY_LINK: _profiles_by_link,
    PEOPLE_BY_LINK: _people_by_link,
}
