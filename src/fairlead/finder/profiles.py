"""Profiles of people, by a link or by an address.

They come from sources, asked in turn. The lead database is one; nobody's pages are fetched. A provider of live profiles
is another `ProfileSource` in `SOURCES`.
"""

from dataclasses import replace
from typing import Final, Protocol
from urllib.parse import urlsplit

from fairlead.corpus import actions as corpus
from fairlead.corpus.model import Job, KnownCompany, Place, WholePerson
from fairlead.db import Connection
from fairlead.finder.model import Profile, ProfileJob
from fairlead.kit.countries import NAMES as COUNTRIES
from fairlead.kit.profiles import linkedin_profile
from fairlead.world import World

_X_HOSTS: Final = frozenset({"x.com", "twitter.com", "mobile.twitter.com"})
LONGEST_LINK: Final = 2_048


class ProfileSource(Protocol):
    """Where profiles come from. What it asks outside goes through `world`; outside of any transaction."""

    async def by_link(self, world: World, workspace_id: int, link: str) -> Profile | None:
        """The profile at a link on a social network, or None where this source has none."""


class Evidence:
    """What pages, files and letters said."""

    async def by_link(self, world: World, workspace_id: int, link: str) -> Profile | None:
        async with world.db.statement() as conn:
            for spelling in _spellings(link):
                person = await corpus.person_by_profile(conn, workspace_id, spelling)
                if person is not None:
                    return await _profile(conn, workspace_id, person)
        return None


SOURCES: Final[tuple[ProfileSource, ...]] = (Evidence(),)


async def profile_by_link(world: World, workspace_id: int, link: str) -> Profile | None:
    """The profile at a link, from the first source that has it."""
    for source in SOURCES:
        profile = await source.by_link(world, workspace_id, link)
        if profile is not None:
            return profile
    return None


async def profile_of_address(conn: Connection, workspace_id: int, address: str) -> Profile | None:
    """What evidence knows of the person with this address."""
    person = await corpus.person_of(conn, workspace_id, address)
    if person is None:
        return None
    if person.person.profile is not None:
        # Jobs at other companies are evidence of other rows, which the profile alone ties to this one.
        link = f"https://www.linkedin.com/{person.person.profile}"
        everywhere = await corpus.person_by_profile(conn, workspace_id, link)
        if everywhere is not None:
            person = replace(person, jobs=_together(person.jobs, everywhere.jobs))
    return await _profile(conn, workspace_id, person)


async def profile_of_person(conn: Connection, workspace_id: int, person_id: int) -> Profile | None:
    """What evidence knows of a person, by the number of `Profile.id`."""
    person = await corpus.whole_person(conn, workspace_id, person_id)
    return None if person is None else await _profile(conn, workspace_id, person)


def _together(jobs: tuple[Job, ...], more: tuple[Job, ...]) -> tuple[Job, ...]:
    """Each job once, those at hand first."""
    unique = {(job.company, job.domain, job.position, job.former): job for job in (*more, *jobs)}
    return tuple(sorted(unique.values(), key=lambda job: (job.former, -job.seen_at.timestamp())))


def link_key(link: str) -> str | None:
    """The form under which links of LinkedIn and X are compared; None for any other."""
    text = link.strip().removesuffix("&social")[:LONGEST_LINK]
    profile = linkedin_profile(text)
    if profile is not None:
        return profile if profile.partition("/")[0] not in ("company", "school") else None
    handle = _x_handle(text)
    return None if handle is None else f"x/{handle}"


def _spellings(link: str) -> list[str]:
    """How evidence may have written a link."""
    text = link.strip().removesuffix("&social")[:LONGEST_LINK]
    handle = _x_handle(text)
    if handle is None:
        return [text]
    return [f"https://{host}/{handle}" for host in ("x.com", "twitter.com", "www.twitter.com", "www.x.com")]


def _x_handle(link: str) -> str | None:
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    handle = parts.path.strip("/").lower()
    return handle if host in _X_HOSTS and handle and "/" not in handle else None


async def _profile(conn: Connection, workspace_id: int, whole: WholePerson) -> Profile:
    person = whole.person
    jobs = list(whole.jobs)
    if not jobs and person.domain:
        jobs.append(Job(None, person.domain, person.position, False, whole.seen_at))
    companies = await corpus.companies(conn, workspace_id, [job.domain for job in jobs if job.domain])
    made = tuple(_job(job, companies.get(job.domain or "")) for job in jobs)
    links = list(whole.profiles)
    if person.profile and not any(linkedin_profile(link) == person.profile for link in links):
        links.insert(0, f"https://www.linkedin.com/{person.profile}")
    place = person.place or Place(None, None, None)
    on_linkedin = any(linkedin_profile(link) for link in links)
    return Profile(
        id=person.id,
        first_name=person.first_name,
        last_name=person.last_name,
        source="linkedIn" if on_linkedin else "web",
        jobs=made,
        links=tuple(links),
        industry=whole.industry or next((job.industry for job in made if not job.former and job.industry), None),
        country=COUNTRIES.get(place.country or ""),
        locality=place.city or place.state,
        skills=whole.skills,
        emails=person.addresses,
        seen_at=whole.seen_at,
    )


def _job(job: Job, company: KnownCompany | None) -> ProfileJob:
    if company is None:
        return ProfileJob(job.company, job.position, job.domain, job.former)
    place = company.place or Place(None, None, None)
    return ProfileJob(
        company=job.company or company.name,
        title=job.position,
        domain=job.domain,
        former=job.former,
        industry=company.industry,
        country=COUNTRIES.get(place.country or ""),
        city=place.city,
        state=place.state,
        founded=company.founded,
        size=company.size,
        social=next((link for link in company.social if linkedin_profile(link)), None),
        specialities=company.specialities,
        phone=company.phone,
    )
